//! The live view: on a server, on a made-up one, or as one picture where there is no terminal.

use std::io::{self, IsTerminal as _};

use super::alerting::notifier;
use super::appearance::Appearance;
use super::follow::Ended;
use super::picture::{SIZE, frame_of, picture_size};
use super::simulator::{scenario, simulate_on};
use super::{
    CommandError, Plan, Span, environment, flush_standard_output, follow_server, keymap, mask_key, session,
    tell, tell_unchecked,
};
use crate::alerts::{AlertSettings, Notifier, Patience};
use crate::clock;
use crate::engine::{Round, Session, Watching};
use crate::listing::{Sort, SortColumn, ThemeName};
use crate::openim::{Client, Credentials, GatewayRule, Options, Tls};
use crate::options::cli::ScenarioArgs;
use crate::options::{SettingsError, Sources, Values, Watched, no_screen};
use crate::presence::WatchList;
use crate::report::write_frame;
use crate::tui::clipboard::Multiplexer;
use crate::tui::run::{End, OnScreen};
use crate::tui::terminal::terminal_size;
use crate::tui::{Colour, Keymap, Model, Msg, Start, Switches, Theme};

/// The live view on a server; one frame as text where standard output is no terminal.
///
/// # Errors
/// See [`CommandError`].
pub(super) async fn watch(sources: &Sources) -> Result<u8, CommandError> {
    sources.usable_alerts()?;
    let settings = sources.settings()?;
    let plan = match no_screen(&environment, io::stdout().is_terminal()) {
        Some(_) => Plan::of(sources, settings)?,
        None => Plan::for_screen(sources, settings)?,
    };
    let again = |name: &str| Plan::for_screen(sources, sources.for_context(name)?);
    Box::pin(live(plan, sources.contexts(), &again)).await
}

/// The same view on a simulator of its own.
///
/// # Errors
/// See [`CommandError`].
pub(super) async fn demo(args: &ScenarioArgs, sources: &Sources) -> Result<u8, CommandError> {
    let values = sources.without_server()?;
    let scenario = scenario(args)?;
    let about = Some(scenario.announcement());
    let values = Values {
        interval: sources.given("interval").unwrap_or(scenario.poll_interval()),
        batch: sources.given("batch").unwrap_or(scenario.poll_batch() as u32),
        timeout: sources.given("timeout").unwrap_or(scenario.poll_timeout()),
        ..values
    };
    let watched = Watched::fixed(WatchList::new(1, 1, scenario.watch_list()));
    let simulator = simulate_on(scenario, std::net::SocketAddr::from(([127, 0, 0, 1], 0)), false).await?;
    let server = Options {
        api: simulator
            .url()
            .parse()
            .map_err(|error| SettingsError(format!("{}: {error}", simulator.url())))?,
        credentials: Credentials::Token(simulator.admin_token().into()),
        timeout: values.timeout,
        body_limit: values.body_limit.0,
        gzip: true,
        tls: Tls::default(),
        proxy: None,
        concurrency: values.concurrency.unwrap_or(Options::MOST_AT_ONCE),
        secrets: Vec::new(),
    };
    let plan = Plan {
        server: "demo".to_owned(),
        api: server.api.to_string(),
        // The gateways are of this process: the addresses are what they seem.
        client: Client::new(server)?.asking_gateways(GatewayRule::All, Vec::new()),
        context: None,
        banners: Vec::new(),
        about,
        keymap: keymap(sources)?,
        // Nobody is woken for a server that is made up.
        alerts: AlertSettings::default(),
        watched,
        reading: None,
        asks_gateways: true,
        values,
    };
    let nowhere =
        |_: &str| Err(CommandError::Settings(SettingsError("the demo has no other server".to_owned())));
    Box::pin(live(plan, Vec::new(), &nowhere)).await
}

