//! The comparisons, and what they share.

pub(crate) mod canned;
pub(crate) mod load;
pub(crate) mod programs;
pub(crate) mod rates;
pub(crate) mod report;
