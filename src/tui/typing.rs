//! Typing in a prompt: opening it, what takes effect at once, what happens when it is taken.

use std::collections::BTreeSet;

use crate::presence::query::{Query, QueryError, Vocabulary, complete, is_unfinished};
use crate::{language, say};

use super::action::Action;
use super::change::{apply_filter, set_query};
use super::message::Effect;
use super::model::{Model, View, ViewMut};
use super::prompt::{Candidate, Mistake, Offers, Prompt, Purpose};
use super::screen::Screen;
use super::{command, events};

/// Most groups that are offered.
const MOST_GROUPS: usize = 1_000;

/// What ends an operator of the filter language.
const OPERATORS: [char; 8] = ['=', '<', '>', '~', '＝', '＜', '＞', '～'];

/// Opens the prompt that fits the screen.
pub(super) fn open(model: &mut ViewMut<'_>) {
    model.prompt = Some(match &model.screen {
        Screen::Help { search, .. } => Prompt::new(Purpose::HelpSearch, search),
        Screen::Events(list) => Prompt::new(Purpose::EventFilter, list.filter()),
        Screen::Overview(_)
        | Screen::Users
        | Screen::Findings(_)
        | Screen::Server { .. }
        | Screen::Detail { .. } => {
            open_filter(model);
            return;
        }
    });
}

/// Opens the prompt for a filter, with the one in force.
pub(super) fn open_filter(model: &mut ViewMut<'_>) {
    model.screen = Screen::Users;
    model.mistake = None;
    model.vocabulary = vocabulary(model.view());
    model.prompt = Some(Prompt::new(Purpose::Filter, model.rows.query().text()));
    offer_words(model, false);
}

/// The names that only the watch list knows. Where IDs are masked there are none: a filter is
/// about the real ones.
fn vocabulary(model: View<'_>) -> Vocabulary {
    let list = model.picture().roster.list();
    if model.names.are_masked() || !list.has_groups() {
        return Vocabulary::default();
    }
    let mut groups = BTreeSet::new();
    for group in list.users().filter_map(|user| list.group(user)) {
        if groups.len() == MOST_GROUPS {
            break;
        }
        groups.insert(group);
    }
    Vocabulary { groups: groups.into_iter().map(str::to_owned).collect() }
}

/// Opens the prompt for commands.
pub(super) fn open_command(model: &mut ViewMut<'_>) {
    begin_command(model, "");
}

/// Opens the prompt for commands with the beginning of one.
pub(super) fn begin_command(model: &mut ViewMut<'_>, beginning: &str) {
    model.columns_before = model.columns_chosen.clone();
    model.prompt = Some(Prompt::new(Purpose::Command, beginning));
    typed(model);
}

/// What is typed takes effect at once, where it can.
pub(super) fn typed(model: &mut ViewMut<'_>) {
    let Some(prompt) = &model.prompt else { return };
    let text = prompt.text().to_owned();
    match prompt.purpose() {
        Purpose::Filter => {
            let original = prompt.original().to_owned();
            if !is_unfinished(&text) {
                apply_filter(model, &text);
            }
            // What was good last may be half a word that finds nobody: then the filter from before.
            if model.mistake.is_some()
                && model.rows.matching() == 0
                && let Ok(query) = Query::parse(&original)
            {
                set_query(model, query);
            }
            offer_words(model, false);
        }
        Purpose::EventFilter => events::filter(model, &text),
        Purpose::HelpSearch => search_help(model, &text),
        Purpose::Command => {
            let offers = command::offers(model.view(), prompt.before_cursor());
            if let Some(prompt) = &mut model.prompt {
                prompt.offer(offers);
            }
        }
    }
}

/// Offers what could be typed next in a filter, and says what is wrong with what was. `all`: also where
/// nothing has been typed yet, so that the list does not cover the users while somebody reads them.
fn offer_words(model: &mut Model, all: bool) {
    let Some(prompt) = &mut model.prompt else { return };
    let (text, cursor) = (prompt.text(), prompt.cursor());
    let completion = complete(text, cursor, &model.vocabulary);
    let range = completion.range;
    let before = text.get(..range.start).unwrap_or_default().trim_end();
    let typed = text.get(range.start..cursor).unwrap_or_default();
    let is_wanted = all || !typed.is_empty() || before.ends_with(OPERATORS);
    let mut candidates: Vec<Candidate> = completion
        .candidates
        .into_iter()
        .filter(|_| is_wanted)
        .map(|it| Candidate {
            name: it.text,
            help: language::say(it.about).to_owned(),
            ..Candidate::default()
        })
        .collect();
    let stands = |candidate: &Candidate| text.get(range.clone()) == Some(candidate.name.as_str());
    if matches!(candidates.as_slice(), [only] if stands(only)) {
        candidates.clear();
    }
    let key = model.keymap.first_of(Action::Complete).filter(|_| text.trim().is_empty() && !all);
    let usage = key.map(|name| Candidate {
        name,
        help: say!("lists fields, as in state=online; other words match ID and label").to_owned(),
        ..Candidate::default()
    });
    // Whoever is still typing the last word is helped, not corrected.
    let at_the_end = |mistake: &QueryError| mistake.at.end >= text.trim_end().len() && cursor == text.len();
    let is_unfinished =
        |mistake: &QueryError| at_the_end(mistake) && (!candidates.is_empty() || mistake.at.is_empty());
    let mistake = model.mistake.as_ref().filter(|mistake| !is_unfinished(mistake));
    let mistake = mistake.map(|mistake| Mistake { range: mistake.at.clone(), text: mistake.to_string() });
    prompt.offer(Offers { usage, range, candidates, chosen: None });
    if let Some(mistake) = mistake {
        prompt.refuse(mistake);
    }
}

