//! The live view on a recording.

use std::io::{self, IsTerminal as _};

use super::live::{start, theme};
use super::{CommandError, environment, follow_recording, mask_key, piped, tell};
use crate::app::{Model, Msg, Sort, SortColumn, Start, Switches, update};
use crate::cli::ReplayArgs;
use crate::clipboard::Multiplexer;
use crate::config::{Appearance, PictureSettings, SettingsError, Sources, colour_hint};
use crate::headless::frame_of;
use crate::inflow::Inflow;
use crate::output::write_frame;
use crate::playback::Playback;
use crate::presence::{When, visible};
use crate::run::Session;
use crate::terminal::terminal_size;
use crate::ui::{Colour, ThemeName};

/// The live view on a recording.
///
/// # Errors
/// See [`CommandError`].
pub async fn replay(args: &ReplayArgs, sources: &Sources) -> Result<u8, CommandError> {
    let picture = sources.picture_of_demo()?;
    if !io::stdout().is_terminal() {
        return one_picture(args, sources, &picture).await;
    }
    let (mut playback, chronicle) = Playback::open(&args.recording, args.speed)?;
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
    let size = terminal_size().map_err(CommandError::Terminal)?;
    let mut model = Model::new(Start {
        switches: Switches { mouse: picture.mouse, bell: picture.bell, ..Switches::default() },
        greet: true,
        playing: Some(playing),
        interval_ms: head.interval_ms,
        rules: head.rules,
        server: head.context.clone().unwrap_or_else(|| head.api.clone()),
        api: head.api.clone(),
        context: head.context.clone(),
        sort: Some(Sort { column: picture.sort.unwrap_or(SortColumn::Problems), inverted: false }),
        filter: picture.filter.clone(),
        columns: picture.columns.clone(),
        mask_key: mask_key(),
        mask: picture.mask,
        utc: picture.utc,
        zone: jiff::tz::TimeZone::system(),
        keymap: sources.keymap()?,
        themes: ThemeName::ALL.map(|theme| theme.name().to_owned()).to_vec(),
        ..Start::new(chronicle.roster().clone(), size, begin)
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

/// Without a terminal: the picture at the time that was named, or at the end, as text.
async fn one_picture(
    args: &ReplayArgs,
    sources: &Sources,
    picture: &PictureSettings,
) -> Result<u8, CommandError> {
    tell("standard output is no terminal: this is one picture; run it in a terminal to play the recording");
    let mut follower = follow_recording(&args.recording, args.at.as_deref())?;
    follower.round(&mut |_, _| ()).await;
    for gap in follower.gaps() {
        tell(gap);
    }
    let chronicle = follower.chronicle();
    let model = Model::new(start(&follower, picture, sources.keymap()?)).showing(chronicle.clone());
    let appearance = Appearance::judge(picture, &environment, false);
    let frame = frame_of(model, args.screen.size, &theme(picture, appearance), chronicle.now());
    piped(write_frame(&frame, appearance.colour != Colour::None, &mut io::stdout().lock()))?;
    Ok(u8::from(follower.is_broken()))
}
