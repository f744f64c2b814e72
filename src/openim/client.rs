//! The HTTP client: asks one endpoint of one server, and makes an answer or an error of what comes.
//!
//! No redirect is followed, no proxy used unasked, no cookie kept: the admin token goes to the
//! configured origin and nowhere else.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::trace;

use crate::presence::{Answer, FetchError, Hints, Oddities, OperationId, Question, Retry, UserIx, WatchList};

use super::body::{Body, Packing, unpack};
use super::endpoint::Endpoint;
use super::envelope;
use super::error_code;
use super::failure::{self, Peer};
use super::gateways::{GatewayRule, Gateways};
use super::handshake::Handshake;
use super::identity::Identity;
use super::listing::Progress;
use super::online_status::{About, DeltaDecoder};
use super::options::{Destination, Options, SetupError};
use super::origin::Origin;
use super::probe::Probe;
use super::redact::Redactor;
use super::session::{Pass, Session};
use super::tls::{self, Tls};
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
    /// What the answer says of the server; the same allocation as the batch's last ones while they say
    /// the same, `None` where nothing was heard.
    pub hints: Option<Arc<Hints>>,
    /// What came of it.
    pub answer: Result<Answer, FetchError>,
}

impl Fetched {
    /// As from a server that lacks the question.
    pub fn refused() -> Fetched {
        Fetched {
            operation_id: OperationId("".into()),
            server_date: None,
            wire_bytes: 0,
            oddities: Oddities::default(),
            hints: None,
            answer: Err(FetchError::Http { status: 404 }),
        }
    }
}

/// Asks one server; cheap to clone, and made to be used by many tasks at once.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

pub(super) struct Inner {
    http: reqwest::Client,
    pub(super) api: Origin,
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
    pub(super) body: Result<Body, FetchError>,
}

/// What stands before a body; nothing where no answer began.
#[derive(Default)]
pub(super) struct Head {
    pub(super) status: Option<StatusCode>,
    pub(super) headers: HeaderMap,
}

/// A [`Fetched`] without its answer.
struct Heard {
    operation_id: OperationId,
    server_date: Option<i64>,
    wire_bytes: u64,
    oddities: Oddities,
    hints: Option<Arc<Hints>>,
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

    /// Asks which sockets the users of a batch have open (`POST /user/get_users_online_status`).
    ///
    /// `sieve` remembers the batch's last good answer; a failure leaves it as it is. A refused token
    /// is replaced and the question put again, once.
    pub async fn online_status(&self, list: &WatchList, batch: u32, sieve: &mut DeltaDecoder) -> Fetched {
        self.0.online_status(list, batch, sieve).await
    }

    /// Asks a witness beside the sockets: the registry (`POST /user/get_users_status`), the tokens
    /// (`POST /user/get_users_online_token_detail`) or the accounts (`POST /user/account_check`) about
    /// `users`, each of whom is named once; or the gateways, whom it finds by
    /// `GET /prometheus_discovery/msg_gateway`. The sockets are no witness of this kind, and refuse.
    pub async fn inquire(&self, list: &WatchList, question: Question, users: &[UserIx]) -> Fetched {
        self.0.inquire(list, question, users).await
    }

    /// Which gateways may be asked for a sign of life: [`GatewayRule::Off`] where nobody says.
    #[must_use]
    pub fn asking_gateways(self, rule: GatewayRule) -> Client {
        self.0.gateways.follow(rule);
        self
    }

    /// Changes whenever another admin token is in use than before.
    pub fn credentials_in_use(&self) -> u64 {
        self.0.session.serial()
    }

    /// Asks who is in a group (`POST /group/get_group_member_user_id`), in the server's order.
    ///
    /// Nobody, where the server knows no such group: it does not tell one from an empty one
    /// (`internal/rpc/group/group.go`), and a real group has at least an owner. IDs that cannot be
    /// watched are left out: empty ones, those longer than 256 bytes or with control characters.
    ///
    /// # Errors
    ///
    /// [`FetchError`], as for any question.
    pub async fn group_members(&self, group: &str) -> Result<Vec<String>, FetchError> {
        self.0.group_members(group).await
    }

