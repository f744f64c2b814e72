//! How far a long round is: a line in its place, which is gone when the data is there.

use imtop::simulator::{Clock, Scenario, Simulator};

use super::pty::Session;
use super::{IMTOP, SIZE};

/// A shell's line on a server one of whose three batches takes longer than a second, and one never comes.
fn on_a_slow_server(line: &str, check: impl FnOnce(&mut Session)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (clock, _) = Clock::by_hand(1_795_413_000_000);
    let scenario = Scenario::named("faults").unwrap();
    let starting = Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), clock);
    let server = runtime.block_on(starting).unwrap();
    let line = line.replace("USERS", "steady fault:delay:1200ms fault:hang");
    let script = format!(
        "export IMTOP_TOKEN={} IMTOP_API={} IMTOP_BATCH=1 IMTOP_TIMEOUT=3s; {line}; echo code-$?; read",
        server.admin_token(),
        server.url()
    );
    let mut session = Session::start("bash", &["-c", &script], SIZE);
    check(&mut session);
    session.press("\r");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_long_round_says_how_far_it_is_and_leaves_no_trace() {
    on_a_slow_server(&format!("{IMTOP} snapshot USERS"), |session| {
        session.until_shows("imtop: 2 of 3 batches");
        let text = session.until_shows("code-1");
        assert!(!text.contains("2 of 3 batches") && text.contains("steady"), "{text}");
        assert!(text.starts_with("imtop: batch 3 of 3: no whole answer within 3 s"), "{text}");
    });
}

#[test]
fn those_who_go_on_say_how_far_their_first_round_is() {
    on_a_slow_server(&format!("{IMTOP} events --duration 3500ms USERS >/dev/null"), |session| {
        session.until_shows("imtop: 2 of 3 batches");
        let text = session.until_shows("code-0");
        assert!(text.starts_with("code-0"), "{text}");
    });
    on_a_slow_server(&format!("{IMTOP} serve --metrics 127.0.0.1:0 USERS"), |session| {
        session.until_shows("imtop: 2 of 3 batches");
        session.press("\x03");
        let text = session.until_shows("code-0");
        assert!(!text.contains("batches"), "{text}");
    });
}
