//! Whom to watch, before the first question about them: what arguments and file say, and the lists and
//! labels of the server, each read once.

use crate::config::Watched;
use crate::feed::ServerList;
use crate::intake::{self, list_name};
use crate::openim::{Client, Progress};
use crate::presence::FetchError;
use crate::watching::Watching;

/// Users in one question about what they are called.
const LABELS_AT_ONCE: usize = 500;

/// Reads everything that `watched` names; `told` hears how far the reading of all users is. Also what
/// could not be had and can be done without: the labels.
///
/// # Errors
/// A list of the server cannot be read.
pub async fn gather(
    client: &Client,
    watched: &Watched,
    batch: u32,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<(Watching, Option<String>), FetchError> {
    let mut watching = intake::watching(watched, batch);
    for list in intake::server_lists(watched) {
        let users = match &list {
            ServerList::Group(group) => client.group_members(group).await?,
            ServerList::All => client.all_users(&mut *told).await?,
        };
        watching.server.insert(list_name(&list), users);
    }
    if watched.labels_from_server {
        let list = watching.list(1);
        let unnamed: Vec<String> =
            list.entries().filter(|entry| entry.label.is_none()).map(|entry| entry.id).collect();
        for chunk in unnamed.chunks(LABELS_AT_ONCE) {
            match client.nicknames(chunk).await {
                Ok(names) => watching.learn(names),
                Err(error) => return Ok((watching, Some(format!("labels are missing: {error}")))),
            }
        }
    }
    Ok((watching, None))
}
