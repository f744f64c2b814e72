//! Reads and writes a watch list: one user a line, `id[,label[,group]]`, `#` comments, quotes as in CSV.

use std::collections::HashMap;
use std::fmt;
use std::io;

use csv::{ByteRecord, ReaderBuilder, Trim};

use crate::presence::{Entry, check_id, visible};

/// A watch list as it was read, and what was odd about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The users, each once, in their order.
    pub entries: Vec<Entry>,
    /// Sentences about lines that were passed over.
    pub warnings: Vec<String>,
}

/// Why a text is not a watch list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{source_name}, line {line}: {what}")]
pub struct ListingError {
    /// Where the text came from: a path, or `standard input`.
    pub source_name: String,
    /// Counts from 1.
    pub line: u64,
    /// What is wrong there, and what was expected.
    pub what: String,
}

/// Reads a watch list from `text`; `source_name` says in messages where it came from.
///
/// A first line that only names the columns (`id,label`, `userID,label,group`) is passed over.
///
/// # Errors
/// The first line that cannot be a user: an ID that is not UTF-8, holds control characters or is
/// longer than 256 bytes, or a quote that is never closed.
pub fn read_watch_list(text: &[u8], source_name: &str) -> Result<Listing, ListingError> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .comment(Some(b'#'))
        .from_reader(text);
    let mut listing = Listing::default();
    let mut first_lines = HashMap::<String, u64>::new();
    let mut repeated = Repeated::default();
    let mut record = ByteRecord::new();
    let mut first = true;
    loop {
        let more = reader.read_byte_record(&mut record).map_err(|error| ListingError {
            source_name: source_name.to_owned(),
            line: error.position().map_or(0, csv::Position::line),
            what: "not a list of users: id[,label[,group]] on each line".to_owned(),
        })?;
        if !more {
            break;
        }
        let line = record.position().map_or(0, |position| line_of(text, position));
        let error = |what: String| ListingError { source_name: source_name.to_owned(), line, what };
        let field = |at: usize| -> Result<Option<&str>, ListingError> {
            let Some(bytes) = record.get(at).filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
            std::str::from_utf8(bytes)
                .map(Some)
                .map_err(|_| error("not UTF-8; save the file as UTF-8".to_owned()))
        };
        let (id, label, group) = (field(0)?, field(1)?, field(2)?);
        if std::mem::take(&mut first) && names_columns(id, label, group) {
            continue;
        }
        // The reader knows comments at the beginning of a line only.
        let id = id.map(|id| without_comment(id, record.len())).filter(|id| !id.is_empty());
        let Some(id) = id else {
            if record.len() > 1 && !record.get(0).unwrap_or_default().starts_with(b"#") {
                listing
                    .warnings
                    .push(format!("{source_name}, line {line}: no user ID before the comma, passed over"));
            }
            continue;
        };
        check_id(id).map_err(error)?;
        if let Some(before) = first_lines.get(id) {
            repeated.add(id, *before, line);
            continue;
        }
        first_lines.insert(id.to_owned(), line);
        listing.entries.push(Entry {
            id: id.to_owned(),
            label: label.map(str::to_owned),
            group: group.map(str::to_owned),
        });
    }
    if let Some(sentence) = repeated.sentence(source_name) {
        listing.warnings.push(sentence);
    }
    Ok(listing)
}

/// Writes a watch list so that [`read_watch_list`] reads it again.
///
/// # Errors
/// Those of `out`.
pub fn write_watch_list(entries: &[Entry], out: &mut dyn io::Write) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(out);
    for entry in entries {
        let (label, group) = (entry.label.as_deref(), entry.group.as_deref());
        let fields = [Some(entry.id.as_str()), label.or(group.map(|_| "")), group];
        writer.write_record(fields.into_iter().flatten())?;
    }
    writer.flush()
}

/// The ID without a comment behind it, which takes a blank before its `#`; a line with a label has
/// none, as `Room #5` is a label.
fn without_comment(id: &str, fields: usize) -> &str {
    if id.starts_with('#') {
        return "";
    }
    match id.find([' ', '\t']) {
        Some(blank) if fields == 1 && id[blank..].trim_start().starts_with('#') => &id[..blank],
        _ => id,
    }
}

/// The line that a record stands on. The reader's own position is where it began to look for it,
/// before comments and empty lines.
fn line_of(text: &[u8], position: &csv::Position) -> u64 {
    let rest = text.get(position.byte() as usize..).unwrap_or_default();
    let passed = rest.split(|byte| *byte == b'\n').take_while(|line| {
        let line = line.trim_ascii();
        line.is_empty() || line.starts_with(b"#")
    });
    position.line() + passed.count() as u64
}

