//! The one filter language: what the user types after `/`, in `--filter` and in rules, about one user.
//!
//! Pure: text in, a [`Query`] or a [`QueryError`] out; the query asks [`Facts`] about one user at a
//! time and answers with a [`Truth`]. It knows no roster, no list and no screen.
//!
//! | what | how it is written |
//! |---|---|
//! | query | nothing (everybody), or `any` |
//! | any | `all` { `or` all } |
//! | all | operand { `and` operand }; the `and` may be left out |
//! | operand | (`not` or `!`) operand, `(` any `)`, comparison, `~`pattern, word |
//! | comparison | field operator value |
//! | operator | `=` `!=` `<` `<=` `>` `>=` `~` |
//! | word | anything without blanks, quotes, brackets, operators; or anything in `"..."`, where `""` is one quote |
//! | pattern | a regular expression up to a blank or a bracket that it did not open; or in `"..."` |
//!
//! `and`, `or`, `not` may be in capitals. A word is looked for in ID and label; letter case is
//! ignored everywhere. `!=` is `not =`. The full-width brackets, quotes and operators of a Chinese
//! input method are the ASCII ones, outside quotes.
//!
//! | field | operators | values |
//! |---|---|---|
//! | `state` | `= !=` | `online` (`on`), `background` (`bg`), `offline` (`off`), `unknown` (`unk`), `unregistered`, `stale` |
//! | `platform` | `= != ~` | a name, short name or number; any connection |
//! | `conns`, `bg` | `= != < <= > >=` | number of connections, of those in background |
//! | `exp` | `< <= > >=`, `= !=` with a word | time until the soonest token expires, negative once it has; `expired`, `never`, `none`, `unreadable` of any connection |
//! | `age`, `since` | `< <= > >=` | time since the last answer, in the present state |
//! | `flips`, `reconnects` | `= != < <= > >=` | a count |
//! | `finding` | `= != ~` | a rule, a severity, `any`, `none` |
//! | `group`, `label` | `= != ~` | the whole name, or `none` |
//! | `id` | `= != ~` | the whole ID |
//!
//! Times are `90s 5m 24h 7d 2w`. While the presence is unknown everything about it and about
//! connections is [`Truth::Undecided`], except `state=unknown`, which holds, and `state=stale`.
//!
//! ```
//! use imtop::presence::query::Query;
//! assert!(Query::parse("state=online and exp<24h").is_ok());
//! let error = Query::parse("platfrom=web").unwrap_err();
//! assert_eq!(error.to_string(), "no field \"platfrom\"; did you mean platform?");
//! ```

mod complete;
mod error;
mod evaluate;
mod expression;
mod facts;
mod field;
mod fold;
mod leaf;
mod lexer;
mod parser;
mod pattern;
mod plain;
#[cfg(test)]
mod tests;
mod value;

use std::borrow::Cow;

pub use complete::{Candidate, Completion, Vocabulary, complete};
pub use error::{Caret, QueryError};
pub use facts::{Facts, Truth};
pub use lexer::Operator;
pub use plain::PlainWords;

pub(in crate::presence) use error::shown;
pub(in crate::presence) use expression::{Criterion, Expression, Name, Named, StateWord};
pub(in crate::presence) use field::{Field, STATES, nearest, state};
pub(in crate::presence) use lexer::{Piece, PieceKind};
pub(in crate::presence) use parser::{Leaf, Parser, parse};

use expression::{Elapsed, TokenState};

/// A filter that has been understood. Two are equal when their texts are.
#[derive(Clone, Debug, Default)]
pub struct Query {
    text: Box<str>,
    expression: Option<Expression>,
}

/// What the answer of a query changes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Follows {
    /// Only with the watch list: ids, labels, groups.
    Names,
    /// With what is observed of the user: presence, connections, counts, findings.
    State,
    /// Also with time alone: ages, expiry, data that turns stale.
    Time,
}

impl Query {
    /// Reads a query; one without anything but blanks holds for everybody.
    ///
    /// # Errors
    ///
    /// Where the text is wrong, what was found there and what was probably meant.
    pub fn parse(text: &str) -> Result<Query, QueryError> {
        Ok(Query { expression: parser::parse(text)?, text: text.into() })
    }

