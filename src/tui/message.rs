//! What the world tells the model, and what the model asks of the world.

use std::sync::Arc;

use ratatui::crossterm::event::KeyEvent;

use crate::alerts::Ring;
use crate::engine::Command;
use crate::listing::{Index, Indexed};
use crate::presence::{Update, UserIx, WatchList};

/// Something that happened outside.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "each is taken as soon as it is made")]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted; it never runs keys.
    Paste(String),
    /// The mouse clicked on a cell: column and row of the screen.
    Click(u16, u16),
    /// The wheel was turned by one notch; `true`: down.
    Wheel(bool),
    /// The screen has so many columns and rows now.
    Resize(u16, u16),
    /// Something has changed in what the session knows or shows.
    Updated(Update),
    /// Words that pass, and are no event: `theme: light`.
    Told(String),
    /// The program was suspended, and goes on.
    Resumed,
    /// What was to be worked out from the watch list that is named.
    Indexed(Arc<WatchList>, Indexed),
    /// Nothing but time passed.
    Tick,
}

/// In which form something is written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Comma-separated values.
    Csv,
    /// One JSON object.
    Json,
    /// The picture, as plain text.
    Txt,
}

impl ExportFormat {
    /// All of them.
    pub const ALL: [ExportFormat; 3] = [ExportFormat::Csv, ExportFormat::Json, ExportFormat::Txt];

    /// Its name, which is also how such a file's name ends.
    pub fn name(self) -> &'static str {
        match self {
            ExportFormat::Csv => "csv",
            ExportFormat::Json => "json",
            ExportFormat::Txt => "txt",
        }
    }
}

/// Something that the model asks for; started by the loop, never awaited.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask something of the session.
    Command(Command),
    /// Give the terminal back and stop, until told to go on.
    Suspend,
    /// Put a text into the clipboard of the terminal.
    Copy(String),
    /// Put what is known of a user into it, as JSON.
    CopyRecord(UserIx),
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Use the theme after the present one.
    NextTheme,
    /// Use the theme with this name.
    Theme(String),
    /// Go over to another server: the context with this name.
    SwitchContext(String),
    /// Write what is seen to a file.
    Export {
        /// In which form.
        format: ExportFormat,
        /// To which file; none: one that is named after the time.
        file: Option<String>,
    },
    /// Work out something of the watch list that is shown, beside the view.
    Index(Index),
    /// Ring.
    Ring,
    /// Tell whoever watches of an alert.
    Notify(Ring),
    /// Draw every cell again, whatever is on the screen.
    Repaint,
    /// End the program, as a user does who has seen enough.
    Quit,
    /// The same, and leave the last frame on the user's own screen.
    QuitKeeping,
    /// End the program at once, as Ctrl-C does.
    Interrupt,
}
