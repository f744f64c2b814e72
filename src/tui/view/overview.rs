//! The overview: a sentence that says how it is, charts, and below them rows by group or a map of everybody.
//!
//! ```text
//!  107 of 300 users unknown, 12 warnings  3 what to do  ! who
//!     300 ⡇            ⢀⡠⠤⠒⠒⠒⠒⠒⠒⠒⢄                            ● 148 on
//!         ⡇⠤⠤⠤⠤⠒⠒⠊⠁                                            ? 107 unk
//!   22:10 ──────────────────────✘──────────────────────── now
//!     API ▁▁▂▁▁▃                                               31 ms
//!  BY GROUP  map                                               ← → batch, platform
//!    NAME        USERS ONLINE  BG  OFF  UNKN   5M  30M PROB  30 MIN
//!  > guards        120     12   3   40    65  -65  -63   12  ▇▇▇▇▇▇▁
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::listing::{counted_words, why_words};
use crate::presence::{By, Counts, FeedStatus, Presence, Rollup, RollupKey, Severity, UnknownReason};
use crate::tui::{
    BESIDE_CHART, Health, Layout, MapGrid, Overview, OverviewParts, Panel, View, health, overview_parts,
    sign_word,
};
use crate::{language, say, words};

use super::painter::{Painter, select};
use super::theme::Theme;
use super::times::age_ms;
use super::{chart, header, tops};

/// Columns of a number in a row, with the gap before it.
const NUMBER: u16 = 7;

/// Fewer rows below the table are left empty.
const MAP_BELOW: u16 = 5;

/// From so many columns on a row has all its numbers.
const ALL_NUMBERS: u16 = 78;

/// From so many columns on it has more than the most needed ones.
const SOME_NUMBERS: u16 = 56;

pub(super) fn draw(model: View<'_>, theme: &Theme, overview: &Overview, layout: Layout, buf: &mut Buffer) {
    let parts = overview_parts(layout.body, model.overview_content(overview, layout));
    headline(model, theme, layout, parts.headline, buf);
    if parts.chart.height > 0 {
        chart::draw(model, theme, parts, BESIDE_CHART, buf);
    }
    match overview.panel {
        Panel::Rollups => rollups(model, theme, overview, parts, buf),
        Panel::Map => map(model, theme, overview, parts, buf),
        Panel::Tops => {
            let said = say!("users who stand out");
            tabs(theme, overview, model.counted_by(overview), said, parts.tabs, buf);
            tops::draw(model, theme, overview, parts.list, buf);
        }
    }
}

/// How it is, and which keys lead on.
fn headline(model: View<'_>, theme: &Theme, layout: Layout, area: Rect, buf: &mut Buffer) {
    let (how, what) = health(model);
    let picture = model.picture();
    let totals = picture.roster.totals(picture.now);
    let warnings = model.tally(Severity::Warning);
    // The header above begins with the same word, and says what is critical where that fits: not twice.
    let what = what.filter(|_| !header::says_what(model, theme, layout.body.width, layout.notes.height));
    let is_told = what.is_some();
    let mut said: Vec<String> = what.into_iter().collect();
    if !is_told {
        let feed = picture.roster.feed_status(picture.now);
        if matches!(feed, FeedStatus::Retrying { .. } | FeedStatus::Overdue)
            && totals.unknown < totals.watched
        {
            said.push(say!("no answer: counts are as last seen").to_owned());
        }
        if totals.unknown > 0 {
            said.push(say!("{n} of {all} users unknown", n = totals.unknown, all = totals.watched));
        }
        if how == Health::Critical && totals.offline > 0 {
            said.push(say!("{n} of {all} users offline", n = totals.offline, all = totals.watched));
        }
        match warnings {
            0 => {}
            1 => said.push(say!("1 warning").to_owned()),
            n => said.push(say!("{n} warnings", n)),
        }
        if said.is_empty() {
            said.push(match how {
                Health::Ok => say!("all {all} users known, no warning", all = totals.watched),
                Health::Checking => say!("first answers are coming in").to_owned(),
                Health::Unknown => say!("no answer yet").to_owned(),
                _ => say!("some answers are late or fail").to_owned(),
            });
        }
    }
    let mut pen = Painter::new(theme, buf, area, 0);
    pen.skip(1);
    let next = match how {
        Health::Ok | Health::Checking | Health::Unknown => say!("  1 lists the users"),
        Health::Degraded | Health::Critical => say!("  3 what to do  ! who"),
    };
    let said = said.join(say!(", "));
    let room = pen.left().saturating_sub(theme.width(next));
    if theme.width(&said) <= room {
        pen.put(&said, theme.health(how)).put(next, theme.dim);
    } else {
        pen.rest(&said, theme.glyphs.cut, theme.health(how));
    }
}

