//! What the help consists of, line by line, so that scrolling knows where it ends.
//!
//! The widths of the lines belong to `ui`; what there is to say, and its order, to this.

use crate::presence::Platform;

use super::action::{ACTIONS, Scope};
use super::model::Model;
use super::notes::wrapped;

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
