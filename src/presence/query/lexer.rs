//! Cuts the text of a query into words, quoted texts, patterns, brackets and operators.
//!
//! Knows how things are written, not what they mean. The full-width brackets, quotes and operators
//! that a Chinese input method makes are the ASCII ones here, outside quotes.

use std::borrow::Cow;
use std::ops::Range;

use super::error::QueryError;
use crate::say;

/// A piece of the text.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::presence) struct Piece<'t> {
    pub(in crate::presence) kind: PieceKind<'t>,
    /// Where it stands, in bytes.
    pub(in crate::presence) at: Range<usize>,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::presence) enum PieceKind<'t> {
    /// Anything without blanks, quotes, brackets or operators.
    Word(&'t str),
    /// What stood in quotes.
    Quoted(Cow<'t, str>),
    /// What follows a `~` without quotes.
    Pattern(String),
    Open,
    Close,
    /// A `!` that is not part of `!=`.
    Not,
    Operator(Operator),
}

/// Stands between a field or a count and its value; `~` also before a pattern alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `~`
    Matches,
}

impl Operator {
    /// Those that compare figures, as messages name them.
    pub(in crate::presence) const OF_FIGURES: [Operator; 6] = [
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::AtMost,
        Operator::More,
        Operator::AtLeast,
    ];

    /// Whether it holds between two figures; `~` never does.
    pub(in crate::presence) fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Operator::Equal => left == right,
            Operator::NotEqual => left != right,
            Operator::Less => left < right,
            Operator::AtMost => left <= right,
            Operator::More => left > right,
            Operator::AtLeast => left >= right,
            Operator::Matches => false,
        }
    }

    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::AtMost => "<=",
            Operator::More => ">",
            Operator::AtLeast => ">=",
            Operator::Matches => "~",
        }
    }
}

