//! What the model asks of the world, and what keys do to it: `update` and its effects.

use imtop::engine::Command;
use imtop::listing::{ColumnName, Sort, SortColumn};
use imtop::presence::{Entry, FetchError, Input, Moment, UserIx, UserStatus, WatchList};
use imtop::tui::{
    ACTIONS, Action, Colour, Effect, ExportFormat, Keymap, Line, Msg, Prompt, Screen, Theme, TimeStyle,
};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::stage::{NOON, Stage, connection, hidden, named};

/// Thirty users in three batches; every third has two connections.
fn crowd() -> Stage {
    let mut stage = Stage::new((80, 24), 10, (0..30).map(|n| Entry::of(&format!("u{n:02}"))).collect());
    for batch in 0..3 {
        let ids: Vec<String> = (batch * 10..batch * 10 + 10).map(|n| format!("u{n:02}")).collect();
        let statuses = ids.iter().enumerate().map(|(at, id)| {
            let connections =
                vec![connection(2, &format!("{id}a"), None), connection(5, &format!("{id}b"), None)];
            (id.as_str(), if at % 3 == 0 { UserStatus::Online(connections) } else { UserStatus::Offline })
        });
        stage.answer(batch, statuses.collect());
    }
    stage.theme = Theme::new(Colour::None, true);
    stage
}

fn selected(stage: &Stage) -> String {
    stage.model.cursor.as_ref().map_or(String::new(), |cursor| {
        let id = stage.view().picture().roster.list().id(cursor.user);
        let connection = cursor.connection.as_ref().map_or(String::new(), |id| format!("/{id}"));
        format!("{id}{connection}")
    })
}

#[test]
fn keys_ask_the_world() {
    let mut stage = crowd();
    for (keys, effects) in [
        ("r", vec![Effect::Command(Command::PollNow)]),
        ("+", vec![Effect::Command(Command::SetInterval(5_000))]),
        ("-", vec![Effect::Command(Command::SetInterval(2_000))]),
        ("<Ctrl-z>", vec![Effect::Suspend]),
        ("<Ctrl-l>", vec![Effect::Repaint]),
        ("<Ctrl-c>", vec![Effect::Interrupt]),
        ("<Esc>", vec![]),
        ("q", vec![Effect::Quit]),
        ("j", vec![]),
    ] {
        stage.keys(keys);
        assert_eq!(stage.effects, effects, "{keys}");
    }
    stage.send(Msg::Resumed);
    assert_eq!(stage.effects, [Effect::Repaint]);
    stage.keys("/<Ctrl-c>");
    assert_eq!(stage.effects, [Effect::Interrupt], "from a prompt as well");
    stage.keys("----");
    assert!(stage.effects.is_empty());
}

#[test]
fn the_interval_ends_where_its_steps_end() {
    let mut stage = crowd();
    stage.keys("--");
    assert_eq!(
        (stage.effects.as_slice(), stage.view().shown.interval_ms),
        (&[Effect::Command(Command::SetInterval(500))][..], 500)
    );
    stage.keys("-");
    assert_eq!((stage.effects.as_slice(), stage.view().shown.interval_ms), (&[][..], 500));
    assert_eq!(stage.live().freshness().unknown_ms, 6_000);
}

#[test]
fn only_a_change_is_drawn_and_ages_change_once_a_second() {
    let mut stage = crowd();
    assert!(stage.model.take_dirty(stage.fed.shown()));
    assert!(!stage.model.is_dirty());
    let deadline = stage.view().next_deadline(stage.now).expect("ages move");
    assert_eq!(deadline, 101_000);
    stage.wait(400);
    assert!(!stage.model.is_dirty());
    stage.wait(deadline - stage.now.mono_ms);
    assert!(stage.model.take_dirty(stage.fed.shown()));
    // An answer about a list of before changes nothing.
    stage.send(Msg::Tick);
    assert!(!stage.model.is_dirty());
}

#[test]
fn the_selection_is_a_user_whatever_the_order() {
    let mut stage = crowd();
    stage.keys("jjjj");
    assert_eq!(selected(&stage), "u03");
    for keys in [">", ">", ">", ">", ">", "I", "<lt>", "/u1<Enter>", "<Esc>"] {
        stage.keys(keys);
        assert_eq!(selected(&stage), "u03", "{keys}");
    }
    assert_eq!(stage.model.rows.sort().column, SortColumn::Column(ColumnName::Token));
}

#[test]
fn expanding_steps_into_connections_and_collapsing_out_of_them() {
    let mut stage = crowd();
    stage.keys("l");
    assert_eq!(selected(&stage), "u00", "the first key selects");
    stage.keys("l");
    assert_eq!(selected(&stage), "u00/u00a");
    stage.keys("j");
    assert_eq!(selected(&stage), "u00/u00b");
    stage.answer(0, vec![("u00", UserStatus::Online(vec![connection(2, "u00a", None)]))]);
    assert_eq!(selected(&stage), "u00/u00b", "unseen, and not gone yet");
    stage.wait(6_000);
    stage.same(0);
    assert_eq!(selected(&stage), "u00", "the connection is gone");
    stage.keys("lh");
    assert_eq!(selected(&stage), "u00");
    stage.keys("h");
    assert!(!stage.model.expansion.contains(UserIx(0)));
    stage.keys("zRG");
    assert_eq!(selected(&stage), "u29/u29b");
    stage.keys("zM");
    assert_eq!(selected(&stage), "u29");
}

#[test]
fn pages_keep_the_selection_on_its_row_and_ends_are_ends() {
    let mut stage = crowd();
    stage.keys("jjj<Ctrl-d>");
    assert_eq!(selected(&stage), "u09", "half of the fourteen rows further");
    let body = |stage: &Stage| stage.view().window(14);
    assert_eq!(body(&stage).iter().position(|line| Some(*line) == stage.view().selected_line()), Some(2));
    stage.keys("<PgDn><PgDn><PgDn>");
    assert_eq!(selected(&stage), "u29");
    assert_eq!(body(&stage).last(), stage.view().selected_line().as_ref());
    stage.keys("g");
    assert_eq!(body(&stage).first().map(|line| matches!(line, Line::User(user) if user.0 == 0)), Some(true));
}

#[test]
fn pasted_text_never_runs_keys() {
    let mut stage = crowd();
    stage.send(Msg::Paste(" u07\nq, u08\tu07\n\n\"or\"".into()));
    assert!(stage.effects.is_empty());
    assert_eq!(typed(&stage), "u07 or q or u08 or \"\"\"or\"\"\"");
    assert_eq!(stage.model.rows.len(), 2);
    assert!(stage.screen().contains("4 pasted IDs are looked for"), "{}", stage.screen());
    stage.keys("<Ctrl-u>");
    stage.send(Msg::Paste("u0\r or \r\nu1\u{3}0".into()));
    assert_eq!((typed(&stage).as_str(), stage.model.rows.len()), ("u0 or u10", 11));
    stage.keys("<Esc>");
    assert_eq!(stage.model.rows.filter(), "");
    stage.send(Msg::Paste(" \n".into()));
    assert!(stage.model.prompt.as_ref().is_none());
}

