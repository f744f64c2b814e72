//! Every form of a snapshot and of events, made from real answers by the real decoder: compared with the
//! files in `tests/snapshots/`, which `UPDATE_SNAPSHOTS=1 cargo test --test output formats` writes, and with the
//! shipped schemas. And what strings of a server, a file or a token can't do to them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::common::leak::Leaks;
use crate::common::{ADMIN_TOKEN, fixture};
use crate::kit::observed;
use crate::schemas::Schema;
use imtop::engine::About;
use imtop::listing::{ColumnName, Names, Rows, Sort, SortColumn};
use imtop::openim::{DeltaDecoder, Keys, read_online_status};
use imtop::presence::query::Query;
use imtop::presence::{
    Answer, Entry, Event, FetchError, Fingerprint, Freshness, Input, Moment, Observation, Oddities,
    OperationId, Roster, RuleSettings, SessionToken, State, Update, UserStatus, WatchList,
};
use imtop::report::{
    EventForm, EventLines, EventRecord, Found, Seen, TableStyle, write_csv, write_json, write_ndjson,
    write_table,
};
use jiff::tz::TimeZone;

/// A Monday, 05:52:11 UTC.
const START: i64 = 1_795_413_131_000;

/// A server's users, asked about by hand.
struct Watch {
    state: State,
    now: Moment,
    sieves: HashMap<u32, DeltaDecoder>,
    keys: Keys,
    fingerprints: HashMap<Fingerprint, Fingerprint>,
    asked: u32,
    names: Names,
    about: About,
}

impl Watch {
    fn of(batch_size: u32, entries: Vec<Entry>) -> Watch {
        let now = Moment { mono_ms: 100_000, unix_ms: START };
        let list = Arc::new(WatchList::new(1, batch_size, entries));
        let roster = Roster::new(list, Freshness::for_interval(2_000), now);
        Watch {
            state: State::new(roster, RuleSettings::default(), now),
            now,
            sieves: HashMap::new(),
            keys: Keys::random(),
            fingerprints: HashMap::new(),
            asked: 0,
            names: Names::new(1, false),
            about: About {
                api: "http://127.0.0.1:10002".into(),
                context: Some("im-eu".into()),
                ..About::default()
            },
        }
    }

    /// The server answers 31 ms from now.
    fn answer(&mut self, batch: u32, body: &str) -> Update {
        let list = Arc::clone(self.state.roster().list());
        let sieve = self.sieves.entry(batch).or_default();
        let (mut answer, oddities) =
            read_online_status(body.as_bytes(), &list, batch, sieve, &self.keys).unwrap();
        if let Answer::Changed(changed) = &mut answer {
            // Fingerprints are new in each run; these are not.
            for (_, status) in changed {
                let UserStatus::Online(connections) = status else { continue };
                for token in connections.iter_mut().filter_map(|connection| connection.token.as_mut()) {
                    let next = Fingerprint((self.fingerprints.len() as u128 + 1) << 96);
                    let fingerprint = *self.fingerprints.entry(token.fingerprint).or_insert(next);
                    *token = SessionToken::new(fingerprint, token.claims.clone());
                }
            }
        }
        self.observe(batch, Ok(answer), oddities)
    }

    fn fail(&mut self, batch: u32, error: FetchError) -> Update {
        self.observe(batch, Err(error), Oddities::default())
    }

    fn observe(&mut self, batch: u32, answer: Result<Answer, FetchError>, oddities: Oddities) -> Update {
        self.asked += 1;
        let sent = self.now;
        self.now = self.now.plus(31);
        let observation = Observation {
            batch,
            sent,
            operation_id: OperationId(format!("imtop-{}", self.asked).into()),
            server_date: Some(self.now.unix_ms / 1_000),
            oddities,
            ..observed(self.now, answer)
        };
        self.state.take(self.now, &Input::Observed(observation))
    }

