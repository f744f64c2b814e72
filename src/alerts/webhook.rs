//! A webhook: whose it is, and the files with its address and its secret.

use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};

use super::http::{Http, Reply};
use super::notice::Notice;
use super::receivers::{Failure, Request, WebhookKind};
use crate::openim::{read_secret, without_secrets};
use crate::presence::visible_bounded;

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Who receives it.
    pub kind: WebhookKind,
    /// A private file with nothing but the address, which is a secret for most receivers.
    pub url_file: PathBuf,
    /// A private file with the secret that requests are signed with.
    pub secret_file: Option<PathBuf>,
    /// PEM file of authorities to trust besides the system's.
    pub ca_file: Option<PathBuf>,
}

/// What the files hold.
pub(super) struct Access {
    url: reqwest::Url,
    secret: Option<SecretString>,
}

impl Webhook {
    /// Whether its files are there and hold what they should; connects to nothing.
    ///
    /// # Errors
    /// What is wrong with which of them, and what to do.
    pub fn check(&self) -> Result<(), String> {
        let access = self.read()?;
        Http::new(self.ca_file.clone(), access.url.scheme() == "https").map(drop)
    }

    fn read(&self) -> Result<Access, String> {
        let file = |path: &PathBuf, called: &str| {
            read_secret(path).map_err(|(what, advice)| {
                format!("{called} {}: {what}; {advice}", visible_bounded(&path.display().to_string(), 120))
            })
        };
        let text = file(&self.url_file, "url-file")?;
        let wrong = |what: &str| {
            let path = visible_bounded(&self.url_file.display().to_string(), 120);
            format!("url-file {path}: {what}")
        };
        // What is written there is not quoted.
        let url: reqwest::Url = text
            .expose_secret()
            .parse()
            .map_err(|_| wrong("there is no address in it; put https://... into it, and nothing else"))?;
        let is_loopback = url.host_str().is_some_and(is_loopback);
        match url.scheme() {
            "https" => {}
            "http" if is_loopback || !self.kind.has_key_in_address() => {}
            "http" => return Err(wrong("over http everyone on the way could read the key; use https://")),
            _ => return Err(wrong("it is no http address; expected https://...")),
        }
        let secret = self.secret_file.as_ref().map(|path| file(path, "secret-file")).transpose()?;
        Ok(Access { url, secret })
    }

    /// Tells the receiver of `notices` at this time.
    ///
    /// # Errors
    /// It was not delivered, and why.
    pub(super) async fn tell(&self, notices: &[&Notice], unix_ms: i64) -> Result<(), Failure> {
        // A file that is wrong now may be put right while this is tried again.
        let access = self.read().map_err(Failure::passing)?;
        let Request { url, body } = self.kind.request(&access.url, access.secret.as_ref(), notices, unix_ms);
        let http = Http::new(self.ca_file.clone(), url.scheme() == "https").map_err(Failure::Final)?;
        let secrets: Vec<&str> = [Some(access.url.as_str()), access.url.query(), Some(access.url.path())]
            .into_iter()
            .flatten()
            .chain(access.secret.as_ref().map(SecretString::expose_secret))
            .collect();
        let Reply { status, retry_after_ms, body } = http.post(url, body).await?;
        let answered = self.kind.judge(status, &body);
        answered.map_err(|failure| {
            failure.clean(|text| without_secrets(text, secrets.iter().copied())).after(retry_after_ms)
        })
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
