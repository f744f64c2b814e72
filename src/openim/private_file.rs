//! Files with secrets: who else may read them, and what to do where that is somebody.

use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::process::{getegid, geteuid, getgroups};

use crate::words;

/// What is wrong with a file, and what to do about it.
pub(super) type Problem = (&'static str, &'static str);

const ROOT: u32 = 0;

/// Who we are to the system.
struct Us {
    user: u32,
    groups: Vec<u32>,
}

impl Us {
    fn now() -> Us {
        let mut groups: Vec<u32> =
            getgroups().unwrap_or_default().into_iter().map(rustix::process::Gid::as_raw).collect();
        groups.push(getegid().as_raw());
        Us { user: geteuid().as_raw(), groups }
    }
}

/// Whom a file belongs to, and who may do what with it.
#[derive(Clone, Copy)]
struct Rights {
    owner: u32,
    group: u32,
    mode: u32,
    /// It is a volume of Kubernetes, which is mounted read-only: its rights are in the pod's description.
    in_volume: bool,
}

impl Rights {
    fn of(path: &Path, metadata: &std::fs::Metadata) -> Rights {
        // Each file there is a link into `..data`, a link itself that is swapped when the secret changes.
        let in_volume = path.parent().is_some_and(|folder| folder.join("..data").exists());
        Rights { owner: metadata.uid(), group: metadata.gid(), mode: metadata.mode(), in_volume }
    }

    /// Who can read it besides us, if somebody can; and what to do about that.
    fn problem(self, us: &Us) -> Option<Problem> {
        let open = self.mode & 0o066;
        // root gives a file to a service by its group; so Kubernetes does with `fsGroup`.
        let given = self.owner == ROOT
            && open == 0o040
            && us.groups.contains(&self.group)
            && (us.user != ROOT || self.group != ROOT);
        if open == 0 || given {
            return None;
        }
        let what = match open & 0o006 {
            0 => "its group can read or change it",
            _ => "other users can read or change it",
        };
        Some((what, self.advice(us)))
    }

    fn advice(self, us: &Us) -> &'static str {
        if self.in_volume {
            return words!(
                "mount the secret with defaultMode: 0440 and set fsGroup in the pod's securityContext"
            );
        }
        match self.owner {
            owner if owner == us.user => words!("run chmod 600 on it"),
            ROOT => words!("let root run chmod 640 on it, and chgrp to a group of this user"),
            _ => words!("let this user own it with mode 600, or root with mode 640 and a group of this user"),
        }
    }
}

/// Whether the file is a plain one that nobody else can read; what is in it is not read.
///
/// # Errors
///
/// What is wrong with the file, and what to do about it.
pub fn check_private(path: &Path) -> Result<(), Problem> {
    let metadata = std::fs::metadata(path).map_err(|error| file_problem(path, &error))?;
    if !metadata.is_file() {
        return Err(("it is not a plain file", words!("name a file")));
    }
    Rights::of(path, &metadata).problem(&Us::now()).map_or(Ok(()), Err)
}

/// Reads at most `limit` bytes, and one more where there are more, of a plain file that nobody else
/// can read. `instead` is what to do where it is none.
///
/// # Errors
///
/// What is wrong with the file, and what to do about it.
pub(super) fn read_private(
    path: &Path,
    limit: usize,
    instead: &'static str,
) -> Result<(Vec<u8>, std::fs::Metadata), Problem> {
    let metadata = std::fs::metadata(path).map_err(|error| file_problem(path, &error))?;
    if !metadata.is_file() {
        // To open a pipe would wait for somebody to write into it.
        return Err(("it is not a plain file", instead));
    }
    let mut file = std::fs::File::open(path).map_err(|error| file_problem(path, &error))?;
    let metadata = file.metadata().map_err(|error| file_problem(path, &error))?;
    if let Some(problem) = Rights::of(path, &metadata).problem(&Us::now()) {
        return Err(problem);
    }
    let mut bytes = Vec::with_capacity(1024);
    let read = (&mut file).take(limit as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| file_problem(path, &error))?;
    Ok((bytes, metadata))
}

