//! The interactive loop: await one thing, keys first, fold what the feed has, perform, draw.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ratatui::crossterm::event::{Event, KeyEventKind, MouseButton, MouseEventKind};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tracing::info;

use crate::alerts::{Masked, Notifier, Outcome};
use crate::engine::{Command, Ended, Session};
use crate::home::Home;
use crate::language::speaking;
use crate::listing::{Index, Indexed, ThemeName};
use crate::presence::{WatchList, visible};
use crate::report::{user_json, write_frame};
use crate::say;
use crate::signals::{Signal, Signals, insist};
use crate::tui::clipboard::Multiplexer;
use crate::tui::notification::notification;
use crate::tui::terminal::{
    CopyError, Keys, Terminal, abandon, has_job_control, hung_up, panicked, stop_job, terminal_size,
};
use crate::tui::{Effect, Export, ExportFormat, Model, Msg, Theme, View, frame, update, view};

/// Two frames are at least this far apart.
const FRAME: Duration = Duration::from_millis(16);

/// For at most this long the feed is listened to before keys get their turn again.
const FOLD: Duration = Duration::from_millis(4);

/// So long alerts that are under way are waited for at the end.
const FAREWELL: Duration = Duration::from_secs(2);

/// A signal that has not ended the program after this time ends it without us.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why the loop ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The user wished so.
    Quit,
    /// A signal, or what stands for one: Ctrl-C for SIGINT, a terminal that went away for SIGHUP.
    Signalled(Signal),
    /// The watch list cannot be read, as this sentence says.
    NoList(String),
    /// Something panicked, and has said so.
    Panicked,
}

impl End {
    /// The exit code of the program that ended so.
    pub fn exit_code(self) -> u8 {
        match self {
            End::Quit => 0,
            End::Signalled(signal) => signal.exit_code().unwrap_or(1),
            End::NoList(_) => 2,
            End::Panicked => 1,
        }
    }
}

/// A session on the screen.
pub struct OnScreen {
    /// What is known, and where it comes from.
    pub session: Session,
    /// How it is looked at.
    pub model: Model,
    /// How things look.
    pub theme: Theme,
    /// Tells others of alerts, where there are any.
    pub alerts: Option<Notifier>,
}

impl OnScreen {
    /// Lets the model take a message.
    pub fn update(&mut self, msg: Msg) -> Vec<Effect> {
        let mut rings = Vec::new();
        if let (Some(alerts), Msg::Updated(news)) = (&mut self.alerts, &msg) {
            let masked = Masked(self.model.names.are_masked());
            rings = alerts.follow(news, &self.model.silences, self.session.now(), masked);
        }
        let mut effects = update(&mut self.model, self.session.shown(), msg);
        effects.extend(rings.into_iter().map(Effect::Notify));
        effects
    }

    fn view(&self) -> View<'_> {
        View { model: &self.model, shown: self.session.shown() }
    }
}

/// Opens the session of another context, on the screen of the model that is given; or says why not.
pub type Open<'a> = &'a mut dyn FnMut(&str, &Model) -> Result<OnScreen, String>;

/// Shows the live view until something ends it. The terminal, behind `multiplexer`, is given back
/// before this returns.
///
/// # Errors
/// The terminal cannot be taken over.
pub async fn run(watched: OnScreen, multiplexer: Multiplexer, open: Open<'_>) -> io::Result<End> {
    let mut signals = Signals::listen()?;
    let mut terminal = Terminal::enter()?;
    if watched.model.switches.mouse {
        terminal.set_mouse(true)?;
    }
    let mut keys = Keys::listen()?;
    insist(PATIENCE, |code| abandon(code.into()))?;
    let (words, mut said) = mpsc::unbounded_channel();
    let (indexes, mut indexed) = mpsc::unbounded_channel();
    let effects = VecDeque::new();
    let mut screen = Running { watched, terminal, multiplexer, words, indexes, effects };
    let left = screen.follow(&mut signals, &mut keys, &mut said, &mut indexed, open).await;
    let Running { mut watched, terminal, .. } = screen;
    drop(terminal);
    let end = match left? {
        Left::With(end) => end,
        Left::Picture => leave_picture(watched.view(), &watched.theme),
    };
    if let Some(alerts) = &mut watched.alerts {
        alerts.finish(FAREWELL).await;
    }
    Ok(end)
}

