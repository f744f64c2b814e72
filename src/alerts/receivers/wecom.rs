//! `WeCom`: <https://developer.work.weixin.qq.com/document/path/91770>. The key stands in the address; a text has at most
//! 2,048 bytes. A 200 with another `errcode` than 0 is a failure: -1 busy, 45009 too many in a minute, 93000 no such
//! robot.

use reqwest::Url;
use serde_json::json;

use super::{Failure, Request, by_code, within};
use crate::alerts::notice::Notice;

/// Bytes that a text may have.
const LONGEST: usize = 2_048;

pub(super) fn request(url: &Url, notice: &Notice) -> Request {
    let lines = notice.lines();
    let message = json!({"msgtype": "text", "text": {"content": within(&lines, LONGEST)}});
    Request { url: url.clone(), body: super::body(&message) }
}

pub(super) fn judge(status: u16, body: &[u8]) -> Result<(), Failure> {
    by_code(status, body, &[-1, 45_009])
}
