//! Real answers through a real client and the roster: what the rules find in them.

use std::sync::Arc;

use crate::common::server::{Server, json};
use crate::common::{ADMIN_TOKEN, ask, fixture, options, watch};
use crate::kit::{observed, online};
use imtop::openim::{Client, DeltaDecoder, Options, known_secrets};
use imtop::presence::{
    Answer, Change, Entry, Event, Findings, Freshness, Hints, Input, Knowledge, Logins, Moment, Observation,
    OperationId, Platform, Presence, Question, Roster, Rule, RuleSettings, Severity, State, Thresholds,
    UnknownReason, UserIx, UserStatus, WatchList, Witnesses,
};

/// When the answers were recorded, about: unix seconds.
const RECORDED: i64 = 1_795_413_200;

fn at(mono_ms: u64) -> Moment {
    Moment { mono_ms, unix_ms: RECORDED * 1_000 + mono_ms as i64 }
}

/// What is known after this answer at the first moment.
async fn seen(name: &str, ids: &[&str], change: impl FnOnce(&mut Options)) -> Knowledge {
    let server = Server::start([json(fixture(name))]).await;
    let mut options = options(&server.url());
    change(&mut options);
    let client = Client::new(options).expect("a client");
    let list = Arc::new(watch(ids));
    let fetched = ask(&client, &list, &mut DeltaDecoder::default()).await;
    let roster = Roster::new(Arc::clone(&list), Freshness::FOR_EVER, at(0));
    let mut knowledge = Knowledge::new(roster, RuleSettings::default());
    knowledge.apply(&Observation {
        generation: list.generation(),
        operation_id: fetched.operation_id,
        wire_bytes: fetched.wire_bytes,
        oddities: fetched.oddities,
        ..observed(at(0), fetched.answer)
    });
    knowledge
}

fn words(findings: &Findings, user: u32) -> Vec<String> {
    findings.of(UserIx(user)).iter().map(|finding| finding.evidence.words(RECORDED)).collect()
}

#[tokio::test]
async fn tokens_of_a_server_with_the_shipped_secret_are_found_out_where_that_is_asked_for() {
    let users = ["user_001", "user_002"];
    let found =
        async |secrets| seen("online.json", &users, |options| options.secrets = secrets).await.findings;
    let asked = found(known_secrets(None).unwrap()).await;
    let signed = "the token is signed with a secret that others know";
    assert_eq!(words(&asked, 0), [format!("Windows: {signed}"), format!("Android: {signed}")]);
    assert_eq!(asked.count_of(Rule::DefaultSecret), asked.len());
    assert!(found(Vec::new()).await.is_empty(), "nobody asked");
    assert!(found(vec!["another".into()]).await.is_empty());
    let shown = format!("{asked:?}");
    let parts = ADMIN_TOKEN.split('.').next().unwrap();
    assert!(!shown.contains(parts) && !shown.contains("openIM123"));
}

