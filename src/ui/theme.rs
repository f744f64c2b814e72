//! Colours and signs. Whatever a colour says is said by a sign and a word as well.

use ratatui::style::{Color, Modifier, Style};

use crate::app::Foreign;
use crate::presence::{FeedStatus, Presence};

use super::times::SOON;

/// Which colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// None at all.
    None,
    /// The 16 that each terminal has, in shades of its own.
    Ansi16,
    /// 256 fixed ones.
    Ansi256,
    /// All.
    True,
}

/// How things look. The terminal's own 16 colours are used even where there are more: they suit
/// its background, whichever that is.
#[derive(Clone, Debug)]
pub struct Theme {
    pub(super) glyphs: Glyphs,
    pub(super) plain: Style,
    pub(super) strong: Style,
    pub(super) dim: Style,
    pub(super) good: Style,
    pub(super) calm: Style,
    pub(super) warn: Style,
    pub(super) bad: Style,
    pub(super) key: Style,
    /// The bar of the selection: one colour from end to end, whatever the row has.
    pub(super) selected: Style,
}

/// The signs in use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyphs {
    pub(super) online: &'static str,
    pub(super) background: &'static str,
    pub(super) offline: &'static str,
    pub(super) unknown: &'static str,
    pub(super) stale: &'static str,
    pub(super) failed: &'static str,
    pub(super) waiting: &'static str,
    pub(super) paused: &'static str,
    pub(super) warning: &'static str,
    pub(super) closed: &'static str,
    pub(super) open: &'static str,
    pub(super) branch: &'static str,
    pub(super) last_branch: &'static str,
    pub(super) cut: &'static str,
    pub(super) rule: &'static str,
    pub(super) nothing: &'static str,
    pub(super) at_least: &'static str,
    pub(super) at_most: &'static str,
    pub(super) degraded: &'static str,
    pub(super) falling: &'static str,
    pub(super) rising: &'static str,
    pub(super) to: &'static str,
    pub(super) bars: [&'static str; 8],
}

const UNICODE: Glyphs = Glyphs {
    online: "●",
    background: "◐",
    offline: "○",
    unknown: "?",
    stale: "~",
    failed: "×",
    waiting: "◌",
    paused: "‖",
    warning: "!",
    closed: "▸",
    open: "▾",
    branch: "├",
    last_branch: "└",
    cut: "…",
    rule: "─",
    nothing: "·",
    at_least: "≥",
    at_most: "≤",
    degraded: "▲",
    falling: "▼",
    rising: "▲",
    to: "→",
    bars: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
};

const ASCII: Glyphs = Glyphs {
    online: "*",
    background: "%",
    offline: "o",
    unknown: "?",
    stale: "~",
    failed: "x",
    waiting: ".",
    paused: "=",
    warning: "!",
    closed: "+",
    open: "-",
    branch: "|",
    last_branch: "`",
    cut: "~",
    rule: "-",
    nothing: "-",
    at_least: ">=",
    at_most: "<=",
    degraded: "!",
    falling: "v",
    rising: "^",
    to: "->",
    bars: ["_", "_", ".", ".", "-", "-", "=", "#"],
};

impl Theme {
    /// The looks for a terminal.
    pub fn new(colour: Colour, ascii: bool) -> Theme {
        let plain = Style::new();
        let hue = |hue: Color| if colour == Colour::None { plain } else { plain.fg(hue) };
        Theme {
            glyphs: if ascii { ASCII } else { UNICODE },
            plain,
            strong: plain.add_modifier(Modifier::BOLD),
            dim: plain.add_modifier(Modifier::DIM),
            good: hue(Color::Green),
            calm: hue(Color::Cyan),
            warn: hue(Color::Magenta),
            bad: hue(Color::Red).add_modifier(Modifier::BOLD),
            key: plain.add_modifier(Modifier::BOLD),
            selected: plain.fg(Color::Reset).add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM),
        }
    }

    /// How the end of a token looks that is so many seconds away.
    pub(super) fn expiry(&self, left: i64) -> Style {
        match left {
            ..=0 => self.bad,
            1..SOON => self.warn,
            _ => self.plain,
        }
    }

    /// How a token looks that belongs elsewhere.
    pub(super) fn foreign(&self, found: &Foreign<'_>) -> Style {
        match (found.user, found.platform) {
            (Some(_), _) => self.bad,
            (None, Some(_)) => self.warn,
            (None, None) => self.plain,
        }
    }

    /// The more serious of two looks.
    pub(super) fn worse(&self, one: Style, other: Style) -> Style {
        let found = [self.bad, self.warn].into_iter().find(|style| *style == one || *style == other);
        found.unwrap_or(self.plain)
    }

    /// Sign, short word, style.
    pub(super) fn presence(&self, presence: Presence) -> (&'static str, &'static str, Style) {
        match presence {
            Presence::Online => (self.glyphs.online, "on", self.good),
            Presence::Background => (self.glyphs.background, "bg", self.calm),
            Presence::Offline => (self.glyphs.offline, "off", self.plain),
            Presence::Unknown(_) => (self.glyphs.unknown, "unk", self.warn),
            Presence::Unregistered => (self.glyphs.failed, "unreg", self.warn),
        }
    }

    /// Sign and style.
    pub(super) fn feed(&self, status: &FeedStatus) -> (&'static str, Style) {
        match status {
            FeedStatus::Nobody => (self.glyphs.nothing, self.plain),
            FeedStatus::Connecting => (self.glyphs.waiting, self.plain),
            FeedStatus::Live => (self.glyphs.online, self.good),
            FeedStatus::Degraded { .. } => (self.glyphs.degraded, self.warn),
            FeedStatus::Retrying { .. } => (self.glyphs.failed, self.bad),
            FeedStatus::Overdue => (self.glyphs.waiting, self.warn),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pen::width;
    use super::*;

    #[test]
    fn ascii_is_ascii_and_every_sign_of_a_column_is_one_wide() {
        let signs = |glyphs: Glyphs| {
            let mut signs = vec![
                glyphs.online,
                glyphs.background,
                glyphs.offline,
                glyphs.unknown,
                glyphs.stale,
                glyphs.failed,
                glyphs.waiting,
                glyphs.paused,
                glyphs.warning,
                glyphs.closed,
                glyphs.open,
                glyphs.branch,
                glyphs.last_branch,
                glyphs.cut,
                glyphs.rule,
                glyphs.nothing,
                glyphs.degraded,
                glyphs.falling,
                glyphs.rising,
            ];
            signs.extend(glyphs.bars);
            signs
        };
        assert!(signs(ASCII).iter().all(|sign| sign.is_ascii()));
        assert!([ASCII.to, ASCII.at_least, ASCII.at_most].iter().all(|sign| sign.is_ascii()));
        assert!(signs(ASCII).iter().chain(&signs(UNICODE)).all(|sign| width(sign) == 1));
    }

    #[test]
    fn without_colour_there_is_none() {
        let theme = Theme::new(Colour::None, false);
        for style in [theme.good, theme.calm, theme.warn, theme.bad, theme.dim] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }
}
