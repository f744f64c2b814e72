//! What the program itself costs, under the names that every exporter uses.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;

use super::sheet::{Family, Sheet};

const CPU: Family = Family {
    name: "process_cpu",
    unit: Some(Unit::Seconds),
    help: "CPU time of imtop, in user and system mode.",
};
const RESIDENT: Family = Family {
    name: "process_resident_memory",
    unit: Some(Unit::Bytes),
    help: "Memory of imtop that is in RAM.",
};
const VIRTUAL: Family =
    Family { name: "process_virtual_memory", unit: Some(Unit::Bytes), help: "Address space of imtop." };
const OPEN: Family =
    Family { name: "process_open_fds", unit: None, help: "File descriptors that imtop has open." };
const MOST: Family =
    Family { name: "process_max_fds", unit: None, help: "File descriptors that imtop may have open." };
const START: Family = Family {
    name: "process_start_time",
    unit: Some(Unit::Seconds),
    help: "When imtop was started, in unix time.",
};

/// What the program costs so far; what the system does not tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Process {
    /// CPU time in seconds.
    pub cpu_seconds: Option<f64>,
    /// Memory in RAM, in bytes.
    pub resident_bytes: Option<u64>,
    /// Address space, in bytes.
    pub virtual_bytes: Option<u64>,
    /// File descriptors that are open.
    pub open_fds: Option<u64>,
    /// File descriptors that may be open; none where there is no limit.
    pub max_fds: Option<u64>,
    /// When it was started, in seconds of unix time.
    pub start_seconds: Option<f64>,
}

impl Collector for Process {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        if let Some(seconds) = self.cpu_seconds {
            sheet.counter(&CPU, &seconds)?;
        }
        for (family, count) in [
            (RESIDENT, self.resident_bytes),
            (VIRTUAL, self.virtual_bytes),
            (OPEN, self.open_fds),
            (MOST, self.max_fds),
        ] {
            if let Some(count) = count {
                sheet.gauge(&family, &count)?;
            }
        }
        self.start_seconds.map_or(Ok(()), |seconds| sheet.gauge(&START, &seconds))
    }
}
