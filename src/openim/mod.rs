//! The server's protocol: requests, the answers of every release, the admin session, HTTP.
//!
//! Tokens and secrets live in this room and nowhere else. Everything that leaves it, errors
//! included, is free of them, visible-safe and bounded.
//!
//! ```text
//!   Client::ask
//!      |  question      one row for each: its path, its body, how its answer is read
//!      |  session       which admin token; logs in when it has to
//!      |  endpoint      the paths that can be asked, and no others
//!      |  body          bytes in, within a limit; unpacked only if they are new
//!      |  envelope      errCode -> error_code -> FetchError
//!      |  online_status three sieves: the body, the outline of its entries, the tokens
//!      |                what is new: entry -> token
//!      |  hints         what headers and shape of the answer say of the server
//!      |  gateways      who they are, which of them may be asked, what came of it
//!      v
//!   Observation { answer: Result<Answer, FetchError>, .. }
//!
//!   Client::group_members, all_users, nicknames
//!      |  listing       pages and chunks, by the same session and client
//!      v
//!   Result<Vec<..>, FetchError>
//!
//!   Client::unread, push_counters    about one user whom messages don't reach: delivery
//!
//!   Client::handshake, probe, identity   one look each: TLS, HTTP, the admin token
//! ```

mod body;
mod client;
mod credentials;
mod delivery;
mod endpoint;
mod entry;
mod entry_hashes;
mod envelope;
mod error_code;
mod failure;
mod gateways;
mod handshake;
mod hints;
mod identity;
mod json;
mod known_secrets;
mod listing;
mod login;
mod network;
mod online_status;
mod options;
mod origin;
mod private_file;
mod probe;
mod question;
mod redact;
mod screening;
mod session;
mod tls;
mod token;

pub use client::Client;
pub use credentials::{Credentials, read_secret};
pub use endpoint::Endpoint;
pub use failure::{retry_after_ms, transport_words};
pub use gateways::{GatewayAddress, GatewayRule, NoGatewayAddress};
pub use handshake::Handshake;
pub use identity::Identity;
pub use known_secrets::known_secrets;
pub use listing::Progress;
pub use network::{Network, NetworkError};
pub use online_status::{DeltaDecoder, read_online_status};
pub use options::{Destination, Options, SetupError};
pub use origin::{Origin, OriginError};
pub use private_file::check_private;
pub use probe::Probe;
pub use question::Asked;
pub use redact::{holds_token, without_secrets, without_tokens};
pub use tls::Tls;
pub use token::Keys;
