//! The first row: how it is, in a word; which server, how the asking goes. What matters least goes first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::language;
use crate::presence::trend::Trend;
use crate::presence::{FeedStatus, Witness, visible};
use crate::say;
use crate::tui::{Health, Note, View, health, visible_notes};

use super::painter::Painter;
use super::theme::Theme;
use super::times::{age_ms, clock, interval};

/// Answers in the sparkline.
const BARS: usize = 16;

/// Answers that are quicker than this all look alike.
const QUICK_MS: u32 = 40;

/// The widest name of a server that is shown whole.
const WIDEST_SERVER: u16 = 60;

/// The widest name of a context that is shown whole.
const WIDEST_CONTEXT: u16 = 24;

/// From so many columns on it is said what a round is longer than.
const LONG_ROUND_FROM: u16 = 100;

/// A server's name gives way down to so many columns.
const YIELDS_TO: usize = 4;

/// How banners begin that stay in sight on every screen, and the marks that stand for them.
const DANGERS: [(&str, &str); 2] = [("plain http", "http"), ("--insecure", "insecure")];

/// One thing that the header says; the higher its rank, the earlier it goes.
struct Segment {
    rank: u8,
    text: String,
    style: Style,
    /// Whether it is cut before others are.
    yields: bool,
}

/// The columns that they need, with gaps.
fn needed(theme: &Theme, segments: &[Segment]) -> usize {
    let columns = segments.iter().map(|segment| usize::from(theme.width(&segment.text)) + 2);
    columns.sum::<usize>().saturating_sub(1)
}

/// What stands on a row so wide, and whether what is critical is said in full there.
fn chosen(model: View<'_>, theme: &Theme, width: u16, notes: u16) -> (Vec<Segment>, bool) {
    let room = usize::from(width);
    // What is critical is said in full where it fits with all that stays in any case.
    let fitting = |in_full: bool| {
        let mut segments = segments(model, theme, width, notes, in_full);
        for rank in (1..=6).rev() {
            if needed(theme, &segments) > room {
                segments.retain(|segment| segment.rank != rank);
            }
        }
        segments
    };
    let fits = |segments: &Vec<Segment>| {
        let yields = segments.iter().filter(|segment| segment.yields);
        let spare: usize =
            yields.map(|it| usize::from(theme.width(&it.text)).saturating_sub(YIELDS_TO)).sum();
        needed(theme, segments) <= room + spare
    };
    match Some(fitting(true)).filter(fits) {
        Some(segments) => (segments, true),
        None => (fitting(false), false),
    }
}

/// Whether the header says what is critical, and not only that something is.
pub(super) fn says_what(model: View<'_>, theme: &Theme, width: u16, notes: u16) -> bool {
    chosen(model, theme, width, notes).1
}

/// `notes`: how many rows the notes have; what has no row there gets a mark here.
pub(super) fn draw(model: View<'_>, theme: &Theme, area: Rect, notes: u16, buf: &mut Buffer) {
    let room = usize::from(area.width);
    let (segments, _) = chosen(model, theme, area.width, notes);
    let spark = sparkline(model, theme);
    let mut pen = Painter::new(theme, buf, area, 0);
    pen.skip(1);
    let mut over = needed(theme, &segments).saturating_sub(room).min(usize::from(u16::MAX)) as u16;
    for segment in &segments {
        let full = theme.width(&segment.text);
        // The server gives way before the state of the feed does.
        let shown = if segment.yields {
            let shown = full.saturating_sub(over).max(full.min(YIELDS_TO as u16));
            over = over.saturating_sub(full - shown);
            shown
        } else {
            full
        };
        pen.field(&segment.text, shown, theme.glyphs.cut, segment.style).skip(2);
    }
    if pen.left() > theme.width(&spark) {
        pen.skip(pen.left() - theme.width(&spark) - 1).put(&spark, theme.dim);
    }
}

