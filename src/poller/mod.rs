//! Where observations come from: a [`Source`] that answers questions, and the [`Poller`] that asks it
//! about a watch list, again and again. Beside it, slowly: watch lists that the server keeps
//! ([`follow_list`]), and what users are called ([`Labels`]).
//!
//! Knows nothing of screens: what it learns goes out as observations over a channel.

mod asking;
mod backoff;
mod inquiries;
mod labels;
mod lanes;
mod listing;
mod new_connections;
mod schedule;
mod silent_users;

use std::future::Future;
use std::sync::Arc;

use crate::openim::{Client, DeltaDecoder};
use crate::presence::{Moment, Observation, WatchList};

pub use crate::openim::{Asked, Progress};
pub use asking::{Asking, AtOnce, Pace, Poller};
pub use backoff::delay;
pub use labels::{Labels, NameSource};
pub use listing::{ListNews, ListSource, ServerList, follow_list};

/// Reads both clocks; passed in, so that tests can be told the time.
pub type Now = Arc<dyn Fn() -> Moment + Send + Sync>;

/// Something that can be asked who is connected.
pub trait Source: Send + Sync + 'static {
    /// What it keeps of the last answer about a batch, so as to see quickly what has changed.
    type Memory: Default + Send + 'static;

    /// Asks one question about users of `list`. A failure leaves `memory` usable; it is the batch's at the
    /// sockets, and a new one with each question to another witness. Whoever has no such witness answers
    /// as a server that lacks the question. When it was asked, and when it is asked again, is put in by
    /// the poller.
    fn ask(
        &self,
        list: &WatchList,
        asked: &Asked,
        memory: &mut Self::Memory,
    ) -> impl Future<Output = Observation> + Send;

    /// Changes whenever other credentials are in use than before, so that what refused the old ones
    /// may not refuse these.
    fn credentials_in_use(&self) -> u64 {
        0
    }

    /// Whether the credentials have changed since they were last used, so that a refusal may be void.
    fn credentials_changed(&self) -> impl Future<Output = bool> + Send {
        std::future::ready(false)
    }

    /// The user wants an answer now: a pause that the source makes of its own, and that protects
    /// nobody else, is over.
    fn waive_pause(&self) {}
}

impl Source for Client {
    type Memory = DeltaDecoder;

    async fn ask(&self, list: &WatchList, asked: &Asked, memory: &mut DeltaDecoder) -> Observation {
        Client::ask(self, list, asked, memory).await
    }

    fn credentials_in_use(&self) -> u64 {
        Client::credentials_in_use(self)
    }

    async fn credentials_changed(&self) -> bool {
        Client::credentials_changed(self).await
    }

    fn waive_pause(&self) {
        Client::waive_pause(self);
    }
}
