//! Colours and signs. Whatever a colour says is said by a sign and a word as well.

use ratatui::style::{Color, Modifier, Style};

use crate::listing::{Foreign, ThemeName};
use crate::presence::{FeedStatus, Presence, Severity};
use crate::say;
use crate::tui::Health;

use super::painter::Ruler;
use super::times::SOON;

mod glyphs;
mod palette;

pub(super) use glyphs::Glyphs;

use glyphs::{ASCII, NARROW, UNICODE};
use palette::{Hue, Palette};

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

/// How things look. The background is always the terminal's own.
#[derive(Clone, Debug)]
pub struct Theme {
    name: ThemeName,
    colour: Colour,
    ascii: bool,
    pub(super) ruler: Ruler,
    pub(super) glyphs: Glyphs,
    pub(super) plain: Style,
    pub(super) strong: Style,
    pub(super) dim: Style,
    pub(super) good: Style,
    pub(super) calm: Style,
    pub(super) warn: Style,
    pub(super) bad: Style,
    /// What nobody can tell, what is old, and what works in part.
    pub(super) doubt: Style,
    pub(super) key: Style,
    /// What a filter matched within a name.
    pub(super) matched: Style,
    /// The name of a server whose users are real.
    pub(super) production: Style,
    /// The bar of the selection: one colour from end to end, whatever the row has.
    pub(super) selected: Style,
}

impl Theme {
    /// The looks for a terminal: of the dark theme, with narrow characters.
    pub fn new(colour: Colour, ascii: bool) -> Theme {
        Theme::named(ThemeName::Dark, colour, ascii, false)
    }

