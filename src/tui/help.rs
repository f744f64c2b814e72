//! What the help consists of, line by line: keys, words, commands, filters, findings.
//!
//! Keys come from the keymap, so that they are those of this user; the rest from the tables.

use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

use crate::language::say;
use crate::presence::{Platform, Rule};
use crate::{say, words};

use super::action::{ACTIONS, Scope};
use super::command::COMMANDS;
use super::model::View;
use super::notes::wrapped;
use super::screen::Screen;

/// One line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelpLine {
    /// What the lines below are about.
    Heading(&'static str),
    /// A key, a word or a rule, and what it does or means; without a name where the line before goes on.
    Entry(HelpName, String),
    /// Nothing.
    Blank,
}

/// What stands at the left of a line of the help.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HelpName {
    /// Keys, what is typed, or a word as the screen says it.
    pub text: String,
    /// Of a word of the screen, which may have a sign: it in English.
    pub word: Option<&'static str>,
}

impl HelpName {
    fn typed(text: &str) -> HelpName {
        HelpName { text: text.to_owned(), word: None }
    }

    fn of_word(word: &'static str) -> HelpName {
        HelpName { text: say(word).to_owned(), word: Some(word) }
    }
}

/// Words that are explained; `view/help.rs` puts signs before some of them.
const WORDS: [(&str, &str); 28] = [
    (words!("online"), words!("at least one connection in the foreground")),
    (words!("background"), words!("connected, but every connection is in the background")),
    (words!("offline"), words!("no connection")),
    (words!("unknown"), words!("no answer, or it is too old; this is not the same as offline")),
    (words!("unregistered"), words!("the server has no such user")),
    (words!("stale"), words!("the last known state, with its age: a newer answer is due")),
    (words!("at least"), words!("for at least so long: it was so already when first seen")),
    (
        words!("at most"),
        words!("for at most so long: it began between two polls; with a time of day: not later than that"),
    ),
    (words!("EXPIRED"), words!("the token has expired: it works until the connection drops, and no longer")),
    (words!("soon"), words!("the token expires within 24 hours")),
    ("!", words!("in TOKEN: it was issued for another user (of alice!) or another platform (for And!)")),
    ("*2", words!("in PLATFORMS: two connections of that platform")),
    (words!("label"), words!("a name for people, from the watch list")),
    (
        words!("group"),
        words!("a group of users, from the watch list; its column is shown from 100 columns on"),
    ),
    (words!("in the head"), words!("the column that the users are sorted by")),
    (words!("critical"), words!("before a user: the most serious finding that nobody has acknowledged")),
    (words!("warning"), words!("the same, less serious")),
    (words!("info"), words!("the same, worth knowing")),
    (words!("acknowledged"), words!("in FINDINGS: somebody is working on it")),
    (words!("marked"), words!("before a user: marked for this run")),
    (words!("opens"), words!("before a user with connections: hidden, or shown (second sign)")),
    (words!("changed"), words!("at the left edge: the user changed at most 2 s, 10 s or 30 s ago")),
    (
        words!("failed"),
        words!("in the header, above the list and in the server's charts: a request without a good answer"),
    ),
    (words!("degraded"), words!("in the header: some users get no answers, the others do")),
    (words!("waiting"), words!("in the header: no answer yet, or none in time")),
    (words!("standing still"), words!("in the header: paused, or at another time; imtop goes on polling")),
    (words!("none"), words!("in a column: none, or not known; in a chart: zero")),
    (
        words!("not known"),
        words!("in LAST 30 MIN; otherwise high is online, low is offline, blank is not watched yet"),
    ),
];

