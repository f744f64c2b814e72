//! The simulated server over a real loopback socket: its answers beside those of a real one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{Ipv4Addr, SocketAddr};

use imtop::simulator::{Clock, Hand, Running, Scenario, Simulator};
use serde_json::{Value, json};

mod answers;
mod faults;
mod gateways;
mod scenarios;
mod wire;
mod witnesses;
mod world;

use wire::{Heard, ask};

const START: i64 = 1_795_413_200_000;
const ONLINE: &str = "/user/get_users_online_status";
const TOKENS: &str = "/user/get_users_online_token_detail";
const STATUS: &str = "/user/get_users_status";

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

async fn start(scenario: Scenario) -> (Running, Hand) {
    let (clock, hand) = Clock::by_hand(START);
    (Simulator::start(scenario, loopback(), clock).await.unwrap(), hand)
}

async fn named(name: &str) -> (Running, Hand) {
    start(Scenario::named(name).unwrap()).await
}

async fn post(server: &Running, path: &str, body: &str) -> Heard {
    let token = server.admin_token();
    ask(server, "POST", path, &[("operationID", "op"), ("token", &token)], body).await.unwrap()
}

async fn ids(server: &Running, path: &str, ids: &[&str]) -> Heard {
    post(server, path, &json!({ "userIDs": ids }).to_string()).await
}

async fn online(server: &Running, users: &[&str]) -> Vec<Value> {
    let heard = ids(server, ONLINE, users).await;
    heard.json()["data"].as_array().cloned().unwrap_or_else(|| panic!("{}", heard.text()))
}

fn conn_ids(entry: &Value) -> Vec<&str> {
    let details = entry["detailPlatformStatus"].as_array().map(Vec::as_slice).unwrap_or_default();
    details.iter().map(|detail| detail["connID"].as_str().unwrap()).collect()
}
