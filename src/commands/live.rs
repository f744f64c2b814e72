//! The live view: on a server, on a made-up one, or as one picture where there is no terminal.

use std::io::{self, IsTerminal as _};

use super::follow::Ended;
use super::picture::{SIZE, frame_of, picture_size};
use super::simulator::{scenario, simulate_on};
use super::{
    CommandError, Plan, Span, environment, flush_standard_output, follow_server, limits, mask_key, session,
    tell,
};
use crate::clock;
use crate::engine::{Round, Watching};
use crate::listing::{Sort, SortColumn};
use crate::openim::{Credentials, GatewayRule, Options, Tls};
use crate::options::cli::{DemoArgs, RecordArgs, ScreenArgs};
use crate::options::{
    Appearance, PaceSettings, PictureSettings, Settings, SettingsError, Sources, WitnessSettings, no_screen,
};
use crate::presence::{RuleSettings, Thresholds};
use crate::recording::Limits;
use crate::report::write_frame;
use crate::tui::clipboard::Multiplexer;
use crate::tui::run::OnScreen;
use crate::tui::terminal::terminal_size;
use crate::tui::{Colour, Theme, ThemeName};
use crate::tui::{Keymap, Model, Msg, Start, Switches};

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
    let about = Some(scenario.announcement());
    let suggested = PaceSettings {
        interval: scenario.poll_interval(),
        batch: scenario.poll_batch() as u32,
        timeout: scenario.poll_timeout(),
        ..PaceSettings::DEFAULT
    };
    let pace = PaceSettings::given(&args.pace, suggested);
    let watched = crate::options::Watched::fixed(scenario.watch_list());
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
    let settings = Settings {
        context: None,
        production: false,
        server,
        banners: Vec::new(),
        watched,
        pace,
        // The gateways are of this process: the addresses are what they seem.
        witnesses: WitnessSettings { gateways: GatewayRule::All, ..WitnessSettings::default() },
        thresholds: Thresholds::default(),
        picture,
        rules: RuleSettings::default(),
        keymap: sources.keymap()?,
    };
    let plan = Plan { name: "demo".to_owned(), about, ..Plan::of(settings)? };
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
    let run = Run { contexts, mask_key: mask_key() };
    if let Some(why) = no_screen(&environment, io::stdout().is_terminal()) {
        tell(&format!("{why}: this is one picture, after the first round; run it in a terminal to follow"));
        return once(&plan, &run, record, size).await;
    }
    let screen = terminal_size().map_err(CommandError::Terminal)?;
    let limits = limits(record);
    let mut watched = run.on_screen(&plan, screen, limits, true);
    if let Some(file) = &record.record {
        // Where nothing can be recorded, whoever asked for it is told before they watch.
        let words = watched.session.record(Some(file))?;
        watched.update(Msg::Told(words));
    }
    let mut open = |name: &str, model: &Model| -> Result<OnScreen, String> {
        let plan = again(name).map_err(|error| error.to_string())?;
        let mut watched = run.on_screen(&plan, model.size, limits, false);
        watched.model.carry_on(model, watched.session.shown());
        Ok(watched)
    };
    let behind = Multiplexer::of(&environment);
    let end =
        Box::pin(crate::tui::run::run(watched, behind, &mut open)).await.map_err(CommandError::Terminal)?;
    Ok(end.exit_code())
}

/// What stays the same for as long as the program runs, whichever server it asks.
struct Run {
    contexts: Vec<String>,
    mask_key: u128,
}

impl Run {
    fn on_screen(&self, plan: &Plan, size: (u16, u16), limits: Limits, greet: bool) -> OnScreen {
        let appearance = Appearance::judge(&plan.settings.picture, &environment, true);
        let theme = theme(&plan.settings.picture, appearance);
        let watching = Watching::of(&plan.settings.watched, plan.settings.pace.batch);
        let session = session(plan, watching, Span::Shown, limits, clock::start());
        let start = Start { size, greet, one_shot: false, ..self.start(plan) };
        let model = Model::new(start, session.shown());
        let mut watched = OnScreen { session, model, theme };
        for warning in &plan.settings.watched.warnings {
            let news = watched.session.note(warning.clone());
            watched.update(Msg::Updated(news));
        }
        watched
    }

    fn start(&self, plan: &Plan) -> Start {
        Start {
            mask_key: self.mask_key,
            contexts: self.contexts.clone(),
            ..start(&plan.settings.picture, plan.settings.keymap.clone())
        }
    }
}

pub(super) fn theme(picture: &PictureSettings, appearance: Appearance) -> Theme {
    Theme::named(picture.theme, appearance.colour, appearance.ascii, picture.ambiguous_width == 2)
}

/// How somebody wants to look at a session: as one picture, where nothing else is said.
pub(super) fn start(picture: &PictureSettings, keymap: Keymap) -> Start {
    Start {
        sort: Some(Sort { column: picture.sort.unwrap_or(SortColumn::Problems), inverted: false }),
        filter: picture.filter.clone(),
        columns: picture.columns.clone(),
        one_shot: true,
        switches: Switches { mouse: picture.mouse, bell: picture.bell, ..Switches::default() },
        mask_key: mask_key(),
        mask: picture.mask,
        utc: picture.utc,
        zone: jiff::tz::TimeZone::system(),
        keymap,
        themes: ThemeName::ALL.map(|theme| theme.name().to_owned()).to_vec(),
        ..Start::new(SIZE)
    }
}

/// One round, one frame as text.
async fn once(
    plan: &Plan,
    run: &Run,
    record: &RecordArgs,
    size: Option<(u16, u16)>,
) -> Result<u8, CommandError> {
    let mut followed = follow_server(plan, record, Span::Round, clock::start()).await?;
    let round = followed.round(&mut |_, _| ()).await;
    if let Some(code) = followed.ended().and_then(Ended::exit_code) {
        return Ok(code);
    }
    followed.session.pass();
    let shown = followed.session.shown();
    let model = Model::new(Start { size: picture_size(), ..run.start(plan) }, shown);
    let appearance = Appearance::judge(&plan.settings.picture, &environment, io::stdout().is_terminal());
    let theme = theme(&plan.settings.picture, appearance);
    let frame = frame_of(model, shown, size, &theme);
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
