//! The language as a whole: what holds for whom, what a mistake is called, and properties of any text.

use std::borrow::Cow;
use std::sync::Arc;

use proptest::prelude::*;

use super::expression::{
    Comparison, Condition, Counted, Elapsed, Expression, Finding, Name, Named, State, TokenState,
};
use super::field::{RULES, SEVERITIES, STATES, TOKEN_STATES};
use super::pattern::Pattern;
use super::*;
use crate::presence::{
    Claims, ConnId, Connection, Fingerprint, Platform, Presence, SessionToken, Since, Tracked, Unreadable,
    UserIx, Why,
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
    SessionToken { fingerprint: Fingerprint(1), claims: Ok(Arc::new(claims)) }
}

fn connected(platform: i32, background: bool, token: Option<SessionToken>) -> Tracked {
    let connection = Connection { platform: Platform(platform), id: ConnId::new("x"), background, token };
    Tracked { connection, since: Since { after_ms: None, before_ms: 0 } }
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
    Person { presence: Presence::Unknown(Why::Slow), since_ms: None, ..alice() }
}

#[track_caller]
fn assert_truth(person: &Person, truth: Truth, queries: &[&str]) {
    for text in queries {
        let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(query.evaluate(person), truth, "{text}");
        assert_eq!(query.evaluate::<dyn Facts>(person), truth, "{text}");
    }
}

#[track_caller]
fn assert_error(text: &str, at: &str, message: &str) {
    let error = Query::parse(text).map(|query| query.explain()).unwrap_err();
    assert_eq!(error.to_string(), message, "{text}");
    assert_eq!(&text[error.at.clone()], at, "{text}: {message}");
}

#[test]
fn words_are_looked_for_in_id_and_label() {
    let yes = [
        "",
        " ",
        "alice",
        "LICE_0",
        "小",
        "\"t d\"",
        "alice desk",
        "alice and 小明",
        "bob or desk",
        "!bob",
        "NOT bob",
    ];
    assert_truth(&alice(), Truth::Yes, &yes);
    assert_truth(
        &alice(),
        Truth::No,
        &["bob", "alice bob", "!alice", "not (alice or bob)", "\"7王\"", "ops"],
    );
    assert_truth(
        &alice(),
        Truth::Yes,
        &["~^alice", "~desk$", "~\"night d\"", "(~(a|b)lice) and ~七|王", "alice ~desk"],
    );
    assert_truth(&alice(), Truth::No, &["~^desk", "alice ~bob"]);
}

#[test]
fn a_user_online_is_seen_from_every_side() {
    let yes = [
        "state=online",
        "STATE=On",
        "state!=offline",
        "platform=android",
        "platform=and platform=5",
        "platform~we",
        "platform!=ios",
        "conns=2",
        "conns>1",
        "bg=1",
        "bg<=1",
        "exp<24h",
        "exp<=1h",
        "exp>=1h",
        "exp>59m",
        "exp>-1h",
        "exp=never",
        "exp!=expired",
        "age<5s",
        "age>=4s",
        "since<5m",
        "since>30s",
        "flips>2",
        "flips!=4",
        "reconnects=0",
        "finding=any",
        "finding=warning",
        "finding=token-expiring",
        "finding~^token",
        "finding!=critical",
        "group=OPS",
        "group!=none",
        "label~desk",
        "label=\"王小明 night DESK\"",
        "id=alice_007",
        "id~7$",
        "label ~ 小",
        "label ~desk",
        "state = online exp < 24h",
    ];
    assert_truth(&alice(), Truth::Yes, &yes);
    let no = [
        "state=background",
        "state=unknown",
        "state=stale",
        "platform=win",
        "platform!=web",
        "conns<2",
        "bg=0",
        "exp<1h",
        "exp>1h",
        "exp=expired",
        "exp=none",
        "exp=unreadable",
        "age>10s",
        "since>60s",
        "flips<3",
        "finding=none",
        "finding=critical",
        "finding~kick",
        "group=night",
        "group=none",
        "label=none",
        "id=alice",
        "label=desk",
    ];
    assert_truth(&alice(), Truth::No, &no);
}

#[test]
fn who_is_offline_has_no_token_that_could_expire() {
    let no =
        ["exp<24h", "exp>24h", "exp=expired", "exp=none", "platform=2", "conns>0", "finding=any", "label~x"];
    assert_truth(&offline(), Truth::No, &no);
    let yes = [
        "exp!=expired",
        "not exp<24h",
        "conns=0",
        "bg=0",
        "group=none",
        "label=none",
        "finding=none",
        "group!=ops",
    ];
    assert_truth(&offline(), Truth::Yes, &yes);
}

