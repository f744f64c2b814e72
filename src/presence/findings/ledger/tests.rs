//! What the ledger makes of what the rules find.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::super::stage::{MONO, NOW, RuleInputs, TestConnection, connection, in_doubt, online};
use super::*;
use crate::presence::outage::Outage;
use crate::presence::trend::Trend;
use crate::presence::{
    Logins, Loss, LossCause, Presence, Recheck, Registry, ServerClock, UnknownReason, Unreadable, Witness,
    Witnesses,
};

/// The registry answers, and nobody else is asked.
static WITNESSES: LazyLock<Witnesses> =
    LazyLock::new(|| Witnesses { registry: Witness::Answers, ..Witnesses::default() });

/// Nothing was asked yet.
static TREND: LazyLock<Trend> = LazyLock::new(Trend::default);

const ALICE: UserIx = UserIx(7);
const NOBODY: Presence = Presence::Unknown(UnknownReason::NotAnswered);

fn findings() -> Findings {
    Findings::new(RuleSettings::default())
}

fn judge(findings: &mut Findings, scene: &RuleInputs) -> Update {
    findings.judge([ALICE], scene.now, |_| scene.case())
}

fn alice(connections: Vec<TestConnection>) -> RuleInputs {
    online("alice", connections)
}

fn later(mut scene: RuleInputs, ms: u64) -> RuleInputs {
    scene.now = scene.now.plus(ms);
    scene
}

fn rules(list: &[Finding]) -> Vec<&'static str> {
    list.iter().map(|finding| finding.rule.name()).collect()
}

#[test]
fn rules_and_severities_are_numbered_in_the_order_of_their_lists() {
    for (number, rule) in Rule::ALL.into_iter().enumerate() {
        assert_eq!(rule as usize, number);
    }
    for (number, severity) in Severity::ALL.into_iter().enumerate() {
        assert_eq!(severity as usize, number);
    }
}

#[test]
fn a_finding_is_raised_once_and_cleared_when_it_is_over() {
    let mut findings = findings();
    let ill = || alice(vec![connection("a", 2).expires(NOW - 60).issued_for("bob"), connection("b", 5)]);
    let changes = judge(&mut findings, &ill());
    assert_eq!(rules(&changes.raised), ["token-foreign-user", "token-expired"]);
    assert_eq!((changes.cleared.len(), changes.touched), (0, vec![ALICE]));
    assert_eq!(findings.of(ALICE), changes.raised);
    assert_eq!(findings.of(ALICE)[0].severity, Severity::Critical);
    assert_eq!(findings.count(Severity::Critical), 1);
    assert_eq!((findings.count_of(Rule::TokenExpired), findings.len()), (1, 2));

    let version = findings.version();
    assert!(judge(&mut findings, &later(ill(), 5_000)).is_empty());
    assert_eq!((findings.of(ALICE), findings.version()), (&changes.raised[..], version));

    let mended = judge(&mut findings, &later(alice(vec![connection("b", 5)]), 9_000));
    assert_eq!(mended.cleared, changes.raised);
    assert!(mended.raised.is_empty() && findings.is_empty() && findings.of(ALICE).is_empty());
    assert!(findings.version() > version);
    assert!(findings.of_users.is_empty(), "a user without findings takes no memory");
}

#[test]
fn a_finding_whose_figures_change_keeps_its_number_and_its_beginning() {
    let mut findings = findings();
    let two =
        |n| -> Vec<_> { (0..n).map(|id: u32| connection(&id.to_string(), 2).token(9).seen(0)).collect() };
    judge(&mut findings, &alice(two(2)));
    let before = findings.of(ALICE)[0].clone();
    let changes = judge(&mut findings, &later(alice(two(3)), 2_000));
    assert_eq!((changes.raised, changes.cleared, changes.touched), (vec![], vec![], vec![ALICE]));
    let after = &findings.of(ALICE)[0];
    assert_eq!((after.number, after.since), (before.number, before.since));
    assert_eq!(after.evidence.words(NOW), "Android: one token (00000009) on 3 connections");
}

