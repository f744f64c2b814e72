//! The first round of a long list, in words: how far the registry was asked about those whom the sockets call
//! offline, and what a sample of them tells of the rest.

use crate::presence::{Roster, thousands};

/// How far the registry was asked: `checking 12000 of 55000 offline users at the registry`; none where nobody
/// waits for that.
pub fn checking_words(roster: &Roster) -> Option<String> {
    let checks = roster.checks();
    (checks.left > 0).then(|| {
        let how = match checks.sample {
            Some((_, asked)) => format!(", a sample of {asked} first"),
            None if checks.everybody => ", as it contradicts the sockets".to_owned(),
            None => String::new(),
        };
        format!("checking {} of {} offline users at the registry{how}", checks.left, checks.of)
    })
}

/// `12 users are known by the registry alone: the sockets give no answer`; none where nobody is.
pub fn by_registry_words(users: u32) -> Option<String> {
    let users = match users {
        0 => return None,
        1 => "1 user is".to_owned(),
        more => format!("{} users are", thousands(more.into())),
    };
    Some(format!("{users} known by the registry alone: the sockets give no answer"))
}

/// What follows for all others from a sample none of whom was online, at 95 %: less than 1 in so many is. By
/// the rule of three it is 3 in so many as were asked; only the first digit is told.
pub fn one_in(sample: u32) -> Option<u32> {
    let whole = sample / 3;
    let digits = whole.checked_ilog10()?;
    let unit = 10_u32.pow(digits);
    Some(whole / unit * unit)
}

/// The same as a sentence; none without a sample.
pub fn sample_words(sample: u32) -> Option<String> {
    let one_in = one_in(sample)?;
    Some(format!("0 of {sample} asked were online, so less than 1 in {one_in} of the others is, at 95 %"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_follows_from_the_size_of_the_sample_and_never_says_too_much() {
        let sizes = [2, 3, 299, 300, 4_000, 6_000, 40_000];
        assert_eq!(
            sizes.map(one_in),
            [None, Some(1), Some(90), Some(100), Some(1_000), Some(2_000), Some(10_000)]
        );
        for sample in 30..5_000_u32 {
            // With one in so many, a sample without any of them is no likelier than 5 in 100.
            let share = 1.0 / f64::from(one_in(sample).unwrap());
            assert!((1.0 - share).powi(sample as i32) <= 0.05, "{sample}");
        }
        assert_eq!(
            sample_words(4_000).as_deref(),
            Some("0 of 4000 asked were online, so less than 1 in 1000 of the others is, at 95 %")
        );
        assert_eq!(sample_words(0), None);
    }
}
