//! Typing in a prompt: opening it, what takes effect at once, what happens when it is taken.

use super::action::Action;
use super::message::Effect;
use super::model::{Model, Screen};
use super::prompt::{Prompt, Purpose};
use super::update::apply_filter;
use super::{command, events};

/// Opens the prompt that fits the screen.
pub(super) fn open(model: &mut Model) {
    model.prompt = Some(match &model.screen {
        Screen::Help { search, .. } => Prompt::new(Purpose::HelpSearch, search),
        Screen::Events(list) => Prompt::new(Purpose::EventFilter, list.filter()),
        Screen::Users | Screen::Findings(_) | Screen::Server { .. } | Screen::Detail { .. } => {
            model.screen = Screen::Users;
            Prompt::new(Purpose::Filter, model.rows.query().text())
        }
    });
}

/// Opens the prompt for commands.
pub(super) fn open_command(model: &mut Model) {
    begin_command(model, "");
}

/// Opens the prompt for commands with the beginning of one.
pub(super) fn begin_command(model: &mut Model, beginning: &str) {
    model.prompt = Some(Prompt::new(Purpose::Command, beginning));
    typed(model);
}

/// What is typed takes effect at once, where it can.
pub(super) fn typed(model: &mut Model) {
    let Some(prompt) = &model.prompt else { return };
    let text = prompt.text().to_owned();
    match prompt.purpose() {
        Purpose::Filter => apply_filter(model, &text),
        Purpose::EventFilter => events::filter(model, &text),
        Purpose::HelpSearch => search_help(model, &text),
        Purpose::Command => {
            let offers = command::offers(model, prompt.before_cursor());
            if let Some(prompt) = &mut model.prompt {
                prompt.offer(offers);
            }
        }
    }
}

/// Narrows the help to the lines with this text.
fn search_help(model: &mut Model, text: &str) {
    if let Screen::Help { search, scroll, .. } = &mut model.screen
        && search != text
    {
        text.clone_into(search);
        *scroll = 0;
    }
}

/// Runs a command; after a mistake the prompt stays, and says what was expected.
fn run_command(model: &mut Model, mut prompt: Prompt) -> Vec<Effect> {
    match command::run(model, prompt.text()) {
        Ok(effects) => {
            model.typed.remember(Purpose::Command, prompt.text());
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
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Accept => {
            if let Some(prompt) = model.prompt.take() {
                if prompt.purpose() == Purpose::Command {
                    return run_command(model, prompt);
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
                    Purpose::Command => {}
                }
            }
        }
        Action::Complete => {
            if model.prompt.as_mut().is_some_and(Prompt::complete) {
                typed(model);
            }
        }
        Action::HistoryBack | Action::HistoryForward => {
            if let Some(prompt) = &mut model.prompt {
                prompt.recall(&model.typed, action == Action::HistoryBack);
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
