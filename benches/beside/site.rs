//! imtop's own simulator as a process of its own, a quiet day of so many users, and the list of them.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A simulated server, until this is dropped.
pub(crate) struct Site {
    server: Child,
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) list: PathBuf,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) fn imtop() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_imtop"))
}

impl Site {
    pub(crate) fn start(users: usize) -> Site {
        let folder = tempfile::tempdir().expect("a folder");
        let list = folder.path().join("list.csv");
        write_list(users, &list);
        let mut server = Command::new(imtop())
            .args(["simulate", "--scenario", "calm", "--listen", "127.0.0.1:0", "--users"])
            .arg(users.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(server.stdout.take().expect("its words")).lines();
        let mut until = |is_wished: fn(&str) -> Option<String>| {
            lines.by_ref().map_while(Result::ok).find_map(|line| is_wished(&line)).expect("its first words")
        };
        let url = until(|line| line.strip_prefix("listening on ").map(str::to_owned));
        let token = until(|line| line.starts_with("eyJ").then(|| line.trim().to_owned()));
        // What else it says is little, and fits into the pipe; reading on keeps the pipe open.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Site { server, url, token, list, folder }
    }

    /// The watched users, in their order.
    pub(crate) fn ids(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.list).expect("the list");
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        lines.map(|line| line.split(',').next().unwrap_or_default().trim().to_owned()).collect()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Writes the made-up users as a file to watch.
pub(crate) fn write_list(users: usize, list: &Path) {
    let file = std::fs::File::create(list).expect("a file");
    let mut command = Command::new(imtop());
    command.args(["simulate", "--list", "--scenario", "calm", "--users"]).arg(users.to_string());
    assert!(command.stdout(file).status().expect("it starts").success());
}
