//! One user in one row.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::{
    Column, ColumnName, Columns, Expiry, Model, Picture, soonest_expiry, why_words, worst_foreign,
};
use crate::presence::{Platform, Presence, UserIx, Why};

use super::pen::Pen;
use super::theme::Theme;
use super::times;

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

    if let Some(at) = picture.changed(user) {
        let age_ms = picture.now.mono_ms.saturating_sub(at);
        if let Some((sign, style)) = theme.change(age_ms) {
            Pen::new(theme, buf, body, row).put(sign, style);
        }
    }
    if !roster.connections(user).is_empty() {
        let open = model.expansion().contains(user);
        let sign = if open { theme.glyphs.open } else { theme.glyphs.closed };
        Pen::new(theme, buf, body, row).skip(1).put(sign, base);
    }
    let mut put = |column: Column, text: &str, style: Style| {
        Pen::in_column(theme, buf, body, row, column).field(text, column.width, cut, base.patch(style));
    };
    let names = model.names();
    let id =
        theme.shortened_within(&names.user(list.raw_id(user)), columns.column(ColumnName::User).width, cut);
    put(columns.column(ColumnName::User), &id, theme.plain);
    let label = list.label(user).map(|it| names.label(it)).unwrap_or_default();
    put(columns.column(ColumnName::Label), &label, theme.plain);
    let group = list.group(user).map(|it| names.group(it)).unwrap_or_default();
    put(columns.column(ColumnName::Group), &group, theme.plain);
    let (sign, short, style) = theme.presence(presence);
    let narrow = columns.column(ColumnName::Presence).width < 12;
    let cramped =
        stale && (columns.column(ColumnName::Presence).width < 14 || presence == Presence::Background);
    let word = if narrow || cramped { short } else { presence.word() };
    let age = match roster.answered(user).filter(|_| stale) {
        Some(_) if narrow => theme.glyphs.stale.to_owned(),
        Some(answered) => {
            let age = times::age_ms(picture.now.since(answered.received));
            format!(" {}{age}", theme.glyphs.stale)
        }
        None => String::new(),
    };
    put(columns.column(ColumnName::Presence), &format!("{sign} {word}{age}"), style);
    if let Presence::Unknown(why) = presence {
        let start = columns.column(ColumnName::Presence).x + theme.width(sign) + 1 + theme.width(word) + 2;
        let rest = Column { x: start, width: body.width.saturating_sub(start) };
        let mut texts = unknown(&picture, theme, user, why).into_iter();
        let fitting = texts.find(|text| theme.width(text) <= rest.width);
        put(rest, &fitting.unwrap_or_else(|| format!("({why})")), theme.plain);
        return;
    }
    put(columns.column(ColumnName::Platforms), &platforms(&picture, theme, user), theme.plain);
    let (remark, style) = remark(model, &picture, theme, user, guest);
    let has_room = columns.column(ColumnName::Findings).width >= theme.width(&remark).min(REMARK);
    if has_room {
        put(columns.column(ColumnName::Findings), &remark, style);
    }
    let (token, style) =
        token(model, &picture, theme, user, !has_room, columns.column(ColumnName::Token).width);
    put(columns.column(ColumnName::Token), &token, style);
    put(columns.column(ColumnName::Since), &since(model, &picture, theme, user), theme.plain);
}

/// Why nothing is known, and what was seen last: in many words, then in fewer. What was seen goes
/// last but for the reason.
pub(super) fn unknown(picture: &Picture<'_>, theme: &Theme, user: UserIx, why: Why) -> Vec<String> {
    let roster = picture.roster;
    let whole = why_words(picture, user, why);
    let last = roster.last_word(user);
    let Some(answered) = roster.answered(user).filter(|_| !last.is_unknown()) else {
        return vec![format!("({whole})"), format!("({why})")];
    };
    let age = times::age_ms(picture.now.since(answered.received));
    let (word, (_, short, _)) = (last.word(), theme.presence(last));
    vec![
        format!("({whole}, seen {word} {age} ago)"),
        format!("({why}, seen {word} {age} ago)"),
        format!("({why}, seen {short} {age} ago)"),
        format!("({why}, {short} {age} ago)"),
        format!("({why})"),
    ]
}

/// Most platforms of one user in a row.
const PLATFORMS: usize = 16;

fn platforms(picture: &Picture<'_>, theme: &Theme, user: UserIx) -> String {
    let connections = picture.roster.connections(user);
    if connections.is_empty() {
        let online = picture.roster.presence(user) == Presence::Online;
        return if online { "not named" } else { theme.glyphs.nothing }.to_owned();
    }
    let mut counted: Vec<(Platform, usize)> = Vec::new();
    for tracked in connections {
        let platform = tracked.connection.platform;
        // A server may send any number of platforms: more than have room are not told apart.
        if counted.len() == PLATFORMS && !counted.iter().any(|(other, _)| *other == platform) {
            continue;
        }
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

/// The soonest end of a token by the server's clock. Where there is no room for remarks, whose token
/// it is instead, if it belongs elsewhere: that is worse than what ends some day.
fn token(
    model: &Model,
    picture: &Picture<'_>,
    theme: &Theme,
    user: UserIx,
    instead: bool,
    room: u16,
) -> (String, Style) {
    let roster = picture.roster;
    let server_now = roster.server_clock().unix_seconds(picture.now);
    let connections = roster.connections(user);
    let (text, style) = match soonest_expiry(connections) {
        Expiry::NoToken => (theme.glyphs.nothing.to_owned(), theme.plain),
        Expiry::Never => ("never".to_owned(), theme.plain),
        Expiry::Unreadable => ("unreadable".to_owned(), theme.warn),
        Expiry::At(expires) => (
            times::expiry(expires, server_now, model.times(), model.zone()),
            theme.expiry(expires.saturating_sub(server_now)),
        ),
    };
    let found = worst_foreign(connections, roster.list().raw_id(user));
    let sign = theme.glyphs.warning;
    let style = theme.worse(style, theme.foreign(&found));
    let text = match (found.user, found.platform) {
        (Some(other), _) if instead => {
            let words = format!("of {}", model.names().shown_user(other));
            format!("{}{sign}", theme.shortened(&words, room.saturating_sub(1), theme.glyphs.cut))
        }
        // An end that has come is as bad, and has its own word.
        (None, Some(platform)) if instead && style != theme.bad => {
            format!("for {}{sign}", platform.short())
        }
        (None, Some(_)) if instead => format!("{text}{sign}"),
        _ => text,
    };
    (text, style)
}

fn since(model: &Model, picture: &Picture<'_>, theme: &Theme, user: UserIx) -> String {
    let Some(since) = picture.roster.since(user) else {
        return theme.glyphs.nothing.to_owned();
    };
    times::since(since, picture.now, model.times(), model.gap_ms(), model.zone(), &theme.glyphs)
}

/// Less room than this is left empty rather than filled with half a remark.
const REMARK: u16 = 18;

/// What deserves a word in the room that is left.
fn remark(model: &Model, picture: &Picture<'_>, theme: &Theme, user: UserIx, guest: bool) -> (String, Style) {
    let roster = picture.roster;
    if guest {
        return ("not in the filter".to_owned(), theme.dim);
    }
    let found = worst_foreign(roster.connections(user), roster.list().raw_id(user));
    let text = match (found.user, found.platform) {
        (Some(other), _) => {
            format!("{} token of {}", theme.glyphs.warning, model.names().shown_user(other))
        }
        (None, Some(platform)) => format!("{} token for {}", theme.glyphs.warning, platform.short()),
        (None, None) => String::new(),
    };
    (text, theme.foreign(&found))
}