    fn seen(&self) -> Seen<'_> {
        Seen::of(self.state.knowledge(), self.now, &self.names, &self.about)
    }

    fn rows(&self, sort: Sort, filter: &str) -> Rows {
        Rows::of(self.state.knowledge(), self.now, sort, Query::parse(filter).unwrap())
    }

    /// Everything that a snapshot of these users can be, with its form.
    fn written(&self, rows: &Rows) -> [(&'static str, String); 4] {
        let seen = self.seen();
        let summary = seen.summary();
        let style = TableStyle { zone: TimeZone::UTC, wide: false, columns: Vec::new() };
        let text = |write: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
            let mut out = Vec::new();
            write(&mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        [
            ("txt", text(&|out| write_table(&summary, || seen.users(rows), &style, out))),
            ("json", text(&|out| write_json(&summary, || seen.users(rows), out))),
            ("ndjson", text(&|out| write_ndjson(&summary, seen.users(rows), out))),
            ("csv", text(&|out| write_csv(seen.summary().at, seen.users(rows), out))),
        ]
    }
}

fn named(id: &str, label: &str, group: &str) -> Entry {
    Entry { id: id.into(), label: Some(label.into()), group: Some(group.into()) }
}

/// Three batches: one answered, one that leaves users out, one that times out.
fn morning() -> Watch {
    let mut entries = vec![named("user_001", "王小明", "sales"), named("user_002", "Night desk", "support")];
    let others = ["user_003", "xiaoming", "user_004", "user_005", "user_006", "nobody_x"];
    entries.extend(others.map(Entry::of));
    entries.push(named("2890713225", "=cmd|' /C calc'!A0", "sales"));
    entries.extend(["left_1", "left_2", "left_3", "left_4", "left_5", "left_6", "left_7"].map(Entry::of));
    entries.extend(["kiosk_1", "kiosk_2"].map(Entry::of));
    let mut watch = Watch::of(8, entries);
    watch.answer(0, &fixture("online.json"));
    watch.answer(1, &fixture("seed_page.json"));
    watch.fail(2, FetchError::Timeout { after_ms: 10_000 });
    watch
}

#[track_caller]
fn is_as_before(name: &str, text: &str) {
    let path = format!("{}/tests/snapshots/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "\n{name} is\n{text}\nexpected\n{expected}");
}

/// Holds the lines of a snapshot to the schemas.
#[track_caller]
fn conforms(form: &str, text: &str) {
    match form {
        "json" => {
            Schema::named("snapshot").read(text);
        }
        "ndjson" => {
            let schema = Schema::named("snapshot-line");
            text.lines().for_each(|line| {
                schema.read(line);
            });
        }
        _ => {}
    }
}

#[test]
fn a_snapshot_in_every_form() {
    let watch = morning();
    for (form, text) in watch.written(&watch.rows(Sort::default(), "")) {
        is_as_before(&format!("morning.{form}"), &text);
        conforms(form, &text);
    }
    let nobody = Watch::of(8, Vec::new());
    for (form, text) in nobody.written(&nobody.rows(Sort::default(), "")) {
        is_as_before(&format!("nobody.{form}"), &text);
        conforms(form, &text);
    }
}

#[test]
fn who_is_listed_and_in_which_order_changes_no_total() {
    let watch = morning();
    let by_id = Sort { column: SortColumn::Column(ColumnName::User), inverted: true };
    let [table, json, ndjson, csv] = watch.written(&watch.rows(by_id, "state=online")).map(|(_, text)| text);
    let json = Schema::named("snapshot").read(&json);
    let ids: Vec<&str> =
        json["users"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["xiaoming", "user_005", "user_004", "user_003", "user_001", "2890713225"]);
    assert_eq!(json["totals"]["watched"], 18);
    let first = |text: &str, skip: usize| {
        let line = text.lines().nth(skip).unwrap();
        line.split([' ', ',']).next().unwrap().to_owned()
    };
    assert_eq!((first(&table, 1), first(&csv, 1)), ("xiaoming".into(), "xiaoming".into()));
    assert!(table.contains("\n18 watched: ") && table.contains("; 6 listed\n"), "{table}");
    assert_eq!(ndjson.lines().count(), 7);
}

#[test]
fn batches_that_fail_are_told_with_their_reason() {
    let watch = morning();
    let round = watch.seen().summary().round;
    let words: Vec<String> = round.failures.iter().map(|failure| failure.words(round.batches)).collect();
    assert_eq!(
        words,
        ["batch 3 of 3: no whole answer within 10 s; the server or one of its \
          gateways may hang; --timeout waits longer (2 users unknown)"]
    );
}

#[test]
fn schemas_refuse_what_is_not_so() {
    let watch = morning();
    let [_, (_, json), (_, lines), _] = watch.written(&watch.rows(Sort::default(), ""));
    let schema = Schema::named("snapshot");
    let good = schema.read(&json);
    for (at, wrong) in [
        ("/schema", serde_json::json!("imtop.snapshot/2")),
        ("/at", "yesterday".into()),
        ("/users/0/presence", "away".into()),
        ("/users/0/connections/0/platform_id", "Android".into()),
        ("/users/0/connections/0/token/fingerprint", "1".into()),
        ("/totals/online", (-1).into()),
        ("/users/8/findings/0/severity", "bad".into()),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(at).unwrap() = wrong;
        assert!(schema.wrong(&bad).is_some(), "{at} can be anything");
    }
    let mut more = good.clone();
    more["users"][0]["added_later"] = 1.into();
    assert_eq!(schema.wrong(&more), None, "fields may be added");
    let schema = Schema::named("snapshot-line");
    assert!(schema.wrong(&serde_json::json!({ "id": "a" })).is_some());
    assert!(schema.wrong(&serde_json::json!({ "schema": "imtop.snapshot/1" })).is_some());
    assert!(lines.lines().count() == 19);
}

/// All that can happen, as records.
fn happened(watch: &mut Watch) -> Vec<EventRecord> {
    let mut all = vec![watch.seen().feed_state()];
    let bodies = ["two_gateways_online.json", "gateway_killed_online.json", "two_gateways_online.json"];
    for body in bodies {
        let body = if body.starts_with("gateway") {
            // Meanwhile one goes to the background.
            let body = fixture(body);
            let id = body.find("debb412c").unwrap();
            let (before, after) = body.split_at(id);
            format!("{before}{}", after.replacen("\"isBackground\":false", "\"isBackground\":true", 1))
        } else {
            fixture(body)
        };
        let news = watch.answer(0, &body);
        all.extend(watch.seen().news(&news, watch.now));
        watch.now = watch.now.plus(1_969);
    }
    let news = watch.fail(0, FetchError::Timeout { after_ms: 10_000 });
    all.extend(watch.seen().news(&news, watch.now));
    watch.now = watch.now.plus(8_000);
    let news = watch.state.advance(watch.now);
    all.extend(watch.seen().news(&news, watch.now));
    let news = watch.answer(0, &fixture("two_gateways_online.json"));
    all.extend(watch.seen().news(&news, watch.now));
    let at = watch.now;
    all.extend(watch.seen().noted(&Event::ClockStep { at, by_ms: -90_000 }, at));
    all.extend(watch.seen().noted(&Event::Notice { at, text: "user_030 was named twice".into() }, at));
    all
}

fn lines(events: &[EventRecord], form: EventForm) -> String {
    let (mut lines, mut out) = (EventLines::new(form), Vec::new());
    for event in events {
        lines.write(event.clone(), &mut out).unwrap();
    }
    String::from_utf8(out).unwrap()
}

fn gateways() -> Watch {
    let mut entries = vec![named("user_030", "Night desk", "support")];
    entries.extend(["user_031", "user_032", "user_033"].map(Entry::of));
    Watch::of(8, entries)
}

#[test]
fn events_in_every_form() {
    let events = happened(&mut gateways());
    is_as_before("gateways.events.txt", &lines(&events, EventForm::Text(TimeZone::UTC)));
    let text = lines(&events, EventForm::Ndjson);
    is_as_before("gateways.events.ndjson", &text);
    let schema = Schema::named("event");
    let kinds: Vec<String> =
        text.lines().map(|line| schema.read(line)["kind"].as_str().unwrap().to_owned()).collect();
    for kind in [
        "presence",
        "connected",
        "disconnected",
        "moved-background",
        "moved-foreground",
        "feed",
        "clock",
        "notice",
    ] {
        assert!(kinds.iter().any(|it| it == kind), "no {kind} in {text}");
    }
    let mut bad = schema.read(text.lines().next().unwrap());
    bad["kind"] = "connected".into();
    assert!(schema.wrong(&bad).is_some(), "a connection is somebody's");
}

#[test]
fn a_connection_in_the_place_of_another_is_an_end_and_a_beginning() {
    let mut watch = gateways();
    let body = fixture("two_gateways_online.json");
    watch.answer(0, &body);
    watch.now = watch.now.plus(2_000);
    let news = watch.answer(0, &body.replace("33fd5a09", "44fd5a09"));
    let events: Vec<EventRecord> = watch.seen().news(&news, watch.now).collect();
    let schema = Schema::named("event");
    let text = lines(&events, EventForm::Ndjson);
    let read: Vec<serde_json::Value> = text.lines().map(|line| schema.read(line)).collect();
    let [end, beginning] = read.as_slice() else { panic!("two lines: {text}") };
    assert_eq!((&end["kind"], &beginning["kind"]), (&"disconnected".into(), &"connected".into()));
    assert_eq!(end["replaced_by"], beginning["connection"]["conn_id"]);
    assert_eq!(beginning["replaces"], end["connection"]["conn_id"]);
    assert_eq!((&end["same_token"], &beginning["same_token"]), (&true.into(), &true.into()));
    assert_eq!(end["text"], "Windows replaced: Windows reconnected with the same token");
}

#[test]
fn findings_are_events_as_well() {
    let watch = morning();
    let knowledge = watch.state.knowledge();
    let schema = Schema::named("event");
    let user = knowledge.roster.list().find("2890713225").unwrap();
    let finding = &knowledge.findings.of(user)[0];
    let told = |found| watch.seen().found(finding, found, watch.now);
    let all = [told(Found::Raised), told(Found::Worsened), told(Found::Cleared)];
    let text = lines(&all, EventForm::Ndjson);
    let read: Vec<serde_json::Value> = text.lines().map(|line| schema.read(line)).collect();
    assert_eq!(
        read.iter().map(|it| it["kind"].as_str().unwrap()).collect::<Vec<_>>(),
        ["finding", "finding", "finding-cleared"]
    );
    assert_eq!((&read[1]["worsened"], &read[0]["user"]), (&true.into(), &"2890713225".into()));
    assert!(read[0]["text"].as_str().unwrap().starts_with("token-expired found, warning: "), "{text}");
    assert_eq!(read[2]["text"], "token-expired cleared");
}

const BAIT: [&str; 8] = [
    "=1+1",
    "a\nb,c\"d|e",
    "\u{1b}]52;c;aGk=\u{7}x",
    "a\u{202e}b\u{2066}c",
    "x\r\n{\"schema\":\"imtop.snapshot/1\"}",
    "\"}],\"presence\":\"online\"",
    "a\tb  c",
    "\u{9b}31m\u{85}\u{2028}\u{2029}z",
];

/// Users whose names, labels, groups and tokens are bait.
fn baited() -> Watch {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let entries = BAIT.map(|bait| named(bait, bait, bait));
    let statuses: Vec<serde_json::Value> = BAIT
        .iter()
        .map(|bait| {
            let claims =
                serde_json::json!({ "UserID": bait, "PlatformID": 2, "iat": 1, "exp": 2 }).to_string();
            let token = format!(
                "eyJhbGciOiJIUzI1NiJ9.{}.c2lnbmF0dXJlLXRoYXQtbm9ib2R5LXNlZXM",
                URL_SAFE_NO_PAD.encode(claims)
            );
            serde_json::json!({ "userID": bait, "status": 1, "detailPlatformStatus": [
                { "platformID": 2, "connID": bait, "isBackground": false, "token": token }
            ] })
        })
        .collect();
    let body = serde_json::json!({ "errCode": 0, "errMsg": "", "errDlt": "", "data": statuses }).to_string();
    let mut watch = Watch::of(500, entries.to_vec());
    watch.answer(0, &body);
    watch
}

/// Nothing that a terminal acts on, and as many lines as there are to be.
#[track_caller]
fn is_harmless(what: &str, text: &str, lines: Option<usize>) {
    let acts = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(acts), "{what}: {text:?}");
    if let Some(lines) = lines {
        assert_eq!(text.lines().count(), lines, "{what}: {text}");
    }
}

#[test]
fn no_string_forges_a_line_a_cell_or_a_record() {
    let watch = baited();
    let [(_, table), (_, json), (_, ndjson), (_, csv)] = watch.written(&watch.rows(Sort::default(), ""));
    is_harmless("table", &table, Some(1 + BAIT.len() + 3));
    let columns = |line: &str| line.split("  ").filter(|cell| !cell.is_empty()).count();
    let wanted = columns(table.lines().next().unwrap());
    for line in table.lines().skip(1).take(BAIT.len()) {
        assert_eq!(columns(line), wanted, "{line}");
    }
    is_harmless("json", &json, None);
    let read = Schema::named("snapshot").read(&json);
    assert_eq!(read["users"].as_array().unwrap().len(), BAIT.len());
    is_harmless("ndjson", &ndjson, Some(1 + BAIT.len()));
    conforms("ndjson", &ndjson);
    assert_eq!(ndjson.matches("\"schema\"").count(), 1);
    is_harmless("csv", &csv, Some(1 + BAIT.len()));
    let mut cells = csv::Reader::from_reader(csv.as_bytes());
    for record in cells.records() {
        let record = record.unwrap();
        assert!(record.iter().all(|cell| !cell.trim_start().starts_with(['=', '+', '-', '@'])), "{record:?}");
    }
}

#[test]
fn no_string_forges_an_event() {
    let mut watch = baited();
    let offline: Vec<serde_json::Value> = BAIT
        .iter()
        .map(|bait| serde_json::json!({ "userID": bait, "status": 0, "detailPlatformStatus": null }))
        .collect();
    let body = serde_json::json!({ "errCode": 0, "errMsg": "", "errDlt": "", "data": offline }).to_string();
    watch.now = watch.now.plus(2_000);
    let news = watch.answer(0, &body);
    let mut events: Vec<EventRecord> = watch.seen().news(&news, watch.now).collect();
    // So many at once are doubted for a while.
    watch.now = watch.now.plus(6_000);
    let news = watch.state.advance(watch.now);
    events.extend(watch.seen().news(&news, watch.now));
    assert!(events.len() >= 3 * BAIT.len(), "presence, twice, and a connection each");
    let text = lines(&events, EventForm::Text(TimeZone::UTC));
    is_harmless("words", &text, Some(events.len()));
    assert!(text.lines().all(|line| line.split('\t').count() == 3), "{text}");
    let text = lines(&events, EventForm::Ndjson);
    is_harmless("ndjson", &text, Some(events.len()));
    let schema = Schema::named("event");
    text.lines().for_each(|line| {
        schema.read(line);
    });
}

#[test]
fn stand_ins_and_no_byte_of_a_token_are_in_every_form() {
    let tokens: Vec<String> = ["online.json", "seed_page.json", "two_gateways_online.json"]
        .iter()
        .flat_map(|file| {
            let body: serde_json::Value = serde_json::from_str(&fixture(file)).unwrap();
            let users = body["data"].as_array().unwrap().clone();
            users.into_iter().flat_map(|user| {
                let sockets = user["detailPlatformStatus"].as_array().cloned().unwrap_or_default();
                sockets.into_iter().map(|socket| socket["token"].as_str().unwrap().to_owned())
            })
        })
        .collect();
    let leaks = Leaks::of(tokens.iter().map(String::as_str).chain([ADMIN_TOKEN]));
    for masked in [false, true] {
        let (mut morning, mut gateways) = (morning(), gateways());
        morning.names = Names::new(1, masked);
        gateways.names = Names::new(1, masked);
        let events = happened(&mut gateways);
        let mut all: Vec<(&str, String)> =
            morning.written(&morning.rows(Sort::default(), "")).into_iter().collect();
        all.push(("words", lines(&events, EventForm::Text(TimeZone::UTC))));
        all.push(("events", lines(&events, EventForm::Ndjson)));
        for (form, text) in all {
            leaks.assert_none(form, &text);
            let names = ["user_0", "xiaoming", "2890713225", "kiosk_", "Night desk", "sales", "calc"];
            let found = names.iter().find(|name| text.contains(**name));
            assert_eq!(found.is_some(), !masked, "{form}: {found:?} in {text}");
        }
    }
}
