//! Who receives webhooks: what each wants to be sent, and which of its answers say that it took it. One file a
//! receiver, after its documentation.

mod alertmanager;
mod dingtalk;
mod feishu;
mod json;
mod slack;
mod wecom;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use ring::hmac;
use secrecy::SecretString;
use serde::Deserialize;

use super::notice::Notice;

/// Who receives a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookKind {
    /// A robot of a `DingTalk` group.
    Dingtalk,
    /// A robot of a `WeCom` (`WeChat` Work) group.
    Wecom,
    /// A bot of a Feishu or Lark group.
    Feishu,
    /// An incoming webhook of Slack, and of those who speak like it.
    Slack,
    /// Prometheus' Alertmanager, by its API v2.
    Alertmanager,
    /// Anybody: a POST of the JSON that `assets/schema/alert.json` describes.
    Json,
}

/// Why something was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It may pass: to be tried again, after so many milliseconds where the receiver says so.
    Passing {
        /// What went wrong; visible-safe, without secrets.
        what: String,
        /// When to try again, as the receiver wants it.
        after_ms: Option<u64>,
    },
    /// Trying again does not help.
    Final(String),
}

impl Failure {
    pub(super) fn passing(what: impl Into<String>) -> Failure {
        Failure::Passing { what: what.into(), after_ms: None }
    }

    /// What went wrong.
    pub fn what(&self) -> &str {
        match self {
            Failure::Passing { what, .. } | Failure::Final(what) => what,
        }
    }

    /// The same with the words cleaned of what nobody is to see.
    pub(super) fn clean(self, clean: impl Fn(&str) -> String) -> Failure {
        match self {
            Failure::Passing { what, after_ms } => Failure::Passing { what: clean(&what), after_ms },
            Failure::Final(what) => Failure::Final(clean(&what)),
        }
    }

    /// The same, to be tried again after so long if the receiver said so.
    pub(super) fn after(self, said_ms: Option<u64>) -> Failure {
        match self {
            Failure::Passing { what, after_ms } => Failure::Passing { what, after_ms: said_ms.or(after_ms) },
            end @ Failure::Final(_) => end,
        }
    }
}

/// What is sent.
pub(super) struct Request {
    pub(super) url: Url,
    pub(super) body: Vec<u8>,
}

impl WebhookKind {
    /// All of them.
    pub const ALL: [WebhookKind; 6] = [
        WebhookKind::Dingtalk,
        WebhookKind::Wecom,
        WebhookKind::Feishu,
        WebhookKind::Slack,
        WebhookKind::Alertmanager,
        WebhookKind::Json,
    ];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            WebhookKind::Dingtalk => "dingtalk",
            WebhookKind::Wecom => "wecom",
            WebhookKind::Feishu => "feishu",
            WebhookKind::Slack => "slack",
            WebhookKind::Alertmanager => "alertmanager",
            WebhookKind::Json => "json",
        }
    }

    /// Whether requests can be signed with a secret.
    pub fn can_be_signed(self) -> bool {
        matches!(self, WebhookKind::Dingtalk | WebhookKind::Feishu)
    }

    /// Whether whoever knows the address can write there.
    pub(super) fn has_key_in_address(self) -> bool {
        !matches!(self, WebhookKind::Alertmanager | WebhookKind::Json)
    }

    /// Whether it forgets an alert of which it is not told again and again.
    pub(super) fn wants_repeats(self) -> bool {
        self == WebhookKind::Alertmanager
    }

    /// What is sent to tell of `notices`: one, but for a receiver that wants repeats.
    pub(super) fn request(
        self,
        url: &Url,
        secret: Option<&SecretString>,
        notices: &[&Notice],
        unix_ms: i64,
    ) -> Request {
        let Some(first) = notices.first() else { return Request { url: url.clone(), body: Vec::new() } };
        match self {
            WebhookKind::Dingtalk => dingtalk::request(url, secret, first, unix_ms),
            WebhookKind::Wecom => wecom::request(url, first),
            WebhookKind::Feishu => feishu::request(url, secret, first, unix_ms),
            WebhookKind::Slack => slack::request(url, first),
            WebhookKind::Alertmanager => alertmanager::request(url, notices, unix_ms),
            WebhookKind::Json => json::request(url, first),
        }
    }

    /// Whether an answer says that it was taken.
    ///
    /// # Errors
    /// It was not.
    pub(super) fn judge(self, status: u16, body: &[u8]) -> Result<(), Failure> {
        match self {
            WebhookKind::Dingtalk => dingtalk::judge(status, body),
            WebhookKind::Wecom => wecom::judge(status, body),
            WebhookKind::Feishu => feishu::judge(status, body),
            WebhookKind::Slack => slack::judge(status, body),
            WebhookKind::Alertmanager | WebhookKind::Json => by_status(status, body),
        }
    }
}

/// Whether the status says that it was taken.
fn by_status(status: u16, body: &[u8]) -> Result<(), Failure> {
    let text = String::from_utf8_lossy(body);
    let said = text.trim();
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    match status {
        200..=299 => Ok(()),
        300..=399 => {
            Err(Failure::Final(format!("HTTP {status}: it sends us elsewhere, which is not followed")))
        }
        408 | 425 | 429 | 500..=599 => Err(Failure::passing(format!("HTTP {status}{said}"))),
        _ => Err(Failure::Final(format!("HTTP {status}{said}"))),
    }
}

/// An answer that has a code of its own in it: `DingTalk` and `WeCom` say `errcode`, Feishu `code`, of old `StatusCode`.
#[derive(Deserialize)]
struct Coded {
    #[serde(alias = "errcode", alias = "StatusCode")]
    code: Option<i64>,
    #[serde(alias = "errmsg", alias = "StatusMessage")]
    msg: Option<String>,
}

/// Judges an answer by the code in it, of which `passing` are those that may pass.
fn by_code(status: u16, body: &[u8], passing: &[i64]) -> Result<(), Failure> {
    let read: Option<Coded> = serde_json::from_slice(body).ok();
    match read {
        Some(Coded { code: Some(0), .. }) if (200..=299).contains(&status) => Ok(()),
        Some(Coded { code: Some(code), msg }) if code != 0 => {
            let what = format!("code {code}: {}", msg.unwrap_or_default());
            if passing.contains(&code) || status == 429 {
                return Err(Failure::Passing { what, after_ms: Some(TOO_MANY_MS) });
            }
            Err(Failure::Final(what))
        }
        _ => {
            by_status(status, body)?;
            Err(Failure::passing(
                "what it answers is not what its documentation says: there is no code in it",
            ))
        }
    }
}

/// Robots take 20 messages a minute; who sends more has to wait that long.
const TOO_MANY_MS: u64 = 60_000;

/// HMAC-SHA256 in Base64.
fn signed(key: &[u8], message: &[u8]) -> String {
    STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message))
}

/// As many whole characters as have room in so many bytes.
fn within(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

fn body(value: &serde_json::Value) -> Vec<u8> {
    value.to_string().into_bytes()
}
