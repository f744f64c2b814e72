//! Why a question got no answer: what happened, where, and what to do about it.
//!
//! One sentence each. Texts that came from a server are visible-safe, bounded and free of tokens
//! before they get here (see `openim`).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{language, say};

use super::written::{advice, text, time};

/// What to do, as a sentence that lives as long as the program.
type Advice = &'static str;

/// So often a refusal is doubted that may pass with the reload of a proxy.
const QUICK_TRIES: u32 = 3;

/// Why a question to the server got no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FetchError {
    /// No connection, or one that broke before the whole answer was there.
    Unreachable {
        /// What failed, as the system words it: `connection refused`.
        #[serde(deserialize_with = "text")]
        what: Box<str>,
    },
    /// The same where a proxy is between: whether it or the server fails cannot always be told.
    ProxyUnreachable {
        /// What failed, as the system words it.
        #[serde(deserialize_with = "text")]
        what: Box<str>,
    },
    /// No whole answer within the time that we wait.
    Timeout {
        /// How long that was.
        #[serde(deserialize_with = "time")]
        after_ms: u64,
    },
    /// The TLS handshake failed.
    Tls {
        /// Which step, as the TLS library words it.
        #[serde(deserialize_with = "text")]
        what: Box<str>,
        /// What to do about it, as a sentence without its full stop.
        #[serde(deserialize_with = "advice")]
        advice: Advice,
    },
    /// A 3xx, which is never followed: the admin token would go with it.
    Redirect {
        /// As in the first line of the answer.
        status: u16,
        /// The `Location` header; visible-safe, without credentials.
        #[serde(deserialize_with = "text")]
        target: Box<str>,
    },
    /// An HTTP status other than 200 with a body that is not OpenIM's.
    Http {
        /// As in the first line of the answer.
        status: u16,
    },
    /// A status that may pass, such as 503, with a `Retry-After`.
    Unavailable {
        /// As in the first line of the answer.
        status: u16,
        /// How long the server asks us to wait.
        #[serde(deserialize_with = "time")]
        retry_after_ms: u64,
    },
    /// 429: the server asks for fewer questions.
    RateLimited {
        /// How long it asks us to wait, where it said so legibly.
        #[serde(default, deserialize_with = "time")]
        retry_after_ms: Option<u64>,
    },
    /// The body, unpacked, is larger than the limit.
    TooLarge {
        /// What a body may have at most, unpacked.
        limit_bytes: u64,
    },
    /// Not an answer that this program understands.
    Decode {
        /// What is wrong, and where.
        #[serde(deserialize_with = "text")]
        what: Box<str>,
    },
    /// The server does not accept the admin token (errCode 1501-1507).
    Auth {
        /// `errCode`.
        code: i32,
        /// What the server calls it, or what this program knows of it.
        #[serde(deserialize_with = "text")]
        what: Box<str>,
        /// What to do about it, as a sentence without its full stop.
        #[serde(deserialize_with = "advice")]
        advice: Advice,
    },
    /// The server accepts the token, but not for this question (errCode 1002 and its kind).
    Denied {
        /// `errCode`.
        code: i32,
        /// What the server said.
        #[serde(deserialize_with = "text")]
        what: Box<str>,
        /// What to do about it, as a sentence without its full stop.
        #[serde(deserialize_with = "advice")]
        advice: Advice,
    },
    /// Any other `errCode`.
    Api {
        /// `errCode`.
        code: i32,
        /// Name and detail, as the server said them.
        #[serde(deserialize_with = "text")]
        what: Box<str>,
        /// What to do about it, as a sentence without its full stop.
        #[serde(deserialize_with = "advice")]
        advice: Advice,
    },
    /// Our own credentials could not be had: no file, a failing command, a stopped login.
    Credentials {
        /// What happened, and with which file or command.
        #[serde(deserialize_with = "text")]
        what: Box<str>,
        /// What to do about it, as a sentence without its full stop.
        #[serde(deserialize_with = "advice")]
        advice: Advice,
    },
}

