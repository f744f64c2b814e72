//! Journeys through what the registry tells beside the sockets: in their place while they are silent, and whom it
//! lacks though they show them.

use imtop::presence::{
    Answer, Entry, FetchError, Platform, Presence, Question, Rule, Thresholds, UserIx, UserStatus, Witnesses,
};

use super::stage::{Stage, connection, named};

/// `users` of whom every fourth is offline, asked in one batch, with a registry that agrees.
fn settled(size: (u16, u16), users: u32) -> Stage {
    let entries = (0..users).map(|user| match user {
        0 => named("agent_000", "Night desk", "support"),
        2 => named("agent_002", "夜班客服", "support"),
        user => Entry::of(&format!("user_{user:03}")),
    });
    let mut stage = Stage::tuned(size, 500, entries.collect(), |setting| {
        let witnesses = Witnesses::to_be_asked(true, false);
        setting.roster = setting.roster.clone().with_witnesses(witnesses, Thresholds::default());
    });
    let list = stage.live().list().clone();
    let said: Vec<(String, UserStatus)> = list
        .users()
        .map(|user| {
            let open = connection(platform(user.0), &format!("{:032x}", user.0 + 1), None);
            let status =
                if is_offline(user.0) { UserStatus::Offline } else { UserStatus::Online(vec![open]) };
            (list.raw_id(user).to_owned(), status)
        })
        .collect();
    stage.answer(0, said.iter().map(|(id, status)| (id.as_str(), status.clone())).collect());
    registry(&mut stage, |user| !is_offline(user));
    stage.wait(2_000);
    stage.same(0);
    stage
}

fn is_offline(user: u32) -> bool {
    user % 4 == 3
}

fn platform(user: u32) -> i32 {
    if user.is_multiple_of(2) { 2 } else { 5 }
}

/// The registry is asked about everybody, and has these.
fn registry(stage: &mut Stage, has: impl Fn(u32) -> bool) {
    let users: Vec<u32> = (0..stage.live().list().len() as u32).collect();
    let on = |user: u32| if has(user) { vec![Platform(platform(user))] } else { vec![] };
    let said = users.iter().map(|user| (UserIx(*user), on(*user).into())).collect();
    stage.hear(Question::UsersStatus, &users, Ok(Answer::Registry(said)));
}

fn redis_is_gone(stage: &mut Stage) {
    let users: Vec<u32> = (0..stage.live().list().len() as u32).collect();
    let error = FetchError::Api { code: 500, what: "i/o timeout".into(), advice: "" };
    stage.hear(Question::UsersStatus, &users, Err(error));
}

fn bad_gateway() -> FetchError {
    FetchError::Http { status: 502 }
}

/// The sockets fail, and the registry agrees; in so many more rounds that happens with it.
fn silent(rounds: u32, asked: impl Fn(&mut Stage)) -> Stage {
    let mut stage = settled((80, 24), 12);
    stage.wait(2_000);
    stage.fail(0, 1, bad_gateway());
    registry(&mut stage, |user| !is_offline(user));
    for attempt in 2..2 + rounds {
        stage.wait(2_000);
        stage.fail(0, attempt, bad_gateway());
        asked(&mut stage);
    }
    stage
}

#[test]
fn while_the_sockets_are_silent_the_registry_tells_who_is_there_and_the_screen_says_so() {
    // User 1 leaves meanwhile, user 3 comes.
    let mut stage = silent(3, |stage| registry(stage, |user| (!is_offline(user) && user != 1) || user == 3));
    assert_eq!(stage.live().presence(UserIx(1)), Presence::Offline);
    stage.picture("silence-80x24");
    stage.keys("gg<Enter>");
    stage.picture("silence-detail");
    stage.keys("<Esc>4G");
    stage.shows(&[" in place         12 users known from Redis alone: no answer from the API"]);
    stage.keys("1");
    // The sockets answer again, and agree.
    stage.wait(2_000);
    let came = UserStatus::Online(vec![connection(5, &format!("{:032x}", 99), None)]);
    stage.answer(0, vec![("user_001", UserStatus::Offline), ("user_003", came)]);
    stage.shows(&[
        " 12 watched  ● 9 online  ◐ 0 background  ○ 3 offline  ? 0 unknown",
        "|▸  user_003               ● online        Web             ·              6s",
    ]);
}

#[test]
fn when_redis_is_gone_too_nobody_can_tell_and_that_is_said() {
    let mut stage = silent(5, redis_is_gone);
    assert!((0..12).all(|user| stage.live().presence(UserIx(user)).is_unknown()));
    stage.picture("silence-redis-gone");
    let found = |stage: &Stage| stage.view().shown.live.knowledge().findings.count_of(Rule::RegistrySilent);
    assert_eq!(found(&stage), 0, "while nothing else answers, it is the API");
    stage.wait(2_000);
    stage.same(0);
    redis_is_gone(&mut stage);
    assert_eq!(found(&stage), 1);
}

#[test]
fn three_deaf_users_among_five_hundred_are_found_by_their_finding() {
    let mut stage = settled((80, 24), 500);
    for step in 0..9 {
        stage.wait(2_000);
        stage.same(0);
        if step % 3 == 2 {
            registry(&mut stage, |user| !is_offline(user) && ![2, 4, 8].contains(&user));
        }
    }
    stage.keys("/finding=deaf<Enter>");
    stage.picture("deaf-80x24");
    stage.keys("<Enter>");
    stage.picture("deaf-detail");
}

#[test]
fn a_registry_that_loses_events_is_critical_and_says_what_to_look_at() {
    let mut stage = settled((80, 24), 40);
    for step in 0..9 {
        stage.wait(2_000);
        stage.same(0);
        if step % 3 == 2 {
            registry(&mut stage, |user| !is_offline(user) && user % 3 != 0);
        }
    }
    stage.keys("3");
    stage.picture("registry-loss");
    // It is over when they are back.
    stage.wait(2_000);
    stage.same(0);
    registry(&mut stage, |user| !is_offline(user));
    assert!(stage.view().shown.live.knowledge().findings.is_empty());
}
