//! Users who stand out, in four lists beside each other: most flips, most reconnects, soonest expiry, longest
//! offline.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::listing::{Expiry, short_expiry, soonest_expiry};
use crate::presence::{Top, UserIx, short_age};
use crate::say;
use crate::tui::{Overview, View, top_lists};

use super::painter::{Painter, select};
use super::theme::Theme;

/// Columns of the figure before a name.
const FIGURE: u16 = 11;

pub(super) fn draw(model: View<'_>, theme: &Theme, overview: &Overview, area: Rect, buf: &mut Buffer) {
    for (top, part) in top_lists(area) {
        Painter::new(theme, buf, part, 0).skip(1).rest(heading(top), theme.glyphs.cut, theme.strong);
        let rows = Rect { y: part.y.saturating_add(1), height: part.height.saturating_sub(1), ..part };
        let users: Vec<UserIx> = model.picture().tops.first(top).take(usize::from(rows.height)).collect();
        if users.is_empty() {
            Painter::new(theme, buf, rows, 0).skip(1).put(theme.glyphs.nothing, theme.dim);
        }
        for (row, user) in (0..).zip(users) {
            let mut pen = Painter::new(theme, buf, rows, row);
            pen.skip(1).field(&figure(model, top, user), FIGURE, theme.glyphs.cut, theme.plain).skip(1);
            pen.rest(&name(model, user), theme.glyphs.cut, theme.plain);
            if overview.top() == Some((top, user)) {
                select(theme, buf, rows, row);
            }
        }
    }
}

fn heading(top: Top) -> &'static str {
    match top {
        Top::Flips => say!("MOST FLIPS (30m)"),
        Top::Reconnects => say!("MOST RECONNECTS (30m)"),
        Top::Expiry => say!("SOONEST EXPIRY"),
        Top::Offline => say!("LONGEST OFFLINE"),
    }
}

/// By how much a user stands out.
fn figure(model: View<'_>, top: Top, user: UserIx) -> String {
    let picture = model.picture();
    match top {
        Top::Flips => picture.history.of(user).flips().to_string(),
        Top::Reconnects => picture.history.of(user).reconnects().to_string(),
        Top::Expiry => match soonest_expiry(picture.roster.connections(user)) {
            Expiry::At(at) => {
                short_expiry(at.saturating_sub(picture.roster.server_clock().unix_seconds(picture.now)))
            }
            _ => String::new(),
        },
        Top::Offline => {
            let since = picture.roster.since(user);
            since.map_or_else(String::new, |since| short_age(since.age_ms(picture.now) / 1_000))
        }
    }
}

fn name(model: View<'_>, user: UserIx) -> String {
    let list = model.picture().roster.list();
    let id = model.names.user(list.raw_id(user));
    match list.label(user) {
        Some(label) => format!("{id}  {}", model.names.label(label)),
        None => id.into_owned(),
    }
}
