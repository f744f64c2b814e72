//! Going through time: back through the last minutes of a run, and through a recording. The session goes;
//! here is what keys mean for it, and what they say where there is no way.

use crate::engine::Command;
use crate::presence::{Severity, WatchList, When};
use crate::say;

use super::action::Action;
use super::change::{adopt_list, hint};
use super::message::Effect;
use super::model::{View, ViewMut};

/// Does what an action means for time; `None` where it means nothing of the kind.
pub(super) fn perform(model: &mut ViewMut<'_>, action: Action) -> Option<Vec<Effect>> {
    let (playing, markers) = (model.shown.playing, model.shown.markers);
    // Whoever presses a key again before the first was followed wants to go twice as far.
    let at = playing.and_then(|it| it.bound_for).unwrap_or(model.shown.now.mono_ms);
    Some(match action {
        Action::StepBack => match markers.round_before(at) {
            Some(target) => vec![go(target)],
            None => told(model, say!("nothing is known from before")),
        },
        Action::StepForward => match markers.round_after(at) {
            Some(target) if playing.is_some() || model.shown.is_held => vec![go(target)],
            _ => forward_end(model, Ahead::Round),
        },
        Action::PreviousIncident => to_incident(model, false, at),
        Action::NextIncident => to_incident(model, true, at),
        Action::Live if playing.is_some() || model.shown.is_held => vec![command(Command::Release)],
        Action::Live => told(model, say!("this is live")),
        Action::Record if playing.is_some() => told(model, say!("this is a recording already")),
        Action::Record => vec![command(Command::Record(None))],
        Action::Pause => {
            let stands = playing.map_or(model.shown.is_held, |playing| !playing.runs);
            vec![command(if stands { Command::Release } else { Command::Hold })]
        }
        Action::Slower | Action::Faster if playing.is_some() => {
            vec![command(Command::Speed(action == Action::Slower))]
        }
        Action::PollNow if playing.is_some() => told(model, say!("nobody is asked in a replay")),
        _ => return None,
    })
}

fn command(command: Command) -> Effect {
    Effect::Command(command)
}

fn go(target_ms: u64) -> Effect {
    command(Command::GoTo(target_ms))
}

/// Says something instead of going anywhere.
fn told(model: &mut ViewMut<'_>, words: &str) -> Vec<Effect> {
    hint(model, words);
    Vec::new()
}

fn to_incident(model: &mut ViewMut<'_>, forward: bool, at: u64) -> Vec<Effect> {
    let markers = model.shown.markers;
    let found = if forward { markers.incident_after(at) } else { markers.incident_before(at) };
    match found {
        Some(incident) => {
            let (what, target) = (&incident.what, incident.at.mono_ms);
            let words = match incident.severity {
                Severity::Critical => say!("incident: critical: {what}", what),
                _ => say!("incident: {what}", what),
            };
            hint(model, words);
            vec![go(target)]
        }
        None if forward => forward_end(model, Ahead::Incident),
        None => told(model, say!("no incident before this")),
    }
}

/// What is looked for ahead.
#[derive(Clone, Copy)]
enum Ahead {
    Round,
    Incident,
}

/// There is nothing of the kind ahead.
fn forward_end(model: &mut ViewMut<'_>, what: Ahead) -> Vec<Effect> {
    let playing = model.shown.playing;
    let reading = playing.map(|playing| playing.read).filter(|read| *read < 100);
    let words = match (what, reading) {
        (Ahead::Round, Some(read)) => {
            say!("no round ahead so far: {read} % of the recording have been read", read)
        }
        (Ahead::Incident, Some(read)) => {
            say!("no incident ahead so far: {read} % of the recording have been read", read)
        }
        (Ahead::Round, None) if playing.is_some() => {
            say!("no round after this: the recording ends").to_owned()
        }
        (Ahead::Incident, None) if playing.is_some() => {
            say!("no incident after this: the recording ends").to_owned()
        }
        (Ahead::Round, None) if model.shown.is_held => {
            say!("no round after this; . goes back to now").to_owned()
        }
        (Ahead::Incident, None) if model.shown.is_held => {
            say!("no incident after this; . goes back to now").to_owned()
        }
        (_, None) => say!("this is now").to_owned(),
    };
    told(model, &words)
}

/// Goes to the moment that somebody named.
///
/// # Errors
/// It is none, or outside of what there is.
pub(super) fn go_to(model: View<'_>, text: &str) -> Result<Effect, String> {
    let when = When::parse(text)?;
    let span = match model.shown.playing {
        Some(playing) => Some((playing.begin, playing.end)),
        None => model.shown.markers.span().map(|(begin, _)| (begin, model.shown.live_now)),
    };
    let (begin, end) = span.ok_or_else(|| say!("nothing is known yet"))?;
    let unread = || model.shown.unread.cloned().unwrap_or_default();
    when.within(begin, end, &model.zone, unread).map(go)
}

