//! One user's entry in an answer to `get_users_online_status`, in the wire shape of any release.
//!
//! Numbers since v3.8.1 (`status` 1, `platformID` 2), names before (`"online"`, `"Android"`, and a
//! `status` for each connection). What both have in common is what decides.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use crate::presence::{ConnId, Connection, Platform, UserStatus};

use super::json::{Object, Scalar, Text, scalar};
use super::screening::Screening;
use super::token::{Keys, KnownTokens};

/// Up to so many connections, comparing each with each is cheaper than a table.
const FEW: usize = 32;

/// An entry as it came, borrowed from the body.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry<'a> {
    #[serde(borrow, rename = "userID")]
    pub(super) user: Text<'a>,
    #[serde(default)]
    status: Status,
    #[serde(borrow, default)]
    detail_platform_status: Details<'a>,
}

/// Only whom an entry is about; for entries that cannot be read otherwise.
#[derive(Deserialize)]
pub(super) struct UserVerdict<'a> {
    #[serde(borrow, rename = "userID")]
    pub(super) user: Text<'a>,
}

/// The connections of an entry; most users have one, which takes no allocation.
#[derive(Default)]
struct Details<'a> {
    first: Option<Detail<'a>>,
    more: Vec<Object<Detail<'a>>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Details<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Details<'a>, D::Error> {
        struct DetailsVisitor;
        impl<'de> Visitor<'de> for DetailsVisitor {
            type Value = Details<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of connections")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Details<'de>, A::Error> {
                let first = list.next_element::<Object<Detail<'de>>>()?.map(|Object(detail)| detail);
                let mut more = Vec::new();
                while let Some(detail) = list.next_element()? {
                    more.push(detail);
                }
                Ok(Details { first, more })
            }
            fn visit_unit<E: Error>(self) -> Result<Details<'de>, E> {
                Ok(Details::default())
            }
        }
        deserializer.deserialize_any(DetailsVisitor)
    }
}

#[derive(Deserialize)]
struct Detail<'a> {
    #[serde(default, rename = "platformID")]
    platform_id: Option<WirePlatform>,
    #[serde(default)]
    platform: Option<WirePlatform>,
    #[serde(borrow, default, rename = "connID")]
    conn_id: Text<'a>,
    #[serde(default, rename = "isBackground")]
    background: Option<bool>,
    #[serde(borrow, default)]
    token: Text<'a>,
    #[serde(default)]
    status: Status,
}

/// `status` of a user or of a connection.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Status {
    Online,
    Offline,
    /// Neither, or nothing was said.
    #[default]
    Unclear,
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Status, D::Error> {
        let status = |value: Scalar<'_>| match value {
            Scalar::Whole(0) => Status::Offline,
            Scalar::Whole(1) => Status::Online,
            Scalar::Text(text) if text.eq_ignore_ascii_case("online") => Status::Online,
            Scalar::Text(text) if text.eq_ignore_ascii_case("offline") => Status::Offline,
            _ => Status::Unclear,
        };
        scalar(deserializer, |value| Some(status(value)))
    }
}

/// A platform by number or by name; one that fits neither has no name.
#[derive(Clone, Copy)]
pub(super) struct WirePlatform(pub(super) Platform);

impl<'de> Deserialize<'de> for WirePlatform {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WirePlatform, D::Error> {
        let known = scalar(deserializer, |scalar| match scalar {
            Scalar::Whole(number) => Some(i32::try_from(number).ok().map(Platform)),
            Scalar::Text(name) => {
                Some(Platform::from_wire_name(&name).or_else(|| name.trim().parse().ok().map(Platform)))
            }
            Scalar::Float(_) => Some(None),
            Scalar::Null | Scalar::Bool => None,
        })?;
        Ok(WirePlatform(known.unwrap_or(Platform::UNNAMED)))
    }
}

/// What it takes to read a connection.
pub(super) struct Reader<'a> {
    pub(super) keys: &'a Keys,
    pub(super) screening: &'a Screening<'a>,
    pub(super) known: &'a mut KnownTokens,
}

impl Reader<'_> {
    /// What an entry says of its user.
    ///
    /// A connection proves that the user is online, whatever `status` says; no connection proves
    /// nothing by itself.
    pub(super) fn read(&mut self, entry: &Entry<'_>) -> UserStatus {
        let details = &entry.detail_platform_status;
        let all = details.first.iter().chain(details.more.iter().map(|Object(detail)| detail));
        let open = all.filter(|detail| detail.status != Status::Offline);
        let open = open.map(|detail| self.connection(detail, &entry.user.0));
        let mut connections = Vec::with_capacity(usize::from(details.first.is_some()) + details.more.len());
        connections.extend(open);
        match (connections.is_empty(), entry.status) {
            (false, _) | (true, Status::Online) => UserStatus::Online(distinct(connections)),
            (true, Status::Offline) => UserStatus::Offline,
            (true, Status::Unclear) => UserStatus::Unclear,
        }
    }

    fn connection(&mut self, detail: &Detail<'_>, user: &str) -> Connection {
        let platform = detail.platform_id.or(detail.platform).map_or(Platform::UNNAMED, |wire| wire.0);
        let token = &detail.token.0;
        Connection {
            platform,
            id: self.conn_id(&detail.conn_id.0),
            background: detail.background.unwrap_or(false),
            token: (!token.is_empty()).then(|| self.known.read(token, user, self.keys, self.screening)),
        }
    }

    /// A connID, as it may be shown. A token in its place is only told apart.
    fn conn_id(&self, text: &str) -> ConnId {
        ConnId::new(&self.screening.conn_id(text, || self.keys.fingerprint(text).to_string()))
    }
}

