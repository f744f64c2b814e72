//! Tables of those users to whom something happened. A burst makes them large; when it is over, the room is given
//! back.

use std::collections::HashMap;

use super::watch_list::UserIx;

/// Of a table with no more places than this nothing is given back.
const FEW: usize = 1_024;

/// Gives room back where three quarters of it are empty. Costs no more than what was removed since the last
/// time.
pub(super) fn give_back<V>(table: &mut HashMap<UserIx, V>) {
    if table.capacity() > FEW && table.len() < table.capacity() / 4 {
        table.shrink_to(table.len() * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_burst_took_is_given_back_when_it_is_over() {
        let mut table: HashMap<UserIx, u64> = (0..100_000).map(|user| (UserIx(user), 0)).collect();
        let most = table.capacity();
        for user in 0..99_000 {
            table.remove(&UserIx(user));
            give_back(&mut table);
            assert!(table.capacity() >= table.len());
        }
        assert!(most >= 100_000 && table.capacity() < 8_000, "{}", table.capacity());
        assert!((99_000..100_000).all(|user| table.contains_key(&UserIx(user))));
    }
}