/// What came of telling others of an alert; never, where nobody is told.
async fn outcome_of(alerts: Option<&mut Notifier>) -> Outcome {
    match alerts {
        Some(alerts) => alerts.outcome().await,
        None => std::future::pending().await,
    }
}

/// The live view while it lasts.
struct Running {
    watched: OnScreen,
    terminal: Terminal,
    multiplexer: Multiplexer,
    /// Takes words of tasks that are done.
    words: mpsc::UnboundedSender<String>,
    /// Takes what was worked out of a watch list.
    indexes: mpsc::UnboundedSender<(Arc<WatchList>, Indexed)>,
    /// What the model has asked for, and is to be started.
    effects: VecDeque<Effect>,
}

/// How the view is left.
enum Left {
    /// So.
    With(End),
    /// With the last frame on the user's own screen.
    Picture,
}

impl Running {
    /// Shows it until something ends it.
    async fn follow(
        &mut self,
        signals: &mut Signals,
        keys: &mut Keys,
        said: &mut mpsc::UnboundedReceiver<String>,
        indexed: &mut mpsc::UnboundedReceiver<(Arc<WatchList>, Indexed)>,
        open: Open<'_>,
    ) -> io::Result<Left> {
        let screen = self;
        let mut hang_up = std::pin::pin!(hung_up());
        let mut next_frame = Instant::now();
        loop {
            if screen.watched.model.is_dirty() && Instant::now() >= next_frame {
                if screen.draw().is_err() {
                    return Ok(Left::With(End::Signalled(Signal::HangUp)));
                }
                next_frame = Instant::now() + FRAME;
            }
            let wake = next_wake(&screen.watched, next_frame);
            let msg: Option<Msg> = tokio::select! {
                biased;
                () = panicked() => return Ok(Left::With(End::Panicked)),
                () = &mut hang_up => return Ok(Left::With(End::Signalled(Signal::HangUp))),
                signal = signals.next() => match logged(signal) {
                    ends @ (Signal::Interrupt | Signal::Terminate | Signal::HangUp | Signal::Quit) => return Ok(Left::With(End::Signalled(ends))),
                    Signal::Stop => { screen.terminal.stop()?; None }
                    Signal::Continue => { screen.resume()?; Some(Msg::Resumed) }
                },
                event = keys.next() => match event {
                    Some(event) => message(event),
                    None => return Ok(Left::With(End::Signalled(Signal::HangUp))),
                },
                Some(text) = said.recv() => Some(Msg::Updated(screen.watched.session.note(text))),
                Some((list, indexed)) = indexed.recv() => Some(Msg::Indexed(list, indexed)),
                outcome = outcome_of(screen.watched.alerts.as_mut()) => Some(screen.told_of(&outcome)),
                Some(news) = screen.watched.session.next() => Some(Msg::Updated(news)),
                () = sleep_until(wake.unwrap_or(next_frame)), if wake.is_some() => Some(Msg::Tick),
            };
            if let Some(msg) = msg {
                screen.update(msg);
            }
            screen.fold();
            if let Some(why) = screen.no_list() {
                return Ok(Left::With(End::NoList(why)));
            }
            if screen.watched.model.is_unfinished() {
                screen.update(Msg::Tick);
            }
            while let Some(effect) = screen.effects.pop_front() {
                match screen.perform(effect, open)? {
                    None => {}
                    Some(left) => return Ok(left),
                }
            }
        }
    }

    /// Puts what came of telling others into the events.
    fn told_of(&mut self, outcome: &Outcome) -> Msg {
        Msg::Updated(self.watched.session.note(outcome.words()))
    }

