//! One condition on a user, read from its pieces: a comparison, a word or a pattern.

use std::ops::Range;

use super::error::{QueryError, shown};
use super::expression::{Criterion, Expression};
use super::field::{self, FIELDS, Field};
use super::lexer::{Operator, Piece, PieceKind};
use super::parser::{Keyword, Leaf, Parser};
use super::value::{self, Value};
use crate::presence::visible_bounded;
use crate::{say, words};

impl Leaf for Criterion {
    const WHOLE: &'static str = words!("query");
    const EXPECTED: &'static str = words!("a word, a condition such as state=online, or (");

    fn read(parser: &mut Parser<'_>, first: Piece<'_>, _: usize) -> Result<Expression, QueryError> {
        match first.kind {
            PieceKind::Word(word) if parser.operator_follows(first.at.end, Field::find(word).is_some()) => {
                parser.comparison(word, &first.at)
            }
            PieceKind::Word(word) if word.eq_ignore_ascii_case("count") && parser.opens_at(first.at.end) => {
                let what = say!("\"count(\" counts users, and a filter is about one user");
                let meant = say!("what is in the brackets, alone").to_owned();
                Err(QueryError::new(first.at, what).nearest(Some(meant)))
            }
            PieceKind::Word(word) => bare_word(word, &first.at),
            PieceKind::Quoted(text) => {
                if parser.operator_follows(first.at.end, false) {
                    let what = say!("{word} is in quotes, so it is no field", word = shown(&text));
                    return Err(QueryError::new(first.at, what).expected([say!("the name of a field")]));
                }
                word(&Value { text, quoted: true, at: first.at })
            }
            PieceKind::Operator(Operator::Matches) => {
                let value = parser.value(&first.at, say!("a pattern"))?;
                Ok(Expression::Is(Criterion::Matches(value::pattern(&value)?)))
            }
            PieceKind::Operator(operator) => {
                let what = say!("there is no field before {word}", word = shown(operator.symbol()));
                Err(QueryError::new(first.at, what).expected([say!("a condition such as state=online")]))
            }
            // A pattern stands after its operator alone, and the rest is read before.
            _ => Err(QueryError::new(
                first.at.clone(),
                say!("{word} is out of place", word = shown(parser.slice(first.at))),
            )),
        }
    }
}

impl<'t> Parser<'t> {
    /// Whether the operator of a comparison comes after a word that ends at `end`. `~` is one unless
    /// it stands like a pattern alone, `night ~^u_`, after a word that is no field.
    fn operator_follows(&self, end: usize, is_field: bool) -> bool {
        match self.peek() {
            Some(Piece { kind: PieceKind::Operator(Operator::Matches), at }) => {
                let apart = at.start > end;
                let pattern_attached = self.following(1).is_some_and(|pattern| pattern.at.start == at.end);
                !apart || !pattern_attached || is_field
            }
            Some(Piece { kind: PieceKind::Operator(_), .. }) => true,
            _ => false,
        }
    }

