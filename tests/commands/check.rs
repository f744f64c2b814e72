//! `imtop check` as a monitoring system runs it: exit code, line, figures, long output.

use std::process::Stdio;

use crate::common::ADMIN_TOKEN;
use crate::common::binary::{Said, Site, imtop, real_clock, run};

/// Two kiosks and a desk, who are connected.
const CONNECTED: &str = r#"
[[user]]
id = "a"
[[user.connection]]
platform = "Android"
[[user]]
id = "b"
[[user.connection]]
platform = "Windows"
[[user]]
id = "c"
[[user.connection]]
platform = "Web"
background = true
"#;

const LIST: &str = "a,Lobby,kiosk\nb,Clinic | 'x',kiosk\nc,Night desk,desk\n";

fn site(more: &str, list: &str) -> Site {
    Site::new(&format!("{CONNECTED}{more}"), list, real_clock())
}

/// The first line, cut at its figures; the figures; what is below.
fn parts(said: &Said) -> (&str, Vec<&str>, Vec<&str>) {
    let mut lines = said.out.lines();
    let (text, figures) =
        lines.next().unwrap().split_once(" | ").unwrap_or((said.out.lines().next().unwrap(), ""));
    (text, figures.split(' ').collect(), lines.collect())
}

#[track_caller]
fn assert_said(said: &Said, code: i32, line: &str) {
    assert_eq!((said.code, parts(said).0), (Some(code), line), "{}{}", said.out, said.err);
    assert_eq!(said.out.matches('|').count(), usize::from(said.out.contains(" | ")), "{}", said.out);
    for figure in parts(said).1.iter().filter(|figure| !figure.is_empty()) {
        assert_figure(figure);
    }
}

/// `'label'=value;warn;crit;min;max`, the figure a number or U.
#[track_caller]
fn assert_figure(figure: &str) {
    let (label, rest) = figure.strip_prefix('\'').and_then(|rest| rest.split_once("'=")).expect(figure);
    assert!(!label.is_empty() && !label.contains(['\'', '=', ' ', '|']), "{figure}");
    let fields: Vec<&str> = rest.split(';').collect();
    assert!((4..=5).contains(&fields.len()), "{figure}");
    assert!(fields[0] == "U" || fields[0].parse::<u64>().is_ok(), "{figure}");
    let of_range = |c: char| c.is_ascii_digit() || "@:.~".contains(c);
    assert!(fields[1].chars().all(of_range) && fields[2].chars().all(of_range), "{figure}");
    assert_eq!(fields[3], "0", "{figure}");
    assert!(fields.get(4).is_none_or(|most| most.parse::<u64>().is_ok()), "{figure}");
}

#[test]
fn the_worst_groups_are_named_where_that_is_asked_for() {
    let list = "a,Lobby,kiosk\nb,Clinic,kiosk\nc,Night desk,desk\nnobody,,desk\n";
    let site = site("", list);
    let said = site.run(&["check", "--by", "group"]);
    let below = parts(&said).2;
    assert!(
        below.iter().any(|line| line.starts_with("group desk: 0 of 2 unknown, 1 background")),
        "{below:?}"
    );
    assert!(below.contains(&"group kiosk: 0 of 2 unknown, 2 online"), "{below:?}");
    let said = site.run(&["check", "--by", "platform"]);
    assert_eq!(parts(&said).2.iter().filter(|line| line.starts_with("platform ")).count(), 3, "{}", said.out);
    let said = site.run(&["check", "--by", "gateway"]);
    assert!(said.out.contains("no gateway is known to count users by"), "{}", said.out);
    let said = site.run(&["check", "--by", "room"]);
    assert!(said.code == Some(3) && said.out.contains("group, platform, batch, gateway"), "{}", said.out);
}