#[test]
fn of_too_much_that_is_pasted_whole_ids_are_taken_and_it_is_said_how_many() {
    let mut stage = crowd();
    let ids: Vec<String> = (0..100_000).map(|n| format!("u{n:05}")).collect();
    stage.send(Msg::Paste(ids.join("\n")));
    let taken = typed(&stage).split(" or ").count();
    assert!(typed(&stage).len() <= 4_096 && taken > 300, "{taken}");
    assert!(typed(&stage).split(" or ").all(|id| id.len() == 6));
    assert!(stage.screen().contains(&format!("{taken} of 100000 pasted IDs")), "{}", stage.screen());
    assert_eq!(stage.model.mistake.as_ref(), None);
    stage.send(Msg::Paste("x".repeat(10_000)));
    assert!(stage.screen().contains("no room for all of the pasted text"), "{}", stage.screen());
    stage.keys("<Esc>");
    stage.send(Msg::Paste("x".repeat(10_000)));
    assert!(stage.model.prompt.as_ref().is_none() && stage.screen().contains("too long for an ID"));
}

fn typed(stage: &Stage) -> String {
    stage.model.prompt.as_ref().map_or(String::new(), |prompt| prompt.text().to_owned())
}

#[test]
fn a_filter_with_a_mistake_leaves_the_last_good_one_in_force_and_nothing_is_lost() {
    let mut stage = crowd();
    stage.keys("/u0<Enter>/ platfrom=web");
    assert_eq!(stage.model.rows.filter(), "u0", "and not half a word that finds nobody");
    let screen = stage.screen();
    assert!(screen.contains(" filter: u0 platfrom=web "), "{screen}");
    assert!(
        screen.contains("            ^^^^^^^^ no field \"platfrom\"; did you mean platform?"),
        "{screen}"
    );
    assert!(screen.contains(" 10 of 30 by the last good filter"), "{screen}");
    stage.keys("<Enter>");
    assert_eq!(typed(&stage), "u0 platfrom=web");
    stage.keys("<Esc>");
    assert_eq!((stage.model.rows.filter(), stage.model.mistake.as_ref()), ("u0", None));
    // What is not finished is no mistake before it is taken.
    stage.keys("/ and");
    assert_eq!(mistake(&stage), None);
    stage.keys("<Enter>");
    assert!(mistake(&stage).is_some_and(|(_, words)| words.contains("ends too early")));
    stage.keys("<Esc>/<Up>");
    assert_eq!(typed(&stage), "u0", "what could not be taken is not kept");
}

#[test]
fn a_filter_is_completed_with_fields_operators_values_and_groups() {
    let offered = |stage: &Stage| {
        let prompt = stage.model.prompt.as_ref().unwrap();
        prompt.offers().candidates.iter().map(|it| it.name.clone()).collect::<Vec<_>>()
    };
    let mut stage = Stage::new((80, 24), 10, vec![named("a", "b", "Night desk"), named("c", "d", "ops")]);
    stage.keys("/");
    assert!(offered(&stage).is_empty(), "nothing covers the users");
    stage.keys("<Tab>");
    assert!(offered(&stage).contains(&"state".to_owned()));
    stage.keys("gr<Tab>");
    assert_eq!((typed(&stage).as_str(), offered(&stage)), ("group", texts(&["group=", "group!=", "group~"])));
    stage.keys("<Tab>");
    assert_eq!(typed(&stage), "group=");
    stage.keys("n<Tab><Tab>");
    assert_eq!(typed(&stage), "group=none", "round the two that begin so");
    stage.keys("<Tab>");
    assert_eq!((typed(&stage).as_str(), stage.model.rows.len()), ("group=\"Night desk\"", 1));
    stage.keys("<Esc>P/group=");
    assert_eq!(offered(&stage), texts(&["none"]), "a stand-in is no group");
}

#[test]
fn columns_are_ticked_off_one_by_one() {
    let mut stage = configured();
    stage.send(Msg::Resize(100, 24));
    let chosen = |stage: &Stage| stage.model.columns_chosen.as_deref().map(<[ColumnName]>::to_vec);
    stage.keys("?:cols<Enter>");
    assert_eq!((typed(&stage).as_str(), stage.model.screen()), ("cols ", &Screen::Users));
    let screen = stage.screen();
    assert!(screen.contains("> [x] user ") && screen.contains("  [ ] reconnects "), "{screen}");
    stage.keys("<Tab>");
    assert!(stage.screen().contains("user is always shown"));
    stage.keys("con<Tab>");
    assert_eq!(typed(&stage), "cols ");
    assert!(stage.screen().contains("> [x] conns "), "{}", stage.screen());
    stage.keys("<Up><Up><Tab><Enter>");
    let mut expected = ColumnName::usual();
    expected.retain(|column| *column != ColumnName::Flips);
    expected.insert(7, ColumnName::Conns);
    assert_eq!((chosen(&stage), stage.model.prompt.as_ref().is_some()), (Some(expected.clone()), false));
    assert!(stage.screen().contains(" CONNS") && !stage.screen().contains("FLIPS"), "{}", stage.screen());
    stage.keys(":cols token<Tab>");
    assert_ne!(chosen(&stage), Some(expected.clone()));
    stage.keys("<Esc>");
    assert_eq!(chosen(&stage), Some(expected), "Esc brings back what was there");
    stage.keys(":cols <Up><Tab><Enter>");
    assert_eq!(chosen(&stage), None, "the last one stands for the usual ones");
}

#[test]
fn a_key_that_is_let_go_does_nothing() {
    let mut stage = crowd();
    let event = KeyEvent::new_with_kind(KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Release);
    stage.send(Msg::Key(event));
    assert!(stage.effects.is_empty());
    stage.keys("？");
    assert!(matches!(stage.model.screen(), Screen::Help { .. }), "a full-width key is the key");
}

#[test]
fn a_clock_that_is_set_is_an_event() {
    let mut stage = crowd();
    stage.now = Moment { mono_ms: stage.now.mono_ms + 1_000, unix_ms: NOON * 1_000 + 3_600_000 };
    stage.send(Msg::Tick);
    assert!(stage.screen().contains("this machine's clock went forward 59m"), "{}", stage.screen());
    stage.input(Input::Notice("watch file unreadable: the old list is kept".into()));
    assert!(stage.screen().contains("imtop  watch file unreadable: the old list is kept"));
}

