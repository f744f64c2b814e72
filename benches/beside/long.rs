//! The first whole picture of a list of a million users, beside wrk putting the same requests with as many
//! connections; then whether rounds keep their interval, and what that takes.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use imtop::clock;
use imtop::simulator::{Clock, Running, Scenario, Simulator};

use super::canned::{BATCH, PATH};
use super::load::{CONNECTIONS, Load, Target, Who};
use super::report::{Goal, median, note, row};
use super::site::{imtop, write_list};
use super::terminal::{Terminal, memory, processor_time};

const USERS: usize = 1_000_000;
const TURNS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(300);
/// From the start of one round to that of the next, for each million users.
const INTERVAL: Duration = Duration::from_secs(10);
/// Until the picture is whole, so long that no batch is asked about again before.
const LONG_INTERVAL: Duration = Duration::from_secs(60);
/// Rounds that are watched after the first ones; of a longer list one.
const ROUNDS: u32 = 4;

pub(crate) fn measure() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--users").skip(1);
    let users = arguments.next().and_then(|users| users.parse().ok()).unwrap_or(USERS);
    // Requests about all of another list are put by imtop alone.
    let compared = users == USERS && Who::Wrk.is_there();
    if users == USERS && !compared {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("list.csv");
    write_list(users, &list);
    let list = list.display().to_string();
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let threads = threads.expect("threads");
    let scenario = Scenario::named("calm").expect("a scenario").with_users(users);
    let ids = compared.then(|| scenario.watch_list().into_iter().map(|entry| entry.id).collect());
    let started = Simulator::start(scenario, (Ipv4Addr::LOCALHOST, 0).into(), Clock::new(clock::unix_ms));
    let server = threads.block_on(started).expect("a server");
    let (url, token) = (server.url(), server.admin_token());
    let batches = users.div_ceil(BATCH);
    let mut theirs = Vec::new();
    let mut ours = Vec::new();
    let wrk = ids.map(|ids| Target::new(url.clone(), token.clone(), ids, true));
    if let Some(target) = &wrk {
        // Whatever the server keeps from one request to the next is there for everybody.
        requests(target, &server, batches);
    }
    let millions = users.div_ceil(USERS) as u32;
    let concurrency = CONNECTIONS.to_string();
    let view = |interval: Duration| {
        let every = format!("{}s", interval.as_secs());
        let args = ["--api", &url, "--watch", &list, "--interval", &every];
        let args = [&args[..], &["--batch", "500", "--concurrency", &concurrency]].concat();
        Terminal::start(imtop(), &args, folder.path(), &token)
    };
    let all = format!("batches {batches}/{batches}");
    let mut spent = Vec::new();
    for _ in 0..if compared { TURNS } else { 1 } {
        if let Some(target) = &wrk {
            theirs.push(requests(target, &server, batches));
        }
        let view = view(LONG_INTERVAL * millions);
        let picture = view.until(PATIENCE, |text| text.contains(&all));
        ours.push(picture.unwrap_or_else(|| panic!("never a whole picture:\n{}", view.text())));
        spent.push(processor_time(view.pid()));
    }
    if compared {
        let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / (1.3 * theirs + 1.0)).collect();
        row("first picture of 1,000,000; 1.3 x wrk and 1 s", ratios, Goal::AtMost(1.0));
        let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
        row("  to the time of wrk alone", ratios, Goal::None);
    }
    note(&format!(
        "whole picture after {:.1} s and {:.1} s of the processor, wrk after {:.1} s",
        median(ours),
        median(spent),
        median(theirs)
    ));
    let interval = INTERVAL * millions;
    let view = view(interval);
    // The first round may take longer than its interval: rounds are counted after it.
    assert!(view.until(PATIENCE, |text| text.contains(&all)).is_some(), "{}", view.text());
    rounds(&server, &view, batches, interval);
}

/// How long wrk takes for one request about each batch.
fn requests(target: &Target, server: &Running, batches: usize) -> f64 {
    let before = server.requests();
    let _load = Load::in_order(target);
    let since = |wanted: u64| {
        let started = Instant::now();
        while server.requests() < before + wanted {
            assert!(started.elapsed() < PATIENCE, "wrk puts no requests");
            std::thread::sleep(Duration::from_millis(1));
        }
        Instant::now()
    };
    let first = since(1);
    (since(batches as u64) - first).as_secs_f64()
}

/// The rounds after the first ones: whether all batches are asked about in each interval, and what it takes.
fn rounds(server: &Running, view: &Terminal, batches: usize, interval: Duration) {
    let rounds = if interval > INTERVAL { 1 } else { ROUNDS };
    let asked = || server.asked_paths().get(PATH).copied().unwrap_or(0);
    std::thread::sleep(interval);
    let (before, spent, began) = (asked(), processor_time(view.pid()), Instant::now());
    std::thread::sleep(interval * rounds);
    let asked = (asked() - before) as f64 / (f64::from(rounds) * batches as f64);
    let share = (processor_time(view.pid()) - spent) / began.elapsed().as_secs_f64();
    row(&format!("rounds within an interval of {interval:?}"), vec![asked], Goal::AtLeast(0.99));
    note(&format!(
        "then {:.0} % of a core; {:.0} MB resident, {:.0} MB at most; with the server in it the benchmark has {:.0} MB",
        share * 100.0,
        memory(view.pid(), false),
        memory(view.pid(), true),
        memory(std::process::id(), false),
    ));
}
