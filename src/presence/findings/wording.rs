//! Words that several rules use in what they found.

use crate::presence::Platform;
use crate::presence::time::short_age;

pub(super) fn names(platforms: &[Platform]) -> String {
    let names: Vec<_> = platforms.iter().map(|platform| platform.name()).collect();
    names.join(", ")
}

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
    let more = if platforms.len() > PLATFORMS_TOLD { ", .." } else { "" };
    let told: Vec<String> = platforms
        .take(PLATFORMS_TOLD)
        .map(|(platform, count)| format!("{} {count}", platform.name()))
        .collect();
    if told.is_empty() { String::new() } else { format!(" ({}{more})", told.join(", ")) }
}

pub(super) fn percent(count: u32, of: u32) -> u64 {
    u64::from(count) * 100 / u64::from(of).max(1)
}
