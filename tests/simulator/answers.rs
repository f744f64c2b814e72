//! Answers and refusals beside those of a real server, for each release.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use imtop::simulator::{Clock, Release, Scenario, Simulator};
use serde_json::{Value, json};

use crate::wire::{self, ask, fixture, scenario_of};
use crate::{ONLINE, START, STATUS, TOKENS, ids, named, online, post, start};

#[tokio::test]
async fn bodies_are_byte_for_byte_those_of_a_real_server() {
    for name in ["online", "seed_page", "shared_token", "many_platforms", "admin_online"] {
        let real = fixture(&format!("{name}.json"));
        let (scenario, users) = scenario_of(&real);
        let (server, _) = start(scenario).await;
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        let heard = ids(&server, ONLINE, &users).await;
        assert_eq!(heard.text(), real, "{name}");
        assert_eq!(heard.header("content-type"), Some("application/json"));
    }
    let (server, _) = named("calm").await;
    for body in ["{\"userIDs\":[]}", "{\"userIDs\":null}", "{}"] {
        assert_eq!(post(&server, ONLINE, body).await.text(), fixture("empty_list.json"), "{body}");
    }
}

#[tokio::test]
async fn two_gateways_answer_three_questions_as_the_real_ones_did() {
    let (scenario, _) = wire::two_gateways();
    let (server, _) = start(scenario).await;
    let users = ["user_030", "user_031", "user_032", "user_033"];
    assert_eq!(ids(&server, ONLINE, &users).await.text(), fixture("two_gateways_online.json"));
    assert_eq!(ids(&server, TOKENS, &users).await.text(), fixture("two_gateways_token_detail.json"));
    assert_eq!(ids(&server, STATUS, &users).await.text(), fixture("two_gateways_users_status.json"));
    assert!(server.world().kill_gateway("b") > 0);
    assert_eq!(ids(&server, ONLINE, &users).await.text(), fixture("gateway_killed_online.json"));
    let registry = ids(&server, STATUS, &users).await.json();
    assert_eq!(registry["data"]["statusList"][2]["platformIDs"], json!([5]), "the registry says online");
}

#[tokio::test]
async fn every_refusal_is_that_of_a_real_server() {
    let (server, hand) = named("faults").await;
    let admin = server.admin_token();
    let user = server.user_token("agent_001");
    let body = "{\"userIDs\":[\"agent_001\"]}";
    let with = async |headers: &[(&str, &str)], path: &str, body: &str| {
        ask(&server, "POST", path, headers, body).await.unwrap().text()
    };
    let op = ("operationID", "op");
    assert_eq!(with(&[("token", &admin)], ONLINE, body).await, fixture("error_no_operation_id.json"));
    assert_eq!(with(&[op], ONLINE, body).await, fixture("error_no_token.json"));
    assert_eq!(with(&[op], "/auth/user_token", body).await, fixture("error_old_user_token_route.json"));
    assert_eq!(with(&[op, ("token", "garbage")], ONLINE, body).await, fixture("error_garbage_token.json"));
    assert_eq!(with(&[op, ("token", &user)], ONLINE, body).await, fixture("error_user_token.json"));
    assert_eq!(with(&[op, ("token", &user)], ONLINE, "{}").await, fixture("empty_list.json"));
    let forged = format!("{}.AAAA", admin.rsplit_once('.').unwrap().0);
    assert_eq!(with(&[op, ("token", &forged)], ONLINE, body).await, fixture("error_wrong_secret.json"));
    // The claims of another server's token, not expired: unknown here.
    let stranger = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJVc2VySUQiOiJpbUFkbWluIiwiUGxhdGZvcm1JRCI6MTAsImV4cCI6MTgwMzE4OTEyNywiaWF0IjoxNzk1NDEzMTIyfQ.HWxq845Td5__3ipBGHL3D3Ebsnytc7vhVOKThJl0PCk";
    assert_eq!(
        with(&[op, ("token", stranger)], ONLINE, body).await,
        fixture("error_forged_default_secret.json")
    );
    let none = "eyJhbGciOiJub25lIn0.eyJVc2VySUQiOiJpbUFkbWluIn0.";
    assert_eq!(with(&[op, ("token", none)], ONLINE, body).await, fixture("error_alg_none.json"));
    let login = "/auth/get_admin_token";
    let wrong = "{\"secret\":\"x\",\"userID\":\"imAdmin\"}";
    assert_eq!(with(&[op], login, wrong).await, fixture("error_wrong_admin_secret.json"));
    let nobody = "{\"secret\":\"openIM123\",\"userID\":\"user_001\"}";
    assert_eq!(with(&[op], login, nobody).await, fixture("error_not_admin_id.json"));
    hand.advance(Duration::from_hours(91 * 24));
    assert_eq!(with(&[op, ("token", &admin)], ONLINE, body).await, fixture("error_expired_admin.json"));
}

