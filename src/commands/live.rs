//! The live view: on a server, on a made-up one, or as one picture where there is no terminal.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use super::simulator::{scenario, simulate_on};
use super::{
    CommandError, Plan, Span, environment, follow_server, head, limits, mask_key, pace, piped, tell,
};
use crate::app::{Keymap, Model, Msg, Sort, SortColumn, Start, Switches, update};
use crate::cli::{DemoArgs, RecordArgs, ScreenArgs};
use crate::clipboard::Multiplexer;
use crate::clock;
use crate::config::{
    Appearance, PaceSettings, PictureSettings, SettingsError, Sources, Watched, WitnessSettings, colour_hint,
};
use crate::feed::{Now, Poller};
use crate::headless::{Ended, Follower, Round, SIZE, frame_of};
use crate::inflow::Inflow;
use crate::intake::{self, Intake};
use crate::openim::{Client, Credentials, Options, Tls};
use crate::output::write_frame;
use crate::presence::{Freshness, Input, Roster, RuleSettings, WatchList};
use crate::recording::Limits;
use crate::run::Session;
use crate::terminal::terminal_size;
use crate::ui::{Colour, Theme, ThemeName};

/// The live view on a server; one frame as text where standard output is no terminal.
///
/// # Errors
/// See [`CommandError`].
pub async fn watch(sources: &Sources, record: &RecordArgs, screen: &ScreenArgs) -> Result<u8, CommandError> {
    let plan = Plan::of(sources.settings()?)?;
    let contexts = sources.contexts();
    let again = |name: &str| Plan::of(sources.for_context(name)?);
    Box::pin(live(plan, contexts, &again, record, screen.size)).await
}

/// The same view on a simulator of its own.
///
/// # Errors
/// See [`CommandError`].
pub async fn demo(args: &DemoArgs, sources: &Sources) -> Result<u8, CommandError> {
    let picture = sources.picture_of_demo()?;
    let scenario = scenario(&args.scenario)?;
    let suggested = PaceSettings {
        interval: scenario.poll_interval(),
        batch: scenario.poll_batch() as u32,
        timeout: scenario.poll_timeout(),
        ..PaceSettings::DEFAULT
    };
    let pace = PaceSettings::given(&args.pace, suggested);
    let watched = Watched::fixed(scenario.watch_list());
    let simulator = simulate_on(scenario, std::net::SocketAddr::from(([127, 0, 0, 1], 0)), false).await?;
    let server = Options {
        api: simulator
            .url()
            .parse()
            .map_err(|error| SettingsError(format!("{}: {error}", simulator.url())))?,
        credentials: Credentials::Token(simulator.admin_token().into()),
        timeout: pace.timeout,
        body_limit: Options::BODY_LIMIT,
        gzip: true,
        tls: Tls::default(),
        proxy: None,
        concurrency: pace.concurrency,
        secrets: Vec::new(),
    };
    let plan = Plan {
        server: "demo".to_owned(),
        api: server.api.to_string(),
        client: Client::new(server)?,
        context: None,
        production: false,
        banners: Vec::new(),
        rules: RuleSettings::default(),
        keymap: sources.keymap()?,
        watched,
        pace,
        witnesses: WitnessSettings::default(),
        picture,
    };
    let nowhere =
        |_: &str| Err(CommandError::Settings(SettingsError("the demo has no other server".to_owned())));
    Box::pin(live(plan, Vec::new(), &nowhere, &args.record, args.screen.size)).await
}

/// Shows a plan in the terminal, or as one frame of text. `again` makes the plan of another context.
async fn live(
    plan: Plan,
    contexts: Vec<String>,
    again: &dyn Fn(&str) -> Result<Plan, CommandError>,
    record: &RecordArgs,
    size: Option<(u16, u16)>,
) -> Result<u8, CommandError> {
    let now = clock::start();
    let run = Run { contexts, mask_key: mask_key(), now: Arc::clone(&now) };
    if !io::stdout().is_terminal() {
        return once(plan, &run, record, size).await;
    }
    let screen = terminal_size().map_err(CommandError::Terminal)?;
    let limits = limits(record);
    let mut session = run.session(plan, screen, limits, true);
    if let Some(file) = &record.record {
        // Where nothing can be recorded, whoever asked for it is told before they watch.
        for msg in session.inflow.record(&session.model, Some(file))? {
            update(&mut session.model, now(), msg);
        }
    }
    if let Some(hint) = colour_hint(&environment) {
        update(&mut session.model, now(), Msg::Told(hint.to_owned()));
    }
    let mut open = |name: &str, model: &Model| -> Result<Session, String> {
        let plan = again(name).map_err(|error| error.to_string())?;
        let mut session = run.session(plan, model.size(), limits, false);
        session.model.carry_on(model);
        Ok(session)
    };
    let behind = Multiplexer::of(&environment);
    let end =
        Box::pin(crate::run::run(session, behind, &mut open, now)).await.map_err(CommandError::Terminal)?;
    Ok(end.exit_code())
}

