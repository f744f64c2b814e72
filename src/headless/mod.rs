//! What runs without a terminal: the same intake and the same chronicle as the live view, followed by
//! whoever writes it down.

mod first_round;
mod follow;
mod frame;
mod gather;

pub use first_round::{FirstRound, Stage};
pub use follow::{About, Ended, Follower, Round};
pub use frame::{SIZE, frame_of};
pub use gather::gather;
