//! Many users lost at once, in words: the same for the screen and for `check`.

use crate::presence::{Loss, LossCause, Moment, Roster, short_age};
use crate::say;

/// Many users lost at once, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LossWords {
    /// Whether it is one for certain, and not only suspected.
    pub certain: bool,
    /// What happened, to how many, since when.
    pub what: String,
    /// The same where there is hardly any room.
    pub short: String,
    /// What that means for those users, as a sentence.
    pub meaning: &'static str,
}

/// The loss of view to speak of at `now`, and how many there are besides.
pub fn worst_loss(roster: &Roster, now: Moment) -> Option<(LossWords, usize)> {
    let losses = roster.losses();
    // The newest is what somebody has to act on; what is older is known already.
    let worst = losses.iter().max_by_key(|loss| (loss.certain.is_some(), loss.begun, loss.missing))?;
    Some((loss_words(roster, worst, now), losses.len() - 1))
}

fn loss_words(roster: &Roster, loss: &Loss, now: Moment) -> LossWords {
    let Loss { of, dropped, missing, returned, .. } = loss;
    let age = short_age(now.since(loss.begun) / 1_000);
    if loss.certain.is_none() {
        let asked = roster.witnesses().registry.is_asked();
        return LossWords {
            certain: false,
            what: match loss.after {
                Some(_) if asked => {
                    say!(
                        "view loss suspected: {dropped} of {of} users gone at once, asking Redis",
                        dropped,
                        of
                    )
                }
                Some(_) => say!(
                    "view loss suspected: {dropped} of {of} users gone at once, Redis can't be asked",
                    dropped,
                    of
                ),
                None => say!(
                    "view loss suspected: {missing} users missing from the API's answer but online in Redis",
                    missing
                ),
            },
            short: say!("view loss suspected: {dropped} users", dropped),
            meaning: say!("Until more is known, nobody of them is called offline."),
        };
    }
    let gateway = match &loss.gateway {
        Some(address) => say!("GATEWAY {address}", address),
        None => say!("A GATEWAY").to_owned(),
    };
    let (what, short, meaning) = match loss.cause {
        LossCause::Died => (
            match returned {
                0 => say!("{gateway} DOWN: {missing} users offline ({age})", gateway, missing, age),
                back => say!(
                    "{gateway} DOWN: {missing} users offline, {back} back ({age})",
                    gateway,
                    missing,
                    back,
                    age
                ),
            },
            say!("{gateway} DOWN", gateway),
            say!(
                "Their connections ended with it. Clients that can reach another one come back by themselves."
            ),
        ),
        LossCause::Hangs => (
            match returned {
                0 => say!("{gateway} NOT RESPONDING: {missing} users unknown ({age})", gateway, missing, age),
                back => say!(
                    "{gateway} NOT RESPONDING: {missing} users unknown, {back} back ({age})",
                    gateway,
                    missing,
                    back,
                    age
                ),
            },
            say!("NOT RESPONDING: {missing} users unknown", missing),
            say!("Nobody can tell whether they are offline: the connections may still be open on it."),
        ),
        LossCause::Unknown | LossCause::None => (
            match returned {
                0 => say!("VIEW LOSS: {missing} users unknown ({age})", missing, age),
                back => say!("VIEW LOSS: {missing} users unknown, {back} back ({age})", missing, back, age),
            },
            say!("VIEW LOSS: {missing} users unknown", missing),
            say!(
                "Nobody can tell whether they are offline: a gateway is out of the API's sight, or Redis lags behind."
            ),
        ),
    };
    LossWords { certain: true, what, short, meaning }
}