fn segments(model: View<'_>, theme: &Theme, area_width: u16, notes: u16, in_full: bool) -> Vec<Segment> {
    let mut segments = Vec::new();
    let add = |segments: &mut Vec<Segment>, rank, text: String, style| {
        segments.push(Segment { rank, text, style, yields: false });
    };
    let (roster, now) = (model.live(), model.now);
    // The picture may be of the past; this is of now.
    let of_now = |text: String| if model.is_in_past() { say!("now: {text}", text) } else { text };
    let (how, what) = health(model);
    let word = language::say(if area_width < 40 { how.short() } else { how.word() });
    let health = match what.filter(|_| in_full) {
        Some(what) => say!("{word}: {what}", word, what),
        None => word.to_owned(),
    };
    add(&mut segments, 0, of_now(health), theme.health(how));
    add(&mut segments, 3, "imtop".to_owned(), theme.strong);
    if let Some((text, style)) = context(model, theme, area_width) {
        add(&mut segments, 0, text, style);
    }
    if let Some(hidden) = model.hidden_changes() {
        let sign = theme.glyphs.paused;
        let at = clock(model.picture().now.unix_ms, now, &model.zone);
        let text = match (area_width, model.is_in_past()) {
            (70.., true) if hidden == 1 => say!("PAST at {at}, 1 change since", at),
            (70.., true) => say!("PAST at {at}, {hidden} changes since", at, hidden),
            (70.., false) if hidden == 1 => say!("PAUSED at {at}, 1 change since", at),
            (70.., false) => say!("PAUSED at {at}, {hidden} changes since", at, hidden),
            (40..70, true) => say!("PAST at {at}", at),
            (40..70, false) => say!("PAUSED at {at}", at),
            (_, true) => say!("PAST").to_owned(),
            (_, false) => say!("PAUSED").to_owned(),
        };
        add(&mut segments, 0, format!("{sign} {text}"), theme.strong);
    }
    if model.shown.is_recorded {
        add(&mut segments, 0, say!("REPLAY").to_owned(), theme.strong);
    }
    if model.shown.is_recording {
        add(&mut segments, 1, format!("{} REC", theme.glyphs.online), theme.bad);
    }
    if !visible_notes(model, notes).iter().any(|note| matches!(note, Note::Banner(_))) {
        for (beginning, mark) in DANGERS {
            if model.shown.about.banners.iter().any(|banner| banner.starts_with(beginning)) {
                add(&mut segments, 0, format!("{} {mark}", theme.glyphs.warning), theme.warn);
            }
        }
    }
    let firing = model.shown.live.alerts().standing().filter(|(_, since)| since.is_some()).count();
    if firing > 0 {
        let alerts = if firing == 1 { "alert" } else { "alerts" };
        add(&mut segments, 1, format!("{firing} {alerts} firing"), theme.bad);
    }
    if model.names.are_masked() {
        add(&mut segments, 1, say!("masked").to_owned(), theme.strong);
    }
    if area_width >= 30 {
        let text = theme.shortened(&model.shown.about.name, WIDEST_SERVER, theme.glyphs.cut);
        segments.push(Segment { rank: 0, text, style: theme.plain, yields: true });
    }
    let status = roster.feed_status(now);
    let (sign, style) = theme.feed(&status);
    let reading = model.shown.reading;
    // No green beside what is wrong.
    let is_green = status == FeedStatus::Live && how != Health::Ok;
    let style = if is_green { theme.plain } else { style };
    let in_full = area_width >= LONG_ROUND_FROM;
    let text = match reading {
        Some(words) if status == FeedStatus::Nobody => {
            format!("{} {words}", theme.glyphs.waiting)
        }
        _ => format!("{sign} {}", of_now(words(model, &status, in_full))),
    };
    add(&mut segments, 0, text, style.add_modifier(theme.strong.add_modifier));
    if let Some(words) = reading.filter(|_| status != FeedStatus::Nobody) {
        add(&mut segments, 2, words.to_owned(), theme.plain);
    }
    // What is weaker than usual in what is said of users; the view of the server says why.
    match roster.witnesses().registry {
        Witness::Refuses(_) => add(&mut segments, 3, say!("registry: refused").to_owned(), theme.plain),
        Witness::Fails(_) => add(&mut segments, 2, say!("registry: no answer").to_owned(), theme.doubt),
        Witness::Unasked | Witness::Unheard | Witness::Answers => {}
    }
    if let Some(answer) = roster.last_answer() {
        add(&mut segments, 2, say!("last {age} ago", age = age_ms(now.since(answer))), theme.plain);
    }
    // The median is in the view of the server.
    if let Some(took) = model.live_trend().took(now) {
        add(&mut segments, 4, format!("p95 {} ms ({})", took.p95_ms, Trend::TOOK_OVER), theme.plain);
    }
    let all = roster.batches().len();
    if matches!(status, FeedStatus::Degraded { .. }) {
        add(&mut segments, 5, say!("every {every}", every = interval(model.shown.interval_ms)), theme.plain);
    } else if all > 1 {
        let in_time = roster.batches_in_time(now);
        add(&mut segments, 5, say!("batches {in_time}/{all}", in_time, all), theme.plain);
    }
    segments
}

