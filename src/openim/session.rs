//! The admin session: the token in use, and when a new one is fetched.
//!
//! A login displaces every other holder of the admin ID after five minutes (errCode 1507), so two
//! programs that both log in again whenever they are displaced would fight for ever and take the
//! chat server down with them. Hence: one login however many requests are refused at once, a growing
//! pause between logins, and none at all after the second displacement within 15 minutes. A try that
//! cannot have displaced anybody makes no pause longer, and the user may cut the pause after it short.

use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::presence::{FetchError, Logins, visible_bounded};
use crate::words;

use super::credentials::{self, Credentials, Stamp};
use super::redact::Redactor;

/// A token file is looked at no more often than this.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Pause after the first login, or the first failure of one; doubled each time.
const LOGIN_PAUSE: Duration = Duration::from_secs(30);
/// The same for a command, which displaces nobody.
const COMMAND_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause after tries that displaced nobody.
const HARMLESS_PAUSE: Duration = Duration::from_secs(30);
/// No pause is longer, and after so long without a new token the pauses start over.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// Two displacements within this time are a fight.
const FIGHT: Duration = Duration::from_mins(15);

/// Logs in: the part of the session that talks to the server.
pub(super) trait Issuer: Sync {
    /// Trades the server's secret for an admin token.
    fn login(
        &self,
        secret: &SecretString,
        admin_id: &str,
    ) -> impl Future<Output = Result<SecretString, FetchError>> + Send;
}

/// A token in use, and what finds it in texts.
pub(super) struct Pass {
    pub(super) token: SecretString,
    pub(super) redactor: Redactor,
    serial: u64,
}

/// The admin session of one client.
pub(super) struct Session {
    source: Credentials,
    /// For a token command.
    timeout: Duration,
    state: Mutex<State>,
    /// The user wants an answer now; noted here, as the state may be held by a try under way.
    wished: AtomicBool,
    /// Of the token in use; noted here for the same reason.
    serial: AtomicU64,
    /// When there was trouble about the admin ID; the same.
    trouble: std::sync::Mutex<ErrorKind>,
    /// Whether what the server keeps in Redis could not be had when it was asked for last: then a token that is displaced
    /// and in its five minutes of grace may be refused as well.
    redis_fails: AtomicBool,
}

/// When we logged in and when a token of ours was found displaced, as far back as [`FIGHT`]. Both are
/// few: each is followed by a pause.
#[derive(Default)]
struct ErrorKind {
    made: Vec<Instant>,
    displaced: Vec<Instant>,
}

#[derive(Default)]
struct State {
    held: Option<Arc<Pass>>,
    serial: u64,
    /// The token file as it was when it was looked at last, whatever came of that, and when it was.
    stamp: Option<Stamp>,
    looked: Option<Instant>,
    /// The last try to get a new token: when, the how manieth in a row, and what became of it.
    tried: Option<Instant>,
    tries: u32,
    /// How many of the last tries failed without displacing anybody; `tries` does not count them.
    harmless: u32,
    error: Option<FetchError>,
    /// When the token was last found displaced, and which one it was.
    displaced: Option<Instant>,
    displaced_serial: u64,
    /// Somebody else holds the admin ID; nothing is tried any more.
    fighting: bool,
}

impl State {
    fn hold(&mut self, token: SecretString, secret: Option<&SecretString>) -> Arc<Pass> {
        self.serial += 1;
        let secrets = [Some(&token), secret].into_iter().flatten().map(SecretString::expose_secret);
        let pass = Arc::new(Pass { redactor: Redactor::new(secrets), token, serial: self.serial });
        self.held = Some(Arc::clone(&pass));
        pass
    }

    fn holds(&self, token: &SecretString) -> bool {
        self.held.as_ref().is_some_and(|held| held.token.expose_secret() == token.expose_secret())
    }

    /// Whether it is too early for another try.
    fn is_pausing(&mut self, first: Duration, now: Instant) -> bool {
        let Some(tried) = self.tried else { return false };
        let since = now.saturating_duration_since(tried);
        if since >= LONGEST_PAUSE {
            (self.tries, self.harmless) = (0, 0);
            return false;
        }
        let (row, longest) = match self.harmless {
            0 => (self.tries, LONGEST_PAUSE),
            harmless => (harmless, HARMLESS_PAUSE),
        };
        let factor = 1 << row.saturating_sub(1).min(16);
        since < (first * factor).min(longest)
    }

