//! Where the admin token comes from, and how secrets are read from files and commands.

use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::child::{Group, read_some};
use crate::presence::{FetchError, visible_bounded};
use crate::words;

use super::private_file::{Problem, read_private};
use super::redact::Redactor;

/// Longest secret, in bytes.
const LIMIT: usize = 16 * 1024;
/// Longest time that a command may take, if the time for a request is longer.
const LONGEST_COMMAND: Duration = Duration::from_secs(30);
/// Longest path that is shown, in characters.
const PATH_LIMIT: usize = 120;

/// Where the admin token comes from.
#[derive(Clone)]
pub enum Credentials {
    /// A file with nothing but the token; read again when it changes.
    TokenFile(PathBuf),
    /// A command for `sh -c` that prints the token; run again when the token is refused.
    TokenCommand(String),
    /// The token itself, as from the environment.
    Token(SecretString),
    /// Log in as an app manager, which displaces other holders of that ID.
    Login {
        /// A file with nothing but the secret of the server's `share.yml`.
        secret_file: PathBuf,
        /// The app manager's user ID.
        admin_id: String,
    },
}

impl Credentials {
    /// The token itself, without what a shell, an editor or a file of variables left around it.
    pub fn of_token(text: &SecretString) -> Credentials {
        Credentials::Token(bare(text.expose_secret()).into())
    }

    /// The name of the setting that they come from.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Credentials::TokenFile(_) => "token-file",
            Credentials::TokenCommand(_) => "token-command",
            Credentials::Token(_) => "IMTOP_TOKEN",
            Credentials::Login { .. } => "secret-file",
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credentials::TokenFile(_) => "TokenFile(..)",
            // A command line may have a password in it.
            Credentials::TokenCommand(_) => "TokenCommand(..)",
            Credentials::Token(_) => "Token(..)",
            Credentials::Login { .. } => "Login(..)",
        })
    }
}

/// Changes when a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    place: (u64, u64),
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Reads the stamp of a file; `None` where there is no such file or it cannot be asked for.
pub(super) async fn stamp(path: &Path) -> Option<Stamp> {
    let path = path.to_owned();
    blocking(move || std::fs::metadata(path).ok().map(|metadata| stamp_of(&metadata))).await.flatten()
}

fn stamp_of(metadata: &std::fs::Metadata) -> Stamp {
    Stamp {
        place: (metadata.dev(), metadata.ino()),
        length: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    }
}

/// Reads a file that holds one secret and nothing else; messages say what it is `called`.
///
/// # Errors
///
/// [`FetchError::Credentials`] with the file's name: it is not there, others can read it, or what
/// is in it is no secret.
pub(super) async fn read_file(
    path: &Path,
    called: &'static str,
) -> Result<(SecretString, Stamp), FetchError> {
    let owned = path.to_owned();
    let read = blocking(move || read_blocking(&owned)).await;
    let (what, advice) = match read {
        Some(Ok(read)) => return Ok(read),
        Some(Err(problem)) => problem,
        None => ("it cannot be read", "try again"),
    };
    let path = visible_bounded(&path.display().to_string(), PATH_LIMIT);
    Err(FetchError::Credentials { what: format!("cannot use the {called} {path}: {what}").into(), advice })
}

/// Reads a file that holds one secret and nothing else, as an address with a key in it.
///
/// # Errors
///
/// What is wrong with the file, and what to do about it.
pub fn read_secret(path: &Path) -> Result<SecretString, Problem> {
    let (bytes, _) = read_private(path, LIMIT, "name a plain file")?;
    secret(bytes).map_err(|what| (what, "put the secret into it, and nothing else"))
}

/// Runs `work` where it holds up nobody; `None` where it panicked.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

fn read_blocking(path: &Path) -> Result<(SecretString, Stamp), Problem> {
    let (bytes, metadata) = read_private(path, LIMIT, "name a file, or use --token-command")?;
    let secret = secret(bytes).map_err(|what| (what, "put the token or secret into it, and nothing else"))?;
    Ok((secret, stamp_of(&metadata)))
}

