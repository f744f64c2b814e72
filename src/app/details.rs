//! What the detail and the help consist of, line by line, so that scrolling knows where they end.
//!
//! The words and widths of the lines belong to `ui`; what there is to say, and its order, to this.

use std::collections::HashMap;

use crate::presence::{Fingerprint, Platform, Story, UserIx};

use super::action::{ACTIONS, Scope};
use super::model::{Model, Picture};
use super::notes::wrapped;

/// One line of the detail of a user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DetailLine<'a> {
    /// Nothing.
    Blank,
    /// A heading, with how many there are of what it heads.
    Heading(&'static str, usize),
    /// Label and group.
    Names,
    /// The presence, and why.
    Presence,
    /// Since when.
    Since,
    /// When the last answer about the user came.
    Answered,
    /// The batch in which the user is asked about.
    Batch,
    /// A connection: platform, whole connID, state.
    Connection(usize),
    /// When it appeared.
    FirstSeen(usize),
    /// For whom and what its token was issued.
    TokenHolder(usize),
    /// When its token was issued and expires.
    TokenTimes(usize),
    /// Other connections that were opened with the same token.
    TokenShared(usize),
    /// What happened to the user at one moment.
    Story(&'a Story),
    /// There is nothing of what the heading says.
    Nothing(&'static str),
}

impl DetailLine<'_> {
    /// Whether it heads the connections.
    pub fn is_of_connections(&self) -> bool {
        matches!(self, DetailLine::Heading(CONNECTIONS, _))
    }
}

/// Heading of the connections.
const CONNECTIONS: &str = "Connections";

/// The detail of a user, line by line.
pub fn detail_lines<'a>(picture: &Picture<'a>, user: UserIx) -> Vec<DetailLine<'a>> {
    let roster = picture.roster;
    let mut lines = Vec::new();
    if roster.list().label(user).is_some() || roster.list().group(user).is_some() {
        lines.push(DetailLine::Names);
    }
    lines.extend([DetailLine::Presence, DetailLine::Since, DetailLine::Answered, DetailLine::Batch]);
    let connections = roster.connections(user);
    lines.extend([DetailLine::Blank, DetailLine::Heading(CONNECTIONS, connections.len())]);
    if connections.is_empty() {
        lines.push(DetailLine::Nothing("none"));
    }
    // Counted once: a server may send thousands of connections for one user.
    let mut uses: HashMap<Fingerprint, usize> = HashMap::new();
    for token in connections.iter().filter_map(|tracked| tracked.connection.token.as_ref()) {
        *uses.entry(token.fingerprint).or_default() += 1;
    }
    for (at, tracked) in connections.iter().enumerate() {
        lines.extend([DetailLine::Connection(at), DetailLine::FirstSeen(at)]);
        if let Some(token) = &tracked.connection.token {
            lines.extend([DetailLine::TokenHolder(at), DetailLine::TokenTimes(at)]);
            if uses.get(&token.fingerprint).is_some_and(|uses| *uses > 1) {
                lines.push(DetailLine::TokenShared(at));
            }
        }
    }
    let stories: Vec<&Story> = picture.stories_of(user).collect();
    lines.extend([DetailLine::Blank, DetailLine::Heading("What happened, newest first", stories.len())]);
    if stories.is_empty() {
        lines.push(DetailLine::Nothing("nothing has changed since imtop watches"));
    }
    lines.extend(stories.into_iter().map(DetailLine::Story));
    lines
}

/// What stands at the left of a line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelpName {
    /// Nothing: the line before goes on.
    None,
    /// Keys.
    Keys(String),
    /// A word of the screen.
    Word(&'static str),
}

/// One line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelpLine {
    /// Where the keys below work.
    Heading(&'static str),
    /// A key or a word, and what it does or means.
    Entry(HelpName, String),
    /// Nothing.
    Blank,
}

/// Words that are explained; `ui` puts signs before some of them.
const WORDS: [(&str, &str); 15] = [
    ("online", "at least one connection in the foreground"),
    ("background", "connections, all of them in the background"),
    ("offline", "no connection"),
    ("unknown", "nobody can tell: no answer, or too old; never the same as offline"),
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
    ("platforms", ""),
];

/// The help in lines of at most so many columns beside the names of keys and words.
pub fn help_lines(model: &Model) -> Vec<HelpLine> {
    let (width, _) = model.size();
    let columns = usize::from(width.saturating_sub(help_names(width) + 5)).max(8);
    let mut lines = vec![HelpLine::Heading("Words")];
    let add = |lines: &mut Vec<HelpLine>, name: HelpName, text: &str| {
        let mut name = Some(name);
        for text in wrapped(text, columns) {
            lines.push(HelpLine::Entry(name.take().unwrap_or(HelpName::None), text));
        }
    };
    for (word, text) in WORDS {
        match word {
            "platforms" => add(&mut lines, HelpName::Word(word), &platform_names()),
            _ => add(&mut lines, HelpName::Word(word), text),
        }
    }
    for scope in [Scope::Users, Scope::Views, Scope::Prompt, Scope::Everywhere] {
        lines.extend([HelpLine::Blank, HelpLine::Heading(scope.heading())]);
        for row in ACTIONS.iter().filter(|row| row.scope == scope) {
            let keys = model.keymap().keys_of(row.action).join(" ");
            add(&mut lines, HelpName::Keys(keys), row.help);
        }
    }
    lines
}

/// How wide the names of keys and words are on a screen so wide.
pub fn help_names(width: u16) -> u16 {
    if width < 50 { 8 } else { 16 }
}

/// What the short names of platforms stand for.
fn platform_names() -> String {
    let all = (1..=12).map(Platform).filter(|platform| platform.short() != platform.name());
    let names: Vec<String> =
        all.map(|platform| format!("{} {}", platform.short(), platform.name())).collect();
    names.join(", ")
}
