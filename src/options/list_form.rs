//! The form of a watch list's lines: their fields, column names at the top, and what looks like a list of
//! another form, so that it is refused with a word of what it is instead of being taken for user IDs.

use std::borrow::Cow;

use crate::openim::holds_token;
use crate::presence::visible_bounded;

/// What a list is, at the end of what is said of one that is something else.
const FORM: &str = "a watch list is one user a line, id[,label[,group]]";

/// What a text as a whole is that is no text of lines.
pub(super) fn foreign(text: &[u8]) -> Option<String> {
    let start = &text[..text.len().min(4_096)];
    let what = if start.starts_with(b"PK\x03\x04") {
        "this is a spreadsheet or a zip archive; save it as CSV in UTF-8"
    } else if start.starts_with(b"\x1f\x8b") || start.starts_with(b"\x28\xb5\x2f\xfd") {
        "this is a packed file; unpack it first"
    } else if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") || start.contains(&0) {
        "this looks like UTF-16 or no text at all; save it as UTF-8"
    } else {
        return None;
    };
    Some(what.to_owned())
}

/// What a line is that is no user; the first line says most of a whole file.
pub(super) fn foreign_line(line: &str, is_first: bool) -> Option<String> {
    if holds_token(line) {
        return Some("this is a token, not a user ID; --token-file takes a file with a token".to_owned());
    }
    if is_first && is_json(line) {
        return Some(format!("this looks like JSON; {FORM}: jq -r '.[]' makes one of an array of user IDs"));
    }
    if is_first && line.starts_with('<') {
        return Some(format!("this looks like HTML or XML, perhaps the error page of a server; {FORM}"));
    }
    if line.starts_with("- ") || line.starts_with("* ") {
        return Some(format!(
            "this looks like a list in YAML or Markdown; {FORM}, with nothing before the ID"
        ));
    }
    None
}

fn is_json(line: &str) -> bool {
    let opens = |bracket: char, inner: &[char]| {
        line.strip_prefix(bracket).is_some_and(|rest| {
            let rest = rest.trim_start();
            rest.is_empty() || rest.starts_with(inner)
        })
    };
    opens('[', &['"', '{', '[', ']']) || opens('{', &['"', '}'])
}

/// The fields of a line, between commas; a field in quotes may hold commas, and `""` for a quote.
///
/// # Errors
/// A quote is open at the end of the line, or something else than a comma is between fields.
pub(super) fn fields(line: &str) -> Result<Vec<Cow<'_, str>>, String> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start();
        let (field, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted_field(quoted)?
        } else {
            let (field, after) = split(rest);
            if fields.is_empty() {
                if let Some(before) = before_comment(field) {
                    fields.push(before.into()); // and whatever comes, it is a comment
                    return Ok(fields);
                }
                check_separators(field)?;
            }
            (field.trim_end().into(), after)
        };
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return Ok(fields),
        }
    }
}

/// A field as it is written, in quotes where it could be read as something else.
pub(super) fn written_field(field: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '@' | ':' | '/' | ' ' | '-');
    if field.chars().all(plain) && !field.starts_with([' ', '-']) && !field.ends_with(' ') {
        return field.into();
    }
    format!("\"{}\"", field.replace('"', "\"\"")).into()
}

/// What is before the next comma, and what behind it.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once(',') {
        Some((field, after)) => (field, Some(after)),
        None => (text, None),
    }
}

/// A field whose opening quote was read, and what is behind the comma that follows.
fn quoted_field(text: &str) -> Result<(Cow<'_, str>, Option<&str>), String> {
    let mut from = 0;
    let close = loop {
        let Some(at) = text[from..].find('"').map(|at| from + at) else {
            let start = visible_bounded(text, 20);
            return Err(format!(
                "the quote before {start} is still open at the end of the line; close it, or write \"\" for a quote \
                 within quotes"
            ));
        };
        if !text[at + 1..].starts_with('"') {
            break at;
        }
        from = at + 2;
    };
    let (behind, after) = split(&text[close + 1..]);
    check_separators(behind)?;
    let field = text[..close].trim().replace("\"\"", "\"");
    Ok(((field + behind.trim_end()).into(), after))
}

