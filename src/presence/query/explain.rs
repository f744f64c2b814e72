//! Says in plain English what an expression asks, so that who typed it sees how it was understood.

use std::fmt::Write as _;

use super::error::shown;
use super::expression::{
    Comparison, Condition, Counted, Elapsed, Expression, Finding, Name, Named, State, TokenState,
};
use super::pattern::Pattern;
use crate::presence::visible_bounded;

/// So many parts of a list are spelled out; of the rest the number is said.
const SPELLED_OUT: usize = 6;

/// Longest pattern that is spelled out, in characters.
const PATTERN_LIMIT: usize = 60;

/// One sentence without a full stop.
pub(super) fn explain(expression: &Expression) -> String {
    sentence(expression, false, false)
}

/// `inside` another sentence a list stands in brackets.
fn sentence(expression: &Expression, negated: bool, inside: bool) -> String {
    match expression {
        Expression::Is(condition) => said(condition, negated),
        Expression::Not(inner) => sentence(inner, !negated, inside),
        Expression::All(parts) | Expression::Any(parts) => {
            let all = matches!(expression, Expression::All(_));
            let list = list(parts, all);
            match (negated, inside) {
                (true, _) => format!("not ({list})"),
                (false, true) => format!("({list})"),
                (false, false) => list,
            }
        }
    }
}

/// The parts, with the bare words among them gathered.
fn list(parts: &[Expression], all: bool) -> String {
    let words: Vec<&str> = parts
        .iter()
        .filter_map(|part| match part {
            Expression::Is(Condition::Word(word)) => Some(&**word),
            _ => None,
        })
        .collect();
    let mut said: Vec<String> = Vec::new();
    let mut words_said = false;
    let mut left = 0;
    for part in parts {
        if words.len() > 1 && matches!(part, Expression::Is(Condition::Word(_))) {
            if !words_said {
                words_said = true;
                said.push(several_words(&words, all));
            }
        } else if said.len() < SPELLED_OUT {
            said.push(sentence(part, false, true));
        } else {
            left += 1;
        }
    }
    let joint = if all { "and" } else { "or" };
    if left > 0 {
        let conditions = if left == 1 { "condition" } else { "conditions" };
        said.push(format!("{left} more {conditions}"));
    }
    said.join(&format!(", {joint} "))
}

fn several_words(words: &[&str], all: bool) -> String {
    let joint = if all { "and" } else { "or" };
    let mut shown_words: Vec<String> = words.iter().take(SPELLED_OUT).map(|word| shown(word)).collect();
    if let Some(left @ 1..) = words.len().checked_sub(SPELLED_OUT) {
        shown_words.push(format!("{left} more"));
    }
    let last = shown_words.pop().unwrap_or_default();
    format!("{} {joint} {last} in ID or label", shown_words.join(", "))
}