    fn begin_try(&mut self, now: Instant) {
        // Noted before the try, so that one that is given up half-way counts as well.
        self.tried = Some(now);
        self.tries += 1;
    }

    fn end_try(&mut self, failure: Option<&Failure>) {
        match failure {
            Some(Failure { harmless: true, .. }) => {
                self.tries -= 1;
                self.harmless += 1;
            }
            _ => self.harmless = 0,
        }
        self.error = failure.map(|failure| failure.error.clone());
    }
}

/// Why a try brought no token.
struct Failure {
    error: FetchError,
    /// Whether it cannot have displaced anybody.
    harmless: bool,
}

impl Failure {
    /// Before or without a login.
    fn harmless(error: FetchError) -> Failure {
        Failure { error, harmless: true }
    }

    /// Of a login: where the server said something, or was only not waited for, it may have acted on
    /// it as well.
    fn of_login(error: FetchError) -> Failure {
        let harmless = match error {
            FetchError::Unreachable { .. }
            | FetchError::ProxyUnreachable { .. }
            | FetchError::Tls { .. }
            | FetchError::RateLimited { .. } => true,
            // A proxy did not hand it on, or had nobody to; after a 499 or 504 somebody may well have it.
            FetchError::Http { status } | FetchError::Unavailable { status, .. } => {
                matches!(status, 403 | 404 | 408 | 421 | 425 | 502 | 503)
            }
            _ => false,
        };
        Failure { error, harmless }
    }
}

impl Session {
    /// A session with no token yet; a token command has to end within `timeout`.
    pub(super) fn new(source: Credentials, timeout: Duration) -> Session {
        Session {
            source,
            timeout,
            state: Mutex::default(),
            wished: AtomicBool::new(false),
            serial: AtomicU64::new(0),
            trouble: std::sync::Mutex::default(),
            redis_fails: AtomicBool::new(false),
        }
    }

    /// Counts the tokens so far: another one is another token.
    pub(super) fn serial(&self) -> u64 {
        self.serial.load(Ordering::Relaxed)
    }

    /// How often in the last 15 minutes there was trouble about the admin ID.
    pub(super) fn logins(&self) -> Logins {
        let now = Instant::now();
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let late = |times: &[Instant]| {
            let late = times.iter().filter(|at| now.saturating_duration_since(**at) < FIGHT).count();
            u16::try_from(late).unwrap_or(u16::MAX)
        };
        Logins { made: late(&trouble.made), displaced: late(&trouble.displaced) }
    }

    fn note(&self, of: impl Fn(&mut ErrorKind) -> &mut Vec<Instant>) {
        let now = Instant::now();
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let times = of(&mut trouble);
        times.retain(|at| now.saturating_duration_since(*at) < FIGHT);
        times.push(now);
    }

    /// Ends the pause after a token command, and after a login that displaced nobody: the user wants
    /// an answer now.
    pub(super) fn waive_pause(&self) {
        self.wished.store(true, Ordering::Relaxed);
    }

    /// Whether there is a token file that looks other than when it was looked at last. One that will
    /// not do counts as looked at: it is worth another question only when it changes again.
    pub(super) async fn has_changed(&self) -> bool {
        let Credentials::TokenFile(path) = &self.source else { return false };
        credentials::stamp(path).await != self.state.lock().await.stamp
    }

    /// The token to send now; fetched where there is none, read again where its file has changed.
    ///
    /// # Errors
    ///
    /// [`FetchError::Credentials`], or whatever a login met.
    pub(super) async fn pass(&self, issuer: &impl Issuer) -> Result<Arc<Pass>, FetchError> {
        let mut state = self.state.lock().await;
        let state = &mut *state;
        if state.fighting {
            return Err(self.fight());
        }
        let pass = match (&self.source, &state.held) {
            (Credentials::TokenFile(path), _) => Self::look(state, path, false).await,
            (_, held) => {
                let held = held.clone();
                if self.wished.swap(false, Ordering::Relaxed) && (!self.displaces() || state.harmless > 0) {
                    state.tried = None;
                }
                match held {
                    Some(held) => Ok(held),
                    None => self.renew(state, issuer).await,
                }
            }
        };
        self.serial.store(state.serial, Ordering::Relaxed);
        pass
    }

