//! What OpenIM's `errCode`s mean, and what to do about each.
//!
//! Only the code decides: the texts beside it differ from release to release, and are shown cleaned.

use crate::presence::FetchError;
use crate::words;

use super::endpoint::Endpoint;
use super::redact::Redactor;

/// A refusal as it came over the wire.
pub(super) struct Refusal<'a> {
    pub(super) endpoint: Endpoint,
    /// HTTP status of the answer.
    pub(super) status: u16,
    /// `errCode`, clamped to 32 bits.
    pub(super) code: i32,
    /// `errMsg`, as it came.
    pub(super) message: &'a str,
    /// `errDlt`, as it came.
    pub(super) detail: &'a str,
}

/// Code and name (open-im-server `servererrs/code.go`, tools `errs/predefine.go`).
const NAMES: [(i32, &str); 71] = [
    (500, "ServerInternalError"),
    (1000, "UnknownCode"),
    (1001, "ArgsError"),
    (1002, "NoPermissionError"),
    (1003, "DuplicateKeyError"),
    (1004, "RecordNotFoundError"),
    (1050, "SecretNotChanged"),
    (1101, "UserIDNotFoundError"),
    (1102, "RegisteredAlreadyError"),
    (1201, "GroupIDNotFoundError"),
    (1202, "GroupIDExisted"),
    (1203, "NotInGroupYetError"),
    (1204, "DismissedAlreadyError"),
    (1205, "GroupTypeNotSupport"),
    (1206, "GroupRequestHandled"),
    (1301, "CanNotAddYourselfError"),
    (1302, "BlockedByPeer"),
    (1303, "NotPeersFriend"),
    (1304, "RelationshipAlreadyError"),
    (1305, "FriendRequestHandled"),
    (1401, "MessageHasReadDisable"),
    (1402, "MutedInGroup"),
    (1403, "MutedGroup"),
    (1404, "MsgAlreadyRevoke"),
    (1501, "TokenExpiredError"),
    (1502, "TokenInvalidError"),
    (1503, "TokenMalformedError"),
    (1504, "TokenNotValidYetError"),
    (1505, "TokenUnknownError"),
    (1506, "TokenKickedError"),
    (1507, "TokenNotExistError"),
    (1520, "OrgUserNoPermissionError"),
    (1601, "ConnOverMaxNumLimit"),
    (1602, "ConnArgsErr"),
    (1603, "PushMsgErr"),
    (1604, "IOSBackgroundPushErr"),
    (1701, "FileUploadedExpiredError"),
    (10_001, "FormattingError"),
    (10_002, "HasRegistered"),
    (10_003, "NotRegistered"),
    (10_004, "PasswordErr"),
    (10_005, "GetIMTokenErr"),
    (10_006, "RepeatSendCode"),
    (10_007, "MailSendCodeErr"),
    (10_008, "SmsSendCodeErr"),
    (10_009, "CodeInvalidOrExpired"),
    (10_010, "RegisterFailed"),
    (10_011, "ResetPasswordFailed"),
    (10_012, "RegisterLimit"),
    (10_013, "LoginLimit"),
    (10_014, "InvitationError"),
    (80_000, "CallbackError"),
    (90_002, "DatabaseError"),
    (90_004, "NetworkError"),
    (90_007, "DataError"),
    // Raw gRPC codes, which servers up to v3.8.3-patch hand on.
    (1, "gRPC Canceled"),
    (2, "gRPC Unknown"),
    (3, "gRPC InvalidArgument"),
    (4, "gRPC DeadlineExceeded"),
    (5, "gRPC NotFound"),
    (6, "gRPC AlreadyExists"),
    (7, "gRPC PermissionDenied"),
    (8, "gRPC ResourceExhausted"),
    (9, "gRPC FailedPrecondition"),
    (10, "gRPC Aborted"),
    (11, "gRPC OutOfRange"),
    (12, "gRPC Unimplemented"),
    (13, "gRPC Internal"),
    (14, "gRPC Unavailable"),
    (15, "gRPC DataLoss"),
    (16, "gRPC Unauthenticated"),
];

fn name(code: i32) -> Option<&'static str> {
    NAMES.iter().find(|row| row.0 == code).map(|row| row.1)
}

/// Whether the server says so because it does not know the login path, and so asks for a token
/// (releases up to v3.8.0).
pub(super) fn path_is_unknown(refusal: &Refusal<'_>) -> bool {
    refusal.code == 1001 && refusal.detail.contains("header must have token")
}

/// Turns a refusal into what happened and what to do.
pub(super) fn fetch_error(refusal: &Refusal<'_>, redactor: &Redactor) -> FetchError {
    let code = refusal.code;
    let what: Box<str> = words(refusal, redactor).into();
    match code {
        429 => FetchError::RateLimited { retry_after_ms: None },
        1501..=1507 => FetchError::Auth { code, what, advice: auth_advice(code) },
        1002 | 1520 => FetchError::Denied { code, what, advice: denied_advice(refusal) },
        _ => FetchError::Api { code, what, advice: api_advice(refusal) },
    }
}

/// Name, message and detail of a refusal, each said once.
fn words(refusal: &Refusal<'_>, redactor: &Redactor) -> String {
    let (message, detail) = (refusal.message.trim(), refusal.detail.trim());
    let name = name(refusal.code).unwrap_or_default();
    // The v3.8.3 line repeats code and name before the detail.
    let code = refusal.code.to_string();
    let detail = detail.strip_prefix(code.as_str()).unwrap_or(detail).trim_start();
    let repeated = if name.is_empty() { message } else { name };
    let detail = detail.strip_prefix(repeated).unwrap_or(detail).trim_start_matches([':', ' ']);
    let mut said = Vec::<&str>::new();
    for part in [name, message, detail] {
        if !part.is_empty() && !said.contains(&part) {
            said.push(part);
        }
    }
    match said.as_slice() {
        [] => "no reason given".to_owned(),
        parts => redactor.clean(&parts.join(": ")),
    }
}

