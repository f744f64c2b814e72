//! A server that misbehaves in every way we know of: each gives the right words, and the very same
//! client works again once the server does.

use std::time::Duration;

use crate::common::scratch::Scratch;
use crate::common::server::{Server, Turn, gzip, http, json, nobody, was_contacted};
use crate::common::{ask, certificates, changed, fixture, offline_body, options, watch};
use imtop::openim::{Client, DeltaDecoder, Options};
use imtop::presence::{Retry, UserIx, UserStatus};

const LIMIT: u64 = 64 << 10;

/// One way to misbehave, and what has to come of it.
struct Case {
    turn: Turn,
    says: &'static str,
    mends: Retry,
    advice: &'static str,
}

/// Runs a case: the failure, and then a good answer to the same client.
async fn run(case: Case, change: impl FnOnce(&mut Options)) {
    let server = Server::start([case.turn, json(offline_body(&["u"]))]).await;
    let mut options = options(&server.url());
    options.body_limit = LIMIT;
    change(&mut options);
    let client = Client::new(options).expect("a client");
    let (list, mut sieve) = (watch(&["u"]), DeltaDecoder::default());
    let error = ask(&client, &list, &mut sieve).await.answer.expect_err("a failure");
    assert_eq!(error.to_string(), case.says);
    assert_eq!(error.mends(), case.mends, "{error}");
    assert!(error.advice().contains(case.advice), "{error}: {}", error.advice());
    let good = ask(&client, &list, &mut sieve).await;
    assert_eq!(changed(&good), [(UserIx(0), UserStatus::Offline)], "after: {error}");
}

#[tokio::test]
async fn connections_that_break() {
    let answer = http("200 OK", "", offline_body(&["u"]));
    let half = answer[..answer.len() - 20].to_vec();
    for (turn, says) in [
        (Turn::Reset, "cannot reach the server: connection reset"),
        (Turn::Close(half), "cannot reach the server: the connection was closed half-way through the answer"),
        (
            Turn::Close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"err\r\n".to_vec()),
            "cannot reach the server: the connection was closed half-way through the answer",
        ),
        (Turn::Close(Vec::new()), "cannot reach the server: the connection was closed before the answer"),
        (
            Turn::Close(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()),
            "cannot reach the server: the connection was closed before the answer",
        ),
    ] {
        run(Case { turn, says, mends: Retry::ByItself, advice: "--api" }, |_| {}).await;
    }
}

#[tokio::test]
async fn a_refused_connection_mends_when_the_server_is_there() {
    let address = nobody().await;
    let client = Client::new(options(&format!("http://{address}"))).expect("a client");
    let (list, mut sieve) = (watch(&["u"]), DeltaDecoder::default());
    let error = ask(&client, &list, &mut sieve).await.answer.expect_err("nobody is there");
    assert_eq!(error.to_string(), "cannot reach the server: connection refused");
    assert_eq!(error.mends(), Retry::ByItself);
    let _server = Server::start_at(address, [json(offline_body(&["u"]))], Vec::new()).await;
    assert_eq!(changed(&ask(&client, &list, &mut sieve).await), [(UserIx(0), UserStatus::Offline)]);
}

#[tokio::test]
async fn a_host_that_does_not_exist_is_named() {
    let client = Client::new(options("http://no-such-host.invalid:1")).expect("a client");
    let error = ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await.answer.expect_err("no host");
    let says = error.to_string();
    assert!(says.ends_with("for no-such-host.invalid"), "{says}");
    assert_eq!(error.mends(), Retry::ByItself);
}

#[tokio::test]
async fn servers_that_keep_us_waiting() {
    let whole = http("200 OK", "", offline_body(&["u"]));
    for turn in [
        Turn::Stall(Vec::new()),
        Turn::Stall(b"HTTP/1.1 200 OK\r\nX: ".to_vec()),
        Turn::Stall(whole[..whole.len() - 20].to_vec()),
        Turn::Stall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 999\r\n\r\n<html>".to_vec()),
        Turn::Drip(whole),
    ] {
        let case =
            Case { turn, says: "no whole answer within 0.3 s", mends: Retry::ByItself, advice: "--timeout" };
        run(case, |options| options.timeout = Duration::from_millis(300)).await;
    }
}

