//! Alerts on the screen: one that fires, in the events and the first line; silences in the palette.

use imtop::presence::condition::Condition;
use imtop::presence::{AlertRule, Alerts, Entry, Severity, UserStatus};

use super::stage::{Stage, connection};

fn rules() -> Vec<AlertRule> {
    let rule = |name: &str, when: &str, severity| AlertRule {
        name: name.to_owned(),
        when: Condition::parse(when).unwrap(),
        for_ms: 0,
        again_ms: 900_000,
        severity,
    };
    vec![
        rule("kiosk dark", "online<2", Severity::Critical),
        rule("alice away", "count(id=alice and state=offline)>0", Severity::Warning),
    ]
}

/// Two kiosks, of which one is gone.
fn stage(size: (u16, u16), replayed: bool) -> Stage {
    let mut stage = Stage::tuned(size, 500, ["alice", "bob"].map(Entry::of).into(), |setting| {
        let rules = rules().into();
        setting.alerts = if replayed { Alerts::replayed(rules) } else { Alerts::new(rules) };
        setting.recorded = replayed;
    });
    let open = |id: &str| UserStatus::Online(vec![connection(2, id, None)]);
    stage.answer(0, vec![("alice", open("a")), ("bob", open("b"))]);
    stage.wait(2_000);
    stage.answer(0, vec![("alice", UserStatus::Offline), ("bob", open("b"))]);
    stage
}

fn text(stage: &Stage) -> String {
    stage.screen()
}

#[test]
fn an_alert_that_fires_is_in_the_first_line_and_among_the_events() {
    let mut stage = stage((200, 20), false);
    let first = text(&stage).lines().next().unwrap_or_default().to_owned();
    assert!(first.contains("2 alerts firing"), "{first}");
    stage.keys("2");
    let seen = text(&stage);
    assert!(seen.contains("alert kiosk dark fired, critical: online<2 is 1 of 2 (50.0%)"), "{seen}");
    assert!(seen.contains("alert alice away fired, warning: count(id=alice"), "{seen}");
    // Whom a condition picks is nobody's business where names are masked.
    stage.keys("P");
    let seen = text(&stage);
    assert!(seen.contains("alert alice away fired, warning") && !seen.contains("id=alice"), "{seen}");
}

#[test]
fn a_replay_says_what_would_have_been() {
    let mut stage = stage((120, 20), true);
    stage.keys("2");
    assert!(text(&stage).contains("alert kiosk dark would have fired, critical"), "{}", text(&stage));
    stage.keys(":silence kiosk dark 1h");
    stage.keys("<Enter>");
    assert!(text(&stage).contains("alerts of a recording are sent to nobody"), "{}", text(&stage));
}

#[test]
fn an_alert_is_silenced_for_a_while_and_that_is_lifted() {
    let mut stage = stage((100, 20), false);
    let command = |stage: &mut Stage, line: &str| {
        stage.keys(&format!(":{line}"));
        stage.keys("<Enter>");
        text(stage)
    };
    let seen = command(&mut stage, "silence kiosk dark 1h");
    assert!(seen.contains("silenced: kiosk dark for 1h"), "{seen}");
    assert!(stage.model.silences.holds("kiosk dark", stage.now));
    stage.wait(59 * 60_000);
    assert!(text(&stage).contains("silenced: kiosk dark for 1m"), "{}", text(&stage));
    stage.wait(60_000);
    assert!(!text(&stage).contains("silenced:"), "{}", text(&stage));
    command(&mut stage, "silence alice away 30m");
    let seen = command(&mut stage, "silence alice away off");
    assert!(seen.contains("alice away is no longer silenced") && !seen.contains("silenced:"), "{seen}");
    for (line, said) in [
        ("silence kiosk dark", "expected a time such as 30m or 1h, or off"),
        ("silence kiosk drak 1h", "unknown name `kiosk drak`; did you mean `kiosk dark`?"),
        ("silence kiosk dark 5x", "expected a time from 1s to 720h"),
    ] {
        let seen = command(&mut stage, line);
        assert!(seen.contains(said), "{line}: {seen}");
        stage.keys("<Esc>");
    }
    assert!(!stage.model.silences.holds("kiosk dark", stage.now));
}
