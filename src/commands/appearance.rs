//! How much the terminal can show: colours and glyphs, from the wishes of the user and the environment.

use crate::language::Language;
use crate::options::{Environment, Values, When, no_screen};
use crate::tui::Colour;

/// How much the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Appearance {
    /// Which colours.
    pub(super) colour: Colour,
    /// Only the characters of ASCII, beside those of names.
    pub(super) ascii: bool,
    /// In which language.
    pub(super) language: Language,
}

/// Terminals that speak no UTF-8, or have hardly a glyph beyond ASCII.
const PLAIN_TERMINALS: [&str; 9] =
    ["", "dumb", "unknown", "linux", "vt52", "vt100", "vt102", "vt220", "ansi"];

impl Appearance {
    /// Judges by what the user says of colours and ASCII, `NO_COLOR`, `COLORTERM`, `TERM` and the locale; `interactive`
    /// says whether standard output is a terminal.
    pub(super) fn judge(values: &Values, env: Environment<'_>, interactive: bool) -> Appearance {
        let judged = Appearance::judged(values.color, values.ascii, env, interactive);
        // Where the locale says Chinese and the terminal draws nothing beyond ASCII, English is what can be read.
        let language = if judged.ascii { Language::English } else { judged.language };
        Appearance { language: values.lang.unwrap_or(language), ..judged }
    }

    fn judged(color: When, ascii: bool, env: Environment<'_>, interactive: bool) -> Appearance {
        let value = |name: &str| env(name).filter(|value| !value.is_empty());
        let term = value("TERM").unwrap_or_default();
        let best = if value("COLORTERM").is_some_and(|term| term == "truecolor" || term == "24bit") {
            Colour::True
        } else if term.contains("256color") || term.contains("direct") {
            Colour::Ansi256
        } else {
            Colour::Ansi16
        };
        let fits = value("NO_COLOR").is_none() && no_screen(env, interactive).is_none();
        let colour = match color {
            When::Always => best,
            When::Auto if fits => best,
            When::Auto | When::Never => Colour::None,
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(value);
        let other_charset = locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            !locale.contains("utf-8") && !locale.contains("utf8")
        });
        let ascii = ascii || (interactive && (other_charset || PLAIN_TERMINALS.contains(&term.as_str())));
        Appearance { colour, ascii, language: language_of(env) }
    }
}

/// The language of the locale for messages.
pub(super) fn language_of(env: Environment<'_>) -> Language {
    let value = |name: &str| env(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(value);
    locale.map_or(Language::English, |locale| Language::of_locale(&locale))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(color: When, interactive: bool, variables: &[(&str, &str)]) -> (Colour, bool) {
        let env =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let Appearance { colour, ascii, .. } = Appearance::judged(color, false, &env, interactive);
        (colour, ascii)
    }

    #[test]
    fn a_terminal_gets_the_colours_that_it_says_it_has() {
        let terminal = |variables: &[(&str, &str)]| judge(When::Auto, true, variables).0;
        assert_eq!(terminal(&[("TERM", "xterm")]), Colour::Ansi16);
        assert_eq!(terminal(&[("TERM", "tmux-256color")]), Colour::Ansi256);
        assert_eq!(terminal(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]), Colour::True);
        assert_eq!(terminal(&[("TERM", "dumb")]), Colour::None);
        assert_eq!(terminal(&[("TERM", "xterm"), ("NO_COLOR", "1")]), Colour::None);
        assert_eq!(
            terminal(&[("TERM", "xterm"), ("NO_COLOR", "")]),
            Colour::Ansi16,
            "an empty one asks nothing"
        );
    }

    #[test]
    fn a_pipe_gets_colours_only_on_request() {
        assert_eq!(judge(When::Auto, false, &[("TERM", "xterm-256color")]).0, Colour::None);
        assert_eq!(judge(When::Always, false, &[("NO_COLOR", "1")]).0, Colour::Ansi16);
        assert_eq!(judge(When::Never, true, &[("COLORTERM", "truecolor")]).0, Colour::None);
    }

    #[test]
    fn glyphs_give_way_where_they_would_not_show() {
        let ascii = |variables: &[(&str, &str)]| judge(When::Auto, true, variables).1;
        assert!(!ascii(&[("TERM", "xterm")]));
        assert!(!ascii(&[("TERM", "xterm"), ("LANG", "zh_CN.UTF-8")]));
        assert!(ascii(&[("TERM", "xterm"), ("LANG", "zh_CN.GBK")]));
        assert!(!ascii(&[("TERM", "xterm"), ("LC_ALL", "C.utf8"), ("LANG", "C")]));
        assert!(ascii(&[("TERM", "linux"), ("LANG", "C.UTF-8")]));
        assert!(!judge(When::Auto, false, &[("TERM", "dumb"), ("LANG", "C")]).1, "a pipe takes UTF-8");
    }
}
