//! What the screen says while a server misbehaves, from the socket to the frame: the right words, users
//! aged and then unknown but never offline, recovery without a restart; and never a byte of a token.

use std::sync::Arc;
use std::time::Duration;

use crate::common::leak::Leaks;
use imtop::clock;
use imtop::engine::{About, Command, Live as Server, Recording, Session, Shown, Source as _, Watching};
use imtop::openim::{Client, Credentials, Options, Tls};
use imtop::options::Watched;
use imtop::poller::{Asking, Pace};
use imtop::presence::{
    Answered, Entry, FeedStatus, Freshness, Input, Inputs as _, Moment, Next, Observation, Roster, Rule,
    RuleSettings, State, Totals, WatchList,
};
use imtop::simulator::{Clock, Fault, Running, Scenario, Simulator};
use imtop::tui::{Colour, Effect, Model, Msg, Start, Theme, View, update, view};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

const START: i64 = 1_795_413_000_000;
const PACE: Pace = Pace {
    interval: Duration::from_millis(20),
    concurrency: Some(4),
    seed: 1,
    asking: Asking { registry: false, gateways: false, extra_percent: Asking::EXTRA_PERCENT },
};

/// The live view without a terminal: production client, session, update and view.
struct Live {
    server: Running,
    client: Client,
    entries: Vec<Entry>,
    session: Session,
    model: Model,
}

async fn live(scenario: &str, batch: u32) -> Live {
    live_with(scenario, batch, None).await
}

/// The same; the server has this fault from the first question on.
async fn live_with(scenario: &str, batch: u32, fault: Option<Fault>) -> Live {
    let scenario = Scenario::named(scenario).unwrap();
    let entries = scenario.watch_list();
    let (clock, _) = Clock::by_hand(START);
    let server = Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), clock).await.unwrap();
    server.set_fault(fault);
    let client = Client::new(Options {
        api: server.url().parse().unwrap(),
        credentials: Credentials::Token(server.admin_token().into()),
        timeout: Duration::from_millis(400),
        body_limit: 1 << 20,
        gzip: true,
        tls: Tls::default(),
        proxy: None,
        concurrency: 4,
        secrets: Vec::new(),
    })
    .unwrap();
    let now = clock::start();
    let named = Watched::fixed(WatchList::new(1, batch, entries.clone()));
    let mut watching = Watching::of(&named, batch);
    let list = Arc::new(watching.list(1));
    let roster = Roster::new(Arc::clone(&list), Freshness::for_interval(2_000), now());
    let state = State::new(roster, RuleSettings::default(), now());
    let asked = Server::start(&client, list, watching, PACE, now);
    let about = About { name: server.url(), ..About::default() };
    let session = Session::live(about, state, asked, Recording::default(), true);
    let model = Model::new(Start::new((160, 45)), session.shown());
    Live { server, client, entries, session, model }
}

impl Live {
    async fn until(&mut self, wish: &str, is_so: impl Fn(&Roster, Moment) -> bool) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while !is_so(self.session.state().roster(), self.session.now()) {
            let next = tokio::time::timeout_at(deadline, self.session.next()).await;
            let news = next.unwrap_or_else(|_| panic!("never: {wish}:\n{}", self.text((160, 45))));
            update(&mut self.model, self.session.shown(), Msg::Updated(news.unwrap()));
        }
    }

    async fn until_live(&mut self) {
        self.session.command(&Command::PollNow);
        self.until("live", |roster, now| {
            roster.feed_status(now) == FeedStatus::Live
                && roster.batches().iter().all(|batch| batch.answered.is_some())
                && roster.totals(now).unknown == 0
                && roster.totals(now).stale == 0
        })
        .await;
    }

    fn text(&self, size: (u16, u16)) -> String {
        frame(&self.model, self.session.shown(), size)
    }

    /// The totals and the picture when nothing more was heard for so long and these keys were pressed.
    fn later(&self, ms: u64, keys: &str) -> (Totals, String) {
        let mut state = self.session.state().clone();
        let now = self.session.now().plus(ms);
        let news = state.advance(now);
        let shown = Shown { state: &state, now, live: &state, live_now: now, ..self.session.shown() };
        let mut model = self.model.clone();
        update(&mut model, shown, Msg::Updated(news));
        for key in keys.chars() {
            update(&mut model, shown, Msg::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE)));
        }
        (state.roster().totals(now), frame(&model, shown, (160, 45)))
    }

    /// What the view of findings shows, a minute later.
    fn found_later(&self) -> String {
        self.later(60_001, "3").1
    }

    fn totals(&self) -> Totals {
        self.session.state().roster().totals(self.session.now())
    }

    /// An answer as it comes in, from a source of its own.
    async fn observation(&self) -> Observation {
        let named = Watched::fixed(WatchList::new(1, 100, self.entries.clone()));
        let mut watching = Watching::of(&named, 100);
        let list = Arc::new(watching.list(1));
        let mut source = Server::start(&self.client, list, watching, PACE, clock::start());
        source.wait(None).await;
        source.next_at().unwrap();
        match source.pop() {
            Some((_, Next::Input(Input::Observed(observation)))) => observation,
            _ => panic!("no answer"),
        }
    }

    fn key(&mut self, key: KeyCode) -> Vec<Effect> {
        let news = self.session.pass();
        update(&mut self.model, self.session.shown(), Msg::Updated(news));
        update(&mut self.model, self.session.shown(), Msg::Key(KeyEvent::new(key, KeyModifiers::NONE)))
    }
}

