//! How many users a second are asked about, beside load generators that throw the answers away: a server
//! that takes 5 ms, and one that answers at once while nothing, 1 % and everything changes.

use std::time::{Duration, Instant};

use super::canned::{BATCH, Canned, Day};
use super::load::{CONNECTIONS, Load, Target, Who};
use super::report::{Goal, median, note, row};

/// Everybody has a turn so often, and each lasts so long once all has begun.
const TURNS: usize = 7;
const BEGINS: Duration = Duration::from_millis(400);
const LASTS: Duration = Duration::from_millis(1_200);

/// A server, and what is to be reached there.
struct Case {
    name: &'static str,
    delay_ms: u64,
    /// Something else is said of each so many users; of nobody where it is 0.
    every: usize,
    goal: f64,
}

const CASES: [Case; 4] = [
    Case { name: "in 5 ms", delay_ms: 5, every: 0, goal: 0.97 },
    Case { name: "at once, nothing changes", delay_ms: 0, every: 0, goal: 0.75 },
    Case { name: "at once, 1 % changes", delay_ms: 0, every: 100, goal: 0.4 },
    Case { name: "at once, everything changes", delay_ms: 0, every: 1, goal: 0.2 },
];

pub(crate) fn measure() {
    let others: Vec<Who> = [Who::Wrk, Who::Oha].into_iter().filter(|who| who.is_there()).collect();
    if others.is_empty() {
        return;
    }
    let day = Day::of(BATCH * CONNECTIONS);
    for case in &CASES {
        let server = Canned::start(&day, case.every, Duration::from_millis(case.delay_ms));
        let target = Target::new(server.url.clone(), "bench".to_owned(), day.ids.clone(), false);
        let everybody: Vec<Who> = [Who::Poller, Who::State].into_iter().chain(others.clone()).collect();
        let (mut rates, mut costs) = (vec![Vec::new(); everybody.len()], vec![Vec::new(); everybody.len()]);
        let mut connections = vec![(0, 0); everybody.len()];
        for _ in 0..TURNS {
            for (place, who) in everybody.iter().enumerate() {
                let (rate, cost) = rate(*who, &server, &target);
                rates[place].push(rate);
                costs[place].push(cost);
                let (most, opened) = server.connections();
                let all = &mut connections[place];
                *all = (most.max(all.0), opened.max(all.1));
            }
        }
        for (other, theirs) in others.iter().zip(&rates[2..]) {
            let ratios = |ours: &[f64]| ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
            let name = format!("answers {}; {}", case.name, other.name());
            row(&name, ratios(&rates[0]), Goal::AtLeast(case.goal));
            row("  with all that follows from the answers", ratios(&rates[1]), Goal::None);
        }
        for (place, who) in everybody.iter().enumerate() {
            let users = median(rates[place].clone()) * BATCH as f64 / 1e6;
            let (cost, (most, opened)) = (median(costs[place].clone()), connections[place]);
            note(&format!(
                "{}: {users:.2} million users a second, {cost:.0} us of the processor a request; {most} connections at once, {opened} opened in a turn",
                who.name()
            ));
        }
    }
    note(&format!("{CONNECTIONS} batches of {BATCH}, {} KB an answer, not packed", day.bytes() / 1_000));
}

/// Answers a second as the server counts them, and what each takes of the processor where it is asked for,
/// in microseconds.
fn rate(who: Who, server: &Canned, target: &Target) -> (f64, f64) {
    let load = Load::start(who, target);
    std::thread::sleep(BEGINS);
    let (began, before, spent) = (Instant::now(), server.answered(), load.processor_time());
    std::thread::sleep(LASTS);
    let answers = (server.answered() - before) as f64;
    (answers / began.elapsed().as_secs_f64(), (load.processor_time() - spent) / answers * 1e6)
}
