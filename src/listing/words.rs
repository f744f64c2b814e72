//! Events in words, so that what is searched is what is read. Knows no column and no style.

use std::borrow::Cow;

use crate::presence::{
    Change, ErrorKind, Event, EventGroup, Presence, Roster, Story, Transition, UnknownReason, UserId, UserIx,
    short_age,
};

use crate::{language, say};

use super::alert_words::alert_words;
use super::filter::push_small;
use super::names::Names;

/// Who and what of some events that read the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventWords<'a> {
    /// One user, `12 users`, or which part of the program or the server.
    pub who: Cow<'a, str>,
    /// The label of the one user.
    pub label: Option<Cow<'a, str>>,
    /// What happened, without who.
    pub what: String,
    /// Whom it happened to, where that is not said yet.
    pub users: &'a [UserId],
    /// Whether there are more of them.
    pub and_more: bool,
}

/// What puts events into words: whom they are about, what users are called, the sign between what
/// was and what is.
#[derive(Clone, Copy)]
pub struct Wording<'a> {
    /// For the batches and labels of those who are named.
    pub roster: &'a Roster,
    /// What users are called.
    pub names: &'a Names,
    /// Stands between what was and what is: `->`.
    pub to: &'a str,
}

impl<'a> Wording<'a> {
    /// A group of events.
    pub fn group(&self, group: &'a EventGroup) -> EventWords<'a> {
        let what = self.what(group);
        let (users, and_more) = match group.count {
            1 => (&[][..], false),
            count => (group.users.as_slice(), group.users.len() < count as usize),
        };
        let one = group.event.user().filter(|_| group.count == 1);
        let who: Cow<'a, str> = match (&group.event, one) {
            (_, Some(user)) => self.names.user(user.raw()),
            (Event::Story(_) | Event::Finding { user: Some(_), .. }, None) => {
                say!("{users} users", users = group.count).into()
            }
            (Event::Feed { .. }, None) => say!("server").into(),
            _ => "imtop".into(),
        };
        EventWords { who, label: one.and_then(|user| self.label(user)), what, users, and_more }
    }