#[test]
fn a_paused_picture_meets_a_new_list_only_when_it_goes_on() {
    let mut stage = crowd();
    stage.keys("jjjjt ");
    stage.input(Input::Rebased(WatchList::new(2, 10, ["u05", "u03"].map(Entry::of)).into()));
    assert_eq!((selected(&stage).as_str(), stage.model.rows.len()), ("u03", 30));
    stage.keys(" ");
    assert_eq!((selected(&stage).as_str(), stage.model.rows.len()), ("u03", 2));
    assert_eq!(stage.model.times, TimeStyle::Absolute);
}

#[test]
fn stale_users_come_before_fresh_ones_as_they_turn_stale_and_go_back() {
    let mut stage = crowd();
    stage.keys("<lt>");
    assert_eq!(stage.model.rows.sort().column, SortColumn::Problems);
    let first = |stage: &Stage| stage.model.rows.user_at(0).map(|user| user.0);
    assert_eq!(first(&stage), Some(0));
    stage.wait(2_900);
    stage.same(0);
    stage.same(1);
    stage.wait(200);
    assert_eq!(first(&stage), Some(20), "no failure, only time");
    stage.same(2);
    assert_eq!(first(&stage), Some(0));
    stage.fail(1, 1, FetchError::Http { status: 502 });
    assert_eq!(first(&stage), Some(10));
}

#[test]
fn every_action_can_be_done_anywhere_without_harm() {
    for row in ACTIONS.iter().filter(|row| row.action != Action::Suspend) {
        for before in ["", "?", "<Enter>", "/x", "zR", "2", "e", "<Tab>j"] {
            let mut stage = Stage::new((40, 10), 3, vec![named("a", "b", "c")]);
            stage.answer(0, vec![("a", UserStatus::Online(vec![hidden(connection(1, "x", None))]))]);
            stage.keys(before);
            for keys in row.keys {
                for key in keys.split(' ') {
                    if key.chars().count() == 1 && key != "<" {
                        stage.keys(key);
                    }
                }
            }
            assert!(!stage.screen().is_empty());
        }
    }
}

#[test]
fn when_many_drop_the_foot_says_so_and_goes_on_saying_it() {
    let mut stage = crowd();
    stage.wait(2_000);
    for batch in 0..3 {
        let ids: Vec<String> = (batch * 10..batch * 10 + 10).step_by(3).map(|n| format!("u{n:02}")).collect();
        stage.answer(batch, ids.iter().map(|id| (id.as_str(), UserStatus::Offline)).collect());
        stage.wait(300);
    }
    let screen = stage.screen();
    assert!(screen.contains("VIEW LOSS: 12 users unknown ("), "{screen}");
    assert!(screen.contains("12 users  unknown: a gateway may be lost: u00, u03, u06"), "{screen}");
    // The sockets alone are doubted for two rounds.
    stage.wait(5_000);
    (0..3).for_each(|batch| stage.same(batch));
    let screen = stage.screen();
    assert!(!screen.contains("VIEW LOSS"), "{screen}");
    assert!(screen.contains("12 users  unknown -> offline, was online: u00, u03"), "{screen}");
    for _ in 0..6 {
        stage.wait(2_000);
        stage.answer(0, vec![("u01", UserStatus::Online(vec![connection(2, "x", None)]))]);
        stage.wait(2_000);
        stage.answer(0, vec![("u01", UserStatus::Offline)]);
    }
    let screen = stage.screen();
    assert!(screen.contains("12 users  unknown -> offline, was online: u00"), "{screen}");
    assert!(screen.contains("u01       online -> offline (Android disconnected)"), "{screen}");
    stage.wait(9_000);
    stage.answer(0, vec![("u01", UserStatus::Online(vec![connection(2, "y", None)]))]);
    assert!(!stage.screen().contains("12 users"), "half a minute is over");
}

#[test]
fn esc_leaves_the_list_where_it_is_and_a_begun_sequence_only() {
    let mut stage = crowd();
    stage.keys("G");
    let rows = |stage: &Stage| stage.view().window(15);
    let before = rows(&stage);
    stage.keys("z<Esc>");
    assert_eq!((selected(&stage).as_str(), stage.model.pending.len()), ("u29", 0));
    stage.keys("<Esc>");
    assert_eq!((selected(&stage).as_str(), rows(&stage)), ("", before));
    stage.keys("j");
    assert_eq!(selected(&stage), "u15", "the first that is seen");
}

#[test]
fn esc_leaves_what_narrows_the_list_one_by_one() {
    let mut stage = crowd();
    let all = stage.model.rows.matching();
    stage.keys("jmjM");
    assert_eq!(stage.model.rows.matching(), 1, "only the marked");
    stage.keys("<Esc>");
    assert_eq!(stage.model.rows.matching(), all);
    assert!(!selected(&stage).is_empty(), "the selection is left last");
    stage.keys("!/u<Enter>");
    assert!(stage.screen().contains("problems only"), "{}", stage.screen());
    stage.keys("<Esc>");
    assert!(stage.model.rows.filter().is_empty() && stage.screen().contains("problems only"));
    stage.keys("<Esc>");
    assert!(!stage.screen().contains("problems only"), "{}", stage.screen());
    assert_eq!(stage.model.rows.matching(), all);
    stage.keys("<Esc>");
    assert_eq!(selected(&stage), "");
}

#[test]
fn keys_without_a_meaning_get_a_hint() {
    let mut stage = crowd();
    for (code, name) in [(KeyCode::F(1), "F1"), (KeyCode::Char('Z'), "Z")] {
        stage.send(Msg::Key(KeyEvent::from(code)));
        let hint = format!("{name} is not bound; ? lists the keys");
        assert!(stage.screen().contains(&hint), "{}", stage.screen());
    }
}

#[test]
fn a_whole_frame_says_how_to_see_the_rest() {
    let screen = |size| {
        let entries = (0..300).map(|n| Entry::of(&format!("u{n}"))).collect();
        let mut stage = Stage::one_shot(size, 500, entries);
        stage.answer(0, (0..300).map(|_| ("u0", UserStatus::Offline)).take(1).collect());
        stage.screen()
    };
    let cut = screen((100, 40));
    assert!(cut.trim_end().ends_with("265 more users; --size 100x304 shows all"), "{cut}");
    let whole = screen((100, 304));
    assert!(whole.contains("u299") && !whole.contains("more users") && !whole.contains("? help"), "{whole}");
}

