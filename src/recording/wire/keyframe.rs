//! The whole state of a roster. Users are told in runs: most of a large list are offline since the
//! same answer, and cost next to nothing.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::connection::WireConnection;
use super::failure::WireFailure;
use super::list::WireList;
use super::observed::{WireOddities, is_zero};
use super::question::read_users;
use super::text::Text;
use super::time::{
    WireAnswered, WireMoment, WireSince, read_answered, read_interval, read_moment, read_mono, read_since,
    write_answered, write_moment, write_since,
};
use super::witnesses::{
    WireDoubt, WireLoss, WireThresholds, WireWhy, WireWitnesses, read_count, read_losses,
};
use crate::presence::{
    BatchState, ConnId, Failing, Freshness, Gone, LeftOut, Moment, OperationId, Roster, RosterState,
    ServerClock, Since, Thresholds, Tracked, Unseen, UserIx, WatchList, Word,
};

/// All that is known at one moment: reading can begin here.
#[derive(Clone, Debug)]
pub struct Keyframe {
    /// The server was asked at this interval, in milliseconds.
    pub interval_ms: u64,
    /// Every watched user, as known then, with the watch list.
    pub roster: Roster,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireKeyframe<'a> {
    interval_ms: u64,
    #[serde(borrow)]
    list: WireList<'a>,
    #[serde(borrow)]
    roster: WireRoster<'a>,
}