#[test]
fn of_an_unknown_user_only_names_and_what_was_counted_are_certain() {
    let undecided = [
        "state=online",
        "state!=online",
        "state=unregistered",
        "platform=2",
        "platform!=2",
        "platform~a",
        "conns>0",
        "bg=0",
        "exp<24h",
        "exp=never",
        "since<5m",
        "since>5m",
        "state=online and alice",
        "state=online or bob",
        "not (state=online or exp=expired)",
    ];
    assert_truth(&unknown(), Truth::Undecided, &undecided);
    let yes = [
        "state=unknown",
        "state=unk",
        "alice",
        "group=ops",
        "age<5s",
        "flips=3",
        "finding=any",
        "state=online or alice",
    ];
    assert_truth(&unknown(), Truth::Yes, &yes);
    assert_truth(
        &unknown(),
        Truth::No,
        &["state!=unknown", "state=stale", "bob", "state=online and bob", "flips>3"],
    );
}

#[test]
fn stale_data_is_still_of_its_state_and_data_that_never_came_is_old() {
    let stale = Person { stale: true, ..alice() };
    assert_truth(&stale, Truth::Yes, &["state=stale", "state=online", "state=stale and state=online"]);
    let never = Person { age_ms: None, ..unknown() };
    assert_truth(&never, Truth::Yes, &["age>2w", "age>=1s"]);
    assert_truth(&never, Truth::No, &["age<2w"]);
}

#[test]
fn the_soonest_token_counts_and_its_last_second_is_expired() {
    let with = |tokens: Vec<Option<SessionToken>>| Person {
        open: tokens.into_iter().map(|token| connected(1, false, token)).collect(),
        ..alice()
    };
    let gone = with(vec![Some(token(Some(NOW))), Some(token(Some(NOW + 90_000)))]);
    assert_truth(&gone, Truth::Yes, &["exp=expired", "exp<=0", "exp<24h", "exp>=0s"]);
    assert_truth(&gone, Truth::No, &["exp<0", "exp>24h", "exp=never"]);
    assert_truth(&with(vec![Some(token(None))]), Truth::Yes, &["exp=never", "exp>2w"]);
    let odd = SessionToken { fingerprint: Fingerprint(2), claims: Err(Unreadable::NotAJwt) };
    let odd = with(vec![None, Some(odd)]);
    assert_truth(&odd, Truth::Yes, &["exp=none", "exp=unreadable"]);
    assert_truth(&odd, Truth::No, &["exp<24h", "exp>24h", "exp=never", "exp=expired"]);
    assert_truth(&with(vec![Some(token(Some(i64::MIN)))]), Truth::Yes, &["exp<-52w"]);
}

#[test]
fn full_width_signs_ask_the_same() {
    let yes = [
        "（state＝online）",
        "！bob",
        "exp＜24h　“night desk”",
        "exp《24h",
        "flips》＝3",
        "state！＝off",
        "～^alice",
    ];
    assert_truth(&alice(), Truth::Yes, &yes);
}

