//! The metrics port of each gateway, on loopback: alive it answers, hung it takes connections and says
//! nothing, dead it refuses them. Beside them the port of a push service. Discovery names these ports.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::api::{Api, Reply};
use super::body::Outflow;
use super::socket::accept;
use super::wire;
use crate::presence::LifeSign;

/// How often the ports follow what happened to their gateways.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// All ports that gateways have, and had.
#[derive(Debug, Default)]
pub(super) struct Meters(Mutex<HashMap<String, Meter>>);

/// What the push service is called among them; no gateway has an empty address.
const PUSH: &str = "";

/// The port of one gateway's process.
#[derive(Debug)]
struct Meter {
    address: SocketAddr,
    /// None once it refuses.
    open: Option<JoinHandle<()>>,
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(task) = &self.open {
            task.abort();
        }
    }
}

impl Meters {
    /// Opens and closes ports as the gateways are now, and gives what discovery lists.
    pub(super) fn follow(&self, api: &Arc<Api>) -> Vec<SocketAddr> {
        let signs = api.world().listed_gateways();
        let mut meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = signs.into_iter().filter_map(|(made_up, sign)| {
            if !meters.contains_key(&made_up) {
                // Without a free port a gateway is not listed: as one that has not registered yet.
                let meter = open(api, &made_up).ok()?;
                meters.insert(made_up.clone(), meter);
            }
            let meter = meters.get_mut(&made_up)?;
            if sign == LifeSign::Refused
                && let Some(task) = meter.open.take()
            {
                task.abort();
            }
            Some(meter.address)
        });
        listed.collect()
    }

    /// The answer of discovery (server `api/prometheus_discovery.go`).
    pub(super) fn discovery(&self, api: &Arc<Api>) -> Reply {
        let listed = self.follow(api);
        Reply::json(200, wire::discovery(listed.iter().map(ToString::to_string)))
    }
}

impl Meters {
    /// The same for the push service, of which there is one.
    pub(super) fn push_discovery(&self, api: &Arc<Api>) -> Reply {
        let mut meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !meters.contains_key(PUSH)
            && let Ok(meter) = open(api, PUSH)
        {
            meters.insert(PUSH.to_owned(), meter);
        }
        Reply::json(200, wire::discovery(meters.get(PUSH).into_iter().map(|meter| meter.address.to_string())))
    }
}

/// Follows the gateways for ever.
pub(super) async fn keep(meters: Arc<Meters>, api: Arc<Api>) {
    loop {
        meters.follow(&api);
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn open(api: &Arc<Api>, made_up: &str) -> io::Result<Meter> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let listener = TcpListener::from_std(listener)?;
    let (api, made_up): (_, Arc<str>) = (Arc::clone(api), made_up.into());
    let task = tokio::spawn(accept(listener, move |stream| {
        converse(stream, Arc::clone(&api), Arc::clone(&made_up))
    }));
    Ok(Meter { address, open: Some(task) })
}

async fn converse(stream: TcpStream, api: Arc<Api>, made_up: Arc<str>) {
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let (api, made_up) = (Arc::clone(&api), Arc::clone(&made_up));
        async move { respond(&api, &made_up, request.uri().path()).await }
    });
    // Whoever asks may go away while a gateway hangs.
    let _ = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service).await;
}

/// Counters of a push service that works (server `pkg/common/prommetrics/push.go`).
const PUSH_COUNTERS: &str = "# HELP msg_offline_push_failed_total The number of msg failed offline pushed\n\
# TYPE msg_offline_push_failed_total counter\nmsg_offline_push_failed_total 3\n\
# HELP msg_long_time_push_total The number of messages with a push time exceeding 10 seconds\n\
# TYPE msg_long_time_push_total counter\nmsg_long_time_push_total 12\n";

async fn respond(api: &Api, made_up: &str, path: &str) -> io::Result<Response<Outflow>> {
    if made_up == PUSH {
        return Ok(page(path, PUSH_COUNTERS.to_owned()));
    }
    let users = loop {
        match api.world().gateway_pulse(made_up) {
            Some((LifeSign::Alive, users)) => break users,
            Some((LifeSign::Hung, _)) => {}
            _ => return Err(io::Error::other("the gateway is dead")),
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    };
    let mut gauges = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        gauges,
        "# HELP online_user_num The number of online user num\n# TYPE online_user_num gauge\n\
         online_user_num {users}\n"
    );
    Ok(page(path, gauges))
}

/// The page of metrics, and of what is not there.
fn page(path: &str, metrics: String) -> Response<Outflow> {
    let found = path == "/metrics";
    let text = if found { metrics } else { "404 page not found\n".to_owned() };
    let mut response = Response::new(Outflow::whole(Bytes::from(text)));
    if !found {
        *response.status_mut() = hyper::StatusCode::NOT_FOUND;
    }
    let kind = hyper::header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    response
}
