//! What it takes to read an answer about 500 users, beside `serde_json` into owned types.
//!
//! `cargo bench --bench decode`. Both sides of a pair are measured turn by turn in one run, so that
//! their ratio holds on a busy machine; each figure is the median of the rounds.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints, and may end")]
#![allow(dead_code, reason = "the owned types are only filled")]

use std::hint::black_box;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use imtop::openim::{DeltaDecoder, Keys, read_online_status};
use imtop::presence::{Answer, Entry, WatchList};
use serde::Deserialize;

const USERS: usize = 500;
const ROUNDS: usize = 15;
const TIMES: usize = 60;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnedAnswer {
    err_code: i32,
    err_msg: String,
    err_dlt: String,
    data: Option<Vec<OwnedUser>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnedUser {
    #[serde(rename = "userID")]
    user_id: String,
    status: i32,
    detail_platform_status: Option<Vec<OwnedConnection>>,
}

#[derive(Deserialize)]
struct OwnedConnection {
    #[serde(rename = "platformID")]
    platform_id: i32,
    #[serde(rename = "connID")]
    conn_id: String,
    #[serde(rename = "isBackground")]
    is_background: bool,
    token: String,
}

fn id(user: usize) -> String {
    format!("user_{user:05}")
}

/// The connID tells one generation of a user's connection from the next; the token too, where
/// `fresh`.
fn entry(user: usize, generation: u32, fresh: bool) -> String {
    if user % 5 >= 3 {
        let none = if generation == 0 { "null" } else { "[]" };
        return format!(r#"{{"userID":"{}","status":0,"detailPlatformStatus":{none}}}"#, id(user));
    }
    let issued = 1_795_413_123 + u64::from(if fresh { generation } else { 0 });
    let claims =
        format!(r#"{{"UserID":"{}","PlatformID":2,"exp":{},"iat":{issued}}}"#, id(user), issued + 7_776_000);
    let token = format!(
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{}.Jijdo1o838nh9FzhQ97axGIEURDlMSHR36TLoSmljCs",
        URL_SAFE_NO_PAD.encode(claims)
    );
    format!(
        r#"{{"userID":"{}","status":1,"detailPlatformStatus":[{{"platformID":2,"connID":"{:032x}","isBackground":false,"token":"{token}"}}]}}"#,
        id(user),
        user as u64 * 1_000_003 + u64::from(generation),
    )
}

fn body(generation_of: impl Fn(usize) -> u32, fresh: bool) -> String {
    let entries: Vec<_> = (0..USERS).map(|user| entry(user, generation_of(user), fresh)).collect();
    format!(r#"{{"errCode":0,"errMsg":"","errDlt":"","data":[{}]}}"#, entries.join(","))
}

/// Two bodies that a server sends in turn, so that each differs from the last one in the same way.
struct Case {
    name: &'static str,
    bodies: [String; 2],
}

fn nanoseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_nanos() as f64
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() {
    let list = WatchList::new(1, USERS as u32, (0..USERS).map(|user| Entry::of(&id(user))));
    let keys = Keys::random();
    let still = body(|_| 0, false);
    let cases = [
        Case { name: "unchanged", bodies: [still.clone(), still.clone()] },
        Case {
            name: "1 % changed",
            bodies: [still.clone(), body(|user| u32::from(user.is_multiple_of(100)), false)],
        },
        Case { name: "all changed, tokens known", bodies: [still.clone(), body(|_| 1, false)] },
        Case { name: "all changed, tokens new", bodies: [still.clone(), body(|_| 1, true)] },
    ];
    println!(
        "one answer about {USERS} users, {} KB, median of {ROUNDS} rounds of {TIMES}",
        still.len() / 1000
    );
    println!("{:<28}{:>12}{:>14}{:>9}{:>16}", "", "sieves us", "owned us", "ratio", "claims decoded");
    for case in &cases {
        let fresh = case.name.ends_with("new");
        let mut sieve = DeltaDecoder::default();
        let read = |sieve: &mut DeltaDecoder, turn: usize| {
            let body = case.bodies[turn % 2].as_bytes();
            black_box(read_online_status(body, &list, 0, sieve, &keys).expect("an answer"))
        };
        read(&mut sieve, 1);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let decoded = sieve.claims_decoded();
        let mut decodes_per_answer = 0.0;
        for _ in 0..ROUNDS {
            let mut spent = 0.0;
            for turn in 0..TIMES {
                if fresh {
                    // Nothing but the tokens is forgotten: a first answer, and then the other one.
                    sieve = DeltaDecoder::default();
                    read(&mut sieve, turn + 1);
                    let before = sieve.claims_decoded();
                    spent += nanoseconds(|| drop(read(&mut sieve, turn)));
                    decodes_per_answer = (sieve.claims_decoded() - before) as f64;
                } else {
                    spent += nanoseconds(|| drop(read(&mut sieve, turn)));
                }
            }
            ours.push(spent / TIMES as f64);
            let spent = nanoseconds(|| {
                for turn in 0..TIMES {
                    let body = case.bodies[turn % 2].as_bytes();
                    black_box(serde_json::from_slice::<OwnedAnswer>(body).expect("an answer"));
                }
            });
            theirs.push(spent / TIMES as f64);
        }
        if !fresh {
            decodes_per_answer = (sieve.claims_decoded() - decoded) as f64;
        }
        let ratio = median(ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect());
        let (ours, theirs) = (median(ours) / 1000.0, median(theirs) / 1000.0);
        println!("{:<28}{ours:>12.1}{theirs:>14.1}{ratio:>9.3}{decodes_per_answer:>16}", case.name);
    }
    assert_eq!(
        read_online_status(still.as_bytes(), &list, 0, &mut remembering(&still, &list, &keys), &keys)
            .map(|read| read.0),
        Ok(Answer::Same)
    );
    one_token(&list, &keys);
}

fn remembering(body: &str, list: &WatchList, keys: &Keys) -> DeltaDecoder {
    let mut sieve = DeltaDecoder::default();
    read_online_status(body.as_bytes(), list, 0, &mut sieve, keys).expect("an answer");
    sieve
}

/// What the claims of one token add to reading its entry: the difference between an answer whose
/// tokens are new and one whose tokens are known, for each of its tokens.
fn one_token(list: &WatchList, keys: &Keys) {
    let (first, known, new) = (body(|_| 0, false), body(|_| 1, false), body(|_| 1, true));
    let tokens = (0..USERS).filter(|user| user % 5 < 3).count() as f64;
    let time = |body: &str| {
        let mut sieve = remembering(&first, list, keys);
        nanoseconds(|| {
            black_box(read_online_status(body.as_bytes(), list, 0, &mut sieve, keys).expect("an answer"));
        })
    };
    let figures = (0..ROUNDS * 20).map(|_| (time(&new) - time(&known)) / tokens).collect();
    println!("claims of one JWT, not seen before: {:.0} ns", median(figures));
}
