//! What is known, as metrics: the whole text, what a hostile label does to it, what does not grow.

use std::collections::BTreeSet;
use std::sync::Arc;

use imtop::listing::Names;
use imtop::presence::{
    Answer, By, Claims, Connection, Entry, FetchError, Freshness, GatewaySign, Knowledge, LifeSign, Moment,
    Observation, Platform, Question, Roster, RuleSettings, UserIx, UserStatus, WatchList,
};
use imtop::report::metrics::{Counters, Format, MOST_NAMED, MOST_USERS, Page, Process, health, openmetrics};

use crate::kit::{self, NOON, at, before, observed};

/// What is known, and what has added up, after a script of answers.
struct Script {
    knowledge: Knowledge,
    counters: Counters,
    now: Moment,
}

impl Script {
    /// Watches these in batches of two, asked every 2 s.
    fn new(entries: Vec<Entry>) -> Script {
        let now = Moment { mono_ms: 100_000, ..at(0) };
        let list = Arc::new(WatchList::new(1, 2, entries));
        let roster = Roster::new(list, Freshness::for_interval(2_000), now);
        Script {
            knowledge: Knowledge::new(roster, RuleSettings::default()),
            counters: Counters::default(),
            now,
        }
    }

    fn wait(&mut self, ms: u64) {
        self.now = self.now.plus(ms);
        let news = self.knowledge.advance(self.now);
        self.counters.follow(&news, &self.knowledge, self.now);
    }

    /// What came of a question that was asked `took_ms` ago.
    fn observe(&mut self, batch: u32, took_ms: u64, answer: Result<Answer, FetchError>) {
        let failing = self.knowledge.roster.batches()[batch as usize].failing.as_ref();
        let failed = failing.map_or(0, |failing| failing.attempt);
        let observation = Observation {
            generation: self.knowledge.roster.list().generation(),
            batch,
            sent: before(self.now, took_ms),
            server_date: Some(self.now.unix_ms / 1_000 + 90),
            wire_bytes: if answer.is_ok() { 1_000 } else { 0 },
            attempt: if answer.is_ok() { 0 } else { failed + 1 },
            ..observed(self.now, answer)
        };
        let news = self.knowledge.apply(&observation);
        self.counters.follow(&news, &self.knowledge, self.now);
    }

    fn answer(&mut self, batch: u32, took_ms: u64, said: Vec<(u32, UserStatus)>) {
        let said = said.into_iter().map(|(user, status)| (UserIx(user), status)).collect();
        self.observe(batch, took_ms, Ok(Answer::Changed(said)));
    }

    /// The registry is asked about nobody, and answers.
    fn hear_registry(&mut self) {
        let observation = Observation {
            question: Question::UsersStatus,
            generation: self.knowledge.roster.list().generation(),
            next_ms: self.now.mono_ms,
            ..observed(self.now, Ok(Answer::Registry(Vec::new())))
        };
        self.knowledge.apply(&observation);
    }

    fn page(&self) -> Page {
        Page::of(&self.knowledge, self.now).with_counters(&self.counters)
    }

    fn text(&self) -> String {
        self.page().text(Format::OpenMetrics).unwrap()
    }
}

fn connection(platform: i32, id: &str, expires_in: Option<i64>) -> Connection {
    let claims = |left: i64| Claims {
        user: Some("alice".into()),
        platform: Some(Platform(platform)),
        issued: Some(NOON - 86_400),
        expires: Some(NOON + left),
        ..Claims::default()
    };
    let fingerprint = u128::from(platform.unsigned_abs()) << 64 | id.len() as u128;
    let token = expires_in.map(|left| kit::token(fingerprint, claims(left)));
    Connection { token, ..kit::connection(platform, id) }
}

fn online(connections: Vec<Connection>) -> UserStatus {
    UserStatus::Online(connections)
}

