//! One user as every format has it that is no screen, and how that is made from what is known.
//!
//! Texts are visible-safe, names may be stand-ins, and of a session token there is only what the rest
//! of the program knows: its claims and its fingerprint. Points in time are RFC 3339 in UTC.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

use crate::presence::{Finding, Presence, Since, Tracked, UserIx};

use super::facts::Known;

/// One user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserRecord {
    /// The user ID, or a stand-in.
    pub id: String,
    /// What people call the user.
    pub label: Option<String>,
    /// What the user belongs to.
    pub group: Option<String>,
    /// The word for the presence.
    pub presence: &'static str,
    /// Why it is unknown, where it is.
    pub why: Option<String>,
    /// What an offline rests on, where that is less than two witnesses that agree.
    pub basis: Option<&'static str>,
    /// How a message that is sent now reaches the user.
    pub delivery: &'static str,
    /// Whether an answer is due, so that this is the last word from before.
    pub stale: bool,
    /// How old the last answer about the user is, in milliseconds; none: there was none.
    pub age_ms: Option<u64>,
    /// Since when the presence is what it is, at the latest.
    pub since: Option<Time>,
    /// Whether that beginning was seen; else it was so already before.
    pub since_exact: bool,
    /// How often the user came or went in the last half hour.
    pub flips: u32,
    /// How often a connection was opened anew in the last half hour.
    pub reconnects: u32,
    /// The connections as last seen.
    pub connections: Vec<ConnectionRecord>,
    /// What is wrong.
    pub findings: Vec<FindingRecord>,
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectionRecord {
    /// The name of the platform.
    pub platform: String,
    /// Its number.
    pub platform_id: i32,
    /// Which socket.
    pub conn_id: String,
    /// Whether the client is in the background.
    pub background: bool,
    /// Since when it has been seen, at the latest.
    pub since: Option<Time>,
    /// Since when answers leave it out, though it may be there; none while they show it.
    pub unseen_since: Option<Time>,
    /// What the session token says; none: the answer carried none.
    pub token: Option<TokenRecord>,
}

/// What a session token says of itself; never the token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TokenRecord {
    /// Whom it was issued for.
    pub user: Option<String>,
    /// For which platform.
    pub platform_id: Option<i32>,
    /// When.
    pub issued: Option<Time>,
    /// Until when it is good.
    pub expires: Option<Time>,
    /// The same as the token has it, in unix seconds; also where no calendar has that time.
    pub exp: Option<i64>,
    /// Whether that is over, by the server's clock.
    pub expired: bool,
    /// Tells two tokens of one run apart.
    pub fingerprint: String,
    /// Why it could not be read, where it could not.
    pub unreadable: Option<String>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingRecord {
    /// The name of the rule.
    pub rule: &'static str,
    /// How serious it is.
    pub severity: &'static str,
    /// Since when it has been found.
    pub since: Option<Time>,
    /// What it rests on, in one sentence.
    pub evidence: String,
    /// What to do.
    pub advice: String,
}

/// A point in time, in RFC 3339 and UTC as far as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(Timestamp);

impl Time {
    /// The time of so many milliseconds since 1970; none where no calendar has it.
    pub fn of(unix_ms: i64) -> Option<Time> {
        Timestamp::from_millisecond(unix_ms).ok().map(Time)
    }

    /// Milliseconds since 1970.
    pub fn unix_ms(self) -> i64 {
        self.0.as_millisecond()
    }

