//! What the rules are told by the user: the multi-login policy.

use serde::{Deserialize, Serialize};

/// The multi-login policy of the server (open-im-server `config/share.yml`, `multiLogin.policy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy(pub u8);

/// What the rules are told by the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleSettings {
    /// The multi-login policy that connections are held against; none: they are not.
    pub policy: Option<Policy>,
}
