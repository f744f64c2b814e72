//! What the server was like over the last half hour: answers and failures, how long they took, how
//! much came over the wire, who was online; and sums over the whole run. All of that is about the
//! questions to the sockets, which are put in every round; what other witnesses are asked beside that is
//! only counted.
//!
//! A ring of buckets of ten seconds, of the same size whatever happens. All times are those of the
//! monotonic clock.

use super::fetch_error::{ErrorKind, FetchError};
use super::findings::alert_thresholds::{SLOW_MS, SLOW_WINDOW_MS};
use super::observation::{Observation, Question};
use super::roster::Totals;
use super::time::Moment;

/// Buckets that are kept: half an hour.
const BUCKETS: u64 = 180;

/// Kinds of failure that are counted apart in one bucket; others only in the sum. The server chooses
/// the numbers of its errors, so there must be a limit.
const KINDS_OF_BUCKET: usize = 8;

/// Kinds of failure that are counted apart over the run; one more takes the place of the one that
/// was longest ago.
const KINDS_OF_RUN: usize = 32;

/// Rates are taken over so many buckets, the one that has just begun among them.
const RATE_BUCKETS: u64 = 6;

/// What the server was like over time.
#[derive(Clone, Debug)]
pub struct Trend {
    /// Bucket number n, the n-th ten seconds of the run, is at place n modulo their count.
    ring: Vec<Bucket>,
    empty: Bucket,
    /// When the first question was sent.
    begun: Option<Moment>,
    newest_ms: u64,
    /// Who was online when that was last taken, and in which bucket: so it was since.
    sampled: Option<(u64, Totals)>,
    sums: Sums,
}

/// Ten seconds of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Which ten seconds of the run; `None` where nothing was heard.
    number: Option<u64>,
    /// Questions that were answered.
    pub answers: u32,
    /// Those of them that took longer than an answer may.
    pub slow: u32,
    /// Questions that were not.
    pub failures: u32,
    /// The failures by kind, the first eight kinds.
    pub troubles: Vec<(ErrorKind, u32)>,
    /// Bytes of all answers as they came over the wire.
    pub wire_bytes: u64,
    /// Users asked about, whether there was an answer or not.
    pub users: u64,
    /// Who was online at the end of it, or the last that is known of that; `None` where nobody looked.
    pub totals: Option<Totals>,
    latency: Option<Box<Histogram>>,
}

/// How long answers took, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took {
    /// The median; exact below 16 ms, else up to 1/8 too high.
    pub p50_ms: u32,
    /// The 95th percentile, as exact as the median.
    pub p95_ms: u32,
    /// The longest, exactly.
    pub max_ms: u32,
}

/// Sums since the run began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Questions that were answered.
    pub answers: u64,
    /// Questions that were not.
    pub failures: u64,
    /// The failures by kind, in the order in which the kinds were met first; the last 32 kinds.
    pub troubles: Vec<Failed>,
    /// Bytes of all answers as they came over the wire.
    pub wire_bytes: u64,
    /// Users who were asked about.
    pub users: u64,
    /// Questions to other witnesses than the sockets, answered or not; part of nothing else here.
    pub extra: u64,
}

/// How often questions failed in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The kind of failure.
    pub trouble: ErrorKind,
    /// How often there was one like it.
    pub count: u64,
    /// When for the last time.
    pub last: Moment,
}

/// What there was in a second, over the last minute or as much of it as the run has lasted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Questions, answered or not.
    pub requests: f64,
    /// Users who were asked about.
    pub users: f64,
    /// Bytes over the wire.
    pub bytes: f64,
}

impl Default for Trend {
    fn default() -> Trend {
        Trend {
            ring: vec![Bucket::default(); BUCKETS as usize],
            empty: Bucket::default(),
            begun: None,
            newest_ms: 0,
            sampled: None,
            sums: Sums::default(),
        }
    }
}

impl Trend {
    /// The length of a bucket in milliseconds.
    pub const BUCKET_MS: u64 = 10_000;

    /// What [`Trend::took`] looks back on, in words.
    pub const TOOK_OVER: &str = "5m";

    /// Bytes that it takes at most, about: it is of the same size whatever happens.
    pub fn weight(&self) -> usize {
        self.ring.len() * (size_of::<Bucket>() + size_of::<Histogram>() + 128)
    }

    /// The last millisecond of the bucket that `at_ms` is in.
    pub fn end_of_bucket(at_ms: u64) -> u64 {
        at_ms - at_ms % Self::BUCKET_MS + (Self::BUCKET_MS - 1)
    }

