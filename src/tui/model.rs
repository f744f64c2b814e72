//! Everything that the live view is a picture of: plain data.

use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};

use jiff::tz::TimeZone;

use crate::alerts::Silences;
use crate::engine::{Playing, Shown};
use crate::language::Language;
use crate::presence::query::{Query, QueryError, Vocabulary};
use crate::presence::trend::Trend;
use crate::presence::{Claims, FeedStatus, Finding, Findings, Moment, Roster, Severity, Subject, UserIx};

use super::action::Scope;
use super::event_list::EventsList;
use super::keymap::{KeyPress, Keymap};
use super::layout::{Columns, columns_for};
use super::list::{Cursor, Expansion, Line, Lines};
use super::overview::Overview;
use super::picture::{Picture, Strip};
use super::prompt::{Prompt, Typed};
use super::screen::Screen;
use crate::listing::{ColumnName, ColumnsAsked, Index, Longest, Marks, Names, RowInputs, Rows, Sort};

/// What a model begins with.
#[derive(Clone, Debug)]
pub struct Start {
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    /// The order to begin with.
    pub sort: Option<Sort>,
    /// The filter to begin with.
    pub filter: Query,
    /// The columns to begin with; none: the usual ones.
    pub columns: Option<Vec<ColumnName>>,
    /// Whether it is for one frame of plain text: without keys, and no longer than it has to be.
    pub one_shot: bool,
    /// What is switched on from the start.
    pub switches: Switches,
    /// Makes the stand-ins for users of this run; random, so that they say nothing about the names.
    pub mask_key: u128,
    /// Whether stand-ins are shown from the start.
    pub mask: bool,
    /// Whether times are shown in UTC, whatever the zone.
    pub utc: bool,
    /// The zone that times are shown in otherwise.
    pub zone: TimeZone,
    /// Which keys do what.
    pub keymap: Keymap,
    /// The servers that a configuration names.
    pub contexts: Vec<String>,
    /// Names of the themes that there are.
    pub themes: Vec<String>,
    /// With more users than this it begins with the overview; none: with the list in any case.
    pub overview_from: Option<u32>,
    /// The language of its texts.
    pub language: Language,
}

impl Start {
    /// Everything as usual, with times in UTC, on a screen of this size.
    pub fn new(size: (u16, u16)) -> Start {
        Start {
            size,
            sort: None,
            filter: Query::default(),
            columns: None,
            one_shot: false,
            switches: Switches::default(),
            mask_key: 0,
            mask: false,
            utc: true,
            zone: TimeZone::UTC,
            keymap: Keymap::default(),
            contexts: Vec::new(),
            themes: Vec::new(),
            overview_from: None,
            language: Language::default(),
        }
    }
}

/// What can be switched on and off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, in every combination")]
pub struct Switches {
    /// Only users with problems are shown.
    pub problems_only: bool,
    /// New critical findings ring.
    pub bell: bool,
    /// All columns are shown, however crowded.
    pub wide: bool,
    /// The mouse is ours.
    pub mouse: bool,
}

/// How points in time are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeStyle {
    /// As ages: `12m`.
    #[default]
    Relative,
    /// As dates: `12:01:05`.
    Absolute,
}

impl TimeStyle {
    pub(super) fn other(self) -> TimeStyle {
        match self {
            TimeStyle::Relative => TimeStyle::Absolute,
            TimeStyle::Absolute => TimeStyle::Relative,
        }
    }
}

/// A few words that pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// The words.
    pub text: String,
    /// Until when they stand, on the monotonic clock.
    pub(super) until_ms: u64,
    /// For how long they stand.
    pub(super) for_ms: u64,
}

impl Toast {
    /// The same words, said at another moment.
    pub(super) fn anew(self, now: Moment) -> Toast {
        Toast { until_ms: now.mono_ms.saturating_add(self.for_ms), ..self }
    }
}