    /// As a calendar of this zone has it, in the words of `strftime`.
    pub fn in_zone(self, zone: &TimeZone, format: &str) -> String {
        self.0.to_zoned(zone.clone()).strftime(format).to_string()
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Known<'_> {
    /// Everything that is known of one user.
    pub fn user(self, user: UserIx) -> UserRecord {
        let Known { knowledge, now, names } = self;
        let roster = &knowledge.roster;
        let list = roster.list();
        let presence = roster.presence(user);
        let past = knowledge.history.of(user);
        UserRecord {
            id: names.user(list.raw_id(user)).into_owned(),
            label: list.label(user).map(|label| names.label(label).into_owned()),
            group: list.group(user).map(|group| names.group(group).into_owned()),
            presence: presence.name(),
            why: match presence {
                Presence::Unknown(why) => Some(why.to_string()),
                _ => None,
            },
            basis: roster.basis(user).name(),
            delivery: knowledge.delivery(user).name(),
            stale: roster.is_stale(user, now),
            age_ms: roster.answered(user).map(|answered| now.since(answered.received)),
            since: roster.since(user).and_then(|since| Time::of(now.unix_ms_at(since.before_ms))),
            since_exact: roster.since(user).is_some_and(Since::is_exact),
            flips: past.flips(),
            reconnects: past.reconnects(),
            connections: roster.connections(user).iter().map(|tracked| self.connection(tracked)).collect(),
            findings: knowledge.findings.of(user).iter().map(|finding| self.finding(finding)).collect(),
        }
    }

    fn connection(self, tracked: &Tracked) -> ConnectionRecord {
        let server_seconds = self.server_seconds();
        let connection = &tracked.connection;
        let seconds = |at: i64| Time::of(at.saturating_mul(1_000));
        let token = connection.token.as_ref().map(|token| {
            let fingerprint = token.fingerprint.to_string();
            match &token.claims {
                Err(why) => {
                    TokenRecord { fingerprint, unreadable: Some(why.to_string()), ..TokenRecord::default() }
                }
                Ok(claims) => TokenRecord {
                    user: claims.user.as_deref().map(|user| self.names.shown_user(user).into_owned()),
                    platform_id: claims.platform.map(|platform| platform.0),
                    issued: claims.issued.and_then(seconds),
                    expires: claims.expires.and_then(seconds),
                    exp: claims.expires,
                    expired: claims.expires.is_some_and(|at| at <= server_seconds),
                    fingerprint,
                    unreadable: None,
                },
            }
        });
        ConnectionRecord {
            platform: connection.platform.name().into_owned(),
            platform_id: connection.platform.0,
            conn_id: connection.id.to_string(),
            background: connection.background,
            since: Time::of(self.now.unix_ms_at(tracked.since.before_ms)),
            unseen_since: tracked
                .unseen
                .as_ref()
                .and_then(|unseen| Time::of(unseen.dropped.received.unix_ms)),
            token,
        }
    }

    /// Something that is wrong.
    pub fn finding(self, finding: &Finding) -> FindingRecord {
        FindingRecord {
            rule: finding.rule.name(),
            severity: finding.severity.name(),
            since: Time::of(finding.since.unix_ms),
            evidence: self.names.evidence(finding, self.server_seconds()),
            advice: finding.advice().to_owned(),
        }
    }

    fn server_seconds(self) -> i64 {
        self.knowledge.roster.server_clock().unix_seconds(self.now)
    }
}

#[cfg(test)]
pub(crate) fn sample() -> UserRecord {
    UserRecord {
        id: "=cmd|' /C calc'!A0".into(),
        label: Some("王小明, \"Night desk\"".into()),
        group: None,
        presence: "online",
        why: None,
        basis: None,
        delivery: "now",
        stale: false,
        age_ms: Some(3),
        since: Time::of(1_798_459_200_000),
        since_exact: true,
        flips: 0,
        reconnects: 2,
        connections: vec![ConnectionRecord {
            platform: "Android".into(),
            platform_id: 2,
            conn_id: "af1855c9978b9c9c100b4c4e160aab9e".into(),
            background: false,
            since: None,
            unseen_since: None,
            token: Some(TokenRecord {
                user: Some("user_001".into()),
                platform_id: Some(2),
                expires: Time::of(1_798_459_200_000),
                exp: Some(1_798_459_200),
                fingerprint: "1a2b3c4d".into(),
                ..TokenRecord::default()
            }),
        }],
        findings: vec![FindingRecord {
            rule: "token-shared",
            severity: "warning",
            since: None,
            evidence: "one token".into(),
            advice: "look".into(),
        }],
    }
}