    /// The query that `expression`, read from `text`, is.
    pub(in crate::presence) fn of(text: &str, expression: Expression) -> Query {
        Query { text: text.into(), expression: Some(expression) }
    }

    /// What it asks; `None` where that is nothing.
    pub(in crate::presence) fn expression(&self) -> Option<&Expression> {
        self.expression.as_ref()
    }

    /// Whether the query holds for the user whom `facts` is about.
    pub fn evaluate<F: Facts + ?Sized>(&self, facts: &F) -> Truth {
        self.expression.as_ref().map_or(Truth::Yes, |expression| evaluate::evaluate(expression, facts))
    }

    /// Whether it asks nothing and so holds for everybody.
    pub fn is_empty(&self) -> bool {
        self.expression.is_none()
    }

    /// The text as it was given; not visible-safe.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the answer changes with.
    pub fn follows(&self) -> Follows {
        let mut follows = Follows::Names;
        if let Some(expression) = &self.expression {
            expression.visit(false, &mut |condition, _| follows = follows.max(follows_of(condition)));
        }
        follows
    }

    /// The query as bare words, if it asks nothing else: the answer is then found by searching one
    /// text of all ids and labels.
    pub fn plain_words(&self) -> Option<PlainWords<'_>> {
        PlainWords::of(self.expression.as_ref())
    }

    /// The bare words that are wanted, not excluded, in lower case: to mark in ID and label.
    pub fn highlights(&self) -> impl Iterator<Item = &str> {
        let mut words = Vec::new();
        if let Some(expression) = &self.expression {
            expression.visit(false, &mut |condition, negated| {
                if let (Criterion::Word(word), false) = (condition, negated) {
                    words.push(&**word);
                }
            });
        }
        words.into_iter()
    }
}

impl PartialEq for Query {
    fn eq(&self, other: &Query) -> bool {
        self.text == other.text
    }
}

impl Eq for Query {}

/// `word` so that a query takes it as one bare word or value: in quotes where it needs them.
///
/// ```
/// use imtop::presence::query::quote;
/// assert_eq!(quote("user_001"), "user_001");
/// assert_eq!(quote("night desk"), "\"night desk\"");
/// assert_eq!(quote("or"), "\"or\"");
/// ```
pub fn quote(word: &str) -> Cow<'_, str> {
    // The error of a bare word is `a:b` for a field `a`, `&&` and the like.
    let has_meaning = parser::Keyword::of(word).is_some()
        || field::Field::find(word).is_some()
        || word.eq_ignore_ascii_case("none");
    if !has_meaning && lexer::is_one_word(word) && parser::parse::<Criterion>(word).is_ok() {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("\"{}\"", word.replace('"', "\"\"")))
    }
}

/// Whether the last word of a text that is still being typed may become `and`, `or` or `not`, or,
/// where the text asks for more than words already, the name of a field: what it says as a word is
/// not meant yet.
///
/// ```
/// use imtop::presence::query::is_unfinished;
/// assert!(is_unfinished("state=online an") && is_unfinished("state=online and exp"));
/// assert!(!is_unfinished("exp") && !is_unfinished("an") && !is_unfinished("state=online "));
/// ```
pub fn is_unfinished(text: &str) -> bool {
    let Some((before, word)) = text.rsplit_once([' ', '(', '!']) else { return false };
    let word = word.to_lowercase();
    if word.is_empty() || before.trim().is_empty() {
        return false;
    }
    let begins = |whole: &str| whole.starts_with(&word);
    let asks_more = before.contains(['=', '<', '>', '~', '＝', '＜', '＞']);
    ["and", "or", "not"].into_iter().any(begins)
        || (asks_more && field::FIELDS.iter().any(|(_, name, _)| begins(name)))
}

fn follows_of(condition: &Criterion) -> Follows {
    match condition {
        Criterion::Word(_) | Criterion::Matches(_) | Criterion::Name(..) => Follows::Names,
        Criterion::State(StateWord::Stale)
        | Criterion::Expiry(..)
        | Criterion::Token(TokenState::Expired)
        | Criterion::Elapsed(Elapsed::Age | Elapsed::Since, ..) => Follows::Time,
        Criterion::State(_)
        | Criterion::Platform(_)
        | Criterion::PlatformMatches(_)
        | Criterion::Count(..)
        | Criterion::Token(_)
        | Criterion::Finding(_) => Follows::State,
    }
}
