//! Counts over all connections that were seen last: by platform, by expiry of their session tokens.
//!
//! Kept up to date with every connection that comes, changes or goes; never counted anew.

use std::collections::BTreeMap;

use super::connection::Connection;
use super::platform::Platform;
use super::token::SessionToken;

/// Counts over a set of connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    platforms: BTreeMap<Platform, u32>,
    /// Those of them in the background.
    in_background: BTreeMap<Platform, u32>,
    /// How many tokens expire in each unix minute.
    expiries: BTreeMap<i64, u32>,
    open: usize,
    newest_issued: Option<i64>,
}

impl Tally {
    /// A connection is there.
    pub(super) fn add(&mut self, connection: &Connection) {
        self.open += 1;
        *self.platforms.entry(connection.platform).or_default() += 1;
        if connection.background {
            *self.in_background.entry(connection.platform).or_default() += 1;
        }
        if let Some(minute) = expiry_minute(connection) {
            *self.expiries.entry(minute).or_default() += 1;
        }
        let issued =
            connection.token.as_ref().and_then(SessionToken::claims).and_then(|claims| claims.issued);
        self.issued(issued);
    }

    /// A connection that was added is no longer there, or no longer as it was.
    pub(super) fn remove(&mut self, connection: &Connection) {
        self.open = self.open.saturating_sub(1);
        take_one(&mut self.platforms, connection.platform);
        if connection.background {
            take_one(&mut self.in_background, connection.platform);
        }
        if let Some(minute) = expiry_minute(connection) {
            take_one(&mut self.expiries, minute);
        }
    }

    /// Counts nobody, but goes on from the newest token that was ever seen.
    pub(super) fn emptied(&self) -> Tally {
        Tally { newest_issued: self.newest_issued, ..Tally::default() }
    }

    /// A token was seen that says it was issued then.
    pub(super) fn issued(&mut self, at: Option<i64>) {
        self.newest_issued = self.newest_issued.max(at);
    }

    pub(super) fn platforms(&self) -> &BTreeMap<Platform, u32> {
        &self.platforms
    }

    pub(super) fn in_background(&self, platform: Platform) -> u32 {
        self.in_background.get(&platform).copied().unwrap_or(0)
    }

    pub(super) fn expiries(&self) -> &BTreeMap<i64, u32> {
        &self.expiries
    }

    pub(super) fn open(&self) -> usize {
        self.open
    }

    pub(super) fn newest_issued(&self) -> Option<i64> {
        self.newest_issued
    }
}

fn expiry_minute(connection: &Connection) -> Option<i64> {
    connection.token.as_ref().and_then(SessionToken::expires).map(|seconds| seconds.div_euclid(60))
}

fn take_one<K: Ord>(counts: &mut BTreeMap<K, u32>, key: K) {
    if let std::collections::btree_map::Entry::Occupied(mut count) = counts.entry(key) {
        *count.get_mut() = count.get().saturating_sub(1);
        if *count.get() == 0 {
            count.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presence::{Claims, ConnId, Fingerprint};

    fn connection(platform: i32, issued: i64, expires: i64) -> Connection {
        let claims = Claims { issued: Some(issued), expires: Some(expires), ..Claims::default() };
        let token = SessionToken::new(Fingerprint(1), Ok(claims));
        Connection {
            platform: Platform(platform),
            id: ConnId::new("c"),
            background: false,
            token: Some(token),
        }
    }

    #[test]
    fn what_went_leaves_no_zero_behind_but_the_newest_token_stays_known() {
        let mut tally = Tally::default();
        let (phone, desk) = (connection(2, 100, 7_199), connection(3, 50, -1));
        tally.add(&phone);
        tally.add(&desk);
        assert_eq!(tally.platforms(), &BTreeMap::from([(Platform(2), 1), (Platform(3), 1)]));
        assert_eq!(tally.expiries(), &BTreeMap::from([(-1, 1), (119, 1)]), "minutes, also before 1970");
        tally.remove(&phone);
        assert_eq!(tally.platforms(), &BTreeMap::from([(Platform(3), 1)]));
        assert_eq!((tally.open(), tally.expiries().len(), tally.newest_issued()), (1, 1, Some(100)));
    }
}
