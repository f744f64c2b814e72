//! What the session tokens of one user's connections say, summed up for a row.

use crate::presence::{Connection, Platform, Tracked, short_age, visible};
use crate::say;

/// When the first of a user's session tokens expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expiry {
    /// At least one cannot be read.
    Unreadable,
    /// Then, in unix seconds of the server's clock.
    At(i64),
    /// They are readable and name no end.
    Never,
    /// No connection shows a token.
    NoToken,
}

/// Sums up the tokens of a user's connections. A date goes before a token that can't be read: it is
/// what expires.
pub fn soonest_expiry(connections: &[Tracked]) -> Expiry {
    let mut unreadable = false;
    let mut soonest = Expiry::NoToken;
    for token in connections.iter().filter_map(|tracked| tracked.connection.token.as_ref()) {
        match &token.claims {
            Ok(claims) => soonest = soonest.min(claims.expires.map_or(Expiry::Never, Expiry::At)),
            Err(_) => unreadable = true,
        }
    }
    if unreadable && !matches!(soonest, Expiry::At(_)) { Expiry::Unreadable } else { soonest }
}

/// When a session token ends, so many seconds from now: `EXPIRED 2y`, `19m soon`, `22d`. What is over
/// or within a day has a word.
pub fn short_expiry(left: i64) -> String {
    const DAY: i64 = 24 * 3_600;
    let age = short_age(left.unsigned_abs());
    match left {
        ..=0 => say!("EXPIRED {age}", age),
        1..DAY => say!("{age} soon", age),
        _ => age,
    }
}

/// For whom or what else a connection's token was issued.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreign<'a> {
    /// Another user; visible-safe.
    pub user: Option<&'a str>,
    /// Another platform than the connection's.
    pub platform: Option<Platform>,
}

/// For whom or what else the token of a connection was issued than the user with this ID.
pub fn foreign<'a>(connection: &'a Connection, raw_id: &str) -> Foreign<'a> {
    let Some(claims) = connection.token.as_ref().and_then(|token| token.claims()) else {
        return Foreign::default();
    };
    Foreign {
        user: claims.user.as_deref().filter(|user| *user != visible(raw_id)),
        platform: claims.platform.filter(|platform| *platform != connection.platform),
    }
}

/// The most serious of them among all connections of the user with this ID: that of another user
/// before that of another platform.
pub fn worst_foreign<'a>(connections: &'a [Tracked], raw_id: &str) -> Foreign<'a> {
    let mut worst = Foreign::default();
    for tracked in connections {
        let found = foreign(&tracked.connection, raw_id);
        if found.user.is_some() {
            return found;
        }
        if worst.platform.is_none() {
            worst = found;
        }
    }
    worst
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::presence::{Claims, ConnId, Fingerprint, SessionToken, Since, Unreadable};

    fn tracked(claims: Option<Result<Claims, Unreadable>>) -> Tracked {
        let token = claims.map(|claims| SessionToken::new(Fingerprint(1), claims));
        let connection = Connection { platform: Platform(2), id: ConnId::new("c"), background: false, token };
        Tracked { connection, since: Since { after_ms: None, before_ms: 0 }, unseen: None }
    }

    fn until(expires: Option<i64>) -> Tracked {
        tracked(Some(Ok(Claims { expires, ..Claims::default() })))
    }

    #[test]
    fn the_soonest_end_counts() {
        let unreadable = || tracked(Some(Err(Unreadable::NotAJwt)));
        assert_eq!(soonest_expiry(&[]), Expiry::NoToken);
        assert_eq!(soonest_expiry(&[tracked(None)]), Expiry::NoToken);
        assert_eq!(soonest_expiry(&[until(Some(9)), until(None), until(Some(3))]), Expiry::At(3));
        assert_eq!(soonest_expiry(&[until(None)]), Expiry::Never);
        assert_eq!(soonest_expiry(&[until(None), unreadable()]), Expiry::Unreadable);
        assert_eq!(soonest_expiry(&[unreadable(), until(Some(3))]), Expiry::At(3));
    }

    #[test]
    fn a_token_of_another_user_or_platform_stands_out() {
        let claims = Claims { user: Some("bob".into()), platform: Some(Platform(3)), ..Claims::default() };
        let tracked = tracked(Some(Ok(claims)));
        let found = foreign(&tracked.connection, "alice");
        assert_eq!((found.user, found.platform), (Some("bob"), Some(Platform(3))));
        assert_eq!(foreign(&tracked.connection, "bob").user, None);
        assert_eq!(foreign(&until(None).connection, "bob"), Foreign::default());
    }
}
