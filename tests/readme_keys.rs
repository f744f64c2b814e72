//! The tables of keys and of commands in the README are those of the program.
//!
//! `UPDATE_README=1 cargo test --test readme_keys` writes them between their marks.

#![expect(clippy::expect_used, reason = "a README without its marks ends the test")]

use imtop::app::{command_table, key_table};

/// Replaces what stands between the marks of a table.
fn with_table(readme: &str, what: &str, table: &str) -> String {
    let begin = format!("<!-- {what}: written by tests/readme_keys.rs -->\n");
    let end = format!("<!-- end of {what} -->");
    let (head, rest) = readme.split_once(&begin).expect("the README has a mark where the table begins");
    let (_, tail) = rest.split_once(&end).expect("the README has a mark where the table ends");
    format!("{head}{begin}{table}{end}{tail}")
}

#[test]
fn the_tables_are_those_of_the_program() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let Ok(readme) = std::fs::read_to_string(path) else {
        return; // no README, no table to be wrong
    };
    let expected = with_table(&with_table(&readme, "keys", &key_table()), "commands", &command_table());
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, expected).expect("the README can be written");
    } else {
        assert_eq!(readme, expected, "UPDATE_README=1 writes the tables");
    }
}
