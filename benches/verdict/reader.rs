//! What a reader says, in the words that are scored.

/// What is said of a user. In the background is online: there is a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// There is a socket.
    Online,
    /// There is none.
    Offline,
    /// Unknown: the witnesses disagree, or one of them is silent.
    Doubtful,
    /// Unknown: the sockets have given no answer for too long, or none yet.
    Unheard,
}

/// What is said of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is there.
    Open,
    /// It is shown no more, but may be there.
    Unseen,
    /// Not a word.
    Absent,
}

/// Somebody who says who is connected.
pub trait Reader {
    /// What is said of the user now.
    fn word(&self, user: u32) -> Word;

    /// What is said of the user's connection of that platform now.
    fn connection(&self, user: u32, platform: i32) -> Sight;
}
