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
//! kept; those that would be empty are left out. Two blanks are between columns and nowhere else.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr as _;

use super::overview::Overview;
use super::record::{Time, UserRecord};
use crate::presence::{Platform, short_age, short_expiry};

const COLUMNS: usize = 9;
const HEAD: [&str; COLUMNS] =
    ["USER", "LABEL", "GROUP", "PRESENCE", "PLATFORMS", "TOKEN", "SINCE", "WHY", "FINDINGS"];
/// Those that are always there.
const ALWAYS: [usize; 3] = [0, 3, 4];
/// Stands in a cell that has nothing to say, so that the columns of a line can be counted.
const NOTHING: &str = "-";
/// Most platforms of one user in a line.
const PLATFORMS: usize = 16;

/// How a table is written.
#[derive(Clone, Debug)]
pub struct TableStyle {
    /// The zone of the one time in it.
    pub zone: TimeZone,
    /// Whether characters of ambiguous width take two columns.
    pub wide: bool,
}

/// Writes the users and then the totals. `users` is gone through twice.
///
/// # Errors
/// Those of `out`.
pub fn write_table<All: Iterator<Item = UserRecord>>(
    overview: &Overview,
    users: impl Fn() -> All,
    style: &TableStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = |text: &str| if style.wide { text.width_cjk() } else { text.width() };
    let mut widths = [0; COLUMNS];
    let mut listed: u32 = 0;
    for user in users() {
        listed += 1;
        for (widest, cell) in widths.iter_mut().zip(cells(&user, overview.at)) {
            *widest = (*widest).max(width(&cell));
        }
    }
    for (column, (widest, head)) in widths.iter_mut().zip(HEAD).enumerate() {
        if *widest > 0 || ALWAYS.contains(&column) {
            *widest = (*widest).max(head.len());
        }
    }
    let mut line = String::new();
    let mut write = |cells: [&str; COLUMNS], out: &mut dyn Write| -> io::Result<()> {
        line.clear();
        for (cell, widest) in cells.into_iter().zip(widths).filter(|(_, widest)| *widest > 0) {
            let cell = if cell.is_empty() { NOTHING } else { cell };
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', widest.saturating_sub(width(cell)) + 2));
        }
        writeln!(out, "{}", line.trim_end_matches(' '))
    };
    write(HEAD, out)?;
    for user in users() {
        let cells = cells(&user, overview.at);
        write(cells.each_ref().map(String::as_str), out)?;
    }
    foot(overview, listed, &style.zone, out)
}

/// Who is watched, and what is wrong with all of it.
fn foot(overview: &Overview, listed: u32, zone: &TimeZone, out: &mut dyn Write) -> io::Result<()> {
    let listed = match listed {
        all if all == overview.totals.watched => String::new(),
        some => format!("; {some} listed"),
    };
    writeln!(out, "\n{}{listed}", overview.totals.words())?;
    let context = overview.server.context.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    let at = overview.at.map_or_else(String::new, |at| at.in_zone(zone, ", %Y-%m-%d %H:%M:%S %Z"));
    writeln!(out, "{}{context}{at}", overview.server.api)?;
    for finding in &overview.findings {
        writeln!(out, "{} {}: {}; {}", finding.severity, finding.rule, finding.evidence, finding.advice)?;
    }
    Ok(())
}

fn cells(user: &UserRecord, now: Option<Time>) -> [String; COLUMNS] {
    let text = |text: &Option<String>| text.as_deref().map_or_else(String::new, in_one_cell);
    let seconds = |at: Time| now.map_or(0, |now| (now.unix_ms() - at.unix_ms()) / 1_000);
    // A beginning that was not seen is only that of our watching.
    let since = user.since.filter(|_| user.since_exact);
    [
        in_one_cell(&user.id),
        text(&user.label),
        text(&user.group),
        user.presence.to_owned(),
        platforms(user),
        token(user, seconds),
        since.map_or_else(String::new, |since| short_age(seconds(since).unsigned_abs())),
        why(user),
        findings(user),
    ]
}

