//! Recordings that are there already: what an earlier build wrote is read, and written again byte for
//! byte; and what it refused is refused with the same sentence.

use std::sync::Arc;

use imtop::presence::Roster;
use imtop::recording::{Decoder, Encoder, Head, Line};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::made::{any_input, at, begin, beside, head, moment, step, take};

/// A keyframe, inputs of every kind, a keyframe, and so on, under a head.
const KEPT: &str = include_str!("every_kind.ndjson");

/// `[line, why it is refused]`, of lines with one thing wrong each.
const REFUSED: &str = include_str!("refused.ndjson");

#[test]
fn what_was_recorded_before_is_read_and_written_again_byte_for_byte() {
    let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
    let (mut inputs, mut keyframes) = (0, 0);
    for (number, line) in (1..).zip(KEPT.lines()) {
        let mut out = Vec::new();
        match decoder.line(line.as_bytes()) {
            Ok((at, Line::Input(input))) => {
                encoder.input(at, &input, &mut out).unwrap();
                inputs += 1;
            }
            Ok((at, Line::Keyframe(keyframe))) => {
                let roster = &keyframe.roster;
                let interval_ms = keyframe.interval_ms;
                encoder.keyframe(at, roster.list(), &roster.state(), interval_ms, &mut out).unwrap();
                keyframes += 1;
            }
            // Heads are read by whoever opens a file.
            Ok((at, Line::Other)) => encoder.head(at, &first_head(), &mut out).unwrap(),
            Err(why) => panic!("line {number}: {why}"),
        }
        assert_eq!(String::from_utf8(out).unwrap(), format!("{line}\n"), "line {number}");
    }
    assert_eq!((inputs, keyframes), (180, 30));
}

/// The head as it is read from the file.
fn first_head() -> Head {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.ndjson");
    std::fs::write(&path, KEPT).unwrap();
    imtop::recording::Recording::open(&path).unwrap().head().clone()
}

/// Without where in the line it was found; of a value of the wrong type only that it is one, as the
/// sentence of serde names types of this program.
fn sentence(why: &str) -> &str {
    let why = why.split(" at line 1 column ").next().unwrap_or(why);
    // Which kinds there are besides is said, too, and new ones may come.
    let why = why.split(", expected one of ").next().unwrap_or(why);
    if why.starts_with("invalid ") || why == "expected value" { "a value of the wrong type" } else { why }
}