    /// Takes one answer or failure to a question about so many users.
    pub fn observe(&mut self, observation: &Observation, users: u32) {
        if observation.question != Question::OnlineStatus {
            self.sums.extra += 1;
            return;
        }
        self.begun.get_or_insert(observation.sent);
        self.sums.wire_bytes = self.sums.wire_bytes.saturating_add(observation.wire_bytes);
        self.sums.users += u64::from(users);
        let trouble = observation.answer.as_ref().err().map(FetchError::trouble);
        match trouble {
            None => self.sums.answers += 1,
            Some(trouble) => {
                self.sums.failures += 1;
                self.sums.fail(trouble, observation.received);
            }
        }
        let Some(bucket) = self.bucket_mut(observation.received) else { return };
        bucket.wire_bytes = bucket.wire_bytes.saturating_add(observation.wire_bytes);
        bucket.users += u64::from(users);
        if let Some(trouble) = trouble {
            bucket.fail(trouble);
        } else {
            bucket.answers += 1;
            let took = observation.received.since(observation.sent);
            bucket.slow += u32::from(took > SLOW_MS);
            bucket.latency.get_or_insert_default().add(took.try_into().unwrap_or(u32::MAX));
        }
    }

    /// Takes how many users are online, as it is now. Since it was taken before it was as it was then, so that
    /// time in which nothing changes need not be walked through.
    pub fn sample(&mut self, totals: &Totals, now: Moment) {
        let number = now.mono_ms / Self::BUCKET_MS;
        if let Some((before, as_before)) = self.sampled {
            let first = (before + 1).max((number + 1).saturating_sub(BUCKETS));
            for between in first..number {
                self.put(&as_before, Moment { mono_ms: between * Self::BUCKET_MS, ..now });
            }
        }
        self.sampled = Some((number, *totals));
        self.put(totals, now);
    }

    fn put(&mut self, totals: &Totals, at: Moment) {
        if let Some(bucket) = self.bucket_mut(at) {
            bucket.totals = Some(*totals);
        }
    }

    /// The last half hour, oldest first: always the same number of buckets, the last of them the one
    /// that `now` is in. Empty are those in which nothing was heard, and those before the run.
    pub fn buckets(&self, now: Moment) -> impl DoubleEndedIterator<Item = &Bucket> + ExactSizeIterator {
        let last = now.mono_ms / Self::BUCKET_MS;
        (0..BUCKETS as usize).map(move |back| self.bucket((last + 1 + back as u64).checked_sub(BUCKETS)))
    }

    /// The buckets of the last so many milliseconds, newest first; the newest has just begun.
    pub(super) fn last(&self, ms: u64, now: Moment) -> impl Iterator<Item = &Bucket> {
        self.buckets(now).rev().take((ms / Self::BUCKET_MS) as usize)
    }

    /// How long the answers of the last so many milliseconds took; `None` where there were none.
    pub(super) fn took_within(&self, ms: u64, now: Moment) -> Option<Took> {
        let mut all = Histogram::default();
        for latency in self.last(ms, now).filter_map(|bucket| bucket.latency.as_deref()) {
            all.merge(latency);
        }
        all.took()
    }

    /// Sums since the run began.
    pub fn sums(&self) -> &Sums {
        &self.sums
    }

    /// What there was in a second of late: in the last 50 to 60 seconds, or since the first question
    /// was sent.
    pub fn rates(&self, now: Moment) -> Rates {
        let Some(begun) = self.begun else { return Rates::default() };
        let (mut requests, mut users, mut bytes) = (0, 0, 0_u64);
        for bucket in self.last(RATE_BUCKETS * Self::BUCKET_MS, now) {
            requests += u64::from(bucket.requests());
            users += bucket.users;
            bytes = bytes.saturating_add(bucket.wire_bytes);
        }
        let first = (now.mono_ms / Self::BUCKET_MS + 1).saturating_sub(RATE_BUCKETS);
        let from_ms = begun.mono_ms.max(first * Self::BUCKET_MS);
        let seconds = now.mono_ms.saturating_sub(from_ms).max(1_000) as f64 / 1_000.0;
        let rate = |count: u64| count as f64 / seconds;
        Rates { requests: rate(requests), users: rate(users), bytes: rate(bytes) }
    }

    /// How long answers took over the last five minutes, as in the alerts that are shipped; `None` where
    /// there was none.
    pub fn took(&self, now: Moment) -> Option<Took> {
        self.took_within(SLOW_WINDOW_MS, now)
    }

