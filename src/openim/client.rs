//! The HTTP client: asks one endpoint of one server, and makes an answer or an error of what comes.
//!
//! No redirect is followed, no proxy used unasked, no cookie kept: the admin token goes to the
//! configured origin and nowhere else.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::trace;

use crate::presence::{FetchError, OperationId, Retry};
use crate::words;

use super::body::{Body, Packing};
use super::endpoint::Endpoint;
use super::envelope;
use super::error_code;
use super::failure::{self, Peer};
use super::gateways::{GatewayAddress, GatewayRule, Gateways};
use super::options::{Destination, Options, SetupError};
use super::origin::Origin;
use super::redact::Redactor;
use super::session::{Pass, Session};
use super::tls::{self, Tls};
use super::token::Keys;

/// An idle connection is closed after so long, before proxies on the way close theirs.
const IDLE: Duration = Duration::from_secs(30);
/// So much of the body of a failure is looked at.
const FAILURE_LIMIT: u64 = 64 << 10;

/// Asks one server; cheap to clone, and made to be used by many tasks at once.
#[derive(Clone)]
pub struct Client(pub(super) Arc<Inner>);

/// What all that a server is asked has in common.
pub(super) struct Inner {
    http: reqwest::Client,
    api: Origin,
    /// Whom connections are made to.
    pub(super) destination: Destination,
    pub(super) tls: Tls,
    /// Of each endpoint, in the order of [`Endpoint::ALL`].
    urls: [reqwest::Url; Endpoint::ALL.len()],
    pub(super) session: Session,
    pub(super) keys: Keys,
    pub(super) timeout: Duration,
    pub(super) body_limit: u64,
    pub(super) gateways: Gateways,
    gzip: bool,
    run: u32,
    requests: AtomicU64,
    /// Whether something like an OpenIM API has answered: then the scheme is right.
    was_heard: AtomicBool,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.0.api)
    }
}

/// What one request brought, before anybody looked into it.
pub(super) struct Reply {
    pub(super) operation_id: OperationId,
    pub(super) head: Head,
    pub(super) body: Result<Body<'static>, FetchError>,
}

/// What stands before a body; nothing where no answer began.
#[derive(Default)]
pub(super) struct Head {
    pub(super) status: Option<StatusCode>,
    pub(super) headers: HeaderMap,
}

impl Client {
    /// Sets up a client; asks nothing yet, and reads no credentials.
    ///
    /// # Errors
    ///
    /// [`SetupError`], for certificates, keys and a proxy that cannot be used.
    pub fn new(options: Options) -> Result<Client, SetupError> {
        let proxy = options.parsed_proxy()?;
        let encrypted = options.api.is_https() || proxy.as_ref().is_some_and(|(_, encrypted)| *encrypted);
        let tls = if encrypted { tls::config(&options.tls)?.0 } else { tls::none()? };
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("imtop/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .http1_only()
            .referer(false)
            .pool_max_idle_per_host(options.concurrency.max(1))
            .pool_idle_timeout(IDLE)
            .tls_backend_preconfigured(tls);
        let destination = options.destination()?;
        if let Some((proxy, _)) = proxy {
            http = http.proxy(proxy);
        }
        let keys = Keys::random().trying(&options.secrets);
        Ok(Client(Arc::new(Inner {
            http: http.build().map_err(|_| SetupError::Http)?,
            urls: Endpoint::ALL.map(|endpoint| options.api.url_of(endpoint)),
            api: options.api,
            destination,
            tls: options.tls,
            session: Session::new(options.credentials, options.timeout),
            run: keys.hash(b"run") as u32,
            keys,
            timeout: options.timeout,
            body_limit: options.body_limit,
            gateways: Gateways::default(),
            gzip: options.gzip,
            requests: AtomicU64::new(0),
            was_heard: AtomicBool::new(false),
        })))
    }

    /// The server that is asked.
    pub fn api(&self) -> &Origin {
        &self.0.api
    }

    /// Whether the file that the token comes from has changed since it was read, so that a refusal of
    /// the old token may be void.
    pub async fn credentials_changed(&self) -> bool {
        self.0.session.has_changed().await
    }

    /// Ends a pause before the next try to get a token, where that harms nobody: the user wants an
    /// answer now. A pause that keeps us from displacing others is kept.
    pub fn waive_pause(&self) {
        self.0.session.waive_pause();
    }

    /// Which gateways may be asked for a sign of life: [`GatewayRule::Off`] where nobody says; and those that are, whatever
    /// the server lists.
    #[must_use]
    pub fn asking_gateways(self, rule: GatewayRule, given: Vec<GatewayAddress>) -> Client {
        self.0.gateways.follow(rule, given);
        self
    }

    /// Changes whenever another admin token is in use than before.
    pub fn credentials_in_use(&self) -> u64 {
        self.0.session.serial()
    }

    /// Whom connections are made to: the server, or the proxy before it.
    pub fn destination(&self) -> &Destination {
        &self.0.destination
    }

    /// Puts a question with the token in use, and once more where that is refused and there is
    /// another. `read` makes an answer of a reply.
    pub(super) async fn put<A>(
        &self,
        endpoint: Endpoint,
        question: bytes::Bytes,
        mut read: impl FnMut(Reply, &Pass) -> Result<A, FetchError>,
    ) -> Result<A, FetchError> {
        let session = &self.0.session;
        let mut replaced = false;
        loop {
            let pass = session.pass(self).await?;
            let reply = self.send(endpoint, question.clone(), Some(&pass.token), &pass.redactor).await;
            let answer = read(reply, &pass);
            let Err(FetchError::Auth { code, .. }) = answer else { return answer };
            if replaced || !session.refused(&pass, code, self).await? {
                return answer;
            }
            replaced = true;
        }
    }

    /// Whom connections are made to, in words for a failure.
    pub(super) fn peer(&self) -> Peer<'_> {
        if self.0.destination.is_proxy { Peer::Proxy } else { Peer::Server(self.0.api.host()) }
    }

