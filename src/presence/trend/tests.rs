//! What is counted of answers and failures, and for how long.

use super::*;
use crate::presence::{Answer, Oddities, OperationId};

fn at(mono_ms: u64) -> Moment {
    Moment { mono_ms, unix_ms: -5 }
}

fn observation(ms: u64, took: u64, answer: Result<Answer, FetchError>) -> Observation {
    Observation {
        question: Question::OnlineStatus,
        users: std::sync::Arc::default(),
        generation: 1,
        batch: 0,
        sent: at(ms - took),
        received: at(ms),
        operation_id: OperationId("op".into()),
        server_date: None,
        wire_bytes: 300,
        oddities: Oddities::default(),
        hints: None,
        attempt: 0,
        next_ms: 0,
        answer,
    }
}

fn answer(trend: &mut Trend, ms: u64, took: u64) {
    trend.observe(&observation(ms, took, Ok(Answer::Same)), 500);
}

fn fail(trend: &mut Trend, ms: u64, error: FetchError) {
    trend.observe(&observation(ms, 10, Err(error)), 500);
}

#[test]
fn every_time_lies_in_its_bin_and_bins_are_narrow() {
    let mut before = 0;
    for ms in 0..140_000 {
        let bin = bin_of(ms);
        assert!(bin == before || bin == before + 1, "{ms}");
        before = bin;
        assert!(ms <= longest_of(bin), "{ms}");
        assert!(ms > 131_000 || longest_of(bin) - ms <= ms / 8, "{ms}");
    }
    assert_eq!(bin_of(u32::MAX), BINS - 1);
}

#[test]
fn a_bucket_tells_how_long_its_answers_took() {
    let mut trend = Trend::default();
    assert_eq!(trend.buckets(at(0)).next_back().unwrap().took(), None);
    answer(&mut trend, 10_500, 7);
    let bucket = trend.buckets(at(12_000)).next_back().unwrap();
    assert_eq!(bucket.took(), Some(Took { p50_ms: 7, p95_ms: 7, max_ms: 7 }));
    for took in 1..=1_000 {
        answer(&mut trend, 25_000, took);
    }
    let took = trend.buckets(at(25_000)).next_back().unwrap().took().unwrap();
    assert!((500..=563).contains(&took.p50_ms) && (950..=1_000).contains(&took.p95_ms), "{took:?}");
    assert_eq!(took.max_ms, 1_000);
}

#[test]
fn how_long_answers_took_is_said_of_the_last_five_minutes() {
    let mut trend = Trend::default();
    assert_eq!(trend.took(at(0)), None);
    answer(&mut trend, 1_000, 900);
    for second in 2..=25 {
        answer(&mut trend, second * 1_000, 7);
    }
    assert_eq!(trend.took(at(25_000)), Some(Took { p50_ms: 7, p95_ms: 7, max_ms: 900 }));
    // The slow one is of the first bucket, which is looked back on until this millisecond.
    assert_eq!(trend.took(at(299_999)).unwrap().max_ms, 900);
    assert_eq!(trend.took(at(300_000)).unwrap().max_ms, 7);
    assert_eq!(trend.took(at(330_000)), None);
}

