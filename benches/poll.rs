//! A poll round of 500 users over loopback, against a client that sends the same request and throws
//! the body away; with gzip and without, while nothing, 1 % and everything changes.
//!
//! `cargo bench --bench poll`, or `cargo bench --bench poll -- 'plain, nothing'` for some of it. The server answers from memory, so that it limits nothing. Both clients
//! take turns within one run; the ratio is of their users per second, pair by pair.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::StreamExt as _;
use imtop::openim::{Asked, Client, Credentials, DeltaDecoder, Options, Tls};
use imtop::presence::{Entry, WatchList};
use imtop::simulator::{Clock, Scenario, Simulator};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;

const USERS: usize = 500;
/// Rounds of each client in one turn, and turns of each.
const ROUNDS: usize = 300;
const TURNS: usize = 11;

fn main() {
    // The server has a thread of its own; the clients run as tasks, as the poller's requests do.
    let server_runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let client = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = server_runtime.handle().clone();
    client.block_on(async { tokio::spawn(compare(server)).await.unwrap() });
}

async fn compare(server_thread: Handle) {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let (ids, body) = body().await;
    println!(
        "one batch of {USERS} users, {} bytes, over loopback; {TURNS} turns of {ROUNDS} rounds each\n",
        body.len()
    );
    println!("{:<28} {:>10} {:>10}   {:>22}", "", "imtop", "discard", "ratio of users/s");
    println!("{:<28} {:>10} {:>10}   {:>22}", "", "us/round", "us/round", "median (min .. max)");
    for gzip in [false, true] {
        for (what, every) in [("nothing changes", 0), ("1 % changes", 100), ("everything changes", 1)] {
            let name = format!("{}{what}", if gzip { "gzip, " } else { "plain, " });
            if !wanted.as_ref().is_none_or(|wanted| name.contains(wanted.as_str())) {
                continue;
            }
            let other = changed(&body, every);
            let answers = [&body, &other].map(|body| answer(body, gzip));
            let server = server_thread.spawn(serve(answers)).await.unwrap();
            report(&name, &run(&server, &ids, gzip).await);
        }
    }
}

/// Both clients in turns: seconds a turn, as pairs.
async fn run(url: &str, ids: &[String], gzip: bool) -> Vec<(f64, f64)> {
    let list = WatchList::new(1, USERS as u32, ids.iter().map(|id| Entry::of(id)));
    let imtop = Client::new(Options {
        api: url.parse().unwrap(),
        credentials: Credentials::Token("bench".to_owned().into()),
        timeout: Duration::from_secs(10),
        body_limit: Options::BODY_LIMIT,
        gzip,
        tls: Tls::default(),
        proxy: None,
        concurrency: 1,
        secrets: Vec::new(),
    })
    .unwrap();
    // The same HTTP library, so that what is compared is what imtop does with the answer.
    let provider = rustls::crypto::ring::default_provider();
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let discard =
        reqwest::Client::builder().no_proxy().http1_only().tls_backend_preconfigured(tls).build().unwrap();
    let question = format!("{{\"userIDs\":{ids:?}}}");
    let mut sieve = DeltaDecoder::default();
    let mut pairs = Vec::new();
    for turn in 0..=TURNS {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            imtop.ask(&list, &Asked::sockets(0), &mut sieve).await.answer.unwrap();
        }
        let ours = start.elapsed();
        let start = Instant::now();
        for _ in 0..ROUNDS {
            ask_and_discard(&discard, url, &question, gzip).await;
        }
        // The first turn only warms both up.
        if turn > 0 {
            pairs.push((ours.as_secs_f64(), start.elapsed().as_secs_f64()));
        }
    }
    pairs
}

async fn ask_and_discard(client: &reqwest::Client, url: &str, question: &str, gzip: bool) {
    let request = client
        .post(format!("{url}/user/get_users_online_status"))
        .header("operationID", "bench")
        .header("token", "bench")
        .header("content-type", "application/json");
    let request = if gzip { request.header("accept-encoding", "gzip") } else { request };
    let mut body = request.body(question.to_owned()).send().await.unwrap().bytes_stream();
    while let Some(chunk) = body.next().await {
        drop(chunk.unwrap());
    }
}

fn report(name: &str, pairs: &[(f64, f64)]) {
    let sorted = |mut figures: Vec<f64>| {
        figures.sort_by(f64::total_cmp);
        figures
    };
    let median = |figures: &[f64]| figures[figures.len() / 2];
    let ours = sorted(pairs.iter().map(|pair| pair.0 / ROUNDS as f64 * 1e6).collect());
    let theirs = sorted(pairs.iter().map(|pair| pair.1 / ROUNDS as f64 * 1e6).collect());
    let ratios = sorted(pairs.iter().map(|pair| pair.1 / pair.0).collect());
    let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
    println!(
        "{name:<28} {:>10.1} {:>10.1}   {:>6.2} ({least:.2} .. {most:.2})",
        median(&ours),
        median(&theirs),
        median(&ratios)
    );
}

/// The users of a simulated calm day and what a server says of them.
async fn body() -> (Vec<String>, String) {
    let scenario = Scenario::named("calm").unwrap().with_users(USERS);
    let ids: Vec<String> = scenario.watch_list().into_iter().map(|entry| entry.id).collect();
    let (clock, _) = Clock::by_hand(1_795_413_200_000);
    let server = Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), clock).await.unwrap();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let question = format!("{{\"userIDs\":{ids:?}}}");
    let request = format!(
        "POST /user/get_users_online_status HTTP/1.1\r\nHost: bench\r\noperationID: bench\r\ntoken: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{question}",
        server.admin_token(),
        question.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (ids, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

/// The body with something else said of each `every`th user; of nobody where that is 0.
fn changed(body: &str, every: usize) -> String {
    if every == 0 {
        return body.to_owned();
    }
    let entries: Vec<&str> = body.split("{\"userID\":").collect();
    let changed = entries.iter().enumerate().map(|(at, entry)| {
        if at % every != 0 || at == 0 {
            return (*entry).to_owned();
        }
        match entry.replacen("\"isBackground\":false", "\"isBackground\":true", 1) {
            same if same == *entry => {
                entry.replacen("null", "[]", 1).replacen("\"isBackground\":true", "\"isBackground\":false", 1)
            }
            other => other,
        }
    });
    changed.collect::<Vec<_>>().join("{\"userID\":")
}

fn answer(body: &str, gzip: bool) -> Vec<u8> {
    let (body, encoding) = if gzip {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(body.as_bytes()).unwrap();
        (encoder.finish().unwrap(), "Content-Encoding: gzip\r\n")
    } else {
        (body.as_bytes().to_vec(), "")
    };
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{encoding}Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(&body);
    answer
}

/// A server that gives the two answers in turn, whatever it is asked.
async fn serve(answers: [Vec<u8>; 2]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answers = Arc::new(answers);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answers = Arc::clone(&answers);
            stream.set_nodelay(true).unwrap();
            tokio::spawn(async move {
                let turn = AtomicUsize::new(0);
                let mut request = vec![0; 1 << 16];
                let mut filled = 0;
                loop {
                    let read = stream.read(&mut request[filled..]).await.unwrap_or(0);
                    if read == 0 {
                        return;
                    }
                    filled += read;
                    // The question ends with the list of users, which ends the object.
                    if request[..filled].ends_with(b"]}") {
                        filled = 0;
                        let next = turn.fetch_add(1, Ordering::Relaxed) % 2;
                        if stream.write_all(&answers[next]).await.is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    url
}
