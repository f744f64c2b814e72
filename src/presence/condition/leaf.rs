//! One comparison of a count, read from its pieces, and what to say where there is none.

use std::ops::Range;

use super::aggregate::{Aggregate, COUNTS, Counted};
use super::amount::{Amount, Percent};
use crate::language::say;
use crate::presence::query::{
    self, Expression, Field, Leaf, Operator, Parser, Piece, PieceKind, Query, QueryError, nearest, shown,
};
use crate::presence::{Rule, Severity, visible_bounded};
use crate::{say, words};

const A_NUMBER: &str = words!("a number such as 3, or a percentage such as 95%");

/// So much of what was typed a suggestion repeats, in characters.
const REPEATED: usize = 40;

impl Leaf for Aggregate {
    const WHOLE: &'static str = words!("condition");
    const EXPECTED: &'static str = words!("a count such as unknown>0 or online<95%, or (");

    fn read(
        parser: &mut Parser<'_>,
        first: Piece<'_>,
        depth: usize,
    ) -> Result<Expression<Aggregate>, QueryError> {
        let counted = match first.kind {
            PieceKind::Word(word) if word.eq_ignore_ascii_case("count") && parser.opens_at(first.at.end) => {
                Counted::Filter(users_in_brackets(parser, depth)?)
            }
            PieceKind::Word(word) => match counted(word, &first.at)? {
                Some(counted) => counted,
                None => return Err(no_count(parser, word, &first.at)),
            },
            _ => {
                let what = say!("{word} is no count", word = shown(parser.slice(first.at.clone())));
                return Err(QueryError::new(first.at, what).expected([Aggregate::EXPECTED]));
            }
        };
        let (sign, at) = sign(parser, &counted, first.at.start)?;
        let amount = amount(parser, &counted, sign, &at)?;
        let of = users_of(parser, &counted, depth)?;
        Ok(Expression::Is(Aggregate { counted, sign, amount, of }))
    }
}

/// The filter in `count(..)`, whose bracket comes next.
fn users_in_brackets(parser: &mut Parser<'_>, depth: usize) -> Result<Query, QueryError> {
    let open = parser.take().map_or(0..0, |token| token.at);
    let expression = parser.bracket(&open, depth)?;
    let close = parser.last().map_or(open.end, |token| token.at.start);
    Ok(Query::of(parser.slice(open.end..close).trim(), expression))
}

/// The filter after `of`, where that comes next: one operand, so that `and` goes on with the condition.
fn users_of(parser: &mut Parser<'_>, counted: &Counted, depth: usize) -> Result<Option<Query>, QueryError> {
    let Some(of) = parser.peek().filter(|token| is_of(token)).map(|token| token.at.clone()) else {
        return Ok(None);
    };
    if *counted == Counted::Failing {
        return Err(QueryError::new(of, say!("failing counts batches, so it is not of users")));
    }
    parser.take();
    let first = parser.peek().cloned();
    let expression = parser.operand(depth)?;
    let Some(first) = first else { return Ok(None) };
    let at = first.at.start..parser.last().map_or(first.at.end, |token| token.at.end);
    if let (PieceKind::Word(word), Expression::Is(query::Criterion::Word(_))) = (&first.kind, &expression)
        && let Some(state) = state_word(word)
    {
        let what = say!("{word} would be looked for in ID and label", word = shown(word));
        return Err(QueryError::new(at, what).nearest(Some(format!("of state={state}"))));
    }
    Ok(Some(Query::of(parser.slice(at), expression)))
}

fn is_of(token: &Piece<'_>) -> bool {
    matches!(token.kind, PieceKind::Word("of" | "OF"))
}

/// The name in full of a state, from its name or its short one.
fn state_word(word: &str) -> Option<String> {
    query::state(word).map(|state| state.name().to_owned())
}

/// What a word counts; `None` where it is no count.
fn counted(word: &str, at: &Range<usize>) -> Result<Option<Counted>, QueryError> {
    if let Some((field, what)) = word.split_once([':', '：'])
        && Field::find(field) == Some(Field::Finding)
    {
        return finding(what, at).map(Some);
    }
    if let Some(state) = query::state(word) {
        return Ok(Some(Counted::State(state)));
    }
    let same = |known: &&(Counted, &str)| known.1.eq_ignore_ascii_case(word);
    if let Some((counted, _)) = COUNTS.iter().find(same) {
        return Ok(Some(counted.clone()));
    }
    Ok((Field::find(word) == Some(Field::Conns)).then_some(Counted::Connections))
}

/// What `finding:WHAT` counts.
fn finding(what: &str, at: &Range<usize>) -> Result<Counted, QueryError> {
    if what.eq_ignore_ascii_case("any") {
        return Ok(Counted::AtLeast(Severity::Info));
    }
    if let Some(severity) = Severity::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(what)) {
        return Ok(Counted::AtLeast(severity));
    }
    if let Some(rule) = Rule::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(what)) {
        return Ok(Counted::OfRule(rule));
    }
    let words = Rule::ALL.into_iter().map(Rule::name).chain(Severity::ALL.into_iter().map(Severity::word));
    let meant = nearest(what, words.chain(["any"])).map(|word| format!("finding:{word}"));
    let error = QueryError::new(at.clone(), say!("there are no findings {word}", word = shown(what)));
    Err(error.nearest(meant).expected([
        say!("finding:any, a severity such as finding:critical"),
        say!("a rule such as finding:token-expired"),
    ]))
}

