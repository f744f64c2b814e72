//! HTTP/1.1 for those who collect metrics: three pages, one request a connection, little patience.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::report::metrics::Format;

/// So many are served at once; more wait for one of these to end.
const MOST_CONNECTIONS: usize = 256;

/// So long a connection lasts at most, from its first byte to the last of the answer: whoever sends or
/// reads slowly keeps a place no longer than this.
const PATIENCE: Duration = Duration::from_secs(10);

/// So long it takes to say what is wanted, at most: idle connections keep nobody from the pages.
const HEAD_PATIENCE: Duration = Duration::from_secs(2);

/// So long an [`Ask`] waits for its answer.
const ASK_PATIENCE: Duration = Duration::from_secs(5);

/// The largest head of a request, in bytes.
const MOST_HEAD: usize = 16 * 1024;

/// After a connection that could not be accepted, as when there are too many files.
const PAUSE: Duration = Duration::from_millis(100);

const PLAIN: &str = "text/plain; charset=utf-8";

const START_PAGE: &str = "imtop: presence of OpenIM users as metrics\n\n\
/metrics  OpenMetrics, or the Prometheus text format, as the Accept header says\n\
/healthz  200 while answers of the OpenIM server come in, otherwise 503 and why\n";

/// What somebody wants to know.
#[derive(Debug)]
pub enum Ask {
    /// The metrics, as text of this format.
    Metrics(Format, oneshot::Sender<String>),
    /// Whether they are worth anything; if not, why.
    Health(oneshot::Sender<Result<(), String>>),
}

/// A listener that nobody is served by yet.
#[derive(Debug)]
pub struct Exporter {
    listener: TcpListener,
    address: SocketAddr,
}

impl Exporter {
    /// Listens at `address`; port 0 takes any that is free.
    ///
    /// # Errors
    /// `InvalidInput` for an address that is not loopback, unless `allow_remote`; else what the system
    /// says. Both name the address.
    pub async fn listen(address: SocketAddr, allow_remote: bool) -> io::Result<Exporter> {
        if !address.ip().is_loopback() && !allow_remote {
            let message = format!("{address} can be reached from other machines");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))?;
        let address = listener.local_addr()?;
        Ok(Exporter { listener, address })
    }

    /// The address that is listened at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to serve, within a runtime; ends when the receiver is dropped.
    pub fn serve(self) -> mpsc::Receiver<Ask> {
        let (asks, asked) = mpsc::channel(MOST_CONNECTIONS);
        tokio::spawn(async move {
            tokio::select! {
                () = accept(self.listener, asks.clone()) => {}
                () = asks.closed() => {}
            }
        });
        asked
    }
}

async fn accept(listener: TcpListener, asks: mpsc::Sender<Ask>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let asks = asks.clone();
        tokio::spawn(async move {
            converse(stream, &asks).await;
            drop(place);
        });
    }
}

/// Answers one request. A connection that ends badly is the client's doing.
async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, asks: &mpsc::Sender<Ask>) {
    let service =
        service_fn(|request: Request<_>| async move { Ok::<_, Infallible>(respond(&request, asks).await) });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(MOST_HEAD)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    let _ = timeout(PATIENCE, connection).await;
}

async fn respond<B>(request: &Request<B>, asks: &mpsc::Sender<Ask>) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    if !matches!(path, "/" | "/metrics" | "/healthz") {
        return page(StatusCode::NOT_FOUND, PLAIN, "not found; there are /metrics and /healthz\n".to_owned());
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let text = "only GET and HEAD are answered\n".to_owned();
        let mut refusal = page(StatusCode::METHOD_NOT_ALLOWED, PLAIN, text);
        refusal.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refusal;
    }
    match path {
        "/metrics" => {
            let format = Format::accepted(&accept_header(request.headers()));
            match ask(asks, |reply| Ask::Metrics(format, reply)).await {
                Some(text) => page(StatusCode::OK, format.content_type(), text),
                None => busy(),
            }
        }
        "/healthz" => match ask(asks, Ask::Health).await {
            Some(Ok(())) => page(StatusCode::OK, PLAIN, "ok\n".to_owned()),
            Some(Err(why)) => page(StatusCode::SERVICE_UNAVAILABLE, PLAIN, format!("{why}\n")),
            None => busy(),
        },
        _ => page(StatusCode::OK, PLAIN, START_PAGE.to_owned()),
    }
}

/// All `Accept` headers as one (RFC 9110 section 5.3).
fn accept_header(headers: &HeaderMap) -> String {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(",")
}

