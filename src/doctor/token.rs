//! What the admin token says of itself. Never the token, nor a part of it.

use super::certificate::DAY;
use super::step::{Outcome, Part, Step, date_words};
use crate::language;
use crate::openim::{Credentials, Identity};
use crate::presence::{Claims, FetchError, Platform, short_age, visible_bounded};
use crate::say;

/// A token with less time left is worth a warning, in seconds.
const SOON: i64 = 7 * DAY;
/// Tokens are made to be issued a few seconds ago; from so many seconds ahead on it is worth a warning.
const AHEAD: i64 = 10;

/// The platform of an admin's token (protocol `constant/platform_id_to_name.go`).
pub(super) const ADMIN: Platform = Platform(10);

/// Judges a token that came from `credentials`, at `now` by the server's clock (unix seconds).
pub(super) fn judge(credentials: &Credentials, token: &Result<Identity, FetchError>, now: i64) -> Step {
    let identity = match token {
        Ok(identity) => identity,
        Err(error) => return Step::failed(Part::Token, error.to_string(), error.advice()),
    };
    let fingerprint =
        say!("fingerprint {fingerprint}, another one in each run", fingerprint = identity.fingerprint);
    let step = match &identity.claims {
        Ok(claims) => of_claims(claims, now),
        Err(why) => Step::ok(Part::Token, say!("it is {why}", why)).but(
            Outcome::Warning,
            say!("the server may accept it, but check that the whole token was copied, and nothing else with it"),
        ),
    };
    login(credentials, step.detail(fingerprint))
}

fn of_claims(claims: &Claims, now: i64) -> Step {
    let user = claims.user.as_deref().unwrap_or(say!("nobody"));
    let platform =
        claims.platform.map_or(say!("no platform").to_owned(), |platform| platform.name().into_owned());
    let seen = |validity: String| match claims.issued.map(date_words) {
        Some(issued) => say!(
            "it is {user}'s for {platform}, issued {issued}, {validity}",
            user,
            platform,
            issued,
            validity
        ),
        None => say!("it is {user}'s for {platform}, {validity}", user, platform, validity),
    };
    let mut step = match claims.expires {
        None => Step::ok(Part::Token, seen(say!("without an expiry").to_owned()))
            .but(Outcome::Note, say!("OpenIM's own tokens expire: is it one of this server's?")),
        Some(expires) if expires <= now => Step::failed(
            Part::Token,
            seen(say!(
                "expired {date}, {age} ago",
                date = date_words(expires),
                age = age(now.saturating_sub(expires))
            )),
            say!(
                "get a new one with POST /auth/get_admin_token (--token-file, --token-command), or log in with --secret-file"
            ),
        ),
        Some(expires) if Claims::is_far_future(expires) => Step::ok(
            Part::Token,
            seen(say!("expires in the {when}", when = language::say(Claims::FAR_FUTURE))),
        )
        .but(
            Outcome::Note,
            say!("exp of a JWT is in seconds: whoever issued it may have written milliseconds"),
        ),
        Some(expires) => {
            let left = expires.saturating_sub(now);
            let step = Step::ok(
                Part::Token,
                seen(say!("valid until {date} ({left} left)", date = date_words(expires), left = age(left))),
            );
            if left < SOON {
                step.but(
                    Outcome::Warning,
                    say!(
                        "get a new one within {left}; a --token-command can do so by itself",
                        left = age(left)
                    ),
                )
            } else {
                step
            }
        }
    };
    if let Some(expires) = claims.expires {
        step = step.count("seconds_left", expires.saturating_sub(now));
    }
    let ahead = claims.issued.into_iter().chain(claims.not_before).max().unwrap_or(now).saturating_sub(now);
    if ahead >= AHEAD {
        step = step.but(
            Outcome::Warning,
            say!(
                "it becomes valid in {ahead} by the server's clock, and is refused until then: compare the clocks",
                ahead = age(ahead)
            ),
        );
    }
    if claims.platform.is_some_and(|platform| platform != ADMIN) {
        step = step.but(
            Outcome::Note,
            say!(
                "an admin token is for the platform Admin since v3.8.1; one for another platform is a user's, or from an \
                 old login"
            ),
        );
    }
    step
}

