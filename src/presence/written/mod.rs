//! How facts stand in a recording, beside what is derived on their types: short forms, and bounds that
//! whatever is read has to keep. Numbers lie where sums cannot overflow; texts are visible-safe and
//! bounded.

mod advice;

use std::fmt::{self, Display};

use serde::de::{self, Deserialize, Deserializer, Visitor};

use super::platform::Platform;
use super::text::visible_bounded;
use super::watch_list::UserIx;
pub(super) use advice::advice;

/// A longer text is cut, in characters; this program writes none.
const LONGEST: usize = 16_384;

/// No moment is later, and none on the wall clock earlier than minus this: some 35,000 years.
pub(crate) const FARTHEST_MS: u64 = 1 << 50;

/// Nothing is counted beyond this, so that it may be counted on.
const MOST: u32 = 1 << 30;

/// Begins what this program says of a line itself.
const OWN: char = '\u{1}';

/// A sentence of this program about what is wrong.
pub(crate) fn refused<E: de::Error>(why: impl Display) -> E {
    E::custom(format_args!("{OWN}{why}"))
}

/// The sentence again, of what the parser made of it; `None` for what the parser says by itself.
pub(crate) fn own_sentence(error: &str) -> Option<&str> {
    let own = error.strip_prefix(OWN)?;
    Some(own.rsplit_once(" at line ").map_or(own, |(sentence, _)| sentence))
}

/// Whether something is as it mostly is, and left out.
pub(crate) fn is_usual<T: Default + PartialEq>(it: &T) -> bool {
    *it == T::default()
}

/// What is read where it `fits`; the sentence says what is wrong where it does not.
pub(super) fn checked<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
    wrong: &'static str,
    fits: impl FnOnce(&T) -> bool,
) -> Result<T, D::Error> {
    Some(T::deserialize(deserializer)?).filter(fits).ok_or_else(|| refused(wrong))
}

/// What is read from a text.
pub(super) fn parsed<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Result<T, D::Error> {
    struct Parsed<F>(F);
    impl<T, F: FnOnce(&str) -> Result<T, &'static str>> Visitor<'_> for Parsed<F> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            (self.0)(text).map_err(refused)
        }
    }
    deserializer.deserialize_str(Parsed(parse))
}

/// A word; or else something `named`, or a list. A word that is not known tells those that are.
pub(crate) fn word_or<'de, D: Deserializer<'de>, T, R: Deserialize<'de>>(
    deserializer: D,
    expected: &'static str,
    named: bool,
    word: fn(&str) -> Result<T, &'static [&'static str]>,
    rest: fn(R) -> T,
) -> Result<T, D::Error> {
    struct WordOr<T, R>(&'static str, bool, fn(&str) -> Result<T, &'static [&'static str]>, fn(R) -> T);
    impl<'de, T, R: Deserialize<'de>> Visitor<'de> for WordOr<T, R> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: de::Error>(self, word: &str) -> Result<T, E> {
            (self.2)(word).map_err(|known| E::unknown_variant(word, known))
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<T, A::Error> {
            if self.1 {
                return Err(de::Error::invalid_type(de::Unexpected::Seq, &self));
            }
            R::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(self.3)
        }

        fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            R::deserialize(de::value::MapAccessDeserializer::new(map)).map(self.3)
        }
    }
    deserializer.deserialize_any(WordOr(expected, named, word, rest))
}

/// A text, made visible-safe and bounded. What was so already stays as it is.
pub(crate) fn text<'de, D: Deserializer<'de>, T: From<String>>(deserializer: D) -> Result<T, D::Error> {
    parsed(deserializer, |text| Ok(visible_bounded(text, LONGEST).into()))
}

/// The same, or nothing.
pub(crate) fn some_text<'de, D, T: From<String>>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(Option::<Text>::deserialize(deserializer)?.map(|Text(text)| text.into()))
}

/// A text by itself.
#[derive(serde::Deserialize)]
pub(crate) struct Text(#[serde(deserialize_with = "text")] pub(crate) String);

/// Whether a time on the monotonic clock, where there is one, lies within bounds.
pub(super) fn is_near(ms: impl Into<Option<u64>>) -> bool {
    ms.into().is_none_or(|ms| ms <= FARTHEST_MS)
}

/// What is wrong with another one.
pub(super) const FAR: &str = "a time out of all bounds";

/// A time in milliseconds, or none.
pub(crate) fn time<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Copy + Into<Option<u64>>,
{
    checked(deserializer, FAR, |ms: &T| is_near(*ms))
}

/// An interval in milliseconds, or none.
pub(crate) fn interval<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Copy + Into<Option<u64>>,
{
    checked(deserializer, "an interval out of all bounds", |ms: &T| is_near(*ms))
}

/// A number of something that is counted on.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    checked(deserializer, "a number out of all bounds", |count| *count <= MOST)
}

/// Users, each once and in order.
pub(crate) fn users<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + AsRef<[UserIx]>,
{
    let in_order = |users: &T| users.as_ref().is_sorted_by(|one, next| one < next);
    checked(deserializer, "users out of order", in_order)
}

/// Whether there is each platform once, and in order.
pub(super) fn in_order<T>(all: &[T], platform: impl Fn(&T) -> Platform) -> Result<(), &'static str> {
    let in_order = all.is_sorted_by(|one, next| platform(one) < platform(next));
    if in_order { Ok(()) } else { Err("platforms out of order") }
}

/// Writes a type as a list of its fields in this order, and reads it so; a field that is not among them
/// is as usual.
macro_rules! as_list {
    ($type:ident: $($field:ident),+ $(; if $check:path)? $(; else $other:ident: $usual:expr)?) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&($(&self.$field,)+), serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let ($($field,)+) = serde::Deserialize::deserialize(deserializer)?;
                let read = $type { $($field),+ $(, $other: $usual)? };
                $($check(&read).map_err($crate::presence::written::refused)?;)?
                Ok(read)
            }
        }
    };
}
pub(super) use as_list;
