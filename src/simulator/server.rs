//! HTTP/1.1 around the simulated server, on loopback.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::api::{Answer, Api, Ask, Reply};
use super::body::Outflow;
use super::clock::Clock;
use super::fault::{Fault, Rule};
use super::gzip::Bomb;
use super::meters::{self, Meters};
use super::misbehave;
use super::scenario::Scenario;
use super::socket::{ResetWish, Socket, accept};
use super::world::World;

/// What the server reads of a body at most (tools `mw/api/logger.go`).
const MOST_BODY: usize = 16 * 1024 * 1024;

/// How often a request that waits for a hung gateway looks again; the world's clock may be stepped
/// by hand, so there is no moment to sleep until.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A server to be started.
#[derive(Debug)]
pub struct Simulator {
    scenario: Scenario,
    clock: Clock,
    allow_remote: bool,
    keep_truth: bool,
}

impl Simulator {
    /// A server of `scenario` whose world begins when it is started.
    pub fn new(scenario: Scenario, clock: Clock) -> Simulator {
        Simulator { scenario, clock, allow_remote: false, keep_truth: false }
    }

    /// Whether others than this machine may be served. Everybody who reaches the server can then
    /// ask it; its tokens are worth nothing elsewhere.
    #[must_use]
    pub fn allow_remote(mut self, allow: bool) -> Simulator {
        self.allow_remote = allow;
        self
    }

    /// Whether the world keeps the truth from its beginning, see [`World::truth`].
    #[must_use]
    pub fn keep_truth(mut self, keep: bool) -> Simulator {
        self.keep_truth = keep;
        self
    }

    /// Starts a server of `scenario` on a loopback address; port 0 takes any that is free.
    ///
    /// # Errors
    /// As [`Simulator::listen`].
    pub async fn start(scenario: Scenario, listen: SocketAddr, clock: Clock) -> io::Result<Running> {
        Simulator::new(scenario, clock).listen(listen).await
    }

    /// Listens at `address` and serves until the result is dropped.
    ///
    /// # Errors
    /// `InvalidInput` for an address that is not loopback, unless that is allowed; else what the
    /// system says. Both name the address.
    pub async fn listen(self, address: SocketAddr) -> io::Result<Running> {
        if !address.ip().is_loopback() && !self.allow_remote {
            let message = format!(
                "will not listen on {address}: it can be reached from other machines; use 127.0.0.1 or [::1], or allow it explicitly"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| io::Error::new(error.kind(), format!("can't listen on {address}: {error}")))?;
        let address = listener.local_addr()?;
        let api = Arc::new(Api::new(self.scenario, self.clock));
        let admin_token = api.admin_token();
        if self.keep_truth {
            api.world().keep_truth();
        }
        let meters = Arc::new(Meters::default());
        meters.follow(&api);
        let tasks = [
            tokio::spawn(accept(listener, {
                let (api, meters) = (Arc::clone(&api), Arc::clone(&meters));
                move |stream| converse(stream, Arc::clone(&api), Arc::clone(&meters))
            })),
            tokio::spawn(meters::keep(meters, Arc::clone(&api))),
        ];
        Ok(Running { api, address, admin_token, tasks })
    }
}

/// A server that serves until this is dropped.
pub struct Running {
    api: Arc<Api>,
    address: SocketAddr,
    admin_token: String,
    tasks: [JoinHandle<()>; 2],
}

impl Running {
    /// Where to ask: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address that is listened at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The admin token that was good when the server started; a login may have displaced it since.
    pub fn admin_token(&self) -> String {
        self.admin_token.clone()
    }

    /// A good token of `user`, who is no admin.
    pub fn user_token(&self, user: &str) -> String {
        self.api.user_token(user)
    }

    /// Every path ever asked for, whatever came of it, and how often.
    pub fn asked_paths(&self) -> BTreeMap<String, u64> {
        self.api.ledger().paths().clone()
    }

    /// The `operationID` headers of the last 10,000 requests; empty where there was none.
    pub fn operation_ids(&self) -> Vec<String> {
        self.api.ledger().operations().cloned().collect()
    }

    /// How many requests came.
    pub fn requests(&self) -> u64 {
        self.api.ledger().requests()
    }

    /// From now on every request but logins meets this fault; `None` ends it.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.api.set_rules(fault.map(Rule::always));
    }

    /// From now on these rules are in force beside the scenario's, the first that fits wins.
    pub fn set_rules(&self, rules: impl IntoIterator<Item = Rule>) {
        self.api.set_rules(rules);
    }

    /// The world, advanced to now. Hold it briefly: no request is answered meanwhile.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.api.world()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Running({})", self.address)
    }
}