/// The ASCII character that a character stands for outside quotes. 《 and 》 are what the keys `<`
/// and `>` give with Chinese punctuation.
fn narrow(c: char) -> char {
    match c {
        '（' => '(',
        '）' => ')',
        '＝' => '=',
        '＜' | '《' => '<',
        '＞' | '》' => '>',
        '！' => '!',
        '～' => '~',
        '“' | '”' | '＂' => '"',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// All pieces of `text`, and what stopped the cutting: a quote that is never closed, whose text is
/// the last piece then.
pub(super) fn lex(text: &str) -> (Vec<Piece<'_>>, Option<QueryError>) {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    let problem = lexer.run();
    (lexer.tokens, problem)
}

/// Whether `word` stays one word when it is written without quotes.
pub(super) fn is_one_word(word: &str) -> bool {
    let (tokens, problem) = lex(word);
    problem.is_none()
        && matches!(tokens.as_slice(), [Piece { kind: PieceKind::Word(whole), .. }] if *whole == word)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Piece<'t>>,
}

impl<'t> Lexer<'t> {
    fn run(&mut self) -> Option<QueryError> {
        while let Some(c) = self.peek() {
            let start = self.at;
            let kind = match c {
                ' ' => {
                    self.bump();
                    continue;
                }
                '(' => self.single(PieceKind::Open),
                ')' => self.single(PieceKind::Close),
                '"' => {
                    let (quoted, problem) = self.quoted();
                    self.tokens.push(Piece { kind: PieceKind::Quoted(quoted), at: start..self.at });
                    if problem.is_some() {
                        return problem;
                    }
                    continue;
                }
                '=' => self.single(PieceKind::Operator(Operator::Equal)),
                '<' => self.perhaps_equal(Operator::Less, Operator::AtMost),
                '>' => self.perhaps_equal(Operator::More, Operator::AtLeast),
                '!' if self.is_unequal() => {
                    self.bump();
                    self.single(PieceKind::Operator(Operator::NotEqual))
                }
                '!' => self.single(PieceKind::Not),
                '~' => {
                    let tilde = self.single(PieceKind::Operator(Operator::Matches));
                    self.tokens.push(Piece { kind: tilde, at: start..self.at });
                    self.pattern();
                    continue;
                }
                _ => PieceKind::Word(self.word()),
            };
            self.tokens.push(Piece { kind, at: start..self.at });
        }
        None
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next().map(narrow)
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes one character as it is written.
    fn bump(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn single(&mut self, kind: PieceKind<'t>) -> PieceKind<'t> {
        self.bump();
        kind
    }

    fn perhaps_equal(&mut self, without: Operator, with: Operator) -> PieceKind<'t> {
        self.bump();
        if self.peek() == Some('=') {
            self.single(PieceKind::Operator(with))
        } else {
            PieceKind::Operator(without)
        }
    }

    /// Whether `!=` comes next.
    fn is_unequal(&self) -> bool {
        let mut next = self.rest().chars().map(narrow);
        next.next() == Some('!') && next.next() == Some('=')
    }

    fn word(&mut self) -> &'t str {
        let start = self.at;
        while let Some(c) = self.peek() {
            // A `!` inside a word belongs to it: only in front does it say not.
            if matches!(c, ' ' | '(' | ')' | '"' | '=' | '<' | '>' | '~') || self.is_unequal() {
                break;
            }
            self.bump();
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// What is in quotes. Quotes of the ASCII kind end at one of their own, and doubled mean one;
    /// the curly kind ends at any.
    fn quoted(&mut self) -> (Cow<'t, str>, Option<QueryError>) {
        let open = self.at;
        let ascii = self.bump() == Some('"');
        let start = self.at;
        let mut doubled = false;
        loop {
            let end = self.at;
            let Some(c) = self.bump() else {
                let error = QueryError::new(open..end, say!("this quote is not closed"))
                    .expected([say!("\" at the end")]);
                return (self.inside(start..end, doubled), Some(error));
            };
            if ascii && c == '"' && self.rest().starts_with('"') {
                doubled = true;
                self.bump();
            } else if c == '"' || (!ascii && narrow(c) == '"') {
                return (self.inside(start..end, doubled), None);
            }
        }
    }

    fn inside(&self, range: Range<usize>, doubled: bool) -> Cow<'t, str> {
        let inside = self.text.get(range).unwrap_or_default();
        if doubled { Cow::Owned(inside.replace("\"\"", "\"")) } else { Cow::Borrowed(inside) }
    }

    /// A pattern without quotes: up to a blank, or to a bracket that the pattern did not open.
    fn pattern(&mut self) {
        while self.peek() == Some(' ') {
            self.bump();
        }
        if self.peek() == Some('"') {
            return; // the next piece
        }
        let start = self.at;
        let (mut pattern, mut open, mut in_class) = (String::new(), 0_usize, false);
        while let Some(c) = self.peek() {
            match c {
                ' ' => break,
                '(' if !in_class => open += 1,
                ')' if !in_class => match open.checked_sub(1) {
                    Some(left) => open = left,
                    None => break,
                },
                '[' => in_class = true,
                ']' => in_class = false,
                _ => {}
            }
            self.bump();
            pattern.push(c);
            if c == '\\'
                && let Some(escaped) = self.rest().chars().next().filter(|c| !c.is_whitespace())
            {
                self.bump();
                pattern.push(escaped);
            }
        }
        if self.at > start {
            self.tokens.push(Piece { kind: PieceKind::Pattern(pattern), at: start..self.at });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<PieceKind<'_>> {
        lex(text).0.into_iter().map(|token| token.kind).collect()
    }

    fn quoted(text: &str) -> PieceKind<'_> {
        PieceKind::Quoted(text.into())
    }

    const MATCHES: PieceKind<'static> = PieceKind::Operator(Operator::Matches);

    #[test]
    fn an_id_is_one_word_whatever_its_marks() {
        for id in
            ["user-001", "a.b_c@d", "+8613800000000", "x/y%z", "app:42", "wow!", "王小明", "o'brien", "[x]"]
        {
            assert_eq!(kinds(id), [PieceKind::Word(id)]);
            assert!(is_one_word(id));
        }
        assert!(!is_one_word("a b") && !is_one_word("!a") && !is_one_word("a=b") && !is_one_word(""));
    }

    #[test]
    fn operators_end_a_word() {
        assert_eq!(
            kinds("a!=b"),
            [PieceKind::Word("a"), PieceKind::Operator(Operator::NotEqual), PieceKind::Word("b")]
        );
        assert_eq!(
            kinds("exp <= -2h"),
            [PieceKind::Word("exp"), PieceKind::Operator(Operator::AtMost), PieceKind::Word("-2h")]
        );
        assert_eq!(kinds("!(a)"), [PieceKind::Not, PieceKind::Open, PieceKind::Word("a"), PieceKind::Close]);
    }

    #[test]
    fn full_width_forms_are_the_ascii_ones_outside_quotes() {
        assert_eq!(kinds("（state＝online）　！“夜 班”"), kinds("(state=online) !\"夜 班\""));
        assert_eq!(kinds("exp《24h flips》＝3 a！＝b ～x"), kinds("exp<24h flips>=3 a!=b ~x"));
        assert_eq!(kinds("\"（＝”\""), [quoted("（＝”")]);
        assert_eq!(kinds("“a\" b"), [quoted("a"), PieceKind::Word("b")]);
    }

    #[test]
    fn a_doubled_quote_is_one_and_a_backslash_nothing_special() {
        assert_eq!(kinds(r#""say ""hi""" x"#), [quoted("say \"hi\""), PieceKind::Word("x")]);
        assert_eq!(kinds(r#"~"\d \\""#), [MATCHES, quoted(r"\d \\")]);
    }

    #[test]
    fn a_pattern_keeps_its_own_brackets() {
        assert_eq!(
            kinds(r"(~^(a|b)\)[)=]+$ x)"),
            [
                PieceKind::Open,
                MATCHES,
                PieceKind::Pattern(r"^(a|b)\)[)=]+$".to_owned()),
                PieceKind::Word("x"),
                PieceKind::Close
            ]
        );
        assert_eq!(kinds("~"), [MATCHES]);
    }

    #[test]
    fn an_open_quote_is_an_error_and_its_text_is_still_seen() {
        let (tokens, problem) = lex("a \"b c");
        assert_eq!(tokens[1], Piece { kind: quoted("b c"), at: 2..6 });
        assert_eq!(problem.unwrap().at, 2..6);
    }
}
