//! The rule, the memory, and signs of life of real sockets.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn near(networks: &[&str]) -> GatewayRule {
    GatewayRule::Near(networks.iter().map(|text| text.parse().unwrap()).collect())
}

#[test]
fn only_neighbours_of_the_api_and_networks_that_were_named_are_asked() {
    let api = [ip("10.1.2.3"), ip("2001:db8::1")];
    let rule = near(&["172.16.0.0/12"]);
    for target in ["10.1.2.250", "::ffff:10.1.2.250", "2001:db8::ff:1", "172.20.1.1"] {
        assert!(rule.allows(ip(target), &api), "{target}");
    }
    for target in ["10.1.3.1", "127.0.0.1", "::1", "169.254.169.254", "2001:db8:0:1::1", "0.0.0.0", "8.8.8.8"]
    {
        assert!(!rule.allows(ip(target), &api), "{target}");
    }
    assert!(!near(&[]).allows(ip("10.1.2.250"), &[]), "of an API whose address is not known");
    assert!(!GatewayRule::Off.allows(ip("10.1.2.250"), &api));
}

#[test]
fn an_api_on_this_machine_is_the_end_of_a_tunnel_and_its_gateways_are_not_asked() {
    for api in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        for target in ["127.0.0.1", "127.0.0.9", "::1", "10.1.2.3"] {
            assert!(!near(&["10.0.0.0/8"]).allows(ip(target), &[ip(api)]), "{api} {target}");
        }
    }
    assert!(GatewayRule::All.allows(ip("127.0.0.1"), &[]));
    for target in ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255"] {
        assert!(!GatewayRule::All.allows(ip(target), &[]), "{target} is nobody's address");
    }
}

#[test]
fn a_gateway_that_is_not_listed_any_more_is_asked_for_ten_minutes() {
    let gateways = Gateways::default();
    let began = Instant::now();
    let (a, b) = (SocketAddr::from(([10, 0, 0, 1], 1)), SocketAddr::from(([10, 0, 0, 2], 1)));
    assert_eq!(gateways.with_remembered(&[a, b], began), [a, b]);
    let minutes = |minutes| began + Duration::from_mins(minutes);
    assert_eq!(gateways.with_remembered(&[b], minutes(9)), [a, b]);
    assert_eq!(gateways.with_remembered(&[b], minutes(10)), [b]);
    let many: Vec<_> = (0..200).map(|port| SocketAddr::from(([10, 0, 0, 3], 1_000 + port))).collect();
    let asked = gateways.with_remembered(&many, minutes(11));
    assert_eq!(asked.len(), MOST);
    assert!(!asked.contains(&b), "those of before make room");
}

