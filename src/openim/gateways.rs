//! Asks the gateways for a sign of life: who they are, which of them may be asked, and what came of it.
//!
//! A gateway's metrics are on a port of its own, so this goes another way through the network than any
//! other question: straight to the address, with no token, no proxy and no redirect, and only to
//! addresses that the rule allows. The server names the addresses, and is not believed that they are
//! gateways.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use crate::presence::{FetchError, GatewaySign, LifeSign, Oddities};

use super::endpoint::{Endpoint, METRICS};
use super::envelope::{self, undecodable};
use super::json::{Object, Text};
use super::network::Network;
use super::options::Destination;
use super::redact::Redactor;

/// No more gateways are asked at once.
const MOST: usize = 64;
/// No more entries of a discovery are looked at.
const MOST_ENTRIES: usize = 1_024;
/// For so long a gateway has to say its first byte, from the connection on.
const PATIENCE: Duration = Duration::from_secs(2);
/// For so long a gateway is asked that is not listed any more: one that died vanishes.
const REMEMBERED: Duration = Duration::from_mins(10);
/// `HTTP/1.1 200` and no more is read for the verdict.
const STATUS_LINE: usize = 12;
/// So much of its answer is taken.
const BODY_LIMIT: usize = 256 << 10;

/// The gauge of the users on a gateway, without labels (open-im-server `prommetrics/grpc_msggateway.go`).
const GAUGE: &str = "online_user_num ";

/// Which gateways may be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GatewayRule {
    /// None.
    #[default]
    Off,
    /// Those near the API (its own /24, or /64 in IPv6) and those in these networks; none at all where
    /// the API is on a loopback address, as then it is most likely at the other end of a tunnel, and
    /// the gateways' addresses would be this machine's own.
    Near(Vec<Network>),
    /// All that the server names.
    All,
}

/// Where somebody says that a gateway has its metrics: a name may have several addresses, each of which is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayAddress {
    host: String,
    port: u16,
}