/// The sign of a comparison of what began at `start`, and where it stands.
fn sign(
    parser: &mut Parser<'_>,
    counted: &Counted,
    start: usize,
) -> Result<(Operator, Range<usize>), QueryError> {
    let end = parser.last().map_or(start, |token| token.at.end);
    let Some(Piece { kind: PieceKind::Operator(operator), at }) = parser.peek().cloned() else {
        let word = counted.word();
        let what = say!("{word} is compared with nothing", word = shown(&word));
        let meant = format!("{}>0", visible_bounded(&word, REPEATED));
        return Err(QueryError::new(start..end, what).nearest(Some(meant)));
    };
    parser.take();
    if operator == Operator::Matches {
        let what = say!("a count can't be compared with {operator}", operator = operator.symbol());
        return Err(QueryError::new(at, what).expected(Operator::OF_FIGURES.map(Operator::symbol)));
    }
    Ok((operator, at))
}

/// The number or percentage after a sign at `at`.
fn amount(
    parser: &mut Parser<'_>,
    counted: &Counted,
    sign: Operator,
    at: &Range<usize>,
) -> Result<Amount, QueryError> {
    let Some(Piece { kind: PieceKind::Word(word), at: place }) = parser.peek().cloned() else {
        let found = parser.peek().map(|token| token.at.clone());
        let what = match &found {
            Some(found) => {
                say!("{word} stands where a number belongs", word = shown(parser.slice(found.clone())))
            }
            None => say!("nothing follows {word}", word = shown(sign.symbol())),
        };
        return Err(QueryError::new(found.unwrap_or(at.end..at.end), what).expected([say(A_NUMBER)]));
    };
    parser.take();
    // A blank before the sign of percent is how some write it.
    let apart = matches!(parser.peek(), Some(Piece { kind: PieceKind::Word("%" | "％"), .. }));
    let (number, share) = match word.strip_suffix(['%', '％']) {
        Some(number) => (number, true),
        None => (word, apart),
    };
    if apart {
        parser.take();
    }
    if !share {
        return number.parse().map(Amount::Number).map_err(|_| {
            QueryError::new(place, say!("{word} is no number", word = shown(word))).expected([say(A_NUMBER)])
        });
    }
    let Some(percent) = Percent::parse(number) else {
        let what = say!("{word} is no percentage", word = shown(word));
        return Err(
            QueryError::new(place, what).expected([say!("one from 0% to 100%, with up to 3 decimals")])
        );
    };
    if counted.is_of_users() {
        return Ok(Amount::Share(percent));
    }
    let meant = match counted {
        Counted::OfRule(rule) => Some(format!("finding={rule}")),
        Counted::AtLeast(Severity::Info) => Some("finding=any".to_owned()),
        Counted::AtLeast(severity) => {
            let worse = Severity::ALL.into_iter().filter(|it| it >= severity);
            Some(worse.map(|it| format!("finding={}", it.name())).collect::<Vec<_>>().join(" or "))
        }
        Counted::Connections => Some("conns>0".to_owned()),
        _ => None,
    };
    let what = say!("percentages are of users, and {word} counts no users", word = counted.word());
    let meant = meant.map(|filter| format!("count({filter}){}{percent}", sign.symbol()));
    Err(QueryError::new(place, what).nearest(meant).expected([say!("a number such as 3")]))
}

/// The error for a word that is no count.
fn no_count(parser: &Parser<'_>, word: &str, at: &Range<usize>) -> QueryError {
    let operator = match parser.peek() {
        Some(Piece { kind: PieceKind::Operator(operator), .. }) => Some(*operator),
        _ => None,
    };
    if let Some((field, rest)) = word.split_once([':', '：'])
        && Field::find(field) == Some(Field::State)
        && let Some(state) = state_word(rest)
    {
        let error = QueryError::new(at.clone(), say!("{word} is no count", word = shown(word)));
        return error.nearest(Some(format!("{state}>0")));
    }
    if let (Some(operator), Some(field)) = (operator, Field::find(word)) {
        return about_one_user(parser, at, field, operator);
    }
    let error = QueryError::new(at.clone(), say!("{word} is no count", word = shown(word)));
    let states = query::STATES.iter().map(|(name, ..)| *name);
    let names = states.chain(COUNTS.iter().map(|(_, name)| *name)).chain(["finding:any"]);
    let meant = nearest(word, names).map(str::to_owned);
    match (meant, operator) {
        (Some(meant), _) => error.nearest(Some(meant)),
        (None, None) => {
            let word = visible_bounded(word, REPEATED);
            error.nearest(Some(say!(
                "{condition}, users with that in ID or label",
                condition = format!("count({word})>0")
            )))
        }
        (None, Some(_)) => error.expected([Aggregate::EXPECTED]),
    }
}

/// The error for a filter where a count belongs; offers the counts that it may be about.
fn about_one_user(parser: &Parser<'_>, at: &Range<usize>, field: Field, operator: Operator) -> QueryError {
    let value = parser.following(1);
    let end = value.or(parser.peek()).map_or(at.end, |token| token.at.end);
    let whole = at.start..end;
    let text = visible_bounded(parser.slice(whole.clone()), REPEATED);
    let value = value.map_or("", |token| parser.slice(token.at.clone()));
    let state = if operator == Operator::Equal { state_word(value) } else { None };
    let mut meant = match (field, operator) {
        (Field::State, _) if state.is_some() => {
            format!("count({text})>0 or {}=100%", state.unwrap_or_default())
        }
        (Field::Finding, Operator::Equal) => format!("finding:{}>0", visible_bounded(value, REPEATED)),
        (Field::Finding, Operator::More | Operator::AtLeast) => "finding:any>0".to_owned(),
        _ => format!("count({text})>0"),
    };
    if parser.before().iter().any(is_of) {
        meant.push_str(say!(", or brackets around all that belongs to \"of\""));
    }
    let what = say!(
        "{word} is about one user, and a condition counts users",
        word = shown(parser.slice(whole.clone()))
    );
    QueryError::new(whole, what).nearest(Some(meant))
}
