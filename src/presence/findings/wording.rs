//! What a rule has found, in words: one sentence each.

use std::fmt::Write as _;

use super::alert_thresholds::{LIMITED_WINDOW_MS, SLOW_MS, SLOW_WINDOW_MS};
use super::evidence::Evidence;
use super::{expiry_cliff, observer};
use crate::presence::time::short_age;
use crate::presence::{Departed, Logins, Loss, Lost, Platform, Question, Witness};

impl Evidence {
    /// One sentence, without a full stop, as it reads when the server's clock shows
    /// `server_seconds`: `Android: expired 2y ago`.
    pub fn words(&self, server_seconds: i64) -> String {
        let away = |at: i64| short_age(at.abs_diff(server_seconds));
        match self {
            Evidence::TokenExpired { platform, expires, .. } => {
                format!("{}: expired {} ago", platform.name(), away(*expires))
            }
            Evidence::TokenExpiring { platform, expires, .. } => {
                format!("{}: expires in {}", platform.name(), away(*expires))
            }
            Evidence::TokenForeignUser { platform, user, .. } => {
                format!("{}: the token was issued for the user {user}", platform.name())
            }
            Evidence::TokenForeignPlatform { platform, issued_for, .. } => {
                format!("{}: the token was issued for {}", platform.name(), issued_for.name())
            }
            Evidence::TokenShared { token, connections, platforms: [one, other] } => {
                let mut words = one.name().into_owned();
                if one != other {
                    // Writing to a String cannot fail.
                    let _ = write!(words, " and {}", other.name());
                }
                format!("{words}: one token ({token}) on {connections} connections")
            }
            Evidence::TokenUnreadable { platform, why, .. } => {
                format!("{}: the token is {why}", platform.name())
            }
            Evidence::DefaultSecret { platform, .. } => {
                format!("{}: the token is signed with a secret that others know", platform.name())
            }
            Evidence::ClockSkew { ahead } => {
                let side = if *ahead > 0 { "ahead of" } else { "behind" };
                let by = short_age(ahead.unsigned_abs());
                format!("the server's clock is about {by} {side} ours; expiry is judged by the server's")
            }
            Evidence::IssuedAhead { issued } => {
                let by = short_age(issued.saturating_sub(server_seconds).max(0).unsigned_abs());
                format!("a token was issued {by} ahead of the server's clock")
            }
            Evidence::Reconnecting { platform, times, within_ms } => {
                let within = short_age(within_ms / 1_000);
                format!("{}: opened anew {times} times in {within} while always online", platform.name())
            }
            Evidence::Flapping { times, within_ms } => {
                format!("went on- or offline {times} times in {}", short_age(within_ms / 1_000))
            }
            Evidence::KickWar { class, turns, within_ms, tokens: [gone, come] } => {
                let within = short_age(within_ms / 1_000);
                format!(
                    "{class}: sessions took each other's place {turns} times in {within}, most recently {gone} by {come}"
                )
            }
            Evidence::Policy { policy, platforms } => {
                let names = names(platforms);
                format!("sessions on {names}, which the multi-login policy {policy} does not allow together")
            }
            Evidence::ExpiryCliff { tokens, of, first } => cliff_words(*tokens, *of, *first, server_seconds),
            Evidence::ViewLoss { loss, registry, all_answer } => loss_words(loss, *registry, *all_answer),
            Evidence::FalseOffline { platform, times: ..=1, longest_ms, whole_user, .. } => {
                let (name, span) = (platform.name(), span(*longest_ms));
                let (what, same) = if *whole_user {
                    ("called the user offline".to_owned(), format!("same {name} connection"))
                } else {
                    (format!("left out the {name} connection"), "same one".to_owned())
                };
                format!(
                    "the server {what} for {span}, and the {same} came back: it had been there all the time"
                )
            }
            Evidence::FalseOffline { times, longest_ms, within_ms, .. } => {
                let (within, span) = (span(*within_ms), span(*longest_ms));
                format!(
                    "{times} times in {within} the server called the user offline or left out a connection, for up to {span}, and the same one came back: it had been there all the time"
                )
            }
            Evidence::PartialView { by, platforms } => partial_view_words(*by, platforms),
            Evidence::Ghost { platforms, over_ms } => {
                let on =
                    if platforms.is_empty() { String::new() } else { format!(" ({})", names(platforms)) };
                let over = span(*over_ms);
                format!(
                    "no gateway has shown the user for more than {over}, and the registry still says online{on}"
                )
            }
            Evidence::Unregistered => {
                "the server has no such user: a typing error in the watch list?".to_owned()
            }
            Evidence::Observer(logins) => observer_words(*logins),
            Evidence::MassDisconnect(departed) => departed_words(departed),
            Evidence::ApiSlow { slow, of, p95_ms } => slow_words(*slow, *of, *p95_ms),
            Evidence::ApiFailing { since, failing, of, trouble } => {
                let what = trouble.map_or("none came in time".to_owned(), |trouble| trouble.to_string());
                format!("{} usable answer for {}: {what}", failing_words(*failing, *of), away(*since))
            }
            Evidence::RateLimited { times, of } => {
                let within = span(LIMITED_WINDOW_MS);
                format!(
                    "{times} of {of} requests in the last {within} were refused because they are too many"
                )
            }
        }
    }
}

