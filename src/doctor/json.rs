//! All steps as one object, `imtop.doctor/1` (`assets/schema/doctor.json`).

use serde::Serialize;

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
    steps: &'a [Step],
}

#[derive(Serialize)]
struct Server<'a> {
    api: &'a str,
    context: Option<&'a str>,
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
        steps,
    };
    serde_json::to_string_pretty(&object).unwrap_or_default() // strings and numbers always encode
}
