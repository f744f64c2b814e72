//! The core of the live view: a model, messages that change it, effects that it asks for.
//!
//! Plain data and pure functions. It knows no runtime, no socket, no file, no clock and no drawing;
//! time comes in with every message. [`update`] is the only thing that changes a [`Model`], and
//! [`crate::ui::view`] only reads it.
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
mod column;
mod command;
mod copy;
mod detail;
mod events;
mod facts;
mod filter;
mod findings;
mod fit;
mod health;
mod help;
mod keymap;
mod layout;
mod list;
mod marks;
mod message;
mod model;
mod names;
mod nearest;
mod notes;
mod perform;
mod problems;
mod prompt;
mod rows;
mod server;
mod sort;
mod tokens;
mod travel;
mod typing;
mod update;
mod views;
mod witnesses;
mod words;

pub use action::{ACTIONS, Action, ActionRow, Scope, key_table};
pub use bindings::Binding;
pub use column::{ColumnName, SPARK_CELLS};
pub use command::{COMMANDS, CommandRow, MOST_OFFERED, command_table};
pub use detail::{Detail, DetailLine, advice_lines, missing_lines};
pub use events::{EventsList, EventsWindow};
pub use findings::{FindingLine, FindingsList};
pub use health::{Health, health};
pub use help::{HelpLine, HelpName, find_within, help_lines, help_names};
pub use keymap::{KeyPress, Keymap};
pub use layout::{Column, Columns, Content, Layout, MIN_HEIGHT, MIN_WIDTH, layout};
pub use list::{Cursor, Expansion, Line};
pub use marks::Marks;
pub use message::{Effect, ExportFormat, Msg};
pub use model::{Model, Picture, Screen, Start, Switches, TimeStyle, Toast, View};
pub use names::Names;
pub use notes::{Note, notes, visible_notes, wrapped};
pub use prompt::{Candidate, Mistake, Offers, Prompt, Purpose, Typed};
pub use rows::Rows;
pub use server::{CHART_ROWS, ExpiryKind, ServerLine, TWO_HALVES, server_lines};
pub use sort::{Sort, SortColumn};
pub use tokens::{Expiry, Foreign, foreign, soonest_expiry, worst_foreign};
pub use travel::Strip;
pub use update::update;
pub use witnesses::{LossWords, sign_word, testimony, testimony_lines, witness_words, worst_loss};
pub use words::{EventWords, Wording, change_words, clock_words, feed_words, why_words};
