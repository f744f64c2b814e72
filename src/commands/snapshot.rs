//! One round, written in a form that others read.
//!
//! What is not known is named unknown, the reasons go to standard error, and the exit code is 1.

use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};

use jiff::tz::TimeZone;

use super::appearance::Appearance;
use super::follow::Ended;
use super::live::{start, theme};
use super::picture::frame_of;
use super::{CommandError, Span, environment, follow, keymap, mask_key, piped, tell, tell_unchecked};
use crate::engine::{Round, Session};
use crate::listing::{ColumnName, Names, Rows, Sort};
use crate::options::cli::{FrameStyle, SnapshotArgs, SnapshotFormat};
use crate::options::{SettingsError, Sources, Values, When};
use crate::presence::{Batch, Retry, Roster};
use crate::report::metrics::openmetrics;
use crate::report::{Seen, TableStyle, write_csv, write_frame, write_json, write_ndjson, write_table};
use crate::tui::{Colour, Model};

/// One round, written in a form that others read.
///
/// # Errors
/// See [`CommandError`].
pub(super) async fn snapshot(args: &SnapshotArgs, sources: &Sources) -> Result<u8, CommandError> {
    if args.frame.is_some() && args.form() != SnapshotFormat::Frame {
        return Err(SettingsError("--frame says how --format frame is written; give both".to_owned()).into());
    }
    let picture = sources.for_output()?;
    let mut followed = follow(sources, Some(&args.recording), Span::Round).await?;
    let round = followed.round().await;
    if let Some(why) = followed.ended().and_then(Ended::unreadable) {
        tell(why);
    }
    if let Some(code) = followed.ended().and_then(Ended::exit_code) {
        return Ok(code);
    }
    let session = &followed.session;
    let (knowledge, now) = (session.state().knowledge(), session.now());
    let names = Names::new(mask_key(), picture.mask);
    let seen = Seen::of(knowledge, now, &names, session.about());
    let summary = seen.summary();
    for gap in session.gaps() {
        tell(gap);
    }
    for failure in &summary.round.failures {
        tell(&failure.words(summary.round.batches));
    }
    let is_unchecked = tell_unchecked(&followed) && !session.is_recorded();
    if round == Round::Failed && is_final(&knowledge.roster) {
        return Ok(1); // nothing is known, and asking again would not help
    }
    let sort = Sort { column: picture.sort.unwrap_or_default(), inverted: false };
    let rows = || Rows::of(knowledge, now, sort, picture.filter.clone());
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match args.form() {
        SnapshotFormat::Table => {
            let zone = if picture.utc { TimeZone::UTC } else { TimeZone::system() };
            let columns: Vec<ColumnName> = sources.given("columns").unwrap_or_default();
            let style = TableStyle { zone, wide: picture.ambiguous_width == 2, columns };
            let rows = rows();
            write_table(&summary, || seen.users(&rows), &style, &mut out)
        }
        SnapshotFormat::Json => {
            let rows = rows();
            write_json(&summary, || seen.users(&rows), &mut out)
        }
        SnapshotFormat::Ndjson => write_ndjson(&summary, seen.users(&rows()), &mut out),
        SnapshotFormat::Csv => write_csv(summary.at, seen.users(&rows()), &mut out),
        SnapshotFormat::Openmetrics => openmetrics(knowledge, now, (&names, &picture.metrics_by), &mut out),
        SnapshotFormat::Frame => write_picture(args.frame, sources, &picture, session, &mut out)?,
    };
    piped(written.and_then(|()| out.flush()))?;
    let is_whole = round == Round::Whole && !is_unchecked;
    Ok(u8::from(!is_whole || session.is_broken()))
}

/// Whether no batch would be answered if it were asked again.
fn is_final(roster: &Roster) -> bool {
    let failing = |batch: &Batch| {
        batch.failing.as_ref().is_some_and(|failing| failing.error.mends() == Retry::WhenChanged)
    };
    roster.batches().iter().all(failing)
}

/// The interactive screen itself.
fn write_picture(
    style: Option<FrameStyle>,
    sources: &Sources,
    picture: &Values,
    session: &Session,
    out: &mut BufWriter<StdoutLock<'_>>,
) -> Result<io::Result<()>, CommandError> {
    let usual = Appearance::judge(picture, &environment, io::stdout().is_terminal());
    let style = style.unwrap_or(match usual.colour {
        Colour::None => FrameStyle::Text,
        _ => FrameStyle::Ansi,
    });
    let colour = match style {
        FrameStyle::Text => Colour::None,
        _ if picture.color == When::Never => Colour::None,
        FrameStyle::Ansi => {
            let wished = Values { color: When::Always, ..picture.clone() };
            Appearance::judge(&wished, &environment, false).colour
        }
    };
    let theme = theme(picture, Appearance { colour, ..usual });
    let shown = session.shown();
    let model = Model::new(start(picture, keymap(sources)?), shown);
    let frame = frame_of(model, shown, picture.size, &theme);
    Ok(write_frame(&frame, style == FrameStyle::Ansi, out))
}
