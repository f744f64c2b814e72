//! Reads a watch-list file again when it changes, and never lets a passing state of it empty the list.
//!
//! Editors truncate and rewrite, scripts swap links, disks fill up. So a change counts only when the
//! file looks the same twice in a row, and a file that is gone, empty or not a list keeps the old one.

use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::mpsc;

use super::Listing;
use super::watch_list::read_telling;

/// Twice this is how long a change of the file takes to be seen.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A larger file is no list of users.
const LARGEST: u64 = 256 << 20;

/// A watch-list file that was read, and may change.
#[derive(Clone, Debug)]
pub struct WatchFile {
    path: PathBuf,
    /// What tells the list that was read last from another.
    sum: u64,
    /// How the file looked when it was last read, or last complained of.
    settled: Option<Look>,
    /// How it looked last time, if that is another look.
    changing: Option<Look>,
}

/// What can be seen of a file without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look(Option<(u64, u64, u64, std::time::SystemTime, i64)>);

/// What looking at the file brought.
#[derive(Clone, Debug)]
pub enum WatchNews {
    /// It holds another list.
    Changed(Listing),
    /// It holds no list at present; the old one stays. A sentence that says why.
    Kept(String),
}

impl WatchFile {
    /// Reads the file for the first time; `told` hears now and then how many users were read.
    ///
    /// # Errors
    /// A sentence: it cannot be read, or is not a watch list.
    pub fn open(path: &Path, told: &mut dyn FnMut(usize)) -> Result<(WatchFile, Listing), String> {
        let look = Look::at(path);
        let listing = read(path, told)?;
        let file =
            WatchFile { path: path.to_owned(), sum: listing.list.sum(), settled: Some(look), changing: None };
        Ok((file, listing))
    }

    /// Looks at the file once a second from now on, and sends what that brings; ends when nobody
    /// reads it any more.
    pub fn follow(mut self) -> mpsc::Receiver<WatchNews> {
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            while !sender.is_closed() {
                tokio::time::sleep(LOOK_EVERY).await;
                // Reading a large list, or one on a slow disk, holds up nobody.
                let looked = tokio::task::spawn_blocking(move || {
                    let news = self.look();
                    (self, news)
                });
                let Ok((file, news)) = looked.await else { return };
                self = file;
                if let Some(news) = news
                    && sender.send(news).await.is_err()
                {
                    return;
                }
            }
        });
        receiver
    }

    /// Looks at the file; to be called about once a second. Each state of it is reported once.
    pub fn look(&mut self) -> Option<WatchNews> {
        let look = Look::at(&self.path);
        if self.settled.as_ref() == Some(&look) {
            self.changing = None;
            return None;
        }
        if self.changing.as_ref() != Some(&look) {
            self.changing = Some(look); // still being written, perhaps
            return None;
        }
        self.changing = None;
        self.settled = Some(look);
        let kept = |why: String| Some(WatchNews::Kept(format!("{why}; the list before it stays")));
        let read = if self.path.is_file() {
            read(&self.path, &mut |_| ())
        } else if self.path.exists() {
            // Reading a pipe could wait for ever.
            Err(format!("the watch list {} is no longer a plain file", self.path.display()))
        } else {
            Err(format!("the watch list {} is gone", self.path.display()))
        };
        match read {
            Err(why) => kept(why),
            Ok(listing) if listing.list.is_empty() => kept(format!("{} names nobody", self.path.display())),
            Ok(listing) => {
                let sum = listing.list.sum();
                let is_other = std::mem::replace(&mut self.sum, sum) != sum;
                is_other.then_some(WatchNews::Changed(listing))
            }
        }
    }
}

fn read(path: &Path, told: &mut dyn FnMut(usize)) -> Result<Listing, String> {
    let name = path.display().to_string();
    let mut text = Vec::new();
    let opened = std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text));
    opened.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("cannot read the watch list {name}: no such file; check its name")
        }
        _ => format!("cannot read the watch list {name}: {error}"),
    })?;
    if text.len() as u64 > LARGEST {
        return Err(format!("the watch list {name} is larger than {} MiB", LARGEST >> 20));
    }
    read_telling(&text, &name, told, &mut |_| ()).map_err(|error| error.to_string())
}

