//! What the view of the server consists of, line by line, so that scrolling knows where it ends.

use std::collections::BTreeMap;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::engine::AtOnce;
use crate::language;
use crate::presence::{Bytes, LifeSign, Platform, Presence, Question, Rule, WatchList, Witness, short_age};

use super::model::View;
use super::notes::wrapped;
use super::picture::Picture;
use super::witnesses::{gateway_words, witness_words};
use crate::listing::{by_registry_words, checking_words, sample_words, worst_loss};
use crate::say;

/// From so many columns on the view has two halves side by side.
pub const TWO_HALVES: u16 = 120;

/// Rows of the chart of latency.
pub const CHART_ROWS: u16 = 3;

/// One line of the view of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerLine {
    /// Nothing.
    Blank,
    /// What the lines below are about.
    Heading(&'static str),
    /// A row of the chart of how long answers took, from the top.
    Took(u16),
    /// Failures over time.
    Failures,
    /// Users of this presence over time.
    Users(Presence),
    /// From when to when the charts are.
    Axis,
    /// A name and a text.
    Fact(&'static str, String),
    /// What a gateway says of itself, and whether that calls for attention.
    Gateway(String, bool),
    /// A text of its own that calls for attention.
    Warning(String),
    /// Connections on a platform, of how many at most on one.
    Platform(Platform, u32, u32),
    /// Session tokens that expire then, of how many at most.
    Expiry(String, u32, u32, ExpiryKind),
    /// There is nothing of what the heading says.
    Nothing(&'static str),
}

/// How near an expiry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExpiryKind {
    /// It is over.
    Past,
    /// Within a day.
    Soon,
    /// Later.
    Later,
}

/// Days that have a line of their own in the histogram of expiry.
const DAYS: i64 = 7;

/// The two halves of the view; on a narrow screen the second stands under the first.
pub fn server_lines(model: View<'_>) -> (Vec<ServerLine>, Vec<ServerLine>) {
    let picture = model.picture();
    let mut first = vec![ServerLine::Heading(say!("API latency (longest) and errors"))];
    first.extend((0..CHART_ROWS).map(ServerLine::Took));
    first.extend([ServerLine::Failures, ServerLine::Axis, ServerLine::Blank]);
    first.push(ServerLine::Heading(say!("Users over time")));
    first.extend([
        ServerLine::Users(Presence::Online),
        ServerLine::Users(Presence::Background),
        ServerLine::Users(Presence::Offline),
        ServerLine::Users(Presence::Unknown(crate::presence::UnknownReason::NotAnswered)),
    ]);
    if picture.roster.totals(picture.now).unregistered > 0 {
        first.push(ServerLine::Users(Presence::Unregistered));
    }
    first.extend([ServerLine::Axis, ServerLine::Blank]);
    witnesses(&picture, fact_columns(model.size.0), &mut first);
    asking(model, &picture, &mut first);
    let mut second = vec![ServerLine::Heading(say!("Connections by platform, as last seen"))];
    platforms(&picture, &mut second);
    second.push(ServerLine::Blank);
    second.push(ServerLine::Heading(say!("Token expiry (server time)")));
    expiries(model, &picture, &mut second);
    (first, second)
}

/// How many lines the view has on a screen so wide.
pub(super) fn server_height(model: View<'_>) -> usize {
    let (first, second) = server_lines(model);
    if model.size.0 >= TWO_HALVES { first.len().max(second.len()) } else { first.len() + 1 + second.len() }
}

/// What there is none of, where that is known.
fn nothing(picture: &Picture<'_>, what: &'static str) -> &'static str {
    if picture.roster.last_answer().is_some() { what } else { say!("not known yet: no answer has come") }
}

fn platforms(picture: &Picture<'_>, lines: &mut Vec<ServerLine>) {
    let mut counted: Vec<(Platform, u32)> =
        picture.roster.platforms().iter().map(|(platform, count)| (*platform, *count)).collect();
    counted.sort_by_key(|(platform, count)| (std::cmp::Reverse(*count), *platform));
    let most = counted.first().map_or(0, |(_, count)| *count);
    if counted.is_empty() {
        lines.push(ServerLine::Nothing(nothing(picture, say!("no connection"))));
    }
    lines.extend(counted.into_iter().map(|(platform, count)| ServerLine::Platform(platform, count, most)));
}