/// A [`FetchError`] in one small value, for a column of a million users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ErrorKind {
    /// See [`FetchError::Unreachable`] and [`FetchError::ProxyUnreachable`].
    Unreachable,
    /// See [`FetchError::Timeout`].
    Timeout,
    /// See [`FetchError::Tls`].
    Tls,
    /// See [`FetchError::Redirect`].
    Redirect {
        /// As in the first line of the answer.
        status: u16,
    },
    /// See [`FetchError::Http`] and [`FetchError::Unavailable`].
    Http {
        /// As in the first line of the answer.
        status: u16,
    },
    /// See [`FetchError::RateLimited`].
    RateLimited,
    /// See [`FetchError::TooLarge`].
    TooLarge,
    /// See [`FetchError::Decode`].
    Decode,
    /// See [`FetchError::Auth`].
    Auth {
        /// `errCode`.
        code: i32,
    },
    /// See [`FetchError::Denied`].
    Denied {
        /// `errCode`.
        code: i32,
    },
    /// See [`FetchError::Api`].
    Api {
        /// `errCode`.
        code: i32,
    },
    /// See [`FetchError::Credentials`].
    Credentials,
}

/// What asking again can be expected to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It may well pass: ask again soon, then less often.
    ByItself,
    /// Only after the time that the server named.
    AfterWaiting,
    /// Only when somebody changes something: ask seldom.
    WhenChanged,
}

impl FetchError {
    /// A server that asks for a longer wait is asked again after so long all the same: what it says may
    /// be meant for somebody else, or be wrong.
    pub const LONGEST_WAIT_MS: u64 = 300_000;

    /// The kind of it.
    pub fn trouble(&self) -> ErrorKind {
        match *self {
            FetchError::Unreachable { .. } | FetchError::ProxyUnreachable { .. } => ErrorKind::Unreachable,
            FetchError::Timeout { .. } => ErrorKind::Timeout,
            FetchError::Tls { .. } => ErrorKind::Tls,
            FetchError::Redirect { status, .. } => ErrorKind::Redirect { status },
            FetchError::Http { status } | FetchError::Unavailable { status, .. } => {
                ErrorKind::Http { status }
            }
            FetchError::RateLimited { .. } => ErrorKind::RateLimited,
            FetchError::TooLarge { .. } => ErrorKind::TooLarge,
            FetchError::Decode { .. } => ErrorKind::Decode,
            FetchError::Auth { code, .. } => ErrorKind::Auth { code },
            FetchError::Denied { code, .. } => ErrorKind::Denied { code },
            FetchError::Api { code, .. } => ErrorKind::Api { code },
            FetchError::Credentials { .. } => ErrorKind::Credentials,
        }
    }

    /// Whether asking again helps.
    pub fn mends(&self) -> Retry {
        match self {
            FetchError::RateLimited { .. } | FetchError::Unavailable { .. } => Retry::AfterWaiting,
            // What is wrong with the request or its accounts stays so; 500 and its kind may pass.
            FetchError::Api { code: 404 | 1001..=1499, .. } => Retry::WhenChanged,
            FetchError::Unreachable { .. }
            | FetchError::ProxyUnreachable { .. }
            | FetchError::Timeout { .. }
            | FetchError::TooLarge { .. }
            | FetchError::Decode { .. }
            | FetchError::Api { .. } => Retry::ByItself,
            // 408 and 425: the proxy did not get, or did not pass on, this one request.
            FetchError::Http { status } if *status >= 500 || matches!(status, 408 | 425) => Retry::ByItself,
            FetchError::Http { .. }
            | FetchError::Tls { .. }
            | FetchError::Redirect { .. }
            | FetchError::Auth { .. }
            | FetchError::Denied { .. }
            | FetchError::Credentials { .. } => Retry::WhenChanged,
        }
    }

    /// Whether a proxy may say so for a moment only, as an ingress does while it reloads: worth
    /// a few tries before it is believed.
    pub fn may_be_a_reload(&self) -> bool {
        matches!(self, FetchError::Http { status: 403 | 404 | 421 | 499 } | FetchError::Api { code: 404, .. })
    }

    /// Whether asking again is of no use, after `attempt` failures in a row.
    pub fn is_final(&self, attempt: u32) -> bool {
        self.mends() == Retry::WhenChanged && !(self.may_be_a_reload() && attempt <= QUICK_TRIES)
    }

    /// Whether a source can't be asked, after `attempt` failures in a row: one that was heard from before
    /// in this run does not lack the question, and gets a few tries more.
    pub fn refuses_source(&self, attempt: u32, heard_before: bool) -> bool {
        let doubted = heard_before && self.may_be_a_reload() && attempt <= QUICK_TRIES;
        self.refuses_question() && !doubted
    }

