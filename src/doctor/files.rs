//! Whether the files that were asked for can be written.

use std::io;
use std::path::{Path, PathBuf};

use super::step::{Part, Step};
use crate::presence::visible_bounded;
use crate::say;

/// A file that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The option that names it.
    pub option: &'static str,
    /// Where it is to be.
    pub path: PathBuf,
    /// Whether it must not be there yet.
    pub new: bool,
}

/// Tries and judges each.
pub(super) fn judge(files: &[Wanted]) -> Step {
    if files.is_empty() {
        return Step::skipped(Part::Files, say!("neither a recording nor a log is asked for"));
    }
    let mut good = Vec::new();
    let mut bad: Vec<(String, &str)> = Vec::new();
    for file in files {
        let name = format!("{} {}", file.option, visible_bounded(&file.path.display().to_string(), 120));
        match try_out(file) {
            Ok(()) => good.push(name),
            Err((what, advice)) => bad.push((format!("{name}: {what}"), advice)),
        }
    }
    let Some(((first, advice), others)) = bad.split_first() else {
        return Step::ok(Part::Files, say!("can be written: {files}", files = good.join(", ")));
    };
    let mut step = Step::failed(Part::Files, first.as_str(), *advice);
    for (other, advice) in others {
        step = step.detail(other.as_str());
        step.advice.push((*advice).to_owned());
    }
    good.iter().fold(step, |step, name| step.detail(say!("can be written: {files}", files = name)))
}

/// Makes a file beside it, as only that tells of rights, full disks and read-only systems, and takes it
/// away again; one that is there is opened and left as it is.
fn try_out(file: &Wanted) -> Result<(), (String, &'static str)> {
    let problem = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => (
            say!("the directory does not exist").to_owned(),
            say!("create the directory, or name another one"),
        ),
        io::ErrorKind::PermissionDenied => (
            say!("no permission to write there").to_owned(),
            say!("name a directory that this user may write to"),
        ),
        io::ErrorKind::ReadOnlyFilesystem => {
            (say!("the file system is read-only").to_owned(), say!("name a directory on another file system"))
        }
        _ => (say!("it cannot be written: {error}", error), say!("name another file")),
    };
    if file.path.exists() {
        if file.new {
            return Err((
                say!("the file exists already").to_owned(),
                say!("name a new file, or move that one away"),
            ));
        }
        return std::fs::OpenOptions::new().append(true).open(&file.path).map(drop).map_err(problem);
    }
    let folder = file.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let trial = folder.join(format!(".imtop-doctor-{}", std::process::id()));
    std::fs::OpenOptions::new().write(true).create_new(true).open(&trial).map_err(problem)?;
    std::fs::remove_file(&trial).map_err(problem)
}

#[cfg(test)]
mod tests {
    use super::super::step::Outcome;
    use super::*;

    #[test]
    fn a_file_is_tried_out_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = |name: &str, new| Wanted { option: "--record", path: folder.path().join(name), new };
        assert_eq!(judge(&[]).outcome, Outcome::Skipped);
        assert_eq!(judge(&[wanted("new.ndjson", true)]).outcome, Outcome::Ok);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let step = judge(&[wanted("none/new.ndjson", true), wanted("other", true)]);
        assert_eq!(step.outcome, Outcome::Failed);
        assert!(step.seen.ends_with("the directory does not exist"), "{}", step.seen);
        std::fs::write(folder.path().join("old"), "x").unwrap();
        assert!(judge(&[wanted("old", true)]).seen.ends_with("the file exists already"));
        assert_eq!(judge(&[wanted("old", false)]).outcome, Outcome::Ok);
        assert_eq!(std::fs::read(folder.path().join("old")).unwrap(), b"x");
    }
}
