//! What is seen of the witnesses: who is asked about, and what the screen, the snapshot and the events say of
//! users in doubt, of connections that are not seen, and of many users lost at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kit::{before, observed};
use crate::stage::{NOON, Stage, connection};
use imtop::engine::About;
use imtop::listing::{Names, Rows, Sort, SortColumn};
use imtop::presence::query::Query;
use imtop::presence::{
    Answer, Entry, FetchError, Freshness, GatewaySign, Input, LifeSign, Moment, Observation, Platform,
    Question, Rechecks, Roster, RuleSettings, State, Thresholds, Update, UserIx, UserStatus, WatchList,
    Witnesses,
};
use imtop::report::{EventForm, EventLines, Seen, write_json};
use imtop::tui::Msg;

const USERS: u32 = 58;
/// Those who are on the gateway that is lost.
pub(crate) const LOST: u32 = 31;

pub(crate) fn id(user: u32) -> String {
    format!("user_{user:02}")
}

pub(crate) fn online(user: u32) -> UserStatus {
    UserStatus::Online(vec![connection(2, &format!("{:08x}", 0xa000 + user), None)])
}

/// What a witness said of these users, asked 20 ms ago.
fn heard(now: Moment, question: Question, users: &[u32], answer: Result<Answer, FetchError>) -> Input {
    Input::Observed(Observation {
        question,
        users: users.iter().map(|user| UserIx(*user)).collect(),
        sent: before(now, 20),
        next_ms: now.mono_ms + 500,
        ..observed(now, answer)
    })
}

fn registry(now: Moment, users: &[u32], platforms: &[i32]) -> Input {
    let platforms: Box<[Platform]> = platforms.iter().map(|number| Platform(*number)).collect();
    let said = users.iter().map(|user| (UserIx(*user), platforms.clone())).collect();
    heard(now, Question::UsersStatus, users, Ok(Answer::Registry(said)))
}

pub(crate) fn signs(now: Moment, signs: &[(&str, LifeSign)]) -> Input {
    let signs = signs.iter().map(|(address, sign)| GatewaySign::new(*address, *sign)).collect();
    heard(now, Question::Gateways, &[], Ok(Answer::Gateways(signs)))
}

pub(crate) const ALIVE: &str = "10.0.0.6:9090";
pub(crate) const HUNG: &str = "10.0.0.7:9090";

/// So many users, all of them online on one of two gateways, with all witnesses asked.
fn cluster(size: (u16, u16), users: u32) -> Stage {
    let entries = (0..users).map(|user| Entry::of(&id(user))).collect();
    let mut stage = Stage::tuned(size, 500, entries, |setting| {
        setting.roster =
            setting.roster.clone().with_witnesses(Witnesses::to_be_asked(true, true), Thresholds::default());
    });
    take(&mut stage, |now| signs(now, &[(ALIVE, LifeSign::Alive), (HUNG, LifeSign::Alive)]));
    let all: Vec<String> = (0..users).map(id).collect();
    stage.answer(0, all.iter().zip(0..).map(|(id, user)| (id.as_str(), online(user))).collect());
    stage
}

pub(crate) fn take(stage: &mut Stage, input: impl Fn(Moment) -> Input) {
    stage.input(input(stage.now));
}

fn drop_users(stage: &mut Stage, users: u32) {
    let ids: Vec<String> = (0..users).map(id).collect();
    stage.answer(0, ids.iter().map(|id| (id.as_str(), UserStatus::Offline)).collect());
}

/// A gateway hangs: its users are left out, the registry goes on having them online.
pub(crate) fn hang(stage: &mut Stage) {
    stage.wait(2_000);
    drop_users(stage, LOST);
    let lost: Vec<u32> = (0..LOST).collect();
    for _ in 0..8 {
        stage.wait(1_000);
        take(stage, |now| registry(now, &lost, &[2]));
        take(stage, |now| signs(now, &[(ALIVE, LifeSign::Alive), (HUNG, LifeSign::Hung)]));
        stage.same(0);
    }
}

