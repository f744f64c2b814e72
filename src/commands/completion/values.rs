//! What can stand as a value: contexts, queries with their groups, conditions, scenarios.

use std::ffi::{OsStr, OsString};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use clap::{Arg, Command};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};

use crate::commands::{command_line, environment};
use crate::options::{Names, names};
use crate::presence::query::{Candidate, Vocabulary, complete};
use crate::simulator::Scenario;

/// So long names are waited for: a file may lie on a disk that hangs.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a condition counts, beside findings.
const COUNTED: [(&str, &str); 11] = [
    ("online", "users who are online in the foreground, or a percentage"),
    ("connected", "users who are online or in the background"),
    ("background", "users whose connections are all in the background"),
    ("offline", "users who are offline"),
    ("unknown", "users of whom nobody can tell"),
    ("unregistered", "users whom the server does not have"),
    ("stale", "users whose answer is due"),
    ("watched", "all users"),
    ("conns", "connections"),
    ("failing", "requests that get no answer"),
    ("count(", "users for whom a filter holds"),
];

/// Names that are looked up once, and only if they are asked for.
#[derive(Debug)]
struct Lookup {
    /// The command line.
    words: Vec<OsString>,
    found: OnceLock<Names>,
}

impl Lookup {
    fn names(&self) -> &Names {
        self.found.get_or_init(|| {
            let words = self.words.clone();
            let (found, names) = mpsc::channel();
            // Without a thread there are no names; nobody waits any more if it took too long.
            let _ = std::thread::Builder::new().spawn(move || found.send(look_up(words)));
            names.recv_timeout(PATIENCE).unwrap_or_default()
        })
    }

    fn vocabulary(&self) -> Vocabulary {
        Vocabulary { groups: self.names().groups.clone() }
    }
}

fn look_up(words: Vec<OsString>) -> Names {
    command_line()
        .ignore_errors(true)
        .try_get_matches_from(words)
        .map(|matches| names(&matches, &environment))
        .unwrap_or_default()
}

/// The definition with what can stand as a value, for the command line `words`.
pub(super) fn completing(definition: Command, words: Vec<OsString>) -> Command {
    let lookup = Arc::new(Lookup { words, found: OnceLock::new() });
    attach(definition, &lookup)
}

fn attach(command: Command, lookup: &Arc<Lookup>) -> Command {
    let add = |argument: Arg| {
        let lookup = Arc::clone(lookup);
        match argument.get_id().as_str() {
            "context" => argument.add(ArgValueCandidates::new(move || {
                lookup.names().contexts.iter().map(CompletionCandidate::new).collect()
            })),
            "filter" => argument.add(ArgValueCompleter::new(move |typed: &OsStr| {
                typed.to_str().map(|typed| queries(typed, &lookup.vocabulary())).unwrap_or_default()
            })),
            "warn" | "crit" | "until" => argument.add(ArgValueCompleter::new(move |typed: &OsStr| {
                typed.to_str().map(|typed| conditions(typed, &lookup.vocabulary())).unwrap_or_default()
            })),
            "scenario" => argument.add(ArgValueCompleter::new(scenarios)),
            _ => argument,
        }
    };
    command.mut_args(add).mut_subcommands(|below| attach(below, lookup))
}

/// Whole queries that begin with `typed`.
fn queries(typed: &str, vocabulary: &Vocabulary) -> Vec<CompletionCandidate> {
    let completion = complete(typed, typed.len(), vocabulary);
    let before = typed.get(..completion.range.start).unwrap_or_default();
    let whole = |candidate: &Candidate| {
        let help = (!candidate.about.is_empty()).then(|| candidate.about.into());
        CompletionCandidate::new(format!("{before}{}", candidate.text)).help(help)
    };
    match completion.candidates.as_slice() {
        // A field alone is no condition yet: it comes with its operators, and no blank behind it.
        [only] => {
            let forms = complete(&only.text, only.text.len(), vocabulary).candidates;
            let forms: Vec<_> = forms
                .iter()
                .filter(|form| {
                    form.text
                        .strip_prefix(&only.text)
                        .is_some_and(|it| it.starts_with(['=', '!', '<', '>', '~']))
                })
                .map(whole)
                .collect();
            if forms.is_empty() { vec![whole(only)] } else { forms }
        }
        candidates => candidates.iter().map(whole).collect(),
    }
}

/// Whole conditions of `check` and `wait` that begin with `typed`: a count, or behind `of` a query.
fn conditions(typed: &str, vocabulary: &Vocabulary) -> Vec<CompletionCandidate> {
    if let Some(at) = typed.rfind(" of ") {
        let (before, query) = typed.split_at(at + " of ".len());
        return queries(query, vocabulary).into_iter().map(|it| it.add_prefix(before)).collect();
    }
    let start = typed.rfind([' ', '(']).map_or(0, |blank| blank + 1);
    let (before, word) = typed.split_at(start);
    let findings = complete("finding=", "finding=".len(), vocabulary).candidates;
    let findings = findings.iter().filter(|it| !it.about.is_empty());
    let findings = findings.map(|it| (format!("finding:{}", it.text), it.about));
    let counted = COUNTED.iter().map(|(name, about)| ((*name).to_owned(), *about));
    let candidates = counted.chain(findings).filter(|(name, _)| name.starts_with(word));
    candidates
        .map(|(name, about)| CompletionCandidate::new(format!("{before}{name}")).help(Some(about.into())))
        .collect()
}

/// Scenarios by name, and files.
fn scenarios(typed: &OsStr) -> Vec<CompletionCandidate> {
    let named = Scenario::names().filter(|name| typed.to_str().is_some_and(|it| name.starts_with(it)));
    let mut out: Vec<_> = named.map(CompletionCandidate::new).collect();
    out.extend(PathCompleter::any().complete(typed));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(candidates: &[CompletionCandidate]) -> Vec<String> {
        candidates.iter().map(|it| it.get_value().to_string_lossy().into_owned()).collect()
    }

    fn vocabulary() -> Vocabulary {
        Vocabulary { groups: vec!["Night desk".to_owned(), "ops".to_owned()] }
    }

    #[test]
    fn a_query_is_completed_as_at_the_prompt() {
        let queries = |typed| texts(&queries(typed, &vocabulary()));
        assert_eq!(queries("group="), ["group=\"Night desk\"", "group=ops", "group=none"]);
        assert_eq!(
            queries("state=online and gr"),
            ["=", "!=", "~"].map(|it| format!("state=online and group{it}"))
        );
        assert_eq!(queries("state=off"), ["state=offline"]);
        assert_eq!(queries("zz"), [""; 0]);
    }

    #[test]
    fn a_condition_counts_states_and_findings_of_a_query() {
        let conditions = |typed| texts(&conditions(typed, &vocabulary()));
        assert_eq!(conditions("un"), ["unknown", "unregistered"]);
        assert_eq!(conditions("unknown>0 or finding:cr"), ["unknown>0 or finding:critical"]);
        assert!(conditions("finding:").contains(&"finding:token-expired".to_owned()));
        assert_eq!(conditions("online=100% of group=o"), ["online=100% of group=ops"]);
    }
}
