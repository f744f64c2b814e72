//! The names of a recording's files: `night.ndjson.zst`, and before it `night.1.ndjson.zst`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The name that the file `number` gets when the recording goes on in another one.
pub(super) fn piece(path: &Path, number: u32) -> PathBuf {
    let (stem, end) = split(path);
    path.with_file_name(format!("{stem}.{number}{end}"))
}

/// The files beside `path` that bear such a name, by their number.
pub(super) fn pieces(path: &Path) -> Vec<(u32, PathBuf)> {
    let (stem, end) = split(path);
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let Ok(entries) = std::fs::read_dir(directory.unwrap_or(Path::new("."))) else { return Vec::new() };
    let number = |name: OsString| {
        let digits = name.to_str()?.strip_prefix(&stem)?.strip_prefix('.')?.strip_suffix(&end)?.to_owned();
        let number: u32 = digits.parse().ok()?;
        (number.to_string() == digits).then_some(number)
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| number(entry.ok()?.file_name()))
        .map(|number| (number, piece(path, number)))
        .collect();
    found.sort_unstable();
    found
}

/// Whether the name tells to pack.
pub(super) fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zst"))
}

/// The name up to where the number goes, and the rest with its dots.
fn split(path: &Path) -> (String, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let packed = if is_packed(path) { 4 } else { 0 };
    let (plain, zst) = name.split_at(name.len() - packed);
    match plain.rfind('.') {
        Some(dot) if dot > 0 => (plain[..dot].to_owned(), format!("{}{zst}", &plain[dot..])),
        _ => (plain.to_owned(), zst.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_goes_before_the_endings() {
        let cases = [
            ("a/night.ndjson", "a/night.2.ndjson"),
            ("night.ndjson.zst", "night.2.ndjson.zst"),
            ("night", "night.2"),
            ("night.zst", "night.2.zst"),
            ("a.b/.night", "a.b/.night.2"),
            ("the.long.night.log", "the.long.night.2.log"),
            (".zst", ".zst.2"),
        ];
        for (name, expected) in cases {
            assert_eq!(piece(Path::new(name), 2), Path::new(expected), "{name}");
        }
    }

    #[test]
    fn only_names_with_a_number_are_pieces() {
        let dir = tempfile::tempdir().unwrap();
        let names = ["n.ndjson", "n.1.ndjson", "n.12.ndjson", "n.x.ndjson", "n.01.ndjson", "n.2.ndjson.zst"];
        for name in names {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let found = pieces(&dir.path().join("n.ndjson"));
        assert_eq!(found.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 12]);
        assert!(pieces(Path::new("/nonexistent/n.ndjson")).is_empty());
    }
}
