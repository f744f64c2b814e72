//! How many users of each group, batch, platform and gateway stand how: now, and over the last half hour.
//!
//! Kept by adding and subtracting as users change, one byte a user: neither an input nor a frame walks the
//! list. What was so at the end of each minute is filled in when something changes after it, so a group in
//! which nothing happens costs nothing.

mod counts;
mod map;
mod series;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::findings::{Finding, Findings, Severity};
use super::observation::LifeSign;
use super::platform::Platform;
use super::recheck::Gateway;
use super::roster::Roster;
use super::time::Moment;
use super::watch_list::{UserIx, WatchList};
use map::MAP_USERS;
use series::{KEPT, MINUTE_MS, Series};

pub use counts::{Class, Counts, Level};

/// So many groups are told apart; who is in one more is counted with those.
const GROUPS: usize = 10_000;

/// What users are counted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// The group that the watch list names.
    #[default]
    Group,
    /// The platform of a connection; a user on two is counted on both.
    Platform,
    /// The request of a round.
    Batch,
    /// The gateway, by its own count of users (`online_user_num`): the API names no gateway of a user.
    Gateway,
}

impl By {
    /// All, in the order in which they are gone through.
    pub const ALL: [By; 4] = [By::Group, By::Platform, By::Batch, By::Gateway];

    /// Those whose names outlast a change of the list: a batch has other users then.
    pub const LASTING: [By; 3] = [By::Group, By::Platform, By::Gateway];

    /// What it is called in a command.
    pub fn name(self) -> &'static str {
        match self {
            By::Group => "group",
            By::Platform => "platform",
            By::Batch => "batch",
            By::Gateway => "gateway",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<By> {
        By::ALL.into_iter().find(|by| by.name() == name)
    }
}

/// Which of them it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RollupKey {
    /// A group of the watch list, by its name; none: users without one.
    Group(Option<Arc<str>>),
    /// All groups beyond the first ten thousand.
    OtherGroups,
    /// A platform.
    Platform(Platform),
    /// A request of a round.
    Batch(u32),
    /// A gateway, by the address of its metrics.
    Gateway(Box<str>),
}

/// One row: how many stand how, and what was so before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollup {
    /// Which it is.
    pub key: RollupKey,
    /// How many stand how.
    pub now: Counts,
    /// What a gateway said of itself last, and since when; nothing for what is no gateway.
    pub sign: Option<(LifeSign, Moment)>,
    /// At the end of each of the last thirty minutes, oldest first, and now; nothing before the run began.
    pub past: Vec<Option<Level>>,
}

impl Rollup {
    /// How it was so many minutes ago; nothing where the run is younger.
    pub fn ago(&self, minutes: usize) -> Option<Level> {
        *self.past.len().checked_sub(minutes + 1).and_then(|at| self.past.get(at))?
    }

    /// How many are connected more than so many minutes ago, or fewer.
    pub fn change(&self, minutes: usize) -> Option<i64> {
        self.ago(minutes).map(|then| i64::from(self.now.level().connected) - i64::from(then.connected))
    }

    /// How much worse it is than five minutes ago, or than at the beginning of a younger run: users who are
    /// unknown now and connections that are missing, in thousandths of all, so that small and large groups compare.
    pub fn worse(&self) -> u64 {
        let first = || self.past.iter().flatten().next().copied();
        let then = self.ago(5).or_else(first).unwrap_or(self.now.level());
        let now = self.now.level();
        let lost = u64::from(then.connected.saturating_sub(now.connected));
        // Who was connected and is unknown now is one user.
        let more = u64::from(now.unknown.saturating_sub(then.unknown)).max(lost);
        more * 1_000 / u64::from(self.now.watched().max(then.connected).max(1))
    }
}

/// Which user belongs to which group.
#[derive(Clone, Debug, Default)]
struct Groups {
    /// The group of each user; empty where nobody has one.
    of: Vec<u32>,
    keys: Vec<RollupKey>,
    /// Everybody ordered by group, then as listed; empty where that is the order of the list.
    order: Vec<u32>,
}

impl Groups {
    fn of(list: &WatchList) -> Groups {
        if !list.has_groups() {
            return Groups::default();
        }
        let mut found: HashMap<Option<&str>, u32> = HashMap::new();
        let mut groups = Groups::default();
        for user in list.users() {
            let name = list.group(user);
            let next = found.len().min(GROUPS);
            let group = *found.entry(name).or_insert(next as u32);
            if group as usize == groups.keys.len() {
                let key = if next < GROUPS {
                    RollupKey::Group(name.map(Arc::from))
                } else {
                    RollupKey::OtherGroups
                };
                groups.keys.push(key);
            }
            groups.of.push(group);
        }
        if list.len() <= MAP_USERS {
            groups.order = (0..list.len() as u32).collect();
            groups.order.sort_by_key(|user| groups.of.get(*user as usize));
        }
        groups
    }
}

