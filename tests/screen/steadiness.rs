//! Whatever comes, in whatever order: the selection stays on its user, a held picture stands, every
//! frame keeps to its area, and `Esc` leads back to the users.

use std::cell::Cell;
use std::sync::Arc;

use imtop::engine::Command;
use imtop::listing::ColumnName;
use imtop::presence::{Entry, FetchError, Input, UserStatus, WatchList};
use imtop::tui::{ACTIONS, Action, ActionRow, Effect, Model, Msg, Screen, update, view};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use ratatui::buffer::{self, Buffer};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr as _;

use crate::stage::{NOON, Stage, connection, hidden, named};

/// Something that comes.
#[derive(Clone, Debug)]
enum Step {
    /// The keys of an action; without a prompt, or in one, they may be those of another.
    Act(&'static str),
    /// A key that may be none.
    Key(char),
    /// A filter, taken or left open.
    Filter(&'static str, bool),
    /// A command, taken or left open.
    Command(&'static str, bool),
    Paste(String),
    Click(u16, u16),
    Wheel(bool),
    Resize(u16, u16),
    Answer(u32, Vec<(usize, u8)>),
    Same(u32),
    Fail(u32),
    Wait(u64),
    /// The wall clock is set.
    Set(i64),
    Rebase(Vec<usize>),
    /// Labels that were read later; `true`: for the list before.
    Relabel(u8, bool),
    Told,
    Resumed,
}

const USERS: [&str; 9] =
    ["a", "王小明", "bob", "👩‍👩‍👧", "a\u{202e}x", "very-long-user-id-0123456789-0123456789", "", "z\n", "carol"];

const FILTERS: [&str; 14] = [
    "a",
    "state=online",
    "state=",
    "state=onlin",
    "exp<24h",
    "(a or",
    "not",
    "~[",
    "group=组 or label=标签",
    "王",
    "!bob",
    "finding=token-expired",
    "nobody-at-all",
    "",
];

const COMMANDS: [&str; 30] = [
    "goto bob",
    "goto nobody",
    "goto",
    "filter state=online",
    "filter state=",
    "filter",
    "sort presence inverted",
    "sort since",
    "sort nope",
    "cols +token -label",
    "cols default",
    "cols ",
    "add newcomer,carol",
    "add a",
    "rm",
    "rm bob",
    "rm nobody",
    "export csv",
    "export nope",
    "interval 1s",
    "interval 0",
    "ctx other",
    "theme light",
    "theme nope",
    "help filter",
    "quit",
    "mask",
    "problems-only",
    "zzz",
    "  ",
];

fn entry(n: usize) -> Entry {
    let id = USERS[n % USERS.len()];
    if n.is_multiple_of(2) { Entry::of(id) } else { named(id, "标签 label", "组") }
}

fn size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![
        6 => (1u16..110, 1u16..40),
        2 => (18u16..24, 4u16..8),
        1 => (1u16..=300, 1u16..=100),
        1 => Just((1, 1)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => prop::sample::select(keys()).prop_map(Step::Act),
        2 => any::<char>().prop_map(Step::Key),
        2 => prop::sample::select(FILTERS.to_vec()).prop_flat_map(|it| any::<bool>().prop_map(move |take| Step::Filter(it, take))),
        3 => prop::sample::select(COMMANDS.to_vec()).prop_flat_map(|it| any::<bool>().prop_map(move |take| Step::Command(it, take))),
        1 => "\\PC{0,12}".prop_map(Step::Paste),
        2 => (0u16..120, 0u16..45).prop_map(|(x, y)| Step::Click(x, y)),
        1 => any::<bool>().prop_map(Step::Wheel),
        2 => size().prop_map(|(width, height)| Step::Resize(width, height)),
        8 => (0u32..4, prop::collection::vec((0usize..9, 0u8..6), 0..6)).prop_map(|(b, it)| Step::Answer(b, it)),
        2 => (0u32..4).prop_map(Step::Same),
        2 => (0u32..4).prop_map(Step::Fail),
        4 => (0u64..9_000).prop_map(Step::Wait),
        1 => (-90_000i64..90_000).prop_map(Step::Set),
        2 => prop::collection::vec(0usize..9, 0..9).prop_map(Step::Rebase),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(n, old)| Step::Relabel(n, old)),
        1 => Just(Step::Told),
        1 => Just(Step::Resumed),
    ]
}

fn status(user: &str, kind: u8) -> UserStatus {
    match kind {
        0 => UserStatus::Offline,
        1 => UserStatus::Online(vec![]),
        2 => UserStatus::Online(vec![connection(2, "c1", Some((user, 2, 500))), connection(-9, "c2", None)]),
        3 => {
            UserStatus::Online(vec![hidden(connection(1, "", Some(("other\u{7}", 3, i64::from(u32::MAX)))))])
        }
        4 => UserStatus::Missing,
        _ => UserStatus::Unclear,
    }
}

/// A key of the table of actions, as a terminal reports it.
fn event(key: &str) -> KeyEvent {
    if let Some(key) = key.strip_prefix("Ctrl-") {
        return KeyEvent::new(event(key).code, KeyModifiers::CONTROL);
    }
    KeyEvent::from(match key {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Space" => KeyCode::Char(' '),
        "Backspace" => KeyCode::Backspace,
        "Delete" => KeyCode::Delete,
        "Tab" => KeyCode::Tab,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        "F12" => KeyCode::F(12),
        _ => {
            let mut chars = key.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => KeyCode::Char(c),
                _ => panic!("a key without a name here: {key}"),
            }
        }
    })
}

/// The keys of every action.
fn keys() -> Vec<&'static str> {
    ACTIONS.iter().flat_map(|row| row.keys).copied().collect()
}