/// Which of the configured servers it is; one whose users are real stands out on every screen.
fn context(model: View<'_>, theme: &Theme, area_width: u16) -> Option<(String, Style)> {
    let name = model
        .shown
        .about
        .context
        .as_deref()
        .map(|name| theme.shortened(&visible(name), WIDEST_CONTEXT, theme.glyphs.cut));
    if !model.shown.about.production {
        return name.filter(|_| area_width >= 40).map(|name| (name, theme.strong));
    }
    let name = name.filter(|_| area_width >= 30).map_or(String::new(), |name| format!("{name} "));
    Some((format!(" PROD {name}"), theme.production))
}

fn words(model: View<'_>, status: &FeedStatus, in_full: bool) -> String {
    if model.shown.is_recorded {
        // Nobody is asked now: this is how it was.
        return match status {
            FeedStatus::Nobody => say!("nobody was watched").to_owned(),
            FeedStatus::Connecting => say!("was connecting").to_owned(),
            FeedStatus::Live => live(model, in_full),
            FeedStatus::Degraded { .. } => degraded(model),
            FeedStatus::Overdue => say!("answer was overdue").to_owned(),
            FeedStatus::Retrying { .. } => say!("was retrying").to_owned(),
        };
    }
    match status {
        FeedStatus::Nobody => say!("nobody is watched").to_owned(),
        FeedStatus::Connecting => say!("connecting").to_owned(),
        FeedStatus::Live => live(model, in_full),
        FeedStatus::Degraded { .. } => degraded(model),
        FeedStatus::Overdue => say!("answer overdue").to_owned(),
        FeedStatus::Retrying { attempt, next_ms } => {
            match (next_ms.saturating_sub(model.now.mono_ms).div_ceil(1_000), attempt) {
                (0, ..=1) => say!("retrying now").to_owned(),
                (0, attempt) => say!("retrying now (attempt {attempt})", attempt),
                (seconds, ..=1) => say!("retrying in {seconds}s", seconds),
                (seconds, attempt) => say!("retrying in {seconds}s (attempt {attempt})", seconds, attempt),
            }
        }
    }
}

/// How often everybody is asked about: at the interval, or as often as that can be done.
fn live(model: View<'_>, in_full: bool) -> String {
    let (every_ms, is_recorded) = (model.shown.interval_ms, model.shown.is_recorded);
    let every = interval(every_ms);
    let round_ms = model.live().round_ms().unwrap_or(0);
    // Where it just about fits it is nothing to be told.
    if round_ms <= every_ms + every_ms / 10 {
        return if is_recorded { say!("was live {every}", every) } else { say!("live {every}", every) };
    }
    let takes = match round_ms {
        ..10_000 => interval(round_ms.next_multiple_of(100)),
        _ => interval(round_ms.next_multiple_of(1_000)),
    };
    match (is_recorded, in_full) {
        (true, true) => {
            say!("was live: a round took {takes}, longer than the interval of {every}", takes, every)
        }
        (true, false) => say!("was live: a round took {takes}", takes),
        (false, true) => {
            say!("live: a round takes {takes}, longer than the interval of {every}", takes, every)
        }
        (false, false) => say!("live: a round takes {takes}", takes),
    }
}

/// How many batches get no answers, and whether anything has failed at all.
fn degraded(model: View<'_>) -> String {
    let roster = model.live();
    let (late, all) = (roster.stale_batches(model.now), roster.batches().len());
    if roster.first_error().is_some() {
        say!("degraded: {late} of {all} batches", late, all)
    } else {
        say!("{late} of {all} batches overdue", late, all)
    }
}

