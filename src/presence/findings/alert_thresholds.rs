//! The thresholds of the rules about the server that are also those of the alerts that imtop is shipped
//! with (`assets/prometheus/imtop-alerts.yml`): on the screen and in Prometheus the same is wrong.
//!
//! An alert waits besides (`for`), so that nobody is woken by what is over in a minute. The rules of what
//! goes on wait as long; a mass of users who left, slow answers and a limited rate are told at once.

/// `ImtopManyUsersDropped`: the most who were connected within so many milliseconds are held against now.
pub(in crate::presence) const DROP_WINDOW_MS: u64 = 600_000;
/// More than so many per cent of them are gone. Fewer leave and come every day.
pub(in crate::presence) const DROP_PERCENT: u32 = 20;
/// At least so many: one of four who goes home is no trouble.
pub(in crate::presence) const DROP_LEAST: u32 = 5;

/// `ImtopAnswersSlow`: an answer that took longer is slow, in milliseconds.
pub(in crate::presence) const SLOW_MS: u64 = 2_500;
/// More than one answer of so many is slow: the 95th percentile is above the limit.
pub(super) const SLOW_ONE_IN: u32 = 20;
/// Within so many milliseconds.
pub(in crate::presence) const SLOW_WINDOW_MS: u64 = 300_000;

/// `ImtopServerNotAnswering`: no batch has had an answer for so many milliseconds.
pub(in crate::presence) const SILENT_MS: u64 = 60_000;
/// `ImtopServerPartlyAnswering`: some batches have had none for so many milliseconds.
pub(in crate::presence) const PARTLY_MS: u64 = 300_000;

/// `ImtopRateLimited`: at least so many requests were refused because they were too many.
pub(super) const LIMITED_LEAST: u32 = 3;
/// Within so many milliseconds.
pub(super) const LIMITED_WINDOW_MS: u64 = 600_000;

/// Whether so many of those who were connected are a mass.
pub(in crate::presence) fn is_mass(left: u32, of: u32) -> bool {
    left >= DROP_LEAST && u64::from(left) * 100 > u64::from(of) * u64::from(DROP_PERCENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALERTS: &str = include_str!("../../../assets/prometheus/imtop-alerts.yml");

    /// What an alert asks for, in one line, and for how long.
    fn alert(name: &str) -> (String, String) {
        let begin = ALERTS.find(&format!("- alert: {name}\n")).unwrap();
        let body = &ALERTS[begin..];
        let expression = &body[body.find("expr:").unwrap() + 5..body.find("for:").unwrap()];
        let words: Vec<&str> = expression.split_whitespace().filter(|it| !["|", ">-"].contains(it)).collect();
        let wait = body[body.find("for:").unwrap() + 4..].lines().next().unwrap().trim();
        (words.join(" "), wait.to_owned())
    }

    fn minutes(ms: u64) -> String {
        assert_eq!(ms % 60_000, 0);
        format!("{}m", ms / 60_000)
    }

    #[test]
    fn the_thresholds_are_those_of_the_alerts_that_are_shipped() {
        let (window, share) = (minutes(DROP_WINDOW_MS), f64::from(DROP_PERCENT) / 100.0);
        let most = format!("max_over_time(imtop:connected_users[{window}])");
        assert_eq!(
            alert("ImtopManyUsersDropped").0,
            format!(
                "( {most} - imtop:connected_users - on (job, instance) imtop_users{{presence=\"unknown\"}} ) \
                 > on (job, instance) ({share} * {most}) >= {DROP_LEAST} \
                 and on (job, instance) changes(imtop_watched_users[{window}]) == 0"
            )
        );
        let (window, limit) = (minutes(SLOW_WINDOW_MS), SLOW_MS as f64 / 1e3);
        let quantile = 1.0 - 1.0 / f64::from(SLOW_ONE_IN);
        assert_eq!(
            alert("ImtopAnswersSlow").0,
            format!(
                "histogram_quantile({quantile}, sum by (job, instance, le) \
                 (rate(imtop_request_duration_seconds_bucket[{window}]))) > {limit}"
            )
        );
        assert_eq!(alert("ImtopServerNotAnswering"), ("imtop_up == 0".to_owned(), minutes(SILENT_MS)));
        let partly = alert("ImtopServerPartlyAnswering");
        assert!(partly.0.contains("imtop_batches{state=~\"failing|overdue\"}) > 0"), "{}", partly.0);
        assert_eq!(partly.1, minutes(PARTLY_MS));
        let (window, least) = (minutes(LIMITED_WINDOW_MS), LIMITED_LEAST);
        assert_eq!(
            alert("ImtopRateLimited").0,
            format!(
                "sum by (job, instance) \
                 (increase(imtop_request_failures_total{{kind=\"rate-limited\"}}[{window}])) >= {least}"
            )
        );
    }

    #[test]
    fn five_are_a_mass_if_they_are_more_than_a_fifth_whether_five_are_watched_or_a_million() {
        assert!(!is_mass(0, 0) && !is_mass(4, 4) && is_mass(5, 5) && is_mass(5, 24) && !is_mass(5, 25));
        assert!(!is_mass(200_000, 1_000_000) && is_mass(200_001, 1_000_000));
        assert!(is_mass(u32::MAX, u32::MAX));
    }
}