#[test]
fn a_mistake_names_what_was_found_and_what_was_probably_meant() {
    assert_error("platfrom=web", "platfrom", "no field \"platfrom\"; did you mean platform?");
    assert_error(
        "state=onlin",
        "onlin",
        "\"onlin\" is nothing to compare state with; did you mean state=online?",
    );
    assert_error(
        "finding=token-expird",
        "token-expird",
        "\"token-expird\" is nothing to compare finding with; did you mean finding=token-expired?",
    );
    assert_error(
        "platform=andriod",
        "andriod",
        "\"andriod\" is nothing to compare platform with; did you mean platform=Android?",
    );
    assert_error(
        "flips>many",
        "many",
        "\"many\" is nothing to compare flips with; expected a count such as 3",
    );
    assert_error("exp<24", "24", "the time \"24\" has no unit; expected 24s, 24m, 24h, 24d or 24w");
    assert_error("exp<never", "never", "never is not more or less than anything; did you mean exp=never?");
    assert_error(
        "exp=24h",
        "24h",
        "exp never stands still, so it is not = or != \"24h\"; expected <, <=, > or >=",
    );
    assert_error(
        "since=5m",
        "5m",
        "since never stands still, so it is not = or != \"5m\"; expected <, <=, > or >=",
    );
    assert_error(
        "age>-5s",
        "-5s",
        "\"-5s\" is nothing to compare age with; expected a time such as 90s, 5m, 24h, 7d or 2w",
    );
    assert_error("state<online", "<", "state can't be compared with <; expected = or !=");
    assert_error(
        "a or",
        "",
        "the query ends too early; expected a word, a condition such as state=online, or (",
    );
    assert_error(
        "exp<",
        "",
        "nothing follows \"<\"; expected a time such as 24h, expired, never, none or unreadable",
    );
    assert_error("label= and x", "and", "\"and\" stands where a value belongs; expected a label, or none");
    assert_error("=web", "=", "there is no field before \"=\"; expected a condition such as state=online");
    assert_error("(a or b", "(", "this bracket is not closed; expected ) at the end");
    assert_error("a) b", ")", "this bracket closes nothing");
    assert_error(
        ")",
        ")",
        "this bracket closes nothing; expected a word, a condition such as state=online, or (",
    );
    assert_error(
        "()",
        ")",
        "there is nothing between the brackets; expected a word, a condition such as state=online, or (",
    );
    assert_error(
        "and b",
        "and",
        "\"and\" stands between two conditions; expected a word, a condition such as state=online, or (",
    );
    assert_error("x \"a b", "\"a b", "this quote is not closed; expected \" at the end");
    assert_error("a \"\"", "\"\"", "there is nothing between the quotes");
    assert_error("~(a b)", "(a", "\"(a\" is not a pattern: found open group without closing ')'");
    assert_error(
        "\"state\"=online",
        "\"state\"",
        "\"state\" is in quotes, so it is no field; expected the name of a field",
    );
    assert_error("a && b", "&&", "\"&&\" is no operator; did you mean and?");
    assert_error(
        "state:online",
        "state:online",
        "\"state:online\" compares nothing; did you mean state=online, or \"state:online\" as text in quotes?",
    );
}

#[test]
fn what_counts_users_is_told_from_a_filter() {
    let counts = |text: &str, whole: &str, meant: &str| {
        let message =
            format!("\"{whole}\" counts users, and a filter is about one user; did you mean {meant}?");
        assert_error(text, whole, &message);
    };
    counts("unknown>0", "unknown>0", "state=unknown");
    counts("alice and online < 95% or x", "online < 95%", "state=online");
    counts("off=0", "off=0", "state=offline");
    counts("finding:token-expired>0", "finding:token-expired>0", "finding=token-expired");
    counts("unknown>", "unknown>", "state=unknown");
}

#[test]
fn a_bare_word_without_an_operator_is_never_a_mistake() {
    for word in
        ["platform", "state", "unknown", "unknown:x", "app:42", "And", "95%", "a/b", "+86", "wow!", "id:"]
    {
        assert_eq!(Query::parse(word).unwrap().highlights().collect::<Vec<_>>(), [word.to_lowercase()]);
    }
}

#[test]
fn thousands_of_pasted_ids_are_one_level_and_deep_nesting_is_refused() {
    let ids: Vec<String> = (0..20_000).map(|n| format!("u{n}")).collect();
    let query = Query::parse(&ids.join(" or ")).unwrap();
    assert_eq!(query.evaluate(&alice()), Truth::No);
    assert_eq!(query.highlights().count(), 20_000);
    let deep = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Query::parse(&deep(64)).is_ok());
    for text in [deep(65), "(".repeat(100_000), "!".repeat(100_000), "not ".repeat(50_000)] {
        let message = Query::parse(&text).unwrap_err().to_string();
        assert_eq!(message, "brackets and \"not\" are nested more than 64 deep");
    }
    let endless = Query::parse(&"王".repeat(100_000)).unwrap_err();
    assert!(endless.to_string().starts_with("the query is longer than 256 KiB"), "{endless}");
    assert_eq!(endless.at.start % 3, 0, "on a character boundary");
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

/// Writes an expression as it could be typed.
fn written(expression: &Expression) -> String {
    let inner = |part: &Expression| match part {
        Expression::All(_) | Expression::Any(_) => format!("({})", written(part)),
        _ => written(part),
    };
    let joined = |parts: &[Expression], with: &str| parts.iter().map(inner).collect::<Vec<_>>().join(with);
    match expression {
        Expression::All(parts) => joined(parts, " "),
        Expression::Any(parts) => joined(parts, " or "),
        Expression::Not(negated) => format!("!{}", inner(negated)),
        Expression::Is(condition) => written_condition(condition),
    }
}

