//! What counts as a problem in the list of users, and the way from one to the next.

use super::change::{go_to, hint, narrow};
use super::copy::subject;
use super::list::Line;
use super::model::ViewMut;
use super::screen::Screen;
use super::views::show_detail;

/// Goes to the next user with a problem, or the one before, in the order of the list; round the ends.
pub(super) fn go(model: &mut ViewMut<'_>, down: bool) {
    let from = match &model.screen {
        Screen::Detail { user, .. } => Some(*user),
        _ => model.cursor.as_ref().map(|cursor| cursor.user),
    };
    let rows = model.rows.len();
    let start = from.and_then(|user| model.rows.row_of(user));
    let steps = (1..=rows).map(|step| match (start, down) {
        (Some(row), true) => (row + step) % rows,
        (Some(row), false) => (row + rows - step) % rows,
        (None, true) => step - 1,
        (None, false) => rows - step,
    });
    let users = steps.filter_map(|row| Some((row, model.rows.user_at(row)?)));
    let next = users.into_iter().find(|(_, user)| model.view().is_problem(*user));
    let Some((row, user)) = next else {
        hint(model, "no problem in this list");
        return;
    };
    if Some(user) == from {
        hint(model, "no other problem in this list");
        return;
    }
    let wrapped = start.is_some_and(|from| if down { row < from } else { row > from });
    if matches!(model.screen, Screen::Detail { .. }) {
        show_detail(model, user);
    } else {
        model.screen = Screen::Users;
    }
    let steps = start.map_or(0, |from| row as i32 - from as i32);
    go_to(model, Line::User(user), steps);
    if wrapped {
        hint(model, if down { "on from the top" } else { "on from the bottom" });
    }
}

/// Puts the finding that is selected aside, or all of the user's; again brings them back.
pub(super) fn acknowledge(model: &mut ViewMut<'_>) {
    let numbers: Vec<u64> = if let Screen::Findings(list) = &model.screen {
        list.numbers()
    } else {
        let user = subject(model);
        let findings = &model.view().scene().knowledge.findings;
        user.map_or(&[][..], |user| findings.of(user)).iter().map(|finding| finding.number).collect()
    };
    if numbers.is_empty() {
        hint(model, "nothing is wrong here that could be put aside");
        return;
    }
    let all_known = numbers.iter().all(|number| model.acknowledged.contains(number));
    for number in &numbers {
        if all_known {
            model.acknowledged.remove(number);
        } else {
            model.acknowledged.insert(*number);
        }
    }
    let count = numbers.len();
    let findings = if count == 1 { "finding" } else { "findings" };
    hint(
        model,
        if all_known {
            format!("{count} {findings} brought back")
        } else {
            format!("{count} {findings} put aside as known; again to bring back")
        },
    );
    narrow(model);
}