async fn converse(stream: TcpStream, api: Arc<Api>, meters: Arc<Meters>) {
    let _ = stream.set_nodelay(true);
    let reset = ResetWish::default();
    let io = TokioIo::new(Socket::new(stream, Arc::clone(&reset)));
    let service = service_fn(move |request| {
        let (api, meters, reset) = (Arc::clone(&api), Arc::clone(&meters), Arc::clone(&reset));
        async move { respond(&api, &meters, &reset, request).await }
    });
    // A connection that ends badly is a fault that was asked for, or the client's doing.
    let _ = http1::Builder::new().auto_date_header(false).serve_connection(io, service).await;
}

async fn respond(
    api: &Arc<Api>,
    meters: &Meters,
    reset: &ResetWish,
    request: Request<Incoming>,
) -> io::Result<Response<Outflow>> {
    let (head, body) = request.into_parts();
    if head.method == Method::OPTIONS {
        return Ok(seal(api, Reply::json(200, "\"Options Request!\"".to_owned()), false, None));
    }
    let body = match Limited::new(body, MOST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        // Cut off at the limit, what is left is no JSON.
        Err(_) => Bytes::from_static(b"{"),
    };
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let ask = Ask {
        post: head.method == Method::POST,
        path: head.uri.path(),
        operation_id: text("operationid"),
        token: text("token"),
        body: &body,
    };
    api.ledger().note(ask.path, ask.operation_id);
    let fault = api.fault(&ask);
    match &fault {
        Some(Fault::Hang) => match std::future::pending::<Infallible>().await {},
        Some(Fault::Drop) => return Err(io::Error::other("dropped on purpose")),
        Some(Fault::Reset) => {
            reset.store(true, Ordering::SeqCst);
            return Err(io::Error::other("reset on purpose"));
        }
        Some(Fault::Delay(time)) => tokio::time::sleep(*time).await,
        _ => {}
    }
    let mut reply = loop {
        if api.asks_gateways(&ask) {
            break meters.discovery(api);
        }
        if api.asks_push_services(&ask) {
            break meters.push_discovery(api);
        }
        match api.answer(&ask) {
            Answer::Reply(reply) => break reply,
            Answer::Wait => tokio::time::sleep(LOOK_AGAIN).await,
        }
    };
    if let Some(fault) = &fault {
        reply = misbehave::spoil(fault, reply, &ask, api.release());
    }
    Ok(seal(api, reply, packs(&head.headers), fault.as_ref()))
}

/// Whether the client takes gzip.
fn packs(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| value.to_ascii_lowercase().contains("gzip")))
}

/// Puts headers and body together, and lets go wrong what goes wrong with bytes.
fn seal(api: &Api, reply: Reply, packs: bool, fault: Option<&Fault>) -> Response<Outflow> {
    let packs = packs && api.release().compresses();
    let mut packed = packs && !(300..400).contains(&reply.status);
    let mut body = match (packed, reply.empty_when_packed) {
        (false, _) => reply.body,
        (true, false) => api.pack(&reply.body),
        (true, true) => api.pack(&Bytes::new()),
    };
    if fault == Some(&Fault::BadGzip) {
        packed = true;
        body = Bytes::from_static(b"\x1f\x8b\x08\0\0\0\0\0\0\xffthis is no deflate stream");
    }
    let flow = match fault {
        Some(Fault::Cut) => Outflow::cut(&body),
        Some(Fault::Drip) => Outflow::drip(body),
        Some(Fault::Endless) => {
            packed = false;
            Outflow::endless()
        }
        Some(Fault::Oversize(size)) => {
            packed = false;
            Outflow::oversize(*size)
        }
        Some(Fault::Bomb(size)) => {
            packed = true;
            Bomb::new(*size).map_or_else(|_| Outflow::whole(Bytes::new()), Outflow::bomb)
        }
        _ => Outflow::whole(body),
    };
    let mut response = Response::new(flow);
    *response.status_mut() = hyper::StatusCode::from_u16(reply.status).unwrap_or_default();
    let headers = response.headers_mut();
    let mut set = |name: header::HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    // The limiter answers outside of what sets the type of a compressed body.
    if let Some(kind) = reply.content_type.filter(|_| !(packed && reply.status == 429)) {
        set(header::CONTENT_TYPE, kind);
    }
    if fault != Some(&Fault::NoDate) {
        set(header::DATE, &http_date(api.server_time_ms()));
    }
    if packs {
        set(header::VARY, "Accept-Encoding");
    }
    if packed {
        set(header::CONTENT_ENCODING, "gzip");
    }
    if reply.status != 429 {
        set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
    for (name, value) in &reply.headers {
        if let Ok(name) = header::HeaderName::from_bytes(name.as_bytes()) {
            set(name, value);
        }
    }
    response
}

/// A date as HTTP has it (RFC 9110); that of 1970 for a clock beyond all calendars.
fn http_date(unix_ms: i64) -> String {
    let moment =
        jiff::Timestamp::from_second(unix_ms.div_euclid(1_000)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&moment).unwrap_or_default()
}
