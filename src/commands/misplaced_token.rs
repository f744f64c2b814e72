//! A token where none belongs: in an argument, or in a variable that takes something else. It is refused before
//! anything is read, so that no message, picture or log can quote it.

use std::ffi::{OsStr, OsString};

use crate::openim::holds_token;
use crate::options::SettingsError;

/// What may hold a token, and is never quoted.
const MAY_HOLD: [&str; 3] = ["token", "token-command", "proxy"];

const REMEDY: &str = "looks like a token, which is not repeated here. An argument can be read by every user of this \
                      machine: put the token into a file that only you can read (--token-file FILE) or into the \
                      variable IMTOP_TOKEN";

/// Refuses arguments, without the program's name, and variables of the environment with a token in them.
///
/// # Errors
/// The first that has one.
pub fn refuse_misplaced_token(
    arguments: impl Iterator<Item = OsString>,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<(), SettingsError> {
    let mut before = String::new();
    for argument in arguments {
        let text = argument.to_string_lossy();
        let (option, is_apart) = match text.split_once('=') {
            Some((option, _)) if option.starts_with("--") => (option, false),
            _ => (before.as_str(), true),
        };
        let name = option.strip_prefix("--").filter(|_| option != "--token");
        if !name.is_some_and(|name| MAY_HOLD.contains(&name)) && holds_token(&text) {
            let what = match name.filter(|name| !holds_token(name)) {
                Some(name) if is_apart => format!("what follows --{name}"),
                Some(name) => format!("what --{name} is given"),
                None => "an argument".to_owned(),
            };
            return Err(SettingsError(format!("{what} {REMEDY}")));
        }
        before = text.into_owned();
    }
    for (name, value) in variables {
        let Some(setting) = name.to_str().and_then(|name| name.strip_prefix("IMTOP_")) else { continue };
        let setting = setting.to_lowercase().replace('_', "-");
        if !MAY_HOLD.contains(&setting.as_str()) && holds(&value) && !holds(&name) {
            let name = name.to_string_lossy();
            return Err(SettingsError(format!(
                "{name} looks like a token, which is not repeated here; a token belongs into the variable IMTOP_TOKEN"
            )));
        }
    }
    Ok(())
}

fn holds(text: &OsStr) -> bool {
    holds_token(&text.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str =
        "eyJhbGciOiJIUzI1NiJ9.eyJVc2VySUQiOiJ1c2VyXzAwMSJ9.Jijdo1o838nh9FzhQ97axGIEURDlMSHR36TLoSmljCs";

    fn refused(line: &str, variables: &[(&str, &str)]) -> Option<String> {
        let arguments = line.split(' ').map(|word| OsString::from(word.replace("TOKEN", TOKEN)));
        let variables =
            variables.iter().map(|(name, value)| (name.into(), value.replace("TOKEN", TOKEN).into()));
        let refused = refuse_misplaced_token(arguments, variables).err().map(|error| error.to_string());
        assert!(refused.as_ref().is_none_or(|said| !said.contains("eyJ")), "{refused:?}");
        refused
    }

    #[test]
    fn a_token_in_an_argument_is_named_by_its_option() {
        for (line, what) in [
            ("--token-file TOKEN u", "what follows --token-file looks"),
            ("--token-file=TOKEN u", "what --token-file is given looks"),
            ("--api https://im.example/?token=TOKEN", "what follows --api looks"),
            ("--api https://TOKEN@im.example", "what follows --api looks"),
            ("TOKEN", "an argument looks"),
            ("--TOKEN", "an argument looks"),
            ("--TOKEN=x", "an argument looks"),
            ("--token TOKEN", "an argument looks"),
            ("--token-comand TOKEN", "what follows --token-comand looks"),
            ("check -c TOKEN", "an argument looks"),
            ("u --", ""),
        ] {
            let said = refused(line, &[]);
            assert_eq!(said.is_some(), !what.is_empty(), "{line}");
            assert!(said.unwrap_or_default().starts_with(what), "{line}");
        }
    }

    #[test]
    fn what_is_never_quoted_may_hold_one() {
        let fine = [("IMTOP_TOKEN", "TOKEN"), ("IMTOP_TOKEN_COMMAND", "echo TOKEN"), ("OTHER", "TOKEN")];
        for line in [
            "--token-command TOKEN",
            "--token-command=TOKEN",
            "--proxy http://me:TOKEN@proxy:3128",
            "eyJa.b.c u",
        ] {
            assert_eq!(refused(line, &fine), None, "{line}");
        }
        for name in ["IMTOP_TOKEN_FILE", "IMTOP_API", "IMTOP_BATCH", "IMTOP_WATCH"] {
            let said = refused("u", &[(name, "x/TOKEN")]).unwrap();
            assert!(said.starts_with(&format!("{name} looks like a token")), "{said}");
        }
    }
}
