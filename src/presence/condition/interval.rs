//! A number of which only the bounds are known: what is counted for sure, and what it may turn out to be.

use std::fmt;

use crate::presence::query::{Operator, Truth};

/// A number between two bounds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// It is no less, however the unknown users turn out.
    pub surely: u64,
    /// It is no more; `None` where nothing bounds it.
    pub at_most: Option<u64>,
}

impl Bounds {
    /// A number that is known.
    pub const fn exactly(number: u64) -> Bounds {
        Bounds { surely: number, at_most: Some(number) }
    }

    /// A number that grows by up to `more`.
    pub(super) const fn up_to(surely: u64, more: u64) -> Bounds {
        Bounds { surely, at_most: Some(surely.saturating_add(more)) }
    }

    /// 1 for what holds, 0 for what does not.
    pub(super) const fn of(truth: Truth) -> Bounds {
        match truth {
            Truth::No => Bounds::exactly(0),
            Truth::Undecided => Bounds::up_to(0, 1),
            Truth::Yes => Bounds::exactly(1),
        }
    }

    /// The number, where it is known.
    pub fn known(self) -> Option<u64> {
        self.at_most.filter(|at_most| *at_most == self.surely)
    }

    /// The sum of both.
    #[must_use]
    pub(super) fn plus(self, other: Bounds) -> Bounds {
        let at_most = self.at_most.zip(other.at_most).map(|(left, right)| left.saturating_add(right));
        Bounds { surely: self.surely.saturating_add(other.surely), at_most }
    }

    /// Whether the comparison with `number` holds, however the unknown users turn out.
    pub(super) fn compare(self, sign: Operator, number: u64) -> Truth {
        compare(sign, i128::from(self.surely), self.at_most.map(i128::from), i128::from(number))
    }
}

/// Compares a figure between `least` and `most`, without a bound where that is `None`.
pub(super) fn compare(sign: Operator, least: i128, most: Option<i128>, number: i128) -> Truth {
    let most = most.unwrap_or(i128::MAX);
    match sign {
        Operator::Equal if least == most => (least == number).into(),
        Operator::Equal if number < least || number > most => Truth::No,
        Operator::Equal => Truth::Undecided,
        Operator::NotEqual => !compare(Operator::Equal, least, Some(most), number),
        // The others hold from some figure on, or up to one: the ends speak for all between them.
        _ => match (sign.holds(&least, &number), sign.holds(&most, &number)) {
            (true, true) => Truth::Yes,
            (false, false) => Truth::No,
            _ => Truth::Undecided,
        },
    }
}

impl fmt::Display for Bounds {
    /// `12`, `12 to 16`, `at least 12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at_most {
            Some(most) if most == self.surely => write!(f, "{most}"),
            Some(most) => write!(f, "{} to {most}", self.surely),
            None => write!(f, "at least {}", self.surely),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bounds_are_said_as_they_are_known() {
        let said = [Bounds::exactly(3), Bounds::up_to(3, 2), Bounds { surely: 3, at_most: None }];
        assert_eq!(said.map(|it| it.to_string()), ["3", "3 to 5", "at least 3"]);
        assert_eq!(said.map(Bounds::known), [Some(3), None, None]);
        assert_eq!(said[1].plus(said[1]), Bounds::up_to(6, 4));
        assert_eq!(said[1].plus(said[2]).at_most, None);
    }

    proptest! {
        #[test]
        fn what_is_said_of_an_interval_holds_for_each_number_in_it_and_else_for_some(
            surely in 0..6_u64, more in prop::option::of(0..4_u64), number in 0..12_u64,
            sign in prop::sample::select(Operator::OF_FIGURES.to_vec()),
        ) {
            let interval = Bounds { surely, at_most: more.map(|more| surely + more) };
            let mut each = (surely..=more.map_or(40, |more| surely + more))
                .map(|figure| sign.holds(&figure, &number));
            let expected = match (each.clone().all(|it| it), each.any(|it| it)) {
                (true, _) => Truth::Yes,
                (_, true) => Truth::Undecided,
                _ => Truth::No,
            };
            prop_assert_eq!(interval.compare(sign, number), expected);
        }
    }
}
