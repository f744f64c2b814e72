//! Users as the tests of rules need them.

use super::Evidence;
use super::case::Case;
use super::settings::RuleSettings;
use crate::presence::history::Past;
use crate::presence::{
    Answered, Claims, ConnId, Connection, Fingerprint, Lacking, Moment, Platform, Presence, Recheck,
    SessionToken, Since, Sockets, Thresholds, Tracked, Unreadable, Verdict,
};

/// The server's clock, in unix seconds.
pub(super) const NOW: i64 = 1_800_000_000;
/// The monotonic clock then, in milliseconds.
pub(super) const MONO: u64 = 10_000_000;

/// One user and what is known of them.
pub(super) struct RuleInputs {
    pub(super) id: String,
    pub(super) presence: Presence,
    pub(super) connections: Vec<Tracked>,
    pub(super) doubt: Option<Recheck>,
    pub(super) lacking: Option<Lacking>,
    pub(super) beside: u32,
    pub(super) lossy: Vec<(u64, u64)>,
    pub(super) thresholds: Thresholds,
    pub(super) past: Past,
    pub(super) settings: RuleSettings,
    pub(super) now: Moment,
    /// Since then the sockets give no answers.
    pub(super) silent_from: Option<u64>,
}

impl RuleInputs {
    pub(super) fn case(&self) -> Case<'_> {
        Case {
            raw_id: &self.id,
            presence: self.presence,
            connections: &self.connections,
            doubt: self.doubt.as_ref(),
            lacking: self.lacking.as_ref(),
            beside: self.beside,
            lossy: &self.lossy,
            thresholds: &self.thresholds,
            past: &self.past,
            server_seconds: self.now.unix_ms.div_euclid(1_000),
            now: self.now,
            looked_ms: self.silent_from.unwrap_or(u64::MAX).min(self.now.mono_ms),
            settings: &self.settings,
        }
    }

    /// What a rule finds, in words.
    pub(super) fn found_by(&self, judge: super::rule::JudgeUser) -> Vec<String> {
        let (case, mut found) = (self.case(), Vec::new());
        judge(&case, &mut found);
        found.iter().map(|evidence: &Evidence| evidence.words(case.server_seconds)).collect()
    }
}

/// A user who is online with these connections.
pub(super) fn online(id: &str, connections: Vec<TestConnection>) -> RuleInputs {
    RuleInputs {
        id: id.to_owned(),
        presence: Presence::Online,
        connections: connections.into_iter().map(|connection| connection.0).collect(),
        doubt: None,
        lacking: None,
        beside: 0,
        lossy: Vec::new(),
        thresholds: Thresholds::default(),
        past: Past::default(),
        settings: RuleSettings::default(),
        now: Moment { mono_ms: MONO, unix_ms: NOW * 1_000 },
        silent_from: None,
    }
}

/// A user who was online, and whom the sockets left out, or some of whose connections, first with an
/// answer at that time; of whom that is said now. The registry has not been heard.
pub(super) fn in_doubt(dropped_ms: u64, presence: Presence) -> Recheck {
    let at = Moment { mono_ms: dropped_ms, unix_ms: 0 };
    let sockets = if presence.is_doubt() { Sockets::None } else { Sockets::Foreground };
    let verdict = Verdict { presence, ..Verdict::SILENT };
    Recheck { verdict, ..Recheck::new(None, Answered { sent: at, received: at }, sockets, Presence::Online) }
}

/// A connection in the making.
pub(super) struct TestConnection(Tracked);

/// A connection that nothing is wrong with: seen at the first moment, its token a readable one of its
/// own that says nothing.
pub(super) fn connection(id: &str, platform: i32) -> TestConnection {
    let own = id.bytes().fold(1_u128, |sum, byte| sum * 257 + u128::from(byte));
    let token = SessionToken::new(Fingerprint(own), Ok(Claims::default()));
    TestConnection(Tracked {
        connection: Connection {
            platform: Platform(platform),
            id: ConnId::new(id),
            background: false,
            token: Some(token),
        },
        since: Since { after_ms: None, before_ms: 0 },
        unseen: None,
    })
}

impl TestConnection {
    fn claim(mut self, change: impl FnOnce(&mut Claims)) -> TestConnection {
        if let Some(Ok(claims)) = self.0.connection.token.as_mut().map(|token| &mut token.edit().claims) {
            change(claims);
        }
        self
    }

    pub(super) fn expires(self, at: i64) -> TestConnection {
        self.claim(|claims| claims.expires = Some(at))
    }

    pub(super) fn issued_for(self, user: &str) -> TestConnection {
        self.claim(|claims| claims.user = Some(user.into()))
    }

    pub(super) fn issued_on(self, platform: i32) -> TestConnection {
        self.claim(|claims| claims.platform = Some(Platform(platform)))
    }

    pub(super) fn with_known_secret(self) -> TestConnection {
        self.claim(|claims| claims.known_secret = true)
    }

    pub(super) fn unreadable(mut self, why: Unreadable) -> TestConnection {
        if let Some(token) = &mut self.0.connection.token {
            token.edit().claims = Err(why);
        }
        self
    }

    pub(super) fn without_token(mut self) -> TestConnection {
        self.0.connection.token = None;
        self
    }

    /// With the token of this number, which it may share.
    pub(super) fn token(mut self, number: u32) -> TestConnection {
        if let Some(token) = &mut self.0.connection.token {
            token.edit().fingerprint = Fingerprint(u128::from(number) << 96);
        }
        self
    }

    /// First seen then, on the monotonic clock, by an answer a moment after the last one.
    pub(super) fn seen(self, at_ms: u64) -> TestConnection {
        self.seen_between(at_ms, at_ms)
    }

    pub(super) fn seen_between(mut self, after_ms: u64, before_ms: u64) -> TestConnection {
        self.0.since = Since { after_ms: Some(after_ms), before_ms };
        self
    }
}
