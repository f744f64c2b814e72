//! Stand-ins for users: with them on, no real name is anywhere on the screen, whatever is open.

use imtop::presence::{Entry, FetchError, Input, UserStatus, WatchList};

use crate::stage::{Stage, connection, hidden, named};

/// What all names of these users have in common, and nothing else on the screen.
const MARK: &str = "zq";

/// Views, and what is done in them, as keys; the first one leads from the list of users.
const WALKS: [&str; 14] = [
    "",
    "jl",
    "zR",
    "jjj<Enter>",
    "<Enter>G",
    "2",
    "2jjj",
    "2G<Enter>",
    "je",
    "jjjjje",
    "<Tab>jj",
    "3",
    "4",
    "?",
];

const SIZES: [(u16, u16); 6] = [(20, 5), (40, 10), (60, 15), (80, 24), (120, 40), (300, 60)];

/// Users with names of their own, to whom everything happens that has words.
fn scene(size: (u16, u16)) -> Stage {
    let entries = vec![
        named("zqalice", "zq Alice in Accounting", "zqsales"),
        named("zqbob", "zq北京南站", "zqkiosks"),
        named("zqcarol", "zqC", "zqsales"),
        Entry::of("zqdave"),
        named("zqerin", "zqE", "zqkiosks"),
        named("zqfrank", "zqF", "zqkiosks"),
    ];
    let mut stage = Stage::new(size, 2, entries);
    let foreign = |id: &str| connection(2, id, Some(("zqmallory", 5, 3_600)));
    stage
        .answer(0, vec![("zqalice", UserStatus::Online(vec![foreign("a")])), ("zqbob", UserStatus::Offline)]);
    let shared = connection(5, "c", Some(("zqcarol", 3, -3_600)));
    stage.answer(1, vec![("zqcarol", UserStatus::Online(vec![shared])), ("zqdave", UserStatus::Missing)]);
    stage.answer(2, vec![("zqerin", UserStatus::Offline), ("zqfrank", UserStatus::Offline)]);
    stage.wait(2_000);
    let moved = hidden(foreign("a"));
    stage.answer(0, vec![("zqalice", UserStatus::Online(vec![moved, foreign("b")]))]);
    for (id, socket) in [("zqerin", "e"), ("zqfrank", "f")] {
        stage.answer(2, vec![(id, UserStatus::Online(vec![connection(1, socket, None)]))]);
    }
    stage.fail(1, 1, FetchError::Timeout { after_ms: 1_000 });
    for attempt in 2..6 {
        stage.wait(2_000);
        stage.same(0);
        stage.fail(1, attempt, FetchError::Timeout { after_ms: 1_000 });
        stage.same(2);
    }
    stage
}

#[track_caller]
fn is_masked(stage: &Stage, what: &str) {
    let screen = stage.screen();
    assert!(!screen.to_lowercase().contains(MARK), "{what}:\n{screen}");
}

#[test]
fn no_name_is_on_any_screen() {
    for size in SIZES {
        for walk in WALKS {
            let mut stage = scene(size);
            stage.keys(walk);
            let named = stage.screen().to_lowercase().contains(MARK);
            assert!(named || matches!(walk, "3" | "4" | "?") || size.1 < 15, "{size:?} {walk}: no test");
            stage.keys("P");
            is_masked(&stage, walk);
            stage.keys("t");
            stage.wait(5_000);
            is_masked(&stage, walk);
            stage.keys(" ");
            is_masked(&stage, walk);
        }
    }
}

#[test]
fn passing_words_name_nobody() {
    let mut stage = scene((120, 40));
    stage.keys("PjjjG<Enter>");
    stage.input(Input::Rebased(WatchList::new(2, 2, ["zqalice"].map(Entry::of)).into()));
    assert!(stage.screen().contains("is not watched any more"), "{}", stage.screen());
    is_masked(&stage, "a user whose detail is open leaves the list");
    stage.input(Input::Notice("zqalice was named twice, watched once".into()));
    is_masked(&stage, "a notice");
    stage.keys("2j");
    for _ in 0..5 {
        stage.keys("j<Enter>");
        is_masked(&stage, "the detail from an event");
        stage.keys("<Esc>");
        stage.keys("e");
        is_masked(&stage, "the events of one user");
        stage.keys("2");
    }
}

#[test]
fn a_user_has_the_same_stand_in_everywhere() {
    let mut stage = scene((160, 45));
    stage.keys("P");
    let alice = stage.model.names.user("zqalice").into_owned();
    let label = stage.model.names.label("zq Alice in Accounting").into_owned();
    let screen = stage.screen();
    assert!(screen.contains(" masked "), "the header says so: {screen}");
    let in_table = screen.lines().filter(|line| line.contains(&alice) && line.contains(&label)).count();
    assert_eq!(in_table, 1, "{screen}");
    for walk in ["<Enter>", "<Esc>2/android<Enter>", "<Esc>g"] {
        stage.keys(walk);
        let screen = stage.screen();
        assert!(screen.contains(&alice) && screen.contains(&label), "{walk}: {screen}");
    }
    stage.keys("<Esc>P");
    assert!(stage.screen().contains("zqalice") && !stage.screen().contains(" masked "));
}

#[test]
fn a_filter_finds_events_by_what_is_shown() {
    let mut stage = scene((120, 40));
    stage.keys("2/zqerin<Enter>");
    assert!(stage.screen().contains(" 1 of "), "{}", stage.screen());
    stage.keys("P");
    let screen = stage.screen();
    assert!(screen.contains("what was typed is not"), "{screen}");
    assert!(screen.contains(" 0 of "), "a name would tell whose stand-in is whose: {screen}");
}

#[test]
fn columns_are_as_wide_as_the_stand_ins() {
    let scene = |id: &str| {
        let mut stage = Stage::new((120, 24), 2, vec![Entry::of(id)]);
        stage.keys("P");
        stage.screen().lines().find(|line| line.contains("USER")).map(str::to_owned)
    };
    assert_eq!(scene("a"), scene("a-very-long-name-that-tells-of-itself"));
}

#[test]
fn stand_ins_go_along_to_another_server_and_are_never_dropped_on_the_way() {
    let there = |id: &str, mask: bool| {
        Stage::tuned((120, 24), 2, vec![Entry::of(id)], |setting| {
            setting.start.mask = mask;
        })
    };
    let head = |stage: &Stage| stage.screen().lines().find(|line| line.contains("USER")).map(str::to_owned);
    let long = "zq-a-very-long-name-that-tells-of-itself";
    for (here, wished) in [(true, false), (false, true), (true, true)] {
        let mut stage = there(long, wished);
        stage.input(Input::Notice(format!("{long} was named twice, watched once")));
        stage.model.carry_on(&there("zqalice", here).model, stage.fed.shown());
        is_masked(&stage, "another server");
        assert_eq!(head(&stage), head(&there("a", true)), "as wide as stand-ins are: {here} {wished}");
    }
    let mut stage = there(long, false);
    stage.model.carry_on(&there("zqalice", false).model, stage.fed.shown());
    assert!(stage.screen().contains("zq-a-very"), "{}", stage.screen());
}
