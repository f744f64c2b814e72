//! The language that the program speaks to people: English, or Chinese from `assets/texts/zh-CN/`. The English text in
//! the code is the key of its translation, as in gettext, so that the code reads as the screen does.
//!
//! ```
//! use imtop::language::{Language, speaking};
//! use imtop::say;
//!
//! let users = 3;
//! assert_eq!(say!("{users} users are watched now", users), "3 users are watched now");
//! speaking(Language::Chinese, || assert_eq!(say!("too small"), "窗口太小"));
//! ```
//!
//! Who draws says once in which language ([`speaking`]); what is for programs (JSON, CSV, metrics, logs, the texts of
//! `check`) is made outside of that and stays English. A text that stands in a table is marked with [`words!`] there and
//! put into the language with [`say`] where it is shown. A test holds the sources against the translation, both ways.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::{Display, Write as _};
use std::sync::LazyLock;

use unicode_width::UnicodeWidthChar as _;

/// A language that people are spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// As the texts stand in the code.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// All there are.
    pub const ALL: [Language; 2] = [Language::English, Language::Chinese];

    /// Its tag, as in `--lang`.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh-CN",
        }
    }

    /// That of a tag.
    pub fn of_tag(tag: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// That of a POSIX locale as in `LANG`: Chinese for the places where it is written in its simplified form.
    pub fn of_locale(locale: &str) -> Language {
        let place = locale.split(['.', '@']).next().unwrap_or_default().replace('-', "_");
        match place.to_ascii_lowercase().as_str() {
            "zh" | "zh_cn" | "zh_sg" | "zh_hans" | "zh_hans_cn" | "zh_hans_sg" => Language::Chinese,
            _ => Language::English,
        }
    }
}

thread_local! {
    static SPOKEN: Cell<Language> = const { Cell::new(Language::English) };
}

/// Does something while texts are in a language; what it calls need not be told.
pub fn speaking<T>(language: Language, what: impl FnOnce() -> T) -> T {
    struct Before(Language);
    impl Drop for Before {
        fn drop(&mut self) {
            SPOKEN.set(self.0);
        }
    }
    let _before = Before(SPOKEN.replace(language));
    what()
}

/// Speaks a language on this thread from now on: for a command that says everything to one person, and waits in
/// between. A future that is waited for with `block_on` stays on the thread that does.
pub fn speak(language: Language) {
    SPOKEN.set(language);
}

/// The language of the texts that are made now.
pub fn spoken() -> Language {
    SPOKEN.get()
}

/// The files of the translation, by the part of the program that the texts are of.
const CHINESE: [(&str, &str); 5] = [
    ("screen.toml", include_str!("../assets/texts/zh-CN/screen.toml")),
    ("keys.toml", include_str!("../assets/texts/zh-CN/keys.toml")),
    ("presence.toml", include_str!("../assets/texts/zh-CN/presence.toml")),
    ("delivery.toml", include_str!("../assets/texts/zh-CN/delivery.toml")),
    ("doctor.toml", include_str!("../assets/texts/zh-CN/doctor.toml")),
];

static TRANSLATED: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let read = |(_, text): &(_, &str)| toml::from_str::<HashMap<String, String>>(text).unwrap_or_default();
    CHINESE.iter().flat_map(read).collect()
});

