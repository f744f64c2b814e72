//! The view of what is wrong: rules, their findings under them, and what to do about the selected one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::presence::{Rule, Subject};
use crate::say;
use crate::tui::{FindingLine, FindingsList, View, wrapped};

use super::painter::{Painter, select};
use super::theme::Theme;
use super::times;

/// Columns of the names of rules.
const RULE: u16 = 22;

pub(super) fn draw(model: View<'_>, theme: &Theme, view: &FindingsList, body: Rect, buf: &mut Buffer) {
    let height = view.rows(body.height);
    if view.lines().is_empty() {
        all_well(model, theme, body, buf);
        return;
    }
    let top = view.top(height);
    let widths = widths(model, theme, view.lines().iter().skip(top).take(usize::from(height)));
    for (row, (at, line)) in (0..height).zip(view.lines().iter().enumerate().skip(top)) {
        let selected = view.selected_line() == Some(at);
        draw_line(model, theme, *line, widths, Painter::new(theme, buf, body, row));
        if selected {
            select(theme, buf, body, row);
        }
    }
    if height < body.height {
        let below = Rect { y: body.y + height, height: body.height - height, ..body };
        advise(model, theme, view, below, buf);
    }
}

/// Widths of the longest ID and the longest label of some lines, within limits.
fn widths<'a>(model: View<'_>, theme: &Theme, lines: impl Iterator<Item = &'a FindingLine>) -> (u16, u16) {
    let list = model.picture().roster.list();
    let mut longest = (8, 0);
    for line in lines {
        if let FindingLine::Finding(Subject::User(user), _) = line {
            longest.0 = longest.0.max(theme.width(&model.names.user(list.raw_id(*user))));
            let label = list.label(*user).map(|label| model.names.label(label));
            longest.1 = longest.1.max(label.map_or(0, |label| theme.width(&label)));
        }
    }
    (longest.0.min(24), longest.1.min(20))
}

fn draw_line(model: View<'_>, theme: &Theme, line: FindingLine, widths: (u16, u16), mut pen: Painter<'_>) {
    let cut = theme.glyphs.cut;
    match line {
        FindingLine::Rule { rule, severity, count, acknowledged, open } => {
            let (sign, style) = theme.severity(severity);
            let fold = if open { theme.glyphs.open } else { theme.glyphs.closed };
            pen.skip(1).put(fold, theme.plain).skip(1);
            pen.put(sign, style).skip(1).field(severity.word(), 9, cut, style).skip(1);
            pen.field(rule.name(), RULE.min(pen.left()), cut, theme.strong).skip(1);
            let counted = counted(rule, count, acknowledged);
            pen.field(&counted, theme.width(&counted).max(10), cut, theme.plain).skip(2);
            pen.rest(rule.says(), cut, theme.dim);
        }
        FindingLine::Finding(about, number) => {
            let Some(finding) = model.finding(about, number) else { return };
            let picture = model.picture();
            let aside = model.is_acknowledged(number);
            let base = if aside { theme.dim } else { theme.plain };
            let (sign, style) = theme.severity(finding.severity);
            let sign = if aside { theme.glyphs.acknowledged } else { sign };
            let age = times::age_ms(picture.now.since(finding.since));
            pen.skip(5).put(sign, if aside { theme.dim } else { style }).skip(1);
            pen.field(&age, 4, cut, theme.dim).skip(1);
            if let Subject::User(user) = about {
                let list = picture.roster.list();
                let id = model.names.user(list.raw_id(user)).into_owned();
                pen.field(&id, widths.0, cut, base.patch(theme.strong)).skip(2);
                if widths.1 > 0 && pen.left() > widths.1 + 30 {
                    let label = list.label(user).map(|label| model.names.label(label)).unwrap_or_default();
                    pen.field(&label, widths.1, cut, base).skip(2);
                }
            }
            let known = match about {
                Subject::User(user) => finding.rule.is_judged(picture.roster.presence(user)),
                Subject::Server => true,
            };
            let text = model.evidence(finding);
            let text = if known { text } else { say!("{text} (as last known)", text) };
            pen.rest(&text, cut, base);
        }
    }
}

