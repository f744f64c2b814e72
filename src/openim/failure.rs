//! What went wrong on the way to an answer, in a few words that an operator knows.
//!
//! The libraries' own words are not used: they name types and repeat one another.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use rustls::{AlertDescription, CertificateError, Error as TlsError};

use crate::presence::{FetchError, Retry};
use crate::words;

use super::redact::Redactor;

/// Least and most that a `Retry-After` is taken to say, in seconds.
const RETRY_AFTER_SECONDS: (f64, f64) = (1.0, 1e6);

/// What is said of a certificate when nothing better is known.
const NOT_ACCEPTED: (&str, &str) =
    ("the certificate is not accepted", "look at what `openssl s_client -showcerts` says of the server");

/// Whom connections are made to.
#[derive(Clone, Copy)]
pub(super) enum Peer<'a> {
    /// The server, by its name or address.
    Server(&'a str),
    /// The proxy, which is not named: what was taken for its host may be a part of its password.
    Proxy,
}

impl fmt::Display for Peer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Peer::Server(host) => host,
            Peer::Proxy => "the proxy",
        })
    }
}

/// An error and those that it came of.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An `io::Error` names not what it wraps as its source, but that one's source.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|wrapped| wrapped as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

/// What a request or a body that broke off comes to. `peer` is whom it was sent to.
pub(super) fn of_transport(error: &reqwest::Error, peer: Peer<'_>) -> FetchError {
    if let Some(tls) = chain(error).find_map(<dyn Error>::downcast_ref::<TlsError>) {
        return of_tls(tls);
    }
    // What lies deepest says most.
    let known = chain(error).filter_map(|error| of_link(error, peer)).last();
    known.unwrap_or_else(|| unreachable("the connection failed", peer))
}

/// What a request to `host`, which is not the OpenIM server, and that broke off comes to, in a few words.
pub fn transport_words(error: &reqwest::Error, host: &str) -> String {
    match of_transport(error, Peer::Server(host)) {
        FetchError::Unreachable { what } => what.into(),
        FetchError::Tls { what, advice } => format!("{what}; {advice}"),
        other => other.to_string(),
    }
}

/// Whether the other side ended the connection, as it does when it can't read what we say.
pub(super) fn is_broken_off(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    chain(error)
        .filter_map(<dyn Error>::downcast_ref::<io::Error>)
        .any(|error| matches!(error.kind(), ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof))
}

/// The server ended the connection in the handshake. It may be in trouble, or not speak TLS at all.
pub(super) fn no_handshake() -> FetchError {
    FetchError::Unreachable {
        what: "the connection was closed in the TLS handshake; if that port speaks no TLS, try http://"
            .into(),
    }
}

/// The error of TLS in one of a connection.
pub(super) fn tls_error(error: &io::Error) -> Option<&TlsError> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>())
}

/// What a TCP connection or a TLS handshake that failed comes to.
pub(super) fn of_connection(error: &io::Error, peer: Peer<'_>) -> FetchError {
    match tls_error(error) {
        Some(tls) => of_tls(tls),
        None => unreachable(io_words(error, peer).unwrap_or("the connection failed".into()), peer),
    }
}

fn of_tls(error: &TlsError) -> FetchError {
    let (what, advice) = tls_words(error);
    FetchError::Tls { what: what.into(), advice }
}

fn unreachable(what: impl Into<Box<str>>, peer: Peer<'_>) -> FetchError {
    let what = what.into();
    match peer {
        Peer::Server(_) => FetchError::Unreachable { what },
        Peer::Proxy => FetchError::ProxyUnreachable { what },
    }
}