#[tokio::test]
async fn bodies_without_end_or_measure() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let spaces = vec![b' '; 4096];
    let chunk = [b"1000\r\n".as_slice(), &spaces, b"\r\n"].concat();
    let gzip_header = "Content-Encoding: gzip\r\n";
    let over = vec![b' '; LIMIT as usize + 1];
    for turn in [
        Turn::Endless(chunked.into(), chunk.clone()),
        Turn::Endless("HTTP/1.1 200 OK\r\n\r\n".into(), spaces),
        Turn::Endless(format!("HTTP/1.1 200 OK\r\n{gzip_header}\r\n").into(), vec![0x1f; 4096]),
        Turn::Close(http("200 OK", "", &over)),
        Turn::Close(http("200 OK", gzip_header, gzip(&over))),
        Turn::Close(http("200 OK", gzip_header, gzip(vec![b' '; 8 << 20]))),
    ] {
        run(
            Case { turn, says: "the answer is larger than 1 MiB", mends: Retry::ByItself, advice: "--batch" },
            |_| {},
        )
        .await;
    }
}

#[tokio::test]
async fn a_byte_more_than_64_mib() {
    let over = vec![b' '; (64 << 20) + 1];
    // Gzip may have several members; one of them 64 times is quicker made than one of 64 MiB.
    let packed = [gzip(vec![b' '; 1 << 20]).repeat(64), gzip(" ")].concat();
    for turn in [
        Turn::Close(http("200 OK", "", &over)),
        Turn::Close([b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &over].concat()),
        Turn::Close(http("200 OK", "Content-Encoding: gzip\r\n", packed)),
    ] {
        run(
            Case {
                turn,
                says: "the answer is larger than 64 MiB",
                mends: Retry::ByItself,
                advice: "--batch",
            },
            |options| options.body_limit = Options::BODY_LIMIT,
        )
        .await;
    }
}

