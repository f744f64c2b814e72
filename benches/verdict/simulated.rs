//! The simulator's random incidents: what each reader can know of them, and the truth.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use imtop::presence::{FetchError, Platform, Question};
use imtop::simulator::{Reply as Wire, TruthEvent, World, incident};

use super::case::{Case, Outcome, score};
use super::deaf::Deaf;
use super::lines::{Line, Said};
use super::recording::{PATIENCE_MS, Read, read_body};
use super::server::{Reply, Server, Told};
use super::truth::Truth;

/// When every world begins, unix milliseconds.
const BEGIN: i64 = 1_795_413_200_000;

/// How long an incident is followed, in milliseconds.
const RUN_MS: i64 = 240_000;

/// How long an ordinary answer takes, in milliseconds.
const TOOK_MS: u64 = 12;

/// While an answer waits for a gateway that hangs, it is asked for again so often, in milliseconds.
const STEP_MS: i64 = 250;

/// How many users one request asks about, and how often.
const BATCH: u32 = 500;
const INTERVAL_MS: u64 = 2_000;

/// A world that is asked.
pub struct Simulated {
    world: Mutex<World>,
    users: Arc<Users>,
}

/// The users by place, and their places.
struct Users {
    ids: Vec<String>,
    places: HashMap<String, u32>,
}

impl Server for Simulated {
    fn reply(&self, question: Question, users: &[u32], at: i64) -> Reply {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.advance(at);
        ask(&mut world, &self.users, question, users)
    }
}

/// What the world says now.
fn ask(world: &mut World, all: &Users, question: Question, users: &[u32]) -> Reply {
    let ids: Vec<&str> = users.iter().map(|user| all.ids[*user as usize].as_str()).collect();
    let said = match question {
        Question::OnlineStatus => Ok(world.online_status(&ids)),
        Question::TokenDetail => world.token_detail(&ids),
        Question::UsersStatus => world.users_status(&ids).map(|body| (body, 0)),
        Question::AccountCheck => world.account_check(&ids).map(|body| (body, 0)),
        Question::Gateways => {
            let signs = world.gateway_signs();
            let told = if signs.is_empty() {
                Err(FetchError::Http { status: 404 })
            } else {
                Ok(Told::Gateways(signs))
            };
            return Reply { took: TOOK_MS, told };
        }
    };
    let told = match said {
        Ok((_, wait)) if wait > 0 => return Reply { took: wait.min(STEP_MS) as u64, told: Ok(Told::Again) },
        Ok((body, _)) => tell(question, body, &all.places),
        Err(refusal) => Err(refused(&refusal)),
    };
    Reply { took: TOOK_MS, told }
}

fn tell(question: Question, body: String, places: &HashMap<String, u32>) -> Result<Told, FetchError> {
    if question == Question::OnlineStatus {
        return Ok(Told::Body(body));
    }
    let bad = |what: String| FetchError::Decode { what: what.into() };
    let Read { said, counted, unregistered, .. } = read_body(question, &body, places).map_err(bad)?;
    Ok(match question {
        Question::TokenDetail => Told::Tokens(counted.into_iter().collect()),
        Question::AccountCheck => Told::Unregistered(unregistered),
        _ => {
            let named = |platforms: Box<[i32]>| platforms.iter().map(|it| Platform(*it)).collect();
            let mut said: Vec<_> =
                said.into_iter().map(|(user, platforms)| (user, named(platforms))).collect();
            said.sort_unstable_by_key(|it: &(u32, Box<[Platform]>)| it.0);
            Told::Registry(said)
        }
    })
}

fn refused(reply: &Wire) -> FetchError {
    let text = String::from_utf8_lossy(&reply.body);
    if reply.status == 200 && text.contains("\"errCode\":1002") {
        FetchError::Denied { code: 1002, what: "refused".into(), advice: "" }
    } else if reply.status == 200 {
        FetchError::Api { code: 500, what: "failed".into(), advice: "" }
    } else {
        FetchError::Http { status: reply.status }
    }
}