    /// Asks for every user that there is (`POST /user/get_all_users_uid`), a thousand at a time;
    /// `told` hears how far that is after each answer. Each user is named once, although pages may
    /// shift while they are read. IDs are left out as in [`Client::group_members`].
    ///
    /// # Errors
    ///
    /// [`FetchError`], as for any question, for a server that never comes to an end, and for one with
    /// more than two million users.
    pub async fn all_users(&self, told: impl FnMut(Progress) + Send) -> Result<Vec<String>, FetchError> {
        self.0.all_users(told).await
    }

    /// Asks what users are called (`POST /user/get_users_info`): those with a nickname, each once and
    /// with its ID, nicknames visible-safe and bounded. Asks 500 at a time, one after the other.
    ///
    /// # Errors
    ///
    /// [`FetchError`] of the first question that fails.
    pub async fn nicknames(&self, ids: &[String]) -> Result<Vec<(String, String)>, FetchError> {
        self.0.nicknames(ids).await
    }

    /// Asks which of `ids` the server has no user for (`POST /user/get_users_info`, which leaves those
    /// out), 500 at a time, one after the other; in the order of `ids`.
    ///
    /// # Errors
    ///
    /// [`FetchError`] of the first question that fails.
    pub async fn unregistered(&self, ids: &[String]) -> Result<Vec<String>, FetchError> {
        self.0.unregistered(ids).await
    }

    /// Whom connections are made to: the server, or the proxy before it.
    pub fn destination(&self) -> &Destination {
        &self.0.destination
    }

    /// Makes a TLS connection to `address` as for a request to the server, looks at what it shows of
    /// itself, and closes it again.
    ///
    /// # Errors
    ///
    /// [`FetchError`], where there was no handshake to look at. A certificate that is not accepted is
    /// none: see [`Handshake::refused`].
    pub async fn handshake(&self, address: SocketAddr) -> Result<Handshake, FetchError> {
        self.0.handshake(address).await
    }

    /// Asks a question about `user` without a token, which OpenIM refuses: whether it is there at all.
    pub async fn probe(&self, user: &str) -> Probe {
        self.0.probe(user).await
    }

    /// What the admin token says of itself. Gets one where there is none yet, which for a login means
    /// to log in.
    ///
    /// # Errors
    ///
    /// [`FetchError::Credentials`], or whatever a login met.
    pub async fn identity(&self) -> Result<Identity, FetchError> {
        self.0.identity().await
    }
}

impl Inner {
    async fn online_status(&self, list: &WatchList, batch: u32, sieve: &mut DeltaDecoder) -> Fetched {
        let question = bytes::Bytes::from(question(list, "userIDs", list.batch(batch).map(UserIx)));
        let read = |reply, pass: &Pass| self.read(reply, pass, list, batch, sieve);
        let (heard, answer) = self.put(Endpoint::OnlineStatus, question, read).await;
        let heard = heard.unwrap_or_else(|| Heard {
            operation_id: self.operation_id(),
            server_date: None,
            wire_bytes: 0,
            oddities: Oddities::default(),
            hints: None,
        });
        let Heard { operation_id, server_date, wire_bytes, oddities, hints } = heard;
        Fetched { operation_id, server_date, wire_bytes, oddities, hints, answer }
    }

    /// Puts a question with the token in use, and once more where that is refused and there is
    /// another. `read` makes of a reply its answer and whatever else there is to keep of it, which is
    /// `None` for a failure before anything was sent.
    pub(super) async fn put<H, A>(
        &self,
        endpoint: Endpoint,
        question: bytes::Bytes,
        mut read: impl FnMut(Reply, &Pass) -> (H, Result<A, FetchError>),
    ) -> (Option<H>, Result<A, FetchError>) {
        let mut replaced = false;
        loop {
            let pass = match self.session.pass(self).await {
                Ok(pass) => pass,
                Err(error) => return (None, Err(error)),
            };
            let token = Some(&pass.token);
            let reply = self.ask(endpoint, question.clone(), token, &pass.redactor, self.timeout).await;
            let (heard, answer) = read(reply, &pass);
            let Err(FetchError::Auth { code, .. }) = answer else {
                return (Some(heard), answer);
            };
            if replaced {
                return (Some(heard), answer);
            }
            match self.session.refused(&pass, code, self).await {
                Ok(true) => replaced = true,
                Ok(false) => return (Some(heard), answer),
                Err(error) => return (Some(heard), Err(error)),
            }
        }
    }

