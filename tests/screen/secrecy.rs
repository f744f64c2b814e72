//! What leaves the program while it runs against a server: every view, copy, export and passing word has
//! no byte of a token or secret; and with stand-ins on, nobody's name.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::common::leak::Leaks;
use crate::common::scratch::Scratch;
use imtop::engine::{About, Command, Live as Server, Recording, Session, Shown, Watching};
use imtop::openim::{Client, Credentials, Options, Tls};
use imtop::options::Watched;
use imtop::poller::{Asking, Now, Pace};
use imtop::presence::{Batch, Entry, Freshness, Moment, Roster, RuleSettings, State, WatchList};
use imtop::report::{user_json, write_frame};
use imtop::simulator::{Clock, Running, Scenario, Simulator};
use imtop::tui::{Colour, Effect, Export, ExportFormat, Model, Msg, Start, Theme, View, frame, update};
use ratatui::crossterm::event::{KeyCode, KeyEvent};

const START: i64 = 1_795_413_000_000;
const SECRET: &str = "correct-horse-battery-staple";

/// The live view without a terminal, in a time that goes on by hand.
struct Live {
    server: Running,
    session: Session,
    model: Model,
    time: Arc<AtomicI64>,
    entries: Vec<Entry>,
    scratch: Scratch,
    /// Every token that anybody had so far.
    tokens: BTreeSet<String>,
    exports: u32,
}

/// The scenario of this name, whose server has our secret.
fn scenario(name: &str) -> Scenario {
    let path = format!("{}/assets/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    assert!(!text.contains("[admin]"));
    Scenario::parse(&format!("{text}\n[admin]\nsecret = \"{SECRET}\"\n"), name).unwrap()
}

async fn live(name: &str, batch: u32) -> Live {
    let scratch = Scratch::new();
    let scenario = scenario(name);
    let entries = scenario.watch_list();
    let time = Arc::new(AtomicI64::new(START));
    let clock = {
        let time = Arc::clone(&time);
        Clock::new(move || time.load(Ordering::SeqCst))
    };
    let now: Now = {
        let time = Arc::clone(&time);
        Arc::new(move || {
            let unix_ms = time.load(Ordering::SeqCst);
            Moment { mono_ms: (unix_ms - START) as u64 + 100_000, unix_ms }
        })
    };
    let server = Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), clock).await.unwrap();
    let secret_file = scratch.secret("secret", SECRET);
    let client = Client::new(Options {
        api: server.url().parse().unwrap(),
        credentials: Credentials::Login { secret_file, admin_id: "imAdmin".to_owned() },
        timeout: Duration::from_millis(400),
        body_limit: 1 << 20,
        gzip: true,
        tls: Tls::default(),
        proxy: None,
        concurrency: 4,
        secrets: vec![SECRET.to_owned().into()],
    })
    .unwrap();
    let named = Watched::fixed(WatchList::new(1, batch, entries.clone()));
    let mut watching = Watching::of(&named, batch);
    let list = Arc::new(watching.list(1));
    let roster = Roster::new(Arc::clone(&list), Freshness::for_interval(2_000), now());
    let state = State::new(roster, RuleSettings::default(), now());
    let about = About {
        name: server.url(),
        api: server.url(),
        context: Some("night-shift".to_owned()),
        production: true,
        ..About::default()
    };
    let pace = Pace {
        interval: Duration::from_millis(20),
        concurrency: Some(4),
        seed: 1,
        asking: Asking::default(),
    };
    let asked = Server::start(&client, list, watching, pace, now);
    let session = Session::live(about, state, asked, Recording::default(), true);
    let model = Model::new(Start { mask_key: 7, ..Start::new((160, 45)) }, session.shown());
    let tokens = BTreeSet::from([server.admin_token()]);
    Live { server, session, model, time, entries, scratch, tokens, exports: 0 }
}

