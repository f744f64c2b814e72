//! `registry-silent`: the registry, which was asked, gives no answers.
//!
//! Redis stopped, `get_users_status` answers after 3 s with errCode 500 (`i/o timeout`).
//!
//! Evidence: questions to it have failed for [`LASTING_MS`] and longer, while the sockets are asked with success. Over with its first answer. A server that
//! lacks or refuses the question is no such trouble: then the sockets are the only source, and that is said elsewhere.
//!
//! False alarms: where no batch has a fresh answer of the sockets, it is the API or the way to it, and `api-failing`
//! says so; where some fail in the same way, it may be, too. At most one.

use super::Evidence;
use super::case::ServerCase;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use crate::presence::time::short_age;
use crate::presence::{ErrorKind, Moment, Witness};
use crate::{say, words};

/// For so long it has to fail, in milliseconds: one slow answer is no trouble.
const LASTING_MS: u64 = 5_000;

/// What it finds: the registry gives no answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Since then, unix seconds of the server's clock.
    pub since: i64,
    /// What comes instead.
    pub trouble: ErrorKind,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "registry-silent",
        severity: Severity::Warning,
        says: words!(
            "registry (Redis): no answer; users missing from the API's answer stay unknown, and nobody can be called offline"
        ),
        brief: words!("registry: no answer, so nobody can be called offline"),
        advice: words!(
            "Look at Redis (redis-cli ping, its log, its memory), then at the user service. Until it answers, take nobody for offline, and don't restart gateways: their users may be connected."
        ),
        rank: 216,
        judges: Judges::Promptly(
            |case, _, found| {
                let unix_seconds = |at| case.clock.unix_seconds(at);
                let (registry, fails) = (case.witnesses.registry, case.registry_fails);
                let of_api =
                    if case.outage.failing >= case.batches { OfApi::All } else { OfApi::Some(case.trouble) };
                judge(registry, of_api, fails, case.now, unix_seconds, found);
            },
            next,
        ),
    };

    fn words(&self, server_seconds: i64) -> String {
        let age = short_age(self.since.abs_diff(server_seconds));
        say!(
            "registry: no answer for {age} ({trouble}): nobody can be called offline",
            age,
            trouble = self.trouble
        )
    }
}

/// What fails of the API otherwise.
#[derive(Clone, Copy)]
enum OfApi {
    /// No question about the sockets has a fresh answer.
    All,
    /// Some have one; the others fail in this way, if any do.
    Some(Option<ErrorKind>),
}

impl OfApi {
    fn explains(self, trouble: ErrorKind) -> bool {
        match self {
            OfApi::All => true,
            OfApi::Some(of_others) => of_others == Some(trouble),
        }
    }
}

fn next(case: &ServerCase<'_>) -> Option<u64> {
    let due = case.registry_fails.map(|since| since.mono_ms.saturating_add(LASTING_MS));
    due.filter(|at| *at > case.now.mono_ms)
}

fn judge(
    registry: Witness,
    of_api: OfApi,
    since: Option<Moment>,
    now: Moment,
    unix_seconds: impl Fn(Moment) -> i64,
    found: &mut Vec<Evidence>,
) {
    if let (Witness::Fails(trouble), Some(since)) = (registry, since)
        && now.since(since) >= LASTING_MS
        && !of_api.explains(trouble)
    {
        found.push(Evidence::RegistrySilent(Found { since: unix_seconds(since), trouble }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_when_it_lasts() {
        let at = |mono_ms: u64| Moment { mono_ms, unix_ms: mono_ms as i64 };
        let found_beside = |registry, of_api, ms: u64| {
            let mut found = Vec::new();
            judge(registry, of_api, Some(at(1_000)), at(ms), |at| at.unix_ms / 1_000, &mut found);
            found.iter().map(|it: &Evidence| it.words(ms as i64 / 1_000)).collect::<Vec<_>>()
        };
        let found = |registry, ms| found_beside(registry, OfApi::Some(None), ms);
        let fails = Witness::Fails(ErrorKind::Timeout);
        assert_eq!((found(fails, 5_900).len(), found(Witness::Answers, 99_000).len()), (0, 0));
        let words = found(fails, 13_000);
        assert!(words[0].starts_with("registry: no answer for 12s ("), "{words:?}");
        assert!(found(Witness::Refuses(ErrorKind::Timeout), 99_000).is_empty());
        assert!(
            found_beside(fails, OfApi::Some(Some(ErrorKind::Timeout)), 99_000).is_empty(),
            "it is the API"
        );
        assert!(found_beside(fails, OfApi::All, 99_000).is_empty(), "whatever the sockets fail with");
        let others = Some(ErrorKind::Http { status: 502 });
        assert_eq!(found_beside(fails, OfApi::Some(others), 99_000).len(), 1);
    }
}
