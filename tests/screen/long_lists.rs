//! Filtering, sorting and moving about in a list that is too long to be put in order at one key: it is done in
//! slices, and what was shown before stays until the last of them.

use crate::stage::{Stage, named};
use imtop::listing::{Index, Rows, SortColumn};
use imtop::presence::query::Query;
use imtop::presence::{Entry, Input, UserIx, UserStatus, WatchList};
use imtop::tui::{Effect, Msg};

/// Longer than two slices.
const USERS: u32 = 50_000;
const BATCH: u32 = 10_000;

fn id(user: u32) -> String {
    format!("u{user:05}")
}

/// Everybody is answered for: every tenth is online, batch by batch.
fn stage() -> Stage {
    let entries = (0..USERS).map(|user| {
        // Labels are in another order than the list.
        named(&id(user), &format!("desk {:05}", (user * 7_919) % USERS), "")
    });
    let mut stage = Stage::new((100, 24), BATCH, entries.collect());
    for batch in 0..USERS / BATCH {
        answer(&mut stage, batch, |user| user.is_multiple_of(10));
    }
    stage
}

fn answer(stage: &mut Stage, batch: u32, is_online: impl Fn(u32) -> bool) {
    let users: Vec<(u32, String)> =
        (batch * BATCH..(batch + 1) * BATCH).map(|user| (user, id(user))).collect();
    let status = |user: u32| if is_online(user) { UserStatus::Online(vec![]) } else { UserStatus::Offline };
    stage.answer(batch, users.iter().map(|(user, id)| (id.as_str(), status(*user))).collect());
}

/// What has to be worked out beside the view, if that was asked for with the last message.
fn index(stage: &Stage) -> Option<Index> {
    stage.effects.iter().find_map(|effect| match effect {
        Effect::Index(index) => Some(*index),
        _ => None,
    })
}

/// Works it out of the list that is shown, as the thread beside the view does.
fn indexed(stage: &mut Stage, index: Index) {
    let list = std::sync::Arc::clone(stage.view().shown.state.roster().list());
    let indexed = index.of(&list);
    stage.send(Msg::Indexed(list, indexed));
}

/// Ticks as the loop sends them, until everything is in order; how many there were.
fn finish(stage: &mut Stage) -> u32 {
    for ticks in 0..20 {
        if let Some(index) = stage.model.rows.wanted() {
            indexed(stage, index);
        } else if stage.model.is_unfinished() {
            stage.send(Msg::Tick);
        } else {
            assert_eq!(stage.model.rows.progress(), None);
            return ticks;
        }
    }
    panic!("it never ends: {:?} %", stage.model.rows.progress());
}

fn shown(stage: &Stage, row: usize) -> Option<u32> {
    stage.model.rows.user_at(row).map(|user| user.0)
}

/// The selected user is in a row, and the screen can be drawn.
fn is_sound(stage: &Stage) {
    stage.screen();
    if let Some(cursor) = &stage.model.cursor {
        assert!(stage.model.rows.row_of(cursor.user).is_some(), "{cursor:?} is in no row");
    }
}

#[test]
fn a_letter_of_a_filter_shows_at_once_and_its_rows_when_they_are_there() {
    let mut stage = stage();
    stage.keys("/state=online");
    let screen = stage.screen();
    assert!(screen.contains("filter: state=online"), "{screen}");
    assert!(screen.contains("putting 50000 users in order 40 %"), "{screen}");
    assert_eq!(stage.model.rows.len(), USERS as usize, "what was shown stays");
    stage.send(Msg::Tick);
    assert!(stage.screen().contains("putting 50000 users in order 80 %"));
    assert_eq!(finish(&mut stage), 1);
    assert_eq!(stage.model.rows.len(), 5_000);
    assert!(stage.screen().contains("5000 of 50000"));
    is_sound(&stage);
}

#[test]
fn words_are_looked_for_when_all_names_are_in_one_text() {
    let mut stage = stage();
    stage.keys("/desk 0000");
    assert_eq!(index(&stage), None, "it was asked for with the first letter");
    assert!(stage.screen().contains("putting 50000 users in order 0 %"));
    indexed(&mut stage, Index::Names);
    finish(&mut stage);
    assert_eq!(stage.model.rows.len(), 23, "{}", stage.screen());
    stage.keys("7");
    finish(&mut stage);
    assert_eq!(stage.model.rows.len(), 2, "{}", stage.screen());
    is_sound(&stage);
}

#[test]
fn how_far_another_order_is_shows_without_a_filter_too() {
    let mut stage = stage();
    stage.keys(":sort label<Enter>");
    assert_eq!(stage.model.rows.progress(), Some(0));
    let screen = stage.screen();
    assert!(screen.contains("sorted by label"), "{screen}");
    assert!(screen.contains("0 % in order"), "{screen}");
    assert_eq!(index(&stage), Some(Index::Ranks(imtop::listing::ColumnName::Label)));
    finish(&mut stage);
    let label = |row| stage.live().list().label(UserIx(shown(&stage, row).unwrap())).unwrap().to_owned();
    assert_eq!((label(0).as_str(), label(49_999).as_str()), ("desk 00000", "desk 49999"));
    assert!(!stage.screen().contains("in order"));
    stage.keys(":sort presence<Enter>");
    let screen = stage.screen();
    assert!(screen.contains("40 % in order"), "{screen}");
    stage.keys("<Esc>");
    finish(&mut stage);
    is_sound(&stage);
}

