//! All steps in one sentence: whether it works, and what to do first.

use super::step::{Outcome, Step};
use crate::{language, say};

/// What all steps come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The worst that any step came to; one that was skipped says nothing.
    pub outcome: Outcome,
    /// It in a sentence, with what to do first.
    pub sentence: String,
}

impl Verdict {
    /// Sums the steps up.
    pub fn of(steps: &[Step]) -> Verdict {
        let judged = || steps.iter().filter(|step| step.outcome != Outcome::Skipped);
        let outcome = judged().map(|step| step.outcome).max().unwrap_or(Outcome::Ok);
        let worst: Vec<&Step> = judged().filter(|step| step.outcome == outcome).collect();
        // Whatever is worse than good says what to do.
        let first = worst.first().map(|step| (step.part, step.advice.first().unwrap_or(&step.seen)));
        let (step, advice) = first.map_or(("", ""), |(part, advice)| (language::say(part.name()), advice));
        let sentence = match (outcome, worst.len()) {
            (Outcome::Ok | Outcome::Skipped, _) => say!("all works").to_owned(),
            (Outcome::Note, 1) => say!("all works, with 1 note; first, {step}: {advice}", step, advice),
            (Outcome::Note, number) => {
                say!("all works, with {number} notes; first, {step}: {advice}", number, step, advice)
            }
            (Outcome::Warning, 1) => say!("it works, with 1 warning; first, {step}: {advice}", step, advice),
            (Outcome::Warning, number) => {
                say!("it works, with {number} warnings; first, {step}: {advice}", number, step, advice)
            }
            (Outcome::Failed, 1) => say!("1 step failed; first, {step}: {advice}", step, advice),
            (Outcome::Failed, number) => {
                say!("{number} steps failed; first, {step}: {advice}", number, step, advice)
            }
        };
        Verdict { outcome, sentence }
    }

    /// 0 where it works, 1 where a step failed.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.outcome == Outcome::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::step::Part;
    use super::*;

    #[test]
    fn the_first_of_the_worst_says_what_to_do() {
        let ok = Step::ok(Part::Name, "x");
        let warned = Step::ok(Part::Clock, "x").but(Outcome::Warning, "set the clock");
        let failed = Step::failed(Part::Token, "x", "get a new one");
        let skipped = Step::skipped(Part::Rights, "token failed");
        let of = |steps: &[&Step]| {
            let steps: Vec<Step> = steps.iter().map(|step| (*step).clone()).collect();
            let verdict = Verdict::of(&steps);
            (verdict.exit_code(), verdict.sentence)
        };
        assert_eq!(of(&[&ok, &skipped]), (0, "all works".into()));
        assert_eq!(of(&[&ok, &warned]), (0, "it works, with 1 warning; first, clock: set the clock".into()));
        assert_eq!(
            of(&[&warned, &failed, &skipped]),
            (1, "1 step failed; first, token: get a new one".into())
        );
    }
}
