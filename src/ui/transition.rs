//! Transitions and other events in words.

use crate::app::Picture;
use crate::presence::{Event, EventGroup, Presence, Story, UserId, What, Why};

use super::pen::width;
use super::theme::Theme;
use super::times;
use super::user_row::why_words;

/// When, who and what of a group of events.
pub(super) struct GroupWords<'a> {
    pub(super) when: String,
    pub(super) who: String,
    pub(super) what: String,
    /// Whom it happened to, where that is not said yet.
    pub(super) users: &'a [UserId],
    /// Whether there are more of them.
    pub(super) and_more: bool,
}

/// One change: `Android disconnected`.
fn words(theme: &Theme, what: &What) -> String {
    match what {
        What::Presence { to: Presence::Unknown(why), .. } => format!("unknown: {why}"),
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

/// What one user went through: `online -> background (Windows went to the background)`.
pub(super) fn story_words(picture: &Picture<'_>, theme: &Theme, story: &Story) -> String {
    let first = match &story.first().what {
        What::Presence { to: Presence::Unknown(why), .. } => {
            let user = picture.roster.list().find(story.first().user.raw());
            let why = user.map_or(why.to_string(), |user| why_words(picture, user, *why));
            format!("unknown: {why}")
        }
        what => words(theme, what),
    };
    let rest: Vec<String> =
        story.transitions().skip(1).map(|transition| words(theme, &transition.what)).collect();
    match (&story.first().what, rest.is_empty()) {
        (_, true) => first,
        (What::Presence { .. }, false) => format!("{first} ({})", rest.join(", ")),
        (_, false) => format!("{first}, {}", rest.join(", ")),
    }
}

/// What several users went through; of their connections nothing is said where their presence changed.
fn group_words(picture: &Picture<'_>, theme: &Theme, group: &EventGroup, story: &Story) -> String {
    match &story.first().what {
        What::Presence { to: Presence::Unknown(why), .. } => {
            let of_batches = matches!(why, Why::Failed(_) | Why::Slow) && picture.roster.list().batches() > 1;
            match group.batches.as_slice() {
                [batch] if of_batches => format!("unknown: batch {} {why}", batch + 1),
                [_, _, ..] if of_batches => format!("unknown: {why} ({} batches)", group.batches.len()),
                _ => format!("unknown: {why}"),
            }
        }
        what @ What::Presence { .. } if story.brings_back_the_same() => {
            format!("{}, the same connections as before", words(theme, what))
        }
        what @ What::Presence { .. } => words(theme, what),
        _ => story_words(picture, theme, story),
    }
}

/// A group of events in words.
pub(super) fn group<'a>(
    picture: &Picture<'_>,
    theme: &Theme,
    zone: &jiff::tz::TimeZone,
    group: &'a EventGroup,
) -> GroupWords<'a> {
    let when = times::between(group.after, group.before, picture.now, zone);
    let own =
        |what| GroupWords { when: when.clone(), who: "imtop".to_owned(), what, users: &[], and_more: false };
    match &group.event {
        Event::Story(story) if group.count == 1 => {
            let who = story.first().user.to_string();
            GroupWords { who, ..own(story_words(picture, theme, story)) }
        }
        Event::Story(story) => {
            let (who, users) = (format!("{} users", group.count), group.users.as_slice());
            let and_more = users.len() < group.count as usize;
            GroupWords { who, users, and_more, ..own(group_words(picture, theme, group, story)) }
        }
        Event::ClockStep { by_ms, .. } => {
            let direction = if *by_ms < 0 { "back" } else { "forward" };
            let by = times::age_ms(by_ms.unsigned_abs());
            own(format!("this machine's clock went {direction} {by}"))
        }
        Event::Notice { text, .. } => own(text.clone()),
    }
}

/// As many names as fit: `u_0003, ward_001 ...`; empty where not one does.
pub(super) fn names(theme: &Theme, users: &[UserId], and_more: bool, room: u16) -> String {
    let more = format!(" {}", theme.glyphs.cut);
    let mut text = String::new();
    for (at, user) in users.iter().enumerate() {
        let gap = if at == 0 { "" } else { ", " };
        let next = format!("{text}{gap}{user}");
        let ends = at + 1 == users.len() && !and_more;
        if width(&next) + if ends { 0 } else { width(&more) } > room {
            return if text.is_empty() { text } else { text + &more };
        }
        text = next;
    }
    if and_more && !text.is_empty() { text + &more } else { text }
}
