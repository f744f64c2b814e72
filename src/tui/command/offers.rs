//! How a command that is being typed could go on.

use super::super::action::Action;
use super::super::message::ExportFormat;
use super::super::model::View;
use super::super::prompt::{Candidate, Offers};
use super::{CommandRow, Named, Verb, all, columns, find, words};
use crate::language::say;
use crate::listing::{ColumnName, SortColumn};
use crate::presence::By;
use crate::say;

/// Most candidates that are looked for; where so many are found there may be more.
pub const MOST_OFFERED: usize = 100;

/// Intervals that are offered.
const INTERVALS: [&str; 7] = ["500ms", "1s", "2s", "5s", "10s", "30s", "1m"];

/// What fits behind the text before the cursor.
pub(in crate::tui) fn offers(model: View<'_>, before: &str) -> Offers {
    let words = words(before);
    let ends_in_blank = before.ends_with(char::is_whitespace);
    let (earlier, typed) = match words.split_last() {
        Some((last, earlier)) if !ends_in_blank => (earlier, last.clone()),
        _ => (words.as_slice(), (before.len()..before.len(), "")),
    };
    let (range, typed) = typed;
    let Some((_, first)) = earlier.first() else {
        return Offers { range, candidates: names(model, typed), ..Offers::default() };
    };
    let Some(Named::Command(row)) = find(first) else { return Offers { range, ..Offers::default() } };
    // Names of columns may have commas between them.
    let comma = if row.verb == Verb::Columns { typed.rfind(',') } else { None };
    let (range, typed, at) = match comma {
        Some(comma) => {
            let rest = typed.get(comma + 1..).unwrap_or_default();
            (range.start + comma + 1..range.end, rest, earlier.len() + 1)
        }
        None => (range, typed, earlier.len()),
    };
    let candidates = arguments(model, row.verb, at, typed);
    let is_chooser = candidates.iter().any(|candidate| candidate.ticked.is_some());
    let mut usage = command(model, row);
    if is_chooser && typed.is_empty() {
        let key = |action| model.keymap.first_of(action).unwrap_or_default();
        let (tick, up, down) = (key(Action::Complete), key(Action::HistoryBack), key(Action::HistoryForward));
        usage.help =
            say!("{tick} adds or drops, {up} {down} go to another; or NAME, +NAME, -NAME", tick, up, down);
    }
    Offers { usage: Some(usage), candidates, range, chosen: is_chooser.then_some(0) }
}

