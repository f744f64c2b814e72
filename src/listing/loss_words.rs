//! Many users lost at once, in words: the same for the screen and for `check`.

use crate::presence::{Loss, LossCause, Moment, Roster, short_age};

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
        let asking = if asked { "asking the registry" } else { "the registry can't be asked" };
        return LossWords {
            certain: false,
            what: match loss.after {
                Some(_) => format!("view loss suspected: {dropped} of {of} users gone at once, {asking}"),
                None => format!(
                    "view loss suspected: {missing} users missing from the API's answer but online in Redis"
                ),
            },
            short: format!("view loss suspected: {dropped} users"),
            meaning: "Until more is known, nobody of them is called offline.",
        };
    }
    let gateway = match &loss.gateway {
        Some(address) => format!("GATEWAY {address}"),
        None => "A GATEWAY".to_owned(),
    };
    let back = if *returned > 0 { format!(", {returned} back") } else { String::new() };
    let unknown = format!("{missing} users unknown");
    let (what, meaning) = match loss.cause {
        LossCause::Died => (
            format!("{gateway} DOWN: {missing} users offline{back} ({age})"),
            "Their connections ended with it. Clients that can reach another one come back by themselves.",
        ),
        LossCause::Hangs => (
            format!("{gateway} NOT RESPONDING: {unknown}{back} ({age})"),
            "Nobody can tell whether they are offline: the connections may still be open on it.",
        ),
        LossCause::Unknown | LossCause::None => (
            format!("VIEW LOSS: {unknown}{back} ({age})"),
            "Nobody can tell whether they are offline: a gateway is out of the API's sight, or the registry lags.",
        ),
    };
    let short = match loss.cause {
        LossCause::Died => format!("{gateway} DOWN"),
        LossCause::Hangs => format!("NOT RESPONDING: {unknown}"),
        _ => format!("VIEW LOSS: {unknown}"),
    };
    LossWords { certain: true, what, short, meaning }
}