/// Whether the key is there, in one place or another, to select somebody else, or nobody.
fn moves_the_selection(key: &str) -> bool {
    let moves = |row: &ActionRow| {
        matches!(
            row.action,
            Action::Down
                | Action::Up
                | Action::HalfPageDown
                | Action::HalfPageUp
                | Action::PageDown
                | Action::PageUp
                | Action::Top
                | Action::Bottom
                | Action::NextProblem
                | Action::PreviousProblem
                | Action::Back
                | Action::Cancel
                | Action::Accept
        )
    };
    ACTIONS.iter().any(|row| row.keys.contains(&key) && moves(row))
}

impl Step {
    /// Whether it may select somebody else.
    fn moves_the_selection(&self) -> bool {
        match self {
            Step::Act(keys) => keys.split(' ').any(moves_the_selection),
            // A lone key may be one that moves.
            Step::Key(_) | Step::Click(..) | Step::Wheel(_) => true,
            Step::Command(text, _) => text.starts_with("goto"),
            _ => false,
        }
    }

    /// Whether somebody at the keys, or the terminal, did it.
    fn is_by_hand(&self) -> bool {
        !matches!(
            self,
            Step::Answer(..)
                | Step::Same(_)
                | Step::Fail(_)
                | Step::Wait(_)
                | Step::Set(_)
                | Step::Rebase(_)
                | Step::Relabel(..)
        )
    }
}

/// A stage on which everything that an effect asks for of the watch list is done.
struct Play {
    stage: Stage,
    generation: u32,
    before: Arc<WatchList>,
}

impl Play {
    fn send(&mut self, msg: Msg) {
        self.stage.send(msg);
        for effect in std::mem::take(&mut self.stage.effects) {
            if let Effect::Command(Command::Watch { add, remove }) = effect {
                let list = Arc::clone(self.stage.live().list());
                let kept = list.entries().filter(|entry| !remove.contains(&entry.id));
                let added = add.iter().map(|id| Entry::of(id));
                let entries: Vec<Entry> = kept.chain(added).collect();
                self.rebase(entries);
            }
        }
    }

