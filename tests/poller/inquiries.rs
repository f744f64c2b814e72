//! When the witnesses are asked about whom, under virtual time: a scripted source and a real poller.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use imtop::openim;
use imtop::poller::{Asking, Now, Pace, Poller, Source};
use imtop::presence::{
    Answer, Entry, FetchError, Moment, Observation, OperationId, Question, Rechecks, SilenceChanges, UserIx,
    UserStatus, WatchList,
};
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

/// One question to a witness: when, in ms, which, and about whom.
#[derive(Clone, Debug)]
struct Asked {
    ms: u64,
    question: Question,
    users: Vec<u32>,
}

/// Answers everything in 10 ms, unless a script for the question says otherwise.
struct Scripted {
    scripts: Mutex<BTreeMap<Question, VecDeque<FetchError>>>,
    took: Duration,
    asked: Mutex<Vec<Asked>>,
    /// Questions to the sockets, and users in them.
    sockets: Mutex<(u64, u64)>,
    under_way: Mutex<(usize, usize)>,
    credentials: AtomicU64,
    /// The sockets leave out every so many-th user; 0: they say what they said before.
    leaves_out: AtomicU64,
    began: Instant,
}

fn heard(list: &WatchList, asked: &openim::Asked, answer: Result<Answer, FetchError>) -> Observation {
    let seen = asked.answered(list.generation(), answer);
    Observation { operation_id: OperationId("op".into()), wire_bytes: 1, ..seen }
}

impl Source for Scripted {
    type Memory = ();

    async fn ask(&self, list: &WatchList, asked: &openim::Asked, (): &mut ()) -> Observation {
        let question = asked.question;
        if question == Question::OnlineStatus {
            let users = list.batch(asked.batch);
            let mut sockets = self.sockets.lock().unwrap();
            *sockets = (sockets.0 + 1, sockets.1 + users.len() as u64);
            let every = self.leaves_out.load(Ordering::Relaxed) as usize;
            if every == 0 {
                return heard(list, asked, Ok(Answer::Same));
            }
            let left_out = users.step_by(every).map(|user| (UserIx(user), UserStatus::Offline));
            return heard(list, asked, Ok(Answer::Changed(left_out.collect())));
        }
        let ms = self.began.elapsed().as_millis() as u64;
        let users = asked.users.iter().map(|user| user.0).collect();
        self.asked.lock().unwrap().push(Asked { ms, question, users });
        {
            let mut under_way = self.under_way.lock().unwrap();
            under_way.0 += 1;
            under_way.1 = under_way.1.max(under_way.0);
        }
        tokio::time::sleep(self.took).await;
        self.under_way.lock().unwrap().0 -= 1;
        let failure = self.scripts.lock().unwrap().get_mut(&question).and_then(VecDeque::pop_front);
        let answer = match (failure, question) {
            (Some(failure), _) => Err(failure),
            (None, Question::Gateways) => Ok(Answer::Gateways(Vec::new())),
            (None, Question::TokenDetail) => Ok(Answer::Tokens(Vec::new())),
            (None, Question::AccountCheck) => Ok(Answer::Unregistered(Vec::new())),
            (None, _) => Ok(Answer::Registry(Vec::new())),
        };
        heard(list, asked, answer)
    }

    fn credentials_in_use(&self) -> u64 {
        self.credentials.load(Ordering::Relaxed)
    }
}

struct Run {
    source: Arc<Scripted>,
    poller: Option<Poller>,
    observations: Receiver<Observation>,
}

const INTERVAL: Duration = Duration::from_secs(2);
const ALL: Asking = Asking { registry: true, gateways: true, extra_percent: 5 };
const REGISTRY: Asking = Asking { registry: true, gateways: false, extra_percent: 0 };

fn list(generation: u32, users: u32) -> Arc<WatchList> {
    Arc::new(WatchList::new(generation, 500, (0..users).map(|user| Entry::of(&user.to_string()))))
}

