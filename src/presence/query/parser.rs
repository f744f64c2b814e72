//! The grammar: turns pieces of text into an expression, or says where it is wrong.
//!
//! `and`, `or`, `not` and brackets are the same whatever stands between them, which is a [`Leaf`]:
//! in a query a condition on one user, elsewhere one on all of them.

use std::ops::Range;

use super::error::{QueryError, shown};
use super::expression::Expression;
use super::lexer::{Piece, PieceKind, lex};
use crate::language::say;
use crate::say;

/// Longest text that is read, in bytes: some ten thousand IDs joined by `or`.
const LONGEST_TEXT: usize = 256 * 1024;

/// So deep brackets and `not` may be nested.
const DEEPEST: usize = 64;

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

/// What stands between `and`, `or`, `not` and brackets.
pub(in crate::presence) trait Leaf: Sized {
    /// What a whole text of them is called: `query`.
    const WHOLE: &'static str;

    /// What can stand where one begins, as in `expected a word or (`.
    const EXPECTED: &'static str;

    /// Reads one whose first piece, `first`, has been taken already; it is no bracket, `and`, `or`
    /// or `not`. `depth` is that of the brackets and `not` around it.
    fn read(parser: &mut Parser<'_>, first: Piece<'_>, depth: usize) -> Result<Expression<Self>, QueryError>;
}

/// The expression that `text` is; `None` for nothing but blanks.
pub(in crate::presence) fn parse<L: Leaf>(text: &str) -> Result<Option<Expression<L>>, QueryError> {
    if text.len() > LONGEST_TEXT {
        let end = text.floor_char_boundary(LONGEST_TEXT);
        let what = say!(
            "the {whole} is longer than {limit} KiB",
            whole = say(L::WHOLE),
            limit = LONGEST_TEXT / 1024
        );
        return Err(QueryError::new(end..text.len(), what)
            .expected([say!("a group of the watch list in place of so many words")]));
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
        Some(token) => Err(QueryError::new(token.at.clone(), say!("this bracket closes nothing"))),
    }
}

/// The pieces of a text, and which comes next.
pub(in crate::presence) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<Piece<'t>>,
    pub(super) next: usize,
}

impl<'t> Parser<'t> {
    /// The next piece, which stays.
    pub(in crate::presence) fn peek(&self) -> Option<&Piece<'t>> {
        self.tokens.get(self.next)
    }

    /// The piece after the next `skipped` ones.
    pub(in crate::presence) fn following(&self, skipped: usize) -> Option<&Piece<'t>> {
        self.tokens.get(self.next + skipped)
    }

    /// The pieces that have been taken.
    pub(in crate::presence) fn before(&self) -> &[Piece<'t>] {
        self.tokens.get(..self.next).unwrap_or_default()
    }

    /// Takes the next piece.
    pub(in crate::presence) fn take(&mut self) -> Option<Piece<'t>> {
        let token = self.tokens.get(self.next).cloned();
        self.next += usize::from(token.is_some());
        token
    }

    /// The text from one place to another, as it was given.
    pub(in crate::presence) fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    /// Whether a bracket opens at `end`, where the piece before it ends.
    pub(in crate::presence) fn opens_at(&self, end: usize) -> bool {
        self.peek().is_some_and(|token| token.kind == PieceKind::Open && token.at.start == end)
    }

    /// The last piece that was taken.
    pub(in crate::presence) fn last(&self) -> Option<&Piece<'t>> {
        self.before().last()
    }

    fn keyword(&self) -> Option<Keyword> {
        match self.peek()?.kind {
            PieceKind::Word(word) => Keyword::of(word),
            _ => None,
        }
    }

    /// Operands with `or` between them.
    fn any<L: Leaf>(&mut self, depth: usize) -> Result<Expression<L>, QueryError> {
        let mut parts = vec![self.all(depth)?];
        while self.keyword() == Some(Keyword::Or) {
            self.next += 1;
            parts.push(self.all(depth)?);
        }
        Ok(joined(parts, Expression::Any))
    }

    /// Operands with `and` or nothing between them.
    fn all<L: Leaf>(&mut self, depth: usize) -> Result<Expression<L>, QueryError> {
        let mut parts = vec![self.operand(depth)?];
        loop {
            match self.keyword() {
                Some(Keyword::Or) => break,
                Some(Keyword::And) => self.next += 1,
                _ if self.peek().is_none_or(|token| token.kind == PieceKind::Close) => break,
                _ => {}
            }
            parts.push(self.operand(depth)?);
        }
        Ok(joined(parts, Expression::All))
    }

    /// One operand: a leaf, a bracket, or `not` with another operand.
    pub(in crate::presence) fn operand<L: Leaf>(
        &mut self,
        depth: usize,
    ) -> Result<Expression<L>, QueryError> {
        let Some(token) = self.take() else {
            let end = self.text.len();
            let what = say!("the {whole} ends too early", whole = say(L::WHOLE));
            return Err(QueryError::new(end..end, what).expected([say(L::EXPECTED)]));
        };
        match token.kind {
            PieceKind::Not => self.negated(&token.at, depth),
            PieceKind::Open => self.bracket(&token.at, depth),
            PieceKind::Word(word) => match Keyword::of(word) {
                Some(Keyword::Not) => self.negated(&token.at, depth),
                Some(_) => {
                    let what = say!("{word} stands between two conditions", word = shown(word));
                    Err(QueryError::new(token.at, what).expected([say(L::EXPECTED)]))
                }
                None => L::read(self, token, depth),
            },
            PieceKind::Close => {
                let before = self.next.checked_sub(2).and_then(|before| self.tokens.get(before));
                let empty = before.is_some_and(|token| token.kind == PieceKind::Open);
                let what = match before {
                    Some(_) if empty => say!("there is nothing between the brackets"),
                    None => say!("this bracket closes nothing"),
                    Some(_) => say!("something is missing before this bracket"),
                };
                Err(QueryError::new(token.at, what).expected([say(L::EXPECTED)]))
            }
            PieceKind::Quoted(_) | PieceKind::Operator(_) | PieceKind::Pattern(_) => {
                L::read(self, token, depth)
            }
        }
    }

    fn negated<L: Leaf>(&mut self, at: &Range<usize>, depth: usize) -> Result<Expression<L>, QueryError> {
        let inner = self.operand(deeper(depth, at)?)?;
        Ok(Expression::Not(Box::new(inner)))
    }

    /// What is in a bracket that was opened at `at`, up to the one that closes it.
    pub(in crate::presence) fn bracket<L: Leaf>(
        &mut self,
        at: &Range<usize>,
        depth: usize,
    ) -> Result<Expression<L>, QueryError> {
        let inner = self.any(deeper(depth, at)?)?;
        match self.take() {
            Some(Piece { kind: PieceKind::Close, .. }) => Ok(inner),
            // Nothing else ends what is inside.
            _ => Err(QueryError::new(at.clone(), say!("this bracket is not closed"))
                .expected([say!(") at the end")])),
        }
    }
}

fn deeper(depth: usize, at: &Range<usize>) -> Result<usize, QueryError> {
    if depth < DEEPEST {
        return Ok(depth + 1);
    }
    Err(QueryError::new(
        at.clone(),
        say!("brackets and \"not\" are nested more than {deepest} deep", deepest = DEEPEST),
    ))
}

fn joined<L>(mut parts: Vec<Expression<L>>, join: fn(Vec<Expression<L>>) -> Expression<L>) -> Expression<L> {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}
