//! What stands in the cells of a user: on the screen, in a table of text, in CSV.

use std::borrow::Cow;

use crate::presence::{Claims, Platform, Presence, Since, UserIx, short_age};
use crate::say;

use super::facts::Known;
use super::record::{ConnectionRecord, Time, TokenRecord, UserRecord};
use super::tokens::{Expiry, Foreign, short_expiry, soonest_expiry, worst_foreign};

/// What stands in a cell of the screen, which decides how each kind looks.
pub(crate) enum ScreenCell<'a> {
    /// An ID: cut in its middle, and marked where the filter found it.
    Id(Cow<'a, str>),
    /// A name: marked where the filter found it.
    Name(Cow<'a, str>),
    Text(Cow<'a, str>),
    /// To the right, and a sign where there is none.
    Count(u32),
    /// A sign that there is nothing.
    Nothing,
    /// Sign and word, and the age of what is old.
    Presence,
    /// The soonest end of a token, and whose it is instead.
    Token(Expiry, Foreign<'a>),
    Since(Since),
    /// The last half hour, a sign for each stretch of it.
    Past,
    /// The rules, as many as have room.
    Findings,
}

/// What stands in a cell of a table of text or of CSV, at the time of all this.
pub(crate) type RecordCell = fn(&UserRecord, Option<Time>) -> String;

/// A column of the table of text.
pub(crate) struct TextColumn {
    pub(crate) head: &'static str,
    pub(crate) there: There,
    pub(crate) cell: RecordCell,
}

/// When a column of the table of text is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum There {
    /// Where nobody chooses, though it is empty, and where it is chosen.
    Always,
    /// Where nobody chooses and something stands in it, and where it is chosen.
    Filled,
    /// Where something stands in it, though it is chosen.
    OnlyFilled,
    /// Where it is chosen.
    Chosen,
}

/// A column of CSV.
pub(crate) struct CsvColumn {
    /// From 1 on. New ones come last, so that who counts columns finds those from before.
    pub(crate) place: u8,
    pub(crate) head: &'static str,
    pub(crate) cell: RecordCell,
}

pub(super) const fn in_text(head: &'static str, there: There, cell: RecordCell) -> TextColumn {
    TextColumn { head, there, cell }
}

pub(super) const fn in_csv(place: u8, head: &'static str, cell: RecordCell) -> CsvColumn {
    CsvColumn { place, head, cell }
}

/// A text that may be missing.
pub(super) fn text(text: Option<&str>) -> String {
    text.map_or_else(String::new, in_one_cell)
}

/// How many seconds ago that was.
fn age_s(at: Time, now: Option<Time>) -> i64 {
    now.map_or(0, |now| (now.unix_ms() - at.unix_ms()) / 1_000)
}

/// A text in which no two blanks stand together, as they do between columns.
pub(super) fn in_one_cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Most platforms of one user in a cell.
const PLATFORMS: usize = 16;

/// Each platform once, and how often where that is more than once. A server may send any number of them:
/// more than have room are not told apart.
fn platforms(all: impl Iterator<Item = Platform>) -> String {
    let mut counted: Vec<(Platform, usize)> = Vec::new();
    for platform in all {
        let known = counted.len();
        match counted.iter_mut().find(|(other, _)| *other == platform) {
            Some((_, count)) => *count += 1,
            None if known < PLATFORMS => counted.push((platform, 1)),
            None => {}
        }
    }
    let word = |(platform, count): (Platform, usize)| match count {
        1 => platform.short(),
        count => format!("{}*{count}", platform.short()).into(),
    };
    counted.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

pub(super) fn platforms_shown(known: Known<'_>, user: UserIx) -> ScreenCell<'_> {
    let roster = &known.knowledge.roster;
    match roster.connections(user) {
        [] if roster.presence(user) == Presence::Online => ScreenCell::Text(say!("not named").into()),
        [] => ScreenCell::Nothing,
        all => ScreenCell::Text(platforms(all.iter().map(|it| it.connection.platform)).into()),
    }
}

pub(super) fn platforms_text(user: &UserRecord) -> String {
    platforms(user.connections.iter().map(|it| Platform(it.platform_id)))
}

pub(super) fn token_shown(known: Known<'_>, user: UserIx) -> ScreenCell<'_> {
    let roster = &known.knowledge.roster;
    let connections = roster.connections(user);
    ScreenCell::Token(soonest_expiry(connections), worst_foreign(connections, roster.list().raw_id(user)))
}

fn tokens(user: &UserRecord) -> impl Iterator<Item = &TokenRecord> {
    user.connections.iter().filter_map(|connection| connection.token.as_ref())
}

/// When the first of the tokens ends.
pub(super) fn token_text(user: &UserRecord, now: Option<Time>) -> String {
    let left = |expires: Time| age_s(expires, now).saturating_neg();
    let near = tokens(user).filter(|token| !token.exp.is_some_and(Claims::is_far_future));
    let soonest = near.filter_map(|token| Some((token.expires?, token.expired))).min();
    match soonest {
        Some((expires, true)) => short_expiry(left(expires).min(0)),
        Some((expires, false)) => short_expiry(left(expires).max(1)),
        None if tokens(user).any(|token| token.exp.is_some_and(Claims::is_far_future)) => {
            Claims::FAR_FUTURE.to_owned()
        }
        None if tokens(user).any(|token| token.unreadable.is_some()) => "unreadable".to_owned(),
        None if tokens(user).next().is_some() => "never".to_owned(),
        None => String::new(),
    }
}

/// Why nothing is known, or how old what is known is.
pub(super) fn why(user: &UserRecord) -> String {
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

pub(super) fn findings_text(user: &UserRecord) -> String {
    let mut rules: Vec<&str> = Vec::new();
    for finding in &user.findings {
        if !rules.contains(&finding.rule) {
            rules.push(finding.rule);
        }
    }
    rules.join(" ")
}

/// Since when that is so, in its largest unit. A beginning that was not seen is only that of our watching.
pub(super) fn since_text(user: &UserRecord, now: Option<Time>) -> String {
    let since = user.since.filter(|_| user.since_exact);
    since.map_or_else(String::new, |since| short_age(age_s(since, now).unsigned_abs()))
}

pub(super) fn time(at: Option<Time>) -> String {
    at.map_or_else(String::new, |at| at.to_string())
}

/// When the first of the tokens ends, as a point in time.
pub(super) fn token_expires(user: &UserRecord) -> String {
    match tokens(user).filter_map(|token| token.expires).min() {
        None if tokens(user).any(|token| token.exp.is_some_and(Claims::is_far_future)) => {
            Claims::FAR_FUTURE.to_owned()
        }
        soonest => time(soonest),
    }
}

/// How many connections are so.
pub(super) fn how_many(user: &UserRecord, are_so: impl Fn(&&ConnectionRecord) -> bool) -> String {
    user.connections.iter().filter(are_so).count().to_string()
}

#[cfg(test)]
mod tests {
    use super::super::record::sample;
    use super::*;

    #[test]
    fn a_cell_says_what_is_not_known() {
        let unknown = UserRecord {
            presence: "unknown",
            why: Some("timed out".into()),
            age_ms: Some(14_000),
            label: None,
            ..sample()
        };
        assert_eq!(why(&unknown), "timed out, last answer 14s ago");
        assert_eq!(why(&UserRecord { why: None, stale: true, ..unknown }), "stale, last answer 14s ago");
        let with = |token: TokenRecord| {
            let mut user = sample();
            user.connections[0].token = Some(token);
            token_text(&user, Time::of(7_200_000))
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