    fn rebase(&mut self, entries: Vec<Entry>) {
        self.before = Arc::clone(self.stage.live().list());
        self.generation += 1;
        self.stage.input(Input::Rebased(WatchList::new(self.generation, 3, entries).into()));
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Act(keys) => keys.split(' ').for_each(|key| self.send(Msg::Key(event(key)))),
            Step::Key(c) => self.send(Msg::Key(KeyEvent::from(KeyCode::Char(*c)))),
            Step::Filter(text, take) | Step::Command(text, take) => {
                self.stage.keys(if matches!(step, Step::Filter(..)) { "/" } else { ":" });
                if self.stage.model.prompt.as_ref().is_some() {
                    self.send(Msg::Key(event("Ctrl-u")));
                    self.stage.keys(text);
                    if *take {
                        self.send(Msg::Key(event("Enter")));
                    }
                }
            }
            Step::Paste(text) => self.send(Msg::Paste(text.clone())),
            Step::Click(x, y) => self.send(Msg::Click(*x, *y)),
            Step::Wheel(down) => self.send(Msg::Wheel(*down)),
            Step::Resize(width, height) => self.send(Msg::Resize(*width, *height)),
            Step::Answer(batch, statuses) => {
                let list = Arc::clone(self.stage.live().list());
                let of_batch = statuses.iter().filter_map(|(n, kind)| {
                    list.find(USERS[*n]).filter(|user| list.batch_of(*user) == *batch)?;
                    Some((USERS[*n], status(USERS[*n], *kind)))
                });
                self.stage.answer(*batch, of_batch.collect());
            }
            Step::Same(batch) => self.stage.same(*batch),
            Step::Fail(batch) => self.stage.fail(*batch, 1, FetchError::Timeout { after_ms: 4_000 }),
            Step::Wait(ms) => self.stage.wait(*ms),
            Step::Set(by_ms) => {
                self.stage.now.unix_ms += by_ms;
                self.send(Msg::Tick);
            }
            Step::Rebase(users) => self.rebase(users.iter().map(|n| entry(*n)).collect()),
            Step::Relabel(n, of_the_one_before) => {
                let list = if *of_the_one_before { &self.before } else { self.stage.live().list() };
                let relabelled =
                    list.entries().map(|entry| Entry { label: Some(format!("名 {n}")), ..entry });
                let relabelled = WatchList::new(list.generation(), 3, relabelled);
                self.stage.input(Input::Relabelled(relabelled.into()));
            }
            Step::Told => self.stage.input(Input::Notice("bob was named twice, watched once".into())),
            Step::Resumed => self.send(Msg::Resumed),
        }
    }
}

/// The ID of the selected user.
fn selected(stage: &Stage) -> Option<String> {
    let user = stage.model.cursor.as_ref()?.user;
    Some(stage.view().picture().roster.list().raw_id(user).to_owned())
}

fn area(model: &Model) -> Rect {
    let (width, height) = model.size;
    Rect { x: 0, y: 0, width, height }
}

/// A cell that nobody draws.
const UNTOUCHED: &str = "\u{2592}";

/// The frame, in a buffer that has a margin on the right and below.
fn frame(stage: &Stage) -> (Buffer, Option<Position>) {
    let area = area(&stage.model);
    let around = Rect { width: area.width + 3, height: area.height + 2, ..area };
    let mut buf = Buffer::filled(around, buffer::Cell::new(UNTOUCHED));
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            buf[(x, y)].reset();
        }
    }
    let cursor = view(stage.view(), &stage.theme, area, &mut buf);
    (buf, cursor)
}

/// What stands while the picture is held, and where; the header and what is said above the table go on.
fn standing(stage: &Stage, buf: &Buffer) -> Option<(Rect, Vec<buffer::Cell>)> {
    let layout = stage.view().layout(area(&stage.model))?;
    let parts = [layout.counts, layout.table_head, layout.body, layout.lower_rule, layout.events];
    let cells = parts.iter().flat_map(|part| part.positions()).map(|at| buf[at].clone()).collect();
    Some((layout.table_head.union(layout.body), cells))
}

fn check_fit(model: &Model, buf: &Buffer, cursor: Option<Position>) -> Result<(), TestCaseError> {
    let area = area(model);
    if let Some(cursor) = cursor {
        prop_assert!(area.contains(cursor), "cursor at {cursor:?} of {area:?}");
    }
    for at in buf.area.positions() {
        let cell = &buf[at];
        if !area.contains(at) {
            prop_assert_eq!(cell.symbol(), UNTOUCHED, "drawn at {} beside {}", at, area);
        } else if cell.symbol().len() > 1 {
            let end = at.x + cell.symbol().width() as u16;
            prop_assert!(end <= area.width, "{:?} at {at} sticks out of {area}", cell.symbol());
        }
    }
    Ok(())
}

/// `Esc`, pressed often enough, leads to the users with nothing open, and ends nothing.
fn check_way_back(stage: &Stage, steps: usize) -> Result<(), TestCaseError> {
    let mut model = stage.model.clone();
    for _ in 0..steps + 8 {
        let effects = update(&mut model, stage.fed.shown(), Msg::Key(KeyEvent::from(KeyCode::Esc)));
        prop_assert_eq!(effects, vec![], "Esc");
    }
    prop_assert_eq!(model.screen(), &Screen::Users);
    prop_assert!(model.prompt.as_ref().is_none() && model.events().is_none() && model.pending.is_empty());
    prop_assert!(model.rows.query().is_empty() && model.cursor.as_ref().is_none());
    Ok(())
}

