//! What came of it, as aligned text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use imtop::presence::Question;

use super::case::{Case, Outcome, Who};
use super::cost::{Cost, Share};
use super::deaf::Found;
use super::reader::Word;
use super::score::{Delays, Marks, Tally, Words};
use super::truth::Amid;

/// So many times at which imtop was wrong are listed.
const LISTED: usize = 12;

/// The width of a figure.
const COLUMN: usize = 19;

/// The width of what stands before the figures.
const LABEL: usize = 46;

/// A figure of which a case can be the worst.
type Figure = (&'static str, fn(&Outcome) -> i64);

/// Users with a socket or without: what they are called, what a wrong word is, and where the words are.
type Side = (&'static str, &'static str, fn(&Tally) -> Words);

/// A count of delays, by its name.
type Count<'a> = (&'a str, &'a dyn Fn(&Delays) -> u64);

/// A part of the time, by its name.
type Part = (&'static str, fn(&Cost) -> Share);

/// The figures of which the worst case is named.
const WORST: [Figure; 12] = [
    ("called offline with an open socket, rounds", |it| it.of(Who::Imtop).rounds.open.wrong as i64),
    ("called offline with an open socket, 0.5 s", |it| it.of(Who::Imtop).ticks.open.wrong as i64),
    ("called online without a socket, rounds", |it| it.of(Who::Imtop).rounds.closed.wrong as i64),
    ("called online without a socket, 0.5 s", |it| it.of(Who::Imtop).ticks.closed.wrong as i64),
    ("unknown beyond the ideal reader, 0.5 s", |it| {
        unknown(&it.of(Who::Imtop).ticks) as i64 - unknown(&it.of(Who::Ideal).ticks) as i64
    }),
    ("connections called disconnected, rounds", |it| it.of(Who::Imtop).rounds.sights.disconnected as i64),
    ("hidden by another gateway, 0.5 s", |it| it.of(Who::Imtop).ticks.sights.hidden as i64),
    ("longest until offline, calm, ms", |it| longest(&it.of(Who::Imtop).leaving, Amid::Calm)),
    ("longest until offline, mass, ms", |it| longest(&it.of(Who::Imtop).leaving, Amid::Mass)),
    ("longest until online, ms", |it| together(&it.of(Who::Imtop).arriving).percentile(100).unwrap_or(0)),
    ("extra requests in the worst minute", |it| it.costs[0].worst.extra.requests as i64),
    ("users asked of witnesses in one second, at most", |it| it.costs[0].most_a_second as i64),
];

fn unknown(tally: &Tally) -> u64 {
    tally.open.unknown() + tally.closed.unknown()
}

fn longest(delays: &BTreeMap<Amid, Delays>, amid: Amid) -> i64 {
    delays.get(&amid).and_then(|delays| delays.percentile(100)).unwrap_or(0)
}

fn together(delays: &BTreeMap<Amid, Delays>) -> Delays {
    let mut all = Delays::default();
    for delays in delays.values() {
        all.add(delays);
    }
    all
}

/// One case: who was how right, and what it cost.
pub fn block(case: &Case, outcome: &Outcome) -> String {
    let mut out = String::new();
    let seconds = (case.end - case.begin) as f64 / 1_000.0;
    let every = case.interval_ms as f64 / 1_000.0;
    let _ = writeln!(
        out,
        "{}: {} users in batches of {}, every {every} s for {seconds:.0} s, {} comings and goings\n",
        case.name,
        case.users.len(),
        case.batch,
        case.truth.turns.len()
    );
    figures(&mut out, outcome);
    episodes(&mut out, case, outcome);
    out
}

/// One case in one line: what imtop got wrong, and who else.
pub fn line(case: &Case, outcome: &Outcome) -> String {
    let [believing, ideal, imtop, _] = &outcome.marks;
    format!(
        "{:<10} {:>5} users {:>6} turns   offline {:>5} ({} believed, {} ideal) of {}   online {:>5} of {}   unknown {:>6} ({} ideal)",
        case.name,
        case.users.len(),
        case.truth.turns.len(),
        imtop.ticks.open.wrong,
        believing.ticks.open.wrong,
        ideal.ticks.open.wrong,
        imtop.ticks.open.all(),
        imtop.ticks.closed.wrong,
        imtop.ticks.closed.all(),
        unknown(&imtop.ticks),
        unknown(&ideal.ticks),
    )
}

/// All figures of one case, or of several together.
pub fn figures(out: &mut String, outcome: &Outcome) {
    let names: Vec<String> = Who::ALL.iter().map(|who| who.name().to_owned()).collect();
    row(out, "", &names);
    tally(out, "after each answer of the sockets", outcome, |marks| &marks.rounds);
    tally(out, "every 0.5 s", outcome, |marks| &marks.ticks);
    let amid = [
        (Amid::Calm, "in a calm time"),
        (Amid::Mass, "with many others"),
        (Amid::ErrorKind, "while a gateway was in trouble"),
        (Amid::Kill, "as the gateway died"),
    ];
    heading(out, "from the first answer without a user to offline: p50 / p95 / most, ms");
    for (amid, name) in amid {
        delays(out, name, outcome, |marks| marks.leaving.get(&amid).cloned().unwrap_or_default());
    }
    heading(out, "from the first answer with a user to online: p50 / p95 / most, ms");
    delays(out, "everybody", outcome, |marks| together(&marks.arriving));
    delays(out, "after the gateway died", outcome, |marks| {
        marks.arriving.get(&Amid::Kill).cloned().unwrap_or_default()
    });
    deaf(out, &outcome.deaf);
    heading(out, "asked");
    costs(out, &outcome.costs);
}

/// Those who are connected and not in the registry.
fn deaf(out: &mut String, found: &Found) {
    let mut say = |label: &str, figure: String| row(out, label, &[String::new(), String::new(), figure]);
    let [p50, p95] = [50, 95].map(|percent| found.percentile(percent));
    say("deaf for 20 s and more: found", found.ms.len().to_string());
    say("  not found", found.missed.to_string());
    if let (Some(p50), Some(p95)) = (p50, p95) {
        say("  from the login to that: p50 / p95, ms", format!("{p50}/{p95}"));
    }
    say("  said of somebody who was not", found.wrong.to_string());
}

fn heading(out: &mut String, text: &str) {
    let _ = writeln!(out, "{text}");
}

fn row(out: &mut String, label: &str, figures: &[String]) {
    let _ = write!(out, "  {label:<LABEL$}");
    for figure in figures {
        let _ = write!(out, " {figure:>COLUMN$}");
    }
    while out.ends_with(' ') {
        out.pop();
    }
    out.push('\n');
}

fn tally(out: &mut String, title: &str, outcome: &Outcome, of: fn(&Marks) -> &Tally) {
    heading(out, title);
    let mut say = |label: &str, figure: &dyn Fn(&Tally) -> u64| {
        let figures: Vec<String> = outcome.marks.iter().map(|marks| figure(of(marks)).to_string()).collect();
        row(out, label, &figures);
    };
    let sides: [Side; 2] = [
        ("users with an open socket", "  called offline", |tally| tally.open),
        ("users without", "  called online", |tally| tally.closed),
    ];
    for (label, wrong, words) in sides {
        say(label, &|tally| words(tally).all());
        say("  right", &|tally| words(tally).right);
        say(wrong, &|tally| words(tally).wrong);
        say("  unknown, the witnesses disagree", &|tally| words(tally).doubtful);
        say("  unknown, no answers", &|tally| words(tally).unheard);
    }
    say("  shown, gone without a word: not counted", &|tally| tally.vanished);
    say("near a change of the truth: not counted", &|tally| tally.near);
    say("connections with an open socket", &|tally| tally.sights.all());
    say("  shown", &|tally| tally.sights.open);
    say("  unseen", &|tally| tally.sights.unseen);
    say("  called disconnected", &|tally| tally.sights.disconnected);
    say("    hidden by another gateway", &|tally| tally.sights.hidden);
    say("  never shown so far", &|tally| tally.sights.never);
    say("closed connections that were shown", &|tally| tally.sights.ghosts);
}

fn delays(out: &mut String, name: &str, outcome: &Outcome, of: impl Fn(&Marks) -> Delays) {
    let all: Vec<Delays> = outcome.marks.iter().map(of).collect();
    let seen = |delays: &Delays| delays.ms.len() as u64 + delays.never + delays.overtaken;
    let most = all.iter().map(seen).max().unwrap_or(0);
    if most == 0 {
        return row(out, &format!("{name}: nobody"), &[]);
    }
    let figures: Vec<String> = all
        .iter()
        .map(|delays| {
            let [p50, p95, most] = [50, 95, 100].map(|percent| delays.percentile(percent));
            match (p50, p95, most) {
                (Some(p50), Some(p95), Some(most)) => format!("{p50}/{p95}/{most}"),
                _ => "-".to_owned(),
            }
        })
        .collect();
    row(out, name, &figures);
    let counts: [Count<'_>; 5] = [
        ("  of so many", &seen),
        ("  old word gone in the round that showed it", &|delays| delays.in_round),
        ("  old word still said after it", &|delays| delays.later),
        ("  changed again before it was said", &|delays| delays.overtaken),
        ("  not said up to the end", &|delays| delays.never),
    ];
    for (label, count) in counts {
        let figures: Vec<u64> = all.iter().map(count).collect();
        if figures.iter().any(|figure| *figure > 0) {
            row(out, label, &figures.iter().map(u64::to_string).collect::<Vec<_>>());
        }
    }
}

fn costs(out: &mut String, costs: &[Cost; 2]) {
    let mut say = |label: &str, figure: &dyn Fn(&Cost) -> String| {
        let figures = [String::new(), String::new(), figure(&costs[0]), figure(&costs[1])];
        row(out, label, &figures);
    };
    let questions = [
        Question::OnlineStatus,
        Question::UsersStatus,
        Question::TokenDetail,
        Question::AccountCheck,
        Question::Gateways,
    ];
    for question in questions {
        say(&format!("{}: requests, users", question.name()), &|cost| {
            let load = cost.questions.get(&question).copied().unwrap_or_default();
            format!("{}, {}", load.requests, load.users)
        });
    }
    let shares: [Part; 4] = [
        ("extra, all the time", |cost| cost.all),
        ("extra, whole minutes without any doubt", |cost| cost.undoubted),
        ("extra, whole minutes without loss of view", |cost| cost.calm),
        ("extra, the worst minute", |cost| cost.worst),
    ];
    for (label, share) in shares {
        say(label, &|cost| {
            let share = share(cost);
            if share.minutes == 0 {
                return "none".to_owned();
            }
            format!("{}, {}", share.extra.requests, share.extra.users)
        });
        say("  of the sockets' requests, users", &|cost| {
            let share = share(cost);
            format!("{:.1} %, {:.1} %", share.requests(), share.users())
        });
        say("  minutes", &|cost| share(cost).minutes.to_string());
    }
    say("most users in one extra request", &|cost| cost.most_at_once.to_string());
    say("most users of extra requests in a second", &|cost| cost.most_a_second.to_string());
}

/// When imtop said the opposite of what was so.
fn episodes(out: &mut String, case: &Case, outcome: &Outcome) {
    let episodes = &outcome.of(Who::Imtop).ticks.episodes;
    if episodes.is_empty() {
        return;
    }
    heading(out, "imtop was wrong, every 0.5 s: seconds of the run");
    for episode in episodes.iter().take(LISTED) {
        let user = case.users[episode.user as usize].escape_debug();
        let seconds = |at: i64| (at - case.begin) as f64 / 1_000.0;
        let said = if episode.said == Word::Online { "online" } else { "offline" };
        let (from, until) = (seconds(episode.from), seconds(episode.until));
        let since = case.truth.user(episode.user).since(episode.from);
        let since =
            since.map_or_else(|| "from the beginning".to_owned(), |at| format!("since {:.1}", seconds(at)));
        let was = if episode.said == Word::Online { "offline" } else { "online" };
        let _ = writeln!(out, "  {user} called {said} {from:.1} .. {until:.1}, was {was} {since}");
    }
    if let Some(more) = episodes.len().checked_sub(LISTED).filter(|more| *more > 0) {
        let _ = writeln!(out, "  and {more} more");
    }
}

/// The worst case of each figure.
pub fn worst(cases: &[(String, Outcome)]) -> String {
    let mut out = String::from("the worst for imtop\n");
    for (label, figure) in WORST {
        if let Some((name, outcome)) = cases.iter().max_by_key(|(_, outcome)| figure(outcome)) {
            let figure = figure(outcome);
            let name = if figure > 0 { name.as_str() } else { "-" };
            row(&mut out, label, &[figure.to_string(), name.to_owned()]);
        }
    }
    out
}

/// What is to be reached, and whether it was.
pub fn targets(outcome: &Outcome) -> String {
    let mut out = String::new();
    for (met, text) in judge(outcome) {
        let _ = writeln!(out, "{} {text}", if met { "PASS" } else { "MISS" });
    }
    out
}

/// What is to be reached, with what was, and whether that is enough.
pub fn judge(outcome: &Outcome) -> Vec<(bool, String)> {
    let (imtop, ideal) = (outcome.of(Who::Imtop), outcome.of(Who::Ideal));
    let mut all = Vec::new();
    for (name, mine, best, believed) in [
        ("rounds", &imtop.rounds, &ideal.rounds, &outcome.of(Who::Believing).rounds),
        ("0.5 s", &imtop.ticks, &ideal.ticks, &outcome.of(Who::Believing).ticks),
    ] {
        let wrong = mine.open.wrong;
        let believed = believed.open.wrong;
        all.push((
            wrong == 0,
            format!("{name}: called offline with an open socket: {wrong}, to be 0 (believing: {believed})"),
        ));
        let (wrong, of) = (mine.closed.wrong, mine.closed.all());
        all.push((
            wrong * 100 <= of,
            format!("{name}: called online without a socket: {wrong} of {of}, to be 1 % at most"),
        ));
        for (kind, mine, best) in [
            ("unknown", unknown(mine), unknown(best)),
            ("unknown with an open socket", mine.open.unknown(), best.open.unknown()),
            (
                "unknown because the witnesses disagree",
                mine.open.doubtful + mine.closed.doubtful,
                best.open.doubtful + best.closed.doubtful,
            ),
        ] {
            let times =
                if best == 0 { String::new() } else { format!(", {:.2} times", mine as f64 / best as f64) };
            all.push((
                mine * 10 <= best * 11,
                format!("{name}: {kind}: {mine}, to be 1.1 times the ideal reader's {best} at most{times}"),
            ));
        }
        let hidden = mine.sights.hidden;
        all.push((
            hidden == 0,
            format!("{name}: hidden by another gateway and called disconnected: {hidden}, to be 0"),
        ));
    }
    let calm = imtop.leaving.get(&Amid::Calm).cloned().unwrap_or_default();
    all.push((
        calm.later == 0,
        format!(
            "calm disconnects still online after the round that showed them: {} of {}, to be 0",
            calm.later,
            calm.later + calm.in_round
        ),
    ));
    let p95 = calm.percentile(95);
    all.push((
        p95.is_none_or(|ms| ms <= 3_000),
        format!("calm disconnects, p95 to offline: {} ms, to be 3000 at most", shown(p95)),
    ));
    let mass = imtop.leaving.get(&Amid::Mass).cloned().unwrap_or_default();
    let most = mass.percentile(95);
    all.push((
        most.is_none_or(|ms| ms <= 5_000),
        format!("mass logouts, p95 to offline: {} ms, to be 5000 at most", shown(most)),
    ));
    let never = calm.never + mass.never;
    all.push((never == 0, format!("calm or mass disconnects never called offline: {never}, to be 0")));
    let back = imtop.arriving.get(&Amid::Kill).cloned().unwrap_or_default();
    all.push((
        back.later == 0,
        format!(
            "back after their gateway died, not online in the round that showed them: {} of {}, to be 0",
            back.later,
            back.later + back.in_round
        ),
    ));
    let deaf = &outcome.deaf;
    let told = deaf.ms.len() as u64 + deaf.wrong;
    all.push((deaf.wrong == 0, format!("called deaf, and was not: {} of {told}, to be 0", deaf.wrong)));
    let cost = &outcome.costs[0];
    let share = if cost.undoubted.minutes > 0 { cost.undoubted } else { cost.calm };
    let when = if cost.undoubted.minutes > 0 { "doubt" } else { "loss of view" };
    all.push((
        share.requests() <= 5.0 && share.users() <= 5.0,
        format!(
            "extra in {} minutes without {when}: {:.1} % of requests, {:.1} % of users, to be 5 % at most",
            share.minutes,
            share.requests(),
            share.users()
        ),
    ));
    let most = cost.most_at_once;
    all.push((most <= 500, format!("users in one extra request: {most}, to be 500 at most")));
    let most = cost.most_a_second;
    all.push((most <= 2_000, format!("users of extra requests in a second: {most}, to be 2000 at most")));
    all
}

fn shown(ms: Option<i64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| ms.to_string())
}