    /// The label of a user who is watched.
    pub fn label(&self, user: &UserId) -> Option<Cow<'a, str>> {
        let list = self.roster.list();
        list.find(user.raw()).and_then(|user| list.label(user)).map(|label| self.names.label(label))
    }

    fn what(&self, group: &EventGroup) -> String {
        match &group.event {
            Event::Story(story) if group.count == 1 => self.story(story),
            Event::Story(story) => {
                let words = self.stories(group, story);
                match group.retracted {
                    0 => words,
                    all if all == group.count => say!("{words} (retracted)", words),
                    some => say!("{words} ({some} of them retracted)", words, some),
                }
            }
            Event::Finding { raised, rule, severity, text, .. } => {
                let severity = severity.word();
                // The evidence may name users whom the stand-ins are to hide.
                let is_short = group.count > 1 || self.names.are_masked();
                match text.words().filter(|_| !is_short) {
                    None if *raised => say!("{rule} found, {severity}", rule, severity),
                    None => say!("{rule} cleared", rule),
                    Some(text) if *raised => {
                        say!("{rule} found, {severity}: {text}", rule, severity, text)
                    }
                    Some(text) => say!("{rule} {text}", rule, text),
                }
            }
            Event::Feed { batch, of, trouble, after_ms } => {
                feed_words(group.count, *batch, *of, *trouble, *after_ms)
            }
            Event::ClockStep { by_ms, .. } => clock_words(*by_ms),
            Event::Alert(event) => alert_words(event, self.names.are_masked()),
            Event::Notice { text, .. } => self.names.text(text, self.roster.list()).into_owned(),
        }
    }

    /// What one user went through: `online -> background (Windows went to the background)`.
    pub fn story(&self, story: &Story) -> String {
        let first = match &story.first().what {
            Change::Presence { to: Presence::Unknown(why), .. } => {
                let user = self.roster.list().find(story.first().user.raw());
                let of_batch = user.filter(|_| why.is_of_batch());
                let why =
                    of_batch.map_or_else(|| doubt_words(*why), |user| why_words(self.roster, user, *why));
                say!("unknown: {why}", why)
            }
            what => self.change(what),
        };
        let first = marked(first, story, story.first());
        let mut rest: Vec<String> = Vec::new();
        for transition in story.transitions().skip(1).filter(|transition| !is_said_better(story, transition))
        {
            let words = marked(self.change(&transition.what), story, transition);
            if !rest.contains(&words) && first != words {
                rest.push(words);
            }
        }
        match (&story.first().what, rest.is_empty()) {
            (_, true) => first,
            (Change::Presence { .. }, false) => {
                say!("{first} ({rest})", first, rest = rest.join(say!(", ")))
            }
            (_, false) => say!("{first}, {rest}", first, rest = rest.join(say!(", "))),
        }
    }

    /// What several users went through; of their connections nothing is said where their presence
    /// changed.
    fn stories(&self, group: &EventGroup, story: &Story) -> String {
        match &story.first().what {
            Change::Presence { to: Presence::Unknown(why), .. } => {
                let several = self.roster.list().batches() > 1;
                let of_batches = why.is_of_batch() && several;
                match group.batches.as_slice() {
                    [batch] if of_batches => say!("unknown: batch {batch} {why}", batch = batch + 1, why),
                    [_, _, ..] if of_batches => {
                        say!("unknown: {why} ({batches} batches)", why, batches = group.batches.len())
                    }
                    _ => say!("unknown: {why}", why = doubt_words(*why)),
                }
            }
            what @ Change::Presence { .. } if story.brings_back_the_same() => {
                say!("{change}, the same connections as before", change = self.change(what))
            }
            what @ Change::Presence { .. } if story.ends_what_was_unknown() => {
                say!("{change}, was online", change = self.change(what))
            }
            what @ Change::Presence { .. } => self.change(what),
            _ => self.story(story),
        }
    }

    fn change(&self, what: &Change) -> String {
        change_words(what, self.to)
    }

    /// Whether all these words, in small letters, appear in what is said of a group: users and their
    /// labels, what happened, and the words for its kinds. `text` is room to work in.
    pub(crate) fn mentions(&self, group: &'a EventGroup, words: &[String], text: &mut String) -> bool {
        let EventWords { who, what, .. } = self.group(group);
        text.clear();
        for part in [&*who, &what, group.event.kind()] {
            push_small(text, part);
        }
        for user in &group.users {
            push_small(text, &self.names.user(user.raw()));
            if let Some(label) = self.label(user) {
                push_small(text, &label);
            }
        }
        if let Event::Story(story) = &group.event {
            // Of a group, what its line leaves out differs from one user to the next.
            let said = if group.count == 1 { usize::MAX } else { 1 };
            story.transitions().take(said).for_each(|transition| push_small(text, transition.what.kind()));
        }
        words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// With a note where it was taken back later.
fn marked(words: String, story: &Story, transition: &Transition) -> String {
    if story.is_retracted(transition) { say!("{words} (retracted)", words) } else { words }
}

/// Whether that a connection is seen again is said with what is taken back because of it.
fn is_said_better(story: &Story, transition: &Transition) -> bool {
    let Change::SeenAgain { socket, .. } = &transition.what else { return false };
    let same =
        |it: &Transition| matches!(&it.what, Change::Retracted { socket: of, .. } if of.id == socket.id);
    story.transitions().any(same)
}

/// One change: `Android disconnected`. `to` stands between what was and what is.
pub fn change_words(what: &Change, to: &str) -> String {
    match what {
        Change::Presence { to: Presence::Unknown(why), .. } => {
            say!("unknown: {why}", why = doubt_words(*why))
        }
        Change::Presence { from, to: is } => format!("{} {to} {}", from.word(), is.word()),
        Change::Connected(socket) => say!("{platform} connected", platform = socket.platform.name()),
        Change::SeenAgain { socket, .. } => {
            say!("{platform} seen again, the same connection", platform = socket.platform.name())
        }
        Change::Retracted { socket, .. } => {
            say!("retracted: {platform} was connected all the time", platform = socket.platform.name())
        }
        Change::Disconnected(socket) => say!("{platform} disconnected", platform = socket.platform.name()),
        Change::Replaced { new, same_token: true, .. } => {
            say!("{platform} reconnected with the same token", platform = new.platform.name())
        }
        Change::Replaced { new, same_token: false, .. } => {
            say!("{platform} replaced by one with another token", platform = new.platform.name())
        }
        Change::MovedBackground(socket) => {
            say!("{platform} went to the background", platform = socket.platform.name())
        }
        Change::MovedForeground(socket) => {
            say!("{platform} came to the foreground", platform = socket.platform.name())
        }
    }
}

/// That batches get no answers any more, or answer again: `batch 2 of 9: timed out`. `batch` is the
/// first of `count`, from 0.
pub fn feed_words(count: u32, batch: u32, of: u32, trouble: Option<ErrorKind>, after_ms: u64) -> String {
    let after = short_age(after_ms / 1_000);
    let batch = batch + 1;
    match (count, of, trouble) {
        (_, 1, Some(trouble)) => trouble.to_string(),
        (1, _, Some(trouble)) => say!("batch {batch} of {of}: {trouble}", batch, of, trouble),
        (count, _, Some(trouble)) => say!("{count} of {of} batches: {trouble}", count, of, trouble),
        (_, 1, None) => say!("answers again after {after}", after),
        (1, _, None) => say!("batch {batch} of {of}: answers again after {after}", batch, of, after),
        (count, _, None) => say!("{count} of {of} batches: answer again after {after}", count, of, after),
    }
}

/// `30 online`, `4 unknown`: of these counts those that are not 0, each with its word.
pub fn counted_words(counts: impl IntoIterator<Item = (u32, &'static str)>) -> Vec<String> {
    let there = counts.into_iter().filter(|(count, _)| *count > 0);
    there.map(|(count, word)| say!("{count} {word}", count, word = language::say(word))).collect()
}

/// That this machine's clock was set by so many milliseconds; negative: back.
pub fn clock_words(by_ms: i64) -> String {
    let by = short_age(by_ms.unsigned_abs() / 1_000);
    if by_ms < 0 {
        say!("this machine's clock went back {by}", by)
    } else {
        say!("this machine's clock went forward {by}", by)
    }
}

/// `batch 2 timed out`, where the batch gets no answers and there are several.
pub fn why_words(roster: &Roster, user: UserIx, why: UnknownReason) -> String {
    let list = roster.list();
    match why {
        why if why.is_of_batch() && list.batches() > 1 => {
            say!("batch {batch} {why}", batch = list.batch_of(user) + 1, why)
        }
        _ => why.to_string(),
    }
}

/// Why nothing is known, in a column: the first is the clearest, the last has at most eleven columns. `age`
/// is that of the last answer about the user.
pub fn short_reasons(why: UnknownReason, age: Option<&str>) -> Vec<String> {
    let words = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
    match why {
        UnknownReason::NotAnswered => words(&[say!("no answer yet"), say!("no answer")]),
        UnknownReason::Slow => match age {
            Some(age) => vec![say!("no answer {age}", age), say!("no answer").to_owned()],
            None => words(&[say!("no answer")]),
        },
        UnknownReason::Failed(trouble) => match trouble {
            ErrorKind::Redirect { status } => vec![format!("HTTP {status}")],
            ErrorKind::TooLarge => words(&[say!("answer too large"), say!("too large")]),
            ErrorKind::Decode => words(&[say!("answer unclear"), say!("unreadable")]),
            ErrorKind::Auth { code } => vec![say!("token refused {code}", code), say!("token {code}", code)],
            ErrorKind::Denied { code } => {
                vec![say!("no permission {code}", code), say!("denied {code}", code)]
            }
            ErrorKind::Api { code } => vec![say!("server error {code}", code), say!("error {code}", code)],
            ErrorKind::Credentials => words(&[say!("no credentials"), say!("no login")]),
            ErrorKind::RateLimited => words(&[say!("rate limited"), say!("rate limit")]),
            ErrorKind::Unreachable | ErrorKind::Timeout | ErrorKind::Tls | ErrorKind::Http { .. } => {
                vec![trouble.to_string()]
            }
        },
        UnknownReason::Missing => words(&[say!("not in answer"), say!("missing")]),
        UnknownReason::Unclear => words(&[say!("unclear")]),
        UnknownReason::Checking => words(&[say!("checking")]),
        UnknownReason::RegistrySilent => words(&[say!("registry: no answer"), say!("no registry")]),
        UnknownReason::Leaving => words(&[say!("leaving")]),
        UnknownReason::RegistryOnline => words(&[say!("registry: online"), say!("reg: online")]),
        UnknownReason::GatewayLost => words(&[say!("gateway lost"), say!("gw lost")]),
        UnknownReason::GatewayHangs => words(&[say!("gateway hangs"), say!("gw hangs")]),
        UnknownReason::GatewayLostMaybe => words(&[say!("gateway lost?"), say!("gw lost?")]),
    }
}

/// Why nothing is known, as it is told of what happened: `Redis still says online`.
fn doubt_words(why: UnknownReason) -> String {
    match why {
        UnknownReason::RegistryOnline => say!("Redis still says online").to_owned(),
        UnknownReason::RegistrySilent => say!("no answer from the registry").to_owned(),
        UnknownReason::GatewayLost => say!("a gateway is lost").to_owned(),
        UnknownReason::GatewayHangs => say!("a gateway hangs").to_owned(),
        UnknownReason::GatewayLostMaybe => say!("a gateway may be lost").to_owned(),
        why => why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::presence::{
        ConnId, Entry, Evidence, FindingText, Freshness, Logins, Moment, Platform, Roster, Rule,
        RuleSettings, Severity, Socket, State, Timeline, Transition, WatchList,
    };

    fn picture_words(masked: bool, events: &[Event]) -> Vec<(String, String)> {
        let now = Moment::default();
        let list = WatchList::new(1, 500, ["alice", "bob"].map(Entry::of));
        let roster = Roster::new(Arc::new(list), Freshness::for_interval(2_000), now);
        let mut state = State::new(roster, RuleSettings::default(), now);
        for event in events {
            state.note_event(event.clone(), now);
        }
        let wording = Wording { roster: &state.knowledge().roster, names: &Names::new(1, masked), to: "->" };
        let groups = state.timeline().groups();
        groups.map(|group| wording.group(group)).map(|words| (words.who.into_owned(), words.what)).collect()
    }

    /// What happened, each user's at their own time, in words, newest first; who is taken back had
    /// number 1.
    fn told(transitions: &[(u64, &str, u64, Change)]) -> Vec<String> {
        let now = Moment::default();
        let list = Arc::new(WatchList::new(1, 500, ["alice", "bob"].map(Entry::of)));
        let roster = Roster::new(list, Freshness::for_interval(2_000), now);
        let mut timeline = Timeline::default();
        for run in transitions.chunk_by(|one, next| one.2 == next.2) {
            let of = |(id, user, ms, what): &(u64, &str, u64, Change)| Transition {
                id: *id,
                user: UserId::new(user),
                what: what.clone(),
                after: Some(now),
                before: now.plus(*ms),
                operation: None,
            };
            timeline.record(&run.iter().map(of).collect::<Vec<_>>(), |_| Some(0));
        }
        let wording = Wording { roster: &roster, names: &Names::new(1, false), to: "->" };
        timeline.groups().map(|group| wording.group(group).what).collect()
    }

    fn phone(id: &str) -> Socket {
        Socket { platform: Platform(2), id: ConnId::new(id), token: None }
    }

    fn became(from: Presence, to: Presence) -> Change {
        Change::Presence { from, to }
    }

    #[test]
    fn what_never_happened_is_marked_and_why_is_said_where_that_turns_out() {
        use Presence::{Offline, Online};
        let again = || Change::SeenAgain { socket: phone("a"), absent_ms: 4_000, whole_user: true };
        let back = |of| Change::Retracted { of, socket: phone("a") };
        let lines = told(&[
            (1, "alice", 1_000, became(Online, Offline)),
            (2, "alice", 1_000, Change::Disconnected(phone("a"))),
            (3, "bob", 1_000, became(Online, Offline)),
            (4, "alice", 5_000, became(Offline, Online)),
            (5, "alice", 5_000, again()),
            (6, "alice", 5_000, back(2)),
            (7, "alice", 5_000, back(1)),
        ]);
        assert_eq!(
            lines,
            [
                "offline -> online (retracted: Android was connected all the time)",
                "online -> offline (1 of them retracted)"
            ]
        );
        let lines = told(&[
            (1, "alice", 1_000, Change::Disconnected(phone("a"))),
            (2, "alice", 1_000, Change::Connected(phone("b"))),
            (3, "alice", 5_000, again()),
            (4, "alice", 5_000, back(1)),
        ]);
        assert_eq!(
            lines,
            [
                "Android seen again, the same connection, retracted: Android was connected all the time",
                "Android disconnected (retracted), Android connected"
            ]
        );
    }

    #[test]
    fn doubts_say_what_contradicts_the_answers() {
        use Presence::{Online, Unknown};
        let doubts = [
            (UnknownReason::RegistryOnline, "unknown: Redis still says online"),
            (UnknownReason::RegistrySilent, "unknown: no answer from the registry"),
            (UnknownReason::GatewayLost, "unknown: a gateway is lost"),
            (UnknownReason::GatewayHangs, "unknown: a gateway hangs"),
            (UnknownReason::GatewayLostMaybe, "unknown: a gateway may be lost"),
        ];
        for (why, words) in doubts {
            let of = |id, user| (id, user, 1_000, became(Online, Unknown(why)));
            assert_eq!(told(&[of(1, "alice")]), [words]);
            assert_eq!(told(&[of(1, "alice"), of(2, "bob")]), [words]);
            assert_eq!(change_words(&became(Online, Unknown(why)), "->"), words);
        }
    }

    #[test]
    fn findings_say_how_serious_they_are_and_their_evidence_where_it_names_nobody_else() {
        let evidence = Evidence::Observer(Logins { made: 0, displaced: 2 });
        let of = |user: Option<&str>, raised| Event::Finding {
            raised,
            user: user.map(UserId::new),
            rule: Rule::TokenForeignUser,
            severity: Severity::Critical,
            text: if raised { FindingText::Found(Box::new(evidence.clone()), 0) } else { FindingText::None },
        };
        let pair = |who: &str, what: &str| (who.to_owned(), what.to_owned());
        let one = [of(Some("alice"), true)];
        let found = "token-foreign-user found, critical";
        let whole = format!("{found}: {}", evidence.words(0));
        assert_eq!(picture_words(false, &one), [pair("alice", &whole)]);
        let masked = picture_words(true, &one);
        assert!(masked.iter().all(|(who, what)| who.starts_with("user-") && what == found), "{masked:?}");
        let two = [of(Some("alice"), true), of(Some("bob"), true)];
        assert_eq!(picture_words(false, &two), [pair("2 users", found)]);
        assert_eq!(picture_words(false, &[of(None, false)]), [pair("imtop", "token-foreign-user cleared")]);
    }
}