/// What a frame of this size shows, as text.
fn frame(model: &Model, shown: Shown<'_>, (columns, rows): (u16, u16)) -> String {
    let area = Rect::new(0, 0, columns, rows);
    let mut model = model.clone();
    update(&mut model, shown, Msg::Resize(columns, rows));
    let mut buffer = Buffer::empty(area);
    view(View { model: &model, shown }, &Theme::new(Colour::None, false), area, &mut buffer);
    let mut text = String::new();
    for y in 0..rows {
        let mut x = 0;
        while x < columns {
            let symbol = buffer[(x, y)].symbol();
            text.push_str(symbol);
            x += (symbol.width() as u16).max(1);
        }
        text.push('\n');
    }
    text
}

/// A misbehaviour, the words that the header must have, and whether the last word of every user stays.
const MISBEHAVIOURS: &[(&str, &str, &str)] = &[
    ("drop", "cannot reach the server", "check the address"),
    ("reset", "cannot reach the server: connection reset", "check the address"),
    ("cut", "cannot reach the server", "check the address"),
    ("hang", "no whole answer within 0.4 s", "may hang"),
    ("drip", "no whole answer within 0.4 s", "may hang"),
    ("endless", "the answer is larger than 1 MiB", "--batch"),
    ("oversize:1048577", "the answer is larger than 1 MiB", "--batch"),
    ("bomb", "the answer is larger than 1 MiB", "--batch"),
    ("not-json", "the answer is not understood", "is --api the address"),
    ("empty", "the answer is not understood", "is --api the address"),
    ("bad-gzip", "the answer is not understood", "is --api the address"),
    ("wrong-users", "it says nothing of the users that were asked about", "is --api the address"),
    ("no-data", "it says nothing of the users that were asked about", ""),
    ("null-data", "it says nothing of the users that were asked about", ""),
    ("html:502", "HTTP 502 Bad Gateway", "the proxy before it is in trouble"),
    ("http:500", "HTTP 500", "look at its log"),
    ("bad-request", "500", ""),
    ("not-found", "HTTP 404 Not Found", "check the path"),
    ("rate-limited:soonish", "limits our rate (429)", "--interval"),
    ("redirect:http://127.0.0.2:9/x", "HTTP 307 redirects to http://127.0.0.2:9/x", "not followed"),
    ("code:500", "server error 500", ""),
    ("code:14", "14", ""),
    ("code:1001", "1001", ""),
    ("code:1002", "no permission", "imAdminUser"),
    ("code:1501", "admin token refused: TokenExpiredError (1501)", ""),
    ("code:1503", "admin token refused: TokenMalformedError (1503)", ""),
    ("code:1505", "(1505)", ""),
    ("code:1506", "admin token refused: TokenKickedError (1506)", ""),
    ("code:1507", "admin token refused: TokenNotExistError (1507)", ""),
    ("code:77777", "77777", ""),
    ("echo-token", "(1505)", ""),
    ("hostile-text", "", ""),
];