#[test]
fn answers_that_are_only_late_are_not_called_failing() {
    let mut stage = crowd();
    stage.wait(2_900);
    stage.same(0);
    stage.same(1);
    stage.wait(200);
    assert!(stage.screen().contains("! 1 of 3 batches overdue"), "{}", stage.screen());
    stage.fail(2, 1, FetchError::Http { status: 502 });
    assert!(stage.screen().contains("! degraded: 1 of 3 batches"), "{}", stage.screen());
}

#[test]
fn a_change_that_nobody_watched_has_bounds_and_comes_after_its_like() {
    let mut stage = crowd();
    stage.wait(43_000);
    stage.answer(0, vec![("u00", UserStatus::Offline)]);
    stage.wait(3_000);
    let screen = stage.screen();
    let row = screen.lines().find(|line| line.contains("u00  "));
    assert!(row.is_some_and(|row| row.contains(" <=46s ")), "{screen}");
    stage.keys("<Enter>");
    assert!(stage.screen().contains("3s to 46s ago, between 11:59:59 and 12:00:43"), "{}", stage.screen());
    stage.keys("<Esc>:sort since<Enter>");
    assert!(stage.screen().contains("SINCEv"), "{}", stage.screen());
    assert_eq!(stage.model.rows.user_at(0), Some(UserIx(0)), "the others were so when first seen");
}

/// A crowd in which every two seconds another user loses both connections.
fn bustle(rounds: usize) -> Stage {
    let mut stage = crowd();
    for n in 0..rounds {
        stage.wait(2_000);
        for batch in 0..3 {
            if batch == n as u32 % 3 {
                let id = format!("u{:02}", batch * 10 + 1);
                let status = if n / 3 % 2 == 0 {
                    UserStatus::Online(vec![connection(5, &format!("c{n}"), None)])
                } else {
                    UserStatus::Offline
                };
                stage.answer(batch, vec![(&id, status)]);
            } else {
                stage.same(batch);
            }
        }
    }
    stage
}

/// The line of the body that is selected.
fn selected_line(stage: &Stage) -> String {
    let screen = stage.screen();
    screen.lines().find(|line| line.starts_with('>')).unwrap_or_default().to_owned()
}

#[test]
fn the_selected_event_stays_selected_as_new_ones_come_in() {
    let mut stage = bustle(6);
    stage.keys("2t");
    assert!(stage.screen().contains("  6 events, newest first"), "{}", stage.screen());
    stage.keys("jj");
    let line = selected_line(&stage);
    assert!(line.contains("12:00:07-12:00:10  u11") && line.contains("online -> offline"), "{line}");
    stage.wait(2_000);
    stage.answer(2, vec![("u22", UserStatus::Online(vec![connection(5, "x", None)]))]);
    assert_eq!(selected_line(&stage), line);
    assert!(stage.screen().contains(" 3/7\n"), "{}", stage.screen());
    // Nothing selected: the newest stands at the top, whatever comes.
    stage.keys("g");
    assert_eq!(selected_line(&stage), "");
    stage.wait(2_000);
    stage.answer(2, vec![("u22", UserStatus::Offline)]);
    let screen = stage.screen();
    assert!(screen.lines().nth(4).is_some_and(|line| line.contains("u22")), "{screen}");
    stage.keys("G");
    assert!(stage.screen().contains(" 8/8\n") && selected_line(&stage).contains("12:00:02"));
    stage.keys("<Enter>");
    assert!(stage.screen().contains(" user u01\n"), "{}", stage.screen());
    stage.keys("<Esc>k");
    assert!(stage.screen().contains(" 7/8\n"), "{}", stage.screen());
}

#[test]
fn words_filter_events_by_all_that_their_lines_say() {
    let mut stage = bustle(12);
    stage.keys("2/DISCONNECTED web");
    assert!(stage.screen().contains("  6 of 15 events with DISCONNECTED web"), "{}", stage.screen());
    stage.keys("<Enter>jj");
    let line = selected_line(&stage);
    stage.keys("/ u21");
    assert!(stage.screen().contains("  2 of 15 events with"), "live: {}", stage.screen());
    stage.keys("<Esc>");
    assert_eq!(selected_line(&stage), line, "the selection is back on its event");
    // What comes in is looked at as it comes.
    stage.wait(2_000);
    stage.answer(0, vec![("u00", UserStatus::Offline)]);
    stage.answer(0, vec![("u03", UserStatus::Offline), ("u06", UserStatus::Offline)]);
    assert!(stage.screen().contains("  6 of 17 events"), "{}", stage.screen());
    stage.keys("/<Ctrl-u>u06<Enter>");
    assert!(stage.screen().contains("  1 of 17 events") && stage.screen().contains("3 users"));
    stage.keys("/<Ctrl-u>nobody<Enter>");
    assert!(stage.screen().contains("No event matches \"nobody\"."), "{}", stage.screen());
    stage.keys("<Esc>");
    assert!(stage.screen().contains("  17 events, newest first"), "{}", stage.screen());
    stage.keys("<Esc>");
    assert_eq!(*stage.model.screen(), Screen::Users);
}

#[test]
fn one_users_events_lead_back_to_all_and_then_to_the_users() {
    let mut stage = bustle(12);
    stage.keys("je");
    assert!(stage.screen().contains("Nothing has happened to u00 since 12:00:00."), "{}", stage.screen());
    stage.keys("<Esc>je");
    assert!(stage.screen().contains("  5 events of u21, Esc for all"), "{}", stage.screen());
    stage.wait(2_000);
    stage.answer(2, vec![("u21", UserStatus::Online(vec![connection(2, "y", None)]))]);
    assert!(stage.screen().contains("  6 events of u21"), "{}", stage.screen());
    stage.keys("/android<Enter>");
    assert!(stage.screen().contains("  1 of 6 events of u21"), "{}", stage.screen());
    stage.keys("<Esc><Esc>");
    assert!(stage.screen().contains("  16 events, newest first"), "{}", stage.screen());
    stage.keys("<Esc>");
    assert_eq!(*stage.model.screen(), Screen::Users);
    stage.keys("j<Enter>e");
    assert!(stage.screen().contains("  5 events of u01"), "of the one who was looked at: {}", stage.screen());
    stage.keys("2");
    assert!(stage.screen().contains("  16 events, newest first"), "{}", stage.screen());
}

