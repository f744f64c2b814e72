//! What of the IDs and names in an answer may be shown, though a server puts a session token in their place, or
//! a part of one.
//!
//! A part of a token looks like any random text. IDs have a form, by which they are known: letters, digits and
//! `_` of a user, 32 hexadecimal digits of a connection (open-im-server `datautil.IsLegalUserID`,
//! `msggateway/context.go`). What is as long as a signature and has another form is cut. Where the same answer
//! holds a token with the same letters, nothing is shown, whatever form it has. Nearly nothing needs more than a
//! look at its length and its letters.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt::{Display, Write as _};

use serde_json::de::Deserializer;

use super::json::Text;
use super::redact::{Redactor, words};

/// A signature by HS256 has 43 letters; what is a little shorter may be one that was cut.
const LONG: usize = 40;
/// So many letters of what is cut are shown.
const SHOWN: usize = 4;
/// Shorter texts have too little of a token to give it away.
const SHORTEST: usize = 8;
/// The tokens of an answer are looked through up to so many bytes; of more everything may be a part.
const MOST: usize = 4 << 20;

/// What tells tokens in one answer: the secrets that we hold, and the tokens that it holds itself.
pub(super) struct Screening<'a> {
    redactor: &'a Redactor,
    answer: &'a [u8],
    /// Gathered when something is met for the first time that may be a part of one; `None` where they are too
    /// many.
    tokens: OnceCell<Option<Redactor>>,
}

impl<'a> Screening<'a> {
    pub(super) fn of(redactor: &'a Redactor, answer: &'a [u8]) -> Screening<'a> {
        Screening { redactor, answer, tokens: OnceCell::new() }
    }

    /// A connID as it may be shown; `mark` tells one that may not be from another.
    pub(super) fn conn_id<'t>(&self, id: &'t str, mark: impl FnOnce() -> String) -> Cow<'t, str> {
        let is_usual = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if id.len() < LONG && is_usual(id) {
            return id.into();
        }
        if self.redactor.distrusts(id) || self.holds_part(id) {
            return format!("<redacted {}>", mark()).into();
        }
        match cut_words(id, |_| false) {
            Cow::Borrowed(_) => id.into(),
            // Two that are cut may begin alike.
            Cow::Owned(cut) => format!("{cut} {}", mark()).into(),
        }
    }

    /// A user ID that is not the one which was asked about, as it may be shown; `None` where it may not.
    pub(super) fn user_id<'t>(&self, id: &'t str) -> Option<Cow<'t, str>> {
        let is_safe = !self.redactor.distrusts(id) && !self.holds_part(id);
        is_safe.then(|| cut_words(id, is_legal))
    }

    /// A user ID out of a list, if it may be shown whole: a cut one would ask about somebody else.
    pub(super) fn watchable<'t>(&self, id: &'t str) -> Result<&'t str, impl Display + use<'t>> {
        if self.redactor.distrusts_name(id) || self.holds_part(id) {
            return Err(Cow::Borrowed("one that is a token"));
        }
        match cut_words(id, is_legal) {
            Cow::Borrowed(_) => Ok(id),
            Cow::Owned(cut) => Err(Cow::Owned(cut)),
        }
    }

    /// What a user is called, as it may be shown; `None` where it may not.
    pub(super) fn name<'t>(&self, name: &'t str) -> Option<Cow<'t, str>> {
        let is_safe = !self.redactor.distrusts_name(name) && !self.holds_part(name);
        is_safe.then(|| cut_words(name, is_plain))
    }

    /// Whether letters of a token of the same answer are in the text.
    fn holds_part(&self, text: &str) -> bool {
        text.len() >= SHORTEST
            && self.tokens.get_or_init(|| tokens_of(self.answer)).as_ref().is_none_or(|it| it.finds_in(text))
    }
}

/// The tokens that an answer holds, under their name or by their looks.
fn tokens_of(answer: &[u8]) -> Option<Redactor> {
    let (mut tokens, mut length) = (Redactor::default(), 0);
    let mut learn = |token: &str| {
        length += token.len();
        tokens.learn(token.as_bytes());
        length <= MOST
    };
    for at in memchr::memmem::find_iter(answer, b"\"token\"") {
        let rest = answer.get(at + 7..).unwrap_or_default().trim_ascii_start();
        let Some(rest) = rest.strip_prefix(b":").map(<[u8]>::trim_ascii_start) else { continue };
        let token = if rest.starts_with(b"[") {
            Deserializer::from_slice(rest).into_iter::<Vec<Text<'_>>>().next().and_then(Result::ok)
        } else {
            let one = Deserializer::from_slice(rest).into_iter::<Text<'_>>().next();
            one.and_then(Result::ok).map(|text| vec![text])
        };
        for Text(token) in token.into_iter().flatten() {
            if !learn(&token) {
                return None;
            }
        }
    }
    for at in memchr::memmem::find_iter(answer, b"eyJ") {
        let rest = answer.get(at..).unwrap_or_default();
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let end = rest.iter().position(|byte| !is_token(byte)).unwrap_or(rest.len());
        let token = rest.get(..end).and_then(|token| std::str::from_utf8(token).ok());
        // A JWT has three parts; a word with fewer may be any.
        if token.filter(|token| token.matches('.').count() == 2).is_some_and(|token| !learn(token)) {
            return None;
        }
    }
    Some(tokens)
}

