//! A stage for journeys: answers, keys and time go in, pictures come out, through the production
//! `update` and `view`.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::fed::Fed;
pub(crate) use crate::kit::NOON;
use crate::kit::{self, at, before, observed};
use imtop::engine::{About, Command, Markers, Playing};
use imtop::presence::{
    Alerts, Answer, Claims, Connection, Entry, FetchError, Freshness, Input, Moment, Observation,
    OperationId, Platform, Question, Roster, RuleSettings, State, UserIx, UserStatus, WatchList,
};
use imtop::tui::{Colour, Effect, Model, Msg, Start, Theme, View, update, view};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

/// A screen, its session and their clock.
pub(crate) struct Stage {
    pub(crate) fed: Fed,
    pub(crate) model: Model,
    pub(crate) now: Moment,
    pub(crate) theme: Theme,
    pub(crate) effects: Vec<Effect>,
    asked: u32,
}

/// What a stage begins with.
pub(crate) struct Setting {
    pub(crate) start: Start,
    pub(crate) about: About,
    pub(crate) roster: Roster,
    /// From a recording that is not played.
    pub(crate) recorded: bool,
    /// Alerts.
    pub(crate) alerts: Alerts,
}

impl Stage {
    /// Watches `entries` in batches of `batch_size` on a screen of this size.
    pub(crate) fn new(size: (u16, u16), batch_size: u32, entries: Vec<Entry>) -> Stage {
        Stage::tuned(size, batch_size, entries, |_| ())
    }

    /// The same for one frame of plain text.
    pub(crate) fn one_shot(size: (u16, u16), batch_size: u32, entries: Vec<Entry>) -> Stage {
        Stage::tuned(size, batch_size, entries, |setting| setting.start.one_shot = true)
    }

    /// The same with another beginning.
    pub(crate) fn tuned(
        size: (u16, u16),
        batch_size: u32,
        entries: Vec<Entry>,
        tune: impl FnOnce(&mut Setting),
    ) -> Stage {
        let now = Moment { mono_ms: 100_000, ..at(0) };
        let list = Arc::new(WatchList::new(1, batch_size, entries));
        let mut setting = Setting {
            start: Start { mask_key: 1, ..Start::new(size) },
            about: About {
                name: "http://im.example:10002".into(),
                api: "http://im.example:10002".into(),
                ..About::default()
            },
            roster: Roster::new(list, Freshness::for_interval(2_000), now),
            recorded: false,
            alerts: Alerts::default(),
        };
        tune(&mut setting);
        let Setting { start, about, roster, recorded, alerts } = setting;
        let state = State::new(roster, RuleSettings::default(), now).with_alerts(alerts);
        let fed = if recorded { Fed::recorded(about, state) } else { Fed::live(about, state) };
        let model = Model::new(start, fed.shown());
        Stage { fed, model, now, theme: Theme::new(Colour::None, false), effects: vec![], asked: 0 }
    }

    /// Another server and its banners, before anything is known.
    pub(crate) fn at(server: &str, banners: &[&str], size: (u16, u16)) -> Stage {
        Stage::tuned(size, 500, vec![Entry::of("alice")], |setting| {
            setting.about = About {
                name: server.into(),
                banners: banners.iter().map(|banner| (*banner).to_owned()).collect(),
                ..About::default()
            };
        })
    }

    /// What is seen.
    pub(crate) fn view(&self) -> View<'_> {
        View { model: &self.model, shown: self.fed.shown() }
    }

    /// What is known now, whatever is shown.
    pub(crate) fn live(&self) -> &Roster {
        self.fed.session.state().roster()
    }

    /// Sends a message at this time; what it asks of the session is done at once.
    pub(crate) fn send(&mut self, msg: Msg) {
        let news = self.fed.pass(self.now);
        self.tell(Msg::Updated(news));
        self.tell(msg);
    }

    fn tell(&mut self, msg: Msg) {
        let effects = update(&mut self.model, self.fed.shown(), msg);
        for effect in &effects {
            // A recording would be a file in the folder of the tests.
            if let Effect::Command(command) = effect
                && !matches!(command, Command::Record(_))
            {
                let news = self.fed.command(command);
                update(&mut self.model, self.fed.shown(), Msg::Updated(news));
            }
        }
        self.effects = effects;
    }

    /// Something comes in at this time.
    pub(crate) fn input(&mut self, input: Input) {
        let news = self.fed.take(self.now, input);
        self.tell(Msg::Updated(news));
    }

    /// Asks something of the session.
    pub(crate) fn command(&mut self, command: &Command) {
        let news = self.fed.command(command);
        self.tell(Msg::Updated(news));
    }

    /// All this was recorded, and is played so from here on.
    pub(crate) fn play(&mut self, playing: Playing) {
        let session = &self.fed.session;
        let (about, state) = (session.about().clone(), session.state().clone());
        self.fed = Fed::played(about, state, playing, Markers::default());
        self.send(Msg::Tick);
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, ms: u64) {
        self.now = self.now.plus(ms);
        self.send(Msg::Tick);
    }

    /// An answer that was asked 30 ms ago.
    pub(crate) fn answer(&mut self, batch: u32, changed: Vec<(&str, UserStatus)>) {
        let list = Arc::clone(self.live().list());
        let changed =
            changed.into_iter().map(|(id, status)| (list.find(id).expect("watched"), status)).collect();
        self.observe(batch, Ok(Answer::Changed(changed)), 0);
    }

    pub(crate) fn same(&mut self, batch: u32) {
        self.observe(batch, Ok(Answer::Same), 0);
    }

    pub(crate) fn fail(&mut self, batch: u32, attempt: u32, error: FetchError) {
        self.observe(batch, Err(error), attempt);
    }

    fn observe(&mut self, batch: u32, answer: Result<Answer, FetchError>, attempt: u32) {
        self.asked += 1;
        let observation = Observation {
            generation: self.live().list().generation(),
            batch,
            sent: before(self.now, 30),
            operation_id: OperationId(format!("imtop-{}", self.asked).into()),
            server_date: Some(self.now.unix_ms / 1_000),
            attempt,
            next_ms: self.now.mono_ms + 4_000,
            ..observed(self.now, answer)
        };
        self.input(Input::Observed(observation));
    }

    /// What a witness beside the sockets said of these users, asked 20 ms ago.
    pub(crate) fn hear(&mut self, question: Question, users: &[u32], answer: Result<Answer, FetchError>) {
        self.asked += 1;
        let observation = Observation {
            question,
            users: users.iter().map(|user| UserIx(*user)).collect(),
            generation: self.live().list().generation(),
            sent: before(self.now, 20),
            operation_id: OperationId(format!("imtop-{}", self.asked).into()),
            next_ms: self.now.mono_ms + 500,
            ..observed(self.now, answer)
        };
        self.input(Input::Observed(observation));
    }

    /// Presses keys: characters, or names in angle brackets: `/ali<Enter>`.
    pub(crate) fn keys(&mut self, keys: &str) {
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|inner| inner.split_once('>'));
            let (code, modifiers) = if let Some((name, after)) = named {
                rest = after;
                named_key(name)
            } else {
                rest = &rest[c.len_utf8()..];
                (KeyCode::Char(c), KeyModifiers::NONE)
            };
            self.send(Msg::Key(KeyEvent::new(code, modifiers)));
        }
    }

    /// The screen as text, a line a row, without spaces at the ends.
    pub(crate) fn screen(&self) -> String {
        let (width, height) = self.model.size;
        let area = Rect { x: 0, y: 0, width, height };
        let mut buf = Buffer::empty(area);
        let cursor = view(self.view(), &self.theme, area, &mut buf);
        let mut text = picture(&buf);
        if let Some(cursor) = cursor {
            writeln!(text, "cursor at {},{}", cursor.x, cursor.y).expect("a String takes it");
        }
        text
    }
}