#[test]
fn the_foot_takes_the_keys_and_gives_them_back() {
    let mut stage = bustle(12);
    stage.keys("j<Tab>");
    let rows = |stage: &Stage| {
        stage.screen().lines().filter(|line| line.contains(" -> ") || line.contains("found,")).count()
    };
    assert!(rows(&stage) == 9, "half of the body: {}", stage.screen());
    stage.keys("jjj<Enter>");
    assert!(stage.screen().contains(" user u11\n"), "{}", stage.screen());
    stage.keys("<Esc>");
    assert_eq!((selected(&stage).as_str(), *stage.model.screen() == Screen::Users), ("u00", true));
    assert!(stage.model.events().is_some());
    stage.keys("q");
    assert!(stage.model.events().is_none() && stage.effects.is_empty(), "q closes what is open");
    stage.keys("<Tab>");
    stage.send(Msg::Click(5, 4));
    assert!(stage.model.events().is_none(), "whoever clicks on a user means the users");
    stage.keys("<Tab><Esc>j");
    assert!(stage.model.events().is_none());
    assert_eq!(selected(&stage), "u01", "the keys are the table's again");
    stage.send(Msg::Resize(80, 14));
    stage.keys("<Tab>");
    assert!(matches!(stage.model.screen(), Screen::Events(_)), "no foot, so the view");
}

#[test]
fn the_mouse_selects_events_where_they_are() {
    let mut stage = bustle(6);
    stage.keys("2");
    stage.send(Msg::Click(5, 5));
    assert!(stage.screen().contains(" 2/6\n"), "{}", stage.screen());
    stage.send(Msg::Wheel(true));
    assert!(stage.screen().contains(" 3/6\n"), "{}", stage.screen());
    stage.send(Msg::Click(5, 22));
    assert!(stage.screen().contains(" 3/6\n"), "nothing is there");
}

#[test]
fn a_batch_that_fails_and_answers_again_is_two_events() {
    let mut stage = crowd();
    stage.wait(2_000);
    stage.same(0);
    for batch in [1, 2] {
        stage.fail(batch, 1, FetchError::Timeout { after_ms: 1_000 });
    }
    stage.wait(4_000);
    stage.fail(1, 2, FetchError::Http { status: 502 });
    stage.keys("2t");
    let screen = stage.screen();
    assert!(screen.contains("12:00:02           server  2 of 3 batches: timed out"), "{screen}");
    stage.wait(3_000);
    stage.same(1);
    stage.same(2);
    let screen = stage.screen();
    assert!(screen.contains("server    2 of 3 batches: answer again after 9s"), "{screen}");
    stage.keys("/feed<Enter>");
    assert!(stage.screen().contains("  2 of "), "{}", stage.screen());
}

#[test]
fn who_changed_has_a_mark_that_fades() {
    let mut stage = crowd();
    let mark = |stage: &Stage, id: &str| {
        let screen = stage.screen();
        screen.lines().find(|line| line.contains(id)).and_then(|line| line.chars().next())
    };
    stage.wait(2_000);
    let third = ["u00a", "u00b", "u00c"].map(|connected| connection(2, connected, None)).to_vec();
    stage.answer(0, vec![("u00", UserStatus::Online(third)), ("u03", UserStatus::Offline)]);
    assert_eq!([mark(&stage, "u00  "), mark(&stage, "u03  ")], [Some('|'); 2], "a connection counts as well");
    assert_eq!(mark(&stage, "u06  "), Some(' '), "what is merely old has none");
    for (after, sign) in [(2_000, '|'), (8_000, ':'), (20_000, '.'), (1_000, ' ')] {
        for _ in 0..after / 1_000 {
            stage.wait(1_000);
            (0..3).for_each(|batch| stage.same(batch));
        }
        assert_eq!([mark(&stage, "u00  "), mark(&stage, "u03  ")], [Some(sign); 2]);
    }
}

#[test]
fn an_event_of_many_or_of_nobody_says_so() {
    let mut stage = crowd();
    stage.wait(2_000);
    stage.answer(0, vec![("u00", UserStatus::Offline), ("u03", UserStatus::Offline)]);
    stage.keys("2<Enter>");
    assert!(stage.screen().contains(" user u00\n") && stage.screen().contains("the first of 2 users"));
    stage.keys("<Esc>");
    stage.input(Input::Notice("the watch file is gone".into()));
    stage.keys("g<Enter>");
    assert!(stage.screen().contains("this event is about no user"), "{}", stage.screen());
    stage.input(Input::Rebased(WatchList::new(2, 10, ["u05"].map(Entry::of)).into()));
    stage.keys("j<Enter>");
    stage.keys("j<Enter>");
    assert!(stage.screen().contains("u00 is not watched any more"), "{}", stage.screen());
}

#[test]
fn ten_thousand_events_are_walked_from_end_to_end() {
    let mut stage = crowd();
    for n in 0..10_100_u64 {
        let id = format!("u{:02}", 1 + n % 9);
        stage.wait(1_100);
        let back = n / 9 % 2 == 0;
        let connections = vec![connection(5, &format!("c{n}"), None)];
        stage
            .answer(0, vec![(&id, if back { UserStatus::Online(connections) } else { UserStatus::Offline })]);
    }
    stage.keys("2G");
    assert!(stage.screen().contains(" 10000/10000\n"), "{}", stage.screen());
    let oldest = selected_line(&stage);
    stage.keys("kkkkj<PgUp><PgDn>G");
    assert_eq!(selected_line(&stage), oldest);
    stage.keys("/u03<Enter>G");
    assert!(stage.screen().contains("  1111 of 10000 events with u03"), "{}", stage.screen());
    // The oldest are forgotten as new ones come, also those that are listed and selected.
    for n in 0..20 {
        stage.wait(1_100);
        let connections = vec![connection(5, &format!("d{n}"), None)];
        stage.answer(
            0,
            vec![("u00", if n % 2 == 0 { UserStatus::Offline } else { UserStatus::Online(connections) })],
        );
    }
    assert!(stage.screen().contains(" of 10000 events with u03"), "{}", stage.screen());
    assert!(selected_line(&stage).contains("u03"), "{}", stage.screen());
}

#[test]
fn a_paused_picture_stands_in_the_events_too() {
    let mut stage = bustle(6);
    stage.keys("2 ");
    let body = |stage: &Stage| stage.screen().lines().skip(3).take(12).map(str::to_owned).collect::<Vec<_>>();
    let standing = body(&stage);
    stage.wait(2_000);
    stage.answer(0, vec![("u00", UserStatus::Offline)]);
    assert_eq!(body(&stage), standing);
    stage.keys("/u00<Enter>");
    assert!(stage.screen().contains("  0 of 6 events with u00"), "{}", stage.screen());
    stage.keys(" ");
    assert!(stage.screen().contains("  1 of 7 events with u00"), "{}", stage.screen());
}

