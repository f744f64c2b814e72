//! From keys to actions: what was pressed, which rows of the table fit, what to wait for.

use std::fmt;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{ACTIONS, Action, ActionRow, Scope};

/// A key with its modifiers, as bindings name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyPress {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
}

/// Keys with a name, beside those that are a character.
const NAMED: [(&str, KeyCode); 26] = [
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Space", KeyCode::Char(' ')),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Tab", KeyCode::Tab),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("F1", KeyCode::F(1)),
    ("F2", KeyCode::F(2)),
    ("F3", KeyCode::F(3)),
    ("F4", KeyCode::F(4)),
    ("F5", KeyCode::F(5)),
    ("F6", KeyCode::F(6)),
    ("F7", KeyCode::F(7)),
    ("F8", KeyCode::F(8)),
    ("F9", KeyCode::F(9)),
    ("F10", KeyCode::F(10)),
    ("F11", KeyCode::F(11)),
    ("F12", KeyCode::F(12)),
];

impl KeyPress {
    /// Takes what the terminal reports. Full-width forms of a Chinese or Japanese input method act
    /// as the key that they stand for. Shift is part of a character already.
    pub fn from_event(event: KeyEvent) -> KeyPress {
        let code = match event.code {
            KeyCode::Char('\u{3000}') => KeyCode::Char(' '),
            KeyCode::Char(c @ '\u{ff01}'..='\u{ff5e}') => {
                KeyCode::Char(char::from_u32(c as u32 - 0xfee0).unwrap_or(c))
            }
            code => code,
        };
        KeyPress {
            code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
        }
    }

    /// Reads `x`, `Enter`, `Ctrl-d`; names in any case, full-width forms as the key that they stand for.
    pub fn parse(text: &str) -> Option<KeyPress> {
        let after = |prefix: &str| {
            let (head, rest) = text.split_at_checked(prefix.len())?;
            (head.eq_ignore_ascii_case(prefix) && !rest.is_empty()).then_some(rest)
        };
        if let Some(rest) = after("Ctrl-") {
            let key = KeyPress { ctrl: true, ..KeyPress::parse(rest)? };
            return Some(key.as_terminals_send_it());
        }
        if let Some(rest) = after("Alt-") {
            return Some(KeyPress { alt: true, ..KeyPress::parse(rest)? });
        }
        if let Some((_, code)) = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return Some(KeyPress { code: *code, ctrl: false, alt: false });
        }
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Some(KeyPress::from_event(KeyEvent::from(KeyCode::Char(c)))),
            _ => None,
        }
    }

    /// A terminal does not tell upper from lower case under Ctrl, nor some letters from other keys.
    fn as_terminals_send_it(self) -> KeyPress {
        let plain = |code| KeyPress { code, ctrl: false, ..self };
        match self.code {
            KeyCode::Char('i' | 'I') => plain(KeyCode::Tab),
            KeyCode::Char('m' | 'M') => plain(KeyCode::Enter),
            KeyCode::Char('[') => plain(KeyCode::Esc),
            KeyCode::Char(c) => KeyPress { code: KeyCode::Char(c.to_ascii_lowercase()), ..self },
            _ => self,
        }
    }

    /// The character that it types, where it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

impl fmt::Display for KeyPress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, code) => write!(f, "{code}"),
        }
    }
}

/// Whether a character comes from an input method that is to be switched off for keys.
pub(super) fn is_cjk(c: char) -> bool {
    matches!(c as u32,
        0x1100..=0x11ff | 0x2e80..=0x9fff | 0xa960..=0xa97f | 0xac00..=0xd7ff
        | 0xf900..=0xfaff | 0xfe30..=0xfe4f | 0xff00..=0xffef | 0x20000..=0x3ffff)
}

/// What a key means at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Do this.
    Act(Action),
    /// The first of several keys.
    Begins,
    /// No action.
    Nothing,
}

/// Which keys do what.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<Bound>,
}

