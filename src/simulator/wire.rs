//! The JSON that a server writes, key by key in its order, for each release.
//!
//! Go's `encoding/json`: no blanks, `<`, `>`, `&` and the two line separators escaped, empty lists
//! `null`. Tags: protocol `msggateway.pb.go`, `user.pb.go`.

use std::fmt::Write as _;

use super::release::Release;
use crate::presence::Platform;

/// What an entry says of one connection.
pub(super) struct Socket<'a> {
    pub(super) platform: Platform,
    pub(super) conn_id: &'a str,
    pub(super) background: bool,
    pub(super) token: &'a str,
}

/// Writes `text` as a JSON string the way Go does, which escapes some that need not be.
pub(super) fn string(out: &mut String, text: &str) {
    let json = serde_json::to_string(text).unwrap_or_default(); // a string always encodes
    let mut rest = json.as_str();
    while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        let (plain, special) = rest.split_at(at);
        let special = special.chars().next().unwrap_or_default();
        let _ = write!(out, "{plain}\\u{:04x}", special as u32);
        rest = &rest[at + special.len_utf8()..];
    }
    out.push_str(rest);
}

/// Writes elements with commas between them, or `null` for none.
pub(super) fn list<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    let start = out.len();
    for item in items {
        out.push(if out.len() == start { '[' } else { ',' });
        write(out, item);
    }
    out.push_str(if out.len() == start { "null" } else { "]" });
}

/// The envelope of a good answer (tools `apiresp/resp.go`) up to the value of `data`.
pub(super) const GOOD: &str = "{\"errCode\":0,\"errMsg\":\"\",\"errDlt\":\"\",\"data\":";

/// A refusal: the same envelope without `data`.
pub(super) fn refusal(code: i32, message: &str, detail: &str) -> String {
    let mut out = format!("{{\"errCode\":{code},\"errMsg\":");
    string(&mut out, message);
    out.push_str(",\"errDlt\":");
    string(&mut out, detail);
    out.push('}');
    out
}

/// A user's entry of `get_users_online_status`.
pub(super) fn online_entry<'a>(
    out: &mut String,
    release: Release,
    id: &str,
    sockets: impl IntoIterator<Item = Socket<'a>>,
) {
    out.push_str("{\"userID\":");
    string(out, id);
    let mut sockets = sockets.into_iter().peekable();
    status(out, release, sockets.peek().is_some());
    out.push_str(",\"detailPlatformStatus\":");
    list(out, sockets, |out, socket| {
        out.push('{');
        platform(out, release, socket.platform);
        if !release.speaks_numbers() {
            out.push_str(",\"status\":\"online\"");
        }
        out.push_str(",\"connID\":");
        string(out, socket.conn_id);
        out.push_str(if socket.background { ",\"isBackground\":true" } else { ",\"isBackground\":false" });
        out.push_str(",\"token\":");
        string(out, socket.token);
        out.push('}');
    });
    out.push('}');
}

/// A user's entry of `get_users_online_token_detail`.
pub(super) fn token_entry(out: &mut String, release: Release, id: &str, platforms: &[(Platform, Vec<&str>)]) {
    out.push_str("{\"userID\":");
    string(out, id);
    status(out, release, true);
    out.push_str(",\"singlePlatformToken\":");
    list(out, platforms, |out, (number, tokens)| {
        out.push('{');
        platform(out, release, *number);
        let _ = write!(out, ",\"total\":{},\"token\":", tokens.len());
        list(out, tokens, |out, token| string(out, token));
        out.push('}');
    });
    out.push('}');
}

/// A user's entry of `get_users_status`.
pub(super) fn registry_entry(out: &mut String, id: &str, platforms: impl IntoIterator<Item = i32>) {
    out.push_str("{\"userID\":");
    string(out, id);
    let mut platforms = platforms.into_iter().peekable();
    let _ = write!(out, ",\"status\":{},\"platformIDs\":", i32::from(platforms.peek().is_some()));
    list(out, platforms, |out, platform| {
        let _ = write!(out, "{platform}");
    });
    out.push('}');
}

/// A user's entry of `get_users_info`.
pub(super) fn info_entry(out: &mut String, id: &str, nickname: &str, created_ms: i64, level: i32) {
    out.push_str("{\"userID\":");
    string(out, id);
    out.push_str(",\"nickname\":");
    string(out, nickname);
    let _ = write!(
        out,
        ",\"faceURL\":\"\",\"ex\":\"\",\"createTime\":{created_ms},\"appMangerLevel\":{level},\"globalRecvMsgOpt\":0}}"
    );
}

/// A user's entry of `account_check`.
pub(super) fn account_entry(out: &mut String, release: Release, id: &str, registered: bool) {
    out.push_str("{\"userID\":");
    string(out, id);
    out.push_str(",\"accountStatus\":");
    out.push_str(match (release.speaks_numbers(), registered) {
        (true, true) => "1",
        (true, false) => "0",
        (false, true) => "\"registered\"",
        (false, false) => "\"unregistered\"",
    });
    out.push('}');
}

/// What discovery answers about these targets.
pub(super) fn discovery(targets: impl Iterator<Item = String>) -> String {
    let mut out = String::from("[");
    for target in targets {
        out.push_str(if out.len() > 1 { ",{\"targets\":[" } else { "{\"targets\":[" });
        string(&mut out, &target);
        out.push_str("],\"labels\":{}}");
    }
    out.push(']');
    out
}

fn status(out: &mut String, release: Release, online: bool) {
    out.push_str(match (release.speaks_numbers(), online) {
        (true, true) => ",\"status\":1",
        (true, false) => ",\"status\":0",
        (false, true) => ",\"status\":\"online\"",
        (false, false) => ",\"status\":\"offline\"",
    });
}

fn platform(out: &mut String, release: Release, platform: Platform) {
    if release.speaks_numbers() {
        let _ = write!(out, "\"platformID\":{}", platform.0);
    } else {
        out.push_str("\"platform\":");
        // A number without a name is the empty string in the server's table.
        string(out, platform.wire_name().unwrap_or(""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_go_does() {
        let mut out = String::new();
        string(&mut out, "a<b>&\"\\\n\u{2028}\u{1}王");
        assert_eq!(out, "\"a\\u003cb\\u003e\\u0026\\\"\\\\\\n\\u2028\\u0001王\"");
    }

    #[test]
    fn old_releases_speak_in_words() {
        let socket = || Socket { platform: Platform(2), conn_id: "c", background: true, token: "t" };
        let mut out = String::new();
        online_entry(&mut out, Release::V3_8_0, "u", [socket()]);
        online_entry(&mut out, Release::V3_0_0, "v", []);
        assert_eq!(
            out,
            "{\"userID\":\"u\",\"status\":\"online\",\"detailPlatformStatus\":[{\"platform\":\"Android\",\
             \"status\":\"online\",\"connID\":\"c\",\"isBackground\":true,\"token\":\"t\"}]}\
             {\"userID\":\"v\",\"status\":\"offline\",\"detailPlatformStatus\":null}"
        );
    }
}
