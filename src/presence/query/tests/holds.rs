//! What holds for whom.

use super::*;
use crate::presence::Unreadable;

#[test]
fn words_are_looked_for_in_id_and_label() {
    let yes = [
        "",
        " ",
        "alice",
        "LICE_0",
        "小",
        "\"t d\"",
        "alice desk",
        "alice and 小明",
        "bob or desk",
        "!bob",
        "NOT bob",
    ];
    assert_truth(&alice(), Truth::Yes, &yes);
    assert_truth(
        &alice(),
        Truth::No,
        &["bob", "alice bob", "!alice", "not (alice or bob)", "\"7王\"", "ops"],
    );
    assert_truth(
        &alice(),
        Truth::Yes,
        &["~^alice", "~desk$", "~\"night d\"", "(~(a|b)lice) and ~七|王", "alice ~desk"],
    );
    assert_truth(&alice(), Truth::No, &["~^desk", "alice ~bob"]);
}

#[test]
fn a_user_online_is_seen_from_every_side() {
    let yes = [
        "state=online",
        "STATE=On",
        "state!=offline",
        "platform=android",
        "platform=and platform=5",
        "platform~we",
        "platform!=ios",
        "conns=2",
        "conns>1",
        "bg=1",
        "bg<=1",
        "exp<24h",
        "exp<=1h",
        "exp>=1h",
        "exp>59m",
        "exp>-1h",
        "exp=never",
        "exp!=expired",
        "age<5s",
        "age>=4s",
        "since<5m",
        "since>30s",
        "flips>2",
        "flips!=4",
        "reconnects=0",
        "finding=any",
        "finding=warning",
        "finding=token-expiring",
        "finding~^token",
        "finding!=critical",
        "group=OPS",
        "group!=none",
        "label~desk",
        "label=\"王小明 night DESK\"",
        "id=alice_007",
        "id~7$",
        "label ~ 小",
        "label ~desk",
        "state = online exp < 24h",
    ];
    assert_truth(&alice(), Truth::Yes, &yes);
    let no = [
        "state=background",
        "state=unknown",
        "state=stale",
        "platform=win",
        "platform!=web",
        "conns<2",
        "bg=0",
        "exp<1h",
        "exp>1h",
        "exp=expired",
        "exp=none",
        "exp=unreadable",
        "age>10s",
        "since>60s",
        "flips<3",
        "finding=none",
        "finding=critical",
        "finding~kick",
        "group=night",
        "group=none",
        "label=none",
        "id=alice",
        "label=desk",
    ];
    assert_truth(&alice(), Truth::No, &no);
}

#[test]
fn who_is_offline_has_no_token_that_could_expire() {
    let no =
        ["exp<24h", "exp>24h", "exp=expired", "exp=none", "platform=2", "conns>0", "finding=any", "label~x"];
    assert_truth(&offline(), Truth::No, &no);
    let yes = [
        "exp!=expired",
        "not exp<24h",
        "conns=0",
        "bg=0",
        "group=none",
        "label=none",
        "finding=none",
        "group!=ops",
    ];
    assert_truth(&offline(), Truth::Yes, &yes);
}

#[test]
fn of_an_unknown_user_only_names_and_what_was_counted_are_certain() {
    let undecided = [
        "state=online",
        "state!=online",
        "state=unregistered",
        "platform=2",
        "platform!=2",
        "platform~a",
        "conns>0",
        "bg=0",
        "exp<24h",
        "exp=never",
        "since<5m",
        "since>5m",
        "state=online and alice",
        "state=online or bob",
        "not (state=online or exp=expired)",
    ];
    assert_truth(&unknown(), Truth::Undecided, &undecided);
    let yes = [
        "state=unknown",
        "state=unk",
        "alice",
        "group=ops",
        "age<5s",
        "flips=3",
        "finding=any",
        "state=online or alice",
    ];
    assert_truth(&unknown(), Truth::Yes, &yes);
    assert_truth(
        &unknown(),
        Truth::No,
        &["state!=unknown", "state=stale", "bob", "state=online and bob", "flips>3"],
    );
}

#[test]
fn stale_data_is_still_of_its_state_and_data_that_never_came_is_old() {
    let stale = Person { stale: true, ..alice() };
    assert_truth(&stale, Truth::Yes, &["state=stale", "state=online", "state=stale and state=online"]);
    let never = Person { age_ms: None, ..unknown() };
    assert_truth(&never, Truth::Yes, &["age>2w", "age>=1s"]);
    assert_truth(&never, Truth::No, &["age<2w"]);
}

#[test]
fn the_soonest_token_counts_and_its_last_second_is_expired() {
    let with = |tokens: Vec<Option<SessionToken>>| Person {
        open: tokens.into_iter().map(|token| connected(1, false, token)).collect(),
        ..alice()
    };
    let gone = with(vec![Some(token(Some(NOW))), Some(token(Some(NOW + 90_000)))]);
    assert_truth(&gone, Truth::Yes, &["exp=expired", "exp<=0", "exp<24h", "exp>=0s"]);
    assert_truth(&gone, Truth::No, &["exp<0", "exp>24h", "exp=never"]);
    assert_truth(&with(vec![Some(token(None))]), Truth::Yes, &["exp=never", "exp>2w"]);
    let odd = SessionToken::new(Fingerprint(2), Err(Unreadable::NotAJwt));
    let odd = with(vec![None, Some(odd)]);
    assert_truth(&odd, Truth::Yes, &["exp=none", "exp=unreadable"]);
    assert_truth(&odd, Truth::No, &["exp<24h", "exp>24h", "exp=never", "exp=expired"]);
    assert_truth(&with(vec![Some(token(Some(i64::MIN)))]), Truth::Yes, &["exp<-52w"]);
}

#[test]
fn full_width_signs_ask_the_same() {
    let yes = [
        "（state＝online）",
        "！bob",
        "exp＜24h　“night desk”",
        "exp《24h",
        "flips》＝3",
        "state！＝off",
        "～^alice",
    ];
    assert_truth(&alice(), Truth::Yes, &yes);
}