/// The counts by each of [`By`].
#[derive(Clone, Debug)]
pub struct Rollups {
    /// How each user was counted last: a byte, so that to share it with copies would not pay.
    classes: Vec<Class>,
    groups: Arc<Groups>,
    by_group: Vec<Series>,
    by_batch: Vec<Series>,
    by_platform: BTreeMap<Platform, Series>,
    by_gateway: BTreeMap<Box<str>, (Series, LifeSign, Moment)>,
    batch_size: u32,
    /// In which minute the run began.
    begun: u64,
}

impl Rollups {
    /// Counts everybody of a roster anew; the past begins now.
    pub(super) fn of(roster: &Roster, findings: &Findings, now: Moment) -> Rollups {
        Rollups::grouped(Arc::new(Groups::of(roster.list())), roster, findings, now)
    }

    fn grouped(groups: Arc<Groups>, roster: &Roster, findings: &Findings, now: Moment) -> Rollups {
        let list = roster.list();
        let minute = now.mono_ms / MINUTE_MS;
        let mut rollups = Rollups {
            classes: vec![Class::UNHEARD; list.len()],
            by_group: vec![Series::new(minute); groups.keys.len()],
            by_batch: vec![Series::new(minute); list.batches() as usize],
            by_platform: BTreeMap::new(),
            by_gateway: BTreeMap::new(),
            batch_size: list.batch_size(),
            begun: minute,
            groups,
        };
        for (batch, series) in (0..).zip(&mut rollups.by_batch) {
            series.now.unknown = list.batch(batch).len() as u32;
        }
        for group in &rollups.groups.of {
            if let Some(series) = rollups.by_group.get_mut(*group as usize) {
                series.now.unknown += 1;
            }
        }
        // Before the first answer there is nobody to look at.
        if roster.last_answer().is_some() || roster.connections_open() > 0 {
            rollups.follow(list.users(), roster, findings, now);
        }
        rollups.follow_shared(roster, now);
        rollups
    }

    /// The run begins: nothing is known of before.
    pub(super) fn begin(&mut self, now: Moment) {
        self.begun = now.mono_ms / MINUTE_MS;
        let gateways = self.by_gateway.values_mut().map(|(series, ..)| series);
        let all = self.by_group.iter_mut().chain(&mut self.by_batch).chain(self.by_platform.values_mut());
        for series in all.chain(gateways) {
            (series.minute, series.begun) = (self.begun, self.begun);
        }
    }

    /// Counts those anew of whom something has changed.
    pub(super) fn follow(
        &mut self,
        touched: impl Iterator<Item = UserIx>,
        roster: &Roster,
        findings: &Findings,
        now: Moment,
    ) {
        let minute = now.mono_ms / MINUTE_MS;
        let is_problem = |finding: &Finding| finding.severity > Severity::Info;
        for user in touched {
            let class = Class::of(roster.presence(user), findings.of(user).iter().any(is_problem));
            let Some(place) = self.classes.get_mut(user.at()) else { continue };
            let before = std::mem::replace(place, class);
            if before == class {
                continue;
            }
            let batch = (user.0 / self.batch_size.max(1)) as usize;
            let group = self.groups.of.get(user.at()).map(|group| *group as usize);
            let of_group = group.and_then(|group| self.by_group.get_mut(group));
            for series in of_group.into_iter().chain(self.by_batch.get_mut(batch)) {
                series.settle(minute);
                series.now.remove(before);
                series.now.add(class);
            }
        }
    }

    /// Takes the counts of what there are few of: platforms and gateways.
    pub(super) fn follow_shared(&mut self, roster: &Roster, now: Moment) {
        let minute = now.mono_ms / MINUTE_MS;
        let mut set = |platform: Platform, counts: Counts| {
            // Where there is none yet there were no connections before.
            let none = || Series { begun: self.begun, ..Series::new(minute) };
            let series = self.by_platform.entry(platform).or_insert_with(none);
            if series.now != counts {
                series.settle(minute);
                series.now = counts;
            }
        };
        for (platform, open) in roster.platforms() {
            let background = roster.in_background(*platform);
            set(*platform, Counts { online: open - background, background, ..Counts::default() });
        }
        let gone = |platform: &Platform| !roster.platforms().contains_key(platform);
        let gone: Vec<Platform> = self.by_platform.keys().copied().filter(gone).collect();
        for platform in gone {
            if let Some(series) = self.by_platform.get_mut(&platform).filter(|it| it.now != Counts::default())
            {
                series.settle(minute);
                series.now = Counts::default();
            }
        }
        let signs = &roster.witnesses().signs;
        self.by_gateway.retain(|address, _| signs.contains_key(address));
        for (address, gateway) in signs {
            let Gateway { sign, since, users, .. } = gateway;
            let counts = match sign {
                LifeSign::Alive => Counts { online: users.unwrap_or(0), ..Counts::default() },
                // Whoever was on it when it was heard last: nobody can tell now.
                _ => Counts { unknown: users.unwrap_or(0), ..Counts::default() },
            };
            if let Some((series, said, at)) = self.by_gateway.get_mut(address) {
                (*said, *at) = (*sign, *since);
                if series.now != counts {
                    series.settle(minute);
                    series.now = counts;
                }
            } else {
                let series = Series { now: counts, ..Series::new(minute) };
                self.by_gateway.insert(address.clone(), (series, *sign, *since));
            }
        }
    }

