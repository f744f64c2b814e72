//! Completion for shells. The shell has a short script; what could be typed next it asks of imtop
//! itself, with `IMTOP_COMPLETE` set to its name. The answer comes at once and without a word beside
//! it: no request, no reading of standard input, nothing said of a file that cannot be read.

mod bash;
mod quoting;
mod values;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap_complete::Shell;
use clap_complete::env::{CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};

use self::bash::Bash;
use self::quoting::words;
use super::{CommandError, environment, piped};
use crate::cli::{CompletionsArgs, definition};

/// The variable with the name of the shell that asks.
const ASKED_BY: &str = "IMTOP_COMPLETE";

/// The shells that can ask.
const SHELLS: Shells<'_> =
    Shells(&[&Bash, &Elvish, &Unquoted(Fish, false), &Powershell, &Unquoted(Zsh, true)]);

/// Answers a shell that completes a command line; whether this was one. To be called before anything
/// else: it changes the environment, which no other thread may read by then.
pub fn answer_shell() -> bool {
    if std::env::var_os(ASKED_BY).is_none_or(|shell| shell.is_empty()) {
        return false;
    }
    let args: Vec<OsString> = std::env::args_os().collect();
    let typed = args.iter().skip_while(|arg| *arg != "--").skip(1).cloned().collect::<Vec<_>>();
    let typed = match typed.as_slice() {
        // Bash hands over the line.
        [line] => words(&line.to_string_lossy(), "").into_iter().map(|word| word.text.into()).collect(),
        _ => typed,
    };
    let completing = || values::completing(definition(&environment), typed.clone());
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
pub fn completions(args: &CompletionsArgs) -> Result<u8, CommandError> {
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

/// A shell that hands over words as they are typed, with their quotes: the last, or all of them.
struct Unquoted<S>(S, bool);

impl<S: EnvCompleter> EnvCompleter for Unquoted<S> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn is(&self, name: &str) -> bool {
        self.0.is(name)
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        self.0.write_registration(var, name, bin, completer, out)
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        mut args: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let quoted = if self.1 { 0 } else { args.len().saturating_sub(1) };
        for arg in args.iter_mut().skip(quoted) {
            if let Some(text) = arg.to_str() {
                let text: Vec<String> = words(text, "").into_iter().map(|word| word.text).collect();
                *arg = text.join(" ").into();
            }
        }
        self.0.write_complete(command, args, folder, out)
    }
}
