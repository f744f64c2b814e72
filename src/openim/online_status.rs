//! Reads answers to `get_users_online_status` through three sieves, coarse to fine.
//!
//! 1. The whole body, as it came over the wire, is the batch's last one: nothing has changed.
//! 2. An entry's bytes are those of the last answer: that user has not changed.
//! 3. A changed entry carries a token that was seen before: its claims are known.
//!
//! An answer that is not about exactly the users asked, in their order, is read in full and
//! sifted by nothing: right first, fast second.

use std::sync::Arc;

use reqwest::header::HeaderMap;
use serde_json::value::RawValue;

use crate::presence::{
    Answer, BodyLength, FetchError, Hints, Logins, Oddities, UserIx, UserStatus, WatchList, WireShape,
};

use super::body::{Body, Packing};
use super::endpoint::Endpoint;
use super::entry::{Entry, Reader, UserVerdict, distinct};
use super::entry_hashes::EntryHashes;
use super::envelope::{self, undecodable};
use super::hints::{Gathered, shape_of};
use super::json::Object;
use super::redact::Redactor;
use super::screening::Screening;
use super::token::{Keys, KnownTokens};

/// At least so many tokens' claims are kept for one batch.
const FEWEST_TOKENS: usize = 64;

/// What an answer is about, and what it is read with.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) list: &'a WatchList,
    pub(super) batch: u32,
    pub(super) keys: &'a Keys,
    pub(super) redactor: &'a Redactor,
    /// Largest body, unpacked, in bytes.
    pub(super) limit: u64,
}

/// Reads the body of an answer about `batch` of `list`, as a client does. For benchmarks and tests.
///
/// # Errors
///
/// [`FetchError`] where the body is no answer, or a refusal.
pub fn read_online_status(
    body: &[u8],
    list: &WatchList,
    batch: u32,
    sieve: &mut DeltaDecoder,
    keys: &Keys,
) -> Result<(Answer, Oddities), FetchError> {
    let redactor = Redactor::default();
    let body = Body { wire: body.into(), packing: Packing::Plain };
    sieve.sift(&body, About { list, batch, keys, redactor: &redactor, limit: u64::MAX })
}

/// What is remembered of a batch's last answer, to tell what has changed since.
///
/// Belongs to one batch of one watch list; used with another it starts afresh. Every
/// [`Answer::Changed`] that comes out has to reach the roster, as the next one builds on it.
#[derive(Debug, Default)]
pub struct DeltaDecoder {
    /// Generation of the watch list and number of the batch.
    about: Option<(u32, u32)>,
    /// The last good body.
    body: Option<Good>,
    /// Of the last good body; `None` where it was not about the users asked, in their order.
    outline: Option<EntryHashes>,
    tokens: KnownTokens,
    unpacked: u64,
    /// Length, unpacked, of the last body; `None` where it could not be unpacked.
    length: Option<u64>,
    /// How the last body with a user in it was written.
    shape: Option<WireShape>,
    hints: Gathered,
}

/// A good body.
#[derive(Debug)]
struct Good {
    /// Hash and length as it came over the wire.
    id: (u64, usize),
    /// Length, unpacked.
    length: u64,
    oddities: Oddities,
}

impl DeltaDecoder {
    /// How many tokens' claims were decoded so far.
    pub fn claims_decoded(&self) -> u64 {
        self.tokens.decoded()
    }

    /// How many compressed bodies were unpacked so far.
    pub fn bodies_unpacked(&self) -> u64 {
        self.unpacked
    }

    /// Reads a body as it came over the wire, packed or not.
    ///
    /// # Errors
    ///
    /// [`FetchError`] where the body is no answer, or a refusal. The next good answer is read right
    /// all the same.
    pub(super) fn sift(
        &mut self,
        body: &Body<'_>,
        about: About<'_>,
    ) -> Result<(Answer, Oddities), FetchError> {
        self.turn_to(about.list, about.batch);
        let id = (about.keys.hash(&body.wire), body.wire.len());
        if let Some(good) = self.body.as_ref().filter(|good| good.id == id) {
            self.length = Some(good.length);
            return Ok((Answer::Same, good.oddities));
        }
        self.length = None;
        self.unpacked += u64::from(body.packing == Packing::Gzip);
        let json = body.unpack(about.limit)?;
        let length = json.len() as u64;
        self.length = Some(length);
        self.shape = shape_of(&json).or(self.shape);
        self.tokens.bound(about.list.batch(about.batch).len().max(FEWEST_TOKENS) * 4);
        if let Some(changed) = self.skim(&json, about) {
            self.body = Some(Good { id, length, oddities: Oddities::default() });
            return Ok((Answer::Changed(changed), Oddities::default()));
        }
        let entries: Option<Vec<&RawValue>> = envelope::data(&json, Endpoint::OnlineStatus, about.redactor)?;
        let entries = entries.unwrap_or_default();
        let (changed, oddities) = self.read(&json, &entries, about);
        if !changed.is_empty() && changed.iter().all(|(_, status)| *status == UserStatus::Missing) {
            self.outline = None;
            return Err(undecodable("it says nothing of the users that were asked about"));
        }
        self.body = Some(Good { id, length, oddities });
        Ok((Answer::Changed(changed), oddities))
    }

