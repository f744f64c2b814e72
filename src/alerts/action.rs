//! What can be done about an alert, as it is written: `bell`, `osc9`, `osc777`, `exec:FILE`, `webhook:NAME`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::presence::visible_bounded;

/// Words that stand alone.
const WORDS: [(&str, Action); 3] =
    [("bell", Action::Bell), ("osc9", Action::Osc9), ("osc777", Action::Osc777)];

/// Something that is done about an alert. Printed, it is as it can be written again; visible-safe.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The terminal rings.
    Bell,
    /// The terminal shows a notification (OSC 9: iTerm2, Windows Terminal, kitty, Konsole).
    Osc9,
    /// The terminal shows a notification with a title (OSC 777: foot, Ghostty, `WezTerm`, urxvt).
    Osc777,
    /// A program is run, never through a shell.
    Exec(PathBuf),
    /// A webhook of this name is called.
    Webhook(String),
}

impl FromStr for Action {
    type Err = String;

    fn from_str(text: &str) -> Result<Action, String> {
        if let Some((_, action)) = WORDS.into_iter().find(|(word, _)| *word == text) {
            return Ok(action);
        }
        match text.split_once(':') {
            Some(("exec", file)) if !file.trim().is_empty() => Ok(Action::Exec(file.trim().into())),
            Some(("webhook", name)) if !name.trim().is_empty() => Ok(Action::Webhook(name.trim().to_owned())),
            Some(("exec", _)) => Err("exec: names no program; expected \"exec:/path/to/program\"".to_owned()),
            Some(("webhook", _)) => Err("webhook: names none; expected \"webhook:NAME\"".to_owned()),
            _ => {
                let shown = visible_bounded(text, 40);
                let beginning = text.split(':').next().unwrap_or_default();
                let words = WORDS.map(|(word, _)| word).into_iter().chain(["exec", "webhook"]);
                let near = |word: &&str| strsim::damerau_levenshtein(word, beginning) <= 2;
                let meant =
                    words.min_by_key(|word| strsim::damerau_levenshtein(word, beginning)).filter(near);
                let meant = meant.map(|word| format!("; did you mean {word}?")).unwrap_or_default();
                Err(format!(
                    "there is no action \"{shown}\"; expected bell, osc9, osc777, exec:FILE or webhook:NAME{meant}"
                ))
            }
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Exec(file) => write!(f, "exec:{}", visible_bounded(&file.display().to_string(), 200)),
            Action::Webhook(name) => write!(f, "webhook:{}", visible_bounded(name, 60)),
            plain => {
                f.write_str(WORDS.iter().find(|(_, action)| action == plain).map_or("", |(word, _)| word))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_read_and_written_alike() {
        for text in ["bell", "osc9", "osc777", "exec:/etc/imtop/page.sh", "webhook:ops room"] {
            assert_eq!(text.parse::<Action>().map(|action| action.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_no_action_is_said_with_what_was_probably_meant() {
        let error = |text: &str| text.parse::<Action>().unwrap_err();
        assert!(error("webhok:ding").ends_with("did you mean webhook?"), "{}", error("webhok:ding"));
        assert!(error("bel").ends_with("did you mean bell?"));
        assert!(!error("mail:ops@example.com").contains("did you mean"));
        assert!(error("exec: ").contains("names no program") && error("webhook:").contains("names none"));
    }
}