/// The crowd on a server of several, with themes to choose from.
fn configured() -> Stage {
    let entries = vec![named("alice", "Alice", "a"), named("bob_1", "Night desk", "b"), Entry::of("bob_2")];
    Stage::tuned((80, 24), 10, entries, |setting| {
        setting.start.contexts = vec!["prod".into(), "staging".into()];
        setting.about.context = Some("prod".into());
        setting.start.themes = vec!["dark".into(), "light".into()];
    })
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

fn mistake(stage: &Stage) -> Option<(String, String)> {
    let prompt = stage.model.prompt.as_ref()?;
    let mistake = prompt.mistake()?;
    Some((prompt.text()[mistake.range.clone()].to_owned(), mistake.text.clone()))
}

#[test]
fn commands_ask_the_world() {
    let export = |format, file: Option<&str>| Effect::Export { format, file: file.map(str::to_owned) };
    let watch = |add: &[&str], remove: &[&str]| {
        Effect::Command(Command::Watch { add: texts(add), remove: texts(remove) })
    };
    for (keys, effects) in [
        (":add carol, dave alice carol", vec![watch(&["carol", "dave"], &[])]),
        (":rm bob_1 alice bob_1", vec![watch(&[], &["bob_1", "alice"])]),
        ("j:rm", vec![watch(&[], &["alice"])]),
        (":export csv", vec![export(ExportFormat::Csv, None)]),
        (":export JSON last night.json ", vec![export(ExportFormat::Json, Some("last night.json"))]),
        (":interval 500ms", vec![Effect::Command(Command::SetInterval(500))]),
        (":interval 1.5", vec![Effect::Command(Command::SetInterval(1_500))]),
        (":ctx staging", vec![Effect::SwitchContext("staging".into())]),
        (":theme light", vec![Effect::Theme("light".into())]),
        (":next-theme", vec![Effect::NextTheme]),
        (":poll-now", vec![Effect::Command(Command::PollNow)]),
        (":q", vec![Effect::Quit]),
        (":wq", vec![Effect::Quit]),
        (":", vec![]),
        ("x<Backspace>txt", vec![]),
    ] {
        let mut stage = configured();
        stage.keys(keys);
        stage.keys("<Enter>");
        assert_eq!(mistake(&stage).filter(|_| !effects.is_empty()), None, "{keys}");
        assert_eq!(stage.effects, effects, "{keys}");
        assert_eq!(stage.model.prompt.as_ref().is_some(), keys.starts_with('x'), "{keys}");
    }
}

#[test]
fn a_command_that_cannot_be_done_says_what_was_expected_and_stays() {
    for (keys, place, words) in [
        ("srot", "srot", "no command `srot`; did you mean `sort`?"),
        ("so", "so", "`so` may be sort, sort-by, sort-next, sort-previous"),
        ("zzzzz", "zzzzz", "no command `zzzzz`; Ctrl-u clears the line and shows all"),
        ("pause now", "now", "`pause` takes no arguments"),
        (
            "sort",
            "",
            "expected a column: problems, list, user, label, group, presence, platforms, token, since, flips, reconnects, conns, delivery, last30, findings",
        ),
        ("sort tokn", "tokn", "unknown name `tokn`; did you mean `token`?"),
        ("sort token up", "up", "expected asc, desc, inverted or nothing, not `up`"),
        ("filter stat=on", "stat", "no field \"stat\"; did you mean state?"),
        (
            "cols user zip",
            "zip",
            "unknown name `zip`; expected one of user, label, group, presence, platforms, token, since, flips, reconnects, conns, delivery, last30, findings",
        ),
        ("cols +flips token", "token", "expected + or - before every name, or before none"),
        ("cols -user", "-user", "the user ID is always shown"),
        ("add", "", "expected one or more user IDs"),
        ("add alice", "", "alice is watched already"),
        ("rm", "", "expected a user ID: no user is selected"),
        ("rm alice,carol", "carol", "no user with the ID carol is watched"),
        ("goto", "", "expected a user ID, or a part of one"),
        ("goto zoe 1", "zoe 1", "no user's ID or label contains zoe 1"),
        ("export", "", "expected csv, json or txt"),
        ("export xml", "xml", "unknown name `xml`; expected one of csv, json, txt"),
        ("interval soon", "soon", "expected a time such as 2s, 500ms or 1m"),
        ("interval 1ms", "1ms", "expected a time from 100ms to 1h"),
        ("ctx", "", "expected a context: prod, staging"),
        ("ctx prod", "prod", "prod is the current context already"),
        ("ctx stagin", "stagin", "unknown name `stagin`; did you mean `staging`?"),
        ("theme pink", "pink", "unknown name `pink`; expected one of dark, light"),
    ] {
        let mut stage = configured();
        stage.keys(&format!(":{keys}<Enter>"));
        assert_eq!(mistake(&stage), Some((place.to_owned(), words.to_owned())), "{keys}");
        assert!(stage.effects.is_empty());
        stage.keys("x");
        assert_eq!((mistake(&stage), stage.model.prompt.as_ref().is_some()), (None, true), "{keys}");
    }
}

#[test]
fn commands_take_effect_at_once() {
    let mut stage = configured();
    stage.keys(":sort token inv<Enter>");
    assert_eq!(
        stage.model.rows.sort(),
        Sort { column: SortColumn::Column(ColumnName::Token), inverted: true }
    );
    for (typed, column, inverted) in [
        ("since desc", ColumnName::Since, false),
        ("since ASC", ColumnName::Since, true),
        ("user desc", ColumnName::User, true),
        ("user ascending", ColumnName::User, false),
        ("token asc", ColumnName::Token, false),
        ("conns asc", ColumnName::Conns, true),
    ] {
        stage.keys(&format!(":sort {typed}<Enter>"));
        assert_eq!(stage.model.rows.sort(), Sort { column: SortColumn::Column(column), inverted }, "{typed}");
    }
    stage.keys(":filter desk<Enter>");
    assert_eq!((stage.model.rows.filter(), stage.model.rows.len()), ("desk", 1));
    stage.keys("?:cols token conns<Enter>");
    let chosen = |stage: &Stage| stage.model.columns_chosen.as_deref().map(<[ColumnName]>::to_vec);
    assert_eq!(chosen(&stage), Some(vec![ColumnName::User, ColumnName::Token, ColumnName::Conns]));
    assert_eq!(*stage.model.screen(), Screen::Users, "what is about the list shows the list");
    stage.keys(":cols -token +flips<Enter>");
    assert_eq!(chosen(&stage), Some(vec![ColumnName::User, ColumnName::Conns, ColumnName::Flips]));
    stage.keys(":cols default<Enter>");
    assert_eq!(chosen(&stage), None);
    stage.keys(":pause<Enter>");
    assert!(stage.view().hidden_changes().is_some());
    stage.keys(":help sort<Enter>");
    assert!(matches!(stage.model.screen(), Screen::Help { search, .. } if search == "sort"));
}

#[test]
fn going_to_a_user_lets_go_of_what_hides_it_and_says_so() {
    let mut stage = configured();
    stage.keys(":goto bob_2<Enter>");
    assert_eq!(selected(&stage), "bob_2");
    stage.keys(":goto DESK<Enter>");
    assert_eq!(selected(&stage), "bob_1", "by a part of the label");
    stage.keys("/bob<Enter>:go ali<Enter>");
    assert_eq!((selected(&stage).as_str(), stage.model.rows.filter()), ("alice", ""));
    assert!(stage.screen().contains("filter cleared: it hid alice"));
    stage.keys("P:goto alice<Enter>");
    assert_eq!(selected(&stage), "alice", "its own name is still known to whoever types it");
}

#[test]
fn names_that_stand_for_users_are_all_that_the_palette_shows_of_them() {
    let mut stage = configured();
    stage.keys("P:rm ");
    let screen = stage.screen();
    assert!(!["alice", "Alice", "Night desk", "bob"].iter().any(|name| screen.contains(name)), "{screen}");
    stage.keys("<Tab><Enter>");
    assert_eq!(stage.effects, [Effect::Command(Command::Watch { add: vec![], remove: texts(&["alice"]) })]);
}

#[test]
fn words_are_completed_and_lines_come_back() {
    for (keys, text) in [
        ("inter<Tab>", "interval "),
        ("so<Tab>", "sort"),
        ("so<Tab><Tab>", "sort-by"),
        ("sort-<Tab><Tab><Tab>", "sort-previous"),
        ("sort<Tab>", "sort "),
        ("sort<Tab>to<Tab>", "sort token"),
        ("mark<Tab>", "marked-only"),
        ("cols +fl<Tab>", "cols +flips"),
        ("rm bob<Tab>", "rm bob_1"),
        ("goto AL<Tab>", "goto alice"),
        ("ctx s<Tab>", "ctx staging"),
        ("theme l<Tab>", "theme light"),
        ("freeze<Tab>", "pause"),
        ("zzz<Tab>", "zzz"),
    ] {
        let mut stage = configured();
        stage.keys(&format!(":{keys}"));
        assert_eq!(stage.model.prompt.as_ref().map(Prompt::text), Some(text), "{keys}");
    }
    let mut stage = configured();
    stage.keys(":sort token<Enter>:bad<Enter><Esc>:<Up>");
    assert_eq!(
        stage.model.prompt.as_ref().map(Prompt::text),
        Some("sort token"),
        "what could not be done is not kept"
    );
}

#[test]
fn every_name_that_the_palette_offers_is_a_command() {
    let mut stage = configured();
    stage.keys(":");
    let names: Vec<String> =
        stage.model.prompt.as_ref().unwrap().offers().candidates.iter().map(|it| it.name.clone()).collect();
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        let mut stage = configured();
        stage.keys(&format!(":{name}<Enter>"));
        let unknown = mistake(&stage).is_some_and(|(_, words)| words.contains("no command"));
        assert!(!unknown, "{name}");
    }
}

