//! One user in one row.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::listing::{ColumnName, ColumnRow, Expiry, Foreign, ScreenCell, Tells, short_reasons};
use crate::presence::{Basis, Claims, Presence, UserIx};
use crate::tui::{Column, Columns, Picture, View};
use crate::{language, say, words};

use super::painter::Painter;
use super::theme::Theme;
use super::{findings_cell, matched, spark, times};

/// Words of a filter that are marked at most, as when hundreds of IDs were pasted.
const MARKED: usize = 100;

/// What all rows of a frame have in common.
pub(super) struct RowContext<'a> {
    pub(super) model: View<'a>,
    pub(super) theme: &'a Theme,
    pub(super) picture: Picture<'a>,
    pub(super) columns: Columns,
    /// What the filter looks for in names, in lower case.
    words: Vec<String>,
    body: Rect,
}

impl<'a> RowContext<'a> {
    /// The rows on `body`.
    pub(super) fn new(model: View<'a>, theme: &'a Theme, body: Rect) -> RowContext<'a> {
        // Where IDs are masked, a mark in one would tell the name behind it.
        let query = Some(model.rows.query()).filter(|_| !model.names.are_masked());
        let words =
            query.iter().flat_map(|query| query.highlights()).take(MARKED).map(str::to_owned).collect();
        RowContext { model, theme, picture: model.picture(), columns: model.columns(body.width), words, body }
    }
}

pub(super) fn draw(sheet: &RowContext<'_>, user: UserIx, row: u16, buf: &mut Buffer) {
    let RowContext { theme, picture, columns, body, .. } = sheet;
    let presence = picture.roster.presence(user);
    let guest = sheet.model.rows.is_guest(user);
    // Old news and guests step back, as a whole.
    let old = picture.roster.is_old(user, picture.now);
    let base = if old || guest { theme.dim } else { theme.plain };
    gutter(sheet, user, base, row, buf);
    let known = sheet.model.seen().known;
    for (name, column) in columns.iter() {
        let ColumnRow { tells, cell, .. } = name.row();
        let mut pen = Painter::in_column(theme, buf, *body, row, column);
        let (text, style) = match cell(known, user) {
            ScreenCell::Findings if guest => {
                pen.rest(why_shown(sheet.model), theme.glyphs.cut, base);
                continue;
            }
            ScreenCell::Findings => {
                findings_cell::draw(sheet.model, picture, theme, user, base, &mut pen);
                continue;
            }
            ScreenCell::Past => {
                for (sign, style) in spark::cells(sheet.model, picture, theme, user) {
                    pen.put(sign, base.patch(style));
                }
                continue;
            }
            ScreenCell::Id(id) => {
                let shown = theme.shortened_within(&id, column.width, theme.glyphs.cut);
                pen.field(&shown, column.width, theme.glyphs.cut, base.patch(theme.plain));
                highlight(sheet, &id, &shown, column, row, buf);
                continue;
            }
            ScreenCell::Name(name) => {
                pen.field(&name, column.width, theme.glyphs.cut, base.patch(theme.plain));
                highlight(sheet, &name, &name, column, row, buf);
                continue;
            }
            ScreenCell::Text(text) => (text, theme.plain),
            ScreenCell::Count(0) => (right(theme.glyphs.nothing, column), theme.dim),
            ScreenCell::Count(count) => (right(&count.to_string(), column), theme.plain),
            ScreenCell::Nothing => (theme.glyphs.nothing.into(), theme.plain),
            ScreenCell::Presence => presence_cell(sheet, user, column),
            ScreenCell::Token(expiry, found) => token(sheet, expiry, &found, column.width),
            ScreenCell::Since(since) => {
                let (model, glyphs) = (sheet.model, &theme.glyphs);
                let gap_ms = model.gap_ms();
                let text = times::since(since, picture.now, model.times, gap_ms, &model.zone, glyphs);
                (text.into(), theme.plain)
            }
        };
        // Of whom nothing is known there is still what was seen last.
        let is_old_news = presence.is_unknown() && *tells == Tells::Now && name != ColumnName::Presence;
        let style = if is_old_news { theme.dim } else { style };
        let text = match name {
            ColumnName::Platforms if is_old_news && *text != *theme.glyphs.nothing => {
                format!("{}{text}", theme.glyphs.stale).into()
            }
            _ => text,
        };
        pen.field(&text, column.width, theme.glyphs.cut, base.patch(style));
    }
}

