//! What is seen, handed over to others: as records for the clipboard and for files.
//!
//! Records name users as the screen does, stand-ins included. Files are new ones, for their owner only.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{ExportFormat, Model};
use crate::output::{
    ConnectionRecord, FindingRecord, RoundRecord, SCHEMA, ServerRecord, Snapshot, TokenRecord, TotalsRecord,
    UserRecord, time_text, write_csv, write_frame, write_json,
};
use crate::presence::{Finding, Presence, Tracked, UserIx};
use crate::ui::{Theme, view};

/// Everything that is known of one user.
pub fn user_record(model: &Model, user: UserIx) -> UserRecord {
    let picture = model.picture();
    let (roster, now, names) = (picture.roster, picture.now, model.names());
    let list = roster.list();
    let presence = roster.presence(user);
    let past = picture.history.of(user);
    UserRecord {
        id: names.user(list.raw_id(user)).into_owned(),
        label: list.label(user).map(|label| names.label(label).into_owned()),
        group: list.group(user).map(|group| names.group(group).into_owned()),
        presence: presence.word(),
        why: match presence {
            Presence::Unknown(why) => Some(why.to_string()),
            _ => None,
        },
        stale: roster.is_stale(user, now),
        age_ms: roster.answered(user).map(|answered| now.since(answered.received)),
        since: roster.since(user).and_then(|since| time_text(now.unix_ms_at(since.before_ms))),
        since_exact: roster.since(user).is_some_and(crate::presence::Since::is_exact),
        flips: past.flips(),
        reconnects: past.reconnects(),
        connections: roster
            .connections(user)
            .iter()
            .map(|tracked| connection_record(model, tracked))
            .collect(),
        findings: picture.findings.of(user).iter().map(|finding| finding_record(model, finding)).collect(),
    }
}

fn connection_record(model: &Model, tracked: &Tracked) -> ConnectionRecord {
    let picture = model.picture();
    let server_seconds = picture.roster.server_clock().unix_seconds(picture.now);
    let connection = &tracked.connection;
    let seconds = |at: i64| time_text(at.saturating_mul(1_000));
    let token = connection.token.as_ref().map(|token| {
        let fingerprint = token.fingerprint.to_string();
        match &token.claims {
            Err(why) => {
                TokenRecord { fingerprint, unreadable: Some(why.to_string()), ..TokenRecord::default() }
            }
            Ok(claims) => TokenRecord {
                user: claims.user.as_deref().map(|user| model.names().shown_user(user).into_owned()),
                platform_id: claims.platform.map(|platform| platform.0),
                issued: claims.issued.and_then(seconds),
                expires: claims.expires.and_then(seconds),
                expired: claims.expires.is_some_and(|at| at <= server_seconds),
                fingerprint,
                unreadable: None,
            },
        }
    });
    ConnectionRecord {
        platform: connection.platform.name().into_owned(),
        platform_id: connection.platform.0,
        conn_id: connection.id.to_string(),
        background: connection.background,
        since: time_text(picture.now.unix_ms_at(tracked.since.before_ms)),
        token,
    }
}

fn finding_record(model: &Model, finding: &Finding) -> FindingRecord {
    FindingRecord {
        rule: finding.rule.name(),
        severity: finding.severity.word(),
        since: time_text(finding.since.unix_ms),
        evidence: model.evidence(finding),
        advice: finding.rule.advice().to_owned(),
    }
}

/// The users that are shown, in their order.
fn shown(model: &Model) -> impl Iterator<Item = UserRecord> + '_ {
    let rows = model.rows();
    (0..rows.len()).filter_map(|row| rows.user_at(row)).map(|user| user_record(model, user))
}

/// Serializes users one by one, so that a million of them are never in memory at once.
struct Users<'a>(&'a Model);

impl serde::Serialize for Users<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(shown(self.0))
    }
}

fn snapshot(model: &Model) -> Snapshot<Users<'_>> {
    let picture = model.picture();
    let (roster, now) = (picture.roster, picture.now);
    let batches = roster.batches();
    let totals = roster.totals(now);
    Snapshot {
        schema: SCHEMA,
        at: time_text(now.unix_ms),
        server: ServerRecord { api: model.api().to_owned(), context: model.context().map(str::to_owned) },
        round: RoundRecord {
            batches: batches.len(),
            failed: batches.iter().filter(|batch| batch.failing.is_some()).count(),
            took_ms: took_ms(model),
            operation_ids: batches
                .iter()
                .filter_map(|batch| batch.operation.as_ref())
                .map(|operation| crate::presence::visible(&operation.0).into_owned())
                .collect(),
        },
        totals: TotalsRecord {
            watched: totals.watched,
            online: totals.online,
            background: totals.background,
            offline: totals.offline,
            unknown: totals.unknown,
            unregistered: 0,
            stale: totals.stale,
        },
        users: Users(model),
        findings: picture.findings.of_server().iter().map(|finding| finding_record(model, finding)).collect(),
    }
}

/// From the first question to the last answer of what the picture rests on.
fn took_ms(model: &Model) -> Option<u64> {
    let answered = || model.picture().roster.batches().iter().filter_map(|batch| batch.answered);
    let first = answered().map(|it| it.sent.mono_ms).min()?;
    let last = answered().map(|it| it.received.mono_ms).max()?;
    Some(last.saturating_sub(first))
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
    match format {
        ExportFormat::Csv => write_csv(shown(model), &mut out)?,
        ExportFormat::Json => write_json(&snapshot(model), &mut out)?,
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
    let at = time_text(model.now().unix_ms).unwrap_or_default();
    let digits: String = at.chars().take(19).filter(char::is_ascii_digit).collect();
    let (day, time) = digits.split_at_checked(8).unwrap_or((&digits, ""));
    format!("imtop-{day}-{time}Z.{}", format.name())
}

fn create(path: &Path) -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
