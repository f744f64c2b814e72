//! What a count is compared with.

use std::fmt;

/// A number, or a share of the users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Users, connections, findings or batches.
    Number(u64),
    /// A share of the users whom the count is about.
    Share(Percent),
}

/// A percentage, in thousandths of a percent: from 0 to 100,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(u32);

impl Percent {
    /// 100 %, in thousandths of a percent.
    pub(super) const ALL: i64 = 100_000;

    /// Reads `95` or `99.5` with up to three decimals.
    pub(super) fn parse(text: &str) -> Option<Percent> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 3 {
            return None;
        }
        let thousandths: u32 = format!("{part:0<3}").parse().ok()?;
        let all = whole.parse::<u32>().ok()?.checked_mul(1_000)?.checked_add(thousandths)?;
        (i64::from(all) <= Percent::ALL).then_some(Percent(all))
    }

    /// In thousandths of a percent.
    pub(super) fn thousandths(self) -> i64 {
        i64::from(self.0)
    }

    /// How many of `users` that is, in thousandths of a user.
    pub fn of_users(self, users: u64) -> u64 {
        users.saturating_mul(u64::from(self.0)) / 100
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::Number(number) => write!(f, "{number}"),
            Amount::Share(percent) => percent.fmt(f),
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 1_000, self.0 % 1_000);
        let part = format!("{part:03}");
        match part.trim_end_matches('0') {
            "" => write!(f, "{whole}%"),
            part => write!(f, "{whole}.{part}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_have_up_to_three_decimals() {
        let read = |text| Percent::parse(text).map(|percent| percent.to_string());
        for (text, said) in
            [("95", "95%"), ("99.5", "99.5%"), ("0.001", "0.001%"), ("100.000", "100%"), ("07", "7%")]
        {
            assert_eq!(read(text).as_deref(), Some(said), "{text}");
        }
        for text in ["", "101", "100.001", "-1", "+1", "1.2345", ".5", "5.", "1e1", "4294968", "九"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(Percent::parse("95").map(|it| it.of_users(512)), Some(486_400));
    }
}
