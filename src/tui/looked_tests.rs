//! Nothing that comes in, and no frame, looks at more users because the list is longer.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::view::{Colour, Theme, view};
use super::{Effect, Model, Msg, Screen, Start, View, update};
use crate::engine::About;
use crate::fed::Fed;
use crate::kit::{at, observed, online};
use crate::presence::looked::during;
use crate::presence::{
    Answer, Answered, Batch, Entry, Freshness, Input, Observation, Platform, Question, Roster, RuleSettings,
    State, Thresholds, UserIx, UserStatus, WatchList, Witnesses, Word,
};

/// A list of so many users, all of them offline, just answered.
fn begin(users: u32) -> State {
    let list = Arc::new(WatchList::new(1, 500, (0..users).map(|user| Entry::of(&format!("user_{user}")))));
    let witnesses = Witnesses::to_be_asked(true, false);
    let roster = Roster::new(Arc::clone(&list), Freshness::for_interval(60_000), at(0))
        .with_witnesses(witnesses, Thresholds::default());
    let mut known = roster.state();
    let answered = Some(Answered { sent: at(0), received: at(0) });
    known.batches = (0..list.batches()).map(|_| Batch { answered, ..Batch::default() }).collect();
    known.words = (0..users).map(|_| Word::Offline).collect();
    let roster = Roster::restore(list, known).unwrap();
    State::new(roster, RuleSettings::default(), at(0)).asked_every(60_000)
}

/// How many users are looked at for each of several things that happen to a list of so many.
fn looked_at(users: u32) -> Vec<(&'static str, u64)> {
    let mut fed = Fed::live(About::default(), begin(users));
    let mut model = Model::new(Start::new((120, 40)), fed.shown());
    let theme = Theme::new(Colour::None, false);
    let area = Rect::new(0, 0, 120, 40);
    // The rows are put in order before anything is counted.
    for _ in 0..10_000 {
        let effects = update(&mut model, fed.shown(), Msg::Tick);
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Index(_))));
        if !model.rows.is_unfinished() {
            break;
        }
    }
    let mut looked = Vec::new();
    let sockets = |answer: Answer, ms| Observation { sent: at(ms - 10), ..observed(at(ms), Ok(answer)) };
    let registry = |on: &[Platform], ms| Observation {
        question: Question::UsersStatus,
        users: Arc::new([UserIx(0)]),
        ..sockets(Answer::Registry(vec![(UserIx(0), on.into())]), ms)
    };
    let one = |status| Answer::Changed(vec![(UserIx(0), status)]);
    for (what, ms, seen) in [
        ("nothing changed", 1_000, Some(sockets(Answer::Same, 1_000))),
        ("one is online", 2_000, Some(sockets(one(online("a")), 2_000))),
        ("time passes", 3_000, None),
        ("one is left out", 4_000, Some(sockets(one(UserStatus::Offline), 4_000))),
        ("the registry disagrees", 4_600, Some(registry(&[Platform(2)], 4_600))),
        ("the registry agrees", 5_100, Some(registry(&[], 5_100))),
        ("time passes again", 9_000, None),
    ] {
        let (news, count) = during(|| match seen {
            Some(seen) => fed.take(at(ms), Input::Observed(seen)),
            None => fed.pass(at(ms)),
        });
        looked.push((what, count));
        let ((), count) = during(|| {
            update(&mut model, fed.shown(), Msg::Updated(news));
            view(View { model: &model, shown: fed.shown() }, &theme, area, &mut Buffer::empty(area));
        });
        looked.push(("its frame", count));
    }
    looked
}

#[test]
fn as_many_users_are_looked_at_on_a_list_of_a_million_as_on_one_of_a_thousand() {
    let (short, long) = (looked_at(1_000), looked_at(1_000_000));
    assert_eq!(short, long);
    let most = short.iter().map(|(_, count)| *count).max();
    assert!(short.iter().all(|(what, count)| *what != "one is online" || *count > 0), "it counts: {short:?}");
    assert!(most < Some(900), "{short:?}");
}

#[test]
fn the_overview_and_its_map_look_at_nobody() {
    let fed = Fed::live(About::default(), begin(1_000_000));
    let mut model = Model::new(Start { overview_from: Some(200), ..Start::new((120, 40)) }, fed.shown());
    let theme = Theme::new(Colour::None, false);
    let area = Rect::new(0, 0, 120, 40);
    for key in [KeyCode::Down, KeyCode::Right, KeyCode::Down, KeyCode::Tab, KeyCode::Down] {
        let ((), count) = during(|| {
            update(&mut model, fed.shown(), Msg::Key(KeyEvent::from(key)));
            view(View { model: &model, shown: fed.shown() }, &theme, area, &mut Buffer::empty(area));
        });
        assert!(matches!(model.screen(), Screen::Overview(_)));
        assert!(count <= 20, "{key:?}: {count}");
    }
}

#[test]
fn the_next_problem_is_found_without_looking_at_everybody_between() {
    let looked = [10_000, 1_000_000].map(|users| {
        let mut fed = Fed::live(About::default(), begin(users));
        let mut model = Model::new(Start::new((120, 40)), fed.shown());
        // The user in the last row but two is left out of the answer.
        let left_out = UserIx(users - 3);
        let answer = Answer::Changed(vec![(left_out, UserStatus::Missing)]);
        let batch = fed.session.state().roster().list().batch_of(left_out);
        let seen = Observation { sent: at(990), batch, ..observed(at(1_000), Ok(answer)) };
        let update_of = fed.take(at(1_000), Input::Observed(seen));
        update(&mut model, fed.shown(), Msg::Updated(update_of));
        [('n', Some(left_out)), ('N', Some(left_out))].map(|(key, to)| {
            model.cursor = None;
            let ((), count) = during(|| {
                update(&mut model, fed.shown(), Msg::Key(KeyEvent::from(KeyCode::Char(key))));
            });
            assert_eq!(model.cursor.as_ref().map(|cursor| cursor.user), to, "{key}");
            count
        })
    });
    assert_eq!(looked[0], looked[1]);
}
