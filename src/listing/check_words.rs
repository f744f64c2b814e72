//! The first round of a long list, in words: how far Redis was asked about those whom the API calls offline, and what a sample of them tells of the rest.

use crate::presence::{Roster, thousands};
use crate::say;

/// How far the registry was asked: `checking 12000 of 55000 offline users in Redis`; none where nobody
/// waits for that.
pub fn checking_words(roster: &Roster) -> Option<String> {
    let checks = roster.checks();
    let (left, of) = (checks.left, checks.of);
    (left > 0).then(|| match checks.sample {
        Some((_, asked)) => {
            say!("checking {left} of {of} offline users in Redis, a sample of {asked} first", left, of, asked)
        }
        None if checks.everybody => {
            say!("checking {left} of {of} offline users in Redis, as it contradicts the API", left, of)
        }
        None => say!("checking {left} of {of} offline users in Redis", left, of),
    })
}

/// `12 users known from Redis alone: no answer from the API`; none where nobody is.
pub fn by_registry_words(users: u32) -> Option<String> {
    match users {
        0 => None,
        1 => Some(say!("1 user known from Redis alone: no answer from the API").to_owned()),
        more => Some(say!(
            "{users} users known from Redis alone: no answer from the API",
            users = thousands(more.into())
        )),
    }
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
    Some(say!(
        "0 of {sample} asked were online, so less than 1 in {one_in} of the others is, at 95 %",
        sample,
        one_in
    ))
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
