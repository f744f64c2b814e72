//! Reads watch lists on a thread of its own, so that a long one holds up nobody.

use std::convert::Infallible;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{SettingsError, Watched, Whom};

/// Lists that are being read. The thread ends with the program where this is given up.
#[derive(Debug)]
pub struct Reading {
    news: UnboundedReceiver<ReadNews>,
    /// Closed when all is read.
    done: Receiver<Infallible>,
}

/// What is heard of lists that are being read.
#[derive(Debug)]
pub enum ReadNews {
    /// So many users of this list were read.
    Progress(String, usize),
    /// All is read.
    Read(Result<Box<Watched>, SettingsError>),
}

impl Reading {
    /// Begins to read.
    ///
    /// # Errors
    /// The system gives us no thread.
    pub fn begin(whom: Whom) -> io::Result<Reading> {
        let ((words, news), (reads, done)) = (unbounded_channel(), channel());
        std::thread::Builder::new().name("watch list".to_owned()).spawn(move || {
            // Nobody listens once the view has ended.
            let mut told = |list: &str, users| drop(words.send(ReadNews::Progress(list.to_owned(), users)));
            let read = whom.read(&mut told);
            let _ = words.send(ReadNews::Read(read.map(Box::new)));
            drop::<std::sync::mpsc::Sender<Infallible>>(reads);
        })?;
        Ok(Reading { news, done })
    }

    /// What was read, if that takes no longer than so.
    pub fn within(&mut self, patience: Duration) -> Option<Result<Watched, SettingsError>> {
        if self.done.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            return None;
        }
        std::iter::from_fn(|| self.news.try_recv().ok()).find_map(|news| match news {
            ReadNews::Read(read) => Some(read.map(|watched| *watched)),
            ReadNews::Progress(..) => None,
        })
    }

    /// What is heard next; `None` after the last word.
    pub async fn next(&mut self) -> Option<ReadNews> {
        self.news.recv().await
    }
}