/// A [`RosterState`].
#[derive(Debug, Serialize, Deserialize)]
struct WireRoster<'a> {
    /// Stale after, void after; `null`: never.
    freshness: (Option<u64>, Option<u64>),
    #[serde(borrow)]
    batches: Vec<WireBatch<'a>>,
    /// A letter for each user, with a number before it for so many in a row: `s` not a word so far,
    /// `n` no connection, `f` one in the foreground, `b` in the background only, `d` in doubt, `u` not
    /// registered.
    words: String,
    /// `[so many users in a row, before, after]`.
    since: Vec<(u32, u64, Option<u64>)>,
    #[serde(borrow)]
    open: Vec<(u32, Vec<(WireConnection<'a>, WireSince)>)>,
    /// Which of the open ones the sockets show no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<WireUnseen>,
    #[serde(borrow)]
    gone: Vec<(u32, Vec<(Text<'a>, WireSince)>)>,
    /// How those went, in the same order; of users of whom nothing is known of that none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    departures: Vec<(u32, Vec<WireDeparture>)>,
    left_out: Vec<(u32, WireLeftOut)>,
    /// The least and the most that the server's clock is ahead, in milliseconds.
    clock: Option<(i64, i64)>,
    took_ms: Vec<u32>,
    last_answer: Option<WireMoment>,
    newest_issued: Option<i64>,
    transitions: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    doubts: Vec<(u32, WireDoubt)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unregistered: Vec<u32>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    losses: Vec<WireLoss<'a>>,
    #[serde(default, skip_serializing_if = "is_zero")]
    losses_so_far: u32,
    #[serde(borrow, default, skip_serializing_if = "WireWitnesses::none")]
    witnesses: WireWitnesses<'a>,
    /// Recordings from before there were any leave them out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thresholds: Option<WireThresholds>,
}

/// `[user, place among the user's open connections, last answer that showed it, first that did not]`.
type WireUnseen = (u32, u32, Option<WireAnswered>, WireAnswered);

/// `[first answer without it, number of the event, [number of the event, since] of an offline]`.
type WireDeparture = (WireMoment, u64, Option<(u64, WireSince)>);

#[derive(Debug, Serialize, Deserialize)]
struct WireBatch<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answered: Option<WireAnswered>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    operation: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    failing: Option<WireFailing<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    void_since: Option<u64>,
    #[serde(default)]
    judged_from: u64,
    #[serde(default, skip_serializing_if = "WireOddities::none")]
    odd: WireOddities,
}

#[derive(Debug, Serialize, Deserialize)]
struct WireFailing<'a> {
    #[serde(borrow)]
    error: WireFailure<'a>,
    attempt: u32,
    next_ms: u64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct WireLeftOut {
    why: WireWhy,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answered: Option<WireAnswered>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    void_since: Option<u64>,
}

impl<'a> WireKeyframe<'a> {
    pub(super) fn write(list: &'a WatchList, state: &'a RosterState, interval_ms: u64) -> WireKeyframe<'a> {
        WireKeyframe { interval_ms, list: WireList::write(list), roster: WireRoster::write(state) }
    }

    pub(super) fn read(self) -> Result<Keyframe, String> {
        let list = self.list.read()?;
        let state = self.roster.read(list.len())?;
        let roster = Roster::restore(list, state)?;
        Ok(Keyframe { interval_ms: read_interval(self.interval_ms)?, roster })
    }
}

impl<'a> WireRoster<'a> {
    fn write(state: &'a RosterState) -> WireRoster<'a> {
        let limit = |ms: u64| (ms != u64::MAX).then_some(ms);
        let open =
            |tracked: &'a Tracked| (WireConnection::write(&tracked.connection), write_since(tracked.since));
        let gone = |gone: &Gone| (Text(gone.id.to_string().into()), write_since(gone.since));
        WireRoster {
            freshness: (limit(state.freshness.stale_ms), limit(state.freshness.unknown_ms)),
            batches: state.batches.iter().map(WireBatch::write).collect(),
            words: write_words(&state.words),
            since: write_runs(&state.since),
            open: state.open.iter().map(|(user, all)| (user.0, all.iter().map(open).collect())).collect(),
            unseen: write_unseen(&state.open),
            gone: state.gone.iter().map(|(user, all)| (user.0, all.iter().map(gone).collect())).collect(),
            departures: write_departures(&state.gone),
            left_out: state.left_out.iter().map(|(user, it)| (user.0, WireLeftOut::write(it))).collect(),
            clock: state.clock.bounds(),
            took_ms: state.took_ms.clone(),
            last_answer: state.last_answer.map(write_moment),
            newest_issued: state.newest_issued,
            transitions: state.transitions,
            doubts: state.doubts.iter().map(|(user, doubt)| (user.0, WireDoubt::write(doubt))).collect(),
            unregistered: state.unregistered.iter().map(|user| user.0).collect(),
            losses: state.losses.iter().map(WireLoss::write).collect(),
            losses_so_far: state.losses_so_far,
            witnesses: WireWitnesses::write(&state.witnesses),
            thresholds: Some(WireThresholds::write(&state.thresholds)),
        }
    }

    /// `users` is how many there are on the watch list: no more room is ever taken.
    fn read(self, users: usize) -> Result<RosterState, String> {
        let limit = |ms: Option<u64>| ms.map_or(Ok(u64::MAX), read_interval);
        let losses_so_far = read_count(self.losses_so_far)?;
        let mut doubts = Vec::with_capacity(self.doubts.len());
        for (user, doubt) in self.doubts {
            doubts.push((UserIx(user), doubt.read(losses_so_far)?));
        }
        let mut left_out = Vec::with_capacity(self.left_out.len());
        for (user, it) in self.left_out {
            left_out.push((UserIx(user), it.read()?));
        }
        Ok(RosterState {
            freshness: Freshness { stale_ms: limit(self.freshness.0)?, unknown_ms: limit(self.freshness.1)? },
            batches: self.batches.into_iter().map(WireBatch::read).collect::<Result<_, _>>()?,
            words: read_words(&self.words, users)?,
            since: read_runs(&self.since, users)?,
            open: read_open(self.open, self.unseen)?,
            gone: read_gone(self.gone, self.departures)?,
            left_out,
            clock: ServerClock::within(self.clock),
            took_ms: self.took_ms,
            last_answer: self.last_answer.map(read_moment).transpose()?,
            newest_issued: self.newest_issued,
            transitions: read_mono(self.transitions)?,
            doubts,
            unregistered: read_users(self.unregistered)?,
            losses: read_losses(self.losses, losses_so_far)?,
            losses_so_far,
            witnesses: self.witnesses.read()?,
            thresholds: self.thresholds.map_or(Ok(Thresholds::default()), WireThresholds::read)?,
        })
    }
}

fn write_unseen(open: &[(UserIx, Arc<[Tracked]>)]) -> Vec<WireUnseen> {
    let of_user = |(user, all): &(UserIx, Arc<[Tracked]>)| {
        let unseen = (0..).zip(all.iter()).filter_map(|(place, tracked)| Some((place, tracked.unseen?)));
        let user = user.0;
        let write = move |(place, Unseen { last, dropped })| {
            (user, place, last.map(write_answered), write_answered(dropped))
        };
        unseen.map(write).collect::<Vec<_>>()
    };
    open.iter().flat_map(of_user).collect()
}

/// A user's connections.
type Open = (UserIx, Arc<[Tracked]>);

fn read_open(
    open: Vec<(u32, Vec<(WireConnection<'_>, WireSince)>)>,
    unseen: Vec<WireUnseen>,
) -> Result<Vec<Open>, String> {
    let mut unseen = unseen.into_iter().peekable();
    let mut read = Vec::with_capacity(open.len());
    for (user, all) in open {
        let mut tracked = Vec::with_capacity(all.len());
        for (place, (connection, since)) in (0..).zip(all) {
            let unseen = match unseen.next_if(|it| (it.0, it.1) == (user, place)) {
                None => None,
                Some((_, _, last, dropped)) => Some(Unseen {
                    last: last.map(read_answered).transpose()?,
                    dropped: read_answered(dropped)?,
                }),
            };
            tracked.push(Tracked { connection: connection.read()?, since: read_since(since)?, unseen });
        }
        read.push((UserIx(user), tracked.into()));
    }
    if unseen.next().is_some() {
        return Err("a connection that is not seen, and not open".to_owned());
    }
    Ok(read)
}

fn write_departures(gone: &[(UserIx, Vec<Gone>)]) -> Vec<(u32, Vec<WireDeparture>)> {
    let is_known =
        |gone: &Gone| gone.dropped != Moment::default() || gone.event != 0 || gone.offline.is_some();
    let write = |gone: &Gone| {
        let offline = gone.offline.map(|(event, since)| (event, write_since(since)));
        (write_moment(gone.dropped), gone.event, offline)
    };
    let known = gone.iter().filter(|(_, all)| all.iter().any(is_known));
    known.map(|(user, all)| (user.0, all.iter().map(write).collect())).collect()
}

fn read_gone(
    gone: Vec<(u32, Vec<(Text<'_>, WireSince)>)>,
    departures: Vec<(u32, Vec<WireDeparture>)>,
) -> Result<Vec<(UserIx, Vec<Gone>)>, String> {
    let mut departures = departures.into_iter().peekable();
    let mut read = Vec::with_capacity(gone.len());
    for (user, all) in gone {
        let departures = match departures.next_if(|it| it.0 == user) {
            Some((_, departures)) if departures.len() == all.len() => departures,
            Some(_) => return Err("not as many departures as connections that are gone".to_owned()),
            None => vec![WireDeparture::default(); all.len()],
        };
        let mut gone = Vec::with_capacity(all.len());
        for ((id, since), (dropped, event, offline)) in all.into_iter().zip(departures) {
            let offline = match offline {
                None => None,
                Some((event, since)) => Some((read_mono(event)?, read_since(since)?)),
            };
            gone.push(Gone {
                id: ConnId::written(&id.0),
                since: read_since(since)?,
                dropped: read_moment(dropped)?,
                event: read_mono(event)?,
                offline,
            });
        }
        read.push((UserIx(user), gone));
    }
    if departures.next().is_some() {
        return Err("a departure of nobody".to_owned());
    }
    Ok(read)
}

impl<'a> WireBatch<'a> {
    fn write(batch: &'a BatchState) -> WireBatch<'a> {
        WireBatch {
            answered: batch.answered.map(write_answered),
            operation: batch.operation.as_ref().map(|operation| Text::of(&operation.0)),
            failing: batch.failing.as_ref().map(|failing| WireFailing {
                error: WireFailure::write(&failing.error),
                attempt: failing.attempt,
                next_ms: failing.next_ms,
            }),
            void_since: batch.void_since,
            judged_from: batch.judged_from,
            odd: WireOddities::write(batch.oddities),
        }
    }

    fn read(self) -> Result<BatchState, String> {
        let failing = match self.failing {
            None => None,
            Some(failing) => Some(Failing {
                error: failing.error.read()?,
                attempt: failing.attempt,
                next_ms: read_mono(failing.next_ms)?,
            }),
        };
        Ok(BatchState {
            answered: self.answered.map(read_answered).transpose()?,
            operation: self.operation.map(|operation| Arc::new(OperationId(operation.boxed()))),
            failing,
            void_since: self.void_since.map(read_mono).transpose()?,
            judged_from: read_mono(self.judged_from)?,
            oddities: self.odd.read(),
        })
    }
}

impl WireLeftOut {
    fn write(left_out: &LeftOut) -> WireLeftOut {
        WireLeftOut {
            why: WireWhy::write(left_out.why),
            answered: left_out.answered.map(write_answered),
            void_since: left_out.void_since,
        }
    }

    fn read(self) -> Result<LeftOut, String> {
        Ok(LeftOut {
            why: self.why.read(),
            answered: self.answered.map(read_answered).transpose()?,
            void_since: self.void_since.map(read_mono).transpose()?,
        })
    }
}

fn write_words(words: &[Word]) -> String {
    let mut out = String::new();
    for run in words.chunk_by(|a, b| a == b) {
        if run.len() > 1 {
            let _ = write!(out, "{}", run.len()); // to a String: cannot fail
        }
        out.push(match run.first() {
            Some(Word::Offline) => 'n',
            Some(Word::Online) => 'f',
            Some(Word::Background) => 'b',
            Some(Word::Doubtful) => 'd',
            Some(Word::Unregistered) => 'u',
            Some(Word::Silent) | None => 's',
        });
    }
    out
}

fn read_words(text: &str, users: usize) -> Result<Vec<Word>, String> {
    let mut words = Vec::with_capacity(users);
    let mut count: Option<usize> = None;
    for letter in text.chars() {
        if let Some(digit) = letter.to_digit(10) {
            count = Some(count.unwrap_or(0).saturating_mul(10).saturating_add(digit as usize));
            continue;
        }
        let word = match letter {
            's' => Word::Silent,
            'n' => Word::Offline,
            'f' => Word::Online,
            'b' => Word::Background,
            'd' => Word::Doubtful,
            'u' => Word::Unregistered,
            _ => return Err("a letter that stands for nothing among the words of users".to_owned()),
        };
        let count = count.take().unwrap_or(1);
        if count > users - words.len() {
            return Err("more users than the watch list has".to_owned());
        }
        words.resize(words.len() + count, word);
    }
    Ok(words)
}

fn write_runs(since: &[Since]) -> Vec<(u32, u64, Option<u64>)> {
    let runs = since.chunk_by(|a, b| a == b);
    runs.filter_map(|run| run.first().map(|it| (run.len() as u32, it.before_ms, it.after_ms))).collect()
}

fn read_runs(runs: &[(u32, u64, Option<u64>)], users: usize) -> Result<Vec<Since>, String> {
    let mut since = Vec::with_capacity(users);
    for &(count, before, after) in runs {
        if count as usize > users - since.len() {
            return Err("more users than the watch list has".to_owned());
        }
        since.resize(since.len() + count as usize, read_since((before, after))?);
    }
    Ok(since)
}
