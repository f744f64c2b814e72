//! The one list of paths that this program can ask a server for.
//!
//! The client takes an [`Endpoint`], never a path, so what is not in this list cannot be sent.

/// Something a server can be asked. All of them are `POST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Which sockets are open (`internal/api/user.go`).
    OnlineStatus,
    /// Who is in a group (`internal/rpc/group/group.go`).
    GroupMembers,
    /// Every user that there is, page by page (`internal/rpc/user/user.go`).
    AllUsers,
    /// What users are called (`internal/rpc/user/user.go`).
    UsersInfo,
    /// Login as an app manager, since v3.8.1. Displaces other holders of the admin ID.
    AdminToken,
    /// The same on servers up to v3.8.0.
    UserToken,
}

impl Endpoint {
    /// All that there are.
    pub const ALL: [Endpoint; 6] = [
        Endpoint::OnlineStatus,
        Endpoint::GroupMembers,
        Endpoint::AllUsers,
        Endpoint::UsersInfo,
        Endpoint::AdminToken,
        Endpoint::UserToken,
    ];

    /// The path, below the API's base URL (`internal/api/router.go`).
    pub const fn path(self) -> &'static str {
        match self {
            Endpoint::OnlineStatus => "/user/get_users_online_status",
            Endpoint::GroupMembers => "/group/get_group_member_user_id",
            Endpoint::AllUsers => "/user/get_all_users_uid",
            Endpoint::UsersInfo => "/user/get_users_info",
            Endpoint::AdminToken => "/auth/get_admin_token",
            Endpoint::UserToken => "/auth/user_token",
        }
    }

    /// Whether the server wants an admin token with it; one is sent to no other path.
    pub const fn wants_token(self) -> bool {
        !matches!(self, Endpoint::AdminToken | Endpoint::UserToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn these_paths_and_no_others() {
        let paths: Vec<_> = Endpoint::ALL.iter().map(|endpoint| endpoint.path()).collect();
        assert_eq!(
            paths,
            [
                "/user/get_users_online_status",
                "/group/get_group_member_user_id",
                "/user/get_all_users_uid",
                "/user/get_users_info",
                "/auth/get_admin_token",
                "/auth/user_token",
            ]
        );
        let logins = Endpoint::ALL.iter().filter(|endpoint| !endpoint.wants_token());
        assert!(logins.map(|endpoint| endpoint.path()).eq(["/auth/get_admin_token", "/auth/user_token"]));
    }
}