fn auth_advice(code: i32) -> &'static str {
    match code {
        1501 => words!("it has expired; give a new one (--token-file, --token-command)"),
        1502 => words!("it belongs to another user or platform; give an admin's (--token-file)"),
        1503 => words!("what was given is not a token; look at --token-file or --token-command"),
        1504 => words!("it is not valid yet; compare the clocks of the servers"),
        1505 => {
            words!(
                "it was signed with another secret than the server's, or issued in the future; \
             get a new one from this server, and compare the clocks"
            )
        }
        1506 => words!("a later login with this admin ID displaced it; give imtop an admin ID of its own"),
        _ => {
            words!(
                "a later login with this admin ID displaced it, or the server lost it; \
             get a new one, best with an admin ID of imtop's own"
            )
        }
    }
}

fn denied_advice(refusal: &Refusal<'_>) -> &'static str {
    match (refusal.code, refusal.endpoint) {
        (1520, _) => words!("the server's organisation rules forbid it; ask for another admin ID"),
        (_, Endpoint::GroupMembers) => {
            words!(
                "only an app manager or a member of the group may ask this; give an admin's token (--token-file)"
            )
        }
        (_, Endpoint::AdminToken | Endpoint::UserToken) => {
            words!("the secret is not the one in the server's share.yml; look at --secret-file")
        }
        _ => {
            words!("only an app manager may ask this: the token's user has to be in imAdminUser of share.yml")
        }
    }
}

fn api_advice(refusal: &Refusal<'_>) -> &'static str {
    let login = refusal.endpoint.is_login();
    match refusal.code {
        1004 | 1201 | 1204 if refusal.endpoint == Endpoint::GroupMembers => {
            words!("the server has no such group, or it was dismissed; look at the group's ID")
        }
        1001 if refusal.detail.contains("header must have") => {
            words!("a proxy on the way seems to drop request headers; let operationID and token through")
        }
        1001 if login => words!("the ID is not in imAdminUser of share.yml; look at --admin-id"),
        1001 => words!("the server does not take the request; is it an OpenIM of another kind?"),
        1004 if login => words!("the admin ID is not registered on the server; look at --admin-id"),
        1050 => words!("the server wants its default secret changed in share.yml first"),
        500 if refusal.status == 400 => {
            words!(
                "the server could not read our request: a proxy may cut it; ask for fewer users with --batch"
            )
        }
        500 | 1..=16 => words!("a service behind the API is in trouble; look at the server's log"),
        80_000..=90_007 => words!("the server's database, network or webhook is in trouble; look at its log"),
        _ => words!("look up the operationID in the server's log"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presence::Retry;

    fn error(code: i32, message: &str, detail: &str) -> FetchError {
        let refusal = Refusal { endpoint: Endpoint::OnlineStatus, status: 200, code, message, detail };
        fetch_error(&refusal, &Redactor::default())
    }

    #[test]
    fn a_refusal_is_put_into_words_once() {
        for (error, text) in [
            (error(1501, "TokenExpiredError", ""), "admin token refused: TokenExpiredError (1501)"),
            (
                error(1505, "signature is invalid", ""),
                "admin token refused: TokenUnknownError: signature is invalid (1505)",
            ),
            (
                error(1002, "NoPermissionError", "only app manager"),
                "no permission: NoPermissionError: only app manager (1002)",
            ),
            (
                error(
                    1503,
                    "TokenMalformedError",
                    "1503 TokenMalformedError jwt parse error, token=eyJhbGciOi.eyJVc2Vy.abcd",
                ),
                "admin token refused: TokenMalformedError: jwt parse error, token=<redacted> (1503)",
            ),
            (error(14, "", ""), "server error 14: gRPC Unavailable"),
            (error(4711, "", ""), "server error 4711: no reason given"),
            (error(4711, "Odd", "Odd"), "server error 4711: Odd"),
            (error(429, "too many requests", ""), "the server limits our rate (429)"),
        ] {
            assert_eq!(error.to_string(), text);
            assert!(!error.advice().is_empty() && !error.advice().ends_with('.'));
        }
    }

    #[test]
    fn the_class_of_every_code_is_that_of_the_contract() {
        for code in [500, 1, 14, 16, 80_000, 90_002, 90_004, 90_007, 31_337, -1] {
            assert_eq!(error(code, "", "").mends(), Retry::ByItself, "{code}");
        }
        for code in [1001, 1002, 1050, 1520, 1501, 1502, 1503, 1504, 1505, 1506, 1507] {
            assert_eq!(error(code, "", "").mends(), Retry::WhenChanged, "{code}");
        }
        assert_eq!(error(429, "", "").mends(), Retry::AfterWaiting);
    }

    #[test]
    fn the_table_names_each_code_once() {
        for (at, (code, ..)) in NAMES.iter().enumerate() {
            assert!(NAMES[at + 1..].iter().all(|row| row.0 != *code), "{code}");
        }
    }

    #[test]
    fn an_old_server_is_known_by_its_asking_for_a_token() {
        let refusal = |detail| Refusal {
            endpoint: Endpoint::AdminToken,
            status: 200,
            code: 1001,
            message: "ArgsError",
            detail,
        };
        assert!(path_is_unknown(&refusal("header must have token")));
        assert!(path_is_unknown(&refusal("header must have token: 1001 ArgsError")));
        assert!(!path_is_unknown(&refusal("userID is error., userID=user_001, adminUserID=[imAdmin]")));
    }
}