fn expiries(model: View<'_>, picture: &Picture<'_>, lines: &mut Vec<ServerLine>) {
    let now = picture.roster.server_clock().unix_seconds(picture.now);
    let bins = expiry_bins(picture.roster.expiries(), stretches(now, &model.zone));
    let most = bins.iter().map(|(_, count)| *count).max().unwrap_or(0);
    if most == 0 {
        lines.push(ServerLine::Nothing(nothing(picture, say!("no session token names its end"))));
        return;
    }
    for (stretch, count) in bins {
        lines.push(ServerLine::Expiry(stretch.name, count, most, stretch.kind));
    }
    for finding in picture.findings.of_server().iter().filter(|it| it.rule == Rule::ExpiryCliff) {
        lines.push(ServerLine::Warning(model.evidence(finding)));
    }
}

/// A stretch of time in which tokens expire.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stretch {
    name: String,
    /// Its last second, unix.
    until: i64,
    kind: ExpiryKind,
}

/// From the past to the far future: this hour, today, the days of the coming week, the rest.
fn stretches(now: i64, zone: &TimeZone) -> Vec<Stretch> {
    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;
    let stretch = |name: &str, until: i64| {
        let kind = match until - now {
            ..=0 => ExpiryKind::Past,
            left if left <= DAY => ExpiryKind::Soon,
            _ => ExpiryKind::Later,
        };
        Stretch { name: name.to_owned(), until, kind }
    };
    let mut all = vec![stretch(say!("expired"), now), stretch(say!("within 1h"), now + HOUR)];
    let today = Timestamp::from_second(now).map(|at| at.to_zoned(zone.clone()));
    let mut day = today.and_then(|today| today.start_of_day());
    for number in 0..=DAYS {
        let Ok(start) = &day else { break };
        let name = if number == 0 { say!("today").to_owned() } else { named_day(start) };
        // Days differ in length where clocks are set twice a year.
        day = start.tomorrow();
        if let Ok(end) = &day {
            let until = end.timestamp().as_second() - 1;
            if until > now + HOUR {
                all.push(stretch(&name, until));
            }
        }
    }
    all.push(stretch(say!("within 30d"), now + 30 * DAY));
    all.push(Stretch { name: say!("later").to_owned(), until: i64::MAX, kind: ExpiryKind::Later });
    all
}

/// A day of the week and its date: `Fri 01-15`.
fn named_day(day: &Zoned) -> String {
    let date = day.strftime("%m-%d").to_string();
    match day.weekday() {
        Weekday::Monday => say!("Mon {date}", date),
        Weekday::Tuesday => say!("Tue {date}", date),
        Weekday::Wednesday => say!("Wed {date}", date),
        Weekday::Thursday => say!("Thu {date}", date),
        Weekday::Friday => say!("Fri {date}", date),
        Weekday::Saturday => say!("Sat {date}", date),
        Weekday::Sunday => say!("Sun {date}", date),
    }
}

/// Counts tokens, by unix minutes, in stretches that follow one another.
fn expiry_bins(expiries: &BTreeMap<i64, u32>, stretches: Vec<Stretch>) -> Vec<(Stretch, u32)> {
    let mut bins: Vec<(Stretch, u32)> = stretches.into_iter().map(|stretch| (stretch, 0)).collect();
    for (minute, count) in expiries {
        let at = minute.saturating_mul(60);
        let bin = bins.partition_point(|(stretch, _)| stretch.until < at);
        if let Some((_, counted)) = bins.get_mut(bin) {
            *counted += count;
        }
    }
    bins
}

/// Columns before what is said of a fact, and behind it.
const BESIDE: u16 = 20;

/// How many columns a fact has on a screen so wide.
fn fact_columns(width: u16) -> usize {
    let half = if width >= TWO_HALVES { width / 2 } else { width };
    usize::from(half.saturating_sub(BESIDE)).max(16)
}

/// So many gateways have a line of their own.
const GATEWAYS: usize = 16;