/// Commands and actions, those that begin so first; without those that have nothing to choose from.
fn names(model: View<'_>, typed: &str) -> Vec<Candidate> {
    let has_choice = |named: &Named| match named {
        Named::Command(row) if row.verb == Verb::Context => !model.contexts.is_empty(),
        Named::Command(row) if row.verb == Verb::Silence => !model.shown.live.alerts().rules().is_empty(),
        Named::Command(row) if row.verb == Verb::Theme => !model.themes.is_empty(),
        _ => true,
    };
    let mut found: Vec<(u8, Candidate)> = all()
        .filter(has_choice)
        .map(|named| match named {
            Named::Command(row) => command(model, row),
            Named::Action(row) => Candidate {
                name: row.name.to_owned(),
                arguments: "",
                help: say(row.help).to_owned(),
                keys: keys(model, row.action),
                ticked: None,
            },
        })
        .filter_map(|candidate| Some((rank(&candidate, typed)?, candidate)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().take(MOST_OFFERED).map(|(_, candidate)| candidate).collect()
}

fn command(model: View<'_>, row: &CommandRow) -> Candidate {
    Candidate {
        name: row.name.to_owned(),
        arguments: row.arguments,
        help: say(row.help).to_owned(),
        keys: row.action.map_or(String::new(), |action| keys(model, action)),
        ticked: None,
    }
}

fn keys(model: View<'_>, action: Action) -> String {
    model.keymap.keys_of(action).join(" ")
}

/// How well a name fits what is typed, best first: it begins so, contains it, is explained with it,
/// has its letters in this order. One letter or two are in too many for the last two.
fn rank(candidate: &Candidate, typed: &str) -> Option<u8> {
    let typed = typed.to_lowercase();
    let name = candidate.name.to_lowercase();
    let mut letters = name.chars();
    match () {
        () if name.starts_with(&typed) => Some(0),
        () if name.contains(&typed) => Some(1),
        () if typed.len() > 2 && candidate.help.to_lowercase().contains(&typed) => Some(2),
        () if typed.len() > 2 && typed.chars().all(|c| letters.any(|letter| letter == c)) => Some(3),
        () => None,
    }
}

/// What a command takes as its `at`-th argument, counted from 1.
fn arguments(model: View<'_>, verb: Verb, at: usize, typed: &str) -> Vec<Candidate> {
    let all: Vec<(String, String)> = match verb {
        Verb::Remove => return users(model, typed),
        Verb::Goto if at == 1 => return users(model, typed),
        Verb::Silence if at == 1 => {
            let rules = model.shown.live.alerts().rules().iter();
            rules.map(|rule| (rule.name.clone(), rule.when.to_string())).collect()
        }
        Verb::Sort if at == 1 => {
            let columns = SortColumn::names().filter_map(SortColumn::from_name);
            columns.map(|column| (column.name().to_owned(), say(column.words()).to_owned())).collect()
        }
        Verb::Sort if at == 2 => [
            ("asc", say!("least, oldest, A first")),
            ("desc", say!("most, latest, Z first")),
            ("inverted", say!("the other end first")),
        ]
        .map(|(word, what)| (word.to_owned(), what.to_owned()))
        .into(),
        Verb::Columns => return columns(model, at, typed),
        Verb::Export if at == 1 => {
            let words =
                [say!("comma-separated values"), say!("one object"), say!("the screen as plain text")];
            let names = ExportFormat::ALL.map(|format| format.name().to_owned());
            names.into_iter().zip(words.map(str::to_owned)).collect()
        }
        Verb::Interval if at == 1 => INTERVALS.map(|time| (time.to_owned(), String::new())).into(),
        Verb::Context if at == 1 => {
            let is_asked = |name: &String| model.shown.about.context.as_ref() == Some(name);
            let words = |name: &String| if is_asked(name) { say!("the current one") } else { "" }.to_owned();
            model.contexts.iter().map(|name| (name.clone(), words(name))).collect()
        }
        Verb::Theme if at == 1 => model.themes.iter().map(|name| (name.clone(), String::new())).collect(),
        Verb::By if at == 1 => By::ALL.map(|by| (by.name().to_owned(), String::new())).to_vec(),
        _ => Vec::new(),
    };
    let candidates = all.into_iter().map(|(name, help)| Candidate { name, help, ..Candidate::default() });
    let mut found: Vec<(u8, Candidate)> =
        candidates.filter_map(|candidate| Some((rank(&candidate, typed)?, candidate))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().take(MOST_OFFERED).map(|(_, candidate)| candidate).collect()
}

/// Names of columns: to tick off, or with the sign that is typed before them.
fn columns(model: View<'_>, at: usize, typed: &str) -> Vec<Candidate> {
    let sign = typed.get(..1).filter(|sign| matches!(*sign, "+" | "-")).unwrap_or_default();
    let begin = typed.get(sign.len()..).unwrap_or_default().to_lowercase();
    let chooser = at == 1 && sign.is_empty();
    let chosen = columns::chosen(model);
    let has_room = model.columns(model.table_width());
    let ticked = |column: ColumnName| chosen.contains(&column);
    let named = ColumnName::ALL.into_iter().map(|column| {
        let hidden = chooser && ticked(column) && has_room.column(column).width == 0;
        let help = say(column.help());
        let help = if hidden { say!("no room now: {help}", help) } else { help.to_owned() };
        (column.name(), help, chooser.then(|| ticked(column)))
    });
    let usual = ("default", say!("the usual columns").to_owned(), Some(model.columns_chosen.is_none()));
    let candidate = |(name, help, ticked): (&str, String, Option<bool>)| Candidate {
        name: format!("{sign}{name}"),
        help,
        ticked,
        ..Candidate::default()
    };
    let all = named.chain(chooser.then_some(usual));
    all.filter(|(name, ..)| name.starts_with(&begin)).map(candidate).collect()
}

/// Users whose ID begins so, as they are called on the screen.
fn users(model: View<'_>, typed: &str) -> Vec<Candidate> {
    let list = model.picture().roster.list();
    let begins = |name: &str| name.get(..typed.len()).is_some_and(|head| head.eq_ignore_ascii_case(typed));
    let candidate = |user| {
        let raw = list.raw_id(user);
        if !model.names.are_masked() && !begins(raw) {
            return None; // most are sorted out before they are made visible-safe
        }
        let name = model.names.user(raw);
        // What is typed has no blanks in it.
        (begins(&name) && !name.contains(char::is_whitespace)).then(|| Candidate {
            name: name.into_owned(),
            help: list.label(user).map_or(String::new(), |label| model.names.label(label).into_owned()),
            ..Candidate::default()
        })
    };
    list.users().filter_map(candidate).take(MOST_OFFERED).collect()
}
