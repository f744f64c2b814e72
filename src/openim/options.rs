//! What a client is made of, and why there may be none.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::presence::visible;

use super::credentials::Credentials;
use super::origin::Origin;
use super::tls::Tls;

/// What a client is made of.
#[derive(Clone)]
pub struct Options {
    /// Where the API is.
    pub api: Origin,
    /// Where the admin token comes from; they belong to `api`.
    pub credentials: Credentials,
    /// For one request, from connecting to the last byte of its answer.
    pub timeout: Duration,
    /// Largest body that is taken, unpacked, in bytes.
    pub body_limit: u64,
    /// Whether answers are asked for compressed.
    pub gzip: bool,
    /// For https.
    pub tls: Tls,
    /// `http://` or `https://` address of a proxy; it may hold a user and a password for it.
    pub proxy: Option<SecretString>,
    /// How many requests are made at once: so many connections are kept.
    pub concurrency: usize,
    /// Secrets that others know, from [`known_secrets`](super::known_secrets): each session token is
    /// tried against them once. None: no token is tried.
    pub secrets: Vec<SecretString>,
}

impl Options {
    /// So many requests are made at once where nobody says how many: the first of a long list.
    pub const AT_ONCE: usize = 4;
    /// And at most so many, while answers stay as quick as with few.
    pub const MOST_AT_ONCE: usize = 32;
    /// 64 MiB.
    pub const BODY_LIMIT: u64 = 64 << 20;

    /// The proxy, and whether the connection to it is encrypted.
    ///
    /// # Errors
    ///
    /// [`SetupError::Proxy`].
    pub(super) fn parsed_proxy(&self) -> Result<Option<(reqwest::Proxy, bool)>, SetupError> {
        let Some(url) = self.proxy_url()? else { return Ok(None) };
        let encrypted = url.scheme() == "https";
        Ok(Some((reqwest::Proxy::all(url).map_err(|_| SetupError::Proxy)?, encrypted)))
    }

    fn proxy_url(&self) -> Result<Option<reqwest::Url>, SetupError> {
        let Some(address) = &self.proxy else { return Ok(None) };
        let url = reqwest::Url::parse(address.expose_secret().trim()).map_err(|_| SetupError::Proxy)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(SetupError::Proxy);
        }
        Ok(Some(url))
    }

    /// Whom connections are made to.
    ///
    /// # Errors
    ///
    /// [`SetupError::Proxy`].
    pub(super) fn destination(&self) -> Result<Destination, SetupError> {
        let Some(url) = self.proxy_url()? else {
            let (host, port) = (self.api.host(), self.api.port());
            return Ok(Destination { host: bare(host).into(), port, is_proxy: false });
        };
        let host = bare(url.host_str().unwrap_or_default()).into();
        Ok(Destination { host, port: url.port_or_known_default().unwrap_or(80), is_proxy: true })
    }
}

/// A host without the brackets that an IPv6 address has in a URL.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Whom connections are made to. The host of a proxy is not to be shown: what was taken for it may be
/// a part of its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    /// A name or an address.
    pub host: Box<str>,
    /// TCP port.
    pub port: u16,
    /// Whether it is the proxy rather than the server.
    pub is_proxy: bool,
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = if self.is_proxy { "the proxy" } else { &self.host };
        write!(f, "Destination({host}, {})", self.port)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("api", &self.api)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

/// Why there is no client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// A file of certificates or keys.
    #[error("cannot use the file {path}: {what}")]
    File {
        /// Which; visible-safe.
        path: Box<str>,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A file of secrets.
    #[error("cannot use the file of secrets {path}: {what}; {advice}")]
    Secrets {
        /// Which; visible-safe.
        path: Box<str>,
        /// What is wrong with it.
        what: &'static str,
        /// What to do about it.
        advice: &'static str,
    },
    /// The proxy's address; not quoted, as it may hold a password.
    #[error("the proxy's address is not a URL such as http://proxy.example:3128")]
    Proxy,
    /// Anything else about TLS.
    #[error("{0}")]
    Tls(&'static str),
    /// The HTTP library cannot start.
    #[error("the HTTP client cannot be set up")]
    Http,
}

impl SetupError {
    pub(super) fn file(path: &Path, what: &'static str) -> SetupError {
        SetupError::File { path: visible(&path.display().to_string()).into(), what }
    }
}
