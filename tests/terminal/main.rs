//! The whole program in a real terminal: driven by keys, ended in every way, and the terminal found as
//! it was each time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/kit.rs"]
mod kit;

mod answers;
mod contexts;
mod doctor;
mod dumb;
mod effects;
mod lists;
mod progress;
mod pty;
mod reading;
mod replay;

use std::io::{BufRead as _, Read as _};
use std::sync::{Arc, mpsc};

use imtop::engine::{About, Command, Ended, Recording, Source, Told, Wait};
use imtop::presence::{Entry, Freshness, Inputs, Moment, Next, Roster, RuleSettings, State, WatchList};
use imtop::simulator::{Clock, Running, Scenario, Simulator};
use imtop::tui::clipboard::Multiplexer;
use imtop::tui::{Model, Start, Switches};
use pty::{PATIENCE, Session};
use rustix::process::Signal;

const IMTOP: &str = env!("CARGO_BIN_EXE_imtop");
const SIZE: (u16, u16) = (100, 30);

fn demo() -> Session {
    let session = Session::start(IMTOP, &["demo"], SIZE);
    session.until_shows("● online");
    session
}

#[test]
fn the_demo_is_driven_by_keys_and_ends_with_q() {
    let mut session = demo();
    session.press(":goto 2890713225\rl");
    session.until_shows("bbb7c4da");
    session.press("\r");
    session.until_shows("bbb7c4da159b1ec6beb81c9e4129b075");
    session.press("\u{1b}");
    session.until("the list again", |screen| screen.contents().contains("agent_007"));
    session.press("/kiosk_lobby\r");
    session.until("only the kiosk", |screen| {
        screen.contents().contains("kiosk_lobby") && !screen.contents().contains("agent_007")
    });
    session.press("?");
    session.until_shows("show the user's connections, then step into them");
    session.press("\u{1b}");
    session.until_shows("kiosk_lobby");
    session.press("q");
    assert_eq!(session.end(), 0);
    session.expect_restored();
}

#[test]
fn ctrl_c_and_signals_end_it_with_their_codes_and_give_the_terminal_back() {
    let mut session = demo();
    session.press("\u{3}");
    assert_eq!(session.end(), 130);
    session.expect_restored();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129), (Signal::QUIT, 131)] {
        let mut session = demo();
        session.signal(signal);
        assert_eq!(session.end(), code);
        session.expect_restored();
    }
}

#[test]
fn a_token_command_under_way_ends_with_the_program() {
    for (way, code) in [("q", 0), ("\u{3}", 130), ("SIGTERM", 143)] {
        let path = std::env::temp_dir().join(format!("imtop-farewell-{}-{code}", std::process::id()));
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let token = format!("exec 3>'{}'; echo up >&3; sleep 97532 | cat", path.display());
        let args = ["--api", "http://127.0.0.1:9", "--timeout", "30s", "--token-command", &token, "u"];
        let mut session = Session::start(IMTOP, &args, SIZE);
        // The named pipe ends when the last process that can write to it is gone.
        let (news, heard) = mpsc::channel();
        let pipe = path.clone();
        std::thread::spawn(move || {
            let mut pipe = std::io::BufReader::new(std::fs::File::open(pipe).unwrap());
            pipe.read_line(&mut String::new()).unwrap();
            news.send("up").unwrap();
            pipe.read_to_end(&mut Vec::new()).unwrap();
            let _ = news.send("gone");
        });
        assert_eq!(heard.recv_timeout(PATIENCE), Ok("up"));
        session.until("the picture", vt100::Screen::alternate_screen);
        if way == "SIGTERM" {
            session.signal(Signal::TERM);
        } else {
            session.press(way);
        }
        assert_eq!(session.end(), code);
        assert_eq!(heard.recv_timeout(PATIENCE), Ok("gone"), "{way}");
        let _ = std::fs::remove_file(path);
    }
}

