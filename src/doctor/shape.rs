//! What an answer's shape and headers say of the release, and what in it does not belong there.

use super::step::{Outcome, Part, Step, counted};
use crate::presence::{Observation, WireShape};

/// Judges a good answer.
pub(super) fn judge(observation: &Observation) -> Step {
    let Some(hints) = observation.hints.as_deref() else {
        return Step::skipped(Part::Shape, "nothing was heard of it");
    };
    let seen = match (hints.http_id, hints.shape) {
        (true, _) => "an answer as the main branch gives it",
        (false, Some(WireShape::Numbers)) => "an answer as v3.8.1 and later give it: states are numbers",
        (false, Some(WireShape::Words)) => "an answer as v3.8.0 and earlier give it: states are words",
        (false, None) => "an answer without a state in it, which says nothing of the release",
    };
    let mut step = Step::ok(Part::Shape, seen);
    for (name, words) in hints.words() {
        step = step.detail(format!("{name}: {words}"));
    }
    if hints.shape == Some(WireShape::Words) {
        step = step.but(
            Outcome::Note,
            "nothing to do: imtop reads it, but it is an old release; some of its login and list questions differ",
        );
    }
    let odd = observation.oddities;
    for (number, what) in [
        (odd.foreign, "about users whom nobody asked for"),
        (odd.repeated, "about users who had one already"),
        (odd.unreadable, "that could not be read"),
    ] {
        if number > 0 {
            let entries = counted(number as usize, "entry");
            step = step.detail(format!("{entries} {what}")).but(
                Outcome::Warning,
                "they are passed over; a proxy that mixes answers up, or a changed server, may be behind it",
            );
        }
    }
    step.advice.dedup();
    step
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
            ["1 entry about users whom nobody asked for", "2 entries that could not be read"]
        );
        assert_eq!(step.advice.len(), 1);
    }
}