/// What one error of a chain comes to, where that is known.
fn of_link(error: &(dyn Error + 'static), peer: Peer<'_>) -> Option<FetchError> {
    let what = if let Some(error) = error.downcast_ref::<hyper::Error>() {
        if error.is_parse() {
            return Some(FetchError::Decode { what: "not HTTP".into() });
        } else if error.is_incomplete_message() {
            "the connection was closed before the answer".into()
        } else if error.is_closed() || error.is_canceled() {
            "the connection was closed".into()
        } else {
            return None;
        }
    } else if let Some(error) = error.downcast_ref::<io::Error>() {
        io_words(error, peer)?
    } else {
        // The resolver's and the proxy connector's errors are private types.
        let text = error.to_string();
        if text == "dns error" {
            format!("no address found for {peer}").into()
        } else if text.contains("proxy authorization required") {
            "the proxy wants a user name and a password".into()
        } else if text.contains("unsuccessful tunnel") {
            "the proxy refused to connect us".into()
        } else {
            return None;
        }
    };
    Some(unreachable(what, peer))
}

fn io_words(error: &io::Error, peer: Peer<'_>) -> Option<Cow<'static, str>> {
    use io::ErrorKind;
    Some(Cow::Borrowed(match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::ConnectionReset => "connection reset",
        ErrorKind::ConnectionAborted => "connection aborted",
        ErrorKind::BrokenPipe => "the connection was closed",
        ErrorKind::UnexpectedEof => "the connection was closed half-way through the answer",
        ErrorKind::TimedOut => "no answer from the host",
        ErrorKind::HostUnreachable => "no route to the host",
        ErrorKind::NetworkUnreachable => "no route to the network",
        ErrorKind::NetworkDown => "the network is down",
        ErrorKind::AddrNotAvailable => "the address cannot be reached from here",
        ErrorKind::PermissionDenied => "this system forbids the connection",
        _ => {
            let text = error.to_string();
            if text.contains("Temporary failure in name resolution") {
                return Some(format!("the name service does not answer for {peer}").into());
            }
            if text.contains("lookup address") {
                return Some(format!("no address found for {peer}").into());
            }
            return None;
        }
    }))
}

/// What failed, and what to do.
fn tls_words(error: &TlsError) -> (&'static str, &'static str) {
    const LOG: &str = words!("look at the log of the server, or of the proxy that speaks TLS for it");
    match error {
        TlsError::InvalidCertificate(error) => certificate_words(error),
        TlsError::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::BadCertificate) => {
            (
                "the server wants another client certificate",
                words!("give one that it trusts to --client-cert, with its key in --client-key"),
            )
        }
        TlsError::AlertReceived(AlertDescription::UnrecognisedName) => {
            ("the server does not know that name", words!("give the name that the server goes by to --api"))
        }
        TlsError::AlertReceived(_) => ("the server broke off the handshake", LOG),
        TlsError::InvalidMessage(_) | TlsError::InappropriateMessage { .. } => {
            ("what answers there does not speak TLS", words!("try http:// in --api, or another port"))
        }
        TlsError::PeerIncompatible(_) => (
            "no TLS version or cipher in common with the server",
            words!("let the server, or the proxy before it, speak TLS 1.2 or 1.3"),
        ),
        TlsError::NoCertificatesPresented => ("the server shows no certificate", LOG),
        _ => ("the handshake failed", LOG),
    }
}

/// Whether a certificate is refused because it is an authority's.
pub(super) fn is_authority_as_server(error: &CertificateError) -> bool {
    matches!(error, CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity"))
}

fn certificate_words(error: &CertificateError) -> (&'static str, &'static str) {
    use CertificateError as Error;
    match error {
        Error::UnknownIssuer => (
            "the certificate is signed by nobody whom this system trusts",
            words!("give the certificate of the authority that signed it to --ca-file"),
        ),
        Error::Expired | Error::ExpiredContext { .. } => (
            "the certificate has expired",
            words!("renew the server's certificate, or set the clock of this machine"),
        ),
        Error::NotValidYet | Error::NotValidYetContext { .. } => (
            "the certificate is not valid yet",
            words!("set the clock of this machine, or of the one that signed it"),
        ),
        Error::NotValidForName | Error::NotValidForNameContext { .. } => (
            "the certificate is for another name",
            words!("give a name that it has as a subjectAltName to --api, or add this one to it"),
        ),
        Error::InvalidPurpose | Error::InvalidPurposeContext { .. } => (
            "the certificate is not one for servers",
            words!("renew it with the extendedKeyUsage serverAuth"),
        ),
        Error::Revoked => ("the certificate was revoked", words!("renew the server's certificate")),
        Error::BadSignature => (
            "the signature of the certificate is wrong",
            words!("look whether --ca-file has an older authority of the same name"),
        ),
        Error::BadEncoding => ("the certificate is damaged", words!("renew the server's certificate")),
        error if is_authority_as_server(error) => (
            "the server shows an authority's certificate as its own",
            words!(
                "give that certificate itself to --ca-file if you know it to be right, or make one for the server with \
             basicConstraints=CA:FALSE"
            ),
        ),
        // What the library below has no name for is only known by its words.
        Error::Other(other) => match other.to_string().as_str() {
            words if words.contains("UnsupportedCertVersion") => (
                "the certificate is of an old version",
                words!("make one of version 3 for the server, with a subjectAltName"),
            ),
            _ => NOT_ACCEPTED,
        },
        _ => NOT_ACCEPTED,
    }
}

/// What an HTTP status other than 2xx comes to, where the body is not OpenIM's.
pub(super) fn of_status(status: StatusCode, headers: &HeaderMap, redactor: &Redactor) -> FetchError {
    match status.as_u16() {
        429 => FetchError::RateLimited { retry_after_ms: retry_after_ms(headers) },
        status @ 300..=399 => FetchError::Redirect { status, target: target(headers, redactor).into() },
        status => {
            let error = FetchError::Http { status };
            let wait = retry_after_ms(headers).filter(|_| error.mends() == Retry::ByItself);
            wait.map_or(error, |retry_after_ms| FetchError::Unavailable { status, retry_after_ms })
        }
    }
}

/// The `Location` of a redirect, without credentials and query.
fn target(headers: &HeaderMap, redactor: &Redactor) -> String {
    let Some(location) = headers.get(LOCATION) else {
        return "nowhere".to_owned();
    };
    let location = String::from_utf8_lossy(location.as_bytes());
    let (location, query) = match location.split_once(['?', '#']) {
        Some((location, _)) => (location, "?…"),
        None => (location.as_ref(), ""),
    };
    let (scheme, rest) = location.split_once("//").map_or(("", location), |(scheme, rest)| (scheme, rest));
    let slashes = if rest.len() == location.len() { "" } else { "//" };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    redactor.clean(&format!("{scheme}{slashes}{host}{path}{query}"))
}

/// `Retry-After`, read as what a server can have meant: seconds, even where they are negative or
/// absurd (open-im-server `ratelimit.go` computes them from a CPU load that may be 0), or a date.
pub fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let looks_numeric = text.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit());
    let seconds = match text.parse::<f64>() {
        Ok(seconds) if looks_numeric => seconds,
        _ => {
            let now = http_date(headers, &reqwest::header::DATE)?;
            (http_date(headers, &RETRY_AFTER)? - now) as f64
        }
    };
    let (least, most) = RETRY_AFTER_SECONDS;
    Some((seconds.clamp(least, most) * 1000.0) as u64)
}

