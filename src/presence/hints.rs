//! What an answer says of the server that gave it, beside what was asked: release, compression, rate
//! limit. A hint is no fact: a proxy on the way may add, change or drop any of them.

use serde::{Deserialize, Serialize};

use super::written::{as_list, is_usual, some_text};
use crate::say;

/// What an answer says of its server. Texts are visible-safe and bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hints {
    /// How users' states are written; `None` where no entry was seen yet.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub shape: Option<WireShape>,
    /// How the body came; `None` where it did not come whole.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub body: Option<BodyLength>,
    /// The `Server` header: most often that of a proxy, as OpenIM sends none.
    #[serde(default, skip_serializing_if = "is_usual", deserialize_with = "some_text")]
    pub server: Option<Box<str>>,
    /// Whether the request was given an `X-HTTP-ID`, as only the main branch does (tools
    /// `mw/api/logger.go`).
    #[serde(default, skip_serializing_if = "is_usual")]
    pub http_id: bool,
    /// What a rate limiter says of itself.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub rate_limit: Option<Box<RateLimit>>,
    /// How it went with our own admin token of late; known to the client, and not said by the answer.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub logins: Logins,
}

/// How often in the last 15 minutes there was trouble about the admin ID. The server takes the token of
/// whoever logged in before with the same ID (open-im-server `internal/rpc/auth/auth.go`): at once up to
/// v3.8.1, after 5 minutes on the main branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logins {
    /// How often we logged in, and so took the token of any other holder.
    pub made: u16,
    /// How often a token of ours was found taken (errCode 1506 or 1507); each token counts once.
    pub displaced: u16,
}

as_list!(Logins: made, displaced);

/// How the states of users and platforms are written (open-im-server `internal/api/user.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireShape {
    /// `"status":1`: since v3.8.1.
    Numbers,
    /// `"status":"online"`: up to v3.8.0.
    Words,
}

/// How long a body was, and how it was packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyLength {
    /// Whether it was compressed with gzip, which OpenIM does since v3.8.1.
    #[serde(default)]
    pub gzip: bool,
    /// Bytes over the wire.
    pub wire: u64,
    /// Bytes unpacked; `None` where it was not unpacked.
    pub unpacked: Option<u64>,
}

/// What the headers of a rate limiter say. What was not sent, or is no number, is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// `X-RateLimit-Policy`: OpenIM's is `BBR`, sent with a refusal.
    #[serde(default, deserialize_with = "some_text")]
    pub policy: Option<Box<str>>,
    /// `X-RateLimit-Limit`.
    pub limit: Option<i64>,
    /// `X-RateLimit-Remaining`; OpenIM says 0 whenever it refuses.
    pub remaining: Option<i64>,
    /// `X-BBR-CPU`: load of the server's machine in thousandths (open-im-server
    /// `internal/api/ratelimit.go`).
    pub cpu: Option<i64>,
    /// `X-BBR-MinRT`: the quickest answer of late, in milliseconds.
    pub min_rt_ms: Option<i64>,
    /// `X-BBR-MaxPass`: the most requests in one span of its window.
    pub max_pass: Option<i64>,
    /// `X-BBR-MaxInFlight`: so many requests at once are let through under load.
    pub max_in_flight: Option<i64>,
    /// `X-BBR-InFlight`: so many there are.
    pub in_flight: Option<i64>,
}

impl Hints {
    /// Name and words of everything known, for a person.
    ///
    /// ```
    /// use imtop::presence::{BodyLength, Hints, WireShape};
    /// let hints = Hints {
    ///     shape: Some(WireShape::Numbers),
    ///     body: Some(BodyLength { gzip: true, wire: 1_400, unpacked: Some(34_200) }),
    ///     ..Hints::default()
    /// };
    /// let words = hints.words();
    /// assert_eq!(words[0], ("release", "v3.8.1 or later".to_owned()));
    /// assert_eq!(words[1], ("compression", "gzip, 34.2 kB to 1.4 kB".to_owned()));
    /// ```
    pub fn words(&self) -> Vec<(&'static str, String)> {
        let release = match (self.http_id, self.shape) {
            (true, _) => Some(say!("main branch").to_owned()),
            (false, Some(WireShape::Numbers)) => Some(say!("v3.8.1 or later").to_owned()),
            (false, Some(WireShape::Words)) => Some(say!("v3.8.0 or earlier").to_owned()),
            (false, None) => None,
        };
        let limit = self.rate_limit.as_deref();
        [
            (say!("release"), release),
            (say!("compression"), self.body.map(BodyLength::words)),
            (say!("server"), self.server.as_deref().map(str::to_owned)),
            (say!("rate limit"), limit.and_then(RateLimit::words)),
            (say!("server load"), limit.and_then(RateLimit::load_words)),
        ]
        .into_iter()
        .filter_map(|(name, words)| Some((name, words?)))
        .collect()
    }
}

