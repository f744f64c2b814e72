//! Reads what stands right of an operator, as the field wants it.

use std::borrow::Cow;
use std::ops::Range;

use super::error::{QueryError, shown};
use super::expression::{Criterion, Elapsed, Expression, Figure, Name, Named, WantedFinding};
use super::field::{self, Field, RULES, SEVERITIES, STATES, TOKEN_STATES};
use super::fold;
use super::lexer::Operator;
use super::pattern::Pattern;
use crate::presence::visible;
use crate::say;

/// Longest span that is read: a thousand years in seconds, so that sums with a date can't overflow.
const LONGEST: i64 = 1_000 * 366 * 86_400;

/// What stands right of an operator.
pub(super) struct Value<'t> {
    pub(super) text: Cow<'t, str>,
    /// In quotes `none` is a text like any other.
    pub(super) quoted: bool,
    pub(super) at: Range<usize>,
}

/// The condition that `field operator value` is.
pub(super) fn condition(
    field: Field,
    operator: Operator,
    value: &Value<'_>,
) -> Result<Expression, QueryError> {
    Ok(match operator {
        Operator::Matches => Expression::Is(matches(field, value)?),
        Operator::NotEqual => {
            Expression::Not(Box::new(Expression::Is(compare(field, Operator::Equal, value)?)))
        }
        _ => Expression::Is(compare(field, operator, value)?),
    })
}

/// The pattern that a value is; what is wrong with it goes into the error.
pub(super) fn pattern(value: &Value<'_>) -> Result<Pattern, QueryError> {
    Pattern::new(&visible(&value.text)).map_err(|why| {
        let what = say!("{word} is not a pattern: {why}", word = shown(&value.text), why);
        QueryError::new(value.at.clone(), what)
    })
}

fn matches(field: Field, value: &Value<'_>) -> Result<Criterion, QueryError> {
    let pattern = pattern(value)?;
    Ok(match field {
        Field::Platform => Criterion::PlatformMatches(pattern),
        Field::Finding => Criterion::Finding(WantedFinding::Matches(pattern)),
        Field::Group => Criterion::Name(Name::Group, Named::Matches(pattern)),
        Field::Label => Criterion::Name(Name::Label, Named::Matches(pattern)),
        Field::Id => Criterion::Name(Name::Id, Named::Matches(pattern)),
        _ => return Err(wrong(field, value)),
    })
}

fn compare(field: Field, comparison: Operator, value: &Value<'_>) -> Result<Criterion, QueryError> {
    let word = value.text.as_ref();
    Ok(match field {
        Field::State => {
            let state = field::state(word);
            Criterion::State(
                state.ok_or_else(|| no_such(field, value, STATES.iter().map(|(word, ..)| *word)))?,
            )
        }
        Field::Platform => {
            let names: Vec<_> = field::platforms().flat_map(field::platform_names).collect();
            let platform = field::platform(word);
            Criterion::Platform(
                platform.ok_or_else(|| no_such(field, value, names.iter().map(AsRef::as_ref)))?,
            )
        }
        Field::Conns => Criterion::Count(Figure::Connections, comparison, count(field, value)?),
        Field::Bg => Criterion::Count(Figure::BackgroundConnections, comparison, count(field, value)?),
        Field::Flips => Criterion::Count(Figure::Flips, comparison, count(field, value)?),
        Field::Reconnects => Criterion::Count(Figure::Reconnects, comparison, count(field, value)?),
        Field::Exp => expiry(comparison, value)?,
        Field::Age => Criterion::Elapsed(Elapsed::Age, comparison, span(field, value)?),
        Field::Since => Criterion::Elapsed(Elapsed::Since, comparison, span(field, value)?),
        Field::Finding => Criterion::Finding(finding(value)?),
        Field::Group => Criterion::Name(Name::Group, named(value)),
        Field::Label => Criterion::Name(Name::Label, named(value)),
        Field::Id => Criterion::Name(Name::Id, Named::Equal(folded(word))),
    })
}

fn named(value: &Value<'_>) -> Named {
    if !value.quoted && value.text.eq_ignore_ascii_case("none") {
        Named::Absent
    } else {
        Named::Equal(folded(&value.text))
    }
}

/// A text as ids and labels are compared with: visible-safe like them, in lower case.
pub(super) fn folded(text: &str) -> Box<str> {
    fold::lower(&visible(text))
}

