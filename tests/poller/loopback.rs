//! The whole way from a socket to the roster: the real client polls the simulator over loopback.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use imtop::clock;
use imtop::openim::{Asked, Client, Credentials, DeltaDecoder, Options, Tls};
use imtop::poller::{Asking, Pace, Poller};
use imtop::presence::{
    Answer, Entry, ErrorKind, FeedStatus, Freshness, Hints, Moment, Observation, Presence, Question,
    Rechecks, Roster, UnknownReason, UserIx, UserStatus, WatchList,
};
use imtop::simulator::{Clock, Fault, Release, Running, Scenario, Simulator};
use tokio::sync::mpsc::Receiver;

const START: i64 = 1_795_413_000_000;

struct Watch {
    roster: Roster,
    poller: Poller,
    observations: Receiver<Observation>,
    now: imtop::poller::Now,
}

fn options(url: &str, credentials: Credentials) -> Options {
    Options {
        api: url.parse().unwrap(),
        credentials,
        timeout: Duration::from_secs(5),
        body_limit: Options::BODY_LIMIT,
        gzip: true,
        tls: Tls::default(),
        proxy: None,
        concurrency: 4,
        secrets: Vec::new(),
    }
}

fn scenario() -> Scenario {
    Scenario::named("calm").unwrap().with_users(250)
}

async fn simulator(address: SocketAddr) -> Running {
    let (clock, _) = Clock::by_hand(START);
    Simulator::start(scenario(), address, clock).await.unwrap()
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn watch(options: Options, ids: impl IntoIterator<Item = String>, interval: Duration) -> Watch {
    let entries = ids.into_iter().map(|id| Entry { id, ..Entry::default() });
    let list = Arc::new(WatchList::new(1, 100, entries));
    let now = clock::start();
    let roster = Roster::new(Arc::clone(&list), Freshness::for_interval(2_000), now());
    let pace = Pace { interval, concurrency: Some(4), seed: 1, asking: Asking::default() };
    let source = Arc::new(Client::new(options).unwrap());
    let (poller, observations) = Poller::start(source, list, pace, Arc::clone(&now));
    Watch { roster, poller, observations, now }
}

impl Watch {
    /// Takes observations until the roster is as wished.
    async fn until(&mut self, wish: &str, is_so: impl Fn(&Roster, Moment) -> bool) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while !is_so(&self.roster, (self.now)()) {
            let next = tokio::time::timeout_at(deadline, self.observations.recv()).await;
            let observation =
                next.unwrap_or_else(|_| panic!("never: {wish}: {:?}", self.roster.first_error()));
            self.roster.apply(&observation.unwrap());
        }
    }
}

fn names() -> Vec<String> {
    scenario().watch_list().into_iter().map(|entry| entry.id).collect()
}

fn is_live(roster: &Roster, now: Moment) -> bool {
    roster.feed_status(now) == FeedStatus::Live
        && roster.batches().iter().all(|batch| batch.answered.is_some())
}

#[tokio::test]
async fn a_server_that_goes_and_comes_back_needs_no_restart() {
    let server = simulator(any_port()).await;
    let (address, token) = (server.address(), server.admin_token());
    let credentials = Credentials::Token(token.into());
    let mut watch = watch(options(&server.url(), credentials), names(), Duration::from_millis(100));
    watch.until("live", is_live).await;
    let before = watch.roster.totals((watch.now)());
    assert_eq!(before.watched, 250);
    assert_eq!(before.unknown, 0);
    assert!(before.online > 0 && before.background > 0 && before.offline > 0, "{before:?}");

    drop(server);
    let down = |roster: &Roster, now| matches!(roster.feed_status(now), FeedStatus::Retrying { .. });
    watch.until("down", down).await;
    let now = (watch.now)();
    let (_, error) = watch.roster.first_error().unwrap();
    assert_eq!(error.to_string(), "cannot reach the server: connection refused");
    let stale = watch.roster.totals(now);
    assert_eq!((stale.online, stale.stale), (before.online, 250), "aged, not offline: {stale:?}");
    watch.roster.advance(now.plus(6_001));
    let lost = watch.roster.totals(now.plus(6_001));
    assert_eq!((lost.unknown, lost.offline), (250, 0));
    assert_eq!(
        watch.roster.presence(UserIx(0)),
        Presence::Unknown(UnknownReason::Failed(ErrorKind::Unreachable))
    );

    let server = simulator(address).await;
    watch.until("live again", |roster, now| is_live(roster, now) || roster.first_error().is_none()).await;
    watch.until("everybody known", |roster, now| roster.totals(now).unknown == 0).await;
    drop(watch.poller);
    let paths: Vec<String> = server.asked_paths().into_keys().collect();
    assert_eq!(paths, ["/user/get_users_online_status"], "nothing but the allow-list is asked");
}