    /// The hints in an answer with these headers, whose body was sifted last; `None` where there was no
    /// answer.
    pub(super) fn hints(
        &mut self,
        headers: &HeaderMap,
        body: Option<&Body<'_>>,
        logins: Logins,
        redactor: &Redactor,
    ) -> Option<Arc<Hints>> {
        let body = body.map(|body| BodyLength {
            gzip: body.packing == Packing::Gzip,
            wire: body.wire.len() as u64,
            unpacked: self.length,
        });
        self.hints.gather(headers, body, self.shape, logins, redactor)
    }

    /// Makes sure that what is remembered is about this batch.
    fn turn_to(&mut self, list: &WatchList, batch: u32) {
        let about = Some((list.generation(), batch));
        if self.about != about {
            self.about = about;
            self.body = None;
            self.outline = None;
        }
    }

    /// The second sieve: the users whose entries differ from the last answer's, which was in order.
    /// `None` where this one may be about others, or is no answer at all.
    fn skim(&mut self, json: &[u8], about: About<'_>) -> Option<Vec<(UserIx, UserStatus)>> {
        // Where it fails half-way it must not be taken for the last answer.
        let mut outline = self.outline.take()?;
        let first = about.list.batch(about.batch).start;
        let mut changed = Vec::new();
        let screening = Screening::of(about.redactor, json);
        let mut reader = Reader { keys: about.keys, screening: &screening, known: &mut self.tokens };
        let whole = outline.differing(json, about.keys, |place, Object(entry): Object<Entry<'_>>| {
            changed.push(reader.read_of(UserIx(first + place as u32), &entry, about.list)?);
            Some(())
        });
        whole?;
        self.outline = Some(outline);
        Some(changed)
    }

    /// Reads all entries, and says something of everybody who was asked for.
    fn read(
        &mut self,
        json: &[u8],
        entries: &[&RawValue],
        about: About<'_>,
    ) -> (Vec<(UserIx, UserStatus)>, Oddities) {
        let users = about.list.batch(about.batch);
        let screening = Screening::of(about.redactor, json);
        let mut reader = Reader { keys: about.keys, screening: &screening, known: &mut self.tokens };
        if entries.len() == users.len() {
            let in_order: Option<Vec<_>> = users
                .clone()
                .zip(entries)
                .map(|(user, entry)| {
                    let Object(entry) = serde_json::from_str(entry.get()).ok()?;
                    reader.read_of(UserIx(user), &entry, about.list)
                })
                .collect();
            if let Some(all) = in_order {
                self.outline = EntryHashes::of(json, entries, about.keys);
                return (all, Oddities::default());
            }
        }
        read_all(entries, about.list, users, &mut reader)
    }
}

impl Reader<'_> {
    /// What an entry says of `user`; `None` where it is about somebody else.
    fn read_of(&mut self, user: UserIx, entry: &Entry<'_>, list: &WatchList) -> Option<(UserIx, UserStatus)> {
        (entry.user.0 == list.raw_id(user)).then(|| (user, self.read(entry)))
    }
}

/// Reads an answer whose entries may be in any order, repeated, missing, foreign or unreadable;
/// says something of everybody who was asked for.
fn read_all(
    entries: &[&RawValue],
    list: &WatchList,
    users: std::ops::Range<u32>,
    reader: &mut Reader<'_>,
) -> (Vec<(UserIx, UserStatus)>, Oddities) {
    let mut oddities = Oddities::default();
    let mut said: Vec<Option<UserStatus>> = vec![None; users.len()];
    for entry in entries {
        let read = serde_json::from_str::<Object<Entry<'_>>>(entry.get()).ok();
        let owner = if let Some(Object(entry)) = &read {
            list.find(&entry.user.0)
        } else {
            oddities.unreadable += 1;
            let Ok(Object(owner)) = serde_json::from_str::<Object<UserVerdict<'_>>>(entry.get()) else {
                continue;
            };
            list.find(&owner.user.0)
        };
        let Some(user) = owner.filter(|user| users.contains(&user.0)) else {
            oddities.foreign += u32::from(read.is_some());
            continue;
        };
        let status = read.map_or(UserStatus::Unclear, |Object(entry)| reader.read(&entry));
        let slot = &mut said[(user.0 - users.start) as usize];
        oddities.repeated += u32::from(slot.is_some());
        *slot = Some(match slot.take() {
            None => status,
            Some(earlier) => both(earlier, status),
        });
    }
    let said = said.into_iter().map(|status| status.unwrap_or(UserStatus::Missing));
    (users.map(UserIx).zip(said).collect(), oddities)
}

/// What two entries about one user say together. A connection outweighs everything, a doubt
/// outweighs "offline".
fn both(one: UserStatus, other: UserStatus) -> UserStatus {
    match (one, other) {
        (UserStatus::Online(mut all), UserStatus::Online(more)) => {
            all.extend(more);
            UserStatus::Online(distinct(all))
        }
        (online @ UserStatus::Online(_), _) | (_, online @ UserStatus::Online(_)) => online,
        (UserStatus::Unclear, _) | (_, UserStatus::Unclear) => UserStatus::Unclear,
        (_, other) => other,
    }
}

#[cfg(test)]
mod tests;