fn start_with(users: u32, asking: Asking, took: Duration, scripts: &[(Question, &[FetchError])]) -> Run {
    let began = Instant::now();
    let scripts =
        scripts.iter().map(|(question, script)| (*question, script.iter().cloned().collect())).collect();
    let source = Arc::new(Scripted {
        scripts: Mutex::new(scripts),
        took,
        asked: Mutex::default(),
        sockets: Mutex::default(),
        under_way: Mutex::default(),
        credentials: AtomicU64::new(0),
        leaves_out: AtomicU64::new(0),
        began,
    });
    let now: Now = Arc::new(move || {
        let mono_ms = began.elapsed().as_millis() as u64;
        Moment { mono_ms, unix_ms: mono_ms as i64 }
    });
    let pace = Pace { interval: INTERVAL, concurrency: Some(4), seed: 1, asking };
    let (poller, observations) = Poller::start(Arc::clone(&source), list(1, users), pace, now);
    Run { source, poller: Some(poller), observations }
}

fn start(users: u32, asking: Asking) -> Run {
    start_with(users, asking, Duration::from_millis(10), &[])
}

impl Run {
    /// Lets `ms` of virtual time pass and gives what the witnesses said in it.
    async fn pass(&mut self, ms: u64) -> Vec<Observation> {
        let until = Instant::now() + Duration::from_millis(ms);
        let mut seen = Vec::new();
        while let Ok(Some(observation)) = tokio::time::timeout_at(until, self.observations.recv()).await {
            if observation.question != Question::OnlineStatus {
                seen.push(observation);
            }
        }
        seen
    }

    fn begin(&self, users: impl IntoIterator<Item = u32>) {
        self.doubt(Rechecks { begun: users.into_iter().map(UserIx).collect(), ..Rechecks::default() });
    }

    fn settle(&self, users: impl IntoIterator<Item = u32>) {
        self.doubt(Rechecks { settled: users.into_iter().map(UserIx).collect(), ..Rechecks::default() });
    }

    fn loss(&self, loss: bool) {
        self.doubt(Rechecks { loss: Some(loss), ..Rechecks::default() });
    }

    fn doubt(&self, doubts: Rechecks) {
        self.poller.as_ref().unwrap().inquire(1, doubts);
    }

    fn asked(&self, question: Question) -> Vec<Asked> {
        self.source.asked.lock().unwrap().iter().filter(|asked| asked.question == question).cloned().collect()
    }

    fn times(&self, question: Question) -> Vec<u64> {
        self.asked(question).iter().map(|asked| asked.ms).collect()
    }
}

fn timeout() -> FetchError {
    FetchError::Timeout { after_ms: 10_000 }
}

fn denied() -> FetchError {
    FetchError::Denied { code: 1002, what: "no".into(), advice: "" }
}

