//! Reads and writes a watch list: one user a line, `id[,label[,group]]`, `#` comments, quotes as in CSV.

use std::borrow::Cow;
use std::fmt;
use std::io;

use super::list_form::{ColumnNames, column_names, fields, foreign, foreign_line, written_field};
use crate::presence::{Entry, ListBuilder, UserId, WatchList, visible, visible_bounded};

/// So many users are read from one word of progress to the next.
const TOLD_EVERY: usize = 10_000;

/// A watch list as it was read, and what was odd about it.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The users, each once, in their order.
    pub list: WatchList,
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
/// A first line that only names the columns (`id,label`, `userID,label,group`, `userID`) is passed over.
///
/// # Errors
/// The first line that cannot be a user: an ID that is not UTF-8, holds control characters or is
/// longer than 256 bytes, a quote that is still open at the line's end, or a line of another form, as JSON.
pub fn read_watch_list(text: &[u8], source_name: &str) -> Result<Listing, ListingError> {
    read_telling(text, source_name, &mut |_| (), &mut |_| ())
}

/// The same; `told` hears now and then how many users were read, and `grouped` each user's group as it is
/// written.
pub(super) fn read_telling(
    text: &[u8],
    source_name: &str,
    told: &mut dyn FnMut(usize),
    grouped: &mut dyn FnMut(&str),
) -> Result<Listing, ListingError> {
    let mut reading = Reading { source_name, ..Reading::default() };
    let error = |line, what| ListingError { source_name: source_name.to_owned(), line, what };
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if let Some(what) = foreign(text) {
        return Err(error(1, what));
    }
    let lines = text.split(|byte| *byte == b'\n').flat_map(|line| {
        // CR LF ends one line, CR alone as well.
        line.strip_suffix(b"\r").unwrap_or(line).split(|byte| *byte == b'\r')
    });
    let mut due = TOLD_EVERY;
    for (number, line) in (1..).zip(lines) {
        let line = line.trim_ascii();
        if !line.is_empty() && !line.starts_with(b"#") {
            reading.take(number, line, grouped).map_err(|what| error(number, what))?;
            if reading.lines.len() >= due {
                due += TOLD_EVERY;
                told(reading.lines.len());
            }
        }
    }
    if let Some(sentence) = reading.repeated.sentence(source_name) {
        reading.warnings.push(sentence);
    }
    Ok(Listing { list: reading.users.build(1, 1), warnings: reading.warnings })
}

/// A list of which some lines were read.
#[derive(Default)]
struct Reading<'a> {
    source_name: &'a str,
    users: ListBuilder,
    /// The line on which each of them stands.
    lines: Vec<u64>,
    warnings: Vec<String>,
    repeated: Repeated,
    /// A line that is neither empty nor a comment was read.
    begun: bool,
    /// It was said that an ID has a blank in it.
    told_of_blank: bool,
}

impl Reading<'_> {
    /// Takes the next line that is neither empty nor a comment.
    fn take(&mut self, number: u64, line: &[u8], grouped: &mut dyn FnMut(&str)) -> Result<(), String> {
        let line = std::str::from_utf8(line).map_err(|_| "not UTF-8; save the file as UTF-8".to_owned())?;
        let is_first = !std::mem::replace(&mut self.begun, true);
        if let Some(what) = foreign_line(line, is_first) {
            return Err(what);
        }
        let fields = fields(line)?;
        if is_first {
            match column_names(&fields) {
                ColumnNames::None => {}
                ColumnNames::Clear => return Ok(()),
                ColumnNames::Perhaps(what) => {
                    self.warn(number, &what);
                    return Ok(());
                }
                ColumnNames::Misplaced(what) => return Err(what),
            }
        }
        let field = |at: usize| fields.get(at).map(|field| &**field).filter(|field| !field.is_empty());
        let Some(id) = field(0) else {
            self.warn(number, "no user ID before the comma, passed over");
            return Ok(());
        };
        UserId::check(id)?;
        if let Some(before) = self.users.find(id) {
            self.repeated.add(id, self.lines[before.at()], number);
            return Ok(());
        }
        if id.contains(' ') && !std::mem::replace(&mut self.told_of_blank, true) {
            let id = visible_bounded(id, 40);
            self.warn(number, &format!("the user ID {id} has a blank in it; a label stands behind a comma"));
        }
        if self.users.push(id, field(1), field(2)) {
            self.lines.push(number);
            field(2).into_iter().for_each(grouped);
        }
        Ok(())
    }

    fn warn(&mut self, line: u64, what: &str) {
        self.warnings.push(format!("{}, line {line}: {what}", self.source_name));
    }
}

/// Writes a watch list so that [`read_watch_list`] reads it again.
///
/// # Errors
/// Those of `out`.
pub fn write_watch_list(entries: &[Entry], out: &mut dyn io::Write) -> io::Result<()> {
    for entry in entries {
        let (label, group) = (entry.label.as_deref(), entry.group.as_deref());
        let fields = [Some(entry.id.as_str()), label.or(group.map(|_| "")), group];
        let fields: Vec<Cow<'_, str>> = fields.into_iter().flatten().map(written_field).collect();
        writeln!(out, "{}", fields.join(","))?;
    }
    out.flush()
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
        listing.list.users().map(|user| listing.list.raw_id(user)).collect()
    }

    fn entries(listing: &Listing) -> Vec<Entry> {
        listing.list.entries().collect()
    }

    #[test]
    fn a_line_is_an_id_with_a_label_and_a_group_if_it_has_them() {
        let listing = read(
            "# the night shift\nuser_001\n  agent_007 , Night desk\n2890713225,王小明,客服\nx,,kiosk\n\n\"a,b\",\"He said \"\"no\"\"\"\n",
        );
        assert_eq!(ids(&listing), ["user_001", "agent_007", "2890713225", "x", "a,b"]);
        let entries = entries(&listing);
        assert_eq!(entries[1].label.as_deref(), Some("Night desk"));
        assert_eq!(entries[2].group.as_deref(), Some("客服"));
        assert_eq!((entries[3].label.as_deref(), entries[3].group.as_deref()), (None, Some("kiosk")));
        assert_eq!(entries[4].label.as_deref(), Some("He said \"no\""));
        assert_eq!(listing.warnings, [""; 0]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let listing = read(
            "a\nb,王小明\nc,,kiosk\nd,\"x, \"\"y\"\"\",z\n\"e;1\",\"f|2\"\n\"#g\"\n\"h # 1\"\n\"- i\"\n\"<j\"\n",
        );
        assert_eq!(ids(&listing)[4..], ["e;1", "#g", "h # 1", "- i", "<j"]);
        let mut text = Vec::new();
        write_watch_list(&entries(&listing), &mut text).unwrap();
        assert_eq!(entries(&read_watch_list(&text, "again").unwrap()), entries(&listing));
    }

    #[test]
    fn comments_stand_on_lines_of_their_own_or_behind_an_id() {
        assert_eq!(ids(&read("a  # first\n  # nobody\n\t#x,y\nb,Room #5\n")), ["a", "b"]);
    }

    #[test]
    fn files_of_other_programs_are_read_too() {
        assert_eq!(ids(&read("\u{feff}a\r\nb\r\n")), ["a", "b"]);
        assert_eq!(ids(&read("userID,label\na,b\n")), ["a"]);
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
        assert_eq!(error(b"a\nb\x07\n"), "w.csv, line 2: b^G holds control characters; expected a user ID");
        let long = "x".repeat(300);
        assert!(error(long.as_bytes()).ends_with("is 300 bytes long; a user ID has at most 256"));
    }
}
