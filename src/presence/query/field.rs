//! The fields of the language and the words that they take, in one table for parsing, completing and messages.

use std::borrow::Cow;

use super::expression::{StateWord, TokenState};
use super::lexer::Operator;
use crate::presence::{Platform, Rule, Severity};
use crate::{say, words};

/// What a condition can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presence) enum Field {
    State,
    Platform,
    Conns,
    Bg,
    Exp,
    Age,
    Since,
    Flips,
    Reconnects,
    Finding,
    Group,
    Label,
    Id,
}

/// Every field with its name and what it is about.
pub(super) const FIELDS: [(Field, &str, &str); 13] = [
    (Field::State, "state", words!("presence, or stale data")),
    (Field::Platform, "platform", words!("platform of a connection")),
    (Field::Conns, "conns", words!("number of connections")),
    (Field::Bg, "bg", words!("number of connections in background")),
    (Field::Exp, "exp", words!("time until the soonest token expires")),
    (Field::Age, "age", words!("time since the last answer")),
    (Field::Since, "since", words!("time in the present state")),
    (Field::Flips, "flips", words!("times gone online or offline")),
    (Field::Reconnects, "reconnects", words!("times a client reconnected")),
    (Field::Finding, "finding", words!("rule or severity of a finding")),
    (Field::Group, "group", words!("group of the watch list")),
    (Field::Label, "label", words!("label of the watch list")),
    (Field::Id, "id", words!("user ID")),
];

/// The values of `state`: word, short word or nothing, meaning.
pub(in crate::presence) const STATES: [(&str, &str, StateWord); 6] = [
    ("online", "on", StateWord::Online),
    ("background", "bg", StateWord::Background),
    ("offline", "off", StateWord::Offline),
    ("unknown", "unk", StateWord::Unknown),
    ("unregistered", "", StateWord::Unregistered),
    ("stale", "", StateWord::Stale),
];

/// The words that `exp` takes.
pub(super) const TOKEN_STATES: [(&str, TokenState); 4] = [
    ("expired", TokenState::Expired),
    ("never", TokenState::Never),
    ("none", TokenState::Absent),
    ("unreadable", TokenState::Unreadable),
];

/// The rules that make findings.
pub(super) const RULES: [&str; Rule::ALL.len()] = {
    let mut names = [""; Rule::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = Rule::ALL[at].name();
        at += 1;
    }
    names
};

/// How bad a finding can be.
pub(super) const SEVERITIES: [&str; 3] =
    [Severity::Critical.name(), Severity::Warning.name(), Severity::Info.name()];

const ORDER: [Operator; 4] = [Operator::Less, Operator::AtMost, Operator::More, Operator::AtLeast];
const CHOICE: [Operator; 2] = [Operator::Equal, Operator::NotEqual];
const NAME: [Operator; 3] = [Operator::Equal, Operator::NotEqual, Operator::Matches];
/// The heads of columns, as names of what stands in them.
const ALIASES: [(&str, &str); 7] = [
    ("user", "id"),
    ("presence", "state"),
    ("platforms", "platform"),
    ("connections", "conns"),
    ("token", "exp"),
    ("findings", "finding"),
    ("background", "bg"),
];

impl Field {
    /// The field of that name, letter case ignored.
    pub(in crate::presence) fn find(name: &str) -> Option<Field> {
        let name =
            ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name)).map_or(name, |(_, name)| name);
        FIELDS.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name)).map(|(field, ..)| *field)
    }

    /// As it is written.
    pub(in crate::presence) fn name(self) -> &'static str {
        FIELDS.iter().find(|(field, ..)| *field == self).map_or("", |(_, name, _)| name)
    }

    /// The operators that make sense with it.
    pub(super) fn operators(self) -> &'static [Operator] {
        match self {
            Field::State => &CHOICE,
            Field::Platform | Field::Finding | Field::Group | Field::Label | Field::Id => &NAME,
            Field::Conns | Field::Bg | Field::Flips | Field::Reconnects | Field::Exp => &Operator::OF_FIGURES,
            Field::Age | Field::Since => &ORDER,
        }
    }

    /// What it is compared with, as in `expected a count such as 3`.
    pub(super) fn takes(self) -> &'static str {
        match self {
            Field::State => say!("a state such as online"),
            Field::Platform => say!("a platform such as android"),
            Field::Conns | Field::Bg | Field::Flips | Field::Reconnects => say!("a count such as 3"),
            Field::Exp => say!("a time such as 24h, expired, never, none or unreadable"),
            Field::Age | Field::Since => say!("a time such as 90s, 5m, 24h, 7d or 2w"),
            Field::Finding => say!("a rule such as token-expired, a severity, any or none"),
            Field::Group => say!("the name of a group, or none"),
            Field::Label => say!("a label, or none"),
            Field::Id => say!("a user ID"),
        }
    }
}

