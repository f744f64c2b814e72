//! All that is wrong at present: what the rules find, kept with a number and a beginning for as long
//! as it lasts.
//!
//! Only who is named is judged, so the work is that of what changed. Users without findings take no
//! memory. What only time changes comes up by a deadline of each user.
//!
//! A user of whom nothing is known is not judged: what was found before stays as it is, neither
//! cleared, which would look like good news, nor more serious. When the user is known again, what
//! still holds goes on with its number and its beginning, and what does not is cleared. So it is with a
//! user in doubt, too, but for the rules about doubt.

use std::collections::HashMap;

use super::case::{Case, ServerCase};
use super::deadlines::Deadlines;
use super::finding::{Finding, Subject};
use super::rule::{BY_RANK, Judges, Severity};
use super::settings::RuleSettings;
use super::{Evidence, Rule};
use crate::presence::side_table::give_back;
use crate::presence::{Moment, Update, UserIx};

/// All that is wrong at present.
#[derive(Clone, Debug)]
pub struct Findings {
    settings: RuleSettings,
    /// Worst first; never none of them.
    of_users: HashMap<UserIx, Vec<Finding>>,
    of_server: Vec<Finding>,
    deadlines: Deadlines,
    /// When the server is to be judged again.
    server_due: Option<u64>,
    /// When the rules that do not wait have to be asked again.
    prompt_due: Option<u64>,
    counts: Counts,
    /// How many findings there have been, which numbers them.
    raised: u64,
    version: u64,
    /// What the rules found of one user; here to keep its room.
    scratch: Vec<Evidence>,
}

impl Findings {
    /// Nothing has been judged yet.
    pub fn new(settings: RuleSettings) -> Findings {
        Findings {
            settings,
            of_users: HashMap::new(),
            of_server: Vec::new(),
            deadlines: Deadlines::default(),
            server_due: None,
            prompt_due: None,
            counts: Counts::default(),
            raised: 0,
            version: 0,
            scratch: Vec::new(),
        }
    }

    /// What the rules are told by the user: to be put into each case.
    pub fn settings(&self) -> RuleSettings {
        self.settings
    }