    fn update(&mut self, msg: Msg) {
        // A key or a tick is about what is so when it comes.
        if !matches!(msg, Msg::Updated(_)) {
            let news = self.watched.session.pass();
            self.effects.extend(self.watched.update(Msg::Updated(news)));
        }
        self.effects.extend(self.watched.update(msg));
    }

    /// Goes on after the process was stopped. Of another size of the terminal nobody told us meanwhile.
    fn resume(&mut self) -> io::Result<()> {
        self.terminal.resume()?;
        let (columns, rows) = terminal_size()?;
        self.update(Msg::Resize(columns, rows));
        Ok(())
    }

    /// Tells whoever watches, in words that pass.
    fn tell(&mut self, words: impl FnOnce() -> String) {
        let text = speaking(self.watched.model.language, words);
        self.update(Msg::Told(text));
    }

    /// Takes what is there already, for as long as keys may wait.
    fn fold(&mut self) {
        let began = Instant::now();
        while began.elapsed() < FOLD
            && let Some(news) = self.watched.session.ready()
        {
            self.update(Msg::Updated(news));
        }
    }

    /// Why there is no watch list. A recording that cannot be read on stays on the screen.
    fn no_list(&self) -> Option<String> {
        let session = &self.watched.session;
        match session.ended() {
            Some(Ended::Unreadable(why)) if !session.is_recorded() => Some(why.clone()),
            _ => None,
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        let OnScreen { session, model, theme, .. } = &mut self.watched;
        let shown = session.shown();
        self.terminal.draw(|frame| {
            let seen = View { model, shown };
            if let Some(cursor) = view(seen, theme, frame.area(), frame.buffer_mut()) {
                frame.set_cursor_position(cursor);
            }
        })?;
        model.take_dirty(shown);
        Ok(())
    }

    /// Starts what the model asks for; says so where that ends the view.
    fn perform(&mut self, effect: Effect, open: Open<'_>) -> io::Result<Option<Left>> {
        match effect {
            Effect::Command(command) => {
                let command = match command {
                    Command::Record(Some(file)) => Command::Record(Some(at_home(file))),
                    command => command,
                };
                let news = self.watched.session.command(&command);
                self.update(Msg::Updated(news));
            }
            Effect::Copy(text) => return Ok(self.copy(&text)),
            Effect::CopyRecord(user) => {
                let text = user_json(&self.watched.view().seen().known.user(user));
                let bytes = text.len();
                self.tell(|| say!("sent to the terminal: JSON, {bytes} bytes", bytes));
                return Ok(self.copy(&text));
            }
            Effect::Export { format, file } => self.export(format, file),
            Effect::Index(index) => self.index(index),
            Effect::Mouse(taken) => self.terminal.set_mouse(taken)?,
            Effect::NextTheme => self.retheme(self.watched.theme.next()),
            Effect::Theme(name) => {
                if let Some(name) = ThemeName::from_name(&name) {
                    self.retheme(self.watched.theme.with(name));
                }
            }
            Effect::SwitchContext(name) => match open(&name, &self.watched.model) {
                // The old session ends here: its tasks, and all that was known through it.
                Ok(watched) => {
                    self.watched = watched;
                    self.effects.clear();
                    self.terminal.repaint()?;
                }
                Err(why) => {
                    let news = self.watched.session.note(why);
                    self.update(Msg::Updated(news));
                }
            },
            Effect::Ring => self.terminal.ring()?,
            Effect::Notify(ring) => self.terminal.tell(&notification(&ring, self.multiplexer))?,
            Effect::Repaint => self.terminal.repaint()?,
            Effect::Suspend if has_job_control() => stop_job(),
            Effect::Suspend => {
                self.tell(|| say!("no shell to go back to: Ctrl-Z does nothing here").to_owned());
            }
            Effect::Quit => return Ok(Some(Left::With(End::Quit))),
            Effect::QuitKeeping => return Ok(Some(Left::Picture)),
            Effect::Interrupt => return Ok(Some(Left::With(End::Signalled(Signal::Interrupt)))),
        }
        Ok(None)
    }

    fn copy(&mut self, text: &str) -> Option<Left> {
        match self.terminal.copy(text, self.multiplexer) {
            Ok(()) => None,
            Err(CopyError::TooLong(why)) => {
                self.tell(|| why.to_string());
                None
            }
            Err(CopyError::Terminal(_)) => Some(Left::With(End::Signalled(Signal::HangUp))),
        }
    }

    fn retheme(&mut self, theme: Theme) {
        let name = theme.name().name();
        self.tell(|| say!("theme: {name}", name));
        self.watched.theme = theme;
    }

    /// Works something out of the watch list that is shown, on a thread of its own.
    fn index(&self, index: Index) {
        let list = Arc::clone(self.watched.view().shown.state.roster().list());
        let indexes = self.indexes.clone();
        tokio::task::spawn_blocking(move || {
            let indexed = index.of(&list);
            // Nobody listens once the view has ended.
            let _ = indexes.send((list, indexed));
        });
    }

    /// Writes a file of what is seen now, on a thread of its own: it may be large, or the disk slow.
    fn export(&self, format: ExportFormat, file: Option<String>) {
        let export = Export::of(self.watched.view(), &self.watched.theme, format);
        let (words, language) = (self.words.clone(), self.watched.model.language);
        tokio::task::spawn_blocking(move || {
            let file = file.map(|file| at_home(file.into()));
            let written = export.write(file.as_deref());
            let said = speaking(language, || {
                let named = file.map_or(say!("a file here").to_owned(), |file| file.display().to_string());
                match written {
                    Ok(path) => say!("written: {path}", path = path.display()),
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        say!("{named} is there already, and stays as it is: name another file", named)
                    }
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        say!("cannot write {named}: there is no such folder", named)
                    }
                    Err(error) => say!("cannot write {named}: {error}", named, error),
                }
            });
            // Nobody listens once the view has ended.
            let _ = words.send(visible(&said).into_owned());
        });
    }
}