fn names_columns(id: Option<&str>, label: Option<&str>, group: Option<&str>) -> bool {
    let is = |field: Option<&str>, names: &[&str]| {
        field.is_some_and(|field| names.iter().any(|name| field.eq_ignore_ascii_case(name)))
    };
    is(id, &["id", "userid", "user_id", "user"])
        && is(label, &["label", "name"])
        && (group.is_none() || is(group, &["group"]))
}

/// Users that stand on more than one line: how many, and the first of them.
#[derive(Default)]
struct Repeated {
    lines: usize,
    first: Option<(String, u64, u64)>,
}

impl Repeated {
    fn add(&mut self, id: &str, before: u64, line: u64) {
        self.lines += 1;
        self.first.get_or_insert_with(|| (visible(id).into_owned(), before, line));
    }

    fn sentence(&self, source_name: &str) -> Option<String> {
        let (id, before, line) = self.first.as_ref()?;
        let mut sentence =
            format!("{source_name}, line {line}: {id} was already on line {before}, watched once");
        if self.lines > 1 {
            fmt::Write::write_fmt(&mut sentence, format_args!(" (and {} more such lines)", self.lines - 1))
                .ok()?;
        }
        Some(sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Listing {
        read_watch_list(text.as_bytes(), "w.csv").unwrap()
    }

    fn ids(listing: &Listing) -> Vec<&str> {
        listing.entries.iter().map(|entry| entry.id.as_str()).collect()
    }

    #[test]
    fn a_line_is_an_id_with_a_label_and_a_group_if_it_has_them() {
        let listing = read(
            "# the night shift\nuser_001\n  agent_007 , Night desk\n2890713225,王小明,客服\nx,,kiosk\n\n\"a,b\",\"He said \"\"no\"\"\"\n",
        );
        assert_eq!(ids(&listing), ["user_001", "agent_007", "2890713225", "x", "a,b"]);
        assert_eq!(listing.entries[1].label.as_deref(), Some("Night desk"));
        assert_eq!(listing.entries[2].group.as_deref(), Some("客服"));
        assert_eq!(
            (listing.entries[3].label.as_deref(), listing.entries[3].group.as_deref()),
            (None, Some("kiosk"))
        );
        assert_eq!(listing.entries[4].label.as_deref(), Some("He said \"no\""));
        assert_eq!(listing.warnings, [""; 0]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let listing = read("a\nb,王小明\nc,,kiosk\nd,\"x, \"\"y\"\"\",z\n");
        let mut text = Vec::new();
        write_watch_list(&listing.entries, &mut text).unwrap();
        assert_eq!(read_watch_list(&text, "again").unwrap().entries, listing.entries);
    }

    #[test]
    fn comments_stand_on_lines_of_their_own_or_behind_an_id() {
        assert_eq!(ids(&read("a  # first\n  # nobody\n\t#x,y\nb,Room #5\n")), ["a", "b"]);
    }

    #[test]
    fn files_of_other_programs_are_read_too() {
        assert_eq!(ids(&read("\u{feff}a\r\nb\r\n")), ["a", "b"]);
        assert_eq!(ids(&read("userID,label\na,b\n")), ["a"]);
        assert_eq!(ids(&read("id\nlabel\n")), ["id", "label"], "could be users");
        assert_eq!(ids(&read("")), [""; 0]);
    }

    #[test]
    fn users_named_twice_are_watched_once_and_reported() {
        let listing = read("a\nb\na\nb\na,again\n");
        assert_eq!(ids(&listing), ["a", "b"]);
        assert_eq!(
            listing.warnings,
            ["w.csv, line 3: a was already on line 1, watched once (and 2 more such lines)"]
        );
        assert_eq!(
            read("a\n,nobody\n").warnings,
            ["w.csv, line 2: no user ID before the comma, passed over"]
        );
    }

    #[test]
    fn what_cannot_be_a_list_says_where_and_why() {
        let error = |text: &[u8]| read_watch_list(text, "w.csv").unwrap_err().to_string();
        assert_eq!(error(b"a\nb\xff\n"), "w.csv, line 2: not UTF-8; save the file as UTF-8");
        assert_eq!(
            error(b"a\n\"b\nc\n"),
            "w.csv, line 2: b^Jc holds control characters; expected a user ID (is a quote left open?)"
        );
        let long = "x".repeat(300);
        assert!(error(long.as_bytes()).ends_with("is 300 bytes long; a user ID has at most 256"));
    }
}
