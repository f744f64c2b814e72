//! The language as a whole: the users whom the tests ask about, and what a query says of itself.

mod holds;
mod mistakes;
mod properties;

use std::borrow::Cow;

use super::*;
use crate::presence::{
    Claims, ConnId, Connection, Fingerprint, Platform, Presence, SessionToken, Since, Tracked, UnknownReason,
    UserIx,
};

const NOW: i64 = 1_000_000;

#[derive(Clone, Debug)]
struct Person {
    id: String,
    label: Option<String>,
    group: Option<String>,
    presence: Presence,
    stale: bool,
    open: Vec<Tracked>,
    age_ms: Option<u64>,
    since_ms: Option<u64>,
    flips: u32,
    reconnects: u32,
    findings: Vec<(&'static str, &'static str)>,
}

impl Facts for Person {
    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }
    fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }
    fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }
    fn presence(&self) -> Presence {
        self.presence
    }
    fn is_stale(&self) -> bool {
        self.stale
    }
    fn connections(&self) -> &[Tracked] {
        &self.open
    }
    fn server_seconds(&self) -> i64 {
        NOW
    }
    fn age_ms(&self) -> Option<u64> {
        self.age_ms
    }
    fn since_ms(&self) -> Option<u64> {
        self.since_ms
    }
    fn flips(&self) -> u32 {
        self.flips
    }
    fn reconnects(&self) -> u32 {
        self.reconnects
    }
    fn has_finding(&self, wanted: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        self.findings.iter().any(|(rule, severity)| wanted(rule, severity))
    }
}

fn token(expires: Option<i64>) -> SessionToken {
    let claims = Claims { expires, ..Claims::default() };
    SessionToken::new(Fingerprint(1), Ok(claims))
}

fn connected(platform: i32, background: bool, token: Option<SessionToken>) -> Tracked {
    let connection = Connection { platform: Platform(platform), id: ConnId::new("x"), background, token };
    Tracked { connection, since: Since { after_ms: None, before_ms: 0 }, unseen: None }
}

/// Online on Android in the foreground with a token for an hour, and on Web in the background with
/// one that never expires.
fn alice() -> Person {
    Person {
        id: "Alice_007".to_owned(),
        label: Some("王小明 Night desk".to_owned()),
        group: Some("Ops".to_owned()),
        presence: Presence::Online,
        stale: false,
        open: vec![
            connected(2, false, Some(token(Some(NOW + 3_600)))),
            connected(5, true, Some(token(None))),
        ],
        age_ms: Some(4_000),
        since_ms: Some(60_000),
        flips: 3,
        reconnects: 0,
        findings: vec![("token-expiring", "warning")],
    }
}

fn offline() -> Person {
    Person {
        presence: Presence::Offline,
        open: Vec::new(),
        findings: Vec::new(),
        label: None,
        group: None,
        ..alice()
    }
}

fn unknown() -> Person {
    Person { presence: Presence::Unknown(UnknownReason::Slow), since_ms: None, ..alice() }
}

#[track_caller]
fn assert_truth(person: &Person, truth: Truth, queries: &[&str]) {
    for text in queries {
        let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(query.evaluate(person), truth, "{text}");
        assert_eq!(query.evaluate::<dyn Facts>(person), truth, "{text}");
    }
}

#[test]
fn a_query_knows_what_its_answer_changes_with() {
    let follows = |text: &str| Query::parse(text).unwrap().follows();
    for text in ["", "alice or !bob", "~x group=ops label=none id=x"] {
        assert_eq!(follows(text), Follows::Names, "{text}");
    }
    for text in ["alice state=online", "platform=2", "flips>0", "finding=any", "exp=never", "bg>0"] {
        assert_eq!(follows(text), Follows::State, "{text}");
    }
    for text in ["state=online exp<1h", "not (a or exp=expired)", "age>1s", "since>1s", "state=stale"] {
        assert_eq!(follows(text), Follows::Time, "{text}");
    }
}

#[test]
fn what_is_marked_is_what_is_wanted() {
    let marked = |text: &str| Query::parse(text).unwrap().highlights().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(marked("Alice !bob not (Carol or !Dave) label~x"), ["alice", "dave"]);
    assert_eq!(marked(""), [""; 0]);
}

#[test]
fn queries_of_words_alone_are_answered_by_a_search() {
    let ids = ["alice", "bob", "Bobby", "carol"];
    let find = |word: &str| -> Vec<UserIx> {
        (0..).zip(ids).filter(|(_, id)| id.to_lowercase().contains(word)).map(|(ix, _)| UserIx(ix)).collect()
    };
    for (text, expected) in [
        ("", vec![0, 1, 2, 3]),
        ("BOB", vec![1, 2]),
        ("a !c", vec![]),
        ("carol or bob", vec![1, 2, 3]),
        ("bob !bobby", vec![1]),
        ("not (alice or bob)", vec![3]),
        ("o b", vec![1, 2]),
    ] {
        let query = Query::parse(text).unwrap();
        let selected: Vec<u32> =
            query.plain_words().unwrap().select(4, find).into_iter().map(|ix| ix.0).collect();
        assert_eq!(selected, expected, "{text}");
    }
    for text in ["~x", "a state=online", "id=alice", "!(a or flips>0)"] {
        assert!(Query::parse(text).unwrap().plain_words().is_none(), "{text}");
    }
}

#[test]
fn a_quoted_word_is_read_as_it_was() {
    for word in
        ["u_1", "a b", "say \"hi\"", "or", "state", "state:x", "!x", "&&", "none", "a=b", "（", "“x”", "~"]
    {
        let query = Query::parse(&quote(word)).unwrap();
        assert_eq!(query.highlights().collect::<Vec<_>>(), [word.to_lowercase()]);
        let named = Query::parse(&format!("group={}", quote(word))).unwrap();
        assert_truth(&Person { group: Some(word.to_owned()), ..alice() }, Truth::Yes, &[named.text()]);
    }
}
