//! Recording processes that are killed, run out of disk, or may not write: what was said to be
//! written is in the file.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;

use imtop::recording::{Limits, Recorder, Recording};

use super::made::{at, head, input, inputs, night, roster};

/// Where the child of a test records.
const CHILD: &str = "IMTOP_TEST_RECORD_INTO";

/// This program again, to run one test alone.
fn child(test: &str, into: &Path) -> Vec<std::ffi::OsString> {
    let program = std::env::current_exe().unwrap();
    let words = ["--ignored", "--exact", test, "--nocapture"].map(Into::into);
    let mut command: Vec<std::ffi::OsString> = vec!["env".into()];
    let mut variable = std::ffi::OsString::from(format!("{CHILD}="));
    variable.push(into);
    command.extend([variable, program.into_os_string()]);
    command.extend(words);
    command
}

#[test]
#[ignore = "the child of the tests below"]
fn child_records_until_it_ends() {
    let into = std::env::var_os(CHILD).expect("run by a test only");
    let (tell, told) = channel();
    let started =
        Recorder::start(Path::new(&into), Limits::default(), at(0), head(), &roster(5), move |stopped| {
            tell.send(stopped).unwrap();
        });
    let mut recorder = match started {
        Ok(recorder) => recorder,
        Err(error) => return println!("\nrefused {error}"),
    };
    let mut said = 0;
    for n in 0.. {
        let (at, input) = input(n);
        recorder.write(at, &input);
        // Not more than the queue has room for.
        while recorder.is_recording() && recorder.written().lines + 100 < n {
            std::thread::yield_now();
        }
        let written = recorder.written().lines;
        if written > said {
            said = written;
            println!("\nwritten {written}");
        }
        if !recorder.is_recording() {
            let stopped = told.recv().unwrap();
            println!("\nstopped {} {} {stopped}", stopped.written.lines, stopped.until.unwrap().mono_ms);
            return;
        }
    }
}

#[test]
fn what_a_killed_program_had_recorded_is_read() {
    for name in ["n.ndjson", "n.ndjson.zst"] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        let words = child("crash::child_records_until_it_ends", &path);
        let mut running = Command::new(&words[0]).args(&words[1..]).stdout(Stdio::piped()).spawn().unwrap();
        let mut written = 0;
        for line in BufReader::new(running.stdout.take().unwrap()).lines() {
            if let Some(lines) = line.unwrap().strip_prefix("written ") {
                written = lines.parse().unwrap();
            }
            if written > 500 {
                break;
            }
        }
        running.kill().unwrap(); // SIGKILL
        running.wait().unwrap();
        let mut recording = Recording::open(&path).unwrap();
        let items: Vec<_> = recording.by_ref().map(Result::unwrap).collect();
        assert!(items.len() >= written, "{} of {written}", items.len());
        let said = inputs(&items);
        assert_eq!(said, night(said.len() as u64));
        assert_eq!((said.len() + 2, recording.summary().gaps), (items.len(), 0));
        assert_eq!(recording.ends().unwrap(), items.last().unwrap().at);
    }
}

/// Records until there is no room, and checks that what was written is whole.
fn fill(path: &Path, words: &[std::ffi::OsString], why: &str) {
    let output = Command::new(&words[0]).args(&words[1..]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line =
        text.lines().find_map(|line| line.strip_prefix("stopped ")).unwrap_or_else(|| panic!("{text}"));
    let (lines, rest) = line.split_once(' ').unwrap();
    let (until, said) = rest.split_once(' ').unwrap();
    assert!(said.contains(why) && said.starts_with("the recording has ended: "), "{said}");
    let mut recording = Recording::open(path).unwrap();
    let items: Vec<_> = recording.by_ref().map(Result::unwrap).collect();
    assert_eq!(items.len().to_string(), lines);
    assert_eq!(items.last().unwrap().at.mono_ms.to_string(), until);
    assert_eq!((recording.summary().cut, recording.summary().gaps), (false, 0));
    let said = inputs(&items);
    assert!(said.len() > 20 && said == night(said.len() as u64));
}

#[test]
fn a_file_that_may_not_grow_ends_the_recording_at_a_whole_line() {
    for name in ["n.ndjson", "n.ndjson.zst"] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        // 66 blocks of 512 bytes; a write beyond fails, as one to a full disk does.
        let mut words: Vec<std::ffi::OsString> =
            ["sh", "-c", "trap '' XFSZ; ulimit -f 66; exec \"$@\"", "sh"].map(Into::into).into();
        words.extend(child("crash::child_records_until_it_ends", &path));
        fill(&path, &words, "File too large");
        if name.ends_with("zst") {
            zstd::decode_all(std::fs::File::open(&path).unwrap())
                .expect("the frame is closed where there is room");
        }
    }
}

#[test]
fn a_full_disk_ends_the_recording_at_a_whole_line() {
    let dir = tempfile::tempdir().unwrap();
    let mount = |words: &[&str]| {
        Command::new(words[0]).args(&words[1..]).arg(dir.path()).output().is_ok_and(|it| it.status.success())
    };
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=128k", "none"]) {
        // Without the right to mount, the limit on a file's size above stands for a full disk.
        println!("no right to mount a small tmpfs: only the limit on a file's size was tried");
        return a_file_that_may_not_grow_ends_the_recording_at_a_whole_line();
    }
    for name in ["n.ndjson", "n.ndjson.zst"] {
        let path = dir.path().join(name);
        fill(&path, &child("crash::child_records_until_it_ends", &path), "No space left on device");
        std::fs::remove_file(&path).unwrap();
    }
    assert!(mount(&["umount"]));
}

#[test]
fn a_directory_that_may_not_be_written_to_is_said_at_the_start() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;

    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
    let path = dir.path().join("n.ndjson");
    let program = std::env::current_exe().unwrap();
    // Root may write anywhere: a copy that anybody can run, run by nobody.
    let copies = tempfile::tempdir().unwrap();
    std::fs::set_permissions(copies.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let copy = copies.path().join("child");
    std::fs::copy(program, &copy).unwrap();
    let mut command = Command::new(copy);
    command.args(["--ignored", "--exact", "crash::child_records_until_it_ends", "--nocapture"]);
    command.env(CHILD, &path).current_dir("/");
    if rustix::process::geteuid().is_root() {
        command.uid(65_534);
    }
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let said =
        text.lines().find_map(|line| line.strip_prefix("refused ")).unwrap_or_else(|| panic!("{text}"));
    assert_eq!(
        said.replace(&path.display().to_string(), "FILE"),
        "cannot record into FILE: Permission denied; name a file in a directory that can be written to"
    );
    assert!(read_names(dir.path()).is_empty());
}

fn read_names(dir: &Path) -> Vec<std::ffi::OsString> {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}
