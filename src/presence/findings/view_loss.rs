//! `view-loss`: many users left the answers of the sockets at once whom the registry still calls online:
//! a gateway has died, hangs, or the API cannot reach it.
//!
//! Evidence: each loss of the roster that is certain (see [`Thresholds`](crate::presence::Thresholds)):
//! at least so many users, or all of them, still online by the registry when it has had time to follow.
//! One that is only suspected is told in the header, and not here. Lasts until nobody of it is missing
//! and unexplained.
//!
//! False alarms: raised wrongly where the registry lost the offline events of several real logouts at
//! once (its queue was full, or the user service was down), until its entries run out; and, where it
//! cannot be asked, for a real mass logout, for two rounds. At most one for each time that many left.

use std::fmt::Write as _;

use super::Evidence;
use super::rule::{Judges, OfRule, RuleRow, Severity, never_by_time};
use super::wording::{counted, percent, span};
use crate::presence::{LifeSign, Loss, LossCause, Moment, Witness, Witnesses};

/// What it finds: many users left the answers at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What is known of it.
    pub loss: Box<Loss>,
    /// How it is with the registry.
    pub registry: Witness,
    /// How many gateways there are, where all of them give a sign of life.
    pub all_answer: Option<u32>,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "view-loss",
        severity: Severity::Critical,
        says: "many users left the answers at once whom the registry still calls online: a gateway is likely gone, hung or out of the API's reach",
        brief: "many users left the answers at once: a gateway is gone, hangs or is out of reach",
        advice: advice(LossCause::Unknown),
        rank: 210,
        judges: Judges::Promptly(|case, _, found| judge(case.losses, case.witnesses, found), never_by_time),
    };

    fn words(&self, _: i64) -> String {
        loss_words(&self.loss, self.registry, self.all_answer)
    }

    fn same_as(&self, other: &Found) -> bool {
        self.loss.number == other.loss.number
    }

    fn advice(&self) -> &'static str {
        advice(self.loss.cause)
    }
}

fn judge(losses: &[Loss], witnesses: &Witnesses, found: &mut Vec<Evidence>) {
    let certain = losses.iter().filter(|loss| loss.certain.is_some());
    let answering = witnesses.signs.values().filter(|gateway| gateway.sign == LifeSign::Alive).count() as u32;
    let all_answer = (answering as usize == witnesses.signs.len()).then_some(answering);
    found.extend(certain.map(|loss| {
        Evidence::ViewLoss(Found {
            loss: Box::new(loss.clone()),
            registry: witnesses.registry,
            all_answer: all_answer.filter(|count| *count > 0),
        })
    }));
}

/// What to do about it, by its cause, in the order in which to do it.
const fn advice(cause: LossCause) -> &'static str {
    match cause {
        LossCause::None | LossCause::Unknown => {
            "Look at the gateways first: does each one run, and does the API's machine reach it (curl -m 2 http://GATEWAY:PORT/metrics)? If all is well there, look at Redis and the user service: the registry may be behind. Don't restart the API or clients: the users may be connected."
        }
        LossCause::Hangs => {
            "Look at that gateway's process and machine first (docker ps, top, its log), and keep what they show. Don't restart clients or the API: the users are probably connected still, but messages to them may not arrive. If it doesn't come back, restart that gateway alone."
        }
        LossCause::Died => {
            "Start that gateway again, and see from its log why it died (docker ps -a, journalctl). Its users have lost their connections and have to reconnect: watch `online` rise again. Until they do, messages reach them by push alone, and the registry calls them online for up to 30 minutes."
        }
    }
}

fn loss_words(loss: &Loss, registry: Witness, all_answer: Option<u32>) -> String {
    let Loss { of, dropped, missing, returned, .. } = loss;
    let share = percent(*dropped, *of);
    let at_once = if *dropped > 1 { " at once" } else { "" };
    let mut words = if loss.after.is_some() {
        format!("{dropped} of {of} online users ({share} %) left the answers{at_once}")
    } else {
        format!("{dropped} users are in no answer since imtop looks, though the registry has them online")
    };
    let mut platforms: Vec<_> = loss.platforms.iter().collect();
    platforms.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    words.push_str(&counted(platforms.into_iter().map(|(platform, count)| (*platform, *count))));
    let _ = match registry {
        Witness::Unasked | Witness::Refuses(_) => write!(words, "; the registry can't be asked"),
        Witness::Unheard | Witness::Fails(_) => write!(words, "; the registry gives no answer"),
        Witness::Answers => write!(words, "; the registry still has {missing} online"),
    };
    if *returned > 0 {
        let are = if *returned == 1 { "is" } else { "are" };
        let _ = write!(words, "; {returned} {are} back");
    }
    let _ = write!(words, "; the answer took {}", span(loss.took_ms));
    let gateway =
        loss.gateway.as_ref().map_or("a gateway".to_owned(), |address| format!("gateway {address}"));
    let _ = match loss.cause {
        LossCause::None | LossCause::Unknown => match all_answer {
            Some(1) => write!(words, "; the gateway answers imtop"),
            Some(2) => write!(words, "; both gateways answer imtop"),
            Some(all) => write!(words, "; all {all} gateways answer imtop"),
            None => Ok(()),
        },
        LossCause::Hangs => write!(words, "; {gateway} takes connections but says nothing"),
        LossCause::Died => write!(words, "; {gateway} has died"),
    };
    words
}