fn file_problem(path: &Path, error: &io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::NotFound => ("no such file", words!("check the name of the file")),
        io::ErrorKind::PermissionDenied => {
            // Without a way to it there is nobody whom it belongs to, as far as we can see.
            let advice =
                std::fs::metadata(path).map(|metadata| Rights::of(path, &metadata).advice(&Us::now()));
            ("we may not read it", advice.unwrap_or(words!("let this user into its folder")))
        }
        _ => ("it cannot be read", words!("check the file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WE: u32 = 1_000;
    const OUR_GROUP: u32 = 2_000;

    fn problem(owner: u32, group: u32, mode: u32) -> Option<Problem> {
        let us = Us { user: WE, groups: vec![OUR_GROUP, WE] };
        Rights { owner, group, mode: mode | 0o100_000, in_volume: false }.problem(&us)
    }

    #[test]
    fn a_file_of_root_may_be_read_by_our_group() {
        for mode in [0o440, 0o640, 0o400, 0o600, 0o750] {
            assert_eq!(problem(ROOT, OUR_GROUP, mode), None, "{mode:o}");
        }
        for mode in [0o400, 0o600, 0o700] {
            assert_eq!(problem(WE, WE, mode), None, "{mode:o}");
        }
        let by_root = "let root run chmod 640 on it, and chgrp to a group of this user";
        for (owner, group, mode, what, advice) in [
            (ROOT, OUR_GROUP, 0o660, "its group", by_root),
            (ROOT, OUR_GROUP, 0o444, "other users", by_root),
            (ROOT, OUR_GROUP, 0o644, "other users", by_root),
            (ROOT, 3_000, 0o640, "its group", by_root),
            (WE, OUR_GROUP, 0o640, "its group", "run chmod 600 on it"),
            (WE, WE, 0o644, "other users", "run chmod 600 on it"),
            (3_000, OUR_GROUP, 0o640, "its group", "let this user own it with mode 600"),
        ] {
            let found = problem(owner, group, mode).unwrap_or_else(|| panic!("{owner} {group} {mode:o}"));
            assert!(found.0.starts_with(what) && found.1.starts_with(advice), "{mode:o}: {found:?}");
        }
    }

    #[test]
    fn root_itself_reads_what_a_pod_gives_to_its_group() {
        let root = Us { user: ROOT, groups: vec![ROOT, OUR_GROUP] };
        let rights = |group| Rights { owner: ROOT, group, mode: 0o440, in_volume: true };
        assert_eq!(rights(OUR_GROUP).problem(&root), None);
        let (what, advice) = rights(ROOT).problem(&root).unwrap();
        assert!(what == "its group can read or change it" && advice.contains("fsGroup"), "{what}; {advice}");
    }

    #[test]
    fn a_volume_of_kubernetes_is_known_by_its_links() {
        let folder = tempfile::tempdir().unwrap();
        let (data, path) = (folder.path().join("..2026_11_23"), folder.path().join("token"));
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("token"), "x").unwrap();
        std::os::unix::fs::symlink("..2026_11_23", folder.path().join("..data")).unwrap();
        std::os::unix::fs::symlink("..data/token", &path).unwrap();
        let set = |mode| {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(data.join("token"), std::fs::Permissions::from_mode(mode)).unwrap();
        };
        set(0o644);
        let (what, advice) = check_private(&path).unwrap_err();
        assert_eq!(what, "other users can read or change it");
        assert!(advice.contains("defaultMode: 0440") && !advice.contains("chmod"), "{advice}");
        set(0o400);
        assert_eq!(check_private(&path), Ok(()));
        assert_eq!(read_private(&path, 10, "").unwrap().0, b"x");
    }
}
