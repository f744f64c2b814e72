//! Users as columns of plain text, a line a user, for eyes, `grep` and `awk`.
//!
//! ```text
//! USER       LABEL        PRESENCE  PLATFORMS  TOKEN       FINDINGS
//! 289071325  王小明       online    And Win    EXPIRED 2y  token-expired
//! agent_007  Night desk   offline   -          -
//!
//! 2 watched: 1 online, 1 offline
//! http://127.0.0.1:10002, 2026-11-23 12:01:05 UTC
//! ```
//!
//! Columns are as wide as the widest of their cells, which a first pass measures, so that no user is
//! kept; those that would be empty are left out, unless somebody asked for them. Two blanks are between
//! columns and nowhere else.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr as _;

use super::summary::{Summary, totals_words};
use crate::listing::{ColumnName, TextColumn, There, UserRecord};

/// Stands in a cell that has nothing to say, so that the columns of a line can be counted.
const NOTHING: &str = "-";
/// How a table is written.
#[derive(Clone, Debug)]
pub struct TableStyle {
    /// The zone of the one time in it.
    pub zone: TimeZone,
    /// Whether characters of ambiguous width take two columns.
    pub wide: bool,
    /// The columns of the live view whose places are taken, in their order; empty: the usual ones.
    pub columns: Vec<ColumnName>,
}

/// Writes the users and then the totals. `users` is gone through twice.
///
/// # Errors
/// Those of `out`.
pub fn write_table<All: Iterator<Item = UserRecord>>(
    summary: &Summary,
    users: impl Fn() -> All,
    style: &TableStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = |text: &str| if style.wide { text.width_cjk() } else { text.width() };
    let mut columns: Vec<(&TextColumn, bool, usize)> = match style.columns.as_slice() {
        [] => {
            let usual = ColumnName::ALL.into_iter().flat_map(ColumnName::in_text);
            let usual = usual.filter(|column| column.there != There::Chosen);
            usual.map(|column| (column, column.there == There::Always, 0)).collect()
        }
        chosen => {
            let chosen = chosen.iter().flat_map(|name| name.in_text());
            chosen.map(|column| (column, column.there != There::OnlyFilled, 0)).collect()
        }
    };
    let mut listed: u32 = 0;
    for user in users() {
        listed += 1;
        for (column, _, widest) in &mut columns {
            *widest = (*widest).max(width(&(column.cell)(&user, summary.at)));
        }
    }
    columns.retain(|(_, always, widest)| *always || *widest > 0);
    let mut line = String::new();
    let mut write = |text: &dyn Fn(&TextColumn) -> String, out: &mut dyn Write| -> io::Result<()> {
        line.clear();
        for (column, _, widest) in &columns {
            let cell = text(column);
            let cell = if cell.is_empty() { NOTHING } else { cell.as_str() };
            line.push_str(cell);
            let widest = column.head.len().max(*widest);
            line.extend(std::iter::repeat_n(' ', widest.saturating_sub(width(cell)) + 2));
        }
        writeln!(out, "{}", line.trim_end_matches(' '))
    };
    write(&|column| column.head.to_owned(), out)?;
    for user in users() {
        write(&|column| (column.cell)(&user, summary.at), out)?;
    }
    foot(summary, listed, &style.zone, out)
}

/// Who is watched, and what is wrong with all of it.
fn foot(summary: &Summary, listed: u32, zone: &TimeZone, out: &mut dyn Write) -> io::Result<()> {
    let listed = match listed {
        all if all == summary.totals.watched => String::new(),
        some => format!("; {some} listed"),
    };
    writeln!(out, "\n{}{listed}", totals_words(&summary.totals))?;
    let context = summary.server.context.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    let at = summary.at.map_or_else(String::new, |at| at.in_zone(zone, ", %Y-%m-%d %H:%M:%S %Z"));
    writeln!(out, "{}{context}{at}", summary.server.api)?;
    for line in summary.checks.words() {
        writeln!(out, "{line}")?;
    }
    // Those that are certain are among the findings.
    for loss in summary.losses.iter().filter(|loss| !loss.certain) {
        let (missing, of) = (loss.missing, loss.of);
        let words = "in no answer, though the registry has them online: not known to be offline";
        writeln!(out, "view loss suspected: {missing} of {of} users are {words}")?;
    }
    for finding in &summary.findings {
        writeln!(out, "{} {}: {}; {}", finding.severity, finding.rule, finding.evidence, finding.advice)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::summary::{self, LossRecord};
    use super::*;
    use crate::listing::sample;

    fn written(users: &[UserRecord]) -> String {
        written_in(&[], users)
    }

    fn written_in(columns: &[ColumnName], users: &[UserRecord]) -> String {
        let mut summary = summary::sample();
        summary.totals.watched = 3;
        let style = TableStyle { zone: TimeZone::UTC, wide: false, columns: columns.to_vec() };
        let mut out = Vec::new();
        write_table(&summary, || users.iter().cloned(), &style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn nobody(id: &str) -> UserRecord {
        UserRecord {
            id: id.into(),
            label: None,
            presence: "offline",
            since_exact: false,
            connections: Vec::new(),
            findings: Vec::new(),
            ..sample()
        }
    }

    #[test]
    fn columns_are_as_wide_as_they_have_to_be_and_empty_ones_are_not_there() {
        let wang = UserRecord { id: "u1".into(), label: Some("王小明".into()), ..sample() };
        assert_eq!(
            written(&[wang, nobody("agent_007")]),
            "\
USER       LABEL   PRESENCE  PLATFORMS  TOKEN    SINCE  FINDINGS
u1         王小明  online    And        1s soon  0s     token-shared
agent_007  -       offline   -          -        -      -

3 watched: 1 online; 2 listed
http://im.example:10002, 2026-12-28 12:00:00 UTC
"
        );
        assert!(written(&[]).starts_with("USER  PRESENCE  PLATFORMS\n\n"));
    }

    #[test]
    fn a_loss_of_view_that_is_only_suspected_is_said_below() {
        let mut summary = summary::sample();
        let loss = |certain| LossRecord { certain, missing: 24, of: 49, ..LossRecord::default() };
        summary.losses = vec![loss(false), loss(true)];
        let style = TableStyle { zone: TimeZone::UTC, wide: false, columns: Vec::new() };
        let mut out = Vec::new();
        write_table(&summary, std::iter::empty, &style, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches("view loss suspected: 24 of 49 users are in no answer").count(), 1, "{text}");
    }

    #[test]
    fn columns_that_are_asked_for_are_there() {
        let text = written_in(
            &[
                ColumnName::Flips,
                ColumnName::User,
                ColumnName::Presence,
                ColumnName::Label,
                ColumnName::Conns,
            ],
            &[nobody("a"), sample()],
        );
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..2],
            [
                "FLIPS  USER                PRESENCE  LABEL                 CONNS",
                "0      a                   offline   -                     0"
            ]
        );
    }

    #[test]
    fn no_text_makes_a_column_or_a_line() {
        let hostile =
            UserRecord { label: Some("  x  online  And\u{3000}\u{3000}\u{a0}".into()), ..nobody("a") };
        let text = written(&[hostile]);
        let line = text.lines().nth(1).unwrap();
        assert_eq!(line.split("  ").filter(|cell| !cell.is_empty()).count(), 4, "{line}");
    }
}
