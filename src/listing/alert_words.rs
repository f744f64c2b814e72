//! Alerts in words.

use crate::presence::{AlertChange, AlertEvent, short_age};
use crate::say;

/// What became of an alert: `alert gateway down fired, critical: finding:view-loss>0 is 1`. A condition that
/// picks users may name them, and is left out where names are `masked`.
pub fn alert_words(event: &AlertEvent, masked: bool) -> String {
    let AlertEvent { at, name, severity, .. } = event;
    let hides = masked && event.picks_users;
    match &event.change {
        AlertChange::Fired { .. } => {
            let figures = if hides || event.figures.is_empty() {
                String::new()
            } else {
                format!(": {}", event.figures)
            };
            let severity = severity.word();
            if event.is_replayed {
                say!("alert {name} would have fired, {severity}{figures}", name, severity, figures)
            } else {
                say!("alert {name} fired, {severity}{figures}", name, severity, figures)
            }
        }
        AlertChange::Resolved { fired } => {
            let after = short_age(at.since(*fired) / 1_000);
            if event.is_replayed {
                say!("alert {name} would have been resolved after {after}", name, after)
            } else {
                say!("alert {name} resolved after {after}", name, after)
            }
        }
        AlertChange::AboutNobody(_) if masked => {
            say!("alert {name} can't fire: no watched user is one of those whom it is about", name)
        }
        AlertChange::AboutNobody(nobody) => say!("alert {name} can't fire: {nobody}", name, nobody),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::at;
    use crate::presence::Severity;
    use crate::presence::condition::Nobody;

    #[test]
    fn an_alert_is_told_without_whom_it_is_about_where_names_are_masked() {
        let fired = AlertEvent {
            at: at(90_000),
            name: "kiosks".to_owned(),
            severity: Severity::Critical,
            when: "online<2 of id=alice".to_owned(),
            figures: "online<2 of id=alice is 0 of 1".to_owned(),
            picks_users: true,
            change: AlertChange::Fired { since: at(0) },
            is_replayed: false,
        };
        let words = |event: &AlertEvent| [alert_words(event, false), alert_words(event, true)];
        assert_eq!(
            words(&fired),
            ["alert kiosks fired, critical: online<2 of id=alice is 0 of 1", "alert kiosks fired, critical"]
        );
        let replayed = AlertEvent { is_replayed: true, ..fired.clone() };
        assert!(words(&replayed)[1].starts_with("alert kiosks would have fired"));
        let resolved = AlertEvent { change: AlertChange::Resolved { fired: at(30_000) }, ..fired.clone() };
        assert_eq!(words(&resolved)[1], "alert kiosks resolved after 1m");
        let replayed = AlertEvent { is_replayed: true, ..resolved };
        assert_eq!(words(&replayed)[0], "alert kiosks would have been resolved after 1m");
        let nobody = AlertChange::AboutNobody(Nobody::Named("id=alice".to_owned()));
        let told = words(&AlertEvent { change: nobody, ..fired });
        assert!(told[0].contains("alice") && !told[1].contains("alice"), "{told:?}");
    }
}
