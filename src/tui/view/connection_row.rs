//! One connection in one row, below its user.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::listing::foreign;
use crate::presence::{Claims, Moment, Tracked, UserIx};
use crate::tui::{Picture, TimeStyle, View};

use super::painter::Painter;
use super::theme::Theme;
use super::times;

/// From this width on there is room for wider gaps and more words.
const ROOMY: u16 = 100;

pub(super) fn draw(
    model: View<'_>,
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
    let old = picture.roster.is_old(user, picture.now)
        || picture.roster.presence(user).is_unknown()
        || tracked.unseen.is_some();
    let base = if old { theme.dim } else { theme.plain };
    let glyphs = &theme.glyphs;
    let cut = glyphs.cut;
    let roomy = body.width >= ROOMY;
    let gap = if roomy { 2 } else { 1 };

    let mut pen = Painter::new(theme, buf, body, row);
    let branch = if at + 1 == connections.len() { glyphs.last_branch } else { glyphs.branch };
    pen.skip(3).put(branch, base).skip(1);
    if body.width >= 60 {
        pen.field(&connection.platform.name(), 11, cut, base).skip(gap);
    } else {
        pen.field(&connection.platform.short(), 4, cut, base).skip(gap);
    }
    pen.field(&connection.id.short(), 8, cut, base).skip(gap);
    let (whole, style) = connection_state(theme, tracked, picture.now);
    let state_width = if body.width < 60 { 2 } else { 10 };
    let state = match (state_width, tracked.unseen.as_deref(), connection.background) {
        (2, Some(_), _) => theme.glyphs.unknown,
        (2, None, true) => "bg",
        (2, None, false) => "fg",
        _ => &whole,
    };
    // Old news is no fact: without colour.
    let hue = |style: Style| if old { base } else { base.patch(style) };
    pen.field(state, state_width, cut, hue(style)).skip(gap);
    if body.width >= 60 {
        let since = first_seen(model, &picture, theme, tracked);
        let words = if roomy { format!("first seen {since}") } else { since };
        let columns = match (roomy, model.times) {
            (true, TimeStyle::Relative) => 16,
            (true, TimeStyle::Absolute) => 24,
            (false, TimeStyle::Relative) => 5,
            (false, TimeStyle::Absolute) => 9,
        };
        pen.field(&words, columns, cut, base).skip(gap);
    }
    let (whole, style) = token_words(model, &picture, theme, user, at, false);
    let words = if theme.width(&whole) <= pen.left() {
        whole
    } else {
        let short = token_words(model, &picture, theme, user, at, true).0;
        if theme.width(&short) <= pen.left() { short } else { short.replacen("issued for ", "for ", 1) }
    };
    pen.rest(&words, cut, hue(style));
}

/// How it is with a connection: in the foreground, in the background, or for how long answers have left
/// it out, though it may be there.
pub(super) fn connection_state(theme: &Theme, tracked: &Tracked, now: Moment) -> (String, Style) {
    match (tracked.unseen.as_deref(), tracked.connection.background) {
        (Some(unseen), _) => {
            (format!("unseen {}", times::age_ms(now.since(unseen.dropped.received))), theme.dim)
        }
        (None, true) => ("background".to_owned(), theme.calm),
        (None, false) => ("foreground".to_owned(), theme.good),
    }
}

fn first_seen(model: View<'_>, picture: &Picture<'_>, theme: &Theme, tracked: &Tracked) -> String {
    times::since(tracked.since, picture.now, model.times, model.gap_ms(), &model.zone, &theme.glyphs)
}

/// What the token says, what is wrong with it first. `in_short`: there is no room for all.
fn token_words(
    model: View<'_>,
    picture: &Picture<'_>,
    theme: &Theme,
    user: UserIx,
    at: usize,
    in_short: bool,
) -> (String, Style) {
    let roster = picture.roster;
    let connections = roster.connections(user);
    let Some(connection) = connections.get(at).map(|tracked| &tracked.connection) else {
        return (String::new(), theme.plain);
    };
    let Some(token) = &connection.token else {
        return ("no token shown".to_owned(), theme.dim);
    };
    let mut words = Vec::new();
    let found = foreign(connection, roster.list().raw_id(user));
    if let Some(other) = found.user {
        let kind = if model.names.are_masked() { "" } else { "user " };
        words.push(format!("issued for {kind}{}", model.names.shown_user(other)));
    }
    if let Some(platform) = found.platform {
        words.push(if in_short {
            format!("issued for {}", platform.short())
        } else {
            format!("issued for {}, not {}", platform.name(), connection.platform.name())
        });
    }
    let mut style = theme.foreign(&found);
    let twin = connections.iter().enumerate().find(|(other, tracked)| {
        let same = tracked.connection.token.as_ref().is_some_and(|it| it.fingerprint == token.fingerprint);
        *other != at && same
    });
    match (&token.claims, token.expires()) {
        (Err(unreadable), _) => {
            words.push(format!("token {unreadable}"));
            style = theme.worse(style, theme.warn);
        }
        (Ok(_), None) => words.push("never expires".to_owned()),
        (Ok(_), Some(expires)) if Claims::is_far_future(expires) => {
            words.push(format!("expires: {}", Claims::FAR_FUTURE));
        }
        (Ok(_), Some(expires)) => {
            let left = expires.saturating_sub(roster.server_clock().unix_seconds(picture.now));
            style = theme.worse(style, theme.expiry(left));
            let soon = if left < times::SOON { "soon, " } else { "" };
            words.push(match (left, model.times) {
                (..=0, _) => format!("expired {}", times::date(expires, &model.zone)),
                (_, TimeStyle::Absolute) if left < times::SOON => {
                    format!("expires soon, {}", times::date_time(expires, &model.zone))
                }
                (_, TimeStyle::Absolute) => format!("expires {}", times::date(expires, &model.zone)),
                (_, TimeStyle::Relative) => format!("expires {soon}in {}", times::age(left.unsigned_abs())),
            });
        }
    }
    if let Some((_, tracked)) = twin {
        words.push(format!("same token as {}", tracked.connection.id.short()));
        style = theme.worse(style, theme.warn);
    }
    (words.join(", "), style)
}