impl Live {
    /// Two seconds more, and an answer of every batch.
    async fn round(&mut self) {
        self.time.fetch_add(2_000, Ordering::SeqCst);
        self.tokens.extend(self.server.world().session_tokens());
        let before = self.session.state().roster().batches().to_vec();
        self.session.command(&Command::PollNow);
        let is_new = |(batch, before): (&Batch, &Batch)| {
            batch.answered != before.answered || batch.failing.is_some() && batch.failing != before.failing
        };
        while !self.session.state().roster().batches().iter().zip(&before).all(is_new) {
            let next = tokio::time::timeout(Duration::from_secs(20), self.session.next()).await;
            let news = next.expect("an answer").unwrap();
            update(&mut self.model, self.session.shown(), Msg::Updated(news));
        }
    }

    fn view<'a>(&'a self, model: &'a Model) -> View<'a> {
        View { model, shown: self.session.shown() }
    }

    fn leaks(&self) -> Leaks {
        let leaks = Leaks::of(self.tokens.iter().map(String::as_str).chain([SECRET]));
        for token in &self.tokens {
            let (_, signature) = token.rsplit_once('.').unwrap_or_default();
            let part = signature.get(..12).unwrap_or(&token[..12]);
            assert!(leaks.find(&format!("a part: {part}.")).is_some(), "the search finds what is there");
        }
        leaks
    }

    /// Whatever can be seen, copied and written in the state that there is.
    fn everything(&mut self, masked: bool) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for (walk, size) in WALKS {
            let mut model = self.model.clone();
            update(&mut model, self.session.shown(), Msg::Resize(size.0, size.1));
            if masked {
                press(&mut model, self.session.shown(), "P");
            }
            // Users of one cause stand each in a line of their own, so that there is somebody to copy from.
            for key in "zR".split_inclusive(|_: char| true) {
                press(&mut model, self.session.shown(), key);
            }
            for key in walk.split_inclusive(|_: char| true) {
                let effects = press(&mut model, self.session.shown(), key);
                all.extend(
                    model.toast.as_ref().map(|toast| (format!("words after {walk}"), toast.text.clone())),
                );
                for effect in effects {
                    let copied = match effect {
                        Effect::Copy(text) => text,
                        Effect::CopyRecord(user) => user_json(&self.view(&model).seen().known.user(user)),
                        Effect::Command(Command::Hold) => {
                            let news = self.session.command(&Command::Hold);
                            update(&mut model, self.session.shown(), Msg::Updated(news));
                            continue;
                        }
                        _ => continue,
                    };
                    all.push((format!("a copy of {walk}"), copied));
                }
            }
            // To the end, a page at a time, as far as it goes within reason.
            let mut last = String::new();
            for page in 0..6 {
                let text = text(self.view(&model));
                if text == last {
                    break;
                }
                all.push((format!("page {page} of {walk:?} at {size:?}"), text.clone()));
                last = text;
                let page_down = Msg::Key(KeyEvent::from(KeyCode::PageDown));
                update(&mut model, self.session.shown(), page_down);
            }
            if *size == WIDE {
                all.extend(self.exports_of(&model, walk));
            }
            self.session.command(&Command::Release);
        }
        all
    }

    /// What files have in them.
    fn exports_of(&mut self, model: &Model, walk: &str) -> Vec<(String, String)> {
        let theme = Theme::new(Colour::None, false);
        ExportFormat::ALL
            .into_iter()
            .map(|format| {
                self.exports += 1;
                let path = self.scratch.secret("exports", "").with_extension(self.exports.to_string());
                let path = Export::of(self.view(model), &theme, format).write(Some(&path)).unwrap();
                let whence = format!("{} exported at {walk:?}", format.name());
                (whence, std::fs::read_to_string(path).unwrap())
            })
            .collect()
    }
}

const WIDE: (u16, u16) = (200, 60);