/// Makes everything anew that was made from another moment.
pub(super) fn turn(model: &mut ViewMut<'_>, before: &WatchList) {
    model.stale_batches.clear();
    model.screen.forget();
    if let Some(pane) = &mut model.pane {
        pane.forget();
    }
    adopt_list(model, before);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;
    use crate::engine::{About, Markers, Playing};
    use crate::fed::Fed;
    use crate::kit::{at, observed};
    use crate::presence::{
        Answer, Entry, FetchError, Freshness, Input, Observation, Roster, RuleSettings, State, Update,
        UserIx, UserStatus, WatchList,
    };
    use crate::tui::{Model, Msg, Start, update};

    fn begin() -> State {
        let list = Arc::new(WatchList::new(1, 500, [Entry::of("alice")]));
        State::new(Roster::new(list, Freshness::for_interval(2_000), at(0)), RuleSettings::default(), at(0))
    }

    fn input(ms: u64, answer: Result<Answer, FetchError>) -> Input {
        Input::Observed(Observation { sent: at(ms.saturating_sub(10)), ..observed(at(ms), answer) })
    }

    /// Rounds at 1, 3, 5 and 7 s; that of 5 s is an incident.
    fn inputs() -> [Input; 4] {
        let offline = Answer::Changed(vec![(UserIx(0), UserStatus::Offline)]);
        [
            input(1_000, Ok(offline)),
            input(3_000, Ok(Answer::Same)),
            input(5_000, Err(FetchError::Timeout { after_ms: 5 })),
            input(7_000, Ok(Answer::Same)),
        ]
    }

    /// A screen and its session.
    struct Screen {
        fed: Fed,
        model: Model,
    }

    impl Screen {
        fn of(fed: Fed) -> Screen {
            let model = Model::new(Start::new((100, 30)), fed.shown());
            Screen { fed, model }
        }

        fn view(&self) -> View<'_> {
            View { model: &self.model, shown: self.fed.shown() }
        }

        fn update(&mut self, news: Update) {
            update(&mut self.model, self.fed.shown(), Msg::Updated(news));
        }

        fn goes_to(&self, text: &str) -> Result<Effect, String> {
            go_to(self.view(), text)
        }

        /// What follows from a key, and what is said.
        fn press(&mut self, c: char) -> (Vec<Effect>, String) {
            self.model.toast = None;
            let key = Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
            let effects = update(&mut self.model, self.fed.shown(), key);
            (effects, self.model.toast.take().map(|toast| toast.text).unwrap_or_default())
        }

        fn command(&mut self, command: &Command) {
            let news = self.fed.command(command);
            self.update(news);
        }
    }

    fn empty() -> Screen {
        Screen::of(Fed::live(About::default(), begin()))
    }

    fn live() -> Screen {
        let mut screen = empty();
        for (round, input) in (0..).zip(inputs()) {
            let news = screen.fed.take(at(1_000 + round * 2_000), input);
            screen.update(news);
        }
        screen
    }

    /// A replay that stands at a moment, of a recording of which so much was looked through.
    fn replay(ms: u64, read: u8) -> Screen {
        let (mut state, mut markers) = (begin(), Markers::default());
        let mut there = begin();
        let known = if read < 100 { 2 } else { 4 };
        for (round, input) in (0..).zip(inputs()) {
            let now = at(1_000 + round * 2_000);
            let news = state.take(now, &input);
            if round < known {
                markers.note(Some(&input), &news, &state);
            }
            if now.mono_ms <= ms {
                there.take(now, &input);
            }
        }
        there.advance(at(ms));
        let playing = Playing { begin: at(0), end: at(9_000), speed: 1.0, runs: true, read, bound_for: None };
        let mut screen = Screen::of(Fed::played(About::default(), begin(), playing, markers));
        let news = screen.fed.arrive(there);
        screen.update(news);
        screen
    }

    fn goes(target: u64, words: &str) -> (Vec<Effect>, String) {
        (vec![go(target)], words.to_owned())
    }

    fn says(words: &str) -> (Vec<Effect>, String) {
        (Vec::new(), words.to_owned())
    }

    fn does(effect: Effect) -> (Vec<Effect>, String) {
        (vec![effect], String::new())
    }

    #[test]
    fn before_anything_is_known_there_is_nowhere_to_go() {
        let mut model = empty();
        assert_eq!(model.press('['), says("nothing is known from before"));
        assert_eq!(model.press('{'), says("no incident before this"));
        assert_eq!(model.press(']'), says("this is now"));
        assert_eq!(model.press('}'), says("this is now"));
        assert_eq!(model.press('.'), says("this is live"));
        assert_eq!(model.press('R'), does(command(Command::Record(None))));
        assert!(!model.view().is_in_past() && model.view().strip().is_none());
    }

    #[test]
    fn the_live_view_goes_back_round_by_round_and_comes_back() {
        let mut model = live();
        assert_eq!(model.press('['), goes(5_000, ""));
        assert_eq!(model.press('{'), goes(5_000, "incident: timed out"));
        model.command(&Command::GoTo(5_000));
        assert!(model.view().is_in_past());
        assert_eq!(
            model.view().strip().map(|strip| (strip.from, strip.at, strip.to)),
            Some((at(0), at(5_000), at(7_000)))
        );
        assert_eq!(model.press('['), goes(3_000, ""));
        assert_eq!(model.press(']'), goes(7_000, ""));
        assert_eq!(model.press('{'), says("no incident before this"));
        assert_eq!(model.press('}'), says("no incident after this; . goes back to now"));
        model.command(&Command::GoTo(7_000));
        assert_eq!(model.press(']'), says("no round after this; . goes back to now"));
        model.command(&Command::GoTo(1_000));
        assert_eq!(model.press('['), says("nothing is known from before"));
        assert_eq!(model.press('}'), goes(5_000, "incident: timed out"));
        assert_eq!(model.press('.'), does(command(Command::Release)));
        model.command(&Command::Release);
        assert!(!model.view().is_in_past() && model.view().strip().is_none());
        assert_eq!(model.press('.'), says("this is live"));
    }

    #[test]
    fn in_a_replay_keys_steer_the_recording() {
        for (key, then) in [
            ('[', goes(1_000, "")),
            (']', goes(5_000, "")),
            ('}', goes(5_000, "incident: timed out")),
            ('{', says("no incident before this")),
        ] {
            assert_eq!(replay(3_000, 100).press(key), then);
        }
        let mut model = replay(7_000, 100);
        for target in [5_000, 3_000, 1_000] {
            assert_eq!(model.press('['), goes(target, ""), "on the way already");
            let news = model.fed.play(|playing| playing.bound_for = Some(target));
            model.update(news);
        }
        assert_eq!(model.press('['), says("nothing is known from before"));
        assert_eq!(model.press(']'), goes(3_000, ""));
        assert_eq!(model.press(' '), does(command(Command::Hold)));
        assert_eq!(model.press('.'), does(command(Command::Release)));
        assert_eq!(model.press('+'), does(command(Command::Speed(true))));
        assert_eq!(model.press('-'), does(command(Command::Speed(false))));
        assert_eq!(model.press('R'), says("this is a recording already"));
        assert_eq!(model.press('r'), says("nobody is asked in a replay"));
        let mut end = replay(9_000, 100);
        assert_eq!(end.press(']'), says("no round after this: the recording ends"));
        assert_eq!(end.press('}'), says("no incident after this: the recording ends"));
        assert_eq!(end.press('['), goes(7_000, ""));
    }

    #[test]
    fn how_often_the_server_was_asked_is_part_of_the_past_that_is_played() {
        let mut model = replay(3_000, 100);
        let mut there = begin().asked_every(10_000);
        there.advance(at(3_000));
        let news = model.fed.arrive(there);
        model.update(news);
        assert_eq!(model.view().shown.interval_ms, 10_000);
    }

    #[test]
    fn words_that_pass_stand_on_where_a_replay_arrives() {
        for (from, to, key) in [(3_000, 9_000, '}'), (9_000, 1_000, '{')] {
            let mut screen = replay(from, 100);
            update(&mut screen.model, screen.fed.shown(), Msg::Key(KeyCode::Char(key).into()));
            let mut there = begin();
            there.advance(at(to));
            let news = screen.fed.arrive(there);
            screen.update(news);
            assert_eq!(
                screen.model.toast.as_ref().map(|toast| toast.text.as_str()),
                Some("incident: timed out")
            );
        }
    }

    #[test]
    fn while_a_recording_is_looked_through_what_is_ahead_is_not_known_yet() {
        let mut model = replay(3_000, 40);
        let so_far = "ahead so far: 40 % of the recording have been read";
        assert_eq!(model.press(']'), says(&format!("no round {so_far}")));
        assert_eq!(model.press('}'), says(&format!("no incident {so_far}")));
        assert_eq!(model.press('['), goes(1_000, ""), "what is behind is");
    }

    #[test]
    fn a_time_is_one_of_the_recording_or_of_the_run() {
        let model = replay(3_000, 100);
        assert_eq!(model.goes_to("+5s"), Ok(go(5_000)));
        assert_eq!(model.goes_to("-5s"), Ok(go(4_000)));
        assert_eq!(model.goes_to("12:00:02"), Ok(go(2_000)));
        assert!(
            model.goes_to("+1h").unwrap_err().contains("from 2026-12-28 12:00:00 to 2026-12-28 12:00:09")
        );
        assert!(model.goes_to("noon").unwrap_err().starts_with("expected a time of day"));
        let live = live();
        assert_eq!(live.goes_to("-2s"), Ok(go(5_000)));
        assert_eq!(live.goes_to("+2s"), Ok(go(3_000)), "from the first answer");
        let empty = empty();
        assert_eq!(empty.goes_to("+1s"), Err("nothing is known yet".to_owned()));
    }
}