#[tokio::test(start_paused = true)]
async fn the_registry_is_asked_at_once_again_soon_and_then_once_a_round_until_all_is_settled() {
    let mut run = start(10, REGISTRY);
    run.pass(1_000).await;
    run.begin([3, 1]);
    let seen = run.pass(11_000).await;
    assert_eq!(run.times(Question::UsersStatus), [1_000, 1_500, 2_000, 3_000, 5_000, 7_000, 9_000, 11_000]);
    assert_eq!(run.asked(Question::UsersStatus)[0].users, [1, 3]);
    let first = &seen[0];
    assert_eq!((first.question, first.generation, first.batch), (Question::UsersStatus, 1, 0));
    assert_eq!(*first.users, [UserIx(1), UserIx(3)]);
    assert_eq!((first.sent.mono_ms, first.received.mono_ms, first.next_ms), (1_000, 1_010, 1_500));
    run.settle([1, 3]);
    run.pass(60_000).await;
    assert_eq!(run.times(Question::UsersStatus).len(), 8);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_due_soon_goes_along_and_nobody_is_asked_about_twice() {
    let mut run = start(10, REGISTRY);
    run.pass(1_000).await;
    run.begin([1]);
    run.pass(30).await;
    run.begin([2]);
    run.begin([2, 3]);
    run.pass(980).await;
    let asked: Vec<_> =
        run.asked(Question::UsersStatus).into_iter().map(|asked| (asked.ms, asked.users)).collect();
    assert_eq!(
        asked,
        [(1_000, vec![1]), (1_030, vec![2, 3]), (1_500, vec![1, 2, 3]), (2_000, vec![1, 2, 3])]
    );
}

#[tokio::test(start_paused = true)]
async fn a_doubt_that_begins_anew_is_asked_about_at_once() {
    let mut run = start(10, REGISTRY);
    run.begin([1]);
    run.pass(8_000).await;
    run.settle([1]);
    run.pass(100).await;
    run.begin([1]);
    run.pass(600).await;
    assert_eq!(run.times(Question::UsersStatus)[6..], [8_100, 8_600]);
}

#[tokio::test(start_paused = true)]
async fn when_everybody_is_in_doubt_at_once_each_has_a_first_answer_before_any_has_a_third() {
    let mut run = start(100_000, REGISTRY);
    run.pass(10).await;
    run.begin(0..100_000);
    run.pass(51_000).await;
    let asked = run.asked(Question::UsersStatus);
    let mut times = vec![0_u32; 100_000];
    let mut first_of_all = None;
    for question in &asked {
        assert!(question.users.len() <= 500);
        for user in &question.users {
            times[*user as usize] += 1;
        }
        if first_of_all.is_none() {
            assert!(times.iter().all(|times| *times < 3));
            first_of_all = times.iter().all(|times| *times > 0).then_some(question.ms);
        }
    }
    assert!(first_of_all.is_some_and(|ms| ms <= 51_000), "{first_of_all:?}");
    for (at, question) in asked.iter().enumerate() {
        let second = asked[at..].iter().take_while(|later| later.ms < question.ms + 1_000);
        let users: usize = second.map(|asked| asked.users.len()).sum();
        assert!(users <= 2_000, "{users} users in the second from {} ms", question.ms);
    }
    assert!(run.source.under_way.lock().unwrap().1 <= 2);
    let rounds = run.source.sockets.lock().unwrap().0 / 200;
    assert!((25..=26).contains(&rounds), "the sockets have had all their {rounds} rounds");
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_is_slow_has_two_questions_at_a_time_and_holds_up_nobody_else() {
    let mut run = start_with(5_000, REGISTRY, Duration::from_secs(3), &[]);
    run.begin(0..5_000);
    run.pass(2_900).await;
    assert_eq!(run.times(Question::UsersStatus), [0, 0]);
    assert_eq!(run.source.sockets.lock().unwrap().0, 20);
}

#[tokio::test(start_paused = true)]
async fn a_doubt_that_lasts_is_put_to_the_tokens_too() {
    let mut run = start(10, REGISTRY);
    run.begin([1, 2]);
    run.pass(3_000).await;
    run.settle([2]);
    run.pass(67_500).await;
    let asked = run.asked(Question::TokenDetail);
    assert_eq!(run.times(Question::TokenDetail), [5_000, 35_000, 65_000]);
    assert!(asked.iter().all(|asked| asked.users == [1]));
}

#[tokio::test(start_paused = true)]
async fn strangers_are_checked_once_and_after_whom_there_is_doubt_about() {
    let mut run = start(2_000, REGISTRY);
    let unverified = |users: std::ops::Range<u32>| users.map(UserIx).collect::<Vec<_>>();
    run.doubt(Rechecks {
        begun: unverified(0..1_000),
        unverified: unverified(0..1_200),
        ..Rechecks::default()
    });
    run.pass(490).await;
    let first = run.source.asked.lock().unwrap()[..2].iter().map(|asked| asked.question).collect::<Vec<_>>();
    assert_eq!(first, [Question::UsersStatus; 2], "those in doubt come first");
    run.settle(0..1_000);
    run.pass(5_000).await;
    run.doubt(Rechecks { unverified: unverified(1_100..1_300), ..Rechecks::default() });
    run.pass(60_000).await;
    let asked = run.asked(Question::AccountCheck);
    let about: Vec<usize> = asked.iter().map(|asked| asked.users.len()).collect();
    assert_eq!(about, [500, 500, 200, 100]);
    let all: std::collections::BTreeSet<u32> = asked.iter().flat_map(|asked| asked.users.clone()).collect();
    assert_eq!(all.len(), 1_300);
    for pair in asked.windows(2) {
        assert!(pair[1].ms - pair[0].ms >= pair[0].users.len() as u64 / 2, "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_calm_hour_the_rotation_costs_a_twentieth_and_comes_round() {
    for users in [1, 700, 20_000] {
        let mut run = start(users, ALL);
        run.pass(3_600_000).await;
        let (questions, asked_about) = *run.source.sockets.lock().unwrap();
        let asked = run.source.asked.lock().unwrap().clone();
        let extra: u64 = asked.iter().map(|asked| asked.users.len() as u64).sum();
        // One may be paid in advance.
        assert!((asked.len() as u64 - 1) * 20 <= questions, "{} beside {questions}", asked.len());
        assert!(extra * 20 <= asked_about, "{extra} beside {asked_about}");
        for question in [Question::UsersStatus, Question::TokenDetail] {
            let about: std::collections::BTreeSet<u32> =
                run.asked(question).into_iter().flat_map(|asked| asked.users).collect();
            assert_eq!(about.len() as u32, users, "everybody had a turn with {question:?}");
        }
        // What is allowed is made use of.
        assert!(extra * 40 >= asked_about || asked.len() as u64 * 25 >= questions, "{extra} {}", asked.len());
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_rotates_while_a_loss_is_suspected_nor_where_there_is_no_share() {
    let mut run = start(20_000, ALL);
    run.loss(true);
    run.pass(60_000).await;
    assert_eq!(run.asked(Question::UsersStatus).len() + run.asked(Question::TokenDetail).len(), 0);
    run.loss(false);
    run.pass(60_000).await;
    assert!(run.asked(Question::UsersStatus).len() > 5);
    let mut none = start(20_000, REGISTRY);
    none.pass(600_000).await;
    assert_eq!(none.source.asked.lock().unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn gateways_are_asked_at_the_start_each_minute_and_each_round_of_a_suspected_loss() {
    let mut run = start(10, Asking { registry: false, ..ALL });
    run.pass(130_000).await;
    assert_eq!(run.times(Question::Gateways), [0, 60_000, 120_000]);
    run.loss(true);
    run.pass(6_500).await;
    assert_eq!(run.times(Question::Gateways)[3..], [130_000, 132_000, 134_000, 136_000]);
    run.loss(false);
    run.pass(60_000).await;
    assert_eq!(
        run.times(Question::Gateways)[7..],
        [138_000],
        "then one of calm, and the next a minute later"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_remembered_until_the_user_asks_or_the_credentials_change() {
    for refusal in [denied(), FetchError::Http { status: 404 }] {
        let script: &[_] = &[refusal.clone(), refusal.clone()];
        let mut run = start_with(10, REGISTRY, Duration::from_millis(10), &[(Question::UsersStatus, script)]);
        run.begin([1, 2]);
        let seen = run.pass(4_000).await;
        assert_eq!(run.times(Question::UsersStatus), [0]);
        assert_eq!(seen[0].answer, Err(refusal), "the roster hears of it");
        assert_eq!((*seen[0].users).len(), 2);
        run.pass(600_000).await;
        assert_eq!(run.times(Question::UsersStatus), [0]);
        assert!(run.times(Question::TokenDetail).len() > 10, "the others are asked as ever");
        run.poller.as_ref().unwrap().poll_now();
        run.pass(600_000).await;
        assert_eq!(run.times(Question::UsersStatus).len(), 2);
        run.source.credentials.store(1, Ordering::Relaxed);
        run.pass(3_000).await;
        assert!(run.times(Question::UsersStatus).len() >= 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_has_answered_is_not_given_up_for_a_reload_of_the_proxy() {
    let mut run = start(10, REGISTRY);
    run.begin([1, 2]);
    run.pass(4_000).await;
    assert!(run.times(Question::UsersStatus).len() > 1, "it answers");
    let lacking = |times| std::iter::repeat_n(FetchError::Http { status: 404 }, times).collect();
    run.source.scripts.lock().unwrap().insert(Question::UsersStatus, lacking(2));
    let seen = run.pass(12_000).await;
    let failures = seen.iter().filter(|seen| seen.answer.is_err()).count();
    assert_eq!(failures, 2);
    assert!(seen.iter().rfind(|it| it.question == Question::UsersStatus).unwrap().answer.is_ok());
    run.source.scripts.lock().unwrap().insert(Question::UsersStatus, lacking(5));
    let seen = run.pass(120_000).await;
    let failed: Vec<u64> = seen.iter().filter(|it| it.answer.is_err()).map(|it| it.sent.mono_ms).collect();
    let gaps: Vec<u64> = failed.windows(2).map(|pair| (pair[1] - pair[0]).div_ceil(1_000)).collect();
    assert!(gaps[..3].iter().sum::<u64>() < 12 && gaps[3] == 31, "quick tries, then seldom: {gaps:?}");
    assert!(seen.last().unwrap().answer.is_ok(), "and it is heard when it is back");
}

#[tokio::test(start_paused = true)]
async fn a_witness_that_fails_is_asked_less_and_less_often_and_each_failure_is_told() {
    let script = vec![timeout(); 7];
    let mut run = start_with(500, REGISTRY, Duration::ZERO, &[(Question::UsersStatus, &script)]);
    run.begin(0..500);
    let seen = run.pass(120_000).await;
    let times = run.times(Question::UsersStatus);
    let gaps: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1_000.0).collect();
    for (gap, about) in gaps.iter().zip([1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]) {
        assert!((about * 0.79..=about * 1.21).contains(gap), "{gaps:?}");
    }
    let failures: Vec<u32> =
        seen.iter().filter(|seen| seen.answer.is_err()).map(|seen| seen.attempt).collect();
    assert_eq!(failures, [1, 2, 3, 4, 5, 6, 7]);
    assert!(gaps[7..12].iter().all(|gap| *gap <= 2.0), "then as usual again: {gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_on_a_witness_silences_the_sockets_as_well() {
    let limited = [FetchError::RateLimited { retry_after_ms: Some(7_000) }];
    let script: &[(Question, &[FetchError])] = &[(Question::UsersStatus, &limited)];
    let mut run = start_with(10, REGISTRY, Duration::from_millis(10), script);
    run.begin([1]);
    run.pass(7_009).await;
    assert_eq!(run.source.sockets.lock().unwrap().0, 1);
    assert_eq!(run.times(Question::UsersStatus), [0]);
    run.pass(1_500).await;
    assert!(run.source.sockets.lock().unwrap().0 >= 2);
    assert!(run.times(Question::UsersStatus).len() >= 2);
}

#[tokio::test(start_paused = true)]
async fn another_list_forgets_the_doubts_and_what_is_said_of_the_old_one_is_not_heard() {
    let mut run = start_with(500, REGISTRY, Duration::from_millis(400), &[]);
    run.begin(0..500);
    run.pass(100).await;
    run.poller.as_ref().unwrap().watch(list(2, 5));
    run.begin([1]); // of generation 1
    let seen = run.pass(20_000).await;
    assert_eq!(run.times(Question::UsersStatus), [0]);
    assert_eq!(seen, [], "nor what was under way");
    let doubts = Rechecks { begun: [4, 7].map(UserIx).into(), ..Rechecks::default() };
    run.poller.as_ref().unwrap().inquire(2, doubts);
    let seen = run.pass(450).await;
    assert_eq!(run.asked(Question::UsersStatus)[1].users, [4], "7 is not on it");
    assert_eq!(seen[0].generation, 2);
}

#[tokio::test(start_paused = true)]
async fn who_asks_no_witness_asks_none() {
    let mut run = start(1_000, Asking::default());
    run.begin(0..1_000);
    run.doubt(Rechecks { unverified: vec![UserIx(1)], loss: Some(true), ..Rechecks::default() });
    run.pass(60_000).await;
    assert_eq!(run.source.asked.lock().unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_handle_ends_the_witnesses_questions_too() {
    let mut run = start_with(10, REGISTRY, Duration::from_secs(60), &[]);
    run.begin([1]);
    run.pass(100).await;
    assert_eq!(Arc::strong_count(&run.source), 3, "ours, the poller's, the question's");
    run.poller = None;
    while run.observations.recv().await.is_some() {}
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(Arc::strong_count(&run.source), 1);
}

#[tokio::test(start_paused = true)]
async fn while_a_loss_is_suspected_everybody_who_is_called_offline_is_looked_for() {
    let mut run = start(1_200, REGISTRY);
    run.source.leaves_out.store(2, Ordering::Relaxed);
    run.pass(3_000).await;
    assert_eq!(run.asked(Question::UsersStatus).len(), 0);
    run.doubt(Rechecks { loss: Some(true), ..Rechecks::default() });
    run.pass(10_000).await;
    let asked = run.asked(Question::UsersStatus);
    let about: std::collections::BTreeSet<u32> = asked.iter().flat_map(|asked| asked.users.clone()).collect();
    assert!(
        about.iter().copied().eq((0..1_200).step_by(2)),
        "everybody whom the sockets leave out, and nobody else"
    );
    assert!(asked.iter().all(|asked| asked.users.len() <= 500));
    run.doubt(Rechecks { loss: Some(false), ..Rechecks::default() });
    let before = run.asked(Question::UsersStatus).len();
    run.pass(5_000).await;
    assert!(run.asked(Question::UsersStatus).len() <= before + 1, "all is well again");
}

#[tokio::test(start_paused = true)]
async fn accounts_that_are_slow_to_check_do_not_hold_up_the_registry() {
    let mut run = start_with(5_000, REGISTRY, Duration::from_secs(5), &[]);
    run.doubt(Rechecks { unverified: (0..5_000).map(UserIx).collect(), ..Rechecks::default() });
    run.pass(2_000).await;
    assert_eq!(run.times(Question::AccountCheck).len(), 1, "one at a time");
    run.begin([1]);
    run.pass(10).await;
    assert_eq!(run.times(Question::UsersStatus), [2_000]);
}

#[tokio::test(start_paused = true)]
async fn whose_check_failed_is_checked_after_the_others() {
    let mut run =
        start_with(7, REGISTRY, Duration::from_millis(10), &[(Question::AccountCheck, &[timeout()])]);
    let unverified = |run: &Run, users: &[u32]| {
        let unverified = users.iter().copied().map(UserIx).collect();
        run.doubt(Rechecks { unverified, ..Rechecks::default() });
    };
    unverified(&run, &[0, 1, 2]);
    run.pass(5).await;
    unverified(&run, &[4, 5]);
    run.pass(60_000).await;
    let asked: Vec<_> = run.asked(Question::AccountCheck).into_iter().map(|asked| asked.users).collect();
    assert_eq!(asked, [vec![0, 1, 2], vec![4, 5], vec![0, 1, 2]]);
}

fn silence(batches: &[(u32, bool)]) -> Rechecks {
    Rechecks {
        silence: SilenceChanges { batches: batches.to_vec(), users: Vec::new() },
        ..Rechecks::default()
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_sockets_are_silent_the_registry_is_asked_about_their_users_once_an_interval() {
    let mut run = start(1_200, ALL);
    run.pass(1_000).await;
    let before = run.asked(Question::UsersStatus).len();
    run.doubt(silence(&[(1, true), (2, true)]));
    run.pass(3_900).await;
    let asked = run.asked(Question::UsersStatus);
    let asked: Vec<_> = asked[before..].iter().map(|it| (it.ms, it.users[0], it.users.len())).collect();
    // A moment later, so that batches that fail together are asked about together.
    assert_eq!(asked, [(1_050, 500, 500), (1_050, 1_000, 200), (3_050, 500, 500), (3_050, 1_000, 200)]);
    // The gateways say at once whether one of them hangs, the tokens would hang with the sockets.
    assert_eq!(run.times(Question::Gateways), [0, 1_000, 3_000]);
    assert_eq!(run.times(Question::TokenDetail), [0_u64; 0]);
    run.doubt(silence(&[(1, false)]));
    run.pass(2_000).await;
    let last = run.asked(Question::UsersStatus).pop().unwrap();
    assert_eq!((last.ms, last.users[0], last.users.len()), (5_050, 1_000, 200));
    run.doubt(silence(&[(2, false)]));
    run.pass(1_500).await;
    assert_eq!(run.asked(Question::UsersStatus).pop().unwrap().ms, 5_050);
}

#[tokio::test(start_paused = true)]
async fn a_user_whom_answers_leave_out_is_asked_about_alone() {
    let mut run = start(10, REGISTRY);
    run.pass(1_000).await;
    let users = |is_silent| Rechecks {
        silence: SilenceChanges { batches: Vec::new(), users: vec![(UserIx(7), is_silent)] },
        ..Rechecks::default()
    };
    run.doubt(users(true));
    run.pass(3_000).await;
    run.doubt(users(false));
    run.pass(9_000).await;
    let asked: Vec<_> = run.asked(Question::UsersStatus).into_iter().map(|it| (it.ms, it.users)).collect();
    assert_eq!(asked, [(1_050, vec![7]), (3_050, vec![7])]);
}

#[tokio::test(start_paused = true)]
async fn those_on_the_screen_come_first_and_no_more_than_two_thousand_a_second() {
    let mut run = start(20_000, REGISTRY);
    run.pass(1_000).await;
    run.poller.as_ref().unwrap().ask_first(1, vec![UserIx(19_990), UserIx(3)]);
    let all: Vec<(u32, bool)> = (0..40).map(|batch| (batch, true)).collect();
    run.doubt(silence(&all));
    run.pass(9_000).await;
    let asked = run.asked(Question::UsersStatus);
    assert_eq!((asked[0].ms, &*asked[0].users), (1_050, &[3, 19_990][..]));
    let first: Vec<u64> = asked.iter().filter(|it| it.users.len() == 2).map(|it| it.ms / 1_000).collect();
    assert!(first.len() >= 4, "{first:?}");
    for second in 1..9 {
        let users: usize = asked.iter().filter(|it| it.ms / 1_000 == second).map(|it| it.users.len()).sum();
        assert!((1_000..=2_002).contains(&users), "{users} in second {second}");
    }
    let mut seen: Vec<u32> = asked.iter().flat_map(|it| it.users.clone()).collect();
    seen.sort_unstable();
    seen.dedup();
    assert!(seen.len() > 14_000, "everybody has a turn: {}", seen.len());
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_is_asked_about_after_ten_seconds_and_what_is_lacked_again_after_five() {
    let mut run = start(2_000, ALL);
    run.pass(60_000).await;
    let logins = |users: &[u32]| Rechecks {
        new_connections: users.iter().map(|user| UserIx(*user)).collect(),
        ..Rechecks::default()
    };
    let of = |run: &Run, user: u32, since: u64| {
        let asked = run.asked(Question::UsersStatus);
        asked.iter().filter(|it| it.ms >= since && it.users.contains(&user)).map(|it| it.ms).min()
    };
    run.doubt(logins(&[1_999]));
    run.pass(40_000).await;
    let first = of(&run, 1_999, 70_000).unwrap();
    assert!((70_100..90_000).contains(&first), "{first}");
    assert!(of(&run, 1_999, 60_001).unwrap() >= 70_000 || first < 90_000);
    run.doubt(Rechecks { lacking: vec![(UserIx(1_999), false)], ..Rechecks::default() });
    let from = 100_000;
    run.pass(40_000).await;
    let again = of(&run, 1_999, from + 5_000).unwrap();
    assert!(again < from + 25_000, "{again}");
}

#[tokio::test(start_paused = true)]
async fn of_what_is_unseen_the_tokens_are_asked_in_the_same_round() {
    let mut run = start(10, REGISTRY);
    run.pass(1_000).await;
    run.doubt(Rechecks { begun: vec![UserIx(4), UserIx(5)], unseen: vec![UserIx(4)], ..Rechecks::default() });
    run.pass(1_000).await;
    let asked: Vec<_> = run.asked(Question::TokenDetail).into_iter().map(|it| (it.ms, it.users)).collect();
    assert_eq!(asked, [(1_000, vec![4])]);
    run.pass(4_500).await;
    assert_eq!(run.asked(Question::TokenDetail).pop().unwrap().users, [5], "the other one after 5 s");
}
