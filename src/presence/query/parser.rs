//! Turns the pieces of a query into an expression, or says where it is wrong.

use std::ops::Range;

use super::error::{QueryError, shown};
use super::expression::{Condition, Expression};
use super::field::{self, FIELDS, Field, STATES};
use super::lexer::{Kind, Operator, Token, lex};
use super::value::{self, Value};
use crate::presence::visible_bounded;

/// Longest text that is read, in bytes: some ten thousand IDs joined by `or`.
const LONGEST_TEXT: usize = 256 * 1024;

/// So deep brackets and `not` may be nested.
const DEEPEST: usize = 64;

const AN_OPERAND: &str = "a word, a condition such as state=online, or (";

/// A word with a meaning of its own, unless it is in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    And,
    Or,
    Not,
}

impl Keyword {
    /// Reads `and`, `AND` and so on; `And` is a word like any other.
    pub(super) fn of(word: &str) -> Option<Keyword> {
        match word {
            "and" | "AND" => Some(Keyword::And),
            "or" | "OR" => Some(Keyword::Or),
            "not" | "NOT" => Some(Keyword::Not),
            _ => None,
        }
    }
}

/// The expression that `text` is; `None` for nothing but blanks.
pub(super) fn parse(text: &str) -> Result<Option<Expression>, QueryError> {
    if text.len() > LONGEST_TEXT {
        let end = text.floor_char_boundary(LONGEST_TEXT);
        let what = format!("the query is longer than {} KiB", LONGEST_TEXT / 1024);
        return Err(QueryError::new(end..text.len(), what)
            .expected(["a group of the watch list in place of so many words"]));
    }
    let (tokens, problem) = lex(text);
    if let Some(problem) = problem {
        return Err(problem);
    }
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser { text, tokens, next: 0 };
    let expression = parser.any(0)?;
    match parser.peek() {
        None => Ok(Some(expression)),
        // Everything else is an operand, or the error of one, to the loop over operands.
        Some(token) => Err(QueryError::new(token.at.clone(), "this bracket closes nothing")),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token<'t>>,
    next: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&Token<'t>> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<Token<'t>> {
        let token = self.tokens.get(self.next).cloned();
        self.next += usize::from(token.is_some());
        token
    }

    fn keyword(&self) -> Option<Keyword> {
        match self.peek()?.kind {
            Kind::Word(word) => Keyword::of(word),
            _ => None,
        }
    }

    /// Operands with `or` between them.
    fn any(&mut self, depth: usize) -> Result<Expression, QueryError> {
        let mut parts = vec![self.all(depth)?];
        while self.keyword() == Some(Keyword::Or) {
            self.next += 1;
            parts.push(self.all(depth)?);
        }
        Ok(joined(parts, Expression::Any))
    }

    /// Operands with `and` or nothing between them.
    fn all(&mut self, depth: usize) -> Result<Expression, QueryError> {
        let mut parts = vec![self.operand(depth)?];
        loop {
            match self.keyword() {
                Some(Keyword::Or) => break,
                Some(Keyword::And) => self.next += 1,
                _ if self.peek().is_none_or(|token| token.kind == Kind::Close) => break,
                _ => {}
            }
            parts.push(self.operand(depth)?);
        }
        Ok(joined(parts, Expression::All))
    }

    fn operand(&mut self, depth: usize) -> Result<Expression, QueryError> {
        let Some(token) = self.take() else {
            let end = self.text.len();
            return Err(QueryError::new(end..end, "the query ends too early").expected([AN_OPERAND]));
        };
        match token.kind {
            Kind::Not => self.negated(&token.at, depth),
            Kind::Open => self.bracket(&token.at, depth),
            Kind::Word(word) => match Keyword::of(word) {
                Some(Keyword::Not) => self.negated(&token.at, depth),
                Some(_) => {
                    let what = format!("{} stands between two conditions", shown(word));
                    Err(QueryError::new(token.at, what).expected([AN_OPERAND]))
                }
                None if self.operator_follows(token.at.end, Field::find(word).is_some()) => {
                    self.comparison(word, &token.at)
                }
                None => Self::bare_word(word, &token.at),
            },
            Kind::Quoted(text) => {
                if self.operator_follows(token.at.end, false) {
                    let what = format!("{} is in quotes, so it is no field", shown(&text));
                    return Err(QueryError::new(token.at, what).expected(["the name of a field"]));
                }
                word(&Value { text, quoted: true, at: token.at })
            }
            Kind::Operator(Operator::Matches) => {
                let value = self.value(&token.at, "a pattern")?;
                Ok(Expression::Is(Condition::Matches(value::pattern(&value)?)))
            }
            Kind::Operator(operator) => {
                let what = format!("there is no field before {}", shown(operator.symbol()));
                Err(QueryError::new(token.at, what).expected(["a condition such as state=online"]))
            }
            Kind::Close => {
                let before = self.next.checked_sub(2).and_then(|before| self.tokens.get(before));
                let empty = before.is_some_and(|token| token.kind == Kind::Open);
                let what = match before {
                    Some(_) if empty => "there is nothing between the brackets",
                    None => "this bracket closes nothing",
                    Some(_) => "something is missing before this bracket",
                };
                Err(QueryError::new(token.at, what).expected([AN_OPERAND]))
            }
            // A pattern stands after its operator alone.
            Kind::Pattern(pattern) => {
                Err(QueryError::new(token.at, format!("{} is out of place", shown(&pattern))))
            }
        }
    }

    fn negated(&mut self, at: &Range<usize>, depth: usize) -> Result<Expression, QueryError> {
        let inner = self.operand(deeper(depth, at)?)?;
        Ok(Expression::Not(Box::new(inner)))
    }

    fn bracket(&mut self, at: &Range<usize>, depth: usize) -> Result<Expression, QueryError> {
        let inner = self.any(deeper(depth, at)?)?;
        match self.take() {
            Some(Token { kind: Kind::Close, .. }) => Ok(inner),
            // Nothing else ends what is inside.
            _ => Err(QueryError::new(at.clone(), "this bracket is not closed").expected([") at the end"])),
        }
    }

    /// Whether the operator of a comparison comes after a word that ends at `end`. `~` is one unless
    /// it stands like a pattern alone, `night ~^u_`, after a word that is no field.
    fn operator_follows(&self, end: usize, is_field: bool) -> bool {
        match self.peek() {
            Some(Token { kind: Kind::Operator(Operator::Matches), at }) => {
                let apart = at.start > end;
                let pattern_attached =
                    self.tokens.get(self.next + 1).is_some_and(|pattern| pattern.at.start == at.end);
                !apart || !pattern_attached || is_field
            }
            Some(Token { kind: Kind::Operator(_), .. }) => true,
            _ => false,
        }
    }

    /// The value after an operator at `at`; `wanted` says what it should be.
    fn value(&mut self, at: &Range<usize>, wanted: &'static str) -> Result<Value<'t>, QueryError> {
        let missing = |parser: &Parser<'_>, found: Option<&Token<'_>>| {
            let sign = parser.text.get(at.clone()).unwrap_or_default();
            let what = match found {
                Some(token) => {
                    let found = parser.text.get(token.at.clone()).unwrap_or_default();
                    format!("{} stands where a value belongs", shown(found))
                }
                None => format!("nothing follows {}", shown(sign)),
            };
            let place = found.map_or(at.end..parser.text.len().max(at.end), |token| token.at.clone());
            QueryError::new(place, what).expected([wanted])
        };
        match self.peek() {
            None => Err(missing(self, None)),
            Some(token) => match &token.kind {
                // `platform=and` is Android; after a blank the word joins, and the value is missing.
                Kind::Word(word) if token.at.start == at.end || Keyword::of(word).is_none() => {
                    let value = Value { text: (*word).into(), quoted: false, at: token.at.clone() };
                    self.next += 1;
                    Ok(value)
                }
                Kind::Pattern(pattern) => {
                    let value = Value { text: pattern.clone().into(), quoted: false, at: token.at.clone() };
                    self.next += 1;
                    Ok(value)
                }
                Kind::Quoted(text) => {
                    let value = Value { text: text.clone(), quoted: true, at: token.at.clone() };
                    self.next += 1;
                    not_empty(value)
                }
                _ => Err(missing(self, Some(token))),
            },
        }
    }

    fn comparison(&mut self, name: &str, at: &Range<usize>) -> Result<Expression, QueryError> {
        let Some(Token { kind: Kind::Operator(operator), at: sign }) = self.take() else {
            return Self::bare_word(name, at);
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
        let what = format!("{} can't be compared with {}", field.name(), operator.symbol());
        Err(QueryError::new(sign, what).expected(field.operators().iter().map(|operator| operator.symbol())))
    }

    /// The error for a comparison of what is no field.
    fn no_field(&self, name: &str, at: &Range<usize>) -> QueryError {
        if let Some(meant) = counted(name) {
            let end = self.peek().map_or(self.text.len(), |value| value.at.end);
            let whole = at.start..end.max(at.end);
            let text = self.text.get(whole.clone()).unwrap_or(name).trim_end();
            let what = format!("{} counts users, and a filter is about one user", shown(text));
            return QueryError::new(at.start..at.start + text.len(), what).nearest(Some(meant));
        }
        let names = || FIELDS.iter().map(|(_, name, _)| *name);
        let nearest = field::nearest(name, names());
        QueryError::new(at.clone(), format!("no field {}", shown(name)))
            .nearest(nearest.map(str::to_owned))
            .expected(names())
    }

    fn bare_word(text: &str, at: &Range<usize>) -> Result<Expression, QueryError> {
        let wrong = |what: &str, meant: String| {
            Err(QueryError::new(at.clone(), format!("{} {what}", shown(text))).nearest(Some(meant)))
        };
        match text {
            "&&" => return wrong("is no operator", "and".to_owned()),
            "||" => return wrong("is no operator", "or".to_owned()),
            _ => {}
        }
        // User IDs hold no colon, and `state:online` as text would quietly find nobody.
        if let Some((field, rest)) = split_field(text) {
            let rest = visible_bounded(rest, 40);
            let meant = format!("{}={rest}, or {} as text in quotes", field.name(), shown(text));
            return wrong("compares nothing", meant);
        }
        word(&Value { text: text.into(), quoted: false, at: at.clone() })
    }
}

/// `field:rest`, where there is such a field.
fn split_field(word: &str) -> Option<(Field, &str)> {
    let (name, rest) = word.split_once([':', '：'])?;
    let field = Field::find(name)?;
    (!rest.is_empty()).then_some((field, rest))
}

/// The filter that is probably meant by the name of a number of users, such as `unknown>0`.
fn counted(name: &str) -> Option<String> {
    if let Some((field, rest)) = split_field(name) {
        return Some(format!("{}={}", field.name(), visible_bounded(rest, 40)));
    }
    let state = field::state(name)?;
    let full = STATES.iter().find(|(.., known)| *known == state);
    full.map(|(word, ..)| format!("state={word}"))
}

fn word(value: &Value<'_>) -> Result<Expression, QueryError> {
    if value.text.is_empty() {
        return Err(nothing_quoted(value));
    }
    Ok(Expression::Is(Condition::Word(value::folded(&value.text))))
}

fn not_empty(value: Value<'_>) -> Result<Value<'_>, QueryError> {
    if value.text.is_empty() { Err(nothing_quoted(&value)) } else { Ok(value) }
}

fn nothing_quoted(value: &Value<'_>) -> QueryError {
    QueryError::new(value.at.clone(), "there is nothing between the quotes")
}

fn deeper(depth: usize, at: &Range<usize>) -> Result<usize, QueryError> {
    if depth < DEEPEST {
        return Ok(depth + 1);
    }
    Err(QueryError::new(at.clone(), format!("brackets and \"not\" are nested more than {DEEPEST} deep")))
}

fn joined(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}
