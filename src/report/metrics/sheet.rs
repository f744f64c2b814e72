//! Families of metrics, written one after the other: the shapes that the rest of the room needs of
//! the client library.

use std::fmt;

use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeLabelSet, EncodeMetric as _,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Unit;

/// Name, unit and meaning of a family. The library puts unit and type behind the name.
pub(super) struct Family {
    /// Without its unit, and a counter's without `total`.
    pub(super) name: &'static str,
    /// What it is measured in; none: a number of things.
    pub(super) unit: Option<Unit>,
    /// A sentence.
    pub(super) help: &'static str,
}

/// What families are written on.
pub(super) struct Sheet<'a>(pub(super) DescriptorEncoder<'a>);

impl Sheet<'_> {
    /// One gauge.
    pub(super) fn gauge(&mut self, family: &Family, value: &impl EncodeGaugeValue) -> fmt::Result {
        let Family { name, unit, help } = family;
        self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?.encode_gauge(value)
    }

    /// A gauge for each set of labels.
    pub(super) fn gauges<L: EncodeLabelSet, V: EncodeGaugeValue>(
        &mut self,
        family: &Family,
        samples: impl IntoIterator<Item = (L, V)>,
    ) -> fmt::Result {
        let Family { name, unit, help } = family;
        let mut encoder = self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?;
        samples
            .into_iter()
            .try_for_each(|(labels, value)| encoder.encode_family(&labels)?.encode_gauge(&value))
    }

    /// One counter.
    pub(super) fn counter(&mut self, family: &Family, value: &impl EncodeCounterValue) -> fmt::Result {
        let Family { name, unit, help } = family;
        let mut encoder = self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Counter)?;
        encoder.encode_counter::<[(&str, &str); 0], _, f64>(value, None)
    }

    /// A counter for each set of labels.
    pub(super) fn counters<L: EncodeLabelSet>(
        &mut self,
        family: &Family,
        samples: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        let Family { name, unit, help } = family;
        let mut encoder = self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Counter)?;
        samples.into_iter().try_for_each(|(labels, value)| {
            encoder.encode_family(&labels)?.encode_counter::<[(&str, &str); 0], _, f64>(&value, None)
        })
    }

    /// One histogram.
    pub(super) fn histogram(&mut self, family: &Family, histogram: &Histogram) -> fmt::Result {
        let Family { name, unit, help } = family;
        histogram.encode(self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Histogram)?)
    }

    /// What does not change: a 1 with labels that say it. A gauge, as the text format of Prometheus knows
    /// no type for it and a page is to be read as either.
    pub(super) fn info(&mut self, family: &Family, labels: &impl EncodeLabelSet) -> fmt::Result {
        let Family { name, unit, help } = family;
        let mut encoder = self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?;
        encoder.encode_family(labels)?.encode_gauge(&1_i64)
    }
}