/// Whom other sources were to be asked about since this was asked last.
fn rechecks(stage: &mut Stage) -> Vec<(u32, Rechecks)> {
    std::mem::take(&mut stage.fed.hand().rechecks)
}

#[test]
fn whom_the_sockets_leave_out_is_asked_about_at_once_also_while_the_picture_stands() {
    let mut stage = cluster((80, 24), 4);
    stage.keys(" ");
    stage.wait(2_000);
    rechecks(&mut stage);
    drop_users(&mut stage, 1);
    let asked = rechecks(&mut stage);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!((asked[0].0, asked[0].1.begun.as_slice()), (1, &[UserIx(0)][..]));
    stage.wait(300);
    take(&mut stage, |now| registry(now, &[0], &[]));
    let asked = rechecks(&mut stage);
    assert_eq!(asked.first().map(|(_, doubts)| doubts.settled.clone()), Some(vec![UserIx(0)]));
}

#[test]
fn gateways_stand_below_one_another_and_times_are_named_as_in_the_head() {
    let mut stage = cluster((140, 45), USERS);
    hang(&mut stage);
    stage.keys("4");
    let screen = stage.screen();
    let column = |text: &str| {
        let line =
            screen.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}: {screen}"));
        line.split(text).next().unwrap().chars().count()
    };
    assert_eq!(column("10.0.0.6:9090 alive"), column("10.0.0.7:9090 hangs for"), "{screen}");
    assert!(screen.contains("! 10.0.0.7:9090 hangs for"), "{screen}");
    let said = screen.matches("p95 30 ms (5m)").count();
    assert_eq!(said, 2, "in the head and beside the chart: {screen}");
    assert!(screen.contains("p50 30 ms (5m)") && screen.contains("max 30 ms (30m)"), "{screen}");
}

#[test]
fn of_a_recording_nobody_is_asked() {
    let entries = vec![Entry::of(&id(0))];
    let mut stage = Stage::tuned((80, 24), 500, entries, |setting| {
        setting.recorded = true;
        setting.roster =
            setting.roster.clone().with_witnesses(Witnesses::to_be_asked(true, true), Thresholds::default());
    });
    stage.answer(0, vec![(&id(0), online(0))]);
    stage.wait(2_000);
    drop_users(&mut stage, 1);
    assert_eq!(rechecks(&mut stage), []);
}

#[test]
fn a_loss_of_view_is_in_sight_at_every_size_and_while_the_picture_stands() {
    let mut stage = cluster((80, 24), USERS);
    stage.wait(2_000);
    drop_users(&mut stage, LOST);
    let screen = stage.screen();
    assert!(screen.contains("view loss suspected: 31 of 58 users gone at once, asking Redis"), "{screen}");
    let mut stage = cluster((80, 24), USERS);
    stage.keys(" ");
    hang(&mut stage);
    for (size, words) in [
        ((80, 24), "GATEWAY 10.0.0.7:9090 NOT RESPONDING: 31 users unknown"),
        ((120, 40), "GATEWAY 10.0.0.7:9090 NOT RESPONDING: 31 users unknown (8s)"),
        ((60, 15), "GATEWAY 10.0.0.7:9090 NOT RESPONDING: 31 users"),
        ((40, 9), "NOT RESPONDING: 31 users unknown"),
    ] {
        stage.send(Msg::Resize(size.0, size.1));
        let screen = stage.screen();
        assert!(screen.contains(words), "{size:?}\n{screen}");
    }
    stage.send(Msg::Resize(80, 24));
    let screen = stage.screen();
    assert!(screen.contains("PAUSED") && screen.contains("3 shows what to do."), "{screen}");
    assert!(screen.contains("58 online"), "the picture stands:\n{screen}");
    stage.keys(" ");
    let screen = stage.screen();
    assert!(
        screen.contains("? 31 unk")
            && screen.contains("31 users unknown: gateway 10.0.0.7:9090 not responding, for 8s"),
        "{screen}"
    );
    assert!(screen.contains("○ 0 off"), "{screen}");
}

