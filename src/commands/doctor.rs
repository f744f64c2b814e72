//! What works between here and the server.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::appearance::Appearance;
use super::{CommandError, environment, piped};
use crate::clock;
use crate::doctor::{self, Doctor, Paper, Screen, Step, Through, Verdict, Wanted};
use crate::language::speak;
use crate::options::cli::{DoctorArgs, DoctorFormat};
use crate::options::{Examined, Sources, no_screen};
use crate::signals::Signal;
use crate::tui::Colour;
use crate::tui::clipboard::Multiplexer;
use crate::tui::terminal::terminal_size;

/// Columns where there is no terminal.
const COLUMNS: u16 = 100;

/// Looks at one thing after the other between here and the server, and says what came of each; 1 where
/// one of them failed.
///
/// # Errors
/// See [`CommandError`].
pub(super) async fn doctor(args: &DoctorArgs, sources: &Sources) -> Result<u8, CommandError> {
    let examination = Box::pin(examine(args.form(), sources.examined()?, files(sources)));
    tokio::select! {
        biased;
        // Ends here rather than in the system, so that the terminal is given back.
        code = signalled() => code.map_err(CommandError::Terminal),
        code = examination => code,
    }
}

/// Waits for a signal that ends the program; its exit code.
async fn signalled() -> io::Result<u8> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let ended = tokio::select! {
        _ = interrupt.recv() => Signal::Interrupt,
        _ = terminate.recv() => Signal::Terminate,
        _ = hang_up.recv() => Signal::HangUp,
    };
    Ok(ended.exit_code().unwrap_or(1))
}

async fn examine(form: DoctorFormat, examined: Examined, files: Vec<Wanted>) -> Result<u8, CommandError> {
    let interactive = io::stdout().is_terminal();
    let appearance = Appearance::judge(&examined.values, &environment, interactive);
    let size = terminal_size().ok().filter(|_| interactive);
    let screen = Screen {
        interactive: interactive && io::stdin().is_terminal(),
        size,
        colours: colours(appearance.colour),
        ascii: appearance.ascii,
        through: match Multiplexer::of(&environment) {
            Multiplexer::None => Through::Nothing,
            Multiplexer::Tmux => Through::Tmux,
            Multiplexer::Screen => Through::Screen,
        },
    };
    let paper = Paper {
        width: size.map_or(COLUMNS, |(columns, _)| columns).into(),
        coloured: appearance.colour != Colour::None,
        ascii: appearance.ascii,
    };
    let api = examined.server.api.to_string();
    let context = examined.context.as_ref().map(|(name, _)| name.clone());
    let now = clock::start();
    let at = now().unix_ms;
    let mut doctor = Doctor::new(examined, screen, files, &environment, Arc::clone(&now));
    if form == DoctorFormat::Json {
        let mut steps = Vec::new();
        while let Some(step) = doctor.step().await {
            steps.push(step);
        }
        let object = doctor::object(&api, context.as_deref(), at, &steps);
        piped(say(&format!("{object}\n")))?;
        return Ok(Verdict::of(&steps).exit_code());
    }
    speak(appearance.language);
    piped(say(&paper.heading(&api, context.as_deref())))?;
    let written_over = no_screen(&environment, interactive).is_none();
    let mut steps: Vec<Step> = Vec::new();
    while let Some(part) = doctor.upcoming() {
        if written_over {
            piped(say(&paper.begun(part)))?;
        }
        let Some(step) = doctor.step().await else { break };
        let away = if written_over { paper.done() } else { "" };
        piped(say(&format!("{away}{}", paper.step(&step))))?;
        steps.push(step);
    }
    let verdict = Verdict::of(&steps);
    piped(say(&paper.verdict(&verdict)))?;
    Ok(verdict.exit_code())
}

/// Writes at once, so that a step that hangs is seen by those before it.
fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// The files that would be written.
fn files(sources: &Sources) -> Vec<Wanted> {
    let record = sources.given("record").map(|path| Wanted { option: "--record", path, new: true });
    let log = sources.given("log_file").map(|path| Wanted { option: "--log-file", path, new: false });
    record.into_iter().chain(log).collect()
}

fn colours(colour: Colour) -> u32 {
    match colour {
        Colour::None => 0,
        Colour::Ansi16 => 16,
        Colour::Ansi256 => 256,
        Colour::True => 1 << 24,
    }
}
