//! Everything that the live view is a picture of: plain data.

use std::collections::HashSet;

use jiff::tz::TimeZone;

use crate::presence::{FeedStatus, Moment, Roster, Story, Timeline, UserIx};

use super::action::Scope;
use super::events::EventsList;
use super::findings::FindingsList;
use super::keymap::{KeyPress, Keymap};
use super::layout::{ColumnName, Columns, Longest, columns_for};
use super::list::{Cursor, Expansion, Line, Lines};
use super::marks::Marks;
use super::names::Names;
use super::prompt::{Prompt, Typed};
use super::rows::Rows;
use super::sort::Sort;

/// What a model begins with.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own, in every combination")]
pub struct Start {
    /// The server's address as it is shown; without credentials.
    pub server: String,
    /// What is to be kept in mind all the time: `demo`, `--insecure`.
    pub banners: Vec<String>,
    /// Whom to watch, and what is known of them.
    pub roster: Roster,
    /// How often the server is asked.
    pub interval_ms: u64,
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    /// The time.
    pub now: Moment,
    /// The order to begin with.
    pub sort: Option<Sort>,
    /// The filter to begin with.
    pub filter: Option<String>,
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
    /// Which of them is asked now.
    pub context: Option<String>,
    /// Names of the themes that there are.
    pub themes: Vec<String>,
    /// Whether the keys that matter most are told until one is pressed.
    pub greet: bool,
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

/// What fills the body of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The list of users.
    Users,
    /// What happened, newest first.
    Events(EventsList),
    /// What is wrong, worst first.
    Findings(FindingsList),
    /// How the server does.
    Server {
        /// Lines that are scrolled out at the top.
        scroll: usize,
    },
    /// Everything that is known of one user.
    Detail {
        /// The user.
        user: UserIx,
        /// Lines that are scrolled out at the top.
        scroll: usize,
        /// Where leaving it leads.
        back: Box<Screen>,
    },
    /// The keys and the words.
    Help {
        /// Only lines with this text; empty: all.
        search: String,
        /// Lines that are scrolled out at the top.
        scroll: usize,
        /// Where leaving it leads.
        back: Box<Screen>,
    },
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

/// A few words that pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// The words.
    pub text: String,
    /// Until when they stand, on the monotonic clock.
    pub(super) until_ms: u64,
}

/// A picture that stands while collection goes on.
#[derive(Clone, Debug)]
pub struct Held {
    pub(super) roster: Roster,
    pub(super) at: Moment,
    pub(super) taken: u64,
}

/// What is shown: the live state, or the one that is held.
#[derive(Clone, Copy)]
pub struct Picture<'a> {
    /// What is known.
    pub roster: &'a Roster,
    /// At which time.
    pub now: Moment,
    timeline: &'a Timeline,
    until: u64,
}

impl<'a> Picture<'a> {
    /// What happened, equal events of a round in one, newest first.
    pub fn happened(&self) -> impl Iterator<Item = &'a crate::presence::EventGroup> {
        self.timeline.groups(self.until)
    }

    /// What happened to a user, newest first.
    pub fn stories_of(&self, user: UserIx) -> impl Iterator<Item = &'a Story> {
        self.timeline.of_user(self.roster.list().raw_id(user), self.until)
    }
}

