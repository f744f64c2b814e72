//! Since when what is said of each user is so: four bytes a user, as most of them share the time of an answer.

use crate::presence::time::Since;
use crate::presence::watch_list::UserIx;

/// A column of times.
#[derive(Clone, Debug, Default)]
pub(super) struct Sinces {
    /// The place of each user's time.
    of: Vec<u32>,
    /// Each time with how many users have it; none have those in `free`.
    times: Vec<(Since, u32)>,
    free: Vec<u32>,
    /// Where the time is that was set last.
    last: Option<u32>,
}

impl Sinces {
    /// The same for everybody.
    pub(super) fn new(users: usize, since: Since) -> Sinces {
        Sinces { of: vec![0; users], times: vec![(since, users as u32)], free: Vec::new(), last: Some(0) }
    }

    pub(super) fn get(&self, user: UserIx) -> Since {
        self.times[self.of[user.at()] as usize].0
    }

    pub(super) fn set(&mut self, user: UserIx, since: Since) {
        let place = match self.last.filter(|last| self.times[*last as usize].0 == since) {
            Some(last) => last,
            None => self.place(since),
        };
        self.times[place as usize].1 += 1;
        self.last = Some(place);
        let before = std::mem::replace(&mut self.of[user.at()], place);
        let users = &mut self.times[before as usize].1;
        *users -= 1;
        if *users == 0 {
            self.free.push(before); // never the one that was set just now: this user has it
        }
    }

    fn place(&mut self, since: Since) -> u32 {
        if let Some(free) = self.free.pop() {
            self.times[free as usize] = (since, 0);
            return free;
        }
        self.times.push((since, 0));
        self.times.len() as u32 - 1
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Since> + '_ {
        self.of.iter().map(|place| self.times[*place as usize].0)
    }
}

impl FromIterator<Since> for Sinces {
    fn from_iter<I: IntoIterator<Item = Since>>(column: I) -> Sinces {
        let mut sinces = Sinces::default();
        for since in column {
            let place = match sinces.last.filter(|last| sinces.times[*last as usize].0 == since) {
                Some(last) => last,
                None => sinces.place(since),
            };
            sinces.times[place as usize].1 += 1;
            sinces.last = Some(place);
            sinces.of.push(place);
        }
        sinces
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_user_has_the_time_that_was_set_last(steps in prop::collection::vec((0u32..8, 0u64..4), 0..200)) {
            let at = |before_ms| Since { after_ms: None, before_ms };
            let mut sinces = Sinces::new(8, at(9));
            let mut plain = [at(9); 8];
            for (user, time) in steps {
                sinces.set(UserIx(user), at(time));
                plain[user as usize] = at(time);
                prop_assert!(sinces.iter().eq(plain.iter().copied()));
                prop_assert!(sinces.times.len() <= 10, "what nobody has is used again");
            }
            let again: Sinces = sinces.iter().collect();
            prop_assert!(again.iter().eq(plain));
        }
    }
}
