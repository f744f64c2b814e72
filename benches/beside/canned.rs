//! A server that has its answers ready, so that it limits as little as may be: two of each batch, which it
//! gives in turn. It counts what it answers, and how many connections it has at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use imtop::simulator::{Answer, Api, Ask, Clock, Scenario};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

pub(crate) const BATCH: usize = 500;
pub(crate) const PATH: &str = "/user/get_users_online_status";
const TOKEN: &str = "bench";
const TIME: i64 = 1_795_413_200_000;

/// Users of a simulated calm day, and what a server says of each batch of them.
pub(crate) struct Day {
    pub(crate) ids: Vec<String>,
    bodies: Vec<String>,
}

impl Day {
    pub(crate) fn of(users: usize) -> Day {
        let scenario = Scenario::named("calm").expect("a scenario").with_users(users);
        let ids: Vec<String> = scenario.watch_list().into_iter().map(|entry| entry.id).collect();
        let (clock, _) = Clock::by_hand(TIME);
        let api = Api::new(scenario, clock);
        let token = api.admin_token();
        let body = |batch: &[String]| {
            let question = question(batch);
            let ask = Ask {
                post: true,
                path: PATH,
                operation_id: Some(TOKEN),
                token: Some(&token),
                body: question.as_bytes(),
            };
            let Answer::Reply(reply) = api.answer(&ask) else { panic!("the simulator waits") };
            String::from_utf8(reply.body.to_vec()).expect("text")
        };
        let bodies = ids.chunks(BATCH).map(body).collect();
        Day { ids, bodies }
    }

    /// Bytes of an answer.
    pub(crate) fn bytes(&self) -> usize {
        self.bodies.iter().map(String::len).sum::<usize>() / self.bodies.len()
    }
}

/// The body of a request about these users.
pub(crate) fn question(batch: &[String]) -> String {
    format!("{{\"userIDs\":{batch:?}}}")
}

/// Two answers about a batch, and how many were given.
struct Turns {
    given: AtomicUsize,
    both: [Vec<u8>; 2],
}

/// The answers about each batch, found by its first user.
struct Answers {
    batches: HashMap<String, Turns>,
    delay: Duration,
    answered: AtomicU64,
    connections: AtomicU32,
    most_connections: AtomicU32,
    opened: AtomicU64,
}

/// A server that runs until this is dropped.
pub(crate) struct Canned {
    pub(crate) url: String,
    answers: Arc<Answers>,
    /// As many threads as imtop's own simulator has.
    _threads: Runtime,
}

impl Canned {
    /// A server that says something else of each `every`th user in turn, of nobody where that is 0.
    pub(crate) fn start(day: &Day, every: usize, delay: Duration) -> Canned {
        let batches = day.ids.chunks(BATCH).zip(&day.bodies);
        let batches = batches.map(|(batch, body)| {
            let both = [body, &changed(body, every)].map(|body| answer(body));
            (batch[0].clone(), Turns { given: AtomicUsize::new(0), both })
        });
        let answers = Arc::new(Answers {
            batches: batches.collect(),
            delay,
            answered: AtomicU64::new(0),
            connections: AtomicU32::new(0),
            most_connections: AtomicU32::new(0),
            opened: AtomicU64::new(0),
        });
        let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let threads = threads.expect("threads");
        let listener = threads.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        threads.spawn(accept(listener, Arc::clone(&answers)));
        Canned { url, answers, _threads: threads }
    }

    /// How many requests were answered so far.
    pub(crate) fn answered(&self) -> u64 {
        self.answers.answered.load(Ordering::Relaxed)
    }

    /// How many connections were open at the same time at most, and how many were opened, since this was
    /// asked last.
    pub(crate) fn connections(&self) -> (u32, u64) {
        let most = self.answers.most_connections.swap(0, Ordering::Relaxed);
        (most, self.answers.opened.swap(0, Ordering::Relaxed))
    }
}

async fn accept(listener: TcpListener, answers: Arc<Answers>) {
    while let Ok((stream, _)) = listener.accept().await {
        let answers = Arc::clone(&answers);
        tokio::spawn(async move {
            let open = answers.connections.fetch_add(1, Ordering::Relaxed) + 1;
            answers.most_connections.fetch_max(open, Ordering::Relaxed);
            answers.opened.fetch_add(1, Ordering::Relaxed);
            // A client that goes away in the middle of an answer ends its connection, and no more.
            let _ = converse(stream, &answers).await;
            answers.connections.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn converse(mut stream: TcpStream, answers: &Answers) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = vec![0; 1 << 16];
    let mut filled = 0;
    loop {
        let read = stream.read(&mut request[filled..]).await?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        // The question ends with the list of users, which ends the object.
        if !request[..filled].ends_with(b"]}") {
            continue;
        }
        let Some(turns) = asked(&request[..filled]).and_then(|id| answers.batches.get(id)) else {
            return Ok(());
        };
        filled = 0;
        let turn = turns.given.fetch_add(1, Ordering::Relaxed) % 2;
        if !answers.delay.is_zero() {
            tokio::time::sleep(answers.delay).await;
        }
        stream.write_all(&turns.both[turn]).await?;
        answers.answered.fetch_add(1, Ordering::Relaxed);
    }
}

/// The first user that a request asks about.
fn asked(request: &[u8]) -> Option<&str> {
    let key = b"\"userIDs\":[\"";
    let start = memchr::memmem::find(request, key)? + key.len();
    let rest = &request[start..];
    std::str::from_utf8(&rest[..memchr::memchr(b'"', rest)?]).ok()
}

/// The body with something else said of each `every`th user; of nobody where that is 0.
fn changed(body: &str, every: usize) -> String {
    if every == 0 {
        return body.to_owned();
    }
    let entries = body.split("{\"userID\":").enumerate().map(|(at, entry)| {
        if at % every != 0 || at == 0 {
            return entry.to_owned();
        }
        match entry.replacen("\"isBackground\":false", "\"isBackground\":true", 1) {
            same if same == entry => {
                entry.replacen("null", "[]", 1).replacen("\"isBackground\":true", "\"isBackground\":false", 1)
            }
            other => other,
        }
    });
    entries.collect::<Vec<_>>().join("{\"userID\":")
}

fn answer(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}