/// Completes a word of a filter, which takes effect at once; offers all that could stand there first,
/// where nothing is offered yet.
fn complete_filter(model: &mut ViewMut<'_>) {
    let Some(prompt) = &mut model.prompt else { return };
    if prompt.offers().candidates.is_empty() {
        offer_words(model, true);
    } else if prompt.complete() {
        typed(model);
    } else {
        let text = prompt.text().to_owned();
        apply_filter(model, &text);
    }
}

/// Ticks off what is under the bar.
fn tick(model: &mut ViewMut<'_>) -> bool {
    let Some(prompt) = &mut model.prompt else { return false };
    let Some(name) = prompt.at_the_bar().map(|candidate| candidate.name.clone()) else { return false };
    prompt.drop_word();
    command::tick(model, &name);
    typed(model);
    if let Some(prompt) = &mut model.prompt {
        prompt.put_bar_on(&name);
    }
    true
}

/// Narrows the help to the lines with this text.
fn search_help(model: &mut ViewMut<'_>, text: &str) {
    if let Screen::Help { search, scroll, .. } = &mut model.screen
        && search != text
    {
        text.clone_into(search);
        *scroll = 0;
    }
}

/// Runs a command; after a mistake the prompt stays, and says what was expected.
fn run_command(model: &mut ViewMut<'_>, mut prompt: Prompt) -> Vec<Effect> {
    match command::run(model, prompt.text()) {
        Ok(effects) => {
            model.typed.remember(Purpose::Command, prompt.text().trim());
            effects
        }
        Err(mistake) => {
            prompt.refuse(mistake);
            model.prompt = Some(prompt);
            Vec::new()
        }
    }
}

/// What a key does while something is being typed.
pub(super) fn perform(model: &mut ViewMut<'_>, action: Action) -> Vec<Effect> {
    match action {
        Action::Accept => {
            if let Some(mut prompt) = model.prompt.take() {
                if prompt.purpose() == Purpose::Command {
                    return run_command(model, prompt);
                }
                if prompt.purpose() == Purpose::Filter {
                    apply_filter(model, prompt.text());
                }
                let mistake = model.mistake.as_ref().filter(|_| prompt.purpose() == Purpose::Filter);
                if let Some(mistake) = mistake {
                    prompt.refuse(Mistake { range: mistake.at.clone(), text: mistake.to_string() });
                    model.prompt = Some(prompt);
                    return Vec::new();
                }
                model.typed.remember(prompt.purpose(), prompt.text());
            }
        }
        Action::Cancel => {
            if let Some(prompt) = model.prompt.take() {
                match prompt.purpose() {
                    Purpose::Filter => apply_filter(model, prompt.original()),
                    Purpose::EventFilter => events::filter(model, prompt.original()),
                    Purpose::HelpSearch => search_help(model, prompt.original()),
                    Purpose::Command => model.columns_chosen = model.columns_before.take(),
                }
            }
        }
        Action::Complete if model.prompt.as_ref().is_some_and(|it| it.purpose() == Purpose::Filter) => {
            complete_filter(model);
        }
        Action::Complete if tick(model) => {}
        Action::Complete => {
            if model.prompt.as_mut().is_some_and(Prompt::complete) {
                typed(model);
            }
        }
        Action::HistoryBack | Action::HistoryForward => {
            let Model { prompt, typed: lines, .. } = &mut *model.model;
            if let Some(prompt) = prompt {
                if prompt.offers().are_ticked() {
                    prompt.walk(action == Action::HistoryForward);
                    return Vec::new();
                }
                prompt.recall(lines, action == Action::HistoryBack);
                typed(model);
            }
        }
        _ => {
            if let Some(prompt) = &mut model.prompt {
                prompt.edit(action);
                typed(model);
            }
        }
    }
    Vec::new()
}
