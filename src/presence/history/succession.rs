//! How connections took each other's place.
//!
//! A client that reconnects is seen in one of three ways: one answer has the new connection in place
//! of the old one; or the old one is gone for an answer or two; or, where the old socket died without
//! a word, both are there until the server gives it up.

use super::past::{ConnTag, Happened, Happening, Past};
use crate::presence::platform::Platform;
use crate::presence::token::ShortFingerprint;

/// Who is back within this time took up again what was gone; later it is another visit. Clients try
/// again after a second or a few, and one answer in between may show neither connection.
const RETURN_MS: u64 = 10_000;

/// A dead socket is listed for up to 30 s beside the one that took its place (open-im-server
/// `msggateway/constant.go`, the read deadline); and then it takes until the next answer.
const OVERLAP_MS: u64 = 35_000;

/// A connection took the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Succession {
    /// The first answer with it arrived then, on the monotonic clock.
    pub at_ms: u64,
    /// The platform of the one that is gone.
    pub from: Platform,
    /// The platform of the one that is there.
    pub to: Platform,
    /// The session token of the one that is gone.
    pub old: Option<ShortFingerprint>,
    /// The session token of the one that is there.
    pub new: Option<ShortFingerprint>,
}

impl Succession {
    /// Whether another session took over: both tokens are known, and they differ.
    pub fn is_handover(&self) -> bool {
        self.old.zip(self.new).is_some_and(|(old, new)| old != new)
    }
}

#[derive(Clone, Copy)]
struct Loose {
    at_ms: u64,
    platform: Platform,
    tag: ConnTag,
}

impl Past {
    /// Each time that a connection took the place of another, oldest first, as far as that is kept;
    /// `one_place` says whether connections of two platforms can take each other's place.
    ///
    /// That is so where one answer shows the new one instead of the old one, where the new one
    /// appears within 10 s after the old one was gone, or where the old one is gone within 10 s after
    /// the new one appeared; within 35 s if both were opened with the same session token.
    pub fn successions(&self, one_place: impl Fn(Platform, Platform) -> bool) -> Vec<Succession> {
        let mut found = Vec::new();
        let (mut closed, mut opened) = (Vec::<Loose>::new(), Vec::<Loose>::new());
        for &Happening { at_ms, what } in self.happened() {
            let near = |loose: &Loose, platform, limit_ms| {
                one_place(loose.platform, platform) && at_ms.saturating_sub(loose.at_ms) <= limit_ms
            };
            let mut succeed = |old: Loose, new: Loose| {
                let (from, to) = (old.platform, new.platform);
                found.push(Succession { at_ms, from, to, old: old.tag.token, new: new.tag.token });
            };
            match what {
                Happened::Replaced { platform, old, new } => {
                    for loose in opened.iter_mut().filter(|loose| loose.tag.id == old.id) {
                        loose.tag = new;
                    }
                    if one_place(platform, platform) {
                        let loose = |tag| Loose { at_ms, platform, tag };
                        succeed(loose(old), loose(new));
                    }
                }
                Happened::Opened(platform, tag) => {
                    let new = Loose { at_ms, platform, tag };
                    match closed.iter().rposition(|old| near(old, platform, RETURN_MS)) {
                        Some(at) => succeed(closed.remove(at), new),
                        None => opened.push(new),
                    }
                }
                Happened::Closed(platform, tag) => {
                    let old = Loose { at_ms, platform, tag };
                    // One that only came and went took nobody's place.
                    if let Some(at) = opened.iter().position(|new| new.tag.id == tag.id) {
                        opened.remove(at);
                        closed.push(old);
                        continue;
                    }
                    let heir = opened.iter().rposition(|new| {
                        let same_token = tag.token.is_some() && tag.token == new.tag.token;
                        near(new, platform, if same_token { OVERLAP_MS } else { RETURN_MS })
                    });
                    match heir {
                        Some(at) => succeed(old, opened.remove(at)),
                        None => closed.push(old),
                    }
                }
                Happened::FirstSeen(_) | Happened::Presence(_) | Happened::SeenAgain { .. } => {}
            }
        }
        found
    }
}
