//! What each command does, and what is said of a line that can't be done.

use std::collections::HashSet;
use std::ops::Range;

use crate::engine::Command;
use crate::presence::query::Query;
use crate::presence::{By, UserIx, short_age, visible};

use super::super::action::{Action, ActionRow, Scope};
use super::super::change::{apply_filter, hint, select, set_query, set_sort};
use super::super::list::Cursor;
use super::super::message::{Effect, ExportFormat};
use super::super::model::{View, ViewMut};
use super::super::nearest::nearest;
use super::super::notes::silenced_words;
use super::super::perform::{perform, set_interval};
use super::super::prompt::{Mistake, Purpose};
use super::super::screen::Screen;
use super::super::{overview_keys, travel, views};
use super::{Named, Verb, all, columns, find, words};
use crate::listing::{Sort, SortColumn};
use crate::say;

/// How often a server may be asked, in milliseconds.
const PACE: std::ops::RangeInclusive<u64> = 100..=3_600_000;

/// For how long an alert can be silenced, in milliseconds.
const SILENCE: std::ops::RangeInclusive<u64> = 1_000..=720 * 3_600_000;

/// A word and where it stands.
pub(super) type Word<'a> = (Range<usize>, &'a str);

/// Does what a line says.
///
/// # Errors
/// The line can't be done; nothing has changed then.
pub(in crate::tui) fn run(model: &mut ViewMut<'_>, line: &str) -> Result<Vec<Effect>, Mistake> {
    let words = words(line);
    let Some(((range, name), arguments)) = words.split_first() else { return Ok(Vec::new()) };
    let end = line.trim_end().len();
    // Where a word is missing the mistake is behind the last one.
    let missing = |text: String| Mistake { range: end..end, text };
    match find(name) {
        Some(Named::Action(row)) => match arguments.first() {
            None => Ok(act(model, row)),
            Some((range, _)) => Err(Mistake {
                range: range.clone(),
                text: say!("`{name}` takes no arguments", name = row.name),
            }),
        },
        Some(Named::Command(row)) => {
            let rest = line.get(range.end..).unwrap_or_default().trim();
            match row.verb {
                Verb::Add | Verb::Remove | Verb::Interval if model.shown.playing.is_some() => {
                    Err(missing(say!("this is a replay: nothing can be changed").to_owned()))
                }
                Verb::Add => add(model, arguments).map_err(missing),
                Verb::Remove => remove(model, arguments, &missing),
                Verb::Goto if rest.is_empty() => {
                    Err(missing(say!("expected a user ID, or a part of one").into()))
                }
                Verb::Goto => {
                    let from = arguments.first().map_or(end, |(range, _)| range.start);
                    goto(model, rest).map_err(|text| Mistake { range: from..end, text })?;
                    Ok(Vec::new())
                }
                Verb::Filter if rest.is_empty() => {
                    views::show(model, Screen::Users);
                    Ok(perform(model, Action::Filter))
                }
                Verb::Filter => {
                    let from = arguments.first().map_or(end, |(range, _)| range.start);
                    let query = Query::parse(rest).map_err(|error| Mistake {
                        range: from + error.at.start..from + error.at.end,
                        text: error.to_string(),
                    })?;
                    views::show(model, Screen::Users);
                    set_query(model, query);
                    model.typed.remember(Purpose::Filter, rest);
                    Ok(Vec::new())
                }
                Verb::Sort => sort(model, arguments, missing),
                Verb::Columns => columns::run(model, line, arguments),
                Verb::Export => export(arguments, rest, missing),
                Verb::Interval => interval(model, arguments, missing),
                Verb::Silence => silence(model, rest, arguments, missing),
                Verb::At if rest.is_empty() => {
                    Err(missing(say!("expected a time, such as 12:01:05, -5m or +90s").to_owned()))
                }
                Verb::At => {
                    let from = arguments.first().map_or(end, |(range, _)| range.start);
                    let effect = travel::go_to(model.view(), rest)
                        .map_err(|text| Mistake { range: from..end, text })?;
                    Ok(vec![effect])
                }
                Verb::Record if model.shown.playing.is_some() => {
                    Err(missing(say!("this is a replay: it is recorded already").to_owned()))
                }
                Verb::Record => {
                    Ok(vec![Effect::Command(Command::Record((!rest.is_empty()).then(|| rest.into())))])
                }
                Verb::Context => context(model, rest, arguments, missing),
                Verb::Theme => theme(model.view(), arguments, missing),
                Verb::By => by(model, arguments, missing),
                Verb::Help => {
                    views::show_help(model, rest);
                    Ok(Vec::new())
                }
                Verb::Quit => Ok(vec![Effect::Quit]),
            }
        }
        None => Err(Mistake { range: range.clone(), text: unknown(model.view(), name) }),
    }
}