/// A text in the language spoken; as it is where there is no translation.
pub fn say(text: &'static str) -> &'static str {
    match spoken() {
        Language::English => text,
        Language::Chinese => TRANSLATED.get(text).map_or(text, String::as_str),
    }
}

/// The parts of a word between which a line may end: beside characters of two columns, but not before a mark that
/// closes nor behind one that opens.
pub fn breakable(word: &str) -> Vec<&str> {
    const CLOSING: &str = "，。：；！？、）」』”’…,.:;!?)";
    const OPENING: &str = "（「『“‘(";
    let mut parts = Vec::new();
    let mut start = 0;
    for ((_, before), (at, after)) in word.char_indices().zip(word.char_indices().skip(1)) {
        let is_wide = [before, after].iter().any(|c| c.width() == Some(2));
        if is_wide && !OPENING.contains(before) && !CLOSING.contains(after) {
            parts.extend(word.get(start..at));
            start = at;
        }
    }
    parts.extend(word.get(start..));
    parts
}

/// Puts values in the places of a translated text that are named after them: `{users}`.
#[doc(hidden)]
pub fn filled(text: &'static str, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::new();
    let mut rest = say(text);
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        if let Some((_, value)) = values.iter().find(|(it, _)| *it == name) {
            // Writing to a string cannot fail.
            _ = write!(filled, "{value}");
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// A text in the language spoken: as it is (`&'static str`), or with values in it (`String`), each named in the text:
/// `say!("{users} of {all} users", users, all = list.len())`. The names are checked when the program is built.
#[macro_export]
macro_rules! say {
    ($text:literal) => {
        $crate::language::say($text)
    };
    ($text:literal, $($name:ident $(= $value:expr)?),+ $(,)?) => {{
        $(let $name = &$crate::say!(@value $name $(= $value)?);)+
        match $crate::language::spoken() {
            $crate::language::Language::English => format!($text),
            $crate::language::Language::Chinese => {
                $crate::language::filled($text, &[$((stringify!($name), $name as &dyn std::fmt::Display)),+])
            }
        }
    }};
    (@value $name:ident = $value:expr) => { $value };
    (@value $name:ident) => { $name };
}

/// Marks a text of a table that [`say`] puts into the language where it is shown.
#[macro_export]
macro_rules! words {
    ($text:literal) => {
        $text
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Every text of `say!` and `words!` in the sources, with the file it is in.
    fn texts_of_the_sources() -> Vec<(String, String)> {
        let mut texts = Vec::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with("language.rs") {
                    let source = fs::read_to_string(&path).unwrap();
                    let file = path.display().to_string();
                    texts.extend(texts_of(&source, &file).map(|text| (text, file.clone())));
                }
            }
        }
        texts
    }

    fn texts_of<'a>(source: &'a str, file: &'a str) -> impl Iterator<Item = String> + 'a {
        let marks = ["say!(", "words!("];
        let literals = marks
            .into_iter()
            .flat_map(|mark| source.match_indices(mark).map(move |(at, _)| at + mark.len()))
            .map(move |at| source[at..].trim_start());
        // A table's own macro has a place for the text of each row.
        literals.filter(|literal| !literal.starts_with('$')).map(move |literal| {
            let inside = literal.strip_prefix('"').unwrap_or_else(|| {
                panic!("{file}: no literal: {}", literal.lines().next().unwrap_or_default())
            });
            unescaped(inside)
        })
    }

    /// The text of a string literal, from behind its first quote on.
    fn unescaped(literal: &str) -> String {
        let mut text = String::new();
        let mut chars = literal.chars();
        loop {
            match chars.next().unwrap() {
                '"' => return text,
                '\\' => match chars.next().unwrap() {
                    'n' => text.push('\n'),
                    '\n' => chars = chars.as_str().trim_start().chars(),
                    other => text.push(other),
                },
                other => text.push(other),
            }
        }
    }

    /// The names of the places in a text, without what is said of their format.
    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{')
            .skip(1)
            .filter_map(|after| after.split('}').next())
            .map(|it| it.split(':').next().unwrap_or(it))
            .collect()
    }

    #[test]
    fn every_file_of_the_translation_is_read() {
        for (name, text) in CHINESE {
            let read = toml::from_str::<HashMap<String, String>>(text);
            assert!(read.is_ok(), "{name}: {}", read.unwrap_err());
        }
        let texts =
            CHINESE.iter().map(|(_, text)| toml::from_str::<HashMap<String, String>>(text).unwrap().len());
        assert_eq!(texts.sum::<usize>(), TRANSLATED.len(), "a text stands in two files");
    }

    #[test]
    fn every_text_has_a_translation_and_every_translation_a_text() {
        let sources = texts_of_the_sources();
        let missing: BTreeSet<String> = sources
            .iter()
            .filter(|(text, _)| !TRANSLATED.contains_key(text))
            .map(|(text, file)| format!("{text:?} = \"\"   # {file}"))
            .collect();
        assert!(missing.is_empty(), "{} without:\n{}", missing.len(), Vec::from_iter(missing).join("\n"));
        let known: BTreeSet<&str> = sources.iter().map(|(text, _)| text.as_str()).collect();
        let unused: Vec<&String> = TRANSLATED.keys().filter(|text| !known.contains(text.as_str())).collect();
        assert!(unused.is_empty(), "no source says: {unused:#?}");
    }

    #[test]
    fn a_translation_has_the_places_of_its_text_and_is_chinese() {
        for (text, translated) in &*TRANSLATED {
            assert_eq!(places(text), places(translated), "{text:?} = {translated:?}");
            assert!(!translated.contains("{:"), "a place has no format in a translation: {translated:?}");
            assert!(!translated.is_empty(), "{text:?}");
        }
    }

    #[test]
    fn what_is_spoken_ends_with_what_was_done() {
        assert_eq!(say!("too small"), "too small");
        speaking(Language::Chinese, || {
            assert_eq!(say!("too small"), "窗口太小");
            speaking(Language::English, || assert_eq!(say!("too small"), "too small"));
            assert_eq!(spoken(), Language::Chinese);
        });
        assert_eq!(spoken(), Language::English);
    }

    #[test]
    fn values_stand_where_the_language_has_them() {
        let (users, all) = (3, 5);
        assert_eq!(say!("{users} users are watched now", users), "3 users are watched now");
        speaking(Language::Chinese, || {
            assert_eq!(say!("{users} users are watched now", users = all), "现在监视 5 个用户");
        });
    }

    #[test]
    fn a_locale_speaks_chinese_where_it_is_written_in_its_simplified_form() {
        for locale in ["zh_CN.UTF-8", "zh", "zh_SG", "zh-Hans-CN", "zh_CN.GB18030@x"] {
            assert_eq!(Language::of_locale(locale), Language::Chinese, "{locale}");
        }
        for locale in ["", "C.UTF-8", "en_US", "zh_TW.UTF-8", "zh_HK"] {
            assert_eq!(Language::of_locale(locale), Language::English, "{locale}");
        }
        assert_eq!(Language::of_tag("ZH-cn"), Some(Language::Chinese));
        assert_eq!(Language::of_tag("de"), None);
    }
}
