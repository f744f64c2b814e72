//! A plugin for monitoring systems: one round, judged; a line, and 0, 1, 2 or 3.
//!
//! CRITICAL wins over WARNING, and what can't be decided over both but a CRITICAL that holds: where
//! `--crit` is undecided it is UNKNOWN, though `--warn` may hold, for it may well be worse than that.
//! A loss of view is CRITICAL of its own kind, and the first thing that is said; with a `--crit` of somebody's
//! own it is only said, as its users are unknown and that decides.
//!
//! Whatever goes wrong on our side is UNKNOWN with the reason, wrong options included.

mod report;

use std::ffi::{OsStr, OsString};
use std::io;

use super::follow::Ended;
use super::{CommandError, Span, check_standard_output, flush_standard_output, follow, tell, tell_unchecked};
use crate::engine::Round;
use crate::listing::Time;
use crate::openim::without_tokens;
use crate::options::cli::CheckArgs;
use crate::options::{Sources, condition};
use crate::report::{PluginReport, Status, write_plugin};

use report::{Limits, no_answer, of_round, worst};

/// WARNING where nobody says anything of either.
const WARN: &str = "unknown>0 or finding:warning>0";

/// CRITICAL where nobody says anything of either.
const CRIT: &str = "finding:critical>0";

/// A plugin for monitoring systems.
///
/// # Errors
/// See [`CommandError`]; to be told with [`unknown`].
pub(super) async fn check(args: &CheckArgs, sources: &Sources) -> Result<u8, CommandError> {
    let (warn, crit) = match (args.warn.as_deref(), args.crit.as_deref()) {
        (None, None) => (Some(WARN), Some(CRIT)),
        given => given,
    };
    let loss_is_critical = args.crit.is_none();
    let limits = Limits {
        warn: warn.map(|text| condition("--warn", text)).transpose()?,
        crit: crit.map(|text| condition("--crit", text)).transpose()?,
        loss_is_critical,
    };
    let by_default = args.warn.is_none() && args.crit.is_none();
    let mut followed = follow(sources, Some(&args.recording), Span::Round).await?;
    let round = followed.round().await;
    if let Some(why) = followed.ended().and_then(Ended::unreadable) {
        return Ok(unknown(why));
    }
    if let Some(code) = followed.ended().and_then(Ended::exit_code) {
        return Ok(code);
    }
    let session = &followed.session;
    if let Some(gap) = session.gaps().last().filter(|_| session.is_broken()) {
        return Ok(unknown(gap));
    }
    let (knowledge, now) = (session.state().knowledge(), session.now());
    let is_known = knowledge.roster.by_registry_alone() > 0;
    let mut report = match round {
        Round::Failed if !is_known => no_answer(knowledge, &session.about().api),
        Round::Whole | Round::Partial | Round::Failed => of_round(knowledge, now, &limits),
    };
    report.details.extend(args.by.map(|by| worst(knowledge, now, by)).unwrap_or_default());
    let is_unchecked = tell_unchecked(&followed);
    // A condition of somebody's own says itself whether it can be decided.
    if (is_unchecked || round == Round::Failed) && by_default && report.status != Status::Critical {
        report.status = Status::Unknown;
    }
    if args.recording.from.is_some() {
        let at = Time::of(now.unix_ms).map(|at| at.to_string()).unwrap_or_default();
        report.summary = format!("recorded, as of {at}: {}", report.summary);
    }
    flush_standard_output(write_plugin(&report, &mut io::stdout().lock()))?;
    Ok(report.status.exit_code())
}

/// Whether these arguments, without the program's name, run the plugin: the first that is no option
/// decides, whatever is wrong with the others.
pub fn is_check(mut arguments: impl Iterator<Item = OsString>) -> bool {
    let is_option = |argument: &OsStr| argument.as_encoded_bytes().starts_with(b"-");
    arguments.find(|argument| !is_option(argument)).is_some_and(|first| first == "check")
}

/// Says why the plugin can't tell anything: the first line of `why` is its line, the rest stands below.
/// Gives the exit code.
pub fn unknown(why: &str) -> u8 {
    let why = &*without_tokens(why);
    let mut lines = why.trim().lines().filter(|line| !line.trim().is_empty());
    let report = PluginReport {
        status: Status::Unknown,
        summary: lines.next().unwrap_or_default().to_owned(),
        figures: Vec::new(),
        details: lines.map(str::to_owned).collect(),
    };
    let written = flush_standard_output(write_plugin(&report, &mut io::stdout().lock()));
    if written.and_then(|()| check_standard_output()).is_err() {
        tell(why);
    }
    Status::Unknown.exit_code()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_argument_that_is_no_option_decides() {
        let decides = |line: &str| is_check(line.split_whitespace().map(OsString::from));
        assert!(decides("check") && decides("check --nonsense") && decides("--ascii check user"));
        assert!(!decides("") && !decides("user check") && !decides("--help") && !decides("help check"));
    }

    #[test]
    fn the_defaults_are_conditions() {
        assert_eq!(condition("--warn", WARN).map(|it| it.to_string()), Ok(WARN.to_owned()));
        assert_eq!(condition("--crit", CRIT).map(|it| it.to_string()), Ok(CRIT.to_owned()));
    }
}