/// The text with what stays of every word that is as long as a signature, but for those that have a form.
fn cut_words(text: &str, has_form: impl Fn(&str) -> bool) -> Cow<'_, str> {
    if text.len() < LONG {
        return text.into();
    }
    let (mut cut, mut from) = (String::new(), 0);
    for word in words(text).filter(|word| word.len() >= LONG && !has_form(&text[word.clone()])) {
        cut += &text[from..word.start];
        let _ = write!(cut, "{}.. {}", &text[word.start..word.start + SHOWN], word.len());
        from = word.end;
    }
    if from == 0 {
        return text.into();
    }
    (cut + &text[from..]).into()
}

/// Whether it has the form of a user ID, of which a word has only ASCII letters.
fn is_legal(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether it is no random text: nicknames have no form, but nobody is called in both cases and for so long.
fn is_plain(word: &str) -> bool {
    let any = |test: fn(&u8) -> bool| word.bytes().any(|byte| test(&byte));
    is_legal(word) && !(any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str =
        "eyJhbGciOiJIUzI1NiJ9.eyJVc2VySUQiOiJ1c2VyXzAwMSJ9.Jijdo1o838nh9FzhQ97axGIEURDlMSHR36TLoSmljCs";
    const OTHER: &str = "gtD7fGUOv8fwNfBb0jXx-JR4QQAAabVVloZaXZ_mCu1";

    fn signature() -> &'static str {
        TOKEN.rsplit('.').next().unwrap()
    }

    fn answer() -> Vec<u8> {
        format!(r#"{{"data":[{{"userID":"a","token":"{TOKEN}"}},{{"token" : ["x.y.z"]}}]}}"#).into_bytes()
    }

    fn conn_id(id: &str) -> String {
        let (redactor, answer) = (Redactor::default(), answer());
        Screening::of(&redactor, &answer).conn_id(id, || "1f2e".to_owned()).into_owned()
    }

    #[test]
    fn a_signature_is_cut_to_its_first_letters_and_its_length() {
        let (redactor, screening_of) = (Redactor::default(), Screening::of);
        let screening = screening_of(&redactor, b"{}");
        assert_eq!(OTHER.len(), 43);
        assert_eq!(screening.user_id(OTHER).unwrap(), "gtD7.. 43");
        assert_eq!(screening.name(&format!("Bob {OTHER}!")).unwrap(), "Bob gtD7.. 43!");
        assert_eq!(screening.watchable(OTHER).map_err(|cut| cut.to_string()), Err("gtD7.. 43".to_owned()));
        assert_eq!(conn_id(OTHER), "gtD7.. 43 1f2e");
        assert_eq!(conn_id(&OTHER.replace(['-', '_'], "0")), "gtD7.. 43 1f2e", "no connID has that form");
    }

    #[test]
    fn what_has_its_form_is_shown_as_it_is() {
        let (redactor, answer) = (Redactor::default(), answer());
        let screening = Screening::of(&redactor, &answer);
        let sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        for id in ["user_001", "2890713225", sha, "王小明", "018f4d0e-7c1b-7a52-9d1e-1b2c3d4e5f60"] {
            assert_eq!(screening.user_id(id).unwrap(), id);
            assert_eq!(screening.watchable(id).ok(), Some(id));
            assert_eq!(screening.name(id).unwrap(), id);
        }
        for id in ["bbb7c4da159b1ec6beb81c9e4129b075", "", "c1", "018f4d0e-7c1b-7a52-9d1e-1b2c3d4e5f60"] {
            assert_eq!(conn_id(id), id);
        }
    }

    #[test]
    fn what_belongs_to_a_token_of_the_same_answer_is_never_shown() {
        let (redactor, answer) = (Redactor::default(), answer());
        let screening = Screening::of(&redactor, &answer);
        for part in [signature(), &signature()[10..20], &TOKEN[30..50], &format!("x {}", &signature()[..9])] {
            assert_eq!(screening.user_id(part), None, "{part}");
            assert_eq!(screening.name(part), None, "{part}");
            assert!(screening.watchable(part).is_err(), "{part}");
            assert_eq!(conn_id(part), "<redacted 1f2e>", "{part}");
        }
        assert!(screening.user_id(&signature()[..7]).is_some(), "too little");
        let many = format!(r#"{{"token":"{}"}}"#, "ab1-".repeat(MOST / 4 + 1));
        assert_eq!(Screening::of(&redactor, many.as_bytes()).user_id("user_001"), None, "too many to tell");
    }
}
