//! What an answer's shape and headers say of the release, and what in it does not belong there.

use super::step::{Outcome, Part, Step};
use crate::language;
use crate::presence::{Observation, WireShape};
use crate::say;

/// Judges a good answer.
pub(super) fn judge(observation: &Observation) -> Step {
    let Some(hints) = observation.hints.as_deref() else {
        return Step::skipped(Part::Shape, say!("no answer to look at"));
    };
    let seen = match (hints.http_id, hints.shape) {
        (true, _) => say!("an answer as the main branch gives it"),
        (false, Some(WireShape::Numbers)) => {
            say!("an answer as v3.8.1 and later give it: states are numbers")
        }
        (false, Some(WireShape::Words)) => say!("an answer as v3.8.0 and earlier give it: states are words"),
        (false, None) => say!("an answer without a state in it, which says nothing about the release"),
    };
    let mut step = Step::ok(Part::Shape, seen);
    for (name, words) in hints.words() {
        step = step.detail(say!("{name}: {value}", name = language::say(name), value = words));
    }
    if hints.shape == Some(WireShape::Words) {
        step = step.but(
            Outcome::Note,
            say!(
                "nothing to do: imtop reads it, but it is an old release; its logins and lists differ in part"
            ),
        );
    }
    let odd = observation.oddities;
    let foreign = match odd.foreign {
        0 => None,
        1 => Some(say!("1 entry about a user who was not asked about").to_owned()),
        number => Some(say!("{number} entries about users who were not asked about", number)),
    };
    let repeated = match odd.repeated {
        0 => None,
        1 => Some(say!("1 entry about a user who had one already").to_owned()),
        number => Some(say!("{number} entries about users who had one already", number)),
    };
    let unreadable = match odd.unreadable {
        0 => None,
        1 => Some(say!("1 entry that could not be read").to_owned()),
        number => Some(say!("{number} entries that could not be read", number)),
    };
    let odd: Vec<String> = [foreign, repeated, unreadable].into_iter().flatten().collect();
    if !odd.is_empty() {
        step = step.but(
            Outcome::Warning,
            say!("they are ignored; the cause may be a proxy that mixes up answers, or a changed server"),
        );
    }
    odd.into_iter().fold(step, Step::detail)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::openim::Asked;
    use crate::presence::{Answer, Hints, Oddities};

    fn judged(hints: Hints, oddities: Oddities) -> Step {
        let seen = Asked::sockets(0).answered(1, Ok(Answer::Same));
        judge(&Observation { oddities, hints: Some(Arc::new(hints)), ..seen })
    }

    #[test]
    fn the_release_is_told_by_the_shape() {
        let of = |shape| judged(Hints { shape, ..Hints::default() }, Oddities::default());
        assert_eq!(of(Some(WireShape::Numbers)).outcome, Outcome::Ok);
        assert!(of(Some(WireShape::Numbers)).details.contains(&"release: v3.8.1 or later".to_owned()));
        assert_eq!(of(Some(WireShape::Words)).outcome, Outcome::Note);
        assert_eq!(of(None).outcome, Outcome::Ok);
    }

    #[test]
    fn oddities_are_counted() {
        let odd = Oddities { foreign: 1, repeated: 0, unreadable: 2 };
        let step = judged(Hints::default(), odd);
        assert_eq!(step.outcome, Outcome::Warning);
        assert_eq!(
            step.details,
            ["1 entry about a user who was not asked about", "2 entries that could not be read"]
        );
        assert_eq!(step.advice.len(), 1);
    }
}
