//! What is copied for somebody else: IDs, JSON, the request. Never a token.
//!
//! The terminal takes a copy without an answer (OSC 52), so the words that pass show what was sent.

use crate::presence::UserIx;
use crate::say;

use super::action::Action;
use super::change::{hint, selected_or_first};
use super::events;
use super::message::Effect;
use super::model::{View, ViewMut};
use super::screen::Screen;

/// Copies what the action says, about the user who is selected or whose detail is shown.
pub(super) fn copy(model: &mut ViewMut<'_>, action: Action) -> Vec<Effect> {
    let Some(user) = subject(model) else {
        hint(model, say!("nobody to copy from"));
        return Vec::new();
    };
    let text = match action {
        Action::CopyUser => Ok(model.view().shown_id(user)),
        Action::CopyConnection => connection(model.view(), user).ok_or_else(|| say!("no connection to copy")),
        Action::CopyOperation => {
            operation(model.view(), user).ok_or_else(|| say!("no request about this user was answered yet"))
        }
        Action::CopyRequest => Ok(request(model.view(), user)),
        _ => return vec![Effect::CopyRecord(user)],
    };
    match text {
        Ok(text) => {
            hint(model, say!("sent to the terminal: {text}", text));
            vec![Effect::Copy(text)]
        }
        Err(why) => {
            hint(model, why);
            Vec::new()
        }
    }
}

/// Whom an action on one user is about.
pub(super) fn subject(model: &mut ViewMut<'_>) -> Option<UserIx> {
    match &model.screen {
        Screen::Detail { user, .. } => Some(*user),
        Screen::Users if model.events().is_some() => events::subject(model, false),
        Screen::Users | Screen::Server { .. } | Screen::Help { .. } => selected_or_first(model),
        Screen::Overview(overview) => {
            let user = overview.user();
            if user.is_none() {
                hint(model, say!("no user is selected: Tab shows the map and the top lists, 1 the list"));
            }
            user
        }
        Screen::Findings(_) => model.user_of_finding(),
        Screen::Events(_) => events::subject(model, false),
    }
}

/// The connection that is selected, or the user's first.
fn connection(model: View<'_>, user: UserIx) -> Option<String> {
    let selected = model.cursor.as_ref().filter(|cursor| cursor.user == user);
    let selected = selected.and_then(|cursor| cursor.connection.clone());
    let first = || Some(model.picture().roster.connections(user).first()?.connection.id.clone());
    selected.or_else(first).map(|id| id.to_string())
}

/// The name of the last request about the user in the server's log.
fn operation(model: View<'_>, user: UserIx) -> Option<String> {
    let roster = model.picture().roster;
    let operation = roster.operation(user)?;
    Some(crate::presence::visible(&operation.0).into_owned())
}

/// The question about this user alone, as a command that anybody with a token of their own can run.
fn request(model: View<'_>, user: UserIx) -> String {
    let id = model.shown_id(user);
    let quoted = id.replace('\\', "\\\\").replace('"', "\\\"");
    let body = format!("{{\"userIDs\":[\"{quoted}\"]}}").replace('\'', "'\\''");
    let operation = operation(model, user).unwrap_or_else(|| "imtop".to_owned());
    format!(
        "curl -sS '{api}/user/get_users_online_status' -H 'operationID: {operation}' -H \"token: $IMTOP_TOKEN\" \
         -H 'Content-Type: application/json' -d '{body}'",
        api = model.shown.about.api.trim_end_matches('/').replace('\'', "'\\''"),
        operation = operation.replace('\'', ""),
    )
}

impl View<'_> {
    /// The user's ID as it may leave the screen: masked while IDs are masked.
    pub(super) fn shown_id(self, user: UserIx) -> String {
        self.names.user(self.picture().roster.list().raw_id(user)).into_owned()
    }
}