/// How the live view looks at what a session knows: the selection, the filter, the order, what is open.
/// It holds no knowledge; whoever draws it or changes it hands that in.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says a thing of its own, in every combination")]
pub struct Model {
    /// The time of the last message.
    pub now: Moment,
    /// When it began.
    pub began: Moment,
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    /// The zone that times are shown in.
    pub zone: TimeZone,
    /// Whether that is UTC because somebody said so.
    pub utc: bool,
    /// Whether this is for one frame of plain text.
    pub one_shot: bool,
    /// How points in time are shown.
    pub times: TimeStyle,
    pub(super) stale_batches: BTreeSet<u32>,
    pub(super) longest: Longest,
    /// What is being worked out beside the view.
    pub(super) indexing: Option<Index>,
    /// The rows of the list.
    pub rows: Rows,
    /// What is wrong with the filter that is being typed.
    pub mistake: Option<QueryError>,
    /// Names that can be completed in it, as they were when it was opened.
    pub(super) vocabulary: Vocabulary,
    /// What is selected.
    pub cursor: Option<Cursor>,
    /// The row of the body on which the selection stands.
    pub(super) cursor_row: u16,
    /// The first line of the body while nothing is selected, where that is not the first of all.
    pub(super) top: Option<Cursor>,
    /// About whom the registry was to be asked first last.
    pub(super) asked_first: Vec<UserIx>,
    /// Whose connections are shown.
    pub expansion: Expansion,
    pub(super) screen: Screen,
    /// The events at the foot of the users, while they have the keys.
    pub(super) pane: Option<EventsList>,
    /// The prompt that is open.
    pub prompt: Option<Prompt>,
    pub(super) typed: Typed,
    /// Who is marked.
    pub marks: Marks,
    /// What users are called on the screen and in everything that leaves it.
    pub names: Names,
    /// Findings that were put aside, by their numbers.
    pub(super) acknowledged: BTreeSet<u64>,
    /// Alerts of which nobody is to be told for a while.
    pub silences: Silences,
    /// What is switched on.
    pub switches: Switches,
    /// The keys of a sequence that has begun.
    pub pending: Vec<KeyPress>,
    /// Words that pass.
    pub toast: Option<Toast>,
    /// Which keys do what.
    pub keymap: Keymap,
    pub(super) contexts: Vec<String>,
    pub(super) themes: Vec<String>,
    /// The columns that somebody chose; none: the usual ones.
    pub columns_chosen: Option<Vec<ColumnName>>,
    /// Those of before a command was begun.
    pub(super) columns_before: Option<Vec<ColumnName>>,
    pub(super) language: Language,
    /// The number of users for the overview to come first, until somebody has done something.
    pub(super) overview_from: Option<u32>,
    /// The overview below the users of one of its rows, and the filter that lists them.
    pub(super) below_rollup: Option<(Overview, String)>,
    /// Whether the next letter names the column to sort by.
    pub sorting: bool,
    pub(super) dirty: bool,
    /// When the picture that was taken last is out of date by itself.
    pub(super) good_until: Option<u64>,
}

/// A model, and what the session shows: all that is drawn.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// How it is looked at.
    pub model: &'a Model,
    /// What is known.
    pub shown: Shown<'a>,
}

/// The same while the model is changed.
pub(super) struct ViewMut<'a> {
    /// How it is looked at.
    pub model: &'a mut Model,
    /// What is known.
    pub shown: Shown<'a>,
}

impl Deref for View<'_> {
    type Target = Model;

    fn deref(&self) -> &Model {
        self.model
    }
}

impl Deref for ViewMut<'_> {
    type Target = Model;

    fn deref(&self) -> &Model {
        self.model
    }
}

impl DerefMut for ViewMut<'_> {
    fn deref_mut(&mut self) -> &mut Model {
        self.model
    }
}

