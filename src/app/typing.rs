//! Typing in a prompt: opening it, what takes effect at once, what happens when it is taken.

use super::action::Action;
use super::events;
use super::message::Effect;
use super::model::{Model, Screen};
use super::prompt::{Prompt, Purpose};
use super::update::apply_filter;

/// Opens the prompt that fits the screen.
pub(super) fn open(model: &mut Model) {
    model.prompt = Some(match &model.screen {
        Screen::Help { .. } => Prompt::new(Purpose::HelpSearch, ""),
        Screen::Events(list) => Prompt::new(Purpose::EventFilter, list.filter()),
        Screen::Users | Screen::Findings(_) | Screen::Server { .. } | Screen::Detail { .. } => {
            model.screen = Screen::Users;
            Prompt::new(Purpose::Filter, model.rows.query().text())
        }
    });
}

/// Opens the prompt for commands.
pub(super) fn open_command(model: &mut Model) {
    model.prompt = Some(Prompt::new(Purpose::Command, ""));
}

/// What is typed takes effect at once, where it can.
pub(super) fn typed(model: &mut Model) {
    let Some(prompt) = &model.prompt else { return };
    let text = prompt.text().to_owned();
    match prompt.purpose() {
        Purpose::Filter => apply_filter(model, &text),
        Purpose::EventFilter => events::filter(model, &text),
        Purpose::HelpSearch | Purpose::Command => {}
    }
}

/// What a key does while something is being typed.
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Accept => {
            if let Some(prompt) = model.prompt.take() {
                model.typed.remember(prompt.purpose(), prompt.text());
            }
        }
        Action::Cancel => {
            let prompt = model.prompt.take();
            match prompt.as_ref().map(|prompt| (prompt.purpose(), prompt.original())) {
                Some((Purpose::Filter, before)) => apply_filter(model, before),
                Some((Purpose::EventFilter, before)) => events::filter(model, before),
                _ => {}
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
