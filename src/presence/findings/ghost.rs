//! `ghost`: the registry goes on calling a user online whom the sockets don't show: an entry that lives
//! on in Redis.
//!
//! Entries of a gateway that died live on for 10-30 minutes, and one whose offline event was lost for
//! up to 30 (open-im-server `msggateway/online.go`, `cache/redis/online.go`).
//!
//! Evidence: sockets without the user and a registry that says online, asked after that, for
//! [`Thresholds::ghost_ms`] and longer, outside a loss of view. A time without answers of the sockets proves nothing.
//! The presence stays unknown meanwhile.
//!
//! Several who were so before anybody looked are a warning: they may be on a gateway that is out of reach.
//!
//! False alarms: raised wrongly for a single user whose gateway the API can't reach, who is connected.
//! At most one for a user.
//!
//! [`Thresholds::ghost_ms`]: crate::presence::Thresholds::ghost_ms

use super::Evidence;
use super::case::Case;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use super::wording::span;
use crate::presence::{Platform, Presence, Recheck, UnknownReason};
use crate::{say, words};

/// Platforms that are told.
const TOLD: usize = 8;

/// So many are several.
const SEVERAL: u32 = 3;

/// What it finds: only the registry has the user online.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// On these platforms; at most 8.
    pub platforms: Vec<Platform>,
    /// How many users are so since before anybody looked, where they are several; otherwise 0.
    pub several: u32,
    /// No gateway has shown the user for more than so many milliseconds.
    pub over_ms: u64,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "ghost",
        severity: Severity::Warning,
        says: words!(
            "no gateway shows the user but Redis still says online: a stale entry, which expires after 30 minutes at most"
        ),
        brief: words!("only Redis says online: a stale entry"),
        advice: words!(
            "Ask the user, or wait: an entry without a connection expires within 30 minutes. If there are many, look whether a gateway has died, or is out of the API's reach."
        ),
        rank: 150,
        judges: Judges::UserInDoubt(judge, next),
    };

    fn severity(&self, _: i64) -> Severity {
        if self.several > 0 { Severity::Warning } else { Severity::Info }
    }

    fn words(&self, _: i64) -> String {
        let Found { platforms, over_ms, several } = self;
        let online = if platforms.is_empty() {
            say!("online").to_owned()
        } else {
            say!("online ({platforms})", platforms = Platform::names(platforms.iter().copied()))
        };
        let over = span(*over_ms);
        if *several > 0 {
            return say!(
                "no gateway has shown the user since imtop started, but Redis says {online}; {several} users are so: \
                 left over in Redis, or on a gateway that the API doesn't reach",
                online,
                several
            );
        }
        say!(
            "no gateway has shown the user for more than {over}, but Redis still says {online}",
            over,
            online
        )
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let Some(doubt) = entry(case).filter(|_| case.has_lasted(counts_from(case))) else { return };
    let platforms: Vec<Platform> = doubt.platforms.iter().take(TOLD).copied().collect();
    let several = if case.beside >= SEVERAL { case.beside } else { 0 };
    found.push(Evidence::Ghost(Found { platforms, several, over_ms: case.thresholds.ghost_ms }));
}

fn next(case: &Case<'_>) -> Option<u64> {
    entry(case)?;
    counts_from(case).filter(|at| *at > case.now.mono_ms)
}

fn counts_from(case: &Case<'_>) -> Option<u64> {
    Some(case.doubt?.dropped.received.mono_ms.saturating_add(case.thresholds.ghost_ms))
}

/// What is in doubt, if the registry alone has the user. In a loss of view that is said of nobody.
fn entry<'a>(case: &Case<'a>) -> Option<&'a Recheck> {
    case.doubt.filter(|_| case.presence == Presence::Unknown(UnknownReason::RegistryOnline))
}

#[cfg(test)]
mod tests {
    use super::super::stage::{MONO, RuleInputs, in_doubt, online};
    use super::*;
    use crate::presence::Registry;

    fn scene(ms: u64) -> RuleInputs {
        let presence = Presence::Unknown(UnknownReason::RegistryOnline);
        let doubt = Recheck {
            registry: Registry::Online,
            platforms: [Platform(2)].into(),
            ..in_doubt(MONO, presence)
        };
        let mut scene = RuleInputs { presence, doubt: Some(doubt), ..online("alice", vec![]) };
        scene.now = scene.now.plus(ms);
        scene
    }

    #[test]
    fn an_entry_that_lives_on_counts_after_a_minute() {
        assert_eq!(scene(59_999).found_by(judge), [] as [&str; 0]);
        assert_eq!(next(&scene(2_000).case()), Some(MONO + 60_000));
        let old = scene(60_000);
        assert_eq!(
            old.found_by(judge),
            ["no gateway has shown the user for more than 60s, but Redis still says online (Android)"]
        );
        assert_eq!(next(&old.case()), None);
        let (mut first, mut later) = (Vec::new(), Vec::new());
        judge(&old.case(), &mut first);
        judge(&scene(600_000).case(), &mut later);
        assert_eq!(first, later, "time alone changes nothing in it");
    }

    #[test]
    fn a_silence_of_the_sockets_makes_nobody_one() {
        let silent = RuleInputs { silent_from: Some(MONO + 59_999), ..scene(90_000) };
        assert_eq!((silent.found_by(judge).len(), next(&silent.case())), (0, None));
        let later = RuleInputs { silent_from: Some(MONO + 60_000), ..scene(90_000) };
        assert_eq!(later.found_by(judge).len(), 1, "it was one before");
    }

    #[test]
    fn users_of_a_loss_and_those_of_whom_the_registry_says_nothing_are_no_ghosts() {
        for quiet in [
            RuleInputs { presence: Presence::Unknown(UnknownReason::GatewayLost), ..scene(90_000) },
            RuleInputs { presence: Presence::Unknown(UnknownReason::RegistrySilent), ..scene(90_000) },
            RuleInputs { presence: Presence::Online, ..scene(90_000) },
            RuleInputs { presence: Presence::Unknown(UnknownReason::Slow), ..scene(90_000) },
            RuleInputs { doubt: None, ..scene(90_000) },
        ] {
            assert_eq!(quiet.found_by(judge), [] as [&str; 0]);
            assert_eq!(next(&quiet.case()), None);
        }
    }
}
