//! The view of what is wrong: where the selection is among the findings.

/// Where the selection is in the view of findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingsList {
    /// The number of the finding that is selected; none: the first.
    pub(super) selected: Option<u64>,
    /// The row of the body on which it stands.
    pub(super) row: u16,
}
