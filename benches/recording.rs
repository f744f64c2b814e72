//! What it takes to write down an answer about 500 users, and to read it back, beside what it took to
//! read the answer itself.
//!
//! `cargo bench --bench recording`. Each round measures all of them turn by turn, so that their ratios
//! hold on a busy machine; each figure is the median of the rounds.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints, and may end")]

#[path = "../tests/common/kit.rs"]
mod kit;

use std::hint::black_box;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use imtop::openim::{DeltaDecoder, Keys, read_online_status};
use imtop::presence::{Answer, Entry, Freshness, Input, Moment, Observation, OperationId, Roster, WatchList};
use imtop::recording::{Decoder, Encoder};
use kit::observed;

const USERS: usize = 500;
const ROUNDS: usize = 15;
const TIMES: usize = 60;

fn id(user: usize) -> String {
    format!("user_{user:05}")
}

fn entry(user: usize, generation: u32) -> String {
    if user % 5 >= 3 {
        let none = if generation == 0 { "null" } else { "[]" };
        return format!(r#"{{"userID":"{}","status":0,"detailPlatformStatus":{none}}}"#, id(user));
    }
    let issued = 1_795_413_123;
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

fn body(generation_of: impl Fn(usize) -> u32) -> String {
    let entries: Vec<_> = (0..USERS).map(|user| entry(user, generation_of(user))).collect();
    format!(r#"{{"errCode":0,"errMsg":"","errDlt":"","data":[{}]}}"#, entries.join(","))
}

fn observation(answer: Answer) -> Observation {
    let at = |ms| Moment { mono_ms: ms, unix_ms: 1_795_413_000_000 + ms as i64 };
    Observation {
        sent: at(4_000),
        operation_id: OperationId("imtop-1a2b3c4d-17".into()),
        server_date: Some(1_795_413_004),
        wire_bytes: 14_000,
        ..observed(at(4_030), Ok(answer))
    }
}

fn microseconds(work: impl Fn()) -> f64 {
    let start = Instant::now();
    (0..TIMES).for_each(|_| work());
    start.elapsed().as_nanos() as f64 / 1e3 / TIMES as f64
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() {
    let list = WatchList::new(1, USERS as u32, (0..USERS).map(|user| Entry::of(&id(user))));
    let keys = Keys::random();
    let still = body(|_| 0);
    let cases = [
        ("unchanged", still.clone()),
        ("1 % changed", body(|user| u32::from(user.is_multiple_of(100)))),
        ("all changed", body(|_| 1)),
    ];
    println!("one answer about {USERS} users, median of {ROUNDS} rounds of {TIMES}");
    println!(
        "{:<14}{:>10}{:>12}{:>12}{:>12}{:>14}{:>14}",
        "", "bytes", "live us", "encode us", "decode us", "encode/live", "decode/live"
    );
    for (name, body) in &cases {
        let mut figures = [const { Vec::new() }; 5];
        let mut length = 0;
        for _ in 0..ROUNDS {
            let mut live = 0.0;
            let mut answer = Answer::Same;
            for _ in 0..TIMES {
                let mut sieve = DeltaDecoder::default();
                read_online_status(still.as_bytes(), &list, 0, &mut sieve, &keys).expect("an answer");
                let start = Instant::now();
                answer =
                    read_online_status(body.as_bytes(), &list, 0, &mut sieve, &keys).expect("an answer").0;
                live += start.elapsed().as_nanos() as f64 / 1e3 / TIMES as f64;
            }
            let input = Input::Observed(observation(answer));
            let mut line = Vec::new();
            Encoder::default().input(Moment::default(), &input, &mut line).expect("a line");
            length = line.len();
            let encode = microseconds(|| {
                let mut out = Vec::with_capacity(length);
                Encoder::default().input(Moment::default(), &input, &mut out).expect("a line");
                black_box(&out);
            });
            let decode = microseconds(|| {
                black_box(Decoder::default().line(line.trim_ascii_end()).expect("a line"));
            });
            for (figures, figure) in
                figures.iter_mut().zip([live, encode, decode, encode / live, decode / live])
            {
                figures.push(figure);
            }
        }
        let [live, encode, decode, encode_ratio, decode_ratio] = figures.map(median);
        println!(
            "{name:<14}{length:>10}{live:>12.1}{encode:>12.1}{decode:>12.1}{encode_ratio:>14.2}{decode_ratio:>14.2}"
        );
    }
    keyframe(&keys);
}

/// A keyframe of 100,000 users, of whom three in five are online.
fn keyframe(keys: &Keys) {
    let users = 200 * USERS;
    let list =
        std::sync::Arc::new(WatchList::new(1, USERS as u32, (0..users).map(|user| Entry::of(&id(user)))));
    let mut roster =
        Roster::new(std::sync::Arc::clone(&list), Freshness::for_interval(2_000), Moment::default());
    for batch in 0..list.batches() {
        let entries: Vec<_> = list.batch(batch).map(|user| entry(user as usize, 0)).collect();
        let body = format!(r#"{{"errCode":0,"errMsg":"","errDlt":"","data":[{}]}}"#, entries.join(","));
        let answer = read_online_status(body.as_bytes(), &list, batch, &mut DeltaDecoder::default(), keys);
        roster.apply(&Observation { batch, ..observation(answer.expect("an answer").0) });
    }
    let mut line = Vec::new();
    let (mut state, mut encode, mut decode) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        let start = Instant::now();
        let known = roster.state();
        state.push(start.elapsed().as_secs_f64() * 1e3);
        line.clear();
        let start = Instant::now();
        Encoder::default().keyframe(Moment::default(), &list, &known, 2_000, &mut line).expect("a line");
        encode.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        black_box(Decoder::default().line(line.trim_ascii_end()).expect("a line"));
        decode.push(start.elapsed().as_secs_f64() * 1e3);
    }
    println!(
        "keyframe of {users} users: {:.1} MB, state {:.1} ms, encode {:.1} ms, decode {:.1} ms",
        line.len() as f64 / 1e6,
        median(state),
        median(encode),
        median(decode)
    );
}
