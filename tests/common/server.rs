//! A server on loopback that writes whatever bytes a test wants, and remembers what it was asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What the server does with a request.
#[derive(Clone, Debug)]
pub enum Turn {
    /// Writes these bytes and waits for the next request on the connection.
    Write(Vec<u8>),
    /// Writes these bytes and closes the connection.
    Close(Vec<u8>),
    /// Closes the connection with the request half unread, so that it is reset.
    Reset,
    /// Writes these bytes, one a second.
    Drip(Vec<u8>),
    /// Writes the first bytes, and then the second ones again and again.
    Endless(Vec<u8>, Vec<u8>),
    /// Writes these bytes, and nothing more.
    Stall(Vec<u8>),
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// `POST /user/get_users_online_status HTTP/1.1`
    pub line: String,
    /// Name, in lower case, and value.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Request {
    /// The only value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} was sent twice");
        value
    }
}

/// A server; ends with the test.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

type Shared<T> = Arc<Mutex<T>>;

impl Server {
    /// Serves these turns, one a request, and the last one for ever.
    pub async fn start(turns: impl IntoIterator<Item = Turn>) -> Server {
        Server::start_at("127.0.0.1:0".parse().expect("an address"), turns, Vec::new()).await
    }

    /// The same at an address of the test's choice, with TLS where there are acceptors: one for
    /// each connection, and the last one for ever.
    pub async fn start_at(
        address: SocketAddr,
        turns: impl IntoIterator<Item = Turn>,
        acceptors: Vec<TlsAcceptor>,
    ) -> Server {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Shared::default();
        let turns = Arc::new(Mutex::new(turns.into_iter().collect::<VecDeque<_>>()));
        let heard = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            let mut acceptors = VecDeque::from(acceptors);
            while let Ok((stream, _)) = listener.accept().await {
                let (turns, heard) = (Arc::clone(&turns), Arc::clone(&heard));
                let acceptor = next(&mut acceptors);
                tokio::spawn(async move {
                    match acceptor {
                        None => serve(stream, &turns, &heard).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, &turns, &heard).await;
                            }
                        }
                    }
                });
            }
        });
        Server { address, requests, task }
    }

    /// `http://` and its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no panic").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The first, which is taken out unless it is the last.
fn next<T: Clone>(queue: &mut VecDeque<T>) -> Option<T> {
    if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    turns: &Shared<VecDeque<Turn>>,
    heard: &Shared<Vec<Request>>,
) {
    let mut waiting = [0];
    // The turn is drawn when a request begins, as one of them must not read it to its end.
    while stream.read_exact(&mut waiting).await.is_ok() {
        let Some(turn) = next(&mut turns.lock().expect("no panic")) else { return };
        if matches!(turn, Turn::Reset) {
            return;
        }
        let Some(request) = read_request(&mut stream, waiting[0]).await else { return };
        heard.lock().expect("no panic").push(request);
        if !take(&mut stream, turn).await {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

/// Does it; whether the connection goes on.
async fn take<S: AsyncWrite + Unpin>(stream: &mut S, turn: Turn) -> bool {
    match turn {
        Turn::Write(bytes) => stream.write_all(&bytes).await.is_ok() && stream.flush().await.is_ok(),
        Turn::Close(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
            false
        }
        Turn::Drip(bytes) => {
            for byte in bytes {
                if stream.write_all(&[byte]).await.is_err() {
                    return false;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            true
        }
        Turn::Endless(start, more) => {
            let _ = stream.write_all(&start).await;
            while stream.write_all(&more).await.is_ok() {}
            false
        }
        Turn::Stall(bytes) => {
            let _ = stream.write_all(&bytes).await;
            std::future::pending().await
        }
        Turn::Reset => false,
    }
}

async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, first: u8) -> Option<Request> {
    let mut bytes = vec![first];
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(bytes).ok()?;
    let mut lines = head.trim_end().lines();
    let line = lines.next()?.to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request { line, headers, body: String::from_utf8(body).ok()? })
}

/// An address where nobody listens, at least at the moment.
pub async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address")
}

/// An HTTP answer with these headers, each ended with `\r\n`.
pub fn http(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A good answer, as JSON.
pub fn json(body: impl AsRef<[u8]>) -> Turn {
    Turn::Write(http("200 OK", "Content-Type: application/json\r\n", body))
}

/// A good answer, compressed.
pub fn gzipped(body: impl AsRef<[u8]>) -> Turn {
    Turn::Write(http("200 OK", "Content-Encoding: gzip\r\n", gzip(body)))
}

/// Compresses.
pub fn gzip(body: impl AsRef<[u8]>) -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(body.as_ref()).expect("memory");
    writer.finish().expect("memory")
}

/// Whether a connection comes in on `listener` within a moment.
pub fn was_contacted(listener: &std::net::TcpListener) -> bool {
    listener.set_nonblocking(true).expect("non-blocking");
    listener.accept().is_ok()
}
