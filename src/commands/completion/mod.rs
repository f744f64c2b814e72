//! Completion for shells. The shell has a short script; what could be typed next it asks of imtop
//! itself, with `IMTOP_COMPLETE` set to its name. The answer comes at once and without a word beside
//! it: no request, no reading of standard input, nothing said of a file that cannot be read.

mod bash;
mod values;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap_complete::Shell;
use clap_complete::env::{CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};

use self::bash::{Bash, words};
use super::{CommandError, command_line, piped};
use crate::options::cli::CompletionsArgs;

/// The variable with the name of the shell that asks.
const ASKED_BY: &str = "IMTOP_COMPLETE";

/// The shells that can ask.
const SHELLS: Shells<'_> = Shells(&[&Bash, &Elvish, &Fish, &Powershell, &Zsh]);

/// Answers a shell that completes a command line; whether this was one. To be called before anything
/// else: it changes the environment, which no other thread may read by then.
pub fn answer_shell() -> bool {
    let Some(shell) = std::env::var_os(ASKED_BY).filter(|shell| !shell.is_empty()) else { return false };
    let mut args: Vec<OsString> = std::env::args_os().collect();
    let first = args.iter().position(|arg| arg == "--").map_or(args.len(), |at| at + 1);
    // These hand over words with their quotes: the last, or all of them.
    let quoted = match shell.to_str() {
        Some("fish") => args.len().saturating_sub(1),
        Some("zsh") => first,
        _ => args.len(),
    };
    for arg in args.iter_mut().skip(quoted.max(first)) {
        if let Some(text) = arg.to_str() {
            *arg = words(text).0.join(" ").into();
        }
    }
    let typed = match args.get(first..).unwrap_or_default() {
        // Bash hands over the line.
        [line] => words(&line.to_string_lossy()).0.into_iter().map(OsString::from).collect(),
        typed => typed.to_vec(),
    };
    let completing = || values::completing(command_line(), typed.clone());
    // Whoever completes has no use for a reason why there is nothing.
    let folder = std::env::current_dir().ok();
    let _ = CompleteEnv::with_factory(completing)
        .var(ASKED_BY)
        .shells(SHELLS)
        .try_complete(args, folder.as_deref());
    true
}

/// The script for a shell.
///
/// # Errors
/// See [`CommandError`].
pub(super) fn completions(args: &CompletionsArgs) -> Result<u8, CommandError> {
    let shell: &dyn EnvCompleter = match args.shell {
        Shell::Elvish => &Elvish,
        Shell::Fish => &Fish,
        Shell::PowerShell => &Powershell,
        Shell::Zsh => &Zsh,
        _ => &Bash,
    };
    let mut script = Vec::new();
    let written = shell.write_registration(ASKED_BY, "imtop", "imtop", &completer(), &mut script);
    let mut out = io::stdout().lock();
    piped(written.and_then(|()| out.write_all(&script)).and_then(|()| out.flush())).map(|()| 0)
}

/// How imtop is called from the script: as it was now, by its name or by where it is.
fn completer() -> String {
    let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    if called.components().count() < 2 {
        return "imtop".to_owned();
    }
    std::path::absolute(&called).unwrap_or(called).to_string_lossy().into_owned()
}
