//! The first and the last lines of the log file.

use tracing::level_filters::LevelFilter;
use tracing::{error, info};

use super::CommandError;
use crate::options::{LogLevel, SettingsError, Sources, in_force};
use crate::presence::visible;
use crate::{clock, log};

/// Begins to log, if `sources` want that: which program this is, and what has been set.
///
/// # Errors
/// The file cannot be opened.
pub(super) fn open_log(sources: &Sources) -> Result<(), CommandError> {
    let Some((file, level)) = sources.log() else { return Ok(()) };
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    log::start(&file, level, clock::unix_ms).map_err(|error| {
        let file = file.display().to_string();
        SettingsError(format!(
            "cannot open the log file {}: {error}; --log-file names another",
            visible(&file)
        ))
    })?;
    info!(version = env!("CARGO_PKG_VERSION"), process = std::process::id(), "started");
    if let Some(context) = sources.chosen_context() {
        info!(context, "context");
    }
    for (name, value, said) in in_force(sources) {
        info!(name, value, said, "setting");
    }
    Ok(())
}

/// Logs how it ended.
pub(super) fn log_end(ended: &Result<u8, CommandError>) {
    match ended {
        Ok(code) => info!(code, "ended"),
        Err(error) => error!(code = error.exit_code(), %error, "ended"),
    }
}
