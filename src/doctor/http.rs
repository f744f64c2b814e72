//! Who answers a request.

use std::time::Duration;

use super::step::{Outcome, Part, Step, time_words};
use crate::openim::Probe;
use crate::presence::FetchError;
use crate::say;

/// `errCode` of a question without a token (open-im-server `internal/api/router.go`).
const NO_TOKEN: i32 = 1001;

/// Judges what a question without a token brought in the time that it `took`.
pub(super) fn judge(probe: &Probe, took: Duration) -> Step {
    let status = probe.status.map(|status| format!("HTTP {status}")).unwrap_or_default();
    let by = probe.headers.iter().find(|(name, _)| *name == "server").map(|(_, server)| server);
    let step = match &probe.spoke {
        Ok(code) => spoke(*code, &status, took),
        Err(error @ FetchError::RateLimited { .. }) => {
            Step::ok(Part::Http, error.to_string()).but(Outcome::Warning, error.advice())
        }
        Err(error @ FetchError::Redirect { .. }) => {
            Step::failed(Part::Http, error.to_string(), error.advice())
        }
        Err(_) if probe.html => Step::failed(
            Part::Http,
            match by {
                Some(server) => say!(
                    "{status} with a web page of {server}, where an OpenIM API answers with JSON",
                    status,
                    server
                ),
                None => say!("{status} with a web page, where an OpenIM API answers with JSON", status),
            },
            say!(
                "a web server, a proxy or a login page answers there: check host, port and path in --api (the API's \
                 port is usually 10002)"
            ),
        ),
        Err(error) if probe.status.is_some() => {
            let seen = match by {
                Some(server) => {
                    say!("{server} answers, but not as an OpenIM API does: {error}", server, error)
                }
                None => say!("the answer is not one of an OpenIM API: {error}", error),
            };
            Step::failed(Part::Http, seen, error.advice())
        }
        Err(error) => Step::failed(Part::Http, error.to_string(), error.advice()),
    };
    let mut step = step.time("answer_ms", took);
    if let Some(status) = probe.status {
        step = step.count("status", status);
    }
    for (name, value) in &probe.headers {
        step = step.detail(format!("{name}: {value}"));
    }
    if probe.spoke.is_ok() {
        step = step.detail(if probe.gzip {
            say!("compression: gzip")
        } else {
            say!("compression: none (a server before v3.8.1, or a proxy removes it)")
        });
    }
    step
}

/// OpenIM answered.
fn spoke(code: i32, status: &str, took: Duration) -> Step {
    let took = time_words(took);
    match code {
        NO_TOKEN => Step::ok(
            Part::Http,
            say!("{status} from an OpenIM API in {took}; it asks for a token, as it should", status, took),
        ),
        0 => Step::ok(
            Part::Http,
            say!("{status} in {took}: it answers a request that has no token", status, took),
        )
        .but(
            Outcome::Warning,
            say!("anybody who reaches it can ask who is online: look for a proxy before the API that adds a token"),
        ),
        code => Step::ok(
            Part::Http,
            say!(
                "{status} from an OpenIM API in {took}, with errCode {code} to a request without a token",
                status,
                took,
                code
            ),
        )
        .but(Outcome::Note, say!("look at the API's log if the next steps fail")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(spoke: Result<i32, FetchError>) -> Probe {
        Probe {
            status: Some(200),
            headers: vec![("server", "nginx".to_owned())],
            http_id: false,
            server_date: None,
            gzip: true,
            html: false,
            spoke,
        }
    }

    fn judged(probe: &Probe) -> Step {
        judge(probe, Duration::from_millis(12))
    }

    #[test]
    fn openim_is_known_by_its_refusal() {
        let step = judged(&probe(Ok(1001)));
        assert_eq!(step.outcome, Outcome::Ok);
        assert_eq!(step.seen, "HTTP 200 from an OpenIM API in 12 ms; it asks for a token, as it should");
        assert_eq!(step.details, ["server: nginx", "compression: gzip"]);
        assert_eq!(judged(&probe(Ok(500))).outcome, Outcome::Note);
        assert_eq!(judged(&probe(Ok(0))).outcome, Outcome::Warning);
    }

    #[test]
    fn a_page_a_redirect_and_another_server_are_told_apart() {
        let decode = || FetchError::Decode { what: "HTML or XML in place of JSON".into() };
        let step = judged(&Probe { html: true, ..probe(Err(decode())) });
        assert_eq!(step.outcome, Outcome::Failed);
        assert_eq!(step.seen, "HTTP 200 with a web page of nginx, where an OpenIM API answers with JSON");
        let step = judged(&probe(Err(FetchError::Redirect { status: 307, target: "https://im/".into() })));
        assert_eq!(step.seen, "HTTP 307 redirects to https://im/");
        let step = judged(&probe(Err(FetchError::Decode { what: "not JSON".into() })));
        assert!(step.seen.starts_with("nginx answers, but not as an OpenIM API does: "), "{}", step.seen);
        let gone = FetchError::Unreachable { what: "connection reset".into() };
        let step = judged(&Probe { status: None, headers: Vec::new(), ..probe(Err(gone)) });
        assert_eq!(step.seen, "cannot reach the server: connection reset");
    }

    #[test]
    fn a_rate_limit_keeps_nothing_back() {
        let step = judged(&probe(Err(FetchError::RateLimited { retry_after_ms: None })));
        assert_eq!(step.outcome, Outcome::Warning);
    }
}
