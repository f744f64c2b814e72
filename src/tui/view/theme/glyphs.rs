//! The signs in use: of Unicode, of ASCII alone, and those of one column also where a terminal gives
//! two to the characters whose width Unicode leaves open.

macro_rules! glyphs {
    ($($(#[$doc:meta])* $name:ident: $unicode:literal, $ascii:literal;)+) => {
        /// The signs in use.
        #[derive(Clone, Copy, Debug)]
        pub(in crate::tui) struct Glyphs {
            $($(#[$doc])* pub(in crate::tui) $name: &'static str,)+
            pub(in crate::tui) bars: [&'static str; 8],
        }

        pub(super) const UNICODE: Glyphs =
            Glyphs { $($name: $unicode,)+ bars: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] };

        pub(super) const ASCII: Glyphs =
            Glyphs { $($name: $ascii,)+ bars: ["_", "_", ".", ".", "-", "-", "=", "#"] };

        #[cfg(test)]
        impl Glyphs {
            fn signs(&self) -> Vec<&'static str> {
                vec![$(self.$name),+]
            }
        }
    };
}

glyphs! {
    online: "●", "*";
    background: "◐", "%";
    offline: "○", "o";
    unknown: "?", "?";
    stale: "~", "~";
    failed: "×", "x";
    waiting: "◌", ".";
    paused: "‖", "=";
    /// A recording that is played.
    played: "▸", ">";
    warning: "!", "!";
    closed: "▸", "+";
    open: "▾", "-";
    branch: "├", "|";
    last_branch: "└", "`";
    cut: "…", "~";
    rule: "─", "-";
    nothing: "·", "-";
    at_least: "≥", ">=";
    at_most: "≤", "<=";
    degraded: "▲", "!";
    falling: "▼", "v";
    rising: "▲", "^";
    to: "→", "->";
    /// A finding that somebody has seen to.
    acknowledged: "✓", "v";
    /// A user who is marked.
    marked: "◆", "&";
    info: "i", "i";
    critical: "✘", "X";
    /// A stretch of time of which nothing is known.
    unknown_cell: "░", "?";
}

/// Of Unicode what is narrow everywhere, of ASCII the rest.
pub(super) const NARROW: Glyphs = Glyphs {
    waiting: UNICODE.waiting,
    played: UNICODE.played,
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

    /// Those that take one column.
    fn signs(glyphs: &Glyphs) -> Vec<&'static str> {
        let of_two = [glyphs.to, glyphs.at_least, glyphs.at_most];
        let single = glyphs.signs().into_iter().filter(|sign| !of_two.contains(sign));
        single.chain(glyphs.bars).collect()
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
