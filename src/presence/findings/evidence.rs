//! What a rule has found: data, put into words only where somebody reads them.
//!
//! Names and texts in it are visible-safe. Times are unix seconds of the server's clock, so that
//! the same evidence reads right at any later time.

use std::fmt::Write as _;
use std::mem::discriminant;

use super::rule::{Rule, Severity};
use super::{expiry_cliff, observer, token_expiring};
use crate::presence::time::short_age;
use crate::presence::{ConnId, Fingerprint, Logins, Loss, Lost, Platform, Question, Unreadable, Witness};

/// What a rule has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Connected with a token that has expired.
    TokenExpired {
        /// Of the connection.
        platform: Platform,
        /// Which connection.
        connection: ConnId,
        /// When the token expired.
        expires: i64,
    },
    /// Connected with a token that expires before long.
    TokenExpiring {
        /// Of the connection.
        platform: Platform,
        /// Which connection.
        connection: ConnId,
        /// When the token expires.
        expires: i64,
    },
    /// The connection's token was issued for another user.
    TokenForeignUser {
        /// Of the connection.
        platform: Platform,
        /// Which connection.
        connection: ConnId,
        /// For whom the token was issued; visible-safe.
        user: Box<str>,
    },
    /// The connection's token was issued for another platform.
    TokenForeignPlatform {
        /// Of the connection.
        platform: Platform,
        /// Which connection.
        connection: ConnId,
        /// For which platform the token was issued.
        issued_for: Platform,
    },
    /// One token on several connections of the user.
    TokenShared {
        /// Which token.
        token: Fingerprint,
        /// On how many connections.
        connections: u32,
        /// The platforms of the two oldest of them.
        platforms: [Platform; 2],
    },
    /// The connection's token cannot be read.
    TokenUnreadable {
        /// Of the connection.
        platform: Platform,
        /// Which connection.
        connection: ConnId,
        /// Why not.
        why: Unreadable,
    },
    /// The connection's token is signed with a known secret.
    DefaultSecret {
        /// Of the connection.
        platform: Platform,
        /// Which connection.
        connection: ConnId,
    },
    /// The server's clock and ours differ.
    ClockSkew {
        /// By how many seconds the server's is ahead of ours; negative: behind.
        ahead: i64,
    },
    /// A token was issued later than it is by the server's clock.
    IssuedAhead {
        /// When the newest token was issued, by the clock of the service that issues them.
        issued: i64,
    },
    /// A connection is opened anew again and again.
    Reconnecting {
        /// On this platform.
        platform: Platform,
        /// How often the connection changed.
        times: u32,
        /// In the last so many milliseconds.
        within_ms: u64,
    },
    /// The user comes and goes.
    Flapping {
        /// How often.
        times: u32,
        /// In the last so many milliseconds.
        within_ms: u64,
    },
    /// Two sessions take each other's place.
    KickWar {
        /// The class of terminals.
        class: &'static str,
        /// How often one session took the place of another.
        turns: u32,
        /// In the last so many milliseconds.
        within_ms: u64,
        /// The tokens of the last turn: of the session that had to go, and of the one that came.
        tokens: [Fingerprint; 2],
    },
    /// Sessions that the multi-login policy does not allow together.
    Policy {
        /// The policy (open-im-server `config/share.yml`, `multiLogin.policy`).
        policy: u8,
        /// The platforms of sessions that may not be there together, one for each session, in order;
        /// at most 16.
        platforms: Vec<Platform>,
    },
    /// Many tokens expire at nearly the same time.
    ExpiryCliff {
        /// How many.
        tokens: u32,
        /// Of how many.
        of: u32,
        /// When the first of them expires, to the minute.
        first: i64,
    },
    /// Many users left the answers at once.
    ViewLoss {
        /// What is known of it.
        loss: Box<Loss>,
        /// How it is with the registry.
        registry: Witness,
        /// How many gateways there are, where all of them give a sign of life.
        all_answer: Option<u32>,
    },
    /// Connections that had been left out came back.
    FalseOffline {
        /// Of the last one.
        platform: Platform,
        /// How often.
        times: u32,
        /// For how long they had been left out at most, in milliseconds.
        longest_ms: u64,
        /// Whether the user was called offline then, at least once.
        whole_user: bool,
        /// In the last so many milliseconds.
        within_ms: u64,
    },
    /// Another witness names more than the sockets show.
    PartialView {
        /// Which: the registry or the token detail.
        by: Question,
        /// The platforms of which something is left out; at most 8.
        platforms: Vec<Platform>,
    },
    /// Only the registry has the user online.
    Ghost {
        /// On these platforms; at most 8.
        platforms: Vec<Platform>,
        /// No gateway has shown the user for more than so many milliseconds.
        over_ms: u64,
    },
    /// The server has no such user.
    Unregistered,
    /// Logins with one admin ID displace each other.
    Observer(Logins),
}

impl Evidence {
    /// The rule that found it.
    pub fn rule(&self) -> Rule {
        match self {
            Evidence::TokenExpired { .. } => Rule::TokenExpired,
            Evidence::TokenExpiring { .. } => Rule::TokenExpiring,
            Evidence::TokenForeignUser { .. } => Rule::TokenForeignUser,
            Evidence::TokenForeignPlatform { .. } => Rule::TokenForeignPlatform,
            Evidence::TokenShared { .. } => Rule::TokenShared,
            Evidence::TokenUnreadable { .. } => Rule::TokenUnreadable,
            Evidence::DefaultSecret { .. } => Rule::DefaultSecret,
            Evidence::ClockSkew { .. } | Evidence::IssuedAhead { .. } => Rule::ClockSkew,
            Evidence::Reconnecting { .. } => Rule::Reconnecting,
            Evidence::Flapping { .. } => Rule::Flapping,
            Evidence::KickWar { .. } => Rule::KickWar,
            Evidence::Policy { .. } => Rule::Policy,
            Evidence::ExpiryCliff { .. } => Rule::ExpiryCliff,
            Evidence::ViewLoss { .. } => Rule::ViewLoss,
            Evidence::FalseOffline { .. } => Rule::FalseOffline,
            Evidence::PartialView { .. } => Rule::PartialView,
            Evidence::Ghost { .. } => Rule::Ghost,
            Evidence::Unregistered => Rule::Unregistered,
            Evidence::Observer(_) => Rule::Observer,
        }
    }

