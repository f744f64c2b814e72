//! Anybody who takes JSON: the notice itself, as `assets/schema/alert.json` has it. Any 2xx says that it was taken.

use reqwest::Url;

use super::Request;
use crate::alerts::notice::Notice;

pub(super) fn request(url: &Url, notice: &Notice) -> Request {
    Request { url: url.clone(), body: notice.json() }
}
