//! How often imtop is wrong where the truth is known, beside a reader that believes the server's own
//! answer and an ideal reader of the verdict's table.
//!
//! `cargo bench --bench verdict -- FILE...` takes recordings of a server, one question a line, each with
//! the truth beside it (`X.ndjson` and `X.truth.ndjson`). The recording is asked as if it were the server, in
//! virtual time, by the production poller; what it answers goes through the production state.
//! `-- --seeds 200 [--first 1]` takes the simulator's incidents by chance; without arguments it is the
//! project's own small recording and a few of these.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints, and may end"
)]

#[path = "verdict/mod.rs"]
mod scorer;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use scorer::case::{Case, Outcome, score_file};
use scorer::report;
use scorer::simulated::score_seed;

/// The project's own small recording.
const OWN: &str = "tests/fixtures/verdict/small.ndjson";

/// So many seeds are scored where nobody says how many.
const FEW: u64 = 5;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("verdict: {what}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (files, seeds) = wanted(std::env::args().skip(1).filter(|argument| argument != "--bench"))?;
    let mut total = Outcome::default();
    let mut each = Vec::new();
    let mut take = |case: &Case, outcome: Outcome| {
        total.add(&outcome);
        each.push((case.name.clone(), outcome));
    };
    for file in &files {
        let (case, outcome) = score_file(file)?;
        println!("{}", report::block(&case, &outcome));
        take(&case, outcome);
    }
    let is_alone = seeds.clone().count() == 1;
    for seed in seeds {
        let (case, outcome) = score_seed(seed);
        let text = if is_alone { report::block(&case, &outcome) } else { report::line(&case, &outcome) };
        println!("{text}");
        take(&case, outcome);
    }
    if each.len() > 1 {
        let mut out = format!("\nall {} together\n\n", each.len());
        report::figures(&mut out, &total);
        println!("{out}\n{}", report::worst(&each));
    }
    println!("{}", report::targets(&total));
    Ok(())
}

/// The files and the seeds that the arguments name.
fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<(Vec<PathBuf>, Range<u64>), String> {
    let (mut files, mut seeds, mut first) = (Vec::new(), None, 1);
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let text = arguments.next().unwrap_or_default();
            text.parse::<u64>().map_err(|_| format!("{argument} wants a number, not {text:?}"))
        };
        match argument.as_str() {
            "--seeds" => seeds = Some(number()?),
            "--first" => first = number()?,
            flag if flag.starts_with("--") => {
                return Err(format!("{flag} is not an option: FILE..., --seeds N and --first N are"));
            }
            file => files.push(file.into()),
        }
    }
    if files.is_empty() && seeds.is_none() {
        files.push(Path::new(env!("CARGO_MANIFEST_DIR")).join(OWN));
        seeds = Some(FEW);
    }
    Ok((files, first..first + seeds.unwrap_or(0)))
}