/// What a filter is made of.
const FILTER: [(&str, &str); 15] = [
    ("text", words!("an ID or label contains it; in quotes where it has blanks")),
    ("!x", words!("not x; the same as: not x")),
    ("~x", words!("an ID or label matches the regular expression x")),
    ("and or not ( )", words!("combine conditions")),
    ("= != < <= > >= ~", words!("between a field and a value; with several connections one match is enough")),
    ("state", words!("online, background, offline, unknown or unregistered")),
    ("platform", words!("of a connection: platform=android")),
    ("conns bg", words!("number of connections, and of those in the background: conns>1")),
    ("exp", words!("time until the first session token expires: exp<24h")),
    ("age", words!("time since the last answer about the user: age>10s")),
    ("since", words!("time since the presence last changed: since<5m")),
    ("flips", words!("how often the user went online or offline: flips>3")),
    ("reconnects", words!("reconnects without going offline: reconnects>3")),
    ("finding", words!("the name of a finding, see below: finding=token-expired")),
    ("id label group", words!("as in the watch list: group=sales")),
];

/// What stands under a heading, and what else it is found by.
struct Entry {
    name: HelpName,
    text: String,
    also: [&'static str; 3],
}

impl Entry {
    fn new(name: HelpName, text: impl Into<String>) -> Entry {
        Entry { name, text: text.into(), also: [""; 3] }
    }
}

/// A section of the help: its heading, what that is in English, and what stands under it.
struct Section {
    heading: &'static str,
    english: &'static str,
    entries: Vec<Entry>,
}

impl Section {
    /// `heading` in English.
    fn new(heading: &'static str, entries: Vec<Entry>) -> Section {
        Section { heading: say(heading), english: heading, entries }
    }
}

fn sections(model: View<'_>) -> Vec<Section> {
    let word = |(word, text): &(&'static str, &'static str)| Entry {
        // Who knows the word in English finds it, too.
        also: [*word, "", ""],
        ..Entry::new(HelpName::of_word(word), say(text))
    };
    let mut words: Vec<Entry> = WORDS.iter().map(word).collect();
    words.push(Entry::new(HelpName::of_word(words!("platforms")), platform_names()));
    // Whoever asks for help wants a key, above all one of the view below.
    let of_users = matches!(&model.screen, Screen::Help { back, .. } if **back == Screen::Users);
    let [first, second] = if of_users { [Scope::Users, Scope::Views] } else { [Scope::Views, Scope::Users] };
    let mut sections = Vec::new();
    for scope in [first, second, Scope::Everywhere, Scope::Prompt] {
        let keys = ACTIONS.iter().filter(|row| row.scope == scope).map(|row| {
            let keys = model.keymap.keys_of(row.action).join(" ");
            // Without a key it is still a command.
            let keys = if keys.is_empty() { format!(":{}", row.name) } else { keys };
            // People look for a key by what the footer and the palette call it, too.
            let also = [row.name, row.brief, say(row.brief)];
            Entry { also, ..Entry::new(HelpName::typed(&keys), say(row.help)) }
        });
        sections.push(Section::new(scope.heading(), keys.collect()));
    }
    sections.push(Section::new(words!("Words"), words));
    let commands = COMMANDS.iter().map(|row| {
        let dash = if row.arguments.is_empty() { "" } else { " - " };
        let text = format!("{}{dash}{}", row.arguments, say(row.help));
        Entry::new(HelpName::typed(&format!(":{}", row.name)), text)
    });
    let mut commands: Vec<_> = commands.collect();
    let every = say!("every action is a command by its name: :pause, :next-theme, :expand-all");
    commands.push(Entry::new(HelpName::typed(":NAME"), every));
    sections.push(Section::new(words!("Commands"), commands));
    let filter = FILTER.iter().map(|(name, text)| Entry::new(HelpName::typed(name), say(text)));
    sections.push(Section::new(words!("Filters"), filter.collect()));
    let findings = Rule::ALL.map(|rule| Entry::new(HelpName::typed(rule.name()), say(rule.brief())));
    sections.push(Section::new(words!("Findings"), findings.into()));
    sections
}

/// The help on a screen: one column, or two with the keys on the left where there is room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpPages {
    /// All of it, or the left column.
    pub left: Vec<HelpLine>,
    /// The right column; empty where there is one.
    pub right: Vec<HelpLine>,
}

impl HelpPages {
    /// Rows that it takes.
    pub fn height(&self) -> usize {
        self.left.len().max(self.right.len())
    }
}

