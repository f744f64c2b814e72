//! Gathers what headers and shape of an answer say of the server; one allocation serves for all answers
//! that say the same.

use std::sync::Arc;

use reqwest::header::HeaderMap;

use crate::presence::{BodyLength, Hints, Logins, RateLimit, WireShape, visible_bounded};

use super::redact::Redactor;

/// Longest text of a header that is kept, in characters.
const LONGEST: usize = 64;

const SERVER: &str = "server";
const HTTP_ID: &str = "x-http-id";
const POLICY: &str = "x-ratelimit-policy";

/// The headers of numbers, in the order of their fields in [`RateLimit`] (open-im-server
/// `internal/api/ratelimit.go`).
const NUMBERS: [&str; 7] = [
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-bbr-cpu",
    "x-bbr-minrt",
    "x-bbr-maxpass",
    "x-bbr-maxinflight",
    "x-bbr-inflight",
];

/// The hints of the last answer.
#[derive(Debug, Default)]
pub(super) struct Gathered(Option<Arc<Hints>>);

impl Gathered {
    /// The hints in an answer; `None` where there was none: nothing has no headers.
    pub(super) fn gather(
        &mut self,
        headers: &HeaderMap,
        body: Option<BodyLength>,
        shape: Option<WireShape>,
        logins: Logins,
        redactor: &Redactor,
    ) -> Option<Arc<Hints>> {
        if headers.is_empty() && body.is_none() {
            return None;
        }
        let hints = Hints {
            shape,
            body,
            server: text(headers, SERVER, redactor),
            // Another one with each answer; only whether there is one counts.
            http_id: headers.contains_key(HTTP_ID),
            rate_limit: rate_limit(headers, redactor).map(Box::new),
            logins,
        };
        let same = self.0.take().filter(|held| **held == hints);
        let hints = same.unwrap_or_else(|| Arc::new(hints));
        self.0 = Some(Arc::clone(&hints));
        Some(hints)
    }
}

fn text(headers: &HeaderMap, name: &str, redactor: &Redactor) -> Option<Box<str>> {
    let text = String::from_utf8_lossy(headers.get(name)?.as_bytes());
    let text = redactor.clean(text.trim());
    (!text.is_empty()).then(|| visible_bounded(&text, LONGEST).into())
}

fn rate_limit(headers: &HeaderMap, redactor: &Redactor) -> Option<RateLimit> {
    let [limit, remaining, cpu, min_rt_ms, max_pass, max_in_flight, in_flight] =
        NUMBERS.map(|name| number(headers, name));
    let policy = text(headers, POLICY, redactor);
    let seen = RateLimit { policy, limit, remaining, cpu, min_rt_ms, max_pass, max_in_flight, in_flight };
    (seen != RateLimit::default()).then_some(seen)
}

/// A number, whole or not; the first of several (`100, 100;w=60` of other limiters).
fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    let text = headers.get(name)?.to_str().ok()?;
    let number: f64 = text.split([',', ';']).next()?.trim().parse().ok()?;
    number.is_finite().then_some(number as i64) // a cast of a float saturates
}

/// The shape that an answer is written in, by its first `status`; `None` where there is none.
///
/// Within a JSON string the first quote would be escaped and the second its end, so what is found is
/// a key.
pub(super) fn shape_of(json: &[u8]) -> Option<WireShape> {
    const STATUS: &[u8] = b"\"status\":";
    let at = memchr::memmem::find(json, STATUS)?;
    match json.get(at + STATUS.len()..)?.trim_ascii_start().first()? {
        b'"' => Some(WireShape::Words),
        b'0'..=b'9' => Some(WireShape::Numbers),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(pairs: &[(&'static str, &str)]) -> Hints {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        let body = Some(BodyLength { gzip: false, wire: 1, unpacked: Some(1) });
        let hints = Gathered::default().gather(&headers, body, None, Logins::default(), &Redactor::default());
        (*hints.unwrap()).clone()
    }

    #[test]
    fn numbers_are_read_for_what_they_may_mean() {
        for (value, number) in [
            ("500", Some(500)),
            (" 12.7 ", Some(12)),
            ("100, 100;w=60", Some(100)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("1e300", Some(i64::MAX)),
            ("NaN", None),
            ("inf", None),
            ("many", None),
            ("", None),
        ] {
            let limit = gathered(&[("x-bbr-maxpass", value)]).rate_limit;
            assert_eq!(limit.and_then(|limit| limit.max_pass), number, "{value}");
        }
    }

    #[test]
    fn texts_are_bounded_and_visible() {
        let hints = gathered(&[("server", &"x\u{202e}".repeat(90)), ("x-ratelimit-policy", "BBR")]);
        let server = hints.server.unwrap();
        assert!(server.starts_with("x<U+202E>") && server.chars().count() < 600, "{server}");
        assert_eq!(hints.rate_limit.unwrap().policy.as_deref(), Some("BBR"));
        assert_eq!(gathered(&[("server", "  ")]).server, None);
    }

    #[test]
    fn the_same_answer_gives_the_same_allocation_and_another_a_new_one() {
        let (redactor, mut last) = (Redactor::default(), Gathered::default());
        let mut gather = |server: &str, id: &str, shape| {
            let mut headers = HeaderMap::new();
            headers.insert(SERVER, server.parse().unwrap());
            headers.insert(HTTP_ID, id.parse().unwrap());
            last.gather(&headers, None, shape, Logins::default(), &redactor).unwrap()
        };
        let first = gather("a", "1", None);
        assert!(first.http_id);
        assert!(Arc::ptr_eq(&first, &gather("a", "2", None)));
        assert!(!Arc::ptr_eq(&first, &gather("b", "2", None)));
        assert_eq!(gather("b", "2", Some(WireShape::Words)).shape, Some(WireShape::Words));
        let nothing = last.gather(&HeaderMap::new(), None, None, Logins::default(), &redactor);
        assert_eq!(nothing, None);
    }

    #[test]
    fn the_shape_is_that_of_the_first_status() {
        assert_eq!(shape_of(br#"{"data":[{"userID":"u","status": 0}]}"#), Some(WireShape::Numbers));
        assert_eq!(shape_of(br#"{"data":[{"status":"offline"},{"status":1}]}"#), Some(WireShape::Words));
        assert_eq!(shape_of(br#"{"errMsg":"\"status\":1","data":null}"#), None);
        assert_eq!(shape_of(br#"{"data":[{"status":null}]}"#), None);
        assert_eq!(shape_of(br#"{"data":[{"status":"#), None);
    }
}