#[test]
fn time_alone_makes_a_token_expire() {
    let mut findings = findings();
    let day = 24 * 3_600;
    let scene = || alice(vec![connection("a", 2).expires(NOW + day + 59)]);
    let raised = judge(&mut findings, &scene()).raised;
    assert_eq!((rules(&raised), raised[0].severity), (vec!["token-expiring"], Severity::Info));
    assert_eq!(findings.due(scene().now), []);

    assert_eq!(findings.next_change(), Some(MONO + 60_000));
    let near = later(scene(), 60_000);
    assert_eq!(findings.due(near.now), [ALICE]);
    let changes = judge(&mut findings, &near);
    assert_eq!((changes.raised.len(), changes.cleared.len()), (0, 0));
    assert_eq!(changes.worsened, findings.of(ALICE));
    assert_eq!(
        (changes.worsened[0].severity, changes.worsened[0].number),
        (Severity::Warning, raised[0].number)
    );
    assert_eq!((findings.count(Severity::Info), findings.count(Severity::Warning)), (0, 1));

    let end = MONO + (day as u64 + 59) * 1_000;
    assert_eq!(findings.next_change(), Some(end));
    let over = later(scene(), end - MONO);
    assert_eq!(findings.due(over.now), [ALICE]);
    let changes = judge(&mut findings, &over);
    assert_eq!(
        (rules(&changes.raised), rules(&changes.cleared)),
        (vec!["token-expired"], vec!["token-expiring"])
    );
    assert_eq!(findings.next_change(), None);
}

#[test]
fn the_findings_of_a_user_of_whom_nothing_is_known_stay_as_they_are() {
    let mut findings = findings();
    let ill = || vec![connection("a", 2).expires(NOW - 60), connection("b", 5).expires(NOW - 60)];
    let raised = judge(&mut findings, &alice(ill())).raised;
    let unknown = || RuleInputs { presence: NOBODY, ..later(alice(vec![]), 2_000) };
    assert!(judge(&mut findings, &unknown()).is_empty());
    assert_eq!((findings.of(ALICE), findings.len(), findings.iter().count()), (&raised[..], 2, 2));

    assert!(judge(&mut findings, &later(alice(ill()), 60_000)).is_empty(), "known again, and as before");
    assert_eq!(findings.of(ALICE), &raised[..]);

    judge(&mut findings, &unknown());
    let half = judge(&mut findings, &later(alice(ill().into_iter().take(1).collect()), 90_000));
    assert_eq!((&half.cleared[..], findings.of(ALICE)), (&raised[1..], &raised[..1]));
    assert_eq!(findings.len(), 1);
}

#[test]
fn a_user_of_whom_nothing_is_known_does_not_come_up() {
    let mut findings = findings();
    let scene = alice(vec![connection("a", 2).expires(NOW + 60)]);
    judge(&mut findings, &scene);
    judge(&mut findings, &RuleInputs { presence: NOBODY, ..scene });
    assert_eq!(findings.next_change(), None);
}

#[test]
fn the_worst_comes_first() {
    let mut findings = findings();
    let scene = alice(vec![
        connection("a", 2).expires(NOW + 5 * 24 * 3_600),
        connection("b", 5).unreadable(Unreadable::TooLong),
        connection("c", 1).issued_on(2).with_known_secret(),
    ]);
    judge(&mut findings, &scene);
    assert_eq!(
        rules(findings.of(ALICE)),
        ["default-secret", "token-foreign-platform", "token-unreadable", "token-expiring"]
    );
}

/// The server, its clock and tokens in order, at the first moment.
fn server<'a>(
    clock: &'a ServerClock,
    expiries: &'a BTreeMap<i64, u32>,
    losses: &'a [Loss],
) -> ServerCase<'a> {
    ServerCase {
        clock,
        newest_issued: None,
        expiries,
        losses,
        recoveries: &[],
        witnesses: &WITNESSES,
        deaf: 0,
        compared: 0,
        registry_fails: None,
        logins: Logins::default(),
        departed: None,
        trend: &TREND,
        outage: Outage::default(),
        batches: 1,
        trouble: None,
        server_seconds: NOW,
        now: Moment { mono_ms: 0, unix_ms: NOW * 1_000 },
    }
}