/// Five users in three batches: online with expired and foreign tokens, in the background, offline,
/// never heard of, and failing.
fn night() -> Script {
    let entry = |id: &str, label: Option<&str>| Entry {
        label: label.map(str::to_owned),
        group: label.map(|_| "desk".to_owned()),
        ..Entry::of(id)
    };
    let mut script = Script::new(vec![
        entry("alice", Some("王小明")),
        entry("bob", None),
        entry("carol", None),
        entry("dave", None),
        entry("erin", None),
    ]);
    script.wait(1_000);
    let hidden = Connection { background: true, ..connection(4711, "c3", None) };
    let phone = || connection(2, "c1", Some(-60));
    script.answer(
        0,
        12,
        vec![(0, online(vec![phone(), connection(3, "c22", Some(1_800))])), (1, online(vec![hidden]))],
    );
    script.answer(
        1,
        40,
        vec![(2, UserStatus::Offline), (3, online(vec![connection(9, "c444", Some(86_400 * 30))]))],
    );
    script.observe(2, 10_000, Err(FetchError::Timeout { after_ms: 10_000 }));
    script.wait(2_000);
    script.answer(0, 7, vec![(0, online(vec![phone()]))]);
    script.observe(1, 3, Err(FetchError::Api { code: 77_777, what: "Evil\" 1\n".into(), advice: "wait" }));
    script.wait(500);
    script
}

/// Compares with a file of `tests/metrics/`; `UPDATE_METRICS=1` writes it.
fn is_golden(name: &str, text: &str) {
    let text = text.replace(concat!('"', env!("CARGO_PKG_VERSION"), '"'), "\"VERSION\"");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/metrics").join(name);
    if std::env::var_os("UPDATE_METRICS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, expected) in text.lines().zip(golden.lines()) {
        assert_eq!(line, expected, "{}: UPDATE_METRICS=1 writes it", path.display());
    }
    assert_eq!(text.lines().count(), golden.lines().count(), "{}", path.display());
}

/// The samples of a family, by their whole name.
fn samples<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    text.lines()
        .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])))
        .collect()
}

#[test]
fn all_that_is_known_is_written_in_both_formats() {
    let script = night();
    let process = Process {
        cpu_seconds: Some(1.25),
        resident_bytes: Some(12_345_678),
        virtual_bytes: Some(99_000_000),
        open_fds: Some(12),
        max_fds: Some(1_024),
        start_seconds: Some(1_798_459_100.5),
    };
    let page = script.page().with_users(&script.knowledge).with_process(process);
    is_golden("night.openmetrics.txt", &page.text(Format::OpenMetrics).unwrap());
    is_golden("night.prometheus.txt", &page.text(Format::Prometheus).unwrap());
}

#[test]
fn without_counters_there_is_only_what_is_so_now() {
    let script = night();
    let mut out = Vec::new();
    openmetrics(&script.knowledge, script.now, (&Names::new(1, false), &[]), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.ends_with("# EOF\n") && !text.contains("_total"), "{text}");
    assert!(script.text().starts_with(text.strip_suffix("# EOF\n").unwrap()));
}

#[test]
fn before_the_first_answer_nothing_is_claimed() {
    let script = Script::new(vec![Entry::of("alice")]);
    let text = script.text();
    assert_eq!(samples(&text, "imtop_up"), ["imtop_up 0"]);
    assert!(samples(&text, "imtop_users").contains(&"imtop_users{presence=\"unknown\"} 1"), "{text}");
    assert!(samples(&text, "imtop_last_answer_age_seconds").is_empty(), "{text}");
    assert!(samples(&text, "imtop_server_clock_skew_seconds").is_empty(), "{text}");
    assert_eq!(health(&script.knowledge, script.now).unwrap_err(), "no answer yet");
}

