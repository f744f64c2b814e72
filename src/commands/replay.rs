//! The live view on a recording.

use std::io::{self, IsTerminal as _};

use super::appearance::Appearance;
use super::follow::Followed;
use super::live::{start, theme};
use super::picture::{frame_of, picture_size};
use super::{
    CommandError, about_recording, environment, flush_standard_output, keymap, moment_of, read_recording,
    tell,
};
use crate::engine::{Command, Replay, Session, Source as _};
use crate::options::cli::ReplayArgs;
use crate::options::{Sources, Values, no_screen};
use crate::report::write_frame;
use crate::tui::clipboard::Multiplexer;
use crate::tui::run::OnScreen;
use crate::tui::terminal::terminal_size;
use crate::tui::{Colour, Model, Msg, Start};

/// The live view on a recording.
///
/// # Errors
/// See [`CommandError`].
pub(super) async fn replay(args: &ReplayArgs, sources: &Sources) -> Result<u8, CommandError> {
    let picture = sources.without_server()?;
    if let Some(why) = no_screen(&environment, io::stdout().is_terminal()) {
        tell(&format!("{why}: this is one picture; run it in a terminal to play the recording"));
        return one_picture(args, sources, &picture).await;
    }
    let (replay, state) = Replay::play(&args.recording, args.speed, sources.alerts().rules())?;
    let target = match (&args.at, replay.playing()) {
        (Some(text), Some(playing)) => Some(moment_of(text, &args.recording, playing.begin, playing.end)?),
        _ => None,
    };
    let size = terminal_size().map_err(CommandError::Terminal)?;
    let session = Session::replay(about_recording(replay.head()), state, replay);
    let start = Start { size, one_shot: false, ..start(&picture, keymap(sources)?) };
    let model = Model::new(start, session.shown());
    let theme = theme(&picture, Appearance::judge(&picture, &environment, true));
    let mut watched = OnScreen { session, model, theme, alerts: None };
    if let Some(target) = target {
        let news = watched.session.command(&Command::GoTo(target));
        watched.update(Msg::Updated(news));
    }
    let mut open = |_: &str, _: &Model| Err("a replay has no other server".to_owned());
    let behind = Multiplexer::of(&environment);
    let end =
        Box::pin(crate::tui::run::run(watched, behind, &mut open)).await.map_err(CommandError::Terminal)?;
    Ok(end.exit_code())
}

/// Without a terminal: the picture at the time that was named, or at the end, as text.
async fn one_picture(args: &ReplayArgs, sources: &Sources, picture: &Values) -> Result<u8, CommandError> {
    let mut followed =
        Followed::recorded(read_recording(&args.recording, args.at.as_deref(), sources.alerts().rules())?);
    followed.round().await;
    let session = &followed.session;
    for gap in session.gaps() {
        tell(gap);
    }
    let shown = session.shown();
    let start = Start { size: picture_size(), ..start(picture, keymap(sources)?) };
    let model = Model::new(start, shown);
    let appearance = Appearance::judge(picture, &environment, io::stdout().is_terminal());
    let frame = frame_of(model, shown, picture.size, &theme(picture, appearance));
    flush_standard_output(write_frame(&frame, appearance.colour != Colour::None, &mut io::stdout().lock()))?;
    Ok(u8::from(session.is_broken()))
}
