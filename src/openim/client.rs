//! The HTTP client: asks one endpoint of one server, and makes an answer or an error of what comes.
//!
//! No redirect is followed, no proxy used unasked, no cookie kept: the admin token goes to the
//! configured origin and nowhere else.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, DATE, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

use crate::presence::{Answer, FetchError, Oddities, OperationId, UserIx, WatchList};

use super::body::{Body, unpack};
use super::endpoint::Endpoint;
use super::envelope;
use super::error_code;
use super::failure::{self, Peer};
use super::online_status::{About, Sieve};
use super::options::{Options, SetupError};
use super::origin::Origin;
use super::redact::Redactor;
use super::session::{Pass, Session};
use super::tls;
use super::token::Keys;

/// An idle connection is closed after so long, before proxies on the way close theirs.
const IDLE: Duration = Duration::from_secs(30);
/// So much of the body of a failure is looked at.
const FAILURE_LIMIT: u64 = 64 << 10;

/// What came of one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The name of the request in the server's log.
    pub operation_id: OperationId,
    /// The server's clock when it answered (`Date` header), unix seconds.
    pub server_date: Option<i64>,
    /// Length of the body as it came over the wire.
    pub wire_bytes: u64,
    /// What in the answer did not belong there.
    pub oddities: Oddities,
    /// What came of it.
    pub answer: Result<Answer, FetchError>,
}

/// Asks one server; cheap to clone, and made to be used by many tasks at once.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

pub(super) struct Inner {
    http: reqwest::Client,
    api: Origin,
    /// Whether every connection goes to a proxy.
    proxied: bool,
    /// Of each endpoint, in the order of [`Endpoint::ALL`].
    urls: [reqwest::Url; 3],
    session: Session,
    keys: Keys,
    pub(super) timeout: Duration,
    pub(super) body_limit: u64,
    gzip: bool,
    run: u32,
    requests: AtomicU64,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.0.api)
    }
}