/// Keys from the list of users on, and on which screen.
const WALKS: &[(&str, (u16, u16))] = &[
    ("", WIDE),
    ("zR", (300, 100)),
    ("zRwt", WIDE),
    ("!", (60, 15)),
    ("zRw", (40, 10)),
    ("jyuycyoyryjlycyj", (80, 24)),
    ("jjjyuycyoyryj", (80, 24)),
    ("j\n", WIDE),
    ("jj\nyuycyoyryj", (80, 24)),
    ("jjj\n", (160, 45)),
    ("nd", (160, 45)),
    ("nnd", (160, 45)),
    ("nnnd", (160, 45)),
    ("je", (120, 40)),
    ("2", (160, 45)),
    ("2jjyuyj", (120, 40)),
    ("2j\n", (120, 40)),
    ("3", (160, 45)),
    ("3jyuycyoyryj\n", (120, 40)),
    ("3jja", (120, 40)),
    ("4", (160, 60)),
    ("?", (160, 60)),
    (" zR", (120, 40)),
    (":goto \t", (120, 40)),
    (":goto d\t", (120, 40)),
    (":rm \t\t", (120, 40)),
    (":add d", (120, 40)),
    (":filter group=\t", (120, 40)),
    ("/group=\t\t", (120, 40)),
    ("/label=\t", (120, 40)),
    ("jjm:rm\n", (120, 40)),
];

fn press(model: &mut Model, shown: Shown<'_>, keys: &str) -> Vec<Effect> {
    let code = |c| match c {
        '\n' => KeyCode::Enter,
        '\t' => KeyCode::Tab,
        c => KeyCode::Char(c),
    };
    keys.chars().flat_map(|c| update(model, shown, Msg::Key(KeyEvent::from(code(c))))).collect()
}

/// The frame as it is left behind by `Q` and written by `:export txt`.
fn text(seen: View<'_>) -> String {
    let theme = Theme::new(Colour::None, false);
    let mut out = Vec::new();
    write_frame(&frame(seen, &theme), false, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// IDs, labels and groups by which somebody could be known; those that are everyday words as well
/// stand in sentences of our own.
fn names(entries: &[Entry]) -> BTreeSet<&str> {
    let tells = |name: &&str| name.contains(['_', ' ', '0', ':']) || !name.is_ascii() || *name == "clinic";
    entries
        .iter()
        .flat_map(|entry| [Some(entry.id.as_str()), entry.label.as_deref(), entry.group.as_deref()])
        .flatten()
        .filter(tells)
        .collect()
}

fn named_in<'a>(names: &BTreeSet<&'a str>, text: &str) -> Option<&'a str> {
    names.iter().copied().find(|name| text.contains(name))
}

async fn nothing_comes_out(mut live: Live, rounds: u32, faults: &[&str]) {
    for _ in 0..rounds {
        live.round().await;
    }
    for fault in [""].iter().chain(faults) {
        live.server.set_fault(fault.parse().ok());
        live.round().await;
        live.round().await;
        let leaks = live.leaks();
        let entries = live.entries.clone();
        let names = names(&entries);
        assert!(names.len() > 50);
        let mut searched = HashSet::new();
        for masked in [false, true] {
            let everything = live.everything(masked);
            assert!(everything.len() > 60, "{}", everything.len());
            let copies = everything.iter().filter(|(whence, _)| whence.starts_with("a copy"));
            assert!(copies.count() > 10);
            let mut named = 0;
            for (whence, text) in &everything {
                // The same lines come again and again.
                let fresh: String =
                    text.split_inclusive('\n').filter(|line| searched.insert((*line).to_owned())).collect();
                leaks.assert_none(&format!("{fault} {whence}"), &fresh);
                let name = named_in(&names, text);
                named += usize::from(name.is_some());
                assert!(!masked || name.is_none(), "{fault} {whence} names {name:?}: {text}");
            }
            assert!(masked || named > 30, "names are there without stand-ins: {named}");
        }
        leaks.assert_none("Debug of the model", &format!("{:?}", live.model));
        leaks.assert_none("Debug of all that is known", &format!("{:?}", live.session.state()));
    }
}

#[tokio::test]
async fn a_night_shift_gets_no_token_and_with_stand_ins_no_name_out() {
    let live = live("night", 100).await;
    nothing_comes_out(live, 45, &[]).await;
}

#[tokio::test]
async fn a_server_in_trouble_gets_no_token_and_with_stand_ins_no_name_out() {
    let live = live("faults", 50).await;
    nothing_comes_out(live, 3, &["echo-token", "hostile-text", "bad-tokens", "strange"]).await;
}
