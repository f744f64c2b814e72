//! How long answers took, of late.

use std::collections::VecDeque;

/// Answers that the figures are taken from.
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

    /// Median and 95th percentile in milliseconds; `None` before the first answer.
    pub fn p50_p95(&self) -> Option<(u32, u32)> {
        let mut sorted: Vec<u32> = self.took_ms.iter().copied().collect();
        sorted.sort_unstable();
        let nth = |share: usize| sorted.get((sorted.len().checked_sub(1)? * share).div_ceil(100)).copied();
        Some((nth(50)?, nth(95)?))
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
    fn percentiles_are_of_the_last_answers() {
        let mut latency = Latency::default();
        assert_eq!(latency.p50_p95(), None);
        latency.observe(7);
        assert_eq!(latency.p50_p95(), Some((7, 7)));
        for ms in 1..=1_000 {
            latency.observe(ms);
        }
        assert_eq!(latency.p50_p95(), Some((941, 995)));
        assert_eq!(latency.last(2).collect::<Vec<_>>(), [999, 1_000]);
        assert_eq!(latency.last(500).count(), KEPT);
    }
}
