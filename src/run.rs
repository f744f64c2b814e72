//! The interactive loop: await one thing, keys first, fold what the feed has, perform, draw.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ratatui::crossterm::event::{Event, KeyEventKind};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::app::{Effect, Model, Msg, update};
use crate::config::WatchNews;
use crate::feed::{Now, Poller};
use crate::presence::{Entry, Observation, WatchList};
use crate::signals::{Signal, Signals, insist};
use crate::terminal::{Terminal, abandon, events, has_job_control, hung_up, panicked, stop_job};
use crate::ui::{Theme, view};

/// Two frames are at least this far apart.
const FRAME: Duration = Duration::from_millis(16);

/// For at most this long the feed is listened to before keys get their turn again.
const FOLD: Duration = Duration::from_millis(4);

/// A signal that has not ended the program after this time ends it without us.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where news of the server and of the watch list come from.
pub struct Feed {
    /// Answers and failures.
    pub observations: mpsc::Receiver<Observation>,
    /// Steers who is asked about, and when.
    pub poller: Poller,
    /// News of the watch-list file, where there is one.
    pub watch: Option<mpsc::Receiver<WatchNews>>,
    /// Users who are watched whatever the file says.
    pub fixed: Vec<Entry>,
    /// Users in one request.
    pub batch: u32,
}

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

/// Shows the live view until something ends it. The terminal is given back before this returns.
///
/// # Errors
/// The terminal cannot be taken over.
pub async fn run(mut model: Model, mut feed: Feed, theme: &Theme, now: Now) -> io::Result<End> {
    let mut signals = Signals::listen()?;
    let mut terminal = Terminal::enter()?;
    let mut keys = events()?;
    insist(PATIENCE, |code| abandon(code.into()))?;
    let mut hang_up = std::pin::pin!(hung_up());
    let mut next_frame = Instant::now();
    loop {
        if model.is_dirty() && Instant::now() >= next_frame {
            if draw(&mut terminal, &mut model, theme).is_err() {
                return Ok(End::Signalled(Signal::HangUp));
            }
            next_frame = Instant::now() + FRAME;
        }
        let wake = next_wake(&model, next_frame, &now);
        let msgs = tokio::select! {
            biased;
            () = panicked() => return Ok(End::Panicked),
            () = &mut hang_up => return Ok(End::Signalled(Signal::HangUp)),
            signal = signals.next() => match signal {
                ends @ (Signal::Interrupt | Signal::Terminate | Signal::HangUp) => return Ok(End::Signalled(ends)),
                Signal::Stop => { terminal.stop()?; Vec::new() }
                Signal::Continue => { terminal.resume()?; vec![Msg::Resumed] }
            },
            event = keys.recv() => match event {
                Some(Ok(event)) => Vec::from_iter(message(event)),
                Some(Err(_)) | None => return Ok(End::Signalled(Signal::HangUp)),
            },
            Some(observation) = feed.observations.recv() => vec![Msg::Observed(observation)],
            Some(news) = next_news(&mut feed.watch) => feed.rewatch(news, &model),
            () = sleep_until(wake.unwrap_or(next_frame)), if wake.is_some() => vec![Msg::Tick],
        };
        let mut effects: Vec<Effect> =
            msgs.into_iter().flat_map(|msg| update(&mut model, now(), msg)).collect();
        effects.extend(fold(&mut model, &mut feed, &now));
        for effect in effects {
            match effect {
                Effect::PollNow => feed.poller.poll_now(),
                Effect::SetInterval(ms) => feed.poller.set_interval(Duration::from_millis(ms)),
                Effect::Copy(_)
                | Effect::CopyRecord(_)
                | Effect::Mouse(_)
                | Effect::NextTheme
                | Effect::Theme(_)
                | Effect::Watch { .. }
                | Effect::SwitchContext(_)
                | Effect::Export { .. }
                | Effect::Ring => {}
                Effect::QuitKeeping => return Ok(End::Quit),
                Effect::Repaint => terminal.repaint()?,
                Effect::Suspend if has_job_control() => stop_job(),
                Effect::Suspend => {
                    update(
                        &mut model,
                        now(),
                        Msg::Notice("no shell to go back to: Ctrl-Z does nothing here".into()),
                    );
                }
                Effect::Quit => return Ok(End::Quit),
                Effect::Interrupt => return Ok(End::Signalled(Signal::Interrupt)),
            }
        }
    }
}

/// When the loop must go on though nothing happens: a frame is due, or the picture changes by itself.
fn next_wake(model: &Model, next_frame: Instant, now: &Now) -> Option<Instant> {
    let frame = model.is_dirty().then_some(next_frame);
    let at = now();
    let change = model
        .next_deadline(at)
        .map(|ms| Instant::now() + Duration::from_millis(ms.saturating_sub(at.mono_ms)));
    [frame, change].into_iter().flatten().min()
}

/// What a terminal event means to the model.
fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Msg::Key(key)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
        Event::Key(_) | Event::Mouse(_) | Event::FocusGained | Event::FocusLost => None,
    }
}

/// Takes what the feed has ready, for as long as keys may wait.
fn fold(model: &mut Model, feed: &mut Feed, now: &Now) -> Vec<Effect> {
    let began = Instant::now();
    let mut effects = Vec::new();
    while began.elapsed() < FOLD
        && let Ok(observation) = feed.observations.try_recv()
    {
        effects.extend(update(model, now(), Msg::Observed(observation)));
    }
    effects
}

fn draw(terminal: &mut Terminal, model: &mut Model, theme: &Theme) -> io::Result<()> {
    terminal.draw(|frame| {
        if let Some(cursor) = view(model, theme, frame.area(), frame.buffer_mut()) {
            frame.set_cursor_position(cursor);
        }
    })?;
    model.take_dirty();
    Ok(())
}

async fn next_news(watch: &mut Option<mpsc::Receiver<WatchNews>>) -> Option<WatchNews> {
    match watch {
        Some(watch) => watch.recv().await,
        None => std::future::pending().await,
    }
}

impl Feed {
    /// Goes over to what the watch-list file holds now.
    fn rewatch(&mut self, news: WatchNews, model: &Model) -> Vec<Msg> {
        let listing = match news {
            WatchNews::Kept(why) => return vec![Msg::Notice(why)],
            WatchNews::Changed(listing) => listing,
        };
        let generation = model.live().list().generation() + 1;
        let entries = self.fixed.iter().cloned().chain(listing.entries);
        let list = Arc::new(WatchList::new(generation, self.batch, entries));
        self.poller.watch(Arc::clone(&list));
        let notice = format!("the watch list has changed: {} users", list.len());
        let notices = std::iter::once(notice).chain(listing.warnings).map(Msg::Notice);
        std::iter::once(Msg::Rebased(list)).chain(notices).collect()
    }
}