/// The shell takes the view to the foreground again, and it goes on and ends as ever.
fn comes_back_and_ends(session: &mut Session) {
    session.press("\n");
    session.until("the view again", |screen| {
        screen.alternate_screen() && screen.contents().contains("agent_007")
    });
    session.press("q");
    session.until_shows("ended-0");
    session.end();
    session.expect_restored();
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_back() {
    let script = format!("set -m; {IMTOP} demo; echo stopped-$?; read -r line; fg >/dev/null; echo ended-$?");
    let mut session = Session::start("bash", &["-c", &script], SIZE);
    session.until_shows("agent_007");
    session.press("\u{1a}");
    session
        .until("the shell", |screen| !screen.alternate_screen() && screen.contents().contains("stopped-14"));
    comes_back_and_ends(&mut session);
}

#[test]
fn a_size_that_changed_while_it_was_stopped_is_taken_and_keys_go_on_working() {
    let script = format!("set -m; {IMTOP} demo; echo stopped-$?; read -r line; fg >/dev/null; echo ended-$?");
    let mut session = Session::start("bash", &["-c", &script], (120, 40));
    session.until_shows("agent_007");
    session.press("\u{1a}");
    session.until_shows("stopped-14");
    session.resize((60, 20));
    session.press("\n");
    session.until("the view again", |screen| {
        screen.alternate_screen() && screen.contents().contains("agent_007")
    });
    session.press("?");
    let text = session.until_shows("List of users");
    assert!(!text.contains('…'), "the help has lines of 60 columns: {text}");
    session.press("qq");
    session.until_shows("ended-0");
    session.end();
}

#[test]
fn a_stop_signal_from_elsewhere_is_heeded_like_ctrl_z() {
    let script = format!(
        "set -m; {IMTOP} demo & fg >/dev/null; kill -0 $!; read -r line; fg >/dev/null; echo ended-$?"
    );
    let mut session = Session::start("bash", &["-c", &script], SIZE);
    session.until_shows("agent_007");
    let shell = format!("pkill -TSTP -P {}", session.pid());
    std::process::Command::new("bash").args(["-c", &shell]).status().unwrap();
    session.until("the shell", |screen| !screen.alternate_screen() && screen.contents().contains("Stopped"));
    comes_back_and_ends(&mut session);
}

#[test]
fn without_a_shell_behind_it_ctrl_z_says_so_and_goes_on() {
    let mut session = demo();
    session.press("\u{1a}");
    session.until_shows("no shell");
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let mut session = demo();
    session.close_terminal();
    assert_eq!(session.end(), 129);
}

#[test]
fn a_terminal_that_takes_no_output_does_not_keep_it_alive() {
    let mut session = Session::start_unread(IMTOP, &["demo"], (300, 100));
    session.wait_until_blocked();
    session.signal(Signal::TERM);
    assert_eq!(session.end(), 143);
}

#[test]
fn the_picture_follows_the_size_of_the_terminal() {
    let mut session = demo();
    session.resize((60, 15));
    session.until("lines of 60 columns", |screen| {
        let text = screen.contents();
        let mut rules = text.lines().filter(|line| line.starts_with("───")).peekable();
        rules.peek().is_some() && rules.all(|line| line.chars().count() == 60) && text.contains("agent_007")
    });
    session.resize((5, 2));
    session.resize((1, 1));
    session.resize((160, 45));
    session.until_shows("agent_007");
    session.press("q");
    assert_eq!(session.end(), 0);
    session.expect_restored();
}

#[test]
fn ids_come_from_standard_input_while_keys_come_from_the_terminal() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(calm());
    let script = format!(
        "printf 'steady_1\\nsteady_2,Second\\n' | IMTOP_TOKEN={} {IMTOP} --api {} -",
        server.admin_token(),
        server.url()
    );
    let mut session = Session::start("bash", &["-c", &script], SIZE);
    session.until_shows("steady_2");
    session.until_shows("2 watched");
    session.press("q");
    assert_eq!(session.end(), 0);
    session.expect_restored();
}

fn calm_day() -> Scenario {
    Scenario::named("calm").unwrap().with_users(20)
}

fn list() -> Vec<Entry> {
    calm_day().watch_list()
}

async fn calm() -> Running {
    calm_at(([127, 0, 0, 1], 0).into()).await
}

/// Its time stands still, so that one that is started again knows the same admin token.
async fn calm_at(address: std::net::SocketAddr) -> Running {
    let (clock, _) = Clock::by_hand(imtop::clock::unix_ms() / 86_400_000 * 86_400_000);
    Simulator::start(calm_day(), address, clock).await.unwrap()
}