#[test]
fn the_server_has_findings_of_its_own() {
    let mut findings = findings();
    let (mut clock, now) = (ServerClock::default(), Moment { mono_ms: 0, unix_ms: NOW * 1_000 });
    clock.observe(NOW + 90, now, now);
    let seconds = NOW + 90;
    let expiries = BTreeMap::from([(seconds / 60 + 120, 30)]);
    let case = ServerCase {
        newest_issued: Some(seconds + 20),
        server_seconds: seconds,
        ..server(&clock, &expiries, &[])
    };
    let changes = findings.judge_server(&case, false);
    assert_eq!(changes.raised, findings.of_server());
    assert_eq!(rules(findings.of_server()), ["clock-skew", "clock-skew", "expiry-cliff"]);
    assert!(findings.of_server().iter().all(|finding| finding.about == Subject::Server));
    assert_eq!((findings.len(), findings.count(Severity::Warning)), (3, 2));
    assert!(findings.judge_server(&case, false).is_empty());
    assert_eq!(findings.next_change(), Some(11_000), "the token's time comes near");

    let later = now.plus(11_000);
    assert_eq!(findings.due(later), []);
    assert_eq!(findings.next_change(), None, "until the server is judged again");
    let fewer = BTreeMap::from([(seconds / 60 + 121, 25)]);
    let after = ServerCase { expiries: &fewer, server_seconds: seconds + 11, now: later, ..case };
    let changes = findings.judge_server(&after, false);
    assert_eq!(rules(&changes.cleared), ["clock-skew"]);
    assert!(changes.raised.is_empty(), "the cliff has moved by a minute and is still the same");
    assert_eq!(findings.of_server()[1].since, now);
}

#[test]
fn a_loss_of_view_does_not_wait_and_leaves_the_rest_as_it_is() {
    let mut findings = findings();
    let (clock, expiries) = (ServerClock::default(), BTreeMap::from([(NOW / 60 + 120, 30)]));
    let loss = |missing| Loss {
        number: 1,
        begun: Moment::default(),
        after: None,
        of: 30,
        dropped: 20,
        missing,
        returned: 20 - missing,
        same: 0,
        platforms: BTreeMap::new(),
        took_ms: 31,
        suspected: true,
        certain: Some(Moment::default()),
        cause: LossCause::Unknown,
        gateway: None,
    };
    findings.judge_server(&server(&clock, &expiries, &[]), false);
    assert!(findings.judge_server(&server(&clock, &BTreeMap::new(), &[]), true).is_empty());
    let losses = [loss(20)];
    let changes = findings.judge_server(&server(&clock, &BTreeMap::new(), &losses), true);
    assert_eq!((rules(&changes.raised), changes.cleared.len()), (vec!["view-loss"], 0));
    assert_eq!(rules(findings.of_server()), ["view-loss", "expiry-cliff"]);
    assert_eq!(findings.count(Severity::Critical), 1);
    let version = findings.version();
    assert!(findings.judge_server(&server(&clock, &expiries, &losses), false).is_empty(), "all rules agree");
    assert_eq!(findings.version(), version);

    let losses = [loss(3)];
    let changes = findings.judge_server(&server(&clock, &expiries, &losses), true);
    assert!(changes.is_empty() && findings.version() > version, "other figures of the same loss");
    assert!(findings.of_server()[0].evidence.words(NOW).contains("17 are back"));
    assert!(findings.of_server()[0].advice().contains("gateways first"));
    let died = [Loss { cause: LossCause::Died, ..loss(3) }];
    findings.judge_server(&server(&clock, &expiries, &died), true);
    assert!(findings.of_server()[0].advice().starts_with("Start that gateway again"));

    let changes = findings.judge_server(&server(&clock, &expiries, &[]), true);
    assert_eq!(
        (rules(&changes.cleared), rules(findings.of_server())),
        (vec!["view-loss"], vec!["expiry-cliff"])
    );
}