    /// How serious it is, when the server's clock shows `server_seconds`.
    pub fn severity(&self, server_seconds: i64) -> Severity {
        match self {
            Evidence::TokenForeignUser { .. }
            | Evidence::DefaultSecret { .. }
            | Evidence::ViewLoss { .. } => Severity::Critical,
            Evidence::TokenExpired { .. }
            | Evidence::TokenForeignPlatform { .. }
            | Evidence::TokenShared { .. }
            | Evidence::TokenUnreadable { .. }
            | Evidence::ClockSkew { .. }
            | Evidence::IssuedAhead { .. }
            | Evidence::Reconnecting { .. }
            | Evidence::Flapping { .. }
            | Evidence::KickWar { .. }
            | Evidence::FalseOffline { .. }
            | Evidence::Unregistered
            | Evidence::Observer(_) => Severity::Warning,
            Evidence::TokenExpiring { expires, .. } => token_expiring::severity(*expires, server_seconds),
            Evidence::Policy { .. }
            | Evidence::ExpiryCliff { .. }
            | Evidence::PartialView { .. }
            | Evidence::Ghost { .. } => Severity::Info,
        }
    }

    /// The connection that it is about, where it is about one alone.
    pub fn connection(&self) -> Option<&ConnId> {
        match self {
            Evidence::TokenExpired { connection, .. }
            | Evidence::TokenExpiring { connection, .. }
            | Evidence::TokenForeignUser { connection, .. }
            | Evidence::TokenForeignPlatform { connection, .. }
            | Evidence::TokenUnreadable { connection, .. }
            | Evidence::DefaultSecret { connection, .. } => Some(connection),
            Evidence::TokenShared { .. }
            | Evidence::ClockSkew { .. }
            | Evidence::IssuedAhead { .. }
            | Evidence::Reconnecting { .. }
            | Evidence::Flapping { .. }
            | Evidence::KickWar { .. }
            | Evidence::Policy { .. }
            | Evidence::ExpiryCliff { .. }
            | Evidence::ViewLoss { .. }
            | Evidence::FalseOffline { .. }
            | Evidence::PartialView { .. }
            | Evidence::Ghost { .. }
            | Evidence::Unregistered
            | Evidence::Observer(_) => None,
        }
    }

    /// Whether both are about the same thing, though their figures may differ: the finding lasts.
    pub fn same_as(&self, other: &Evidence) -> bool {
        discriminant(self) == discriminant(other)
            && match (self, other) {
                (Evidence::TokenShared { token: one, .. }, Evidence::TokenShared { token: other, .. }) => {
                    one == other
                }
                (Evidence::ExpiryCliff { first: one, .. }, Evidence::ExpiryCliff { first: other, .. }) => {
                    one.abs_diff(*other) < expiry_cliff::WITHIN_SECONDS.unsigned_abs()
                }
                (
                    Evidence::Reconnecting { platform: one, .. },
                    Evidence::Reconnecting { platform: other, .. },
                ) => one == other,
                (Evidence::KickWar { class: one, .. }, Evidence::KickWar { class: other, .. }) => {
                    one == other
                }
                (Evidence::ViewLoss { loss: one, .. }, Evidence::ViewLoss { loss: other, .. }) => {
                    one.number == other.number
                }
                // One at a time: of the connection, or of the user or the server where there is none.
                _ => self.connection() == other.connection(),
            }
    }

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
            Evidence::ExpiryCliff { tokens, of, first } => {
                let share = u64::from(*tokens) * 100 / u64::from(*of).max(1);
                let within = short_age(expiry_cliff::WITHIN_SECONDS.unsigned_abs());
                let first = match first.saturating_sub(server_seconds) {
                    ..=0 => "now".to_owned(),
                    left => format!("in {}", short_age(left.unsigned_abs())),
                };
                format!("{tokens} of {of} tokens ({share} %) expire within {within}, the first {first}")
            }
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

/// Platforms of a loss that are told.
const PLATFORMS_TOLD: usize = 4;

fn loss_words(loss: &Loss, registry: Witness, all_answer: Option<u32>) -> String {
    let Loss { of, dropped, missing, returned, .. } = loss;
    let share = u64::from(*dropped) * 100 / u64::from(*of).max(1);
    let at_once = if *dropped > 1 { " at once" } else { "" };
    let mut words = if loss.after.is_some() {
        format!("{dropped} of {of} online users ({share} %) left the answers{at_once}")
    } else {
        format!("{dropped} users are in no answer since imtop looks, though the registry has them online")
    };
    let mut platforms: Vec<_> = loss.platforms.iter().collect();
    platforms.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let told: Vec<String> = platforms
        .iter()
        .take(PLATFORMS_TOLD)
        .map(|(platform, count)| format!("{} {count}", platform.name()))
        .collect();
    if !told.is_empty() {
        let more = if platforms.len() > told.len() { ", .." } else { "" };
        let _ = write!(words, " ({}{more})", told.join(", ")); // to a String: cannot fail
    }
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
