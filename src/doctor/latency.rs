//! How long full requests take, and whether a round fits its interval.

use std::time::Duration;

use super::step::{Outcome, Part, Step, grouped, time_words, users as users_words};
use crate::openim::Options;
use crate::options::Values;
use crate::presence::{Bytes, FetchError};
use crate::say;

/// So many requests are made.
pub(super) const REQUESTS: usize = 5;
/// A server's work for one request grows with the square of its users; above this it is worth less.
const LARGE: u32 = 1_000;
/// Most that `--concurrency` takes.
const MOST_AT_ONCE: u64 = 256;

/// What came of one request: how long it took and how many bytes it brought.
pub(super) type Sample = Result<(Duration, u64), FetchError>;

/// Judges requests of `asked` users each, out of `users`, at this pace.
pub(super) fn judge(samples: &[Sample], asked: usize, users: usize, pace: &Values) -> Step {
    let mut times: Vec<Duration> = samples.iter().flatten().map(|(took, _)| *took).collect();
    times.sort();
    let failed = samples.iter().find_map(|sample| sample.as_ref().err());
    let (Some(&least), Some(&median), Some(&most)) =
        (times.first(), times.get(times.len() / 2), times.last())
    else {
        let why = failed.map_or_else(|| say!("nothing was asked").to_owned(), ToString::to_string);
        let advice = failed.map_or("", FetchError::advice);
        return Step::failed(
            Part::Latency,
            say!("no request about {users} was answered: {why}", users = users_words(asked), why),
            advice,
        );
    };
    let bytes = samples.iter().flatten().map(|(_, bytes)| *bytes).max().unwrap_or(0);
    let round = Round::of(users, median, pace);
    let mut step = Step::ok(
        Part::Latency,
        match times.len() {
            1 => say!(
                "1 request about {users} took {median}, {bytes}",
                users = users_words(asked),
                median = time_words(median),
                bytes = Bytes(bytes)
            ),
            requests => say!(
                "{requests} requests about {users} took {median} (median; from {least} to {most}), {bytes}",
                requests,
                users = users_words(asked),
                median = time_words(median),
                least = time_words(least),
                most = time_words(most),
                bytes = Bytes(bytes)
            ),
        },
    )
    .detail(round.words(users, pace))
    .count("requests", times.len() as i64)
    .count("users_per_request", asked as i64)
    .time("min_ms", least)
    .time("median_ms", median)
    .time("max_ms", most)
    .count("bytes", bytes as i64)
    .count("batches", round.batches as i64)
    .time("round_ms", round.takes);
    if let Some(error) = failed {
        // The first that fails is the last that is made.
        step = step.detail(say!("1 request failed: {error}", error)).but(Outcome::Warning, error.advice());
    }
    if round.takes > pace.interval {
        step = step.but(Outcome::Warning, round.advice(median, pace));
    }
    if most * 2 > pace.timeout {
        let limit = time_words(pace.timeout);
        step = step.but(
            Outcome::Warning,
            say!(
                "that is near the limit of {limit}: ask for fewer users (--batch), or wait longer (--timeout)",
                limit
            ),
        );
    }
    if asked > LARGE as usize && median > Duration::from_millis(100) {
        step = step.but(
            Outcome::Note,
            say!("the server's work for a request grows with the square of its users: --batch 500 is cheaper for it"),
        );
    }
    step
}

fn at_once(pace: &Values) -> usize {
    pace.concurrency.unwrap_or(Options::AT_ONCE).max(1)
}

/// One round over the watch list, if the server answers many requests as quickly as one.
struct Round {
    batches: u64,
    takes: Duration,
}

impl Round {
    fn of(users: usize, median: Duration, pace: &Values) -> Round {
        let batches = (users as u64).div_ceil(u64::from(pace.batch.max(1)));
        let turns = batches.div_ceil(at_once(pace) as u64);
        Round { batches, takes: median.saturating_mul(u32::try_from(turns).unwrap_or(u32::MAX)) }
    }