/// How a loss ended: `over after 2m 13s: 31 of 34 came back with the same connections, 3 reconnected`.
pub(super) fn words_of_end(loss: &Loss, now: Moment) -> String {
    let Loss { dropped, returned, same, .. } = *loss;
    let seconds = now.since(loss.begun) / 1_000;
    let lasted =
        if seconds < 60 { format!("{seconds}s") } else { format!("{}m {}s", seconds / 60, seconds % 60) };
    let all = dropped.max(returned);
    let others = if loss.cause == LossCause::Died { "are not back" } else { "did not come back" };
    let ends = [
        (same, "came back with the same connections"),
        (returned - same, "reconnected"),
        (all - returned, others),
    ];
    let told = ends.into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = told.map(|(count, what)| format!("{count} {what}")).collect();
    // The first number says of how many.
    format!("over after {lasted}: {}", told.join(", ").replacen(' ', &format!(" of {all} "), 1))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::presence::{ErrorKind, Platform};

    fn loss(number: u32, certain: bool) -> Loss {
        Loss {
            number,
            begun: Moment::default(),
            after: Some(Moment::default()),
            of: 58,
            dropped: 31,
            missing: 29,
            returned: 0,
            same: 0,
            platforms: BTreeMap::from([(Platform(2), 18), (Platform(3), 4), (Platform(5), 9)]),
            took_ms: 8_500,
            suspected: true,
            certain: certain.then(Moment::default),
            cause: LossCause::Unknown,
            gateway: None,
        }
    }

    fn words(loss: Loss, registry: Witness) -> String {
        let mut found = Vec::new();
        judge(&[loss], &Witnesses { registry, ..Witnesses::default() }, &mut found);
        found.iter().map(|evidence| evidence.words(0)).collect()
    }

    #[test]
    fn only_a_loss_that_is_certain_counts_and_each_for_itself() {
        let mut found = Vec::new();
        judge(&[loss(1, true), loss(2, false), loss(3, true)], &Witnesses::default(), &mut found);
        assert_eq!(found.len(), 2);
        assert!(!found[0].same_as(&found[1]));
        let mut later = Vec::new();
        judge(&[Loss { missing: 3, returned: 26, ..loss(1, true) }], &Witnesses::default(), &mut later);
        assert!(later[0].same_as(&found[0]), "the same loss, other figures");
    }

    #[test]
    fn it_says_how_many_whose_and_what_the_witnesses_say() {
        let all = loss(1, true);
        assert_eq!(
            words(all.clone(), Witness::Answers),
            "31 of 58 online users (53 %) left the answers at once (Android 18, Web 9, Windows 4); the registry still has 29 online; the answer took 8.5s"
        );
        let hangs = Loss { cause: LossCause::Hangs, gateway: Some("10.0.0.7:9090".into()), ..all.clone() };
        assert!(
            words(hangs, Witness::Answers)
                .ends_with("; gateway 10.0.0.7:9090 takes connections but says nothing")
        );
        let died = Loss { cause: LossCause::Died, gateway: None, returned: 2, ..all.clone() };
        assert!(words(died, Witness::Fails(ErrorKind::Timeout)).ends_with(
            "; the registry gives no answer; 2 are back; the answer took 8.5s; a gateway has died"
        ));
        assert!(words(all, Witness::Unasked).contains("; the registry can't be asked; "));
        let one = Loss { of: 1, dropped: 1, missing: 1, platforms: BTreeMap::new(), ..loss(1, true) };
        assert!(words(one, Witness::Answers).starts_with("1 of 1 online users (100 %) left the answers; "));
    }

    #[test]
    fn its_end_says_who_came_back_and_how() {
        let at = |mono_ms| Moment { mono_ms, unix_ms: 0 };
        let words =
            |returned, same, ms| words_of_end(&Loss { dropped: 34, returned, same, ..loss(1, true) }, at(ms));
        assert_eq!(
            words(34, 31, 133_000),
            "over after 2m 13s: 31 of 34 came back with the same connections, 3 reconnected"
        );
        assert_eq!(words(30, 0, 9_000), "over after 9s: 30 of 34 reconnected, 4 did not come back");
    }

    #[test]
    fn each_cause_has_advice_of_its_own() {
        let causes = [LossCause::Unknown, LossCause::Hangs, LossCause::Died].map(advice);
        for (at, advice) in causes.iter().enumerate() {
            assert!(advice.ends_with('.') && advice.len() <= 300, "{advice}");
            assert!(!causes[..at].contains(advice));
        }
        assert!(causes[..2].iter().all(|advice| advice.contains("Don't restart")));
    }
}