#[test]
fn a_server_that_is_gone_takes_up_and_health_with_it() {
    let mut script = Script::new(vec![Entry::of("alice")]);
    script.answer(0, 10, vec![(0, online(vec![connection(2, "c1", None)]))]);
    assert_eq!(samples(&script.text(), "imtop_up"), ["imtop_up 1"]);
    assert_eq!(health(&script.knowledge, script.now), Ok(()));
    script.wait(4_000);
    script.observe(0, 1, Err(FetchError::Unreachable { what: "connection refused".into() }));
    let text = script.text();
    assert_eq!(samples(&text, "imtop_up"), ["imtop_up 0"]);
    assert_eq!(samples(&text, "imtop_stale_users"), ["imtop_stale_users 1"]);
    assert!(text.contains("imtop_request_failures_total{kind=\"unreachable\"} 1\n"), "{text}");
    assert_eq!(health(&script.knowledge, script.now), Ok(()), "the last answer is still good");
    script.wait(2_001);
    assert_eq!(
        health(&script.knowledge, script.now).unwrap_err(),
        "no answer for 6 s: cannot reach the server: connection refused; check the address (--api), that the \
         server runs, and the way there"
    );
    let text = script.text();
    assert!(text.contains("imtop_users{presence=\"unknown\"} 1\n"), "{text}");
    assert!(text.contains("imtop_transitions_total{kind=\"unknown\"} 1\n"), "{text}");
    assert!(text.contains("imtop_last_answer_age_seconds 6.001\n"), "{text}");
}

#[test]
fn nobody_watched_is_neither_up_nor_healthy() {
    let script = Script::new(Vec::new());
    assert_eq!(samples(&script.text(), "imtop_up"), ["imtop_up 0"]);
    assert_eq!(health(&script.knowledge, script.now).unwrap_err(), "nobody is watched");
}

#[test]
fn a_round_lasts_from_its_first_question_to_its_last_answer() {
    let mut script = Script::new(["a", "b", "c"].map(Entry::of).to_vec());
    script.answer(0, 10, Vec::new());
    script.wait(300);
    script.answer(0, 10, Vec::new());
    assert!(script.text().contains("imtop_round_duration_seconds_count 0\n"), "the other batch is missing");
    script.wait(100);
    script.answer(1, 200, Vec::new());
    let text = script.text();
    assert!(text.contains("imtop_round_duration_seconds_count 1\n"), "{text}");
    assert!(text.contains("imtop_round_duration_seconds_sum 0.41\n"), "{text}");
    assert!(text.contains("imtop_request_duration_seconds_count 3\n"), "{text}");
}

/// Names of the series with their labels.
fn series(text: &str) -> BTreeSet<&str> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit_once(' ').expect("a value").0)
        .collect()
}

#[test]
fn a_token_is_counted_where_it_expires_first_by_the_clock_of_the_server() {
    let mut script = Script::new(vec![Entry::of("alice")]);
    // The server's clock is 90 s ahead, and expiry is kept by the minute.
    let left: [i64; 9] = [0, 89, 120, 3_600, 3_720, 86_400, 86_520, 604_800, 605_000];
    let mut connections: Vec<_> =
        (2..).zip(left).map(|(id, left)| connection(id, &format!("c{id}"), Some(left))).collect();
    connections.push(connection(1, "c", None));
    script.answer(0, 0, vec![(0, online(connections))]);
    let text = script.text();
    let counts = [("past", 1), ("1h", 3), ("24h", 2), ("7d", 2), ("later", 1), ("unknown", 1)];
    for (expires, count) in counts {
        let line = format!("imtop_connections_by_token_expiry{{expires=\"{expires}\"}} {count}\n");
        assert!(text.contains(&line), "{line}{text}");
    }
}

#[test]
fn what_a_server_says_makes_no_new_series() {
    let mut script = night();
    let before = script.text();
    for number in 0..200 {
        script.wait(10);
        let evil = connection(-number, &format!("c{number}"), None);
        script.answer(
            0,
            1,
            vec![(0, online(vec![evil, connection(i32::MAX - number, "x", Some(number.into()))]))],
        );
        script.observe(1, 1, Err(FetchError::Api { code: number, what: "x".into(), advice: "wait" }));
        script.observe(1, 1, Err(FetchError::Http { status: number as u16 }));
    }
    script.wait(5_100); // until then the connections before may be there, unseen
    let after = script.text();
    assert_eq!(series(&before), series(&after));
    assert!(after.contains("imtop_connections{platform=\"other\"} 3\n"), "{after}");
    assert!(after.contains("imtop_request_failures_total{kind=\"api\"} 201\n"), "{after}");
    assert!(!after.contains("Evil"), "{after}");
}

