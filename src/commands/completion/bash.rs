//! Bash: hands over the line as it is typed, and takes what belongs at the cursor. Bash itself would
//! cut words at `=` and `:`, keep quotes in them, and insert blanks of file names as they are.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap_complete::env::EnvCompleter;

use super::quoting::{Word, words};

/// Where bash begins a word, if it does not say so.
const BREAKS: &str = " \t\n\"'@><=;|&(:";

/// Candidates that end so go on: no blank follows them.
const OPEN_ENDED: [char; 8] = ['=', '/', ':', ',', '<', '>', '~', '('];

/// The completion of bash.
#[derive(Debug)]
pub(super) struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        _var: &str,
        _name: &str,
        _bin: &str,
        completer: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let completer = Word::default().inserted(completer).unwrap_or_default();
        out.write_all(include_str!("bash.sh").replace("COMPLETER", &completer).as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        args: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let line = args.into_iter().next().unwrap_or_default().into_string().unwrap_or_default();
        let breaks = std::env::var("IMTOP_COMPLETE_BREAKS");
        let words = words(&line, breaks.as_deref().unwrap_or(BREAKS));
        let Some(at) = words.last() else { return Ok(()) };
        let args = words.iter().map(|word| OsString::from(&word.text)).collect();
        let candidates = clap_complete::engine::complete(command, args, words.len() - 1, folder)?;
        for candidate in candidates {
            let Some(value) = candidate.get_value().to_str() else { continue };
            let Some(inserted) = at.inserted(value) else { continue };
            let ended = at.open.is_none() && !value.ends_with(OPEN_ENDED);
            writeln!(out, "{inserted}{}", if ended { " " } else { "" })?;
        }
        Ok(())
    }
}
