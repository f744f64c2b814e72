//! A set of users of a list, at a bit each: small where it holds many of a million.

use super::watch_list::UserIx;

const BITS: usize = u64::BITS as usize;

/// Users of a list.
#[derive(Clone, Debug, Default)]
pub struct UserSet {
    words: Vec<u64>,
    len: usize,
}

impl UserSet {
    /// How many are in it.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether this user is.
    pub fn contains(&self, user: UserIx) -> bool {
        self.words.get(user.at() / BITS).is_some_and(|word| word >> (user.at() % BITS) & 1 == 1)
    }

    /// Puts a user in; says whether that is new.
    pub fn insert(&mut self, user: UserIx) -> bool {
        let place = user.at() / BITS;
        if place >= self.words.len() {
            self.words.resize(place + 1, 0);
        }
        let is_new = !self.contains(user);
        self.words[place] |= 1 << (user.at() % BITS);
        self.len += usize::from(is_new);
        is_new
    }

    /// Takes a user out; says whether there was one.
    pub fn remove(&mut self, user: UserIx) -> bool {
        let was_in = self.contains(user);
        if was_in {
            self.words[user.at() / BITS] &= !(1 << (user.at() % BITS));
            self.len -= 1;
        }
        was_in
    }

    /// Takes everybody out.
    pub fn clear(&mut self) {
        *self = UserSet::default();
    }

    /// Those from `first` on, in the order of the list.
    pub fn from(&self, first: usize) -> impl Iterator<Item = UserIx> {
        let place = first / BITS;
        let rest = self.words.iter().enumerate().skip(place);
        rest.flat_map(move |(at, word)| {
            let mut left = if at == place { word & (u64::MAX << (first % BITS)) } else { *word };
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.wrapping_sub(1);
                (bit < BITS).then(|| UserIx((at * BITS + bit) as u32))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_whom_a_set_holds(
            steps in prop::collection::vec((0u32..300, any::<bool>()), 0..200), first in 0u32..320,
        ) {
            let (mut bits, mut set) = (UserSet::default(), BTreeSet::new());
            for (user, comes) in steps {
                if comes {
                    prop_assert_eq!(bits.insert(UserIx(user)), set.insert(user));
                } else {
                    prop_assert_eq!(bits.remove(UserIx(user)), set.remove(&user));
                }
                prop_assert_eq!((bits.len(), bits.is_empty()), (set.len(), set.is_empty()));
                prop_assert_eq!(bits.contains(UserIx(user)), set.contains(&user));
            }
            let after: Vec<u32> = bits.from(first as usize).map(|user| user.0).collect();
            prop_assert_eq!(after, set.range(first..).copied().collect::<Vec<_>>());
            bits.clear();
            prop_assert!(bits.is_empty() && bits.from(0).next().is_none());
        }
    }
}
