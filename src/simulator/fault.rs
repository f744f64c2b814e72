//! Misbehaviours of a server, by name: what a client must survive.
//!
//! The same short text (`code:1507`, `delay:300ms`, `bomb`) calls one up in a scenario file, in a
//! test, and as the user ID `fault:code:1507` where the scenario has `fault_users`.

use std::str::FromStr;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error};

use super::scenario::Millis;

/// One byte more than the 64 MiB that a client accepts by default.
pub const OVERSIZE: u64 = 64 * 1024 * 1024 + 1;

/// What goes wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The right answer, that much later (real time).
    Delay(Duration),
    /// No byte, until the client gives up.
    Hang,
    /// The connection is closed in place of an answer.
    Drop,
    /// The connection is reset (RST) in place of an answer.
    Reset,
    /// The right head, and the connection closed half-way through the body.
    Cut,
    /// The right answer, a byte a second.
    Drip,
    /// A body that never ends.
    Endless,
    /// A JSON body of so many bytes, plain.
    Oversize(u64),
    /// The same as gzip, which makes it a thousand times smaller on the wire.
    Bomb(u64),
    /// 200, said to be JSON, and is none.
    NotJson,
    /// 200 without a body.
    Empty,
    /// `Content-Encoding: gzip` over bytes that are no gzip.
    BadGzip,
    /// An HTML page of a proxy, with this HTTP status.
    Html(u16),
    /// An empty answer with this HTTP status.
    Http(u16),
    /// HTTP 400 with errCode 500, as after a request that is not JSON.
    BadRequest,
    /// 404 as text; with gzip an empty stream.
    NotFound,
    /// HTTP 429 with this `Retry-After`; without the header where empty.
    RateLimited(String),
    /// HTTP 307 to this URL.
    Redirect(String),
    /// HTTP 200 with this errCode and its name.
    Code(i32),
    /// errCode 1505 whose text holds the admin token, as v3.8.1 to v3.8.3 do it.
    EchoToken,
    /// A right answer about users that nobody asked for.
    WrongUsers,
    /// Every second user is left out, the first one too.
    Missing,
    /// The users in reverse order.
    Reversed,
    /// Every user twice.
    Doubled,
    /// errCode 0 and no `data` at all.
    NoData,
    /// errCode 0 and `data: null`.
    NullData,
    /// `[]` for users without a connection, as the API page has it.
    EmptyLists,
    /// Platforms and keys that nobody has heard of.
    Strange,
    /// Control, bidi and very long characters in errMsg.
    HostileText,
    /// Session tokens that are no JWT.
    BadTokens,
    /// The right answer without a `Date` header.
    NoDate,
}

/// How a fault is read from behind its name.
enum Reading {
    /// It takes no value.
    Plain(Fault),
    /// It takes one, which most can do without.
    Value(fn(Option<&str>) -> Result<Fault, String>),
}

/// All faults by their names, in the order of the documentation.
const FAULTS: [(&str, Reading); 31] = [
    ("delay", Reading::Value(|value| Ok(Fault::Delay(value.map_or(Ok(Duration::from_millis(300)), delay)?)))),
    ("hang", Reading::Plain(Fault::Hang)),
    ("drop", Reading::Plain(Fault::Drop)),
    ("reset", Reading::Plain(Fault::Reset)),
    ("cut", Reading::Plain(Fault::Cut)),
    ("drip", Reading::Plain(Fault::Drip)),
    ("endless", Reading::Plain(Fault::Endless)),
    ("oversize", Reading::Value(|value| Ok(Fault::Oversize(number("oversize", value, OVERSIZE)?)))),
    ("bomb", Reading::Value(|value| Ok(Fault::Bomb(number("bomb", value, OVERSIZE)?)))),
    ("not-json", Reading::Plain(Fault::NotJson)),
    ("empty", Reading::Plain(Fault::Empty)),
    ("bad-gzip", Reading::Plain(Fault::BadGzip)),
    ("html", Reading::Value(|value| Ok(Fault::Html(status("html", value, 502)?)))),
    ("http", Reading::Value(|value| Ok(Fault::Http(status("http", value, 500)?)))),
    ("bad-request", Reading::Plain(Fault::BadRequest)),
    ("not-found", Reading::Plain(Fault::NotFound)),
    ("rate-limited", Reading::Value(|value| Ok(Fault::RateLimited(value.unwrap_or("1").to_owned())))),
    (
        "redirect",
        Reading::Value(|value| Ok(Fault::Redirect(value.unwrap_or("http://example.invalid/").to_owned()))),
    ),
    ("code", Reading::Value(|value| Ok(Fault::Code(number("code", value, 500)?)))),
    ("echo-token", Reading::Plain(Fault::EchoToken)),
    ("wrong-users", Reading::Plain(Fault::WrongUsers)),
    ("missing", Reading::Plain(Fault::Missing)),
    ("reversed", Reading::Plain(Fault::Reversed)),
    ("doubled", Reading::Plain(Fault::Doubled)),
    ("no-data", Reading::Plain(Fault::NoData)),
    ("null-data", Reading::Plain(Fault::NullData)),
    ("empty-lists", Reading::Plain(Fault::EmptyLists)),
    ("strange", Reading::Plain(Fault::Strange)),
    ("hostile-text", Reading::Plain(Fault::HostileText)),
    ("bad-tokens", Reading::Plain(Fault::BadTokens)),
    ("no-date", Reading::Plain(Fault::NoDate)),
];

impl Fault {
    /// The names of all faults, in the order of the documentation; some take a value after a colon.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FAULTS.iter().map(|(name, _)| *name)
    }
}

