//! The view of what is wrong: rules with their findings under them, the worst first, and where the
//! selection is among them.
//!
//! The lines are put together again when the findings have changed, which [`Findings::version`] says,
//! and only while somebody looks.

use std::collections::{BTreeMap, BTreeSet};

use super::action::Walk;
use super::lines::{first_line, row_after, walked};
use crate::presence::{Finding, Findings, Rule, Severity, Subject};

/// A rule with more findings than this is closed until somebody opens it.
const FEW: usize = 12;

/// A body lower than this has no room for advice.
const ADVISED: u16 = 9;

/// Rows of advice, with the rule above it.
const ADVICE: u16 = 5;

/// The same while users are lost from view: then it is read in a hurry, and has to be there whole.
const ADVICE_OF_LOSS: u16 = 9;

/// So many rows list findings then, at least.
const LISTED: u16 = 2;

/// One line of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingLine {
    /// A rule, with how many findings it has and how many of them were put aside.
    Rule {
        /// Which.
        rule: Rule,
        /// The most serious of its findings.
        severity: Severity,
        /// How many there are.
        count: usize,
        /// How many of them were put aside as known.
        acknowledged: usize,
        /// Whether they are listed below.
        open: bool,
    },
    /// A finding: whom it is about, and its number.
    Finding(Subject, u64),
}

/// What is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selected {
    Rule(Rule),
    Finding(u64),
}

/// The view of findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingsList {
    pub(super) selected: Option<Selected>,
    /// The row of the body on which it stands.
    pub(super) row: u16,
    /// Rules that somebody opened or closed, other than they are by themselves.
    toggled: BTreeSet<Rule>,
    lines: Vec<FindingLine>,
    /// What the lines were made from.
    made_from: Option<(u64, usize)>,
}

impl FindingsList {
    /// Looks at everything anew: what is known is that of another moment.
    pub(super) fn forget(&mut self) {
        self.made_from = None;
    }

    /// All lines, in order.
    pub fn lines(&self) -> &[FindingLine] {
        &self.lines
    }

    /// How many rows of a body so high list findings; the rest is for what to do about the selected one.
    pub fn rows(&self, height: u16) -> u16 {
        let is_loss = |line: &FindingLine| matches!(line, FindingLine::Rule { rule: Rule::ViewLoss, .. });
        if self.lines.iter().any(is_loss) && height >= LISTED + ADVICE {
            height - ADVICE_OF_LOSS.min(height - LISTED)
        } else if height < ADVISED {
            height
        } else {
            height - ADVICE
        }
    }

    /// The line of which is said what it means: the one that is selected, or the first. For a rule about
    /// the server that found one thing that speaks.
    pub fn explained(&self) -> Option<FindingLine> {
        let at = self.selected_line().unwrap_or(0);
        let line = *self.lines.get(at)?;
        let only = match line {
            FindingLine::Rule { rule, count: 1, open: true, .. } if rule.is_about_server() => {
                self.lines.get(at + 1).copied()
            }
            _ => None,
        };
        Some(only.unwrap_or(line))
    }

    /// The line that is selected.
    pub fn selected_line(&self) -> Option<usize> {
        let selected = self.selected?;
        self.lines.iter().position(|line| selects(*line) == selected)
    }

    /// The finding that is selected, or the first of the rule that is.
    pub fn selected_finding(&self) -> Option<(Subject, u64)> {
        let from = self.selected_line().unwrap_or(0);
        match self.lines.get(from)? {
            FindingLine::Finding(about, number) => Some((*about, *number)),
            FindingLine::Rule { .. } => None,
        }
    }

    /// The numbers of what is selected: one finding, or all of a rule that is open.
    pub(super) fn numbers(&self) -> Vec<u64> {
        let Some(at) = self.selected_line() else { return Vec::new() };
        let number = |line: &FindingLine| match line {
            FindingLine::Finding(_, number) => Some(*number),
            FindingLine::Rule { .. } => None,
        };
        match self.lines.get(at) {
            Some(FindingLine::Finding(_, found)) => vec![*found],
            _ => self.lines.iter().skip(at + 1).map_while(number).collect(),
        }
    }

    /// The first line of a body so high.
    pub fn top(&self, height: u16) -> usize {
        first_line(self.selected_line(), self.row, self.lines.len(), height)
    }

    /// Opens or closes a rule.
    pub(super) fn toggle(&mut self, rule: Rule) {
        if !self.toggled.remove(&rule) {
            self.toggled.insert(rule);
        }
        self.made_from = None;
    }

    /// Puts the lines together again where something has changed.
    pub(super) fn follow(&mut self, findings: &Findings, acknowledged: &BTreeSet<u64>) {
        let from = (findings.version(), acknowledged.len());
        if self.made_from == Some(from) {
            return;
        }
        let before = self.selected_line();
        self.made_from = Some(from);
        let mut rules: BTreeMap<Rule, Vec<&Finding>> = BTreeMap::new();
        for finding in findings.iter() {
            rules.entry(finding.rule).or_default().push(finding);
        }
        let mut rules: Vec<(Rule, Vec<&Finding>, Severity)> = rules
            .into_iter()
            .map(|(rule, found)| {
                let worst = found.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info);
                (rule, found, worst)
            })
            .collect();
        // The worst first; what is over below what goes on; among equals the one with fewer, which is the rarer.
        rules.sort_by_key(|(rule, found, worst)| {
            (std::cmp::Reverse(*worst), rule.is_over(), found.len(), *rule)
        });
        self.lines.clear();
        for (rule, mut found, severity) in rules {
            let aside = |finding: &&Finding| acknowledged.contains(&finding.number);
            let known = found.iter().filter(|finding| aside(finding)).count();
            let open = (found.len() <= FEW) != self.toggled.contains(&rule);
            let count = found.len();
            self.lines.push(FindingLine::Rule { rule, severity, count, acknowledged: known, open });
            if open {
                // What is worse first, then what is new; what was put aside last.
                found.sort_by_key(|finding| {
                    (
                        aside(finding),
                        std::cmp::Reverse(finding.severity),
                        std::cmp::Reverse(finding.since.mono_ms),
                        finding.number,
                    )
                });
                self.lines.extend(found.iter().map(|it| FindingLine::Finding(it.about, it.number)));
            }
        }
        if self.selected_line().is_none() {
            // What was selected has gone: whatever stands there now.
            let line = before.map(|at| at.min(self.lines.len().saturating_sub(1)));
            self.selected = line.and_then(|at| self.lines.get(at)).map(|line| selects(*line));
        }
    }

    /// Selects another line.
    pub(super) fn travel(&mut self, walk: Walk, height: u16) {
        let to = walked(self.selected_line(), walk, self.lines.len());
        self.row = row_after(walk, self.row, to, self.top(height), height);
        self.selected = self.lines.get(to).map(|line| selects(*line));
    }

    /// Selects the line on this row of a body so high.
    pub(super) fn click(&mut self, row: u16, height: u16) {
        let top = self.top(height);
        if let Some(line) = self.lines.get(top + usize::from(row)) {
            self.selected = Some(selects(*line));
            self.row = row;
        }
    }
}

fn selects(line: FindingLine) -> Selected {
    match line {
        FindingLine::Rule { rule, .. } => Selected::Rule(rule),
        FindingLine::Finding(_, number) => Selected::Finding(number),
    }
}