/// What the lower part shows, what else it could, and what is selected.
fn tabs(theme: &Theme, overview: &Overview, by: By, said: &str, area: Rect, buf: &mut Buffer) {
    let mut pen = Painter::new(theme, buf, area, 0);
    let rows = match by {
        By::Group => say!("by group"),
        By::Platform => say!("by platform"),
        By::Batch => say!("by batch"),
        By::Gateway => say!("by gateway"),
    };
    let look = |panel: Panel| if overview.panel == panel { theme.selected } else { theme.dim };
    pen.skip(1).put(&format!(" {rows} "), look(Panel::Rollups));
    pen.put(&format!(" {} ", say!("map")), look(Panel::Map));
    pen.put(&format!(" {} ", say!("top lists")), look(Panel::Tops)).skip(2);
    pen.rest(said, theme.glyphs.cut, theme.plain);
}

/// One of the numbers of a row.
struct Number {
    head: &'static str,
    /// The narrowest screen that has it.
    from: u16,
    text: fn(&Rollup) -> (String, Meaning),
}

/// What a number calls for.
enum Meaning {
    Plain,
    Good,
    Calm,
    Warn,
    Bad,
    Dim,
}

fn counted(count: u32, meaning: Meaning) -> (String, Meaning) {
    if count == 0 { ("·".to_owned(), Meaning::Dim) } else { (compact(u64::from(count)), meaning) }
}

fn changed(row: &Rollup, minutes: usize) -> (String, Meaning) {
    match row.change(minutes) {
        None => (String::new(), Meaning::Dim),
        Some(0) => ("·".to_owned(), Meaning::Dim),
        Some(more @ 1..) => (format!("+{}", compact(more.unsigned_abs())), Meaning::Plain),
        Some(fewer) => (format!("-{}", compact(fewer.unsigned_abs())), Meaning::Warn),
    }
}

const NUMBERS: [Number; 8] = [
    Number { head: words!("USERS"), from: 30, text: |row| counted(row.now.watched(), Meaning::Plain) },
    Number { head: words!("ONLINE"), from: 30, text: |row| counted(row.now.online, Meaning::Good) },
    Number {
        head: words!("BACKGR"),
        from: ALL_NUMBERS,
        text: |row| counted(row.now.background, Meaning::Calm),
    },
    Number {
        head: words!("OFFLN"),
        from: SOME_NUMBERS,
        text: |row| counted(row.now.offline, Meaning::Plain),
    },
    Number { head: words!("UNKN"), from: 30, text: |row| counted(row.now.unknown, Meaning::Bad) },
    Number { head: words!("IN 5M"), from: SOME_NUMBERS, text: |row| changed(row, 5) },
    Number { head: words!("IN 30M"), from: ALL_NUMBERS, text: |row| changed(row, 30) },
    Number {
        head: words!("PROBL"),
        from: SOME_NUMBERS,
        text: |row| counted(row.now.problems, Meaning::Warn),
    },
];

fn rollups(model: View<'_>, theme: &Theme, overview: &Overview, parts: OverviewParts, buf: &mut Buffer) {
    let by = model.counted_by(overview);
    let rows = model.rollups(overview);
    let said = match (by, rows.len()) {
        (By::Platform, 0) => say!("no connection").to_owned(),
        (By::Gateway, many) => say!("{many}, as each counts its own users", many),
        (By::Platform, many) => say!("{many}, connections and not users; the worst first", many),
        (_, many) => say!("{many}, the worst first", many),
    };
    tabs(theme, overview, by, &said, parts.tabs, buf);
    let width = parts.list.width;
    let numbers: Vec<&Number> = NUMBERS.iter().filter(|number| width >= number.from).collect();
    let fixed = numbers.len() as u16 * NUMBER + 4;
    let height = usize::from(parts.list.height);
    let top = overview.top_row(&rows, parts.list.height);
    let shown = rows.iter().skip(top).take(height);
    let longest = shown.clone().map(|row| theme.width(&name_of(model, row))).max().unwrap_or(0).clamp(8, 30);
    let name = longest.min(width.saturating_sub(fixed)).max(6);
    let mut pen = Painter::new(theme, buf, parts.head, 0);
    pen.skip(2).field(say!("NAME"), name, theme.glyphs.cut, theme.dim);
    for number in &numbers {
        let head = language::say(number.head);
        pen.skip(NUMBER.saturating_sub(theme.width(head))).put(head, theme.dim);
    }
    pen.skip(2).rest(say!("30 MIN"), theme.glyphs.cut, theme.dim);
    let (selected, listed) = (overview.selected(&rows), shown.len() as u16);
    for (at, row) in shown.enumerate() {
        let mut pen = Painter::new(theme, buf, parts.list, at as u16);
        pen.skip(2).field(&name_of(model, row), name, theme.glyphs.cut, theme.strong);
        for number in &numbers {
            let (text, meaning) = (number.text)(row);
            let text = if text == "·" { theme.glyphs.nothing.to_owned() } else { text };
            let style = match meaning {
                Meaning::Plain => theme.plain,
                Meaning::Good => theme.good,
                Meaning::Calm => theme.calm,
                Meaning::Warn => theme.warn,
                Meaning::Bad => theme.bad,
                Meaning::Dim => theme.dim,
            };
            pen.skip(NUMBER.saturating_sub(theme.width(&text))).put(&text, style);
        }
        pen.skip(2);
        past(theme, row, &mut pen);
        if selected == Some(top + at) {
            select(theme, buf, parts.list, at as u16);
        }
    }
    let below = (listed + 1).min(parts.list.height);
    let area = Rect { y: parts.list.y + below, height: parts.list.height - below, ..parts.list };
    map_below(model, theme, area, buf);
}

