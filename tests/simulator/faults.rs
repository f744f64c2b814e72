//! Every misbehaviour, switched on and off while the server runs.

use std::time::Duration;

use imtop::simulator::{Fault, Rule};
use serde_json::{Value, json};

use crate::wire::{self, fixture};
use crate::{ONLINE, START, ids, named};

#[tokio::test]
async fn faults_of_what_is_said_are_switched_on_and_off() {
    let (server, _) = named("faults").await;
    let users = ["steady", "away", "typo"];
    let right = ids(&server, ONLINE, &users).await.text();
    let under = async |fault: &str| {
        server.set_fault(Some(fault.parse::<Fault>().unwrap()));
        let heard = ids(&server, ONLINE, &users).await;
        server.set_fault(None);
        assert_eq!(ids(&server, ONLINE, &users).await.text(), right, "{fault} is over");
        heard
    };
    assert_eq!(
        under("code:1507").await.text(),
        "{\"errCode\":1507,\"errMsg\":\"TokenNotExistError\",\"errDlt\":\"\"}"
    );
    let html = under("html").await;
    assert_eq!((html.status, html.header("content-type")), (502, Some("text/html")));
    assert_eq!(under("http:503").await.status, 503);
    assert_eq!(under("bad-request").await.json()["errCode"], 500);
    assert_eq!(under("not-found").await.status, 404);
    let limited = under("rate-limited:-9223372036854775808").await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("-9223372036854775808")));
    assert_eq!(limited.header("content-type"), Some("text/plain"));
    let moved = under("redirect:http://elsewhere.invalid/x").await;
    assert_eq!((moved.status, moved.header("location")), (307, Some("http://elsewhere.invalid/x")));
    assert!(serde_json::from_str::<Value>(&under("not-json").await.text()).is_err());
    assert_eq!(under("empty").await.text(), "");
    assert!(under("echo-token").await.text().contains(&server.admin_token()));
    assert_eq!(under("wrong-users").await.json()["data"][0]["userID"], "stranger_0");
    assert_eq!(under("missing").await.json()["data"].as_array().unwrap().len(), 1);
    assert_eq!(under("reversed").await.json()["data"][2]["userID"], "steady");
    assert_eq!(under("doubled").await.json()["data"].as_array().unwrap().len(), 6);
    assert_eq!(under("no-data").await.text(), "{\"errCode\":0,\"errMsg\":\"\",\"errDlt\":\"\"}");
    assert_eq!(under("null-data").await.text(), fixture("empty_list.json"));
    assert_eq!(under("empty-lists").await.json()["data"][1]["detailPlatformStatus"], json!([]));
    assert_eq!(under("strange").await.json()["data"][0]["detailPlatformStatus"][0]["platformID"], 12);
    assert_eq!(under("bad-tokens").await.json()["data"][0]["detailPlatformStatus"][1]["token"], "no.jwt");
    assert!(under("hostile-text").await.text().contains('\u{202e}'));
    assert_eq!(under("no-date").await.header("date"), None);
    assert!(under("bad-gzip").await.unpacked().is_err());
    assert_eq!(under("delay:20ms").await.text(), right);
}

#[tokio::test]
async fn faults_of_the_connection_happen_on_the_wire() {
    let (server, _) = named("faults").await;
    let asked_for = async |fault: &str, most: usize| {
        let token = server.admin_token();
        let body = json!({ "userIDs": [format!("fault:{fault}"), "steady"] }).to_string();
        let headers = [("operationID", "op"), ("token", token.as_str())];
        wire::ask_for(&server, "POST", ONLINE, &headers, &body, most).await
    };
    let asked = async |fault: &str| asked_for(fault, usize::MAX).await;
    let short = Duration::from_millis(150);
    assert!(tokio::time::timeout(short, asked("hang")).await.is_err());
    assert!(asked("drop").await.is_err_and(|error| error.kind() == std::io::ErrorKind::UnexpectedEof));
    assert!(asked("reset").await.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
    let cut = asked("cut").await.unwrap();
    let announced: usize = cut.header("content-length").unwrap().parse().unwrap();
    assert_eq!(cut.raw.len(), announced / 2);
    assert!(tokio::time::timeout(short, asked("drip")).await.is_err(), "a byte a second");
    let endless = asked_for("endless", 300_000).await.unwrap();
    assert!(endless.header("content-length").is_none() && endless.raw.len() >= 300_000);
    let big = asked("oversize:1000001").await.unwrap();
    assert_eq!(big.raw.len(), 1_000_001);
    assert!(serde_json::from_slice::<Value>(&big.raw).is_ok());
    let bomb = asked("bomb:3000000").await.unwrap();
    assert!(bomb.raw.len() < 30_000 && bomb.unpacked().unwrap().len() > 3_000_000);
    assert_eq!(ids(&server, ONLINE, &["fault:no such", "steady"]).await.json()["errCode"], 0);
}

#[tokio::test]
async fn a_rule_meets_only_the_requests_that_it_means() {
    let (server, hand) = named("faults").await;
    server.set_rules([Rule {
        asking: Some("away".into()),
        from_ms: Some(START + 1_000),
        requests: Some([1, 2]),
        ..Rule::always(Fault::Code(500))
    }]);
    let code = async |user: &str| ids(&server, ONLINE, &[user]).await.json()["errCode"].clone();
    assert_eq!(code("away").await, 0);
    hand.advance(Duration::from_secs(1));
    assert_eq!((code("steady").await, code("away").await), (json!(0), json!(500)));
    assert_eq!((code("away").await, code("away").await), (json!(500), json!(0)));
}
