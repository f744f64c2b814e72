//! How things are to look, as far as the user says.

use super::SettingsError;
use super::mistake::with_caret;
use super::sources::{Chosen, View};
use super::value::Said;
use crate::listing::{ColumnName, SortColumn};
use crate::options::cli::When;
use crate::presence::query::Query;
use crate::tui::ThemeName;
use clap::ValueEnum as _;

/// How things are to look, as far as the user says.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, in every combination")]
pub struct PictureSettings {
    /// Which colours.
    pub theme: ThemeName,
    /// Whether there are colours.
    pub color: When,
    /// Only the characters of ASCII.
    pub ascii: bool,
    /// Columns that the terminal gives to characters of ambiguous width: 1 or 2.
    pub ambiguous_width: u8,
    /// The columns of the list, in their order; none: the usual ones.
    pub columns: Option<Vec<ColumnName>>,
    /// The order of the users; none: the usual one.
    pub sort: Option<SortColumn>,
    /// Who is shown.
    pub filter: Query,
    /// Times in UTC rather than in this machine's zone.
    pub utc: bool,
    /// Stand-ins for users from the start.
    pub mask: bool,
    /// The mouse is taken from the start.
    pub mouse: bool,
    /// Critical findings ring from the start.
    pub bell: bool,
}

impl PictureSettings {
    /// # Errors
    /// The filter makes no sense; its mistake is marked.
    pub(super) fn of(view: View<'_>) -> Result<PictureSettings, SettingsError> {
        let filter = view.chosen("filter").map_or_else(|| Ok(Query::default()), |it| filter(view, it))?;
        let named = |name: &str| view.text(name);
        let columns = view.list("columns").filter(|list| !list.is_empty());
        Ok(PictureSettings {
            theme: named("theme").and_then(ThemeName::from_name).unwrap_or_default(),
            color: named("color").and_then(|name| When::from_str(name, false).ok()).unwrap_or(When::Auto),
            ascii: view.switch("ascii"),
            ambiguous_width: if view.number("ambiguous-width") == Some(2) { 2 } else { 1 },
            columns: columns.map(|list| list.iter().filter_map(|name| ColumnName::from_name(name)).collect()),
            sort: named("sort").and_then(SortColumn::from_name),
            filter,
            utc: view.switch("utc"),
            mask: view.switch("mask"),
            mouse: view.switch("mouse"),
            bell: view.switch("bell"),
        })
    }

    /// The same for what is written without a screen: a filter of the file is for the screen, and only
    /// one that came with the command counts.
    ///
    /// # Errors
    /// The filter makes no sense; its mistake is marked.
    pub(super) fn of_output(view: View<'_>) -> Result<PictureSettings, SettingsError> {
        let given = view.given("filter").map(|(value, by_flag)| {
            let said = if by_flag { Said::Flag } else { Said::Environment };
            filter(view, Chosen { value, said })
        });
        let filter = given.unwrap_or_else(|| Ok(Query::default()))?;
        Ok(PictureSettings { filter, ..PictureSettings::of(view)? })
    }
}

fn filter(view: View<'_>, chosen: Chosen<'_>) -> Result<Query, SettingsError> {
    let text = chosen.text().unwrap_or_default();
    Query::parse(text).map_err(|error| {
        let blamed = view.blamed("filter", chosen.said);
        SettingsError(format!("{blamed}: {}", with_caret(&error, text)))
    })
}
