//! Who a scenario's users are: those written out first, then the crowds', mixed by their shares.

use fastrand::Rng;

use super::scenario::{Crowd, Model};
use crate::presence::Entry;

/// Where a user comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// The n-th `[[user]]`.
    Written(usize),
    /// A member of the n-th crowd.
    Crowd(usize),
}

/// One user of a scenario.
pub(super) struct Row {
    pub(super) entry: Entry,
    pub(super) origin: Origin,
}

/// The scenario's crowds, or the usual one where it names none.
pub(super) fn crowds(model: &Model) -> Vec<Crowd> {
    if model.crowd.is_empty() { vec![Crowd::default()] } else { model.crowd.clone() }
}

/// All users in watch-list order; the same for the same scenario, seed and number.
pub(super) fn rows(model: &Model) -> impl Iterator<Item = Row> + '_ {
    let crowds = crowds(model);
    let shares: u32 = crowds.iter().map(|crowd| crowd.share).sum();
    let mut counts = vec![0_usize; crowds.len()];
    let mut rng = Rng::with_seed(model.seed);
    let written = model.user.iter().enumerate().map(|(at, user)| Row {
        entry: Entry { id: user.id.get_ref().clone(), label: user.label.clone(), group: user.group.clone() },
        origin: Origin::Written(at),
    });
    let made = std::iter::repeat_with(move || {
        let at = pick(&mut rng, shares, crowds.iter().map(|crowd| crowd.share));
        let crowd = &crowds[at];
        counts[at] += 1;
        let n = counts[at];
        let label = (!crowd.labels.is_empty()).then(|| crowd.labels[(n - 1) % crowd.labels.len()].fill(n));
        Row {
            entry: Entry { id: crowd.id.get_ref().fill(n), label, group: crowd.group.clone() },
            origin: Origin::Crowd(at),
        }
    });
    written.chain(made).take(model.users)
}

/// Picks a place by shares that add up to `sum`; the first where they add up to nothing.
pub(super) fn pick(rng: &mut Rng, sum: u32, shares: impl Iterator<Item = u32>) -> usize {
    let mut left = if sum == 0 { 0 } else { rng.u32(..sum) };
    for (at, share) in shares.enumerate() {
        if left < share {
            return at;
        }
        left -= share;
    }
    0
}
