//! A program that is run: without a shell, with the alert as JSON on its standard input.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::process::Command;
use tracing::info;

use super::notice::Notice;
use super::receivers::Failure;
use crate::child::{Group, read_some};
use crate::openim::without_tokens;
use crate::presence::visible_bounded;

/// A program has to end within this time.
pub const EXEC_PATIENCE: Duration = Duration::from_secs(30);

/// So much of what it writes is logged, in bytes.
const OUTPUT: usize = 4 * 1024;

/// A program that is told of alerts.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its file.
    pub file: PathBuf,
    /// It has to end within this time.
    pub patience: Duration,
}

impl Program {
    /// Runs it to its end; what it writes goes into the log.
    ///
    /// # Errors
    /// It cannot be started, fails, or does not end in time. None of that is tried again.
    pub(super) async fn tell(&self, notice: &Notice) -> Result<(), Failure> {
        let mut command = Command::new(&self.file);
        // Credentials come in variables of that name, and are nobody's business.
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"IMTOP_"))
        {
            command.env_remove(name);
        }
        command
            .env("IMTOP_ALERT", &notice.alert)
            .env("IMTOP_ALERT_STATUS", notice.status.word())
            .env("IMTOP_ALERT_SEVERITY", notice.severity)
            .env("IMTOP_ALERT_SERVER", notice.server.name())
            .env("IMTOP_ALERT_TEXT", &notice.text)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .process_group(0);
        let mut child = command.spawn().map_err(|error| Failure::Final(not_started(&self.file, &error)))?;
        let group = Group::of(&child);
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let mut line = notice.json();
        line.push(b'\n');
        let done = tokio::time::timeout(self.patience, async {
            // One that does not read is no failure: the variables may be enough for it.
            let told = async {
                if let Some(mut stdin) = stdin {
                    write_all(&mut stdin, &line).await;
                }
            };
            let ((), out, err) = tokio::join!(told, read_some(stdout, OUTPUT), read_some(stderr, OUTPUT));
            (out, err, child.wait().await)
        });
        let Ok((out, err, status)) = done.await else {
            drop(group);
            return Err(Failure::Final(format!(
                "it did not end within {} s, and was killed",
                self.patience.as_secs_f64()
            )));
        };
        group.release();
        let said = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            visible_bounded(without_tokens(text.trim()).as_ref(), 400)
        };
        let (out, err) = (said(&out), said(&err));
        let status = status.map_err(|_| Failure::Final("it cannot be waited for".to_owned()))?;
        info!(file = %self.file.display(), %status, stdout = %out, stderr = %err, "alert program");
        if status.success() {
            return Ok(());
        }
        let why = if err.is_empty() { String::new() } else { format!(": {}", visible_bounded(&err, 120)) };
        Err(Failure::Final(format!("it ended with {status}{why}")))
    }
}

async fn write_all(pipe: &mut (impl AsyncWrite + Unpin), mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let written = std::future::poll_fn(|cx| std::pin::Pin::new(&mut *pipe).poll_write(cx, bytes)).await;
        match written {
            Ok(written @ 1..) => bytes = bytes.get(written..).unwrap_or_default(),
            _ => return,
        }
    }
}

fn not_started(file: &Path, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("no such program, or what its first line names is not there: {}", shown(file))
        }
        std::io::ErrorKind::PermissionDenied => format!("it may not be run: chmod +x {}", shown(file)),
        _ => format!("it cannot be started: {error}"),
    }
}

fn shown(file: &Path) -> String {
    visible_bounded(&file.display().to_string(), 120)
}