fn secret_file(folder: &Path, text: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join("token");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[tokio::test]
async fn a_token_file_that_is_mended_heals_the_session_at_once() {
    let server = simulator(any_port()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = secret_file(folder.path(), "not.a.token");
    let credentials = Credentials::TokenFile(path);
    let mut watch = watch(options(&server.url(), credentials), names(), Duration::from_millis(100));
    watch.until("refused", |roster, _| roster.batches().iter().all(|batch| batch.failing.is_some())).await;
    let (_, error) = watch.roster.first_error().unwrap();
    assert_eq!(error.to_string(), "admin token refused: TokenMalformedError (1503)");
    secret_file(folder.path(), &format!("{}\n", server.admin_token()));
    watch.until("live", is_live).await;
}

#[tokio::test]
async fn one_batch_that_is_refused_leaves_the_others_alone() {
    let server = simulator(any_port()).await;
    let ids = names();
    let credentials = Credentials::Token(server.admin_token().into());
    let mut watch = watch(options(&server.url(), credentials), ids, Duration::from_millis(100));
    watch.until("live", is_live).await;
    server.set_fault(Some(Fault::Code(500)));
    watch
        .until("all failing", |roster, _| roster.batches().iter().all(|batch| batch.failing.is_some()))
        .await;
    server.set_fault(None);
    watch.poller.poll_now();
    watch.until("live again", is_live).await;
}

#[tokio::test]
async fn every_observation_says_what_is_known_of_the_server() {
    let server = simulator(any_port()).await;
    let credentials = Credentials::Token(server.admin_token().into());
    let mut watch = watch(options(&server.url(), credentials), names(), Duration::from_millis(20));
    let mut last: [Option<Arc<Hints>>; 3] = [None, None, None];
    for _ in 0..12 {
        let observation = watch.observations.recv().await.unwrap();
        let hints = observation.hints.unwrap();
        let body = hints.body.unwrap();
        assert_eq!((body.gzip, body.wire), (true, observation.wire_bytes));
        assert!(body.unpacked.unwrap() > body.wire, "{body:?}");
        assert_eq!(hints.words()[0], ("release", "v3.8.1 or later".to_owned()));
        let last = &mut last[observation.batch as usize];
        if observation.answer == Ok(Answer::Same) {
            assert!(Arc::ptr_eq(last.as_ref().unwrap(), &hints), "what is the same is not made anew");
        }
        *last = Some(hints);
    }
    assert!(last.iter().all(Option::is_some));
}

#[tokio::test]
async fn an_old_release_is_told_by_its_answers() {
    let (clock, _) = Clock::by_hand(START);
    let old = scenario().with_release(Release::V3_8_0);
    let server = Simulator::start(old, any_port(), clock).await.unwrap();
    let credentials = Credentials::Token(server.admin_token().into());
    let mut watch = watch(options(&server.url(), credentials), names(), Duration::from_secs(2));
    let hints = watch.observations.recv().await.unwrap().hints.unwrap();
    let words = [("release", "v3.8.0 or earlier".to_owned()), ("compression", "none".to_owned())];
    assert_eq!(hints.words(), words);
}

/// What the witnesses say about everybody, of a simulator of this release.
async fn testimony(release: Release) -> (Vec<Observation>, Running) {
    let (clock, _) = Clock::by_hand(START);
    let server = Simulator::start(scenario().with_release(release), any_port(), clock).await.unwrap();
    let mut ids = names();
    ids.push("nobody_there".to_owned());
    let list = Arc::new(WatchList::new(1, 100, ids.iter().map(|id| Entry::of(id))));
    let asking = Asking { registry: true, gateways: false, extra_percent: 0 };
    let pace = Pace { interval: Duration::from_secs(60), concurrency: Some(4), seed: 1, asking };
    let credentials = Credentials::Token(server.admin_token().into());
    let source = Arc::new(Client::new(options(&server.url(), credentials)).unwrap());
    let (poller, mut observations) = Poller::start(source, Arc::clone(&list), pace, clock::start());
    let everybody: Vec<UserIx> = (0..list.len() as u32).map(UserIx).collect();
    poller.inquire(1, Rechecks { begun: everybody.clone(), unverified: everybody, ..Rechecks::default() });
    let mut said = Vec::new();
    // Batches of 100: three questions to the accounts, which come last.
    while said.iter().filter(|seen: &&Observation| seen.question == Question::AccountCheck).count() < 3 {
        said.push(observations.recv().await.unwrap());
    }
    (said, server)
}

#[tokio::test]
async fn registry_and_accounts_agree_with_the_sockets_of_a_calm_server() {
    for release in [Release::V3_8_0, Release::V3_8_3] {
        let (said, server) = testimony(release).await;
        let (mut open, mut listed, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        let mut heard = 0;
        for observation in &said {
            assert!(observation.oddities == imtop::presence::Oddities::default(), "{observation:?}");
            match observation.answer.as_ref().unwrap() {
                Answer::Changed(users) => {
                    open.extend(users.iter().filter_map(|(user, status)| match status {
                        UserStatus::Online(_) => Some(*user),
                        _ => None,
                    }));
                }
                Answer::Registry(users) if heard < 3 => {
                    heard += 1;
                    let online = users.iter().filter(|(_, platforms)| !platforms.is_empty());
                    listed.extend(online.map(|(user, _)| *user));
                }
                Answer::Unregistered(users) => missing.extend(users),
                _ => {}
            }
        }
        open.sort();
        listed.sort();
        assert!(open.len() > 50, "{release:?}");
        assert_eq!(open, listed, "{release:?}");
        assert!(missing.contains(&UserIx(250)), "{missing:?}");
        let paths: Vec<String> = server.asked_paths().into_keys().collect();
        let allowed = ["/user/account_check", "/user/get_users_online_status", "/user/get_users_status"];
        assert_eq!(paths, allowed);
    }
}

#[tokio::test]
async fn the_tokens_list_the_platforms_that_the_sockets_show() {
    let server = simulator(any_port()).await;
    let credentials = Credentials::Token(server.admin_token().into());
    let client = Client::new(options(&server.url(), credentials)).unwrap();
    let list = WatchList::new(1, 500, names().iter().map(|id| Entry::of(id)));
    let users: Vec<UserIx> = (0..list.len() as u32).map(UserIx).collect();
    let mut sieve = DeltaDecoder::default();
    let tokens = client.ask(&list, &Asked::witness(Question::TokenDetail, users.clone()), &mut sieve).await;
    let Ok(Answer::Tokens(listed)) = tokens.answer else { panic!("{tokens:?}") };
    let sockets = client.ask(&list, &Asked::sockets(0), &mut sieve).await;
    let Ok(Answer::Changed(shown)) = sockets.answer else { panic!("{sockets:?}") };
    let connections = |user: UserIx| {
        let (_, status) = shown.iter().find(|(shown, _)| *shown == user).unwrap();
        if let UserStatus::Online(connections) = status { connections.len() } else { 0 }
    };
    let (mut online, mut hidden) = (0, 0);
    for user in users {
        let counts = listed.iter().find(|(listed, _)| *listed == user).map(|(_, counts)| counts);
        let total: u32 = counts.into_iter().flatten().map(|(_, count)| count).sum();
        let shown = connections(user);
        // The sockets show one gateway's connections of a user alone.
        assert!(total as usize >= shown && (total > 0) == (shown > 0), "{total} {shown}");
        online += u32::from(total > 0);
        hidden += total as usize - shown;
    }
    assert!(online > 50 && hidden > 0, "{online} {hidden}");
}
