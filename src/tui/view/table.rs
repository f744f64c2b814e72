//! The table of users: its head, the visible lines, and what stands there when there are none.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::listing::SortColumn;
use crate::tui::{Action, Column, Line, View, wrapped};
use crate::{language, say};

use super::painter::{Painter, select};
use super::theme::Theme;
use super::times::{age_ms, clock};
use super::user_row::{self, RowContext};
use super::{connection_row, fold_row};

pub(super) fn draw(model: View<'_>, theme: &Theme, head: Rect, body: Rect, buf: &mut Buffer) {
    let sheet = RowContext::new(model, theme, body);
    let sort = model.rows.sort();
    let arrow = if sort.inverted { theme.glyphs.rising } else { theme.glyphs.falling };
    for (name, column) in sheet.columns.iter() {
        let title = language::say(name.head());
        let is_sorted = sort.column == SortColumn::Column(name);
        // A head that needs all of its column gives the arrow the gap to the next, where there is a next one.
        let has_gap = column.x.saturating_add(column.width) < head.width;
        let gap = u16::from(is_sorted && has_gap && theme.width(title) >= column.width);
        let column = Column { width: column.width + gap, ..column };
        let mut pen = Painter::in_column(theme, buf, head, 0, column);
        if is_sorted && column.width > 1 {
            pen.field(title, theme.width(title).min(column.width - 1), "", theme.strong)
                .put(arrow, theme.strong);
        } else {
            pen.field(title, column.width, "", theme.strong);
        }
    }
    if sort.inverted && matches!(sort.column, SortColumn::List | SortColumn::Problems) {
        // These orders have no column of their own.
        Painter::new(theme, buf, head, 0).skip(1).put(arrow, theme.strong);
    }
    let lines = model.window(body.height);
    if lines.is_empty() {
        nobody(model, theme, body, buf);
    }
    let selected = model.selected_line();
    for (row, line) in (0..).zip(lines) {
        match line {
            Line::Fold(cause, first) => fold_row::draw(model, theme, (cause, first), body, row, buf),
            Line::User(user) => user_row::draw(&sheet, user, row, buf),
            Line::Connection(user, at) => connection_row::draw(model, theme, user, at, body, row, buf),
        }
        if selected == Some(line) {
            if model.events().is_some() {
                // The keys are with the events below.
                Painter::new(theme, buf, body, row).put(">", theme.dim);
                continue;
            }
            select(theme, buf, body, row);
        }
    }
}

/// Says why there is no row.
fn nobody(model: View<'_>, theme: &Theme, body: Rect, buf: &mut Buffer) {
    let (what, advice) = why_nobody(model);
    let top = u16::from(body.height > 3);
    let room = usize::from(body.width.saturating_sub(4));
    let lines = wrapped(&what, room).into_iter().chain(wrapped(&advice, room));
    for (row, text) in (top..).zip(lines) {
        Painter::new(theme, buf, body, row).skip(3).rest(&text, theme.glyphs.cut, theme.plain);
    }
}