/// `3 findings`, `12 findings, 2 acknowledged`.
fn counted(rule: Rule, count: usize, acknowledged: usize) -> String {
    match (rule.is_about_server(), count, acknowledged) {
        (true, _, 0) => say!("server").to_owned(),
        (true, ..) => say!("server, {acknowledged} acknowledged", acknowledged),
        (false, 1, 0) => say!("1 finding").to_owned(),
        (false, 1, _) => say!("1 finding, {acknowledged} acknowledged", acknowledged),
        (false, count, 0) => say!("{count} findings", count),
        (false, count, _) => say!("{count} findings, {acknowledged} acknowledged", count, acknowledged),
    }
}

/// What the selected rule means, and what to do, in the order in which to do it.
fn advise(model: View<'_>, theme: &Theme, view: &FindingsList, area: Rect, buf: &mut Buffer) {
    let line = theme.glyphs.rule.repeat(usize::from(area.width));
    Painter::new(theme, buf, area, 0).put(&line, theme.dim);
    let (advice, says) = match view.explained() {
        Some(FindingLine::Rule { rule, .. }) => (rule.advice(), rule.says().to_owned()),
        Some(FindingLine::Finding(about, number)) => match model.finding(about, number) {
            Some(finding) => (finding.advice(), model.evidence(finding)),
            None => return,
        },
        None => return,
    };
    let room = usize::from(area.width.saturating_sub(2));
    let (mut means, to_do) = (wrapped(&says, room), wrapped(&say!("Do: {advice}", advice = advice), room));
    // What it means is in the list, if short; what to do is nowhere else.
    means.truncate(usize::from(area.height.saturating_sub(1)).saturating_sub(to_do.len()));
    let means = means.iter().map(|text| (text, theme.plain));
    let lines = means.chain(to_do.iter().map(|text| (text, theme.strong)));
    for (row, (text, style)) in (1..area.height).zip(lines) {
        Painter::new(theme, buf, area, row).skip(1).rest(text, theme.glyphs.cut, style);
    }
}

fn all_well(model: View<'_>, theme: &Theme, body: Rect, buf: &mut Buffer) {
    let picture = model.picture();
    let unknown = picture.roster.totals(picture.now).unknown as usize;
    let (what, more) = match picture.roster.last_answer() {
        None => {
            let what = say!("No answer has come yet, so no user could be judged.");
            let failing = picture.roster.first_error().is_some();
            (
                what.to_owned(),
                if failing {
                    say!("Requests fail: the line above says why, 4 shows all of them.")
                } else {
                    ""
                },
            )
        }
        Some(_) if unknown >= picture.roster.list().len() => {
            (say!("Nothing is known of any user now, so nothing can be judged.").to_owned(), "")
        }
        Some(answer) if unknown > 0 => {
            let age = times::age_ms(picture.now.since(answer));
            let (users, all) = (picture.roster.list().len() - unknown, picture.roster.list().len());
            (
                say!(
                    "No rule finds anything wrong with {users} of {all} users; the last answer is {age} old.",
                    users,
                    all,
                    age,
                ),
                say!("The others are unknown, so they can't be judged. They are in the list: 1, then !"),
            )
        }
        Some(answer) => {
            let age = times::age_ms(picture.now.since(answer));
            let users = picture.roster.list().len();
            (
                say!(
                    "No rule finds anything wrong with {users} users; the last answer is {age} old.",
                    users,
                    age
                ),
                say!("? names the rules."),
            )
        }
    };
    let top = u16::from(body.height > 3);
    for (row, text) in [(top, what.as_str()), (top + 1, more)] {
        Painter::new(theme, buf, body, row).skip(3).rest(text, theme.glyphs.cut, theme.plain);
    }
}