#[test]
fn all_is_well_where_everybody_is_answered_for_and_nothing_is_found() {
    let said = site("", LIST).run(&["check"]);
    assert_said(&said, 0, "IMTOP OK - 2 of 3 online, 1 background");
    let (_, figures, below) = parts(&said);
    assert_eq!(
        figures,
        [
            "'online'=2;;;0;3",
            "'background'=1;;;0;3",
            "'offline'=0;;;0;3",
            "'unknown'=0;0:0;;0;3",
            "'unregistered'=0;;;0;3",
            "'stale'=0;;;0;3",
            "'finding:critical'=0;;0:0;0",
            "'finding:warning'=0;0:0;;0",
            "'failing'=0;;;0;2",
        ]
    );
    assert_eq!(
        below,
        [
            "critical when finding:critical>0: not met; finding:critical is 0",
            "warning when unknown>0 or finding:warning>0: not met; unknown is 0 of 3 (0.0%), finding:warning is 0",
        ]
    );
    assert_eq!(said.err, "");
}

#[test]
fn what_is_found_is_a_warning_or_critical_by_its_severity() {
    let expired = "[[user]]\nid = \"old\"\n[[user.connection]]\nplatform = \"Linux\"\nexpires = \"-1h\"\n";
    let foreign = "[[user]]\nid = \"thief\"\n[[user.connection]]\nplatform = \"Linux\"\ntoken_user = \"a\"\n";
    let said = site(expired, "a\nold,Old | kiosk\n").run(&["check"]);
    assert_said(&said, 1, "IMTOP WARNING - finding:warning>0 is 1; 2 of 2 online, 1 warning");
    assert_eq!(parts(&said).2[2], "warning token-expired old (Old ¦ kiosk): Linux: expired 1h ago");

    let said = site(&format!("{expired}{foreign}"), "old\nthief\nnobody_here\n").run(&["check"]);
    assert_said(
        &said,
        2,
        "IMTOP CRITICAL - finding:critical>0 is 1; 2 of 3 online, 1 unregistered, 1 critical finding, 2 warnings",
    );
    assert!(parts(&said).1.contains(&"'finding:critical'=1;;0:0;0"), "{}", said.out);
    assert_eq!(
        parts(&said).2[2..],
        [
            "critical token-foreign-user thief: Linux: the token was issued for the user a",
            "warning token-expired old: Linux: expired 1h ago",
            "warning unregistered nobody_here: the server has no such user: a typing error in the watch list?",
        ]
    );
}

#[test]
fn thresholds_are_conditions_and_figures_carry_them() {
    let site = site("", "a,,kiosk\nb,,kiosk\nc,,desk\naway,,kiosk\n");
    let said = site.run(&["check", "--warn", "online<100%", "--crit", "online<50%"]);
    assert_said(
        &said,
        1,
        "IMTOP WARNING - online<100% is 2 of 4 (50.0%); 2 of 4 online, 1 background, 1 unregistered, 1 warning",
    );
    assert!(parts(&said).1.contains(&"'online'=2;4:;2:;0;4"), "{}", said.out);

    let of_kiosks = "online<95% of group=kiosk";
    let said = site.run(&["check", "-w", of_kiosks, "-c", of_kiosks]);
    assert_said(
        &said,
        2,
        "IMTOP CRITICAL - online<95% of group=kiosk is 2 of 3 (66.6%); 2 of 4 online, 1 background, 1 unregistered, 1 warning",
    );
    assert!(parts(&said).1.contains(&"'online_of_group:kiosk'=2;2.85:;2.85:;0;3"), "{}", said.out);

    let said = site.run(&["check", "-w", "offline>0 and connected=0", "-c", "not (watched>=4)"]);
    assert_said(&said, 0, "IMTOP OK - 2 of 4 online, 1 background, 1 unregistered, 1 warning");
    assert!(parts(&said).1.contains(&"'offline'=0;;;0;4"), "no limit that decides alone: {}", said.out);
}