impl Stage {
    /// Compares the whole screen with `tests/journeys/NAME.txt`, for screens that no other test shows;
    /// `UPDATE_JOURNEYS=1 cargo test --test screen` writes it.
    #[track_caller]
    pub(crate) fn picture(&self, name: &str) {
        let path = format!("{}/tests/journeys/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let screen = self.screen();
        if std::env::var_os("UPDATE_JOURNEYS").is_some() {
            std::fs::write(&path, screen).unwrap();
            return;
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(screen, expected, "\n{name}: is\n{screen}\nexpected\n{expected}");
    }

    /// These rows are on the screen, from top to bottom, whatever stands between them.
    #[track_caller]
    pub(crate) fn shows(&self, rows: &[&str]) {
        let screen = self.screen();
        let mut there = screen.lines();
        for row in rows {
            assert!(there.any(|line| line == *row), "not there, or not in this place:\n{row}\nin\n{screen}");
        }
    }
}

/// The cells as text; the empty cell behind a wide character is left out.
fn picture(buf: &Buffer) -> String {
    use unicode_width::UnicodeWidthStr as _;
    let mut text = String::new();
    for y in buf.area.top()..buf.area.bottom() {
        let mut line = String::new();
        let mut x = buf.area.left();
        while x < buf.area.right() {
            let symbol = buf[(x, y)].symbol();
            line += symbol;
            x += (symbol.width() as u16).max(1);
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn named_key(name: &str) -> (KeyCode, KeyModifiers) {
    let plain = |code| (code, KeyModifiers::NONE);
    match name {
        "Enter" => plain(KeyCode::Enter),
        "Esc" => plain(KeyCode::Esc),
        "Backspace" => plain(KeyCode::Backspace),
        "Tab" => plain(KeyCode::Tab),
        "Up" => plain(KeyCode::Up),
        "Down" => plain(KeyCode::Down),
        "Left" => plain(KeyCode::Left),
        "Right" => plain(KeyCode::Right),
        "PgDn" => plain(KeyCode::PageDown),
        "PgUp" => plain(KeyCode::PageUp),
        "lt" => plain(KeyCode::Char('<')),
        _ => match name.strip_prefix("Ctrl-") {
            Some(c) => (KeyCode::Char(c.chars().next().expect("a key")), KeyModifiers::CONTROL),
            None => panic!("no key named {name}"),
        },
    }
}

/// A connection with a token for this user and platform, which expires so many seconds from noon.
pub(crate) fn connection(platform: i32, id: &str, token: Option<(&str, i32, i64)>) -> Connection {
    let token = token.map(|(user, platform, expires)| {
        let claims = Claims {
            user: Some(user.into()),
            platform: Some(Platform(platform)),
            issued: Some(NOON - 86_400),
            expires: Some(NOON + expires),
            not_before: None,
            known_secret: false,
        };
        kit::token(u128::from(rapid(id)) << 64, claims)
    });
    Connection { token, ..kit::connection(platform, id) }
}

/// Some number for a text, the same in every run.
fn rapid(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The same in the background.
pub(crate) fn hidden(connection: Connection) -> Connection {
    Connection { background: true, ..connection }
}

/// A user with a label and a group.
pub(crate) fn named(id: &str, label: &str, group: &str) -> Entry {
    Entry { id: id.into(), label: Some(label.into()), group: Some(group.into()) }
}
