//! Alerts of which nobody wants to hear for a while.

use std::collections::BTreeMap;

use crate::presence::Moment;

/// One alert that is silenced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Which alert.
    pub alert: String,
    /// Until then, on the monotonic clock.
    pub until_ms: u64,
}

/// All of them: nothing is told of these alerts until their time is up. One that still fires then is told of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Silences(BTreeMap<String, u64>);

impl Silences {
    /// Silences an alert from `now` on, for so many milliseconds.
    pub fn silence(&mut self, alert: &str, now: Moment, for_ms: u64) {
        self.0.insert(alert.to_owned(), now.mono_ms.saturating_add(for_ms));
    }

    /// Lifts the silence of an alert; whether there was one.
    pub fn lift(&mut self, alert: &str) -> bool {
        self.0.remove(alert).is_some()
    }

    /// Whether nothing is told of this alert.
    pub fn holds(&self, alert: &str, now: Moment) -> bool {
        self.0.get(alert).is_some_and(|until| now.mono_ms < *until)
    }

    /// Those in force, in alphabetical order.
    pub fn in_force(&self, now: Moment) -> impl Iterator<Item = Silence> + '_ {
        let holds = move |(_, until): &(&String, &u64)| now.mono_ms < **until;
        let all = self.0.iter().filter(holds);
        all.map(|(alert, until_ms)| Silence { alert: alert.clone(), until_ms: *until_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::at;

    #[test]
    fn a_silence_ends_by_itself_or_is_lifted() {
        let mut silences = Silences::default();
        silences.silence("gateway down", at(1_000), 5_000);
        silences.silence("tokens", at(1_000), 60_000);
        assert!(silences.holds("gateway down", at(5_999)) && !silences.holds("gateway down", at(6_000)));
        assert_eq!(silences.in_force(at(6_000)).map(|it| it.alert).collect::<Vec<_>>(), ["tokens"]);
        assert!(silences.lift("tokens") && !silences.lift("tokens"));
        assert_eq!(silences.in_force(at(6_000)).count(), 0);
    }
}