impl FromStr for Fault {
    type Err = String;

    /// Reads `name` or `name:value`; most values have a usual one.
    fn from_str(text: &str) -> Result<Fault, String> {
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let known = FAULTS.iter().find(|(known, _)| *known == name).map(|(_, reading)| reading);
        match (known, value) {
            (Some(Reading::Value(read)), value) => read(value),
            (Some(Reading::Plain(fault)), None) => Ok(fault.clone()),
            (Some(Reading::Plain(_)) | None, Some(value)) => {
                Err(format!("the fault {name:?} takes no value, found {value:?}"))
            }
            (None, None) => {
                let names: Vec<&str> = Fault::names().collect();
                Err(format!("no fault is called {name:?}, expected one of: {}", names.join(", ")))
            }
        }
    }
}

fn delay(value: &str) -> Result<Duration, String> {
    Millis::parse(value)
        .filter(|time| time.0 >= 0)
        .map(Millis::duration)
        .ok_or_else(|| format!("{value:?} is no delay, expected a time such as 300ms"))
}

fn number<T: FromStr>(name: &str, value: Option<&str>, usual: T) -> Result<T, String> {
    match value {
        None => Ok(usual),
        Some(value) => value
            .parse()
            .map_err(|_| format!("{value:?} is no value for the fault {name:?}, expected a number")),
    }
}

fn status(name: &str, value: Option<&str>, usual: u16) -> Result<u16, String> {
    let status = number(name, value, usual)?;
    if (200..=599).contains(&status) {
        return Ok(status);
    }
    Err(format!("{status} is no value for the fault {name:?}, expected an HTTP status from 200 to 599"))
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fault, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A fault and the requests that meet it. Every condition that is set must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What happens.
    pub fault: Fault,
    /// Only to requests that ask about this user.
    pub asking: Option<String>,
    /// Only to requests for this path; else to all but logins.
    pub path: Option<String>,
    /// From this time on, unix ms.
    pub from_ms: Option<i64>,
    /// Until just before this time, unix ms.
    pub until_ms: Option<i64>,
    /// From the n-th to the n-th request that meets the other conditions, counted from 1.
    pub requests: Option<[u64; 2]>,
}

impl Rule {
    /// The fault happens to every request but logins.
    pub fn always(fault: Fault) -> Rule {
        Rule { fault, asking: None, path: None, from_ms: None, until_ms: None, requests: None }
    }

    /// Whether a request at `now` for `path` about `users` is meant, its number left aside.
    fn concerns(&self, now: i64, path: &str, mut users: impl Iterator<Item = impl AsRef<str>>) -> bool {
        self.from_ms.is_none_or(|from| now >= from)
            && self.until_ms.is_none_or(|until| now < until)
            && self.path.as_ref().map_or(!path.starts_with("/auth/"), |only| only == path)
            && self.asking.as_ref().is_none_or(|id| users.any(|user| user.as_ref() == id))
    }
}

/// The rules in force, in their order, and how often each was met.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<(Rule, u64)>);

impl Rules {
    pub(super) fn new(rules: impl IntoIterator<Item = Rule>) -> Rules {
        Rules(rules.into_iter().map(|rule| (rule, 0)).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fault of the first rule that means this request; counts it for every rule before.
    pub(super) fn meet<U: AsRef<str>>(&mut self, now: i64, path: &str, users: &[U]) -> Option<Fault> {
        self.0.iter_mut().find_map(|(rule, met)| {
            if !rule.concerns(now, path, users.iter()) {
                return None;
            }
            *met += 1;
            rule.requests.is_none_or(|[first, last]| (first..=last).contains(met)).then(|| rule.fault.clone())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_fault_and_no_other_is() {
        for name in Fault::names() {
            name.parse::<Fault>().unwrap_or_else(|error| panic!("{error}"));
        }
        assert_eq!("code:1507".parse(), Ok(Fault::Code(1507)));
        assert_eq!("redirect:http://b/c".parse(), Ok(Fault::Redirect("http://b/c".into())));
        assert_eq!("rate-limited:soon".parse(), Ok(Fault::RateLimited("soon".into())));
        assert!("html:99".parse::<Fault>().unwrap_err().contains("HTTP status"));
        assert!("hang:3".parse::<Fault>().unwrap_err().contains("takes no value"));
        assert!("delay:soon".parse::<Fault>().unwrap_err().contains("300ms"));
    }

    #[test]
    fn a_rule_means_the_requests_that_meet_all_it_says() {
        let rule = Rule {
            asking: Some("a".into()),
            from_ms: Some(10),
            until_ms: Some(20),
            requests: Some([2, 2]),
            ..Rule::always(Fault::Hang)
        };
        let mut rules = Rules::new([rule]);
        assert_eq!(rules.meet(9, "/x", &["a"]), None);
        assert_eq!(rules.meet(10, "/x", &["b"]), None);
        assert_eq!(rules.meet(10, "/x", &["a"]), None, "the first");
        assert_eq!(rules.meet(11, "/x", &["b", "a"]), Some(Fault::Hang), "the second");
        assert_eq!(rules.meet(12, "/x", &["a"]), None, "the third");
        assert_eq!(rules.meet(20, "/x", &["a"]), None);
        let mut always = Rules::new([Rule::always(Fault::Drop)]);
        assert_eq!(always.meet::<&str>(0, "/auth/get_admin_token", &[]), None, "logins go on");
        assert_eq!(always.meet::<&str>(0, "/user/x", &[]), Some(Fault::Drop));
    }
}