/// What stays the same for as long as the program runs, whichever server it asks.
struct Run {
    contexts: Vec<String>,
    mask_key: u128,
    now: Now,
}

impl Run {
    fn session(&self, plan: Plan, size: (u16, u16), limits: Limits, greet: bool) -> Session {
        let appearance = Appearance::judge(&plan.picture, &environment, true);
        let theme = theme(&plan.picture, appearance);
        let watching = intake::watching(&plan.watched, plan.pace.batch);
        let list = Arc::new(watching.list(1));
        let freshness = Freshness::for_interval(plan.pace.interval.as_millis() as u64);
        let mut model = self.model(&plan, &list, freshness, size, greet);
        for warning in &plan.watched.warnings {
            update(&mut model, (self.now)(), Msg::Input(Input::Notice(warning.clone())));
        }
        let feed = Poller::start(
            Arc::new(plan.client.clone()),
            Arc::clone(&list),
            pace(&plan),
            Arc::clone(&self.now),
        );
        let head = head(&plan);
        let intake = Intake::of(feed, list, watching).following(&plan.client, plan.watched);
        Session { model, inflow: Inflow::live(intake, head, limits), theme }
    }

    fn model(
        &self,
        plan: &Plan,
        list: &Arc<WatchList>,
        freshness: Freshness,
        size: (u16, u16),
        greet: bool,
    ) -> Model {
        let now = (self.now)();
        let picture = &plan.picture;
        Model::new(Start {
            server: plan.server.clone(),
            api: plan.api.clone(),
            context: plan.context.clone(),
            production: plan.production,
            banners: plan.banners.clone(),
            interval_ms: plan.pace.interval.as_millis() as u64,
            sort: Some(Sort { column: picture.sort.unwrap_or(SortColumn::Problems), inverted: false }),
            filter: picture.filter.clone(),
            rules: plan.rules,
            columns: picture.columns.clone(),
            one_shot: freshness == Freshness::FOR_EVER,
            switches: Switches { mouse: picture.mouse, bell: picture.bell, ..Switches::default() },
            mask_key: self.mask_key,
            mask: picture.mask,
            utc: picture.utc,
            zone: jiff::tz::TimeZone::system(),
            keymap: plan.keymap.clone(),
            contexts: self.contexts.clone(),
            themes: ThemeName::ALL.map(|theme| theme.name().to_owned()).to_vec(),
            greet,
            ..Start::new(Roster::new(Arc::clone(list), freshness, now), size, now)
        })
    }
}

pub(super) fn theme(picture: &PictureSettings, appearance: Appearance) -> Theme {
    Theme::named(picture.theme, appearance.colour, appearance.ascii, picture.ambiguous_width == 2)
}

/// What a model of what was followed already begins with.
pub(super) fn start(follower: &Follower, picture: &PictureSettings, keymap: Keymap) -> Start {
    let (about, chronicle) = (follower.about(), follower.chronicle());
    Start {
        server: about.api.clone(),
        api: about.api.clone(),
        context: about.context.clone(),
        production: about.production,
        banners: about.banners.clone(),
        interval_ms: about.interval_ms,
        sort: Some(Sort { column: picture.sort.unwrap_or(SortColumn::Problems), inverted: false }),
        filter: picture.filter.clone(),
        columns: picture.columns.clone(),
        one_shot: true,
        mask_key: mask_key(),
        mask: picture.mask,
        utc: picture.utc,
        zone: jiff::tz::TimeZone::system(),
        keymap,
        recorded: follower.is_recorded(),
        ..Start::new(chronicle.roster().clone(), SIZE, chronicle.now())
    }
}

/// One round, one frame as text.
async fn once(
    plan: Plan,
    run: &Run,
    record: &RecordArgs,
    size: Option<(u16, u16)>,
) -> Result<u8, CommandError> {
    tell(
        "standard output is no terminal: this is one picture, after the first round; run it in a terminal to follow",
    );
    let mut follower = follow_server(&plan, record, Span::Round, Arc::clone(&run.now)).await?;
    let round = follower.round(&mut |_, _| ()).await;
    if let Some(code) = follower.ended().and_then(Ended::exit_code) {
        return Ok(code);
    }
    let chronicle = follower.chronicle();
    let list = chronicle.roster().list();
    let model = run.model(&plan, list, Freshness::FOR_EVER, SIZE, false).showing(chronicle.clone());
    let appearance = Appearance::judge(&plan.picture, &environment, false);
    let theme = theme(&plan.picture, appearance);
    let frame = frame_of(model, size, &theme, follower.now());
    piped(write_frame(&frame, appearance.colour != Colour::None, &mut io::stdout().lock()))?;
    Ok(match round {
        Round::Whole => 0,
        Round::Partial => {
            tell("some users were not answered for; the picture says why");
            0
        }
        Round::Failed => {
            tell("the server gave no answer; the picture says why");
            1
        }
    })
}