/// Waits for an answer; `None` where none comes in time.
async fn ask<T>(asks: &mpsc::Sender<Ask>, of: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Option<T> {
    let (reply, answer) = oneshot::channel();
    let answered = async {
        asks.send(of(reply)).await.ok()?;
        answer.await.ok()
    };
    timeout(ASK_PATIENCE, answered).await.ok().flatten()
}

fn busy() -> Response<Full<Bytes>> {
    let text = format!("imtop has not answered within {} s\n", ASK_PATIENCE.as_secs());
    page(StatusCode::SERVICE_UNAVAILABLE, PLAIN, text)
}

fn page(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::Instant;

    use super::*;

    /// Answers every question for metrics with `text`, and says that it is ill.
    fn answering(text: &str) -> mpsc::Sender<Ask> {
        let (asks, mut asked) = mpsc::channel(1);
        let text = text.to_owned();
        tokio::spawn(async move {
            while let Some(ask) = asked.recv().await {
                match ask {
                    Ask::Metrics(format, reply) => reply.send(format!("{format:?} {text}")).unwrap(),
                    Ask::Health(reply) => reply.send(Err("ill".to_owned())).unwrap(),
                }
            }
        });
        asks
    }

    /// Everything that comes back on a connection on which `request` was sent.
    async fn told(request: &str, asks: &mpsc::Sender<Ask>) -> String {
        let (mut client, server) = duplex(1 << 20);
        client.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        tokio::join!(converse(server, asks), client.read_to_string(&mut text)).1.unwrap();
        text
    }

    #[tokio::test(start_paused = true)]
    async fn each_page_is_told_from_the_others() {
        let asks = answering("m 1");
        let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n");
        let cases = [
            (get("/metrics"), "200 OK", "Prometheus m 1"),
            (get("/metrics?x=1"), "200 OK", "Prometheus m 1"),
            (get("/healthz"), "503 Service Unavailable", "ill\n"),
            (get("/"), "200 OK", START_PAGE),
            (get("/metrics/"), "404 Not Found", "not found; there are /metrics and /healthz\n"),
            (get("/nothing"), "404 Not Found", "not found; there are /metrics and /healthz\n"),
            ("HEAD /metrics HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), "200 OK", ""),
            (
                "POST /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n".to_owned(),
                "405 Method Not Allowed",
                "only GET and HEAD are answered\n",
            ),
            (
                "GET /metrics HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\nAccept: application/openmetrics-text\r\n\r\n"
                    .to_owned(),
                "200 OK",
                "OpenMetrics m 1",
            ),
        ];
        for (request, status, body) in cases {
            let told = told(&request, &asks).await;
            let (head, rest) = told.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{request}{told}");
            assert_eq!(rest, body, "{request}");
            let head = head.to_ascii_lowercase();
            assert!(head.contains("\r\nconnection: close") && head.contains("\r\ncontent-type: "), "{head}");
            assert_eq!(head.contains("\r\nallow: get, head"), status.starts_with("405"), "{head}");
            assert_eq!(head.contains("application/openmetrics-text"), body.starts_with("Open"), "{head}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_ends_a_request_loses_the_place() {
        let asks = answering("m 1");
        let began = Instant::now();
        told("GET /metrics HTTP/1.1\r\nHost:", &asks).await;
        assert_eq!(began.elapsed().as_secs(), HEAD_PATIENCE.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_reads_the_answer_loses_the_place() {
        let asks = answering(&"m 1\n".repeat(10_000));
        let (mut client, server) = duplex(64);
        let began = Instant::now();
        let request = client.write_all(b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
        tokio::join!(converse(server, &asks), request).1.unwrap();
        assert_eq!(began.elapsed().as_secs(), PATIENCE.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_without_end_is_refused() {
        let request = format!("GET /metrics HTTP/1.1\r\nHost: h\r\nX: {}", "x".repeat(MOST_HEAD));
        let told = told(&request, &answering("")).await;
        assert!(told.starts_with("HTTP/1.1 431 "), "{told}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_that_hangs_is_not_healthy() {
        let (asks, _never_read) = mpsc::channel(1);
        for path in ["/healthz", "/metrics"] {
            let told = told(&format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"), &asks).await;
            assert!(told.starts_with("HTTP/1.1 503 "), "{told}");
            assert!(told.ends_with("imtop has not answered within 5 s\n"), "{told}");
        }
    }

    #[tokio::test]
    async fn only_this_machine_is_listened_to_unless_others_are_allowed() {
        let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let error = Exporter::listen(everywhere, false).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(Exporter::listen(everywhere, true).await.is_ok());
        let first = Exporter::listen(SocketAddr::from(([127, 0, 0, 1], 0)), false).await.unwrap();
        let error = Exporter::listen(first.address(), false).await.unwrap_err();
        assert!(error.to_string().starts_with(&format!("cannot listen on {}: ", first.address())), "{error}");
    }
}
