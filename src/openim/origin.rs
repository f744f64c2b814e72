//! Where the API is: its base URL, read strictly, and the origin that credentials belong to.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use super::endpoint::Endpoint;

/// The base URL of an OpenIM API: scheme, host, port, and the path before the API's own paths.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    /// Without user, password, query, fragment and trailing slash.
    url: Url,
}

/// Why a text is not the address of an API. Never quotes the text: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// No `http://` or `https://` before it.
    #[error("the API's address begins with http:// or https://, as in http://127.0.0.1:10002")]
    NoScheme,
    /// The address of the WebSocket gateway.
    #[error("ws:// is the address of the WebSocket gateway; give the API's, as in http://127.0.0.1:10002")]
    WebSocket,
    /// A user or a password in it, which would be sent as another header than OpenIM's.
    #[error("the API's address holds a user name or a password, which OpenIM does not take; leave it out")]
    UserInfo,
    /// `?..` or `#..`.
    #[error("the API's address ends before its ? or #")]
    Query,
    /// Anything else.
    #[error("the API's address is not a URL: {0}")]
    NotAUrl(&'static str),
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Origin, OriginError> {
        let text = text.trim();
        let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("http" | "https") => {}
            Some("ws" | "wss") => return Err(OriginError::WebSocket),
            _ => return Err(OriginError::NoScheme),
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(OriginError::NotAUrl("it has white space in it"));
        }
        // The words of the `url` crate are constants, and quote nothing.
        let mut url = Url::parse(text).map_err(|error| {
            OriginError::NotAUrl(match error {
                url_error if url_error.to_string().contains("port") => "the port is not a number up to 65535",
                url_error if url_error.to_string().contains("host") => "the host is missing",
                _ => "the host is not a name or an address",
            })
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OriginError::UserInfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(OriginError::Query);
        }
        if url.port() == Some(0) {
            return Err(OriginError::NotAUrl("nobody listens on port 0"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Origin { url })
    }
}

impl Origin {
    /// The URL of an endpoint.
    pub(super) fn url_of(&self, endpoint: Endpoint) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{}", self.url.path().trim_end_matches('/'), endpoint.path()));
        url
    }

    /// Whether both have the same scheme, host and port, so that credentials for the one may be
    /// sent to the other. The path does not matter.
    pub fn same_origin(&self, other: &Origin) -> bool {
        self.url.origin() == other.url.origin()
    }

    /// Whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = address.parse::<std::net::IpAddr>() {
            return address.to_canonical().is_loopback();
        }
        let name = host.trim_end_matches('.');
        name == "localhost" || name.ends_with(".localhost")
    }

    /// The same address with `https://`.
    pub(super) fn as_https(&self) -> String {
        self.to_string().replacen("http://", "https://", 1)
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether the admin token and every session token can be read on the way: worth a banner.
    pub fn is_exposed(&self) -> bool {
        !self.is_https() && !self.is_loopback()
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(80)
    }

    /// The host, as it is asked of the name service.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().expect("an origin")
    }

    #[test]
    fn the_path_before_the_api_is_kept_and_slashes_at_the_end_do_not_matter() {
        for (text, shown, asked) in [
            (
                "http://127.0.0.1:10002",
                "http://127.0.0.1:10002",
                "http://127.0.0.1:10002/user/get_users_online_status",
            ),
            (" HTTP://IM.Example/ ", "http://im.example", "http://im.example/user/get_users_online_status"),
            (
                "https://im.example:443/api//",
                "https://im.example/api",
                "https://im.example/api/user/get_users_online_status",
            ),
            (
                "http://[::1]:1/a%20b",
                "http://[::1]:1/a%20b",
                "http://[::1]:1/a%20b/user/get_users_online_status",
            ),
        ] {
            let origin = origin(text);
            assert_eq!(origin.to_string(), shown);
            assert_eq!(format!("{origin:?}"), shown);
            assert_eq!(origin.url_of(Endpoint::OnlineStatus).as_str(), asked);
        }
    }

    #[test]
    fn junk_is_refused_without_being_quoted() {
        for (text, error) in [
            ("", OriginError::NoScheme),
            ("localhost:10002", OriginError::NoScheme),
            ("10.0.0.1:10002", OriginError::NoScheme),
            ("ftp://x", OriginError::NoScheme),
            ("ws://x:10001", OriginError::WebSocket),
            ("http://", OriginError::NotAUrl("the host is missing")),
            ("http://x:99999", OriginError::NotAUrl("the port is not a number up to 65535")),
            ("http://x:0", OriginError::NotAUrl("nobody listens on port 0")),
            ("http://a b/", OriginError::NotAUrl("it has white space in it")),
            ("http://1.2.3.999/", OriginError::NotAUrl("the host is not a name or an address")),
            ("http://user:hunter2hunter2@x/", OriginError::UserInfo),
            ("http://x/?token=hunter2hunter2", OriginError::Query),
            ("http://x/#a", OriginError::Query),
        ] {
            assert_eq!(text.parse::<Origin>(), Err(error), "{text}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn credentials_belong_to_scheme_host_and_port() {
        let api = origin("https://im.example/a");
        assert!(api.same_origin(&origin("https://IM.example:443/b")));
        for other in
            ["http://im.example", "https://im.example:444", "https://im.example.evil", "https://im2.example"]
        {
            assert!(!api.same_origin(&origin(other)), "{other}");
        }
    }

    #[test]
    fn plain_http_is_exposed_unless_it_stays_on_this_machine() {
        for text in [
            "http://127.0.0.1",
            "http://127.9.9.9:1",
            "http://[::1]",
            "http://[::ffff:127.0.0.1]",
            "http://localhost:10002",
            "http://a.localhost.",
        ] {
            assert!(origin(text).is_loopback() && !origin(text).is_exposed(), "{text}");
        }
        for text in ["http://10.0.0.1", "http://localhost.example", "http://[::2]", "http://128.0.0.1"] {
            assert!(origin(text).is_exposed(), "{text}");
        }
        assert!(!origin("https://im.example").is_exposed());
    }
}