#[test]
fn a_name_cannot_forge_a_line() {
    let evil = "x\"} 1\nimtop_up 1\n# EOF\n\\";
    let entry = Entry { id: evil.to_owned(), label: Some(evil.to_owned()), group: Some(evil.to_owned()) };
    let script = Script::new(vec![entry]);
    let page = Page::of(&script.knowledge, script.now).with_users(&script.knowledge);
    for format in [Format::OpenMetrics, Format::Prometheus] {
        let text = page.text(format).unwrap();
        assert_eq!(samples(&text, "imtop_up"), ["imtop_up 0"], "{text}");
        assert_eq!(text.matches("\n# EOF\n").count(), usize::from(format == Format::OpenMetrics), "{text}");
        let escaped = r#"user="x\"} 1\nimtop_up 1\n# EOF\n\\","#;
        assert_eq!(text.matches(escaped).count(), 6, "{text}");
    }
}

#[test]
fn users_have_series_only_on_request_and_only_where_they_are_few() {
    let script = |users| Script::new((0..users).map(|number| Entry::of(&format!("u{number}"))).collect());
    let (few, many) = (script(MOST_USERS), script(MOST_USERS + 1));
    assert!(few.text().len() < 20_000 && !few.text().contains("u1\""));
    let text =
        |script: &Script| script.page().with_users(&script.knowledge).text(Format::OpenMetrics).unwrap();
    assert_eq!(samples(&text(&few), "imtop_user_connections").len(), MOST_USERS);
    assert_eq!(samples(&text(&few), "imtop_user_presence").len(), MOST_USERS * 5);
    assert_eq!(text(&many), many.text());
}

/// What each of these gateways says of itself.
fn hear_gateways(script: &mut Script, said: impl IntoIterator<Item = (String, LifeSign, u32)>) {
    let sign = |(address, sign, users): (String, LifeSign, u32)| GatewaySign {
        users: Some(users),
        ..GatewaySign::new(address, sign)
    };
    let observation = Observation {
        question: Question::Gateways,
        generation: script.knowledge.roster.list().generation(),
        next_ms: script.now.mono_ms,
        ..observed(script.now, Ok(Answer::Gateways(said.into_iter().map(sign).collect())))
    };
    script.knowledge.apply(&observation);
}

fn text_by(script: &Script, masked: bool, by: &[By]) -> String {
    let names = Names::new(1, masked);
    script.page().with_rollups(&script.knowledge, &names, by).text(Format::OpenMetrics).unwrap()
}

#[test]
fn counts_by_group_platform_and_gateway_are_written_on_request() {
    let mut script = night();
    let signs = [("10.0.0.7:12140", LifeSign::Alive, 4), ("10.0.0.8:12140", LifeSign::Hung, 3)];
    hear_gateways(&mut script, signs.map(|(address, sign, users)| (address.to_owned(), sign, users)));
    let plain = script.text();
    let text = text_by(&script, false, &[By::Gateway, By::Group, By::Platform, By::Group]);
    let more: Vec<&str> = text.lines().filter(|line| plain.lines().all(|it| it != *line)).collect();
    is_golden("night-by.openmetrics.txt", &(more.join("\n") + "\n"));
    assert!(!text_by(&script, true, &[By::Group]).contains("desk"), "a masked group has no name");
}

