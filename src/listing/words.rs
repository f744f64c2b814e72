//! Events in words, so that what is searched is what is read. Knows no column and no style.

use std::borrow::Cow;

use crate::presence::{
    Change, ErrorKind, Event, EventGroup, Presence, Roster, Story, Transition, UnknownReason, UserId, UserIx,
    short_age,
};

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
                format!("{} users", group.count).into()
            }
            (Event::Feed { .. }, None) => "server".into(),
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
                    all if all == group.count => format!("{words} {RETRACTED}"),
                    some => format!("{words} ({some} of them retracted)"),
                }
            }
            Event::Finding { raised, rule, severity, text, .. } => {
                let is = if *raised { format!("found, {}", severity.word()) } else { "cleared".to_owned() };
                // The evidence may name users whom the stand-ins are to hide.
                if group.count > 1 || text.is_empty() || self.names.are_masked() {
                    format!("{rule} {is}")
                } else if !raised {
                    format!("{rule} {text}")
                } else {
                    format!("{rule} {is}: {text}")
                }
            }
            Event::Feed { batch, of, trouble, after_ms } => {
                feed_words(group.count, *batch, *of, *trouble, *after_ms)
            }
            Event::ClockStep { by_ms, .. } => clock_words(*by_ms),
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
                format!("unknown: {why}")
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
            (Change::Presence { .. }, false) => format!("{first} ({})", rest.join(", ")),
            (_, false) => format!("{first}, {}", rest.join(", ")),
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
                    [batch] if of_batches => format!("unknown: batch {} {why}", batch + 1),
                    [_, _, ..] if of_batches => format!("unknown: {why} ({} batches)", group.batches.len()),
                    _ => format!("unknown: {}", doubt_words(*why)),
                }
            }
            what @ Change::Presence { .. } if story.brings_back_the_same() => {
                format!("{}, the same connections as before", self.change(what))
            }
            what @ Change::Presence { .. } if story.ends_what_was_unknown() => {
                format!("{}, was online", self.change(what))
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
    if story.is_retracted(transition) { format!("{words} {RETRACTED}") } else { words }
}

/// Stands behind what never happened, as turned out later.
const RETRACTED: &str = "(retracted)";

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
        Change::Presence { to: Presence::Unknown(why), .. } => format!("unknown: {}", doubt_words(*why)),
        Change::Presence { from, to: is } => format!("{} {to} {}", from.word(), is.word()),
        Change::Connected(socket) => format!("{} connected", socket.platform.name()),
        Change::SeenAgain { socket, .. } => {
            format!("{} seen again, the same connection", socket.platform.name())
        }
        Change::Retracted { socket, .. } => {
            format!("retracted: {} was connected all the time", socket.platform.name())
        }
        Change::Disconnected(socket) => format!("{} disconnected", socket.platform.name()),
        Change::Replaced { new, same_token: true, .. } => {
            format!("{} reconnected with the same token", new.platform.name())
        }
        Change::Replaced { new, same_token: false, .. } => {
            format!("{} replaced by one with another token", new.platform.name())
        }
        Change::MovedBackground(socket) => format!("{} went to the background", socket.platform.name()),
        Change::MovedForeground(socket) => format!("{} came to the foreground", socket.platform.name()),
    }
}

/// That batches get no answers any more, or answer again: `batch 2 of 9: timed out`. `batch` is the
/// first of `count`, from 0.
pub fn feed_words(count: u32, batch: u32, of: u32, trouble: Option<ErrorKind>, after_ms: u64) -> String {
    let which = match (count, of) {
        (_, 1) => String::new(),
        (1, _) => format!("batch {} of {of}: ", batch + 1),
        (count, _) => format!("{count} of {of} batches: "),
    };
    if let Some(trouble) = trouble {
        format!("{which}{trouble}")
    } else {
        let answer = if count > 1 { "answer" } else { "answers" };
        format!("{which}{answer} again after {}", short_age(after_ms / 1_000))
    }
}

