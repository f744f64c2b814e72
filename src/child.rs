//! Programs that imtop starts: ended together with what they started, and heard no longer than to a limit.

use std::pin::Pin;

use tokio::io::{AsyncRead, ReadBuf};

/// The processes of a program that leads a group; ended together when this is dropped.
pub(crate) struct Group(Option<rustix::process::Pid>);

impl Group {
    /// The group that a child leads.
    pub(crate) fn of(child: &tokio::process::Child) -> Group {
        Group(child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())))
    }

    /// The program has ended by itself; what it left running on purpose may go on.
    pub(crate) fn release(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // It may have ended by itself meanwhile.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

/// What a pipe gives until it is closed; what comes after the first `limit` bytes and one more is dropped.
pub(crate) async fn read_some(pipe: Option<impl AsyncRead + Unpin>, limit: usize) -> Vec<u8> {
    let (mut out, mut chunk) = (Vec::new(), [0; 1024]);
    let Some(mut pipe) = pipe else { return out };
    loop {
        let mut buffer = ReadBuf::new(&mut chunk);
        let read = std::future::poll_fn(|cx| Pin::new(&mut pipe).poll_read(cx, &mut buffer)).await;
        if read.is_err() || buffer.filled().is_empty() {
            return out;
        }
        let room = (limit + 1).saturating_sub(out.len());
        out.extend(buffer.filled().iter().take(room));
    }
}
