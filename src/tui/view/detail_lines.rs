//! What the detail of a user consists of, line by line, so that scrolling knows where it ends.
//!
//! Facts about the user are said here; what has styles of its own is put into words where it is drawn.
//! Lines are counted, and only those that are on the screen are made: a server may send thousands of
//! connections for one user.

use std::collections::HashMap;

use crate::presence::{
    DeliveryAnswers, EventGroup, Finding, Fingerprint, Holds, Presence, Since, Tracked, UnknownReason, UserIx,
};
use crate::tui::{Action, View, testimony_lines, wrapped};
use crate::{say, words};

use super::times;

/// One line of the detail of a user.
#[derive(Clone, Debug, PartialEq)]
pub enum DetailLine<'a> {
    /// Nothing.
    Blank,
    /// A heading, with how many there are of what it heads.
    Heading(&'static str, usize),
    /// A fact about the user: what it is about, and what it is; without a name where the line before goes on.
    Fact(&'static str, String),
    /// The presence, and why.
    Presence,
    /// A line of what it means that answers come without the user.
    Missing(String),
    /// Something that is wrong.
    Finding(&'a Finding),
    /// A line of what to do about it.
    Advice(String),
    /// A connection: platform, whole connID, state.
    Connection(usize),
    /// When it appeared.
    FirstSeen(usize),
    /// For whom and what its token was issued.
    TokenHolder(usize),
    /// When its token expires.
    TokenEnds(usize),
    /// When its token was issued, and from when on it is good.
    TokenIssued(usize),
    /// On how many connections its token is.
    TokenShared(usize),
    /// What happened to the user at one moment.
    Happened(&'a EventGroup),
    /// How long ago, and the request that showed it, where there is no room for that beside it.
    Seen(&'a EventGroup),
    /// There is nothing of what the heading says.
    Nothing(&'static str),
}

impl DetailLine<'_> {
    /// Whether it heads the connections.
    pub fn is_of_connections(&self) -> bool {
        matches!(self, DetailLine::Heading(CONNECTIONS, _))
    }
}

/// Heading of what is wrong.
const WRONG: &str = words!("What is wrong");

/// Columns before advice.
const INDENT: u16 = 6;

/// What to do about a finding, in lines of a screen so wide.
fn advice_lines(advice: &'static str, width: u16) -> Vec<String> {
    wrapped(advice, usize::from(width.saturating_sub(INDENT + 2)).max(16))
}

/// Columns before what is said of a fact.
const BESIDE: u16 = 13;

/// What it means that answers come without a user, and what to do, in lines that fit on the screen.
fn missing_lines(model: View<'_>, width: u16) -> Vec<String> {
    let columns = usize::from(width.saturating_sub(BESIDE + 1)).max(16);
    let ask = model.keymap.first_of(Action::CopyRequest);
    let check = match ask {
        Some(key) => say!("check the ID; {key} copies the request, to ask by hand", key),
        None => say!("check the ID").to_owned(),
    };
    let mut lines = wrapped(say!("the server answers but leaves this user out"), columns);
    lines.extend(wrapped(&check, columns));
    lines
}

/// Whether a message that is sent now reaches a user, link by link; what only a question about this user alone would
/// show is left to the command.
fn delivery_lines(model: View<'_>, user: UserIx, width: u16) -> Vec<DetailLine<'_>> {
    let picture = model.picture();
    let known =
        DeliveryAnswers { watched_ms: picture.now.since(model.model.began), ..DeliveryAnswers::default() };
    let (delivery, links) = model.shown.state.knowledge().delivery_chain(user, &known, picture.now);
    let mut lines = vec![
        DetailLine::Blank,
        DetailLine::Fact(say!("delivery"), format!("{}: {}", delivery.word(), delivery.meaning())),
    ];
    let columns = usize::from(width.saturating_sub(BESIDE + 1)).max(16);
    for link in links.iter().filter(|link| link.holds != Holds::Unasked) {
        let told = wrapped(&format!("{}: {}", link.holds.word(), link.evidence), columns);
        let names = std::iter::once(link.name.word()).chain(std::iter::repeat(""));
        lines.extend(names.zip(told).map(|(name, text)| DetailLine::Fact(name, text)));
        let advice = link.advice.into_iter().flat_map(|advice| advice_lines(advice, width));
        lines.extend(advice.map(DetailLine::Advice));
    }
    let more = say!("imtop why USER asks for unread messages and the push service, too");
    lines.extend(wrapped(more, columns).into_iter().map(|text| DetailLine::Fact("", text)));
    lines
}

/// Heading of the connections.
const CONNECTIONS: &str = words!("Connections");

/// From so many columns on there is room for all that is known of an event in one line.
const ROOMY: u16 = 110;

/// Since when something is so, in words.
pub(super) fn since_words(model: View<'_>, since: Since) -> String {
    let now = model.picture().now;
    let clock = |mono_ms| times::clock(now.unix_ms_at(mono_ms), now, &model.model.zone);
    let (age, end) = (times::age_ms(since.age_ms(now)), clock(since.before_ms));
    let Some(after) = since.after_ms else {
        return say!("at least {age}: it was so already at {end}", age, end);
    };
    let start = clock(after);
    if let Some(blind) = times::blind_since(since, model.gap_ms()) {
        let most = times::age_ms(now.mono_ms.saturating_sub(blind));
        say!("{age} to {most} ago, between {start} and {end}", age, most, start, end)
    } else if start == end {
        say!("{age} ago, at {end}", age, end)
    } else {
        say!("{age} ago, between {start} and {end}", age, start, end)
    }
}

/// The detail of a user.
#[derive(Clone, Debug)]
pub struct Detail<'a> {
    /// What is said of the user before the connections.
    facts: Vec<DetailLine<'a>>,
    connections: &'a [Tracked],
    /// On how many connections each token is.
    uses: HashMap<Fingerprint, usize>,
    happened: Vec<&'a EventGroup>,
    /// Whether a message reaches the user, and why.
    delivery: Vec<DetailLine<'a>>,
    /// Whether an event has one line, not two.
    roomy: bool,
}

impl<'a> Detail<'a> {
    /// Whether all that is known of an event stands in one line.
    pub fn is_roomy(&self) -> bool {
        self.roomy
    }

    /// Counts what there is to say.
    pub fn new(model: View<'a>, user: UserIx, width: u16) -> Detail<'a> {
        let picture = model.picture();
        let roster = picture.roster;
        let (list, names) = (roster.list(), &model.model.names);
        let mut facts = Vec::new();
        facts
            .extend(list.label(user).map(|label| DetailLine::Fact(say!("label"), names.label(label).into())));
        facts
            .extend(list.group(user).map(|group| DetailLine::Fact(say!("group"), names.group(group).into())));
        facts.push(DetailLine::Presence);
        if roster.presence(user) == Presence::Unknown(UnknownReason::Missing) {
            facts.extend(missing_lines(model, width).into_iter().map(DetailLine::Missing));
        }
        let said = testimony_lines(model, user, width).into_iter();
        facts.extend(said.map(|(name, text)| DetailLine::Fact(name, text)));
        let since =
            roster.since(user).map_or(say!("not known yet").to_owned(), |since| since_words(model, since));
        let answered = roster.answered(user).map_or(say!("not yet").to_owned(), |answered| {
            let age = times::age_ms(picture.now.since(answered.received));
            let at = times::clock(answered.received.unix_ms, picture.now, &model.model.zone);
            say!("{age} ago, {at}", age, at)
        });
        let batch = say!("{number} of {all}", number = list.batch_of(user) + 1, all = list.batches());
        facts.extend([
            DetailLine::Fact(say!("since"), since),
            DetailLine::Fact(say!("last answer"), answered),
            DetailLine::Fact(say!("batch"), batch),
        ]);
        let findings = picture.findings.of(user);
        if !findings.is_empty() {
            facts.extend([DetailLine::Blank, DetailLine::Heading(WRONG, findings.len())]);
        }
        for (at, finding) in findings.iter().enumerate() {
            facts.push(DetailLine::Finding(finding));
            // Findings of one rule stand together, and mostly share their advice.
            let advice = finding.advice();
            if findings.get(at + 1).is_none_or(|next| next.advice() != advice) {
                facts.extend(advice_lines(advice, width).into_iter().map(DetailLine::Advice));
            }
        }
        let connections = roster.connections(user);
        facts.extend([DetailLine::Blank, DetailLine::Heading(CONNECTIONS, connections.len())]);
        if connections.is_empty() {
            facts.push(DetailLine::Nothing(say!("none")));
        }
        let mut uses = HashMap::new();
        for token in connections.iter().filter_map(|tracked| tracked.connection.token.as_ref()) {
            *uses.entry(token.fingerprint).or_default() += 1;
        }
        let happened = picture.happened_to(user).collect();
        let delivery = delivery_lines(model, user, width);
        Detail { facts, connections, uses, happened, delivery, roomy: width >= ROOMY }
    }

    /// On how many connections the token of this one is.
    pub fn uses(&self, connection: usize) -> usize {
        let token = self.connections.get(connection).and_then(|tracked| tracked.connection.token.as_ref());
        token.and_then(|token| self.uses.get(&token.fingerprint)).copied().unwrap_or(0)
    }

    /// How many lines stand before what is wrong; `None` where nothing is.
    pub(in crate::tui) fn lines_before_findings(&self) -> Option<usize> {
        self.facts.iter().position(|line| matches!(line, DetailLine::Heading(WRONG, _)))
    }

    /// How many lines stand before whether a message reaches the user.
    pub(in crate::tui) fn lines_before_delivery(&self) -> usize {
        self.len() - self.delivery.len()
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        let connections: usize = (0..self.connections.len()).map(|at| self.connection(at).count()).sum();
        let happened = self.happened.len() * if self.roomy { 1 } else { 2 };
        self.facts.len() + connections + 2 + happened.max(1) + self.delivery.len()
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lines after so many, on a screen so high.
    pub fn window(&self, scroll: usize, height: u16) -> Vec<DetailLine<'a>> {
        let connections = (0..self.connections.len()).flat_map(|at| self.connection(at));
        let heading = [
            DetailLine::Blank,
            DetailLine::Heading(words!("What happened, newest first"), self.happened.len()),
        ];
        let none = DetailLine::Nothing(say!("nothing has changed since imtop started"));
        let lines = self.facts.iter().cloned().chain(connections).chain(heading);
        let lines = lines.chain(self.happened.iter().flat_map(|event| self.event(event)));
        let lines = lines.chain(self.happened.is_empty().then_some(none));
        let lines = lines.chain(self.delivery.iter().cloned());
        lines.skip(scroll).take(usize::from(height)).collect()
    }

    fn connection(&self, at: usize) -> impl Iterator<Item = DetailLine<'a>> + use<'a> {
        let token = self.connections.get(at).and_then(|tracked| tracked.connection.token.as_ref());
        let claims = token.and_then(|token| token.claims());
        let dated = claims.is_some_and(|it| it.issued.is_some() || it.not_before.is_some());
        let lines = [
            Some(DetailLine::Connection(at)),
            Some(DetailLine::FirstSeen(at)),
            token.map(|_| DetailLine::TokenHolder(at)),
            claims.map(|_| DetailLine::TokenEnds(at)),
            dated.then_some(DetailLine::TokenIssued(at)),
            (self.uses(at) > 1).then_some(DetailLine::TokenShared(at)),
        ];
        lines.into_iter().flatten()
    }

    fn event(&self, event: &'a EventGroup) -> impl Iterator<Item = DetailLine<'a>> + use<'a> {
        let below = (!self.roomy).then_some(DetailLine::Seen(event));
        std::iter::once(DetailLine::Happened(event)).chain(below)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::About;
    use crate::fed::Fed;
    use crate::kit;
    use crate::presence::{
        Answer, Claims, Connection, Entry, Freshness, Input, Moment, Roster, RuleSettings, State, UserStatus,
        WatchList,
    };
    use crate::tui::{Model, Start};

    fn seen(connections: Vec<Connection>) -> (Fed, Model) {
        let now = Moment::default();
        let list = Arc::new(WatchList::new(1, 500, [Entry::of("alice")]));
        let roster = Roster::new(list, Freshness::for_interval(2_000), now);
        let mut fed = Fed::live(About::default(), State::new(roster, RuleSettings::default(), now));
        for status in [UserStatus::Offline, UserStatus::Online(connections)] {
            let observation = kit::observed(now, Ok(Answer::Changed(vec![(UserIx(0), status)])));
            fed.take(now, Input::Observed(observation));
        }
        let model = Model::new(Start::new((80, 24)), fed.shown());
        (fed, model)
    }

    fn connection(n: u32) -> Connection {
        let claims = Claims { issued: n.is_multiple_of(3).then_some(1), ..Claims::default() };
        let token = (!n.is_multiple_of(5)).then(|| kit::token(u128::from(n / 2), claims));
        Connection { token, ..kit::connection(2, &n.to_string()) }
    }

    #[test]
    fn any_part_is_the_same_as_in_the_whole_and_the_lines_are_counted_right() {
        let (fed, model) = seen((0..40).map(connection).collect());
        let detail = Detail::new(View { model: &model, shown: fed.shown() }, UserIx(0), 80);
        let whole = detail.window(0, u16::MAX);
        assert_eq!(whole.len(), detail.len());
        for scroll in 0..detail.len() {
            let end = (scroll + 7).min(whole.len());
            assert_eq!(detail.window(scroll, 7), whole[scroll..end], "{scroll}");
        }
        assert_eq!((detail.uses(2), detail.uses(4), detail.uses(0)), (2, 1, 0), "5 and 0 show no token");
        let shared = whole.iter().filter(|line| matches!(line, DetailLine::TokenShared(_))).count();
        assert_eq!(shared, (0..40).filter(|at| detail.uses(*at) > 1).count());
        let before = whole.get(detail.lines_before_delivery() - 1);
        assert!(matches!(before, Some(DetailLine::Seen(_))), "below 110 columns");
    }
}
