//! All steps as one object, `imtop.doctor/1` (`assets/schema/doctor.json`).

use serde_json::{Map, Value, json};

use super::step::Step;
use super::verdict::Verdict;

/// The object, for the API at `api` and a context, written at `unix_ms`.
pub fn object(api: &str, context: Option<&str>, unix_ms: i64, steps: &[Step]) -> Value {
    let verdict = Verdict::of(steps);
    let at = jiff::Timestamp::from_millisecond(unix_ms).unwrap_or_default();
    json!({
        "schema": "imtop.doctor/1",
        "at": format!("{at:.3}"),
        "server": { "api": api, "context": context },
        "outcome": verdict.outcome.word(),
        "verdict": verdict.sentence,
        "steps": steps.iter().map(step).collect::<Vec<Value>>(),
    })
}

fn step(step: &Step) -> Value {
    let figures: Map<String, Value> = step
        .figures
        .iter()
        .map(|(name, number)| ((*name).to_owned(), Value::Number(number.clone())))
        .collect();
    json!({
        "step": step.part.name(),
        "outcome": step.outcome.word(),
        "seen": step.seen,
        "details": step.details,
        "advice": step.advice,
        "figures": figures,
        "took_ms": step.took.as_millis() as u64,
    })
}