/// Scores all readers of the incident of `seed`.
pub fn score_seed(seed: u64) -> (Case, Outcome) {
    let scenario = incident(seed);
    let ids: Vec<String> = scenario.watch_list().into_iter().map(|entry| entry.id).collect();
    let places = ids.iter().enumerate().map(|(place, id)| (id.clone(), place as u32)).collect();
    let users = Arc::new(Users { ids, places });
    let mut world = World::begin(scenario.clone(), seed, BEGIN);
    world.keep_truth();
    let lines = listen_to(&mut world, &users);
    world.advance(BEGIN + RUN_MS);
    let events = world.truth().map(|truth| truth.events().iter().map(TruthEvent::line).collect());
    let events: Vec<String> = events.unwrap_or_default();
    let events = events.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let case = Case {
        name: format!("seed {seed}"),
        batch: BATCH,
        interval_ms: INTERVAL_MS,
        begin: BEGIN,
        end: BEGIN + RUN_MS,
        truth: Truth::new(&users.ids, events).until(BEGIN + RUN_MS),
        deaf: deaf(World::begin(scenario.clone(), seed, BEGIN), &users.ids),
        users: users.ids.clone(),
    };
    let server = || -> Arc<dyn Server> {
        let world = Mutex::new(World::begin(scenario.clone(), seed, BEGIN));
        Arc::new(Simulated { world, users: Arc::clone(&users) })
    };
    let outcome = score(&case, server, &lines.iter().collect::<Vec<_>>());
    (case, outcome)
}

/// Who is connected and not in the registry, when.
fn deaf(mut world: World, ids: &[String]) -> Deaf {
    let mut deaf = Deaf::default();
    for at in (BEGIN..BEGIN + RUN_MS).step_by(STEP_MS as usize * 2) {
        world.advance(at);
        let users = (0..).zip(ids).filter(|(_, id)| world.is_deaf(id)).map(|(user, _)| user);
        deaf.look(users.collect::<Vec<u32>>().into_iter(), at, STEP_MS * 2);
    }
    deaf
}

/// What somebody has who asks everything about everybody in every round.
fn listen_to(world: &mut World, all: &Users) -> Vec<Line> {
    let interval = INTERVAL_MS as i64;
    let users: Vec<u32> = (0..all.ids.len() as u32).collect();
    // When, in which order, what, which batch, and when it was first asked.
    let mut due: BinaryHeap<Reverse<(i64, Question, usize, i64)>> = BinaryHeap::new();
    for (batch, _) in users.chunks(BATCH as usize).enumerate() {
        due.push(Reverse((BEGIN, Question::OnlineStatus, batch, BEGIN)));
        due.push(Reverse((BEGIN + 1, Question::UsersStatus, batch, BEGIN + 1)));
    }
    due.push(Reverse((BEGIN + 2, Question::Gateways, 0, BEGIN + 2)));
    let mut lines = Vec::new();
    while let Some(Reverse((at, question, batch, sent))) = due.pop() {
        if at >= BEGIN + RUN_MS {
            break;
        }
        world.advance(at);
        let about = match question {
            Question::Gateways => Vec::new(),
            _ => users.chunks(BATCH as usize).nth(batch).unwrap_or_default().to_vec(),
        };
        let reply = ask(world, all, question, &about);
        let waits = matches!(reply.told, Ok(Told::Again));
        if waits && at - sent < PATIENCE_MS {
            due.push(Reverse((at + reply.took as i64, question, batch, sent)));
            continue;
        }
        let took = at - sent + if waits { 0 } else { reply.took as i64 };
        let said = match reply.told {
            Ok(Told::Body(body)) => read_body(question, &body, &all.places).ok().map(|read| read.said),
            Ok(Told::Registry(said)) => {
                Some(said.into_iter().map(|(user, on)| (user, on.iter().map(|it| it.0).collect())).collect())
            }
            Ok(Told::Gateways(signs)) => {
                let signs = signs.into_iter().map(|it| (it.address.into(), it.sign)).collect();
                lines.push(Line { question, users: about, sent, took, said: Some(Said::Gateways(signs)) });
                due.push(Reverse((sent + interval, question, batch, sent + interval)));
                continue;
            }
            _ => None,
        };
        let said = said.map(|mut said| Said::Users(about.iter().map(|user| said.remove(user)).collect()));
        lines.push(Line { question, users: about, sent, took, said });
        let next = (sent + interval).max(sent + took);
        due.push(Reverse((next, question, batch, next)));
    }
    lines.sort_by_key(Line::received);
    lines
}
