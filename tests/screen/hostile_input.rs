//! Whatever comes, in whatever order and on whatever screen: nothing panics, every frame fits, and
//! the selection stays on its user.

use imtop::presence::{Entry, FetchError, Input, UserStatus, WatchList};
use imtop::tui::{Colour, Msg, Screen, Theme};
use proptest::prelude::*;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::stage::{Stage, connection, hidden, named};

#[derive(Clone, Debug)]
enum Step {
    Keys(&'static str),
    Type(char),
    Paste(String),
    Resize(u16, u16),
    Answer(u32, Vec<(usize, u8)>),
    Same(u32),
    Fail(u32),
    Wait(u64),
    Rebase(Vec<usize>),
}

const USERS: [&str; 8] =
    ["a", "王小明", "bob", "👩‍👩‍👧", "a\u{202e}x", "very-long-user-id-0123456789-0123456789", "", "z\n"];

fn entry(n: usize) -> Entry {
    let id = USERS[n % USERS.len()];
    if n.is_multiple_of(2) { Entry::of(id) } else { named(id, "标签 label", "组") }
}

fn step() -> impl Strategy<Value = Step> {
    let keys = prop::sample::select(vec![
        "j",
        "k",
        "g",
        "G",
        "l",
        "h",
        "zR",
        "zM",
        "<Enter>",
        "<Esc>",
        "?",
        "/",
        " ",
        "!",
        "<lt>",
        ">",
        "I",
        "t",
        "<Ctrl-d>",
        "<Ctrl-u>",
        "<PgDn>",
        "<PgUp>",
        "<Ctrl-w>",
        "<Backspace>",
        "<Left>",
        "<Right>",
        "+",
        "-",
        "r",
    ]);
    prop_oneof![
        8 => keys.prop_map(Step::Keys),
        1 => any::<char>().prop_map(Step::Type),
        1 => "\\PC{0,12}".prop_map(Step::Paste),
        1 => (0u16..130, 0u16..45).prop_map(|(width, height)| Step::Resize(width, height)),
        5 => (0u32..4, prop::collection::vec((0usize..8, 0u8..6), 0..6)).prop_map(|(b, it)| Step::Answer(b, it)),
        2 => (0u32..4).prop_map(Step::Same),
        2 => (0u32..4).prop_map(Step::Fail),
        2 => (0u64..9_000).prop_map(Step::Wait),
        1 => prop::collection::vec(0usize..8, 0..8).prop_map(Step::Rebase),
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

fn play(stage: &mut Stage, step: Step, generation: &mut u32) {
    match step {
        Step::Keys(keys) => stage.keys(keys),
        Step::Type(c) => stage.keys(&c.to_string()),
        Step::Paste(text) => stage.send(Msg::Paste(text)),
        Step::Resize(width, height) => stage.send(Msg::Resize(width, height)),
        Step::Answer(batch, statuses) => {
            let list = stage.live().list().clone();
            let watched = statuses.into_iter().filter_map(|(n, kind)| {
                list.find(USERS[n]).filter(|user| list.batch_of(*user) == batch)?;
                Some((USERS[n], status(USERS[n], kind)))
            });
            let watched = watched.collect();
            stage.answer(batch, watched);
        }
        Step::Same(batch) => stage.same(batch),
        Step::Fail(batch) => stage.fail(batch, 1, FetchError::Timeout { after_ms: 4_000 }),
        Step::Wait(ms) => stage.wait(ms),
        Step::Rebase(users) => {
            *generation += 1;
            let list = WatchList::new(*generation, 3, users.into_iter().map(entry));
            stage.input(Input::Rebased(list.into()));
        }
    }
}

/// The ID of the selected user; none while several are selected in one line.
fn selected(stage: &Stage) -> Option<String> {
    let user = stage.model.cursor.as_ref()?.one()?;
    Some(stage.view().picture().roster.list().raw_id(user).to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn nothing_panics_and_the_selection_stays(
        size in (0u16..130, 0u16..45),
        users in prop::collection::vec(0usize..8, 0..8),
        steps in prop::collection::vec(step(), 0..40),
        ascii: bool,
    ) {
        let mut stage = Stage::new(size, 3, users.into_iter().map(entry).collect());
        stage.theme = Theme::new(Colour::True, ascii);
        let mut generation = 1;
        for step in steps {
            let before = selected(&stage);
            let moves = matches!(step, Step::Keys(_) | Step::Type(_));
            play(&mut stage, step, &mut generation);
            let after = selected(&stage);
            if !moves && before.is_some() && before != after {
                let user = before.as_deref().unwrap_or_default();
                prop_assert!(stage.live().list().find(user).is_none(), "the selection left {user:?}");
            }
            let (width, height) = stage.model.size;
            let screen = stage.screen();
            for line in screen.lines().take(usize::from(height)) {
                prop_assert!(UnicodeWidthStr::width(line) <= usize::from(width), "sticks out: {line:?}");
            }
            let listed = *stage.model.screen() == Screen::Users;
            let layout = stage.view().layout(Rect { x: 0, y: 0, width, height }).filter(|_| listed);
            if let (Some(layout), Some(line)) = (layout, stage.view().selected_line()) {
                prop_assert!(stage.view().window(layout.body.height).contains(&line), "out of sight");
            }
        }
    }
}

#[test]
fn a_server_name_without_end_leaves_the_state_in_sight() {
    for size in [(20, 5), (40, 10), (80, 24), (300, 60)] {
        let mut stage = Stage::at(&"x".repeat(65_535), &[], size);
        stage.answer(0, vec![("alice", UserStatus::Offline)]);
        assert!(stage.screen().contains("live 2s"), "{}", stage.screen());
    }
}

#[test]
fn what_is_not_safe_is_said_at_every_height() {
    let banners = ["plain http: everyone on the way can read tokens", "--insecure: not checked"];
    for height in 5..40 {
        for (banner, mark) in banners.iter().zip(["http", "insecure"]) {
            let mut stage = Stage::at("http://im", &[banner], (if height < 10 { 20 } else { 80 }, height));
            stage.fail(0, 1, FetchError::Timeout { after_ms: 4_000 });
            let screen = stage.screen();
            assert!(screen.contains(&format!("! {mark}")) || screen.contains(banner), "{screen}");
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a screen that freezes is one that takes long")]
fn a_user_with_ever_so_many_connections_is_drawn_at_once() {
    let mut stage = Stage::new((120, 36), 500, vec![Entry::of("alice")]);
    let many = |n: i32| connection(n, &format!("c{n}"), Some(("alice", n, 500)));
    stage.answer(0, vec![("alice", UserStatus::Online((0..20_000).map(many).collect()))]);
    let start = std::time::Instant::now();
    stage.keys("jl");
    stage.screen();
    stage.keys("<Enter>");
    stage.screen();
    stage.keys("G");
    stage.screen();
    assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
}
