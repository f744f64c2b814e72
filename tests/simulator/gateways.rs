//! The gateways' metrics ports, and where they are found.

use std::net::SocketAddr;
use std::time::Duration;

use imtop::presence::Platform;
use imtop::simulator::{Release, Scenario};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::wire::ask;
use crate::{named, start};

const DISCOVERY: &str = "/prometheus_discovery/msg_gateway";

async fn targets(server: &imtop::simulator::Running) -> Vec<SocketAddr> {
    let heard = ask(server, "GET", DISCOVERY, &[], "").await.unwrap().json();
    let entries = heard.as_array().unwrap().iter();
    entries.map(|entry| entry["targets"][0].as_str().unwrap().parse().unwrap()).collect()
}

/// What `GET /metrics` brings within 200 ms.
async fn metrics(target: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(target).await?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await?;
    let mut heard = String::new();
    let read = tokio::time::timeout(Duration::from_millis(200), stream.read_to_string(&mut heard));
    match read.await {
        Ok(read) => read.map(|_| heard),
        Err(_) => Ok(heard),
    }
}

#[tokio::test]
async fn a_gateways_port_answers_hangs_and_refuses_as_the_gateway_does() {
    let scenario = "name = \"x\"\nabout = \"y\"\nusers = 0\n[gateways]\nnames = [\"gw-1\", \"gw-2\"]";
    let (server, hand) = start(Scenario::parse(scenario, "here").unwrap()).await;
    server.world().connect_to("gw-2", "x", Platform(1)).unwrap();
    server.world().connect_to("gw-2", "x", Platform(5)).unwrap();
    let first = targets(&server).await;
    assert_eq!(first.len(), 2);
    let page = metrics(first[1]).await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
    assert!(page.ends_with("online_user_num 1\n"), "users, not connections: {page}");

    server.world().cut_gateway("gw-2");
    assert!(metrics(first[1]).await.unwrap().contains("online_user_num 1"), "only the API can't reach it");
    server.world().rejoin_gateway("gw-2");

    server.world().hang_gateway("gw-2");
    assert_eq!(metrics(first[1]).await.unwrap(), "", "takes the connection and says nothing");
    server.world().recover_gateway("gw-2");
    assert!(metrics(first[1]).await.unwrap().contains("online_user_num 1"));

    server.world().kill_gateway("gw-2");
    assert_eq!(targets(&server).await, first, "a dead gateway stays listed");
    let refused = loop {
        // The port closes when the runtime gets to it.
        match TcpStream::connect(first[1]).await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break error.kind(),
        }
    };
    assert_eq!(refused, std::io::ErrorKind::ConnectionRefused);
    server.world().restart_gateway("gw-2");
    let after = targets(&server).await;
    assert_eq!((after.len(), &after[..2]), (3, &first[..]), "at a new address at once");
    assert!(metrics(after[2]).await.unwrap().contains("online_user_num 0"));
    hand.advance(Duration::from_secs(300));
    assert_eq!(targets(&server).await, [first[0], after[2]], "no longer than five minutes");
}

#[tokio::test]
async fn who_has_no_gateways_to_find_says_so() {
    let of = |more: &str| {
        let text = format!("name = \"x\"\nabout = \"y\"\nusers = 1\n{more}");
        Scenario::parse(&text, "here").unwrap()
    };
    let (server, _) = start(of("[gateways]\nstandalone = true")).await;
    assert_eq!(ask(&server, "GET", DISCOVERY, &[], "").await.unwrap().text(), "[]");
    for scenario in [of("").with_release(Release::V3_8_0), of("[witnesses]\ngateways = \"missing\"")] {
        let (server, _) = start(scenario).await;
        assert_eq!(ask(&server, "GET", DISCOVERY, &[], "").await.unwrap().status, 404);
    }
    let (server, _) = start(of("[witnesses]\ngateways = \"refused\"")).await;
    let target = targets(&server).await[0];
    loop {
        if TcpStream::connect(target).await.is_err() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let (server, _) = named("calm").await;
    assert_eq!(
        ask(&server, "POST", DISCOVERY, &[("operationID", "op")], "").await.unwrap().json()["errCode"],
        1001
    );
}
