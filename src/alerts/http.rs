//! The HTTP client of webhooks: one of its own. It follows no redirect, uses no proxy, keeps no cookie, and never has
//! the server's token or certificate.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;

use super::receivers::Failure;
use crate::openim::{Tls, retry_after_ms, transport_words};

/// From connecting to the last byte of the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// So much of an answer is read, in bytes.
const ANSWER: usize = 16 * 1024;

/// A client for one request.
pub(super) struct Http(reqwest::Client);

/// What came back.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) retry_after_ms: Option<u64>,
    pub(super) body: Vec<u8>,
}

impl Http {
    /// # Errors
    /// The authorities cannot be used.
    pub(super) fn new(ca_file: Option<PathBuf>, encrypted: bool) -> Result<Http, String> {
        let tls = Tls { ca_file, ..Tls::default() };
        let config = tls.client(encrypted).map_err(|error| error.to_string())?;
        let client = reqwest::Client::builder()
            .user_agent(concat!("imtop/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .http1_only()
            .referer(false)
            .pool_max_idle_per_host(0)
            .tls_backend_preconfigured(config);
        client.build().map(Http).map_err(|_| "there can be no HTTP client".to_owned())
    }

    /// # Errors
    /// No answer came.
    pub(super) async fn post(&self, url: Url, body: Vec<u8>) -> Result<Reply, Failure> {
        let host = url.host_str().unwrap_or_default().to_owned();
        // Its own words would have the address in them.
        let failed = |error: &reqwest::Error| Failure::passing(transport_words(error, &host));
        let exchange = async {
            let request = self.0.post(url).header(CONTENT_TYPE, "application/json").body(body);
            let mut response = request.send().await.map_err(|error| failed(&error))?;
            let status = response.status().as_u16();
            let retry_after_ms = retry_after_ms(response.headers());
            let mut body = Vec::new();
            while body.len() < ANSWER
                && let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))?
            {
                body.extend(chunk.iter().take(ANSWER - body.len()));
            }
            Ok(Reply { status, retry_after_ms, body })
        };
        let silent = || Failure::passing(format!("no answer within {} s", PATIENCE.as_secs()));
        tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| silent())?
    }
}
