//! `partial-view`: another endpoint lists more of a user's connections than the sockets show.
//!
//! `get_users_online_status` shows the connections of one gateway alone, where a user has some on
//! several.
//!
//! Evidence: a platform that the token detail lists more connections on than the sockets show, or that
//! the registry has online and the sockets don't show, for [`Thresholds::leaving_ms`] and longer, in which the
//! sockets were heard. Only of a user of whom the sockets show something: of others the verdict says it.
//!
//! False alarms: raised wrongly where the registry's entry of a platform lives on after its gateway has
//! died, for up to half an hour. Never more than an info, at most one for a user.
//!
//! [`Thresholds::leaving_ms`]: crate::presence::Thresholds::leaving_ms

use std::collections::BTreeMap;

use super::Evidence;
use super::case::Case;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use crate::presence::{Platform, Presence, Question, Recheck, Registry, Sockets};
use crate::{say, words};

/// Platforms that are told.
const TOLD: usize = 8;

/// What it finds: another witness names more than the sockets show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which: the registry or the token detail.
    pub by: Question,
    /// The platforms of which something is left out; at most 8.
    pub platforms: Vec<Platform>,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "partial-view",
        severity: Severity::Info,
        says: words!("another API endpoint lists more connections of the user than the online status does"),
        brief: words!("another API endpoint lists more connections of the user"),
        advice: words!(
            "Nothing is broken for the user. The API lists the connections of one gateway alone, so what happens to those on another gateway doesn't show here."
        ),
        rank: 140,
        judges: Judges::UserInDoubt(judge, next),
    };

    fn words(&self, _: i64) -> String {
        let names = Platform::names(self.platforms.iter().copied());
        if self.by == Question::TokenDetail {
            say!(
                "the token details list more on {names} than the API's answer: the user is on several gateways",
                names
            )
        } else {
            say!(
                "Redis lists {names} too, missing from the API's answer: the user is on several gateways, or an entry is stale",
                names
            )
        }
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let Some((by, mut platforms)) = hidden(case) else { return };
    if case.has_lasted(counts_from(case)) {
        platforms.truncate(TOLD);
        found.push(Evidence::PartialView(Found { by, platforms }));
    }
}

fn next(case: &Case<'_>) -> Option<u64> {
    hidden(case)?;
    counts_from(case).filter(|at| *at > case.now.mono_ms)
}

/// From when on, on the monotonic clock, it has lasted.
fn counts_from(case: &Case<'_>) -> Option<u64> {
    Some(case.doubt?.dropped.received.mono_ms.saturating_add(case.thresholds.leaving_ms))
}

/// The platforms of which not everything is shown, in order, and who says so.
fn hidden(case: &Case<'_>) -> Option<(Question, Vec<Platform>)> {
    let doubt = case.doubt.filter(|doubt| doubt.sockets != Sockets::None)?;
    if !matches!(case.presence, Presence::Online | Presence::Background) {
        return None;
    }
    let mut shown = BTreeMap::<Platform, u32>::new();
    for tracked in case.connections.iter().filter(|tracked| tracked.unseen.is_none()) {
        *shown.entry(tracked.connection.platform).or_default() += 1;
    }
    if shown.is_empty() {
        return None; // the server names no connections, so that there is nothing to compare
    }
    let of_tokens = by_tokens(doubt, &shown);
    if of_tokens.is_empty() {
        let of_registry = by_registry(doubt, &shown);
        (!of_registry.is_empty()).then_some((Question::UsersStatus, of_registry))
    } else {
        Some((Question::TokenDetail, of_tokens))
    }
}

fn by_tokens(doubt: &Recheck, shown: &BTreeMap<Platform, u32>) -> Vec<Platform> {
    let listed = doubt.listed.iter().flatten();
    let more = listed.filter(|(platform, count)| shown.get(platform).copied().unwrap_or(0) < *count);
    more.map(|(platform, _)| *platform).collect()
}

