//! The readers that are not imtop: fed with every line as it comes, without a question of their own.

use imtop::presence::Question;

use super::believing::Believing;
use super::case::Case;
use super::ideal::Ideal;
use super::imtop::{ROUND_MS, TICK_MS};
use super::lines::{Line, Said};
use super::reader::Reader;
use super::score::{Marks, Score};

/// A reader that is told everything.
pub trait Listener: Reader {
    /// For so long after an answer of the sockets the round goes on, in milliseconds.
    const ROUND_MS: i64;

    /// Takes an answer.
    fn take(&mut self, line: &Line);

    /// Lets time pass up to `now`.
    fn advance(&mut self, now: i64);
}

impl Listener for Believing {
    /// There is nothing more to wait for.
    const ROUND_MS: i64 = 0;

    fn take(&mut self, line: &Line) {
        Believing::take(self, line);
    }

    fn advance(&mut self, _: i64) {}
}

impl Listener for Ideal {
    const ROUND_MS: i64 = ROUND_MS as i64;

    fn take(&mut self, line: &Line) {
        Ideal::take(self, line);
    }

    fn advance(&mut self, now: i64) {
        Ideal::advance(self, now);
    }
}

/// What happens next.
enum Next<'l> {
    Line(&'l Line),
    RoundEnds(&'l Line),
    Tick,
}

/// Scores a reader who is told `lines`, in the order in which they were there.
pub fn listen<L: Listener>(case: &Case, mut reader: L, lines: &[&Line]) -> Marks {
    let mut score = Score::new(&case.truth, case.begin);
    let mut happens: Vec<(i64, u8, Next<'_>)> = Vec::new();
    for line in lines {
        happens.push((line.received(), 0, Next::Line(line)));
        if line.question == Question::OnlineStatus && line.said.is_some() {
            happens.push((line.received() + L::ROUND_MS, 1, Next::RoundEnds(line)));
        }
    }
    let ticks = (1..).map(|tick| case.begin + tick * TICK_MS as i64).take_while(|at| *at <= case.end);
    happens.extend(ticks.map(|at| (at, 2, Next::Tick)));
    happens.sort_by_key(|(at, order, _)| (*at, *order));
    for (at, _, next) in happens {
        reader.advance(at);
        match next {
            Next::Line(line) => {
                reader.take(line);
                if let (Question::OnlineStatus, Some(Said::Users(said))) = (line.question, &line.said) {
                    for (user, platforms) in line.users.iter().zip(said) {
                        if let Some(platforms) = platforms {
                            score.heard(*user, !platforms.is_empty(), line.sent, at);
                        }
                    }
                }
            }
            Next::RoundEnds(line) => score.round(line.users.iter().copied(), at, &reader),
            Next::Tick => score.tick(case.users.len(), at, &reader),
        }
        score.look(at, &reader);
    }
    score.finish()
}