/// The state of the live view.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says a thing of its own, in every combination")]
pub struct Model {
    pub(super) now: Moment,
    pub(super) size: (u16, u16),
    pub(super) server: String,
    pub(super) banners: Vec<String>,
    pub(super) interval_ms: u64,
    pub(super) zone: TimeZone,
    pub(super) utc: bool,
    pub(super) one_shot: bool,
    pub(super) times: TimeStyle,
    pub(super) live: Roster,
    pub(super) held: Option<Box<Held>>,
    pub(super) timeline: Timeline,
    pub(super) stale_batches: Vec<bool>,
    pub(super) longest: Longest,
    pub(super) rows: Rows,
    pub(super) cursor: Option<Cursor>,
    /// The row of the body on which the selection stands.
    pub(super) cursor_row: u16,
    /// The first line of the body while nothing is selected, where that is not the first of all.
    pub(super) top: Option<Cursor>,
    pub(super) expansion: Expansion,
    pub(super) screen: Screen,
    pub(super) prompt: Option<Prompt>,
    pub(super) typed: Typed,
    pub(super) marks: Marks,
    pub(super) names: Names,
    /// Findings that were put aside, by their numbers.
    pub(super) acknowledged: HashSet<u64>,
    pub(super) switches: Switches,
    pub(super) pending: Vec<KeyPress>,
    pub(super) toast: Option<Toast>,
    pub(super) keymap: Keymap,
    pub(super) contexts: Vec<String>,
    pub(super) context: Option<String>,
    pub(super) themes: Vec<String>,
    /// The columns that somebody chose; none: the usual ones.
    pub(super) columns_chosen: Option<Vec<ColumnName>>,
    /// Whether no key was pressed yet by somebody who is to be told the first ones.
    pub(super) greets: bool,
    /// When asking began.
    pub(super) began: Moment,
    pub(super) dirty: bool,
    /// When the picture that was taken last is out of date by itself.
    pub(super) good_until: Option<u64>,
}

impl Model {
    /// The state before the first message.
    pub fn new(start: Start) -> Model {
        let rows = Rows::new(
            start.sort.unwrap_or_default(),
            start.filter.as_deref().unwrap_or_default(),
            &start.roster,
            start.now,
        );
        let mut model = Model {
            now: start.now,
            size: start.size,
            server: start.server,
            banners: start.banners,
            interval_ms: start.interval_ms,
            zone: if start.utc { TimeZone::UTC } else { start.zone },
            utc: start.utc,
            one_shot: start.one_shot,
            times: TimeStyle::default(),
            live: start.roster,
            held: None,
            timeline: Timeline::default(),
            stale_batches: Vec::new(),
            longest: Longest::default(),
            rows,
            cursor: None,
            cursor_row: 0,
            top: None,
            expansion: Expansion::default(),
            screen: Screen::Users,
            prompt: None,
            typed: Typed::default(),
            marks: Marks::default(),
            names: Names::new(start.mask_key, start.mask),
            acknowledged: HashSet::new(),
            switches: start.switches,
            pending: Vec::new(),
            toast: None,
            keymap: start.keymap,
            contexts: start.contexts,
            context: start.context,
            themes: start.themes,
            columns_chosen: None,
            greets: start.greet,
            began: start.now,
            dirty: true,
            good_until: None,
        };
        model.measure();
        model
    }

    /// The time of the last message.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Columns and rows of the screen.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// The server's address as it is shown.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// What is to be kept in mind all the time.
    pub fn banners(&self) -> &[String] {
        &self.banners
    }

    /// How often the server is asked.
    pub fn interval_ms(&self) -> u64 {
        self.interval_ms
    }

    /// Who was not looked at for longer may have changed long before it was noticed.
    pub fn gap_ms(&self) -> u64 {
        self.interval_ms.saturating_mul(2)
    }

    /// The zone that times are shown in.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Whether that is UTC because somebody said so.
    pub fn is_utc(&self) -> bool {
        self.utc
    }

    /// How points in time are shown.
    pub fn times(&self) -> TimeStyle {
        self.times
    }

    /// What is known now, whatever is shown.
    pub fn live(&self) -> &Roster {
        &self.live
    }

