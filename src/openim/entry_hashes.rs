//! The outline of a batch's last answer: enough to find in the next one, without parsing it, the
//! entries that have changed.
//!
//! An entry whose bytes hash as those of the last answer did is JSON, is about the same user and
//! says the same; so what lies between it and the next needs no parser either. Only an entry that
//! differs is parsed.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::token::Keys;

/// So many entries that differ are many.
const MANY: usize = 8;

/// Where the entries of a compact answer are, and what they hash to.
#[derive(Debug)]
pub(super) struct EntryHashes {
    /// The bytes before the first entry and after the last.
    head: Box<[u8]>,
    tail: Box<[u8]>,
    hashes: Box<[u64]>,
    /// Length of each entry in bytes; 0 for one too long to be noted.
    lengths: Box<[u16]>,
}

impl EntryHashes {
    /// The outline of `json`, whose `entries` these are; `None` where there is more than a comma
    /// between two of them, or no entry at all.
    pub(super) fn of(json: &[u8], entries: &[&RawValue], keys: &Keys) -> Option<EntryHashes> {
        let start_of = |entry: &RawValue| entry.get().as_ptr().addr().checked_sub(json.as_ptr().addr());
        let first = start_of(entries.first()?)?;
        let mut at = first;
        for (place, entry) in entries.iter().enumerate() {
            at += usize::from(place > 0);
            if start_of(entry)? != at {
                return None;
            }
            at += entry.get().len();
        }
        Some(EntryHashes {
            head: json.get(..first)?.into(),
            tail: json.get(at..)?.into(),
            hashes: entries.iter().map(|entry| keys.hash(entry.get().as_bytes())).collect(),
            lengths: entries.iter().map(|entry| noted(entry.get().len())).collect(),
        })
    }

    /// Has every entry of `json` that differs from the last answer's parsed as a `T`, and hands it to
    /// `take` with its place.
    ///
    /// `None` where `json` is not a list of as many entries in the same frame, or where `take` does
    /// not want one; the outline is then of no more use, and what was taken does not count.
    pub(super) fn differing<'a, T: Deserialize<'a>>(
        &mut self,
        json: &'a [u8],
        keys: &Keys,
        mut take: impl FnMut(usize, T) -> Option<()>,
    ) -> Option<()> {
        let mut rest = json.strip_prefix(&*self.head)?;
        let mut differed = 0;
        // The rest as text, once there is so much to parse that checking it whole is cheaper than
        // each string by itself.
        let mut text: Option<&'a str> = None;
        for (place, (hash, length)) in self.hashes.iter_mut().zip(&mut self.lengths).enumerate() {
            if place > 0 {
                rest = rest.strip_prefix(b",")?;
            }
            let known = usize::from(*length);
            if known > 0 && known < rest.len() && keys.hash(&rest[..known]) == *hash {
                rest = &rest[known..];
                continue;
            }
            // White space before an entry would be skipped by the parser, and be missing here.
            if rest.first() != Some(&b'{') {
                return None;
            }
            differed += 1;
            if differed == MANY {
                text = Some(std::str::from_utf8(rest).ok()?);
            }
            let (value, end) = match text {
                None => parse(serde_json::Deserializer::from_slice(rest)),
                Some(text) => {
                    let here = text.get(text.len() - rest.len()..)?;
                    parse(serde_json::Deserializer::from_str(here))
                }
            }?;
            take(place, value)?;
            let (entry, after) = rest.split_at_checked(end)?;
            (*hash, *length) = (keys.hash(entry), noted(entry.len()));
            rest = after;
        }
        (*rest == *self.tail).then_some(())
    }
}