/// From so many columns on there are two.
const TWO_FROM: u16 = 120;

/// How wide a column of the help is on a screen so wide.
pub fn help_width(width: u16) -> u16 {
    if width >= TWO_FROM { width / 2 } else { width }
}

/// Puts the help into its columns. A section is never torn apart.
pub fn help_pages(model: View<'_>) -> HelpPages {
    let mut left = help_lines(model);
    let (width, _) = model.size;
    if width < TWO_FROM {
        return HelpPages { left, right: Vec::new() };
    }
    let half = left.len() / 2;
    let headings = left.iter().enumerate().filter(|(_, line)| matches!(line, HelpLine::Heading(_)));
    let middle = headings.map(|(at, _)| at).filter(|at| *at > 0).min_by_key(|at| at.abs_diff(half));
    let right = middle.map_or_else(Vec::new, |at| left.split_off(at));
    if matches!(left.last(), Some(HelpLine::Blank)) {
        left.pop();
    }
    HelpPages { left, right }
}

/// The help in lines of at most so many columns beside the names of keys and words; while something is
/// looked for, only what holds it.
fn help_lines(model: View<'_>) -> Vec<HelpLine> {
    let width = help_width(model.size.0);
    let names = usize::from(help_names(width));
    let columns = usize::from(width).saturating_sub(names + 5).max(8);
    let search = match model.screen() {
        Screen::Help { search, .. } => search.trim(),
        _ => "",
    };
    let mut lines = Vec::new();
    for Section { heading, english, entries } in sections(model) {
        let holds = |text: &str| find_within(text, search).is_some();
        let is_found = |entry: &Entry| {
            holds(&entry.name.text) || holds(&entry.text) || entry.also.into_iter().any(holds)
        };
        let whole = search.is_empty() || holds(heading) || holds(english);
        let entries: Vec<_> = entries.into_iter().filter(|entry| whole || is_found(entry)).collect();
        if entries.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(HelpLine::Blank);
        }
        lines.push(HelpLine::Heading(heading));
        for Entry { name, text, .. } in entries {
            // A name that is longer than most has a line for itself.
            let is_long = name.text.width() > names;
            let texts = is_long.then(String::new).into_iter().chain(wrapped(&text, columns));
            let names = std::iter::once(name).chain(std::iter::repeat_with(HelpName::default));
            lines.extend(names.zip(texts).map(|(name, text)| HelpLine::Entry(name, text)));
        }
    }
    lines
}

/// The bytes of a text where something is that is looked for, letter case ignored. Nothing is at the
/// beginning of everything.
pub fn find_within(text: &str, search: &str) -> Option<Range<usize>> {
    let search: Vec<char> = search.chars().flat_map(char::to_lowercase).collect();
    text.char_indices().map(|(at, _)| at).chain([text.len()]).find_map(|start| {
        let mut left = search.iter().peekable();
        let mut end = start;
        for c in text.get(start..)?.chars() {
            if left.peek().is_none() {
                break;
            }
            if !c.to_lowercase().all(|c| left.next() == Some(&c)) {
                return None;
            }
            end += c.len_utf8();
        }
        left.peek().is_none().then_some(start..end)
    })
}

/// How wide the names of keys and words are on a screen so wide.
pub fn help_names(width: u16) -> u16 {
    match width {
        ..50 => 9,
        50..100 => 16,
        _ => 22,
    }
}

/// What the short names of platforms stand for.
fn platform_names() -> String {
    let all = (1..=12).map(Platform).filter(|platform| platform.short() != platform.name());
    let names: Vec<String> =
        all.map(|platform| format!("{} {}", platform.short(), platform.name())).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_whatever_its_case() {
        assert_eq!(find_within("the Token of", "token"), Some(4..9));
        assert_eq!(find_within("ÅÄ王x", "ä王"), Some(2..7));
        assert_eq!((find_within("abc", "cd"), find_within("", "x")), (None, None));
        assert_eq!((find_within("abc", ""), find_within("", "")), (Some(0..0), Some(0..0)));
        assert_eq!(find_within("aab", "ab"), Some(1..3));
    }
}