/// Does what a key does; where that is about the list, in the list.
fn act(model: &mut ViewMut<'_>, row: &ActionRow) -> Vec<Effect> {
    if row.scope == Scope::Users {
        views::show(model, Screen::Users);
    }
    perform(model, row.action)
}

fn unknown(model: View<'_>, name: &str) -> String {
    let beginning: Vec<&str> =
        all().map(Named::name).filter(|other| other.starts_with(name)).take(4).collect();
    if !beginning.is_empty() {
        return say!("`{name}` may be {names}", name, names = beginning.join(", "));
    }
    if let Some(meant) = nearest(name, all().map(Named::name)) {
        return say!("no command `{name}`; did you mean `{meant}`?", name, meant);
    }
    match model.keymap.first_of(Action::DeleteAll) {
        Some(key) => say!("no command `{name}`; {key} clears the line and shows all", name, key),
        None => say!("no command `{name}`", name),
    }
}

fn add(model: &mut ViewMut<'_>, arguments: &[Word<'_>]) -> Result<Vec<Effect>, String> {
    let mut seen = HashSet::new();
    let ids: Vec<&str> = ids(arguments).map(|(_, id)| id).filter(|id| seen.insert(*id)).collect();
    if ids.is_empty() {
        return Err(say!("expected one or more user IDs").to_owned());
    }
    let list = model.shown.live.roster().list();
    let add: Vec<String> =
        ids.iter().filter(|id| list.find(id).is_none()).map(|id| (*id).to_owned()).collect();
    match (add.as_slice(), ids.as_slice()) {
        ([], [one]) => Err(say!("{one} is watched already", one)),
        ([], _) => Err(say!("all of them are watched already").to_owned()),
        _ => {
            let text = match add.len() {
                1 => say!("adding 1 user to the watch list").to_owned(),
                users => say!("adding {users} users to the watch list", users),
            };
            hint(model, text);
            Ok(vec![Effect::Command(Command::Watch { add, remove: Vec::new() })])
        }
    }
}

