//! Keys of the user's own: reading what a configuration binds, and refusing what can't work.

use super::action::{ACTIONS, Action, ActionRow, Scope};
use super::keymap::{Bound, KeyPress, Keymap, defaults_of};
use super::nearest::nearest;

/// What a configuration binds: the name of an action, its keys (several in a row with blanks between),
/// and where that is written: `FILE:LINE`.
pub type Binding = (String, Vec<String>, String);

/// Actions that keep their keys: the way out must not depend on a file.
const FIXED: [Action; 2] = [Action::Quit, Action::Suspend];

/// Actions without which nobody would find out of a prompt.
const NEEDED: [Action; 2] = [Action::Accept, Action::Cancel];

/// Keys of an action, and where they are bound; `None`: by default.
struct Placed<'a> {
    bound: Bound,
    place: Option<&'a str>,
}

impl Placed<'_> {
    fn keys(&self) -> String {
        self.bound.0.iter().map(ToString::to_string).collect()
    }

    /// `pause, bound at imtop.toml:3`, or `pause by default`.
    fn owner(&self) -> String {
        match self.place {
            Some(place) => format!("`{}`, bound at {place}", self.bound.1.name),
            None => format!("`{}` by default", self.bound.1.name),
        }
    }
}

impl Keymap {
    /// The default keys with these bindings in the place of those of the same actions. An action with
    /// an empty list of keys has none.
    ///
    /// # Errors
    /// One sentence for each mistake: an unknown action, a key that can't be read, keys that mean two
    /// things at one place.
    pub fn with(bindings: &[Binding]) -> Result<Keymap, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut own: Vec<(&ActionRow, &str)> = Vec::new();
        let mut placed: Vec<Placed<'_>> = Vec::new();
        for (name, keys, place) in bindings {
            let Some(row) = ACTIONS.iter().find(|row| row.name == name) else {
                mistakes.push(unknown(name, place));
                continue;
            };
            if let Some((_, other)) = own.iter().find(|(bound, _)| bound.action == row.action) {
                mistakes.push(format!("{place}: `{name}` is bound at {other} already"));
                continue;
            }
            own.push((row, place));
            if FIXED.contains(&row.action) {
                let keys = row.keys.join(" ");
                mistakes.push(format!("{place}: `{name}` is always {keys} and can't be bound"));
            } else if keys.is_empty() && NEEDED.contains(&row.action) {
                mistakes.push(format!("{place}: `{name}` needs a key, or nobody gets out of a prompt"));
            }
            for keys in keys {
                match read(keys, row) {
                    Ok(keys) => placed.push(Placed { bound: (keys, row), place: Some(place) }),
                    Err(why) => mistakes.push(format!("{place}: {why}")),
                }
            }
        }
        let untouched = ACTIONS.iter().filter(|row| !own.iter().any(|(own, _)| own.action == row.action));
        placed.extend(untouched.flat_map(defaults_of).map(|bound| Placed { bound, place: None }));
        for (at, one) in placed.iter().enumerate().filter(|(_, one)| one.place.is_some()) {
            mistakes.extend(placed.iter().skip(at + 1).filter_map(|other| conflict(one, other)));
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let order = |placed: &Placed<'_>| {
            ACTIONS.iter().position(|row| row.action == placed.bound.1.action).unwrap_or(ACTIONS.len())
        };
        placed.sort_by_key(order);
        let mut bindings: Vec<Bound> = placed.into_iter().map(|placed| placed.bound).collect();
        bindings.dedup_by(|one, other| one.0 == other.0 && one.1.action == other.1.action);
        Ok(Keymap::of(bindings))
    }
}

fn unknown(name: &str, place: &str) -> String {
    match nearest(name, ACTIONS.iter().map(|row| row.name)) {
        Some(meant) => format!("{place}: there is no action `{name}`; is `{meant}` meant?"),
        None => format!("{place}: there is no action `{name}`; the help names them all"),
    }
}

/// Reads keys of an action, with a blank between those that follow one another.
fn read(text: &str, row: &ActionRow) -> Result<Vec<KeyPress>, String> {
    let mut keys = Vec::new();
    for word in text.split_whitespace() {
        let key = KeyPress::parse(word).ok_or_else(|| {
            format!(
                "`{word}` is no key: expected is a character, Ctrl-x, Alt-x, F5, Space or Enter, \
                 several with blanks between"
            )
        })?;
        keys.push(key);
    }
    if keys.is_empty() {
        return Err(format!("`{}` has a key without a name; an empty list takes its keys away", row.name));
    }
    for fixed in FIXED.iter().filter_map(|action| ACTIONS.iter().find(|row| row.action == *action)) {
        let reserved = |key: &KeyPress| fixed.keys.contains(&key.to_string().as_str());
        if keys.iter().any(reserved) {
            return Err(format!("{} is always `{}`", fixed.keys.join(" "), fixed.name));
        }
    }
    let typed = keys.first().and_then(|key| key.typed());
    if let Some(c) = typed.filter(|_| matches!(row.scope, Scope::Prompt | Scope::Everywhere)) {
        return Err(format!(
            "`{c}` can't be a key of `{}`, which works while typing: it would not be typed",
            row.name
        ));
    }
    Ok(keys)
}

