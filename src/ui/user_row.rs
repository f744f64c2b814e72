//! One user in one row.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::{Column, Columns, Expiry, Model, Picture, TimeStyle, foreign, soonest_expiry};
use crate::presence::{Platform, Presence, UserIx, Why, visible};

use super::pen::{Pen, width};
use super::theme::Theme;
use super::times;

/// Tokens that expire within so many seconds stand out.
const SOON: i64 = 24 * 3_600;

pub(super) fn draw(
    model: &Model,
    theme: &Theme,
    user: UserIx,
    columns: &Columns,
    body: Rect,
    row: u16,
    buf: &mut Buffer,
) {
    let picture = model.picture();
    let (roster, list) = (picture.roster, picture.roster.list());
    let cut = theme.glyphs.cut;
    let presence = roster.presence(user);
    let stale = roster.is_stale(user, picture.now);
    let guest = model.rows().is_guest(user);
    // Old news and guests step back, as a whole.
    let base = if stale || guest { theme.dim } else { theme.plain };

    if !roster.connections(user).is_empty() {
        let open = model.expansion().contains(user);
        let sign = if open { theme.glyphs.open } else { theme.glyphs.closed };
        Pen::new(buf, body, row).skip(1).put(sign, base);
    }
    let mut put = |column: Column, text: &str, style: Style| {
        Pen::in_column(buf, body, row, column).field(text, column.width, cut, base.patch(style));
    };
    put(columns.user, &visible(list.raw_id(user)), theme.plain);
    put(columns.label, list.label(user).unwrap_or_default(), theme.plain);
    put(columns.group, list.group(user).unwrap_or_default(), theme.plain);
    let (sign, short, style) = theme.presence(presence);
    let narrow = columns.presence.width < 12;
    let cramped = stale && (columns.presence.width < 14 || presence == Presence::Background);
    let word = if narrow || cramped { short } else { presence.word() };
    let age = match roster.answered(user).filter(|_| stale) {
        Some(_) if narrow => theme.glyphs.stale.to_owned(),
        Some(answered) => {
            let age = times::age_ms(picture.now.since(answered.received));
            format!(" {}{age}", theme.glyphs.stale)
        }
        None => String::new(),
    };
    put(columns.presence, &format!("{sign} {word}{age}"), style);
    if let Presence::Unknown(why) = presence {
        let start = columns.presence.x + columns.presence.width + 2;
        let rest = Column { x: start, width: body.width.saturating_sub(start) };
        let mut texts = unknown(&picture, user, why).into_iter();
        let fitting = texts.find(|text| width(text) <= rest.width);
        put(rest, &fitting.unwrap_or_else(|| format!("({why})")), theme.plain);
        return;
    }
    put(columns.platforms, &platforms(&picture, theme, user), theme.plain);
    let (token, style) = token(model, &picture, theme, user);
    put(columns.token, &token, style);
    put(columns.since, &since(model, &picture, theme, user), theme.plain);
    let (remark, style) = remark(&picture, theme, user, guest);
    if columns.remarks.width >= width(&remark).min(REMARK) {
        put(columns.remarks, &remark, style);
    }
}

/// Why nothing is known, and what was seen last: in many words, then in fewer.
pub(super) fn unknown(picture: &Picture<'_>, user: UserIx, why: Why) -> [String; 3] {
    let roster = picture.roster;
    let whole = why_words(picture, user, why);
    match (roster.last_word(user), roster.answered(user)) {
        (Presence::Unknown(_), _) | (_, None) => [format!("({whole})"), format!("({why})"), String::new()],
        (word, Some(answered)) => {
            let age = times::age_ms(picture.now.since(answered.received));
            let word = word.word();
            [
                format!("({whole}, seen {word} {age} ago)"),
                format!("({why}, seen {word} {age} ago)"),
                format!("({why}, {word} {age} ago)"),
            ]
        }
    }
}