impl<'a> ViewMut<'a> {
    /// What is shown.
    pub(super) fn picture(&self) -> Picture<'a> {
        Picture::of(self.shown)
    }

    /// What is seen now.
    pub(super) fn view(&self) -> View<'_> {
        View { model: self.model, shown: self.shown }
    }

    /// Changes the rows by what they are made from.
    pub(super) fn with_rows(&mut self, change: impl FnOnce(&mut Rows, RowInputs<'_>)) {
        let mut rows = std::mem::take(&mut self.rows);
        change(&mut rows, self.view().scene());
        self.rows = rows;
    }

    /// Measures the texts of the watch list that is shown.
    pub(super) fn measure(&mut self) {
        self.longest = self.view().longest_texts();
    }
}

impl Model {
    /// Looks at what a session shows.
    pub fn new(start: Start, shown: Shown<'_>) -> Model {
        let marks = Marks::default();
        let acknowledged = BTreeSet::new();
        let rows = Rows::new(
            start.sort.unwrap_or_default(),
            start.filter,
            RowInputs {
                knowledge: shown.state.knowledge(),
                now: shown.now,
                marks: &marks,
                acknowledged: &acknowledged,
                problems_only: start.switches.problems_only,
            },
        );
        let mut model = Model {
            now: shown.live_now,
            began: shown.live_now,
            size: start.size,
            zone: if start.utc { TimeZone::UTC } else { start.zone },
            utc: start.utc,
            one_shot: start.one_shot,
            times: TimeStyle::default(),
            stale_batches: BTreeSet::new(),
            longest: Longest::default(),
            indexing: None,
            rows,
            mistake: None,
            vocabulary: Vocabulary::default(),
            cursor: None,
            cursor_row: 0,
            top: None,
            asked_first: Vec::new(),
            expansion: Expansion::default(),
            screen: Screen::Users,
            pane: None,
            prompt: None,
            typed: Typed::default(),
            marks,
            names: Names::new(start.mask_key, start.mask),
            acknowledged,
            silences: Silences::default(),
            switches: start.switches,
            pending: Vec::new(),
            toast: None,
            keymap: start.keymap,
            contexts: start.contexts,
            themes: start.themes,
            columns_chosen: start.columns,
            columns_before: None,
            language: start.language,
            overview_from: start.overview_from.filter(|_| !start.one_shot),
            below_rollup: None,
            sorting: false,
            dirty: true,
            good_until: None,
        };
        model.rows.open_all(model.one_shot); // a frame that no key can change has everybody
        model.longest = View { model: &model, shown }.longest_texts();
        model.begin_with_overview(shown);
        model
    }

    /// Takes over how somebody likes to look at things from the model of another server; nothing that
    /// is known of that.
    pub fn carry_on(&mut self, from: &Model, shown: Shown<'_>) {
        self.typed = from.typed.clone();
        self.times = from.times;
        self.switches = Switches { problems_only: false, ..from.switches };
        // Stand-ins that either server asks for are never dropped on the way.
        let masked = self.names.are_masked();
        self.names = from.names.clone();
        if masked && !self.names.are_masked() {
            self.names.toggle();
        }
        if let Some(toast) = &mut self.toast {
            toast.text = self.names.text(&toast.text, shown.live.roster().list()).into_owned();
        }
        ViewMut { model: self, shown }.measure();
        self.dirty = true;
    }

    /// Goes to the overview where there are many users, and nobody has asked for anything else yet.
    pub(super) fn begin_with_overview(&mut self, shown: Shown<'_>) {
        let users = shown.state.roster().list().len() as u32;
        let is_plain = self.screen == Screen::Users && self.rows.filter().is_empty();
        if is_plain && self.overview_from.is_some_and(|from| users > from) {
            self.screen = Screen::Overview(Overview::default());
        }
    }

    /// What fills the body.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Whether a finding was put aside as known.
    pub fn is_acknowledged(&self, finding: u64) -> bool {
        self.acknowledged.contains(&finding)
    }

    /// In which place keys are pressed now.
    pub fn place(&self) -> Scope {
        match (&self.prompt, &self.screen) {
            (Some(_), _) => Scope::Prompt,
            (None, Screen::Users | Screen::Overview(_)) => Scope::Users,
            (None, _) => Scope::Views,
        }
    }