    /// Whether the server lacks the question, or does not take it from us: asking again is of no use.
    pub fn refuses_question(&self) -> bool {
        matches!(
            self,
            FetchError::Http { status: 404 | 405 }
                | FetchError::Denied { .. }
                | FetchError::Api { code: 1001..=1499, .. }
        )
    }

    /// What to do about it, as a sentence without its full stop.
    pub fn advice(&self) -> &'static str {
        match self {
            FetchError::Unreachable { .. } => {
                say!("check the address (--api), that the server runs, and the way there")
            }
            FetchError::ProxyUnreachable { .. } => {
                say!("check the proxy's address (--proxy), that it runs, and that it can reach the server")
            }
            FetchError::Timeout { .. } => {
                say!("the server or one of its gateways may hang; --timeout waits longer")
            }
            FetchError::Redirect { .. } => {
                say!("redirects are not followed; give the final address to --api")
            }
            FetchError::Http { status } | FetchError::Unavailable { status, .. } => match status {
                404 => say!("no OpenIM API answers there; check the path in --api"),
                407 => say!("put the user name and the password for the proxy into --proxy"),
                413 => say!("a proxy refuses so long a request; ask for fewer users with --batch"),
                421 | 499 => say!("a proxy in between did not pass the request on; look at its log"),
                408 | 425 | 500.. => say!("the API or the proxy before it is in trouble; look at its log"),
                _ => say!("check the address (--api); a proxy may be in between"),
            },
            FetchError::RateLimited { .. } => {
                say!("ask less often (--interval) or for more users at a time (--batch)")
            }
            FetchError::TooLarge { .. } => say!("ask for fewer users at a time (--batch)"),
            FetchError::Decode { .. } => {
                say!("is --api the address of an OpenIM API, and not of another program?")
            }
            FetchError::Tls { advice, .. }
            | FetchError::Auth { advice, .. }
            | FetchError::Denied { advice, .. }
            | FetchError::Api { advice, .. }
            | FetchError::Credentials { advice, .. } => language::say(advice),
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            FetchError::Unreachable { what } => say!("cannot reach the server: {what}", what),
            FetchError::ProxyUnreachable { what } => {
                say!("cannot reach the server through the proxy: {what}", what)
            }
            FetchError::Timeout { after_ms } => {
                say!("no whole answer within {seconds} s", seconds = seconds(*after_ms))
            }
            FetchError::Tls { what, .. } => say!("no trusted TLS connection: {what}", what),
            FetchError::Redirect { status, target } => {
                say!("HTTP {status} redirects to {target}", status, target)
            }
            FetchError::Http { status } => http(*status),
            FetchError::Unavailable { status, retry_after_ms } => {
                say!("{status}, {again}", status = http(*status), again = again(*retry_after_ms))
            }
            FetchError::RateLimited { retry_after_ms: Some(ms) } => {
                say!("the server limits our rate (429), {again}", again = again(*ms))
            }
            FetchError::RateLimited { retry_after_ms: None } => {
                say!("the server limits our rate (429)").to_owned()
            }
            FetchError::TooLarge { limit_bytes } => {
                say!("the answer is larger than {limit} MiB", limit = limit_bytes.div_ceil(1 << 20))
            }
            FetchError::Decode { what } => say!("the answer is not understood: {what}", what),
            FetchError::Auth { code, what, .. } => say!("admin token refused: {what} ({code})", what, code),
            FetchError::Denied { code, what, .. } => say!("no permission: {what} ({code})", what, code),
            FetchError::Api { code, what, .. } => say!("server error {code}: {what}", code, what),
            FetchError::Credentials { what, .. } => what.to_string(),
        })
    }
}

impl std::error::Error for FetchError {}

impl fmt::Display for ErrorKind {
    /// A few words, to stand in brackets beside a user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match *self {
            ErrorKind::Unreachable => say!("unreachable"),
            ErrorKind::Timeout => say!("timed out"),
            ErrorKind::Tls => say!("TLS failed"),
            ErrorKind::Redirect { status } => {
                return f.write_str(&say!("redirected, HTTP {status}", status));
            }
            ErrorKind::Http { status } => return write!(f, "HTTP {status}"),
            ErrorKind::RateLimited => say!("rate limited"),
            ErrorKind::TooLarge => say!("answer too large"),
            ErrorKind::Decode => say!("answer not understood"),
            ErrorKind::Auth { code } => return f.write_str(&say!("token refused, {code}", code)),
            ErrorKind::Denied { code } => return f.write_str(&say!("no permission, {code}", code)),
            ErrorKind::Api { code } => return f.write_str(&say!("server error {code}", code)),
            ErrorKind::Credentials => say!("no credentials"),
        };
        f.write_str(words)
    }
}