/// That the user changed, whether the row opens, what is wrong, and that somebody marked it.
fn gutter(sheet: &RowContext<'_>, user: UserIx, base: Style, row: u16, buf: &mut Buffer) {
    let RowContext { model, theme, picture, body, .. } = sheet;
    if let Some(at) = picture.changed(user)
        && let Some((sign, style)) = theme.change(picture.now.mono_ms.saturating_sub(at))
    {
        Painter::new(theme, buf, *body, row).put(sign, style);
    }
    if !picture.roster.connections(user).is_empty() {
        let open = model.expansion.contains(user);
        let sign = if open { theme.glyphs.open } else { theme.glyphs.closed };
        Painter::new(theme, buf, *body, row).skip(1).put(sign, base);
    }
    if let Some(severity) = model.worst(user) {
        let (sign, style) = theme.severity(severity);
        Painter::new(theme, buf, *body, row).skip(2).put(sign, base.patch(style));
    }
    if let Some((cause, at)) = model.rows.fold_of(user).zip(model.rows.place_in_fold(user)) {
        let is_last = model.rows.fold_user(cause, at + 1).is_none();
        let branch = if is_last { theme.glyphs.last_branch } else { theme.glyphs.branch };
        Painter::new(theme, buf, *body, row).skip(3).put(branch, theme.dim);
    }
    if model.marks.contains(user) {
        Painter::new(theme, buf, *body, row).skip(3).put(theme.glyphs.marked, theme.strong);
    }
}

/// A number, or a sign for none, at the right of its column.
fn right(text: &str, column: Column) -> Cow<'static, str> {
    let width = usize::from(column.width);
    format!("{text:>width$}").into()
}

/// That it is the registry's word, in the place of the sockets'.
const BY_REGISTRY: &str = words!(" (reg)");

/// Sign and word, and the age of what is old.
fn presence_cell(sheet: &RowContext<'_>, user: UserIx, column: Column) -> (Cow<'static, str>, Style) {
    let RowContext { theme, picture, .. } = sheet;
    let roster = picture.roster;
    let presence = roster.presence(user);
    let stale = roster.is_stale(user, picture.now);
    let by_registry = roster.basis(user) == Basis::Registry;
    let (sign, short, style) = theme.presence(presence);
    if let Some(texts) = with_reason(picture, user, sign) {
        let fits = |text: &&String| theme.width(text) <= column.width;
        let text = if column.width < 10 { None } else { texts.iter().find(fits).or(texts.last()) };
        return (text.cloned().unwrap_or_else(|| format!("{sign} {short}")).into(), style);
    }
    let narrow = column.width < 12;
    let cramped = stale && (column.width < 14 || presence == Presence::Background);
    // What is said behind the word has to fit as well.
    let whole = theme.width(sign)
        + 1
        + theme.width(language::say(presence.word()))
        + theme.width(language::say(BY_REGISTRY));
    let cramped = cramped || (by_registry && whole > column.width);
    let word = if narrow || cramped { short } else { language::say(presence.word()) };
    // A word that fits nowhere else has a short one.
    let word = if theme.width(sign) + 1 + theme.width(word) > column.width { short } else { word };
    // Of a user in doubt it is the last that the sockets showed.
    let doubted = roster.doubt(user).filter(|doubt| doubt.verdict.stale).and_then(|doubt| doubt.last);
    let age = match doubted.or_else(|| roster.answered(user)).filter(|_| stale) {
        Some(_) if narrow => theme.glyphs.stale.to_owned(),
        Some(answered) => {
            let age = times::age_ms(picture.now.since(answered.received));
            format!(" {}{age}", theme.glyphs.stale)
        }
        None if by_registry && narrow => "R".to_owned(),
        None if by_registry => language::say(BY_REGISTRY).to_owned(),
        None => String::new(),
    };
    (format!("{sign} {word}{age}").into(), style)
}