#[test]
fn a_server_killed_and_started_again_is_shown_as_it_is() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(calm());
    let (address, token) = (server.address(), server.admin_token());
    let users: Vec<String> = list().into_iter().map(|entry| entry.id).collect();
    let script =
        format!("IMTOP_TOKEN={token} exec {IMTOP} --api {} --interval 1s {}", server.url(), users.join(" "));
    let mut session = Session::start("bash", &["-c", &script], SIZE);
    // Whom the registry has not confirmed yet is unknown, and not stale when the server is gone.
    session.until("an answer about everybody", |screen| {
        screen.contents().contains("● live") && screen.contents().contains("? 0 unknown")
    });
    let counts = |text: &str| {
        let line = text.lines().find(|line| line.contains(" watched ")).unwrap();
        line.split(['~', '!']).next().unwrap().trim_end().to_owned()
    };
    let before = counts(&session.text());
    assert!(!before.contains("● 0 online"), "{before}");
    drop(server);
    let text = session.until_shows("retrying");
    assert!(text.contains("cannot reach the server: connection refused"), "{text}");
    assert_eq!(counts(&session.until_shows("20 stale")), before, "aged, not offline");
    let _server = runtime.block_on(calm_at(address));
    session.press("r");
    session.until_shows("● live");
    session.press("q");
    assert_eq!(session.end(), 0);
}

/// A source of which a task panics when it is told to ask.
struct Panics;

impl Inputs for Panics {
    type Error = Ended;

    fn next_at(&mut self) -> Result<Option<u64>, Ended> {
        Ok(None)
    }

    fn pop(&mut self) -> Option<(Moment, Next)> {
        None
    }
}

impl Source for Panics {
    fn now(&self) -> Moment {
        Moment::default()
    }

    fn wait(&mut self, _: Option<u64>) -> Wait<'_> {
        Box::pin(std::future::pending())
    }

    fn told(&mut self) -> Option<Told> {
        None
    }

    fn settled(&mut self, _: &mut State) -> Option<Ended> {
        None
    }

    fn command(&mut self, command: &Command, _: &State) {
        assert_eq!(*command, Command::PollNow);
        tokio::spawn(async { panic!("a task has panicked") });
    }
}

/// Not a test of its own: the program that [`a_panic_in_any_task_ends_the_program`] starts.
#[test]
#[ignore = "started by another test, in a terminal"]
fn program_with_a_task_that_panics() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    imtop::tui::terminal::install_panic_hook();
    let end = runtime.block_on(async {
        let list = Arc::new(WatchList::new(1, 500, [Entry::of("a")]));
        let roster = Roster::new(list, Freshness::for_interval(300), Moment::default());
        let state = State::new(roster, RuleSettings::default(), Moment::default());
        let about = About { name: "panics".to_owned(), ..About::default() };
        let session = imtop::engine::Session::new(about, state, Box::new(Panics), Recording::default(), true);
        let size = imtop::tui::terminal::terminal_size().unwrap();
        let switches = Switches { mouse: true, ..Switches::default() };
        let model = Model::new(Start { switches, ..Start::new(size) }, session.shown());
        let theme = imtop::tui::Theme::new(imtop::tui::Colour::None, false);
        let watched = imtop::tui::run::OnScreen { session, model, theme, alerts: None };
        let mut nowhere = |_: &str, _: &Model| Err("there is no other".to_owned());
        Box::pin(imtop::tui::run::run(watched, Multiplexer::None, &mut nowhere)).await.unwrap()
    });
    assert_eq!(end, imtop::tui::run::End::Panicked);
}

#[test]
fn a_panic_in_any_task_ends_the_program() {
    let program = std::env::current_exe().unwrap();
    let args = ["program_with_a_task_that_panics", "--exact", "--ignored", "--nocapture", "--test-threads=1"];
    let mut session = Session::start(program.to_str().unwrap(), &args, SIZE);
    session.until("the view", vt100::Screen::alternate_screen);
    session.press("r");
    assert_eq!(session.end(), 0, "it ended as panicked: {}", session.text());
    session.until_shows("a task has panicked");
    assert!(session.sent().contains("\u{1b}[?1000h"), "the mouse was taken, and is the terminal's again:");
    session.expect_restored();
}
