//! Every line that is written keeps to `assets/schema/recording.json`.

use imtop::recording::{Encoder, Limits};
use proptest::prelude::*;
use serde_json::Value;

use super::made::{any_input, at, begin, beside, moment, record, step, take};

fn schema() -> jsonschema::Validator {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/schema/recording.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn check(schema: &jsonschema::Validator, line: &[u8]) {
    let value: Value = serde_json::from_slice(line).unwrap();
    let wrong: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), String::from_utf8_lossy(line));
}

#[test]
fn a_recording_keeps_to_the_schema_line_by_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.ndjson");
    record(&path, Limits::default(), 100);
    let schema = schema();
    let text = std::fs::read(&path).unwrap();
    let lines: Vec<&[u8]> = text.trim_ascii_end().split(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), 1 + 4 + 100);
    for line in lines {
        check(&schema, line);
    }
}

/// An observation with this in it.
fn said(what: &str) -> String {
    let rest = r#""generation":1,"batch":0,"sent":[0,0],"received":[0,0],"operation":"x","wire_bytes":1,"next_ms":1"#;
    format!(r#"{{"at":1,"unix":1,"observed":{{{rest},{what}}}}}"#)
}

#[test]
fn the_schema_tells_what_is_no_line() {
    let schema = schema();
    for wrong in [
        r#"{"unix":1,"interval":2000}"#,
        r#"{"at":-1,"unix":1,"interval":2000}"#,
        r#"{"at":1,"unix":1,"interval":"2s"}"#,
        r#"{"at":1,"unix":1,"imtop":"recording/2","head":{}}"#,
        r#"{"at":1,"unix":1,"observed":{"batch":0}}"#,
        &said(r#""question":"registry","answer":{"registry":[[0,["Web"]]]}"#),
        &said(r#""question":"gateways","answer":{"gateways":[["10.0.0.7:12140","well"]]}"#),
        &said(r#""question":"registry","users":[1,1]"#),
        &said(r#""question":"registry","answer":{}"#),
        &said(r#""question":"registry","changed":[]"#),
        &said(r#""answer":{"registry":[]}"#),
    ] {
        assert!(!schema.is_valid(&serde_json::from_str(wrong).unwrap()), "{wrong}");
    }
    for right in [
        said(r#""question":"registry","users":[0,7],"answer":{"registry":[[0,[5]]]}"#),
        said(r#""question":"kicks","users":[]"#),
    ] {
        assert!(schema.is_valid(&serde_json::from_str(&right).unwrap()), "{right}");
    }
    assert!(schema.is_valid(&serde_json::from_str(r#"{"at":1,"unix":1,"of_a_later_version":{}}"#).unwrap()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn whatever_is_written_keeps_to_the_schema(
        inputs in prop::collection::vec((moment(), any_input()), 1..5),
        steps in prop::collection::vec(step(), 0..15),
        beside in beside(),
    ) {
        let schema = schema();
        let (mut encoder, mut line) = (Encoder::default(), Vec::new());
        for (at, input) in inputs {
            encoder.input(at, &input, &mut line).unwrap();
            check(&schema, &line);
            line.clear();
        }
        let mut roster = begin(true);
        for (n, step) in (1..).zip(&steps) {
            take(&mut roster, step, n * 3_000);
        }
        encoder.keyframe(at(0), roster.list(), &roster.state(), 2_000, &mut line).unwrap();
        check(&schema, &line);
        line.clear();
        encoder.keyframe(at(0), roster.list(), &beside.put(roster.state()), 2_000, &mut line).unwrap();
        check(&schema, &line);
    }
}