#[test]
fn own_keys_work_and_are_those_that_are_told() {
    let keys = texts(&["F1", "H"]);
    let bindings = [
        ("help".to_owned(), keys, "imtop.toml:1".to_owned()),
        ("pause".to_owned(), texts(&["g p"]), "imtop.toml:2".to_owned()),
        ("top".to_owned(), texts(&["g g"]), "imtop.toml:3".to_owned()),
    ];
    let mut stage = Stage::tuned((80, 24), 10, vec![Entry::of("alice")], |setting| {
        setting.start.keymap = Keymap::with(&bindings).unwrap();
    });
    let keys = "F1 help  / filter  Enter detail";
    assert!(stage.screen().contains(keys));
    stage.send(Msg::Paste("alice".into()));
    assert!(!stage.screen().contains(keys), "a prompt has keys of its own");
    stage.keys("<Esc>");
    stage.keys("?");
    assert!(stage.screen().contains("? is not bound; F1 lists the keys"), "{}", stage.screen());
    stage.keys("gp");
    assert!(stage.view().hidden_changes().is_some());
    stage.wait(5_000);
    assert!(stage.screen().contains("F1 help") && stage.screen().contains("gp go on"), "{}", stage.screen());
    stage.keys(":pau");
    let screen = stage.screen();
    assert!(screen.lines().any(|line| line.starts_with("  pause") && line.ends_with("gp")), "{screen}");
    stage.keys("<Esc>H/freeze");
    assert!(stage.screen().contains("gp                freeze the screen"), "{}", stage.screen());
}

#[test]
fn the_palette_fits_on_every_screen_and_keeps_its_cursor_there() {
    let sizes = [1, 19, 20, 21, 39, 40, 60, 80];
    for (width, height) in
        sizes.iter().flat_map(|width| [1, 5, 6, 9, 10, 15, 24].map(|height| (*width, height)))
    {
        let mut stage = configured();
        stage.send(Msg::Resize(width, height));
        for keys in [
            ":",
            "sort x",
            "<Enter>",
            "<Ctrl-u>rm 王小明王小明王小明王小明王小明王小明王小明 x<Enter>",
            "<Esc>?/the",
        ] {
            stage.keys(keys);
            let screen = stage.screen();
            let cursor = screen.lines().last().and_then(|line| line.strip_prefix("cursor at "));
            assert_eq!(cursor.is_some(), width >= 20 && height >= 5, "{width}x{height}: {screen}");
            if let Some((x, y)) = cursor.and_then(|cursor| cursor.split_once(',')) {
                assert!(x.parse::<u16>().unwrap() < width && y.parse::<u16>().unwrap() < height, "{screen}");
            }
        }
    }
}

/// One user with whom several things are wrong.
fn suspect(size: (u16, u16)) -> Stage {
    let mut stage = Stage::new(size, 10, vec![Entry::of("u1"), Entry::of("u2")]);
    let wrong = connection(2, "a", Some(("u9", 3, -86_400)));
    stage.answer(0, vec![("u1", UserStatus::Online(vec![wrong])), ("u2", UserStatus::Offline)]);
    stage.theme = Theme::new(Colour::None, true);
    stage
}

