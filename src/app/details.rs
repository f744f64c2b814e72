//! What the detail of a user consists of, line by line, so that scrolling knows where it ends.
//!
//! The words and widths of the lines belong to `ui`; what there is to say, and its order, to this.

use std::collections::HashMap;

use crate::presence::{Fingerprint, Story, UserIx};

use super::model::Picture;

/// One line of the detail of a user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DetailLine<'a> {
    /// Nothing.
    Blank,
    /// A heading, with how many there are of what it heads.
    Heading(&'static str, usize),
    /// Label and group.
    Names,
    /// The presence, and why.
    Presence,
    /// Since when.
    Since,
    /// When the last answer about the user came.
    Answered,
    /// The batch in which the user is asked about.
    Batch,
    /// A connection: platform, whole connID, state.
    Connection(usize),
    /// When it appeared.
    FirstSeen(usize),
    /// For whom and what its token was issued.
    TokenHolder(usize),
    /// When its token was issued and expires.
    TokenTimes(usize),
    /// Other connections that were opened with the same token.
    TokenShared(usize),
    /// What happened to the user at one moment.
    Story(&'a Story),
    /// There is nothing of what the heading says.
    Nothing(&'static str),
}

impl DetailLine<'_> {
    /// Whether it heads the connections.
    pub fn is_of_connections(&self) -> bool {
        matches!(self, DetailLine::Heading(CONNECTIONS, _))
    }
}

/// Heading of the connections.
const CONNECTIONS: &str = "Connections";

/// The detail of a user, line by line.
pub fn detail_lines<'a>(picture: &Picture<'a>, user: UserIx) -> Vec<DetailLine<'a>> {
    let roster = picture.roster;
    let mut lines = Vec::new();
    if roster.list().label(user).is_some() || roster.list().group(user).is_some() {
        lines.push(DetailLine::Names);
    }
    lines.extend([DetailLine::Presence, DetailLine::Since, DetailLine::Answered, DetailLine::Batch]);
    let connections = roster.connections(user);
    lines.extend([DetailLine::Blank, DetailLine::Heading(CONNECTIONS, connections.len())]);
    if connections.is_empty() {
        lines.push(DetailLine::Nothing("none"));
    }
    // Counted once: a server may send thousands of connections for one user.
    let mut uses: HashMap<Fingerprint, usize> = HashMap::new();
    for token in connections.iter().filter_map(|tracked| tracked.connection.token.as_ref()) {
        *uses.entry(token.fingerprint).or_default() += 1;
    }
    for (at, tracked) in connections.iter().enumerate() {
        lines.extend([DetailLine::Connection(at), DetailLine::FirstSeen(at)]);
        if let Some(token) = &tracked.connection.token {
            lines.extend([DetailLine::TokenHolder(at), DetailLine::TokenTimes(at)]);
            if uses.get(&token.fingerprint).is_some_and(|uses| *uses > 1) {
                lines.push(DetailLine::TokenShared(at));
            }
        }
    }
    let stories: Vec<&Story> = picture.stories_of(user).collect();
    lines.extend([DetailLine::Blank, DetailLine::Heading("What happened, newest first", stories.len())]);
    if stories.is_empty() {
        lines.push(DetailLine::Nothing("nothing has changed since imtop watches"));
    }
    lines.extend(stories.into_iter().map(DetailLine::Story));
    lines
}