#[test]
fn buckets_are_in_order_with_gaps_and_forget_what_is_older() {
    let mut trend = Trend::default();
    answer(&mut trend, 5_000, 10);
    trend.sample(&Totals { watched: 500, online: 3, ..Totals::default() }, at(5_000));
    trend.sample(&Totals { watched: 500, online: 4, ..Totals::default() }, at(9_999));
    answer(&mut trend, 31_000, 10);
    fail(&mut trend, 32_000, FetchError::Timeout { after_ms: 1 });
    let buckets: Vec<&Bucket> = trend.buckets(at(39_999)).collect();
    assert_eq!(buckets.len(), 180);
    let requests: Vec<u32> = buckets[176..].iter().map(|bucket| bucket.requests()).collect();
    assert_eq!(requests, [1, 0, 0, 2]);
    assert!(buckets[..176].iter().all(|bucket| **bucket == Bucket::default()), "before the run");
    assert_eq!(buckets[176].totals.map(|totals| totals.online), Some(4), "at its end");
    assert_eq!((buckets[179].answers, buckets[179].failures), (1, 1));
    assert_eq!(buckets[179].troubles, [(ErrorKind::Timeout, 1)]);
    assert_eq!((buckets[179].wire_bytes, buckets[179].users), (600, 1_000));

    let half_an_hour_later = at(5_000 + 30 * 60_000);
    assert_eq!(trend.buckets(half_an_hour_later).map(Bucket::requests).sum::<u32>(), 2);
    answer(&mut trend, half_an_hour_later.mono_ms, 10);
    answer(&mut trend, 6_000, 10);
    let buckets: Vec<u32> = trend.buckets(half_an_hour_later).map(Bucket::requests).collect();
    assert_eq!((buckets.iter().sum::<u32>(), buckets[179]), (3, 1), "too late to be placed");
    assert_eq!(trend.sums().requests(), 5, "but summed up");
}

#[test]
fn failures_are_counted_by_kind_and_a_server_cannot_make_them_grow_without_end() {
    let mut trend = Trend::default();
    fail(&mut trend, 1_000, FetchError::Http { status: 502 });
    for code in 0..1_000 {
        let error = FetchError::Api { code, what: "".into(), advice: "" };
        fail(&mut trend, 2_000 + code as u64, error);
        fail(&mut trend, 2_000 + code as u64, FetchError::Http { status: 502 });
    }
    let sums = trend.sums();
    assert_eq!((sums.failures, sums.answers, sums.troubles.len()), (2_001, 0, 32));
    let gateway =
        sums.troubles.iter().find(|failed| failed.trouble == ErrorKind::Http { status: 502 }).unwrap();
    assert_eq!((gateway.count, gateway.last), (1_001, at(2_999)));
    let bucket = trend.buckets(at(3_000)).next_back().unwrap();
    assert_eq!((bucket.failures, bucket.troubles.len()), (2_001, 8));
    assert_eq!((sums.wire_bytes, sums.users), (2_001 * 300, 2_001 * 500));
}

#[test]
fn questions_to_other_witnesses_are_counted_and_change_nothing_else() {
    let mut trend = Trend::default();
    answer(&mut trend, 10_500, 7);
    let mut alone = trend.clone();
    let registry =
        |answer| Observation { question: Question::UsersStatus, ..observation(11_000, 900, answer) };
    trend.observe(&registry(Ok(Answer::Registry(Vec::new()))), 500);
    trend.observe(&registry(Err(FetchError::Timeout { after_ms: 1 })), 500);
    assert_eq!(std::mem::take(&mut trend.sums.extra), 2);
    assert_eq!(trend.sums(), alone.sums());
    assert_eq!(trend.rates(at(12_000)), alone.rates(at(12_000)));
    assert!(trend.buckets(at(12_000)).eq(alone.buckets(at(12_000))));
    answer(&mut alone, 12_000, 7);
    assert_ne!(trend.sums(), alone.sums());
}

#[test]
#[expect(clippy::float_cmp, reason = "small whole numbers divided by powers of ten and five")]
fn rates_are_those_of_the_last_minute_or_of_a_run_that_is_shorter() {
    let mut trend = Trend::default();
    assert_eq!(trend.rates(at(0)), Rates::default());
    answer(&mut trend, 100_010, 10);
    assert_eq!(trend.rates(at(100_020)), Rates { requests: 1.0, users: 500.0, bytes: 300.0 });
    assert_eq!(trend.rates(at(105_000)), Rates { requests: 0.2, users: 100.0, bytes: 60.0 });
    for second in 0..100 {
        answer(&mut trend, 200_000 + second * 1_000, 10);
    }
    assert_eq!(trend.rates(at(300_000)).requests, 1.0);
    assert_eq!(trend.rates(at(400_000)), Rates::default());
}