/// Milliseconds as seconds, with a tenth where they are few.
fn seconds(ms: u64) -> String {
    if ms.is_multiple_of(1000) || ms >= 10_000 {
        (ms / 1000).to_string()
    } else {
        format!("{:.1}", ms as f64 / 1000.0)
    }
}

/// When a server is asked again that wants us to wait for so many milliseconds.
fn again(ms: u64) -> String {
    const DAY_MS: u64 = 24 * 60 * 60 * 1000;
    let wait = seconds(ms.min(FetchError::LONGEST_WAIT_MS));
    if ms <= FetchError::LONGEST_WAIT_MS {
        say!("again in {wait} s", wait)
    } else if ms <= DAY_MS {
        say!("again in {wait} s; it asks for {asked} s", wait, asked = seconds(ms))
    } else {
        say!("again in {wait} s; it asks for more than a day", wait)
    }
}

/// An HTTP status with its name.
fn http(status: u16) -> String {
    http_reason(status).map_or_else(|| format!("HTTP {status}"), |reason| format!("HTTP {status} {reason}"))
}

fn http_reason(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        413 => "Content Too Large",
        421 => "Misdirected Request",
        425 => "Too Early",
        499 => "Client Closed Request",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_says_what_happened_and_what_to_do() {
        let cases = [
            (
                FetchError::Unreachable { what: "connection refused".into() },
                "cannot reach the server: connection refused",
            ),
            (
                FetchError::ProxyUnreachable { what: "connection refused".into() },
                "cannot reach the server through the proxy: connection refused",
            ),
            (FetchError::Http { status: 407 }, "HTTP 407 Proxy Authentication Required"),
            (FetchError::Timeout { after_ms: 2_500 }, "no whole answer within 2.5 s"),
            (FetchError::Timeout { after_ms: 10_000 }, "no whole answer within 10 s"),
            (FetchError::Http { status: 502 }, "HTTP 502 Bad Gateway"),
            (FetchError::Http { status: 299 }, "HTTP 299"),
            (
                FetchError::RateLimited { retry_after_ms: Some(1_000) },
                "the server limits our rate (429), again in 1 s",
            ),
            (
                FetchError::RateLimited { retry_after_ms: Some(3_600_000) },
                "the server limits our rate (429), again in 300 s; it asks for 3600 s",
            ),
            (
                FetchError::Unavailable { status: 503, retry_after_ms: 7_000 },
                "HTTP 503 Service Unavailable, again in 7 s",
            ),
            (
                FetchError::Unavailable { status: 408, retry_after_ms: u64::MAX },
                "HTTP 408 Request Timeout, again in 300 s; it asks for more than a day",
            ),
            (FetchError::TooLarge { limit_bytes: 64 << 20 }, "the answer is larger than 64 MiB"),
            (
                FetchError::Redirect { status: 307, target: "http://elsewhere/".into() },
                "HTTP 307 redirects to http://elsewhere/",
            ),
        ];
        for (error, text) in cases {
            assert_eq!(error.to_string(), text);
            assert!(!error.advice().is_empty() && !error.advice().ends_with('.'));
        }
    }

    #[test]
    fn only_what_may_pass_is_asked_again_soon() {
        assert_eq!(FetchError::Http { status: 502 }.mends(), Retry::ByItself);
        assert_eq!(FetchError::Http { status: 404 }.mends(), Retry::WhenChanged);
        assert_eq!(FetchError::RateLimited { retry_after_ms: None }.mends(), Retry::AfterWaiting);
        for status in [408, 425] {
            assert_eq!(FetchError::Http { status }.mends(), Retry::ByItself, "{status}");
        }
    }

    #[test]
    fn what_a_reload_brings_is_final_only_after_a_few_tries() {
        for status in [403, 404, 421, 499] {
            let error = FetchError::Http { status };
            assert!(!error.is_final(1) && !error.is_final(3) && error.is_final(4), "{status}");
        }
        assert!(FetchError::Http { status: 401 }.is_final(1));
        assert!(!FetchError::Http { status: 502 }.is_final(99));
    }
}
