//! What an answer says of its server; written whole, or as `"same"` where it says what the last one
//! about the same batch said.

use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::presence::{BodyLength, Hints, Logins, RateLimit, WireShape};

/// A [`Hints`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireHints<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shape: Option<Shape>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<WireBody>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    server: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    http_id: bool,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    rate_limit: Option<WireRateLimit<'a>>,
    #[serde(default, skip_serializing_if = "WireLogins::none")]
    logins: WireLogins,
}

/// `[made, displaced]`; left out where there were none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct WireLogins(u16, u16);

impl WireLogins {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "asked for by serde")]
    fn none(&self) -> bool {
        *self == WireLogins::default()
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shape {
    Numbers,
    Words,
}

#[derive(Debug, Serialize, Deserialize)]
struct WireBody {
    #[serde(default)]
    gzip: bool,
    wire: u64,
    unpacked: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WireRateLimit<'a> {
    #[serde(borrow)]
    policy: Option<Text<'a>>,
    limit: Option<i64>,
    remaining: Option<i64>,
    cpu: Option<i64>,
    min_rt_ms: Option<i64>,
    max_pass: Option<i64>,
    max_in_flight: Option<i64>,
    in_flight: Option<i64>,
}

impl<'a> WireHints<'a> {
    pub(super) fn write(hints: &'a Hints) -> WireHints<'a> {
        WireHints {
            shape: hints.shape.map(|shape| match shape {
                WireShape::Numbers => Shape::Numbers,
                WireShape::Words => Shape::Words,
            }),
            body: hints.body.map(|BodyLength { gzip, wire, unpacked }| WireBody { gzip, wire, unpacked }),
            server: hints.server.as_deref().map(Text::of),
            http_id: hints.http_id,
            rate_limit: hints.rate_limit.as_deref().map(|limit| WireRateLimit {
                policy: limit.policy.as_deref().map(Text::of),
                limit: limit.limit,
                remaining: limit.remaining,
                cpu: limit.cpu,
                min_rt_ms: limit.min_rt_ms,
                max_pass: limit.max_pass,
                max_in_flight: limit.max_in_flight,
                in_flight: limit.in_flight,
            }),
            logins: WireLogins(hints.logins.made, hints.logins.displaced),
        }
    }

    pub(super) fn read(&self) -> Hints {
        Hints {
            shape: self.shape.map(|shape| match shape {
                Shape::Numbers => WireShape::Numbers,
                Shape::Words => WireShape::Words,
            }),
            body: self.body.as_ref().map(|body| BodyLength {
                gzip: body.gzip,
                wire: body.wire,
                unpacked: body.unpacked,
            }),
            server: self.server.as_ref().map(Text::boxed),
            http_id: self.http_id,
            rate_limit: self.rate_limit.as_ref().map(|limit| {
                Box::new(RateLimit {
                    policy: limit.policy.as_ref().map(Text::boxed),
                    limit: limit.limit,
                    remaining: limit.remaining,
                    cpu: limit.cpu,
                    min_rt_ms: limit.min_rt_ms,
                    max_pass: limit.max_pass,
                    max_in_flight: limit.max_in_flight,
                    in_flight: limit.in_flight,
                })
            }),
            logins: Logins { made: self.logins.0, displaced: self.logins.1 },
        }
    }
}