#[test]
fn keys_work_on_what_is_shown_while_rows_are_made() {
    let mut stage = stage();
    for narrows in ["/state=online<Enter>", ":sort presence<Enter>", "!", ":sort label<Enter>"] {
        stage.keys(narrows);
        assert!(stage.model.rows.progress().is_some(), "{narrows}");
        for key in [
            "n", "N", "G", "g", "g", "j", "m", "M", "M", "<PgDn>", "<Ctrl-d>", "zR", "zM", "P", "P", "t",
            "<Enter>", "<Esc>",
        ] {
            stage.keys(key);
            is_sound(&stage);
        }
        finish(&mut stage);
        is_sound(&stage);
        stage.keys("<Esc><Esc><Esc>!!");
        finish(&mut stage);
    }
}

#[test]
fn going_to_a_user_while_rows_are_made_selects_that_user_and_the_making_ends() {
    let mut stage = stage();
    stage.keys(":sort presence<Enter>/state=online<Enter>");
    finish(&mut stage);
    stage.keys(":goto u40001<Enter>");
    let selected = |stage: &Stage| stage.model.cursor.as_ref().map(|cursor| cursor.user.0);
    assert_eq!(selected(&stage), Some(40_001), "{}", stage.screen());
    is_sound(&stage);
    finish(&mut stage);
    assert_eq!((selected(&stage), stage.model.rows.len()), (Some(40_001), USERS as usize));
    is_sound(&stage);
}

#[test]
fn who_was_selected_while_rows_were_made_is_not_left_among_them() {
    let mut stage = stage();
    stage.keys(":goto u00001<Enter>/state=online<Enter>");
    assert!(stage.model.rows.progress().is_some());
    stage.keys("jjj");
    stage.answer(0, vec![("u00020", UserStatus::Offline)]);
    finish(&mut stage);
    let selected = stage.model.cursor.as_ref().unwrap().user;
    stage.keys("gg");
    assert_ne!(stage.model.cursor.as_ref().unwrap().user, selected);
    for row in 0..stage.model.rows.len() {
        let user = shown(&stage, row).unwrap();
        assert!(user.is_multiple_of(10) && user != 20, "{user} is not online");
    }
    assert_eq!((stage.model.rows.len(), stage.model.rows.matching()), (4_999, 4_999));
}

#[test]
fn every_order_made_in_slices_is_the_one_made_at_once_whatever_changes_meanwhile() {
    let mut stage = stage();
    let mut random = fastrand::Rng::with_seed(14);
    for name in SortColumn::names() {
        stage.keys(&format!(":sort {name}<Enter>"));
        let asked = stage.model.rows.sort();
        for _ in 0..2 {
            let users: Vec<String> = (0..50).map(|_| id(random.u32(..BATCH))).collect();
            let status = |on: bool| if on { UserStatus::Online(vec![]) } else { UserStatus::Offline };
            stage.answer(0, users.iter().map(|user| (user.as_str(), status(random.bool()))).collect());
            stage.wait(10);
        }
        finish(&mut stage);
        let (knowledge, now) = (stage.fed.session.state().knowledge(), stage.now);
        let whole = Rows::of(knowledge, now, asked, Query::default());
        let rows = |rows: &Rows| (0..USERS as usize).map(|row| rows.user_at(row)).collect::<Vec<_>>();
        assert!(rows(&stage.model.rows) == rows(&whole), "{name}");
        is_sound(&stage);
    }
}

#[test]
fn another_list_in_the_midst_begins_anew() {
    let mut stage = stage();
    stage.keys(":sort label<Enter>");
    let old = std::sync::Arc::clone(stage.live().list());
    let ranks = Index::Ranks(imtop::listing::ColumnName::Label).of(&old);
    stage.keys("G");
    let others = (1..USERS).map(|user| Entry::of(&id(user)));
    stage.input(Input::Rebased(std::sync::Arc::new(WatchList::new(2, BATCH, others))));
    is_sound(&stage);
    stage.send(Msg::Indexed(old, ranks));
    assert!(stage.model.rows.progress().is_some(), "what was worked out of another list is of no use");
    finish(&mut stage);
    is_sound(&stage);
}

#[test]
fn a_picture_that_stands_is_put_in_order_as_it_stands() {
    let mut stage = stage();
    stage.keys(" /state=online<Enter>");
    for batch in 0..USERS / BATCH {
        stage.wait(10);
        answer(&mut stage, batch, |_| true);
    }
    finish(&mut stage);
    assert_eq!(stage.model.rows.len(), 5_000, "as it was when it was paused");
    is_sound(&stage);
    stage.keys("<Esc>/state=offline<Enter> ");
    finish(&mut stage);
    assert_eq!(stage.model.rows.len(), usize::from(stage.model.cursor.is_some()), "{}", stage.screen());
    is_sound(&stage);
}
