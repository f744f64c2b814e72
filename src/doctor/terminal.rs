//! What the terminal can show: size, colours, characters, and whether it takes copies.

use std::time::Duration;

use super::dialogue::Answers;
use super::step::{Outcome, Part, Step};
use crate::options::{Environment, no_screen};
use crate::presence::visible_bounded;
use crate::say;

/// Smaller ones lose columns and regions of the live view.
const ROOMY: (u16, u16) = (60, 15);
/// For a program beside us.
const PATIENCE: Duration = Duration::from_secs(1);
/// The number in a terminal's attributes that says that it takes copies.
const COPIES: u16 = 52;

/// The terminal as far as it is known without asking it.
#[derive(Clone, Debug)]
pub struct Screen {
    /// Whether standard input and output are a terminal.
    pub interactive: bool,
    /// Columns and rows.
    pub size: Option<(u16, u16)>,
    /// How many colours are used; 0 for none.
    pub colours: u32,
    /// Whether only characters of ASCII are drawn.
    pub ascii: bool,
    /// A program between us and the terminal.
    pub through: Through,
}

/// A program between us and the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// None.
    Nothing,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

/// tmux's option `set-clipboard`: `on`, `external` or `off`; `None` where tmux does not say.
pub(super) async fn set_clipboard() -> Option<String> {
    let mut tmux = tokio::process::Command::new("tmux");
    tmux.args(["show", "-gv", "set-clipboard"]).stdin(std::process::Stdio::null()).kill_on_drop(true);
    let said = tokio::time::timeout(PATIENCE, tmux.output()).await.ok()?.ok()?;
    let said = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    (!said.is_empty()).then(|| visible_bounded(&said, 20))
}

/// Judges the terminal. `clipboard` is what tmux says, where it is in between; `wide` whether
/// characters of ambiguous width are configured to take two columns.
pub(super) fn judge(
    screen: &Screen,
    answers: Option<&Answers>,
    clipboard: Option<&str>,
    wide: bool,
    env: Environment<'_>,
) -> Step {
    if !screen.interactive {
        return Step::skipped(Part::Terminal, say!("standard input or output is not a terminal"));
    }
    let colours = match screen.colours {
        0 => say!("no colours").to_owned(),
        more @ 0x0100_0000.. => say!("{millions} million colours", millions = more >> 20),
        colours => say!("{colours} colours", colours),
    };
    let glyphs = if screen.ascii { say!("ASCII only") } else { "UTF-8" };
    let seen = match screen.size {
        Some((columns, rows)) => {
            say!("{columns} columns and {rows} rows, {colours}, {glyphs}", columns, rows, colours, glyphs)
        }
        None => say!("{colours}, {glyphs}", colours, glyphs),
    };
    let mut step = Step::ok(Part::Terminal, seen);
    if let Some((columns, rows)) = screen.size {
        step = step.count("columns", columns).count("rows", rows);
        if columns < ROOMY.0 || rows < ROOMY.1 {
            step = step.but(
                Outcome::Note,
                say!("below 60 columns or 15 rows the live view leaves things out: make the terminal larger"),
            );
        }
    }
    step = step.count("colours", screen.colours).detail(why_colours(env));
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| Some((name, value(env, name)?)));
    step = step.detail(match &locale {
        Some((name, value)) => say!("characters: {name} is {value}", name, value),
        None => say!("characters: no locale is set, so UTF-8 is assumed").to_owned(),
    });
    if screen.ascii {
        step = step.but(
            Outcome::Note,
            say!("for the signs, use a UTF-8 locale such as LANG=C.UTF-8 and a terminal that can draw them"),
        );
    }
    if let Some(why) = no_screen(env, true) {
        step = step.but(Outcome::Warning, say!("{why}: imtop prints one screen there and ends", why));
    }
    step = width(step, answers, wide);
    copies(step, screen.through, answers, clipboard)
}

fn why_colours(env: Environment<'_>) -> String {
    let said: Vec<String> = ["NO_COLOR", "COLORTERM", "TERM"]
        .into_iter()
        .filter_map(|name| Some(say!("{name} is {value}", name, value = value(env, name)?)))
        .collect();
    if said.is_empty() {
        say!("colours: TERM is not set").to_owned()
    } else {
        say!("colours: {reasons}", reasons = said.join(say!(", ")))
    }
}

/// A variable that is set and not empty; visible-safe.
fn value(env: Environment<'_>, name: &str) -> Option<String> {
    env(name).filter(|value| !value.is_empty()).map(|value| visible_bounded(&value, 40))
}

/// Whether characters of ambiguous width take as many columns as configured.
fn width(step: Step, answers: Option<&Answers>, wide: bool) -> Step {
    let configured = if wide { 2 } else { 1 };
    match answers.and_then(|answers| answers.width) {
        Some(width @ (1 | 2)) => {
            let measured = if width == 1 {
                say!("characters of ambiguous width take 1 column (measured)")
            } else {
                say!("characters of ambiguous width take 2 columns (measured)")
            };
            let step = step.detail(measured).count("ambiguous_width", width);
            if width == configured {
                step
            } else {
                step.but(
                    Outcome::Warning,
                    say!(
                        "columns will be out of line: use --ambiguous-width {width}, or put ambiguous-width = {width} into \
                         the configuration",
                        width
                    ),
                )
            }
        }
        _ => step.detail(say!(
            "characters of ambiguous width: the terminal does not say; {configured} is assumed (--ambiguous-width)",
            configured
        )),
    }
}

