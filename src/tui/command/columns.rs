//! Choosing columns: by naming them in a line, or by ticking them off one by one.

use super::super::change::hint;
use super::super::message::Effect;
use super::super::model::{View, ViewMut};
use super::super::prompt::Mistake;
use super::super::screen::Screen;
use super::super::typing::begin_command;
use super::super::views;
use super::run::{Word, none_such};
use crate::listing::ColumnName;
use crate::say;

/// The word that stands for no choice at all.
const DEFAULT: &str = "default";

/// Those that always have their place: who it is, and what can be said of them.
const FIXED: [ColumnName; 2] = [ColumnName::User, ColumnName::Presence];

/// The columns that are to be shown, whether or not there is room for all.
pub(super) fn chosen(model: View<'_>) -> Vec<ColumnName> {
    let mut columns = match &model.columns_chosen {
        _ if model.switches.wide => ColumnName::ALL.to_vec(),
        Some(chosen) => chosen.clone(),
        None => ColumnName::usual(),
    };
    columns.extend(FIXED.into_iter().filter(|fixed| !columns.contains(fixed)).collect::<Vec<_>>());
    columns
}

/// Takes columns by their names. Without any the chooser is opened; from there it is closed.
pub(super) fn run(
    model: &mut ViewMut<'_>,
    line: &str,
    arguments: &[Word<'_>],
) -> Result<Vec<Effect>, Mistake> {
    views::show(model, Screen::Users);
    if arguments.is_empty() {
        // In the chooser a blank stands behind the command.
        if !line.ends_with(char::is_whitespace) {
            begin_command(model, "cols ");
        }
        return Ok(Vec::new());
    }
    let arguments: Vec<Word<'_>> = arguments.iter().flat_map(between_commas).collect();
    let chosen = match arguments.as_slice() {
        [(_, DEFAULT)] => None,
        arguments => Some(named(model.view(), arguments)?),
    };
    let names: Vec<&str> = chosen.iter().flatten().map(|column| column.name()).collect();
    let text = match names.as_slice() {
        [] => say!("columns: the usual ones").to_owned(),
        names => say!("columns: {names}", names = names.join(" ")),
    };
    hint(model, text);
    model.columns_chosen = chosen;
    // What was asked for last is what is seen.
    model.switches.wide = false;
    Ok(Vec::new())
}

/// Commas do as blanks do.
fn between_commas<'a>((range, word): &Word<'a>) -> Vec<Word<'a>> {
    let mut start = range.start;
    let mut words = Vec::new();
    for part in word.split(',') {
        let end = start + part.len();
        if !part.is_empty() {
            words.push((start..end, part));
        }
        start = end + 1;
    }
    words
}

fn named(model: View<'_>, arguments: &[Word<'_>]) -> Result<Vec<ColumnName>, Mistake> {
    let changes = arguments.first().is_some_and(|(_, word)| word.starts_with(['+', '-']));
    let mut columns = match &model.columns_chosen {
        _ if !changes => vec![ColumnName::User],
        _ if model.switches.wide => ColumnName::ALL.to_vec(),
        chosen => chosen.clone().unwrap_or_else(ColumnName::usual),
    };
    for (range, word) in arguments {
        let mistake = |text| Mistake { range: range.clone(), text };
        let name = word.trim_start_matches(['+', '-']);
        if word.starts_with(['+', '-']) != changes {
            return Err(mistake(say!("expected + or - before every name, or before none").to_owned()));
        }
        let Some(column) = ColumnName::from_name(name) else {
            let names = ColumnName::ALL.iter().map(|column| column.name());
            return Err(mistake(none_such(name, names)));
        };
        if word.starts_with('-') {
            if column == ColumnName::User {
                return Err(mistake(say!("the user ID is always shown").to_owned()));
            }
            columns.retain(|other| *other != column);
        } else if !columns.contains(&column) {
            columns.push(column);
        }
    }
    Ok(columns)
}

/// Adds a column, or drops it; what is left is in the usual order where it was before.
pub(in crate::tui) fn tick(model: &mut ViewMut<'_>, name: &str) {
    let Some(column) = ColumnName::from_name(name) else {
        model.columns_chosen = None;
        model.switches.wide = false;
        return;
    };
    if FIXED.contains(&column) {
        hint(model, say!("{name} is always shown", name));
        return;
    }
    let mut columns = chosen(model.view());
    let was_sorted = columns.is_sorted();
    if columns.contains(&column) {
        columns.retain(|other| *other != column);
    } else {
        columns.push(column);
        if was_sorted {
            columns.sort_unstable();
        }
    }
    model.columns_chosen = Some(columns).filter(|columns| *columns != ColumnName::usual());
    model.switches.wide = false;
}
