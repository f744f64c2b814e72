//! What counts as a problem in the list of users, and the way from one to the next.

use super::change::{go_to, hint, narrow};
use super::copy::subject;
use super::list::Line;
use super::model::{View, ViewMut};
use super::screen::Screen;
use super::views::show_detail;
use crate::presence::UserIx;
use crate::say;

/// So many rows are looked through; who is further off is looked for among those who may have a problem.
const NEAR: usize = 1_000;

/// Goes to the next user with a problem, or the one before, in the order of the list; round the ends.
pub(super) fn go(model: &mut ViewMut<'_>, down: bool) {
    let from = match &model.screen {
        Screen::Detail { user, .. } => Some(*user),
        _ => model.cursor.as_ref().map(|cursor| cursor.user),
    };
    let start = from.and_then(|user| model.rows.row_of(user));
    let next = next(model.view(), start, down);
    let Some((row, user)) = next else {
        hint(model, say!("no problem in this list"));
        return;
    };
    if Some(user) == from {
        hint(model, say!("no other problem in this list"));
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
        hint(model, if down { say!("on from the top") } else { say!("on from the bottom") });
    }
}

/// The first row with a problem that one comes to from `start`, or from the end where there is none.
fn next(view: View<'_>, start: Option<usize>, down: bool) -> Option<(usize, UserIx)> {
    let rows = view.rows.len();
    let row_after = |steps: usize| match (start, down) {
        (Some(row), true) => (row + steps) % rows,
        (Some(row), false) => (row + rows - steps) % rows,
        (None, true) => steps - 1,
        (None, false) => rows - steps,
    };
    let near = (1..=rows.min(NEAR)).map(row_after);
    let near = near.filter_map(|row| Some((row, view.rows.user_at(row)?)));
    if let Some(found) = { near }.find(|(_, user)| view.is_problem(*user)) {
        return Some(found);
    }
    let steps_to = |row: usize| match (start, down) {
        (Some(start), true) => (row + rows - start - 1) % rows,
        (Some(start), false) => (start + rows - row - 1) % rows,
        (None, true) => row,
        (None, false) => rows - row,
    };
    let (knowledge, now) = (view.scene().knowledge, view.scene().now);
    let suspects = knowledge.findings.users().chain(knowledge.roster.suspects(now));
    let problems = suspects.filter(|user| view.is_problem(*user));
    let there = problems.filter_map(|user| Some((view.rows.row_of(user)?, user)));
    there.min_by_key(|(row, _)| steps_to(*row))
}

/// Acknowledges the finding that is selected, or all of the user's; again takes that back.
pub(super) fn acknowledge(model: &mut ViewMut<'_>) {
    let numbers: Vec<u64> = if let Screen::Findings(list) = &model.screen {
        list.numbers()
    } else {
        let user = subject(model);
        let findings = &model.view().scene().knowledge.findings;
        user.map_or(&[][..], |user| findings.of(user)).iter().map(|finding| finding.number).collect()
    };
    if numbers.is_empty() {
        hint(model, say!("no finding here to acknowledge"));
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
    let words = match (numbers.len(), all_known) {
        (1, true) => say!("1 finding no longer acknowledged").to_owned(),
        (count, true) => say!("{count} findings no longer acknowledged", count),
        (1, false) => say!("1 finding acknowledged; again to undo").to_owned(),
        (count, false) => say!("{count} findings acknowledged; again to undo", count),
    };
    hint(model, words);
    narrow(model);
}
