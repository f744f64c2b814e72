//! What the world tells the model, and what the model asks of the world.

use std::sync::Arc;

use ratatui::crossterm::event::KeyEvent;

use crate::presence::{Observation, UserIx, WatchList};

/// Something that happened outside.
#[derive(Clone, Debug)]
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
    /// The feed has an answer, or a failure.
    Observed(Observation),
    /// There is a new watch list.
    Rebased(Arc<WatchList>),
    /// Something to tell whoever watches: `watch file unreadable, the old list is kept`.
    Notice(String),
    /// The program was suspended, and goes on.
    Resumed,
    /// Nothing but time passed.
    Tick,
}

/// Something that the model asks for; started by the loop, never awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the server about everybody now.
    PollNow,
    /// Ask every so many milliseconds from now on.
    SetInterval(u64),
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
    /// Ring.
    Ring,
    /// Draw every cell again, whatever is on the screen.
    Repaint,
    /// End the program, as a user does who has seen enough.
    Quit,
    /// The same, and leave the last frame on the user's own screen.
    QuitKeeping,
    /// End the program at once, as Ctrl-C does.
    Interrupt,
}