#[test]
fn what_was_refused_before_is_refused_with_the_same_sentence() {
    let mut others = Vec::new();
    for row in REFUSED.lines() {
        let (line, why): (String, String) = serde_json::from_str(row).unwrap();
        match Decoder::default().line(line.as_bytes()) {
            Ok(_) => others.push(format!("read, not refused because {why}: {line}")),
            Err(said) if sentence(&said) == sentence(&why) => {}
            Err(said) => others.push(format!("{said}\n  before: {why}\n  of: {line}")),
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
    assert!(REFUSED.lines().count() > 200);
}

fn runner() -> TestRunner {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[13; 32]);
    TestRunner::new_with_rng(Config::default(), rng)
}

/// Everything that can be written, seeded.
fn written() -> String {
    let mut runner = runner();
    let mut one = |strategy: &BoxedStrategy<(imtop::presence::Moment, imtop::presence::Input)>| {
        strategy.new_tree(&mut runner).unwrap().current()
    };
    let inputs = (moment(), any_input()).boxed();
    let (mut encoder, mut out) = (Encoder::default(), Vec::new());
    let described = Head {
        api: "https://im.example.org/\"api\"".into(),
        rules: imtop::presence::RuleSettings { policy: Some(4) },
        began: at(3),
        piece: 2,
        ..head()
    };
    encoder.head(at(0), &described, &mut out).unwrap();
    let mut states = self::runner();
    let steps = prop::collection::vec(step(), 0..25);
    for n in 0..30 {
        let mut roster = begin(n % 5 != 0);
        for (n, step) in (1..).zip(steps.new_tree(&mut states).unwrap().current()) {
            take(&mut roster, &step, n * 1_500);
        }
        let mut state = roster.state();
        if n % 2 == 1 {
            state = beside().new_tree(&mut states).unwrap().current().put(state);
            state = Roster::restore(Arc::clone(roster.list()), state).unwrap().state();
        }
        encoder.keyframe(at(n), roster.list(), &state, 500 + n, &mut out).unwrap();
        for _ in 0..6 {
            let (at, input) = one(&inputs);
            encoder.input(at, &input, &mut out).unwrap();
        }
    }
    String::from_utf8(out).unwrap()
}

/// By hand, to keep what a build writes and refuses: `cargo test --test recording -- --ignored keep`
#[test]
#[ignore = "writes what the others read; to be run by hand"]
fn keep() {
    let path = |name: &str| format!("{}/tests/recording/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::write(path("every_kind.ndjson"), written()).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let mut rows = String::new();
    for line in wrong() {
        let Err(why) = Decoder::default().line(line.as_bytes()) else { continue };
        let kind = line.split('"').nth(5).unwrap_or_default().to_owned();
        let told = if why.starts_with("invalid ") { why.split(", expected ").last() } else { Some(&*why) };
        if seen.insert((kind, told.map(|told| sentence(told).to_owned()))) {
            rows.push_str(&serde_json::to_string(&(line, why)).unwrap());
            rows.push('\n');
        }
    }
    std::fs::write(path("refused.ndjson"), rows).unwrap();
}

/// Lines of every kind with another value in one place, or one thing too few.
#[expect(clippy::too_many_lines, reason = "a table")]
fn wrong() -> Vec<String> {
    let at = json!([[5, 5], [6, 6]]);
    let connection = json!({"platform": 2, "id": "c", "background": true, "token": {
        "fingerprint": "0123456789abcdef0123456789abcdef", "user": "a", "iat": 1, "known_secret": true}});
    let unreadable = json!({"platform": 2, "id": "d", "token": {
        "fingerprint": "0123456789abcdef0123456789abcdef", "unreadable": "not-a-jwt"}});
    let keyframe = json!({"interval_ms": 2000,
        "list": {"generation": 1, "batch": 2, "users": ["a", ["b", "B", null], ["c", null, "g"]]},
        "roster": {"freshness": [3000, 6000], "batches": [
                {"answered": at, "operation": "x", "void_since": 7, "judged_from": 0, "odd": [1, 2, 3]},
                {"failing": {"error": {"kind": "timeout", "after_ms": 5}, "attempt": 1, "next_ms": 9}}],
            "words": "dun", "since": [[3, 5, 4]], "open": [[0, [[connection, [5, 4]], [unreadable, [5, null]]]]],
            "unseen": [[0, 0, at, at]], "gone": [[2, [["d", [5, 4]]]]],
            "departures": [[2, [[[6, 6], 3, [4, [5, 4]]]]]], "left_out": [[0, {"why": "slow", "answered": at,
            "void_since": 8}]], "clock": [-1, 1], "took_ms": [3], "last_answer": [6, 6], "newest_issued": 1,
            "transitions": 4, "doubts": [[0, {"last": at, "dropped": at, "sockets": "none",
                "before": "online", "registry": "online", "asked": [6, 6], "platforms": [1, 2],
                "listed": [[1, 1], [2, 1]], "loss": 2, "says": {"unknown": "gateway-lost"},
                "basis": "agreed", "stale": true}]],
            "unregistered": [1], "losses": [{"number": 2, "begun": [5, 5], "after": [4, 4], "of": 3, "dropped": 1,
                "missing": 1, "returned": 0, "platforms": [[1, 4], [2, 1]], "took_ms": 30, "suspected": true,
                "certain": [6, 6], "cause": "hangs", "gateway": "10.0.0.7:12140"}], "losses_so_far": 2,
            "witnesses": {"registry": "answers", "tokens": {"fails": {"kind": "http", "status": 502}},
                "signs": [["10.0.0.7:12140", "hung", [5, 5], null]]},
            "thresholds": {"leaving_ms": 1, "checking_ms": 2, "unseen_ms": 3, "ghost_ms": 4, "loss_users": 5,
                "loss_percent": 6}}});
    let observed = |more: Value| {
        let mut all = json!({"generation": 1, "batch": 0, "sent": [1, 1], "received": [2, 2], "operation": "x",
            "date": 5, "wire_bytes": 1, "odd": [1, 2, 3], "attempt": 1, "next_ms": 1,
            "hints": {"shape": "numbers", "body": {"gzip": true, "wire": 3, "unpacked": 4}, "server": "s",
                "http_id": true, "rate_limit": {"policy": "BBR", "limit": 1, "remaining": 2, "cpu": 3,
                "min_rt_ms": 4, "max_pass": 5, "max_in_flight": 6, "in_flight": 7}, "logins": [1, 2]}});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ("observed", all)
    };
    let failed = |kind: Value| observed(json!({"failed": kind}));
    let bases = [
        ("keyframe", keyframe),
        ("rebased", json!({"generation": 1, "batch": 2, "users": ["a", ["b", "B", null], ["c"]]})),
        ("relabelled", json!({"generation": 1, "batch": 2, "users": ["a"]})),
        ("interval", json!(5)),
        ("notice", json!("x")),
        observed(json!({"changed": [[0, [connection, unreadable]], [1, "offline"], [2, "missing"]]})),
        observed(json!({"hints": "same"})),
        observed(
            json!({"question": "registry", "users": [0, 7], "answer": {"registry": [[7, [1, 2]], [0, []]]}}),
        ),
        observed(
            json!({"question": "tokens", "users": [0, 7], "answer": {"tokens": [[7, [[1, 2], [2, 2]]]]}}),
        ),
        observed(json!({"question": "gateways", "answer": {"gateways": [["10.0.0.7:1", "alive"]]}})),
        observed(json!({"question": "accounts", "users": [0, 7], "answer": {"unregistered": [7]}})),
        failed(json!({"kind": "timeout", "after_ms": 5})),
        failed(json!({"kind": "rate-limited", "retry_after_ms": 5})),
        failed(json!({"kind": "tls", "what": "w", "advice": "a"})),
        failed(json!({"kind": "redirect", "status": 301, "target": "t"})),
        failed(json!({"kind": "api", "code": 5, "what": "w", "advice": "a"})),
    ];
    let values = [
        json!(0),
        json!(1),
        json!(3),
        json!(-1),
        json!(1_u64 << 51),
        json!(u64::MAX),
        json!(u32::MAX),
        json!(i64::MIN),
        json!(true),
        json!(""),
        json!("a"),
        json!("4n"),
        json!([]),
        json!([1]),
        json!([7, 7]),
        json!([2, 1]),
        json!([1, 2, 3, 4, 5]),
        json!([[2, 1], [1, 1]]),
        json!([[7, []], [7, []]]),
        json!({}),
    ];
    let mut lines = Vec::new();
    let mut add = |kind: &str, what: &Value| lines.push(format!(r#"{{"at":0,"unix":0,"{kind}":{what}}}"#));
    for (kind, base) in &bases {
        let mut all = Vec::new();
        super::strange::places(base, "", &mut all);
        for place in all {
            for value in &values {
                let mut what = base.clone();
                *what.pointer_mut(&place).unwrap() = value.clone();
                add(kind, &what);
            }
            let mut what = base.clone();
            match what.pointer_mut(&place).unwrap() {
                Value::Array(all) => {
                    if let Some(last) = all.pop() {
                        add(kind, &what);
                        let mut what = base.clone();
                        what.pointer_mut(&place)
                            .unwrap()
                            .as_array_mut()
                            .unwrap()
                            .extend([last.clone(), last]);
                        add(kind, &what);
                    }
                }
                Value::Object(all) => {
                    for name in all.keys().cloned().collect::<Vec<_>>() {
                        let mut what = base.clone();
                        what.pointer_mut(&place).unwrap().as_object_mut().unwrap().remove(&name);
                        add(kind, &what);
                    }
                }
                _ => {}
            }
        }
    }
    lines
}