/// Why a text is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a gateway's metrics are at an address such as http://10.0.0.7:12140; {0}")]
pub struct NoGatewayAddress(&'static str);

impl FromStr for GatewayAddress {
    type Err = NoGatewayAddress;

    fn from_str(text: &str) -> Result<GatewayAddress, NoGatewayAddress> {
        let text = text.trim();
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = reqwest::Url::parse(&whole).map_err(|_| NoGatewayAddress("this is no URL"))?;
        if url.scheme() != "http" {
            return Err(NoGatewayAddress("they are asked by plain http"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NoGatewayAddress("leave the user and the password out"));
        }
        let is_whole = matches!(url.path(), "" | "/" | METRICS) && url.query().is_none();
        if !is_whole {
            return Err(NoGatewayAddress("leave out what follows the port"));
        }
        let host = url.host_str().ok_or(NoGatewayAddress("the host is missing"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        // The library leaves out the one that http has by itself.
        let is_http = || whole.trim_end_matches('/').trim_end_matches(METRICS).ends_with(":80");
        let port = url.port().or_else(|| is_http().then_some(80)).filter(|port| *port > 0);
        Ok(GatewayAddress { host, port: port.ok_or(NoGatewayAddress("the port is missing"))? })
    }
}

/// The rule, and the gateways that were named of late.
#[derive(Debug, Default)]
pub(super) struct Gateways(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    rule: GatewayRule,
    /// Those that are asked whatever the rule and the server say.
    given: Vec<GatewayAddress>,
    /// Where those were of late: a name loses the address of one that dies, and that is when it matters.
    of_given: BTreeMap<SocketAddr, Instant>,
    /// When each was named last.
    named: BTreeMap<SocketAddr, Instant>,
}

/// An element of a discovery's answer.
#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow, default)]
    targets: Option<Vec<Text<'a>>>,
}

impl Gateways {
    /// Goes by `rule` from here on, and asks those that are `given` besides.
    pub(super) fn follow(&self, rule: GatewayRule, given: Vec<GatewayAddress>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (known.rule, known.given, known.of_given) = (rule, given, BTreeMap::new());
    }

    /// Whether some are asked whatever the server lists.
    pub(super) fn are_given(&self) -> bool {
        !self.0.lock().unwrap_or_else(PoisonError::into_inner).given.is_empty()
    }

    /// Where those are, and were of late; and the names that nobody knows.
    async fn given(&self, patience: Duration) -> (Vec<SocketAddr>, Vec<String>) {
        let given = self.0.lock().unwrap_or_else(PoisonError::into_inner).given.clone();
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for GatewayAddress { host, port } in given {
            if let Ok(Ok(addresses)) = timeout(patience, tokio::net::lookup_host((&*host, port))).await {
                found.extend(addresses.map(|it| SocketAddr::new(it.ip().to_canonical(), it.port())));
            } else {
                unknown.push(format!("{host}:{port}"));
            }
        }
        let now = Instant::now();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.of_given.extend(found.into_iter().map(|address| (address, now)));
        known.of_given.retain(|_, last| now.saturating_duration_since(*last) < REMEMBERED);
        (known.of_given.keys().copied().collect(), unknown)
    }

    fn rule(&self) -> GatewayRule {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).rule.clone()
    }

    /// Whether those may be asked that the server lists.
    pub(super) fn may_be_asked(&self) -> bool {
        self.rule() != GatewayRule::Off
    }

    /// Asks each of the `named` ones that may be asked, and those of before, for a sign of life. The
    /// API is at `api`, whose name is looked up within `patience`.
    pub(super) async fn signs(
        &self,
        named: &[SocketAddr],
        api: &Destination,
        patience: Duration,
    ) -> Vec<GatewaySign> {
        let rule = self.rule();
        let api = rule.near(api, patience).await;
        let (given, unknown) = self.given(patience).await;
        let allowed = named.iter().copied().filter(|target| rule.allows(target.ip(), &api));
        let named: Vec<SocketAddr> = given.iter().copied().chain(allowed).take(MOST).collect();
        let mut asking = JoinSet::new();
        for target in self.with_remembered(&named, Instant::now()) {
            // One of before may be where the API is not any more.
            if given.contains(&target) || rule.allows(target.ip(), &api) {
                asking.spawn(async move { (target, sign_of_life(target, PATIENCE).await) });
            }
        }
        let mut signs = BTreeMap::new();
        while let Some(asked) = asking.join_next().await {
            signs.extend(asked.ok());
        }
        let named = |(target, (sign, users)): (SocketAddr, _)| GatewaySign {
            users,
            ..GatewaySign::new(target.to_string(), sign)
        };
        let unknown = unknown.into_iter().map(|name| GatewaySign::new(name, LifeSign::Unclear));
        signs.into_iter().map(named).chain(unknown).collect()
    }

    /// The metrics of each of the `named` services that may be asked and answers.
    pub(super) async fn metrics(
        &self,
        named: &[SocketAddr],
        api: &Destination,
        patience: Duration,
    ) -> Vec<Vec<u8>> {
        let rule = self.rule();
        let api = rule.near(api, patience).await;
        let mut asking = JoinSet::new();
        for target in named.iter().copied().filter(|it| rule.allows(it.ip(), &api)).take(MOST) {
            asking.spawn(async move { metrics_of(target, PATIENCE).await });
        }
        let mut pages = Vec::new();
        while let Some(asked) = asking.join_next().await {
            pages.extend(asked.ok().filter(|(sign, _)| *sign == LifeSign::Alive).map(|(_, page)| page));
        }
        pages
    }

    /// Takes those that are named now, and gives them with those of before, at most [`MOST`]: the ones
    /// that were named last.
    fn with_remembered(&self, named: &[SocketAddr], now: Instant) -> Vec<SocketAddr> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.named.extend(named.iter().map(|address| (*address, now)));
        known.named.retain(|_, last| now.saturating_duration_since(*last) < REMEMBERED);
        if known.named.len() > MOST {
            let mut by_age: Vec<(Instant, SocketAddr)> =
                known.named.iter().map(|(address, last)| (*last, *address)).collect();
            by_age.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            known.named = by_age.into_iter().take(MOST).map(|(last, address)| (address, last)).collect();
        }
        known.named.keys().copied().collect()
    }
}

impl GatewayRule {
    /// Where the API is, where the rule goes by that.
    async fn near(&self, api: &Destination, patience: Duration) -> Vec<IpAddr> {
        match self {
            GatewayRule::Near(_) => addresses(api, patience).await,
            GatewayRule::Off | GatewayRule::All => Vec::new(),
        }
    }

    /// The addresses that may be asked, where the API is at `api`.
    fn allows(&self, target: IpAddr, api: &[IpAddr]) -> bool {
        let target = target.to_canonical();
        let is_one = !target.is_unspecified()
            && !target.is_multicast()
            && target != IpAddr::V4(std::net::Ipv4Addr::BROADCAST);
        is_one
            && match self {
                GatewayRule::Off => false,
                GatewayRule::All => true,
                GatewayRule::Near(_) if api.iter().any(|api| api.to_canonical().is_loopback()) => false,
                GatewayRule::Near(networks) => {
                    networks.iter().any(|network| network.contains(target))
                        || api.iter().any(|api| Network::around(*api).contains(target))
                }
            }
    }
}

/// Where the API is; nowhere, where its name is not known, and where a proxy goes there for us: then its
/// neighbours are not ours.
async fn addresses(api: &Destination, patience: Duration) -> Vec<IpAddr> {
    if api.is_proxy {
        return Vec::new();
    }
    match timeout(patience, tokio::net::lookup_host((&*api.host, api.port))).await {
        Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
        _ => Vec::new(),
    }
}

/// The addresses in a discovery's answer, each once. What is no address of the form `ip:port` is not
/// looked up.
pub(super) fn targets(json: &[u8], redactor: &Redactor) -> Result<(Vec<SocketAddr>, Oddities), FetchError> {
    let Ok(groups) = serde_json::from_slice::<Option<Vec<&RawValue>>>(json) else {
        envelope::data::<serde::de::IgnoredAny>(json, Endpoint::GatewayDiscovery, redactor)?;
        return Err(undecodable("JSON, but no list of gateways"));
    };
    let (mut named, mut oddities) = (Vec::new(), Oddities::default());
    for group in groups.unwrap_or_default().into_iter().take(MOST_ENTRIES) {
        let Ok(Object(group)) = serde_json::from_str::<Object<Group<'_>>>(group.get()) else {
            oddities.unreadable += 1;
            continue;
        };
        for target in group.targets.unwrap_or_default().into_iter().take(MOST_ENTRIES) {
            match target.0.trim().parse::<SocketAddr>() {
                Ok(target) if target.port() != 0 => {
                    let target = SocketAddr::new(target.ip().to_canonical(), target.port());
                    if named.contains(&target) {
                        oddities.repeated += 1;
                    } else if named.len() < MOST_ENTRIES {
                        named.push(target);
                    }
                }
                _ => oddities.unreadable += 1,
            }
        }
    }
    Ok((named, oddities))
}

