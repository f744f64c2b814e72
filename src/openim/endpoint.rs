//! The one list of paths that this program can ask a server for.
//!
//! The client takes an [`Endpoint`], never a path, so what is not in this list cannot be sent.

/// Something a server can be asked. All of them are `POST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Which sockets are open (`internal/api/user.go`).
    OnlineStatus,
    /// Login as an app manager, since v3.8.1. Displaces other holders of the admin ID.
    AdminToken,
    /// The same on servers up to v3.8.0.
    UserToken,
}

impl Endpoint {
    /// All that there are.
    pub const ALL: [Endpoint; 3] = [Endpoint::OnlineStatus, Endpoint::AdminToken, Endpoint::UserToken];

    /// The path, below the API's base URL (`internal/api/router.go`).
    pub const fn path(self) -> &'static str {
        match self {
            Endpoint::OnlineStatus => "/user/get_users_online_status",
            Endpoint::AdminToken => "/auth/get_admin_token",
            Endpoint::UserToken => "/auth/user_token",
        }
    }

    /// Whether the server wants an admin token with it; one is sent to no other path.
    pub const fn wants_token(self) -> bool {
        matches!(self, Endpoint::OnlineStatus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn these_three_paths_and_no_others() {
        let paths: Vec<_> = Endpoint::ALL.iter().map(|endpoint| endpoint.path()).collect();
        assert_eq!(paths, ["/user/get_users_online_status", "/auth/get_admin_token", "/auth/user_token"]);
        assert!(Endpoint::ALL.iter().filter(|endpoint| endpoint.wants_token()).count() == 1);
    }
}
