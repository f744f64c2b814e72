//! Files that are no recording, recordings of other versions, and recordings made to do harm.

use std::io::Write as _;
use std::path::Path;

use imtop::presence::{
    Answer, GatewaySign, Input, Knowledge, LifeSign, Moment, Presence, RuleSettings, UserIx,
};
use imtop::recording::{Decoder, Encoder, Limits, Line, Recorded, Recording};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::made::{at, begin, head, input, record, roster, step, take};

fn refused(path: &Path) -> String {
    match Recording::open(path) {
        Ok(recording) => panic!("{recording:?} was read"),
        Err(error) => error.to_string().replace(&path.display().to_string(), "FILE"),
    }
}

#[test]
fn a_file_of_another_program_is_told_apart_with_one_sentence() {
    const FOREIGN: &str = "FILE is not a recording of imtop; `imtop --record FILE` makes one";
    let dir = tempfile::tempdir().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"{\"at\":0}\n").unwrap();
    let cases: [(&str, Vec<u8>, &str); 10] = [
        ("empty", vec![], "FILE is empty; nothing was recorded into it"),
        ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), FOREIGN),
        ("elf", std::fs::read(std::env::current_exe().unwrap()).unwrap()[..1 << 20].to_vec(), FOREIGN),
        ("json", b"{\"schema\":\"imtop.snapshot/1\",\"users\":[]}\n".to_vec(), FOREIGN),
        ("list", b"user_001,Night desk\nuser_002\n".to_vec(), FOREIGN),
        ("zeros", vec![0; 200_000], FOREIGN),
        ("gzip", gzip.finish().unwrap(), "FILE is packed with gzip; unpack it with gzip -d and try again"),
        ("zst", zstd::encode_all(&b"hello\n"[..], 1).unwrap(), FOREIGN),
        (
            "newer",
            b"{\"at\":0,\"unix\":0,\"imtop\":\"recording/2\",\"head\":7}\n".to_vec(),
            "FILE is a recording/2, and this imtop reads recording/1; read it with the imtop that recorded it, or a newer one",
        ),
        (
            "no head",
            b"{\"at\":0,\"unix\":0,\"imtop\":\"recording/1\"}\n".to_vec(),
            "FILE is damaged at its beginning (missing field `head` at line 1 column 39); nothing can be said of the rest",
        ),
    ];
    for (name, bytes, expected) in cases {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(refused(&path), expected, "{name}");
    }
    assert_eq!(refused(dir.path()), "FILE is a directory; name a recording in it");
    assert_eq!(
        refused(&dir.path().join("gone")),
        "cannot read the recording FILE: No such file or directory"
    );
    assert_eq!(refused(Path::new("/dev/zero")), "cannot read the recording FILE: it is not a plain file");
}