fn finding(value: &Value<'_>) -> Result<WantedFinding, QueryError> {
    let same = |known: &&&'static str| known.eq_ignore_ascii_case(&value.text);
    if value.text.eq_ignore_ascii_case("any") {
        return Ok(WantedFinding::Any);
    }
    if value.text.eq_ignore_ascii_case("none") {
        return Ok(WantedFinding::None);
    }
    if let Some(severity) = SEVERITIES.iter().find(same) {
        return Ok(WantedFinding::Severity(severity));
    }
    let rule = RULES.iter().find(same);
    let known = || RULES.into_iter().chain(SEVERITIES).chain(["any", "none"]);
    rule.map(|rule| WantedFinding::Rule(rule)).ok_or_else(|| no_such(Field::Finding, value, known()))
}

fn count(field: Field, value: &Value<'_>) -> Result<u32, QueryError> {
    value.text.parse().map_err(|_| wrong(field, value))
}

fn expiry(comparison: Operator, value: &Value<'_>) -> Result<Criterion, QueryError> {
    let word = TOKEN_STATES.iter().find(|(word, _)| word.eq_ignore_ascii_case(&value.text));
    match (word, comparison) {
        (Some((_, state)), Operator::Equal) => Ok(Criterion::Token(*state)),
        (Some((word, _)), _) => {
            let error =
                QueryError::new(value.at.clone(), say!("{word} is not more or less than anything", word));
            Err(error.nearest(Some(format!("exp={word}"))))
        }
        (None, _) => match seconds(&value.text) {
            Some(_) if comparison == Operator::Equal => Err(moving(Field::Exp, value)),
            Some(seconds) => Ok(Criterion::Expiry(comparison, seconds)),
            None if value.text.parse::<i64>().is_ok() => Err(no_unit(value)),
            None => Err(no_such(Field::Exp, value, TOKEN_STATES.iter().map(|(word, _)| *word))),
        },
    }
}

fn span(field: Field, value: &Value<'_>) -> Result<u64, QueryError> {
    match seconds(&value.text).map(u64::try_from) {
        Some(Ok(seconds)) => Ok(seconds),
        None if value.text.parse::<u64>().is_ok() => Err(no_unit(value)),
        _ => Err(wrong(field, value)),
    }
}

/// Reads `90s`, `5m`, `24h`, `7d`, `2w`, with a minus before it or not, and `0`; in seconds.
fn seconds(text: &str) -> Option<i64> {
    if text == "0" {
        return Some(0);
    }
    let (number, factor) = match text.char_indices().next_back()? {
        (at, 's' | 'S') => (text.get(..at)?, 1),
        (at, 'm' | 'M') => (text.get(..at)?, 60),
        (at, 'h' | 'H') => (text.get(..at)?, 3_600),
        (at, 'd' | 'D') => (text.get(..at)?, 86_400),
        (at, 'w' | 'W') => (text.get(..at)?, 7 * 86_400),
        _ => return None,
    };
    let seconds = number.parse::<i64>().ok()?.checked_mul(factor)?;
    (-LONGEST..=LONGEST).contains(&seconds).then_some(seconds)
}

/// The value is of the wrong kind.
fn wrong(field: Field, value: &Value<'_>) -> QueryError {
    let what = say!("invalid value {word} for {field}", word = shown(&value.text), field = field.name());
    QueryError::new(value.at.clone(), what).expected([field.takes()])
}

/// The value is not one of the words that the field takes.
fn no_such<'w>(field: Field, value: &Value<'_>, words: impl IntoIterator<Item = &'w str>) -> QueryError {
    let nearest = field::nearest(&value.text, words).map(|word| format!("{}={word}", field.name()));
    wrong(field, value).nearest(nearest)
}

fn no_unit(value: &Value<'_>) -> QueryError {
    let what = say!("the time {word} has no unit", word = shown(&value.text));
    QueryError::new(value.at.clone(), what)
        .expected(["s", "m", "h", "d", "w"].map(|unit| format!("{}{unit}", value.text)))
}

/// The error for `=` and `!=` with a time that changes all the time.
pub(super) fn moving(field: Field, value: &Value<'_>) -> QueryError {
    let what = say!(
        "{field} never stands still, so it is not = or != {word}",
        field = field.name(),
        word = shown(&value.text)
    );
    QueryError::new(value.at.clone(), what).expected(["<", "<=", ">", ">="])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit_and_may_be_negative() {
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("5m"), Some(300));
        assert_eq!(seconds("24H"), Some(86_400));
        assert_eq!(seconds("-7d"), Some(-604_800));
        assert_eq!(seconds("2w"), Some(1_209_600));
        assert_eq!(seconds("0"), Some(0));
        for bad in ["", "5", "s", "1.5h", "h", "9999999999999w", "5 s", "五s", "5秒"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
