//! `imtop why` as an on-call runs it.

use crate::common::binary::{Said, Site, real_clock, run};
use crate::common::scratch::Scratch;
use crate::schemas::Schema;

/// One has an app open; one has an iPhone in the background; one is away; and one logged in while the registry lost
/// what it was told.
const SCENARIO: &str = r#"
[[user]]
id = "open"
[[user.connection]]
platform = "Android"
[[user]]
id = "pocket"
[[user.connection]]
platform = "iOS"
background = true
[[user]]
id = "away"
"#;

fn site() -> Site {
    Site::new(SCENARIO, "open\n", real_clock())
}

fn why(site: &Site, args: &[&str]) -> Said {
    site.about_nobody(&[&["why"], args].concat()).output().unwrap().into()
}

#[test]
fn it_tells_the_chain_of_one_user_whoever_is_watched_otherwise() {
    let site = site();
    let said = why(&site, &["open", "--gateway-metrics", "on"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let mut lines = said.out.lines();
    assert_eq!(lines.next(), Some("open: now; a message that is sent now arrives through a connection"));
    let of = |name: &str| {
        let line = said.out.lines().find(|line| line.get(2..).is_some_and(|it| it.starts_with(name)));
        line.unwrap_or_default().to_owned()
    };
    assert_eq!(of("registered"), "+ registered   connected, so the server has the user");
    assert_eq!(of("connected"), "+ connected    1 connection: Android");
    assert_eq!(of("registry"), "+ registry     the registry has every connection");
    assert_eq!(of("read"), "+ read         nothing unread");
    assert_eq!(of("push"), "+ push         no push failed in 5s; since the start 3 failed and 12 were slow");
    assert!(!said.out.contains("eyJ"), "no token: {}", said.out);
}

#[test]
fn as_json_it_keeps_to_its_schema_and_the_exit_code_says_whether_a_message_arrives() {
    let (site, schema) = (site(), Schema::named("why"));
    let asked = |user: &str| {
        let said = why(&site, &[user, "--json"]);
        (said.code, schema.read(&said.out))
    };
    let (code, pocket) = asked("pocket");
    assert_eq!((code, pocket["delivery"].as_str()), (Some(0), Some("push")), "{pocket}");
    assert_eq!(pocket["links"][2]["holds"], "no");
    assert_eq!(
        pocket["links"][2]["evidence"],
        "only an iPhone in the background: it gets push notifications alone"
    );
    let (code, nobody) = asked("nobody");
    assert_eq!((code, nobody["delivery"].as_str()), (Some(1), Some("no")));
    assert_eq!(nobody["links"][0]["holds"], "no");
    assert_eq!(nobody["links"][7]["holds"], "unknown", "a loopback API: its services are not asked");
}

#[test]
fn of_a_recording_it_tells_what_is_in_it() {
    let site = site();
    let files = Scratch::new();
    let file = files.secret("away", "").with_extension("ndjson");
    let file = file.to_str().unwrap();
    let recorded = site.run(&["events", "--duration", "1s", "--record", file, "away"]);
    assert_eq!(recorded.code, Some(0), "{}", recorded.err);
    let said = run(&["why", "away", "--from", file]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.starts_with("away: by push; "), "{}", said.out);
    assert!(said.out.contains("- read         not asked"), "{}", said.out);
    let said = run(&["why", "stranger", "--from", file]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("stranger is not in the recording"), "{}", said.err);
}

#[test]
fn a_server_that_lacks_a_question_leaves_that_link_unknown() {
    let old = format!("release = \"v3.0.0\"\n{SCENARIO}");
    let said = why(&Site::new(&old, "open\n", real_clock()), &["open"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("? registry     "), "{}", said.out);
}
