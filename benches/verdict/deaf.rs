//! How many users who are connected and not in the registry are found, after how long, and how often that is said
//! of somebody who is in it.

use std::collections::HashMap;

/// A spell that is shorter can't be found: a connection has to be there for 10 s, and to be lacked twice, 5 s apart.
const LEAST_MS: i64 = 20_000;

/// What was asked before the registry heard of a login may be said so much later, in milliseconds.
const SLACK_MS: i64 = 3_000;

/// When each user was deaf, in unix milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Deaf {
    spells: HashMap<u32, Vec<(i64, i64)>>,
}

impl Deaf {
    /// At `at` these users are deaf; they are looked at every `step_ms`.
    pub fn look(&mut self, users: impl Iterator<Item = u32>, at: i64, step_ms: i64) {
        for user in users {
            let spells = self.spells.entry(user).or_default();
            match spells.last_mut() {
                Some((_, until)) if *until + step_ms >= at => *until = at,
                _ => spells.push((at, at)),
            }
        }
    }

    /// Holds what was said against it: of whom, and when.
    pub fn score(&self, said: &[(u32, i64)]) -> Found {
        let mut found = Found::default();
        let covers = |user: u32, at: i64| {
            let spells = self.spells.get(&user).into_iter().flatten();
            spells.copied().any(|(from, until)| from <= at && at <= until + SLACK_MS)
        };
        found.wrong = said.iter().filter(|(user, at)| !covers(*user, *at)).count() as u64;
        for (user, spells) in &self.spells {
            for (from, until) in spells.iter().filter(|(from, until)| until - from >= LEAST_MS) {
                let told = said.iter().filter(|(it, at)| it == user && from <= at && *at <= until + SLACK_MS);
                match told.map(|(_, at)| at - from).min() {
                    Some(ms) => found.ms.push(ms),
                    None => found.missed += 1,
                }
            }
        }
        found
    }
}

/// How it was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// How long it took from the login on, in milliseconds.
    pub ms: Vec<i64>,
    /// How many spells of 20 s and more were not found.
    pub missed: u64,
    /// How often it was said of somebody who was not deaf.
    pub wrong: u64,
}

impl Found {
    /// Takes those of another run.
    pub fn add(&mut self, other: &Found) {
        self.ms.extend(&other.ms);
        self.missed += other.missed;
        self.wrong += other.wrong;
    }

    /// The delay that so many per cent do not exceed; none where there are none.
    pub fn percentile(&self, percent: usize) -> Option<i64> {
        let mut sorted = self.ms.clone();
        sorted.sort_unstable();
        let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(place).copied()
    }
}
