//! A question without a token: whether anybody answers, who that is, and what its clock shows.
//!
//! OpenIM refuses it in its own words (`internal/api/router.go`: errCode 1001, `header must have
//! token`), so that it is known by them; nothing that is worth stealing goes out to whoever is there.

use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, SERVER, VIA};
use serde::de::IgnoredAny;

use crate::presence::{FetchError, visible_bounded};

use super::body::Packing;
use super::client::{Client, Head};
use super::endpoint::Endpoint;
use super::envelope;
use super::failure;
use super::redact::Redactor;

/// Longest value of a header that is kept, in characters.
const LONGEST: usize = 80;
/// The headers that say who answers.
const TELLING: [HeaderName; 3] = [SERVER, VIA, CONTENT_TYPE];

/// What came of a question without a token. Texts are visible-safe and bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// HTTP status, where an answer began.
    pub status: Option<u16>,
    /// `server`, `via` and `content-type`, as far as they were sent.
    pub headers: Vec<(&'static str, String)>,
    /// Whether the request was given an `X-HTTP-ID`, as only OpenIM's main branch does.
    pub http_id: bool,
    /// The server's clock when it answered (`Date` header), unix seconds.
    pub server_date: Option<i64>,
    /// Whether the body came compressed.
    pub gzip: bool,
    /// Whether the body begins as a page of HTML does.
    pub html: bool,
    /// The `errCode` of OpenIM's answer, or why it is not OpenIM's.
    pub spoke: Result<i32, FetchError>,
}

impl Client {
    /// Asks a question about `user` without a token, which OpenIM refuses: whether it is there at all.
    pub async fn probe(&self, user: &str) -> Probe {
        let question = serde_json::json!({ "userIDs": [user] }).to_string();
        let redactor = Redactor::default();
        let reply = self.send(Endpoint::OnlineStatus, question.into(), None, &redactor).await;
        let Head { status, headers } = reply.head;
        let said = reply.body.and_then(|body| {
            let text = body.unpack(self.0.body_limit)?;
            let html = text.trim_ascii_start().starts_with(b"<");
            Ok((html, envelope::open::<IgnoredAny>(&text).map(|opened| code(&opened))))
        });
        let (html, spoke) = match said {
            Ok((html, spoke)) => (html, spoke),
            Err(
                FetchError::Api { code, .. }
                | FetchError::Auth { code, .. }
                | FetchError::Denied { code, .. },
            ) => (false, Ok(code)),
            Err(error) => (is_html(&headers), Err(error)),
        };
        Probe {
            status: status.map(|status| status.as_u16()),
            http_id: headers.contains_key("x-http-id"),
            server_date: failure::http_date(&headers, &DATE),
            gzip: Packing::of(&headers) == Ok(Packing::Gzip),
            html,
            spoke,
            headers: telling(&headers, &redactor),
        }
    }
}

fn code(opened: &envelope::Opened<'_, IgnoredAny>) -> i32 {
    match opened {
        envelope::Opened::Data(_) => 0,
        envelope::Opened::Refused(code, ..) => *code,
    }
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn telling(headers: &HeaderMap, redactor: &Redactor) -> Vec<(&'static str, String)> {
    let value = |name: &HeaderName| {
        let text = String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned();
        let text = visible_bounded(&redactor.clean(text.trim()), LONGEST);
        (!text.is_empty()).then_some(text)
    };
    let names = ["server", "via", "content-type"];
    names.into_iter().zip(&TELLING).filter_map(|(name, header)| Some((name, value(header)?))).collect()
}
