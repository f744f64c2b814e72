//! The session's policy under paused time, with a server that is only a script.

use std::path::PathBuf;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// Gives a new token at each login, or fails as it is told to.
#[derive(Default)]
struct Script {
    logins: AtomicU32,
    fails: StdMutex<Option<FetchError>>,
}

impl Script {
    fn logins(&self) -> u32 {
        self.logins.load(Ordering::Relaxed)
    }

    fn fail(&self, error: Option<FetchError>) {
        *self.fails.lock().unwrap() = error;
    }
}

impl Issuer for Script {
    async fn login(&self, secret: &SecretString, admin_id: &str) -> Result<SecretString, FetchError> {
        assert_eq!((secret.expose_secret(), admin_id), ("openIM123", "imAdmin"));
        let number = self.logins.fetch_add(1, Ordering::Relaxed) + 1;
        tokio::task::yield_now().await;
        match self.fails.lock().unwrap().clone() {
            Some(error) => Err(error),
            None => Ok(format!("token-{number}").into()),
        }
    }
}

/// A file that only we can read; gone with it.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> File {
        let file = File(std::env::temp_dir().join(format!("imtop-session-{}-{name}", std::process::id())));
        file.write(text);
        file
    }

    fn write(&self, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::write(&self.0, text).unwrap();
        std::fs::set_permissions(&self.0, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn login(file: &File) -> Session {
    session_of(Credentials::Login { secret_file: file.0.clone(), admin_id: "imAdmin".to_owned() })
}

fn session_of(source: Credentials) -> Session {
    Session::new(source, Duration::from_secs(10))
}

async fn token(session: &Session, script: &Script) -> String {
    session.pass(script).await.map(|pass| pass.token.expose_secret().to_owned()).unwrap()
}

async fn minutes(count: u64) {
    tokio::time::advance(Duration::from_mins(count)).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_while_redis_is_silent_is_kept_and_no_login_made() {
    let (file, script) = (File::new("redis", "openIM123\n"), Script::default());
    let session = login(&file);
    let pass = session.pass(&script).await.unwrap();
    session.note_redis(true);
    for _ in 0..3 {
        let error = session.refused(&pass, 1507, &script).await.unwrap_err();
        assert!(error.to_string().contains("while Redis gives no answers"), "{error}");
        assert_eq!(error.mends(), crate::presence::Retry::ByItself, "{error}");
        assert_eq!((token(&session, &script).await.as_str(), script.logins()), ("token-1", 1));
    }
    // Another refusal is one, and so is this when Redis is back.
    session.note_redis(false);
    minutes(20).await;
    assert!(session.refused(&pass, 1507, &script).await.unwrap());
    assert_eq!((token(&session, &script).await.as_str(), script.logins()), ("token-2", 2));
}

#[tokio::test(start_paused = true)]
async fn many_refusals_at_once_cause_one_login() {
    let (file, script) = (File::new("once", "openIM123\n"), Script::default());
    let session = login(&file);
    let passes = futures_util::future::join_all((0..8).map(|_| session.pass(&script))).await;
    assert_eq!(script.logins(), 1);
    minutes(20).await;
    let passes: Vec<_> = passes.into_iter().map(Result::unwrap).collect();
    let refused = passes.iter().map(|pass| session.refused(pass, 1501, &script));
    let mended = futures_util::future::join_all(refused).await;
    assert!(mended.iter().all(|mended| *mended == Ok(true)));
    assert_eq!(script.logins(), 2);
    assert_eq!(token(&session, &script).await, "token-2");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_at_once_does_not_make_a_loop() {
    let (file, script) = (File::new("loop", "openIM123"), Script::default());
    let session = login(&file);
    // A refusal a second, for half an hour.
    for _ in 0..1_800 {
        let pass = session.pass(&script).await.unwrap();
        let _ = session.refused(&pass, 1505, &script).await;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    // At 0, 30 s, 1.5, 3.5, 7.5 and 15.5 minutes; then 15 minutes have passed since the last one.
    assert!((5..=7).contains(&script.logins()), "{} logins", script.logins());
}

#[tokio::test(start_paused = true)]
async fn after_two_displacements_in_a_quarter_of_an_hour_nobody_logs_in() {
    let (file, script) = (File::new("fight", "openIM123"), Script::default());
    let session = login(&file);
    let first = session.pass(&script).await.unwrap();
    minutes(5).await;
    assert_eq!(session.refused(&first, 1507, &script).await, Ok(true));
    // The same displacement, seen by another batch, does not count twice.
    assert_eq!(session.refused(&first, 1507, &script).await, Ok(true));
    let second = session.pass(&script).await.unwrap();
    minutes(6).await;
    let error = session.refused(&second, 1507, &script).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "another program logs in as imAdmin too, and has displaced us twice within 15 minutes; we log in no more"
    );
    assert!(error.advice().contains("admin ID of its own"));
    minutes(600).await;
    assert_eq!(session.pass(&script).await.err(), Some(error));
    assert_eq!(script.logins(), 2);
}

#[tokio::test(start_paused = true)]
async fn displacements_far_apart_are_no_fight() {
    let (file, script) = (File::new("apart", "openIM123"), Script::default());
    let session = login(&file);
    for round in 1..6 {
        let pass = session.pass(&script).await.unwrap();
        minutes(16).await;
        assert_eq!(session.refused(&pass, 1507, &script).await, Ok(true));
        assert_eq!(script.logins(), round + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_login_is_not_tried_again_at_once() {
    let (file, script) = (File::new("failed", "openIM123"), Script::default());
    let session = login(&file);
    let error = FetchError::Timeout { after_ms: 1 };
    script.fail(Some(error.clone()));
    for _ in 0..5 {
        assert_eq!(session.pass(&script).await.err(), Some(error.clone()));
    }
    assert_eq!(script.logins(), 1);
    script.fail(None);
    minutes(1).await;
    assert_eq!(token(&session, &script).await, "token-2");
}

#[tokio::test(start_paused = true)]
async fn a_login_that_displaced_nobody_makes_no_pause_longer() {
    let (file, script) = (File::new("harmless", "openIM123"), Script::default());
    let session = login(&file);
    for error in [
        FetchError::Unreachable { what: "connection refused".into() },
        FetchError::Tls { what: "the certificate has expired".into(), advice: "renew it" },
        FetchError::Http { status: 502 },
        FetchError::Http { status: 404 },
        FetchError::Unavailable { status: 408, retry_after_ms: 1_000 },
        FetchError::RateLimited { retry_after_ms: None },
    ] {
        script.fail(Some(error.clone()));
        let before = script.logins();
        // A question every ten seconds, for an hour: a login for every third.
        for _ in 0..360 {
            assert_eq!(session.pass(&script).await.err(), Some(error.clone()));
            tokio::time::advance(Duration::from_secs(10)).await;
        }
        assert_eq!(script.logins() - before, 120);
    }
    script.fail(None);
    let pass = session.pass(&script).await.unwrap();
    // The pauses after a login that may have displaced somebody start from the beginning.
    tokio::time::advance(LOGIN_PAUSE).await;
    assert_eq!(session.refused(&pass, 1501, &script).await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn a_login_whose_answer_did_not_come_may_have_displaced_somebody() {
    for error in [FetchError::Timeout { after_ms: 1 }, FetchError::Http { status: 504 }] {
        let (file, script) = (File::new("unanswered", "openIM123"), Script::default());
        let session = login(&file);
        script.fail(Some(error.clone()));
        for _ in 0..360 {
            session.waive_pause();
            assert_eq!(session.pass(&script).await.err(), Some(error.clone()));
            tokio::time::advance(Duration::from_secs(10)).await;
        }
        assert!(script.logins() <= 12, "an hour of pauses that grow: {}", script.logins());
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_secret_file_makes_no_pause_longer() {
    let script = Script::default();
    let file = File::new("late", "openIM123");
    std::fs::remove_file(&file.0).unwrap();
    let session = login(&file);
    for _ in 0..10 {
        let error = session.pass(&script).await.err().unwrap();
        assert!(error.to_string().ends_with("-late: no such file"), "{error}");
        tokio::time::advance(LOGIN_PAUSE).await;
    }
    file.write("openIM123");
    assert_eq!(token(&session, &script).await, "token-1");
}

#[tokio::test(start_paused = true)]
async fn a_wish_ends_the_pause_after_a_login_only_where_it_displaced_nobody() {
    let (file, script) = (File::new("wish", "openIM123"), Script::default());
    let session = login(&file);
    script.fail(Some(FetchError::Unreachable { what: "connection refused".into() }));
    for logins in 1..=3 {
        session.waive_pause();
        // One wish is one try, however many questions there are.
        assert!(session.pass(&script).await.is_err() && session.pass(&script).await.is_err());
        assert_eq!(script.logins(), logins);
    }
    let refused = FetchError::Denied { code: 1002, what: "secret invalid".into(), advice: "look" };
    script.fail(Some(refused.clone()));
    for _ in 0..3 {
        session.waive_pause();
        assert_eq!(session.pass(&script).await.err(), Some(refused.clone()));
        assert_eq!(script.logins(), 4);
    }
    minutes(15).await;
    script.fail(None);
    let pass = session.pass(&script).await.unwrap();
    session.waive_pause();
    session.pass(&script).await.unwrap();
    assert_eq!(session.refused(&pass, 1507, &script).await, Ok(false));
    assert_eq!(script.logins(), 5);
}

#[tokio::test]
async fn a_wish_ends_the_pause_after_a_command_always() {
    let (file, script) = (File::new("wished", "one"), Script::default());
    let session = session_of(Credentials::TokenCommand(format!("cat '{}'", file.0.display())));
    let pass = session.pass(&script).await.unwrap();
    file.write("second");
    assert_eq!(session.refused(&pass, 1501, &script).await, Ok(false));
    session.waive_pause();
    let pass = session.pass(&script).await.unwrap();
    assert_eq!(session.refused(&pass, 1501, &script).await, Ok(true));
    // The same after one that failed.
    file.write("");
    session.waive_pause();
    let pass = session.pass(&script).await.unwrap();
    assert!(session.refused(&pass, 1501, &script).await.is_err());
    file.write("third");
    assert!(session.refused(&pass, 1501, &script).await.is_err());
    session.waive_pause();
    let pass = session.pass(&script).await.unwrap();
    assert_eq!(session.refused(&pass, 1501, &script).await, Ok(true));
    assert_eq!(token(&session, &script).await, "third");
}

#[tokio::test]
async fn a_token_file_that_changes_is_read_again() {
    let (file, script) = (File::new("file", "one\n"), Script::default());
    let session = session_of(Credentials::TokenFile(file.0.clone()));
    let pass = session.pass(&script).await.unwrap();
    assert_eq!(pass.token.expose_secret(), "one");
    assert_eq!(session.refused(&pass, 1507, &script).await, Ok(false));
    file.write("second");
    assert_eq!(session.refused(&pass, 1507, &script).await, Ok(true));
    assert_eq!(token(&session, &script).await, "second");
}

#[tokio::test(start_paused = true)]
async fn a_new_token_file_that_will_not_do_is_reported_once_the_old_token_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let (file, script) = (File::new("unfit", "one"), Script::default());
    let session = session_of(Credentials::TokenFile(file.0.clone()));
    let pass = session.pass(&script).await.unwrap();
    let readable = || std::fs::set_permissions(&file.0, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (empty, gone) = (|| file.write(""), || std::fs::remove_file(&file.0).unwrap());
    let cases: [(&dyn Fn(), &str); 3] = [
        (&readable, "-unfit: other users can read or change it"),
        (&empty, "-unfit: it is empty"),
        (&gone, "-unfit: no such file"),
    ];
    for (spoil, says) in cases {
        spoil();
        tokio::time::advance(LOOK_EVERY).await;
        assert!(session.has_changed().await, "{says}");
        // The old token may still work, and is not given up for that.
        assert_eq!(token(&session, &script).await, "one");
        assert!(!session.has_changed().await, "{says}");
        for _ in 0..2 {
            let error = session.refused(&pass, 1501, &script).await.unwrap_err();
            assert!(error.to_string().ends_with(says), "{error}");
            assert!(!session.has_changed().await, "{says}");
        }
    }
    file.write("second");
    assert!(session.has_changed().await);
    assert_eq!(session.refused(&pass, 1501, &script).await, Ok(true));
    assert_eq!(token(&session, &script).await, "second");
}

#[tokio::test(start_paused = true)]
async fn a_token_file_is_looked_at_once_a_second_without_a_failure() {
    let (file, script) = (File::new("look", "one"), Script::default());
    let session = session_of(Credentials::TokenFile(file.0.clone()));
    assert_eq!(token(&session, &script).await, "one");
    file.write("second");
    assert_eq!(token(&session, &script).await, "one");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(token(&session, &script).await, "second");
}

#[tokio::test]
async fn a_file_that_will_not_do_says_why() {
    use std::os::unix::fs::PermissionsExt as _;
    let script = Script::default();
    let file = File::new("open", "one");
    std::fs::set_permissions(&file.0, std::fs::Permissions::from_mode(0o644)).unwrap();
    let session = session_of(Credentials::TokenFile(file.0.clone()));
    let error = session.pass(&script).await.err().unwrap();
    assert!(error.to_string().ends_with("-open: other users can read or change it"), "{error}");
    assert_eq!(error.advice(), "run chmod 600 on it");
    file.write("one two");
    let error = session.pass(&script).await.err().unwrap();
    assert!(error.to_string().ends_with("-open: there is white space within it"), "{error}");
    file.write("one");
    assert_eq!(token(&session, &script).await, "one");
    let session = session_of(Credentials::TokenFile("/no/such/file".into()));
    let error = session.pass(&script).await.err().unwrap();
    assert_eq!(error.to_string(), "cannot use the token file /no/such/file: no such file");
}

#[tokio::test]
async fn a_command_is_run_again_after_a_refusal() {
    let (file, script) = (File::new("command", "one"), Script::default());
    let session = session_of(Credentials::TokenCommand(format!("cat '{}'", file.0.display())));
    let pass = session.pass(&script).await.unwrap();
    file.write("second");
    // Too early: it has just run.
    assert_eq!(session.refused(&pass, 1501, &script).await, Ok(false));
    tokio::time::pause();
    tokio::time::advance(COMMAND_PAUSE).await;
    tokio::time::resume();
    assert_eq!(session.refused(&pass, 1501, &script).await, Ok(true));
    assert_eq!(token(&session, &script).await, "second");
}

#[tokio::test]
async fn a_token_that_no_header_takes_is_refused_without_being_shown() {
    let script = Script::default();
    let session = session_of(Credentials::Token("se\ncret".to_owned().into()));
    let error = session.pass(&script).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        "the token in IMTOP_TOKEN is empty or has characters in it that no token has"
    );
}

#[tokio::test(start_paused = true)]
async fn logins_and_displacements_are_counted_for_a_quarter_of_an_hour() {
    let (file, script) = (File::new("counted", "openIM123"), Script::default());
    let session = login(&file);
    assert_eq!((session.logins(), session.serial()), (Logins::default(), 0));
    let first = session.pass(&script).await.unwrap();
    assert_eq!((session.logins(), session.serial()), (Logins { made: 1, displaced: 0 }, 1));
    minutes(5).await;
    for _ in 0..3 {
        // Seen by several batches at once.
        assert_eq!(session.refused(&first, 1507, &script).await, Ok(true));
    }
    session.pass(&script).await.unwrap();
    assert_eq!((session.logins(), session.serial()), (Logins { made: 2, displaced: 1 }, 2));
    minutes(11).await;
    assert_eq!(session.logins(), Logins { made: 1, displaced: 1 });
    minutes(5).await;
    assert_eq!(session.logins(), Logins::default());
}

#[tokio::test(start_paused = true)]
async fn a_displaced_token_that_was_given_counts_as_well() {
    let session = session_of(Credentials::Token("token".to_owned().into()));
    let pass = session.pass(&Script::default()).await.unwrap();
    for code in [1501, 1507, 1506] {
        assert_eq!(session.refused(&pass, code, &Script::default()).await, Ok(false));
    }
    assert_eq!(session.logins(), Logins { made: 0, displaced: 1 });
}