impl Look {
    fn at(path: &Path) -> Look {
        let Ok(metadata) = std::fs::metadata(path) else { return Look(None) };
        let (device, inode, changed) = identity(&metadata);
        let modified = metadata.modified().unwrap_or(std::time::UNIX_EPOCH);
        Look(Some((device, inode, metadata.len(), modified, changed)))
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64, i64) {
    use std::os::unix::fs::MetadataExt as _;
    (
        metadata.dev(),
        metadata.ino(),
        metadata.ctime().wrapping_mul(1_000_000_000).wrapping_add(metadata.ctime_nsec()),
    )
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64, i64) {
    (0, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(news: Option<WatchNews>) -> Vec<String> {
        match news {
            Some(WatchNews::Changed(listing)) => listing.list.entries().map(|entry| entry.id).collect(),
            other => panic!("not changed: {other:?}"),
        }
    }

    fn kept(news: Option<WatchNews>) -> String {
        match news {
            Some(WatchNews::Kept(why)) => why,
            other => panic!("not kept: {other:?}"),
        }
    }

    #[test]
    fn a_list_changes_only_when_the_file_has_settled_on_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.csv");
        std::fs::write(&path, "a\nb\n").unwrap();
        let (mut file, listing) = WatchFile::open(&path, &mut |_| ()).unwrap();
        assert_eq!(listing.list.len(), 2);
        assert!(file.look().is_none());

        std::fs::write(&path, "a\n").unwrap();
        assert!(file.look().is_none(), "perhaps half-written");
        std::fs::write(&path, "a\nc\n").unwrap();
        assert!(file.look().is_none());
        assert_eq!(ids(file.look()), ["a", "c"]);
        assert!(file.look().is_none());

        // The same list in another file is no news.
        let other = dir.path().join("other.csv");
        std::fs::write(&other, "a\nc # not a comment\n").unwrap();
        std::fs::write(&other, "# hello\na\nc\n").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert!([file.look(), file.look(), file.look()].iter().all(Option::is_none));
    }

    #[test]
    fn a_file_that_is_empty_or_gone_or_broken_never_empties_the_list() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.csv");
        std::fs::write(&path, "a\n").unwrap();
        let (mut file, _) = WatchFile::open(&path, &mut |_| ()).unwrap();

        std::fs::write(&path, "# nobody\n").unwrap();
        assert!(file.look().is_none());
        assert!(kept(file.look()).ends_with("w.csv names nobody; the list before it stays"));
        assert!(file.look().is_none(), "said once");

        std::fs::remove_file(&path).unwrap();
        assert!(file.look().is_none());
        assert!(kept(file.look()).ends_with("w.csv is gone; the list before it stays"));

        std::fs::create_dir(&path).unwrap();
        assert!(file.look().is_none());
        assert!(kept(file.look()).contains("no longer a plain file"));
        std::fs::remove_dir(&path).unwrap();

        std::fs::write(&path, b"a\n\xff\n").unwrap();
        assert!(file.look().is_none());
        assert!(kept(file.look()).contains("line 2: not UTF-8"));

        std::fs::write(&path, "a\nb,\"Front desk\nc\n").unwrap();
        assert!(file.look().is_none());
        let why = kept(file.look());
        assert!(why.contains("line 2: the quote before Front desk is still open"), "{why}");
        assert!(why.ends_with("; the list before it stays"), "{why}");

        std::fs::write(&path, "[\"a\",\"b\"]\n").unwrap();
        assert!(file.look().is_none());
        assert!(kept(file.look()).contains("line 1: this looks like JSON"));

        std::fs::write(&path, "a\nb\n").unwrap();
        assert!(file.look().is_none());
        assert_eq!(ids(file.look()), ["a", "b"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_is_swapped_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two, link) = (dir.path().join("1"), dir.path().join("2"), dir.path().join("w.csv"));
        std::fs::write(&one, "a\n").unwrap();
        std::fs::write(&two, "b\n").unwrap();
        std::os::unix::fs::symlink(&one, &link).unwrap();
        let (mut file, _) = WatchFile::open(&link, &mut |_| ()).unwrap();
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(&two, &link).unwrap();
        assert!(file.look().is_none());
        assert_eq!(ids(file.look()), ["b"]);
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error_at_the_start() {
        let error = WatchFile::open(Path::new("/nonexistent/w.csv"), &mut |_| ()).unwrap_err();
        assert!(error.starts_with("cannot read the watch list /nonexistent/w.csv: "), "{error}");
    }
}
