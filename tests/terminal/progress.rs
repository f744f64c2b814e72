//! How far a long round is: a line in its place, which is gone when the data is there.

use imtop::simulator::{Clock, Scenario, Simulator};

use super::pty::Session;
use super::{IMTOP, SIZE};

#[test]
fn a_long_round_says_how_far_it_is_and_leaves_no_trace() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (clock, _) = Clock::by_hand(1_795_413_000_000);
    let scenario = Scenario::named("faults").unwrap();
    let starting = Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), clock);
    let server = runtime.block_on(starting).unwrap();
    let script = format!(
        "IMTOP_TOKEN={} {IMTOP} snapshot --api {} --batch 1 --timeout 3s steady fault:delay:1200ms fault:hang; \
         echo code-$?; read",
        server.admin_token(),
        server.url()
    );
    let mut session = Session::start("bash", &["-c", &script], SIZE);
    session.until_shows("imtop: 2 of 3 batches");
    let text = session.until_shows("code-1");
    assert!(!text.contains("2 of 3 batches") && text.contains("steady"), "{text}");
    assert!(text.starts_with("imtop: batch 3 of 3: no whole answer within 3 s"), "{text}");
    session.press("\r");
    assert_eq!(session.end(), 0);
}