/// Shows a plan in the terminal, or as one frame of text. `again` makes the plan of another context.
async fn live(
    mut plan: Plan,
    contexts: Vec<String>,
    again: &dyn Fn(&str) -> Result<Plan, CommandError>,
) -> Result<u8, CommandError> {
    let run = Run { contexts, mask_key: mask_key() };
    if let Some(why) = no_screen(&environment, io::stdout().is_terminal()) {
        tell(&format!("{why}: this is one picture, after the first round; run it in a terminal to follow"));
        return once(&mut plan, &run).await;
    }
    let screen = terminal_size().map_err(CommandError::Terminal)?;
    let mut watched = run.on_screen(&mut plan, screen);
    if let Some(file) = &plan.values.record {
        // Where nothing can be recorded, whoever asked for it is told before they watch.
        let words = watched.session.record(Some(file))?;
        watched.update(Msg::Told(words));
    }
    let mut open = |name: &str, model: &Model| -> Result<OnScreen, String> {
        let mut plan = again(name).map_err(|error| error.to_string())?;
        let mut watched = run.on_screen(&mut plan, model.size);
        watched.model.carry_on(model, watched.session.shown());
        Ok(watched)
    };
    let behind = Multiplexer::of(&environment);
    let end =
        Box::pin(crate::tui::run::run(watched, behind, &mut open)).await.map_err(CommandError::Terminal)?;
    match end {
        End::NoList(why) => Err(SettingsError(why).into()),
        end => Ok(end.exit_code()),
    }
}

/// What stays the same for as long as the program runs, whichever server it asks.
struct Run {
    contexts: Vec<String>,
    mask_key: u128,
}

impl Run {
    fn on_screen(&self, plan: &mut Plan, size: (u16, u16)) -> OnScreen {
        let appearance = Appearance::judge(&plan.values, &environment, true);
        let theme = theme(&plan.values, appearance);
        let watching = Watching::of(&plan.watched, plan.values.batch);
        let warnings = std::mem::take(&mut plan.watched.warnings);
        let session = session(plan, watching, Span::Shown, clock::start());
        let alerts = notifier_of(plan, &session);
        let start = Start { size, one_shot: false, ..self.start(plan) };
        let model = Model::new(start, session.shown());
        let mut watched = OnScreen { session, model, theme, alerts };
        for warning in warnings {
            let news = watched.session.note(warning);
            watched.update(Msg::Updated(news));
        }
        watched
    }

    fn start(&self, plan: &Plan) -> Start {
        Start {
            mask_key: self.mask_key,
            contexts: self.contexts.clone(),
            ..start(&plan.values, plan.keymap.clone())
        }
    }
}

/// Who tells others of alerts, where there are any.
fn notifier_of(plan: &Plan, session: &Session) -> Option<Notifier> {
    let settings = plan.alerts.clone();
    (!settings.alerts.is_empty()).then(|| notifier(settings, session.about(), Patience::default()))
}

pub(super) fn theme(values: &Values, appearance: Appearance) -> Theme {
    Theme::named(values.theme, appearance.colour, appearance.ascii, values.ambiguous_width == 2)
}

/// How somebody wants to look at a session: as one picture, where nothing else is said.
pub(super) fn start(values: &Values, keymap: Keymap) -> Start {
    Start {
        sort: Some(Sort { column: values.sort.unwrap_or(SortColumn::Problems), inverted: false }),
        filter: values.filter.clone(),
        columns: Some(values.columns.clone()).filter(|columns| !columns.is_empty()),
        one_shot: true,
        switches: Switches { mouse: values.mouse, bell: values.bell, ..Switches::default() },
        mask_key: mask_key(),
        mask: values.mask,
        utc: values.utc,
        overview_from: Some(values.overview_from),
        language: Appearance::judge(values, &environment, true).language,
        zone: jiff::tz::TimeZone::system(),
        keymap,
        themes: ThemeName::ALL.map(|theme| theme.name().to_owned()).to_vec(),
        ..Start::new(SIZE)
    }
}

/// One round, one frame as text.
async fn once(plan: &mut Plan, run: &Run) -> Result<u8, CommandError> {
    let mut followed = follow_server(plan, Span::Round, clock::start()).await?;
    let round = followed.round().await;
    if let Some(code) = followed.ended().and_then(Ended::exit_code) {
        return Ok(code);
    }
    tell_unchecked(&followed);
    followed.session.pass();
    let shown = followed.session.shown();
    let model = Model::new(Start { size: picture_size(), ..run.start(plan) }, shown);
    let appearance = Appearance::judge(&plan.values, &environment, io::stdout().is_terminal());
    let theme = theme(&plan.values, appearance);
    let frame = frame_of(model, shown, plan.values.size, &theme);
    flush_standard_output(write_frame(&frame, appearance.colour != Colour::None, &mut io::stdout().lock()))?;
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