#[test]
fn targets_are_addresses_and_nothing_is_looked_up() {
    let read = |json: &str| targets(json.as_bytes(), &Redactor::default());
    let json = r#"[{"targets":["10.0.0.1:8080","[::1]:9","10.0.0.1:8080"],"labels":{"a":"b"}},{"targets":null},
        {"targets":["name.example:80","10.0.0.1","10.0.0.2:0",""]},7,{"targets":[null]},{}]"#;
    let (named, oddities) = read(json).unwrap();
    assert_eq!(named, ["10.0.0.1:8080", "[::1]:9"].map(|text| text.parse().unwrap()));
    assert_eq!(oddities, Oddities { foreign: 0, repeated: 1, unreadable: 6 });
    assert_eq!(read("[]").unwrap().0, []);
    assert_eq!(read("null").unwrap().0, []);
    let refused = read(r#"{"errCode":1001,"errMsg":"ArgsError","errDlt":"header must have token"}"#);
    assert!(refused.unwrap_err().refuses_question());
    assert!(matches!(read(r#"{"errCode":0}"#), Err(FetchError::Decode { .. })));
    assert!(matches!(read("<html>"), Err(FetchError::Decode { .. })));
}

/// A gateway that reads the question and then says `answer`, if anything.
fn gateway(answer: Option<Vec<u8>>) -> (SocketAddr, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut question = vec![0; 4_096];
        let count = socket.read(&mut question).unwrap();
        question.truncate(count);
        match answer {
            Some(answer) => {
                // The other end may have heard enough.
                let _ = socket.write_all(&answer);
            }
            None => {
                let _ = socket.read(&mut [0; 16]); // until the other end gives up
            }
        }
        String::from_utf8(question).unwrap()
    });
    (address, thread)
}

async fn sign(answer: Option<&[u8]>) -> (LifeSign, String) {
    let (address, thread) = gateway(answer.map(<[u8]>::to_vec));
    let (sign, _) = sign_of_life(address, Duration::from_millis(300)).await;
    (sign, thread.join().unwrap())
}

#[tokio::test]
async fn a_gateway_is_alive_when_it_says_200_and_hung_when_it_says_nothing() {
    let (alive, question) = sign(Some(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")).await;
    assert_eq!(alive, LifeSign::Alive);
    assert!(question.starts_with("GET /metrics HTTP/1.1\r\n"), "{question}");
    assert!(!question.to_ascii_lowercase().contains("token"), "{question}");
    assert_eq!(sign(None).await.0, LifeSign::Hung);
    for unclear in [
        b"".as_slice(),
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
        b"HTTP/1.1 500 Oh\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1",
    ] {
        assert_eq!(sign(Some(unclear)).await.0, LifeSign::Unclear, "{}", String::from_utf8_lossy(unclear));
    }
}

#[tokio::test]
async fn the_gauge_of_its_users_is_read_where_it_is_a_number() {
    let of = async |metrics: &str| {
        let answer = format!("HTTP/1.1 200 OK\r\n\r\n# TYPE online_user_num gauge\n{metrics}\nother 7\n");
        let (address, thread) = gateway(Some(answer.into_bytes()));
        let sign = sign_of_life(address, PATIENCE).await;
        thread.join().unwrap();
        sign
    };
    assert_eq!(of("online_user_num 41").await, (LifeSign::Alive, Some(41)));
    assert_eq!(of("online_user_num 1.5e+02").await, (LifeSign::Alive, Some(150)));
    for strange in
        ["online_user_num NaN", "online_user_num -1", "online_user_numb 3", "online_user_num 1e300", ""]
    {
        assert_eq!(of(strange).await, (LifeSign::Alive, None), "{strange}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_given_up() {
    let mut flood = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    flood.resize(BODY_LIMIT * 64, b'x');
    let (address, thread) = gateway(Some(flood));
    assert_eq!(sign_of_life(address, PATIENCE).await, (LifeSign::Alive, None));
    thread.join().unwrap();
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_refuses() {
    let address = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.local_addr().unwrap()
    };
    assert_eq!(sign_of_life(address, PATIENCE).await, (LifeSign::Refused, None));
}

#[tokio::test]
async fn an_address_that_a_name_has_lost_is_still_asked_for_a_while() {
    let gateways = Gateways::default();
    gateways.follow(GatewayRule::Off, vec!["127.0.0.1:9".parse().unwrap()]);
    let patience = Duration::from_secs(5);
    let (here, lost, long_lost): (SocketAddr, SocketAddr, SocketAddr) =
        ("127.0.0.1:9".parse().unwrap(), "10.0.0.8:9".parse().unwrap(), "10.0.0.9:9".parse().unwrap());
    {
        let mut known = gateways.0.lock().unwrap();
        let now = Instant::now();
        known.of_given.insert(lost, now);
        known.of_given.extend(now.checked_sub(REMEMBERED).map(|at| (long_lost, at)));
    }
    assert_eq!(gateways.given(patience).await, (vec![lost, here], vec![]));
    gateways.follow(GatewayRule::Off, Vec::new());
    assert_eq!(gateways.given(patience).await, (vec![], vec![]), "nobody gives it any more");
    gateways.follow(GatewayRule::Off, vec!["no-such-host.invalid:9".parse().unwrap()]);
    assert_eq!(gateways.given(patience).await.1, ["no-such-host.invalid:9"]);
}
