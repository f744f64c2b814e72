//! What a server says when it is asked.

use imtop::presence::{FetchError, GatewaySign, Platform, Question};

/// A server, recorded or made up, of whose users is known who was connected. Users go by their place.
pub trait Server: Send + Sync + 'static {
    /// What it says to a question about `users` that is put at `at`, in unix milliseconds. Questions come
    /// in the order of time.
    fn reply(&self, question: Question, users: &[u32], at: i64) -> Reply;
}

/// What a server says, and after how long.
#[derive(Clone, Debug)]
pub struct Reply {
    /// In milliseconds.
    pub took: u64,
    /// What it says.
    pub told: Result<Told, FetchError>,
}

/// On which platforms a user is online.
pub type OnPlatforms = (u32, Box<[Platform]>);

/// How many connections a user has on which platform.
pub type Counted = (u32, Box<[(Platform, u32)]>);

/// What a server says.
#[derive(Clone, Debug)]
pub enum Told {
    /// Of the sockets: the body of the answer.
    Body(String),
    /// Of the registry: on which platforms each user is online.
    Registry(Vec<OnPlatforms>),
    /// Of the tokens: how many connections on which platform each user has.
    Tokens(Vec<Counted>),
    /// Of the gateways: the address of each one's metrics, and its sign of life.
    Gateways(Vec<GatewaySign>),
    /// Of the accounts: those whom it does not have.
    Unregistered(Vec<u32>),
    /// Nothing yet: a gateway hangs. To be asked again after so long, as a part of the same question.
    Again,
}

impl Reply {
    /// As from a server that lacks the question.
    pub fn refused() -> Reply {
        Reply { took: 1, told: Err(FetchError::Http { status: 404 }) }
    }
}
