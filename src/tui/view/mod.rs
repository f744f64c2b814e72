//! Drawing: the model in, cells out. One file per part of the screen; nothing here changes anything.
//!
//! ```text
//!  header     imtop  http://im.example:10002  ● live 2s  last 1s ago  p95 31 ms (5m)              ▁▂▂▃▂▅▂
//!  counts     512 watched  ● 187 online  ◐ 41 background  ○ 280 offline  ? 4 unknown
//!  notes      filter: ali   41 of 512, list order
//!             ──────────────────────────────────────────────────────────────────────
//!  table      USER          LABEL       PRESENCE      PLATFORMS  TOKEN         SINCE
//!            ▾ 2890713225   王小明      ● online      And Win    EXPIRED 2y    12m
//!              ├ Android    bbb7c4da    foreground    ..
//!             ──────────────────────────────────────────────────────────────────────
//!  events     12:01:03-12:01:05  agent_007  Android disconnected
//!  footer     ? help  / filter  Enter detail  Space pause
//! ```
//!
//! `overview`, `event_list`, `finding_list`, `server`, `detail` and `help` take the place of the table; `palette` covers its upper rows while
//! a command is being typed. `strip` stands below the counts where somebody goes through time.

mod ambiguous;
mod chart;
mod connection_row;
mod counts;
mod detail;
mod detail_lines;
mod event_list;
mod events;
mod finding_list;
mod findings_cell;
mod fold_row;
mod footer;
mod header;
mod help;
mod matched;
mod notes;
mod overview;
mod painter;
mod palette;
mod prompt;
mod server;
mod sort_menu;
mod spark;
mod stretch;
mod strip;
mod table;
mod theme;
mod times;
mod tops;
mod transition;
mod user_row;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::language::speaking;
use crate::say;
use crate::tui::{Cursor, Screen, View};

pub use detail_lines::Detail;
pub use theme::{Colour, Theme};

use painter::Painter;

/// Draws the model. Returns where the cursor of an open prompt stands.
pub fn view(model: View<'_>, theme: &Theme, area: Rect, buf: &mut Buffer) -> Option<Position> {
    speaking(model.language, || draw(model, theme, area, buf))
}

fn draw(model: View<'_>, theme: &Theme, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let area = area.intersection(buf.area);
    let Some(layout) = model.layout(area) else {
        too_small(theme, area, buf);
        return None;
    };
    header::draw(model, theme, layout.header, layout.notes.height, buf);
    counts::draw(model, theme, layout.counts, buf);
    let cursor = notes::draw(model, theme, layout.notes, buf);
    rule(theme, layout.upper_rule, buf);
    match model.screen() {
        Screen::Overview(overview) => overview::draw(model, theme, overview, layout, buf),
        Screen::Users => {
            let width = model.table_width().min(area.width);
            let narrowed = |part: Rect| Rect { width, ..part };
            table::draw(model, theme, narrowed(layout.table_head), narrowed(layout.body), buf);
            if let Some(user) = model.cursor.as_ref().and_then(Cursor::one).filter(|_| width < area.width) {
                let top = layout.table_head.y;
                let side = Rect {
                    x: area.x + width + 1,
                    y: top,
                    width: area.width - width - 1,
                    height: layout.body.bottom().saturating_sub(top),
                };
                detail::draw(model, theme, user, 0, side, buf);
            }
        }
        Screen::Events(_) => event_list::draw(model, theme, layout.table_head, layout.body, buf),
        Screen::Findings(list) => finding_list::draw(model, theme, list, layout.body, buf),
        Screen::Server { scroll } => server::draw(model, theme, *scroll, layout.body, buf),
        Screen::Detail { user, scroll, .. } => detail::draw(model, theme, *user, *scroll, layout.body, buf),
        Screen::Help { search, scroll, .. } => help::draw(model, theme, search, *scroll, layout.body, buf),
    }
    rule(theme, layout.lower_rule, buf);
    match (model.screen(), model.events()) {
        (Screen::Users, Some(_)) => {
            event_list::draw_pane(model, theme, layout.lower_rule, layout.events, buf);
        }
        _ => events::draw(model, theme, layout.events, buf),
    }
    footer::draw(model, theme, layout.footer, buf);
    let below = layout.notes.bottom();
    let height = layout.body.bottom().saturating_sub(below);
    palette::draw(model, theme, Rect { y: below, height, ..area }, buf);
    sort_menu::draw(model, theme, Rect { y: below, height, ..area }, buf);
    cursor
}

fn rule(theme: &Theme, area: Rect, buf: &mut Buffer) {
    let line = theme.glyphs.rule.repeat(usize::from(area.width));
    Painter::new(theme, buf, area, 0).put(&line, theme.dim);
}

fn too_small(theme: &Theme, area: Rect, buf: &mut Buffer) {
    let lines = [say!("too small"), say!("for imtop:"), say!("20x5 at least")];
    for (row, line) in (0..).zip(lines) {
        Painter::new(theme, buf, area, row).put(line, theme.plain);
    }
}
