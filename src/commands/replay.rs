//! The live view on a recording.

use std::io::{self, IsTerminal as _};

use super::live::theme;
use super::{CommandError, environment, mask_key};
use crate::app::{Model, Msg, Sort, SortColumn, Start, Switches, update};
use crate::cli::ReplayArgs;
use crate::clipboard::Multiplexer;
use crate::config::{Appearance, SettingsError, Sources, colour_hint};
use crate::inflow::Inflow;
use crate::playback::Playback;
use crate::presence::{When, visible};
use crate::run::Session;
use crate::terminal::terminal_size;
use crate::ui::ThemeName;

/// The live view on a recording.
///
/// # Errors
/// See [`CommandError`].
pub async fn replay(args: &ReplayArgs, sources: &Sources) -> Result<u8, CommandError> {
    let picture = sources.picture_of_demo()?;
    let (mut playback, chronicle) = Playback::open(&args.recording, args.speed)?;
    if !io::stdout().is_terminal() {
        let file = visible(&args.recording.to_string_lossy()).into_owned();
        return Err(SettingsError(format!(
            "a replay needs a terminal; `imtop snapshot --from {file}` and `imtop events --from {file}` do not"
        ))
        .into());
    }
    let head = playback.head().clone();
    let playing = playback.playing();
    let zone = jiff::tz::TimeZone::system();
    let target = match &args.at {
        None => None,
        Some(text) => Some(
            When::parse(text)
                .and_then(|when| when.within(playing.begin, playing.end, &zone))
                .map_err(|why| SettingsError(format!("--at {}: {why}", visible(text))))?,
        ),
    };
    let begin = chronicle.now();
    let appearance = Appearance::judge(&picture, &environment, true);
    let mut model = Model::new(Start {
        server: head.context.clone().unwrap_or_else(|| head.api.clone()),
        api: head.api.clone(),
        context: head.context.clone(),
        interval_ms: head.interval_ms,
        sort: Some(Sort { column: picture.sort.unwrap_or(SortColumn::Problems), inverted: false }),
        filter: picture.filter.clone(),
        rules: head.rules,
        columns: picture.columns.clone(),
        switches: Switches { mouse: picture.mouse, bell: picture.bell, ..Switches::default() },
        mask_key: mask_key(),
        mask: picture.mask,
        utc: picture.utc,
        zone,
        keymap: sources.keymap()?,
        themes: ThemeName::ALL.map(|theme| theme.name().to_owned()).to_vec(),
        greet: true,
        playing: Some(playing),
        ..Start::new(chronicle.roster().clone(), terminal_size().map_err(CommandError::Terminal)?, begin)
    });
    let now = playback.clock();
    if let Some(hint) = colour_hint(&environment) {
        update(&mut model, begin, Msg::Told(hint.to_owned()));
    }
    if let Some(target) = target {
        for (at, msg) in playback.travel(target, &chronicle) {
            update(&mut model, at, msg);
        }
    }
    let theme = theme(&picture, appearance);
    let session = Session { model, inflow: Inflow::Replay(Box::new(playback)), theme };
    let mut open = |_: &str, _: &Model| Err("a replay has no other server".to_owned());
    let behind = Multiplexer::of(&environment);
    let end =
        Box::pin(crate::run::run(session, behind, &mut open, now)).await.map_err(CommandError::Terminal)?;
    Ok(end.exit_code())
}
