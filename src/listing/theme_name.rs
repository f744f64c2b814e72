//! The themes by name.

/// A set of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeName {
    /// For black and other dark backgrounds; shows on white as well.
    #[default]
    Dark,
    /// For white and other light backgrounds.
    Light,
    /// Colours that are told apart whatever colours the eye does not see.
    ColourBlind,
    /// The same for white and other light backgrounds.
    ColourBlindLight,
    /// None: only bold, dim, underlined and reversed.
    Mono,
}

impl ThemeName {
    /// All, in the order in which they follow each other.
    pub const ALL: [ThemeName; 5] = [
        ThemeName::Dark,
        ThemeName::Light,
        ThemeName::ColourBlind,
        ThemeName::ColourBlindLight,
        ThemeName::Mono,
    ];

    /// As it is given on the command line and in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            ThemeName::Dark => "dark",
            ThemeName::Light => "light",
            ThemeName::ColourBlind => "colour-blind",
            ThemeName::ColourBlindLight => "colour-blind-light",
            ThemeName::Mono => "mono",
        }
    }

    /// The theme of a name.
    pub fn from_name(name: &str) -> Option<ThemeName> {
        ThemeName::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// The one after it; after the last the first.
    #[must_use]
    pub fn next(self) -> ThemeName {
        match self {
            ThemeName::Dark => ThemeName::Light,
            ThemeName::Light => ThemeName::ColourBlind,
            ThemeName::ColourBlind => ThemeName::ColourBlindLight,
            ThemeName::ColourBlindLight => ThemeName::Mono,
            ThemeName::Mono => ThemeName::Dark,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_is_found_by_its_name_and_reached_from_the_one_before() {
        let mut theme = ThemeName::default();
        for name in ThemeName::ALL {
            assert_eq!(theme, name);
            assert_eq!(ThemeName::from_name(name.name()), Some(name));
            theme = theme.next();
        }
        assert_eq!(theme, ThemeName::default());
        assert_eq!(ThemeName::from_name("solarized"), None);
    }
}
