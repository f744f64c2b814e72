//! The interactive loop: await one thing, keys first, fold what the feed has, perform, draw.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::time::Duration;

use ratatui::crossterm::event::{Event, KeyEventKind, MouseButton, MouseEventKind};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tracing::info;

use crate::app::{Effect, ExportFormat, Model, Msg, update};
use crate::clipboard::Multiplexer;
use crate::feed::Now;
use crate::handover::{export, frame, user_record};
use crate::inflow::{Incoming, Inflow};
use crate::output::{user_json, write_frame};
use crate::presence::{Input, Moment, visible};
use crate::recording::RecorderError;
use crate::signals::{Signal, Signals, insist};
use crate::terminal::{CopyError, Terminal, abandon, events, has_job_control, hung_up, panicked, stop_job};
use crate::ui::{Theme, ThemeName, view};

/// Two frames are at least this far apart.
const FRAME: Duration = Duration::from_millis(16);

/// For at most this long the feed is listened to before keys get their turn again.
const FOLD: Duration = Duration::from_millis(4);

/// A signal that has not ended the program after this time ends it without us.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The user wished so.
    Quit,
    /// A signal, or what stands for one: Ctrl-C for SIGINT, a terminal that went away for SIGHUP.
    Signalled(Signal),
    /// Something panicked, and has said so.
    Panicked,
}

impl End {
    /// The exit code of the program that ended so.
    pub fn exit_code(self) -> u8 {
        match self {
            End::Quit => 0,
            End::Signalled(signal) => signal.exit_code().unwrap_or(1),
            End::Panicked => 1,
        }
    }
}

/// What there is to show of one server, and what comes in about it.
pub struct Session {
    /// What is known and how it is shown.
    pub model: Model,
    /// What comes in.
    pub inflow: Inflow,
    /// How things look.
    pub theme: Theme,
}

/// Opens the session of another context, on the screen of the model that is given; or says why not.
pub type Open<'a> = &'a mut dyn FnMut(&str, &Model) -> Result<Session, String>;

/// Shows the live view until something ends it. The terminal, behind `multiplexer`, is given back
/// before this returns.
///
/// # Errors
/// The terminal cannot be taken over.
pub async fn run(session: Session, multiplexer: Multiplexer, open: Open<'_>, now: Now) -> io::Result<End> {
    let mut signals = Signals::listen()?;
    let mut terminal = Terminal::enter()?;
    if session.model.switches().mouse {
        terminal.set_mouse(true)?;
    }
    let mut keys = events()?;
    insist(PATIENCE, |code| abandon(code.into()))?;
    let mut hang_up = std::pin::pin!(hung_up());
    let (words, mut said) = mpsc::unbounded_channel();
    let effects = VecDeque::new();
    let mut view = View { session, terminal, multiplexer, words, now, effects };
    let mut next_frame = Instant::now();
    loop {
        if view.session.model.is_dirty() && Instant::now() >= next_frame {
            if view.draw().is_err() {
                return Ok(End::Signalled(Signal::HangUp));
            }
            next_frame = Instant::now() + FRAME;
        }
        let wake = next_wake(&view.session.model, next_frame, &view.now);
        let msgs: Vec<(Moment, Msg)> = tokio::select! {
            biased;
            () = panicked() => return Ok(End::Panicked),
            () = &mut hang_up => return Ok(End::Signalled(Signal::HangUp)),
            signal = signals.next() => match logged(signal) {
                ends @ (Signal::Interrupt | Signal::Terminate | Signal::HangUp | Signal::Quit) => return Ok(End::Signalled(ends)),
                Signal::Stop => { view.terminal.stop()?; Vec::new() }
                Signal::Continue => { view.terminal.resume()?; vec![((view.now)(), Msg::Resumed)] }
            },
            event = keys.recv() => match event {
                Some(Ok(event)) => message(event).map(|msg| ((view.now)(), msg)).into_iter().collect(),
                Some(Err(_)) | None => return Ok(End::Signalled(Signal::HangUp)),
            },
            Some(text) = said.recv() => vec![((view.now)(), Msg::Input(Input::Notice(text)))],
            incoming = view.session.inflow.next() => view.take(incoming),
            () = sleep_until(wake.unwrap_or(next_frame)), if wake.is_some() => vec![((view.now)(), Msg::Tick)],
        };
        view.update(msgs);
        view.fold();
        while let Some(effect) = view.effects.pop_front() {
            match view.perform(effect, open)? {
                None => {}
                Some(Left::With(end)) => return Ok(end),
                Some(Left::Picture) => {
                    let View { session, terminal, .. } = view;
                    drop(terminal);
                    return Ok(leave_picture(&session.model, &session.theme));
                }
            }
        }
    }
}

/// The live view while it lasts.
struct View {
    session: Session,
    terminal: Terminal,
    multiplexer: Multiplexer,
    /// Takes words of tasks that are done.
    words: mpsc::UnboundedSender<String>,
    now: Now,
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

impl View {
    fn take(&mut self, incoming: Incoming) -> Vec<(Moment, Msg)> {
        let Session { model, inflow, .. } = &mut self.session;
        inflow.take(incoming, model, (self.now)())
    }

    fn update(&mut self, msgs: Vec<(Moment, Msg)>) {
        let Session { model, inflow, .. } = &mut self.session;
        for (now, msg) in msgs {
            if let Msg::Input(input) = &msg {
                inflow.keep(model, now, input);
            }
            self.effects.extend(update(model, now, msg));
        }
    }

    fn update_now(&mut self, msgs: Vec<Msg>) {
        let now = (self.now)();
        self.update(msgs.into_iter().map(|msg| (now, msg)).collect());
    }

