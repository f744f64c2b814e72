//! Logging in as an app manager: on servers of today, and by the old path where that is unknown.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::presence::FetchError;

use super::client::Client;
use super::endpoint::Endpoint;
use super::envelope::{self, undecodable};
use super::error_code;
use super::json::{Object, Text};
use super::redact::Redactor;
use super::session::Issuer;

/// A login by the old path names a platform: iOS.
const OLD_PLATFORM: i32 = 1;

/// The question to both paths.
#[derive(Serialize)]
struct Login<'a> {
    secret: &'a str,
    #[serde(rename = "userID")]
    user: &'a str,
    #[serde(rename = "platformID", skip_serializing_if = "Option::is_none")]
    platform: Option<i32>,
}

#[derive(Deserialize)]
struct Issued<'a> {
    #[serde(borrow)]
    token: Text<'a>,
}

impl Issuer for Client {
    async fn login(&self, secret: &SecretString, admin_id: &str) -> Result<SecretString, FetchError> {
        let question = |platform| {
            let login = Login { secret: secret.expose_secret(), user: admin_id, platform };
            serde_json::to_vec(&login).unwrap_or_default() // strings and a number always encode
        };
        let redactor = Redactor::new([secret.expose_secret()]);
        match login_at(self, Endpoint::AdminToken, question(None), &redactor).await {
            Ok(token) => Ok(token),
            Err((_, true)) => {
                let old = login_at(self, Endpoint::UserToken, question(Some(OLD_PLATFORM)), &redactor).await;
                old.map_err(|(error, _)| error)
            }
            Err((error, false)) => Err(error),
        }
    }
}

/// Logs in at `endpoint`. The second value says that the server does not know this path.
async fn login_at(
    client: &Client,
    endpoint: Endpoint,
    question: Vec<u8>,
    redactor: &Redactor,
) -> Result<SecretString, (FetchError, bool)> {
    let reply = client.send(endpoint, question.into(), None, redactor).await;
    let body = reply.body.map_err(|error| {
        let unknown = error == FetchError::Http { status: 404 };
        (error, unknown)
    })?;
    let known = |error| (error, false);
    let json = body.unpack(client.0.body_limit).map_err(known)?;
    let opened = envelope::open::<Object<Issued<'_>>>(&json).map_err(known)?;
    if let Some(refusal) = opened.refusal(endpoint, 200) {
        let error = error_code::fetch_error(&refusal, redactor);
        return Err((error, error_code::path_is_unknown(&refusal)));
    }
    let token = opened.into_data().map(|Object(issued)| issued.token.0).filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| known(undecodable("a login without a token in it")))?;
    Ok(token.into_owned().into())
}