#[tokio::test]
async fn a_misbehaving_server_is_named_and_nobody_is_called_offline_for_it() {
    let mut live = live("faults", 50).await;
    live.until_live().await;
    let before = live.totals();
    assert!(before.online > 10 && before.offline > 10, "{before:?}");
    let leaks = Leaks::of([live.server.admin_token().as_str()]);
    for &(name, words, advice) in MISBEHAVIOURS {
        live.server.set_fault(Some(name.parse::<Fault>().unwrap()));
        live.session.command(&Command::PollNow);
        live.until(name, |roster, _| roster.batches().iter().all(|batch| batch.failing.is_some())).await;
        let text = live.text((160, 45));
        assert!(text.contains(words) && text.contains(advice), "{name}: not {words:?}, {advice:?}:\n{text}");
        assert!(text.contains("retrying") && text.starts_with(" DEGRADED "), "{name}:\n{text}");
        let aged = live.totals();
        let known = |totals: Totals| (totals.online, totals.background, totals.offline);
        assert_eq!(known(aged), known(before), "{name}");
        assert_eq!(aged.stale, before.watched, "{name}");

        let (totals, lost) = live.later(6_001, "");
        assert_eq!((totals.unknown, totals.offline), (before.watched, 0), "{name}");
        assert!(lost.contains("100 users unknown: 2 batches, "), "{name}:\n{lost}");
        assert!(lost.starts_with(" CRITICAL: no answer, 100 users, for "), "{name}:\n{lost}");
        leaks.assert_none(name, &text);
        leaks.assert_none(name, &lost);

        live.server.set_fault(None);
        live.until_live().await;
        assert_eq!(known(live.totals()), known(before), "{name}: and all is well again");
    }
}

#[tokio::test]
async fn a_server_that_refuses_is_found_after_a_minute_and_one_that_limits_us_at_once() {
    let mut live = live("faults", 25).await;
    live.until_live().await;
    assert!(!live.found_later().contains("api-failing"), "{}", live.found_later());
    live.server.set_fault(Some(Fault::Drop));
    live.session.command(&Command::PollNow);
    live.until("refused", |roster, _| roster.batches().iter().all(|batch| batch.failing.is_some())).await;
    assert_eq!(live.session.state().knowledge().findings.count_of(Rule::ApiFailing), 0, "it has just begun");
    let text = live.found_later();
    let words = "no usable answer to any request for 1m: unreachable";
    assert!(text.contains("critical") && text.contains("api-failing") && text.contains(words), "{text}");
    live.server.set_fault(None);
    live.until_live().await;
    live.server.set_fault(Some("rate-limited:1".parse().unwrap()));
    live.session.command(&Command::PollNow);
    live.until("limited", |roster, _| roster.batches().iter().all(|batch| batch.failing.is_some())).await;
    let text = live.found_later();
    let words = "in the last 10m were refused because they are too many";
    assert!(text.contains("rate-limited") && text.contains(words), "{text}");
}

#[tokio::test]
async fn a_server_that_never_answered_is_not_said_to_be_well() {
    let mut live = live_with("faults", 50, Some(Fault::Drop)).await;
    live.until("refused", |roster, _| roster.batches().iter().all(|batch| batch.failing.is_some())).await;
    for (key, words) in [
        ('3', "No answer has come yet, so no user could be judged."),
        ('4', "not known yet: no answer has come"),
    ] {
        live.key(KeyCode::Char(key));
        let text = live.text((160, 45));
        assert!(text.starts_with(" CRITICAL: no answer, 100 users") && text.contains(words), "{text}");
        assert!(!text.contains("nothing can be wrong") && !text.contains("no connection"), "{text}");
    }
}