    /// Tells whoever watches, in words that pass.
    fn tell(&mut self, text: String) {
        self.update_now(vec![Msg::Told(text)]);
    }

    /// Takes what the feed has ready, for as long as keys may wait.
    fn fold(&mut self) {
        let began = Instant::now();
        while began.elapsed() < FOLD
            && let Some(incoming) = self.session.inflow.ready()
        {
            let msgs = self.take(incoming);
            self.update(msgs);
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        let Session { model, theme, .. } = &mut self.session;
        self.terminal.draw(|frame| {
            if let Some(cursor) = view(model, theme, frame.area(), frame.buffer_mut()) {
                frame.set_cursor_position(cursor);
            }
        })?;
        model.take_dirty();
        Ok(())
    }

    /// Starts what the model asks for; says so where that ends the view.
    fn perform(&mut self, effect: Effect, open: Open<'_>) -> io::Result<Option<Left>> {
        match effect {
            Effect::PollNow => self.session.inflow.poll_now(),
            Effect::Inquire(generation, doubts) => self.session.inflow.inquire(generation, doubts),
            Effect::SetInterval(ms) => {
                let Session { model, inflow, .. } = &mut self.session;
                inflow.set_interval(model, ms);
            }
            Effect::Travel(target_ms) => {
                let Session { model, inflow, .. } = &mut self.session;
                let msgs = inflow.travel(model, target_ms);
                self.update(msgs);
            }
            Effect::Play(runs) => {
                let msgs = self.session.inflow.play(runs);
                self.update(msgs);
            }
            Effect::Speed(faster) => {
                let msgs = self.session.inflow.speed(faster);
                self.update(msgs);
            }
            Effect::Record(file) => {
                let file = file.map(|file| at_home(&file));
                let Session { model, inflow, .. } = &mut self.session;
                let msgs = inflow.record(model, file.as_deref().map(Path::new));
                let failed = |error: RecorderError| {
                    vec![Msg::Recording(false), Msg::Input(Input::Notice(error.to_string()))]
                };
                self.update_now(msgs.unwrap_or_else(failed));
            }
            Effect::Copy(text) => return Ok(self.copy(&text)),
            Effect::CopyRecord(user) => {
                let text = user_json(&user_record(&self.session.model, user));
                self.tell(format!("sent to the terminal: JSON, {} bytes", text.len()));
                return Ok(self.copy(&text));
            }
            Effect::Export { format, file } => self.export(format, file),
            Effect::Mouse(taken) => self.terminal.set_mouse(taken)?,
            Effect::NextTheme => self.retheme(self.session.theme.next()),
            Effect::Theme(name) => {
                if let Some(name) = ThemeName::from_name(&name) {
                    self.retheme(self.session.theme.with(name));
                }
            }
            Effect::Watch { add, remove } => {
                let msgs = self.session.inflow.watch(&add, &remove);
                self.update_now(msgs);
            }
            Effect::SwitchContext(name) => match open(&name, &self.session.model) {
                // The old session ends here: its tasks, and all that was known through it.
                Ok(session) => {
                    self.session = session;
                    self.effects.clear();
                    self.terminal.repaint()?;
                }
                Err(why) => {
                    self.update_now(vec![Msg::Input(Input::Notice(why))]);
                }
            },
            Effect::Ring => self.terminal.ring()?,
            Effect::Repaint => self.terminal.repaint()?,
            Effect::Suspend if has_job_control() => stop_job(),
            Effect::Suspend => self.tell("no shell to go back to: Ctrl-Z does nothing here".to_owned()),
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
                self.tell(why.to_string());
                None
            }
            Err(CopyError::Terminal(_)) => Some(Left::With(End::Signalled(Signal::HangUp))),
        }
    }

    fn retheme(&mut self, theme: Theme) {
        self.tell(format!("theme: {}", theme.name().name()));
        self.session.theme = theme;
    }

    /// Writes a file of what is seen now, on a thread of its own: it may be large, or the disk slow.
    fn export(&self, format: ExportFormat, file: Option<String>) {
        let (model, theme) = (self.session.model.clone(), self.session.theme.clone());
        let words = self.words.clone();
        tokio::task::spawn_blocking(move || {
            let file = file.map(|file| at_home(&file));
            let named = file.clone().unwrap_or_else(|| "a file here".to_owned());
            let said = match export(&model, &theme, format, file.as_deref()) {
                Ok(path) => format!("written: {}", path.display()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    format!("{named} is there already, and stays as it is: name another file")
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    format!("cannot write {named}: there is no such folder")
                }
                Err(error) => format!("cannot write {named}: {error}"),
            };
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
fn at_home(path: &str) -> String {
    match (path.strip_prefix("~/"), std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{home}/{rest}"),
        _ => path.to_owned(),
    }
}

/// Prints what was to be seen on the user's own screen, which is theirs again.
fn leave_picture(model: &Model, theme: &Theme) -> End {
    match write_frame(&frame(model, theme), theme.is_coloured(), &mut io::stdout().lock()) {
        Ok(()) => End::Quit,
        Err(_) => End::Signalled(Signal::HangUp),
    }
}

/// When the loop must go on though nothing happens: a frame is due, or the picture changes by itself.
fn next_wake(model: &Model, next_frame: Instant, now: &Now) -> Option<Instant> {
    let frame = model.is_dirty().then_some(next_frame);
    let at = now();
    // In a replay time passes at another speed, or not at all.
    let speed = model.playing().map_or(1.0, |playing| if playing.runs { playing.speed } else { 0.0 });
    let change = model.next_deadline(at).filter(|_| speed > 0.0).map(|ms| {
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