/// Who is asked beside the sockets, and how that goes; nothing where nobody is.
fn witnesses(picture: &Picture<'_>, columns: usize, lines: &mut Vec<ServerLine>) {
    let roster = picture.roster;
    let (asked, signs) = (roster.witnesses().each(), &roster.witnesses().signs);
    if asked.iter().all(|(_, witness)| *witness == Witness::Unasked) {
        return;
    }
    lines.push(ServerLine::Heading(say!("Presence sources")));
    let said = |(question, witness): (Question, Witness)| {
        let how = witness_words(witness);
        let text = match witness {
            Witness::Refuses(_) if question == Question::UsersStatus => {
                say!("{how}: offline rests on the sockets alone", how)
            }
            _ => how,
        };
        ServerLine::Fact(language::say(question.name()), text)
    };
    lines.extend(asked.into_iter().map(said));
    for (address, gateway) in signs.iter().take(GATEWAYS) {
        let age = short_age(picture.now.since(gateway.since) / 1_000);
        let text = gateway_words(address, gateway.sign, &age);
        lines.push(ServerLine::Gateway(text, matches!(gateway.sign, LifeSign::Hung | LifeSign::Refused)));
    }
    if let Some(more @ 1..) = signs.len().checked_sub(GATEWAYS) {
        lines.push(ServerLine::Gateway(say!("and {more} more", more), false));
    }
    let sums = picture.trend.sums();
    let (extra, sockets) = (sums.extra, sums.answers + sums.failures);
    if extra > 0 {
        lines.push(ServerLine::Fact(
            say!("asked"),
            say!("{extra} times, beside {sockets} questions to the sockets", extra, sockets),
        ));
    }
    if roster.doubts().len() > 0 {
        lines.push(ServerLine::Fact(say!("in doubt"), say!("{n} users", n = roster.doubts().len())));
    }
    first_round(picture, columns, lines);
    if let Some((words, _)) = worst_loss(roster, picture.now) {
        lines.push(ServerLine::Warning(words.what));
    }
    lines.push(ServerLine::Blank);
}

/// A fact that may take several lines; the name stands in the first.
fn wrapped_fact(name: &'static str, words: &str, columns: usize, lines: &mut Vec<ServerLine>) {
    let names = std::iter::once(name).chain(std::iter::repeat(""));
    lines.extend(names.zip(wrapped(words, columns)).map(|(name, line)| ServerLine::Fact(name, line)));
}

/// How much is kept in memory: all, and the parts that take most of it.
fn in_memory(model: View<'_>) -> String {
    let mut stores = model.shown.stores();
    stores.sort_by_key(|store| std::cmp::Reverse(store.bytes));
    let bytes = |bytes: usize| Bytes(bytes as u64);
    let all = stores.iter().map(|store| store.bytes).sum();
    let parts: Vec<String> = stores
        .iter()
        .take(3)
        .map(|store| format!("{} {}", language::say(store.what), bytes(store.bytes)))
        .collect();
    say!("about {all}: {parts}", all = bytes(all), parts = parts.join(say!(", ")))
}

/// How much is asked at once, and who chose that.
fn at_once_words(at_once: AtOnce, list: &WatchList) -> String {
    let AtOnce { requests, adapts } = at_once;
    let users = if list.batches() == 0 { 0 } else { list.batch(0).len() };
    let (least, most) = (AtOnce::LEAST, AtOnce::MOST);
    match (requests, adapts) {
        (1, true) => {
            say!(
                "1 request of up to {users} users, by how quick answers are ({least} to {most})",
                users,
                least,
                most
            )
        }
        (1, false) => say!("1 request of up to {users} users, as set", users),
        (requests, true) => say!(
            "{requests} requests of up to {users} users, by how quick answers are ({least} to {most})",
            requests,
            users,
            least,
            most,
        ),
        (requests, false) => say!("{requests} requests of up to {users} users, as set", requests, users),
    }
}

/// How far those are checked whom the sockets call offline at first sight, and by what the rest is judged.
fn first_round(picture: &Picture<'_>, columns: usize, lines: &mut Vec<ServerLine>) {
    let roster = picture.roster;
    let mut add = |name, words: &str| wrapped_fact(name, words, columns, lines);
    if let Some(words) = checking_words(roster) {
        add(say!("first round"), &words);
    }
    if let Some((answered, asked)) = roster.checks().sample {
        add(say!("sample"), &say!("{answered} of {asked} users are answered for", answered, asked));
    }
    if let Some(words) = by_registry_words(roster.by_registry_alone()) {
        add(say!("in place"), &words);
    }
    if roster.by_sample() > 0
        && let Some(words) = sample_words(roster.sampled())
    {
        let users = roster.by_sample();
        add(say!("sampled"), &say!("{users} users are called offline by a sample: {words}", users, words));
    }
}