#[test]
fn who_is_unknown_may_be_anything() {
    // The second batch is refused, by the user fault:code:500.
    let site = site("", "a,,kiosk\nb,,kiosk\nc,,desk\nfault:code:500\n");
    let said = site.run(&["check"]);
    assert_said(
        &said,
        1,
        "IMTOP WARNING - unknown>0 is 2 of 4 (50.0%); 2 of 4 online, 2 unknown, 1 of 2 batches failed",
    );
    let failed = parts(&said).2[2];
    assert!(failed.starts_with("batch 2 (users 3 to 4) failed: server error 500: "), "{failed}");
    assert!(parts(&said).1.contains(&"'failing'=1;;;0;2"), "{}", said.out);

    // CRITICAL can't be ruled out: neither OK nor a mere warning would be true.
    let said = site.run(&["check", "-w", "unknown>0", "-c", "offline>0"]);
    assert_said(
        &said,
        3,
        "IMTOP UNKNOWN - --crit can't be decided: offline>0 is 0 to 2 of 4; 2 of 4 online, 2 unknown, 1 of 2 batches failed",
    );
    let said = site.run(&["check", "-w", "online<3", "-c", "online<2"]);
    assert_said(
        &said,
        3,
        "IMTOP UNKNOWN - --warn can't be decided: online<3 is 2 to 4 of 4; 2 of 4 online, 2 unknown, 1 of 2 batches failed",
    );
    // It can be ruled out, or is so whatever the unknown ones are.
    assert_eq!(site.run(&["check", "-w", "online<2", "-c", "online<2"]).code, Some(0));
    assert_eq!(site.run(&["check", "-w", "online<2", "-c", "online<100% of group=kiosk"]).code, Some(0));
    assert_eq!(site.run(&["check", "-c", "unknown>1"]).code, Some(2));
    let said = site.run(&["check", "-w", "count(exp<24h)>9", "-c", "count(exp<24h)>9"]);
    assert!(parts(&said).1.contains(&"'count(exp<24h)'=U;0:9;0:9;0;4"), "{}", said.out);
}

#[test]
fn a_server_that_says_nothing_is_unknown_with_the_reason() {
    let gone = site("", LIST).gone();
    let said = Said::from(
        imtop(&["check", "--api", &gone, "a", "b"]).env("IMTOP_TOKEN", ADMIN_TOKEN).output().unwrap(),
    );
    assert_said(
        &said,
        3,
        &format!(
            "IMTOP UNKNOWN - {gone}: cannot reach the server: connection refused; check the address (--api), that the server runs, and the way there"
        ),
    );
    let site = site("", LIST);
    let said = Said::from(
        imtop(&["check", "--api", &site.server.url(), "a"]).env("IMTOP_TOKEN", ADMIN_TOKEN).output().unwrap(),
    );
    assert_eq!(said.code, Some(3), "{}", said.out);
    assert!(said.out.starts_with("IMTOP UNKNOWN - http://127.0.0.1:"), "{}", said.out);
    assert!(said.out.contains("admin token refused: "), "{}", said.out);
    assert!(!said.out.contains(ADMIN_TOKEN) && !said.err.contains(ADMIN_TOKEN));
}

