//! `DingTalk`: <https://open.dingtalk.com/document/robots/custom-robot-access>. Milliseconds and secret are signed, both
//! stand in the query. A 200 with another `errcode` than 0 is a failure: 310000 for a signature, keyword or address that
//! does not fit; -1 busy, 130101 and 410100 too many in a minute.

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{Failure, Request, by_code, signed, within};
use crate::alerts::notice::Notice;

/// Bytes that a message may have.
const LONGEST: usize = 20_000;

pub(super) fn request(url: &Url, secret: Option<&SecretString>, notice: &Notice, unix_ms: i64) -> Request {
    let mut url = url.clone();
    if let Some(secret) = secret {
        let secret = secret.expose_secret();
        let sign = signed(secret.as_bytes(), format!("{unix_ms}\n{secret}").as_bytes());
        url.query_pairs_mut().append_pair("timestamp", &unix_ms.to_string()).append_pair("sign", &sign);
    }
    let lines = notice.lines();
    let message = json!({"msgtype": "text", "text": {"content": within(&lines, LONGEST)}});
    Request { url, body: super::body(&message) }
}

pub(super) fn judge(status: u16, body: &[u8]) -> Result<(), Failure> {
    by_code(status, body, &[-1, 130_101, 410_100])
}
