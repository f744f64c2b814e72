//! Transitions and other events in words.

use crate::app::Picture;
use crate::presence::{Event, EventGroup, Presence, Transition, What};

use super::theme::Theme;
use super::times;
use super::user_row::why_words;

/// What changed for so many users, without who they are: `Android disconnected`.
pub(super) fn words(picture: &Picture<'_>, theme: &Theme, transition: &Transition, count: u32) -> String {
    match &transition.what {
        What::Presence { to: Presence::Unknown(why), .. } => {
            let list = picture.roster.list();
            let user = list.find(transition.user.raw());
            // More users than one batch has: it is not that batch alone.
            let user = user.filter(|user| list.batch(list.batch_of(*user)).len() >= count as usize);
            let why = user.map_or(why.to_string(), |user| why_words(picture, user, *why));
            format!("unknown: {why}")
        }
        What::Presence { from, to } => format!("{} {} {}", from.word(), theme.glyphs.to, to.word()),
        What::Connected(socket) => format!("{} connected", socket.platform.name()),
        What::SeenAgain(socket) => format!("{} seen again, the same connection", socket.platform.name()),
        What::Disconnected(socket) => format!("{} disconnected", socket.platform.name()),
        What::Replaced { new, same_token: true, .. } => {
            format!("{} reconnected with the same token", new.platform.name())
        }
        What::Replaced { new, same_token: false, .. } => {
            format!("{} replaced by one with another token", new.platform.name())
        }
        What::MovedBackground(socket) => format!("{} went to the background", socket.platform.name()),
        What::MovedForeground(socket) => format!("{} came to the foreground", socket.platform.name()),
    }
}

/// When, who and what of a group of events.
pub(super) fn group_words(
    picture: &Picture<'_>,
    theme: &Theme,
    zone: &jiff::tz::TimeZone,
    group: &EventGroup,
) -> (String, String, String) {
    let now = picture.now;
    match &group.event {
        Event::Transition(transition) => {
            let who = match group.count {
                1 => transition.user.to_string(),
                count => format!("{count} users"),
            };
            let when = times::between(transition.after, transition.before, now, zone);
            (when, who, words(picture, theme, transition, group.count))
        }
        Event::ClockStep { at, by_ms } => {
            let direction = if *by_ms < 0 { "back" } else { "forward" };
            let what =
                format!("this machine's clock went {direction} {}", times::age_ms(by_ms.unsigned_abs()));
            (times::clock(at.unix_ms, now, zone), "imtop".to_owned(), what)
        }
        Event::Notice { at, text } => (times::clock(at.unix_ms, now, zone), "imtop".to_owned(), text.clone()),
    }
}