/// Keys of an action, one after the other.
pub(super) type Bound = (Vec<KeyPress>, &'static ActionRow);

impl Default for Keymap {
    fn default() -> Keymap {
        Keymap { bindings: ACTIONS.iter().flat_map(defaults_of).collect() }
    }
}

/// The keys that an action has as long as nobody says otherwise.
pub(super) fn defaults_of(row: &'static ActionRow) -> impl Iterator<Item = Bound> {
    row.keys.iter().map(move |keys| (keys.split(' ').filter_map(KeyPress::parse).collect(), row))
}

impl Keymap {
    /// Takes bindings that were checked already, in the order of [`ACTIONS`].
    pub(super) fn of(bindings: Vec<Bound>) -> Keymap {
        Keymap { bindings }
    }

    /// What the keys pressed so far mean, in the list, another view or a prompt.
    pub(super) fn meaning(&self, pressed: &[KeyPress], place: Scope) -> Meaning {
        let mut begins = false;
        for (keys, row) in self.at(place) {
            if keys.as_slice() == pressed {
                return Meaning::Act(row.action);
            }
            begins |= keys.starts_with(pressed);
        }
        if begins { Meaning::Begins } else { Meaning::Nothing }
    }

    /// The first binding of each action that works at this place, after the keys pressed so far.
    pub fn continuations<'a>(
        &'a self,
        pressed: &'a [KeyPress],
        place: Scope,
    ) -> impl Iterator<Item = (&'a [KeyPress], &'static ActionRow)> {
        let mut last = None;
        self.at(place).filter_map(move |(keys, row)| {
            let rest = keys.strip_prefix(pressed)?;
            let first = last.replace(row.action) != Some(row.action);
            first.then_some((rest, *row))
        })
    }

    /// The keys of an action, as they are shown: `zR`, `Ctrl-d`.
    pub fn keys_of(&self, action: Action) -> Vec<String> {
        let own = self.bindings.iter().filter(|(_, row)| row.action == action);
        own.map(|(keys, _)| keys.iter().map(ToString::to_string).collect()).collect()
    }

    /// The first keys of an action; `None` where it has none.
    pub fn first_of(&self, action: Action) -> Option<String> {
        self.keys_of(action).into_iter().next()
    }

    fn at(&self, place: Scope) -> impl Iterator<Item = &Bound> {
        self.bindings.iter().filter(move |(_, row)| match row.scope {
            Scope::Everywhere => true,
            Scope::Views => matches!(place, Scope::Users | Scope::Views),
            scope => scope == place,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(keys: &str) -> Vec<KeyPress> {
        keys.split(' ').map(|key| KeyPress::parse(key).unwrap()).collect()
    }

    #[test]
    fn keys_read_as_they_are_written() {
        for key in ["x", "Ctrl-d", "PgDn", "Space", "Alt-x", "?", "-"] {
            assert_eq!(KeyPress::parse(key).unwrap().to_string(), key);
        }
        for nothing in ["xy", "", "Ctrl-", "F13", "Ctrl-xy"] {
            assert_eq!(KeyPress::parse(nothing), None, "{nothing}");
        }
        for (written, key) in [("ctrl-D", "Ctrl-d"), ("esc", "Esc"), ("？", "?"), ("Ctrl-i", "Tab")] {
            assert_eq!(KeyPress::parse(written).unwrap().to_string(), key);
        }
    }

    #[test]
    fn a_key_means_what_its_place_gives_it() {
        let keymap = Keymap::default();
        assert_eq!(keymap.meaning(&press("Enter"), Scope::Users), Meaning::Act(Action::Detail));
        assert_eq!(keymap.meaning(&press("Enter"), Scope::Prompt), Meaning::Act(Action::Accept));
        assert_eq!(keymap.meaning(&press("!"), Scope::Views), Meaning::Nothing);
        assert_eq!(keymap.meaning(&press("z"), Scope::Users), Meaning::Begins);
        assert_eq!(keymap.meaning(&press("z R"), Scope::Users), Meaning::Act(Action::ExpandAll));
        assert_eq!(keymap.meaning(&press("z x"), Scope::Users), Meaning::Nothing);
        assert_eq!(keymap.meaning(&press("q"), Scope::Prompt), Meaning::Nothing);
        assert_eq!(keymap.meaning(&press("Ctrl-c"), Scope::Prompt), Meaning::Act(Action::Quit));
    }

    #[test]
    fn full_width_forms_act_as_their_key() {
        for (typed, key) in [('？', "?"), ('／', "/"), ('！', "!"), ('\u{3000}', "Space"), ('ｑ', "q")] {
            let event = KeyEvent::new(KeyCode::Char(typed), KeyModifiers::NONE);
            assert_eq!(KeyPress::from_event(event), KeyPress::parse(key).unwrap());
        }
        assert!(is_cjk('王') && is_cjk('ひ') && is_cjk('한') && !is_cjk('é') && !is_cjk('я'));
    }
}
