//! What is seen, handed over to others: as records for the clipboard, for files and for standard output.
//!
//! [`Seen`] makes the records, of what is known and of what happened. Files are new ones, for their owner only.

mod happened;
mod seen;

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{ExportFormat, Model};
use crate::output::{Time, UserRecord, write_csv, write_frame, write_json};
use crate::presence::UserIx;
use crate::ui::{Theme, view};

pub use happened::Found;
pub use seen::Seen;

/// Everything that the view knows of one user.
pub fn user_record(model: &Model, user: UserIx) -> UserRecord {
    Seen::by(model).user(user)
}

/// Writes what is seen into a new file that only its owner can read; gives its path.
///
/// # Errors
/// The file exists already, or cannot be written.
pub fn export(model: &Model, theme: &Theme, format: ExportFormat, file: Option<&str>) -> io::Result<PathBuf> {
    let path = match file {
        Some(file) => PathBuf::from(file),
        None => PathBuf::from(default_name(model, format)),
    };
    let mut out = BufWriter::new(create(&path)?);
    let seen = Seen::by(model);
    match format {
        ExportFormat::Csv => write_csv(seen.overview().at, seen.users(model.rows()), &mut out)?,
        ExportFormat::Json => write_json(&seen.overview(), || seen.users(model.rows()), &mut out)?,
        ExportFormat::Txt => write_frame(&frame(model, theme), false, &mut out)?,
    }
    out.flush()?;
    Ok(path)
}

/// The screen as it is drawn now.
pub fn frame(model: &Model, theme: &Theme) -> Buffer {
    let (width, height) = model.size();
    let area = Rect { x: 0, y: 0, width, height };
    let mut frame = Buffer::empty(area);
    view(model, theme, area, &mut frame);
    frame
}

fn default_name(model: &Model, format: ExportFormat) -> String {
    let at = Time::of(model.now().unix_ms).map_or_else(String::new, |at| at.to_string());
    let digits: String = at.chars().take(19).filter(char::is_ascii_digit).collect();
    let (day, time) = digits.split_at_checked(8).unwrap_or((&digits, ""));
    format!("imtop-{day}-{time}Z.{}", format.name())
}

fn create(path: &Path) -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
