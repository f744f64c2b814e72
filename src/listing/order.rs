//! Users in order, by a number that ends in the user's place: a sorted sequence in blocks, so that one who
//! moves costs a search and a short copy, however long the list.

use crate::presence::UserIx;

/// A block is split when it has more; half as many are in one on average.
const BLOCK: usize = 1_024;

/// Sorted numbers, each there once; the lower half of one is the user's place in the list.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    /// None of them empty.
    blocks: Vec<Vec<u64>>,
    /// How many stand before each block, as far as that was worked out.
    before: Vec<usize>,
    len: usize,
}

impl Order {
    /// Takes numbers that are in order already.
    pub(super) fn of_sorted(keys: &[u64]) -> Order {
        let blocks = keys.chunks(BLOCK / 2).map(<[u64]>::to_vec).collect();
        let mut order = Order { blocks, before: Vec::new(), len: keys.len() };
        order.number();
        order
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The block that has this number, or would have it.
    fn block_of(&self, key: u64) -> usize {
        let after = self.blocks.partition_point(|block| block.last().is_some_and(|last| *last < key));
        after.min(self.blocks.len().saturating_sub(1))
    }

    /// Puts a number in its place; [`Order::number`] has to follow.
    pub(super) fn insert(&mut self, key: u64) {
        let at = self.block_of(key);
        let Some(block) = self.blocks.get_mut(at) else {
            self.blocks.push(vec![key]);
            self.len = 1;
            return;
        };
        let Err(place) = block.binary_search(&key) else { return };
        block.insert(place, key);
        self.len += 1;
        if block.len() > BLOCK {
            let half = block.split_off(BLOCK / 2);
            self.blocks.insert(at + 1, half);
        }
    }

    /// Takes a number out; [`Order::number`] has to follow.
    pub(super) fn remove(&mut self, key: u64) {
        let at = self.block_of(key);
        let Some(block) = self.blocks.get_mut(at) else { return };
        let Ok(place) = block.binary_search(&key) else { return };
        block.remove(place);
        self.len -= 1;
        if block.is_empty() {
            self.blocks.remove(at);
        }
    }

    /// Works out which rows the blocks begin at, after changes.
    pub(super) fn number(&mut self) {
        self.before.clear();
        let mut before = 0;
        for block in &self.blocks {
            self.before.push(before);
            before += block.len();
        }
    }

    /// The user in a row.
    pub(super) fn user_at(&self, row: usize) -> Option<UserIx> {
        let at = self.before.partition_point(|before| *before <= row).checked_sub(1)?;
        let key = self.blocks.get(at)?.get(row - self.before.get(at)?)?;
        Some(UserIx(*key as u32))
    }

    /// The first number.
    pub(super) fn first(&self) -> Option<u64> {
        self.blocks.first()?.first().copied()
    }

    /// All numbers, in their order.
    pub(super) fn keys(&self) -> impl Iterator<Item = u64> {
        self.blocks.iter().flatten().copied()
    }

    /// How many numbers come before this one, whether it is there or not.
    pub(super) fn rank(&self, key: u64) -> usize {
        let at = self.block_of(key);
        let Some(block) = self.blocks.get(at) else { return 0 };
        let place = block.partition_point(|other| *other < key);
        self.before.get(at).copied().unwrap_or_default() + place
    }

    /// The row that a number stands in.
    pub(super) fn row_of(&self, key: u64) -> Option<usize> {
        let at = self.block_of(key);
        let place = self.blocks.get(at)?.binary_search(&key).ok()?;
        Some(self.before.get(at)? + place)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_as_a_sorted_set(
            first in prop::collection::btree_set(0u64..5_000, 0..3_000),
            steps in prop::collection::vec((0u64..5_000, any::<bool>()), 0..3_000),
        ) {
            let keys: Vec<u64> = first.iter().copied().collect();
            let (mut set, mut order): (BTreeSet<u64>, Order) = (first, Order::of_sorted(&keys));
            for (key, comes) in steps {
                if comes {
                    set.insert(key);
                    order.insert(key);
                } else {
                    set.remove(&key);
                    order.remove(key);
                }
            }
            order.number();
            prop_assert_eq!(order.len(), set.len());
            for (row, key) in set.iter().enumerate() {
                prop_assert_eq!(order.user_at(row), Some(UserIx(*key as u32)));
                prop_assert_eq!(order.row_of(*key), Some(row));
            }
            prop_assert_eq!(order.keys().collect::<Vec<_>>(), set.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(order.first(), set.first().copied());
            for key in [0, 17, 2_500, 4_999, 6_000] {
                prop_assert_eq!(order.rank(key), set.range(..key).count());
            }
            prop_assert_eq!(order.user_at(set.len()), None);
            prop_assert_eq!(order.row_of(5_001), None);
        }
    }
}