/// How many were connected at the end of each minute, beside the most of them.
fn past(theme: &Theme, row: &Rollup, pen: &mut Painter<'_>) {
    let room = usize::from(pen.left().saturating_sub(1));
    let most = row.past.iter().flatten().map(|level| level.connected).max().unwrap_or(0).max(1);
    let known: Vec<_> = row.past.iter().flatten().collect();
    for level in known.iter().skip(known.len().saturating_sub(room)) {
        match level {
            level if level.connected == 0 && level.unknown > 0 => {
                pen.put(theme.glyphs.unknown_cell, theme.warn)
            }
            level => {
                let height = (u64::from(level.connected) * 7).div_ceil(u64::from(most)) as usize;
                let bar = theme.glyphs.bars.get(height).copied().unwrap_or(" ");
                pen.put(bar, if level.unknown > level.connected { theme.warn } else { theme.good })
            }
        };
    }
}

fn name_of(model: View<'_>, row: &Rollup) -> String {
    let name = model.names.rollup(&row.key).unwrap_or_else(|| say!("(no group)").to_owned());
    match (&row.key, row.sign) {
        (RollupKey::Batch(_), _) => say!("batch {name}", name),
        (_, Some((sign, since))) => {
            format!("{name} {} {}", language::say(sign_word(sign)), age_ms(model.picture().now.since(since)))
        }
        _ => name,
    }
}

fn map(model: View<'_>, theme: &Theme, overview: &Overview, parts: OverviewParts, buf: &mut Buffer) {
    let picture = model.picture();
    let rollups = picture.rollups;
    let grid = MapGrid::of(rollups.map_places(), parts.list);
    let selected = overview.cell().and_then(|user| rollups.map_place(user)).map(|place| place / grid.each);
    let said = match selected {
        Some(cell) => cell_words(model, grid, cell),
        None => map_words(model, theme, grid),
    };
    tabs(theme, overview, model.counted_by(overview), &said, parts.tabs, buf);
    cells(model, theme, grid, selected, parts.list, buf);
}

fn cells(
    model: View<'_>,
    theme: &Theme,
    grid: MapGrid,
    selected: Option<usize>,
    area: Rect,
    buf: &mut Buffer,
) {
    for row in 0..area.height {
        let mut pen = Painter::new(theme, buf, area, row);
        pen.skip(1);
        let from = usize::from(row) * grid.columns;
        for cell in from..(from + grid.columns).min(grid.cells()) {
            let counts = model.picture().rollups.map_counts(grid.places_of(cell));
            let (sign, style) = cell_look(theme, counts);
            pen.put(sign, if selected == Some(cell) { theme.selected } else { style });
        }
    }
}

/// The map in the room that the rows leave, where that is enough to see something.
fn map_below(model: View<'_>, theme: &Theme, area: Rect, buf: &mut Buffer) {
    if area.height < MAP_BELOW {
        return;
    }
    let (head, area) = (Rect { height: 1, ..area }, Rect { y: area.y + 1, height: area.height - 1, ..area });
    let grid = MapGrid::of(model.picture().rollups.map_places(), area);
    let words = map_words(model, theme, grid);
    Painter::new(theme, buf, head, 0).skip(2).rest(&words, theme.glyphs.cut, theme.dim);
    cells(model, theme, grid, None, area, buf);
}

/// Sign and style of so many users: what is not known first, then what is wrong, then who is connected.
fn cell_look(theme: &Theme, counts: Counts) -> (&'static str, Style) {
    let glyphs = theme.glyphs;
    let all = counts.watched().max(1);
    let connected = counts.online + counts.background;
    if counts.unknown * 4 >= all && counts.unknown > 0 {
        return (glyphs.unknown, theme.presence(Presence::Unknown(UnknownReason::NotAnswered)).2);
    }
    if counts.problems > 0 && all == 1 {
        return (glyphs.warning, theme.severity(Severity::Warning).1);
    }
    if connected == 0 {
        return (glyphs.nothing, theme.dim);
    }
    if all == 1 && counts.background == 1 {
        return (glyphs.bars.get(3).copied().unwrap_or("="), theme.calm);
    }
    let height = (connected * 7).div_ceil(all) as usize;
    let style = if counts.background * 2 > connected { theme.calm } else { theme.good };
    (glyphs.bars.get(height).copied().unwrap_or("#"), style)
}

