//! Secrets that others know: the one that OpenIM is shipped with, and those that an operator names.
//!
//! Whoever knows the secret of `config/share.yml` can sign session tokens for anybody.

use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};

use crate::presence::visible_bounded;

use super::credentials::bare;
use super::options::SetupError;
use super::private_file::{Problem, read_private};

/// The secret in `config/share.yml` as OpenIM is shipped (open-im-server, all releases).
const SHIPPED: &str = "openIM123";
/// Longest file of secrets, in bytes.
const LIMIT: usize = 64 * 1024;
/// So many secrets are tried: each takes about a microsecond for each token that is new.
const MOST: usize = 100;
/// Longest path that is shown, in characters.
const PATH_LIMIT: usize = 120;

/// The secret that OpenIM is shipped with, and those in `file`, one a line: what to try session tokens
/// against ([`Options::secrets`](super::Options::secrets)).
///
/// # Errors
///
/// [`SetupError::Secrets`]: the file is not there, others can read it, or what is in it are no
/// secrets.
pub fn known_secrets(file: Option<&Path>) -> Result<Vec<SecretString>, SetupError> {
    let mut secrets = vec![SecretString::from(SHIPPED)];
    if let Some(path) = file {
        secrets.extend(read(path).map_err(|(what, advice)| SetupError::Secrets {
            path: visible_bounded(&path.display().to_string(), PATH_LIMIT).into(),
            what,
            advice,
        })?);
    }
    Ok(secrets)
}

fn read(path: &Path) -> Result<Vec<SecretString>, Problem> {
    let (bytes, _) = read_private(path, LIMIT, "name a plain file")?;
    lines(bytes).map_err(|what| (what, "put one secret on each line, and nothing else"))
}

/// The secrets that `bytes` hold; empty lines are none.
fn lines(bytes: Vec<u8>) -> Result<Vec<SecretString>, &'static str> {
    if bytes.len() > LIMIT {
        return Err("it is too long for a file of secrets");
    }
    let text = SecretString::from(String::from_utf8(bytes).map_err(|_| "it is not UTF-8")?);
    let lines = text.expose_secret().lines().map(bare);
    let secrets: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    if secrets.is_empty() {
        return Err("there is no secret in it");
    }
    if secrets.len() > MOST {
        return Err("there are more than 100 secrets in it");
    }
    if secrets.iter().any(|secret| secret.contains(|c: char| c.is_whitespace() || c.is_control())) {
        return Err("there is white space within a secret");
    }
    Ok(secrets.into_iter().map(SecretString::from).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn shown(secrets: &[SecretString]) -> Vec<&str> {
        secrets.iter().map(secrecy::ExposeSecret::expose_secret).collect()
    }

    #[test]
    fn there_is_one_secret_a_line() {
        let read = |bytes: &[u8]| lines(bytes.to_vec()).map(|secrets| shown(&secrets).join("|"));
        assert_eq!(read(b"\xef\xbb\xbfabc\r\n\n  def \n").as_deref(), Ok("abc|def"));
        assert_eq!(read(b"#1").as_deref(), Ok("#1"), "a secret may begin with any sign");
        assert_eq!(read(b" \n\n"), Err("there is no secret in it"));
        assert_eq!(read(b"abc\nd e"), Err("there is white space within a secret"));
        assert_eq!(read(b"\xff"), Err("it is not UTF-8"));
        assert_eq!(read("x\n".repeat(MOST + 1).as_bytes()), Err("there are more than 100 secrets in it"));
        assert_eq!(read(&vec![b'x'; LIMIT + 1]), Err("it is too long for a file of secrets"));
    }

    #[test]
    fn the_shipped_secret_is_always_tried() {
        assert_eq!(shown(&known_secrets(None).unwrap()), ["openIM123"]);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "changeme\n").unwrap();
        assert_eq!(shown(&known_secrets(Some(file.path())).unwrap()), ["openIM123", "changeme"]);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        let refused = || {
            let error = known_secrets(Some(&path)).unwrap_err().to_string();
            error.replace(&path.display().to_string(), "secrets")
        };
        assert_eq!(
            refused(),
            "cannot use the file of secrets secrets: no such file; check the name of the file"
        );
        std::fs::write(&path, "changeme\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(
            refused(),
            "cannot use the file of secrets secrets: other users can read or change it; run chmod 600 on it"
        );
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(
            refused(),
            "cannot use the file of secrets secrets: it is not a plain file; name a plain file"
        );
    }
}