/// `batch 2 timed out`, where it is the batch that ails and there are several.
pub(super) fn why_words(picture: &Picture<'_>, user: UserIx, why: Why) -> String {
    let list = picture.roster.list();
    match why {
        Why::Failed(_) | Why::Slow if list.batches() > 1 => {
            format!("batch {} {why}", list.batch_of(user) + 1)
        }
        _ => why.to_string(),
    }
}

fn platforms(picture: &Picture<'_>, theme: &Theme, user: UserIx) -> String {
    let connections = picture.roster.connections(user);
    if connections.is_empty() {
        let online = picture.roster.presence(user) == Presence::Online;
        return if online { "not named" } else { theme.glyphs.nothing }.to_owned();
    }
    let mut counted: Vec<(Platform, usize)> = Vec::new();
    for tracked in connections {
        let platform = tracked.connection.platform;
        match counted.iter_mut().find(|(other, _)| *other == platform) {
            Some((_, count)) => *count += 1,
            None => counted.push((platform, 1)),
        }
    }
    let mut text = String::new();
    for (platform, count) in counted {
        let gap = if text.is_empty() { "" } else { " " };
        let times = if count > 1 { format!("*{count}") } else { String::new() };
        // Writing to a String cannot fail.
        let _ = write!(text, "{gap}{}{times}", platform.short());
    }
    text
}

/// The soonest end of a token by the server's clock, with a mark on tokens that belong elsewhere.
fn token(model: &Model, picture: &Picture<'_>, theme: &Theme, user: UserIx) -> (String, Style) {
    let roster = picture.roster;
    let id = roster.list().raw_id(user);
    let elsewhere = roster.connections(user).iter().any(|tracked| foreign(&tracked.connection, id).any());
    let (text, style) = match soonest_expiry(roster.connections(user)) {
        Expiry::NoToken => (theme.glyphs.nothing.to_owned(), theme.plain),
        Expiry::Never => ("never".to_owned(), theme.plain),
        Expiry::Unreadable => ("unreadable".to_owned(), theme.warn),
        Expiry::At(expires) => {
            let left = expires.saturating_sub(roster.server_clock().unix_seconds(picture.now));
            let style = match left {
                ..=0 => theme.bad,
                1..SOON => theme.warn,
                _ => theme.plain,
            };
            let age = times::age(left.unsigned_abs());
            let text = match (model.times(), left) {
                (TimeStyle::Absolute, _) => times::date(expires, model.zone()),
                (TimeStyle::Relative, ..=0) => format!("EXPIRED {age}"),
                (TimeStyle::Relative, _) => age,
            };
            (text, style)
        }
    };
    if elsewhere { (format!("{text} {}", theme.glyphs.warning), theme.bad) } else { (text, style) }
}

fn since(model: &Model, picture: &Picture<'_>, theme: &Theme, user: UserIx) -> String {
    let Some(since) = picture.roster.since(user) else {
        return theme.glyphs.nothing.to_owned();
    };
    match model.times() {
        TimeStyle::Relative => times::lasting(since, picture.now, theme.glyphs.at_least),
        TimeStyle::Absolute => {
            let at = times::unix_ms_of(since.before_ms, picture.now);
            let text = times::short_clock(at, picture.now, model.zone());
            if since.is_exact() { text } else { format!("{}{text}", theme.glyphs.at_least) }
        }
    }
}

/// Less room than this is left empty rather than filled with half a remark.
const REMARK: u16 = 18;

/// What deserves a word in the room that is left.
fn remark(picture: &Picture<'_>, theme: &Theme, user: UserIx, guest: bool) -> (String, Style) {
    let roster = picture.roster;
    if guest {
        return ("not in the filter".to_owned(), theme.dim);
    }
    let id = roster.list().raw_id(user);
    for tracked in roster.connections(user) {
        let found = foreign(&tracked.connection, id);
        if let Some(user) = found.user {
            return (format!("{} token of {user}", theme.glyphs.warning), theme.bad);
        }
        if let Some(platform) = found.platform {
            return (format!("{} token for {}", theme.glyphs.warning, platform.short()), theme.warn);
        }
    }
    (String::new(), theme.plain)
}
