//! What the simulated server takes for one batch of 500 users out of 100,000: in the process and over
//! loopback HTTP, plain and gzip, while nothing changes and while some users do.
//!
//! `cargo bench --bench simulator`. The server must never limit what is measured with it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use imtop::presence::Platform;
use imtop::simulator::{Answer, Api, Ask, Clock, Running, Scenario, Simulator};

const USERS: usize = 100_000;
const BATCH: usize = 500;
const ROUNDS: usize = 600;
const ONLINE: &str = "/user/get_users_online_status";

fn main() {
    let scenario = Scenario::named("calm").unwrap().with_users(USERS);
    let ids: Vec<String> = scenario.watch_list().into_iter().map(|entry| entry.id).collect();
    let bodies: Vec<String> = ids.chunks(BATCH).map(|batch| format!("{{\"userIDs\":{batch:?}}}")).collect();
    let (clock, _) = Clock::by_hand(1_795_413_200_000);

    println!("{USERS} users, batches of {BATCH}, {ROUNDS} requests each; microseconds a batch\n");
    println!("{:<44} {:>9} {:>9} {:>9} {:>11}", "", "median", "p90", "max", "body bytes");
    in_process(&scenario, &clock, &bodies);

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let start = Simulator::start(scenario, (Ipv4Addr::LOCALHOST, 0).into(), clock);
    let server = runtime.block_on(start).unwrap();
    over_http(&server, &bodies, &ids);
}

fn in_process(scenario: &Scenario, clock: &Clock, bodies: &[String]) {
    let api = Api::new(scenario.clone(), clock.clone());
    let token = api.admin_token();
    let mut size = 0;
    let mut ask = |round: usize| {
        let ask = Ask {
            post: true,
            path: ONLINE,
            operation_id: Some("bench"),
            token: Some(&token),
            body: bodies[round % bodies.len()].as_bytes(),
        };
        if let Answer::Reply(reply) = black_box(api.answer(&ask)) {
            size = reply.body.len();
        }
    };
    let first = measure(0, &mut ask);
    let again = measure(1, &mut ask);
    report("in process, every user for the first time", &first, size);
    report("in process, nothing changes", &again, size);
}

fn over_http(server: &Running, bodies: &[String], ids: &[String]) {
    for (name, gzip, changes) in [
        ("HTTP, nothing changes", false, 0),
        ("HTTP, 1 % of the users change", false, BATCH / 100),
        ("HTTP, gzip, nothing changes", true, 0),
        ("HTTP, gzip, 1 % of the users change", true, BATCH / 100),
    ] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut buffer = vec![0; 1 << 20];
        let mut size = 0;
        let token = server.admin_token();
        let requests: Vec<String> = bodies.iter().map(|body| request(&token, gzip, body)).collect();
        let mut spent = Vec::new();
        for round in 0..ROUNDS + bodies.len() {
            let batch = round % bodies.len();
            for nth in 0..changes {
                server.world().reconnect(&ids[batch * BATCH + nth], None);
                server.world().connect(&ids[batch * BATCH + 10 + nth], Platform(5));
                server.world().disconnect(&ids[batch * BATCH + 10 + nth], None);
            }
            let start = Instant::now();
            stream.write_all(requests[batch].as_bytes()).unwrap();
            size = read_answer(&mut stream, &mut buffer);
            // The first pass fills what is kept from one request to the next.
            if round >= bodies.len() {
                spent.push(start.elapsed());
            }
        }
        report(name, &spent, size);
    }
}

fn request(token: &str, gzip: bool, body: &str) -> String {
    let accept = if gzip { "Accept-Encoding: gzip\r\n" } else { "" };
    format!(
        "POST {ONLINE} HTTP/1.1\r\nHost: bench\r\noperationID: bench\r\ntoken: {token}\r\n{accept}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads one answer whole; the size of its body.
fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> usize {
    let mut filled = 0;
    loop {
        filled += stream.read(&mut buffer[filled..]).unwrap();
        let Some(end) = buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&buffer[..end]).unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let length: usize = length.parse().unwrap();
        while filled < end + 4 + length {
            filled += stream.read(&mut buffer[filled..]).unwrap();
        }
        return length;
    }
}

/// One request for each batch in the first pass, [`ROUNDS`] in later ones.
fn measure(pass: usize, ask: &mut impl FnMut(usize)) -> Vec<Duration> {
    let rounds = if pass == 0 { USERS / BATCH } else { ROUNDS };
    (0..rounds)
        .map(|round| {
            let start = Instant::now();
            ask(round);
            start.elapsed()
        })
        .collect()
}

fn report(name: &str, spent: &[Duration], size: usize) {
    let mut sorted = spent.to_vec();
    sorted.sort_unstable();
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    println!("{name:<44} {:>9.0} {:>9.0} {:>9.0} {size:>11}", at(0.5), at(0.9), at(1.0));
}
