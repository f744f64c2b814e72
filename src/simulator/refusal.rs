//! How the server says no: codes, their names, and the texts that go with them (tools
//! `errs/predefine.go`, server `servererrs/code.go`).

use super::release::Release;
use super::wire;

/// A refusal, before it is written for a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: i32,
    pub(super) message: String,
    pub(super) detail: String,
}

impl Refusal {
    /// The code with its usual name and this detail.
    pub(super) fn new(code: i32, detail: &str) -> Refusal {
        Refusal { code, message: name(code).to_owned(), detail: detail.to_owned() }
    }

    /// A refused token; on the v3.8.1 to v3.8.3 line the detail repeats it: tools
    /// `mw/rpc_server_interceptor.go` fills an empty detail with the whole error.
    pub(super) fn of_token(code: i32, release: Release, token: &str) -> Refusal {
        let name = name(code);
        let detail = match code {
            _ if !release.repeats_refused_token() => String::new(),
            1506 | 1507 => name.to_owned(),
            _ => format!("{code} {name} jwt parse error, token={token}"),
        };
        Refusal { code, message: name.to_owned(), detail }
    }

    /// The service behind `get_users_status` is down (tools `mw/grpc/client/error.go`).
    pub(super) fn of_registry() -> Refusal {
        let message = "grpc service user-rpc-service down, grpc message Unavailable".to_owned();
        Refusal { code: 500, message, detail: String::new() }
    }

    /// The body.
    pub(super) fn body(&self) -> String {
        wire::refusal(self.code, &self.message, &self.detail)
    }
}

/// The name that goes into `errMsg`.
pub(super) fn name(code: i32) -> &'static str {
    match code {
        500 => "ServerInternalError",
        1001 => "ArgsError",
        1002 => "NoPermissionError",
        1003 => "DuplicateKeyError",
        1004 => "RecordNotFoundError",
        1050 => "SecretNotChanged",
        1101 => "UserIDNotFoundError",
        1501 => "TokenExpiredError",
        1502 => "TokenInvalidError",
        1503 => "TokenMalformedError",
        1504 => "TokenNotValidYetError",
        1505 => "TokenUnknownError",
        1506 => "TokenKickedError",
        1507 => "TokenNotExistError",
        1520 => "OrgUserNoPermissionError",
        1601 => "ConnOverMaxNumLimit",
        80000 => "CallbackError",
        90002 => "DatabaseError",
        90004 => "NetworkError",
        90007 => "DataError",
        _ => "UnknownCode",
    }
}
