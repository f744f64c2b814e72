//! What works between here and the server, step by step, and what to do where it does not.
//!
//! Each file looks at one thing: it asks (where it has to), and judges what came in a function that knows
//! nothing but the facts, so that every sentence is tested. A step runs only when what it needs worked:
//!
//! ```text
//!   configuration
//!     |  name -> tcp -> tls -> http -> clock
//!     |                         |
//!     |  token  (a login needs http)
//!     |     \__ admin rights __/
//!     |           |  answer, latency
//!     |  watch list  (the server's lists need the rights)
//!   terminal, files
//! ```
//!
//! Everything asked over HTTP goes through [`openim::Client`](crate::openim::Client), with its list of
//! paths. No step keeps or shows a token, a secret or the address of a proxy.

mod certificate;
mod clock;
mod configuration;
mod dialogue;
mod examine;
mod files;
mod http;
mod json;
mod latency;
mod name;
mod report;
mod rights;
mod shape;
mod step;
mod tcp;
mod terminal;
mod tls;
mod token;
mod verdict;
mod watch_list;

pub use examine::Doctor;
pub use files::Wanted;
pub use json::object;
pub use report::Paper;
pub use step::{Outcome, Part, Step};
pub use terminal::{Screen, Through};
pub use verdict::Verdict;