#[test]
fn of_a_user_in_doubt_the_rules_about_doubt_are_judged_and_the_others_stay() {
    const DOUBT: Presence = Presence::Unknown(UnknownReason::RegistryOnline);
    let mut findings = findings();
    let ill = || vec![connection("a", 2).expires(NOW + 60), connection("b", 5).expires(NOW - 60)];
    let before = judge(&mut findings, &alice(ill())).raised;
    assert_eq!(rules(&before), ["token-expired", "token-expiring"]);
    let doubtful = |ms| {
        let doubt = Recheck { registry: Registry::Online, ..in_doubt(MONO, DOUBT) };
        RuleInputs { presence: DOUBT, doubt: Some(doubt), ..later(alice(vec![]), ms) }
    };
    assert!(judge(&mut findings, &doubtful(0)).is_empty());
    assert_eq!(findings.of(ALICE), before, "neither over nor more serious");
    assert_eq!(findings.next_change(), Some(MONO + 60_000), "a ghost by then");
    assert_eq!(findings.due(doubtful(60_000).now), [ALICE]);
    let changes = judge(&mut findings, &doubtful(60_000));
    assert_eq!(
        (rules(&changes.raised), changes.cleared.len(), changes.worsened.len()),
        (vec!["ghost"], 0, 0)
    );
    assert_eq!(rules(findings.of(ALICE)), ["token-expired", "token-expiring", "ghost"]);
    assert_eq!(findings.next_change(), None);
    let version = findings.version();
    assert!(judge(&mut findings, &doubtful(90_000)).is_empty() && findings.version() == version);

    let unheard = RuleInputs { presence: NOBODY, ..doubtful(95_000) };
    assert!(judge(&mut findings, &unheard).is_empty());
    assert_eq!(findings.count_of(Rule::Ghost), 1, "nothing is known: as before");

    let gone = RuleInputs { presence: Presence::Offline, ..later(alice(vec![]), 99_000) };
    let changes = judge(&mut findings, &gone);
    assert_eq!(rules(&changes.cleared), ["token-expired", "token-expiring", "ghost"]);
    assert!(findings.is_empty());
}

#[test]
fn the_next_list_keeps_the_findings_of_who_is_on_it() {
    let mut findings = findings();
    let ill = alice(vec![connection("a", 2).expires(NOW - 60), connection("b", 2).expires(NOW + 60)]);
    findings.judge([ALICE, UserIx(8), UserIx(9)], ill.now, |_| ill.case());
    judge(&mut findings, &RuleInputs { presence: NOBODY, ..alice(vec![]) });
    let version = findings.version();
    findings.rebase(|user| (user != UserIx(8)).then_some(UserIx(user.0 - 6)));
    assert!(findings.version() > version);
    assert_eq!((findings.len(), findings.of(UserIx(3)).len()), (4, 2));
    assert!(findings.of(UserIx(3)).iter().all(|finding| finding.about == Subject::User(UserIx(3))));
    assert_eq!(findings.due(ill.now.plus(60_000)), [UserIx(3)]);
    findings.judge([UserIx(1)], ill.now, |_| ill.case());
    assert_eq!(findings.len(), 4, "of whom nothing was known: as before");
}

#[test]
fn a_hundred_thousand_users_may_all_have_an_expired_token() {
    let mut findings = findings();
    let ill = alice(vec![connection("a", 2).expires(NOW - 60)]);
    let everybody = || (0..100_000).map(UserIx);
    let changes = findings.judge(everybody(), ill.now, |_| ill.case());
    assert_eq!((changes.raised.len(), findings.count_of(Rule::TokenExpired)), (100_000, 100_000));
    assert!(findings.judge(everybody(), ill.now, |_| ill.case()).is_empty());
    assert!(size_of::<Finding>() <= 128, "{}", size_of::<Finding>());
}

/// A connection's number, the seconds that its token is good for, the number of that, whether it is
/// of another user, and whether it cannot be read.
type Made = (u8, i64, u32, bool, bool);

/// Something that may be known of a user: who, whether nothing is, and the connections.
fn any_scene() -> impl Strategy<Value = (u32, bool, Vec<Made>)> {
    let connection = (0..4_u8, -90_000..900_000_i64, 0..3_u32, any::<bool>(), any::<bool>());
    (0..3_u32, prop::bool::weighted(0.2), prop::collection::vec(connection, 0..4))
}

