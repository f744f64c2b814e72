//! What the screen shows, for others: written into a file for its owner only, or handed over as records.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::engine::About;
use crate::listing::{Names, Rows, Time};
use crate::presence::{Moment, State};
use crate::report::{Seen, write_csv, write_frame, write_json};

use super::message::ExportFormat;
use super::model::View;
use super::view::{Theme, view};

impl<'a> View<'a> {
    /// What is shown, as what records are made of.
    pub fn seen(self) -> Seen<'a> {
        let View { model, shown } = self;
        Seen::of(shown.state.knowledge(), shown.now, &model.names, shown.about)
    }
}

/// What is seen, set aside to be written into a file: that may take long.
pub struct Export {
    format: ExportFormat,
    /// The file where nobody named one.
    name: String,
    frame: Buffer,
    state: State,
    now: Moment,
    names: Names,
    rows: Rows,
    about: About,
}

impl Export {
    /// What is seen now.
    pub fn of(seen: View<'_>, theme: &Theme, format: ExportFormat) -> Export {
        Export {
            format,
            name: default_name(seen.now, format),
            frame: frame(seen, theme),
            state: seen.shown.state.clone(),
            now: seen.shown.now,
            names: seen.names.clone(),
            rows: seen.rows.clone(),
            about: seen.shown.about.clone(),
        }
    }

    /// Writes it into a new file that only its owner can read; gives its path.
    ///
    /// # Errors
    /// The file exists already, or cannot be written.
    pub fn write(&self, file: Option<&Path>) -> io::Result<PathBuf> {
        let path = file.map_or_else(|| PathBuf::from(&self.name), Path::to_owned);
        let mut out = BufWriter::new(create(&path)?);
        let seen = Seen::of(self.state.knowledge(), self.now, &self.names, &self.about);
        match self.format {
            ExportFormat::Csv => write_csv(seen.summary().at, seen.users(&self.rows), &mut out)?,
            ExportFormat::Json => write_json(&seen.summary(), || seen.users(&self.rows), &mut out)?,
            ExportFormat::Txt => write_frame(&self.frame, false, &mut out)?,
        }
        out.flush()?;
        Ok(path)
    }
}

/// The screen as it is drawn now.
pub fn frame(seen: View<'_>, theme: &Theme) -> Buffer {
    let (width, height) = seen.size;
    let area = Rect { x: 0, y: 0, width, height };
    let mut frame = Buffer::empty(area);
    view(seen, theme, area, &mut frame);
    frame
}

fn default_name(now: Moment, format: ExportFormat) -> String {
    let at = Time::of(now.unix_ms).map_or_else(String::new, |at| at.to_string());
    let digits: String = at.chars().take(19).filter(char::is_ascii_digit).collect();
    let (day, time) = digits.split_at_checked(8).unwrap_or((&digits, ""));
    format!("imtop-{day}-{time}Z.{}", format.name())
}

fn create(path: &Path) -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