fn said(condition: &Condition, negated: bool) -> String {
    let not = if negated { "not " } else { "" };
    let a = if negated { "no" } else { "a" };
    match condition {
        Condition::Word(word) => {
            format!("{}{} in ID or label", if negated { "no " } else { "" }, shown(word))
        }
        Condition::Matches(pattern) if negated => {
            format!("neither ID nor label matches {}", slashed(pattern))
        }
        Condition::Matches(pattern) => format!("ID or label matches {}", slashed(pattern)),
        Condition::State(state) => format!("{not}{}", state_phrase(*state)),
        Condition::Platform(platform) => format!("{not}connected on {}", platform.name()),
        Condition::PlatformMatches(pattern) => {
            format!("{not}connected on a platform that matches {}", slashed(pattern))
        }
        Condition::Count(counted, comparison, count) => figure(*comparison, negated, |comparison| {
            let things = match (counted, *count) {
                (Counted::Connections, 1) => "connection",
                (Counted::Connections, _) => "connections",
                (Counted::BackgroundConnections, 1) => "connection in background",
                (Counted::BackgroundConnections, _) => "connections in background",
                (Counted::Flips, 1) => "flip",
                (Counted::Flips, _) => "flips",
                (Counted::Reconnects, 1) => "reconnect",
                (Counted::Reconnects, _) => "reconnects",
            };
            if (comparison, *count) == (Comparison::Equal, 0) {
                return format!("no {}", things.replacen("connections", "connection", 1));
            }
            format!("{} {count} {things}", amount(comparison, "exactly", "fewer than"))
        }),
        Condition::Expiry(comparison, seconds) => expiry(*comparison, *seconds, negated),
        Condition::Token(state) => match state {
            TokenState::Expired => format!("{a} token that has expired"),
            TokenState::Never => format!("{a} token that never expires"),
            TokenState::Absent => format!("{a} connection without a token"),
            TokenState::Unreadable => format!("{a} token that can't be read"),
        },
        Condition::Elapsed(elapsed, comparison, seconds) => figure(*comparison, negated, |comparison| {
            let span = span(*seconds);
            let amount = amount(comparison, "exactly", "less than");
            match elapsed {
                Elapsed::Age => format!("last answer {amount} {span} ago"),
                Elapsed::Since => format!("in the present state for {amount} {span}"),
            }
        }),
        Condition::Finding(finding) => finding_phrase(finding, negated),
        Condition::Name(name, named) => name_phrase(*name, named, negated),
    }
}

fn state_phrase(state: State) -> &'static str {
    match state {
        State::Online => "online",
        State::Background => "in background",
        State::Offline => "offline",
        State::Unknown => "unknown",
        State::Unregistered => "unregistered",
        State::Stale => "stale",
    }
}

/// Says a comparison; turned round where it is negated and has an opposite.
fn figure(comparison: Comparison, negated: bool, say: impl Fn(Comparison) -> String) -> String {
    match (negated, comparison.opposite()) {
        (false, _) => say(comparison),
        (true, Some(opposite)) => say(opposite),
        (true, None) => format!("not {}", say(comparison)),
    }
}

fn amount(comparison: Comparison, exactly: &'static str, less: &'static str) -> &'static str {
    match comparison {
        Comparison::Equal => exactly,
        Comparison::Less => less,
        Comparison::AtMost => "at most",
        Comparison::More => "more than",
        Comparison::AtLeast => "at least",
    }
}

/// Who has no token is on no side of a comparison, so its negation is said as such.
fn expiry(comparison: Comparison, seconds: i64, negated: bool) -> String {
    let not = if negated { "not so that " } else { "" };
    let span = span(seconds.unsigned_abs());
    let when = match (comparison, seconds) {
        (Comparison::Less, 0) => "has expired a second ago or earlier".to_owned(),
        (Comparison::AtMost, 0) => "has expired".to_owned(),
        (Comparison::More, 0) => "has not expired".to_owned(),
        (Comparison::Equal | Comparison::AtLeast, 0) => "has not expired before this second".to_owned(),
        (Comparison::Less, 1..) => format!("expires within {span}"),
        (_, 1..) => format!("expires in {} {span}", amount(comparison, "exactly", "less than")),
        (Comparison::Less, _) => format!("expired more than {span} ago"),
        (Comparison::AtMost, _) => format!("expired at least {span} ago"),
        (Comparison::More, _) => format!("expired less than {span} ago or is still good"),
        (Comparison::Equal | Comparison::AtLeast, _) => {
            format!("expired at most {span} ago or is still good")
        }
    };
    format!("{not}the soonest token {when}")
}

fn finding_phrase(finding: &Finding, negated: bool) -> String {
    let a = if negated { "no" } else { "a" };
    match finding {
        Finding::Any if negated => "no finding".to_owned(),
        Finding::None if !negated => "no finding".to_owned(),
        Finding::Any | Finding::None => "a finding".to_owned(),
        Finding::Rule(rule) => format!("{a} finding {rule}"),
        Finding::Severity("info") if !negated => "an info finding".to_owned(),
        Finding::Severity(word) => format!("{a} {word} finding"),
        Finding::Matches(pattern) => format!("{a} finding that matches {}", slashed(pattern)),
    }
}