fn partial_view_words(by: Question, platforms: &[Platform]) -> String {
    let names = names(platforms);
    if by == Question::TokenDetail {
        format!(
            "the token detail lists more on {names} than the answers show: the user is on several gateways"
        )
    } else {
        format!(
            "the registry lists {names} too, which the answers leave out: the user is on several gateways, or an entry lives on"
        )
    }
}

fn names(platforms: &[Platform]) -> String {
    let names: Vec<_> = platforms.iter().map(|platform| platform.name()).collect();
    names.join(", ")
}

/// A duration, short ones exactly: `31ms`, `8.5s`, `62s`, `2m`.
fn span(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..10_000 => format!("{:.1}s", ms as f64 / 1e3),
        10_000..120_000 => format!("{}s", ms / 1_000),
        _ => short_age(ms / 1_000),
    }
}

fn times(count: u16) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// Platforms that are told.
const PLATFORMS_TOLD: usize = 4;

/// ` (Android 18, Web 9, ..)`: the first few; empty where there are none.
fn counted(platforms: impl ExactSizeIterator<Item = (Platform, u32)>) -> String {
    let more = if platforms.len() > PLATFORMS_TOLD { ", .." } else { "" };
    let told: Vec<String> = platforms
        .take(PLATFORMS_TOLD)
        .map(|(platform, count)| format!("{} {count}", platform.name()))
        .collect();
    if told.is_empty() { String::new() } else { format!(" ({}{more})", told.join(", ")) }
}

fn cliff_words(tokens: u32, of: u32, first: i64, server_seconds: i64) -> String {
    let share = percent(tokens, of);
    let within = short_age(expiry_cliff::WITHIN_SECONDS.unsigned_abs());
    let first = match first.saturating_sub(server_seconds) {
        ..=0 => "now".to_owned(),
        left => format!("in {}", short_age(left.unsigned_abs())),
    };
    format!("{tokens} of {of} tokens ({share} %) expire within {within}, the first {first}")
}

fn slow_words(slow: u32, of: u32, p95_ms: u32) -> String {
    let (share, limit) = (percent(slow, of), span(SLOW_MS));
    let (within, p95) = (span(SLOW_WINDOW_MS), span(p95_ms.into()));
    format!("{slow} of {of} answers ({share} %) took longer than {limit} in the last {within} (p95 {p95})")
}

/// `no request has had a`, `2 of 6 requests of each round have had no`.
fn failing_words(failing: u32, of: u32) -> String {
    match failing {
        failing if failing == of => "no request has had a".to_owned(),
        1 => format!("1 of {of} requests of each round has had no"),
        failing => format!("{failing} of {of} requests of each round have had no"),
    }
}

fn percent(count: u32, of: u32) -> u64 {
    u64::from(count) * 100 / u64::from(of).max(1)
}

/// Who left is told by platform or group where this one had at least nine of ten.
fn is_one_of_them(count: u32, users: u32) -> Option<&'static str> {
    match percent(count, users) {
        100.. => Some("all"),
        90.. => Some("nearly all"),
        _ => None,
    }
}

fn departed_words(departed: &Departed) -> String {
    let Departed { users, of, back, within_ms, platforms, group } = departed;
    let share = percent(*users, *of);
    let within = span(*within_ms);
    let mut words = format!("{users} of {of} connected users ({share} %) went offline within {within}");
    let first = platforms.first().and_then(|(it, count)| Some((it, is_one_of_them(*count, *users)?)));
    // Writing to a String cannot fail.
    match first {
        Some((platform, all)) => {
            let _ = write!(words, ", {all} on {}", platform.name());
        }
        None => words.push_str(&counted(platforms.iter().copied())),
    }
    if let Some((group, count)) = group
        && let Some(all) = is_one_of_them(*count, *users)
    {
        let _ = write!(words, ", {all} in the group {group}");
    }
    if *back > 0 {
        let are = if *back == 1 { "is" } else { "are" };
        let _ = write!(words, "; {back} {are} back");
    }
    words
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
        Lost::None | Lost::Lost => match all_answer {
            Some(1) => write!(words, "; the gateway answers imtop"),
            Some(2) => write!(words, "; both gateways answer imtop"),
            Some(all) => write!(words, "; all {all} gateways answer imtop"),
            None => Ok(()),
        },
        Lost::Hangs => write!(words, "; {gateway} takes connections but says nothing"),
        Lost::Died => write!(words, "; {gateway} has died"),
    };
    words
}

fn observer_words(Logins { made, displaced }: Logins) -> String {
    let within = observer::WITHIN_MINUTES;
    let logged_in = format!("imtop logged in {}", times(made));
    let mut words = if displaced == 0 {
        format!("{logged_in} in {within}m: each time the other holders of its admin ID lose their tokens")
    } else {
        let and = if made == 0 { String::new() } else { format!(", and {logged_in}") };
        let displaced = times(displaced);
        format!(
            "imtop's admin token was displaced {displaced} in {within}m{and}: another program holds the same admin ID"
        )
    };
    if made > 0 && displaced >= observer::GIVES_UP {
        words.push_str("; imtop has stopped logging in");
    }
    words
}
