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

use super::Evidence;
use super::rule::{Judges, OfRule, RuleRow, Severity, never_by_time};
use super::wording::{are_back, counted, percent, span};
use crate::presence::{LifeSign, Loss, LossCause, Moment, Witness, Witnesses};
use crate::{say, words};

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
        says: words!(
            "many users vanished from the API's answer at once but are still online in Redis: a gateway is likely down, hung or out of the API's reach"
        ),
        brief: words!(
            "many users vanished from the API's answer at once: a gateway is down, hangs or is out of reach"
        ),
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
            words!(
                "Look at the gateways first: does each one run, and does the API's machine reach it (curl -m 2 http://GATEWAY:PORT/metrics)? If all is well there, look at the user service and Redis: it may lag behind. Don't restart the API or clients: the users may be connected."
            )
        }
        LossCause::Hangs => {
            words!(
                "Look at that gateway's process and machine first (docker ps, top, its log), and keep what they show. Don't restart clients or the API: the users are probably still connected, but messages to them may not arrive. If it doesn't come back, restart that gateway alone."
            )
        }
        LossCause::Died => {
            words!(
                "Start that gateway again, and see from its log why it died (docker ps -a, journalctl). Its users have lost their connections and have to reconnect: watch `online` rise again. Until they do, messages reach them by push alone, and Redis shows them as online for up to 30 minutes."
            )
        }
    }
}

fn loss_words(loss: &Loss, registry: Witness, all_answer: Option<u32>) -> String {
    let Loss { of, dropped, missing, returned, .. } = loss;
    let share = percent(*dropped, *of);
    let mut words = match (loss.after, dropped) {
        (None, _) => say!(
            "{dropped} users missing from the API's answer since imtop started, but online in Redis",
            dropped
        ),
        (Some(_), 1) => say!(
            "{dropped} of {of} online users ({share} %) vanished from the API's answer",
            dropped,
            of,
            share
        ),
        (Some(_), _) => say!(
            "{dropped} of {of} online users ({share} %) vanished from the API's answer at once",
            dropped,
            of,
            share
        ),
    };
    let mut platforms: Vec<_> = loss.platforms.iter().collect();
    platforms.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    words.push_str(&counted(platforms.into_iter().map(|(platform, count)| (*platform, *count))));
    match registry {
        Witness::Unasked | Witness::Refuses(_) => words.push_str(say!("; Redis can't be asked")),
        Witness::Unheard | Witness::Fails(_) => words.push_str(say!("; registry: no answer")),
        Witness::Answers => words.push_str(&say!("; {missing} still online in Redis", missing)),
    }
    words.push_str(&are_back(*returned));
    words.push_str(&say!("; the answer took {took}", took = span(loss.took_ms)));
    words.push_str(&cause_words(loss, all_answer));
    words
}

/// What the gateways have to do with it.
fn cause_words(loss: &Loss, all_answer: Option<u32>) -> String {
    match (loss.cause, &loss.gateway) {
        (LossCause::None | LossCause::Unknown, _) => match all_answer {
            Some(1) => say!("; the gateway answers imtop").to_owned(),
            Some(2) => say!("; both gateways answer imtop").to_owned(),
            Some(all) => say!("; all {all} gateways answer imtop", all),
            None => String::new(),
        },
        (LossCause::Hangs, Some(address)) => {
            say!("; gateway {address} accepts connections but does not answer", address)
        }
        (LossCause::Hangs, None) => say!("; a gateway accepts connections but does not answer").to_owned(),
        (LossCause::Died, Some(address)) => say!("; gateway {address} is down", address),
        (LossCause::Died, None) => say!("; a gateway is down").to_owned(),
    }
}

/// How a loss ended: `over after 2m 13s: of 34 users, 31 came back with the same connections, 3 reconnected`.
pub(super) fn words_of_end(loss: &Loss, now: Moment) -> String {
    let Loss { dropped, returned, same, .. } = *loss;
    let seconds = now.since(loss.begun) / 1_000;
    let lasted =
        if seconds < 60 { format!("{seconds}s") } else { format!("{}m {}s", seconds / 60, seconds % 60) };
    let all = dropped.max(returned);
    let (anew, gone) = (returned - same, all - returned);
    let ends = [
        (same, say!("{same} came back with the same connections", same)),
        (anew, say!("{anew} reconnected", anew)),
        match loss.cause {
            LossCause::Died => (gone, say!("{gone} are not back", gone)),
            _ => (gone, say!("{gone} did not come back", gone)),
        },
    ];
    let told = ends.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words);
    let ends = told.collect::<Vec<String>>().join(say!(", "));
    say!("over after {lasted}: of {all} users, {ends}", lasted, all, ends)
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
            "31 of 58 online users (53 %) vanished from the API's answer at once (Android 18, Web 9, Windows 4); 29 still online in Redis; the answer took 8.5s"
        );
        let hangs = Loss { cause: LossCause::Hangs, gateway: Some("10.0.0.7:9090".into()), ..all.clone() };
        assert!(
            words(hangs, Witness::Answers)
                .ends_with("; gateway 10.0.0.7:9090 accepts connections but does not answer")
        );
        let died = Loss { cause: LossCause::Died, gateway: None, returned: 2, ..all.clone() };
        assert!(
            words(died, Witness::Fails(ErrorKind::Timeout))
                .ends_with("; registry: no answer; 2 are back; the answer took 8.5s; a gateway is down")
        );
        assert!(words(all, Witness::Unasked).contains("; Redis can't be asked; "));
        let one = Loss { of: 1, dropped: 1, missing: 1, platforms: BTreeMap::new(), ..loss(1, true) };
        assert!(
            words(one, Witness::Answers)
                .starts_with("1 of 1 online users (100 %) vanished from the API's answer; ")
        );
    }

    #[test]
    fn its_end_says_who_came_back_and_how() {
        let at = |mono_ms| Moment { mono_ms, unix_ms: 0 };
        let words =
            |returned, same, ms| words_of_end(&Loss { dropped: 34, returned, same, ..loss(1, true) }, at(ms));
        assert_eq!(
            words(34, 31, 133_000),
            "over after 2m 13s: of 34 users, 31 came back with the same connections, 3 reconnected"
        );
        assert_eq!(words(30, 0, 9_000), "over after 9s: of 34 users, 30 reconnected, 4 did not come back");
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
