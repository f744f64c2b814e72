//! What the rules are told by the user: the multi-login policy.

use serde::{Deserialize, Serialize};

/// What the rules are told by the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleSettings {
    /// The multi-login policy of the server (open-im-server `config/share.yml`, `multiLogin.policy`) that
    /// connections are held against; none: they are not.
    pub policy: Option<u8>,
}