/// The secret that `bytes` hold, without the white space around it.
fn secret(bytes: Vec<u8>) -> Result<SecretString, &'static str> {
    if bytes.len() > LIMIT {
        return Err("it is too long for a secret");
    }
    let text = SecretString::from(String::from_utf8(bytes).map_err(|_| "it is not UTF-8")?);
    let trimmed = bare(text.expose_secret());
    if trimmed.is_empty() {
        return Err("it is empty");
    }
    if trimmed.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("there is white space within it");
    }
    Ok(trimmed.to_owned().into())
}

/// Without white space and byte-order marks around it, which editors and other programs leave there.
pub(super) fn bare(secret: &str) -> &str {
    secret.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// Whether a token can stand in a header.
pub(super) fn is_sendable(token: &SecretString) -> bool {
    let token = token.expose_secret();
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Runs `command` in a shell, and takes what it prints for a token.
///
/// # Errors
///
/// [`FetchError::Credentials`] where it fails, takes longer than `timeout` or 30 s, or prints no
/// token; its standard error is shown, without what looks like a secret.
pub(super) async fn run(command: &str, timeout: Duration) -> Result<SecretString, FetchError> {
    let limit = timeout.min(LONGEST_COMMAND);
    let failed = |what: String, advice| FetchError::Credentials { what: what.into(), advice };
    let Ok(mut child) = spawn(command) else {
        return Err(failed(
            "the token command cannot be started".to_owned(),
            words!("check that sh is there"),
        ));
    };
    let group = Group::of(&child);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let done = tokio::time::timeout(limit, async {
        let (out, err) = tokio::join!(read_some(stdout, LIMIT), read_some(stderr, LIMIT));
        (out, err, child.wait().await)
    });
    let Ok((out, err, status)) = done.await else {
        drop(group);
        return Err(failed(
            format!("the token command did not finish within {} s", limit.as_secs_f64()),
            words!("it has to end without asking for anything; --timeout waits longer, up to 30 s"),
        ));
    };
    group.release();
    if !status.is_ok_and(|status| status.success()) {
        let said = String::from_utf8_lossy(&err);
        // Whatever it printed as a token must not come back in what it complains of.
        let printed = String::from_utf8_lossy(&out);
        let said = Redactor::new(printed.split_whitespace()).clean(said.trim());
        let said = if said.is_empty() { "it says nothing".to_owned() } else { said };
        return Err(failed(format!("the token command failed: {said}"), words!("run it by hand in a shell")));
    }
    secret(out).map_err(|what| {
        failed(format!("the token command's output: {what}"), words!("it has to print the token alone"))
    })
}

/// Starts `command` as the leader of a process group, and of a session without a terminal: what it
/// writes to `/dev/tty` would go over the picture, and what it reads there would be our keys.
///
/// Only the `setsid` program begins a session for a child without `unsafe`. It replaces itself by the
/// shell, so the child stays the leader. Where there is none (macOS), the shell gets a group alone.
fn spawn(command: &str) -> io::Result<tokio::process::Child> {
    let piped = |program| {
        let mut shell = tokio::process::Command::new(program);
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        shell
    };
    // No `process_group` here: a leader cannot begin a session, and `setsid` would leave it to a fork.
    match piped("setsid").args(["sh", "-c", command]).spawn() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            piped("sh").args(["-c", command]).process_group(0).spawn()
        }
        spawned => spawned,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, Read as _};
    use std::sync::mpsc;

    use tokio::sync::oneshot;

    use super::*;

    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl";

    fn what(error: &FetchError) -> String {
        assert!(matches!(error, FetchError::Credentials { .. }));
        assert!(!error.advice().is_empty());
        error.to_string()
    }

    #[test]
    fn a_secret_is_one_word() {
        let read = |bytes: &[u8]| secret(bytes.to_vec()).map(|secret| secret.expose_secret().to_owned());
        assert_eq!(read(b"\xef\xbb\xbf abc\r\n").as_deref(), Ok("abc"));
        assert_eq!(read(b"abc\r\n\xef\xbb\xbf").as_deref(), Ok("abc"));
        assert_eq!(read(b" \n"), Err("it is empty"));
        assert_eq!(read(b"a b"), Err("there is white space within it"));
        assert_eq!(read(b"a\0b"), Err("there is white space within it"));
        assert_eq!(read(b"\xff"), Err("it is not UTF-8"));
        assert_eq!(read(&vec![b'x'; LIMIT + 1]), Err("it is too long for a secret"));
    }

    #[tokio::test]
    async fn a_command_prints_the_token_and_nothing_else() {
        let run = async |command: &str| run(command, LONGEST_COMMAND).await;
        let token = run(&format!("echo {TOKEN}")).await.unwrap();
        assert_eq!(token.expose_secret(), TOKEN);
        assert_eq!(what(&run("true").await.unwrap_err()), "the token command's output: it is empty");
        assert_eq!(
            what(&run(&format!("echo vault is sealed, {TOKEN} >&2; exit 3")).await.unwrap_err()),
            "the token command failed: vault is sealed, <redacted>"
        );
        assert_eq!(
            what(&run("echo openIM123; echo wrong openIM123 >&2; exit 3").await.unwrap_err()),
            "the token command failed: wrong <redacted>"
        );
        assert_eq!(what(&run("exit 1").await.unwrap_err()), "the token command failed: it says nothing");
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_ended_with_its_children() {
        let error = run("sleep 600 | cat", Duration::from_millis(50)).await.unwrap_err();
        assert_eq!(what(&error), "the token command did not finish within 0.05 s");
        assert!(error.advice().contains("--timeout"));
    }

    /// Waits, on a thread of its own, for a line from the named pipe at `path`, and for its end: it
    /// comes when the last process that can write to it is gone.
    fn listen(path: PathBuf) -> (oneshot::Receiver<()>, mpsc::Receiver<()>) {
        let ((up, came_up), (gone, all_gone)) = (oneshot::channel(), mpsc::channel());
        std::thread::spawn(move || {
            let mut pipe = io::BufReader::new(std::fs::File::open(&path).unwrap());
            pipe.read_line(&mut String::new()).unwrap();
            up.send(()).unwrap();
            pipe.read_to_end(&mut Vec::new()).unwrap();
            let _ = std::fs::remove_file(&path);
            let _ = gone.send(());
        });
        (came_up, all_gone)
    }

    #[tokio::test]
    async fn a_command_that_is_given_up_is_ended_with_its_children() {
        let path = std::env::temp_dir().join(format!("imtop-given-up-{}", std::process::id()));
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let command = format!("exec 3>'{}'; echo up >&3; sleep 97532 | cat", path.display());
        let (came_up, all_gone) = listen(path);
        tokio::select! {
            token = run(&command, LONGEST_COMMAND) => panic!("{:?}", token.err()),
            up = came_up => up.unwrap(),
        }
        assert_eq!(all_gone.recv_timeout(LONGEST_COMMAND), Ok(()));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_command_leads_a_session_of_its_own() {
        // So it has no terminal. The sixth word of a process's `stat` is its session.
        let command = "read -r _ _ _ _ _ session _ </proc/$$/stat; [ $session = $$ ] && echo own";
        assert_eq!(run(command, LONGEST_COMMAND).await.unwrap().expose_secret(), "own");
    }

    #[test]
    fn nothing_that_holds_a_secret_shows_it() {
        let all =
            [Credentials::Token(TOKEN.to_owned().into()), Credentials::TokenCommand(format!("echo {TOKEN}"))];
        assert_eq!(format!("{all:?}"), "[Token(..), TokenCommand(..)]");
    }
}