fn scene_of(unknown: bool, mut of: Vec<Made>, ms: u64) -> RuleInputs {
    of.sort_by_key(|connection| connection.0);
    of.dedup_by_key(|connection| connection.0);
    let made = of.into_iter().map(|(id, left, token, foreign, unreadable)| {
        let made = connection(&id.to_string(), 2).expires(NOW + left).token(token).seen(MONO);
        let made = if foreign { made.issued_for("bob") } else { made };
        if unreadable { made.unreadable(Unreadable::NotAJwt) } else { made }
    });
    let mut scene = later(alice(made.collect()), ms);
    if unknown {
        scene.presence = NOBODY;
    }
    scene
}

proptest! {
    #[test]
    fn judging_again_changes_nothing_and_the_counts_are_those_of_a_count(
        steps in prop::collection::vec((any_scene(), 0..90_000_u64), 1..30)
    ) {
        let mut findings = findings();
        let (mut ms, mut numbers) = (0, std::collections::HashSet::new());
        for ((user, unknown, of), wait) in steps {
            ms += wait;
            let scene = scene_of(unknown, of, ms);
            let user = UserIx(user);
            findings.due(scene.now);
            let before = findings.clone();
            let changes = findings.judge([user], scene.now, |_| scene.case());
            for raised in &changes.raised {
                prop_assert!(numbers.insert(raised.number), "a number is used once");
                prop_assert_eq!(raised.since, scene.now);
            }
            for finding in findings.of(user) {
                let new = changes.raised.contains(finding);
                let old = before.of_users.get(&user).and_then(|old| {
                    old.iter().find(|old| old.number == finding.number)
                });
                prop_assert_eq!(old.map_or(scene.now, |old| old.since), finding.since);
                prop_assert_eq!(new, old.is_none());
            }
            prop_assert_eq!(changes.is_empty(), before.version() == findings.version());
            let as_before = before.of(user) == findings.of(user) && changes.cleared.is_empty();
            prop_assert_eq!(changes.is_empty(), as_before);

            let (was, at, next) = (findings.of(user).to_vec(), findings.version(), findings.next_change());
            let again = findings.judge([user], scene.now, |_| scene.case());
            prop_assert!(again.is_empty());
            prop_assert_eq!((findings.of(user), findings.version()), (&was[..], at));
            prop_assert_eq!(findings.next_change(), next);

            prop_assert_eq!(findings.iter().count(), findings.len());
            for finding in findings.iter() {
                prop_assert!(finding.severity <= finding.rule.severity(), "{}", finding.rule);
            }
            for rule in Rule::ALL {
                let counted = findings.iter().filter(|finding| finding.rule == rule).count();
                prop_assert_eq!(counted, findings.count_of(rule));
            }
            for severity in Severity::ALL {
                let counted = findings.iter().filter(|finding| finding.severity == severity).count();
                prop_assert_eq!(counted, findings.count(severity));
            }
        }
    }

    #[test]
    fn who_is_judged_only_when_due_is_judged_right(
        of in any_scene(), waits in prop::collection::vec(1..200_000_u64, 1..20)
    ) {
        // Nothing is observed after the first time: only deadlines bring the user up again.
        let (_, _, of) = of;
        let mut findings = findings();
        let mut ms = 0;
        judge(&mut findings, &scene_of(false, of.clone(), ms));
        for wait in waits {
            ms += wait;
            let scene = scene_of(false, of.clone(), ms);
            for user in findings.due(scene.now) {
                findings.judge([user], scene.now, |_| scene.case());
            }
            let mut fresh = self::findings();
            judge(&mut fresh, &scene);
            let evidence = |findings: &Findings| -> Vec<_> {
                findings.of(ALICE).iter().map(|it| (it.severity, it.evidence.clone())).collect()
            };
            prop_assert_eq!(evidence(&findings), evidence(&fresh));
            prop_assert!(findings.next_change().is_none_or(|at| at > scene.now.mono_ms));
        }
    }
}