fn name_phrase(name: Name, named: &Named, negated: bool) -> String {
    let noun = match name {
        Name::Group => "group",
        Name::Label => "label",
        Name::Id => "ID",
    };
    match (named, negated) {
        (Named::Absent, false) => format!("no {noun}"),
        (Named::Absent, true) => format!("a {noun}"),
        (Named::Equal(text), false) => format!("{noun} {}", shown(text)),
        (Named::Equal(text), true) => format!("{noun} other than {}", shown(text)),
        (Named::Matches(pattern), false) => format!("{noun} matches {}", slashed(pattern)),
        (Named::Matches(pattern), true) => format!("{noun} does not match {}", slashed(pattern)),
    }
}

fn slashed(pattern: &Pattern) -> String {
    format!("/{}/", visible_bounded(pattern.source(), PATTERN_LIMIT))
}

/// A span in the largest unit of which it is a whole number; a day is 24h.
fn span(seconds: u64) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = match seconds {
        days if days >= 2 * 86_400 && days % 86_400 == 0 => write!(out, "{}d", days / 86_400),
        hours if hours > 0 && hours % 3_600 == 0 => write!(out, "{}h", hours / 3_600),
        minutes if minutes > 0 && minutes % 60 == 0 => write!(out, "{}m", minutes / 60),
        seconds => write!(out, "{seconds}s"),
    };
    out
}

#[cfg(test)]
mod tests {
    use crate::presence::query::Query;

    fn explain(text: &str) -> String {
        Query::parse(text).unwrap().explain()
    }

    #[test]
    fn a_query_is_said_as_one_plain_sentence() {
        let said = [
            ("", "everybody"),
            ("state=online and exp<24h", "online, and the soonest token expires within 24h"),
            ("alice", "\"alice\" in ID or label"),
            ("alice bob !carol", "\"alice\" and \"bob\" in ID or label, and no \"carol\" in ID or label"),
            (
                "state!=on (bg>0 or conns=0)",
                "not online, and (more than 0 connections in background, or no connection)",
            ),
            (
                "not (flips>3 or since<5m)",
                "not (more than 3 flips, or in the present state for less than 5m)",
            ),
            ("not flips>3", "at most 3 flips"),
            ("age>=90s", "last answer at least 90s ago"),
            ("exp=expired or exp!=never", "a token that has expired, or no token that never expires"),
            ("exp<-2h", "the soonest token expired more than 2h ago"),
            ("exp>7d", "the soonest token expires in more than 7d"),
            ("finding=critical finding=none", "a critical finding, and no finding"),
            ("finding!=token-expired", "no finding token-expired"),
            ("group=Night label=none id~^u_", "group \"night\", and no label, and ID matches /^u_/"),
            (
                "platform=2 !platform~pad",
                "connected on Android, and not connected on a platform that matches /pad/",
            ),
            ("!~x", "neither ID nor label matches /x/"),
        ];
        for (text, sentence) in said {
            assert_eq!(explain(text), sentence, "{text}");
        }
    }

    #[test]
    fn of_thousands_of_ids_only_the_first_are_spelled_out() {
        let ids: Vec<String> = (0..4_000).map(|n| format!("u{n}")).collect();
        let said = explain(&ids.join(" or "));
        assert_eq!(said, "\"u0\", \"u1\", \"u2\", \"u3\", \"u4\", \"u5\" or 3994 more in ID or label");
    }

    #[test]
    fn what_is_said_is_safe_to_show() {
        assert_eq!(explain("a\u{202e}b"), "\"a<u+202e>b\" in ID or label");
    }
}
