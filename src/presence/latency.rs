//! How long each of the last answers took, one by one.

use std::collections::VecDeque;

/// More than any screen draws.
const KEPT: usize = 120;

/// The times that the last answers took, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    took_ms: VecDeque<u32>,
}

impl Latency {
    /// Takes the time of one more answer.
    pub fn observe(&mut self, took_ms: u64) {
        if self.took_ms.len() == KEPT {
            self.took_ms.pop_front();
        }
        self.took_ms.push_back(u32::try_from(took_ms).unwrap_or(u32::MAX));
    }

    /// The last `count` times, oldest first.
    pub fn last(&self, count: usize) -> impl Iterator<Item = u32> + '_ {
        self.took_ms.iter().skip(self.took_ms.len().saturating_sub(count)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_answers_are_kept_in_their_order() {
        let mut latency = Latency::default();
        for ms in 1..=1_000 {
            latency.observe(ms);
        }
        assert_eq!(latency.last(2).collect::<Vec<_>>(), [999, 1_000]);
        assert_eq!(latency.last(500).count(), KEPT);
    }
}
