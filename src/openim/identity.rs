//! What the admin token says of itself. The token stays here.

use crate::presence::{Claims, FetchError, Fingerprint, Unreadable};

use super::client::Client;
use super::screening::Screening;
use super::token::read_claims;

/// What an admin token says of itself; only the server can tell whether that is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Tells it from other tokens of this run.
    pub fingerprint: Fingerprint,
    /// Its claims, or why they could not be read.
    pub claims: Result<Claims, Unreadable>,
}

impl Client {
    /// What the admin token says of itself. Gets one where there is none yet, which for a login means
    /// to log in.
    ///
    /// # Errors
    ///
    /// [`FetchError::Credentials`], or whatever a login met.
    pub async fn identity(&self) -> Result<Identity, FetchError> {
        use secrecy::ExposeSecret as _;
        let pass = self.0.session.pass(self).await?;
        let token = pass.token.expose_secret();
        Ok(Identity {
            fingerprint: self.0.keys.fingerprint(token),
            claims: read_claims(token, "", &Screening::of(&pass.redactor, b"")),
        })
    }
}