/// How often there was something to check.
#[derive(Debug, Default)]
struct Seen {
    selected: Cell<u32>,
    held: Cell<u32>,
    cursors: Cell<u32>,
}

fn count(counter: &Cell<u32>) {
    counter.set(counter.get() + 1);
}

fn check(size: (u16, u16), users: Vec<usize>, steps: &[Step], seen: &Seen) -> Result<(), TestCaseError> {
    let stage = Stage::new(size, 3, users.into_iter().map(entry).collect());
    let before = Arc::clone(stage.live().list());
    let mut play = Play { stage, generation: 1, before };
    let mut stood = None;
    for (number, step) in steps.iter().enumerate() {
        let before = selected(&play.stage);
        let was_held = play.stage.view().hidden_changes().is_some();
        play.play(step);
        let model = &play.stage.model;
        if let Some(user) = before.filter(|_| !step.moves_the_selection()) {
            count(&seen.selected);
            let is_watched = play.stage.live().list().find(&user).is_some();
            let after = selected(&play.stage);
            prop_assert!(
                !is_watched || after.as_ref() == Some(&user),
                "the selection went from {user:?} to {after:?} at step {number}, {step:?}:\n{}",
                play.stage.screen()
            );
        }
        let (buf, cursor) = frame(&play.stage);
        cursor.inspect(|_| count(&seen.cursors));
        check_fit(model, &buf, cursor)?;
        let stands = standing(&play.stage, &buf);
        if was_held && !step.is_by_hand() {
            let place = |one: &Option<(Rect, _)>| one.as_ref().map(|(at, _)| *at);
            // Words above the table on a loss of view leave less room for it.
            if place(&stands) == place(&stood) {
                count(&seen.held);
                prop_assert!(
                    stands == stood,
                    "the held picture moved at step {number}, {step:?}:\n{}",
                    play.stage.screen()
                );
            }
        }
        stood = stands;
        let seen_now = play.stage.view();
        if *model.screen() == Screen::Users
            && let (Some(layout), Some(line)) = (seen_now.layout(area(model)), seen_now.selected_line())
        {
            prop_assert!(
                seen_now.window(layout.body.height).contains(&line),
                "out of sight at step {number}"
            );
        }
        if number % 8 == 7 {
            check_way_back(&play.stage, number)?;
        }
    }
    check_way_back(&play.stage, steps.len())
}

#[test]
fn whatever_comes_selection_and_picture_are_steady() {
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &(NOON as u128).to_le_bytes().repeat(2));
    let mut runner = TestRunner::new_with_rng(config, rng);
    let cases = (size(), prop::collection::vec(0usize..9, 0..9), prop::collection::vec(step(), 0..60));
    let seen = Seen::default();
    let run = runner.run(&cases, |(size, users, steps)| check(size, users, &steps, &seen));
    run.unwrap_or_else(|why| panic!("{why}"));
    let Seen { selected, held, cursors } = &seen;
    assert!(selected.get() > 1_000 && held.get() > 50 && cursors.get() > 500, "too little: {seen:?}");
}

#[test]
fn the_held_view_of_the_server_stands_with_all_its_figures() {
    let mut stage = Stage::new((120, 40), 3, vec![Entry::of("a")]);
    stage.keys("4 ");
    let (before, _) = frame(&stage);
    stage.answer(0, vec![("a", UserStatus::Online(vec![connection(2, "c1", Some(("a", 2, 500)))]))]);
    let (after, _) = frame(&stage);
    assert!(before != after, "that it goes on is said above: {}", stage.screen());
    assert!(standing(&stage, &before) == standing(&stage, &after), "{}", stage.screen());
}

#[test]
fn the_arrow_of_the_order_stays_on_the_screen_in_every_column_at_every_width() {
    for width in 20..=80 {
        let mut stage = Stage::new((width, 10), 3, vec![entry(1)]);
        for column in ColumnName::ALL.map(ColumnName::name) {
            stage.keys(&format!(":sort {column} inverted<Enter>"));
            let (buf, cursor) = frame(&stage);
            check_fit(&stage.model, &buf, cursor).unwrap_or_else(|why| panic!("{column}: {why}"));
        }
    }
}