    /// What to do now that the server has refused `pass` with `code`: whether there is another token
    /// to try at once.
    ///
    /// # Errors
    ///
    /// Why there is none, where that says more than the refusal.
    pub(super) async fn refused(
        &self,
        pass: &Pass,
        code: i32,
        issuer: &impl Issuer,
    ) -> Result<bool, FetchError> {
        let mut state = self.state.lock().await;
        let state = &mut *state;
        if state.fighting {
            return Err(self.fight());
        }
        if state.held.as_ref().is_some_and(|held| held.serial != pass.serial) {
            return Ok(true); // another request was refused before, and this is mended
        }
        warn!(code, from = self.source.name(), "the server refuses the admin token");
        if self.displaces() && code == 1507 && self.redis_fails.load(Ordering::Relaxed) {
            // It may still be good; a login would displace others for nothing.
            return Err(FetchError::Api {
                code,
                what: "the token was refused while Redis gives no answers: it is kept, and tried again"
                    .into(),
                advice: words!("look at Redis first; imtop does not log in anew for this"),
            });
        }
        let again = self.note_displacement(state, pass, code);
        match &self.source {
            Credentials::Token(_) => Ok(false),
            Credentials::TokenFile(path) => {
                // What is wrong with the file says more than the refusal of what it held before.
                Ok(Self::look(state, path, true).await?.serial != pass.serial)
            }
            Credentials::TokenCommand(_) => self.replace(state, pass, issuer).await,
            Credentials::Login { .. } => {
                state.fighting = again;
                if state.fighting {
                    return Err(self.fight());
                }
                self.replace(state, pass, issuer).await
            }
        }
    }

    /// What the server keeps in Redis was asked for, and could be had or not.
    pub(super) fn note_redis(&self, fails: bool) {
        self.redis_fails.store(fails, Ordering::Relaxed);
    }

    /// Notes a displacement, once for each token, and says whether it is the second in a short time.
    fn note_displacement(&self, state: &mut State, pass: &Pass, code: i32) -> bool {
        // 1506 is how servers up to v3.8.1 say that another login displaced this one.
        if !matches!(code, 1506 | 1507) || state.displaced_serial == pass.serial {
            return false;
        }
        let now = Instant::now();
        let again = state.displaced.is_some_and(|last| now.saturating_duration_since(last) < FIGHT);
        state.displaced = Some(now);
        state.displaced_serial = pass.serial;
        self.note(|trouble| &mut trouble.displaced);
        warn!(again, "another login has displaced ours");
        again
    }

    fn fight(&self) -> FetchError {
        let admin_id = match &self.source {
            Credentials::Login { admin_id, .. } => admin_id.as_str(),
            _ => "the admin",
        };
        let admin_id = visible_bounded(admin_id, 64);
        FetchError::Credentials {
            what: format!(
                "another program logs in as {admin_id} too, and has displaced us twice within 15 minutes; \
                 we log in no more"
            )
            .into(),
            advice: words!(
                "give imtop an admin ID of its own (imAdminUser in share.yml), or a token (--token-file), \
                     and start it again"
            ),
        }
    }

    /// Replaces a refused token, unless it is too early for that.
    async fn replace(
        &self,
        state: &mut State,
        pass: &Pass,
        issuer: &impl Issuer,
    ) -> Result<bool, FetchError> {
        if state.is_pausing(self.first_pause(), Instant::now()) {
            return state.error.clone().map_or(Ok(false), Err);
        }
        let new = self.renew(state, issuer).await?;
        Ok(new.token.expose_secret() != pass.token.expose_secret())
    }

    /// Whether getting a new token takes the old one from somebody.
    fn displaces(&self) -> bool {
        matches!(self.source, Credentials::Login { .. })
    }

    fn first_pause(&self) -> Duration {
        if self.displaces() { LOGIN_PAUSE } else { COMMAND_PAUSE }
    }

