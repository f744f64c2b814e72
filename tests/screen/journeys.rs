//! Journeys through the live view: what somebody does at three in the morning, with pictures.
//!
//! The pictures are in `tests/journeys/`; `UPDATE_JOURNEYS=1 cargo test --test screen journeys` writes them.

use imtop::engine::{Command, Playing};
use imtop::presence::{Entry, FetchError, Input, Moment, UserStatus, WatchList};
use imtop::tui::{Colour, Theme};
use imtop::tui::{Effect, Msg};

use crate::stage::{Stage, connection, hidden, named};

const DAY: i64 = 86_400;

trait Pictured {
    /// Compares the screen with `tests/journeys/NAME.txt`; `UPDATE_JOURNEYS=1` writes it.
    fn picture(&self, name: &str);
}

impl Pictured for Stage {
    #[track_caller]
    fn picture(&self, name: &str) {
        let path = format!("{}/tests/journeys/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let screen = self.screen();
        if std::env::var_os("UPDATE_JOURNEYS").is_some() {
            assert!(std::fs::write(&path, screen).is_ok(), "{path} can't be written");
            return;
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(screen, expected, "\n{name}: is\n{screen}\nexpected\n{expected}");
    }
}

/// Nine users in three batches; of everything something.
fn night(size: (u16, u16)) -> Stage {
    let entries = vec![
        named("2890713225", "王小明", "sales"),
        named("agent_007", "Night desk", "support"),
        named("alice", "Alice in Accounting", "sales"),
        named("bot_billing", "Billing bot", "bots"),
        named("kiosk_14", "Lobby", "kiosks"),
        named("kiosk_15", "北京南站二层候车厅东侧自助服务终端", "kiosks"),
        named("ops_1", "Ops phone", "support"),
        named("ops_2", "Ops tablet 😀", "support"),
        Entry::of("u_119"),
    ];
    let mut stage = Stage::new(size, 3, entries);
    stage.wait(500);
    stage.answer(
        0,
        vec![
            (
                "2890713225",
                UserStatus::Online(vec![
                    connection(2, "bbb7c4da159b1ec6beb81c9e4129b075", Some(("2890713225", 3, -700 * DAY))),
                    connection(3, "f18b67b5f57f01604b9f7c338238f43d", Some(("2890713225", 2, -702 * DAY))),
                ]),
            ),
            ("agent_007", UserStatus::Offline),
            (
                "alice",
                UserStatus::Online(vec![hidden(connection(1, "a1", Some(("alice", 1, 22 * DAY + 60))))]),
            ),
        ],
    );
    stage.answer(
        1,
        vec![
            (
                "bot_billing",
                UserStatus::Online(vec![connection(12, "b0b0", Some(("bot_billing", 12, 4 * 3_600 + 60)))]),
            ),
            ("kiosk_14", UserStatus::Online(vec![connection(5, "cafe01", Some(("kiosk_99", 5, 90 * DAY)))])),
            ("kiosk_15", UserStatus::Online(vec![connection(5, "cafe02", None)])),
        ],
    );
    stage.answer(
        2,
        vec![
            (
                "ops_1",
                UserStatus::Online(vec![
                    connection(2, "d00d", Some(("ops_1", 2, 30 * DAY))),
                    connection(2, "d00e", Some(("ops_1", 2, 40 * DAY))),
                ]),
            ),
            ("ops_2", UserStatus::Offline),
            ("u_119", UserStatus::Online(vec![])),
        ],
    );
    stage
}

/// A round later somebody is gone, and the second batch fails.
fn incident(size: (u16, u16)) -> Stage {
    let mut stage = night(size);
    stage.wait(2_000);
    stage.answer(0, vec![("alice", UserStatus::Offline)]);
    stage.fail(1, 1, FetchError::Timeout { after_ms: 4_000 });
    stage.answer(
        2,
        vec![("ops_1", UserStatus::Online(vec![connection(2, "d00d", Some(("ops_1", 2, 30 * DAY)))]))],
    );
    stage
}

/// The second batch has failed for so long that nothing is known of its users.
fn blind(size: (u16, u16)) -> Stage {
    let mut stage = incident(size);
    for attempt in 2..6 {
        stage.wait(2_000);
        stage.same(0);
        stage.fail(1, attempt, FetchError::Timeout { after_ms: 4_000 });
        stage.same(2);
    }
    stage
}

#[test]
fn before_the_first_answer_it_says_that_it_waits() {
    let stage = Stage::new((80, 24), 500, vec![Entry::of("alice"), Entry::of("bob")]);
    stage.picture("first-frame");
    let deadline = stage.view().next_deadline(stage.now);
    assert_eq!(deadline, Some(stage.now.mono_ms + 60_000), "nothing moves until that is too long");
    assert!(!stage.view().round_is_complete());
}

#[test]
fn a_night_at_the_usual_size() {
    let mut stage = night((80, 24));
    assert!(stage.view().round_is_complete());
    stage.picture("night-80x24");
    stage.keys("jl");
    stage.picture("night-80x24-expanded");
    stage.keys("ljjG");
    stage.keys("lj<Enter>");
    stage.picture("night-80x24-detail");
}

#[test]
fn a_night_on_a_wide_screen() {
    let mut stage = incident((120, 40));
    stage.keys("zR");
    stage.wait(4_500);
    stage.picture("incident-120x40-all-expanded");
    stage.keys("t");
    stage.wait(4_500);
    stage.picture("incident-120x40-dates");
}

#[test]
fn a_batch_that_fails_ages_and_then_is_unknown_but_never_offline() {
    let stage = incident((80, 24));
    stage.picture("incident-80x24-stale");
    let mut stage = blind((80, 24));
    stage.picture("incident-80x24-unknown");
    stage.keys("!");
    stage.wait(4_100);
    stage.picture("incident-80x24-problems");
    stage.keys("jj<Enter>");
    stage.picture("incident-80x24-detail-unknown");
}

#[test]
fn smaller_screens_shed_columns_and_regions() {
    for (width, height) in [(60, 15), (40, 10), (20, 5)] {
        blind((width, height)).picture(&format!("incident-{width}x{height}"));
        let mut stage = night((width, height));
        stage.keys("jl");
        stage.picture(&format!("night-{width}x{height}"));
    }
    blind((19, 5)).picture("too-small");
}

#[test]
fn ascii_and_no_colour_lose_nothing() {
    let mut stage = blind((80, 24));
    stage.theme = Theme::new(Colour::None, true);
    stage.keys("jl");
    stage.picture("incident-80x24-ascii");
}

#[test]
fn typing_a_filter_finds_people_and_keeps_the_selection() {
    let mut stage = night((80, 24));
    stage.keys("jjj/ops");
    stage.picture("filter-typing");
    stage.keys("<Enter>j");
    stage.picture("filter-kept");
    stage.keys("/<Ctrl-u>nobody");
    stage.picture("filter-nothing-but-the-selected");
    stage.keys("<Esc>");
    assert_eq!(stage.model.rows().filter(), "ops", "Esc brings the filter back");
    stage.keys("<Esc><Esc>/zzz<Enter>");
    stage.picture("filter-nothing");
}

#[test]
fn a_paused_picture_stands_and_counts_what_it_hides() {
    let mut stage = night((80, 24));
    stage.keys("jl ");
    let standing = stage.screen();
    stage.wait(2_000);
    stage.answer(0, vec![("2890713225", UserStatus::Offline)]);
    stage.picture("paused");
    let body = |screen: &str| screen.lines().skip(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&stage.screen())[..17], body(&standing)[..17]);
    stage.keys(" ");
    stage.picture("paused-and-on");
}

#[test]
fn the_help_is_whole_and_scrolls() {
    let mut stage = night((80, 24));
    stage.keys("?");
    stage.picture("help");
    stage.keys("G");
    stage.picture("help-end");
    stage.keys("q");
    assert!(stage.effects.is_empty());
    stage.keys("q");
    assert_eq!(stage.effects, [Effect::Quit]);
}

#[test]
fn the_server_is_gone() {
    let mut stage = night((80, 24));
    for attempt in 1..=4 {
        stage.wait(2_000);
        for batch in 0..3 {
            stage.fail(batch, attempt, FetchError::Unreachable { what: "connection refused".into() });
        }
    }
    stage.picture("server-gone");
}

#[test]
fn nobody_is_watched() {
    Stage::new((80, 24), 500, vec![]).picture("nobody");
}

#[test]
fn a_new_list_keeps_the_selection_on_its_user() {
    let mut stage = night((80, 24));
    stage.keys("jjjjjl");
    let entries = vec![named("kiosk_14", "Lobby", "kiosks"), Entry::of("new"), Entry::of("alice")];
    stage.input(Input::Rebased(WatchList::new(2, 3, entries).into()));
    stage.picture("rebased");
}

#[test]
fn hints_for_keys_that_are_none() {
    let mut stage = night((60, 15));
    stage.keys("z");
    stage.picture("pending-key");
    stage.keys("<Esc>王");
    stage.picture("input-method");
}

/// After the blind batch answers again, with a few changes more.
fn aftermath(size: (u16, u16)) -> Stage {
    let mut stage = blind(size);
    stage.wait(2_000);
    stage.answer(1, vec![("kiosk_14", UserStatus::Offline), ("kiosk_15", UserStatus::Offline)]);
    stage.wait(1_000);
    let phone = |id: &str| UserStatus::Online(vec![connection(2, id, Some(("ops_1", 2, 30 * DAY)))]);
    stage.answer(2, vec![("ops_1", phone("d010")), ("ops_2", phone("d011"))]);
    stage
}

#[test]
fn what_happened_newest_first() {
    let mut stage = aftermath((80, 24));
    stage.keys("2jj");
    stage.picture("events-80x24");
    stage.keys("t/off");
    stage.picture("events-80x24-filter-typing");
    stage.keys("<Enter>k<Enter>");
    stage.picture("events-80x24-detail");
    let mut stage = aftermath((140, 24));
    stage.keys("2j");
    stage.picture("events-140x24");
    stage.keys("e");
    stage.picture("events-140x24-of-one-user");
    stage.keys("/nothing<Enter>");
    stage.picture("events-140x24-none");
}

#[test]
fn what_happened_on_small_screens_and_without_colour() {
    for (width, height) in [(60, 15), (40, 10), (20, 5)] {
        let mut stage = aftermath((width, height));
        stage.theme = Theme::new(Colour::None, true);
        stage.keys("2j");
        stage.picture(&format!("events-{width}x{height}-ascii"));
    }
}

#[test]
fn the_events_at_the_foot_take_half_of_the_body() {
    let mut stage = aftermath((80, 24));
    stage.keys("jjj<Tab>jj");
    stage.picture("pane-80x24");
}

#[test]
fn stand_ins_for_a_screen_that_others_see() {
    let mut stage = aftermath((100, 30));
    stage.keys("PzRj");
    stage.picture("masked-100x30");
}

#[test]
fn before_anything_happens_the_events_say_so() {
    let mut stage = night((60, 15));
    stage.keys("2");
    stage.picture("events-60x15-none");
}

#[test]
fn commands_are_found_by_typing_a_part_of_them() {
    let mut stage = night((80, 24));
    stage.keys("jj:");
    stage.picture("palette");
    stage.keys("so");
    stage.picture("palette-narrowed");
    stage.keys("rt <Tab><Tab>");
    stage.picture("palette-completed");
    stage.keys("x<Enter>");
    stage.picture("palette-mistake");
    stage.keys("<Ctrl-u>sort token<Enter>");
    stage.picture("palette-done");
    for (width, height) in [(60, 15), (20, 5)] {
        let mut stage = night((width, height));
        stage.keys(":exp");
        stage.picture(&format!("palette-{width}x{height}"));
    }
}

#[test]
fn the_help_is_searched_and_esc_ends_the_search_before_the_help() {
    let mut stage = night((80, 24));
    stage.keys("?/offline");
    stage.picture("help-search");
    stage.keys("<Enter><Esc>");
    assert!(matches!(stage.model.screen(), imtop::tui::Screen::Help { search, .. } if search.is_empty()));
    stage.keys("/zzz<Enter>");
    stage.picture("help-search-nothing");
    stage.keys("<Esc><Esc>");
    assert_eq!(*stage.model.screen(), imtop::tui::Screen::Users);
}

#[test]
fn the_first_keys_are_told_until_one_is_pressed() {
    for (width, height) in [(80, 24), (20, 5)] {
        let greet = |setting: &mut crate::stage::Setting| setting.start.greet = true;
        let mut stage = Stage::tuned((width, height), 500, vec![Entry::of("alice")], greet);
        stage.picture(&format!("greeting-{width}x{height}"));
        stage.wait(600_000);
        assert!(stage.model.greets());
        stage.keys("j");
        assert!(!stage.model.greets());
    }
}

#[test]
fn a_filter_before_the_first_answer_says_that_nobody_has_answered() {
    let mut stage = Stage::new((80, 24), 500, vec![Entry::of("alice"), Entry::of("bob")]);
    stage.keys("/zzz<Enter>");
    stage.picture("filter-before-the-first-answer");
}

#[test]
fn a_wide_screen_has_the_columns_of_the_past_and_what_is_wrong() {
    let mut stage = aftermath((160, 24));
    stage.keys("jmjjjm<Ctrl-d>");
    stage.picture("users-160x24");
    stage.keys("w");
    stage.picture("users-160x24-wide");
    stage.keys("aG!M");
    stage.picture("users-160x24-problems-marked");
    let mut stage = aftermath((100, 24));
    stage.keys("w");
    stage.picture("users-100x24-wide");
    stage.theme = Theme::new(Colour::None, true);
    stage.keys(":cols user last30 findings<Enter>");
    stage.wait(4_100);
    stage.same(0);
    stage.same(1);
    stage.same(2);
    stage.picture("users-100x24-chosen-ascii");
}

#[test]
fn a_filter_is_helped_along_and_corrected_in_its_place() {
    let mut stage = night((80, 24));
    stage.keys("/");
    stage.picture("filter-begun");
    stage.keys("state=on");
    stage.picture("filter-completion");
    stage.keys("<Tab> and 王 pltform=web");
    stage.picture("filter-mistake");
    for (width, height) in [(40, 10), (20, 5)] {
        stage.send(Msg::Resize(width, height));
        stage.picture(&format!("filter-mistake-{width}x{height}"));
    }
    stage.send(Msg::Resize(80, 24));
    stage.keys("<Esc>/exp<lt>30d and not state=stale or finding=token-foreign-user or ops<Enter>");
    stage.picture("filter-long");
}

#[test]
fn columns_are_chosen_from_a_list() {
    let mut stage = night((100, 24));
    stage.keys(":cols<Enter><Down><Down><Tab>");
    stage.picture("chooser");
    stage.keys("con<Tab><Enter>");
    stage.wait(4_100);
    stage.picture("chooser-done");
}

#[test]
fn production_is_in_sight() {
    for (width, height) in [(80, 24), (40, 10), (20, 5)] {
        let tune = |setting: &mut crate::stage::Setting| {
            setting.about.production = true;
            setting.about.context = Some("im-eu".into());
        };
        let mut stage = Stage::tuned((width, height), 500, vec![Entry::of("alice")], tune);
        stage.fail(0, 1, FetchError::Timeout { after_ms: 4_000 });
        stage.picture(&format!("production-{width}x{height}"));
    }
}

/// Twelve seconds after the incident, and back at what was known when it began.
fn past(size: (u16, u16)) -> Stage {
    let mut stage = night(size);
    stage.wait(2_000);
    stage.answer(0, vec![("alice", UserStatus::Offline)]);
    stage.fail(1, 1, FetchError::Timeout { after_ms: 4_000 });
    stage.same(2);
    let then = stage.now.mono_ms;
    for attempt in 2..8 {
        stage.wait(2_000);
        stage.same(0);
        stage.fail(1, attempt, FetchError::Timeout { after_ms: 4_000 });
        stage.same(2);
    }
    stage.command(&Command::GoTo(then));
    stage
}

/// The same, now, as a recording of which a minute was played; it goes on for five.
fn replay(size: (u16, u16), runs: bool, read: u8) -> Stage {
    let mut stage = past(size);
    stage.keys(".");
    let ago = |ms: u64| Moment { mono_ms: stage.now.mono_ms - ms, unix_ms: stage.now.unix_ms - ms as i64 };
    let (begin, end) = (ago(60_000), stage.now.plus(300_000));
    let playing = Playing { begin, end, speed: 2.0, runs, read, bound_for: None };
    stage.play(playing);
    stage
}

#[test]
fn a_moment_of_the_past_has_its_place_in_time() {
    for (size, name) in [((80, 24), "past-80x24"), ((40, 10), "past-40x10"), ((20, 5), "past-20x5")] {
        past(size).picture(name);
    }
    let mut stage = past((80, 24));
    stage.theme = Theme::new(Colour::None, true);
    stage.picture("past-80x24-ascii");
    stage.keys(".");
    assert!(!stage.view().is_in_past() && stage.view().strip().is_none());
}

#[test]
fn a_recording_that_is_played_says_where_it_is_and_how_far_it_was_read() {
    replay((80, 24), true, 100).picture("replay-80x24");
    replay((80, 24), false, 40).picture("replay-80x24-reading");
    replay((40, 10), true, 40).picture("replay-40x10");
    replay((20, 5), false, 100).picture("replay-20x5");
    let mut stage = replay((80, 24), false, 100);
    stage.theme = Theme::new(Colour::None, true);
    stage.picture("replay-80x24-ascii");
}