fn written_condition(condition: &Condition) -> String {
    let sign = |comparison: &Comparison| match comparison {
        Comparison::Equal => "=",
        Comparison::Less => "<",
        Comparison::AtMost => "<=",
        Comparison::More => ">",
        Comparison::AtLeast => ">=",
    };
    let always_quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    match condition {
        Condition::Word(word) => quote(word).into_owned(),
        Condition::Matches(pattern) => format!("~{}", always_quoted(pattern.source())),
        Condition::State(state) => {
            format!("state={}", STATES.iter().find(|(.., known)| known == state).unwrap().0)
        }
        Condition::Platform(platform) => format!("platform={}", platform.0),
        Condition::PlatformMatches(pattern) => format!("platform~{}", always_quoted(pattern.source())),
        Condition::Count(counted, comparison, count) => {
            let field = match counted {
                Counted::Connections => "conns",
                Counted::BackgroundConnections => "bg",
                Counted::Flips => "flips",
                Counted::Reconnects => "reconnects",
            };
            format!("{field}{}{count}", sign(comparison))
        }
        Condition::Expiry(comparison, seconds) => format!("exp{}{seconds}s", sign(comparison)),
        Condition::Token(state) => {
            format!("exp={}", TOKEN_STATES.iter().find(|(_, known)| known == state).unwrap().0)
        }
        Condition::Elapsed(Elapsed::Age, comparison, seconds) => format!("age{}{seconds}s", sign(comparison)),
        Condition::Elapsed(Elapsed::Since, comparison, seconds) => {
            format!("since {} {seconds}s", sign(comparison))
        }
        Condition::Finding(finding) => match finding {
            Finding::Any => "finding=any".to_owned(),
            Finding::None => "finding=none".to_owned(),
            Finding::Rule(name) | Finding::Severity(name) => format!("finding={name}"),
            Finding::Matches(pattern) => format!("finding~{}", always_quoted(pattern.source())),
        },
        Condition::Name(name, named) => {
            let field = match name {
                Name::Group => "group",
                Name::Label => "label",
                Name::Id => "id",
            };
            match named {
                Named::Absent => format!("{field}=none"),
                Named::Equal(text) => format!("{field}={}", quote(text)),
                Named::Matches(pattern) => format!("{field} ~{}", always_quoted(pattern.source())),
            }
        }
    }
}

/// Words of every kind: ids, words with a meaning, signs, quotes, CJK, hidden characters.
fn a_word() -> impl Strategy<Value = Box<str>> {
    let odd = prop::sample::select(vec![
        "and", "or", "not", "state", "none", "a:b", "id:x", "&&", "|", "（", "“", "!",
    ]);
    prop_oneof![
        "[a-z0-9_.@:+/%-]{1,8}",
        "[a-z \"()=!<>~（＝王é\u{202e}\u{1b}]{1,6}",
        odd.prop_map(str::to_owned)
    ]
    .prop_map(|word| value::folded(&word))
}

fn a_pattern() -> impl Strategy<Value = Pattern> {
    prop::sample::select(vec!["a", "^u_\\d+$", "(a|b) c", "say \"x\"", "[^)]", "王.", "\\\\", "a{2,3}=!"])
        .prop_map(|source| Pattern::new(source).unwrap())
}

fn an_order() -> impl Strategy<Value = Comparison> {
    prop::sample::select(vec![Comparison::Less, Comparison::AtMost, Comparison::More, Comparison::AtLeast])
}

fn a_condition() -> impl Strategy<Value = Condition> {
    let counted = prop::sample::select(vec![
        Counted::Connections,
        Counted::BackgroundConnections,
        Counted::Flips,
        Counted::Reconnects,
    ]);
    let name = || prop::sample::select(vec![Name::Group, Name::Label, Name::Id]);
    let absent = prop::sample::select(vec![Name::Group, Name::Label]);
    let elapsed = prop::sample::select(vec![Elapsed::Age, Elapsed::Since]);
    prop_oneof![
        4 => a_word().prop_map(Condition::Word),
        1 => a_pattern().prop_map(Condition::Matches),
        2 => prop::sample::select(STATES.map(|(.., state): (_, _, State)| state).to_vec()).prop_map(Condition::State),
        1 => (-3..20_i32).prop_map(|number| Condition::Platform(Platform(number))),
        1 => a_pattern().prop_map(Condition::PlatformMatches),
        1 => (counted, prop_oneof![Just(Comparison::Equal), an_order()], 0..5_u32)
            .prop_map(|(counted, comparison, count)| Condition::Count(counted, comparison, count)),
        1 => (an_order(), -100_000..100_000_i64).prop_map(|(order, seconds)| Condition::Expiry(order, seconds)),
        1 => prop::sample::select(TOKEN_STATES.map(|(_, state): (_, TokenState)| state).to_vec())
            .prop_map(Condition::Token),
        1 => (elapsed, an_order(), 0..100_000_u64)
            .prop_map(|(elapsed, order, seconds)| Condition::Elapsed(elapsed, order, seconds)),
        1 => prop::sample::select(RULES.to_vec()).prop_map(|rule| Condition::Finding(Finding::Rule(rule))),
        1 => prop::sample::select(SEVERITIES.to_vec()).prop_map(|word| Condition::Finding(Finding::Severity(word))),
        1 => prop::sample::select(vec![Finding::Any, Finding::None]).prop_map(Condition::Finding),
        1 => a_pattern().prop_map(|pattern| Condition::Finding(Finding::Matches(pattern))),
        1 => (name(), a_word()).prop_map(|(name, text)| Condition::Name(name, Named::Equal(text))),
        1 => (name(), a_pattern()).prop_map(|(name, pattern)| Condition::Name(name, Named::Matches(pattern))),
        1 => absent.prop_map(|name| Condition::Name(name, Named::Absent)),
    ]
}