/// What the signs mean, and how many users a cell is.
fn map_words(model: View<'_>, theme: &Theme, grid: MapGrid) -> String {
    let rollups = model.picture().rollups;
    let each = match (grid.each, rollups.map_places() < model.picture().roster.list().len()) {
        (1, false) => say!("a cell a user").to_owned(),
        (many, false) => say!("{many} users a cell", many),
        (1, true) => say!("a cell a batch").to_owned(),
        (many, true) => say!("{many} batches a cell", many),
    };
    let order = if rollups.has(By::Group) && !rollups.is_by_batch() {
        say!("by group")
    } else {
        say!("in list order")
    };
    let glyphs = theme.glyphs;
    let (full, unknown, nothing) =
        (glyphs.bars.last().copied().unwrap_or("#"), glyphs.unknown, glyphs.nothing);
    say!(
        "{each}, {order}  {full} connected {nothing} offline {unknown} unknown {problem} problem",
        each,
        order,
        full,
        nothing,
        unknown,
        problem = glyphs.warning,
    )
}

/// Who is in a cell, and how they are.
fn cell_words(model: View<'_>, grid: MapGrid, cell: usize) -> String {
    let picture = model.picture();
    let (roster, list) = (picture.roster, picture.roster.list());
    let places = grid.places_of(cell);
    let counts = picture.rollups.map_counts(places.clone());
    let Some(first) = picture.rollups.map_user(places.start) else { return String::new() };
    // A batch is of several groups.
    let group = list.group(first).filter(|_| !picture.rollups.is_by_batch());
    let group = group.map(|group| model.names.group(group));
    let id = model.names.user(list.raw_id(first));
    if counts.watched() == 1 {
        let presence = roster.presence(first);
        let who = group.map_or_else(|| id.to_string(), |group| say!("{id} of {group}", id, group));
        let how = language::say(presence.word());
        return match presence {
            Presence::Unknown(why) => {
                say!("{who}: {how}, {why}", who, how, why = why_words(roster, first, why))
            }
            _ => say!("{who}: {how}", who, how),
        };
    }
    let more = counts.watched().saturating_sub(1);
    let said = counted_words([
        (counts.unknown, say!("unknown")),
        (counts.online, say!("online")),
        (counts.background, say!("background")),
        (counts.offline, say!("offline")),
        (counts.unregistered, say!("unregistered")),
        (counts.problems, say!("with problems")),
    ]);
    let who = match group {
        Some(group) => say!("{id} and {more} more of {group}", id, more, group),
        None => say!("{id} and {more} more", id, more),
    };
    say!("{who}: {how}", who, how = said.join(say!(", ")))
}

/// A number in at most five columns: 9999, 12k, 1.2M.
pub(super) fn compact(number: u64) -> String {
    match number {
        0..10_000 => number.to_string(),
        10_000..1_000_000 => format!("{}k", number / 1_000),
        1_000_000..10_000_000 => format!("{}.{}M", number / 1_000_000, number % 1_000_000 / 100_000),
        _ => format!("{}M", number / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_five_columns_at_most() {
        for (number, text) in [
            (0, "0"),
            (9_999, "9999"),
            (10_000, "10k"),
            (999_999, "999k"),
            (1_000_000, "1.0M"),
            (9_999_999, "9.9M"),
            (10_000_000, "10M"),
        ] {
            assert_eq!(compact(number), text);
        }
    }

    #[test]
    fn what_is_unknown_stands_out_of_a_cell_before_what_is_wrong_or_well() {
        let theme = Theme::new(super::super::theme::Colour::None, true);
        let look = |online, background, offline, unknown, problems| {
            let counts = Counts { online, background, offline, unknown, problems, ..Counts::default() };
            cell_look(&theme, counts).0
        };
        assert_eq!(look(0, 0, 0, 1, 1), "?");
        assert_eq!(look(1, 0, 0, 0, 1), "!");
        assert_eq!((look(1, 0, 0, 0, 0), look(0, 0, 1, 0, 0)), ("#", "-"));
        assert_ne!(look(0, 1, 0, 0, 0), look(1, 0, 0, 0, 0), "background has a sign of its own");
        assert_eq!((look(6, 0, 0, 2, 0), look(7, 0, 0, 1, 0)), ("?", "#"));
    }
}
