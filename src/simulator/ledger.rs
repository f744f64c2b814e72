//! What the server was asked: proof for tests that a client asks only what it may.

use std::collections::{BTreeMap, VecDeque};

/// Distinct paths, and operation IDs, that are kept.
const MOST: usize = 10_000;

/// Counts of requests.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    paths: BTreeMap<String, u64>,
    requests: u64,
    operations: VecDeque<String>,
}

impl Ledger {
    /// Notes one request.
    pub(super) fn note(&mut self, path: &str, operation_id: Option<&str>) {
        self.requests += 1;
        if let Some(count) = self.paths.get_mut(path) {
            *count += 1;
        } else if self.paths.len() < MOST {
            self.paths.insert(path.to_owned(), 1);
        }
        if self.operations.len() == MOST {
            self.operations.pop_front();
        }
        self.operations.push_back(operation_id.unwrap_or_default().to_owned());
    }

    pub(super) fn paths(&self) -> &BTreeMap<String, u64> {
        &self.paths
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests
    }

    pub(super) fn operations(&self) -> impl Iterator<Item = &String> {
        self.operations.iter()
    }
}