#[test]
fn whatever_is_wrong_on_our_side_is_unknown_and_on_standard_output() {
    let unknown = |said: Said, line: &str| {
        assert_said(&said, 3, &format!("IMTOP UNKNOWN - {line}"));
        assert!(!said.out.contains("\n\n"), "{}", said.out);
        said
    };
    let said = unknown(
        run(&["check", "--crit", "state=online", "a"]),
        "--crit: \"state=online\" is about one user, and a condition counts users; did you mean count(state=online)>0 or online=100%?",
    );
    assert_eq!(parts(&said).2, ["  state=online", "  ^^^^^^^^^^^^"]);
    unknown(run(&["check", "--nonsense"]), "unexpected argument '--nonsense' found");
    unknown(run(&["check", "--warn"]), "a value is required for '--warn <EXPR>' but none was supplied");
    unknown(
        run(&["check", "--interval", "fast", "a"]),
        "invalid value 'fast' for '--interval <TIME>': expected a time such as 2s, 500ms or 1m",
    );
    unknown(
        run(&["check", "--config", "/nonexistent.toml", "a"]),
        "cannot read the configuration /nonexistent.toml: No such file or directory (os error 2)",
    );
    assert_eq!(run(&["--ascii", "check"]).code, Some(3));
    assert!(run(&["check"]).out.starts_with("IMTOP UNKNOWN - nobody to watch: name users"));
    let site = site("", LIST);
    unknown(
        site.run(&["check", "-w", "online<95% of group=kisok"]),
        "no watched user is in the group \"kisok\"; groups are in the watch list",
    );
    // As the guidelines have it, help says nothing of what is monitored.
    let help = run(&["check", "--help"]);
    assert_eq!(help.code, Some(3));
    assert!(
        help.out.contains("--crit <EXPR>") && help.out.contains("online<95% of group=kiosk"),
        "{}",
        help.out
    );
}

#[test]
fn a_reader_that_goes_away_changes_nothing_about_the_code() {
    let site = site("", LIST);
    let mut child = site.command(&["check"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let said = Said::from(child.wait_with_output().unwrap());
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let status = site.command(&["check"]).stdout(full).status().unwrap();
    assert_eq!(status.code(), Some(3), "what can't be said is not known");
}

#[test]
fn who_is_unchecked_as_the_registry_is_silent_is_counted_and_nobody_is_called_offline() {
    let down = "[[event]]\nat = \"0s\"\ndoes = \"registry-down\"\nlasts = \"10m\"\nfails = true\n";
    let site = site(&format!("[[user]]\nid = \"d\"\n[[user]]\nid = \"e\"\n{down}"), "a\nb\nc\nd\ne\n");
    let said = site.run(&["check", "--timeout", "500ms"]);
    assert_said(
        &said,
        3,
        "IMTOP UNKNOWN - unknown>0 is 2 of 5 (40.0%); 2 of 5 online, 1 background, 2 unknown",
    );
    let unchecked = "imtop: 2 users are unknown: the registry has not answered about them, and without it nobody is called offline\n";
    assert_eq!(said.err, unchecked);
    // A condition that can be decided whatever they are is.
    let said = site.run(&["check", "--timeout", "500ms", "-c", "online<1"]);
    assert_eq!((said.code, &*said.err), (Some(0), unchecked), "{}", said.out);
    let said = site.run(&["snapshot", "--timeout", "500ms", "--format", "csv"]);
    assert_eq!((said.code, said.err.ends_with(unchecked)), (Some(1), true), "{}{}", said.out, said.err);
    assert_eq!(said.out.matches(",,,unknown,").count(), 2, "{}", said.out);
    assert!(!said.out.contains("offline"), "{}", said.out);
}

#[test]
fn where_the_sockets_alone_fail_the_registry_decides_what_it_can() {
    let broken = "[[fault]]\nwhat = \"html:502\"\npath = \"/user/get_users_online_status\"\n";
    let site = site(&format!("[[user]]\nid = \"d\"\n{broken}"), "a\nb\nc\nd\n");
    let said = site.run(&["check", "-c", "online<3"]);
    let (line, _, below) = parts(&said);
    assert_eq!(
        (said.code, line),
        (Some(0), "IMTOP OK - 3 of 4 online, 1 unknown, 2 of 2 batches failed"),
        "{}",
        said.out
    );
    assert!(below.iter().any(|line| line.contains("3 users known from Redis alone")), "{below:?}");
    let said = site.run(&["check"]);
    assert_eq!(said.code, Some(3), "by default it is not known: {}", said.out);
    let said = site.run(&["snapshot"]);
    assert!(said.err.contains("(4 users, 1 unknown: the registry tells of the others)"), "{}", said.err);
}
