//! Users and labels that come from the server, and what is added and dropped on top of them.

use imtop::simulator::{Clock, Running, Scenario, Simulator};

use super::pty::Session;
use super::{IMTOP, SIZE};

const SCENARIO: &str = r#"
name = "lists"
about = "two groups, and somebody in none"
users = 12
[[user]]
id = "boss"
label = "The boss"
group = "staff"
[[user.connection]]
platform = "Web"
[[user]]
id = "cook"
label = "The cook"
group = "staff"
[[user]]
id = "stranger"
label = "Nobody's friend"
[[crowd]]
id = "guest_{n:02}"
labels = ["Guest {n}"]
group = "guests"
"#;

/// A server, and the view on it.
struct Place {
    server: Option<Running>,
    session: Session,
    _runtime: tokio::runtime::Runtime,
}

impl Place {
    fn start(args: &[&str]) -> Place {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let scenario = Scenario::parse(SCENARIO, "lists.toml").unwrap();
        let clock = Clock::new(imtop::clock::unix_ms);
        let server = runtime.block_on(Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), clock)).unwrap();
        let script = format!(
            "IMTOP_TOKEN={} exec {IMTOP} --api {} --interval 200ms --sort user {}",
            server.admin_token(),
            server.url(),
            args.join(" ")
        );
        let session = Session::start("bash", &["-c", &script], SIZE);
        Place { server: Some(server), session, _runtime: runtime }
    }

    /// Waits for a row of the list about `user` with these words.
    fn until_row(&self, user: &str, words: &str) -> String {
        self.session.until(&format!("a row of {user} with {words:?}"), |screen| {
            row(&screen.contents(), user).is_some_and(|row| row.contains(words))
        })
    }

    fn until_no_row(&self, user: &str) -> String {
        self.session.until(&format!("no row of {user}"), |screen| row(&screen.contents(), user).is_none())
    }

    fn leave(mut self) {
        self.session.press("q");
        assert_eq!(self.session.end(), 0);
        self.session.expect_restored();
    }
}

/// The row of a user in the list, below its head.
fn row<'a>(text: &'a str, user: &str) -> Option<&'a str> {
    let table = text.lines().skip_while(|line| !line.contains("PRESENCE")).skip(1);
    let mut rows = table.take_while(|line| !line.starts_with('─'));
    rows.find(|line| line.split_whitespace().any(|word| word == user))
}

#[test]
fn the_members_of_a_group_with_their_nicknames_and_others_on_top() {
    let mut place = Place::start(&["--group-id", "staff", "--labels", "server"]);
    place.session.until_shows("2 watched");
    place.until_row("boss", "The boss");
    place.until_row("boss", "online");
    let text = place.until_row("cook", "The cook");
    assert!(row(&text, "stranger").is_none() && row(&text, "guest_01").is_none(), "{text}");
    place.session.press(":add stranger,guest_01\r");
    place.session.until_shows("4 watched");
    place.until_row("stranger", "Nobody's friend");
    place.until_row("guest_01", "Guest 1");
    place.session.press(":rm boss\r");
    place.session.until_shows("3 watched");
    place.until_no_row("boss");
    place.session.press(":rm stranger\r:add boss\r");
    place.until_no_row("stranger");
    place.until_row("boss", "The boss");
    place.session.until_shows("3 watched");
    place.leave();
}

#[test]
fn everybody_who_is_registered_and_no_more_of_those_who_are_dropped() {
    let mut place = Place::start(&["--all"]);
    // The server's own admin is a user as well.
    place.session.until_shows("13 watched");
    let text = place.until_row("guest_09", "");
    assert!(!text.contains("The boss"), "nobody wished for labels: {text}");
    place.session.press(":rm guest_09,imAdmin\r");
    place.session.until_shows("11 watched");
    place.until_no_row("guest_09");
    place.leave();
}

#[test]
fn users_of_ones_own_stand_beside_a_group() {
    let place = Place::start(&["--group-id", "staff", "stranger", "boss"]);
    place.session.until_shows("3 watched");
    place.until_row("cook", "offline");
    place.until_row("stranger", "offline");
    place.leave();
}

#[test]
fn a_group_that_is_not_there_is_said_in_words_and_users_can_be_added() {
    let mut place = Place::start(&["--group-id", "nobodies"]);
    let text =
        place.session.until_shows("the server names no member of group nobodies: is there such a group?");
    assert!(text.contains("nobody is watched") || text.contains("0 watched"), "{text}");
    place.session.press(":add boss\r");
    place.session.until_shows("1 watched");
    place.until_row("boss", "online");
    place.leave();
}

#[test]
fn a_server_that_dies_takes_nobody_off_the_list() {
    let mut place = Place::start(&["--group-id", "staff", "--labels", "server"]);
    place.until_row("boss", "The boss");
    place.until_row("boss", "online");
    drop(place.server.take());
    place.session.until_shows("cannot reach the server: connection refused");
    let text = place.session.until_shows("2 stale");
    assert!(text.contains("2 watched"), "{text}");
    place.until_row("boss", "The boss");
    place.session.press(":add stranger\r");
    place.session.until_shows("3 watched");
    place.until_row("stranger", "? ");
    place.until_row("boss", "The boss");
    place.session.press(":rm cook\r");
    place.session.until_shows("2 watched");
    place.until_no_row("cook");
    place.leave();
}

#[test]
fn a_server_that_is_not_there_yet_is_asked_for_its_list_again() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scenario = || Scenario::parse(SCENARIO, "lists.toml").unwrap();
    // Its time stands still, so that the one that comes later knows the same token.
    let start = |address: std::net::SocketAddr| {
        let (clock, _) = Clock::by_hand(imtop::clock::unix_ms() / 86_400_000 * 86_400_000);
        runtime.block_on(Simulator::start(scenario(), address, clock)).unwrap()
    };
    let server = start(([127, 0, 0, 1], 0).into());
    let (address, token) = (server.address(), server.admin_token());
    drop(server);
    let script = format!("IMTOP_TOKEN={token} exec {IMTOP} --api http://{address} --group-id staff");
    let mut session = Session::start("bash", &["-c", &script], SIZE);
    session.until_shows("can't read the members of group staff: cannot reach the server");
    let _server = start(address);
    session.until_shows("2 watched");
    session.until_shows("● live");
    session.press("q");
    assert_eq!(session.end(), 0);
}
