//! The cut of the program: which room may know which, read off the `use crate::` lines.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A room and the rooms that it may know. What is not listed it must not.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("main", &["commands", "options", "tui"]),
    ("lib", &[]),
    (
        "commands",
        &[
            "alerts",
            "clock",
            "doctor",
            "engine",
            "home",
            "language",
            "listing",
            "log",
            "openim",
            "options",
            "poller",
            "presence",
            "recording",
            "report",
            "signals",
            "simulator",
            "tui",
        ],
    ),
    ("clock", &["poller", "presence"]),
    ("tui", &["alerts", "engine", "home", "language", "listing", "presence", "report", "signals"]),
    ("report", &["engine", "listing", "presence"]),
    ("doctor", &["language", "openim", "options", "presence"]),
    ("engine", &["openim", "options", "poller", "presence", "recording"]),
    ("poller", &["openim", "presence"]),
    ("recording", &["presence"]),
    ("options", &["alerts", "home", "language", "listing", "openim", "presence"]),
    ("alerts", &["child", "listing", "openim", "presence"]),
    ("openim", &["child", "presence"]),
    ("simulator", &["presence"]),
    ("listing", &["language", "presence"]),
    ("log", &["presence"]),
    ("signals", &[]),
    ("child", &[]),
    ("home", &[]),
    ("presence", &["language"]),
    ("language", &[]),
];

/// Crates that a part of the program must not touch, whatever it needs: by the beginning of its path.
const MUST_NOT_USE: &[(&str, &[&str])] = &[
    ("presence", &["tracing", "tokio", "reqwest", "ratatui", "std::fs", "std::net"]),
    ("listing", &["tracing", "tokio", "reqwest", "ratatui", "std::fs", "std::net", "SystemTime"]),
    ("tui", &["reqwest", "std::net", "SystemTime"]),
    ("tui/model", &["tracing", "tokio", "std::fs"]),
    ("tui/update", &["tracing", "tokio", "std::fs"]),
    ("tui/command", &["tracing", "tokio", "std::fs"]),
    ("tui/view", &["tracing", "tokio", "std::fs", "&mut Model"]),
    ("alerts", &["ratatui", "SystemTime"]),
    ("poller", &["ratatui"]),
    ("openim", &["ratatui"]),
    ("report", &["stdout()"]),
    ("report/metrics", &["tokio", "hyper", "std::fs", "std::net", "SystemTime"]),
    ("recording", &["tokio", "ratatui", "SystemTime", "Instant"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file with the room that it belongs to and its text without tests.
fn files() -> Vec<(String, PathBuf, String)> {
    let root = root();
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    paths
        .into_iter()
        .map(|path| {
            let inside = path.strip_prefix(&root).unwrap();
            let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
            let room = first.trim_end_matches(".rs").to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
            (room, path, code)
        })
        .collect()
}

/// The rooms named after `crate::` (or `imtop::` in the binary), also within braces.
fn known(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for prefix in ["crate::", "imtop::"] {
            for (at, _) in line.match_indices(prefix) {
                let rest = &line[at + prefix.len()..];
                let names = rest.strip_prefix('{').map_or(rest, |inner| inner.split('}').next().unwrap());
                let names: Vec<&str> =
                    if names.len() == rest.len() { vec![rest] } else { names.split(',').collect() };
                for name in names {
                    let name: String =
                        name.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                    if name.chars().next().is_some_and(|c| c.is_ascii_lowercase()) {
                        rooms.insert(name);
                    }
                }
            }
        }
    }
    rooms
}

#[test]
fn every_room_knows_only_what_it_may() {
    let mut wrong = Vec::new();
    for (room, path, code) in files() {
        let Some((_, may)) = MAY_KNOW.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{}: the room {room} is not in the table", path.display()));
            continue;
        };
        for other in known(&code) {
            let is_room = MAY_KNOW.iter().any(|(name, _)| *name == other);
            if is_room && other != room && !may.contains(&other.as_str()) {
                wrong.push(format!("{}: {room} must not know {other}", path.display()));
            }
        }
        let inside = path.strip_prefix(root()).unwrap().to_str().unwrap();
        for (_, banned) in MUST_NOT_USE.iter().filter(|(part, _)| inside.starts_with(part)) {
            let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            for word in banned.iter().filter(|word| code.contains(**word)) {
                wrong.push(format!("{}: {room} must not use {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_arrow_of_the_table_points_down_and_is_used() {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (room, _, code) in files() {
        used.entry(room).or_default().extend(known(&code));
    }
    for (place, (room, may)) in MAY_KNOW.iter().enumerate() {
        for other in *may {
            let below = MAY_KNOW.iter().position(|(name, _)| name == other).unwrap();
            assert!(below > place, "{room} stands below {other}, which it may know");
            assert!(used[*room].contains(*other), "{room} need not be allowed to know {other}");
        }
    }
}

#[test]
fn every_file_says_what_it_owns() {
    for (_, path, code) in files() {
        assert!(code.starts_with("//! "), "{} does not open with //!", path.display());
    }
}

#[test]
fn the_reading_of_use_lines_finds_what_is_there() {
    let code = "use crate::presence::{A, B};\nuse crate::{app, ui::view};\n// crate::poller\nlet x = crate::clock::now();\nuse imtop::options::Cli;\nuse crate::UserIx;";
    let found: Vec<String> = known(code).into_iter().collect();
    assert_eq!(found, ["app", "clock", "options", "presence", "ui"]);
}
/// The file of a module below `src`, by its path: `tui/view/table`.
fn file_of(module: &str) -> Option<PathBuf> {
    let at = root().join(module);
    [at.with_extension("rs"), at.join("mod.rs")].into_iter().find(|file| file.is_file())
}

/// The files that a file of this module names in its `use` lines: modules beside it, above it, below
/// it, and those of other rooms by their first word.
fn imports(module: &str, code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in code.lines().map(str::trim_start).filter(|line| line.starts_with("use ")) {
        let mut at: Vec<&str> = module.split('/').collect();
        let mut words = line.trim_start_matches("use ").split("::").map(|word| word.trim_end_matches(';'));
        match words.next() {
            Some("crate") => at.clear(),
            Some("super") => drop(at.pop()),
            _ => continue,
        }
        for word in words {
            if word == "super" {
                at.pop();
                continue;
            }
            let inner = [&at[..], &[word]].concat();
            if file_of(&inner.join("/")).is_none() {
                break;
            }
            at = inner;
        }
        let target = at.join("/");
        // A name from the file above is mostly one that it hands on: that file's own words are counted.
        if target != module && file_of(&target).is_some_and(|file| !file.ends_with("mod.rs")) {
            found.insert(target);
        }
    }
    found
}

#[test]
fn no_circle_of_imports_is_larger_than_three_files() {
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, path, code) in files() {
        let module = path.strip_prefix(root()).unwrap().with_extension("");
        let module = module.to_str().unwrap().trim_end_matches("/mod").to_owned();
        let imports = imports(&module, &code);
        graph.insert(module, imports);
    }
    assert!(graph.values().flatten().count() > 300, "the imports are not read");
    let reach = |from: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(next) = open.pop() {
            for to in graph.get(&next).into_iter().flatten() {
                if seen.insert(to.clone()) {
                    open.push(to.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> = graph.keys().map(|from| (from, reach(from))).collect();
    for (module, from) in &reached {
        let circle: Vec<&String> =
            from.iter().filter(|to| reached.get(to).is_some_and(|back| back.contains(*module))).collect();
        assert!(circle.len() <= 3, "{module} is in a circle of imports: {circle:?}");
    }
}
