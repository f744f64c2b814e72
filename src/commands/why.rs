//! Why a user gets no messages: everything that the server says of this one user, link by link.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::follow::{Ended, Followed};
use super::{CommandError, Plan, Span, flush_standard_output, follow_server, read_recording, tell};
use crate::clock;
use crate::openim::{Asked, Client, DeltaDecoder};
use crate::options::cli::WhyArgs;
use crate::options::{SettingsError, Sources, Watched};
use crate::presence::{
    Answer, Delivery, DeliveryAnswers, Entry, Moment, Observation, Platform, Question, UserId, UserIx,
    WatchList, visible,
};
use crate::report::{DeliveryReport, write_delivery, write_delivery_json};

/// What grows is asked for twice, so far apart: long enough for a message or two, short enough to wait for.
const APART: Duration = Duration::from_secs(5);

/// Says whether a message that is sent now reaches a user, and by what that is seen.
///
/// # Errors
/// See [`CommandError`].
pub(super) async fn why(args: &WhyArgs, sources: &Sources) -> Result<u8, CommandError> {
    let id = args.user.trim();
    UserId::check(id).map_err(|error| SettingsError(format!("{}: {error}", visible(id))))?;
    let (followed, began, user, answers) = match &args.recording.from {
        Some(file) => {
            let mut followed =
                Followed::recorded(read_recording(file, args.recording.at.as_deref(), Arc::default())?);
            let began = followed.session.now();
            followed.round().await;
            let user = followed.session.state().roster().list().find(id).ok_or_else(|| {
                SettingsError(format!("{} is not in the recording: its watch list ends without", visible(id)))
            })?;
            (followed, began, user, DeliveryAnswers::default())
        }
        None => ask(id, sources).await?,
    };
    if let Some(code) = followed.ended().and_then(Ended::exit_code) {
        return Ok(code);
    }
    for gap in followed.session.gaps() {
        tell(gap);
    }
    let (knowledge, now) = (followed.session.state().knowledge(), followed.session.now());
    let answers = DeliveryAnswers { watched_ms: now.since(began), ..answers };
    let (delivery, links) = knowledge.delivery_chain(user, &answers, now);
    let report = DeliveryReport::of(knowledge, user, delivery, links, now);
    let mut out = io::stdout().lock();
    let written =
        if args.json { write_delivery_json(&report, &mut out) } else { write_delivery(&report, &mut out) };
    flush_standard_output(written.and_then(|()| out.flush()))?;
    Ok(u8::from(!matches!(delivery, Delivery::Now | Delivery::Push)))
}

/// Asks everything about this one user.
async fn ask(
    id: &str,
    sources: &Sources,
) -> Result<(Followed, Moment, UserIx, DeliveryAnswers), CommandError> {
    let list = WatchList::new(1, 1, [Entry::of(id)]);
    let mut plan = Plan::on(sources, sources.settings_of_server()?, Watched::fixed(list.clone()), None)?;
    let client = plan.client.clone();
    let mut followed = follow_server(&mut plan, Span::Round, clock::start()).await?;
    let began = followed.session.now();
    let first = (client.unread(id).await, client.push_counters().await);
    followed.round().await;
    let user = UserIx(0);
    let answers = DeliveryAnswers {
        registered: Some(answered(&client, &list, Question::AccountCheck, user, is_registered).await),
        registry: Some(answered(&client, &list, Question::UsersStatus, user, platforms).await),
        ..DeliveryAnswers::default()
    };
    sleep(APART).await;
    let last = (client.unread(id).await, client.push_counters().await);
    let unread = first.0.and_then(|first| Ok([first, last.0?]));
    let push = first.1.and_then(|first| Ok([first, last.1?]));
    let apart_ms = APART.as_millis() as u64;
    Ok((
        followed,
        began,
        user,
        DeliveryAnswers { unread: Some(unread), push: Some(push), apart_ms, ..answers },
    ))
}

/// What the server answers to a question about one user.
async fn answered<A>(
    client: &Client,
    list: &WatchList,
    question: Question,
    user: UserIx,
    read: fn(Answer) -> A,
) -> Result<A, crate::presence::FetchError> {
    let asked = Asked::witness(question, [user]);
    let Observation { answer, .. } = client.ask(list, &asked, &mut DeltaDecoder::default()).await;
    answer.map(read)
}

fn is_registered(answer: Answer) -> bool {
    !matches!(answer, Answer::Unregistered(missing) if !missing.is_empty())
}

fn platforms(answer: Answer) -> Vec<Platform> {
    match answer {
        Answer::Registry(said) => said.into_iter().flat_map(|(_, platforms)| platforms).collect(),
        _ => Vec::new(),
    }
}