fn sparkline(model: View<'_>, theme: &Theme) -> String {
    let took: Vec<u32> = model.live().latency().last(BARS).collect();
    let p50 = model.live_trend().took(model.now).map_or(0, |took| took.p50_ms);
    // Twice the usual is the top, so that what is usual stands half-way up and not at the brim; and
    // a few milliseconds more or less are no news.
    let most = took.iter().copied().max().unwrap_or(0).max(p50.saturating_mul(2)).max(QUICK_MS);
    let bar = |ms: &u32| {
        let level = u64::from(*ms) * 7 / u64::from(most);
        theme.glyphs.bars.get(level as usize).copied().unwrap_or(" ")
    };
    took.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ratatui::style::Modifier;

    use super::super::theme::Colour;
    use super::*;
    use crate::engine::{About, Command};
    use crate::fed::Fed;
    use crate::kit::{at, observed};
    use crate::presence::{
        Answer, Entry, Freshness, Input, Moment, Observation, Roster, RuleSettings, State, UserIx,
        UserStatus, WatchList,
    };
    use crate::tui::{Model, Start};

    /// The header of a screen so wide, and what of it stands out.
    fn header(columns: u16, tune: impl FnOnce(&mut About)) -> (String, String) {
        let list = WatchList::new(1, 500, [Entry::of("alice")]);
        let now = Moment::default();
        let roster = Roster::new(Arc::new(list), Freshness::for_interval(2_000), now);
        let mut about = About { name: "https://im.example".into(), ..About::default() };
        tune(&mut about);
        text_of(&Fed::live(about, State::new(roster, RuleSettings::default(), now)), columns)
    }

    fn text_of(fed: &Fed, columns: u16) -> (String, String) {
        let model = Model::new(Start::new((columns, 10)), fed.shown());
        let area = Rect::new(0, 0, columns, 1);
        let mut buf = Buffer::empty(area);
        draw(View { model: &model, shown: fed.shown() }, &Theme::new(Colour::None, false), area, 0, &mut buf);
        let text = |bold: bool| {
            let cells = buf.content().iter();
            let cells = cells.filter(|cell| !bold || cell.modifier.contains(Modifier::REVERSED));
            cells.map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned()
        };
        (text(false), text(true))
    }

    #[test]
    fn production_is_in_sight_on_every_screen() {
        for columns in 20..200 {
            let production = |about: &mut About| {
                about.production = true;
                about.context = Some("im-eu".into());
            };
            let (text, cue) = header(columns, production);
            assert_eq!(cue, if columns < 30 { " PROD" } else { " PROD im-eu" }, "{text}");
        }
    }

    #[test]
    fn a_round_that_cannot_be_done_in_the_interval_is_told_in_numbers() {
        let list = Arc::new(WatchList::new(1, 1, (0..100).map(|user| Entry::of(&user.to_string()))));
        let now = Moment::default();
        let roster = Roster::new(list, Freshness::for_interval(10_000), now);
        let state = State::new(roster, RuleSettings::default(), now).asked_every(10_000);
        let mut fed = Fed::live(About { name: "https://im.example".into(), ..About::default() }, state);
        let said = |fed: &Fed, columns| text_of(fed, columns).0;
        for number in 0..205_u64 {
            let answer = Ok(Answer::Changed(vec![(UserIx((number % 100) as u32), UserStatus::Offline)]));
            let seen = observed(at(number * 140 + 20), answer);
            let seen = Observation { batch: (number % 100) as u32, sent: at(number * 140), ..seen };
            fed.take(at(number * 140 + 20), Input::Observed(seen));
            if number == 99 {
                let text = said(&fed, 140);
                assert!(text.contains("live 10s") && !text.contains("round"), "{text}");
            }
        }
        let text = said(&fed, 140);
        assert!(text.contains("● live: a round takes 14s, longer than the interval of 10s"), "{text}");
        assert!(said(&fed, 80).contains("● live: a round takes 14s"), "{}", said(&fed, 80));
        fed.command(&Command::SetInterval(20_000));
        assert!(said(&fed, 140).contains("● live 20s"), "{}", said(&fed, 140));
    }

    #[test]
    fn a_context_is_named_and_without_one_nothing_is() {
        let (text, cue) = header(80, |about| about.context = Some("staging\u{202e}".into()));
        assert_eq!(text, " UNKNOWN  imtop  staging<U+202E>  https://im.example  ◌ connecting");
        assert_eq!(cue, "");
        assert_eq!(header(80, |_| ()).0, " UNKNOWN  imtop  https://im.example  ◌ connecting");
    }
}