/// The presence with its reason, in many words, then in fewer: why nothing is known, or what an offline of
/// this user alone rests on. None where there is nothing to add.
fn with_reason(picture: &Picture<'_>, user: UserIx, sign: &str) -> Option<Vec<String>> {
    let roster = picture.roster;
    match roster.presence(user) {
        Presence::Unknown(why) => {
            let age =
                roster.answered(user).map(|answered| times::age_ms(picture.now.since(answered.received)));
            let reasons = short_reasons(why, age.as_deref());
            let with_word = reasons.iter().map(|why| say!("{sign} unknown  {why}", sign, why));
            Some(with_word.chain(reasons.iter().map(|why| format!("{sign} {why}"))).collect())
        }
        Presence::Offline => match roster.basis(user) {
            Basis::GatewayDied => Some(vec![
                say!("{sign} offline (gateway died)", sign),
                say!("{sign} off (gw died)", sign),
                say!("{sign} off (died)", sign),
            ]),
            Basis::Sampled => Some(vec![
                say!("{sign} offline (sampled)", sign),
                say!("{sign} off (sampled)", sign),
                say!("{sign} off (smpl)", sign),
            ]),
            // It holds for everybody, and the header says it; or the presence does.
            Basis::Agreed | Basis::SocketsAlone | Basis::Registry => None,
        },
        _ => None,
    }
}

/// Why a user stands here who should not.
fn why_shown(model: View<'_>) -> &'static str {
    if model.rows.filter().is_empty() { say!("only as selected") } else { say!("not in the filter") }
}

/// Marks what the filter looked for in a name, as much of it as is shown.
fn highlight(sheet: &RowContext<'_>, name: &str, shown: &str, column: Column, row: u16, buf: &mut Buffer) {
    let body = sheet.body;
    for (from, columns) in matched::spans(sheet.theme.ruler, name, shown, &sheet.words) {
        let columns = columns.min(column.width.saturating_sub(from));
        let x = body.x.saturating_add(column.x).saturating_add(from);
        let place = Rect { x, y: body.y.saturating_add(row), width: columns, height: 1 };
        buf.set_style(place.intersection(body).intersection(buf.area), sheet.theme.matched);
    }
}

/// The soonest end of a token by the server's clock; at every width whose token it is instead, if it
/// belongs elsewhere: that is worse than what ends some day.
fn token(
    sheet: &RowContext<'_>,
    soonest: Expiry,
    found: &Foreign<'_>,
    room: u16,
) -> (Cow<'static, str>, Style) {
    let RowContext { model, theme, picture, .. } = sheet;
    let server_now = picture.roster.server_clock().unix_seconds(picture.now);
    let (text, style): (Cow<'static, str>, Style) = match soonest {
        Expiry::NoToken => (theme.glyphs.nothing.into(), theme.plain),
        Expiry::Never => (say!("never").into(), theme.plain),
        Expiry::Unreadable => (say!("unreadable").into(), theme.warn),
        Expiry::At(expires)
            if Claims::is_far_future(expires) && room < theme.width(language::say(Claims::FAR_FUTURE)) =>
        {
            (say!("far (ms?)").into(), theme.plain)
        }
        Expiry::At(expires) => (
            times::expiry(expires, server_now, model.times, &model.zone).into(),
            theme.expiry(expires.saturating_sub(server_now)),
        ),
    };
    let sign = theme.glyphs.warning;
    let style = theme.worse(style, theme.foreign(found));
    let text = match (found.user, found.platform) {
        (Some(other), _) => {
            let words = say!("of {user}", user = model.names.shown_user(other));
            format!("{}{sign}", theme.shortened(&words, room.saturating_sub(1), theme.glyphs.cut)).into()
        }
        // An end that has come is as bad, and has its own word.
        (None, Some(platform)) if style != theme.bad => {
            say!("for {platform}{sign}", platform = platform.short(), sign).into()
        }
        (None, Some(_)) => format!("{text}{sign}").into(),
        _ => text,
    };
    (text, style)
}
