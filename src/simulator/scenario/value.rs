//! The small values of a scenario file: times, platforms, patterns of names.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

use crate::presence::Platform;

/// A span of time as `"1.5s"`, `"300ms"`, `"5m"`, `"2h"`, `"90d"`, in milliseconds; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Millis(pub(crate) i64);

impl Millis {
    /// Reads the text form; `None` when it is not one.
    pub(crate) fn parse(text: &str) -> Option<Millis> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "ms" => 1.0,
            "s" => 1e3,
            "m" => 60e3,
            "h" => 3_600e3,
            "d" => 86_400e3,
            _ => return None,
        };
        let number: f64 = digits.parse().ok()?;
        let ms = number * unit;
        // Beyond a thousand years a sum with a date could overflow.
        (ms.abs() < 3.2e13).then_some(Millis(ms.round() as i64))
    }

    /// As a duration; a negative span is none at all.
    pub(crate) fn duration(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.max(0) as u64)
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Millis, D::Error> {
        let text = String::deserialize(deserializer)?;
        Millis::parse(&text).ok_or_else(|| {
            D::Error::invalid_value(Unexpected::Str(&text), &"a time such as \"1.5s\" or \"5m\"")
        })
    }
}

/// A platform by its name on the wire or by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PlatformName(pub(crate) Platform);

impl<'de> Deserialize<'de> for PlatformName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PlatformName, D::Error> {
        struct NameOrNumber;
        impl Visitor<'_> for NameOrNumber {
            type Value = PlatformName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a platform: IOS, Android, Windows, OSX, Web, MiniWeb, Linux, APad, IPad, Admin, HarmonyOS, Bot, or a number")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<PlatformName, E> {
                i32::try_from(number)
                    .map(|number| PlatformName(Platform(number)))
                    .map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<PlatformName, E> {
                Platform::from_wire_name(name)
                    .or_else(|| name.parse().ok().map(Platform))
                    .map(PlatformName)
                    .ok_or_else(|| E::invalid_value(Unexpected::Str(name), &self))
            }
        }
        deserializer.deserialize_any(NameOrNumber)
    }
}

/// A name with a counter in it: `driver_{n:03}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    before: String,
    /// Digits at least, filled up with zeros; `None` for a text without a counter.
    width: Option<usize>,
    after: String,
}

impl Pattern {
    /// Reads `text`; `None` when its braces hold something else than `n` or `n:WIDTH`.
    pub(crate) fn parse(text: &str) -> Option<Pattern> {
        let Some((before, rest)) = text.split_once('{') else {
            return Some(Pattern { before: text.to_owned(), width: None, after: String::new() });
        };
        let (field, after) = rest.split_once('}')?;
        let width = match field.strip_prefix('n')? {
            "" => 0,
            width => width.strip_prefix(':')?.parse().ok().filter(|&width: &usize| width <= 20)?,
        };
        Some(Pattern { before: before.to_owned(), width: Some(width), after: after.to_owned() })
    }

    /// `before` and then a number of at least `width` digits.
    pub(crate) fn counted(before: &str, width: usize) -> Pattern {
        Pattern { before: before.to_owned(), width: Some(width), after: String::new() }
    }

    /// Whether each `n` gives another text.
    pub(crate) fn counts(&self) -> bool {
        self.width.is_some()
    }

    /// The text for the `n`-th.
    pub(crate) fn fill(&self, n: usize) -> String {
        match self.width {
            Some(width) => format!("{}{n:0width$}{}", self.before, self.after),
            None => self.before.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pattern, D::Error> {
        let text = String::deserialize(deserializer)?;
        Pattern::parse(&text).ok_or_else(|| {
            D::Error::invalid_value(Unexpected::Str(&text), &"a text with at most one counter: {n} or {n:03}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit_and_may_be_negative() {
        assert_eq!(Millis::parse("1.5s"), Some(Millis(1_500)));
        assert_eq!(Millis::parse("300ms"), Some(Millis(300)));
        assert_eq!(Millis::parse("-2h"), Some(Millis(-7_200_000)));
        assert_eq!(Millis::parse("90d"), Some(Millis(7_776_000_000)));
        for bad in ["", "5", "s", "5 s", "5w", "1e300d", "nan s"] {
            assert_eq!(Millis::parse(bad), None, "{bad}");
        }
        assert_eq!(Millis(-5).duration(), std::time::Duration::ZERO);
    }

    #[test]
    fn a_pattern_counts() {
        let pattern = Pattern::parse("driver_{n:03}x").unwrap();
        assert_eq!(pattern.fill(7), "driver_007x");
        assert_eq!(Pattern::parse("{n}").unwrap().fill(1234), "1234");
        assert_eq!(Pattern::parse("夜班").unwrap().fill(3), "夜班");
        for bad in ["{", "{m}", "{n:x}", "{n:99}"] {
            assert_eq!(Pattern::parse(bad), None, "{bad}");
        }
    }
}
