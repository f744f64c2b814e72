//! The schedule of the poller under virtual time: a scripted source, no socket and no real second.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use imtop::openim::Asked;
use imtop::poller::{Asking, AtOnce, Now, Pace, Poller, Source};
use imtop::presence::{Answer, Entry, FetchError, Moment, Observation, OperationId, WatchList};
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

/// What one question comes to: after how long, and whether it is an answer.
type Turn = (Duration, Result<(), FetchError>);

/// Answers each batch after its own script, then always in 10 ms.
#[derive(Default)]
struct Scripted {
    turns: Mutex<Vec<VecDeque<Turn>>>,
    /// When each question began, in ms, and about which batch.
    asked: Mutex<Vec<(u64, u32)>>,
    under_way: Mutex<(usize, usize)>,
    new_credentials: AtomicBool,
    pauses_waived: AtomicU32,
    /// Beside its script, each answer takes longer by so much.
    slow_ms: AtomicU64,
    began: std::sync::OnceLock<Instant>,
}

impl Scripted {
    fn script(self, batch: usize, turns: impl IntoIterator<Item = Turn>) -> Scripted {
        let mut all = self.turns.lock().unwrap();
        let len = all.len().max(batch + 1);
        all.resize(len, VecDeque::new());
        all[batch] = turns.into_iter().collect();
        drop(all);
        self
    }

    fn ms(&self) -> u64 {
        self.began.get_or_init(Instant::now).elapsed().as_millis() as u64
    }

    fn asked_about(&self, batch: u32) -> Vec<u64> {
        self.asked.lock().unwrap().iter().filter(|(_, of)| *of == batch).map(|(ms, _)| *ms).collect()
    }

    fn most_under_way(&self) -> usize {
        self.under_way.lock().unwrap().1
    }
}

struct UnderWay<'a>(&'a Scripted);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.lock().unwrap().0 -= 1;
    }
}

impl Source for Scripted {
    /// Counts the questions about a batch, to see that its memory comes back to it.
    type Memory = u64;

    async fn ask(&self, list: &WatchList, asked: &Asked, memory: &mut u64) -> Observation {
        let batch = asked.batch;
        self.asked.lock().unwrap().push((self.ms(), batch));
        {
            let mut under_way = self.under_way.lock().unwrap();
            under_way.0 += 1;
            under_way.1 = under_way.1.max(under_way.0);
        }
        let _under_way = UnderWay(self);
        let turn = self.turns.lock().unwrap().get_mut(batch as usize).and_then(VecDeque::pop_front);
        let (after, outcome) = turn.unwrap_or((Duration::from_millis(10), Ok(())));
        *memory += 1;
        tokio::time::sleep(after + ms(self.slow_ms.load(Ordering::Relaxed))).await;
        let seen = asked.answered(list.generation(), outcome.map(|()| Answer::Same));
        let operation_id = OperationId(format!("op-{batch}-{memory}").into());
        Observation { operation_id, wire_bytes: *memory, ..seen }
    }

    async fn credentials_changed(&self) -> bool {
        self.new_credentials.swap(false, Ordering::Relaxed)
    }

    fn waive_pause(&self) {
        self.pauses_waived.fetch_add(1, Ordering::Relaxed);
    }
}

struct Run {
    source: Arc<Scripted>,
    poller: Option<Poller>,
    observations: Receiver<Observation>,
}

const INTERVAL: Duration = Duration::from_secs(2);

fn users(batches: u32) -> Arc<WatchList> {
    Arc::new(WatchList::new(1, 1, (0..batches).map(|user| Entry::of(&user.to_string()))))
}

fn start(source: Scripted, batches: u32, concurrency: usize) -> Run {
    start_with(source, batches, Some(concurrency))
}

fn start_with(source: Scripted, batches: u32, concurrency: Option<usize>) -> Run {
    source.ms();
    let source = Arc::new(source);
    let began = *source.began.get().unwrap();
    let now: Now = Arc::new(move || {
        let mono_ms = began.elapsed().as_millis() as u64;
        Moment { mono_ms, unix_ms: mono_ms as i64 }
    });
    let pace = Pace { interval: INTERVAL, concurrency, seed: 1, asking: Asking::default() };
    let (poller, observations) = Poller::start(Arc::clone(&source), users(batches), pace, now);
    Run { source, poller: Some(poller), observations }
}

impl Run {
    /// Lets `ms` of virtual time pass and gives what was observed in it.
    async fn pass(&mut self, ms: u64) -> Vec<Observation> {
        let until = Instant::now() + Duration::from_millis(ms);
        let mut seen = Vec::new();
        while let Ok(Some(observation)) = tokio::time::timeout_at(until, self.observations.recv()).await {
            seen.push(observation);
        }
        seen
    }