fn remove(
    model: &mut ViewMut<'_>,
    arguments: &[Word<'_>],
    missing: &impl Fn(String) -> Mistake,
) -> Result<Vec<Effect>, Mistake> {
    let mut remove: Vec<String> = Vec::new();
    if arguments.is_empty() {
        let Some(user) = model.cursor.as_ref().and_then(Cursor::one) else {
            return Err(missing(say!("expected a user ID: no user is selected").to_owned()));
        };
        remove.push(model.picture().roster.list().raw_id(user).to_owned());
    }
    for (range, id) in ids(arguments) {
        let Some(user) = exactly(model.view(), id) else {
            return Err(Mistake { range, text: say!("no user with the ID {id} is watched", id) });
        };
        let raw = model.picture().roster.list().raw_id(user).to_owned();
        if !remove.contains(&raw) {
            remove.push(raw);
        }
    }
    let text = match remove.len() {
        1 => say!("removing 1 user from the watch list").to_owned(),
        users => say!("removing {users} users from the watch list", users),
    };
    hint(model, text);
    Ok(vec![Effect::Command(Command::Watch { add: Vec::new(), remove })])
}

/// IDs with blanks or commas between them.
fn ids<'a>(arguments: &'a [Word<'a>]) -> impl Iterator<Item = Word<'a>> {
    arguments
        .iter()
        .flat_map(|(range, word)| {
            word.split(',').scan(range.start, |start, id| {
                let range = *start..*start + id.len();
                *start = range.end + 1;
                Some((range, id))
            })
        })
        .filter(|(_, id)| !id.is_empty())
}

/// The user with this ID, written as the server knows it or as it is shown.
fn exactly(model: View<'_>, id: &str) -> Option<UserIx> {
    let list = model.picture().roster.list();
    let is_shown_so = |user: &UserIx| {
        let raw = list.raw_id(*user);
        visible(raw) == id || (model.names.are_masked() && model.names.user(raw) == id)
    };
    list.find(id).or_else(|| list.users().find(is_shown_so))
}

/// Selects a user, whatever hides it.
fn goto(model: &mut ViewMut<'_>, text: &str) -> Result<(), String> {
    let picture = model.picture();
    let list = picture.roster.list();
    let part = text.to_lowercase();
    let contains = |name: &str| name.to_lowercase().contains(&part);
    let user = exactly(model.view(), text).or_else(|| {
        list.users().find(|user| {
            let raw = list.raw_id(*user);
            contains(&model.names.user(raw))
                || list.label(*user).is_some_and(|label| contains(&model.names.label(label)))
        })
    });
    let Some(user) = user else { return Err(say!("no user's ID or label contains {text}", text)) };
    let name = model.names.user(list.raw_id(user)).into_owned();
    views::show(model, Screen::Users);
    if model.rows.row_of(user).is_none() {
        model.switches.problems_only = false;
        model.marks.only = false;
        apply_filter(model, "");
        hint(model, say!("filter cleared: it hid {name}", name));
    }
    let height = model.view().body_height();
    let line = model.view().window(height).iter().position(|line| line.user() == user);
    model.cursor_row = line.map_or(height / 2, |row| row as u16);
    select(model, Cursor::on(user));
    Ok(())
}

fn sort(
    model: &mut ViewMut<'_>,
    arguments: &[Word<'_>],
    missing: impl Fn(String) -> Mistake,
) -> Result<Vec<Effect>, Mistake> {
    let names = || SortColumn::names().collect::<Vec<_>>().join(", ");
    let Some((range, name)) = arguments.first() else {
        return Err(missing(say!("expected a column: {names}", names = names())));
    };
    let Some(column) = SortColumn::from_name(&name.to_lowercase()) else {
        return Err(Mistake { range: range.clone(), text: none_such(name, SortColumn::names()) });
    };
    let inverted = match arguments.get(1) {
        None => false,
        Some((range, word)) => match word.to_lowercase() {
            word if word.starts_with("asc") && "ascending".starts_with(&word) => column.is_descending(),
            word if word.starts_with("desc") && "descending".starts_with(&word) => !column.is_descending(),
            word if "inverted".starts_with(&word) || "reversed".starts_with(&word) => true,
            _ => {
                let text = say!("expected asc, desc, inverted or nothing, not `{word}`", word);
                return Err(Mistake { range: range.clone(), text });
            }
        },
    };
    if let Some((range, _)) = arguments.get(2) {
        return Err(Mistake { range: range.clone(), text: say!("expected nothing more").to_owned() });
    }
    views::show(model, Screen::Users);
    set_sort(model, Sort { column, inverted });
    Ok(Vec::new())
}

/// What is said of a name that is not among those that there are.
pub(super) fn none_such<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match nearest(name, names.iter().copied()) {
        Some(meant) => say!("unknown name `{name}`; did you mean `{meant}`?", name, meant),
        None => say!("unknown name `{name}`; expected one of {names}", name, names = names.join(", ")),
    }
}

fn export(
    arguments: &[Word<'_>],
    rest: &str,
    missing: impl Fn(String) -> Mistake,
) -> Result<Vec<Effect>, Mistake> {
    let names = ExportFormat::ALL.iter().map(|format| format.name());
    let Some((range, name)) = arguments.first() else {
        return Err(missing(say!("expected csv, json or txt").to_owned()));
    };
    let Some(format) = ExportFormat::ALL.into_iter().find(|format| format.name() == name.to_lowercase())
    else {
        return Err(Mistake { range: range.clone(), text: none_such(name, names) });
    };
    // The name of a file may have blanks in it.
    let file = rest.get(name.len()..).unwrap_or_default().trim();
    let file = (!file.is_empty()).then(|| file.to_owned());
    Ok(vec![Effect::Export { format, file }])
}

fn interval(
    model: &mut ViewMut<'_>,
    arguments: &[Word<'_>],
    missing: impl Fn(String) -> Mistake,
) -> Result<Vec<Effect>, Mistake> {
    let Some((range, text)) = arguments.first() else {
        return Err(missing(say!("expected a time such as 2s, 500ms or 1m").to_owned()));
    };
    let mistake = |text: &str| Mistake { range: range.clone(), text: text.to_owned() };
    let Some(ms) = milliseconds(text) else {
        return Err(mistake(say!("expected a time such as 2s, 500ms or 1m")));
    };
    if !PACE.contains(&ms) {
        return Err(mistake(say!("expected a time from 100ms to 1h")));
    }
    Ok(set_interval(model, Some(ms)))
}

/// Silences an alert for a while, or lifts that; alone, says which are silenced.
fn silence(
    model: &mut ViewMut<'_>,
    rest: &str,
    arguments: &[Word<'_>],
    missing: impl Fn(String) -> Mistake,
) -> Result<Vec<Effect>, Mistake> {
    let names: Vec<String> = model.shown.live.alerts().rules().iter().map(|rule| rule.name.clone()).collect();
    if model.shown.is_recorded {
        return Err(missing(say!("alerts of a recording are sent to nobody").to_owned()));
    }
    if names.is_empty() {
        return Err(missing(say!("the configuration has no alerts").to_owned()));
    }
    let names = || names.iter().map(String::as_str);
    let Some((first, _)) = arguments.first() else {
        let words = silenced_words(model.view());
        hint(model, words.unwrap_or_else(|| say!("no alert is silenced").to_owned()));
        return Ok(Vec::new());
    };
    // A name may have blanks in it: the last word is the time.
    let (name, time) = match arguments.split_last() {
        Some(((range, time), [_, ..])) => {
            let length = rest.len() - time.len();
            (rest.get(..length).unwrap_or_default().trim(), Some((range.clone(), *time)))
        }
        _ => (rest, None),
    };
    if names().any(|other| other == rest) {
        return Err(missing(say!("expected a time such as 30m or 1h, or off").to_owned()));
    }
    let Some((range, time)) = time.filter(|_| names().any(|other| other == name)) else {
        let end = first.start + name.len();
        return Err(Mistake { range: first.start..end, text: none_such(name, names()) });
    };
    if time == "off" {
        let words = if model.silences.lift(name) {
            say!("{name} is no longer silenced", name)
        } else {
            say!("{name} was not silenced", name)
        };
        hint(model, words);
        return Ok(Vec::new());
    }
    let Some(ms) = milliseconds(time).filter(|ms| SILENCE.contains(ms)) else {
        let text = say!("expected a time from 1s to 720h, such as 30m or 1h, or off").to_owned();
        return Err(Mistake { range, text });
    };
    let now = model.shown.live_now;
    model.silences.silence(name, now, ms);
    hint(
        model,
        say!(
            "{name} is silenced for {time}; `:silence {name} off` lifts it",
            name,
            time = short_age(ms / 1_000)
        ),
    );
    Ok(Vec::new())
}

/// Reads `2s`, `500ms`, `1m`; a mere number is in seconds.
fn milliseconds(text: &str) -> Option<u64> {
    let number = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(number)?;
    let unit = match unit {
        "ms" => 1.0,
        "s" | "" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    Some((number * unit).round() as u64)
}

fn context(
    model: &mut ViewMut<'_>,
    name: &str,
    arguments: &[Word<'_>],
    missing: impl Fn(String) -> Mistake,
) -> Result<Vec<Effect>, Mistake> {
    if model.contexts.is_empty() {
        return Err(missing(say!("the configuration has no context").to_owned()));
    }
    let names = || model.contexts.iter().map(String::as_str);
    let (Some((first, _)), Some((last, _))) = (arguments.first(), arguments.last()) else {
        let names = names().collect::<Vec<_>>().join(", ");
        return Err(missing(say!("expected a context: {names}", names)));
    };
    // A name may have blanks in it.
    let range = first.start..last.end;
    if !names().any(|other| other == name) {
        return Err(Mistake { range, text: none_such(name, names()) });
    }
    if model.shown.about.context.as_deref() == Some(name) {
        return Err(Mistake { range, text: say!("{name} is the current context already", name) });
    }
    Ok(vec![Effect::SwitchContext(name.to_owned())])
}

/// Shows the overview, counted by what is named.
fn by(
    model: &mut ViewMut<'_>,
    arguments: &[Word<'_>],
    missing: impl Fn(String) -> Mistake,
) -> Result<Vec<Effect>, Mistake> {
    let names = By::ALL.map(By::name).join(", ");
    let Some((range, name)) = arguments.first() else {
        return Err(missing(say!("expected one of {names}", names)));
    };
    let Some(by) = By::named(name) else {
        return Err(Mistake { range: range.clone(), text: say!("expected one of {names}", names) });
    };
    overview_keys::count_by(model, by);
    Ok(Vec::new())
}

fn theme(
    model: View<'_>,
    arguments: &[Word<'_>],
    missing: impl Fn(String) -> Mistake,
) -> Result<Vec<Effect>, Mistake> {
    if model.themes.is_empty() {
        return Err(missing(say!("there is only one theme").to_owned()));
    }
    let names = || model.themes.iter().map(String::as_str);
    let Some((range, name)) = arguments.first() else {
        let names = names().collect::<Vec<_>>().join(", ");
        return Err(missing(say!("expected a theme: {names}", names)));
    };
    if !names().any(|other| other == *name) {
        return Err(Mistake { range: range.clone(), text: none_such(name, names()) });
    }
    Ok(vec![Effect::Theme((*name).to_owned())])
}