fn by_registry(doubt: &Recheck, shown: &BTreeMap<Platform, u32>) -> Vec<Platform> {
    if !matches!(doubt.registry, Registry::Online | Registry::Hides) {
        return Vec::new();
    }
    doubt.platforms.iter().filter(|platform| !shown.contains_key(platform)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::super::stage::{MONO, RuleInputs, connection, in_doubt, online};
    use super::*;
    use crate::presence::UnknownReason;

    const ANDROID: Platform = Platform(2);
    const WINDOWS: Platform = Platform(3);

    /// On Android, with something left out since then.
    fn scene(registry: &[Platform], listed: Option<&[(Platform, u32)]>) -> RuleInputs {
        let doubt = Recheck {
            registry: if registry.is_empty() { Registry::Unheard } else { Registry::Online },
            platforms: registry.into(),
            listed: listed.map(Into::into),
            ..in_doubt(MONO, Presence::Online)
        };
        RuleInputs { doubt: Some(doubt), ..online("alice", vec![connection("a", 2)]) }
    }

    fn later(mut scene: RuleInputs, ms: u64) -> RuleInputs {
        scene.now = scene.now.plus(ms);
        scene
    }

    #[test]
    fn another_platform_of_the_tokens_or_the_registry_counts_when_it_has_lasted() {
        let hides = || scene(&[ANDROID, WINDOWS], None);
        assert_eq!(later(hides(), 4_999).found_by(judge), [] as [&str; 0]);
        assert_eq!(next(&hides().case()), Some(MONO + 5_000));
        let old = later(hides(), 5_000);
        assert_eq!(
            old.found_by(judge),
            [
                "Redis lists Windows too, missing from the API's answer: the user is on several gateways, or an entry is stale"
            ]
        );
        assert_eq!(next(&old.case()), None);
        let both = scene(&[ANDROID, WINDOWS], Some(&[(ANDROID, 1), (WINDOWS, 1)]));
        assert_eq!(
            later(both, 5_000).found_by(judge),
            ["the token details list more on Windows than the API's answer: the user is on several gateways"]
        );
    }

    #[test]
    fn a_silence_of_the_sockets_hides_nothing() {
        let mut silent = later(scene(&[ANDROID, WINDOWS], None), 60_000);
        silent.silent_from = Some(MONO + 4_999);
        assert_eq!((silent.found_by(judge).len(), next(&silent.case())), (0, None));
    }

    #[test]
    fn a_second_connection_of_one_platform_is_known_to_the_tokens_alone() {
        let two = scene(&[ANDROID], Some(&[(ANDROID, 2)]));
        let words = later(two, 5_000).found_by(judge);
        assert_eq!(
            words,
            ["the token details list more on Android than the API's answer: the user is on several gateways"]
        );
        assert_eq!(later(scene(&[ANDROID], Some(&[(ANDROID, 1)])), 5_000).found_by(judge), [] as [&str; 0]);
        assert_eq!(next(&scene(&[ANDROID], None).case()), None, "nothing is hidden");
    }

    #[test]
    fn only_a_user_whom_the_sockets_show_counts() {
        let hides = || later(scene(&[ANDROID, WINDOWS], None), 9_000);
        let mut unseen = hides();
        for tracked in &mut unseen.connections {
            let dropped = unseen.doubt.as_ref().map(|doubt| doubt.dropped).unwrap();
            tracked.unseen = Some(std::sync::Arc::new(crate::presence::Unseen { last: None, dropped }));
        }
        let in_doubt = RuleInputs { presence: Presence::Unknown(UnknownReason::Leaving), ..hides() };
        let unnamed = RuleInputs { connections: vec![], ..hides() };
        for scene in [unseen, in_doubt, unnamed, RuleInputs { doubt: None, ..hides() }] {
            assert_eq!(scene.found_by(judge), [] as [&str; 0]);
        }
    }
}
