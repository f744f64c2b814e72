//! The live view: a model, messages that change it, effects that it asks for, and what draws it.
//!
//! [`Model`], [`update()`] and [`view()`] are plain data and pure functions. They know no runtime, no socket,
//! no file and no clock; time comes in with every message. [`update()`] is the only thing that changes a
//! model, and [`view()`] only reads it. [`run`] drives both, on a [`terminal`].
//!
//! ```text
//!   Msg --> update(&mut Model, now, Msg) --> Vec<Effect>
//!              |            |
//!              |            +-- keys:  keymap -> Action (one table: ACTIONS) -> perform
//!              |            +-- lines:  command (one table: COMMANDS), filter (presence::query)
//!              +-- inputs:   State::take (what is known, and the story of it) -> Rows::touch
//!              +-- travel:   what was known at another moment takes the picture's place
//! ```

mod action;
mod bindings;
mod change;
pub mod clipboard;
mod command;
mod copy;
mod event_list;
mod events;
mod export;
mod finding_list;
mod findings;
mod fit;
mod health;
mod help;
mod keymap;
mod layout;
mod lines;
mod list;
#[cfg(test)]
mod looked_tests;
mod message;
mod model;
mod nearest;
mod notes;
pub mod notification;
mod overview;
mod overview_keys;
mod perform;
mod picture;
mod problems;
mod prompt;
pub mod run;
mod screen;
mod server;
pub mod terminal;
mod travel;
mod typing;
mod update;
pub mod view;
mod views;
mod witnesses;

pub use action::{ACTIONS, Action, ActionRow, Scope, key_table};
pub use bindings::Binding;
pub use command::{COMMANDS, CommandRow, MOST_OFFERED, command_table};
pub use event_list::{EventsList, EventsWindow};
pub use export::{Export, frame};
pub use finding_list::{FindingLine, FindingsList};
pub use health::{Health, health};
pub use help::{HelpLine, HelpName, find_within, help_names, help_pages, help_width};
pub use keymap::{KeyPress, Keymap};
pub use layout::{Column, Columns, Content, Layout, MIN_HEIGHT, MIN_WIDTH, layout};
pub use list::{Cursor, Expansion, Line};
pub use message::{Effect, ExportFormat, Msg};
pub use model::{Model, Start, Switches, TimeStyle, Toast, View};
pub use notes::{Note, notes, visible_notes, wrapped};
pub use overview::{
    BESIDE_CHART, MapGrid, Overview, OverviewContent, OverviewParts, Panel, overview_parts, top_lists,
};
pub use picture::{Picture, Strip};
pub use prompt::{Candidate, Mistake, Offers, Prompt, Purpose, Typed};
pub use screen::Screen;
pub use server::{CHART_ROWS, ExpiryKind, ServerLine, TWO_HALVES, server_lines};
pub use update::update;
pub use view::{Colour, Detail, Theme, view};
pub use witnesses::{sign_word, testimony, testimony_lines, witness_words};