/// What is known of whether the terminal takes copies (OSC 52).
fn copies(step: Step, through: Through, answers: Option<&Answers>, clipboard: Option<&str>) -> Step {
    let attributes = answers.and_then(|answers| answers.attributes.as_deref());
    let takes = attributes.is_some_and(|attributes| attributes.contains(&COPIES));
    match (through, clipboard) {
        (Through::Tmux, Some("on")) => {
            step.detail(say!("copying (OSC 52): tmux takes it and passes it to the terminal (set-clipboard is on)"))
        }
        (Through::Tmux, Some(said)) => step
            .detail(say!(
                "copying (OSC 52): tmux holds it back unless allow-passthrough is on (set-clipboard is {said})",
                said
            ))
            .but(Outcome::Note, say!("for y to copy, put `set -g set-clipboard on` into ~/.tmux.conf")),
        (Through::Tmux, None) => {
            step.detail(say!("copying (OSC 52): through tmux, which does not say whether it takes it (set-clipboard)"))
        }
        (Through::Screen, _) => step.detail(say!(
            "copying (OSC 52): through GNU screen, which passes it on; whether the terminal takes it is not known"
        )),
        (Through::Nothing, _) if takes => step.detail(say!("copying (OSC 52): the terminal says that it takes it")),
        (Through::Nothing, _) => step.detail(say!(
            "copying (OSC 52): the terminal does not say whether it takes it; to try, press yu in the live view and paste"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Screen = Screen {
        interactive: true,
        size: Some((120, 40)),
        colours: 1 << 24,
        ascii: false,
        through: Through::Nothing,
    };

    fn env(name: &str) -> Option<String> {
        match name {
            "TERM" => Some("xterm-256color".to_owned()),
            "COLORTERM" => Some("truecolor".to_owned()),
            "LANG" => Some("zh_CN.UTF-8".to_owned()),
            _ => None,
        }
    }

    fn judged(screen: &Screen, answers: &Answers, clipboard: Option<&str>) -> Step {
        judge(screen, Some(answers), clipboard, false, &env)
    }

    #[test]
    fn what_the_terminal_can_show_is_said_with_why() {
        let answers = Answers { width: Some(1), attributes: Some(vec![65, 52]) };
        let step = judged(&SCREEN, &answers, None);
        assert_eq!(
            (step.outcome, &*step.seen),
            (Outcome::Ok, "120 columns and 40 rows, 16 million colours, UTF-8")
        );
        assert_eq!(
            step.details,
            [
                "colours: COLORTERM is truecolor, TERM is xterm-256color",
                "characters: LANG is zh_CN.UTF-8",
                "characters of ambiguous width take 1 column (measured)",
                "copying (OSC 52): the terminal says that it takes it",
            ]
        );
    }

    #[test]
    fn another_width_than_configured_is_a_warning() {
        let step = judged(&SCREEN, &Answers { width: Some(2), attributes: None }, None);
        assert_eq!(step.outcome, Outcome::Warning);
        assert!(step.advice[0].contains("--ambiguous-width 2"));
        let step = judge(&SCREEN, Some(&Answers { width: Some(2), attributes: None }), None, true, &env);
        assert_eq!(step.outcome, Outcome::Ok);
        let step = judged(&SCREEN, &Answers::default(), None);
        assert!(step.details[2].ends_with("the terminal does not say; 1 is assumed (--ambiguous-width)"));
    }

    #[test]
    fn a_terminal_without_a_screen_is_a_warning() {
        for term in [None, Some("dumb")] {
            let step = judge(&SCREEN, None, None, false, &|_| term.map(str::to_owned));
            assert_eq!(step.outcome, Outcome::Warning, "{term:?}");
            assert!(step.advice[0].ends_with("prints one screen there and ends"), "{:?}", step.advice);
        }
    }

    #[test]
    fn tmux_says_whether_it_keeps_copies_back() {
        let tmux = Screen { through: Through::Tmux, ..SCREEN };
        let of = |clipboard| judged(&tmux, &Answers::default(), clipboard);
        assert_eq!(of(Some("on")).outcome, Outcome::Ok);
        assert_eq!(of(Some("external")).outcome, Outcome::Note);
        assert_eq!(of(None).outcome, Outcome::Ok);
    }

    #[test]
    fn a_small_or_plain_terminal_is_noted_and_none_is_skipped() {
        let small = Screen { size: Some((40, 10)), ..SCREEN };
        assert_eq!(judged(&small, &Answers::default(), None).outcome, Outcome::Note);
        let plain = Screen { ascii: true, colours: 0, ..SCREEN };
        let step = judged(&plain, &Answers::default(), None);
        assert!(step.seen.ends_with("no colours, ASCII only") && step.outcome == Outcome::Note);
        let none = Screen { interactive: false, ..SCREEN };
        assert_eq!(judged(&none, &Answers::default(), None).outcome, Outcome::Skipped);
    }
}
