//! JSON values read leniently and, where they can be, without a copy.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// A JSON value that is neither list nor object; a string borrowed from the body unless it has escapes in it.
pub(super) enum Scalar<'a> {
    Null,
    Bool,
    /// Too large ones are clamped.
    Whole(i64),
    Float(f64),
    Text(Cow<'a, str>),
}

/// What `read` makes of such a value; `None` where it is of the wrong kind.
pub(super) fn scalar<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl FnOnce(Scalar<'de>) -> Option<T>,
) -> Result<T, D::Error> {
    struct ScalarVisitor<F>(F);
    impl<F> ScalarVisitor<F> {
        fn take<'de, T, E: Error>(self, scalar: Scalar<'de>) -> Result<T, E>
        where
            F: FnOnce(Scalar<'de>) -> Option<T>,
        {
            (self.0)(scalar).ok_or_else(|| E::custom("a value of the wrong kind"))
        }
    }
    impl<'de, T, F: FnOnce(Scalar<'de>) -> Option<T>> Visitor<'de> for ScalarVisitor<F> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or a number")
        }
        fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<T, E> {
            self.take(Scalar::Text(Cow::Borrowed(text)))
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            self.take(Scalar::Text(Cow::Owned(text.to_owned())))
        }
        fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
            self.take(Scalar::Whole(number))
        }
        fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
            self.take(Scalar::Whole(i64::try_from(number).unwrap_or(i64::MAX)))
        }
        fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
            self.take(Scalar::Float(number))
        }
        fn visit_bool<E: Error>(self, _: bool) -> Result<T, E> {
            self.take(Scalar::Bool)
        }
        fn visit_unit<E: Error>(self) -> Result<T, E> {
            self.take(Scalar::Null)
        }
    }
    deserializer.deserialize_any(ScalarVisitor(read))
}

/// A JSON string, borrowed where it can be; empty for `null`. `Option<Cow<str>>` would always copy.
#[derive(Default)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<'a>, D::Error> {
        scalar(deserializer, |scalar| match scalar {
            Scalar::Text(text) => Some(Text(text)),
            Scalar::Null => Some(Text::default()),
            _ => None,
        })
    }
}

/// A JSON object. A derived struct by itself would take an array for its fields in order.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<T>, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

/// A whole number, from an integer or a float; `None` for `null`. Too large ones are clamped.
#[derive(Clone, Copy, Default)]
pub(super) struct Number(pub(super) Option<i64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        scalar(deserializer, |scalar| match scalar {
            Scalar::Whole(number) => Some(Number(Some(number))),
            Scalar::Float(number) => Some(Number(Some(number as i64))), // a cast of a float saturates
            Scalar::Null => Some(Number(None)),
            Scalar::Bool | Scalar::Text(_) => None,
        })
    }
}

impl Number {
    /// As a number of 32 bits; `None` where there is none or it does not fit.
    pub(super) fn small(self) -> Option<i32> {
        self.0.and_then(|number| i32::try_from(number).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_borrowed_unless_it_has_escapes() {
        let plain: Text<'_> = serde_json::from_str("\"abc\"").unwrap();
        assert!(matches!(plain.0, Cow::Borrowed("abc")));
        let escaped: Text<'_> = serde_json::from_str(r#""\u003ca\u003e""#).unwrap();
        assert_eq!(escaped.0, "<a>");
        assert_eq!(serde_json::from_str::<Text<'_>>("null").unwrap().0, "");
        assert!(serde_json::from_str::<Text<'_>>("5").is_err());
    }

    #[test]
    fn an_array_is_no_object() {
        #[derive(serde::Deserialize)]
        struct Pair {
            a: u8,
        }
        assert_eq!(serde_json::from_str::<Object<Pair>>(r#"{"a":1}"#).unwrap().0.a, 1);
        assert!(serde_json::from_str::<Pair>("[1]").is_ok());
        assert!(serde_json::from_str::<Object<Pair>>("[1]").is_err());
    }

    #[test]
    fn a_number_may_be_a_float_or_far_too_large() {
        let number = |json| serde_json::from_str::<Number>(json).unwrap().0;
        assert_eq!(number("5"), Some(5));
        assert_eq!(number("-5.9"), Some(-5));
        assert_eq!(number("1.7e9"), Some(1_700_000_000));
        assert_eq!(number("1e300"), Some(i64::MAX));
        assert_eq!(number("18446744073709551615"), Some(i64::MAX));
        assert_eq!(number("null"), None);
        assert!(serde_json::from_str::<Number>("\"5\"").is_err());
        assert_eq!(Number(Some(1 << 40)).small(), None);
    }
}