#[tokio::test]
async fn a_shared_token_is_found_when_it_has_lasted() {
    let body = fixture("shared_token.json");
    let id = body.split("\"userID\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let mut knowledge = seen("shared_token.json", &[&id], |_| ()).await;
    let shared = |knowledge: &Knowledge| knowledge.findings.count_of(Rule::TokenShared);
    let mut due = 0;
    while shared(&knowledge) == 0 {
        due = knowledge.findings.next_change().expect("it may last");
        knowledge.advance(at(due));
    }
    assert_eq!((due, shared(&knowledge)), (45_000, 1));
    let words = words(&knowledge.findings, 0);
    assert!(words[0].ends_with(" on 2 connections"), "{words:?}");
}

/// A run on so many users whose registry is asked, too.
struct Run {
    state: State,
    users: u32,
}

impl Run {
    fn of(users: u32) -> Run {
        let list = Arc::new(WatchList::new(1, 500, (0..users).map(|it| Entry::of(&format!("u{it}")))));
        let roster = Roster::new(list, Freshness::for_interval(2_000), at(0))
            .with_witnesses(Witnesses::to_be_asked(true, false), Thresholds::default());
        Run { state: State::new(roster, RuleSettings::default(), at(0)), users }
    }

    fn take(&mut self, ms: u64, question: Question, answer: Answer) {
        self.take_with(ms, question, answer, Logins::default());
    }

    fn take_with(&mut self, ms: u64, question: Question, answer: Answer, logins: Logins) {
        let observation = Observation {
            question,
            users: (0..self.users).map(UserIx).collect(),
            operation_id: OperationId(format!("op{ms}").into()),
            hints: Some(Arc::new(Hints { logins, ..Hints::default() })),
            ..observed(at(ms), Ok(answer))
        };
        self.state.take(at(ms), &Input::Observed(observation));
    }

    /// The sockets show those users with an Android connection each, and nobody else.
    fn sockets(&mut self, ms: u64, shown: impl Fn(u32) -> bool) {
        let status = |user: u32| {
            if shown(user) { online(&format!("c{user}")) } else { UserStatus::Offline }
        };
        let all = (0..self.users).map(|user| (UserIx(user), status(user))).collect();
        self.take(ms, Question::OnlineStatus, Answer::Changed(all));
    }

    /// The registry has those users online on Android, and nobody else.
    fn registry(&mut self, ms: u64, online: impl Fn(u32) -> bool) {
        let platforms =
            |user: u32| if online(user) { Box::from([Platform(2)]) } else { Box::<[Platform]>::default() };
        let all = (0..self.users).map(|user| (UserIx(user), platforms(user))).collect();
        self.take(ms, Question::UsersStatus, Answer::Registry(all));
    }

    fn findings(&self) -> &Findings {
        &self.state.knowledge().findings
    }

    /// The changes of presence that the timeline tells of a user, oldest first, and whether each was
    /// taken back.
    fn told(&self, user: &str) -> Vec<(Presence, Presence, bool)> {
        let mut told: Vec<_> = self
            .state
            .timeline()
            .of_user(user)
            .filter_map(|one| match &one.event {
                Event::Story(story) => Some((story, one.retracted > 0)),
                _ => None,
            })
            .filter_map(|(story, retracted)| match story.first().what {
                Change::Presence { from, to } => Some((from, to, retracted)),
                _ => None,
            })
            .collect();
        told.reverse();
        told
    }
}

const DOUBT: Presence = Presence::Unknown(UnknownReason::RegistryOnline);

#[test]
fn a_loss_of_view_is_found_by_time_alone_and_one_event_tells_how_it_ended() {
    let mut run = Run::of(10);
    run.sockets(1_000, |_| true);
    run.sockets(3_000, |user| user < 4);
    run.registry(3_010, |_| true);
    run.sockets(5_000, |user| user < 4);
    run.state.advance(at(7_999));
    assert!(run.findings().is_empty());
    run.state.advance(at(8_000));
    let loss = &run.findings().of_server()[0];
    assert_eq!((loss.rule, loss.since), (Rule::ViewLoss, at(8_000)));
    let words = loss.evidence.words(RECORDED);
    assert!(
        words.starts_with("6 of 10 online users (60 %) vanished from the API's answer at once (Android 6); "),
        "{words}"
    );
    assert!(words.contains("6 still online in Redis"), "{words}");
    assert_eq!(run.findings().len(), 1, "nothing else is wrong");

    run.sockets(9_000, |_| true);
    assert!(run.findings().is_empty(), "its users are told with it");
    let past = run.state.knowledge().history.of(UserIx(9));
    assert_eq!((past.flips(), past.happened().len()), (0, 2), "nothing had happened");
    let ended = run.state.timeline().groups().find_map(|group| match &group.event {
        Event::Finding { raised: false, text, .. } => Some(text.clone()),
        _ => None,
    });
    assert_eq!(
        ended.and_then(|text| text.words()).as_deref(),
        Some("over after 6s: of 6 users, 6 came back with the same connections")
    );
}

#[test]
fn who_was_called_offline_and_is_back_with_the_same_connection_is_false_offline_for_a_while() {
    let mut run = Run::of(10);
    run.sockets(1_000, |_| true);
    run.sockets(3_000, |user| user < 8);
    run.registry(3_010, |user| user < 8);
    run.sockets(9_000, |_| true);
    assert_eq!(run.findings().count_of(Rule::FalseOffline), 2);
    let words = run.findings().of(UserIx(9))[0].evidence.words(RECORDED);
    assert!(words.contains("called the user offline for 6.0s, and the same Android connection"), "{words}");
    run.state.take(at(9_500), &Input::Interval(4_000_000)); // nothing is asked any more
    run.state.advance(at(9_000 + 600_000 - 1));
    assert_eq!(run.findings().count_of(Rule::FalseOffline), 2);
    run.state.advance(at(9_000 + 600_000));
    assert!(run.findings().is_empty());
}

#[test]
fn an_entry_that_lives_on_is_a_ghost_after_a_minute_and_until_it_runs_out() {
    let mut run = Run::of(10);
    run.state.take(at(0), &Input::Interval(4_000_000)); // answers stay good
    run.sockets(1_000, |_| true);
    run.sockets(3_000, |user| user > 0);
    run.registry(3_010, |_| true);
    run.state.advance(at(62_999));
    assert_eq!(run.state.roster().presence(UserIx(0)), DOUBT);
    assert!(run.findings().is_empty());
    run.state.advance(at(63_000));
    assert_eq!(run.findings().count_of(Rule::Ghost), 1);
    assert_eq!(run.state.roster().presence(UserIx(0)), DOUBT);
    run.registry(90_000, |user| user > 0);
    assert!(run.findings().is_empty());
    assert_eq!(run.told("u0"), [(Presence::Online, DOUBT, false), (DOUBT, Presence::Offline, false)]);
}

#[test]
fn who_really_leaves_is_told_once_and_what_was_wrong_is_marked() {
    let mut run = Run::of(10);
    run.sockets(1_000, |_| true);
    run.sockets(3_000, |user| user > 1);
    run.registry(3_010, |_| true);
    run.registry(3_600, |user| user > 1);
    run.sockets(5_000, |user| user > 1);
    let gone = (Presence::Online, Presence::Offline);
    assert_eq!(run.told("u0"), [(gone.0, gone.1, false)]);
    // The registry had been wrong, too: the connection had been there.
    run.sockets(7_000, |user| user > 0);
    assert_eq!(run.told("u1"), [(gone.0, gone.1, true), (gone.1, gone.0, false)]);
    assert_eq!(run.told("u0"), [(gone.0, gone.1, false)]);
    let groups = run.state.timeline().groups().map(|group| (group.count, group.retracted));
    assert!(groups.collect::<Vec<_>>().contains(&(2, 1)));
    assert_eq!(run.findings().count_of(Rule::FalseOffline), 1);
}

#[test]
fn a_platform_that_only_the_registry_names_is_a_partial_view_when_it_lasts() {
    let mut run = Run::of(1);
    run.sockets(1_000, |_| true);
    let both: Box<[Platform]> = [Platform(2), Platform(3)].into();
    run.take(2_000, Question::UsersStatus, Answer::Registry(vec![(UserIx(0), both)]));
    run.state.advance(at(7_000));
    assert!(run.findings().is_empty(), "a time without answers hides nothing");
    run.sockets(7_100, |_| true);
    assert_eq!(run.findings().count_of(Rule::PartialView), 1);
    assert_eq!(run.state.roster().presence(UserIx(0)), Presence::Online);
    run.sockets(7_500, |_| true);
    run.registry(8_000, |_| true);
    assert!(run.findings().is_empty());
}

#[test]
fn somebody_whom_the_server_does_not_have_is_found() {
    let mut run = Run::of(2);
    run.sockets(1_000, |_| false);
    run.registry(1_010, |_| false);
    run.take(1_020, Question::AccountCheck, Answer::Unregistered(vec![UserIx(1)]));
    assert_eq!((run.findings().count_of(Rule::Unregistered), run.findings().len()), (1, 1));
    run.sockets(3_000, |user| user == 1);
    assert!(run.findings().is_empty(), "a connection proves more");
}

/// Users leave, and both sources say so.
fn leave(run: &mut Run, ms: u64, shown: impl Fn(u32) -> bool) {
    run.sockets(ms, &shown);
    run.registry(ms + 10, |_| true);
    run.registry(ms + 600, &shown);
}

fn mass(run: &Run) -> Option<String> {
    let mut found = run.findings().of_server().iter().filter(|it| it.rule == Rule::MassDisconnect);
    found.next().map(|finding| finding.evidence.words(RECORDED))
}

#[test]
fn many_who_leave_are_found_when_all_agree_and_until_they_are_back_for_two_minutes() {
    let mut run = Run::of(20);
    run.state.take(at(0), &Input::Interval(4_000_000)); // answers stay good
    run.sockets(1_000, |_| true);
    leave(&mut run, 3_000, |user| user >= 4);
    assert_eq!(mass(&run), None, "four, and a fifth");
    run.sockets(60_000, |user| user >= 9);
    run.registry(60_010, |_| true);
    assert_eq!(mass(&run), None, "nobody agrees yet");
    run.registry(60_600, |user| user >= 9);
    assert_eq!(mass(&run).unwrap(), "9 of 20 connected users (45 %) went offline within 59s, all on Android");
    let finding = run.findings().of_server()[0].clone();
    assert_eq!(finding.severity, Severity::Critical);
    // Two minutes after it is well again, and one finding all along.
    run.sockets(70_000, |user| user >= 3);
    run.sockets(80_000, |user| user >= 2);
    assert!(mass(&run).unwrap().ends_with("; 7 are back"), "{:?}", mass(&run));
    run.state.advance(at(70_000 + 119_999));
    assert_eq!(run.findings().of_server()[0].number, finding.number);
    run.state.advance(at(70_000 + 120_000));
    assert_eq!(mass(&run), None);
}

#[test]
fn who_does_not_come_back_is_old_news_ten_minutes_later() {
    let ends = |step: u64| {
        let mut run = Run::of(10);
        run.state.take(at(0), &Input::Interval(4_000_000));
        run.sockets(1_000, |_| true);
        leave(&mut run, 64_000, |user| user > 4);
        assert!(mass(&run).is_some());
        let mut ms = 65_000;
        while mass(&run).is_some() {
            ms += step;
            run.state.advance(at(ms));
        }
        ms
    };
    // From the end of the ten seconds in which they were last seen; it makes no difference who looks.
    assert_eq!(ends(1_000), 660_000 + 120_000);
    assert_eq!(ends(60_000), 65_000 + 12 * 60_000);
}

#[test]
fn who_is_unknown_or_off_the_list_has_not_left() {
    let mut run = Run::of(20);
    run.sockets(1_000, |_| true);
    run.state.advance(at(20_000));
    assert_eq!(run.state.roster().totals(at(20_000)).unknown, 20);
    assert_eq!(mass(&run), None, "too old");
    run.sockets(21_000, |user| user > 9);
    run.registry(21_010, |_| true);
    run.state.advance(at(26_500));
    assert_eq!((run.findings().count_of(Rule::ViewLoss), mass(&run)), (1, None), "lost from view");

    let mut run = Run::of(20);
    run.sockets(1_000, |_| true);
    let few = WatchList::new(2, 500, (0..8).map(|it| Entry::of(&format!("u{it}"))));
    run.state.take(at(3_000), &Input::Rebased(Arc::new(few)));
    run.state.advance(at(4_000));
    assert_eq!(mass(&run), None);
}

#[test]
fn many_who_leave_little_by_little_are_none() {
    let mut run = Run::of(100);
    run.state.take(at(0), &Input::Interval(4_000_000));
    run.sockets(1_000, |_| true);
    for minute in 1..=60 {
        leave(&mut run, minute * 60_000, |user| u64::from(user) >= minute);
        assert_eq!(mass(&run), None, "{minute}");
    }
}

#[test]
fn another_program_with_our_admin_id_is_found_with_the_next_answer() {
    let mut run = Run::of(1);
    run.sockets(1_000, |_| true);
    let displaced = Logins { made: 2, displaced: 1 };
    run.take_with(1_500, Question::OnlineStatus, Answer::Same, displaced);
    assert_eq!(run.findings().count_of(Rule::Observer), 1);
    run.sockets(2_000, |_| true);
    assert!(run.findings().is_empty());
}

impl Run {
    fn found(&self, rule: Rule) -> usize {
        self.findings().count_of(rule)
    }

    /// The sockets show everybody but those, with the connections of this opening; the registry agrees.
    fn opened(&mut self, ms: u64, gone: impl Fn(u32) -> bool, opening: impl Fn(u32) -> u32) {
        let status = |user: u32| {
            if gone(user) { UserStatus::Offline } else { online(&format!("c{user}-{}", opening(user))) }
        };
        let all = (0..self.users).map(|user| (UserIx(user), status(user))).collect();
        self.take(ms, Question::OnlineStatus, Answer::Changed(all));
        self.registry(ms + 10, |user| !gone(user));
    }
}

#[test]
fn many_who_were_left_out_and_are_back_are_one_finding_and_one_alone_is_found_as_before() {
    let mut run = Run::of(40);
    run.sockets(1_000, |_| true);
    // A gateway is out of sight for 4 s.
    run.sockets(3_000, |user| user >= 12);
    run.registry(3_010, |_| true);
    run.sockets(5_000, |user| user >= 12);
    run.sockets(7_000, |_| true);
    assert_eq!((run.found(Rule::PastLoss), run.found(Rule::FalseOffline)), (1, 0));
    let words = |run: &Run| run.findings().of_server()[0].evidence.words(RECORDED + 50);
    assert!(words(&run).starts_with("12 users lost within 4.0s: all are back with"), "{}", words(&run));
    // Another one, who is not part of it.
    for (ms, is_there) in [(60_000, true), (62_000, false), (66_000, true)] {
        run.sockets(ms, |user| user != 30 || is_there);
        run.registry(ms + 10, |_| true);
    }
    assert_eq!((run.found(Rule::PastLoss), run.found(Rule::FalseOffline)), (1, 1));
    assert!(words(&run).ends_with("; over for 43s"), "{}", words(&run));
    run.state.advance(at(7_000 + 600_000));
    assert_eq!(run.found(Rule::PastLoss), 0, "it is old");
}

#[test]
fn clients_that_are_sent_away_together_again_and_again_are_no_flappers_and_one_who_flaps_is() {
    let mut run = Run::of(40);
    run.opened(1_000, |_| false, |_| 0);
    for turn in 1..4_u32 {
        let ms = u64::from(turn) * 100_000;
        let before = |user: u32| if user < 12 || user == 30 { turn - 1 } else { 0 };
        let opening = |user: u32| if user < 12 { turn } else { before(user) };
        run.opened(ms - 2_000, |_| false, before);
        run.opened(ms, |user| user < 12, before);
        run.opened(ms + 4_000, |_| false, opening);
        // User 30 alone, between.
        run.opened(ms + 48_000, |_| false, opening);
        run.opened(ms + 50_000, |user| user == 30, opening);
        run.opened(ms + 54_000, |_| false, |user| if user == 30 { turn } else { opening(user) });
    }
    assert_eq!((run.found(Rule::PastLoss), run.found(Rule::Flapping)), (3, 1));
    assert_eq!(run.findings().of(UserIx(30)).len(), 1);
    assert!(run.findings().of(UserIx(3)).is_empty());
}

#[test]
fn what_changed_in_a_time_without_answers_was_not_lost_at_once() {
    let mut run = Run::of(40);
    run.opened(1_000, |_| false, |_| 0);
    run.state.advance(at(40_000));
    assert!(run.state.roster().presence(UserIx(0)).is_unknown());
    run.opened(41_000, |_| false, |user| u32::from(user < 12));
    assert_eq!(run.state.roster().presence(UserIx(0)), Presence::Online);
    assert_eq!(run.found(Rule::PastLoss), 0);
    run.opened(43_000, |_| false, |user| 2 * u32::from(user < 12));
    assert_eq!(run.found(Rule::PastLoss), 1, "while answers come it is");
}
