//! Which witness is asked about whom, and when: pure bookkeeping, told the time by the poller.
//!
//! Whoever is in doubt is asked about at once, again soon, and then once an interval; whoever is due
//! first is asked about first, so that nobody is asked about for the third time while somebody else
//! waits for the first. While a loss of view is suspected, the registry is asked about everybody whom
//! the sockets call offline, in turns: whoever comes to a gateway that is out of reach never shows
//! otherwise. While the sockets give no answer about somebody, the registry is asked in their place:
//! about those on the screen first, then about the rest in turns. New users are checked once. What is
//! left of a small share of the sockets' questions goes into a slow rotation through the whole list.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use super::asking::Asking;
use super::backoff;
use super::new_connections::NewConnections;
use super::silent_users::SilentUsers;
use crate::openim::Asked;
use crate::presence::{
    FetchError, GatewaySign, LifeSign, Question, REGISTRY_USERS_A_SECOND, Rechecks, Retry, UserIx, UserSet,
    UserStatus,
};

/// Users in one question, at most: the registry looks each of them up by itself.
const MOST_USERS: usize = 500;
/// No more users are asked about in any second.
const USERS_A_SECOND: u32 = REGISTRY_USERS_A_SECOND;
/// Of them at most so many of whom there is no doubt, so that there is always room for those in doubt:
/// so many while a loss of view is suspected,
const SEARCHED_A_SECOND: u32 = 1_000;
/// and so many while the registry contradicts the sockets about a few: it may be a small loss.
const SEARCHED_CALMLY: u32 = 100;
/// Questions about users under way at the same time.
const LANES: usize = 2;
/// Whoever is due within so long goes along.
const TOGETHER: Duration = Duration::from_millis(50);
/// When the registry is asked again about somebody, counted from the beginning of the doubt; then once
/// an interval.
const AGAIN: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// Whoever is in doubt for so long, while no loss of view is suspected, is asked about within the share that the rotation
/// has: mostly it is an entry that lives on for half an hour.
const OLD: Duration = Duration::from_secs(60);
/// And so often at most.
const OLD_AGAIN: Duration = Duration::from_secs(10);
/// Whoever is in doubt for so long is asked about at the tokens as well.
const TOKENS_AFTER: Duration = Duration::from_secs(5);
/// And again after so long.
const TOKENS_EVERY: Duration = Duration::from_secs(30);
/// The registry has to know a connection that was first seen so long ago.
const SETTLED: Duration = Duration::from_millis(10_100);
/// What it lacks is asked about once more after so long,
const LACKED_AGAIN: Duration = Duration::from_millis(5_100);
/// and then so often until it is there.
const LACKED_EVERY: Duration = Duration::from_secs(15);
/// How often the gateways are asked for a sign of life while all is well.
const BASELINE: Duration = Duration::from_secs(60);
/// How often while one of them does not answer.
const AILING: Duration = Duration::from_secs(5);
/// How often at most while users are missing.
const QUICKEST: Duration = Duration::from_secs(1);
/// A second, and what two readings of the clock may differ by.
const SECOND: Duration = Duration::from_millis(1_001);
/// First pause after a failure; it doubles.
const RETRY: Duration = Duration::from_secs(1);
/// A witness is waited for while somebody is in doubt: it is not left alone for longer than this.
const LONGEST_RETRY: Duration = Duration::from_secs(8);
/// No more questions are saved up for the rotation: a pause is not made up for.
const SAVED: f64 = 4.0;

