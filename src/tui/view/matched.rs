//! Where the words of a filter stand in a name that is shown, letter case ignored.

use super::painter::Ruler;

/// Columns of what is shown: where they begin and how many they are.
pub(super) type Span = (u16, u16);

/// Where any of `words`, which are in lower case, stands in `shown`: the whole name, or its two ends
/// around a mark where it was cut in its middle. What was cut away leaves the mark in its place.
pub(super) fn spans(ruler: Ruler, name: &str, shown: &str, words: &[String]) -> Vec<Span> {
    if words.is_empty() {
        return Vec::new();
    }
    let (head, tail) = if shown == name { (name.len(), name.len()) } else { ends(name, shown) };
    let column = |at: usize| -> u16 {
        let cut = name.len() - tail;
        match at {
            at if at <= head => ruler.width(name.get(..at).unwrap_or_default()),
            at if at < cut => ruler.width(name.get(..head).unwrap_or_default()),
            at => ruler.width(shown).saturating_sub(ruler.width(name.get(at..).unwrap_or_default())),
        }
    };
    let lower = Lower::new(name);
    let found = words.iter().flat_map(|word| lower.find(word));
    // A match that ends within what was cut away goes up to the other end of the mark.
    let end = |at: usize| if at > head && at < name.len() - tail { name.len() - tail } else { at };
    found
        .map(|(from, until)| (column(from), column(end(until))))
        .filter(|(from, until)| until > from)
        .map(|(from, until)| (from, until - from))
        .collect()
}

/// How many bytes a name and what is shown of it have in common at both ends.
fn ends(name: &str, shown: &str) -> (usize, usize) {
    let same = |(one, other): &(char, char)| one == other;
    let bytes = |(one, _): (char, char)| one.len_utf8();
    let head: usize = name.chars().zip(shown.chars()).take_while(same).map(bytes).sum();
    let tail: usize = name.chars().rev().zip(shown.chars().rev()).take_while(same).map(bytes).sum();
    // Both ends may look alike: they never meet in the middle of a name that was cut.
    (head, tail.min(name.len() - head))
}

/// A name in lower case, and where each of its bytes comes from.
struct Lower {
    text: String,
    /// Empty where both are as long, byte for byte.
    from: Vec<usize>,
    len: usize,
}

impl Lower {
    fn new(name: &str) -> Lower {
        let len = name.len();
        if name.is_ascii() {
            return Lower { text: name.to_ascii_lowercase(), from: Vec::new(), len };
        }
        let (mut text, mut from) = (String::with_capacity(len), Vec::with_capacity(len));
        for (at, c) in name.char_indices() {
            text.extend(c.to_lowercase());
            from.resize(text.len(), at);
        }
        Lower { text, from, len }
    }

    /// Where a word stands, in bytes of the name.
    fn find<'a>(&'a self, word: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        let places = if word.is_empty() { "" } else { self.text.as_str() }.match_indices(word);
        places.filter(|(_, found)| !found.is_empty()).map(|(at, found)| {
            let (from, until) = (at, at + found.len());
            if self.from.is_empty() {
                return (from, until);
            }
            let origin = |at: usize| self.from.get(at).copied().unwrap_or(self.len);
            (origin(from), origin(until))
        })
    }
}

#[cfg(test)]
mod tests {

    const RULER: Ruler = Ruler { ambiguous_wide: false };
    use super::*;

    fn marked(name: &str, columns: u16, words: &[&str]) -> String {
        let shown = RULER.shortened_within(name, columns, "…");
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let mut line = " ".repeat(usize::from(RULER.width(&shown)));
        for (from, columns) in spans(RULER, name, &shown, &words) {
            let (from, until) = (usize::from(from), usize::from(from + columns));
            line.replace_range(from..until, &"^".repeat(until - from));
        }
        format!("{shown}|{line}")
    }

    #[test]
    fn every_place_is_marked_whatever_the_case_and_the_script() {
        assert_eq!(marked("Bob_BOB_x", 20, &["bob"]), "Bob_BOB_x|^^^ ^^^  ");
        assert_eq!(marked("Ålice 王小明", 20, &["ål", "小"]), "Ålice 王小明|^^      ^^  ");
        assert_eq!(marked("İx", 20, &["x"]), "İx| ^", "a letter that grows in lower case");
        assert_eq!(marked("alice", 20, &["zoe", ""]), "alice|     ");
    }

    #[test]
    fn in_a_name_that_is_cut_the_ends_and_the_mark_are_marked() {
        let name = "user-0123456789-0042";
        assert_eq!(marked(name, 12, &["user"]), "user-0…-0042|^^^^        ");
        assert_eq!(marked(name, 12, &["42"]), "user-0…-0042|          ^^");
        assert_eq!(marked(name, 12, &["5678"]), "user-0…-0042|      ^     ", "nothing of it is seen");
        assert_eq!(marked(name, 12, &["0123"]), "user-0…-0042|     ^^     ");
        assert_eq!(marked(name, 12, &["9-00"]), "user-0…-0042|      ^^^^  ");
        assert_eq!(marked("aaaaaaaaaaaaaaaa", 9, &["aaaa"]).chars().filter(|c| *c == '^').count(), 9);
    }
}