/// Leaves out repeated connections: the server's list may be caught while it is compacted
/// (`msggateway/user_map.go`).
pub(super) fn distinct(mut connections: Vec<Connection>) -> Vec<Connection> {
    if connections.len() <= FEW {
        let mut at = 1;
        while at < connections.len() {
            if connections[..at].iter().any(|earlier| earlier.id == connections[at].id) {
                connections.remove(at);
            } else {
                at += 1;
            }
        }
    } else {
        let mut seen = HashSet::new();
        connections.retain(|connection| seen.insert(connection.id.clone()));
    }
    connections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openim::redact::Redactor;

    fn read(json: &str) -> UserStatus {
        let (keys, redactor, mut known) = (Keys::random(), Redactor::default(), KnownTokens::default());
        let Object(entry) = serde_json::from_str(json).expect("an entry");
        let screening = Screening::of(&redactor, json.as_bytes());
        Reader { keys: &keys, screening: &screening, known: &mut known }.read(&entry)
    }

    fn shown(json: &str) -> String {
        match read(json) {
            UserStatus::Online(connections) => connections
                .iter()
                .map(|connection| {
                    let place = if connection.background { "background" } else { "foreground" };
                    format!("{} {} {place}", connection.platform.name(), connection.id)
                })
                .collect::<Vec<_>>()
                .join(", "),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_shape_of_today() {
        let json = r#"{"userID":"u","status":1,"detailPlatformStatus":[
            {"platformID":1,"connID":"a","isBackground":true,"token":""},{"platformID":13,"connID":"b","new":{}}]}"#;
        assert_eq!(shown(json), "iOS a background, platform 13 b foreground");
        assert_eq!(read(r#"{"userID":"u","status":0,"detailPlatformStatus":null}"#), UserStatus::Offline);
        assert_eq!(read(r#"{"userID":"u","status":0,"detailPlatformStatus":[]}"#), UserStatus::Offline);
        assert_eq!(read(r#"{"userID":"u","status":0}"#), UserStatus::Offline);
    }

    #[test]
    fn the_shape_of_v3_0_to_v3_8_0() {
        let json = r#"{"userID":"u","status":"Online","detailPlatformStatus":[
            {"platform":"Android","status":"online","connID":"a","isBackground":false,"token":""},
            {"platform":"OSX","status":"offline","connID":"b","isBackground":false,"token":""},
            {"platform":"Toaster","status":"online","connID":"c"},{"platform":"11","connID":"d"}]}"#;
        assert_eq!(shown(json), "Android a foreground, no platform c foreground, HarmonyOS d foreground");
        assert_eq!(read(r#"{"userID":"u","status":"offline"}"#), UserStatus::Offline);
    }

    #[test]
    fn a_connection_says_more_than_the_status_beside_it() {
        assert_eq!(
            shown(r#"{"userID":"u","status":0,"detailPlatformStatus":[{"connID":"a"}]}"#),
            "no platform a foreground"
        );
        assert_eq!(read(r#"{"userID":"u","status":1}"#), UserStatus::Online(vec![]));
        for status in ["2", "-1", "1.5", "true", "null", "\"busy\""] {
            assert_eq!(
                read(&format!(r#"{{"userID":"u","status":{status}}}"#)),
                UserStatus::Unclear,
                "{status}"
            );
        }
        assert_eq!(read(r#"{"userID":"u"}"#), UserStatus::Unclear);
    }

    #[test]
    fn a_connection_is_listed_once() {
        let few = r#"{"userID":"u","status":1,"detailPlatformStatus":[
            {"platformID":1,"connID":"a"},{"platformID":2,"connID":"b"},{"platformID":1,"connID":"a"}]}"#;
        assert_eq!(shown(few), "iOS a foreground, Android b foreground");
        let many: Vec<_> = (0..100).map(|n| format!(r#"{{"connID":"c{}"}}"#, n % 50)).collect();
        let json = format!(r#"{{"userID":"u","status":1,"detailPlatformStatus":[{}]}}"#, many.join(","));
        assert!(matches!(read(&json), UserStatus::Online(connections) if connections.len() == 50));
    }

    #[test]
    fn numbers_out_of_range_do_no_harm() {
        assert_eq!(
            shown(
                r#"{"userID":"u","status":1,"detailPlatformStatus":[{"platformID":99999999999,"connID":"a"},{"platformID":-3,"connID":"b"}]}"#
            ),
            "no platform a foreground, platform -3 b foreground"
        );
    }

    #[test]
    fn a_token_in_place_of_a_conn_id_is_not_kept() {
        let json = r#"{"userID":"u","detailPlatformStatus":[{"connID":"eyJhbGciOiJIUzI1NiIsInR5cCI6"}]}"#;
        assert!(shown(json).starts_with("no platform <redacted "));
    }
}
