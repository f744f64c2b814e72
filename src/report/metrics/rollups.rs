//! Users by group, platform or gateway: only when asked for, and bounded whatever the watch list and the
//! server name.

use std::collections::HashMap;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::sheet::{Family, Sheet};
use crate::listing::Names;
use crate::presence::{By, Counts, Knowledge, LifeSign, RollupKey};

/// So many groups, platforms or gateways have series of their own at most; all others are counted together.
pub const MOST_NAMED: usize = 100;

/// The label of all that have no series of their own.
const OTHER: &str = "other";

const GROUP: Family = Family {
    name: "imtop_group_users",
    unit: None,
    help: "Watched users by the group that the watch list names and by presence. The first 100 groups of the list \
           have series of their own, all others are counted as other; users without a group have no name there.",
};
const GROUP_PROBLEMS: Family = Family {
    name: "imtop_group_problem_users",
    unit: None,
    help: "Watched users about whom there is a finding of severity warning or critical, by group.",
};
const PLATFORM: Family = Family {
    name: "imtop_platform_connections",
    unit: None,
    help: "Connections of watched users by platform and by whether they are in the foreground (online) or in the \
           background. All platforms that imtop has no name for are counted as other.",
};
const GATEWAY: Family = Family {
    name: "imtop_gateway_users",
    unit: None,
    help: "Users of a gateway, watched or not, as it counted them last: online while it answers, else unknown. The \
           first 100 gateways by address have series of their own, all others are counted as other.",
};
const GATEWAY_UP: Family = Family {
    name: "imtop_gateway_up",
    unit: None,
    help: "1 while the gateway gives a sign of life, else 0; other is 1 while all of those do.",
};

/// One label value, and what is counted under it.
#[derive(Debug)]
struct Named {
    name: String,
    counts: Counts,
    /// Whether each gateway of it gives a sign of life.
    is_up: bool,
}

/// The counts by one of [`By`], of at most [`MOST_NAMED`] label values and one for all others.
#[derive(Debug)]
pub(super) struct Rollups {
    by: By,
    named: Vec<Named>,
}

impl Rollups {
    pub(super) fn of(knowledge: &Knowledge, names: &Names, by: By) -> Rollups {
        let signs = &knowledge.roster.witnesses().signs;
        let mut named: Vec<Named> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (key, counts) in knowledge.rollups.counts(by) {
            let has_name = match &key {
                RollupKey::OtherGroups => false,
                RollupKey::Platform(platform) => platform.wire_name().is_some(),
                _ => true,
            };
            // A group whose own name is `other` is counted there: no series may be there twice.
            let name = if has_name { names.rollup(&key).unwrap_or_default() } else { OTHER.to_owned() };
            let name =
                if places.len() < MOST_NAMED || places.contains_key(&name) { name } else { OTHER.to_owned() };
            let is_up = match &key {
                RollupKey::Gateway(address) => {
                    signs.get(address).is_some_and(|gateway| gateway.sign == LifeSign::Alive)
                }
                _ => true,
            };
            let place = *places.entry(name.clone()).or_insert(named.len());
            match named.get_mut(place) {
                Some(one) => {
                    one.counts = one.counts.plus(counts);
                    one.is_up &= is_up;
                }
                None => named.push(Named { name, counts, is_up }),
            }
        }
        Rollups { by, named }
    }

    /// Samples with the name and one more label.
    fn samples<'a, const N: usize>(
        &'a self,
        (label, second): (&'static str, &'static str),
        values: impl Fn(&Counts) -> [(&'static str, u32); N] + 'a,
    ) -> impl Iterator<Item = ([(&'static str, &'a str); 2], u32)> + 'a {
        self.named.iter().flat_map(move |one| {
            values(&one.counts).map(|(value, count)| ([(label, one.name.as_str()), (second, value)], count))
        })
    }
}

impl Collector for Rollups {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        match self.by {
            By::Group => {
                let presences = |it: &Counts| {
                    [
                        ("online", it.online),
                        ("background", it.background),
                        ("offline", it.offline),
                        ("unknown", it.unknown),
                        ("unregistered", it.unregistered),
                    ]
                };
                sheet.gauges(&GROUP, self.samples(("group", "presence"), presences))?;
                let problems =
                    self.named.iter().map(|it| ([("group", it.name.as_str())], it.counts.problems));
                sheet.gauges(&GROUP_PROBLEMS, problems)
            }
            By::Platform => {
                let presences = |it: &Counts| [("online", it.online), ("background", it.background)];
                sheet.gauges(&PLATFORM, self.samples(("platform", "presence"), presences))
            }
            By::Gateway => {
                let presences = |it: &Counts| [("online", it.online), ("unknown", it.unknown)];
                sheet.gauges(&GATEWAY, self.samples(("gateway", "presence"), presences))?;
                let up = self.named.iter().map(|it| ([("gateway", it.name.as_str())], u32::from(it.is_up)));
                sheet.gauges(&GATEWAY_UP, up)
            }
            // Not offered: whom a batch has depends on the size of a request.
            By::Batch => Ok(()),
        }
    }
}
