//! Why a question got no answer, whole and in one small value.

use serde::{Deserialize, Serialize};

use super::advice::kept;
use super::text::Text;
use super::time::read_mono;
use crate::presence::{FetchError, Trouble};

/// A [`FetchError`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum WireFailure<'a> {
    Unreachable {
        #[serde(borrow)]
        what: Text<'a>,
    },
    ProxyUnreachable {
        what: Text<'a>,
    },
    Timeout {
        after_ms: u64,
    },
    Tls {
        what: Text<'a>,
        advice: Text<'a>,
    },
    Redirect {
        status: u16,
        target: Text<'a>,
    },
    Http {
        status: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    RateLimited {
        retry_after_ms: Option<u64>,
    },
    TooLarge {
        limit_bytes: u64,
    },
    Decode {
        what: Text<'a>,
    },
    Auth {
        code: i32,
        what: Text<'a>,
        advice: Text<'a>,
    },
    Denied {
        code: i32,
        what: Text<'a>,
        advice: Text<'a>,
    },
    Api {
        code: i32,
        what: Text<'a>,
        advice: Text<'a>,
    },
    Credentials {
        what: Text<'a>,
        advice: Text<'a>,
    },
}

impl<'a> WireFailure<'a> {
    pub(super) fn write(error: &'a FetchError) -> WireFailure<'a> {
        let text = |text: &'a str| Text::of(text);
        match error {
            FetchError::Unreachable { what } => WireFailure::Unreachable { what: text(what) },
            FetchError::ProxyUnreachable { what } => WireFailure::ProxyUnreachable { what: text(what) },
            FetchError::Timeout { after_ms } => WireFailure::Timeout { after_ms: *after_ms },
            FetchError::Tls { what, advice } => WireFailure::Tls { what: text(what), advice: text(advice) },
            FetchError::Redirect { status, target } => {
                WireFailure::Redirect { status: *status, target: text(target) }
            }
            FetchError::Http { status } => WireFailure::Http { status: *status, retry_after_ms: None },
            FetchError::Unavailable { status, retry_after_ms } => {
                WireFailure::Http { status: *status, retry_after_ms: Some(*retry_after_ms) }
            }
            FetchError::RateLimited { retry_after_ms } => {
                WireFailure::RateLimited { retry_after_ms: *retry_after_ms }
            }
            FetchError::TooLarge { limit_bytes } => WireFailure::TooLarge { limit_bytes: *limit_bytes },
            FetchError::Decode { what } => WireFailure::Decode { what: text(what) },
            FetchError::Auth { code, what, advice } => {
                WireFailure::Auth { code: *code, what: text(what), advice: text(advice) }
            }
            FetchError::Denied { code, what, advice } => {
                WireFailure::Denied { code: *code, what: text(what), advice: text(advice) }
            }
            FetchError::Api { code, what, advice } => {
                WireFailure::Api { code: *code, what: text(what), advice: text(advice) }
            }
            FetchError::Credentials { what, advice } => {
                WireFailure::Credentials { what: text(what), advice: text(advice) }
            }
        }
    }

    pub(super) fn read(&self) -> Result<FetchError, String> {
        Ok(match self {
            WireFailure::Unreachable { what } => FetchError::Unreachable { what: what.boxed() },
            WireFailure::ProxyUnreachable { what } => FetchError::ProxyUnreachable { what: what.boxed() },
            WireFailure::Timeout { after_ms } => FetchError::Timeout { after_ms: read_mono(*after_ms)? },
            WireFailure::Tls { what, advice } => {
                FetchError::Tls { what: what.boxed(), advice: kept(&advice.0) }
            }
            WireFailure::Redirect { status, target } => {
                FetchError::Redirect { status: *status, target: target.boxed() }
            }
            WireFailure::Http { status, retry_after_ms: None } => FetchError::Http { status: *status },
            WireFailure::Http { status, retry_after_ms: Some(ms) } => {
                FetchError::Unavailable { status: *status, retry_after_ms: read_mono(*ms)? }
            }
            WireFailure::RateLimited { retry_after_ms } => {
                FetchError::RateLimited { retry_after_ms: retry_after_ms.map(read_mono).transpose()? }
            }
            WireFailure::TooLarge { limit_bytes } => FetchError::TooLarge { limit_bytes: *limit_bytes },
            WireFailure::Decode { what } => FetchError::Decode { what: what.boxed() },
            WireFailure::Auth { code, what, advice } => {
                FetchError::Auth { code: *code, what: what.boxed(), advice: kept(&advice.0) }
            }
            WireFailure::Denied { code, what, advice } => {
                FetchError::Denied { code: *code, what: what.boxed(), advice: kept(&advice.0) }
            }
            WireFailure::Api { code, what, advice } => {
                FetchError::Api { code: *code, what: what.boxed(), advice: kept(&advice.0) }
            }
            WireFailure::Credentials { what, advice } => {
                FetchError::Credentials { what: what.boxed(), advice: kept(&advice.0) }
            }
        })
    }
}

/// A [`Trouble`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum WireTrouble {
    Unreachable,
    Timeout,
    Tls,
    Redirect { status: u16 },
    Http { status: u16 },
    RateLimited,
    TooLarge,
    Decode,
    Auth { code: i32 },
    Denied { code: i32 },
    Api { code: i32 },
    Credentials,
}

impl WireTrouble {
    pub(super) fn write(trouble: Trouble) -> WireTrouble {
        match trouble {
            Trouble::Unreachable => WireTrouble::Unreachable,
            Trouble::Timeout => WireTrouble::Timeout,
            Trouble::Tls => WireTrouble::Tls,
            Trouble::Redirect(status) => WireTrouble::Redirect { status },
            Trouble::Http(status) => WireTrouble::Http { status },
            Trouble::RateLimited => WireTrouble::RateLimited,
            Trouble::TooLarge => WireTrouble::TooLarge,
            Trouble::Decode => WireTrouble::Decode,
            Trouble::Auth(code) => WireTrouble::Auth { code },
            Trouble::Denied(code) => WireTrouble::Denied { code },
            Trouble::Api(code) => WireTrouble::Api { code },
            Trouble::Credentials => WireTrouble::Credentials,
        }
    }

    pub(super) fn read(self) -> Trouble {
        match self {
            WireTrouble::Unreachable => Trouble::Unreachable,
            WireTrouble::Timeout => Trouble::Timeout,
            WireTrouble::Tls => Trouble::Tls,
            WireTrouble::Redirect { status } => Trouble::Redirect(status),
            WireTrouble::Http { status } => Trouble::Http(status),
            WireTrouble::RateLimited => Trouble::RateLimited,
            WireTrouble::TooLarge => Trouble::TooLarge,
            WireTrouble::Decode => Trouble::Decode,
            WireTrouble::Auth { code } => Trouble::Auth(code),
            WireTrouble::Denied { code } => Trouble::Denied(code),
            WireTrouble::Api { code } => Trouble::Api(code),
            WireTrouble::Credentials => Trouble::Credentials,
        }
    }
}
