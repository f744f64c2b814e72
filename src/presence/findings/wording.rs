//! Words that several rules use in what they found.

use crate::presence::Platform;
use crate::presence::time::short_age;
use crate::say;

/// A duration, short ones exactly: `31ms`, `8.5s`, `62s`, `2m`.
pub(super) fn span(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..10_000 => format!("{:.1}s", ms as f64 / 1e3),
        10_000..120_000 => format!("{}s", ms / 1_000),
        _ => short_age(ms / 1_000),
    }
}

/// Platforms that are told.
const PLATFORMS_TOLD: usize = 4;

/// ` (Android 18, Web 9, ..)`: the first few; empty where there are none.
pub(super) fn counted(platforms: impl ExactSizeIterator<Item = (Platform, u32)>) -> String {
    let more = platforms.len() > PLATFORMS_TOLD;
    let told: Vec<String> = platforms
        .take(PLATFORMS_TOLD)
        .map(|(platform, count)| format!("{} {count}", platform.name()))
        .collect();
    let told = told.join(say!(", "));
    match more {
        _ if told.is_empty() => told,
        true => say!(" ({told}, ..)", told),
        false => say!(" ({told})", told),
    }
}

/// `; 2 are back`: that some of those who were lost are there again; empty where nobody is.
pub(super) fn are_back(back: u32) -> String {
    match back {
        0 => String::new(),
        1 => say!("; 1 is back").to_owned(),
        back => say!("; {back} are back", back),
    }
}

pub(super) fn percent(count: u32, of: u32) -> u64 {
    u64::from(count) * 100 / u64::from(of).max(1)
}
