//! The engine: one [`Session`] under every frontend.
//!
//! A session owns its source, what is known, the way back in time, and the recording that is made of it.
//! A frontend awaits [`Session::next`], reads [`Session::state`] and sends [`Command`]s. A live server and
//! a recording are two sources of the same session, behind one trait ([`Source`]).
//!
//! Knows nothing of how anything is shown or written.

mod index;
mod live;
mod markers;
mod play_clock;
mod replay;
mod rewind;
mod round;
mod session;
mod source;
mod stores;
mod watched;

pub use live::{Live, gather};
pub use markers::{Incident, Markers, Point};
pub use replay::{Playing, Replay};
pub use rewind::Rewind;
pub use round::Round;
pub use session::{About, Recording, Session, Shown};
pub use source::{Command, Ended, Source, Told, Wait};
pub use stores::Store;
pub use watched::Watching;

pub use crate::poller::AtOnce;
