//! All steps as one object, `imtop.doctor/1` (`assets/schema/doctor.json`).

use serde::Serialize;
use serde::ser::SerializeMap as _;
use serde_json::Number;

use super::step::Step;
use super::verdict::Verdict;

/// The object; see the schema for what its fields mean.
#[derive(Serialize)]
struct Object<'a> {
    schema: &'static str,
    at: String,
    server: Server<'a>,
    outcome: &'static str,
    verdict: String,
    steps: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Server<'a> {
    api: &'a str,
    context: Option<&'a str>,
}

#[derive(Serialize)]
struct Line<'a> {
    step: &'static str,
    outcome: &'static str,
    seen: &'a str,
    details: &'a [String],
    advice: &'a [String],
    #[serde(serialize_with = "figures")]
    figures: &'a [(&'static str, Number)],
    took_ms: u64,
}

/// The object as text of several lines, for the API at `api` and a context, as of `unix_ms`.
pub fn object(api: &str, context: Option<&str>, unix_ms: i64, steps: &[Step]) -> String {
    let verdict = Verdict::of(steps);
    let at = jiff::Timestamp::from_millisecond(unix_ms).unwrap_or_default();
    let object = Object {
        schema: "imtop.doctor/1",
        at: format!("{at:.3}"),
        server: Server { api, context },
        outcome: verdict.outcome.word(),
        verdict: verdict.sentence,
        steps: steps.iter().map(line).collect(),
    };
    serde_json::to_string_pretty(&object).unwrap_or_default() // strings and numbers always encode
}

fn line(step: &Step) -> Line<'_> {
    Line {
        step: step.part.name(),
        outcome: step.outcome.word(),
        seen: &step.seen,
        details: &step.details,
        advice: &step.advice,
        figures: &step.figures,
        took_ms: step.took.as_millis() as u64,
    }
}

fn figures<S: serde::Serializer>(
    figures: &&[(&'static str, Number)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(figures.len()))?;
    for (name, number) in *figures {
        map.serialize_entry(name, number)?;
    }
    map.end()
}
