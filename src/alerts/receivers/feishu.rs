//! Feishu and Lark: <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>. Seconds and secret are the key
//! with which nothing is signed; both stand in the body. Another `code` than 0 is a failure: 19021 for a signature that
//! does not fit, 19024 a keyword, 9499 and 11232 too many.

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{Failure, Request, by_code, signed, within};
use crate::alerts::notice::Notice;

/// Bytes that a message may have.
const LONGEST: usize = 18_000;

pub(super) fn request(url: &Url, secret: Option<&SecretString>, notice: &Notice, unix_ms: i64) -> Request {
    let lines = notice.lines();
    let mut message = json!({"msg_type": "text", "content": {"text": within(&lines, LONGEST)}});
    if let Some(secret) = secret {
        let timestamp = (unix_ms / 1_000).to_string();
        let sign = signed(format!("{timestamp}\n{}", secret.expose_secret()).as_bytes(), b"");
        if let Some(message) = message.as_object_mut() {
            message.insert("timestamp".to_owned(), timestamp.into());
            message.insert("sign".to_owned(), sign.into());
        }
    }
    Request { url: url.clone(), body: super::body(&message) }
}

pub(super) fn judge(status: u16, body: &[u8]) -> Result<(), Failure> {
    by_code(status, body, &[9_499, 11_232])
}