    /// What is shown.
    pub fn picture(&self) -> Picture<'_> {
        match &self.held {
            Some(held) => {
                Picture { roster: &held.roster, now: held.at, timeline: &self.timeline, until: held.taken }
            }
            None => Picture { roster: &self.live, now: self.now, timeline: &self.timeline, until: u64::MAX },
        }
    }

    /// While the picture stands: how many changes it hides.
    pub fn hidden_changes(&self) -> Option<u64> {
        self.held.as_ref().map(|held| self.timeline.taken() - held.taken)
    }

    /// The rows of the list.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// What is selected.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// Whose connections are shown.
    pub fn expansion(&self) -> &Expansion {
        &self.expansion
    }

    /// What fills the body.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// The prompt that is open.
    pub fn prompt(&self) -> Option<&Prompt> {
        self.prompt.as_ref()
    }

    /// The keys of a sequence that has begun.
    pub fn pending(&self) -> &[KeyPress] {
        &self.pending
    }

    /// What is switched on.
    pub fn switches(&self) -> Switches {
        self.switches
    }

    /// What users are called on the screen and in everything that leaves it.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Who is marked.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Whether a finding was put aside as known.
    pub fn is_acknowledged(&self, finding: u64) -> bool {
        self.acknowledged.contains(&finding)
    }

    /// Words that pass.
    pub fn toast(&self) -> Option<&Toast> {
        self.toast.as_ref()
    }

    /// Which keys do what.
    pub fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    /// Whether the first keys are to be told.
    pub fn greets(&self) -> bool {
        self.greets
    }

    /// When asking began.
    pub fn began(&self) -> Moment {
        self.began
    }

    /// The columns that somebody chose; `None`: the usual ones.
    pub fn columns_chosen(&self) -> Option<&[ColumnName]> {
        self.columns_chosen.as_deref()
    }

    /// In which place keys are pressed now.
    pub fn place(&self) -> Scope {
        match (&self.prompt, &self.screen) {
            (Some(_), _) => Scope::Prompt,
            (None, Screen::Users) => Scope::Users,
            (None, _) => Scope::Views,
        }
    }

    /// The columns of a table so wide.
    pub fn columns(&self, width: u16) -> Columns {
        columns_for(width, self.longest, self.times == TimeStyle::Absolute)
    }

    /// The lines of the table on a body so high.
    pub fn window(&self, height: u16) -> Vec<Line> {
        let lines = self.lines();
        let top = || self.top.as_ref().and_then(|top| lines.line_of(top)).map(|line| (line, 0));
        lines.window(self.selected_line().map(|line| (line, self.cursor_row)).or_else(top), height)
    }

    /// The line that is selected.
    pub fn selected_line(&self) -> Option<Line> {
        self.cursor.as_ref().and_then(|cursor| self.lines().line_of(cursor))
    }

    /// When the picture changes by itself, on the monotonic clock; `None` while nothing moves.
    ///
    /// Ages are shown in whole seconds, so that is at most once a second.
    pub fn next_deadline(&self, now: Moment) -> Option<u64> {
        let retrying = matches!(self.live.feed_status(now), FeedStatus::Retrying { .. });
        let ages = (self.live.last_answer().is_some() || retrying)
            .then(|| now.mono_ms - now.mono_ms % 1_000 + 1_000);
        let toast = self.toast.as_ref().map(|toast| toast.until_ms);
        [ages, toast, self.live.next_change(now)]
            .into_iter()
            .flatten()
            .min()
            .map(|at| at.max(now.mono_ms + 1))
    }

    /// Whether every batch was answered or has failed at least once.
    pub fn round_is_complete(&self) -> bool {
        self.live.batches().iter().all(|batch| batch.answered.is_some() || batch.failing.is_some())
    }

    /// Whether the picture differs from the one that was taken last.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Says whether there is something to draw, and takes it as drawn.
    pub fn take_dirty(&mut self) -> bool {
        let dirty = std::mem::take(&mut self.dirty);
        if dirty {
            self.good_until = self.next_deadline(self.now);
        }
        dirty
    }

    pub(super) fn lines(&self) -> Lines<'_> {
        Lines { rows: &self.rows, roster: self.picture().roster, expansion: &self.expansion }
    }

    /// Measures the texts of the watch list that is shown.
    pub(super) fn measure(&mut self) {
        use unicode_width::UnicodeWidthStr as _;
        let list = self.picture().roster.list();
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
        self.longest = longest;
    }
}