#[tokio::test]
async fn answers_that_are_not_openims() {
    for (turn, says) in [
        (json("hello"), "not JSON, line 1 column 1"),
        (json(""), "an empty body"),
        (json("<!doctype html><p>Sign in</p>"), "HTML or XML in place of JSON"),
        (json(r#"{"status":"ok"}"#), "JSON without an errCode"),
        (json(r#"{"errCode":0,"data":{}}"#), "JSON, but not of an OpenIM answer, line 1 column 20"),
        (json(r#"{"errCode":0,"data":[{"userID":"u","#), "the JSON ends too early, line 1 column 35"),
        (json([offline_body(&["u"]).as_bytes(), b"}"].concat()), "not JSON, line 1 column 101"),
        (json(b"{\"errCode\":0,\"data\":\"\xff\"}"), "not UTF-8 from byte 22"),
        (Turn::Close(http("200 OK", "Content-Encoding: gzip\r\n", "plain")), "the gzip body is broken"),
        (
            Turn::Close(http("200 OK", "Content-Encoding: br\r\n", "x")),
            "packed in a way that we did not ask for",
        ),
        (Turn::Close(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()), "not HTTP"),
        (Turn::Close(http("204 No Content", "", "")), "an empty body"),
    ] {
        let says: &'static str = format!("the answer is not understood: {says}").leak();
        run(Case { turn, says, mends: Retry::ByItself, advice: "--api" }, |_| {}).await;
    }
}

#[tokio::test]
async fn http_statuses_that_are_not_openims() {
    let html = "<html><h1>nginx</h1></html>";
    let gzip_404 = http("404 Not Found", "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n", gzip(""));
    for (reply, says, mends, advice) in [
        (http("502 Bad Gateway", "", html), "HTTP 502 Bad Gateway", Retry::ByItself, "look at its log"),
        (
            http("500 Internal Server Error", "", ""),
            "HTTP 500 Internal Server Error",
            Retry::ByItself,
            "look at its log",
        ),
        (
            http("503 Service Unavailable", "", html),
            "HTTP 503 Service Unavailable",
            Retry::ByItself,
            "look at its log",
        ),
        (
            http("408 Request Timeout", "", html),
            "HTTP 408 Request Timeout",
            Retry::ByItself,
            "look at its log",
        ),
        (http("425 Too Early", "", html), "HTTP 425 Too Early", Retry::ByItself, "look at its log"),
        (
            http("421 Misdirected Request", "", html),
            "HTTP 421 Misdirected Request",
            Retry::WhenChanged,
            "a proxy",
        ),
        (
            http("499 Client Closed Request", "", html),
            "HTTP 499 Client Closed Request",
            Retry::WhenChanged,
            "a proxy",
        ),
        (http("413 Too Large", "", html), "HTTP 413 Content Too Large", Retry::WhenChanged, "--batch"),
        (
            http("404 Not Found", "", fixture("error_not_found_path.txt")),
            "HTTP 404 Not Found",
            Retry::WhenChanged,
            "path",
        ),
        (gzip_404, "HTTP 404 Not Found", Retry::WhenChanged, "path"),
        (http("401 Unauthorized", "", "{}"), "HTTP 401 Unauthorized", Retry::WhenChanged, "proxy"),
        (
            http("400 Bad Request", "", r#"{"errCode":0}"#),
            "HTTP 400 Bad Request",
            Retry::WhenChanged,
            "proxy",
        ),
        (http("599 Odd", "", vec![b'x'; 100 << 10]), "HTTP 599", Retry::ByItself, "look at its log"),
        (
            http(
                "400 Bad Request",
                "",
                r#"{"errCode":500,"errMsg":"ServerInternalError","errDlt":"unexpected EOF"}"#,
            ),
            "server error 500: ServerInternalError: unexpected EOF",
            Retry::ByItself,
            "--batch",
        ),
        (
            http(
                "400 Bad Request",
                "",
                r#"{"errCode":1001,"errMsg":"ArgsError","errDlt":"EOF: 1001 ArgsError"}"#,
            ),
            "server error 1001: ArgsError: EOF: 1001 ArgsError",
            Retry::WhenChanged,
            "another kind",
        ),
    ] {
        run(Case { turn: Turn::Close(reply), says, mends, advice }, |_| {}).await;
    }
}

#[tokio::test]
async fn a_rate_limit_is_obeyed_however_it_is_put() {
    let body = r#"{"errCode":429,"errMsg":"too many requests, please try again later","errDlt":""}"#;
    for (retry_after, says) in [
        ("Retry-After: 1\r\n", "the server limits our rate (429), again in 1 s"),
        ("Retry-After: -9223372036854775808\r\n", "the server limits our rate (429), again in 1 s"),
        ("Retry-After: 3600\r\n", "the server limits our rate (429), again in 300 s; it asks for 3600 s"),
        (
            "Retry-After: 99999999999999999999\r\n",
            "the server limits our rate (429), again in 300 s; it asks for more than a day",
        ),
        ("Retry-After: NaN\r\n", "the server limits our rate (429)"),
        ("", "the server limits our rate (429)"),
        (
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:47 GMT\r\n",
            "the server limits our rate (429), again in 10 s",
        ),
    ] {
        let turn = Turn::Close(http("429 Too Many Requests", retry_after, body));
        run(Case { turn, says, mends: Retry::AfterWaiting, advice: "--interval" }, |_| {}).await;
    }
    for (status, says) in [
        ("503 Service Unavailable", "HTTP 503 Service Unavailable, again in 7 s"),
        ("408 Request Timeout", "HTTP 408 Request Timeout, again in 7 s"),
    ] {
        let turn = Turn::Close(http(status, "Retry-After: 7\r\n", "<html>nginx</html>"));
        run(Case { turn, says, mends: Retry::AfterWaiting, advice: "look at its log" }, |_| {}).await;
    }
    let says = "the server limits our rate (429)";
    run(Case { turn: json(body), says, mends: Retry::AfterWaiting, advice: "--interval" }, |_| {}).await;
}

#[tokio::test]
async fn a_redirect_is_named_and_not_followed() {
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = format!("http://{}/login", elsewhere.local_addr().expect("an address"));
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let turn = Turn::Close(http(status, &format!("Location: {target}?next=1\r\n"), ""));
        let says: &'static str = format!("HTTP {} redirects to {target}?…", &status[..3]).leak();
        run(Case { turn, says, mends: Retry::WhenChanged, advice: "final address" }, |_| {}).await;
    }
    assert!(!was_contacted(&elsewhere));
}

#[tokio::test]
async fn every_refusal_of_a_real_server() {
    for (name, says, advice) in [
        ("error_no_operation_id.json", "server error 1001: ArgsError: header must have operationID", "proxy"),
        ("error_no_token.json", "server error 1001: ArgsError: header must have token", "proxy"),
        ("error_garbage_token.json", "admin token refused: TokenMalformedError (1503)", "not a token"),
        ("error_expired_admin.json", "admin token refused: TokenExpiredError (1501)", "expired"),
        (
            "error_wrong_secret.json",
            "admin token refused: TokenUnknownError: signature is invalid (1505)",
            "secret",
        ),
        (
            "error_alg_none.json",
            "admin token refused: TokenUnknownError: 'none' signature type is not allowed (1505)",
            "secret",
        ),
        ("error_forged_default_secret.json", "admin token refused: TokenNotExistError (1507)", "displaced"),
        ("error_user_token.json", "no permission: NoPermissionError: only app manager (1002)", "imAdminUser"),
    ] {
        let turn = json(fixture(name));
        run(Case { turn, says, mends: Retry::WhenChanged, advice }, |_| {}).await;
    }
}

#[tokio::test]
async fn refusals_of_other_releases() {
    let token = crate::common::ADMIN_TOKEN;
    for (body, says, mends) in [
        (
            r#"{"errCode":1506,"errMsg":"TokenKickedError","errDlt":"TokenKickedError"}"#.to_owned(),
            "admin token refused: TokenKickedError (1506)",
            Retry::WhenChanged,
        ),
        (
            format!(
                r#"{{"errCode":1503,"errMsg":"TokenMalformedError","errDlt":"1503 TokenMalformedError jwt parse error, token={token}"}}"#
            ),
            "admin token refused: TokenMalformedError: jwt parse error, token=<redacted> (1503)",
            Retry::WhenChanged,
        ),
        (
            r#"{"errCode":14,"errMsg":"connection error","errDlt":""}"#.to_owned(),
            "server error 14: gRPC Unavailable: connection error",
            Retry::ByItself,
        ),
        (
            r#"{"errCode":500,"errMsg":"grpc service auth down, grpc message refused","errDlt":""}"#
                .to_owned(),
            "server error 500: ServerInternalError: grpc service auth down, grpc message refused",
            Retry::ByItself,
        ),
        (
            r#"{"errCode":90004,"errMsg":"","errDlt":""}"#.to_owned(),
            "server error 90004: NetworkError",
            Retry::ByItself,
        ),
        (r#"{"errCode":-7}"#.to_owned(), "server error -7: no reason given", Retry::ByItself),
    ] {
        run(Case { turn: json(body), says, mends, advice: "" }, |_| {}).await;
    }
}

#[tokio::test]
async fn a_valid_answer_about_other_users() {
    let server = Server::start([json(fixture("online.json")), json(offline_body(&["u"]))]).await;
    let client = Client::new(options(&server.url())).expect("a client");
    let (list, mut sieve) = (watch(&["u"]), DeltaDecoder::default());
    let other = ask(&client, &list, &mut sieve).await;
    let error = other.answer.expect_err("nobody who was asked about is in it");
    assert_eq!(
        error.to_string(),
        "the answer is not understood: it says nothing of the users that were asked about"
    );
    let good = ask(&client, &list, &mut sieve).await;
    assert_eq!(changed(&good), [(UserIx(0), UserStatus::Offline)]);
    assert!(good.oddities == imtop::presence::Oddities::default());
}

#[tokio::test]
async fn a_failure_between_equal_answers_does_no_harm() {
    let body = offline_body(&["u"]);
    let server = Server::start([json(&body), json("junk"), Turn::Reset, json(&body)]).await;
    let client = Client::new(options(&server.url())).expect("a client");
    let (list, mut sieve) = (watch(&["u"]), DeltaDecoder::default());
    assert_eq!(changed(&ask(&client, &list, &mut sieve).await).len(), 1);
    assert!(ask(&client, &list, &mut sieve).await.answer.is_err());
    assert!(ask(&client, &list, &mut sieve).await.answer.is_err());
    assert_eq!(ask(&client, &list, &mut sieve).await.answer, Ok(imtop::presence::Answer::Same));
}

#[tokio::test]
async fn certificates_are_checked() {
    let (authority, [good, other_name, expired, unknown]) = certificates::all();
    let scratch = Scratch::new();
    let address = "127.0.0.1:0".parse().expect("an address");
    for (bad, says, advice) in [
        (unknown.clone(), "the certificate is signed by nobody whom this system trusts", "--ca-file"),
        (other_name, "the certificate is for another name", "to --api"),
        (expired, "the certificate has expired", "renew"),
    ] {
        let server = Server::start_at(address, [json(offline_body(&["u"]))], vec![bad, good.clone()]).await;
        let mut options = options(&format!("https://{}", server.address));
        options.tls.ca_file = Some(scratch.secret("ca.pem", &format!("\u{feff}{authority}")));
        let client = Client::new(options).expect("a client");
        let (list, mut sieve) = (watch(&["u"]), DeltaDecoder::default());
        let error = ask(&client, &list, &mut sieve).await.answer.expect_err("not trusted");
        assert_eq!(error.to_string(), format!("no trusted TLS connection: {says}"));
        assert_eq!(error.mends(), Retry::WhenChanged);
        assert!(error.advice().contains(advice), "{}", error.advice());
        assert!(server.requests().is_empty(), "nothing was sent to a stranger");
        assert_eq!(changed(&ask(&client, &list, &mut sieve).await), [(UserIx(0), UserStatus::Offline)]);
    }
    let server = Server::start_at(address, [json(offline_body(&["u"]))], vec![unknown]).await;
    let mut options = options(&format!("https://{}", server.address));
    options.tls.insecure = true;
    let client = Client::new(options).expect("a client");
    assert_eq!(changed(&ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await).len(), 1);
}

/// Asks a server with the certificate of `acceptor`, with `pem` as the ca-file.
async fn ask_trusting(pem: &str, acceptor: tokio_rustls::TlsAcceptor) -> Result<(), String> {
    let scratch = Scratch::new();
    let address = "127.0.0.1:0".parse().expect("an address");
    let server = Server::start_at(address, [json(offline_body(&["u"]))], vec![acceptor]).await;
    let mut options = options(&format!("https://{}", server.address));
    options.tls.ca_file = Some(scratch.secret("server.pem", pem));
    let client = Client::new(options).expect("a client");
    let answer = ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await.answer;
    assert_eq!(answer.is_ok(), !server.requests().is_empty(), "nothing is sent to a stranger");
    answer.map(|_| ()).map_err(|error| format!("{error}; {}", error.advice()))
}

/// As plain `openssl req -x509` makes it, and as it is with `basicConstraints=CA:FALSE`.
#[tokio::test]
async fn a_certificate_that_signed_itself_is_trusted_where_it_is_the_one_in_the_file() {
    for is_authority in [true, false] {
        let (pem, acceptor) = certificates::self_signed("127.0.0.1", is_authority, false);
        assert_eq!(ask_trusting(&pem, acceptor).await, Ok(()), "{is_authority}");
    }
    // The file may hold others, too.
    let (pem, acceptor) = certificates::self_signed("127.0.0.1", true, false);
    let (other, [signed, ..]) = certificates::all();
    let both = format!("{other}{pem}");
    assert_eq!(ask_trusting(&both, acceptor).await, Ok(()));
    assert_eq!(ask_trusting(&both, signed).await, Ok(()));
}

#[tokio::test]
async fn a_certificate_of_the_file_has_to_fit_in_name_and_dates_and_be_that_very_one() {
    for (name, is_old, says) in [
        ("im.example", false, "the certificate is for another name"),
        ("127.0.0.1", true, "the certificate has expired"),
    ] {
        let (pem, acceptor) = certificates::self_signed(name, true, is_old);
        let refused = ask_trusting(&pem, acceptor).await.expect_err(says);
        assert!(refused.starts_with(&format!("no trusted TLS connection: {says}; ")), "{refused}");
    }
    // Another one of the same name.
    let (pem, _) = certificates::self_signed("127.0.0.1", true, false);
    let (_, another) = certificates::self_signed("127.0.0.1", true, false);
    let refused = ask_trusting(&pem, another).await.expect_err("another");
    assert!(
        refused.contains("the server shows an authority's certificate as its own; give that"),
        "{refused}"
    );
}

#[tokio::test]
async fn https_where_nobody_speaks_tls() {
    // The hello of TLS has no line ends in it to wait for; this server answers at once.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            std::future::pending::<()>().await;
        }
    });
    let mut options = options(&format!("https://{address}"));
    options.tls.insecure = true;
    let client = Client::new(options).expect("a client");
    let error = ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await.answer.expect_err("no TLS");
    assert_eq!(error.to_string(), "no trusted TLS connection: what answers there does not speak TLS");
    assert_eq!(error.advice(), "try http:// in --api, or another port");
}

/// A server that speaks no TLS, and ends the connection at what it can't read.
#[tokio::test]
async fn https_to_a_port_that_hangs_up_names_http() {
    let server = Server::start([Turn::Reset]).await;
    let client = Client::new(options(&format!("https://{}", server.address))).expect("a client");
    let error = ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await.answer.expect_err("no TLS");
    assert!(
        error.to_string().ends_with("in the TLS handshake; if that port speaks no TLS, try http://"),
        "{error}"
    );
    assert_eq!(error.mends(), Retry::ByItself, "it may be a server in trouble");
}

#[tokio::test]
async fn http_to_a_port_for_tls_names_https() {
    let (_, [acceptor, ..]) = certificates::all();
    let address = "127.0.0.1:0".parse().expect("an address");
    let server = Server::start_at(address, [json(offline_body(&["u"]))], vec![acceptor]).await;
    let at = server.address;
    for (api, tried) in [
        (format!("http://{at}"), format!("https://{at}")),
        (format!("http://{at}/im/"), format!("https://{at}/im")),
    ] {
        let client = Client::new(options(&api)).expect("a client");
        let error =
            ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await.answer.expect_err("no HTTP");
        assert_eq!(
            error.to_string(),
            format!("cannot reach the server: TLS is spoken on that port; try {tried}")
        );
    }
}

/// As nginx, Go and others do: a 400 in plain text, a reset, or nothing at all.
#[tokio::test]
async fn however_a_port_for_tls_refuses_plain_http_it_names_https() {
    let (_, [acceptor, ..]) = certificates::all();
    for refusal in
        ["HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "", "\x15\x03\x01\x00\x02\x02\x46"]
    {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            use tokio::io::AsyncWriteExt as _;
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut first = [0];
                let _ = stream.peek(&mut first).await;
                if first == [b'P'] {
                    let _ = stream.write_all(refusal.as_bytes()).await;
                } else {
                    let _ = acceptor.accept(stream).await;
                }
            }
        });
        let client = Client::new(options(&format!("http://{address}"))).expect("a client");
        let error =
            ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await.answer.expect_err("no HTTP");
        assert!(error.to_string().ends_with(&format!("; try https://{address}")), "{refusal:?}: {error}");
    }
}

#[tokio::test]
async fn headers_of_a_rate_limiter_are_read_leniently_and_kept_for_what_they_are() {
    let limited = "X-RateLimit-Policy: BBR\r\nX-RateLimit-Limit: 500\r\nX-RateLimit-Remaining: 0\r\n\
                   X-BBR-CPU: 870\r\nX-BBR-InFlight: NaN\r\nServer: nginx\r\nX-HTTP-ID: 7\r\n";
    let odd = format!("X-BBR-CPU: {}\r\nServer: \u{1b}[2J{}\r\n", "9".repeat(4_000), "x".repeat(4_000));
    let good = http("200 OK", "", offline_body(&["u"]));
    let server = Server::start([
        Turn::Write(http("429 Too Many Requests", limited, "")),
        Turn::Write(good.clone()),
        Turn::Write(good),
        Turn::Close(http("200 OK", &odd.replace('\u{1b}', "\t"), offline_body(&["u"]))),
        Turn::Close(Vec::new()),
    ])
    .await;
    let client = Client::new(options(&server.url())).expect("a client");
    let (list, mut sieve) = (watch(&["u"]), DeltaDecoder::default());
    let mut hints = async || ask(&client, &list, &mut sieve).await.hints;
    let refused = hints().await.expect("hints of a refusal");
    assert_eq!((refused.http_id, refused.body), (true, None));
    assert_eq!(
        refused.words(),
        [
            ("release", "main branch".to_owned()),
            ("server", "nginx".to_owned()),
            ("rate limit", "BBR, 0 left of 500".to_owned()),
            ("server load", "CPU 87 %".to_owned()),
        ]
    );
    let (first, second) = (hints().await.expect("hints"), hints().await.expect("hints"));
    assert_eq!((first.rate_limit.as_ref(), first.server.as_ref()), (None, None));
    assert!(std::sync::Arc::ptr_eq(&first, &second), "the same answer, the same hints");
    let odd = hints().await.expect("hints");
    let server_name = odd.server.as_deref().expect("a name");
    assert!(server_name.chars().count() <= 65, "{server_name}");
    assert_eq!(odd.rate_limit.as_ref().and_then(|limit| limit.cpu), None, "no finite number");
    assert_eq!(hints().await, None, "nothing was heard");
}