/// What is before a comment, which takes a blank before its `#`. Only behind an ID: `Room #5` is a label.
fn before_comment(id: &str) -> Option<&str> {
    let at = id.match_indices('#').map(|(at, _)| at).find(|at| id[..*at].ends_with([' ', '\t']))?;
    Some(id[..at].trim_end())
}

/// Looks for what other programs write between fields. A user ID that has one of these stands in quotes.
fn check_separators(field: &str) -> Result<(), String> {
    let Some(separator) = field.trim().chars().find(|c| matches!(c, ';' | '|' | '\t')) else { return Ok(()) };
    Err(match separator {
        ';' => "there are semicolons between the fields; write commas: id,label,group".to_owned(),
        '|' => "there are bars between the fields; write commas: id,label,group (psql -A does with -F,)"
            .to_owned(),
        _ => "there are tabs between the fields; write commas: id,label,group (tr '\\t' , does)".to_owned(),
    })
}

/// Whether a first line names the columns.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ColumnNames {
    /// It is a user.
    None,
    /// It does, as they are expected.
    Clear,
    /// It does, but somebody should hear what was made of it.
    Perhaps(String),
    /// The columns stand in another order.
    Misplaced(String),
}

/// What a first line with these fields is.
pub(super) fn column_names(fields: &[Cow<'_, str>]) -> ColumnNames {
    let word = |at: usize| {
        let field = fields.get(at).map_or("", |field| &**field);
        field.replace(['_', '-', ' '], "").to_ascii_lowercase()
    };
    let (first, second, third) = (word(0), word(1), word(2));
    let is_label = |word: &str| matches!(word, "label" | "name" | "nickname" | "displayname" | "username");
    let is_group = |word: &str| matches!(word, "group" | "groupname" | "team" | "department");
    let is_plain_id = |word: &str| matches!(word, "userid" | "userids" | "uid");
    let is_id = |word: &str| is_plain_id(word) || matches!(word, "id" | "user");
    let named = || {
        let names: Vec<String> = fields.iter().map(|field| visible_bounded(field, 20)).collect();
        names.join(",")
    };
    if (is_label(&first) || is_group(&first)) && (is_id(&second) || is_id(&third)) {
        return ColumnNames::Misplaced(format!("the columns are {}; their order is id,label,group", named()));
    }
    if !is_id(&first) {
        return ColumnNames::None;
    }
    if is_label(&second) && (third.is_empty() || is_group(&third)) {
        return ColumnNames::Clear;
    }
    if fields.len() == 1 && first != "user" {
        return ColumnNames::Perhaps(format!(
            "{} names the column, passed over; a user of that ID is watched where it is not the first line",
            named()
        ));
    }
    if is_plain_id(&first) || is_label(&second) || is_group(&second) || is_group(&third) {
        let names = named();
        return ColumnNames::Perhaps(format!("{names} names the columns, which are taken as id,label,group"));
    }
    ColumnNames::None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Listing, read_watch_list};
    use crate::presence::UserIx;

    fn error(text: &str) -> String {
        read_watch_list(text.as_bytes(), "w").unwrap_err().to_string()
    }

    fn read(text: &str) -> Listing {
        read_watch_list(text.as_bytes(), "w").unwrap()
    }

    fn ids(text: &str) -> Vec<String> {
        read(text).list.entries().map(|entry| entry.id).collect()
    }

    #[test]
    fn fields_are_split_at_commas_outside_of_quotes() {
        let fields = |line| fields(line).unwrap();
        assert_eq!(fields("a , \"b, \"\"c\"\"\" ,d"), ["a", "b, \"c\"", "d"]);
        assert_eq!(fields("\"a\" b,5\" screen,\"\""), ["a b", "5\" screen", ""]);
        assert_eq!(fields("a,"), ["a", ""]);
        assert_eq!(fields("a # b, c"), ["a"]);
        assert_eq!(fields("\"a # b\",c"), ["a # b", "c"]);
    }

    #[test]
    fn a_quote_closes_on_its_line() {
        let open = "is still open at the end of the line; close it, or write \"\" for a quote within quotes";
        assert_eq!(
            error("k1,x\nk2,\"Front desk,g\nk3,x\n"),
            format!("w, line 2: the quote before Front desk,g {open}")
        );
        assert_eq!(error("k1,x\n\nk2,\"Front"), format!("w, line 3: the quote before Front {open}"));
        // Another quote further down must not close it.
        assert_eq!(error("k2,\"A\r\nk3,\"B\"\r\n"), format!("w, line 1: the quote before A {open}"));
        assert_eq!(error("k1,x,g,\"note\nk2\n"), format!("w, line 1: the quote before note {open}"));
        assert_eq!(error("k1,\"\"\"\n"), format!("w, line 1: the quote before \"\" {open}"));
        assert_eq!(ids("# an \"open one in a comment\nk1,5\" screen\nk2 # \"\nk3\n"), ["k1", "k2", "k3"]);
    }

    #[test]
    fn lists_of_another_form_are_named_and_refused() {
        for json in [
            "[\"k1\",\"k2\"]",
            "[\n  \"k1\"\n]",
            "# mine\n{\"users\": [\"k1\"]}",
            "{\n\"k1\": 1}",
            "[ {\"userID\":\"k1\"}]",
            "\u{feff}[]",
        ] {
            assert!(error(json).contains("this looks like JSON; a watch list is one user a line"), "{json}");
        }
        for (text, expected) in [
            ("k1;Front desk;kiosks\n", "line 1: there are semicolons between the fields; write commas"),
            ("k1\n\"k2\";\"Front desk\"\n", "line 2: there are semicolons"),
            ("k1\tFront desk\n", "line 1: there are tabs between the fields; write commas"),
            ("k1|Front desk|kiosks\n", "line 1: there are bars between the fields; write commas"),
            ("users:\n  - k1\n", "line 2: this looks like a list in YAML"),
            ("<!DOCTYPE html>\n", "line 1: this looks like HTML or XML"),
            ("PK\u{3}\u{4}xyz", "line 1: this is a spreadsheet or a zip archive; save it as CSV"),
            ("k\u{0}1\u{0}\n\u{0}", "line 1: this looks like UTF-16"),
        ] {
            assert!(error(text).contains(expected), "{text:?}: {}", error(text));
        }
        assert!(read_watch_list(b"\xff\xfek\0", "w").unwrap_err().what.contains("UTF-16"));
        assert!(read_watch_list(b"\x1f\x8b\x08", "w").unwrap_err().what.contains("packed"));
        assert_eq!(ids("[k1\n{k2\n\"k;3\",a;b\nk4,x|y,\"t\tu\"\n"), ["[k1", "{k2", "k;3", "k4"]);
    }

    #[test]
    fn a_first_line_that_names_the_columns_is_no_user() {
        for line in
            ["id,label,group", "userID,nickname", "\"User ID\",\"Name\"", "# mine\n\nid,label,group,note"]
        {
            let listing = read(&format!("{line}\nk1,x\n"));
            assert_eq!((listing.list.len(), listing.list.raw_id(UserIx(0))), (1, "k1"), "{line}");
            assert_eq!(listing.warnings, [""; 0], "{line}");
        }
        for (line, said) in [
            ("userID", "userID names the column, passed over"),
            ("id", "id names the column, passed over"),
            (
                "user_id,faceURL,nickname",
                "user_id,faceURL,nickname names the columns, which are taken as id,label,group",
            ),
            ("id,group", "id,group names the columns"),
        ] {
            let listing = read(&format!("{line}\nk1,x\n"));
            assert_eq!((listing.list.len(), listing.warnings.len()), (1, 1), "{line}");
            assert!(listing.warnings[0].starts_with(&format!("w, line 1: {said}")), "{:?}", listing.warnings);
        }
        assert!(
            error("name,id\n").ends_with("line 1: the columns are name,id; their order is id,label,group")
        );
        for line in ["user", "id,Front desk", "label", "kiosk,id"] {
            assert_eq!(ids(&format!("{line}\nk1\n")).len(), 2, "{line} could be a user");
        }
        assert_eq!(ids("k1\nid,label\n").len(), 2, "further down it could be a user");
    }

    #[test]
    fn an_id_with_a_blank_in_it_is_told_once() {
        let listing = read("k1 Front desk\nk2 Left\n");
        let said = "w, line 1: the user ID k1 Front desk has a blank in it; a label stands behind a comma";
        assert_eq!((listing.list.len(), listing.warnings), (2, vec![said.to_owned()]));
    }
}
