//! What imtop takes while nothing much happens, 500 users and 2 s, beside monitors of the machine that draw
//! as often; and the processor time of one round beside `curl | jq` of the same answer.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::canned::{PATH, question};
use super::load::{Load, Target, Who};
use super::programs::Program;
use super::report::{Goal, median, note, row};
use super::site::{Site, imtop};
use super::terminal::{Terminal, memory, processor_time};

const USERS: usize = 500;
const INTERVAL: Duration = Duration::from_secs(2);
/// Before the first window: lists are read, first answers have come.
const BEGINS: Duration = Duration::from_secs(10);
/// All run at the same time, so that the machine is as busy for each.
const WINDOWS: usize = 7;
const WINDOW: Duration = Duration::from_secs(10);
/// `curl | jq` is counted in hundredths of a second: so many together.
const CURLS: u32 = 10;
/// What a script asks of an answer.
const FILTER: &str = ".data[] | \"\\(.userID) \\(.status)\"";

/// Somebody who is measured: processor time in each window, and memory at its end.
struct Measured {
    pid: u32,
    before: f64,
    spent: Vec<f64>,
    resident: Vec<f64>,
}

impl Measured {
    fn new(pid: u32) -> Measured {
        Measured { pid, before: 0.0, spent: Vec::new(), resident: Vec::new() }
    }

    fn begin(&mut self) {
        self.before = processor_time(self.pid);
    }

    fn end(&mut self) {
        self.spent.push(processor_time(self.pid) - self.before);
        self.resident.push(memory(self.pid, false));
    }
}

/// A command without a terminal, until this is dropped.
struct Quiet(Child);

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn measure() {
    let site = Site::start(USERS);
    let home = site.folder.path();
    let list = site.list.display().to_string();
    let args = ["--api", &site.url, "--watch", &list, "--interval", "2s"];
    let view = Terminal::start(imtop(), &args, home, &site.token);
    let events = Command::new(imtop())
        .arg("events")
        .args(args)
        .env("IMTOP_TOKEN", &site.token)
        .env("IMTOP_CONFIG", "/dev/null")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn();
    let events = Quiet(events.expect("it starts"));
    let monitors: Vec<(Program, Terminal)> =
        [(Program::Btm, &["--rate", "2000"] as &[&str]), (Program::Btop, &[])]
            .into_iter()
            .filter_map(|(program, args)| Some((program, Terminal::start(&program.find()?, args, home, ""))))
            .collect();
    for (program, terminal) in &monitors {
        assert!(terminal.first_frame().is_some(), "{} draws nothing: {}", program.name(), terminal.text());
    }
    let mut all: Vec<Measured> = [view.pid(), events.0.id()]
        .into_iter()
        .chain(monitors.iter().map(|it| it.1.pid()))
        .map(Measured::new)
        .collect();
    std::thread::sleep(BEGINS);
    let (mut scripted, mut in_turn) = (Vec::new(), Vec::new());
    let target = Target::new(site.url.clone(), site.token.clone(), site.ids(), false);
    for _ in 0..WINDOWS {
        all.iter_mut().for_each(Measured::begin);
        std::thread::sleep(WINDOW);
        all.iter_mut().for_each(Measured::end);
        scripted.extend(curl_and_jq(&site));
        in_turn.push(one_after_the_other(&target));
    }
    let ratios =
        |ours: &[f64], theirs: &[f64]| ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    let (view, events) = (&all[0], &all[1]);
    for ((program, _), theirs) in monitors.iter().zip(&all[2..]) {
        let name = program.name();
        row(&format!("idle, processor time; {name}"), ratios(&view.spent, &theirs.spent), Goal::AtMost(1.0));
        row(&format!("idle, memory; {name}"), ratios(&view.resident, &theirs.resident), Goal::AtMost(2.0));
        note(&format!(
            "{name}: {} at {WINDOW:?}, {:.1} MB",
            ms(&theirs.spent),
            median(theirs.resident.clone())
        ));
    }
    note(&format!("imtop: {} at {WINDOW:?}, {:.1} MB", ms(&view.spent), median(view.resident.clone())));
    if scripted.is_empty() {
        return;
    }
    let rounds = WINDOW.as_secs_f64() / INTERVAL.as_secs_f64();
    let round = |spent: &[f64]| spent.iter().map(|spent| spent / rounds).collect::<Vec<f64>>();
    let (view, events) = (round(&view.spent), round(&events.spent));
    row("a round, one after the other; curl | jq", ratios(&in_turn, &scripted), Goal::AtMost(0.01));
    row("a round of `imtop events`; curl | jq", ratios(&events, &scripted), Goal::AtMost(0.01));
    row(
        "a round of the live view, its frames included; curl | jq",
        ratios(&view, &scripted),
        Goal::AtMost(0.01),
    );
    note(&format!(
        "one after the other {}, at 2 s: events {}, live view {}, curl | jq {}",
        ms(&in_turn),
        ms(&events),
        ms(&view),
        ms(&scripted)
    ));
}

fn ms(figures: &[f64]) -> String {
    format!("{:.2} ms", median(figures.to_vec()) * 1e3)
}

/// Processor time of a round of imtop where the next begins as soon as its answer was taken and all that
/// follows from it worked out, in seconds. Nothing else runs in this process meanwhile.
fn one_after_the_other(target: &Target) -> f64 {
    let load = Load::start(Who::State, target);
    std::thread::sleep(Duration::from_millis(300));
    let (taken, before) = (load.taken(), processor_time(std::process::id()));
    std::thread::sleep(Duration::from_secs(1));
    (processor_time(std::process::id()) - before) / (load.taken() - taken) as f64
}

/// Processor time of `curl | jq` of the answer about all users, in seconds.
fn curl_and_jq(site: &Site) -> Option<f64> {
    let (curl, jq) = (Program::Curl.find()?, Program::Jq.find()?);
    let asked = site.folder.path().join("question");
    std::fs::write(&asked, question(&site.ids())).expect("a file");
    let before = children_time();
    for _ in 0..CURLS {
        curl_to_jq(&curl, &jq, site, &asked);
    }
    Some((children_time() - before) / f64::from(CURLS))
}

fn curl_to_jq(curl: &Path, jq: &Path, site: &Site, asked: &Path) {
    let mut curl = Command::new(curl)
        .args(["-s", "-H", "operationID: bench", "-H", "Content-Type: application/json", "-H"])
        .arg(format!("token: {}", site.token))
        .arg("--data-binary")
        .arg(format!("@{}", asked.display()))
        .arg(format!("{}{PATH}", site.url))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let answer = curl.stdout.take().expect("its output");
    let said = Command::new(jq).args(["-r", FILTER]).stdin(answer).output().expect("it starts");
    assert!(curl.wait().expect("it ends").success() && said.status.success());
    assert_eq!(said.stdout.split(|byte| *byte == b'\n').count(), USERS + 1, "a line a user");
}

/// Processor time of the children that have ended, in seconds.
fn children_time() -> f64 {
    let line = std::fs::read_to_string("/proc/self/stat").expect("a line");
    // The name, in brackets, may have blanks in it.
    let after = line.rsplit_once(") ").map_or("", |it| it.1);
    let field = |at: usize| after.split(' ').nth(at).and_then(|field| field.parse::<f64>().ok());
    let (user, system) = (field(13).expect("cutime"), field(14).expect("cstime"));
    // In hundredths of a second, as Linux counts for programs.
    (user + system) / 100.0
}