    /// The value after an operator at `at`; `wanted` says what it should be.
    fn value(&mut self, at: &Range<usize>, wanted: &'static str) -> Result<Value<'t>, QueryError> {
        let Some(token) = self.peek().cloned() else {
            let what = say!("nothing follows {word}", word = shown(self.slice(at.clone())));
            let place = at.end..self.text.len().max(at.end);
            return Err(QueryError::new(place, what).expected([wanted]));
        };
        let (text, quoted) = match token.kind {
            // `platform=and` is Android; after a blank the word joins, and the value is missing.
            PieceKind::Word(word) if token.at.start == at.end || Keyword::of(word).is_none() => {
                (word.into(), false)
            }
            PieceKind::Pattern(pattern) => (pattern.into(), false),
            PieceKind::Quoted(text) => (text, true),
            _ => {
                let what =
                    say!("{word} stands where a value belongs", word = shown(self.slice(token.at.clone())));
                return Err(QueryError::new(token.at, what).expected([wanted]));
            }
        };
        self.next += 1;
        let value = Value { text, quoted, at: token.at };
        if quoted { not_empty(value) } else { Ok(value) }
    }

    fn comparison(&mut self, name: &str, at: &Range<usize>) -> Result<Expression, QueryError> {
        let Some(Piece { kind: PieceKind::Operator(operator), at: sign }) = self.take() else {
            return bare_word(name, at);
        };
        let Some(field) = Field::find(name) else {
            return Err(self.no_field(name, at));
        };
        let value = self.value(&sign, field.takes())?;
        if field.operators().contains(&operator) {
            return value::condition(field, operator, &value);
        }
        if matches!(operator, Operator::Equal | Operator::NotEqual) {
            return Err(value::moving(field, &value));
        }
        let what = say!(
            "{word} can't be compared with {operator}",
            word = field.name(),
            operator = operator.symbol()
        );
        Err(QueryError::new(sign, what).expected(field.operators().iter().map(|operator| operator.symbol())))
    }

    /// The error for a comparison of what is no field.
    fn no_field(&self, name: &str, at: &Range<usize>) -> QueryError {
        if counts_users(name) {
            let end = self.peek().map_or(self.text.len(), |value| value.at.end);
            let text = self.slice(at.start..end.max(at.end)).trim_end();
            let what = say!("{word} counts users, and a filter is about one user", word = shown(text));
            return QueryError::new(at.start..at.start + text.len(), what).nearest(filter_meant(name));
        }
        let names = || FIELDS.iter().map(|(_, name, _)| *name);
        let nearest = field::nearest(name, names());
        QueryError::new(at.clone(), say!("no field {word}", word = shown(name)))
            .nearest(nearest.map(str::to_owned))
            .expected(names())
    }
}

fn bare_word(text: &str, at: &Range<usize>) -> Result<Expression, QueryError> {
    let wrong = |what: String, meant: String| Err(QueryError::new(at.clone(), what).nearest(Some(meant)));
    let no_operator = || say!("{word} is no operator", word = shown(text));
    match text {
        "&&" => return wrong(no_operator(), "and".to_owned()),
        "||" => return wrong(no_operator(), "or".to_owned()),
        _ => {}
    }
    // User IDs hold no colon, and `state:online` as text would quietly find nobody.
    if let Some((field, rest)) = split_field(text) {
        let rest = visible_bounded(rest, 40);
        let meant = say!(
            "{condition}, or {word} as text in quotes",
            condition = format!("{}={rest}", field.name()),
            word = shown(text)
        );
        return wrong(say!("{word} compares nothing", word = shown(text)), meant);
    }
    word(&Value { text: text.into(), quoted: false, at: at.clone() })
}

/// `field:rest`, where there is such a field.
fn split_field(word: &str) -> Option<(Field, &str)> {
    let (name, rest) = word.split_once([':', '：'])?;
    let field = Field::find(name)?;
    (!rest.is_empty()).then_some((field, rest))
}

/// Whether conditions on all users have a count of that name: `unknown>0`, `finding:kick-war>0`.
fn counts_users(name: &str) -> bool {
    let other = ["connected", "watched", "failing"].iter().any(|count| count.eq_ignore_ascii_case(name));
    other || field::state(name).is_some() || split_field(name).is_some()
}

/// The filter that is probably meant by the name of a count.
fn filter_meant(name: &str) -> Option<String> {
    if let Some((field, rest)) = split_field(name) {
        return Some(format!("{}={}", field.name(), visible_bounded(rest, 40)));
    }
    if name.eq_ignore_ascii_case("connected") {
        return Some("conns>0".to_owned());
    }
    Some(format!("state={}", field::state(name)?.name()))
}

fn word(value: &Value<'_>) -> Result<Expression, QueryError> {
    if value.text.is_empty() {
        return Err(nothing_quoted(value));
    }
    Ok(Expression::Is(Criterion::Word(value::folded(&value.text))))
}

fn not_empty(value: Value<'_>) -> Result<Value<'_>, QueryError> {
    if value.text.is_empty() { Err(nothing_quoted(&value)) } else { Ok(value) }
}

fn nothing_quoted(value: &Value<'_>) -> QueryError {
    QueryError::new(value.at.clone(), say!("there is nothing between the quotes"))
}
