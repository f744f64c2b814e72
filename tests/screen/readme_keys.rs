//! What the README and `docs/` say is what the program has: the tables of keys, commands and rules, the
//! commands and options that are named, and the files that are linked.
//!
//! `UPDATE_README=1 cargo test --test screen readme_keys` writes the tables between their marks.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use imtop::presence::Rule;
use imtop::tui::{command_table, key_table};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README in each language, and what stands above its keys.
const READMES: [(&str, &str); 2] = [("README.md", "Keys"), ("README_zh-CN.md", "按键")];

/// The README and the pages behind it.
fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).expect("docs/ is there");
    let mut pages: Vec<PathBuf> = docs.map(|page| page.unwrap().path()).collect();
    pages.extend(READMES.map(|(name, _)| root().join(name)));
    pages.sort();
    pages
}

/// Replaces what stands between the marks of a table.
fn with_table(page: &str, what: &str, table: &str) -> String {
    let begin = format!("<!-- {what}: written by tests/screen/readme_keys.rs -->\n");
    let end = format!("<!-- end of {what} -->");
    let (head, rest) = page.split_once(&begin).expect("the page has a mark where the table begins");
    let (_, tail) = rest.split_once(&end).expect("the page has a mark where the table ends");
    format!("{head}{begin}{table}{end}{tail}")
}

fn assert_tables(page: &str, tables: &[(&str, String)]) {
    let path = root().join(page);
    let found = fs::read_to_string(&path).expect("the page can be read");
    let expected = tables.iter().fold(found.clone(), |text, (what, table)| with_table(&text, what, table));
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(path, expected).expect("the page can be written");
    } else {
        assert_eq!(found, expected, "UPDATE_README=1 writes the tables");
    }
}

fn rule_table() -> String {
    let mut text = String::from("| rule | at most | says | what to do |\n|---|---|---|---|\n");
    for rule in Rule::ALL {
        let most = rule.severity().word();
        writeln!(text, "| `{rule}` | {most} | {} | {} |", rule.says(), rule.advice()).unwrap();
    }
    text
}

#[test]
fn the_tables_are_those_of_the_program() {
    assert_tables("docs/screen-and-keys.md", &[("keys", key_table()), ("commands", command_table())]);
    assert_tables("docs/findings.md", &[("rules", rule_table())]);
}

#[test]
fn every_key_in_the_readme_is_one_of_the_program() {
    let known = key_table();
    let keys = READMES.map(|(name, heading)| {
        let keys = first_column(name, heading);
        for key in keys.iter().flat_map(|keys| keys.split_whitespace()) {
            assert!(
                known.contains(&format!("| {key} ")) || known.contains(&format!("` {key} ")),
                "{name}: no key {key}"
            );
        }
        keys
    });
    assert_eq!(keys[0], keys[1], "both languages have the same keys");
}

#[test]
fn the_readme_names_the_same_commands_and_pages_in_each_language() {
    assert_eq!(first_column("README.md", "Commands"), first_column("README_zh-CN.md", "命令"));
    let links = READMES.map(|(name, _)| {
        let text = fs::read_to_string(root().join(name)).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        links.filter(|link| !link.starts_with("README")).map(str::to_owned).collect::<BTreeSet<_>>()
    });
    assert_eq!(links[0], links[1]);
}

/// The first cells of the table below a heading of a page.
fn first_column(page: &str, heading: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).expect("the page has the heading");
    let rows = section.lines().skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    let cells: Vec<String> =
        rows.skip(2).map(|row| row.split('|').nth(1).unwrap().trim().to_owned()).collect();
    assert!(cells.len() > 5, "{page}: {cells:?}");
    cells
}

/// The code of a page: the lines of its blocks, and what stands between backticks.
fn code(page: &str) -> Vec<String> {
    let mut code = Vec::new();
    let mut in_block = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            let command = line.split(['#', '|']).next().unwrap();
            code.push(command.trim_start_matches("echo 'source <(").to_owned());
        } else {
            code.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    code
}

fn options(command: &clap::Command, found: &mut BTreeSet<String>) {
    let arguments = command.get_arguments();
    let names = arguments.filter_map(clap::Arg::get_long_and_visible_aliases).flatten();
    found.extend(names.map(str::to_owned));
    for sub in command.get_subcommands() {
        options(sub, found);
    }
}

/// The option that a word names, without what is given to it.
fn option(word: &str) -> Option<&str> {
    let name = word.strip_prefix("--")?;
    let name = name.split(['=', '[']).next()?;
    (!name.is_empty()).then_some(name)
}

#[test]
fn every_command_and_option_that_is_named_exists() {
    let mut imtop = imtop::options::cli::definition(&|_| None);
    imtop.build();
    let mut known = BTreeSet::new();
    options(&imtop, &mut known);
    let mut named = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for code in code(&text) {
            // The options of other programs.
            if ["cargo ", "jq ", "psql "].iter().any(|other| code.trim_start().contains(other)) {
                continue;
            }
            let words: Vec<&str> = code.split_whitespace().collect();
            for name in words.iter().filter_map(|word| option(word)) {
                named += 1;
                assert!(known.contains(name), "{}: no option --{name} in `{code}`", page.display());
            }
            let Some(sub) = words.iter().skip_while(|word| **word != "imtop").nth(1) else { continue };
            if sub.bytes().all(|byte| byte.is_ascii_lowercase()) {
                named += 1;
                assert!(
                    imtop.find_subcommand(sub).is_some(),
                    "{}: no command {sub} in `{code}`",
                    page.display()
                );
            }
        }
    }
    assert!(named > 50, "only {named} were found");
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let target = page.parent().unwrap().join(file);
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
            let headings = || fs::read_to_string(&target).unwrap();
            let is_there = part.is_empty()
                || headings().lines().any(|line| anchor(line.trim_start_matches(['#', ' '])) == part);
            assert!(is_there, "{}: {link} names no heading", page.display());
        }
    }
}

#[test]
fn every_page_is_linked_from_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for page in pages() {
        let name = page.file_name().unwrap().to_str().unwrap();
        let is_linked = readme.contains(&format!("](docs/{name})"));
        assert!(is_linked || name.starts_with("README"), "{name} can't be found from the README");
    }
}