    /// Whether rows are being put in order that there is more to do about.
    pub fn is_unfinished(&self) -> bool {
        self.rows.is_unfinished()
    }

    /// Whether the picture differs from the one that was taken last.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Says whether there is something to draw, and takes it as drawn.
    pub fn take_dirty(&mut self, shown: Shown<'_>) -> bool {
        let dirty = std::mem::take(&mut self.dirty);
        if dirty {
            self.good_until = View { model: self, shown }.next_deadline(self.now);
        }
        dirty
    }
}

impl<'a> View<'a> {
    /// Who was not looked at for longer may have changed long before it was noticed.
    pub fn gap_ms(self) -> u64 {
        self.shown.interval_ms.saturating_mul(2)
    }

    /// What is known now, whatever is shown.
    pub fn live(self) -> &'a Roster {
        self.shown.live.roster()
    }

    /// What the server is like now, whatever is shown.
    pub fn live_trend(self) -> &'a Trend {
        &self.shown.live.knowledge().trend
    }

    /// What is shown.
    pub fn picture(self) -> Picture<'a> {
        Picture::of(self.shown)
    }

    /// What the rows are made from.
    pub(super) fn scene(self) -> RowInputs<'a> {
        RowInputs {
            knowledge: self.shown.state.knowledge(),
            now: self.shown.now,
            marks: &self.model.marks,
            acknowledged: &self.model.acknowledged,
            problems_only: self.model.switches.problems_only,
        }
    }

    /// Whether somebody should look at a user.
    pub fn is_problem(self, user: UserIx) -> bool {
        self.scene().is_problem(user)
    }

    /// The most serious finding about a user that nobody has put aside.
    pub fn worst(self, user: UserIx) -> Option<Severity> {
        self.scene().worst(user)
    }

    /// How many findings of this severity there are that nobody has put aside.
    pub fn tally(self, severity: Severity) -> usize {
        self.open(&self.shown.state.knowledge().findings, severity)
    }

    /// The same of now, whatever is shown.
    pub(super) fn tally_now(self, severity: Severity) -> usize {
        self.open(&self.shown.live.knowledge().findings, severity)
    }

    fn open(self, findings: &Findings, severity: Severity) -> usize {
        let all = findings.count(severity);
        if self.acknowledged.is_empty() || all == 0 {
            return all;
        }
        let is_aside = |it: &&Finding| it.severity == severity && self.acknowledged.contains(&it.number);
        all - findings.iter().filter(is_aside).count()
    }

    /// A finding, while it lasts.
    pub fn finding(self, about: Subject, number: u64) -> Option<&'a Finding> {
        let findings = &self.scene().knowledge.findings;
        let found = match about {
            Subject::User(user) => findings.of(user),
            Subject::Server => findings.of_server(),
        };
        found.iter().find(|finding| finding.number == number)
    }

    /// What a finding rests on, in words.
    pub fn evidence(self, finding: &Finding) -> String {
        let scene = self.scene();
        let server_seconds = scene.knowledge.roster.server_clock().unix_seconds(scene.now);
        self.names.evidence(finding, server_seconds)
    }

    /// While the picture stands: how many changes it hides.
    pub fn hidden_changes(self) -> Option<u64> {
        let taken = |state: &crate::presence::State| state.timeline().taken();
        self.shown.is_held.then(|| taken(self.shown.live).saturating_sub(taken(self.shown.state)))
    }

    /// The columns of a table so wide.
    pub fn columns(self, width: u16) -> Columns {
        columns_for(
            width,
            ColumnsAsked {
                longest: self.longest,
                absolute: self.times == TimeStyle::Absolute,
                far: self.has_far_expiry(),
                wide: self.switches.wide,
                chosen: self.model.columns_chosen.as_deref(),
            },
        )
    }

    /// Whether some token seems to end in the far future.
    fn has_far_expiry(self) -> bool {
        let latest = self.picture().roster.expiries().last_key_value();
        latest.is_some_and(|(minute, _)| Claims::is_far_future(minute.saturating_mul(60)))
    }

    /// The lines of the table on a body so high.
    pub fn window(self, height: u16) -> Vec<Line> {
        let lines = self.lines();
        let top = || self.top.as_ref().and_then(|top| lines.line_of(top)).map(|line| (line, 0));
        lines.window(self.selected_line().map(|line| (line, self.cursor_row)).or_else(top), height)
    }

    /// Who is on the screen: who is selected, or looked at alone, before the others.
    pub(super) fn users_on_screen(self) -> Vec<UserIx> {
        if let Screen::Detail { user, .. } = self.model.screen {
            return vec![user];
        }
        let selected = self.model.cursor.as_ref().map(|cursor| cursor.user);
        let lines = self.lines();
        let shown = self.window(self.body_height()).into_iter().map(|line| lines.cursor_at(line).user);
        let mut users: Vec<UserIx> = selected.into_iter().collect();
        for user in shown {
            if !users.contains(&user) {
                users.push(user);
            }
        }
        users
    }

    /// The line that is selected.
    pub fn selected_line(self) -> Option<Line> {
        self.cursor.as_ref().and_then(|cursor| self.lines().line_of(cursor))
    }

    /// When the picture changes by itself, on the monotonic clock; `None` while nothing moves.
    ///
    /// Ages are shown in whole seconds, so that is at most once a second.
    pub fn next_deadline(self, now: Moment) -> Option<u64> {
        let retrying = matches!(self.shown.live.roster().feed_status(now), FeedStatus::Retrying { .. });
        let ages = (self.shown.live.roster().last_answer().is_some() || retrying)
            .then(|| now.mono_ms - now.mono_ms % 1_000 + 1_000);
        let toast = self.toast.as_ref().map(|toast| toast.until_ms);
        [ages, toast, self.shown.live.next_change(), self.rows.next_asking()]
            .into_iter()
            .flatten()
            .min()
            .map(|at| at.max(now.mono_ms + 1))
    }

    /// Whether every batch was answered or has failed at least once.
    pub fn round_is_complete(self) -> bool {
        self.shown.live.roster().is_heard()
    }

    pub(super) fn lines(self) -> Lines<'a> {
        Lines { rows: &self.model.rows, roster: self.picture().roster, expansion: &self.model.expansion }
    }

    /// How long the texts of the watch list are that is shown.
    fn longest_texts(self) -> Longest {
        use unicode_width::UnicodeWidthStr as _;
        let list = self.picture().roster.list();
        if self.names.are_masked() {
            // All stand-ins are as wide as each other.
            let width = |there: bool, name: &str| if there { name.width() as u16 } else { 0 };
            return Longest {
                id: width(!list.is_empty(), &self.names.user("")),
                label: width(list.has_labels(), &self.names.label("")),
                group: width(list.has_groups(), &self.names.group("")),
            };
        }
        let mut longest = Longest::default();
        for user in list.users() {
            let id = list.raw_id(user);
            let width = if id.is_ascii() { id.len() } else { crate::presence::visible(id).width() };
            longest.id = longest.id.max(width.min(200) as u16);
            for (most, text) in
                [(&mut longest.label, list.label(user)), (&mut longest.group, list.group(user))]
            {
                *most = (*most).max(text.map_or(0, |text| text.width().min(200)) as u16);
            }
        }
        longest
    }

    /// Whether the picture is one of the past, to which somebody went.
    pub fn is_in_past(self) -> bool {
        self.shown.oldest.is_some()
    }

    /// How the recording is played; `None` where this is no replay.
    pub fn playing(self) -> Option<Playing> {
        self.shown.playing
    }

    /// Where in time the picture is, in a replay and while it is one of the past.
    pub fn strip(self) -> Option<Strip<'a>> {
        let Shown { now: at, markers, live_now, .. } = self.shown;
        match self.shown.playing {
            Some(playing) => Some(Strip { from: playing.begin, to: playing.end, at, markers }),
            None => Some(Strip { from: self.shown.oldest?, to: live_now, at, markers }),
        }
    }
}