fn logged(signal: Signal) -> Signal {
    info!(?signal, "signal");
    signal
}

/// A path that begins with `~/`, in the user's own folder.
fn at_home(path: PathBuf) -> PathBuf {
    Home::of(&|name| std::env::var(name).ok()).join(path)
}

/// Prints what was to be seen on the user's own screen, which is theirs again.
fn leave_picture(seen: View<'_>, theme: &Theme) -> End {
    match write_frame(&frame(seen, theme), theme.is_coloured(), &mut io::stdout().lock()) {
        Ok(()) => End::Quit,
        Err(_) => End::Signalled(Signal::HangUp),
    }
}

/// When the loop must go on though nothing happens: a frame is due, or the picture changes by itself.
fn next_wake(watched: &OnScreen, next_frame: Instant) -> Option<Instant> {
    if watched.model.is_unfinished() {
        return Some(Instant::now());
    }
    let frame = watched.model.is_dirty().then_some(next_frame);
    let (seen, at) = (watched.view(), watched.session.now());
    // In a replay time passes at another speed, or not at all.
    let speed = seen.shown.playing.map_or(1.0, |playing| if playing.runs { playing.speed } else { 0.0 });
    let change = seen.next_deadline(at).filter(|_| speed > 0.0).map(|ms| {
        let ahead = ms.saturating_sub(at.mono_ms) as f64 / speed;
        Instant::now() + Duration::from_micros((ahead * 1_000.0).min(1e12) as u64)
    });
    [frame, change].into_iter().flatten().min()
}

/// What a terminal event means to the model.
fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Msg::Key(key)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Some(Msg::Click(mouse.column, mouse.row)),
            MouseEventKind::ScrollDown => Some(Msg::Wheel(true)),
            MouseEventKind::ScrollUp => Some(Msg::Wheel(false)),
            _ => None,
        },
        Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
    }
}