#[test]
fn what_is_wrong_is_named_the_worst_first_and_what_was_put_aside_steps_back() {
    let mut stage = suspect((120, 24));
    let row = |stage: &Stage| {
        let screen = stage.screen();
        screen.lines().find(|line| line.contains("u1  ")).unwrap_or_default().to_owned()
    };
    assert!(row(&stage).starts_with(" +X u1 "), "{}", row(&stage));
    assert!(row(&stage).ends_with(" token-foreign-user, token-expired +1"), "{}", row(&stage));
    assert!(stage.screen().contains("X 1 critical  ! 2 warning"), "{}", stage.screen());
    stage.keys("ja");
    assert!(row(&stage).starts_with(">+  u1 "), "{}", row(&stage));
    assert!(row(&stage).ends_with(" v token-foreign-user +2"), "{}", row(&stage));
    assert!(!stage.screen().contains("critical"), "{}", stage.screen());
    stage.keys("m");
    assert!(row(&stage).starts_with(">+ &u1 "), "{}", row(&stage));
    stage.send(Msg::Resize(80, 24));
    assert!(
        row(&stage).contains(" of u9!"),
        "without the column the token says whose it is: {}",
        row(&stage)
    );
}

#[test]
fn the_tally_of_findings_outlives_the_words_of_the_counts() {
    let mut stage = suspect((80, 24));
    let mut seen = [false; 3];
    for width in 20..140 {
        stage.send(Msg::Resize(width, 24));
        let screen = stage.screen();
        let counts = screen.lines().nth(1).unwrap_or_default();
        let counts = counts.replace("X1  !2", "X1 !2");
        let shown = [" X 1 critical  ! 2 warning", " X 1 crit  ! 2 warn", " X1 !2"];
        let which = shown.iter().position(|tally| counts.trim_end().ends_with(tally));
        let which = which.unwrap_or_else(|| panic!("{width}: {counts}"));
        seen[which] = true;
        assert!(which > 0 || counts.contains("background"), "{counts}");
        assert!(which < 2 || !counts.contains("watched"), "{counts}");
    }
    assert_eq!(seen, [true; 3]);
}

#[test]
fn passing_words_go_with_the_next_key_that_works() {
    let mut stage = suspect((80, 24));
    stage.keys("r");
    assert!(stage.screen().contains("asking now"));
    stage.keys("j");
    assert!(!stage.screen().contains("asking now") && stage.screen().contains("1-5 views"));
    stage.keys("r3");
    assert!(stage.screen().contains("? help  Enter open  a ack  d why"), "{}", stage.screen());
}

#[test]
fn the_help_opens_on_the_keys_of_the_view_below() {
    for (key, heading, after) in [("1", "List of users", "Every view"), ("4", "Every view", "List of users")]
    {
        let mut stage = crowd();
        stage.keys(&format!("{key}?"));
        let screen = stage.screen();
        assert!(screen.lines().any(|line| line.trim() == heading), "{screen}");
        assert!(!screen.contains("at least one connection in the foreground"), "{screen}");
        let lines = imtop::tui::help_pages(stage.view()).left;
        let headings = lines.iter().filter_map(|line| match line {
            imtop::tui::HelpLine::Heading(text) => Some(*text),
            _ => None,
        });
        let first: Vec<&str> = headings.take(5).collect();
        assert_eq!(first, [heading, after, "Always", "While typing", "Words"]);
    }
}

#[test]
fn a_letter_sorts_by_its_column_and_again_the_other_way_round() {
    let mut stage = crowd();
    let sort = |stage: &Stage| (stage.model.rows.sort().column.name(), stage.model.rows.sort().inverted);
    stage.keys("s");
    assert!(stage.screen().contains("most flips first"), "the letters are told: {}", stage.screen());
    stage.keys("f");
    assert_eq!(sort(&stage), ("flips", false));
    stage.keys("sf");
    assert_eq!(sort(&stage), ("flips", true));
    stage.keys("sz");
    assert!(stage.screen().contains("no column to sort by has the letter z"), "{}", stage.screen());
    stage.keys("s<Esc>");
    assert_eq!(sort(&stage), ("flips", true));
    stage.keys("s0");
    assert_eq!(sort(&stage), ("list", false));
}

#[test]
fn a_click_on_a_heading_sorts_by_it_and_another_the_other_way_round() {
    let mut stage = crowd();
    let screen = stage.screen();
    let (row, head) = screen.lines().enumerate().find(|(_, line)| line.contains("FLIPS")).unwrap();
    let column = head.find("FLIPS").unwrap() as u16;
    for inverted in [false, true] {
        stage.send(Msg::Click(column, row as u16));
        let sort = stage.model.rows.sort();
        assert_eq!((sort.column.name(), sort.inverted), ("flips", inverted));
    }
}

#[test]
fn help_is_found_by_the_names_of_actions_too() {
    let mut stage = suspect((100, 24));
    for (word, line) in [
        ("pause", "freeze the screen"),
        ("acknowledge", "acknowledge a finding"),
        ("wide", "show all columns"),
    ] {
        stage.keys(&format!(":help {word}<Enter>"));
        assert!(stage.screen().contains(line), "{word}: {}", stage.screen());
        stage.keys("q");
    }
}

#[test]
fn columns_are_chosen_with_commas_and_wide_goes_before_the_choice() {
    let mut stage = suspect((200, 24));
    let head =
        |stage: &Stage| stage.screen().lines().find(|line| line.contains("PRESENCE")).map(str::to_owned);
    stage.keys(":cols user,presence<Enter>");
    let chosen = head(&stage);
    assert_eq!(
        chosen.as_deref().map(|head| head.split_whitespace().collect()),
        Some(vec!["USER", "PRESENCE"])
    );
    stage.keys("w");
    assert!(stage.screen().contains("wide: all columns"), "{}", stage.screen());
    assert!(head(&stage).is_some_and(|head| head.contains("RECON") && head.contains("TOKEN")));
    stage.keys("w");
    assert!(stage.screen().contains("columns as chosen"));
    assert_eq!(head(&stage), chosen);
}

#[test]
fn a_user_whom_the_answers_leave_out_is_told_of_in_whole_sentences() {
    let mut stage = Stage::new((80, 24), 3, vec![Entry::of("alice")]);
    stage.answer(0, vec![("alice", UserStatus::Missing)]);
    stage.keys("j<Enter>");
    let screen = stage.screen();
    assert!(screen.contains("the server answers but leaves this user out"), "{screen}");
    assert!(screen.contains("check the ID; yr copies the request, to ask by hand"), "{screen}");
    assert!(screen.contains("since       not known yet"), "{screen}");
    stage.send(Msg::Resize(40, 24));
    assert!(stage.screen().contains("the server answers but") && stage.screen().contains("user out"));
}

#[test]
fn a_list_that_is_cut_says_how_much_more_there_is() {
    let mut stage = suspect((80, 24));
    stage.keys(":");
    let screen = stage.screen();
    assert!(
        screen.lines().any(|line| line.trim_start().starts_with('+') && line.contains(" more")),
        "{screen}"
    );
    stage.keys("goto");
    assert!(!stage.screen().contains(" more\n"), "{}", stage.screen());
}