    /// Goes over to another roster, `before` being the list until now. What was so of a group or a batch that is on
    /// both lists is kept.
    pub(super) fn rebase(&mut self, before: &WatchList, roster: &Roster, findings: &Findings, now: Moment) {
        let list = roster.list();
        let groups =
            if list.shares_names(before) { Arc::clone(&self.groups) } else { Arc::new(Groups::of(list)) };
        let old = std::mem::replace(self, Rollups::grouped(groups, roster, findings, now));
        if old.classes.is_empty() {
            return; // the list was not there yet: its past begins now
        }
        let minute = now.mono_ms / MINUTE_MS;
        self.begun = old.begun;
        let mut groups: HashMap<&RollupKey, Series> = old.groups.keys.iter().zip(old.by_group).collect();
        for (key, series) in self.groups.keys.iter().zip(&mut self.by_group) {
            if let Some(old) = groups.remove(key) {
                series.inherit(old, minute);
            }
        }
        if list.shares_ids(before) && old.batch_size == self.batch_size {
            for (series, old) in self.by_batch.iter_mut().zip(old.by_batch) {
                series.inherit(old, minute);
            }
        }
        for (platform, old) in old.by_platform {
            self.by_platform.entry(platform).or_insert_with(|| Series::new(minute)).inherit(old, minute);
        }
    }

    /// What there is to count by: groups only where the list has some, gateways where they are known.
    pub fn has(&self, by: By) -> bool {
        match by {
            By::Group => !self.by_group.is_empty(),
            By::Platform | By::Batch => true,
            By::Gateway => !self.by_gateway.is_empty(),
        }
    }

    /// How many rows there are.
    pub fn len(&self, by: By) -> usize {
        match by {
            By::Group => self.by_group.len(),
            By::Platform => self.by_platform.len(),
            By::Batch => self.by_batch.len(),
            By::Gateway => self.by_gateway.len(),
        }
    }

    /// Each with its series: groups in the order in which the list names them, platforms by number, gateways by
    /// address.
    fn each(&self, by: By) -> Box<dyn Iterator<Item = (RollupKey, &Series)> + '_> {
        match by {
            By::Group => Box::new(self.groups.keys.iter().cloned().zip(&self.by_group)),
            By::Batch => Box::new((0..).map(RollupKey::Batch).zip(&self.by_batch)),
            By::Platform => Box::new(self.by_platform.iter().map(|(at, it)| (RollupKey::Platform(*at), it))),
            By::Gateway => {
                let named = self.by_gateway.iter();
                Box::new(named.map(|(address, (it, ..))| (RollupKey::Gateway(address.clone()), it)))
            }
        }
    }

    /// How many stand how now, in an order that no change of theirs changes.
    pub fn counts(&self, by: By) -> impl Iterator<Item = (RollupKey, Counts)> + '_ {
        self.each(by).map(|(key, series)| (key, series.now))
    }

    /// All rows, those first that have become worst, then those with the most users who are unknown or have a problem,
    /// then the largest. Costs as much as there are.
    pub fn rows(&self, by: By, now: Moment) -> Vec<Rollup> {
        let rows = self.each(by).map(|(key, series)| {
            let sign = match &key {
                RollupKey::Gateway(address) => self.by_gateway.get(address).map(|(_, sign, at)| (*sign, *at)),
                _ => None,
            };
            Rollup { sign, ..Rollups::rollup(key, series, now) }
        });
        let mut rows: Vec<Rollup> = rows.collect();
        rows.sort_by_cached_key(|row| {
            let bad = (row.worse(), row.now.unknown, row.now.problems, row.now.watched());
            (std::cmp::Reverse(bad), row.key.clone())
        });
        rows
    }

    fn rollup(key: RollupKey, series: &Series, now: Moment) -> Rollup {
        let minute = now.mono_ms / MINUTE_MS;
        let ended = (0..KEPT - 1).map(|back| {
            let ended = (minute + back).checked_sub(KEPT - 1)?;
            (ended >= series.begun).then(|| series.at_end(ended))
        });
        let past = ended.chain([Some(series.now.level())]).collect();
        Rollup { key, now: series.now, sign: None, past }
    }

    /// The users of a batch of the list, as counted last.
    pub fn batch(&self, batch: u32) -> Counts {
        self.by_batch.get(batch as usize).map(|series| series.now).unwrap_or_default()
    }

    /// How a user was counted last.
    pub fn class(&self, user: UserIx) -> Option<Class> {
        self.classes.get(user.at()).copied()
    }

    /// How many groups, batches, platforms and gateways are counted.
    pub fn series(&self) -> usize {
        By::ALL.into_iter().map(|by| self.len(by)).sum()
    }

    /// Bytes that it takes, about.
    pub fn weight(&self) -> usize {
        let series = self.series();
        self.classes.len()
            + (self.groups.of.len() + self.groups.order.len()) * 4
            + series * size_of::<Series>()
    }
}

#[cfg(test)]
mod tests;