/// Which witness is asked about whom, and when.
pub(super) struct Inquiries {
    asking: Asking,
    interval: Duration,
    /// Users of the list, and of one question.
    users: u32,
    chunk: usize,
    doubts: HashMap<UserIx, InDoubt>,
    /// Those in doubt who wait to be asked about at the registry.
    registry: BTreeSet<(Instant, UserIx)>,
    /// And at the tokens.
    tokens: BTreeSet<(Instant, UserIx)>,
    /// Those who are to be checked, and those who ever were.
    unverified: UserSet,
    known: UserSet,
    /// The next of them to be checked is this one, or one after it.
    next_unverified: usize,
    gateways_due: Instant,
    /// Whether one of them did not answer when they were asked last.
    ailing: bool,
    /// Whether a loss of view is suspected.
    losing: bool,
    /// Whether the registry is asked about everybody whom the sockets leave out, as fast as may be.
    everybody: bool,
    rotation: Rotation,
    search: Search,
    silent: SilentUsers,
    new_connections: NewConnections,
    /// Those in doubt for long whom the sockets leave out.
    lasting: usize,
    /// How many users were asked about when, in the last second.
    asked: VecDeque<(Instant, usize)>,
    /// The next question about users of whom there is no doubt may begin then.
    free: Instant,
    lines: HashMap<Question, Line>,
    random: fastrand::Rng,
}

/// Since when somebody is in doubt, and when they are asked about; `None` while they are.
struct InDoubt {
    begun: Instant,
    registry: Option<Instant>,
    tokens: Option<Instant>,
    /// The sockets leave the user out, and that for long.
    is_lasting: bool,
}

/// How it goes with one witness.
#[derive(Clone, Copy, Default)]
struct Line {
    under_way: usize,
    failures: u32,
    /// It is left alone until then.
    until: Option<Instant>,
    /// The server lacks or refuses the question.
    refused: bool,
    /// It was heard from, if only to fail: what it says no more may come back.
    heard: bool,
    /// It has answered in this run.
    answered: bool,
}

/// The slow way through the whole list.
struct Rotation {
    next: u32,
    /// Whether these users were asked about at the registry already, and the tokens have their turn.
    half: bool,
    /// Whether their turn was used for new connections last.
    passed_over: bool,
    /// What may be spent: questions, and users in them. The gateways may leave a debt of one question.
    questions: f64,
    users: f64,
}

/// The way through those whom the sockets call offline, while a loss of view is suspected.
struct Search {
    /// Whom the sockets leave out.
    left_out: UserSet,
    /// Whether they were heard at all.
    heard: bool,
    next: usize,
    /// It goes on then.
    due: Instant,
}

/// Why something is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    Gateways,
    Registry,
    Tokens,
    Silence,
    Search,
    Unverified,
    Rotation,
}

/// What came of it for what is asked next.
pub(super) struct Outcome {
    /// Failures in a row of this witness; 0 for an answer.
    pub(super) attempt: u32,
    /// When it is asked again, about these users or at all.
    pub(super) next: Instant,
    /// Until when the server asks for silence.
    pub(super) hold: Option<Instant>,
    /// Whether it is asked no more.
    pub(super) refused: bool,
}

