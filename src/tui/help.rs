//! What the help consists of, line by line: keys, words, commands, filters, findings.
//!
//! Keys come from the keymap, so that they are those of this user; the rest from the tables.

use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

use crate::presence::{Platform, Rule};

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
    /// Keys, what is typed, or a word.
    pub text: String,
    /// Whether it is a word of the screen, which may have a sign.
    pub is_word: bool,
}

impl HelpName {
    fn of(text: &str, is_word: bool) -> HelpName {
        HelpName { text: text.to_owned(), is_word }
    }
}

/// Words that are explained; `ui` puts signs before some of them.
const WORDS: [(&str, &str); 28] = [
    ("online", "at least one connection in the foreground"),
    ("background", "connections, all of them in the background"),
    ("offline", "no connection"),
    ("unknown", "nobody can tell: no answer, or too old; never the same as offline"),
    ("unregistered", "the server has no such user"),
    ("stale", "the last word from before an answer that is due now, with its age"),
    ("at least", "so long at least: it was so already when first seen"),
    ("at most", "so long at most: it began while nobody looked; with a time of day: no later than then"),
    ("EXPIRED", "the token has expired: it works until the connection drops, then no more"),
    ("soon", "the token expires within 24 hours"),
    ("!", "in TOKEN: it was issued for another user (of alice!) or another platform (for And!)"),
    ("*2", "in PLATFORMS: two connections of that platform"),
    ("label", "a name for people, from the watch list"),
    ("group", "what the watch list puts together; a column from 100 columns on"),
    ("in the head", "the column that the users are sorted by"),
    ("critical", "before a user: the most serious finding that nobody has acknowledged"),
    ("warning", "the same, less serious"),
    ("info", "the same, worth knowing"),
    ("acknowledged", "in FINDINGS: somebody is working on it"),
    ("marked", "before a user: marked for this run"),
    ("opens", "before a user with connections, which can be shown; the second sign: they are"),
    ("changed", "at the left edge: the user changed at most 2 s, 10 s or 30 s ago"),
    ("failed", "in the head, above the list and in the server's charts: a request without a good answer"),
    ("degraded", "in the head: some of the users get no answers, the others do"),
    ("waiting", "in the head: no answer yet, or none in time"),
    ("standing still", "in the head: what is shown is of another time; imtop goes on asking"),
    ("none", "in a column: there is none, or nobody can tell; in a chart: zero"),
    ("not known", "in LAST 30 MIN; else high is online, low offline, blank: not watched yet"),
];

/// What a filter is made of.
const FILTER: [(&str, &str); 15] = [
    ("text", "an ID or label contains it; in quotes where it has blanks"),
    ("!x", "not x, as is: not x"),
    ("~x", "an ID or label fits the regular expression x"),
    ("and or not ( )", "put together what is looked for"),
    ("= != < <= > >= ~", "between a field and a value; with several connections one is enough"),
    ("state", "online, background, offline, unknown or unregistered"),
    ("platform", "of a connection: platform=android"),
    ("conns bg", "how many connections there are, and how many in the background"),
    ("exp", "until the soonest end of a session token: exp<24h"),
    ("age", "since the last answer about the user: age>10s"),
    ("since", "since the presence is what it is: since<5m"),
    ("flips", "how often the user went on- or offline"),
    ("reconnects", "how often the user reconnected without going offline"),
    ("finding", "the name of a finding, see below: finding=token-expired"),
    ("id label group", "as in the watch list: group=sales"),
];

/// What stands under a heading, and what else it is found by.
struct Entry {
    name: HelpName,
    text: String,
    also: [&'static str; 2],
}

impl Entry {
    fn new(name: HelpName, text: impl Into<String>) -> Entry {
        Entry { name, text: text.into(), also: [""; 2] }
    }
}

/// A section of the help: its heading, and what stands under it.
type Section = (&'static str, Vec<Entry>);

fn sections(model: View<'_>) -> Vec<Section> {
    let texts = |table: &[(&'static str, &'static str)]| -> Vec<Entry> {
        table.iter().map(|(name, text)| Entry::new(HelpName::of(name, true), *text)).collect()
    };
    let mut words = texts(&WORDS);
    words.push(Entry::new(HelpName::of("platforms", true), platform_names()));
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
            Entry { also: [row.name, row.brief], ..Entry::new(HelpName::of(&keys, false), row.help) }
        });
        sections.push((scope.heading(), keys.collect()));
    }
    sections.push(("Words", words));
    let commands = COMMANDS.iter().map(|row| {
        let arguments = if row.arguments.is_empty() { "" } else { " - " };
        Entry::new(
            HelpName::of(&format!(":{}", row.name), false),
            format!("{}{arguments}{}", row.arguments, row.help),
        )
    });
    let mut commands: Vec<_> = commands.collect();
    let every = "every action is a command by its name: :pause, :next-theme, :expand-all";
    commands.push(Entry::new(HelpName::of(":NAME", false), every));
    sections.push(("Commands", commands));
    sections.push(("Filters", texts(&FILTER)));
    let findings = Rule::ALL.map(|rule| Entry::new(HelpName::of(rule.name(), false), rule.brief()));
    sections.push(("Findings", findings.into()));
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
    for (heading, entries) in sections(model) {
        let holds = |text: &str| find_within(text, search).is_some();
        let is_found = |entry: &Entry| {
            holds(&entry.name.text) || holds(&entry.text) || entry.also.into_iter().any(holds)
        };
        let whole = search.is_empty() || holds(heading);
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