impl StateWord {
    /// As it is written in full.
    pub(in crate::presence) fn name(self) -> &'static str {
        STATES.iter().find(|(.., known)| *known == self).map_or("", |(name, ..)| name)
    }
}

/// The state of that word or short word, letter case ignored.
pub(in crate::presence) fn state(word: &str) -> Option<StateWord> {
    let known = |known: &str| known.eq_ignore_ascii_case(word);
    let named =
        |(full, short, _): &&(&str, &str, StateWord)| known(full) || (!short.is_empty() && known(short));
    STATES.iter().find(named).map(|(.., state)| *state)
}

/// The platform of that name, short name, name on the wire or number.
pub(super) fn platform(word: &str) -> Option<Platform> {
    let short_number = word.strip_prefix(['p', 'P']).unwrap_or(word);
    if let Ok(number) = word.parse().or_else(|_| short_number.parse()) {
        return Some(Platform(number));
    }
    platforms().find(|platform| platform_names(*platform).iter().any(|name| name.eq_ignore_ascii_case(word)))
}

/// The platforms that have a name.
pub(super) fn platforms() -> impl Iterator<Item = Platform> {
    (1..).map(Platform).take_while(|platform| platform.wire_name().is_some())
}

/// Every name of a platform.
pub(super) fn platform_names(platform: Platform) -> [Cow<'static, str>; 3] {
    [platform.name(), platform.short(), platform.wire_name().unwrap_or_default().into()]
}

/// The word for a platform in a query: its name if that is one word.
pub(super) fn platform_word(platform: Platform) -> Cow<'static, str> {
    let name = platform.name();
    if name.contains(' ') { platform.short() } else { name }
}

/// Which of `words` is nearest to `typed`; `None` where none is near.
pub(in crate::presence) fn nearest<'w>(
    typed: &str,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    let typed = typed.to_lowercase();
    let length = typed.chars().count();
    // Beyond one error in three letters a guess is a guess.
    let limit = (length / 3).clamp(1, 3);
    if !(2..=40).contains(&length) {
        return None;
    }
    let near = |word: &'w str| {
        let known = word.to_lowercase();
        let distance = strsim::damerau_levenshtein(&typed, &known);
        let begun = known.starts_with(&typed);
        (begun || (distance <= limit && distance < length)).then_some((!begun, distance, word))
    };
    words
        .into_iter()
        .filter_map(near)
        .min_by_key(|(begun, distance, _)| (*begun, *distance))
        .map(|(.., word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_is_found_by_each_of_its_names() {
        assert_eq!(platforms().count(), 12);
        for platform in platforms() {
            for name in platform_names(platform) {
                assert_eq!(super::platform(&name.to_uppercase()), Some(platform), "{name}");
            }
            assert_eq!(super::platform(&platform_word(platform)), Some(platform));
        }
        assert_eq!(super::platform("13"), Some(Platform(13)));
        assert_eq!(super::platform("p13"), Some(Platform(13)));
        assert_eq!(super::platform("toaster"), None);
    }

    #[test]
    fn a_slip_of_the_finger_is_seen_and_another_word_is_not() {
        let names = || FIELDS.iter().map(|(_, name, _)| *name);
        assert_eq!(nearest("platfrom", names()), Some("platform"));
        assert_eq!(nearest("plat", names()), Some("platform"));
        assert_eq!(nearest("grp", names()), None);
        assert_eq!(nearest("gruop", names()), Some("group"));
        assert_eq!(nearest("user", names()), None);
    }

    #[test]
    fn the_table_names_every_field_once() {
        for (field, name, _) in FIELDS {
            assert_eq!(Field::find(&name.to_uppercase()), Some(field));
            assert_eq!(field.name(), name);
        }
    }
}