/// What our own asking costs, and what the server says of itself.
fn asking(model: View<'_>, picture: &Picture<'_>, lines: &mut Vec<ServerLine>) {
    lines.push(ServerLine::Heading(say!("What imtop asks, and what the server says of itself")));
    let trend = picture.trend;
    let (sums, rates) = (trend.sums(), trend.rates(picture.now));
    let requests = sums.requests();
    let words = match sums.failures {
        0 => say!("{requests}, none failed", requests),
        failures => say!("{requests}, {failures} failed", requests, failures),
    };
    lines.push(ServerLine::Fact(say!("requests"), words));
    let (requests, users) = (format!("{:.1}", rates.requests), format!("{:.0}", rates.users));
    let bytes = Bytes(rates.bytes as u64);
    let words = say!("{requests} requests, {users} users, {bytes}", requests, users, bytes);
    lines.push(ServerLine::Fact(say!("a second"), words));
    if let Some(at_once) = model.shown.at_once {
        let words = at_once_words(at_once, picture.roster.list());
        wrapped_fact(say!("at once"), &words, fact_columns(model.size.0), lines);
    }
    lines.push(ServerLine::Fact(say!("received"), say!("{bytes} in all", bytes = Bytes(sums.wire_bytes))));
    // It is of now, and a picture that stands has nothing that moves.
    if !model.shown.is_held {
        wrapped_fact(say!("in memory"), &in_memory(model), fact_columns(model.size.0), lines);
    }
    if let Some(hints) = picture.hints {
        lines.extend(
            hints.words().into_iter().map(|(name, words)| ServerLine::Fact(language::say(name), words)),
        );
    }
    let offset = picture.roster.server_clock().offset_ms();
    let seconds = |ms: i64| format!("{:.1}", ms as f64 / 1_000.0);
    let clock = match offset {
        0 => say!("as this machine's").to_owned(),
        ms if ms > 0 => say!("{s} s ahead of this machine's", s = seconds(ms)),
        ms => say!("{s} s behind this machine's", s = seconds(-ms)),
    };
    lines.push(ServerLine::Fact(say!("clock"), clock));
    for failed in &sums.troubles {
        let age = crate::presence::short_age(picture.now.since(failed.last) / 1_000);
        let (count, trouble) = (failed.count, &failed.trouble);
        let words = say!("{count} times: {trouble}, last {age} ago", count, trouble, age);
        lines.push(ServerLine::Fact(say!("failed"), words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_much_is_asked_at_once_is_told_with_who_chose_it() {
        let list =
            WatchList::new(1, 500, (0..1_200).map(|user| crate::presence::Entry::of(&user.to_string())));
        let words = |requests, adapts| at_once_words(AtOnce { requests, adapts }, &list);
        assert_eq!(words(12, true), "12 requests of up to 500 users, by how quick answers are (2 to 32)");
        assert_eq!(words(1, false), "1 request of up to 500 users, as set");
    }

    #[test]
    fn every_token_is_counted_in_one_stretch_of_time() {
        let now = 1_800_000_000; // Friday, 2027-01-15 08:00:00 UTC
        let at = |seconds: i64| (now + seconds) / 60;
        let (hour, day) = (3_600, 86_400);
        let expiries: BTreeMap<i64, u32> = [
            (at(-600), 3),
            (at(600), 5),
            (at(2 * hour), 1),
            (at(16 * hour), 6),
            (at(3 * day), 2),
            (at(20 * day), 4),
            (at(90 * day), 7),
        ]
        .into();
        let bins = expiry_bins(&expiries, stretches(now, &TimeZone::UTC));
        let counted: Vec<(&str, u32)> = bins
            .iter()
            .map(|(stretch, count)| (stretch.name.as_str(), *count))
            .filter(|it| it.1 > 0)
            .collect();
        let expected = [
            ("expired", 3),
            ("within 1h", 5),
            ("today", 1),
            ("Sat 01-16", 6),
            ("Mon 01-18", 2),
            ("within 30d", 4),
            ("later", 7),
        ];
        assert_eq!(counted, expected);
        assert!(bins.is_sorted_by_key(|(stretch, _)| stretch.until));
        let late = stretches(now + 15 * hour + 1_800, &TimeZone::UTC);
        assert!(!late.iter().any(|stretch| stretch.name == "today"), "it ends within the hour");
    }
}