    pub(super) fn operation_id(&self) -> OperationId {
        let number = self.0.requests.fetch_add(1, Ordering::Relaxed) + 1;
        OperationId(format!("imtop-{:08x}-{number}", self.0.run).into())
    }

    /// Sends one request and receives its answer, all within the time that an answer is waited for.
    pub(super) async fn send(
        &self,
        endpoint: Endpoint,
        question: bytes::Bytes,
        token: Option<&SecretString>,
        redactor: &Redactor,
    ) -> Reply {
        let (operation_id, limit) = (self.operation_id(), self.0.timeout);
        let (path, operation, began) = (endpoint.path(), &*operation_id.0, tokio::time::Instant::now());
        trace!(path, operation, bytes = question.len(), "request");
        let mut head = Head::default();
        let exchange = self.exchange(endpoint, question, &operation_id, token, redactor, &mut head);
        let body = match tokio::time::timeout(limit, exchange).await {
            Ok(body) => body,
            Err(_) => Err(FetchError::Timeout { after_ms: limit.as_millis() as u64 }),
        };
        let took_ms = began.elapsed().as_millis() as u64;
        match &body {
            Ok(body) => {
                trace!(path, operation, took_ms, bytes = body.wire.len(), packing = ?body.packing, "reply");
            }
            Err(error) => trace!(path, operation, took_ms, %error, "no reply"),
        }
        Reply { operation_id, head, body }
    }

    async fn exchange(
        &self,
        endpoint: Endpoint,
        question: bytes::Bytes,
        operation_id: &OperationId,
        token: Option<&SecretString>,
        redactor: &Redactor,
        head: &mut Head,
    ) -> Result<Body<'static>, FetchError> {
        let mut request = self
            .0
            .http
            .request(endpoint.method(), self.0.urls[endpoint as usize].clone())
            .header("operationID", &*operation_id.0);
        if !question.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json").body(question);
        }
        if self.0.gzip {
            request = request.header(ACCEPT_ENCODING, "gzip");
        }
        if let Some(token) = token.filter(|_| endpoint.wants_token()) {
            request = request.header("token", sensitive(token)?);
        }
        let peer = self.peer();
        let failed = |error: &reqwest::Error| failure::of_transport(error, peer);
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Err(self.not_sent(&error, failed(&error)).await),
        };
        let status = response.status();
        *head = Head { status: Some(status), headers: std::mem::take(response.headers_mut()) };
        let headers = &head.headers;
        if status.is_success() {
            self.0.was_heard.store(true, Ordering::Relaxed);
            return Body::receive(response, Packing::of(headers)?, self.0.body_limit, failed).await;
        }
        let error = failure::of_status(status, headers, redactor);
        if error.mends() == Retry::AfterWaiting || matches!(error, FetchError::Redirect { .. }) {
            return Err(error);
        }
        // OpenIM answers some requests with another status than 200, but in its own words.
        let limit = self.0.body_limit.min(FAILURE_LIMIT);
        let Ok(packing) = Packing::of(headers) else { return Err(error) };
        let said = match Body::receive(response, packing, limit, failed).await {
            Ok(body) => body.unpack(limit).ok().and_then(|json| {
                let opened = envelope::open::<serde::de::IgnoredAny>(&json).ok()?;
                let refusal = opened.refusal(endpoint, status.as_u16())?;
                Some(error_code::fetch_error(&refusal, redactor))
            }),
            Err(_) => None,
        };
        match said {
            Some(said) => {
                self.0.was_heard.store(true, Ordering::Relaxed);
                Err(said)
            }
            // So nginx and others answer plain HTTP on a port for TLS.
            None if status == StatusCode::BAD_REQUEST => Err(self.unless_tls(error).await),
            None => Err(error),
        }
    }

    /// What a request that came to nothing comes to; `failure` says what happened to it.
    async fn not_sent(&self, error: &reqwest::Error, failure: FetchError) -> FetchError {
        let may_be_scheme = !self.0.destination.is_proxy && !self.0.was_heard.load(Ordering::Relaxed);
        match (error.is_connect(), self.0.api.is_https()) {
            (true, true) if may_be_scheme && failure::is_broken_off(error) => failure::no_handshake(),
            (false, false) => self.unless_tls(failure).await,
            _ => failure,
        }
    }

    /// That TLS is spoken where we spoke plain HTTP, where that is so; else `failure`.
    async fn unless_tls(&self, failure: FetchError) -> FetchError {
        let may_be_scheme = !self.0.destination.is_proxy
            && !self.0.api.is_https()
            && !self.0.was_heard.load(Ordering::Relaxed);
        if !(may_be_scheme && tls::is_spoken(&self.0.destination).await) {
            return failure;
        }
        FetchError::Unreachable {
            what: format!("TLS is spoken on that port; try {}", self.0.api.as_https()).into(),
        }
    }
}

/// The token as a header that no log shows.
fn sensitive(token: &SecretString) -> Result<HeaderValue, FetchError> {
    let mut value = HeaderValue::from_str(token.expose_secret()).map_err(|_| FetchError::Credentials {
        what: "the token has characters in it that no token has".into(),
        advice: words!("give the token alone, as the server issued it"),
    })?;
    value.set_sensitive(true);
    Ok(value)
}