    fn poller(&self) -> &Poller {
        self.poller.as_ref().unwrap()
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn timeout() -> Result<(), FetchError> {
    Err(FetchError::Timeout { after_ms: 10_000 })
}

#[tokio::test(start_paused = true)]
async fn rounds_are_measured_from_start_to_start() {
    let mut run = start(Scripted::default().script(0, [(ms(700), Ok(())), (ms(1_500), Ok(()))]), 1, 4);
    let seen = run.pass(7_000).await;
    assert_eq!(run.source.asked_about(0), [0, 2_000, 4_000, 6_000]);
    assert_eq!(seen[0].sent.mono_ms, 0);
    assert_eq!(seen[0].received.mono_ms, 700);
    assert_eq!(seen[0].next_ms, 2_000);
    assert_eq!(seen[3].wire_bytes, 4, "the batch's memory came back to it each time");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_longer_than_a_round_is_followed_at_once_and_not_made_up_for() {
    let mut run = start(Scripted::default().script(0, [(ms(5_000), Ok(()))]), 1, 4);
    run.pass(9_500).await;
    assert_eq!(run.source.asked_about(0), [0, 5_000, 7_000, 9_000]);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_for_a_month_asks_once_and_makes_up_for_nothing() {
    let mut run = start(Scripted::default(), 3, 4);
    run.pass(3_000).await;
    tokio::time::advance(Duration::from_secs(30 * 24 * 3_600)).await;
    let awake = run.source.ms();
    run.pass(5_000).await;
    for batch in 0..3 {
        let asked = run.source.asked_about(batch);
        assert_eq!(asked.iter().filter(|ms| **ms < awake).count(), 2);
        let after: Vec<u64> = asked.into_iter().filter_map(|ms| ms.checked_sub(awake)).collect();
        assert!(after.len() <= 3 && after.windows(2).all(|two| two[1] - two[0] == 2_000), "{after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_are_under_way_than_allowed() {
    let mut run = start(Scripted::default(), 10, 4);
    let seen = run.pass(1_000).await;
    assert_eq!(seen.len(), 10);
    assert_eq!(run.source.most_under_way(), 4);
    assert_eq!(seen.last().unwrap().received.mono_ms, 30);
    run.pass(2_000).await;
    assert_eq!(run.source.asked_about(9), [20, 2_020], "due with its round, asked when there is room");
}

#[tokio::test(start_paused = true)]
async fn batches_that_hang_hold_up_nobody_else() {
    let mut source = Scripted::default();
    for batch in 0..4 {
        source = source.script(batch, [(ms(10_000), timeout())]);
    }
    let mut run = start(source, 5, 4);
    let seen = run.pass(9_999).await;
    assert!(seen.iter().all(|observation| observation.batch == 4));
    assert_eq!(
        run.source.asked_about(4),
        [2_000, 4_000, 6_000, 8_000],
        "from when the four are seen to be slow"
    );
    let seen = run.pass(5).await;
    assert_eq!(seen.iter().filter(|observation| observation.answer.is_err()).count(), 4);
    assert!(run.source.most_under_way() <= 5);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_not_flooded() {
    let mut source = Scripted::default();
    for batch in 0..100 {
        source = source.script(batch, [(ms(60_000), timeout())]);
    }
    let mut run = start(source, 100, 4);
    run.pass(59_000).await;
    assert_eq!(run.source.most_under_way(), 16);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_fails_is_asked_less_and_less_often_and_the_others_as_ever() {
    let failing = std::iter::repeat_n((ms(0), timeout()), 9);
    let mut run = start(Scripted::default().script(1, failing), 2, 4);
    let seen = run.pass(120_000).await;
    let asked = run.source.asked_about(1);
    let gaps: Vec<f64> = asked.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1_000.0).collect();
    for (gap, about) in gaps.iter().zip([2.0, 4.0, 8.0, 16.0, 30.0, 30.0]) {
        assert!((about * 0.79..=about * 1.21).contains(gap), "{gaps:?}");
    }
    assert_eq!(run.source.asked_about(0).len(), 60);
    let attempts: Vec<u32> =
        seen.iter().filter(|seen| seen.batch == 1).map(|seen| seen.attempt).take(3).collect();
    assert_eq!(attempts, [1, 2, 3]);
    let announced: Vec<u64> =
        seen.iter().filter(|seen| seen.batch == 1).map(|seen| seen.next_ms).take(3).collect();
    for (said, came) in announced.iter().zip(&asked[1..]) {
        assert!(came.abs_diff(*said) <= 1, "said {said}, came {came}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_back_is_asked_about_everybody_at_once() {
    let mut source = Scripted::default();
    for batch in 0..3 {
        source = source.script(batch, std::iter::repeat_n((ms(0), timeout()), 5));
    }
    let mut run = start(source, 3, 4);
    loop {
        let seen = run.observations.recv().await.unwrap();
        if seen.answer.is_ok() {
            break;
        }
    }
    let back = run.source.ms();
    let answered = run.pass(100).await.iter().filter(|seen| seen.answer.is_ok()).count();
    assert_eq!(answered, 2, "the other two at {back}, long before their back-off ends");
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_silences_every_batch_for_as_long_as_the_server_asks() {
    let limited = Err(FetchError::RateLimited { retry_after_ms: Some(7_000) });
    let mut run = start(Scripted::default().script(0, [(ms(5), limited)]), 2, 1);
    run.pass(7_004).await;
    assert_eq!((run.source.asked_about(0), run.source.asked_about(1)), (vec![0], vec![]));
    run.pass(1_000).await;
    assert_eq!((run.source.asked_about(0).len(), run.source.asked_about(1).len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_shorter_wait_does_not_cut_a_longer_one_short() {
    let limited = |ms| Err(FetchError::RateLimited { retry_after_ms: Some(ms) });
    let source = Scripted::default()
        .script(0, [(ms(5), limited(60_000))])
        .script(1, [(ms(10), limited(5_000))])
        .script(2, [(ms(15), Err(FetchError::Unavailable { status: 503, retry_after_ms: 7_000 }))]);
    let mut run = start(source, 3, 4);
    run.pass(60_004).await;
    assert_eq!(run.source.asked.lock().unwrap().len(), 3, "each once, and then silence");
    run.pass(7_000).await;
    assert!(run.source.asked.lock().unwrap().len() > 3);
}

#[tokio::test(start_paused = true)]
async fn a_503_with_a_time_to_wait_silences_every_batch_as_a_rate_limit_does() {
    let unavailable = Err(FetchError::Unavailable { status: 503, retry_after_ms: 7_000 });
    let mut run = start(Scripted::default().script(0, [(ms(5), unavailable)]), 2, 1);
    run.pass(7_004).await;
    assert_eq!((run.source.asked_about(0), run.source.asked_about(1)), (vec![0], vec![]));
    run.pass(1_000).await;
    assert_eq!((run.source.asked_about(0).len(), run.source.asked_about(1).len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn what_an_ingress_says_while_it_reloads_costs_seconds_and_what_stays_is_asked_seldom() {
    for status in [403, 404, 408, 421, 425, 499] {
        let refused = || (ms(0), Err(FetchError::Http { status }));
        let script = [(ms(0), Ok(())), refused(), refused(), (ms(0), Ok(()))];
        let mut run = start(Scripted::default().script(0, script), 1, 4);
        let seen = run.pass(10_000).await;
        let back = seen.iter().rfind(|seen| seen.answer.is_err()).unwrap().next_ms;
        assert!(back < 10_000, "{status}: asked again at {back} ms");
        assert!(seen.last().unwrap().answer.is_ok(), "{status}");
    }
    let gone = std::iter::repeat_n((ms(0), Err(FetchError::Http { status: 404 })), 9);
    let mut run = start(Scripted::default().script(0, gone), 1, 4);
    run.pass(120_000).await;
    let asked = run.source.asked_about(0);
    let gaps: Vec<f64> = asked.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1_000.0).collect();
    for (gap, about) in gaps.iter().zip([2.0, 4.0, 8.0, 30.0, 30.0]) {
        assert!((about * 0.79..=about * 1.21).contains(gap), "{gaps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn wishes_to_poll_now_are_granted_once_however_many_they_are() {
    let mut run = start(Scripted::default().script(0, [(ms(10), Ok(())), (ms(500), Ok(()))]), 1, 4);
    run.pass(1_000).await;
    for _ in 0..50 {
        run.poller().poll_now();
    }
    run.pass(100).await;
    for _ in 0..50 {
        run.poller().poll_now(); // one is on its way; what it brings may be from before these
    }
    run.pass(900).await;
    assert_eq!(run.source.asked_about(0), [0, 1_000, 1_500]);
    run.pass(2_000).await;
    assert_eq!(run.source.asked_about(0), [0, 1_000, 1_500, 3_500], "and the rounds go on from there");
}

#[tokio::test(start_paused = true)]
async fn poll_now_cuts_a_back_off_short() {
    let refused = || Err(FetchError::Denied { code: 1002, what: "only app manager".into(), advice: "" });
    let mut run = start(Scripted::default().script(0, [(ms(0), refused()), (ms(0), refused())]), 1, 4);
    run.pass(20_000).await;
    assert_eq!(run.source.asked_about(0), [0], "a refusal does not mend by itself");
    assert_eq!(run.source.pauses_waived.load(Ordering::Relaxed), 0);
    run.poller().poll_now();
    run.pass(1_000).await;
    assert_eq!(run.source.asked_about(0), [0, 20_000]);
    run.source.new_credentials.store(true, Ordering::Relaxed);
    run.pass(1_500).await;
    assert_eq!(run.source.asked_about(0).len(), 3, "new credentials are tried within a second");
    assert_eq!(run.source.pauses_waived.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn another_interval_counts_from_now_on() {
    let mut run = start(Scripted::default(), 1, 4);
    run.pass(4_500).await;
    run.poller().set_interval(ms(500));
    run.pass(1_100).await;
    assert_eq!(run.source.asked_about(0), [0, 2_000, 4_000, 4_500, 5_000, 5_500]);
    run.poller().set_interval(ms(10_000));
    run.pass(20_000).await;
    assert_eq!(run.source.asked_about(0)[6..], [6_000, 16_000]);
}

#[tokio::test(start_paused = true)]
async fn another_watch_list_is_asked_about_at_once_and_the_old_one_no_more() {
    let mut run = start(Scripted::default().script(0, [(ms(9_000), Ok(()))]), 1, 4);
    run.pass(1_000).await;
    let next = WatchList::new(2, 1, ["x", "y"].map(Entry::of));
    run.poller().watch(Arc::new(next));
    let seen = run.pass(20_000).await;
    assert!(seen.iter().all(|seen| seen.generation == 2));
    assert_eq!(run.source.asked_about(0)[1], 1_000);
    assert_eq!(seen[0].wire_bytes, 1, "nothing is remembered of the old batch");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_handle_ends_everything_under_way() {
    let mut run = start(Scripted::default().script(0, [(ms(60_000), Ok(()))]), 1, 4);
    run.pass(100).await;
    assert_eq!(run.source.under_way.lock().unwrap().0, 1);
    run.poller = None;
    assert_eq!(run.observations.recv().await, None);
    tokio::time::sleep(ms(1)).await;
    assert_eq!(run.source.under_way.lock().unwrap().0, 0);
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_asks_nothing() {
    let mut run = start(Scripted::default(), 0, 4);
    assert_eq!(run.pass(60_000).await, []);
    assert_eq!(*run.source.asked.lock().unwrap(), []);
}

/// A server that answers in 10 ms, however many ask: how long a round of 2,000 batches takes.
async fn round_of(concurrency: Option<usize>) -> (Run, u64) {
    let mut run = start_with(Scripted::default(), 2_000, concurrency);
    let mut seen = 0;
    while seen < 2_000 {
        run.observations.recv().await.unwrap();
        seen += 1;
    }
    let took = run.source.ms();
    (run, took)
}

#[tokio::test(start_paused = true)]
async fn no_lane_is_idle_while_a_batch_waits() {
    let (run, took) = round_of(Some(4)).await;
    assert_eq!((took, run.source.most_under_way()), (5_000, 4), "2,000 times 10 ms, four at a time");
    assert!(
        run.source.asked.lock().unwrap().chunks(4).all(|four| four.iter().all(|(ms, _)| *ms == four[0].0))
    );
    assert_eq!(run.poller().at_once(), AtOnce { requests: 4, adapts: false });
}

#[tokio::test(start_paused = true)]
async fn a_long_list_is_asked_about_by_more_requests_while_answers_stay_quick() {
    let (mut run, took) = round_of(None).await;
    assert!(took < 2_000, "{took}");
    assert_eq!(run.poller().at_once(), AtOnce { requests: 32, adapts: true });
    run.source.slow_ms.store(200, Ordering::Relaxed);
    run.pass(20_000).await;
    assert!(run.poller().at_once().requests <= 4, "{:?}", run.poller().at_once());
    let mut short = start_with(Scripted::default(), 4, None);
    short.pass(20_000).await;
    assert_eq!(short.poller().at_once(), AtOnce { requests: 4, adapts: true }, "there is no work for more");
}

#[tokio::test(start_paused = true)]
async fn rounds_that_do_not_fit_the_interval_follow_one_another() {
    let mut run = start(Scripted::default(), 2_000, 4);
    run.poller().set_interval(ms(100));
    run.pass(20_500).await;
    assert_eq!(run.source.asked_about(0), [0, 5_000, 10_000, 15_000, 20_000]);
    assert_eq!(run.source.asked_about(1_999), [4_990, 9_990, 14_990, 19_990]);
}
