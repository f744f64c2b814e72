//! What keys and the mouse do where findings are listed.

use crate::presence::{Subject, UserIx};
use crate::say;

use super::action::{Action, Walk};
use super::change::hint;
use super::finding_list::{FindingLine, FindingsList};
use super::model::{Model, ViewMut};
use super::screen::Screen;
use super::views::{show_delivery, show_detail};

impl Model {
    /// The view of findings, while it is shown.
    fn findings_mut(&mut self) -> Option<&mut FindingsList> {
        match &mut self.screen {
            Screen::Findings(list) => Some(list),
            _ => None,
        }
    }

    /// The user whom the selected finding is about.
    pub(super) fn user_of_finding(&self) -> Option<UserIx> {
        match &self.screen {
            Screen::Findings(list) => match list.selected_finding() {
                Some((Subject::User(user), _)) => Some(user),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Does what an action means where findings are listed; says whether it means anything there.
pub(super) fn perform(model: &mut ViewMut<'_>, action: Action) -> bool {
    let body = model.view().body_height();
    let user = model.user_of_finding();
    let Some(list) = model.findings_mut() else { return false };
    let height = list.rows(body).max(1);
    match action {
        Action::NextProblem => list.travel(Walk::Lines(1, false), height),
        Action::PreviousProblem => list.travel(Walk::Lines(-1, false), height),
        Action::Detail | Action::Why => {
            match (list.selected_line().and_then(|at| list.lines().get(at)), user) {
                (Some(FindingLine::Rule { rule, .. }), _) => {
                    let rule = *rule;
                    list.toggle(rule);
                }
                (_, Some(user)) => show_detail(model, user),
                (None, _) => list.travel(Walk::Lines(0, false), height),
                (Some(FindingLine::Finding(..)), None) => {
                    hint(model, say!("this is about the server, not about one user: 4 shows the server"));
                }
            }
        }
        Action::Delivery => match user {
            Some(user) => show_delivery(model, user),
            None => hint(model, "select the finding of a user"),
        },
        _ => {
            let Some(walk) = action.walk(height) else { return false };
            list.travel(walk, height);
        }
    }
    true
}

/// Selects what the mouse clicked on, on this row of the body.
pub(super) fn click(model: &mut ViewMut<'_>, row: u16) {
    let body = model.view().body_height();
    let Some(list) = model.findings_mut() else { return };
    let height = list.rows(body);
    if row < height {
        list.click(row, height);
        model.dirty = true;
    }
}

/// Brings the lines to what there is now.
pub(super) fn settle(model: &mut ViewMut<'_>) {
    let Some(mut list) = model.findings_mut().map(std::mem::take) else { return };
    list.follow(&model.view().scene().knowledge.findings, &model.acknowledged);
    if let Some(place) = model.findings_mut() {
        *place = list;
    }
}
