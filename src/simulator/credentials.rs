//! Admin tokens: who may log in, which tokens are good, and how a login ends the older ones.
//!
//! On main each login displaces all earlier tokens of that admin, which work for another five
//! minutes and are then 1507 (seen); older releases keep them.

use std::sync::Arc;

use fastrand::Rng;

use super::refusal::Refusal;
use super::release::Release;
use super::scenario::Model;
use super::world::World;
use super::world::token::{self, Grant};
use crate::presence::Platform;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// May ask everything.
    Admin,
    /// A user with a good session token.
    User(String),
}

struct Issued {
    token: Arc<str>,
    user: String,
    admin: bool,
    /// Refused from then on, unix ms of the server's clock.
    displaced_at: Option<i64>,
}

/// The tokens that the server has issued, and its rules for them.
pub(super) struct Credentials {
    release: Release,
    ids: Vec<String>,
    secret: String,
    lifetime_ms: i64,
    displaces: bool,
    grace_ms: i64,
    issued: Vec<Issued>,
    /// Apart from the world's chances: a login changes nothing there.
    rng: Rng,
}

impl Credentials {
    pub(super) fn new(model: &Model) -> Credentials {
        let admin = &model.admin;
        Credentials {
            release: model.release,
            ids: admin.ids.clone(),
            secret: admin.secret.clone(),
            lifetime_ms: admin.token_lifetime.0,
            displaces: admin.displaces.unwrap_or_else(|| model.release.displaces_admin_tokens()),
            grace_ms: admin.grace.0,
            issued: Vec::new(),
            rng: Rng::with_seed(model.seed ^ 0x5ec2_e7a1),
        }
    }

    /// The first admin ID.
    pub(super) fn first_admin(&self) -> String {
        self.ids.first().cloned().unwrap_or_default()
    }

    /// How long an admin token lives, seconds.
    pub(super) fn lifetime_s(&self) -> i64 {
        self.lifetime_ms / 1_000
    }

    /// Logs in with a secret, at `now` of the server's clock (unix ms).
    pub(super) fn login(&mut self, user: &str, secret: &str, now: i64) -> Result<Arc<str>, Refusal> {
        if secret != self.secret {
            return Err(Refusal::new(1002, "secret invalid"));
        }
        if self.release.speaks_numbers() && !self.ids.iter().any(|id| id == user) {
            let admins = self.ids.join(" ");
            return Err(Refusal::new(
                1001,
                &format!("userID is error., userID={user}, adminUserID=[{admins}]"),
            ));
        }
        Ok(self.issue(user, now))
    }

    /// A token for `user`; for an admin it displaces the older ones where the release does so.
    pub(super) fn issue(&mut self, user: &str, now: i64) -> Arc<str> {
        let admin = self.ids.iter().any(|id| id == user);
        if admin && self.displaces {
            for old in self.issued.iter_mut().filter(|old| old.user == user) {
                old.displaced_at.get_or_insert(now + self.grace_ms);
            }
        }
        let issued = now.div_euclid(1_000) - 5;
        let platform = Platform(if admin { 10 } else { 5 });
        let expires = issued + 5 + self.lifetime_s();
        let token = token::mint(&mut self.rng, self.release, Grant { user, platform, issued, expires });
        let user = user.to_owned();
        self.issued.push(Issued { token: Arc::clone(&token), user, admin, displaced_at: None });
        token
    }

    /// Whose token it is, at `now` of the server's clock (unix ms), or why it is refused.
    pub(super) fn check(&self, token: &str, now: i64, world: &World) -> Result<Caller, Refusal> {
        let known = self.issued.iter().find(|issued| &*issued.token == token);
        if known.is_some_and(|issued| issued.displaced_at.is_some_and(|at| now >= at)) {
            return Err(self.refusal(1507, token));
        }
        let Some(claims) = token::read(token) else { return Err(self.refusal(1503, token)) };
        if !claims.signed {
            let mut refusal = self.refusal(1505, token);
            "'none' signature type is not allowed".clone_into(&mut refusal.message);
            return Err(refusal);
        }
        if known.is_none() && self.has_forged_signature(token) {
            let mut refusal = self.refusal(1505, token);
            "signature is invalid".clone_into(&mut refusal.message);
            return Err(refusal);
        }
        if claims.exp <= now.div_euclid(1_000) {
            return Err(self.refusal(1501, token));
        }
        match known {
            Some(Issued { admin: true, .. }) => Ok(Caller::Admin),
            Some(_) => Ok(Caller::User(claims.user)),
            None if world.holds_token(&claims.user, token) => Ok(Caller::User(claims.user)),
            None => Err(self.refusal(1507, token)),
        }
    }

    /// Whether it says word for word what one of ours says, under another signature.
    fn has_forged_signature(&self, token: &str) -> bool {
        let Some((said, signature)) = token.rsplit_once('.') else { return false };
        self.issued
            .iter()
            .filter_map(|issued| issued.token.rsplit_once('.'))
            .any(|(ours, good)| ours == said && good != signature)
    }

    fn refusal(&self, code: i32, token: &str) -> Refusal {
        Refusal::of_token(code, self.release, token)
    }
}