#[tokio::test]
async fn a_wrong_path_a_slash_and_a_wrong_body_are_answered_as_gin_does() {
    let (server, _) = named("calm").await;
    let heard = post(&server, "/user/nowhere", "{}").await;
    assert_eq!((heard.status, heard.text()), (404, fixture("error_not_found_path.txt")));
    assert_eq!(heard.header("content-type"), Some("text/plain"));
    let token = server.admin_token();
    let headers = [("operationID", "op"), ("token", token.as_str()), ("Accept-Encoding", "gzip")];
    let heard = ask(&server, "POST", "/user/nowhere", &headers, "{}").await.unwrap();
    assert_eq!(heard.header("content-encoding"), Some("gzip"));
    assert_eq!(heard.text(), "", "an empty stream");
    let heard = ask(&server, "POST", &format!("{ONLINE}/"), &[], "{}").await.unwrap();
    assert_eq!((heard.status, heard.header("location")), (307, Some(ONLINE)));
    assert_eq!(ask(&server, "GET", ONLINE, &[], "").await.unwrap().status, 404);
    let heard = post(&server, ONLINE, "{\"userIDs\":[\"a").await;
    assert_eq!(heard.status, 400);
    assert_eq!(
        heard.text(),
        "{\"errCode\":500,\"errMsg\":\"ServerInternalError\",\"errDlt\":\"unexpected EOF\"}"
    );
    assert_eq!(post(&server, ONLINE, "").await.json()["errDlt"], "EOF");
    assert_eq!(post(&server, STATUS, "{}").await.json()["errDlt"], "UserIDs is empty");
}

#[tokio::test]
async fn order_and_repetition_are_those_of_the_request() {
    let (server, _) = named("faults").await;
    let entries = online(&server, &["away", "steady", "", "away", "nobody<&>"]).await;
    let users: Vec<_> = entries.iter().map(|entry| entry["userID"].as_str().unwrap()).collect();
    assert_eq!(users, ["away", "steady", "", "away", "nobody<&>"]);
    assert_eq!(entries[0], entries[3]);
    assert_eq!(entries[2]["status"], 0);
    assert!(ids(&server, ONLINE, &["nobody<&>"]).await.text().contains("nobody\\u003c\\u0026\\u003e"));
}

#[tokio::test]
async fn the_other_questions_are_answered_too() {
    let (server, _) = named("faults").await;
    let info = ids(&server, "/user/get_users_info", &["steady", "typo", "nobody", "imAdmin"]).await.json();
    let infos = info["data"]["usersInfo"].as_array().unwrap();
    assert_eq!(infos.len(), 2, "unknown users are left out");
    assert_eq!(infos[0]["nickname"], "Always there");
    let keys = |text: &str| -> Vec<String> {
        text.split('"')
            .skip(1)
            .step_by(2)
            .filter(|part| part.chars().all(char::is_alphabetic))
            .map(str::to_owned)
            .collect()
    };
    let real: Value = serde_json::from_str(&fixture("get_users.json")).unwrap();
    let real_user = &real["data"]["users"][0];
    assert_eq!(
        infos[0].as_object().unwrap().keys().collect::<Vec<_>>(),
        real_user.as_object().unwrap().keys().collect::<Vec<_>>()
    );
    let text = ids(&server, "/user/get_users_info", &["away"]).await.text();
    assert!(keys(&text).windows(2).any(|pair| pair == ["userID", "away"]), "{text}");
    let nobody = ids(&server, "/user/get_users_info", &["nobody"]).await;
    assert_eq!(nobody.json()["data"], json!({ "usersInfo": null }));
    let check = post(&server, "/user/account_check", "{\"checkUserIDs\":[\"steady\",\"typo\"]}").await.text();
    let expected =
        "\"results\":[{\"userID\":\"steady\",\"accountStatus\":1},{\"userID\":\"typo\",\"accountStatus\":0}]";
    assert!(check.contains(expected), "{check}");
    let twice = post(&server, "/user/account_check", "{\"checkUserIDs\":[\"a\",\"a\"]}").await.json();
    assert_eq!((&twice["errCode"], &twice["errDlt"]), (&json!(1001), &json!("userID repeated")));
    let time = post(&server, "/msg/get_server_time", "{}").await.json();
    assert_eq!(time["data"]["serverTime"], START);
    assert_eq!(ids(&server, TOKENS, &["away"]).await.text(), fixture("empty_list.json"));
}

