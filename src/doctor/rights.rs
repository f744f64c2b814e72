//! Whether the server lets us ask, judged by one question about one user.
//!
//! Never by an empty list: a server with several gateways accepts that from anybody.

use super::step::{Outcome, Part, Step};
use super::token::ADMIN;
use crate::presence::{FetchError, Observation, Platform};
use crate::say;

/// Judges the answer to a question about `whom`, with a token for this platform.
pub(super) fn judge(seen: &Observation, whom: &str, platform: Option<Platform>) -> Step {
    let operation = format!("operationID {}", seen.operation_id.0);
    let step = match &seen.answer {
        Ok(_) => allowed(whom, platform),
        Err(error) => refused(error),
    };
    step.detail(operation)
}

fn allowed(whom: &str, platform: Option<Platform>) -> Step {
    let step = Step::ok(Part::Rights, say!("it answers who is connected, asked about {whom}", whom));
    match platform {
        Some(platform) if platform != ADMIN => step.but(
            Outcome::Note,
            say!(
                "the token is for {platform}: a server that has no gateway at present answers anybody, and says that all \
                 are offline; if they are, check its gateways, and use an admin's token",
                platform = platform.name()
            ),
        ),
        _ => step,
    }
}

fn refused(error: &FetchError) -> Step {
    let step = Step::failed(Part::Rights, error.to_string(), error.advice());
    match error {
        FetchError::Denied { code, .. } | FetchError::Auth { code, .. } | FetchError::Api { code, .. } => {
            step.count("err_code", *code)
        }
        _ => step,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openim::Asked;
    use crate::presence::Answer;

    fn judged(answer: Result<Answer, FetchError>, platform: Platform) -> Step {
        judge(&Asked::sockets(0).answered(1, answer), "u", Some(platform))
    }

    #[test]
    fn an_answer_is_what_rights_are_judged_by() {
        assert_eq!(judged(Ok(Answer::Same), ADMIN).outcome, Outcome::Ok);
        let step = judged(Ok(Answer::Same), Platform(2));
        assert_eq!(step.outcome, Outcome::Note);
        assert!(step.advice[0].contains("no gateway"), "{:?}", step.advice);
    }

    #[test]
    fn a_refusal_names_its_code_and_what_to_do() {
        let error =
            FetchError::Denied { code: 1002, what: "NoPermissionError".into(), advice: "imAdminUser" };
        let step = judged(Err(error), ADMIN);
        assert_eq!(step.outcome, Outcome::Failed);
        assert_eq!(step.seen, "no permission: NoPermissionError (1002)");
        assert_eq!(
            (step.advice, step.figures),
            (vec!["imAdminUser".to_owned()], vec![("err_code", 1002.into())])
        );
    }
}
