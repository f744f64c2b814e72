//! A plain HTTP/1.1 client of few lines, and scenarios made from recorded bodies.

use std::fmt::Write as _;
use std::io::{self, Read as _};

use imtop::simulator::{Running, Scenario};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An answer as it came over the wire.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    /// The body, compressed where it is.
    pub(crate) raw: Vec<u8>,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn unpacked(&self) -> io::Result<Vec<u8>> {
        if self.header("content-encoding") != Some("gzip") {
            return Ok(self.raw.clone());
        }
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&self.raw[..]).read_to_end(&mut plain)?;
        Ok(plain)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.unpacked().unwrap()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// Asks on a connection of its own and reads the whole answer.
pub(crate) async fn ask(
    server: &Running,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Heard> {
    ask_for(server, method, path, headers, body, usize::MAX).await
}

/// As [`ask`], but reads no more than `most` bytes, roughly.
pub(crate) async fn ask_for(
    server: &Running,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
    most: usize,
) -> io::Result<Heard> {
    let mut stream = TcpStream::connect(server.address()).await?;
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    request.push_str("\r\n");
    request.push_str(body);
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    while bytes.len() < most.saturating_add(1_000) {
        let mut part = vec![0; 64 * 1024];
        let read = stream.read(&mut part).await?;
        if read == 0 {
            break;
        }
        bytes.extend_from_slice(&part[..read]);
    }
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Ok(Heard { status, headers, raw: bytes[end + 4..].to_vec() })
}

/// A recorded body.
pub(crate) fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.trim_end_matches('\n').to_owned()
}

const HEAD: &str = "name = \"recorded\"\nabout = \"A recorded moment.\"\n";

/// A scenario in which the users of a recorded answer are just so, and their IDs.
pub(crate) fn scenario_of(body: &str) -> (Scenario, Vec<String>) {
    let body: Value = serde_json::from_str(body).unwrap();
    let entries = body["data"].as_array().unwrap();
    let mut text = format!("{HEAD}users = {}\n", entries.len());
    for entry in entries {
        writeln!(text, "[[user]]\nid = {}", entry["userID"]).unwrap();
        for detail in entry["detailPlatformStatus"].as_array().into_iter().flatten() {
            write_connection(&mut text, detail, "gw-1");
        }
    }
    let ids = entries.iter().map(|entry| entry["userID"].as_str().unwrap().to_owned()).collect();
    (Scenario::parse(&text, "recorded").unwrap(), ids)
}

/// The four users of the recordings with two gateways: one has a socket on either.
pub(crate) fn two_gateways() -> (Scenario, Value) {
    let both: Value = serde_json::from_str(&fixture("two_gateways_online.json")).unwrap();
    let killed: Value = serde_json::from_str(&fixture("gateway_killed_online.json")).unwrap();
    let mut text = format!("{HEAD}users = 4\n[gateways]\nnames = [\"b\", \"a\"]\n");
    for (entry, left) in both["data"].as_array().unwrap().iter().zip(killed["data"].as_array().unwrap()) {
        writeln!(text, "[[user]]\nid = {}", entry["userID"]).unwrap();
        let details = |entry: &Value| entry["detailPlatformStatus"].as_array().cloned().unwrap_or_default();
        let survivors = details(left);
        for detail in details(entry).iter().filter(|detail| !survivors.contains(detail)) {
            write_connection(&mut text, detail, "b");
        }
        for detail in &survivors {
            write_connection(&mut text, detail, "a");
        }
    }
    (Scenario::parse(&text, "recorded").unwrap(), both)
}

fn write_connection(text: &mut String, detail: &Value, gateway: &str) {
    writeln!(
        text,
        "[[user.connection]]\nplatform = {}\nconn_id = {}",
        detail["platformID"], detail["connID"]
    )
    .unwrap();
    writeln!(text, "background = {}\ntoken = {}", detail["isBackground"], detail["token"]).unwrap();
    writeln!(text, "gateway = \"{gateway}\"").unwrap();
}
