//! The programs that imtop is compared with: which of them are there, and how to get those that are not.

use std::path::PathBuf;

/// A program of others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// Puts requests as fast as it can.
    Wrk,
    /// The same, written with the HTTP library that imtop has.
    Oha,
    /// A monitor of the machine, written in C++.
    Btop,
    /// A monitor of the machine, written in Rust; the package is called bottom.
    Btm,
    Curl,
    Jq,
}

impl Program {
    const ALL: [Program; 6] =
        [Program::Wrk, Program::Oha, Program::Btop, Program::Btm, Program::Curl, Program::Jq];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Program::Wrk => "wrk",
            Program::Oha => "oha",
            Program::Btop => "btop",
            Program::Btm => "btm",
            Program::Curl => "curl",
            Program::Jq => "jq",
        }
    }

    fn install(self) -> &'static str {
        match self {
            Program::Wrk => "apt-get install wrk",
            Program::Oha => "cargo install --locked oha",
            Program::Btop => "apt-get install btop",
            Program::Btm => "cargo install --locked bottom",
            Program::Curl => "apt-get install curl",
            Program::Jq => "apt-get install jq",
        }
    }

    /// Where it is, if it is on the search path.
    pub(crate) fn find(self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(self.name())).find(|file| file.is_file())
    }
}

/// Says which of the programs are missing, and how to get them.
pub(crate) fn tell_missing() {
    let missing = Program::ALL.into_iter().filter(|program| program.find().is_none());
    let missing: Vec<Program> = missing.collect();
    for program in &missing {
        println!("{} is not on PATH: {}", program.name(), program.install());
    }
    if !missing.is_empty() {
        println!("What is compared with these is left out.\n");
    }
}