    /// How long it takes, over so many users.
    fn words(&self, users: usize, pace: &Values) -> String {
        let users = users_words(users);
        let (takes, interval) = (time_words(self.takes), time_words(pace.interval));
        match self.batches {
            1 => say!(
                "a round of {users} is 1 batch: about {takes} of the interval of {interval}",
                users,
                takes,
                interval
            ),
            batches => say!(
                "a round of {users} is {batches} batches, {at_once} at a time: about {takes} of the interval of {interval}",
                users,
                at_once = at_once(pace).min(batches as usize),
                batches = grouped(batches as usize),
                takes,
                interval
            ),
        }
    }

    /// What makes it fit.
    fn advice(&self, median: Duration, pace: &Values) -> String {
        let turns = (pace.interval.as_secs_f64() / median.as_secs_f64().max(1e-6)).floor() as u64;
        let at_once =
            (turns > 0).then(|| self.batches.div_ceil(turns)).filter(|wanted| *wanted <= MOST_AT_ONCE);
        let interval = self.takes.as_secs_f64().ceil() as u64;
        match at_once {
            Some(wanted) => say!(
                "a round takes longer than the interval, so rounds come late: use --concurrency {wanted} if the server can \
                 bear so many requests at once, or --interval {interval}s",
                wanted,
                interval
            ),
            None => say!(
                "a round takes longer than the interval, so rounds come late: use --interval {interval}s",
                interval
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(batch: u32, concurrency: usize) -> Values {
        Values { batch, concurrency: Some(concurrency), ..Values::usual() }
    }

    fn samples(ms: &[u64]) -> Vec<Sample> {
        ms.iter().map(|ms| Ok((Duration::from_millis(*ms), 1_400))).collect()
    }

    #[test]
    fn least_median_and_most_are_said() {
        let step = judge(&samples(&[40, 10, 30, 20, 90]), 500, 1_200, &pace(500, 4));
        assert_eq!(step.outcome, Outcome::Ok);
        assert_eq!(step.seen, "5 requests about 500 users took 30 ms (median; from 10 ms to 90 ms), 1.4 kB");
        assert_eq!(
            step.details,
            ["a round of 1,200 users is 3 batches, 3 at a time: about 30 ms of the interval of 2.0 s"]
        );
    }

    #[test]
    fn a_round_that_does_not_fit_is_given_figures_that_do() {
        // 200 batches of 100 ms, 4 at a time: 5 s.
        let step = judge(&samples(&[100; 5]), 500, 100_000, &pace(500, 4));
        assert_eq!(step.outcome, Outcome::Warning);
        assert!(
            step.advice[0].ends_with(
                "use --concurrency 10 if the server can bear so many requests at once, or --interval 5s"
            ),
            "{:?}",
            step.advice
        );
        // With those it fits.
        assert_eq!(judge(&samples(&[100; 5]), 500, 100_000, &pace(500, 10)).outcome, Outcome::Ok);
        let step = judge(&samples(&[3_000; 5]), 500, 100_000, &pace(500, 4));
        assert!(step.advice[0].ends_with("rounds come late: use --interval 150s"), "{:?}", step.advice);
    }

    #[test]
    fn failures_and_slowness_are_warned_of() {
        let mut some = samples(&[10, 20]);
        some.push(Err(FetchError::Timeout { after_ms: 10_000 }));
        let step = judge(&some, 5, 5, &pace(500, 4));
        assert_eq!(step.outcome, Outcome::Warning);
        assert!(
            step.details[1].starts_with("1 request failed: no whole answer within 10 s"),
            "{:?}",
            step.details
        );
        let none = vec![Err(FetchError::Timeout { after_ms: 10_000 })];
        assert_eq!(judge(&none, 5, 5, &pace(500, 4)).outcome, Outcome::Failed);
        let slow =
            judge(&samples(&[6_000]), 5, 5, &Values { interval: Duration::from_secs(60), ..pace(500, 4) });
        assert_eq!(slow.outcome, Outcome::Warning, "near the limit of 10 s");
    }
}
