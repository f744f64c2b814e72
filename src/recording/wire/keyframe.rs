//! The whole state of a roster. Users are told in runs: most of a large list are offline since the
//! same answer, and cost next to nothing.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::connection::WireConnection;
use super::failure::{WireFailure, WireTrouble};
use super::list::WireList;
use super::observed::WireOddities;
use super::text::Text;
use super::time::{
    WireAnswered, WireMoment, WireSince, read_answered, read_interval, read_moment, read_mono, read_since,
    write_answered, write_moment, write_since,
};
use crate::presence::{
    BatchState, ConnId, Failing, Freshness, Gone, LeftOut, OperationId, Roster, RosterState, ServerClock,
    Since, Tracked, UserIx, WatchList, Why, Word,
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
    /// `n` no connection, `f` one in the foreground, `b` in the background only.
    words: String,
    /// `[so many users in a row, before, after]`.
    since: Vec<(u32, u64, Option<u64>)>,
    #[serde(borrow)]
    open: Vec<(u32, Vec<(WireConnection<'a>, WireSince)>)>,
    #[serde(borrow)]
    gone: Vec<(u32, Vec<(Text<'a>, WireSince)>)>,
    left_out: Vec<(u32, WireLeftOut)>,
    /// The least and the most that the server's clock is ahead, in milliseconds.
    clock: Option<(i64, i64)>,
    took_ms: Vec<u32>,
    last_answer: Option<WireMoment>,
    newest_issued: Option<i64>,
    transitions: u64,
}

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

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireWhy {
    NotAnswered,
    Slow,
    Failed(WireTrouble),
    Missing,
    Unclear,
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
            gone: state.gone.iter().map(|(user, all)| (user.0, all.iter().map(gone).collect())).collect(),
            left_out: state.left_out.iter().map(|(user, it)| (user.0, WireLeftOut::write(it))).collect(),
            clock: state.clock.bounds(),
            took_ms: state.took_ms.clone(),
            last_answer: state.last_answer.map(write_moment),
            newest_issued: state.newest_issued,
            transitions: state.transitions,
        }
    }

    /// `users` is how many there are on the watch list: no more room is ever taken.
    fn read(self, users: usize) -> Result<RosterState, String> {
        let limit = |ms: Option<u64>| ms.map_or(Ok(u64::MAX), read_interval);
        let mut open = Vec::with_capacity(self.open.len());
        for (user, all) in self.open {
            let read = |(connection, since): (WireConnection<'_>, WireSince)| -> Result<Tracked, String> {
                Ok(Tracked { connection: connection.read()?, since: read_since(since)?, unseen: None })
            };
            open.push((UserIx(user), all.into_iter().map(read).collect::<Result<_, _>>()?));
        }
        let mut gone = Vec::with_capacity(self.gone.len());
        for (user, all) in self.gone {
            let read = |(id, since): (Text<'_>, WireSince)| -> Result<Gone, String> {
                Ok(Gone {
                    id: ConnId::written(&id.0),
                    since: read_since(since)?,
                    dropped: crate::presence::Moment::default(),
                    event: 0,
                    offline: None,
                })
            };
            gone.push((UserIx(user), all.into_iter().map(read).collect::<Result<_, _>>()?));
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
            open,
            gone,
            left_out,
            clock: ServerClock::within(self.clock),
            took_ms: self.took_ms,
            last_answer: self.last_answer.map(read_moment).transpose()?,
            newest_issued: self.newest_issued,
            transitions: read_mono(self.transitions)?,
            doubts: Vec::new(),
            unregistered: Vec::new(),
            losses: Vec::new(),
            losses_so_far: 0,
            witnesses: crate::presence::Witnesses::default(),
            thresholds: crate::presence::Thresholds::default(),
        })
    }
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
            why: match left_out.why {
                Why::NotAnswered => WireWhy::NotAnswered,
                Why::Slow => WireWhy::Slow,
                Why::Failed(trouble) => WireWhy::Failed(WireTrouble::write(trouble)),
                Why::Missing => WireWhy::Missing,
                _ => WireWhy::Unclear,
            },
            answered: left_out.answered.map(write_answered),
            void_since: left_out.void_since,
        }
    }

    fn read(self) -> Result<LeftOut, String> {
        Ok(LeftOut {
            why: match self.why {
                WireWhy::NotAnswered => Why::NotAnswered,
                WireWhy::Slow => Why::Slow,
                WireWhy::Failed(trouble) => Why::Failed(trouble.read()),
                WireWhy::Missing => Why::Missing,
                WireWhy::Unclear => Why::Unclear,
            },
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