/// The value at the beginning, and where it ends.
fn parse<'a, R: serde_json::de::Read<'a>, T: Deserialize<'a>>(
    parser: serde_json::Deserializer<R>,
) -> Option<(T, usize)> {
    let mut values = parser.into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

fn noted(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(json: &str, keys: &Keys) -> Option<EntryHashes> {
        let list = &json[json.find('[')?..=json.rfind(']')?];
        let entries: Vec<&RawValue> = serde_json::from_str(list).ok()?;
        EntryHashes::of(json.as_bytes(), &entries, keys)
    }

    #[test]
    fn what_differs_is_found_in_its_place() {
        let keys = Keys::random();
        let mut outline = outline(r#"{"data":[{"a":1},{"b":2},{"c":3}]}"#, &keys).unwrap();
        let mut differing = |json: &str| {
            let mut found = Vec::new();
            let whole = outline.differing(json.as_bytes(), &keys, |place, entry: &RawValue| {
                found.push(format!("{place}{}", entry.get()));
                Some(())
            });
            whole.map(|()| found.join(" "))
        };
        assert_eq!(differing(r#"{"data":[{"a":1},{"b":2},{"c":3}]}"#).as_deref(), Some(""));
        assert_eq!(differing(r#"{"data":[{"a":1},{"b":[{}]},{"c":3}]}"#).as_deref(), Some(r#"1{"b":[{}]}"#));
        assert_eq!(differing(r#"{"data":[{"a":1},{"b":[{}]},{"c":3}]}"#).as_deref(), Some(""));
        assert_eq!(
            differing(r#"{"data":[{"x":"},{"},{"b":[{}]},{}]}"#).as_deref(),
            Some(r#"0{"x":"},{"} 2{}"#)
        );
    }

    #[test]
    fn many_differences_are_found_as_well() {
        let keys = Keys::random();
        let list = |what: &str| {
            let entries: Vec<_> = (0..30).map(|n| format!(r#"{{"{n}":"{what}"}}"#)).collect();
            format!(r#"{{"data":[{}]}}"#, entries.join(","))
        };
        let mut outline = outline(&list("old"), &keys).unwrap();
        let mut found = Vec::new();
        let new = list("王");
        let whole = outline.differing(new.as_bytes(), &keys, |place, entry: &RawValue| {
            found.push(entry.get().to_owned());
            (place + 1 == found.len()).then_some(())
        });
        assert_eq!(whole, Some(()));
        assert!(found.len() == 30 && found[29] == r#"{"29":"王"}"#);
        assert_eq!(outline.differing(new.as_bytes(), &keys, |_, _: &RawValue| None), Some(()));
    }

    #[test]
    fn another_frame_is_not_gone_through() {
        let keys = Keys::random();
        let json = r#"{"data":[{"a":1},{"b":2}]}"#;
        for other in [
            "",
            r#"{"data":["#,
            r#"{"data":[{"a":1},{"b":2}]"#,
            r#"{"data":[{"a":1},{"b":2}]}x"#,
            r#"{"data":[{"a":1},{"b":2},{}]}"#,
            r#"{"data":[{"a":1}]}"#,
            r#"{"data":[{"a":1}, {"b":2}]}"#,
            r#"{"data":[{"a":1};{"b":2}]}"#,
            r#"{"data":[{"a":1},{"b":2]}"#,
            r#"{"data":[{"a":1},7]}"#,
            r#"{"date":[{"a":1},{"b":2}]}"#,
        ] {
            let mut outline = outline(json, &keys).unwrap();
            assert_eq!(
                outline.differing(other.as_bytes(), &keys, |_, _: &RawValue| Some(())),
                None,
                "{other}"
            );
        }
        assert!(outline(r#"{"data":[{"a":1}, {"b":2}]}"#, &keys).is_none());
        assert!(outline(r#"{"data":[]}"#, &keys).is_none());
    }

    #[test]
    fn an_entry_too_long_to_note_is_parsed_each_time() {
        let keys = Keys::random();
        let json = format!(r#"{{"data":[{{"a":"{}"}},{{}}]}}"#, "x".repeat(70_000));
        let mut outline = outline(&json, &keys).unwrap();
        let mut places = Vec::new();
        let whole = outline.differing(json.as_bytes(), &keys, |place, _: &RawValue| {
            places.push(place);
            Some(())
        });
        assert_eq!((whole, places), (Some(()), vec![0]));
    }
}
