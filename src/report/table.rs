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

use super::overview::Overview;
use super::record::{Time, UserRecord};
use crate::listing::short_expiry;
use crate::presence::{Claims, Platform, short_age};

/// A column of a table.
struct TableColumn {
    /// The column of the live view whose place it takes, by its name there.
    of: &'static str,
    head: &'static str,
    there: There,
    cell: fn(&UserRecord, Option<Time>) -> String,
}

/// When a column is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    /// Where nobody chooses, though it is empty, and where it is chosen.
    Always,
    /// Where nobody chooses and something stands in it, and where it is chosen.
    Filled,
    /// Where something stands in it, though it is chosen.
    OnlyFilled,
    /// Where it is chosen.
    Chosen,
}

const fn column(
    of: &'static str,
    head: &'static str,
    there: There,
    cell: fn(&UserRecord, Option<Time>) -> String,
) -> TableColumn {
    TableColumn { of, head, there, cell }
}

/// All columns, in the order of the usual ones. The half hour as signs has no place here.
const COLUMNS: [TableColumn; 12] = [
    column("user", "USER", There::Always, |user, _| in_one_cell(&user.id)),
    column("label", "LABEL", There::Filled, |user, _| text(user.label.as_deref())),
    column("group", "GROUP", There::Filled, |user, _| text(user.group.as_deref())),
    column("presence", "PRESENCE", There::Always, |user, _| user.presence.to_owned()),
    column("presence", "WHY", There::OnlyFilled, |user, _| why(user)),
    column("platforms", "PLATFORMS", There::Always, |user, _| platforms(user)),
    column("conns", "CONNS", There::Chosen, |user, _| user.connections.len().to_string()),
    column("token", "TOKEN", There::Filled, |user, now| token(user, |at| age_s(at, now))),
    column("since", "SINCE", There::Filled, |user, now| {
        // A beginning that was not seen is only that of our watching.
        let since = user.since.filter(|_| user.since_exact);
        since.map_or_else(String::new, |since| short_age(age_s(since, now).unsigned_abs()))
    }),
    column("flips", "FLIPS", There::Chosen, |user, _| user.flips.to_string()),
    column("reconnects", "RECONNECTS", There::Chosen, |user, _| user.reconnects.to_string()),
    column("findings", "FINDINGS", There::Filled, |user, _| findings(user)),
];

fn text(text: Option<&str>) -> String {
    text.map_or_else(String::new, in_one_cell)
}

/// How many seconds ago that was.
fn age_s(at: Time, now: Option<Time>) -> i64 {
    now.map_or(0, |now| (now.unix_ms() - at.unix_ms()) / 1_000)
}

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
    /// The columns by their names in the live view, in their order; empty: the usual ones.
    pub columns: Vec<&'static str>,
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
    let all: &'static [TableColumn] = &COLUMNS;
    let mut columns: Vec<(&TableColumn, bool, usize)> = match style.columns.as_slice() {
        [] => {
            let usual = all.iter().filter(|column| column.there != There::Chosen);
            usual.map(|column| (column, column.there == There::Always, 0)).collect()
        }
        chosen => {
            let chosen = chosen.iter().flat_map(|name| all.iter().filter(move |column| column.of == *name));
            chosen.map(|column| (column, column.there != There::OnlyFilled, 0)).collect()
        }
    };
    let mut listed: u32 = 0;
    for user in users() {
        listed += 1;
        for (column, _, widest) in &mut columns {
            *widest = (*widest).max(width(&(column.cell)(&user, overview.at)));
        }
    }
    columns.retain(|(_, always, widest)| *always || *widest > 0);
    let mut line = String::new();
    let mut write = |text: &dyn Fn(&TableColumn) -> String, out: &mut dyn Write| -> io::Result<()> {
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
        write(&|column| (column.cell)(&user, overview.at), out)?;
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
    // Those that are certain are among the findings.
    for loss in overview.losses.iter().filter(|loss| !loss.certain) {
        let (missing, of) = (loss.missing, loss.of);
        let words = "in no answer, though the registry has them online: not known to be offline";
        writeln!(out, "view loss suspected: {missing} of {of} users are {words}")?;
    }
    for finding in &overview.findings {
        writeln!(out, "{} {}: {}; {}", finding.severity, finding.rule, finding.evidence, finding.advice)?;
    }
    Ok(())
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
    let near = tokens().filter(|token| !token.exp.is_some_and(Claims::is_far_future));
    let soonest = near.filter_map(|token| Some((token.expires?, token.expired))).min();
    match soonest {
        Some((expires, true)) => short_expiry(age(expires).saturating_neg().min(0)),
        Some((expires, false)) => short_expiry(age(expires).saturating_neg().max(1)),
        None if tokens().any(|token| token.exp.is_some_and(Claims::is_far_future)) => {
            Claims::FAR_FUTURE.to_owned()
        }
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
        // That it rests on one witness holds for everybody alike.
        (None, _) if user.presence == "offline" => {
            user.basis.filter(|basis| *basis != "one witness").unwrap_or_default().to_owned()
        }
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
    use super::super::overview::{self, LossRecord};
    use super::super::record::{TokenRecord, sample};
    use super::*;

    fn written(users: &[UserRecord]) -> String {
        written_in(&[], users)
    }

    fn written_in(columns: &[&'static str], users: &[UserRecord]) -> String {
        let mut overview = overview::sample();
        overview.totals.watched = 3;
        let style = TableStyle { zone: TimeZone::UTC, wide: false, columns: columns.to_vec() };
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
    fn a_loss_of_view_that_is_only_suspected_is_said_below() {
        let mut overview = overview::sample();
        let loss = |certain| LossRecord { certain, missing: 24, of: 49, ..LossRecord::default() };
        overview.losses = vec![loss(false), loss(true)];
        let style = TableStyle { zone: TimeZone::UTC, wide: false, columns: Vec::new() };
        let mut out = Vec::new();
        write_table(&overview, std::iter::empty, &style, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches("view loss suspected: 24 of 49 users are in no answer").count(), 1, "{text}");
    }

    #[test]
    fn columns_that_are_asked_for_are_there() {
        let text = written_in(&["flips", "user", "presence", "label", "conns"], &[nobody("a"), sample()]);
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
        for exp in [1_798_459_200_000, i64::MAX] {
            assert_eq!(with(TokenRecord { exp: Some(exp), ..TokenRecord::default() }), "far future (ms?)");
        }
    }
}