    /// Gets a new token, unless it is too early for that.
    async fn renew(&self, state: &mut State, issuer: &impl Issuer) -> Result<Arc<Pass>, FetchError> {
        if let Credentials::Token(token) = &self.source {
            return sendable(token.clone(), "the token in IMTOP_TOKEN").map(|token| state.hold(token, None));
        }
        let now = Instant::now();
        if let (true, Some(error)) = (state.is_pausing(self.first_pause(), now), &state.error) {
            return Err(error.clone());
        }
        state.begin_try(now);
        let fetched = self.fetch(issuer).await;
        state.end_try(fetched.as_ref().err());
        let from = self.source.name();
        match fetched {
            Ok((token, secret)) => {
                info!(from, "new admin token");
                Ok(state.hold(token, secret.as_ref()))
            }
            Err(Failure { error, .. }) => {
                warn!(from, %error, "no new admin token");
                Err(error)
            }
        }
    }

    async fn fetch(&self, issuer: &impl Issuer) -> Result<(SecretString, Option<SecretString>), Failure> {
        let token = match &self.source {
            Credentials::Login { secret_file, admin_id } => {
                let (secret, _) =
                    credentials::read_file(secret_file, "secret file").await.map_err(Failure::harmless)?;
                let token = issuer.login(&secret, admin_id).await.map_err(Failure::of_login)?;
                self.note(|trouble| &mut trouble.made);
                let token = sendable(token, "the token that the login gave");
                let token = token.map_err(|error| Failure { error, harmless: false })?;
                return Ok((token, Some(secret)));
            }
            Credentials::TokenCommand(command) => {
                let token = credentials::run(command, self.timeout).await;
                token.and_then(|token| sendable(token, "the token command's output"))
            }
            Credentials::TokenFile(path) => credentials::read_file(path, "token file")
                .await
                .and_then(|(token, _)| sendable(token, "the token file")),
            Credentials::Token(token) => Ok(token.clone()),
        };
        token.map(|token| (token, None)).map_err(Failure::harmless)
    }

    /// The token in the file. While a new one cannot be read the old one stays in use, unless the
    /// server has refused it, which is what `closely` says.
    ///
    /// # Errors
    ///
    /// [`FetchError::Credentials`]: the file will not do, and there is no other token to use.
    async fn look(state: &mut State, path: &Path, closely: bool) -> Result<Arc<Pass>, FetchError> {
        let now = Instant::now();
        let lately = state.looked.is_some_and(|looked| now.saturating_duration_since(looked) < LOOK_EVERY);
        if let (Some(held), true, false) = (&state.held, lately, closely) {
            return Ok(Arc::clone(held));
        }
        state.looked = Some(now);
        let stamp = credentials::stamp(path).await;
        if let (Some(held), true, false) = (&state.held, stamp == state.stamp, closely) {
            return Ok(Arc::clone(held));
        }
        state.stamp = stamp;
        let read = match credentials::read_file(path, "token file").await {
            Ok((token, stamp)) => sendable(token, "the token file").map(|token| (token, stamp)),
            Err(error) => Err(error),
        };
        match (read, &state.held) {
            (Ok((token, stamp)), _) => {
                state.stamp = Some(stamp);
                match &state.held {
                    Some(held) if state.holds(&token) => Ok(Arc::clone(held)),
                    _ => {
                        info!(from = "token-file", "new admin token");
                        Ok(state.hold(token, None))
                    }
                }
            }
            (Err(error), Some(held)) if !closely => {
                warn!(from = "token-file", %error, "the admin token of before stays in use");
                Ok(Arc::clone(held))
            }
            (Err(error), _) => {
                warn!(from = "token-file", %error, "no new admin token");
                Err(error)
            }
        }
    }
}

/// The token, where it can stand in a header.
fn sendable(token: SecretString, whose: &str) -> Result<SecretString, FetchError> {
    if credentials::is_sendable(&token) {
        return Ok(token);
    }
    Err(FetchError::Credentials {
        what: format!("{whose} is empty or has characters in it that no token has").into(),
        advice: words!("give the token alone, as the server issued it"),
    })
}

#[cfg(test)]
mod tests;