#[test]
fn what_a_later_version_adds_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.ndjson");
    record(&path, Limits::default(), 40);
    let mut later = String::new();
    for (n, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
        // A field at the end of every object that is not a list of numbers by name.
        later.push_str(&line.replace('}', r#","later":{"x":[1,"}"]}}"#).replace("{,", "{"));
        later.push('\n');
        if n == 0 {
            continue; // a keyframe comes next
        }
        later.push_str("{\"at\":1,\"unix\":1,\"gossip\":{\"of\":\"a later version\"}}\n");
        later.push_str("{\"at\":1,\"unix\":1,\"observed\":{\"question\":\"kicks\",\"generation\":1,\"batch\":0,\"sent\":[1,1],\"received\":[1,1],\"operation\":\"x\",\"wire_bytes\":1,\"next_ms\":1}}\n");
        later.push_str(
            "{\"at\":1,\"unix\":1,\"observed\":{\"question\":\"kicks\",\"users\":\"all\",\"hints\":[7]}}\n",
        );
    }
    let added = dir.path().join("later.ndjson");
    std::fs::write(&added, later).unwrap();
    let mut recording = Recording::open(&added).unwrap();
    let items: Vec<_> = recording.by_ref().map(Result::unwrap).collect();
    assert_eq!(super::made::inputs(&items), super::made::night(40));
    assert_eq!((recording.summary().gaps, recording.summary().cut), (0, false));
    assert!(recording.summary().unknown >= 3 * 40, "{recording:?}");
}

#[test]
fn texts_made_to_fool_a_terminal_are_made_visible() {
    let mut decoder = Decoder::default();
    let line = br#"{"at":1,"unix":1,"notice":"\u001b[2J\u202eevil\n"}"#;
    let (_, Line::Input(Input::Notice(text))) = decoder.line(line).unwrap() else { panic!() };
    assert_eq!(text, "^[[2J<U+202E>evil^J");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.ndjson");
    let mut out = Vec::new();
    let evil = imtop::recording::Head { api: "\u{1b}]52;c;x\u{7}".into(), ..head() };
    Encoder::default().head(at(0), &evil, &mut out).unwrap();
    std::fs::write(&path, out).unwrap();
    assert_eq!(Recording::open(&path).unwrap().head().api, "^[]52;c;x^G");
}

#[test]
fn numbers_that_would_overflow_make_a_damaged_line() {
    for line in [
        r#"{"at":18446744073709551615,"unix":1,"interval":1}"#,
        r#"{"at":1,"unix":-9223372036854775808,"interval":1}"#,
        r#"{"at":1,"unix":1,"interval":18446744073709551615}"#,
        r#"{"at":1,"unix":1,"interval":-1}"#,
        r#"{"at":1,"unix":1,"rebased":{"generation":1,"batch":0,"users":["a"]}}"#,
        r#"{"at":1,"unix":1,"rebased":{"generation":1,"batch":1,"users":["a","a"]}}"#,
        r#"{"at":1,"unix":1,"rebased":{"generation":1,"batch":1,"users":["a\u001b"]}}"#,
        r#"{"at":1,"unix":1,"rebased":{"generation":1,"batch":1,"users":[""]}}"#,
        r#"{"unix":1,"at":1,"interval":1}"#,
        r#"{"at":1,"unix":1,"interval":1"#,
        r#"{"at":1,"unix":1}"#,
        "",
        "null",
    ] {
        assert!(Decoder::default().line(line.as_bytes()).is_err(), "{line}");
    }
}

fn keyframe_value(steps: &[super::made::Step], beside: &super::made::Beside) -> Value {
    let mut known = begin(true);
    for (n, step) in (1..).zip(steps) {
        take(&mut known, step, n * 1_500);
    }
    let mut line = Vec::new();
    let state = beside.put(known.state());
    Encoder::default().keyframe(at(0), known.list(), &state, 2_000, &mut line).unwrap();
    serde_json::from_slice(&line).unwrap()
}

/// Every place in a value, as a JSON pointer.
pub(crate) fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(all) => {
            for (n, inner) in all.iter().enumerate() {
                places(inner, &format!("{at}/{n}"), found);
            }
        }
        Value::Object(all) => {
            for (name, inner) in all {
                places(inner, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of what is refused")]
fn a_keyframe_about_users_or_batches_that_do_not_exist_is_refused() {
    let frame = json!({"at":0,"unix":0,"keyframe":{
        "interval_ms":2000,
        "list":{"generation":1,"batch":2,"users":["a","b","c"]},
        "roster":{"freshness":[3000,6000],"batches":[{},{}],"words":"3n","since":[[3,5,null]],
            "open":[],"gone":[],"left_out":[],"clock":null,"took_ms":[],"last_answer":null,
            "newest_issued":null,"transitions":0}}});
    // `at` has to be first, which a map does not keep.
    let decode = |frame: &Value| {
        let line = format!(r#"{{"at":0,"unix":0,"keyframe":{}}}"#, frame["keyframe"]);
        Decoder::default().line(line.as_bytes()).map(|_| ())
    };
    assert_eq!(decode(&frame), Ok(()));
    let wrong = [
        ("/keyframe/roster/words", json!("4n")),
        ("/keyframe/roster/words", json!("2n")),
        ("/keyframe/roster/words", json!("99999999999999999999999999n")),
        ("/keyframe/roster/words", json!("3x")),
        ("/keyframe/roster/since", json!([[u32::MAX, 5, null]])),
        ("/keyframe/roster/since", json!([[2, 5, null]])),
        ("/keyframe/roster/batches", json!([{}])),
        ("/keyframe/roster/batches", json!([{}, {}, {}])),
        ("/keyframe/roster/open", json!([[3, []]])),
        ("/keyframe/roster/open", json!([[1, []], [0, []]])),
        ("/keyframe/roster/gone", json!([[u32::MAX, []]])),
        ("/keyframe/roster/gone", json!([[0, vec![json!(["c", [1, null]]); 9]]])),
        ("/keyframe/roster/left_out", json!([[0, {"why":"slow"}], [0, {"why":"slow"}]])),
        ("/keyframe/roster/took_ms", json!(vec![1; 121])),
        ("/keyframe/roster/transitions", json!(u64::MAX)),
        ("/keyframe/roster/last_answer", json!([u64::MAX, 0])),
    ];
    for (place, value) in wrong {
        let mut frame = frame.clone();
        *frame.pointer_mut(place).unwrap() = value.clone();
        assert!(decode(&frame).is_err(), "{place} {value}");
    }

    let at = json!([[5, 5], [6, 6]]);
    let doubt = json!({"dropped": at, "sockets": "none", "before": "online", "registry": "online", "loss": 2,
        "platforms": [1, 2], "listed": [[1, 1], [2, 1]], "says": {"unknown": "gateway-lost"}});
    let loss = json!({"number": 2, "begun": [5, 5], "of": 3, "dropped": 1, "missing": 1, "returned": 0,
        "platforms": [[2, 1]], "took_ms": 30, "cause": "hangs", "gateway": "10.0.0.7:12140"});
    let mut frame = frame;
    let added = json!({
        "words": "dun", "open": [[0, [[{"platform": 2, "id": "c"}, [5, 4]]]]], "unseen": [[0, 0, at, at]],
        "gone": [[2, [["d", [5, 4]]]]], "departures": [[2, [[[6, 6], 3, [4, [5, 4]]]]]], "transitions": 4,
        "doubts": [[0, doubt]], "unregistered": [1], "losses": [loss], "losses_so_far": 2,
        "witnesses": {"registry": "answers", "tokens": {"fails": {"kind": "http", "status": 502}},
            "signs": [["10.0.0.7:12140", "hung", [5, 5], null]]},
        "thresholds": {"leaving_ms": 1, "checking_ms": 2, "unseen_ms": 3, "ghost_ms": 4, "loss_users": 5,
            "loss_percent": 6},
    });
    frame["keyframe"]["roster"].as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
    assert_eq!(decode(&frame), Ok(()));
    let sign = |n: u32| json!([format!("10.0.{n:03}:9090"), "alive", [5, 5], null]);
    let wrong = [
        ("/unseen", json!([[0, 1, null, at]])),
        ("/unseen", json!([[1, 0, null, at]])),
        ("/unseen", json!([[0, 0, null, at], [0, 0, null, at]])),
        ("/unseen/0/3/0/0", json!(u64::MAX)),
        ("/departures", json!([[1, [[[6, 6], 3, null]]]])),
        ("/departures", json!([[2, []]])),
        ("/departures", json!([[2, [[[6, 6], 3, null], [[6, 6], 3, null]]]])),
        ("/departures/0/1/0/1", json!(u64::MAX)),
        ("/departures/0/1/0/2/0", json!(u64::MAX)),
        ("/departures/0/1/0/2/1/0", json!(u64::MAX)),
        ("/doubts", json!([[3, doubt]])),
        ("/doubts", json!([[0, doubt], [0, doubt]])),
        ("/doubts/0/1/dropped/1/1", json!(i64::MIN)),
        ("/doubts/0/1/loss", json!(0)),
        ("/doubts/0/1/loss", json!(3)),
        ("/doubts/0/1/platforms", json!([2, 1])),
        ("/doubts/0/1/platforms", json!([2, 2])),
        ("/doubts/0/1/listed", json!([[2, 1], [2, 1]])),
        ("/doubts/0/1/says", json!("asleep")),
        ("/doubts/0/1/sockets", json!("shut")),
        ("/unregistered", json!([3])),
        ("/unregistered", json!([1, 1])),
        ("/unregistered", json!([2, 1])),
        ("/losses", json!([loss, loss])),
        ("/losses/0/number", json!(0)),
        ("/losses/0/number", json!(3)),
        ("/losses/0/missing", json!(u32::MAX)),
        ("/losses/0/platforms/0/1", json!(u32::MAX)),
        ("/losses/0/took_ms", json!(u64::MAX)),
        ("/losses_so_far", json!(u32::MAX)),
        ("/witnesses/registry", json!("lies")),
        ("/witnesses/signs", json!([["a", "hung", [5, 5], null], ["a", "alive", [5, 5], null]])),
        ("/witnesses/signs/0/2/0", json!(u64::MAX)),
        // What is said of a user is what the witnesses said.
        ("/words", json!("nun")),
        ("/words", json!("fun")),
        ("/words", json!("ddn")),
        ("/words", json!("dud")),
        ("/words", json!("dnn")),
        ("/words", json!("duu")),
        ("/doubts/0/1/says", json!("offline")),
        ("/doubts", json!([])),
        ("/unregistered", json!([])),
        ("/unregistered", json!([1, 2])),
        ("/witnesses/signs", Value::Array((0..257).map(sign).collect())),
        ("/thresholds/leaving_ms", json!(u64::MAX)),
        ("/thresholds/loss_percent", json!(101)),
        ("/thresholds/loss_users", json!(u32::MAX)),
    ];
    for (place, value) in wrong {
        let mut frame = frame.clone();
        *frame.pointer_mut(&format!("/keyframe/roster{place}")).unwrap() = value.clone();
        assert!(decode(&frame).is_err(), "{place} {value}");
    }
    let with = |changes: &[(&str, Value)]| {
        let mut frame = frame.clone();
        for (place, value) in changes {
            *frame.pointer_mut(&format!("/keyframe/roster{place}")).unwrap() = value.clone();
        }
        frame
    };
    let certain = [("/words", json!("fun")), ("/doubts", json!([]))];
    assert!(decode(&with(&certain)).is_err(), "one who is not in doubt has no connection that is not seen");
    let [words, doubts] = certain;
    assert_eq!(decode(&with(&[words, doubts, ("/unseen", json!([]))])), Ok(()));
    let listed = [("/words", json!("uun")), ("/doubts/0/1/says", json!("offline"))];
    assert!(decode(&with(&listed)).is_err(), "the server has the one in doubt");
    let [words, says] = listed;
    assert_eq!(decode(&with(&[words, says, ("/unregistered", json!([0, 1]))])), Ok(()));
    let signs = Value::Array((0..256).map(sign).collect());
    assert_eq!(decode(&with(&[("/witnesses/signs", signs)])), Ok(()), "as many as are kept");
    let over = with(&[("/doubts/0/1/loss", json!(1))]);
    let line = format!(r#"{{"at":0,"unix":0,"keyframe":{}}}"#, over["keyframe"]);
    let (_, Line::Keyframe(keyframe)) = Decoder::default().line(line.as_bytes()).unwrap() else { panic!() };
    assert_eq!(keyframe.roster.doubt(UserIx(0)).unwrap().loss, None, "that loss is over");
}

#[test]
fn testimony_about_nobody_who_was_asked_about_is_a_damaged_line() {
    let decode = |what: &str| {
        let line = format!(
            r#"{{"at":1,"unix":1,"observed":{{{what},"generation":1,"batch":0,"sent":[1,1],"received":[1,1],"operation":"x","wire_bytes":1,"next_ms":1}}}}"#
        );
        Decoder::default().line(line.as_bytes())
    };
    for right in [
        r#""question":"registry","users":[0,7],"answer":{"registry":[[7,[1,2]],[0,[]]]}"#,
        r#""question":"tokens","users":[0,7],"answer":{"tokens":[]}"#,
        r#""question":"gateways","answer":{"gateways":[]}"#,
        r#""question":"accounts","users":[7],"failed":{"kind":"timeout","after_ms":1}"#,
    ] {
        assert!(matches!(decode(right), Ok((_, Line::Input(_)))), "{right}");
    }
    for wrong in [
        r#""question":"registry","users":[7,0],"answer":{"registry":[]}"#,
        r#""question":"registry","users":[7,7],"answer":{"registry":[]}"#,
        r#""question":"registry","users":[0,7],"answer":{"registry":[[1,[]]]}"#,
        r#""question":"registry","users":[0,7],"answer":{"registry":[[7,[]],[7,[]]]}"#,
        r#""question":"registry","users":[0,7],"answer":{"registry":[[7,[2,1]]]}"#,
        r#""question":"registry","users":[0,7],"answer":{"registry":[[7,[2,2]]]}"#,
        r#""question":"registry","users":[0,7],"answer":{"tokens":[]}"#,
        r#""question":"registry","users":[0,7],"answer":{"registry":[],"tokens":[]}"#,
        r#""question":"registry","users":[0,7],"answer":{"rumours":[]}"#,
        r#""question":"registry","users":[0,7],"changed":[]"#,
        r#""question":"registry","users":[0,7]"#,
        r#""question":"registry","answer":{"registry":[]},"failed":{"kind":"timeout","after_ms":1}"#,
        r#""question":"tokens","users":[7],"answer":{"tokens":[[7,[[2,4294967296]]]]}"#,
        r#""question":"accounts","users":[0],"answer":{"unregistered":[1]}"#,
        r#""question":"gateways","answer":{"gateways":[["10.0.0.7:12140","well"]]}"#,
        r#""answer":{"registry":[]}"#,
    ] {
        assert!(decode(wrong).is_err(), "{wrong}");
    }
    let evil = decode(r#""question":"gateways","answer":{"gateways":[["\u001b[2J","alive"]]}"#);
    let Ok((_, Line::Input(Input::Observed(evil)))) = evil else { panic!() };
    assert_eq!(evil.answer, Ok(Answer::Gateways(vec![GatewaySign::new("^[[2J", LifeSign::Alive)])));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_keyframe_makes_a_roster_that_panics(
        before in prop::collection::vec(step(), 0..12),
        beside in super::made::beside(),
        place in any::<prop::sample::Index>(),
        value in prop::sample::select(vec![
            json!(null), json!(0), json!(1), json!(-1), json!(1_u64 << 50), json!(u64::MAX), json!(i64::MIN),
            json!(u32::MAX), json!(""), json!("s"), json!("7f"), json!("7n"), json!([]), json!({}), json!([1, 1]),
            json!([i64::MIN, i64::MAX]), json!([1_u64 << 50, 0]), json!([[0, 0], [0, 0]]),
        ]),
        after in prop::collection::vec(step(), 0..8),
    ) {
        let mut frame = keyframe_value(&before, &beside)["keyframe"].take();
        let mut all = Vec::new();
        places(&frame, "", &mut all);
        if let Some(there) = frame.pointer_mut(place.get(all.as_slice()).as_str()) {
            *there = value;
        }
        let line = format!(r#"{{"at":0,"unix":0,"keyframe":{frame}}}"#);
        if let Ok((_, Line::Keyframe(keyframe))) = Decoder::default().line(line.as_bytes()) {
            use_up(*keyframe, &after);
        }
    }
}

/// Does with a roster whatever is ever done.
fn use_up(keyframe: imtop::recording::Keyframe, steps: &[super::made::Step]) {
    let mut roster = keyframe.roster;
    for now in [Moment::default(), at(20_000), at(1 << 50)] {
        let _ = (roster.totals(now), roster.feed_status(now), roster.next_change(now));
        for user in roster.list().users() {
            let _ = (roster.presence(user), roster.is_stale(user, now), roster.since(user));
        }
    }
    let mut knowledge = Knowledge::new(roster.clone(), RuleSettings::default());
    knowledge.advance(at(20_000));
    for (n, step) in (0..).zip(steps) {
        take(&mut roster, step, 20_000 + n * 1_500);
    }
    for n in 0..8 {
        let (_, Input::Observed(mut observation)) = input(10 + n) else { unreachable!() };
        observation.generation = knowledge.roster.list().generation();
        observation.batch = n as u32 % 4;
        knowledge.apply(&observation);
    }
    knowledge.advance(at(1 << 50));
}

#[test]
fn users_and_batches_that_do_not_exist_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.ndjson");
    record(&path, Limits::default(), 3);
    let text = std::fs::read_to_string(&path).unwrap();
    let hostile = text
        .replace("\"changed\":[[", "\"changed\":[[429496729")
        .replace("\"batch\":0,", "\"batch\":4294967295,");
    assert_ne!(hostile, text);
    let path = dir.path().join("hostile.ndjson");
    std::fs::write(&path, hostile).unwrap();
    let mut knowledge = Knowledge::new(roster(5), RuleSettings::default());
    let mut seen = 0;
    for item in super::made::read(&path) {
        if let Recorded::Input(Input::Observed(observation)) = item.what {
            assert!(knowledge.apply(&observation).transitions.is_empty());
            seen += 1;
        }
    }
    assert_eq!(seen, 3);
    assert_eq!(
        knowledge.roster.presence(UserIx(0)).word(),
        Presence::Unknown(imtop::presence::UnknownReason::NotAnswered).word()
    );
}
