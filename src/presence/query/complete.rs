//! What could be typed next: fields, operators and values for the word at the cursor.

use std::ops::Range;

use super::field::{self, FIELDS, Field, RULES, SEVERITIES, STATES, TOKEN_STATES};
use super::lexer::{Operator, Piece, PieceKind, lex};
use super::{parser, quote};
use crate::language::say;
use crate::say;

/// Times that are proposed; any other may be typed.
const TIMES: [&str; 5] = ["5m", "1h", "24h", "7d", "2w"];

/// What opens a quoted text.
const QUOTES: [char; 4] = ['"', '“', '”', '＂'];

/// Names that only the watch list knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// The groups of the watch list, in the order in which they are to be proposed.
    pub groups: Vec<String>,
}

/// What can stand where the cursor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The bytes of the text that a candidate replaces; on character boundaries.
    pub range: Range<usize>,
    /// What can stand there; none where nothing is known.
    pub candidates: Vec<Candidate>,
}

/// One thing that can be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// As it is written in a query, quotes included. Not visible-safe where it is a group's name.
    pub text: String,
    /// What it is, in a few words; empty where the text says it all.
    pub about: &'static str,
}

impl Candidate {
    fn new(text: impl Into<String>, about: &'static str) -> Candidate {
        Candidate { text: text.into(), about }
    }
}

/// The candidates for the word at `cursor`, a byte of `text`, that begin as the word does up to there.
pub fn complete(text: &str, cursor: usize, vocabulary: &Vocabulary) -> Completion {
    let cursor = text.floor_char_boundary(cursor);
    let (tokens, _) = lex(text);
    let before = tokens.partition_point(|token| token.at.start < cursor);
    let earlier = tokens.get(..before).unwrap_or_default();
    let (earlier, word) = match earlier.split_last() {
        Some((last, others)) if last.at.end >= cursor && is_word(last) => (others, last.at.clone()),
        _ => {
            // The cursor may stand before a word: then that word stays.
            (earlier, cursor..cursor)
        }
    };
    let typed = text.get(word.start..cursor).unwrap_or_default();
    let candidates = match earlier {
        // After `field operator` a value belongs.
        [
            ..,
            Piece { kind: PieceKind::Word(name), .. },
            Piece { kind: PieceKind::Operator(operator), .. },
        ] => Field::find(name).map_or_else(Vec::new, |field| values(field, *operator, vocabulary)),
        [.., Piece { kind: PieceKind::Operator(_), .. }] => Vec::new(),
        _ if typed.starts_with(QUOTES) => Vec::new(),
        _ => words(typed, may_be_joined(earlier)),
    };
    let candidates = candidates.into_iter().filter(|it| begins(&it.text, typed)).collect();
    Completion { range: word, candidates }
}

fn is_word(token: &Piece<'_>) -> bool {
    matches!(token.kind, PieceKind::Word(_) | PieceKind::Quoted(_) | PieceKind::Pattern(_))
}