/// A header that is a date (RFC 9110, 5.6.7), in unix seconds.
pub(super) fn http_date(headers: &HeaderMap, name: &HeaderName) -> Option<i64> {
    const PARSER: jiff::fmt::rfc2822::DateTimeParser =
        jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let text = headers.get(name)?.to_str().ok()?;
    PARSER.parse_timestamp(text).ok().map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn retry_after_is_read_for_what_it_may_mean() {
        for (value, ms) in [
            ("1", Some(1_000)),
            (" 30 ", Some(30_000)),
            ("2.5", Some(2_500)),
            ("0", Some(1_000)),
            ("-9223372036854775808", Some(1_000)),
            ("3600", Some(3_600_000)),
            ("99999999999999999999999999", Some(1_000_000_000)),
            ("1e400", Some(1_000_000_000)),
            ("NaN", None),
            ("inf", None),
            ("soon", None),
            ("", None),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30_000)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(1_000)),
            ("Sun, 06 Nov 2094 08:00:00 GMT", Some(1_000_000_000)),
        ] {
            let headers = headers(&[("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("retry-after", value)]);
            assert_eq!(retry_after_ms(&headers), ms, "{value}");
        }
        assert_eq!(retry_after_ms(&headers(&[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")])), None);
        assert_eq!(retry_after_ms(&HeaderMap::new()), None);
    }

    #[test]
    fn only_what_may_pass_is_waited_for() {
        let waits = headers(&[("retry-after", "7")]);
        let redactor = Redactor::new([]);
        for status in [408, 425, 500, 502, 503, 504] {
            let code = StatusCode::from_u16(status).unwrap();
            let error = of_status(code, &waits, &redactor);
            assert_eq!(error, FetchError::Unavailable { status, retry_after_ms: 7_000 });
            assert_eq!(of_status(code, &HeaderMap::new(), &redactor), FetchError::Http { status });
        }
        let refused = of_status(StatusCode::NOT_FOUND, &waits, &redactor);
        assert_eq!(refused, FetchError::Http { status: 404 });
    }

    #[test]
    fn a_redirect_names_its_target_without_secrets() {
        let redactor = Redactor::new(["hunter2hunter2"]);
        for (location, shown) in [
            ("http://elsewhere.example/login", "http://elsewhere.example/login"),
            ("//elsewhere/x", "//elsewhere/x"),
            ("/user/get_users_online_status", "/user/get_users_online_status"),
            ("https://me:pw@elsewhere/a@b", "https://elsewhere/a@b"),
            ("https://elsewhere/?token=abc", "https://elsewhere/?…"),
            ("https://elsewhere/hunter2hunter2/", "https://elsewhere/<redacted>/"),
            ("", ""),
        ] {
            let error = of_status(StatusCode::FOUND, &headers(&[("location", location)]), &redactor);
            assert_eq!(error, FetchError::Redirect { status: 302, target: shown.into() });
        }
        let error = of_status(StatusCode::NOT_MODIFIED, &HeaderMap::new(), &redactor);
        assert_eq!(error.to_string(), "HTTP 304 redirects to nowhere");
    }

    #[test]
    fn dates_are_read_leniently() {
        let date = |value| http_date(&headers(&[("date", value)]), &reqwest::header::DATE);
        assert_eq!(date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(date("Mon, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(date("yesterday"), None);
    }
}