/// What a login does on the server, where there was one.
fn login(credentials: &Credentials, step: Step) -> Step {
    let Credentials::Login { admin_id, .. } = credentials else { return step };
    let admin_id = visible_bounded(admin_id, 64);
    step.detail(say!("it is from a login as {admin_id} just now", admin_id)).but(
        Outcome::Note,
        say!(
            "on current servers a login ends the other tokens of {admin_id} after 5 minutes: give imtop an admin ID of \
             its own (--admin-id, imAdminUser in share.yml), or a token (--token-file)",
            admin_id
        ),
    )
}

fn age(seconds: i64) -> String {
    short_age(seconds.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presence::{Fingerprint, Unreadable};

    const NOW: i64 = 1_795_413_122;

    fn judged(claims: Result<Claims, Unreadable>) -> Step {
        let token = Identity { fingerprint: Fingerprint(0x1a2b_3c4d << 96), claims };
        judge(&Credentials::TokenFile("t".into()), &Ok(token), NOW)
    }

    fn claims(expires: i64) -> Claims {
        Claims {
            user: Some("imAdmin".into()),
            platform: Some(ADMIN),
            issued: Some(NOW - 5),
            expires: Some(expires),
            ..Claims::default()
        }
    }

    #[test]
    fn claims_are_said_with_the_fingerprint() {
        let step = judged(Ok(claims(NOW + 90 * DAY)));
        assert_eq!(step.outcome, Outcome::Ok);
        assert_eq!(
            step.seen,
            "it is imAdmin's for Admin, issued 2026-11-23 05:51 UTC, valid until 2027-02-21 05:52 UTC (90d left)"
        );
        assert_eq!(step.details, ["fingerprint 1a2b3c4d, another one in each run"]);
    }

    #[test]
    fn an_expired_token_fails_and_one_that_expires_soon_is_warned_of() {
        assert_eq!(judged(Ok(claims(NOW))).outcome, Outcome::Failed);
        assert_eq!(judged(Ok(claims(NOW + SOON - 1))).outcome, Outcome::Warning);
        assert_eq!(judged(Ok(claims(NOW + SOON))).outcome, Outcome::Ok);
        assert_eq!(judged(Err(Unreadable::NotAJwt)).outcome, Outcome::Warning);
        assert_eq!(judged(Ok(Claims { expires: None, ..claims(0) })).outcome, Outcome::Note);
    }

    #[test]
    fn a_token_out_of_the_future_or_of_a_user_is_noted() {
        let future = Claims { issued: Some(NOW + 60), ..claims(NOW + 90 * DAY) };
        assert_eq!(judged(Ok(future)).outcome, Outcome::Warning);
        let of_user = Claims { platform: Some(Platform(2)), ..claims(NOW + 90 * DAY) };
        let step = judged(Ok(of_user));
        assert_eq!(step.outcome, Outcome::Note);
        assert!(step.seen.contains("for Android"), "{}", step.seen);
    }

    #[test]
    fn a_login_says_what_it_does_to_others() {
        let login = Credentials::Login { secret_file: "s".into(), admin_id: "imAdmin".to_owned() };
        let token = Identity { fingerprint: Fingerprint(0), claims: Ok(claims(NOW + 90 * DAY)) };
        let step = judge(&login, &Ok(token), NOW);
        assert_eq!(step.outcome, Outcome::Note);
        assert!(step.advice[0].contains("after 5 minutes"));
    }

    #[test]
    fn a_token_that_cannot_be_had_says_why() {
        let error = FetchError::Credentials { what: "t: no such file".into(), advice: "check the name" };
        let step = judge(&Credentials::TokenFile("t".into()), &Err(error), NOW);
        assert_eq!(
            (step.outcome, &*step.seen, &*step.advice[0]),
            (Outcome::Failed, "t: no such file", "check the name")
        );
    }
}