impl Inquiries {
    /// For a list of so many users, of whom `batch` are in one question to the sockets.
    pub(super) fn new(
        asking: Asking,
        interval: Duration,
        (users, batch): (usize, usize),
        seed: u64,
        now: Instant,
    ) -> Inquiries {
        Inquiries {
            asking,
            interval,
            users: users as u32,
            chunk: batch.clamp(1, MOST_USERS),
            doubts: HashMap::new(),
            registry: BTreeSet::new(),
            tokens: BTreeSet::new(),
            unverified: UserSet::default(),
            known: UserSet::default(),
            next_unverified: 0,
            gateways_due: now,
            ailing: false,
            losing: false,
            everybody: false,
            rotation: Rotation { next: 0, half: false, passed_over: false, questions: 0.0, users: 0.0 },
            search: Search { left_out: UserSet::default(), heard: false, next: 0, due: now },
            silent: SilentUsers::empty(now),
            new_connections: NewConnections::default(),
            lasting: 0,
            asked: VecDeque::new(),
            free: now,
            lines: HashMap::new(),
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// Starts over with another list; answers on their way are no longer waited for. What is known of
    /// the witnesses themselves stays.
    pub(super) fn reset(&mut self, size: (usize, usize), now: Instant) {
        let asks_gateways = self.line(Question::Gateways).under_way > 0;
        let Rotation { questions, users, .. } = self.rotation;
        let mut lines = std::mem::take(&mut self.lines);
        for line in lines.values_mut() {
            line.under_way = 0;
        }
        *self = Inquiries {
            gateways_due: if asks_gateways { now } else { self.gateways_due },
            ailing: self.ailing,
            rotation: Rotation { next: 0, half: false, passed_over: false, questions, users },
            asked: std::mem::take(&mut self.asked),
            free: self.free,
            lines,
            random: self.random.clone(),
            ..Inquiries::new(self.asking, self.interval, size, 0, now)
        };
    }

    /// Takes what changed in whom there is doubt about, on a list whose batches have these users. Somebody
    /// named as settled and as begun is in doubt anew.
    pub(super) fn take(&mut self, doubts: Rechecks, batch: impl Fn(u32) -> Range<u32>, now: Instant) {
        if let Some(losing) = doubts.loss {
            if losing && !self.losing {
                self.gateways_due = self.gateways_due.min(now);
                self.ask_about_old_ones(now);
            }
            self.losing = losing;
        }
        if let Some(everybody) = doubts.everybody {
            if everybody && !self.everybody {
                (self.search.next, self.search.due) = (0, now);
            }
            self.everybody = everybody;
        }
        if !self.asking.registry {
            return;
        }
        let was_silent = !self.silent.is_empty();
        for (number, is_silent) in doubts.silence.batches {
            batch(number).for_each(|user| self.silent.put(UserIx(user), is_silent));
        }
        for (user, is_silent) in doubts.silence.users {
            self.silent.put(user, is_silent);
        }
        if !was_silent && !self.silent.is_empty() {
            self.silent.begin(now + TOGETHER); // other batches may fail at the same time
            self.gateways_due = self.gateways_due.min(now);
        }
        for user in doubts.settled {
            self.forget(user);
        }
        // After a storm, what it took is given back.
        if self.doubts.len() < self.doubts.capacity() / 8 {
            self.doubts.shrink_to(self.doubts.len() * 2);
        }
        let users = self.users;
        let ours = |user: &UserIx| user.0 < users;
        for user in doubts.begun.into_iter().filter(ours) {
            self.forget(user);
            let tokens = now + TOKENS_AFTER;
            let doubt = InDoubt { begun: now, registry: Some(now), tokens: Some(tokens), is_lasting: false };
            self.doubts.insert(user, doubt);
            self.registry.insert((now, user));
            self.tokens.insert((tokens, user));
        }
        for user in doubts.unseen {
            if let Some(doubt) = self.doubts.get_mut(&user)
                && let Some(later) = doubt.tokens.replace(now)
            {
                self.tokens.remove(&(later, user));
                self.tokens.insert((now, user));
            }
        }
        for user in doubts.new_connections.into_iter().filter(ours) {
            self.new_connections.put(user, now + SETTLED);
        }
        for (user, is_confirmed) in doubts.lacking.into_iter().filter(|(user, _)| ours(user)) {
            self.new_connections.put(user, now + if is_confirmed { LACKED_EVERY } else { LACKED_AGAIN });
        }
        for user in doubts.unverified.into_iter().filter(ours) {
            if self.known.insert(user) {
                self.unverified.insert(user);
            }
        }
    }

    /// Who was in doubt for long may be part of what is being lost now.
    fn ask_about_old_ones(&mut self, now: Instant) {
        for (user, doubt) in self.doubts.iter_mut().filter(|(_, doubt)| doubt.begun + OLD <= now) {
            if doubt.registry.is_none() {
                doubt.registry = Some(now);
                self.registry.insert((now, *user));
            }
        }
    }

    fn forget(&mut self, user: UserIx) {
        let Some(doubt) = self.doubts.remove(&user) else { return };
        self.lasting -= usize::from(doubt.is_lasting);
        if let Some(at) = doubt.registry {
            self.registry.remove(&(at, user));
        }
        if let Some(at) = doubt.tokens {
            self.tokens.remove(&(at, user));
        }
    }

    /// The sockets said this of users.
    pub(super) fn hear(&mut self, changed: &[(UserIx, UserStatus)]) {
        self.search.heard = true;
        for (user, status) in changed.iter().filter(|(user, _)| user.0 < self.users) {
            if *status == UserStatus::Offline {
                self.search.left_out.insert(*user);
            } else {
                self.search.left_out.remove(*user);
            }
        }
    }

    /// The sockets were asked about so many users: a share of that may be asked beside them.
    pub(super) fn earn(&mut self, users: usize) {
        let share = f64::from(self.asking.extra_percent) / 100.0;
        let Rotation { questions, users: saved, .. } = &mut self.rotation;
        *questions = (*questions + share).min(SAVED);
        *saved = (*saved + share * users as f64).min(SAVED * self.chunk as f64);
    }

    /// The next question to put now, if any; counts as asked from here on.
    pub(super) fn next(&mut self, now: Instant) -> Option<Asked> {
        self.asked.retain(|(at, _)| *at + SECOND > now);
        let cause = self.first(now)?;
        let (question, mut users) = match cause {
            Cause::Gateways => {
                // What is asked while all is well is paid for, the first time in advance.
                if !self.is_watchful() && !self.ailing {
                    self.rotation.questions -= 1.0;
                }
                (Question::Gateways, Vec::new())
            }
            Cause::Registry => (Question::UsersStatus, self.draw(cause, now)),
            Cause::Tokens => (Question::TokenDetail, self.draw(cause, now)),
            Cause::Silence => match self.in_place(now) {
                nobody if nobody.is_empty() => return self.next(now),
                users => (Question::UsersStatus, users),
            },
            Cause::Search => match self.search(now) {
                nobody if nobody.is_empty() => return self.next(now),
                users => (Question::UsersStatus, users),
            },
            Cause::Unverified => (Question::AccountCheck, self.check()),
            Cause::Rotation => {
                let question = self.turn(now)?;
                match self.rotate(question, now) {
                    nobody if nobody.is_empty() => return self.next(now),
                    users => (question, users),
                }
            }
        };
        self.lines.entry(question).or_default().under_way += 1;
        if question != Question::Gateways {
            self.asked.push_back((now, users.len()));
        }
        if matches!(cause, Cause::Search | Cause::Unverified | Cause::Rotation) {
            self.free = now + Duration::from_secs(1) * users.len() as u32 / SEARCHED_A_SECOND;
        }
        users.sort_unstable();
        Some(Asked::witness(question, users))
    }

    /// When to look again, if nothing comes before.
    pub(super) fn wake(&self) -> Option<Instant> {
        Cause::ALL.into_iter().filter_map(|cause| self.ready(cause)).min()
    }

    /// What is to be asked first of what may be asked now.
    fn first(&self, now: Instant) -> Option<Cause> {
        let mut ready = Cause::ALL.into_iter().filter(|cause| self.ready(*cause).is_some_and(|at| at <= now));
        let first = ready.next()?;
        // Of the doubts, those that have waited longest.
        let waits = |queue: &BTreeSet<(Instant, UserIx)>| queue.first().map(|(at, _)| *at);
        let tokens_too = first == Cause::Registry && ready.next() == Some(Cause::Tokens);
        if tokens_too && waits(&self.tokens) < waits(&self.registry) {
            return Some(Cause::Tokens);
        }
        Some(first)
    }

    /// When there may be a question for this cause.
    fn ready(&self, cause: Cause) -> Option<Instant> {
        let (question, due) = match cause {
            Cause::Gateways => {
                let is_free = self.line(Question::Gateways).under_way == 0;
                let is_paid = self.is_watchful() || self.ailing || self.rotation.questions >= 0.0;
                if !(self.asking.gateways && is_free && is_paid) {
                    return None;
                }
                (Question::Gateways, self.gateways_due)
            }
            Cause::Registry => (Question::UsersStatus, self.registry.first()?.0),
            // They go the way of the sockets, and would be waited for as long.
            Cause::Tokens if !self.silent.is_empty() => return None,
            Cause::Tokens => (Question::TokenDetail, self.tokens.first()?.0),
            Cause::Silence if self.silent.is_empty() => return None,
            Cause::Silence => (Question::UsersStatus, self.silent.ready()),
            Cause::Search => {
                let contradicted = self.losing || self.everybody || self.lasting > 0;
                if !(contradicted && self.asking.registry && self.search.heard) {
                    return None;
                }
                let free = if self.everybody { self.search.due } else { self.free };
                (Question::UsersStatus, self.search.due.max(free))
            }
            Cause::Unverified => {
                // One at a time: it is no witness, and must not take the lanes of those that are.
                if self.unverified.is_empty() || self.line(Question::AccountCheck).under_way > 0 {
                    return None;
                }
                (Question::AccountCheck, self.free)
            }
            Cause::Rotation => {
                let login = self.new_connections.ready();
                let is_whole = self.rotation.users >= self.of_rotation().len() as f64 && !self.losing;
                let is_free = self.losing || self.rotation.questions >= 1.0;
                if !is_free || !self.asking.registry || self.users == 0 || !self.silent.is_empty() {
                    return None;
                }
                let due = if is_whole { self.free } else { login?.max(self.free) };
                (self.turn(due)?, due)
            }
        };
        let line = self.line(question);
        // Of those that may be waited for as long as the sockets there is one, so that there is always room for others.
        let is_slow = question == Question::TokenDetail && line.under_way > 0;
        if !line.is_open() || is_slow {
            return None;
        }
        let due = due.max(line.until.unwrap_or(due));
        if question == Question::Gateways {
            return Some(due);
        }
        let lanes: usize = self.lines.values().map(|line| line.under_way).sum();
        let lanes = lanes - self.line(Question::Gateways).under_way;
        (lanes < LANES).then(|| self.room().map_or(due, |room| due.max(room)))
    }

    /// When there is room for a whole question again, where there is none now.
    fn room(&self) -> Option<Instant> {
        let mut sum: usize = self.asked.iter().map(|(_, users)| users).sum();
        let mut at = None;
        for (asked, users) in &self.asked {
            if sum + MOST_USERS <= USERS_A_SECOND as usize {
                break;
            }
            sum -= users;
            at = Some(*asked + SECOND);
        }
        at
    }

    /// Takes those who are due from their queue.
    fn draw(&mut self, cause: Cause, now: Instant) -> Vec<UserIx> {
        let queue = if cause == Cause::Tokens { &mut self.tokens } else { &mut self.registry };
        let mut users = Vec::new();
        while users.len() < self.chunk
            && let Some(&(at, user)) = queue.first()
            && at <= now + TOGETHER
        {
            queue.pop_first();
            users.push(user);
            if let Some(doubt) = self.doubts.get_mut(&user) {
                *(if cause == Cause::Tokens { &mut doubt.tokens } else { &mut doubt.registry }) = None;
            }
        }
        users
    }

    /// Takes the next ones whom the sockets call offline, without doubt so far.
    fn search(&mut self, now: Instant) -> Vec<UserIx> {
        let Search { left_out, next, due, .. } = &mut self.search;
        let found = left_out.from(*next).filter(|user| !self.doubts.contains_key(user));
        let (most, a_second) = if self.everybody {
            (MOST_USERS, USERS_A_SECOND)
        } else if self.losing {
            (MOST_USERS, SEARCHED_A_SECOND)
        } else {
            (2 * SEARCHED_CALMLY as usize, SEARCHED_CALMLY)
        };
        let users: Vec<UserIx> = found.take(most).collect();
        let is_whole = users.len() < most;
        *next = if is_whole { 0 } else { users.last().map_or(0, |last| last.at() + 1) };
        let pause = SECOND * users.len() as u32 / a_second;
        *due = now + if is_whole { pause.max(self.interval).max(QUICKEST) } else { pause };
        users
    }

    /// Takes the next ones who are to be checked.
    fn check(&mut self) -> Vec<UserIx> {
        let mut users: Vec<UserIx> = self.unverified.from(self.next_unverified).take(self.chunk).collect();
        if users.is_empty() {
            users = self.unverified.from(0).take(self.chunk).collect();
        }
        self.next_unverified = users.last().map_or(0, |last| last.at() + 1);
        for user in &users {
            self.unverified.remove(*user);
        }
        users
    }

    /// Takes the next of those of whom the sockets give no answer.
    fn in_place(&mut self, now: Instant) -> Vec<UserIx> {
        let (chunk, pause) = (self.chunk, self.interval.max(QUICKEST));
        self.silent.take(chunk, pause, now)
    }

    /// Whether the gateways are asked again and again: something is wrong.
    fn is_watchful(&self) -> bool {
        self.losing || !self.silent.is_empty()
    }

    /// Asks about these users first while the sockets give no answer about them.
    pub(super) fn ask_first(&mut self, users: Vec<UserIx>, now: Instant) {
        self.silent.ask_first(users, self.chunk, now);
    }

    /// Whose turn it is in the rotation.
    fn of_rotation(&self) -> std::ops::Range<u32> {
        self.rotation.next..self.users.min(self.rotation.next + self.chunk as u32)
    }

    /// Which witness has its turn in the rotation: both in turns, unless one is out of reach.
    fn turn(&self, now: Instant) -> Option<Question> {
        if self.losing {
            return Some(Question::UsersStatus).filter(|question| self.line(*question).is_open());
        }
        let turns = [Question::UsersStatus, Question::TokenDetail];
        let waits = self.new_connections.ready().is_some_and(|at| at <= now && !self.rotation.passed_over);
        let turns = if self.rotation.half && !waits { [turns[1], turns[0]] } else { turns };
        turns.into_iter().find(|question| self.line(*question).is_open())
    }

    /// Takes those whose turn it is. New connections come first; they have half of what there is, and every other question
    /// of the tokens' turn, so that the rotation goes on. While a loss of view is suspected, only they are asked about.
    fn rotate(&mut self, question: Question, now: Instant) -> Vec<UserIx> {
        let half = if self.losing { f64::INFINITY } else { (self.rotation.users / 2.0).max(1.0) };
        let of_registry = question == Question::UsersStatus;
        let mut users = if of_registry {
            self.new_connections.take(self.chunk.min(half as usize), now)
        } else {
            Vec::new()
        };
        if self.losing {
            return users;
        }
        self.rotation.questions -= 1.0;
        self.rotation.users -= users.len() as f64;
        let range = self.of_rotation();
        self.rotation.passed_over = of_registry && self.rotation.half;
        let fits = users.len() + range.len() <= MOST_USERS && self.rotation.users >= range.len() as f64;
        if fits && !self.rotation.passed_over {
            self.rotation.users -= range.len() as f64;
            self.rotation.half = of_registry && self.line(Question::TokenDetail).is_open();
            if !self.rotation.half {
                self.rotation.next = if range.end == self.users { 0 } else { range.end };
            }
            let new: HashSet<UserIx> = users.iter().copied().collect();
            users.extend(range.map(UserIx).filter(|user| !new.contains(user)));
        }
        users
    }

    /// The gateways were asked: whether one of them does not answer.
    pub(super) fn see_gateways(&mut self, signs: &[GatewaySign]) {
        self.ailing = signs.iter().any(|it| matches!(it.sign, LifeSign::Hung | LifeSign::Refused));
    }

    /// Takes the outcome of a question about `users` that was put at `asked`.
    pub(super) fn done(
        &mut self,
        question: Question,
        users: &[UserIx],
        asked: Instant,
        outcome: Result<(), &FetchError>,
        now: Instant,
    ) -> Outcome {
        let random = &mut self.random;
        let line = self.lines.entry(question).or_default();
        line.under_way = line.under_way.saturating_sub(1);
        let mut hold = None;
        match outcome {
            Ok(()) => {
                *line = Line { under_way: line.under_way, heard: true, answered: true, ..Line::default() };
            }
            Err(error) => {
                line.failures = line.failures.saturating_add(1);
                let refuses = error.refuses_source(line.failures, line.heard);
                line.heard = !refuses;
                // What answered before may answer again when the proxy before it is in order.
                let comes_back = refuses && line.answered && error.may_be_a_reload();
                line.refused = refuses && !comes_back;
                let is_asked_to_wait = error.mends() == Retry::AfterWaiting;
                let delay = backoff::delay(error, line.failures, RETRY, random);
                let delay = if is_asked_to_wait || comes_back { delay } else { delay.min(LONGEST_RETRY) };
                let until = now + delay;
                line.until = Some(until);
                hold = is_asked_to_wait.then_some(until);
            }
        }
        let (attempt, until, refused) = (line.failures, line.until, line.refused);
        let next = match question {
            Question::Gateways => {
                let every = match (self.is_watchful(), self.ailing) {
                    (true, _) => self.interval.max(QUICKEST),
                    (false, true) => self.interval.max(AILING),
                    (false, false) => BASELINE,
                };
                self.gateways_due = asked + every;
                self.gateways_due
            }
            Question::AccountCheck => {
                if outcome.is_err() {
                    for user in users {
                        self.unverified.insert(*user);
                    }
                }
                now
            }
            _ => self.queue_again(question, users, asked, now),
        };
        Outcome { attempt, next: next.max(until.unwrap_or(next)).max(now), hold, refused }
    }

    /// Lines up those of a question who are still in doubt.
    fn queue_again(&mut self, question: Question, users: &[UserIx], asked: Instant, now: Instant) -> Instant {
        let (mut next, without_registry) = (None, self.line(Question::UsersStatus).refused);
        for user in users.iter().copied() {
            let Some(doubt) = self.doubts.get_mut(&user) else { continue };
            let (due, queue, at) = if question == Question::TokenDetail {
                if !self.losing && !without_registry && asked >= doubt.begun + OLD {
                    continue; // the rotation comes to them
                }
                (&mut doubt.tokens, &mut self.tokens, asked + TOKENS_EVERY)
            } else {
                // Whoever went along a little early has had this turn.
                let turns = AGAIN.map(|after| doubt.begun + after).into_iter();
                let turn = turns.into_iter().find(|turn| *turn > asked + TOGETHER);
                let is_left_out = self.search.left_out.contains(user);
                let is_old = !self.losing && asked >= doubt.begun + OLD && self.asking.extra_percent > 0;
                let is_lasting = is_left_out && !is_old && asked >= doubt.begun + TOKENS_AFTER;
                self.lasting -= usize::from(doubt.is_lasting);
                self.lasting += usize::from(is_lasting);
                doubt.is_lasting = is_lasting;
                if is_old {
                    self.new_connections.put(user, asked + self.interval.max(OLD_AGAIN));
                    continue;
                }
                (&mut doubt.registry, &mut self.registry, turn.unwrap_or(asked + self.interval))
            };
            // Who waits already is in doubt anew, or was asked about in the rotation.
            if due.is_none() {
                let at = at.max(now);
                *due = Some(at);
                queue.insert((at, user));
                next = next.min(Some(at)).or(Some(at));
            }
        }
        next.unwrap_or(now + self.interval)
    }

    /// What was refused or failed may be asked again: somebody changed something.
    pub(super) fn forgive(&mut self, now: Instant) {
        self.ask_about_old_ones(now);
        for line in self.lines.values_mut() {
            let Line { under_way, heard, answered, .. } = *line;
            *line = Line { under_way, heard, answered, ..Line::default() };
        }
    }

    /// Everything that is in doubt as soon as may be.
    pub(super) fn poll_now(&mut self, now: Instant) {
        self.forgive(now);
        let waiting = std::mem::take(&mut self.registry);
        for (at, user) in waiting {
            let at = at.min(now);
            self.registry.insert((at, user));
            if let Some(doubt) = self.doubts.get_mut(&user) {
                doubt.registry = Some(at);
            }
        }
        if self.losing {
            self.gateways_due = self.gateways_due.min(now);
        }
    }

    pub(super) fn set_interval(&mut self, interval: Duration) {
        self.interval = interval;
    }

    fn line(&self, question: Question) -> Line {
        self.lines.get(&question).copied().unwrap_or_default()
    }
}

impl Cause {
    /// In the order in which they are asked for.
    const ALL: [Cause; 7] = [
        Cause::Gateways,
        Cause::Registry,
        Cause::Tokens,
        Cause::Silence,
        Cause::Search,
        Cause::Unverified,
        Cause::Rotation,
    ];
}

impl Line {
    /// Whether it may be asked, at once or later. While it fails, one question at a time finds out
    /// whether it still does.
    fn is_open(&self) -> bool {
        !self.refused && (self.failures == 0 || self.under_way == 0)
    }
}