/// What is so, and what can be done about it.
fn why_nobody(model: View<'_>) -> (String, String) {
    let (rows, picture) = (&model.rows, model.picture());
    let users = match picture.roster.list().len() {
        0 if let Some(reading) = model.shown.reading => {
            return (say!("Nobody is asked about yet: {reading}.", reading), String::new());
        }
        0 => {
            let add = model.keymap.first_of(Action::Command).unwrap_or_else(|| ":".to_owned());
            let advice = say!(
                "Name users as arguments, or a file of them with --watch FILE, or type {add}add ID now.",
                add,
            );
            return (say!("Nobody is watched.").to_owned(), advice);
        }
        1 => say!("1 user").to_owned(),
        n => say!("{n} users", n),
    };
    let with_key = |action: Action, words: fn(String) -> String| {
        model.keymap.first_of(action).map_or(String::new(), words)
    };
    let Some(answer) = picture.roster.last_answer() else {
        let since = clock(model.began.unix_ms, picture.now, &model.zone);
        let server = &model.shown.about.name;
        let what = say!("No answer yet: asking {server} about {users} since {since}.", server, users, since);
        return (what, with_key(Action::ShowServer, |key| say!("{key} shows how the server does.", key)));
    };
    if !rows.filter().is_empty() {
        let filter = rows.filter();
        let what = if model.switches.problems_only {
            say!(
                "No user with a problem matches the filter \"{filter}\"; {users} are watched.",
                filter,
                users
            )
        } else {
            say!("No user matches the filter \"{filter}\"; {users} are watched.", filter, users)
        };
        return (what, with_key(Action::Back, |key| say!("{key} shows all of them.", key)));
    }
    if model.switches.problems_only {
        let age = age_ms(picture.now.since(answer));
        let what = if model.round_is_complete() {
            say!("No problems: {users}, all answered {age} ago.", users, age)
        } else {
            say!("No problems: {users}, the last of them answered {age} ago.", users, age)
        };
        return (what, with_key(Action::ProblemsOnly, |key| say!("{key} shows everybody.", key)));
    }
    if model.marks.are_all_that_is_shown() {
        let advice = with_key(Action::MarkedOnly, |key| say!("{key} shows everybody.", key));
        return (say!("Nobody is marked.").to_owned(), advice);
    }
    (say!("None of {users} is shown.", users), String::new())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ratatui::crossterm::event::{KeyCode, KeyEvent};
    use ratatui::style::{Color, Modifier};

    use super::super::{Colour, Theme, view};
    use super::*;
    use crate::engine::About;
    use crate::fed::Fed;
    use crate::kit::observed;
    use crate::presence::{Answer, Entry, Freshness, Input, Moment, Roster, RuleSettings, State, WatchList};
    use crate::tui::{Model, Msg, Start, update};

    /// A screen and its session.
    struct Screen {
        fed: Fed,
        model: Model,
    }

    impl Screen {
        fn new(now: Moment) -> Screen {
            let list = WatchList::new(1, 500, ["alice", "bob"].map(Entry::of));
            let roster = Roster::new(Arc::new(list), Freshness::for_interval(2_000), now);
            let about = About { name: "s".into(), ..About::default() };
            let fed = Fed::live(about, State::new(roster, RuleSettings::default(), now));
            let model = Model::new(Start::new((60, 10)), fed.shown());
            Screen { fed, model }
        }

        fn view(&self) -> View<'_> {
            View { model: &self.model, shown: self.fed.shown() }
        }

        fn press(&mut self, key: KeyCode) {
            update(&mut self.model, self.fed.shown(), Msg::Key(KeyEvent::from(key)));
        }

        fn drawn(&self, area: Rect) -> Buffer {
            let mut buf = Buffer::empty(area);
            view(self.view(), &Theme::new(Colour::Ansi16, false), area, &mut buf);
            buf
        }
    }

    #[test]
    fn where_no_row_is_it_says_why_and_what_to_do() {
        let now = Moment { mono_ms: 5_000, unix_ms: 5_000 };
        let mut screen = Screen::new(now);
        let (what, advice) = why_nobody(screen.view());
        assert_eq!(what, "No answer yet: asking s about 2 users since 00:00:05.");
        assert_eq!(advice, "4 shows how the server does.");
        let answer = observed(now, Ok(Answer::Changed(vec![])));
        let news = screen.fed.take(now, Input::Observed(answer));
        update(&mut screen.model, screen.fed.shown(), Msg::Updated(news));
        screen.fed.pass(now.plus(1_000));
        screen.press(KeyCode::Char('!'));
        let (what, advice) = why_nobody(screen.view());
        assert_eq!(what, "No problems: 2 users, all answered 1s ago.");
        assert_eq!(advice, "! shows everybody.");
        for key in "/zzz".chars() {
            screen.press(KeyCode::Char(key));
        }
        let (what, advice) = why_nobody(screen.view());
        assert_eq!(what, "No user with a problem matches the filter \"zzz\"; 2 users are watched.");
        assert_eq!(advice, "Esc shows all of them.");
    }

    #[test]
    fn the_selection_has_a_mark_and_a_bar_of_one_colour() {
        let now = Moment::default();
        let mut screen = Screen::new(now);
        screen.press(KeyCode::Char('j'));
        let area = Rect::new(0, 0, 60, 10);
        let buf = screen.drawn(area);
        assert_eq!(buf[(0, 3)].symbol(), ">");
        for x in 0..60 {
            assert!(buf[(x, 3)].modifier.contains(Modifier::REVERSED), "column {x}");
            assert_eq!(buf[(x, 3)].fg, Color::Reset, "column {x}");
            assert!(!buf[(x, 4)].modifier.contains(Modifier::REVERSED), "column {x}");
        }
        assert!((0..60).any(|x| buf[(x, 4)].fg == Color::Magenta), "the other row has its colours");
    }

    #[test]
    fn what_the_filter_matched_is_marked_but_not_in_stand_ins() {
        let now = Moment::default();
        let mut screen = Screen::new(now);
        for key in "/LIC".chars() {
            screen.press(KeyCode::Char(key));
        }
        screen.press(KeyCode::Enter);
        let area = Rect::new(0, 0, 60, 10);
        let marked = |screen: &Screen| -> String {
            let buf = screen.drawn(area);
            let is_marked = |cell: &&ratatui::buffer::Cell| cell.modifier.contains(Modifier::UNDERLINED);
            buf.content().iter().filter(is_marked).map(ratatui::buffer::Cell::symbol).collect()
        };
        assert_eq!(marked(&screen), "lic");
        screen.press(KeyCode::Char('P'));
        assert_eq!(marked(&screen), "");
    }
}