/// Asks for the metrics of `target`, and tells what came of it, and how many users it says are on it.
async fn sign_of_life(target: SocketAddr, patience: Duration) -> (LifeSign, Option<u32>) {
    let (sign, page) = metrics_of(target, patience).await;
    (sign, if sign == LifeSign::Alive { online_users(&page) } else { None })
}

/// Asks for the metrics of `target`: from the first bytes it tells what came of it.
async fn metrics_of(target: SocketAddr, patience: Duration) -> (LifeSign, Vec<u8>) {
    let stream = match timeout(patience, TcpStream::connect(target)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
            return (LifeSign::Refused, Vec::new());
        }
        Ok(Err(_)) | Err(_) => return (LifeSign::Unclear, Vec::new()),
    };
    let until = Instant::now() + patience;
    let question = format!(
        "GET {METRICS} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: imtop/{}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    );
    let mut first = Vec::new();
    let exchange = async {
        send(&stream, question.as_bytes()).await?;
        while first.len() < STATUS_LINE {
            if take(&stream, &mut first).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok::<_, std::io::Error>(())
    };
    let sign = match timeout_at(until, exchange).await {
        Ok(Ok(())) if is_ok(&first) => LifeSign::Alive,
        Err(_) if first.is_empty() => LifeSign::Hung,
        Ok(_) | Err(_) => LifeSign::Unclear,
    };
    if sign == LifeSign::Alive {
        let rest = async {
            while first.len() < BODY_LIMIT && !matches!(take(&stream, &mut first).await, Ok(0) | Err(_)) {}
        };
        let _ = timeout_at(until, rest).await;
    }
    (sign, first)
}

/// The values of a metric without labels, in the order of the page.
fn values<'a>(page: &'a [u8], name: &'a str) -> impl Iterator<Item = f64> + 'a {
    let lines = page.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    lines.filter_map(move |line| line.strip_prefix(name)?.trim().parse::<f64>().ok())
}

/// A counter among these metrics; 0 where it is not.
pub(super) fn counter(page: &[u8], name: &str) -> u64 {
    let whole = values(page, name).filter(|value| (0.0..9e15).contains(value)).map(|value| value as u64);
    whole.last().unwrap_or(0)
}

/// What the gauge says, where it is among these metrics.
fn online_users(answer: &[u8]) -> Option<u32> {
    let values = values(answer, GAUGE);
    let whole = values.filter(|value| (0.0..f64::from(u32::MAX)).contains(value)).map(|value| value as u32);
    whole.last()
}

/// Whether it begins as an answer with HTTP status 200 does.
fn is_ok(first: &[u8]) -> bool {
    matches!(first.get(..STATUS_LINE), Some(b"HTTP/1.1 200" | b"HTTP/1.0 200"))
}

async fn send(stream: &TcpStream, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes what is there, at least a byte; 0 at the end.
async fn take(stream: &TcpStream, into: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut buffer = [0; 4_096];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut buffer) {
            Ok(count) => {
                into.extend_from_slice(&buffer[..count]);
                return Ok(count);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
