//! How a fault turns a right answer into the one that is sent.

use bytes::Bytes;

use super::api::{Ask, Reply};
use super::fault::Fault;
use super::refusal::{self, Refusal};
use super::release::Release;
use super::wire;

/// The answer under `fault`, where the fault is in what is said; else the right one.
pub(super) fn spoil(fault: &Fault, right: Reply, ask: &Ask<'_>, release: Release) -> Reply {
    match fault {
        Fault::NotJson => Reply::json(200, "all is well, honestly".to_owned()),
        Fault::Empty => Reply::empty(200),
        Fault::Html(status) => Reply::text(*status, "text/html", &page(*status)),
        Fault::Http(status) => Reply::empty(*status),
        Fault::BadRequest => Reply::json(400, Refusal::new(500, "unexpected EOF").body()),
        Fault::NotFound => Reply::not_found(),
        Fault::RateLimited(after) => rate_limited(after),
        Fault::Redirect(to) => Reply { headers: vec![("Location", header_safe(to))], ..Reply::empty(307) },
        Fault::Code(code) => Reply::json(200, Refusal::new(*code, "").body()),
        Fault::EchoToken => {
            let token = ask.token.unwrap_or_default();
            Reply::json(200, Refusal::of_token(1505, Release::V3_8_3, token).body())
        }
        Fault::NoData => Reply::json(200, wire::refusal(0, "", "")),
        Fault::NullData => Reply::json(200, format!("{}null}}", wire::GOOD)),
        Fault::HostileText => {
            let text = format!("\u{1b}[2J\u{202e}\u{200b}\u{7}\r\n<b>&{}", "x".repeat(100_000));
            Reply::json(200, wire::refusal(500, refusal::name(500), &text))
        }
        Fault::EmptyLists => {
            edit(right, |body| body.replace("\"detailPlatformStatus\":null", "\"detailPlatformStatus\":[]"))
        }
        Fault::Strange => edit(right, |body| {
            body.replace("\"platformID\":", "\"colour\":\"blue\",\"platformID\":1")
                .replace("{\"userID\":", "{\"moods\":{\"today\":[1,null,true]},\"userID\":")
        }),
        Fault::BadTokens => edit(right, |body| {
            let mut parts = body.split("\"token\":\"");
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |out, part| {
                let rest = part.split_once('"').map_or("", |(_, rest)| rest);
                out + "\"token\":\"no.jwt\"" + rest
            })
        }),
        Fault::WrongUsers => rearrange(right, |entries| {
            entries
                .iter()
                .enumerate()
                .map(|(at, _)| {
                    let mut entry = String::new();
                    wire::online_entry(&mut entry, release, &format!("stranger_{at}"), []);
                    entry
                })
                .collect()
        }),
        Fault::Missing => rearrange(right, |entries| entries.into_iter().skip(1).step_by(2).collect()),
        Fault::Reversed => rearrange(right, |entries| entries.into_iter().rev().collect()),
        Fault::Doubled => {
            rearrange(right, |entries| entries.into_iter().flat_map(|entry| [entry.clone(), entry]).collect())
        }
        _ => right,
    }
}

fn page(status: u16) -> String {
    format!(
        "<html>\r\n<head><title>{status} Bad Gateway</title></head>\r\n<body>\r\n<center><h1>{status} Bad \
         Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
}

/// As the server's own limiter refuses (`ratelimit.go`).
fn rate_limited(after: &str) -> Reply {
    let mut headers = vec![
        ("X-RateLimit-Policy", "BBR".to_owned()),
        ("X-RateLimit-Limit", "100".to_owned()),
        ("X-RateLimit-Remaining", "0".to_owned()),
    ];
    if !after.is_empty() {
        headers.push(("Retry-After", header_safe(after)));
    }
    let body = wire::refusal(429, "too many requests, please try again later", "");
    Reply { headers, ..Reply::text(429, "text/plain", &body) }
}

/// What a header may hold.
fn header_safe(text: &str) -> String {
    text.chars().filter(|c| (' '..='~').contains(c)).collect()
}

fn edit(reply: Reply, change: impl FnOnce(&str) -> String) -> Reply {
    let body = std::str::from_utf8(&reply.body).map(change);
    Reply { body: body.map_or(Bytes::new(), Bytes::from), ..reply }
}

/// Changes the entries of `data` where it is a list; else all stays.
fn rearrange(reply: Reply, change: impl FnOnce(Vec<String>) -> Vec<String>) -> Reply {
    #[derive(serde::Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        data: Vec<&'a serde_json::value::RawValue>,
    }
    let Ok(body) = serde_json::from_slice::<Body<'_>>(&reply.body) else { return reply };
    let entries = change(body.data.iter().map(|entry| entry.get().to_owned()).collect());
    let mut out = String::from(wire::GOOD);
    wire::list(&mut out, entries, |out, entry| out.push_str(&entry));
    out.push('}');
    Reply { body: out.into(), ..reply }
}
