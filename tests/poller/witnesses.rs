//! The witnesses beside the sockets, through a real client: what is asked, what is read, and what is
//! never done.

use std::time::Duration;

use crate::common::leak::Leaks;
use crate::common::server::{Server, Turn, gzip, gzipped, http, json, nobody, was_contacted};
use crate::common::{ADMIN_TOKEN, fixture, options, watch};
use imtop::openim::{Asked, Client, DeltaDecoder, GatewayAddress, GatewayRule};
use imtop::presence::{
    Answer, FetchError, LifeSign, Observation, Platform, Question, Retry, UserIx, WatchList,
};

const WITNESSES: [Question; 3] = [Question::UsersStatus, Question::TokenDetail, Question::AccountCheck];

fn client(server: &Server) -> Client {
    Client::new(options(&server.url())).expect("a client")
}

async fn inquire(client: &Client, question: Question, list: &WatchList, users: &[u32]) -> Observation {
    let users: Vec<UserIx> = users.iter().copied().map(UserIx).collect();
    client.ask(list, &Asked::witness(question, users), &mut DeltaDecoder::default()).await
}

fn platforms(ids: &[i32]) -> Box<[Platform]> {
    ids.iter().copied().map(Platform).collect()
}

#[tokio::test]
async fn the_bodies_of_a_real_server_are_read_right() {
    let list = watch(&["x", "user_030", "user_031", "user_032", "y", "user_033"]);
    let about = [1, 2, 3, 5];
    let server = Server::start([
        json(fixture("two_gateways_users_status.json")),
        gzipped(fixture("gateway_killed_users_status.json")),
        json(fixture("two_gateways_token_detail.json")),
    ])
    .await;
    let client = client(&server);
    let both = inquire(&client, Question::UsersStatus, &list, &about).await;
    let said = |user, ids: &[i32]| (UserIx(user), platforms(ids));
    let all = vec![said(1, &[2, 3]), said(2, &[1]), said(3, &[5]), said(5, &[])];
    assert_eq!(both.answer, Ok(Answer::Registry(all)));
    assert!(
        both.oddities == imtop::presence::Oddities::default()
            && both.wire_bytes > 0
            && !both.operation_id.0.is_empty()
    );
    let one = inquire(&client, Question::UsersStatus, &list, &about).await.answer;
    assert_eq!(one, Ok(Answer::Registry(vec![said(1, &[3]), said(2, &[]), said(3, &[5]), said(5, &[])])));
    let tokens = inquire(&client, Question::TokenDetail, &list, &about).await;
    let listed = |user, ids: &[i32]| (UserIx(user), ids.iter().map(|id| (Platform(*id), 1)).collect());
    let listing = vec![listed(1, &[2, 3]), listed(2, &[1]), listed(3, &[5])];
    assert_eq!(tokens.answer, Ok(Answer::Tokens(listing)));
    let secrets = ["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "uJOfOcnAI4FtNZIa-Y3ElsySfl9vlUERknPuf379UZU"];
    assert_eq!(Leaks::of(secrets).find(&format!("{tokens:?}")), None);

    let requests = server.requests();
    assert_eq!(requests[0].line, "POST /user/get_users_status HTTP/1.1");
    assert_eq!(requests[0].body, r#"{"userIDs":["user_030","user_031","user_032","user_033"]}"#);
    assert_eq!(requests[2].line, "POST /user/get_users_online_token_detail HTTP/1.1");
    for request in &requests {
        assert_eq!(request.header("token"), Some(ADMIN_TOKEN));
        assert_eq!(request.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn accounts_are_asked_for_by_the_name_that_the_server_gives_them() {
    let list = watch(&["a", "b\"c"]);
    let body = r#"{"errCode":0,"data":{"results":[{"userID":"a","accountStatus":1},{"userID":"b\"c","accountStatus":0}]}}"#;
    let server = Server::start([json(body)]).await;
    let said = inquire(&client(&server), Question::AccountCheck, &list, &[0, 1]).await;
    assert_eq!(said.answer, Ok(Answer::Unregistered(vec![UserIx(1)])));
    let request = &server.requests()[0];
    assert_eq!(request.line, "POST /user/account_check HTTP/1.1");
    assert_eq!(request.body, r#"{"checkUserIDs":["a","b\"c"]}"#);
}

#[tokio::test]
async fn every_witness_takes_a_hostile_answer_for_a_failure_and_goes_on() {
    let good = [
        r#"{"errCode":0,"data":{"statusList":[{"userID":"u","status":0,"platformIDs":null}]}}"#,
        r#"{"errCode":0,"data":null}"#,
        r#"{"errCode":0,"data":{"results":[{"userID":"u","accountStatus":1}]}}"#,
    ];
    let bomb = gzip(vec![b' '; 1 << 20]);
    let list = watch(&["u"]);
    for (question, good) in WITNESSES.into_iter().zip(good) {
        for (turn, mends) in [
            (json("<html>"), Retry::ByItself),
            (json(r#"{"errCode":0,"data":7}"#), Retry::ByItself),
            (json(r#"{"errCode":0,"data":{"statusList":{},"results":{}}}"#), Retry::ByItself),
            (Turn::Write(http("200 OK", "Content-Encoding: gzip\r\n", &bomb)), Retry::ByItself),
            (json(vec![b'['; 100_000]), Retry::ByItself),
            (Turn::Reset, Retry::ByItself),
            (Turn::Write(http("302 Found", "Location: http://127.0.0.1:1/\r\n", "")), Retry::WhenChanged),
            (Turn::Write(http("404 Not Found", "", "404 page not found")), Retry::WhenChanged),
            (Turn::Write(http("429 Too Many Requests", "Retry-After: 1\r\n", "")), Retry::AfterWaiting),
            (json(r#"{"errCode":1002,"errMsg":"NoPermissionError"}"#), Retry::WhenChanged),
        ] {
            let shown = format!("{turn:?}").chars().take(120).collect::<String>();
            let server = Server::start([turn, json(good)]).await;
            let mut options = options(&server.url());
            options.body_limit = 64 << 10;
            let client = Client::new(options).expect("a client");
            let bad = inquire(&client, question, &list, &[0]).await.answer;
            let error = bad.expect_err(&shown);
            assert_eq!(error.mends(), mends, "{question:?} {shown}: {error}");
            let lacks = matches!(error, FetchError::Http { status: 404 } | FetchError::Denied { .. });
            assert_eq!(error.refuses_question(), lacks, "{error:?}");
            assert!(
                inquire(&client, question, &list, &[0]).await.answer.is_ok(),
                "{question:?} after {shown}"
            );
        }
    }
}

/// A gateway that answers, and its address.
async fn gateway(turn: Turn) -> (Server, String) {
    let server = Server::start([turn]).await;
    let address = server.address.to_string();
    (server, address)
}

fn discovery(targets: &[&str]) -> Turn {
    json(serde_json::json!([{ "targets": targets, "labels": { "namespace": "default" } }]).to_string())
}

async fn signs(client: &Client) -> Vec<(String, LifeSign)> {
    match inquire(client, Question::Gateways, &watch(&["u"]), &[]).await.answer {
        Ok(Answer::Gateways(signs)) => signs.into_iter().map(|it| (it.address.into(), it.sign)).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_gateway_gives_its_sign_of_life_and_one_that_vanishes_from_the_list_is_asked_all_the_same() {
    let (alive, alive_at) = gateway(Turn::Close(http("200 OK", "", "online_user_num 5\n"))).await;
    let (_hung, hung_at) = gateway(Turn::Stall(Vec::new())).await;
    let (elsewhere, elsewhere_at) = gateway(json("")).await;
    let redirect = http("301 Moved", &format!("Location: http://{elsewhere_at}/\r\n"), "");
    let (_unclear, unclear_at) = gateway(Turn::Close(redirect)).await;
    let dead_at = nobody().await.to_string();
    let server =
        Server::start([discovery(&[&alive_at, &hung_at, &unclear_at, &dead_at]), discovery(&[])]).await;
    let client = client(&server).asking_gateways(GatewayRule::All, Vec::new());
    let mut expected = vec![
        (alive_at, LifeSign::Alive),
        (hung_at, LifeSign::Hung),
        (unclear_at, LifeSign::Unclear),
        (dead_at, LifeSign::Refused),
    ];
    expected.sort();
    for _ in 0..2 {
        let mut signs = signs(&client).await;
        signs.sort();
        assert_eq!(signs, expected);
    }
    assert_eq!(elsewhere.requests().len(), 0, "no redirect is followed");
    let asked = &alive.requests()[0];
    assert_eq!(asked.line, "GET /metrics HTTP/1.1");
    assert_eq!(asked.header("token"), None);
    let discovered = &server.requests()[0];
    assert_eq!(discovered.line, "GET /prometheus_discovery/msg_gateway HTTP/1.1");
    assert_eq!(discovered.header("token"), None);
    assert!(discovered.header("operationid").is_some());
}

#[tokio::test]
async fn nobody_outside_the_rule_is_ever_connected_to() {
    let target = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = target.local_addr().expect("an address").to_string();
    let mapped = format!("[::ffff:127.0.0.1]:{}", target.local_addr().expect("an address").port());
    let server = Server::start([discovery(&[&address, &mapped, "localhost:1"])]).await;
    let near = |networks: &[&str]| {
        GatewayRule::Near(networks.iter().map(|network| network.parse().expect("a network")).collect())
    };
    // The API is on this machine: whatever networks are named, this is the end of a tunnel.
    for rule in [near(&[]), near(&["10.0.0.0/8"]), near(&["127.0.0.0/8"])] {
        let client = client(&server).asking_gateways(rule.clone(), Vec::new());
        assert_eq!(signs(&client).await, [], "{rule:?}");
    }
    let off = inquire(&client(&server), Question::Gateways, &watch(&["u"]), &[]).await;
    assert!(off.answer.expect_err("not asked").refuses_question());
    assert_eq!(server.requests().len(), 3, "who asks no gateways asks nobody where they are");
    assert!(!was_contacted(&target));
}

#[tokio::test]
async fn a_server_without_discovery_refuses_and_one_with_too_many_gateways_is_asked_for_some() {
    let server = Server::start([
        Turn::Write(http("404 Not Found", "", "404 page not found")),
        json(r#"{"errCode":1001,"errMsg":"ArgsError","errDlt":"header must have token"}"#),
        json("[]"),
    ])
    .await;
    let client = client(&server).asking_gateways(GatewayRule::All, Vec::new());
    for _ in 0..2 {
        let refused = inquire(&client, Question::Gateways, &watch(&["u"]), &[]).await.answer;
        assert!(refused.expect_err("a refusal").refuses_question());
    }
    assert_eq!(signs(&client).await, [], "standalone");
    let many: Vec<String> = (1..1_000).map(|port| format!("127.0.0.1:{port}")).collect();
    let many = Server::start([discovery(&many.iter().map(String::as_str).collect::<Vec<_>>())]).await;
    let client =
        Client::new(options(&many.url())).expect("a client").asking_gateways(GatewayRule::All, Vec::new());
    let signs = tokio::time::timeout(Duration::from_secs(8), signs(&client)).await;
    assert_eq!(signs.expect("not one after the other").len(), 64);
}

#[tokio::test]
async fn gateways_that_somebody_names_are_asked_whatever_the_server_lists() {
    let (_first, first_at) = gateway(Turn::Close(http("200 OK", "", "online_user_num 5\n"))).await;
    let (_second, second_at) = gateway(Turn::Close(http("200 OK", "", "online_user_num 7\n"))).await;
    let port = second_at.split(':').next_back().expect("a port").to_owned();
    let given = || -> Vec<GatewayAddress> {
        // A name may have several addresses; this one has none that answers but the second.
        [format!("http://{first_at}/metrics"), format!("localhost:{port}")]
            .iter()
            .map(|text| text.parse().expect("an address"))
            .collect()
    };
    let not_found = || Turn::Write(http("404 Not Found", "", "404 page not found"));
    for (rule, turn) in [
        (GatewayRule::Off, not_found()),
        (GatewayRule::Near(Vec::new()), discovery(&[])),
        (GatewayRule::All, not_found()),
    ] {
        let server = Server::start([turn]).await;
        let client = client(&server).asking_gateways(rule.clone(), given());
        let answer = inquire(&client, Question::Gateways, &watch(&["u"]), &[]).await.answer;
        let Ok(Answer::Gateways(signs)) = answer else { panic!("{answer:?}") };
        let alive: Vec<_> =
            signs.iter().filter(|it| it.sign == LifeSign::Alive).map(|it| (&*it.address, it.users)).collect();
        let mut expected = vec![(first_at.as_str(), Some(5)), (second_at.as_str(), Some(7))];
        expected.sort_unstable();
        assert_eq!(alive, expected, "{rule:?}");
    }
    for wrong in [
        "https://10.0.0.7:1",
        "http://me:secret@10.0.0.7:1",
        "http://10.0.0.7:1/x",
        "10.0.0.7:0",
        "http://10.0.0.7",
        "gateway",
        "",
    ] {
        let error = wrong.parse::<GatewayAddress>().expect_err(wrong).to_string();
        assert!(
            error.starts_with("a gateway's metrics are at an address such as http://")
                && !error.contains("secret")
        );
    }
}