/// Answers that are none to what was asked: no failure, but no news of the users either.
#[tokio::test]
async fn an_answer_that_leaves_users_out_makes_them_stale_then_unknown() {
    let mut live = live("faults", 50).await;
    live.until_live().await;
    let before = live.totals();
    live.server.set_fault(Some("missing".parse().unwrap()));
    live.until("missing", |roster, now| roster.totals(now).stale > 0).await;
    let aged = live.totals();
    assert_eq!((aged.offline, aged.unknown), (before.offline, 0));
    let (_, lost) = live.later(6_001, "");
    assert!(lost.contains("missing from the answers"), "{lost}");
    live.server.set_fault(None);
    live.until_live().await;
    for name in ["reversed", "doubled", "empty-lists", "strange", "no-date"] {
        live.server.set_fault(Some(name.parse().unwrap()));
        let asked = live.session.now().mono_ms;
        live.until(name, |roster, _| {
            let is_later = |answered: Answered| answered.sent.mono_ms > asked;
            roster.batches().iter().all(|batch| batch.answered.is_some_and(is_later))
        })
        .await;
        let totals = live.totals();
        assert_eq!((totals.unknown, totals.stale), (0, 0), "{name}: {}", live.text((160, 45)));
        if name != "strange" {
            assert_eq!((totals.online, totals.offline), (before.online, before.offline), "{name}");
        }
    }
}

#[tokio::test]
async fn no_screen_shows_a_byte_of_a_token() {
    let mut live = live("night", 100).await;
    live.until("answers", |roster, _| {
        roster.batches().iter().all(|batch| batch.answered.is_some() || batch.failing.is_some())
    })
    .await;
    let tokens = live.server.world().session_tokens();
    assert!(tokens.len() > 50);
    let admin = live.server.admin_token();
    // The header of a JWT is the same for every one and no secret; nor are a user's own ID and claims.
    let secrets: Vec<&str> = tokens.iter().map(String::as_str).chain([admin.as_str()]).collect();
    let signatures: Vec<&str> =
        secrets.iter().filter_map(|token| token.rsplit('.').next()).filter(|part| part.len() > 8).collect();
    let leaks = Leaks::of(secrets.iter().copied().chain(signatures));

    let mut seen = 0;
    let mut check = |live: &Live, whence: &str| {
        for size in [(20, 5), (40, 10), (60, 15), (80, 24), (160, 45), (300, 100)] {
            let text = live.text(size);
            leaks.assert_none(whence, &text);
            seen += text.len();
        }
    };
    check(&live, "the list");
    for key in ['z', 'R'] {
        live.key(KeyCode::Char(key));
    }
    check(&live, "the list with everything open");
    for user in 0..30 {
        live.key(KeyCode::Char('j'));
        live.key(KeyCode::Enter);
        check(&live, &format!("the detail screen {user}"));
        live.key(KeyCode::Esc);
    }
    live.key(KeyCode::Char('?'));
    check(&live, "help");
    assert!(seen > 100_000);
    leaks.assert_none("the model's Debug", &format!("{:?}", live.model));
    leaks.assert_none("the Debug of all that is known", &format!("{:?}", live.session.state()));
    leaks.assert_none("the roster's Debug", &format!("{:#?}", live.session.state().roster()));
    let observation = live.observation().await;
    leaks.assert_none("an observation's Debug", &format!("{observation:#?}"));
    let panic = std::panic::catch_unwind(|| panic!("{observation:?}")).unwrap_err();
    leaks.assert_none("a panic", panic.downcast_ref::<String>().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_itself_prints_no_token_anywhere() {
    let (clock, _) = Clock::by_hand(START);
    let scenario = Scenario::named("night").unwrap();
    let users: Vec<String> = scenario.watch_list().into_iter().take(40).map(|entry| entry.id).collect();
    let server = Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), clock).await.unwrap();
    let mut secrets = server.world().session_tokens();
    secrets.push(server.admin_token());
    let leaks = Leaks::of(secrets.iter().map(String::as_str));
    for fault in ["", "echo-token", "hostile-text", "bad-tokens", "code:1507"] {
        server.set_fault(fault.parse().ok());
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_imtop"))
            .args(["--api", &server.url(), "--size", "160x60"])
            .args(&users)
            .env("IMTOP_TOKEN", server.admin_token())
            .env("IMTOP_CONFIG", "/dev/null")
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .output()
            .unwrap();
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(out.contains("40 watched"), "{fault}: {out}{err}");
        let failed = !matches!(fault, "" | "bad-tokens");
        assert_eq!(output.status.code(), Some(i32::from(failed)), "{fault}: {out}{err}");
        leaks.assert_none(fault, &out);
        leaks.assert_none(fault, &err);
    }
    // The search does find what is there.
    assert!(leaks.find(&format!("oops {}", &server.admin_token()[40..60])).is_some());
}