/// What one request brought, before anybody looked into it.
pub(super) struct Reply {
    operation_id: OperationId,
    server_date: Option<i64>,
    pub(super) body: Result<Body, FetchError>,
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
        let tls = if encrypted { tls::config(&options.tls)? } else { tls::none()? };
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
        let proxied = proxy.is_some();
        if let Some((proxy, _)) = proxy {
            http = http.proxy(proxy);
        }
        let keys = Keys::random().trying(&options.secrets);
        Ok(Client(Arc::new(Inner {
            http: http.build().map_err(|_| SetupError::Http)?,
            urls: Endpoint::ALL.map(|endpoint| options.api.url_of(endpoint)),
            api: options.api,
            proxied,
            session: Session::new(options.credentials, options.timeout),
            run: keys.hash(b"run") as u32,
            keys,
            timeout: options.timeout,
            body_limit: options.body_limit,
            gzip: options.gzip,
            requests: AtomicU64::new(0),
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

    /// Asks which sockets the users of a batch have open (`POST /user/get_users_online_status`).
    ///
    /// `sieve` remembers the batch's last good answer; a failure leaves it as it is. A refused token
    /// is replaced and the question put again, once.
    pub async fn online_status(&self, list: &WatchList, batch: u32, sieve: &mut Sieve) -> Fetched {
        self.0.online_status(list, batch, sieve).await
    }
}

impl Inner {
    async fn online_status(&self, list: &WatchList, batch: u32, sieve: &mut Sieve) -> Fetched {
        let question = bytes::Bytes::from(question(list, batch));
        let mut replaced = false;
        loop {
            let pass = match self.session.pass(self).await {
                Ok(pass) => pass,
                Err(error) => return self.unasked(error),
            };
            let reply = self
                .ask(
                    Endpoint::OnlineStatus,
                    question.clone(),
                    Some(&pass.token),
                    &pass.redactor,
                    self.timeout,
                )
                .await;
            let mut fetched = self.read(reply, &pass, list, batch, sieve);
            let Err(FetchError::Auth { code, .. }) = fetched.answer else {
                return fetched;
            };
            if replaced {
                return fetched;
            }
            match self.session.refused(&pass, code, self).await {
                Ok(true) => replaced = true,
                Ok(false) => return fetched,
                Err(error) => {
                    fetched.answer = Err(error);
                    return fetched;
                }
            }
        }
    }

    /// A failure before anything was sent.
    fn unasked(&self, error: FetchError) -> Fetched {
        Fetched {
            operation_id: self.operation_id(),
            server_date: None,
            wire_bytes: 0,
            oddities: Oddities::default(),
            answer: Err(error),
        }
    }

    fn read(&self, reply: Reply, pass: &Pass, list: &WatchList, batch: u32, sieve: &mut Sieve) -> Fetched {
        let wire_bytes = reply.body.as_ref().map_or(0, |body| body.wire.len() as u64);
        let (keys, redactor, limit) = (&self.keys, &pass.redactor, self.body_limit);
        let read = reply.body.and_then(|body| {
            sieve.sift(&body.wire, body.packing, About { list, batch, keys, redactor, limit })
        });
        let (answer, oddities) = match read {
            Ok((answer, oddities)) => (Ok(answer), oddities),
            Err(error) => (Err(error), Oddities::default()),
        };
        let Reply { operation_id, server_date, .. } = reply;
        Fetched { operation_id, server_date, wire_bytes, oddities, answer }
    }

    fn operation_id(&self) -> OperationId {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        OperationId(format!("imtop-{:08x}-{number}", self.run).into())
    }

    /// Sends one request and receives its answer, all within `limit`.
    pub(super) async fn ask(
        &self,
        endpoint: Endpoint,
        question: bytes::Bytes,
        token: Option<&SecretString>,
        redactor: &Redactor,
        limit: Duration,
    ) -> Reply {
        let operation_id = self.operation_id();
        let mut server_date = None;
        let exchange = self.exchange(endpoint, question, &operation_id, token, redactor, &mut server_date);
        let body = match tokio::time::timeout(limit, exchange).await {
            Ok(body) => body,
            Err(_) => Err(FetchError::Timeout { after_ms: limit.as_millis() as u64 }),
        };
        Reply { operation_id, server_date, body }
    }

    async fn exchange(
        &self,
        endpoint: Endpoint,
        question: bytes::Bytes,
        operation_id: &OperationId,
        token: Option<&SecretString>,
        redactor: &Redactor,
        server_date: &mut Option<i64>,
    ) -> Result<Body, FetchError> {
        let mut request = self
            .http
            .post(self.urls[endpoint as usize].clone())
            .header("operationID", &*operation_id.0)
            .header(CONTENT_TYPE, "application/json");
        if self.gzip {
            request = request.header(ACCEPT_ENCODING, "gzip");
        }
        if let Some(token) = token.filter(|_| endpoint.wants_token()) {
            request = request.header("token", sensitive(token)?);
        }
        let peer = if self.proxied { Peer::Proxy } else { Peer::Server(self.api.host()) };
        let failed = |error: &reqwest::Error| failure::of_transport(error, peer);
        let response = request.body(question).send().await.map_err(|error| failed(&error))?;
        *server_date = failure::http_date(response.headers(), &DATE);
        let status = response.status();
        if status.is_success() {
            return Body::receive(response, self.body_limit, failed).await;
        }
        let error = failure::of_status(status, response.headers(), redactor);
        if matches!(error, FetchError::RateLimited { .. } | FetchError::Redirect { .. }) {
            return Err(error);
        }
        // OpenIM answers some requests with another status than 200, but in its own words.
        let limit = self.body_limit.min(FAILURE_LIMIT);
        let said = match Body::receive(response, limit, failed).await {
            Ok(body) => unpack(&body.wire, body.packing, limit)
                .ok()
                .and_then(|json| refusal(&json, endpoint, status.as_u16(), redactor)),
            Err(_) => None,
        };
        Err(said.unwrap_or(error))
    }
}

/// What OpenIM says in `json`, where that is a refusal of its own.
fn refusal(json: &[u8], endpoint: Endpoint, status: u16, redactor: &Redactor) -> Option<FetchError> {
    let opened = envelope::open::<serde::de::IgnoredAny>(json).ok()?;
    let refusal = opened.refusal(endpoint, status)?;
    Some(error_code::fetch_error(&refusal, redactor))
}

/// The token as a header that no log shows.
fn sensitive(token: &SecretString) -> Result<HeaderValue, FetchError> {
    let mut value = HeaderValue::from_str(token.expose_secret()).map_err(|_| FetchError::Credentials {
        what: "the token has characters in it that no token has".into(),
        advice: "give the token alone, as the server issued it",
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// `{"userIDs":[..]}` for the users of a batch.
fn question(list: &WatchList, batch: u32) -> Vec<u8> {
    let mut json = b"{\"userIDs\":[".to_vec();
    for user in list.batch(batch) {
        if json.last() != Some(&b'[') {
            json.push(b',');
        }
        let id = list.raw_id(UserIx(user));
        if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')) {
            // As nearly all are: nothing in it needs escaping.
            json.push(b'"');
            json.extend_from_slice(id.as_bytes());
            json.push(b'"');
        } else {
            // A string always encodes, and a vector takes it.
            let _ = serde_json::to_writer(&mut json, id);
        }
    }
    json.extend_from_slice(b"]}");
    json
}
