//! Lists of a few lines, as of findings or of groups: where a walk leads, and which line is the first on the screen.

use super::action::Walk;

/// The line that is selected after a walk through so many; the first key selects.
pub(super) fn walked(selected: Option<usize>, walk: Walk, lines: usize) -> usize {
    let last = lines.saturating_sub(1);
    match (selected, walk) {
        (_, Walk::Bottom) => last,
        (_, Walk::Top) | (None, Walk::Lines(..)) => 0,
        (Some(at), Walk::Lines(by, _)) => (at as i64).saturating_add(by).clamp(0, last as i64) as usize,
    }
}

/// The first line of a screen so high on which the selected one stands on `row`.
pub(super) fn first_line(selected: Option<usize>, row: u16, lines: usize, height: u16) -> usize {
    let most = lines.saturating_sub(usize::from(height));
    selected.unwrap_or(0).saturating_sub(usize::from(row.min(height.saturating_sub(1)))).min(most)
}

/// The row on which a line stands then, where `top` is the first of a screen so high. After a page it is the row of before.
pub(super) fn row_after(walk: Walk, row: u16, line: usize, top: usize, height: u16) -> u16 {
    if matches!(walk, Walk::Lines(_, true)) {
        return row;
    }
    line.saturating_sub(top).min(usize::from(height.saturating_sub(1))) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_ends_within_the_list_and_the_selected_line_stays_on_the_screen() {
        assert_eq!(walked(None, Walk::Lines(1, false), 9), 0, "the first key selects");
        assert_eq!(walked(Some(0), Walk::Lines(-3, true), 9), 0);
        assert_eq!(walked(Some(7), Walk::Lines(3, true), 9), 8);
        assert_eq!((walked(None, Walk::Bottom, 9), walked(None, Walk::Bottom, 0)), (8, 0));
        for (line, row, height) in [(0, 5, 4), (8, 0, 4), (8, 3, 4), (5, 9, 4), (3, 0, 0), (3, 2, 90)] {
            let top = first_line(Some(line), row, 9, height);
            assert!(top <= line && line < top + usize::from(height.max(1)), "{line} {row} {height}: {top}");
        }
        assert_eq!(row_after(Walk::Lines(1, false), 0, 5, 3, 4), 2);
        assert_eq!(row_after(Walk::Lines(4, true), 1, 5, 3, 4), 1, "a page leaves the row");
    }
}