/// A text in which no two blanks stand together, as they do between columns.
fn in_one_cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn platforms(user: &UserRecord) -> String {
    let mut counted: Vec<(i32, usize)> = Vec::new();
    for connection in &user.connections {
        let known = counted.len();
        match counted.iter_mut().find(|(platform, _)| *platform == connection.platform_id) {
            Some((_, count)) => *count += 1,
            None if known < PLATFORMS => counted.push((connection.platform_id, 1)),
            None => {}
        }
    }
    let word = |(platform, count): (i32, usize)| {
        let times = if count > 1 { format!("*{count}") } else { String::new() };
        format!("{}{times}", Platform(platform).short())
    };
    counted.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

/// When the first of the tokens ends. `age` gives the seconds since a time.
fn token(user: &UserRecord, age: impl Fn(Time) -> i64) -> String {
    let tokens = || user.connections.iter().filter_map(|connection| connection.token.as_ref());
    let soonest = tokens().filter_map(|token| Some((token.expires?, token.expired))).min();
    match soonest {
        Some((expires, true)) => short_expiry(age(expires).saturating_neg().min(0)),
        Some((expires, false)) => short_expiry(age(expires).saturating_neg().max(1)),
        None if tokens().any(|token| token.unreadable.is_some()) => "unreadable".to_owned(),
        None if tokens().next().is_some() => "never".to_owned(),
        None => String::new(),
    }
}

/// Why nothing is known, or how old what is known is.
fn why(user: &UserRecord) -> String {
    let age = user.age_ms.map(|ms| format!("last answer {} ago", short_age(ms / 1_000)));
    match (&user.why, age) {
        (Some(why), Some(age)) => format!("{why}, {age}"),
        (Some(why), None) => why.clone(),
        (None, Some(age)) if user.stale => format!("stale, {age}"),
        (None, _) => String::new(),
    }
}

fn findings(user: &UserRecord) -> String {
    let mut rules: Vec<&str> = Vec::new();
    for finding in &user.findings {
        if !rules.contains(&finding.rule) {
            rules.push(finding.rule);
        }
    }
    rules.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::overview;
    use super::super::record::{TokenRecord, sample};
    use super::*;

    fn written(users: &[UserRecord]) -> String {
        let mut overview = overview::sample();
        overview.totals.watched = 3;
        let style = TableStyle { zone: TimeZone::UTC, wide: false };
        let mut out = Vec::new();
        write_table(&overview, || users.iter().cloned(), &style, &mut out).unwrap();
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
    fn no_text_makes_a_column_or_a_line() {
        let hostile =
            UserRecord { label: Some("  x  online  And\u{3000}\u{3000}\u{a0}".into()), ..nobody("a") };
        let text = written(&[hostile]);
        let line = text.lines().nth(1).unwrap();
        assert_eq!(line.split("  ").filter(|cell| !cell.is_empty()).count(), 4, "{line}");
    }

    #[test]
    fn a_cell_says_what_is_not_known() {
        let unknown = UserRecord {
            presence: "unknown",
            why: Some("timed out".into()),
            age_ms: Some(14_000),
            ..nobody("a")
        };
        assert_eq!(why(&unknown), "timed out, last answer 14s ago");
        assert_eq!(why(&UserRecord { why: None, stale: true, ..unknown }), "stale, last answer 14s ago");
        let with = |token: TokenRecord| {
            let mut user = sample();
            user.connections[0].token = Some(token);
            super::token(&user, |_| 7_200)
        };
        let unreadable = TokenRecord { unreadable: Some("not a JWT".into()), ..TokenRecord::default() };
        assert_eq!(with(unreadable), "unreadable");
        assert_eq!(with(TokenRecord::default()), "never");
        let over = TokenRecord { expires: Time::of(0), expired: true, ..TokenRecord::default() };
        assert_eq!(with(over), "EXPIRED 2h");
    }
}
