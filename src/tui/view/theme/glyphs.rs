//! The signs in use: of Unicode, of ASCII alone, and those of one column also where a terminal gives
//! two to the characters whose width Unicode leaves open.

/// The signs in use.
#[derive(Clone, Copy, Debug)]
pub(in crate::tui) struct Glyphs {
    pub(in crate::tui) online: &'static str,
    pub(in crate::tui) background: &'static str,
    pub(in crate::tui) offline: &'static str,
    pub(in crate::tui) unknown: &'static str,
    pub(in crate::tui) stale: &'static str,
    pub(in crate::tui) failed: &'static str,
    pub(in crate::tui) waiting: &'static str,
    pub(in crate::tui) paused: &'static str,
    /// A recording that is played.
    pub(in crate::tui) played: &'static str,
    pub(in crate::tui) warning: &'static str,
    pub(in crate::tui) closed: &'static str,
    pub(in crate::tui) open: &'static str,
    pub(in crate::tui) branch: &'static str,
    pub(in crate::tui) last_branch: &'static str,
    pub(in crate::tui) cut: &'static str,
    pub(in crate::tui) rule: &'static str,
    pub(in crate::tui) nothing: &'static str,
    pub(in crate::tui) at_least: &'static str,
    pub(in crate::tui) at_most: &'static str,
    pub(in crate::tui) degraded: &'static str,
    pub(in crate::tui) falling: &'static str,
    pub(in crate::tui) rising: &'static str,
    pub(in crate::tui) to: &'static str,
    /// A finding that somebody has seen to.
    pub(in crate::tui) acknowledged: &'static str,
    /// A user who is marked.
    pub(in crate::tui) marked: &'static str,
    pub(in crate::tui) info: &'static str,
    pub(in crate::tui) critical: &'static str,
    /// A stretch of time of which nothing is known.
    pub(in crate::tui) unknown_cell: &'static str,
    pub(in crate::tui) bars: [&'static str; 8],
}

pub(super) const UNICODE: Glyphs = Glyphs {
    online: "●",
    background: "◐",
    offline: "○",
    unknown: "?",
    stale: "~",
    failed: "×",
    waiting: "◌",
    paused: "‖",
    played: "▸",
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
    acknowledged: "✓",
    marked: "◆",
    info: "i",
    critical: "✘",
    unknown_cell: "░",
    bars: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
};

pub(super) const ASCII: Glyphs = Glyphs {
    online: "*",
    background: "%",
    offline: "o",
    unknown: "?",
    stale: "~",
    failed: "x",
    waiting: ".",
    paused: "=",
    played: ">",
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
    acknowledged: "v",
    marked: "&",
    info: "i",
    critical: "X",
    unknown_cell: "?",
    bars: ["_", "_", ".", ".", "-", "-", "=", "#"],
};

/// Of Unicode what is narrow everywhere, of ASCII the rest.
pub(super) const NARROW: Glyphs = Glyphs {
    waiting: UNICODE.waiting,
    closed: UNICODE.closed,
    open: UNICODE.open,
    acknowledged: UNICODE.acknowledged,
    critical: UNICODE.critical,
    unknown_cell: UNICODE.unknown_cell,
    ..ASCII
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::view::painter::Ruler;
    use unicode_width::UnicodeWidthStr as _;

    fn signs(glyphs: &Glyphs) -> Vec<&'static str> {
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
            glyphs.acknowledged,
            glyphs.marked,
            glyphs.info,
            glyphs.critical,
            glyphs.unknown_cell,
        ];
        signs.extend(glyphs.bars);
        signs
    }

    #[test]
    fn ascii_is_ascii_and_every_sign_of_a_column_is_one_wide() {
        assert!(signs(&ASCII).iter().all(|sign| sign.is_ascii()));
        assert!([ASCII.to, ASCII.at_least, ASCII.at_most].iter().all(|sign| sign.is_ascii()));
        assert!(
            signs(&ASCII)
                .iter()
                .chain(&signs(&UNICODE))
                .all(|sign| Ruler { ambiguous_wide: false }.width(sign) == 1)
        );
    }

    #[test]
    fn where_ambiguous_characters_are_wide_exactly_those_give_way_to_ascii() {
        for ((sign, ascii), unicode) in signs(&NARROW).into_iter().zip(signs(&ASCII)).zip(signs(&UNICODE)) {
            assert_eq!(sign, if unicode.width_cjk() == 1 { unicode } else { ascii });
        }
        assert!([NARROW.to, NARROW.at_least, NARROW.at_most].iter().all(|sign| sign.is_ascii()));
    }
}