    fn read(
        &self,
        reply: Reply,
        pass: &Pass,
        list: &WatchList,
        batch: u32,
        sieve: &mut DeltaDecoder,
    ) -> (Heard, Result<Answer, FetchError>) {
        let Reply { operation_id, head: Head { headers, .. }, body } = reply;
        let wire_bytes = body.as_ref().map_or(0, |body| body.wire.len() as u64);
        let (keys, redactor, limit) = (&self.keys, &pass.redactor, self.body_limit);
        let packing = body.as_ref().ok().map(|body| body.packing);
        let read = body.and_then(|body| {
            sieve.sift(&body.wire, body.packing, About { list, batch, keys, redactor, limit })
        });
        let body = packing.map(|packing| (packing, wire_bytes));
        let hints = sieve.hints(&headers, body, self.session.logins(), keys, redactor);
        let (answer, oddities) = match read {
            Ok((answer, oddities)) => (Ok(answer), oddities),
            Err(error) => (Err(error), Oddities::default()),
        };
        let server_date = failure::http_date(&headers, &DATE);
        (Heard { operation_id, server_date, wire_bytes, oddities, hints }, answer)
    }

    /// Whom connections are made to, in words for a failure.
    pub(super) fn peer(&self) -> Peer<'_> {
        if self.destination.is_proxy { Peer::Proxy } else { Peer::Server(self.api.host()) }
    }

    pub(super) fn operation_id(&self) -> OperationId {
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
    ) -> Result<Body, FetchError> {
        let mut request = self
            .http
            .request(endpoint.method(), self.urls[endpoint as usize].clone())
            .header("operationID", &*operation_id.0);
        if !question.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json").body(question);
        }
        if self.gzip {
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
            self.was_heard.store(true, Ordering::Relaxed);
            return Body::receive(response, Packing::of(headers)?, self.body_limit, failed).await;
        }
        let error = failure::of_status(status, headers, redactor);
        if error.mends() == Retry::AfterWaiting || matches!(error, FetchError::Redirect { .. }) {
            return Err(error);
        }
        // OpenIM answers some requests with another status than 200, but in its own words.
        let limit = self.body_limit.min(FAILURE_LIMIT);
        let Ok(packing) = Packing::of(headers) else { return Err(error) };
        let said = match Body::receive(response, packing, limit, failed).await {
            Ok(body) => unpack(&body.wire, body.packing, limit)
                .ok()
                .and_then(|json| refusal(&json, endpoint, status.as_u16(), redactor)),
            Err(_) => None,
        };
        match said {
            Some(said) => {
                self.was_heard.store(true, Ordering::Relaxed);
                Err(said)
            }
            // So nginx and others answer plain HTTP on a port for TLS.
            None if status == StatusCode::BAD_REQUEST => Err(self.unless_tls(error).await),
            None => Err(error),
        }
    }

    /// What a request that came to nothing comes to; `failure` says what happened to it.
    async fn not_sent(&self, error: &reqwest::Error, failure: FetchError) -> FetchError {
        let may_be_scheme = !self.destination.is_proxy && !self.was_heard.load(Ordering::Relaxed);
        match (error.is_connect(), self.api.is_https()) {
            (true, true) if may_be_scheme && failure::is_broken_off(error) => failure::no_handshake(),
            (false, false) => self.unless_tls(failure).await,
            _ => failure,
        }
    }

    /// That TLS is spoken where we spoke plain HTTP, where that is so; else `failure`.
    async fn unless_tls(&self, failure: FetchError) -> FetchError {
        let may_be_scheme =
            !self.destination.is_proxy && !self.api.is_https() && !self.was_heard.load(Ordering::Relaxed);
        if !(may_be_scheme && self.speaks_tls().await) {
            return failure;
        }
        FetchError::Unreachable {
            what: format!("TLS is spoken on that port; try {}", self.api.as_https()).into(),
        }
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

/// `{"userIDs":[..]}` for these users; `key` is what the server calls the list.
pub(super) fn question(list: &WatchList, key: &str, users: impl Iterator<Item = UserIx>) -> Vec<u8> {
    let mut json = format!("{{\"{key}\":[").into_bytes();
    for user in users {
        if json.last() != Some(&b'[') {
            json.push(b',');
        }
        let id = list.raw_id(user);
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
