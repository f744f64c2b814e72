//! The table of keys in the README is the one of the program.
//!
//! `UPDATE_README=1 cargo test --test readme_keys` writes it between its two marks.

const BEGIN: &str = "<!-- keys: written by tests/readme_keys.rs -->\n";
const END: &str = "<!-- end of keys -->";

#[test]
fn the_table_of_keys_is_that_of_the_program() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let Ok(readme) = std::fs::read_to_string(path) else {
        return; // no README, no table to be wrong
    };
    let (head, rest) = readme.split_once(BEGIN).expect("the README has a mark where the keys begin");
    let (table, tail) = rest.split_once(END).expect("the README has a mark where the keys end");
    let expected = imtop::app::key_table();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, format!("{head}{BEGIN}{expected}{END}{tail}"))
            .expect("the README can be written");
    } else {
        assert_eq!(table, expected, "UPDATE_README=1 writes the table");
    }
}