/// What is wrong with two bindings beside each other.
fn conflict(one: &Placed<'_>, other: &Placed<'_>) -> Option<String> {
    let ((one_keys, row), (other_keys, other_row)) = (&one.bound, &other.bound);
    let place = one.place.unwrap_or_default();
    if !row.scope.meets(other_row.scope) {
        return None;
    }
    if one_keys == other_keys {
        let (keys, name) = (one.keys(), row.name);
        return (row.action != other_row.action)
            .then(|| format!("{place}: {keys} can't be `{name}`: it is {}", other.owner()));
    }
    let (short, long) = if one_keys.len() < other_keys.len() { (one, other) } else { (other, one) };
    let (short_keys, long_keys) = (short.keys(), long.keys());
    long.bound.0.starts_with(&short.bound.0).then(|| {
        format!(
            "{place}: {short_keys} ({}) is the beginning of {long_keys} ({})",
            short.owner(),
            long.owner()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keymap(bindings: &[(&str, &[&str])]) -> Result<Keymap, Vec<String>> {
        let bindings: Vec<Binding> = (1..)
            .zip(bindings)
            .map(|(line, (name, keys))| {
                let keys = keys.iter().map(|keys| (*keys).to_owned()).collect();
                ((*name).to_owned(), keys, format!("imtop.toml:{line}"))
            })
            .collect();
        Keymap::with(&bindings)
    }

    fn mistakes(bindings: &[(&str, &[&str])]) -> Vec<String> {
        keymap(bindings).expect_err("there is a mistake")
    }

    #[test]
    fn own_keys_take_the_place_of_the_defaults() {
        let keymap = keymap(&[("pause", &["F5", "g p"]), ("top", &["g g", "Home"]), ("mask", &[])]).unwrap();
        assert_eq!(keymap.keys_of(Action::Pause), ["F5", "gp"]);
        assert_eq!(keymap.keys_of(Action::Top), ["gg", "Home"]);
        assert_eq!(keymap.first_of(Action::Mask), None);
        assert_eq!(keymap.keys_of(Action::Help), ["?"]);
    }

    #[test]
    fn keys_can_be_swapped() {
        let keymap = keymap(&[("pause", &["x"]), ("export", &["Space", "Space"])]).unwrap();
        assert_eq!(
            (keymap.keys_of(Action::Pause), keymap.keys_of(Action::Export)),
            (vec!["x".to_owned()], vec!["Space".to_owned()])
        );
    }

    #[test]
    fn each_mistake_is_told_with_its_place() {
        let expected = "`Hyper-x` is no key: expected is a character, Ctrl-x, Alt-x, F5, Space or Enter, several \
                        with blanks between";
        for (name, keys, mistake) in [
            ("paus", "F5", "there is no action `paus`; is `pause` meant?".to_owned()),
            ("frobnicate", "F5", "there is no action `frobnicate`; the help names them all".to_owned()),
            ("pause", "Hyper-x", expected.to_owned()),
            ("pause", "", "`pause` has a key without a name; an empty list takes its keys away".to_owned()),
            ("pause", "x", "x can't be `pause`: it is `export` by default".to_owned()),
            (
                "pause",
                "y",
                "y (`pause`, bound at imtop.toml:1) is the beginning of yu (`copy-user` by default)"
                    .to_owned(),
            ),
            (
                "pause",
                "x x",
                "x (`export` by default) is the beginning of xx (`pause`, bound at imtop.toml:1)".to_owned(),
            ),
            ("pause", "Ctrl-Z", "Ctrl-z is always `suspend`".to_owned()),
            ("pause", "g Ctrl-c", "Ctrl-c is always `quit`".to_owned()),
            ("suspend", "F5", "`suspend` is always Ctrl-z and can't be bound".to_owned()),
            (
                "accept",
                "x",
                "`x` can't be a key of `accept`, which works while typing: it would not be typed".to_owned(),
            ),
        ] {
            let found = mistakes(&[(name, &[keys])]);
            assert_eq!(found.first(), Some(&format!("imtop.toml:1: {mistake}")), "{name} {keys}: {found:?}");
        }
        assert_eq!(mistakes(&[("quit", &[])]), ["imtop.toml:1: `quit` is always Ctrl-c and can't be bound"]);
        assert!(mistakes(&[("cancel", &[])])[0].contains("needs a key"));
    }

    #[test]
    fn two_bindings_that_meet_are_both_named_and_two_that_cannot_meet_are_fine() {
        assert_eq!(
            mistakes(&[("pause", &["F5"]), ("wide", &["F5"])]),
            ["imtop.toml:1: F5 can't be `pause`: it is `wide`, bound at imtop.toml:2"]
        );
        assert!(keymap(&[("pause", &["F5"]), ("delete-all", &["F5"])]).is_ok(), "one only while typing");
        assert_eq!(
            mistakes(&[("wide", &["F5"]), ("wide", &["F6"])]),
            ["imtop.toml:2: `wide` is bound at imtop.toml:1 already"]
        );
    }
}