#[test]
fn the_detail_of_a_user_in_doubt_says_who_said_what_and_what_follows() {
    let mut stage = cluster((80, 24), USERS);
    hang(&mut stage);
    stage.keys("gg<Enter>j<Enter>");
    let screen = stage.screen();
    for words in [
        "user user_00",
        "sockets     left out 8.0s ago (the answer took 30 ms); online 10s ago",
        "registry    online on Android, asked 20 ms ago",
        "gateways    10.0.0.7:9090 hangs for 7s",
        "so          not known to be offline: the gateway does not answer, but the",
        "connection may be open on it",
        "unseen 8s",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
}

#[test]
fn a_connection_that_is_not_seen_is_dim_and_says_since_when() {
    let mut stage = cluster((80, 24), 1);
    let both = vec![connection(2, "a0000000", None), connection(5, "b0000000", None)];
    stage.wait(2_000);
    stage.answer(0, vec![(&id(0), UserStatus::Online(both.clone()))]);
    stage.wait(2_000);
    stage.answer(0, vec![(&id(0), UserStatus::Online(both[1..].to_vec()))]);
    stage.wait(300);
    take(&mut stage, |now| registry(now, &[0], &[2, 5]));
    for _ in 0..6 {
        stage.wait(2_000);
        stage.same(0);
    }
    stage.keys("ggl");
    let screen = stage.screen();
    assert!(screen.contains("Android     a0000000 unseen 12s"), "{screen}");
    assert!(screen.contains("Web         b0000000 foreground"), "{screen}");
    stage.keys("<Enter>");
    let screen = stage.screen();
    assert!(screen.contains("sockets     show 1 connection; 1 more left out since 12s"), "{screen}");
}

#[test]
fn a_server_without_a_registry_says_once_what_that_means() {
    let mut stage = cluster((110, 50), 3);
    let refused = FetchError::Http { status: 404 };
    take(&mut stage, |now| heard(now, Question::UsersStatus, &[0], Err(refused.clone())));
    let screen = stage.screen();
    assert_eq!(screen.matches("registry: refused").count(), 1, "{screen}");
    stage.keys("4");
    let screen = stage.screen();
    assert!(screen.contains("refused (HTTP 404): offline rests on the sockets alone"), "{screen}");
    stage.keys("1");
    stage.wait(2_000);
    drop_users(&mut stage, 1);
    stage.wait(6_000);
    stage.same(0);
    stage.keys("/user_00<Enter>gg<Enter>");
    let screen = stage.screen();
    assert!(screen.contains("○ offline (one source)"), "{screen}");
    assert!(screen.contains("registry    refused (HTTP 404)"), "{screen}");
}

#[test]
fn users_whom_the_server_does_not_have_are_counted_and_named() {
    let mut stage = cluster((110, 30), 3);
    stage.wait(2_000);
    drop_users(&mut stage, 1);
    stage.wait(1_500);
    take(&mut stage, |now| registry(now, &[0], &[]));
    take(&mut stage, |now| {
        heard(now, Question::AccountCheck, &[0], Ok(Answer::Unregistered(vec![UserIx(0)])))
    });
    let screen = stage.screen();
    assert!(screen.contains("× 1 unreg"), "{screen}");
    assert!(screen.contains("× unregistered"), "{screen}");
    assert_eq!(stage.view().seen().summary().totals.unregistered, 1);
    stage.keys("/state=unregistered<Enter>gg<Enter>");
    let screen = stage.screen();
    assert!(screen.contains("the server has no user with this ID"), "{screen}");
}

#[test]
fn a_snapshot_says_what_is_lost_and_what_the_witnesses_say() {
    let mut stage = cluster((80, 24), USERS);
    hang(&mut stage);
    let (session, names) = (&stage.fed.session, Names::new(1, false));
    let knowledge = session.state().knowledge();
    let seen = Seen::of(knowledge, stage.now, &names, session.about());
    let sort = Sort { column: SortColumn::List, inverted: false };
    let rows = Rows::of(knowledge, stage.now, sort, Query::default());
    let mut out = Vec::new();
    write_json(&seen.summary(), || seen.users(&rows), &mut out).unwrap();
    let json = crate::schemas::Schema::named("snapshot").read(&String::from_utf8(out).unwrap());
    let user = &json["users"][0];
    assert_eq!((user["presence"].as_str(), user["why"].as_str()), (Some("unknown"), Some("gateway hangs")));
    assert_eq!(user["connections"][0]["unseen_since"].as_str().map(|at| &at[11..19]), Some("12:00:02"));
    assert!(user["basis"].is_null() && json["users"][57]["connections"][0]["unseen_since"].is_null());
    let loss = &json["losses"][0];
    assert_eq!((loss["missing"].as_u64(), loss["of"].as_u64()), (Some(31), Some(58)));
    assert_eq!((loss["cause"].as_str(), loss["gateway"].as_str()), (Some("hangs"), Some(HUNG)));
    assert_eq!(json["witnesses"]["registry"]["state"], "answers");
    assert_eq!(json["witnesses"]["signs"][1]["sign"], "hangs");
    assert_eq!(json["totals"]["offline"], 0);
}

/// A state of one user, and its lines of events.
struct Told {
    state: State,
    now: Moment,
    lines: EventLines,
    text: Vec<u8>,
}

impl Told {
    fn new() -> Told {
        let now = Moment { mono_ms: 100_000, unix_ms: NOON * 1_000 };
        let list = Arc::new(WatchList::new(1, 500, [Entry::of(&id(0))]));
        let roster = Roster::new(list, Freshness::for_interval(2_000), now)
            .with_witnesses(Witnesses::to_be_asked(true, false), Thresholds::default());
        let state = State::new(roster, RuleSettings::default(), now);
        Told { state, now, lines: EventLines::new(EventForm::Ndjson), text: Vec::new() }
    }

    fn take(&mut self, after_ms: u64, input: impl Fn(Moment) -> Input) {
        self.now = self.now.plus(after_ms);
        let news = self.state.take(self.now, &input(self.now));
        self.tell(&news);
    }

    fn tell(&mut self, news: &Update) {
        let names = Names::new(1, false);
        let about = About { api: "http://im.example".into(), ..About::default() };
        let seen = Seen::of(self.state.knowledge(), self.now, &names, &about);
        for event in seen.news(news, self.now) {
            self.lines.write(event, &mut self.text).unwrap();
        }
    }

    fn sockets(&mut self, after_ms: u64, status: UserStatus) {
        let changed = vec![(UserIx(0), status)];
        self.take(after_ms, |now| {
            heard(now, Question::OnlineStatus, &[], Ok(Answer::Changed(changed.clone())))
        });
    }
}

#[test]
fn a_line_that_was_wrong_is_taken_back_by_its_number() {
    let mut told = Told::new();
    told.sockets(0, online(0));
    told.sockets(2_000, UserStatus::Offline);
    // Not seen for a moment, and nothing said of it: that it is seen again is no line.
    told.sockets(2_000, online(0));
    told.sockets(2_000, UserStatus::Offline);
    told.take(1_000, |now| registry(now, &[0], &[]));
    told.sockets(3_000, online(0));
    let schema = crate::schemas::Schema::named("event");
    let text = String::from_utf8(told.text).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| schema.read(line)).collect();
    let by_id: BTreeMap<u64, &serde_json::Value> =
        lines.iter().map(|line| (line["id"].as_u64().unwrap(), line)).collect();
    let back: Vec<&&serde_json::Value> = by_id.values().filter(|it| it["kind"] == "retracted").collect();
    let mut taken_back: Vec<(&str, Option<&str>)> = back
        .iter()
        .map(|line| by_id[&line["retracts"].as_u64().expect(&text)])
        .map(|line| (line["kind"].as_str().unwrap(), line["to"].as_str()))
        .collect();
    taken_back.sort_unstable();
    assert_eq!(taken_back, [("disconnected", None), ("presence", Some("offline"))], "{text}");
    let again: Vec<_> = lines.iter().filter(|line| line["seen_again"] == true).collect();
    assert_eq!(again.len(), 1, "only where a disconnect was said before: {text}");
    assert!(!text.contains("event "), "no number but that of a line: {text}");
}