#[test]
fn what_users_are_counted_by_is_bounded_and_no_series_is_there_twice() {
    let group = |number: u32| match number {
        7 => "other".to_owned(),
        number => format!("group {number}"),
    };
    let users = MOST_NAMED as u32 * 3;
    let entry = |number| Entry { group: Some(group(number)), ..Entry::of(&format!("u{number}")) };
    let mut script = Script::new((0..users).map(entry).collect());
    let said = |number| {
        (format!("10.0.0.{number}:1"), if number == 99 { LifeSign::Hung } else { LifeSign::Alive }, 2)
    };
    hear_gateways(&mut script, (0..200).map(said));
    let text = text_by(&script, false, &By::LASTING);
    let all = samples(&text, "imtop_group_users");
    assert_eq!(all.len(), MOST_NAMED * 5, "`other` is one of the first");
    let counted = |name: &str| {
        all.iter().filter(|line| line.contains(&format!("\"{name}\",presence=\"unknown\""))).count()
    };
    assert_eq!((counted("other"), counted("group 99"), counted("group 100")), (1, 1, 0));
    let others = users - MOST_NAMED as u32 + 1;
    assert!(
        text.contains(&format!("imtop_group_users{{group=\"other\",presence=\"unknown\"}} {others}\n")),
        "{text}"
    );
    let (up, online) = (samples(&text, "imtop_gateway_up"), samples(&text, "imtop_gateway_users"));
    assert_eq!((up.len(), online.len()), (MOST_NAMED + 1, (MOST_NAMED + 1) * 2));
    assert!(up.contains(&"imtop_gateway_up{gateway=\"other\"} 0"), "one of them hangs: {up:?}");
    assert!(online.contains(&"imtop_gateway_users{gateway=\"other\",presence=\"online\"} 198"), "{online:?}");
    let names: Vec<&str> = text.lines().filter_map(|line| Some(line.rsplit_once(' ')?.0)).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "each series once");
}

#[test]
fn names_and_help_follow_the_conventions() {
    let script = night();
    let text = script.page().with_users(&script.knowledge).with_process(Process::default());
    let text = text.with_rollups(&script.knowledge, &Names::new(1, false), &By::LASTING);
    let text = text.text(Format::OpenMetrics).unwrap();
    let families = || text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    for (name, kind) in families().map(|family| family.split_once(' ').unwrap()) {
        assert!(name.starts_with("imtop_") || name.starts_with("process_"), "{name}");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
        assert!(
            !name.ends_with("_total") && name.ends_with("_info") == (name == "imtop_build_info"),
            "{name}: the suffix is that of {kind}"
        );
        let help = text.lines().find_map(|line| line.strip_prefix(&format!("# HELP {name} ")));
        assert!(help.is_some_and(|help| help.ends_with('.') && !help.contains("  ")), "{name}: {help:?}");
    }
    let names: BTreeSet<&str> = families().collect();
    assert_eq!(names.len(), families().count(), "each family once");
}

/// Every word of a text that is the name of a metric of ours.
fn names(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':')
        .filter(|word| word.starts_with("imtop_") || word.starts_with("process_"))
        .collect()
}

#[test]
fn dashboard_and_alerts_name_only_metrics_that_there_are_and_the_dashboard_all_that_matter() {
    let mut script = night();
    script.hear_registry();
    let process = Process {
        cpu_seconds: Some(1.0),
        resident_bytes: Some(1),
        virtual_bytes: Some(1),
        open_fds: Some(1),
        max_fds: Some(1),
        start_seconds: Some(1.0),
    };
    let text = script.page().with_process(process).text(Format::Prometheus).unwrap();
    let known: BTreeSet<&str> = series(&text).iter().map(|one| one.split('{').next().unwrap()).collect();
    let dashboard = include_str!("../../assets/grafana/imtop.json");
    for asset in [dashboard, include_str!("../../assets/prometheus/imtop-alerts.yml")] {
        let unknown: Vec<&str> = names(asset).into_iter().filter(|name| !known.contains(name)).collect();
        assert!(!names(asset).is_empty() && unknown.is_empty(), "{unknown:?}");
    }
    let shown = names(dashboard);
    let ours = known.iter().filter(|name| name.starts_with("imtop_") && !name.ends_with("_info"));
    // Of a histogram the buckets are shown.
    let missing: Vec<_> = ours
        .filter(|name| !name.ends_with("_sum") && !name.ends_with("_count") && !shown.contains(*name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard: serde_json::Value =
        serde_json::from_str(include_str!("../../assets/grafana/imtop.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(panel["description"].as_str().is_some_and(|text| text.ends_with('.')), "{title}");
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        assert!(panel["targets"].as_array().is_some_and(|targets| !targets.is_empty()), "{title}");
    }
}
