//! The thin binary: parse, run, map what came of it to an exit code.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use clap::FromArgMatches as _;
use imtop::commands::{self, CommandError};
use imtop::options::cli::Cli;
use imtop::tui::terminal;

/// The exit code of a monitoring plugin that says nothing of what it monitors.
const UNKNOWN: u8 = 3;

fn main() -> ExitCode {
    if commands::answer_shell() {
        return ExitCode::SUCCESS;
    }
    // In a monitoring plugin every problem of ours is 3, with the reason on standard output.
    let check = commands::is_check(std::env::args_os().skip(1));
    let misplaced = commands::refuse_misplaced_token(std::env::args_os().skip(1), std::env::vars_os());
    if let Err(error) = misplaced {
        let error = CommandError::from(error);
        return ExitCode::from(if check {
            commands::unknown(&error.to_string())
        } else {
            ended_with(&error)
        });
    }
    let matches = commands::command_line().try_get_matches();
    let read = matches.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match read {
        Ok(read) => read,
        Err(error) if check => return ExitCode::from(refused_check(&error)),
        Err(error) if error.use_stderr() => error.exit(),
        Err(help) => return ExitCode::from(told_help(&help)),
    };
    terminal::install_panic_hook();
    // A panic has been reported, and the terminal given back, by the time that it gets here.
    let ended = std::panic::catch_unwind(AssertUnwindSafe(|| commands::run(cli, &matches)));
    let code = match ended {
        Ok(Ok(code)) if !terminal::has_panicked() => code,
        Ok(Err(error)) if check => commands::unknown(&error.to_string()),
        Ok(Err(error)) => ended_with(&error),
        Ok(Ok(_)) | Err(_) if check => {
            commands::unknown("imtop failed by a mistake of its own; standard error says where")
        }
        Ok(Ok(_)) | Err(_) => 1,
    };
    ExitCode::from(code)
}

/// Help or the version, on standard output.
fn told_help(help: &clap::Error) -> u8 {
    let told = commands::check_standard_output().and_then(|()| commands::flush_standard_output(help.print()));
    told.map_or_else(|error| ended_with(&error), |()| 0)
}

/// Says why the program could not do what it was told; the exit code.
fn ended_with(error: &CommandError) -> u8 {
    commands::tell(&error.to_string());
    error.exit_code()
}

/// Options that the plugin does not take, or a question for help, which is no answer to a monitor either.
fn refused_check(error: &clap::Error) -> u8 {
    if error.use_stderr() {
        return commands::unknown(error.to_string().trim_start_matches("error: "));
    }
    told_help(error);
    UNKNOWN
}