    fn bucket(&self, number: Option<u64>) -> &Bucket {
        let place = number.and_then(|number| self.ring.get((number % BUCKETS) as usize));
        place.filter(|bucket| bucket.number == number).unwrap_or(&self.empty)
    }

    /// The bucket of a moment; `None` where that is further back than the ring goes.
    fn bucket_mut(&mut self, at: Moment) -> Option<&mut Bucket> {
        self.newest_ms = self.newest_ms.max(at.mono_ms);
        let number = at.mono_ms / Self::BUCKET_MS;
        if number + BUCKETS <= self.newest_ms / Self::BUCKET_MS {
            return None;
        }
        let bucket = self.ring.get_mut((number % BUCKETS) as usize)?;
        if bucket.number != Some(number) {
            *bucket = Bucket { number: Some(number), ..Bucket::default() };
        }
        Some(bucket)
    }
}

impl Bucket {
    /// Questions, answered or not.
    pub fn requests(&self) -> u32 {
        self.answers + self.failures
    }

    /// How long the answers took; `None` where there were none.
    pub fn took(&self) -> Option<Took> {
        self.latency.as_deref().and_then(Histogram::took)
    }

    fn fail(&mut self, trouble: ErrorKind) {
        self.failures += 1;
        if let Some((_, count)) = self.troubles.iter_mut().find(|(kind, _)| *kind == trouble) {
            *count += 1;
        } else if self.troubles.len() < KINDS_OF_BUCKET {
            self.troubles.push((trouble, 1));
        }
    }
}

impl Sums {
    /// Questions, answered or not.
    pub fn requests(&self) -> u64 {
        self.answers + self.failures
    }

    fn fail(&mut self, trouble: ErrorKind, at: Moment) {
        if let Some(failed) = self.troubles.iter_mut().find(|failed| failed.trouble == trouble) {
            failed.count += 1;
            failed.last = failed.last.max(at);
            return;
        }
        if self.troubles.len() == KINDS_OF_RUN {
            let oldest = (0..).zip(&self.troubles).min_by_key(|(_, failed)| failed.last);
            if let Some((at, _)) = oldest {
                self.troubles.remove(at);
            }
        }
        self.troubles.push(Failed { trouble, count: 1, last: at });
    }
}

/// Below so many milliseconds every one has a bin of its own; above, each doubling has half as many.
const FINE: u32 = 16;

/// Sixteen fine bins, eight for each doubling up to 131 s, and one for all that is longer.
const BINS: usize = 16 + 8 * 13 + 1;

/// Times by how long they were.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Histogram {
    bins: [u16; BINS],
    max_ms: u32,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { bins: [0; BINS], max_ms: 0 }
    }
}

impl Histogram {
    fn add(&mut self, ms: u32) {
        self.max_ms = self.max_ms.max(ms);
        if let Some(bin) = self.bins.get_mut(bin_of(ms)) {
            *bin = bin.saturating_add(1);
        }
    }

    fn merge(&mut self, other: &Histogram) {
        self.max_ms = self.max_ms.max(other.max_ms);
        for (bin, more) in self.bins.iter_mut().zip(&other.bins) {
            *bin = bin.saturating_add(*more);
        }
    }

    fn took(&self) -> Option<Took> {
        let count: u32 = self.bins.iter().copied().map(u32::from).sum();
        let nth = |share: u32| {
            let rank = (count.checked_sub(1)? * share).div_ceil(100);
            let mut seen = 0;
            let bin = self.bins.iter().position(|&bin| {
                seen += u32::from(bin);
                seen > rank
            })?;
            Some(longest_of(bin).min(self.max_ms))
        };
        Some(Took { p50_ms: nth(50)?, p95_ms: nth(95)?, max_ms: self.max_ms })
    }
}

fn bin_of(ms: u32) -> usize {
    if ms < FINE {
        return ms as usize;
    }
    let doubling = ms.ilog2() - FINE.ilog2();
    let eighth = (ms >> (doubling + 1)) - FINE / 2;
    ((FINE + doubling * 8 + eighth) as usize).min(BINS - 1)
}

/// The longest time that belongs into a bin.
fn longest_of(bin: usize) -> u32 {
    let bin = bin as u32;
    if bin < FINE {
        return bin;
    }
    if bin as usize == BINS - 1 {
        return u32::MAX;
    }
    let (doubling, eighth) = ((bin - FINE) / 8, (bin - FINE) % 8);
    ((FINE / 2 + eighth + 1) << (doubling + 1)) - 1
}

#[cfg(test)]
mod tests;
