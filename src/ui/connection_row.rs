//! One connection in one row, below its user.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::{Model, Picture, TimeStyle, foreign};
use crate::presence::{Tracked, UserIx};

use super::pen::Pen;
use super::theme::Theme;
use super::times;

/// From this width on there is room for wider gaps and more words.
const ROOMY: u16 = 100;

pub(super) fn draw(
    model: &Model,
    theme: &Theme,
    user: UserIx,
    at: usize,
    body: Rect,
    row: u16,
    buf: &mut Buffer,
) {
    let picture = model.picture();
    let connections = picture.roster.connections(user);
    let Some(tracked) = connections.get(at) else { return };
    let connection = &tracked.connection;
    let old = picture.roster.is_stale(user, picture.now) || picture.roster.presence(user).is_unknown();
    let base = if old { theme.dim } else { theme.plain };
    let glyphs = &theme.glyphs;
    let cut = glyphs.cut;
    let roomy = body.width >= ROOMY;
    let gap = if roomy { 2 } else { 1 };

    let mut pen = Pen::new(buf, body, row);
    let branch = if at + 1 == connections.len() { glyphs.last_branch } else { glyphs.branch };
    pen.skip(3).put(branch, base).skip(1);
    pen.field(&connection.platform.name(), if roomy { 11 } else { 9 }, cut, base).skip(gap);
    pen.field(&connection.id.short(), 8, cut, base).skip(gap);
    let (state, style) =
        if connection.background { ("background", theme.calm) } else { ("foreground", theme.good) };
    let state_width = if body.width < 60 { 2 } else { 10 };
    let state = match (state_width, connection.background) {
        (2, true) => "bg",
        (2, false) => "fg",
        _ => state,
    };
    pen.field(state, state_width, cut, base.patch(style)).skip(gap);
    if body.width >= 60 {
        let since = first_seen(model, &picture, theme, tracked);
        let words = if roomy { format!("first seen {since}") } else { since };
        let columns = match (roomy, model.times()) {
            (true, TimeStyle::Relative) => 16,
            (true, TimeStyle::Absolute) => 24,
            (false, TimeStyle::Relative) => 5,
            (false, TimeStyle::Absolute) => 9,
        };
        pen.field(&words, columns, cut, base).skip(gap);
    }
    let (words, style) = token_words(model, &picture, theme, user, at);
    pen.rest(&words, cut, base.patch(style));
}

fn first_seen(model: &Model, picture: &Picture<'_>, theme: &Theme, tracked: &Tracked) -> String {
    let since = tracked.since;
    match model.times() {
        TimeStyle::Relative => times::lasting(since, picture.now, theme.glyphs.at_least),
        TimeStyle::Absolute => {
            let at = times::unix_ms_of(since.before_ms, picture.now);
            let mark = if since.is_exact() { "" } else { theme.glyphs.at_least };
            format!("{mark}{}", times::short_clock(at, picture.now, model.zone()))
        }
    }
}

/// What the token says, what is wrong with it first.
fn token_words(
    model: &Model,
    picture: &Picture<'_>,
    theme: &Theme,
    user: UserIx,
    at: usize,
) -> (String, Style) {
    let roster = picture.roster;
    let connections = roster.connections(user);
    let Some(connection) = connections.get(at).map(|tracked| &tracked.connection) else {
        return (String::new(), theme.plain);
    };
    let Some(token) = &connection.token else {
        return ("no token shown".to_owned(), theme.dim);
    };
    let mut style = theme.plain;
    let mut words = Vec::new();
    let found = foreign(connection, roster.list().raw_id(user));
    if let Some(other) = found.user {
        words.push(format!("issued for user {other}"));
        style = theme.bad;
    }
    if let Some(platform) = found.platform {
        words.push(format!("issued for {}", platform.name()));
        style = if style == theme.plain { theme.warn } else { style };
    }
    let twin = connections.iter().enumerate().find(|(other, tracked)| {
        let same = tracked.connection.token.as_ref().is_some_and(|it| it.fingerprint == token.fingerprint);
        *other != at && same
    });
    match (&token.claims, token.expires()) {
        (Err(unreadable), _) => {
            words.push(format!("token {unreadable}"));
            style = theme.warn;
        }
        (Ok(_), None) => words.push("never expires".to_owned()),
        (Ok(_), Some(expires)) => {
            let left = expires.saturating_sub(roster.server_clock().unix_seconds(picture.now));
            if left <= 0 {
                words.push(format!("expired {}", times::date(expires, model.zone())));
                style = theme.bad;
            } else if model.times() == TimeStyle::Absolute {
                words.push(format!("expires {}", times::date(expires, model.zone())));
            } else {
                words.push(format!("expires in {}", times::age(left.unsigned_abs())));
            }
        }
    }
    if let Some((_, tracked)) = twin {
        words.push(format!("same token as {}", tracked.connection.id.short()));
        style = if style == theme.plain { theme.warn } else { style };
    }
    (words.join(", "), style)
}
