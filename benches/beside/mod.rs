//! The comparisons, and what they share.

pub(crate) mod canned;
pub(crate) mod idle;
pub(crate) mod load;
pub(crate) mod long;
pub(crate) mod programs;
pub(crate) mod rates;
pub(crate) mod report;
pub(crate) mod site;
pub(crate) mod start;
pub(crate) mod terminal;
