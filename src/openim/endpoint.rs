//! The one list of paths that this program can ask a server for.
//!
//! The client takes an [`Endpoint`], never a path, so what is not in this list cannot be sent. The one
//! path that is asked of others than the server, [`METRICS`], goes to gateways alone.

use reqwest::Method;

/// What a gateway is asked for on the port of its metrics: `GET`, without a token.
pub(super) const METRICS: &str = "/metrics";

/// Something a server can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Which sockets are open (`internal/api/user.go`).
    OnlineStatus,
    /// Who is online by the registry (`internal/rpc/user/online.go`).
    UsersStatus,
    /// How many sockets users have, over all gateways (`internal/api/user.go`).
    TokenDetail,
    /// Whether there are such users (`internal/rpc/user/user.go`).
    AccountCheck,
    /// Where the gateways' metrics are (`internal/api/prometheus_discovery.go`).
    GatewayDiscovery,
    /// Who is in a group (`internal/rpc/group/group.go`).
    GroupMembers,
    /// Every user that there is, page by page (`internal/rpc/user/user.go`).
    AllUsers,
    /// What users are called (`internal/rpc/user/user.go`).
    UsersInfo,
    /// How far conversations of a user are, and how far they are read (`internal/rpc/msg/seq.go`).
    ConversationSeqs,
    /// Where the push services' metrics are (`internal/api/prometheus_discovery.go`).
    PushDiscovery,
    /// Login as an app manager, since v3.8.1. Displaces other holders of the admin ID.
    AdminToken,
    /// The same on servers up to v3.8.0.
    UserToken,
}

impl Endpoint {
    /// All that there are.
    pub const ALL: [Endpoint; 12] = [
        Endpoint::OnlineStatus,
        Endpoint::UsersStatus,
        Endpoint::TokenDetail,
        Endpoint::AccountCheck,
        Endpoint::GatewayDiscovery,
        Endpoint::GroupMembers,
        Endpoint::AllUsers,
        Endpoint::UsersInfo,
        Endpoint::ConversationSeqs,
        Endpoint::PushDiscovery,
        Endpoint::AdminToken,
        Endpoint::UserToken,
    ];

    /// The path, below the API's base URL (`internal/api/router.go`).
    pub const fn path(self) -> &'static str {
        match self {
            Endpoint::OnlineStatus => "/user/get_users_online_status",
            Endpoint::UsersStatus => "/user/get_users_status",
            Endpoint::TokenDetail => "/user/get_users_online_token_detail",
            Endpoint::AccountCheck => "/user/account_check",
            Endpoint::GatewayDiscovery => "/prometheus_discovery/msg_gateway",
            Endpoint::GroupMembers => "/group/get_group_member_user_id",
            Endpoint::AllUsers => "/user/get_all_users_uid",
            Endpoint::UsersInfo => "/user/get_users_info",
            Endpoint::ConversationSeqs => "/msg/get_conversations_has_read_and_max_seq",
            Endpoint::PushDiscovery => "/prometheus_discovery/push",
            Endpoint::AdminToken => "/auth/get_admin_token",
            Endpoint::UserToken => "/auth/user_token",
        }
    }

    /// How it is asked.
    pub const fn method(self) -> Method {
        match self {
            Endpoint::GatewayDiscovery | Endpoint::PushDiscovery => Method::GET,
            _ => Method::POST,
        }
    }

    /// Whether the server wants an admin token with it; one is sent to no other path.
    pub const fn wants_token(self) -> bool {
        !matches!(
            self,
            Endpoint::AdminToken | Endpoint::UserToken | Endpoint::GatewayDiscovery | Endpoint::PushDiscovery
        )
    }

    /// Whether it is a login.
    pub(super) const fn is_login(self) -> bool {
        matches!(self, Endpoint::AdminToken | Endpoint::UserToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn these_paths_and_no_others() {
        let asked = |endpoint: &Endpoint| format!("{} {}", endpoint.method(), endpoint.path());
        assert_eq!(
            Endpoint::ALL.iter().map(asked).collect::<Vec<_>>(),
            [
                "POST /user/get_users_online_status",
                "POST /user/get_users_status",
                "POST /user/get_users_online_token_detail",
                "POST /user/account_check",
                "GET /prometheus_discovery/msg_gateway",
                "POST /group/get_group_member_user_id",
                "POST /user/get_all_users_uid",
                "POST /user/get_users_info",
                "POST /msg/get_conversations_has_read_and_max_seq",
                "GET /prometheus_discovery/push",
                "POST /auth/get_admin_token",
                "POST /auth/user_token",
            ]
        );
        assert_eq!(METRICS, "/metrics");
        for (at, endpoint) in Endpoint::ALL.iter().enumerate() {
            assert_eq!(*endpoint as usize, at, "the client finds an endpoint's URL by its place");
        }
    }

    #[test]
    fn a_token_goes_with_every_question_but_these() {
        let without = Endpoint::ALL.iter().filter(|endpoint| !endpoint.wants_token());
        assert!(without.map(|endpoint| endpoint.path()).eq([
            "/prometheus_discovery/msg_gateway",
            "/prometheus_discovery/push",
            "/auth/get_admin_token",
            "/auth/user_token"
        ]));
    }
}
