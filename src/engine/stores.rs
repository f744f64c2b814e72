//! What a session keeps in memory, how much of it there is, and about how many bytes that takes: the line
//! of the view of the server, and what `docs/memory.md` promises.

use super::session::Shown;

/// How much there is of one kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it is, in a word or two.
    pub what: &'static str,
    /// How many there are.
    pub entries: usize,
    /// Bytes that they take, about; at most, where they are shared.
    pub bytes: usize,
}

impl Shown<'_> {
    /// What is kept in memory of what was learned so far, whatever the picture shows.
    pub fn kept(&self) -> Vec<Kept> {
        let (knowledge, timeline) = (self.live.knowledge(), self.live.timeline());
        let (roster, history, findings) = (&knowledge.roster, &knowledge.history, &knowledge.findings);
        let (inputs, rewind_bytes) = self.rewind.map_or((0, 0), |rewind| (rewind.len(), rewind.weight()));
        let kept = |what, entries, bytes| Kept { what, entries, bytes };
        vec![
            kept("users", roster.list().len(), roster.list().weight() + roster.weight()),
            kept("last half hour", history.len(), history.weight()),
            kept("findings", findings.len(), findings.weight()),
            kept("events", timeline.len(), timeline.weight(usize::MAX)),
            kept("charts", self.markers.len(), self.markers.weight() + knowledge.trend.weight()),
            kept("way back", inputs, rewind_bytes),
        ]
    }
}