impl BodyLength {
    fn words(self) -> String {
        match (self.gzip, self.unpacked) {
            (false, _) => say!("none").to_owned(),
            (true, None) => say!("gzip, to {wire}", wire = Bytes(self.wire)),
            (true, Some(unpacked)) => {
                say!("gzip, {unpacked} to {wire}", unpacked = Bytes(unpacked), wire = Bytes(self.wire))
            }
        }
    }
}

impl RateLimit {
    fn words(&self) -> Option<String> {
        let mut parts: Vec<String> = self.policy.iter().map(ToString::to_string).collect();
        match (self.remaining, self.limit) {
            (Some(remaining), Some(limit)) => {
                parts.push(say!("{remaining} left of {limit}", remaining, limit));
            }
            (Some(remaining), None) => parts.push(say!("{remaining} left", remaining)),
            (None, Some(limit)) => parts.push(say!("at most {limit}", limit)),
            (None, None) => {}
        }
        if parts.is_empty() && self.load_words().is_some() {
            return Some(say!("active").to_owned());
        }
        (!parts.is_empty()).then(|| parts.join(say!(", ")))
    }

    fn load_words(&self) -> Option<String> {
        let mut parts = Vec::new();
        if let Some(cpu) = self.cpu {
            parts.push(format!("CPU {} %", cpu / 10));
        }
        if let Some(in_flight) = self.in_flight {
            parts.push(match self.max_in_flight {
                Some(most) => {
                    say!("{in_flight} requests at once, {most} let through under load", in_flight, most)
                }
                None => say!("{in_flight} requests at once", in_flight),
            });
        }
        if let Some(ms) = self.min_rt_ms {
            parts.push(say!("quickest answer {ms} ms", ms));
        }
        (!parts.is_empty()).then(|| parts.join(say!(", ")))
    }
}

/// A number of bytes as a person reads it, in steps of a thousand: `512 B`, `3.4 kB`, `12.0 MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            bytes @ ..1_000 => write!(f, "{bytes} B"),
            bytes @ ..999_950 => write!(f, "{:.1} kB", bytes as f64 / 1e3),
            bytes @ ..999_950_000 => write!(f, "{:.1} MB", bytes as f64 / 1e6),
            bytes => write!(f, "{:.1} GB", bytes as f64 / 1e9),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(hints: &Hints) -> String {
        let words = hints.words().into_iter().map(|(name, words)| format!("{name}: {words}"));
        words.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn amounts_are_read_at_a_glance() {
        let words = [0, 999, 3_400, 12_000_000, 5_000_000_000].map(|count| Bytes(count).to_string());
        assert_eq!(words, ["0 B", "999 B", "3.4 kB", "12.0 MB", "5.0 GB"]);
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        assert_eq!(words(&Hints::default()), "");
        let old = Hints { shape: Some(WireShape::Words), server: Some("nginx".into()), ..Hints::default() };
        assert_eq!(words(&old), "release: v3.8.0 or earlier; server: nginx");
        let empty = Hints { rate_limit: Some(Box::default()), ..Hints::default() };
        assert_eq!(words(&empty), "");
    }

    #[test]
    fn a_rate_limit_is_said_as_far_as_it_is_known() {
        let with = |limit: RateLimit| words(&Hints { rate_limit: Some(limit.into()), ..Hints::default() });
        let policy = || Some("BBR".into());
        let limit =
            RateLimit { policy: policy(), limit: Some(500), remaining: Some(120), ..RateLimit::default() };
        assert_eq!(with(limit), "rate limit: BBR, 120 left of 500");
        assert_eq!(with(RateLimit { limit: Some(5), ..RateLimit::default() }), "rate limit: at most 5");
        let load = RateLimit {
            cpu: Some(355),
            in_flight: Some(3),
            max_in_flight: Some(40),
            min_rt_ms: Some(7),
            ..RateLimit::default()
        };
        assert_eq!(
            with(load),
            "rate limit: active; server load: CPU 35 %, 3 requests at once, 40 let through under load, quickest answer 7 ms"
        );
    }

    #[test]
    fn lengths_are_in_steps_of_a_thousand() {
        let body = |wire| {
            words(&Hints { body: Some(BodyLength { gzip: true, wire, unpacked: None }), ..Hints::default() })
        };
        assert_eq!(body(999), "compression: gzip, to 999 B");
        assert_eq!(body(999_949), "compression: gzip, to 999.9 kB");
        assert_eq!(body(999_950), "compression: gzip, to 1.0 MB");
    }
}
