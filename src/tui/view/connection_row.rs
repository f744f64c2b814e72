//! One connection in one row, below its user.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::language;
use crate::listing::foreign;
use crate::presence::{Claims, Moment, Tracked, UserIx};
use crate::say;
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
        (2, None, true) => say!("bg"),
        (2, None, false) => say!("fg"),
        _ => &whole,
    };
    // Old news is no fact: without colour.
    let hue = |style: Style| if old { base } else { base.patch(style) };
    pen.field(state, state_width, cut, hue(style)).skip(gap);
    if body.width >= 60 {
        let since = first_seen(model, &picture, theme, tracked);
        let words = if roomy { say!("first seen {since}", since) } else { since };
        let columns = match (roomy, model.times) {
            (true, TimeStyle::Relative) => 16,
            (true, TimeStyle::Absolute) => 24,
            (false, TimeStyle::Relative) => 5,
            (false, TimeStyle::Absolute) => 9,
        };
        pen.field(&words, columns, cut, base).skip(gap);
    }
    let (whole, style) = token_words(model, &picture, theme, user, at, Room::Much);
    let words = if theme.width(&whole) <= pen.left() {
        whole
    } else {
        let with = |room| token_words(model, &picture, theme, user, at, room).0;
        let short = with(Room::Little);
        if theme.width(&short) <= pen.left() { short } else { with(Room::Least) }
    };
    pen.rest(&words, cut, hue(style));
}

/// How it is with a connection: in the foreground, in the background, or for how long answers have left
/// it out, though it may be there.
pub(super) fn connection_state(theme: &Theme, tracked: &Tracked, now: Moment) -> (String, Style) {
    match (tracked.unseen.as_deref(), tracked.connection.background) {
        (Some(unseen), _) => {
            let age = times::age_ms(now.since(unseen.dropped.received));
            (say!("unseen {age}", age), theme.dim)
        }
        (None, true) => (say!("background").to_owned(), theme.calm),
        (None, false) => (say!("foreground").to_owned(), theme.good),
    }
}

fn first_seen(model: View<'_>, picture: &Picture<'_>, theme: &Theme, tracked: &Tracked) -> String {
    times::since(tracked.since, picture.now, model.times, model.gap_ms(), &model.zone, &theme.glyphs)
}

/// How much room there is for what a token says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    Much,
    Little,
    Least,
}

/// What the token says, what is wrong with it first.
fn token_words(
    model: View<'_>,
    picture: &Picture<'_>,
    theme: &Theme,
    user: UserIx,
    at: usize,
    room: Room,
) -> (String, Style) {
    let roster = picture.roster;
    let connections = roster.connections(user);
    let Some(connection) = connections.get(at).map(|tracked| &tracked.connection) else {
        return (String::new(), theme.plain);
    };
    let Some(token) = &connection.token else {
        return (say!("no token shown").to_owned(), theme.dim);
    };
    let mut words = Vec::new();
    let found = foreign(connection, roster.list().raw_id(user));
    if let Some(other) = found.user {
        let user = model.names.shown_user(other);
        words.push(match (room, model.names.are_masked()) {
            (Room::Least, false) => say!("for user {user}", user),
            (Room::Least, true) => say!("for {user}", user),
            (_, false) => say!("issued for user {user}", user),
            (_, true) => say!("issued for {user}", user),
        });
    }
    if let Some(platform) = found.platform {
        let (short, name) = (platform.short(), platform.name());
        words.push(match room {
            Room::Much => say!("issued for {name}, not {own}", name, own = connection.platform.name()),
            Room::Least if words.is_empty() => say!("for {short}", short),
            Room::Little | Room::Least => say!("issued for {short}", short),
        });
    }
    let mut style = theme.foreign(&found);
    let twin = connections.iter().enumerate().find(|(other, tracked)| {
        let same = tracked.connection.token.as_ref().is_some_and(|it| it.fingerprint == token.fingerprint);
        *other != at && same
    });
    match (&token.claims, token.expires()) {
        (Err(unreadable), _) => {
            words.push(say!("token {unreadable}", unreadable));
            style = theme.worse(style, theme.warn);
        }
        (Ok(_), None) => words.push(say!("never expires").to_owned()),
        (Ok(_), Some(expires)) if Claims::is_far_future(expires) => {
            words.push(say!("expires: {when}", when = language::say(Claims::FAR_FUTURE)));
        }
        (Ok(_), Some(expires)) => {
            let left = expires.saturating_sub(roster.server_clock().unix_seconds(picture.now));
            style = theme.worse(style, theme.expiry(left));
            let date = times::date(expires, &model.zone);
            let age = times::age(left.unsigned_abs());
            words.push(match (left, model.times) {
                (..=0, _) => say!("expired {when}", when = date),
                (1..times::SOON, TimeStyle::Absolute) => {
                    say!("expires soon, {when}", when = times::date_time(expires, &model.zone))
                }
                (_, TimeStyle::Absolute) => say!("expires {when}", when = date),
                (1..times::SOON, TimeStyle::Relative) => say!("expires soon, in {age}", age),
                (_, TimeStyle::Relative) => say!("expires in {age}", age),
            });
        }
    }
    if let Some((_, tracked)) = twin {
        words.push(say!("same token as {id}", id = tracked.connection.id.short()));
        style = theme.worse(style, theme.warn);
    }
    (words.join(say!(", ")), style)
}
