//! What a session keeps in memory, how much of it there is, and about how many bytes that takes: the line
//! of the view of the server, and what `docs/memory.md` promises.

use super::session::Shown;

/// How much there is of one kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Store {
    /// What it is, in a word or two.
    pub what: &'static str,
    /// How many there are.
    pub entries: usize,
    /// Bytes that they take, about; at most, where they are shared.
    pub bytes: usize,
}

impl Shown<'_> {
    /// What is kept in memory of what was learned so far, whatever the picture shows.
    pub fn stores(&self) -> Vec<Store> {
        let (knowledge, timeline) = (self.live.knowledge(), self.live.timeline());
        let (roster, history, findings) = (&knowledge.roster, &knowledge.history, &knowledge.findings);
        let (inputs, rewind_bytes) = self.rewind.map_or((0, 0), |rewind| (rewind.inputs(), rewind.weight()));
        let store = |what, entries, bytes| Store { what, entries, bytes };
        vec![
            store("users", roster.list().len(), roster.list().weight() + roster.weight()),
            store("last half hour", history.held(), history.weight()),
            store("findings", findings.len(), findings.weight()),
            store("events", timeline.len(), timeline.weight(usize::MAX)),
            store("charts", self.markers.places(), self.markers.weight() + knowledge.trend.weight()),
            store("counts by group", knowledge.rollups.series(), knowledge.rollups.weight()),
            store("way back", inputs, rewind_bytes),
        ]
    }
}
