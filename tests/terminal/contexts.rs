//! A configuration with more than one server, keys of its own, or a mistake.

use imtop::options::write_watch_list;
use imtop::presence::Entry;
use imtop::simulator::{Clock, Running, Scenario, Simulator};

use super::pty::Session;
use super::{IMTOP, SIZE};

/// A folder with a configuration and what it names, gone with the test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(config: &str) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("config.toml", config);
        folder
    }

    /// Writes a file that nobody else can read.
    fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn start(&self, args: &[&str]) -> Session {
        let config = self.0.path().join("config.toml");
        let args: Vec<&str> = args.iter().copied().chain(["--config", config.to_str().unwrap()]).collect();
        Session::start(IMTOP, &args, SIZE)
    }
}

/// A small place with names that are nowhere else.
const ELSEWHERE: &str = r#"
name = "elsewhere"
about = "three users"
users = 3
[[user]]
id = "bravo_1"
label = "Bravo one"
[[user.connection]]
platform = "Web"
[[user]]
id = "bravo_2"
[[user]]
id = "bravo_3"
"#;

async fn simulator(scenario: Scenario) -> Running {
    let clock = Clock::new(imtop::clock::unix_ms);
    Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), clock).await.unwrap()
}

/// Who of `entries` is named in `text`, by ID or label.
fn named_in<'a>(entries: &'a [Entry], text: &str) -> Option<&'a str> {
    let names = entries.iter().flat_map(|entry| [Some(entry.id.as_str()), entry.label.as_deref()]);
    names.flatten().find(|name| text.contains(name))
}

/// The keys that lead to each view, and words that are only there.
const VIEWS: [(&str, &str); 5] = [
    ("2", "Nothing has changed since"),
    ("3", "No rule finds anything wrong with 3 users"),
    ("4", "API latency"),
    ("1G\r", "nothing has changed since imtop started"),
    ("q", "PRESENCE"),
];

#[test]
fn another_context_leaves_nothing_of_the_one_before_and_asks_it_nothing_more() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // So many that their labels take seconds to be asked for.
    let night = Scenario::named("night").unwrap().with_users(4_000);
    let entries = night.watch_list();
    let a = runtime.block_on(simulator(night));
    let b = runtime.block_on(simulator(Scenario::parse(ELSEWHERE, "elsewhere.toml").unwrap()));
    let folder = Folder::with(&format!(
        "interval = \"200ms\"\n\
         [contexts.a]\napi = \"{}\"\ntoken-file = \"a.token\"\nall = true\nlabels = \"server\"\nwatch = \"a.csv\"\n\
         [contexts.b]\napi = \"{}\"\ntoken-file = \"b.token\"\nproduction = true\n\
         users = [\"bravo_1\", \"bravo_2\", \"bravo_3\"]\nlabels = \"server\"\n",
        a.url(),
        b.url()
    ));
    let mut list = Vec::new();
    write_watch_list(&entries[..30], &mut list).unwrap();
    folder.write("a.csv", &String::from_utf8(list).unwrap());
    folder.write("a.token", &a.admin_token());
    folder.write("b.token", &b.admin_token());

    let mut session = folder.start(&["--context", "a"]);
    let text = session.until_shows("4001 watched");
    assert!(!text.contains("PROD"), "{text}");
    session.until_shows("● live");
    session.press("3");
    session.until_shows("token-foreign-user");
    session.press("1:goto agent_007\r");
    session.until_shows(">▸");
    session.press(":ctx b\r");
    session.until_shows("3 watched");
    session.until_shows("Bravo one");
    let first = b.requests();
    session.until("another round of b", |_| b.requests() > first + 1);
    let asked = a.requests();
    let lines = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    for (keys, words) in VIEWS {
        session.press(keys);
        let text = session.until_shows(words);
        assert_eq!(named_in(&entries, &text), None, "{keys:?}: {text}");
        let header = lines(&text);
        assert!(header.contains("PROD b") && header.contains(&b.url()), "{keys:?}: {text}");
        assert!(!text.contains(&a.url()) && !text.contains("critical"), "{keys:?}: {text}");
    }
    session.until("ten rounds of b", |_| b.requests() > first + 10);
    assert_eq!(a.requests(), asked, "the server that was left is asked nothing more");

    let asked_of_b = {
        session.press(":ctx a\r");
        let text = session.until_shows("4001 watched");
        let header = lines(&text);
        assert!(!text.contains("PROD") && header.contains(" a ") && header.contains(&a.url()), "{text}");
        session.until("a round of a", |_| a.requests() > asked + 3);
        b.requests()
    };
    session.until("its users, and no others", |screen| {
        let text = screen.contents();
        named_in(&entries, &text).is_some() && !text.contains("bravo") && !text.contains("Bravo")
    });
    let asked = a.requests();
    session.until("ten rounds of a", |_| a.requests() > asked + 10);
    assert_eq!(b.requests(), asked_of_b, "and so it is the other way round");
    session.press("q");
    assert_eq!(session.end(), 0);
    session.expect_restored();
}