    /// Judges these users again; `case` says what is known of one. Users may repeat.
    ///
    /// A user of whom nothing is known any more is not even touched: what was found is neither over nor
    /// still so. Should the user be known again, what still holds goes on as before, and what does not is
    /// cleared then.
    pub(in crate::presence) fn judge<'a>(
        &mut self,
        users: impl IntoIterator<Item = UserIx>,
        now: Moment,
        case: impl Fn(UserIx) -> Case<'a>,
    ) -> Update {
        let mut update = Update::default();
        let mut found = std::mem::take(&mut self.scratch);
        for user in users {
            let case = case(user);
            let judged = |rule: Rule| rule.is_judged(case.presence);
            if case.presence.is_unknown() {
                self.deadlines.forget(user);
                if !case.presence.is_doubt() {
                    continue;
                }
            }
            let mut next: Option<u64> = None;
            for rule in BY_RANK.into_iter().filter(|it| judged(*it)) {
                let (Judges::User(judge, next_of) | Judges::UserInDoubt(judge, next_of)) = rule.row().judges
                else {
                    continue;
                };
                judge(&case, &mut found);
                next = next.into_iter().chain(next_of(&case)).min();
            }
            if let Some(at) = next {
                // What is due at once would come up for ever.
                self.deadlines.add(user, at.max(now.mono_ms.saturating_add(1)));
            }
            let at = At { server_seconds: case.server_seconds, now };
            self.settle_user(user, &mut found, judged, at, &mut update);
            found.clear();
        }
        self.scratch = found;
        self.version += u64::from(!update.is_empty());
        update
    }

    /// Takes out the users whose rules may answer otherwise by now: they have to be judged again, and
    /// so has the server.
    pub fn due(&mut self, now: Moment) -> Vec<UserIx> {
        self.server_due = self.server_due.filter(|at| *at > now.mono_ms);
        self.deadlines.due(now.mono_ms)
    }

    /// Judges the server, and all watched tokens together: by all rules, which look through the minutes of
    /// the coming week in which tokens expire and are to be asked once a round, not once an answer; or only
    /// by those that do not wait: losses of view, our own login, users who leave, answers that don't come.
    /// They cost next to nothing while there are none.
    pub(in crate::presence) fn judge_server(&mut self, case: &ServerCase<'_>, only_prompt: bool) -> Update {
        let judged = |rule: Rule| !only_prompt || rule.is_prompt();
        let mut found = std::mem::take(&mut self.scratch);
        let (mut next, mut prompt) = (None::<u64>, None::<u64>);
        for rule in BY_RANK.into_iter().filter(|it| judged(*it)) {
            let is_raised = || self.of_server.iter().any(|finding| finding.rule == rule);
            match rule.row().judges {
                Judges::Server(judge, next_of) => {
                    judge(case, is_raised(), &mut found);
                    next = next.into_iter().chain(next_of(case)).min();
                }
                Judges::Promptly(judge, next_of) => {
                    judge(case, is_raised(), &mut found);
                    prompt = prompt.into_iter().chain(next_of(case)).min();
                }
                Judges::User(..) | Judges::UserInDoubt(..) => {}
            }
        }
        self.prompt_due = prompt.filter(|at| *at > case.now.mono_ms);
        if !only_prompt {
            self.server_due = next;
        }
        let at = At { server_seconds: case.server_seconds, now: case.now };
        let mut update = Update::default();
        let mut list = std::mem::take(&mut self.of_server);
        if !stands(&list, &found, judged, at) {
            self.counts.take(&list);
            list = self.settle(list, &mut found, judged, Subject::Server, at, &mut update);
            self.counts.add(&list);
            self.version += 1;
        }
        self.of_server = list;
        found.clear();
        self.scratch = found;
        update
    }

    /// When, on the monotonic clock, time alone may change an answer: [`Findings::due`] says whose.
    pub fn next_change(&self) -> Option<u64> {
        self.deadlines.next().into_iter().chain(self.server_due).chain(self.prompt_due).min()
    }

    /// What is wrong with the user, worst first.
    pub fn of(&self, user: UserIx) -> &[Finding] {
        self.of_users.get(&user).map_or(&[], Vec::as_slice)
    }

    /// Bytes that they take, about.
    pub fn weight(&self) -> usize {
        self.of_users.len() * 64 + self.len() * 200 + self.deadlines.len() * 48
    }

    /// Everybody about whom there are findings, in no order.
    pub fn users(&self) -> impl Iterator<Item = UserIx> {
        self.of_users.keys().copied()
    }

    /// What is wrong with the server, or with the watched users taken together, worst first.
    pub fn of_server(&self) -> &[Finding] {
        &self.of_server
    }

    /// How many findings are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.counts.0.iter().map(|of_rule| of_rule[severity as usize]).sum()
    }

    /// How many findings this rule has made.
    pub fn count_of(&self, rule: Rule) -> usize {
        self.counts.0[rule as usize].iter().sum()
    }

    /// How many of them are of this severity.
    pub fn count_as(&self, rule: Rule, severity: Severity) -> usize {
        self.counts.0[rule as usize][severity as usize]
    }

    /// How many findings there are.
    pub fn len(&self) -> usize {
        self.counts.0.iter().flatten().sum()
    }

    /// Whether nothing is found to be wrong.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All findings, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.of_server.iter().chain(self.of_users.values().flatten())
    }

    /// Grows whenever anything changes.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Goes over to the next watch list; `heir` says which place a user has on it. Findings about
    /// users who are on it no more are dropped.
    pub fn rebase(&mut self, heir: impl Fn(UserIx) -> Option<UserIx>) {
        self.counts = Counts::default();
        self.counts.add(&self.of_server);
        let standings = std::mem::take(&mut self.of_users);
        for (old, mut list) in standings {
            let Some(user) = heir(old) else { continue };
            for finding in &mut list {
                finding.about = Subject::User(user);
            }
            self.counts.add(&list);
            self.of_users.insert(user, list);
        }
        self.deadlines.rebase(heir);
        self.version += 1;
    }

    /// Makes the user's findings those that were found now, as far as they were judged; empties `found`.
    fn settle_user(
        &mut self,
        user: UserIx,
        found: &mut Vec<Evidence>,
        judged: impl Fn(Rule) -> bool,
        at: At,
        update: &mut Update,
    ) {
        let old = match self.of_users.get_mut(&user) {
            None if found.is_empty() => return,
            None => Vec::new(),
            Some(list) if stands(list, found, &judged, at) => return,
            Some(list) => {
                self.counts.take(list);
                std::mem::take(list)
            }
        };
        let list = self.settle(old, found, judged, Subject::User(user), at, update);
        self.counts.add(&list);
        if list.is_empty() {
            self.of_users.remove(&user);
            give_back(&mut self.of_users);
        } else {
            self.of_users.insert(user, list);
        }
        update.touched.push(user);
    }

    /// The findings that `old` ones become when `found` is what is found now. Those of rules that were
    /// not judged stay.
    fn settle(
        &mut self,
        old: Vec<Finding>,
        found: &mut Vec<Evidence>,
        judged: impl Fn(Rule) -> bool,
        about: Subject,
        At { server_seconds, now }: At,
        update: &mut Update,
    ) -> Vec<Finding> {
        let (mut old, mut list): (Vec<_>, Vec<_>) = old.into_iter().partition(|it| judged(it.rule));
        list.reserve(found.len());
        for evidence in found.drain(..) {
            let severity = evidence.severity(server_seconds);
            if let Some(at) = old.iter().position(|finding| finding.evidence.same_as(&evidence)) {
                let before = old.remove(at);
                let finding = Finding { severity, evidence, ..before };
                if severity > before.severity {
                    update.worsened.push(finding.clone());
                }
                list.push(finding);
            } else {
                self.raised += 1;
                let (number, rule) = (self.raised, evidence.rule());
                let finding = Finding { number, rule, severity, about, since: now, evidence };
                update.raised.push(finding.clone());
                list.push(finding);
            }
        }
        update.cleared.append(&mut old);
        // Otherwise in the order of the rules and of the server's connections.
        list.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        list
    }
}

/// When it was judged.
#[derive(Clone, Copy)]
struct At {
    /// By the server's clock, in unix seconds.
    server_seconds: i64,
    now: Moment,
}

/// Whether what of `list` was judged is just what was found.
fn stands(list: &[Finding], found: &[Evidence], judged: impl Fn(Rule) -> bool, at: At) -> bool {
    let of_judged = || list.iter().filter(|finding| judged(finding.rule));
    let same = |evidence: &Evidence| {
        let severity = evidence.severity(at.server_seconds);
        of_judged().any(|finding| finding.severity == severity && finding.evidence == *evidence)
    };
    of_judged().count() == found.len() && found.iter().all(same)
}

/// How many findings each rule has made, by severity.
#[derive(Clone, Debug, Default)]
struct Counts([[usize; Severity::ALL.len()]; Rule::ALL.len()]);

impl Counts {
    fn add(&mut self, list: &[Finding]) {
        for finding in list {
            self.0[finding.rule as usize][finding.severity as usize] += 1;
        }
    }

    fn take(&mut self, list: &[Finding]) {
        for finding in list {
            self.0[finding.rule as usize][finding.severity as usize] -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