#[tokio::test]
async fn each_release_has_its_shape_and_its_rules() {
    let faults = Scenario::named("faults").unwrap();
    let (server, _) = start(faults.clone().with_release(Release::V3_8_0)).await;
    let entry = &online(&server, &["steady", "away"]).await;
    assert_eq!(entry[0]["status"], "online");
    assert_eq!(entry[0]["detailPlatformStatus"][0]["platform"], "Android");
    assert_eq!(entry[0]["detailPlatformStatus"][0]["status"], "online");
    assert_eq!(entry[1]["status"], "offline");
    let op = [("operationID", "op")];
    let login = "{\"secret\":\"openIM123\",\"userID\":\"imAdmin\",\"platformID\":1}";
    let new = ask(&server, "POST", "/auth/get_admin_token", &op, login).await.unwrap().json();
    assert_eq!(new["errDlt"], "header must have token");
    let old = ask(&server, "POST", "/auth/user_token", &op, login).await.unwrap().json();
    assert_eq!(old["data"]["expireTimeSeconds"], 7_776_000);

    let (server, _) = start(faults.clone().with_release(Release::V3_0_0)).await;
    let user = server.user_token("away");
    let headers = [("operationID", "op"), ("token", user.as_str())];
    let heard = ask(&server, "POST", ONLINE, &headers, "{\"userIDs\":[\"steady\"]}").await.unwrap();
    assert_eq!(heard.json()["data"][0]["status"], "online", "no check for an admin");
    let heard = ask(&server, "POST", ONLINE, &op, "{}").await.unwrap().json();
    assert_eq!(heard["errDlt"], "header must have token: 1001 ArgsError");

    let (server, hand) = start(faults.with_release(Release::V3_8_3)).await;
    hand.advance(Duration::from_hours(91 * 24));
    let expired = ids(&server, ONLINE, &["steady"]).await.json();
    assert_eq!(expired["errCode"], 1501);
    assert!(expired["errDlt"].as_str().unwrap().ends_with(&server.admin_token()), "this line leaks it");
}

#[tokio::test]
async fn a_login_on_main_ends_the_older_token_after_five_minutes() {
    let (server, hand) = named("calm").await;
    let login = "{\"secret\":\"openIM123\",\"userID\":\"imAdmin\"}";
    let heard = ask(&server, "POST", "/auth/get_admin_token", &[("operationID", "op")], login).await.unwrap();
    let new = heard.json()["data"]["token"].as_str().unwrap().to_owned();
    let headers = [("operationID", "op"), ("token", new.as_str())];
    hand.advance(Duration::from_secs(297));
    assert_eq!(ids(&server, ONLINE, &["x"]).await.json()["errCode"], 0);
    hand.advance(Duration::from_secs(5));
    assert_eq!(ids(&server, ONLINE, &["x"]).await.json()["errCode"], 1507);
    let heard = ask(&server, "POST", ONLINE, &headers, "{\"userIDs\":[\"x\"]}").await.unwrap();
    assert_eq!(heard.json()["errCode"], 0);
}

#[tokio::test]
async fn gzip_gives_the_same_answer_in_the_same_bytes() {
    let (server, hand) = named("faults").await;
    let token = server.admin_token();
    let headers = [("operationID", "op"), ("token", token.as_str()), ("Accept-Encoding", "gzip")];
    let body = "{\"userIDs\":[\"steady\",\"away\"]}";
    let first = ask(&server, "POST", ONLINE, &headers, body).await.unwrap();
    assert_eq!(first.header("content-encoding"), Some("gzip"));
    assert_eq!(first.header("date"), Some("Mon, 23 Nov 2026 05:53:20 GMT"));
    hand.advance(Duration::from_secs(1));
    let second = ask(&server, "POST", ONLINE, &headers, body).await.unwrap();
    assert_eq!(first.raw, second.raw);
    assert_eq!(second.header("date"), Some("Mon, 23 Nov 2026 05:53:21 GMT"));
    assert_eq!(first.text(), ids(&server, ONLINE, &["steady", "away"]).await.text());
}

