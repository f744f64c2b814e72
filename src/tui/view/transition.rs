//! Events in columns: when, who, what; and as many names as there is room for.

use crate::listing::{EventWords, Names, Wording};
use crate::presence::{EventGroup, UserId};
use crate::tui::View;

use super::theme::Theme;

/// What puts events into words.
pub(super) fn wording<'a>(model: View<'a>, theme: &Theme) -> Wording<'a> {
    Wording { roster: model.picture().roster, names: &model.model.names, to: theme.glyphs.to }
}

/// Groups of events in words.
pub(super) fn in_words<'a>(model: View<'a>, theme: &Theme, groups: &[&'a EventGroup]) -> Vec<EventWords<'a>> {
    let wording = wording(model, theme);
    groups.iter().map(|group| wording.group(group)).collect()
}

/// As many names as fit: `u_0003, ward_001 ...`; empty where not one does.
pub(super) fn some_names(
    names: &Names,
    theme: &Theme,
    users: &[UserId],
    and_more: bool,
    room: u16,
) -> String {
    let more = format!(" {}", theme.glyphs.cut);
    let mut text = String::new();
    for (at, user) in users.iter().enumerate() {
        let gap = if at == 0 { "" } else { ", " };
        let next = format!("{text}{gap}{}", names.user(user.raw()));
        let ends = at + 1 == users.len() && !and_more;
        if theme.width(&next) + if ends { 0 } else { theme.width(&more) } > room {
            return if text.is_empty() { text } else { text + &more };
        }
        text = next;
    }
    if and_more && !text.is_empty() { text + &more } else { text }
}