#[test]
fn a_context_that_cannot_be_used_is_said_in_words_and_the_present_one_stays() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let b = runtime.block_on(simulator(Scenario::parse(ELSEWHERE, "elsewhere.toml").unwrap()));
    let folder = Folder::with(&format!(
        "[contexts.b]\napi = \"{}\"\ntoken-file = \"b.token\"\nusers = [\"bravo_1\"]\n\
         [contexts.bad]\napi = \"http://127.0.0.1:9\"\ntoken-file = \"bad.token\"\nwatch = \"none.csv\"\n",
        b.url()
    ));
    folder.write("b.token", &b.admin_token());
    folder.write("bad.token", "not.a.token");
    let mut session = folder.start(&["--context", "b"]);
    session.until_shows("● live");
    session.press(":ctx bad\r");
    let text = session.until_shows("none.csv");
    assert!(text.contains("bravo_1") && text.contains("● live"), "{text}");
    let asked = b.requests();
    session.until("it goes on", |_| b.requests() > asked);
    session.press(":ctx worse\r");
    session.until_shows("unknown name `worse`");
    session.press("\u{3}");
    assert_eq!(session.end(), 130);
}

#[test]
fn a_key_of_ones_own_is_named_everywhere_and_works() {
    const F5: &str = "\u{1b}[15~";
    let folder = Folder::with("[keys]\npause = [\"F5\"]\n");
    let mut session = folder.start(&["demo"]);
    let text = session.until_shows("● online");
    assert!(!text.contains("Space"), "{text}");
    session.press("1");
    session.until_shows("F5 pause");
    session.press(" ");
    session.until_shows("Space is not bound");
    session.press(F5);
    session.until_shows("PAUSED");
    session.press(F5);
    session.until("it goes on", |screen| !screen.contents().contains("PAUSED"));
    let is_told = |screen: &vt100::Screen| {
        let text = screen.contents();
        let told = text.lines().any(|line| line.contains("F5") && line.contains("freeze the screen"));
        told && !text.contains("Space")
    };
    session.press("?/freeze\r");
    session.until("the key in the help", is_told);
    session.press("q");
    session.until_shows("PRESENCE");
    session.press(":paus");
    session.until("the key in the palette", is_told);
    session.press("\u{3}");
    assert_eq!(session.end(), 130);
    session.expect_restored();
}

#[test]
fn a_mistake_in_the_configuration_is_said_before_the_terminal_is_touched() {
    for (config, words) in [
        ("\ntheme = \"drak\"\n", "config.toml:2:9: theme is \"drak\""),
        ("intervall = \"2s\"\n", "config.toml:1:1: no setting \"intervall\"; did you mean interval?"),
        ("[keys]\n  paus = [\"p\"]\n", "config.toml:2:3: there is no action `paus`; is `pause` meant?"),
        (
            "[contexts.eu]\napi = \"http://x\"\ntokn-file = \"x\"\n",
            "config.toml:3:1: no setting \"tokn-file\"",
        ),
        ("theme = \u{1b}[31m\"dark\"\n", "config.toml:1:9:"),
    ] {
        for args in [&["u"][..], &["demo"], &["--context", "eu"]] {
            let folder = Folder::with(config);
            let mut session = folder.start(args);
            assert_eq!(session.end(), 2, "{args:?} {config}: {}", session.text());
            // A long path may be wrapped.
            session.until(words, |screen| screen.contents().replace('\n', "").contains(words));
            let sent = session.sent();
            assert!(!sent.contains('\u{1b}'), "{args:?} {config}: {sent:?}");
            session.expect_restored();
        }
    }
}

/// Goes from `a` to `b`, which may have settings of its own, after some keys.
fn goes_over_without_a_name(settings: &str, keys: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let a = runtime.block_on(simulator(Scenario::named("calm").unwrap().with_users(20)));
    let b = runtime.block_on(simulator(Scenario::parse(ELSEWHERE, "elsewhere.toml").unwrap()));
    let folder = Folder::with(&format!(
        "[contexts.a]\napi = \"{}\"\ntoken-file = \"a.token\"\nall = true\n\
         [contexts.b]\napi = \"{}\"\ntoken-file = \"b.token\"\nlabels = \"server\"\n{settings}",
        a.url(),
        b.url()
    ));
    folder.write("a.token", &a.admin_token());
    folder.write("b.token", &b.admin_token());
    let mut session = folder.start(&["--context", "a"]);
    session.until_shows("user_00002");
    session.press(keys);
    session.press(":ctx b\r");
    session.until_shows(" b ");
    session.until_shows("3 watched");
    session.until_shows("masked");
    session.until_shows("name-");
    let sent = session.sent();
    assert!(!sent.contains("bravo") && !sent.contains("Bravo"), "{}", session.text());
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_context_with_stand_ins_shows_no_name_from_its_first_frame_on() {
    goes_over_without_a_name("mask = true\nusers = [\"bravo_1\", \"bravo_2\", \"bravo_3\"]\n", "");
}

#[test]
fn stand_ins_go_along_to_another_context_and_into_what_is_said_of_its_list() {
    let users = "users = [\"bravo_1\", \"bravo_2\", \"bravo_3\", \"bravo_3\"]\n";
    goes_over_without_a_name(users, "P");
}
