//! The words in which a program asks the terminal to put a text into the clipboard (OSC 52), also
//! through tmux and GNU screen. Bytes only: who sends them, and what is copied, is known elsewhere.
//!
//! The terminal gives no answer, and may be told to refuse.

use crate::say;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// More than so many bytes of Base64 are cut by terminals that hold to the limit of the first of them.
const LIMIT: usize = 74_994;

/// Each piece that GNU screen hands on may have less than 256 bytes in its older releases.
const SCREEN_PIECE: usize = 240;

/// A program between us and the terminal, which hands on what it understands and no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Multiplexer {
    /// None: the terminal itself.
    #[default]
    None,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Multiplexer {
    /// Judges by the environment: `TMUX` and `STY` here, `TERM` where the connection comes from within
    /// one. tmux may call itself `screen` in `TERM`, and so it is asked for first; who calls itself
    /// that and says no more is rather a tmux, which takes plain words but not screen's pieces. Only
    /// screen puts a dot and the terminal's own name behind it.
    pub fn of(env: &dyn Fn(&str) -> Option<String>) -> Multiplexer {
        let value = |name: &str| env(name).filter(|value| !value.is_empty());
        let term = value("TERM").unwrap_or_default();
        if value("TMUX").is_some() || term.starts_with("tmux") {
            Multiplexer::Tmux
        } else if value("STY").is_some() || term.starts_with("screen.") {
            Multiplexer::Screen
        } else {
            Multiplexer::None
        }
    }
}

impl Multiplexer {
    /// An operating system command (`9;words`) as the terminal behind it gets it, once.
    pub(super) fn handed_on(self, words: &str) -> Vec<u8> {
        let plain = format!("\x1b]{words}\x1b\\");
        match self {
            Multiplexer::None => plain.into_bytes(),
            Multiplexer::Tmux => wrapped_for_tmux(&plain).into_bytes(),
            Multiplexer::Screen => in_pieces(&format!("\x1b]{words}\x07")).into_bytes(),
        }
    }
}

/// What tmux hands on as it is, before its release 3.3 or with `allow-passthrough on`.
fn wrapped_for_tmux(plain: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b"))
}

/// What screen hands on: it ends a piece at the first ESC \, so that the words within end with BEL.
fn in_pieces(words: &str) -> String {
    let mut left = words;
    let mut pieces = String::new();
    while !left.is_empty() {
        // Between characters, as each piece is a text of its own.
        let (piece, rest) = left.split_at(left.floor_char_boundary(SCREEN_PIECE));
        pieces.extend(["\x1bP", piece, "\x1b\\"]);
        left = rest;
    }
    pieces
}

/// A text that no terminal is sure to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", too_long(*bytes))]
pub struct TooLong {
    /// What the text has.
    pub bytes: usize,
}

fn too_long(bytes: usize) -> String {
    let most = LIMIT / 4 * 3;
    say!("not copied: {bytes} bytes are more than a terminal takes ({most}); copy less", bytes, most)
}

/// The bytes that put a text into the clipboard. Control characters are left out of it but for the
/// ends of lines and tabs: a shell that it is pasted into would act on them.
///
/// # Errors
/// The text is too long.
pub fn osc52(text: &str, multiplexer: Multiplexer) -> Result<Vec<u8>, TooLong> {
    let text: String = text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect();
    let encoded = STANDARD.encode(&text);
    if encoded.len() > LIMIT {
        return Err(TooLong { bytes: text.len() });
    }
    let plain = format!("\x1b]52;c;{encoded}\x1b\\");
    Ok(match multiplexer {
        Multiplexer::None => plain,
        // tmux takes the plain words with `set-clipboard on`. Whether it does or hands on the wrapped ones
        // cannot be asked; what it does not take it swallows, and to copy the same twice does no harm.
        Multiplexer::Tmux => format!("{plain}{}", wrapped_for_tmux(&plain)),
        Multiplexer::Screen => in_pieces(&format!("\x1b]52;c;{encoded}\x07")),
    }
    .into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, multiplexer: Multiplexer) -> String {
        String::from_utf8(osc52(text, multiplexer).unwrap()).unwrap()
    }

    #[test]
    fn the_terminal_is_told_in_base64() {
        assert_eq!(words("王 1", Multiplexer::None), "\x1b]52;c;546LIDE=\x1b\\");
        assert_eq!(words("", Multiplexer::None), "\x1b]52;c;\x1b\\");
    }

    #[test]
    fn tmux_is_told_in_both_ways_that_it_may_take() {
        assert_eq!(
            words("a", Multiplexer::Tmux),
            "\x1b]52;c;YQ==\x1b\\\x1bPtmux;\x1b\x1b]52;c;YQ==\x1b\x1b\\\x1b\\"
        );
    }

    #[test]
    fn screen_is_told_in_pieces_that_make_up_the_whole() {
        assert_eq!(words("a", Multiplexer::Screen), "\x1bP\x1b]52;c;YQ==\x07\x1b\\");
        let long = "0123456789".repeat(100);
        let told = words(&long, Multiplexer::Screen);
        let pieces: Vec<&str> =
            told.split_terminator("\x1b\\").map(|piece| piece.strip_prefix("\x1bP").unwrap()).collect();
        assert!(pieces.len() > 5 && pieces.iter().all(|piece| piece.len() < 256));
        let whole = pieces.concat();
        let encoded = whole.strip_prefix("\x1b]52;c;").unwrap().strip_suffix('\x07').unwrap();
        assert_eq!(STANDARD.decode(encoded).unwrap(), long.as_bytes());
    }

    #[test]
    fn what_a_shell_would_act_on_is_left_out() {
        let told = words("a\u{1b}[2Jb\r\n\tc\u{7f}\u{9b}d\0", Multiplexer::None);
        assert_eq!(told, words("a[2Jb\n\tcd", Multiplexer::None));
    }

    #[test]
    fn more_than_a_terminal_takes_is_refused() {
        let most = "x".repeat(LIMIT / 4 * 3);
        assert!(osc52(&most, Multiplexer::None).unwrap().len() <= LIMIT + 9);
        let more = format!("{most}x");
        for multiplexer in [Multiplexer::None, Multiplexer::Tmux, Multiplexer::Screen] {
            assert_eq!(osc52(&more, multiplexer), Err(TooLong { bytes: more.len() }));
        }
        assert_eq!(
            TooLong { bytes: 60_000 }.to_string(),
            "not copied: 60000 bytes are more than a terminal takes (56244); copy less"
        );
    }

    #[test]
    fn a_multiplexer_is_known_by_its_environment() {
        let of = |variables: &[(&str, &str)]| {
            Multiplexer::of(&|name| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("TERM", "xterm-256color")]), Multiplexer::None);
        assert_eq!(of(&[("TERM", "screen-256color"), ("TMUX", "/tmp/t,1,0")]), Multiplexer::Tmux);
        assert_eq!(of(&[("TERM", "tmux-256color")]), Multiplexer::Tmux);
        assert_eq!(of(&[("TERM", "xterm"), ("STY", "12.pts")]), Multiplexer::Screen);
        assert_eq!(of(&[("TERM", "screen.xterm"), ("TMUX", "")]), Multiplexer::Screen);
        assert_eq!(of(&[("TERM", "screen"), ("STY", "12.pts")]), Multiplexer::Screen);
        assert_eq!(of(&[("TERM", "screen-256color")]), Multiplexer::None, "a tmux at the other end of ssh");
        assert_eq!(of(&[]), Multiplexer::None);
    }
}
