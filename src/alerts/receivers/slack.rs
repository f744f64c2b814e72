//! Slack: <https://api.slack.com/messaging/webhooks>. The address is the key. A 200 that says `ok` is a success; 429 has a
//! `Retry-After`; other failures are a status with a word, such as `404 no_service`.

use reqwest::Url;
use serde_json::json;

use super::{Failure, Request, by_status, within};
use crate::alerts::notice::Notice;

/// Bytes that a message may have.
const LONGEST: usize = 3_000;

pub(super) fn request(url: &Url, notice: &Notice) -> Request {
    let lines = notice.lines();
    // Three characters are Slack's own.
    let text = within(&lines, LONGEST).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Request { url: url.clone(), body: super::body(&json!({"text": text})) }
}

pub(super) fn judge(status: u16, body: &[u8]) -> Result<(), Failure> {
    by_status(status, body)?;
    if body.trim_ascii() == b"ok" {
        return Ok(());
    }
    Err(Failure::passing("what it answers is not what its documentation says: ok"))
}
