//! What the tests over real sockets share: a server that can misbehave, a client for it, scratch
//! files, and the search for leaked secrets.

#![allow(dead_code, reason = "each test crate uses a part of it")]
#![allow(unreachable_pub, reason = "a module of test crates")]

pub mod binary;
pub mod certificates;
pub mod leak;
pub mod scratch;
pub mod server;

use std::time::Duration;

use imtop::openim::{Asked, Client, Credentials, DeltaDecoder, Options, Tls};
use imtop::presence::{Answer, Entry, Observation, UserIx, UserStatus, WatchList};

/// The admin token that the tests send; real in form only.
pub const ADMIN_TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJVc2VySUQiOiJpbUFkbWluIiwiUGxhdGZvcm1JRCI6MTAsImV4cCI6MTgwMzE4OTEyNywiaWF0IjoxNzk1NDEzMTIyfQ.HWxq845Td5__3ipBGHL3D3Ebsnytc7vhVOKThJl0PCk";

/// Options for `api` that a test can change: the token above, 10 s, no gzip.
pub fn options(api: &str) -> Options {
    Options {
        api: api.parse().expect("an address"),
        credentials: Credentials::Token(ADMIN_TOKEN.to_owned().into()),
        timeout: Duration::from_secs(10),
        body_limit: Options::BODY_LIMIT,
        gzip: false,
        tls: Tls::default(),
        proxy: None,
        concurrency: 4,
        secrets: Vec::new(),
    }
}

/// A watch list of these users, in one batch.
pub fn watch(ids: &[&str]) -> WatchList {
    WatchList::new(1, 500, ids.iter().map(|id| Entry::of(id)))
}

/// Asks about the only batch of `list`.
pub async fn ask(client: &Client, list: &WatchList, sieve: &mut DeltaDecoder) -> Observation {
    client.ask(list, &Asked::sockets(0), sieve).await
}

/// The body of a good answer that says of every user of `ids` that they are offline.
pub fn offline_body(ids: &[&str]) -> String {
    let entries: Vec<_> = ids
        .iter()
        .map(|id| format!(r#"{{"userID":"{id}","status":0,"detailPlatformStatus":null}}"#))
        .collect();
    format!(r#"{{"errCode":0,"errMsg":"","errDlt":"","data":[{}]}}"#, entries.join(","))
}

/// What an answer says that has to be [`Answer::Changed`].
pub fn changed(fetched: &Observation) -> &[(UserIx, UserStatus)] {
    match &fetched.answer {
        Ok(Answer::Changed(changed)) => changed,
        other => panic!("not a changed answer: {other:?}"),
    }
}

/// A file of `tests/fixtures`.
pub fn fixture(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
