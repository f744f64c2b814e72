//! A column as runs of the same value: most of a large list are offline since the same answer, and cost
//! next to nothing where the column is written down.

use std::cmp::Ordering;
use std::fmt::Write as _;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::presence::status::Word;
use crate::presence::time::Since;
use crate::presence::written::{parsed, refused};

/// A column, as so many of the same value in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs<T>(Vec<(u32, T)>);

impl<T: PartialEq> FromIterator<T> for Runs<T> {
    fn from_iter<I: IntoIterator<Item = T>>(column: I) -> Runs<T> {
        let mut runs: Vec<(u32, T)> = Vec::new();
        for value in column {
            match runs.last_mut() {
                Some((count, last)) if *last == value => *count += 1,
                _ => runs.push((1, value)),
            }
        }
        Runs(runs)
    }
}

impl<T: Copy> Runs<T> {
    /// The values, each as often as it is there; there may be any number.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.0.iter().flat_map(|(count, value)| std::iter::repeat_n(*value, *count as usize))
    }

    /// The column of so many users. No more room is ever taken, whatever the runs say.
    ///
    /// # Errors
    /// There are more, or less; as the end of a sentence.
    pub(super) fn spread(&self, users: usize) -> Result<Vec<T>, &'static str> {
        match self.0.iter().map(|(count, _)| *count as usize).sum::<usize>().cmp(&users) {
            Ordering::Greater => Err("more users than the watch list has"),
            Ordering::Less => Err("the number of users is not that of the watch list"),
            Ordering::Equal => {
                let mut column = Vec::with_capacity(users);
                column.extend(self.iter());
                Ok(column)
            }
        }
    }
}

/// `[so many users in a row, before, after]`.
impl Serialize for Runs<Since> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(count, since)| (count, since.before_ms, since.after_ms)))
    }
}

impl<'de> Deserialize<'de> for Runs<Since> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Runs<Since>, D::Error> {
        let runs = Vec::<(u32, u64, Option<u64>)>::deserialize(deserializer)?.into_iter();
        let read = |(count, before_ms, after_ms)| {
            let since = Since { after_ms, before_ms };
            since.in_bounds().map(|()| (count, since)).map_err(refused)
        };
        Ok(Runs(runs.map(read).collect::<Result<_, _>>()?))
    }
}

/// What stands for a word.
const LETTERS: [(char, Word); Word::COUNT] = [
    ('s', Word::Silent),
    ('n', Word::Offline),
    ('f', Word::Online),
    ('b', Word::Background),
    ('d', Word::Doubtful),
    ('u', Word::Unregistered),
    ('c', Word::Unchecked),
    ('m', Word::Sampled),
];

/// A letter for each user, with a number before it for so many in a row.
impl Serialize for Runs<Word> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        for (count, word) in &self.0 {
            if *count > 1 {
                let _ = write!(text, "{count}"); // to a String: cannot fail
            }
            text.extend(LETTERS.iter().find(|(_, it)| it == word).map(|(letter, _)| letter));
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Runs<Word> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Runs<Word>, D::Error> {
        parsed(deserializer, |text| {
            let (mut runs, mut count) = (Vec::new(), None);
            for letter in text.chars() {
                if let Some(digit) = letter.to_digit(10) {
                    count = Some(count.unwrap_or(0_u32).saturating_mul(10).saturating_add(digit));
                    continue;
                }
                let word = LETTERS.iter().find(|(it, _)| *it == letter).map(|(_, word)| *word);
                let word = word.ok_or("a letter that stands for nothing among the words of users")?;
                runs.push((count.take().unwrap_or(1), word));
            }
            Ok(Runs(runs))
        })
    }
}
