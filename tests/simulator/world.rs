//! What happens over time: gateways, the registry, the night of the demo.

use std::time::Duration;

use imtop::presence::Platform;
use imtop::simulator::Scenario;
use serde_json::{Value, json};

use crate::wire::fixture;
use crate::{ONLINE, STATUS, conn_ids, ids, named, online, start};

#[tokio::test]
async fn a_hung_gateway_makes_requests_wait_then_hides_its_users_who_come_back_the_same() {
    let (server, hand) = named("calm").await;
    let conn_id = server.world().connect_to("gw-2", "x", Platform(2)).unwrap();
    hand.advance(Duration::from_secs(2));
    assert!(server.world().hang_gateway("gw-2"));
    let waiting = ids(&server, ONLINE, &["x"]);
    let stepping = async {
        // The request waits from when the server has seen it.
        while server.requests() == 0 {
            tokio::task::yield_now().await;
        }
        hand.advance(Duration::from_millis(11_400));
    };
    let (heard, ()) = tokio::join!(waiting, stepping);
    assert_eq!(heard.json()["data"][0]["status"], 0, "errCode 0 and a lie");
    assert_eq!(online(&server, &["x"]).await[0]["status"], 0, "at once now");
    let registry = ids(&server, STATUS, &["x"]).await.json();
    assert_eq!(registry["data"]["statusList"][0]["platformIDs"], json!([2]));
    assert!(server.world().recover_gateway("gw-2"));
    assert_eq!(conn_ids(&online(&server, &["x"]).await[0]), [conn_id.as_str()]);
}

#[tokio::test]
async fn the_registry_follows_within_two_seconds_and_keeps_a_dead_gateways_users_for_minutes() {
    let (server, hand) = named("calm").await;
    let listed = async |user: &str| {
        let heard = ids(&server, STATUS, &[user]).await.json();
        heard["data"]["statusList"][0]["platformIDs"].clone()
    };
    server.world().connect_to("gw-2", "x", Platform(5)).unwrap();
    assert_eq!(listed("x").await, Value::Null, "not yet");
    hand.advance(Duration::from_secs(2));
    assert_eq!(listed("x").await, json!([5]));
    server.world().disconnect("x", None);
    assert_eq!(
        (online(&server, &["x"]).await[0]["status"].clone(), listed("x").await),
        (json!(0), json!([5]))
    );
    hand.advance(Duration::from_secs(2));
    assert_eq!(listed("x").await, Value::Null);
    server.world().connect_to("gw-2", "x", Platform(5)).unwrap();
    hand.advance(Duration::from_secs(2));
    server.world().kill_gateway("gw-2");
    assert_eq!(online(&server, &["x"]).await[0]["status"], 0);
    hand.advance(Duration::from_secs(599));
    assert_eq!(listed("x").await, json!([5]));
    hand.advance(Duration::from_secs(1_300));
    assert_eq!(listed("x").await, Value::Null);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_night_whenever_it_is_asked() {
    let night = || Scenario::named("night").unwrap();
    let users: Vec<_> = night().watch_list().into_iter().map(|entry| entry.id).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    let (often, often_hand) = start(night()).await;
    let (once, once_hand) = start(night()).await;
    let (other, other_hand) = start(night().with_seed(8)).await;
    for _ in 0..45 {
        often_hand.advance(Duration::from_secs(1));
        ids(&often, "/msg/get_server_time", &[]).await;
    }
    for hand in [&once_hand, &other_hand] {
        hand.advance(Duration::from_secs(45));
    }
    let text = ids(&often, ONLINE, &users).await.text();
    assert_eq!(text, ids(&once, ONLINE, &users).await.text());
    assert_ne!(text, ids(&other, ONLINE, &users).await.text());
}

#[tokio::test]
async fn the_night_shows_what_it_promises() {
    let (server, hand) = named("night").await;
    let scenario = Scenario::named("night").unwrap();
    let rows = scenario.watch_list();
    let first: Vec<&str> = rows[..100].iter().map(|row| row.id.as_str()).collect();
    let second: Vec<&str> = rows[100..200].iter().map(|row| row.id.as_str()).collect();
    let third: Vec<&str> = rows[200..].iter().map(|row| row.id.as_str()).collect();
    assert_eq!((rows[0].id.as_str(), rows[0].label.as_deref()), ("2890713225", Some("王小明")));

    let answer = online(&server, &first).await;
    let by_id = |answer: &[Value], id: &str| answer.iter().find(|entry| entry["userID"] == id).cloned();
    let page: Value = serde_json::from_str(&fixture("seed_page.json")).unwrap();
    assert_eq!(answer[0], page["data"][0], "the page's sample user");
    assert_eq!(by_id(&answer, "bot_billing"), None, "missing");
    assert_eq!(by_id(&answer, "duty_phone").unwrap()["detailPlatformStatus"][0]["isBackground"], true);
    assert_eq!(by_id(&answer, "agent_011").unwrap()["status"], 0);
    assert_eq!(ids(&server, ONLINE, &second).await.json()["errCode"], 0);
    assert_eq!(ids(&server, ONLINE, &third).await.json()["errCode"], 0);

    hand.advance(Duration::from_secs(7));
    let before = by_id(&online(&server, &first).await, "u_119").unwrap();
    hand.advance(Duration::from_secs(8));
    assert_eq!(ids(&server, ONLINE, &second).await.json()["errCode"], 500, "from 12 to 18 s");
    let after = by_id(&online(&server, &first).await, "u_119").unwrap();
    assert_ne!(conn_ids(&before), conn_ids(&after), "reconnected");
    assert_eq!(before["detailPlatformStatus"][0]["token"], after["detailPlatformStatus"][0]["token"]);

    hand.advance(Duration::from_secs(13));
    let hung = tokio::time::timeout(Duration::from_millis(80), ids(&server, ONLINE, &third)).await;
    assert!(hung.is_err(), "the third batch times out at 28 s");
    hand.advance(Duration::from_secs(20));
    let before = online(&server, &first).await;
    hand.advance(Duration::from_secs(3));
    let waits = tokio::time::timeout(Duration::from_millis(80), ids(&server, ONLINE, &first)).await;
    assert!(waits.is_err(), "the gateway hangs at 51 s");
    hand.advance(Duration::from_secs(9));
    let during = online(&server, &first).await;
    assert_eq!(by_id(&during, "bot_alarm").unwrap()["status"], 0);
    hand.advance(Duration::from_secs(20));
    let after = online(&server, &first).await;
    assert_eq!(by_id(&before, "bot_alarm"), by_id(&after, "bot_alarm"), "the same connID");

    hand.advance(Duration::from_secs(16));
    let dead = online(&server, &first).await;
    assert_eq!(by_id(&dead, "kiosk_lobby").unwrap()["status"], 0);
    let count = |answer: &[Value]| answer.iter().filter(|entry| entry["status"] == 1).count();
    hand.advance(Duration::from_secs(40));
    assert!(count(&online(&server, &first).await) > count(&dead), "some come back");
}