fn an_expression() -> impl Strategy<Value = Expression> {
    a_condition().prop_map(Expression::Is).prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..5).prop_map(Expression::All),
            prop::collection::vec(inner.clone(), 2..5).prop_map(Expression::Any),
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
        ]
    })
}

/// Texts out of pieces of the language, right and wrong.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "state", "exp", "label", "unknown", "finding:", "=", "!=", "<", ">=", "~", "!", "(", ")", "\"", "“",
        "”", "（", "＝", "》", " ", "　", "and", "or", "not", "24h", "-2h", "online", "王", "\\", "[", "|",
        "&&", ":", "a", "\u{202e}", "none", "95%", "é",
    ]);
    prop_oneof![prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat()), any::<String>()]
}

proptest! {
    #[test]
    fn any_text_is_a_query_or_has_a_mistake_at_a_place_in_it(text in any_text(), cursor in 0..60_usize) {
        match Query::parse(&text) {
            Ok(query) => {
                prop_assert!(!query.explain().is_empty());
                for person in [alice(), offline(), unknown()] {
                    let truth = query.evaluate(&person);
                    if let Ok(negated) = Query::parse(&format!("not ({text})")) && !query.is_empty() {
                        prop_assert_eq!(negated.evaluate(&person), !truth);
                    }
                }
            }
            Err(error) => {
                prop_assert!(text.get(error.at.clone()).is_some(), "{:?} in {:?}", error.at, text);
                let caret = error.caret(&text);
                prop_assert_eq!(caret.line.len(), caret.column + caret.width);
                let message = error.to_string();
                prop_assert!(!message.is_empty() && crate::presence::visible(&message) == message, "{message:?}");
            }
        }
        let completion = complete(&text, cursor, &Vocabulary { groups: vec!["王 x".to_owned()] });
        prop_assert!(text.get(completion.range).is_some());
    }

    #[test]
    fn what_is_written_is_read_as_it_was_meant(expression in an_expression()) {
        let text = written(&expression);
        let query = Query::parse(&text);
        prop_assert_eq!(query.as_ref().map(|query| query.expression.as_ref()), Ok(Some(&expression)), "{}", text);
        let explained = query.unwrap().explain();
        prop_assert!(crate::presence::visible(&explained) == explained);
    }

    #[test]
    fn a_search_for_words_selects_whom_the_query_holds_for(
        expression in a_word().prop_map(|word| Expression::Is(Condition::Word(word))).prop_recursive(4, 20, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::All),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::Any),
                inner.prop_map(|inner| Expression::Not(Box::new(inner))),
            ]
        }),
        ids in prop::collection::vec("[a-zA-Z0-9_=王É]{0,6}", 0..12),
    ) {
        let people: Vec<Person> = ids.iter().map(|id| Person { id: id.clone(), label: None, ..alice() }).collect();
        let query = Query::parse(&written(&expression)).unwrap();
        let holds = |query: &Query| -> Vec<u32> {
            (0..).zip(&people).filter(|(_, it)| query.evaluate(*it).is_yes()).map(|(ix, _)| ix).collect()
        };
        let find = |word: &str| -> Vec<UserIx> {
            (0..).zip(&ids).filter(|(_, id)| id.to_lowercase().contains(word)).map(|(ix, _)| UserIx(ix)).collect()
        };
        let selected = query.plain_words().unwrap().select(people.len() as u32, find);
        prop_assert_eq!(selected.into_iter().map(|ix| ix.0).collect::<Vec<_>>(), holds(&query));
    }
}