#[tokio::test]
async fn what_was_asked_is_known() {
    let (server, _) = named("calm").await;
    ids(&server, ONLINE, &["a"]).await;
    ids(&server, ONLINE, &["a"]).await;
    post(&server, "/user/nowhere", "{}").await;
    let paths: Vec<_> = server.asked_paths().into_iter().collect();
    assert_eq!(paths, [(ONLINE.to_owned(), 2), ("/user/nowhere".to_owned(), 1)]);
    assert_eq!(server.requests(), 3);
    assert_eq!(server.operation_ids(), ["op", "op", "op"]);
}

#[tokio::test]
async fn only_loopback_is_listened_on_unless_allowed() {
    let calm = || Scenario::named("calm").unwrap().with_users(1);
    let (clock, _) = Clock::by_hand(START);
    let anywhere: SocketAddr = (Ipv4Addr::UNSPECIFIED, 0).into();
    let error = Simulator::start(calm(), anywhere, clock.clone()).await.unwrap_err();
    assert!(error.to_string().starts_with("will not listen on 0.0.0.0:0: "), "{error}");
    let server = Simulator::new(calm(), clock.clone()).allow_remote(true).listen(anywhere).await.unwrap();
    let taken = (Ipv4Addr::LOCALHOST, server.address().port()).into();
    let error = Simulator::start(calm(), taken, clock).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("can't listen on {taken}: ")), "{error}");
}

#[tokio::test]
async fn dropping_the_server_closes_its_sockets() {
    let (server, _) = named("calm").await;
    let address = server.address();
    let mut idle = tokio::net::TcpStream::connect(address).await.unwrap();
    ids(&server, ONLINE, &["a"]).await;
    drop(server);
    let mut byte = [0];
    let read = tokio::io::AsyncReadExt::read(&mut idle, &mut byte);
    let end = tokio::time::timeout(Duration::from_secs(5), read).await.unwrap();
    assert!(matches!(end, Ok(0) | Err(_)));
}

#[tokio::test]
async fn all_users_come_in_pages_of_any_size() {
    const ALL: &str = "/user/get_all_users_uid";
    let calm = || Scenario::named("calm").unwrap().with_users(5);
    let (server, _) = start(calm()).await;
    let page = async |number: i64, size: i64| {
        let body = json!({ "pagination": { "pageNumber": number, "showNumber": size } }).to_string();
        post(&server, ALL, &body).await.json()
    };
    let first = page(1, 4).await;
    assert_eq!((&first["data"]["total"], &first["data"]["userIDs"][0]), (&json!(6), &json!("imAdmin")));
    assert_eq!(first["data"]["userIDs"].as_array().unwrap().len(), 4);
    assert_eq!(page(2, 4).await["data"]["userIDs"].as_array().unwrap().len(), 2);
    for (number, size) in [(3, 4), (1, 0), (1, -1), (i64::from(i32::MAX), i64::from(i32::MAX))] {
        assert_eq!(
            page(number, size).await["data"],
            json!({ "total": 6, "userIDs": null }),
            "{number}, {size}"
        );
    }
    for number in [0, -1, i64::from(i32::MIN)] {
        assert_eq!(page(number, 4).await["errCode"], 1001, "{number}");
    }
    assert_eq!(post(&server, ALL, "{}").await.json()["errCode"], 1001);
    assert_eq!(post(&server, ALL, "{").await.json()["errMsg"], "unexpected EOF");
}

#[tokio::test]
async fn a_group_names_its_members_to_admins_and_members() {
    const GROUP: &str = "/group/get_group_member_user_id";
    let text = "name = \"g\"\nabout = \"g\"\nusers = 2\n[[user]]\nid = \"in\"\ngroup = \"g1\"\n[[user]]\nid = \"out\"\n";
    let (server, _) = start(Scenario::parse(text, "g.toml").unwrap()).await;
    let asked = async |token: &str, body: &str| {
        let headers = [("operationID", "op"), ("token", token)];
        ask(&server, "POST", GROUP, &headers, body).await.unwrap().json()
    };
    let (admin, inside, outside) = (server.admin_token(), server.user_token("in"), server.user_token("out"));
    for token in [&admin, &inside] {
        assert_eq!(asked(token, "{\"groupID\":\"g1\"}").await["data"], json!({ "userIDs": ["in"] }));
    }
    assert_eq!(asked(&outside, "{\"groupID\":\"g1\"}").await["errCode"], 1002);
    for body in ["{\"groupID\":\"g2\"}", "{}"] {
        assert_eq!(asked(&admin, body).await["data"], json!({ "userIDs": null }), "{body}");
    }
    assert_eq!(asked("", "{}").await["errDlt"], "header must have token");
}
