//! Users who are unknown by one cause, in one row.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::listing::Cause;
use crate::presence::{LossCause, Presence, UserIx, thousands};
use crate::say;
use crate::tui::View;

use super::painter::Painter;
use super::theme::Theme;
use super::times;

pub(super) fn draw(
    model: View<'_>,
    theme: &Theme,
    (cause, first): (Cause, UserIx),
    body: Rect,
    row: u16,
    buf: &mut Buffer,
) {
    let sign = if model.rows.is_open(cause) { theme.glyphs.open } else { theme.glyphs.closed };
    let mut pen = Painter::new(theme, buf, body, row);
    pen.skip(1).put(sign, theme.plain).put(theme.glyphs.unknown, theme.doubt).skip(1);
    let texts = words(model, cause, first);
    let text = texts.iter().find(|text| theme.width(text) <= pen.left()).or(texts.last());
    pen.rest(text.map_or("", String::as_str), theme.glyphs.cut, theme.doubt);
}

/// How many users, why, and since when: in many words, then in fewer.
fn words(model: View<'_>, cause: Cause, first: UserIx) -> Vec<String> {
    let (picture, rows) = (model.picture(), &model.rows);
    let roster = picture.roster;
    let users = thousands(rows.fold_len(cause).unwrap_or(0) as u64);
    let short = say!("{users} unknown", users);
    let loss = match cause {
        Cause::Loss(number) => roster.losses().iter().find(|loss| loss.number == number),
        Cause::Reason(_) => None,
    };
    if let Some(loss) = loss.filter(|loss| loss.certain.is_some()) {
        let age = times::age_ms(picture.now.since(loss.begun));
        let whole = match (loss.cause, &loss.gateway) {
            (LossCause::Hangs, Some(gateway)) => {
                say!(
                    "{users} users unknown: gateway {gateway} not responding, for {age}",
                    users,
                    gateway,
                    age
                )
            }
            (LossCause::Hangs, None) => {
                say!("{users} users unknown: a gateway not responding, for {age}", users, age)
            }
            _ => say!("{users} users unknown: lost from view at once, for {age}", users, age),
        };
        return vec![whole, say!("{users} unknown, for {age}", users, age), short];
    }
    let is_of_batch = matches!(cause, Cause::Reason(why) if why.is_of_batch());
    // Of a batch: for how long there was no answer; otherwise, for how long they are unknown.
    let unanswered = roster.answered(first).filter(|_| is_of_batch);
    let since = || roster.since(first).map_or(0, |since| since.age_ms(picture.now));
    let age = times::age_ms(unanswered.map_or_else(since, |last| picture.now.since(last.received)));
    let why = match (cause, roster.presence(first)) {
        (Cause::Reason(why), _) | (Cause::Loss(_), Presence::Unknown(why)) => why.to_string(),
        (Cause::Loss(_), _) => String::new(),
    };
    let is_of_batches = is_of_batch && roster.list().batches() > 1;
    let whole = match rows.fold_batches(cause).filter(|_| is_of_batches) {
        Some((batch, 1)) => {
            let batch = batch + 1;
            say!("{users} users unknown: batch {batch}, {why}, for {age}", users, batch, why, age)
        }
        Some((_, batches)) => {
            say!("{users} users unknown: {batches} batches, {why}, for {age}", users, batches, why, age)
        }
        None => say!("{users} users unknown: {why}, for {age}", users, why, age),
    };
    vec![
        whole,
        say!("{users} users: {why}, for {age}", users, why, age),
        say!("{users} users: {why}", users, why),
        short,
    ]
}