    /// The looks of a theme on a terminal. With `ambiguous_wide` the terminal gives two columns to
    /// the characters whose width Unicode leaves open, as Chinese, Japanese and Korean ones may.
    pub fn named(name: ThemeName, colour: Colour, ascii: bool, ambiguous_wide: bool) -> Theme {
        let plain = Style::new();
        let palette = Palette::of(name);
        let shade = |hue: Option<Hue>| match (colour, hue) {
            (Colour::None, _) | (_, None) => plain,
            (Colour::Ansi16, Some(hue)) => plain.fg(hue.own),
            (Colour::Ansi256 | Colour::True, Some(hue)) => plain.fg(Color::Indexed(hue.fixed)),
        };
        let hue = |of: fn(Palette) -> Hue| shade(palette.map(of));
        let glyphs = match (ascii, ambiguous_wide) {
            (true, _) => ASCII,
            (false, true) => NARROW,
            (false, false) => UNICODE,
        };
        let bad = hue(|it| it.bad).add_modifier(Modifier::BOLD);
        Theme {
            name,
            colour,
            ascii,
            ruler: Ruler { ambiguous_wide },
            glyphs,
            plain,
            strong: plain.add_modifier(Modifier::BOLD),
            dim: plain.add_modifier(Modifier::DIM),
            good: hue(|it| it.good),
            calm: hue(|it| it.calm),
            warn: hue(|it| it.warn),
            bad,
            doubt: shade(palette.and_then(|it| it.doubt)),
            key: plain.add_modifier(Modifier::BOLD),
            matched: plain.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
            production: bad.add_modifier(Modifier::REVERSED),
            selected: plain.fg(Color::Reset).add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM),
        }
    }

    /// The same in the looks of the theme after this one.
    #[must_use]
    pub fn next(&self) -> Theme {
        self.with(self.name.next())
    }

    /// The same in the looks of another theme.
    #[must_use]
    pub fn with(&self, name: ThemeName) -> Theme {
        Theme::named(name, self.colour, self.ascii, self.ruler.ambiguous_wide)
    }

    /// Which theme this is.
    pub fn name(&self) -> ThemeName {
        self.name
    }

    /// Whether anything of it has a colour.
    pub fn is_coloured(&self) -> bool {
        self.colour != Colour::None && self.name != ThemeName::Mono
    }

    /// Whether everything is drawn with ASCII alone.
    pub(super) fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// How many columns a text takes.
    pub(super) fn width(&self, text: &str) -> u16 {
        self.ruler.width(text)
    }

    /// A text, cut with a mark where it is wider than so many columns.
    pub(super) fn shortened(&self, text: &str, columns: u16, mark: &str) -> String {
        self.ruler.shortened(text, columns, mark)
    }

    /// A text, cut with a mark in its middle where it is wider than so many columns.
    pub(super) fn shortened_within(&self, text: &str, columns: u16, mark: &str) -> String {
        self.ruler.shortened_within(text, columns, mark)
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
        let found =
            [self.bad, self.warn, self.doubt].into_iter().find(|style| *style == one || *style == other);
        found.unwrap_or(self.plain)
    }

    /// Sign, short word, style.
    pub(super) fn presence(&self, presence: Presence) -> (&'static str, &'static str, Style) {
        match presence {
            Presence::Online => (self.glyphs.online, say!("on"), self.good),
            Presence::Background => (self.glyphs.background, say!("bg"), self.calm),
            Presence::Offline => (self.glyphs.offline, say!("off"), self.plain),
            Presence::Unknown(_) => (self.glyphs.unknown, say!("unk"), self.doubt),
            Presence::Unregistered => (self.glyphs.failed, say!("unreg"), self.warn),
        }
    }

    /// Sign and style; the sign is one column wide.
    pub(super) fn severity(&self, severity: Severity) -> (&'static str, Style) {
        match severity {
            Severity::Critical => (self.glyphs.critical, self.bad),
            Severity::Warning => (self.glyphs.warning, self.warn),
            Severity::Info => (self.glyphs.info, self.plain),
        }
    }

    /// The mark of what changed so many milliseconds ago, one column wide. It fades, without colours
    /// by its sign; nothing is left of it after half a minute.
    pub(super) fn change(&self, age_ms: u64) -> Option<(&'static str, Style)> {
        match age_ms {
            0..=2_000 => Some(("|", self.strong)),
            2_001..=10_000 => Some((":", self.plain)),
            10_001..=30_000 => Some((".", self.dim)),
            _ => None,
        }
    }

    pub(super) fn health(&self, health: Health) -> Style {
        let style = match health {
            Health::Ok => self.good,
            Health::Checking | Health::Unknown => self.plain,
            Health::Degraded => self.doubt,
            Health::Critical => self.bad,
        };
        style.add_modifier(self.strong.add_modifier)
    }

    /// Sign and style.
    pub(super) fn feed(&self, status: &FeedStatus) -> (&'static str, Style) {
        match status {
            FeedStatus::Nobody => (self.glyphs.nothing, self.plain),
            FeedStatus::Connecting => (self.glyphs.waiting, self.plain),
            FeedStatus::Live => (self.glyphs.online, self.good),
            FeedStatus::Degraded { .. } => (self.glyphs.degraded, self.doubt),
            FeedStatus::Retrying { .. } => (self.glyphs.failed, self.bad),
            FeedStatus::Overdue => (self.glyphs.waiting, self.doubt),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_there_is_none() {
        for theme in
            [Theme::new(Colour::None, false), Theme::named(ThemeName::Mono, Colour::True, false, false)]
        {
            assert!(!theme.is_coloured());
            colourless(&theme);
        }
        assert!(Theme::new(Colour::Ansi16, false).is_coloured());
    }

    fn colourless(theme: &Theme) {
        let styles = [
            theme.good,
            theme.calm,
            theme.warn,
            theme.bad,
            theme.doubt,
            theme.dim,
            theme.matched,
            theme.production,
        ];
        for style in styles {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }

    #[test]
    fn the_mark_of_a_change_fades_and_goes() {
        let theme = Theme::new(Colour::None, true);
        let marks = [0, 2_000, 2_001, 10_000, 10_001, 30_000, 30_001].map(|age_ms| theme.change(age_ms));
        let signs = marks.map(|mark| mark.map(|(sign, _)| sign));
        assert_eq!(signs, [Some("|"), Some("|"), Some(":"), Some(":"), Some("."), Some("."), None]);
    }

    #[test]
    fn severities_differ_in_sign_and_not_only_in_colour() {
        for ascii in [false, true] {
            let theme = Theme::new(Colour::None, ascii);
            let signs =
                [Severity::Critical, Severity::Warning, Severity::Info].map(|it| theme.severity(it).0);
            assert!(signs[0] != signs[1] && signs[1] != signs[2] && signs[0] != signs[2]);
        }
    }

    #[test]
    fn sixteen_colours_are_the_terminals_own_and_more_are_fixed() {
        for name in ThemeName::ALL.into_iter().filter(|name| *name != ThemeName::Mono) {
            let theme = |colour| Theme::named(name, colour, false, false);
            let hues = |theme: Theme| [theme.good, theme.calm, theme.warn, theme.bad].map(|style| style.fg);
            let is_fixed = |hue: &Option<Color>| matches!(hue, Some(Color::Indexed(16..)));
            assert!(
                hues(theme(Colour::Ansi16)).iter().all(|hue| hue.is_some() && !is_fixed(hue)),
                "{name:?}"
            );
            assert!(hues(theme(Colour::Ansi256)).iter().all(is_fixed), "{name:?}");
            assert_eq!(hues(theme(Colour::True)), hues(theme(Colour::Ansi256)), "{name:?}");
        }
    }

    #[test]
    fn the_next_theme_keeps_what_the_terminal_is() {
        let theme = Theme::named(ThemeName::Mono, Colour::Ansi256, false, true).next();
        assert_eq!(
            (theme.name(), theme.colour, theme.ruler.ambiguous_wide),
            (ThemeName::Dark, Colour::Ansi256, true)
        );
        assert_eq!(theme.glyphs.online, "*");
    }
}
