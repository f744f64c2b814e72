//! What is wrong with one user, as far as there is room for it in a row: the worst first.

use ratatui::style::Style;

use crate::presence::{Rule, UserIx};
use crate::tui::{Picture, View};

use super::painter::Painter;
use super::theme::Theme;

/// Stands between two rules.
const GAP: &str = ", ";

/// Writes the names of the rules, those that were put aside last and dim, and how many there are more.
pub(super) fn draw(
    model: View<'_>,
    picture: &Picture<'_>,
    theme: &Theme,
    user: UserIx,
    base: Style,
    pen: &mut Painter<'_>,
) {
    let names = names(model, picture, theme, user);
    let room = pen.left();
    let Some((first, style)) = names.first() else { return };
    let shown = (1..=names.len()).rev().find(|shown| needed(theme, &names, *shown) <= room);
    let Some(shown) = shown else {
        let more = more(names.len() - 1);
        let name = theme.shortened(first, room.saturating_sub(theme.width(&more)), theme.glyphs.cut);
        pen.put(&name, base.patch(*style)).put(&more, base.patch(theme.dim));
        return;
    };
    for (at, (name, style)) in names.iter().take(shown).enumerate() {
        pen.put(if at > 0 { GAP } else { "" }, base.patch(theme.dim)).put(name, base.patch(*style));
    }
    pen.put(&more(names.len() - shown), base.patch(theme.dim));
}

/// Each rule once, as it is shown.
fn names(model: View<'_>, picture: &Picture<'_>, theme: &Theme, user: UserIx) -> Vec<(String, Style)> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut names = Vec::new();
    for aside in [false, true] {
        for finding in picture.findings.of(user) {
            if model.is_acknowledged(finding.number) == aside && !rules.contains(&finding.rule) {
                rules.push(finding.rule);
                names.push(if aside {
                    (format!("{} {}", theme.glyphs.acknowledged, finding.rule), theme.dim)
                } else {
                    (finding.rule.name().to_owned(), theme.severity(finding.severity).1)
                });
            }
        }
    }
    names
}

fn more(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" +{count}") }
}

fn needed(theme: &Theme, names: &[(String, Style)], shown: usize) -> u16 {
    let texts: u16 = names.iter().take(shown).map(|(name, _)| theme.width(name) + theme.width(GAP)).sum();
    texts.saturating_sub(theme.width(GAP)) + theme.width(&more(names.len() - shown))
}
