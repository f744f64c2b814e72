//! Reads a request's body as Go's `encoding/json` does: keys in any letter case, the last one wins,
//! `null` is nothing, what follows the first value is ignored.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

/// What the endpoints look for in a body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Question<'a> {
    /// `userIDs` or `checkUserIDs`.
    ids: Vec<Option<Text<'a>>>,
    /// `userID`.
    pub(super) user: Option<Cow<'a, str>>,
    /// `secret`.
    pub(super) secret: Option<Cow<'a, str>>,
    /// `groupID`.
    pub(super) group: Option<Cow<'a, str>>,
    /// `pagination`.
    pub(super) pagination: Pagination,
}

/// Which page of a list; what is not said is 0, as in Go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Pagination {
    /// From 1.
    pub(super) page_number: i32,
    /// How many in a page.
    pub(super) show_number: i32,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Question<'a> {
    /// Reads `body`.
    ///
    /// # Errors
    /// The text that Go would give.
    pub(super) fn read(body: &'a [u8]) -> Result<Question<'a>, String> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err("EOF".to_owned());
        }
        let mut reader = serde_json::Deserializer::from_slice(body);
        Question::deserialize(&mut reader).map_err(|error| match error.classify() {
            serde_json::error::Category::Eof => "unexpected EOF".to_owned(),
            serde_json::error::Category::Data => {
                "json: cannot unmarshal string into Go struct field GetUsersOnlineStatusReq.userIDs of type []string"
                    .to_owned()
            }
            _ => {
                let lines = body.split(|&byte| byte == b'\n');
                let line = lines.into_iter().nth(error.line().saturating_sub(1)).unwrap_or_default();
                let byte = line.get(error.column().saturating_sub(1)).copied().unwrap_or(b'?');
                format!("invalid character '{}' looking for beginning of value", char::from(byte))
            }
        })
    }

    /// The users asked about; `null` is the user without a name.
    pub(super) fn ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.ids.iter().map(|id| id.as_ref().map_or("", |id| &id.0))
    }
}

impl<'de> Deserialize<'de> for Question<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Question<'de>, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Question<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_unit<E>(self) -> Result<Question<'de>, E> {
                Ok(Question::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Question<'de>, A::Error> {
                let mut question = Question::default();
                while let Some(Text(key)) = map.next_key()? {
                    let is = |name: &str| key.eq_ignore_ascii_case(name);
                    if is("userIDs") || is("checkUserIDs") {
                        question.ids = map.next_value::<Option<_>>()?.unwrap_or_default();
                    } else if is("userID") {
                        question.user = map.next_value::<Option<Text<'de>>>()?.map(|text| text.0);
                    } else if is("secret") {
                        question.secret = map.next_value::<Option<Text<'de>>>()?.map(|text| text.0);
                    } else if is("groupID") {
                        question.group = map.next_value::<Option<Text<'de>>>()?.map(|text| text.0);
                    } else if is("pagination") {
                        question.pagination = map.next_value::<Option<_>>()?.unwrap_or_default();
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(question)
            }
        }
        deserializer.deserialize_any(Keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(body: &str) -> Vec<String> {
        Question::read(body.as_bytes()).unwrap().ids().map(str::to_owned).collect()
    }

    #[test]
    fn bodies_are_read_as_go_reads_them() {
        assert_eq!(ids(r#"{"userIDs":["a","b\u0063"]}"#), ["a", "bc"]);
        assert_eq!(ids(r#"{"USERIDS":["a",null,""]} and more"#), ["a", "", ""]);
        assert_eq!(ids(r#"{"userIDs":["a"],"x":{"userIDs":3},"userids":["b"]}"#), ["b"]);
        assert_eq!(ids(r#"{"userIDs":null}"#), [""; 0]);
        assert_eq!(ids("{}"), [""; 0]);
        assert_eq!(ids("null"), [""; 0]);
    }

    #[test]
    fn what_is_no_json_gets_gos_words() {
        let error = |body: &str| Question::read(body.as_bytes()).unwrap_err();
        assert_eq!(error(""), "EOF");
        assert_eq!(error("{\"userIDs\":[\"a\""), "unexpected EOF");
        assert_eq!(error("nonsense"), "invalid character 'o' looking for beginning of value");
        assert!(error("{\"userIDs\":\"a\"}").ends_with("of type []string"));
    }
}