/// Whether `and` and `or` can follow `earlier`.
fn may_be_joined(earlier: &[Piece<'_>]) -> bool {
    earlier.last().is_some_and(|last| match last.kind {
        PieceKind::Word(word) => parser::Keyword::of(word).is_none(),
        PieceKind::Quoted(_) | PieceKind::Pattern(_) | PieceKind::Close => true,
        PieceKind::Open | PieceKind::Not | PieceKind::Operator(_) => false,
    })
}

/// Whether `candidate` begins as what is `typed`, opening quotes and letter case ignored.
fn begins(candidate: &str, typed: &str) -> bool {
    let bare = |text: &str| text.trim_start_matches(QUOTES).to_lowercase();
    bare(candidate).starts_with(&bare(typed))
}

/// Fields, or the operators of the field that is typed in full, and words that join.
fn words(typed: &str, joined: bool) -> Vec<Candidate> {
    let mut out = Vec::new();
    if let Some(field) = Field::find(typed) {
        let with = |operator: &Operator| format!("{}{}", field.name(), operator.symbol());
        out.extend(field.operators().iter().map(|operator| Candidate::new(with(operator), field.takes())));
    }
    let others = FIELDS.iter().filter(|(_, name, _)| !name.eq_ignore_ascii_case(typed));
    out.extend(others.map(|(_, name, about)| Candidate::new(*name, say(about))));
    if joined {
        out.push(Candidate::new("and", say!("both hold")));
        out.push(Candidate::new("or", say!("one of both holds")));
    }
    out.push(Candidate::new("not", say!("it does not hold")));
    out
}

fn values(field: Field, operator: Operator, vocabulary: &Vocabulary) -> Vec<Candidate> {
    if operator == Operator::Matches || !field.operators().contains(&operator) {
        return Vec::new();
    }
    let plain =
        |words: &[&str], about| words.iter().map(|word| Candidate::new(*word, about)).collect::<Vec<_>>();
    let choice = matches!(operator, Operator::Equal | Operator::NotEqual);
    match field {
        Field::State => STATES.iter().map(|(word, ..)| Candidate::new(*word, "")).collect(),
        Field::Platform => {
            field::platforms().map(|platform| Candidate::new(field::platform_word(platform), "")).collect()
        }
        Field::Exp if choice => TOKEN_STATES.iter().map(|(word, _)| Candidate::new(*word, "")).collect(),
        Field::Exp | Field::Age | Field::Since => plain(&TIMES, ""),
        Field::Finding => {
            let mut out = plain(&["any", "none"], "");
            out.extend(plain(&SEVERITIES, say!("severity")));
            out.extend(plain(&RULES, say!("rule")));
            out
        }
        Field::Group => {
            let mut out: Vec<_> =
                vocabulary.groups.iter().map(|group| Candidate::new(quote(group), say!("group"))).collect();
            out.push(Candidate::new("none", say!("in no group")));
            out
        }
        Field::Label => vec![Candidate::new("none", say!("without a label"))],
        Field::Conns | Field::Bg | Field::Flips | Field::Reconnects | Field::Id => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Completes at the `|`.
    fn at(marked: &str) -> (Range<usize>, Vec<String>) {
        let cursor = marked.find('|').unwrap();
        let vocabulary =
            Vocabulary { groups: vec!["Night desk".to_owned(), "ops".to_owned(), "none".to_owned()] };
        let done = complete(&marked.replacen('|', "", 1), cursor, &vocabulary);
        (done.range, done.candidates.into_iter().map(|it| it.text).collect())
    }

    #[test]
    fn a_word_may_become_a_field() {
        assert_eq!(at("state=on and p|"), (13..14, vec!["platform".to_owned()]));
        assert_eq!(at("（Pl|x").1, ["platform"]);
        assert_eq!(at("st|ate").0, 0..5, "the whole word is replaced");
        assert_eq!(at("zz|").1, [""; 0]);
    }

    #[test]
    fn a_field_in_full_gets_its_operators() {
        assert_eq!(at("age|").1, ["age<", "age<=", "age>", "age>="]);
        assert_eq!(at("bg|").1.len(), 6);
    }

    #[test]
    fn after_an_operator_come_the_values_of_the_field() {
        assert_eq!(at("state=|").1.len(), 6);
        assert_eq!(at("state = off|"), (8..11, vec!["offline".to_owned()]));
        assert_eq!(at("platform!=a|").1, ["Android", "APad", "Admin"]);
        assert_eq!(at("exp=n|").1, ["never", "none"]);
        assert_eq!(at("exp<2|").1, ["24h", "2w"]);
        assert_eq!(at("finding=c|").1, ["critical", "clock-skew"]);
        assert_eq!(at("flips>|").1, [""; 0]);
        assert_eq!(at("nothing=|").1, [""; 0]);
        assert_eq!(at("group~|").1, [""; 0]);
    }

    #[test]
    fn groups_come_from_the_watch_list_in_quotes_where_they_need_them() {
        assert_eq!(at("group=|").1, ["\"Night desk\"", "ops", "\"none\"", "none"]);
        assert_eq!(
            at("group=\"nig| or x"),
            (6..15, vec!["\"Night desk\"".to_owned()]),
            "the quote is still open"
        );
    }

    #[test]
    fn after_a_condition_it_may_be_joined() {
        assert_eq!(at("a |").1.len(), 13 + 3);
        assert_eq!(at("|").1.len(), 13 + 1);
        assert_eq!(at("a or |").1.len(), 13 + 1);
        assert_eq!(at("(a) o|").1, ["or"]);
        assert_eq!(at("a | b").0, 2..2, "the word after the cursor stays");
        assert_eq!(at("\"st|").1, [""; 0], "a text in quotes is no field");
    }

    #[test]
    fn a_cursor_off_the_text_is_brought_back() {
        let done = complete("王", 2, &Vocabulary::default());
        assert_eq!(done.range, 0..0);
        assert_eq!(complete("st", 99, &Vocabulary::default()).candidates.len(), 1);
    }
}