/// `30 online`, `4 unknown`: of these counts those that are not 0, each with its word.
pub fn counted_words(counts: impl IntoIterator<Item = (u32, &'static str)>) -> Vec<String> {
    let there = counts.into_iter().filter(|(count, _)| *count > 0);
    there.map(|(count, word)| format!("{count} {word}")).collect()
}

/// That this machine's clock was set by so many milliseconds; negative: back.
pub fn clock_words(by_ms: i64) -> String {
    let direction = if by_ms < 0 { "back" } else { "forward" };
    format!("this machine's clock went {direction} {}", short_age(by_ms.unsigned_abs() / 1_000))
}

/// `batch 2 timed out`, where the batch gets no answers and there are several.
pub fn why_words(roster: &Roster, user: UserIx, why: UnknownReason) -> String {
    let list = roster.list();
    match why {
        why if why.is_of_batch() && list.batches() > 1 => {
            format!("batch {} {why}", list.batch_of(user) + 1)
        }
        _ => why.to_string(),
    }
}

/// Why nothing is known, in a column: the first is the clearest, the last has at most eleven letters. `age`
/// is that of the last answer about the user.
pub fn short_reasons(why: UnknownReason, age: Option<&str>) -> Vec<String> {
    let words = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
    match why {
        UnknownReason::NotAnswered => words(&["no answer yet", "no answer"]),
        UnknownReason::Slow => match age {
            Some(age) => vec![format!("no answer {age}"), "no answer".to_owned()],
            None => words(&["no answer"]),
        },
        UnknownReason::Failed(trouble) => match trouble {
            ErrorKind::Redirect { status } => vec![format!("HTTP {status}")],
            ErrorKind::TooLarge => words(&["answer too large", "too large"]),
            ErrorKind::Decode => words(&["answer unclear", "unreadable"]),
            ErrorKind::Auth { code } => vec![format!("token refused {code}"), format!("token {code}")],
            ErrorKind::Denied { code } => vec![format!("no permission {code}"), format!("denied {code}")],
            ErrorKind::Api { code } => vec![format!("server error {code}"), format!("error {code}")],
            ErrorKind::Credentials => words(&["no credentials", "no login"]),
            ErrorKind::RateLimited => words(&["rate limited", "rate limit"]),
            ErrorKind::Unreachable | ErrorKind::Timeout | ErrorKind::Tls | ErrorKind::Http { .. } => {
                vec![trouble.to_string()]
            }
        },
        UnknownReason::Missing => words(&["not in answer", "missing"]),
        UnknownReason::Unclear => words(&["unclear"]),
        UnknownReason::Checking => words(&["checking"]),
        UnknownReason::RegistrySilent => words(&["registry: no answer", "no registry"]),
        UnknownReason::Leaving => words(&["leaving"]),
        UnknownReason::RegistryOnline => words(&["registry: online", "reg: online"]),
        UnknownReason::GatewayLost => words(&["gateway lost", "gw lost"]),
        UnknownReason::GatewayHangs => words(&["gateway hangs", "gw hangs"]),
        UnknownReason::GatewayLostMaybe => words(&["gateway lost?", "gw lost?"]),
    }
}

/// Why nothing is known, as it is told of what happened: `the registry still says online`.
fn doubt_words(why: UnknownReason) -> String {
    match why {
        UnknownReason::RegistryOnline => "the registry still says online".to_owned(),
        UnknownReason::RegistrySilent => "the registry gives no answer".to_owned(),
        UnknownReason::GatewayLost => "a gateway is lost".to_owned(),
        UnknownReason::GatewayHangs => "a gateway hangs".to_owned(),
        UnknownReason::GatewayLostMaybe => "a gateway may be lost".to_owned(),
        why => why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::presence::{
        ConnId, Entry, Freshness, Moment, Platform, Roster, Rule, RuleSettings, Severity, Socket, State,
        Timeline, Transition, WatchList,
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
            (UnknownReason::RegistryOnline, "unknown: the registry still says online"),
            (UnknownReason::RegistrySilent, "unknown: the registry gives no answer"),
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
        let of = |user: Option<&str>, raised| Event::Finding {
            raised,
            user: user.map(UserId::new),
            rule: Rule::TokenForeignUser,
            severity: Severity::Critical,
            text: if raised { "the token belongs to bob".into() } else { String::new() },
        };
        let pair = |who: &str, what: &str| (who.to_owned(), what.to_owned());
        let one = [of(Some("alice"), true)];
        let found = "token-foreign-user found, critical";
        let evidence = format!("{found}: the token belongs to bob");
        assert_eq!(picture_words(false, &one), [pair("alice", &evidence)]);
        let masked = picture_words(true, &one);
        assert!(masked.iter().all(|(who, what)| who.starts_with("user-") && what == found), "{masked:?}");
        let two = [of(Some("alice"), true), of(Some("bob"), true)];
        assert_eq!(picture_words(false, &two), [pair("2 users", found)]);
        assert_eq!(picture_words(false, &[of(None, false)]), [pair("imtop", "token-foreign-user cleared")]);
    }
}
