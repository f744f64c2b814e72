//! Whether a message reaches a user: the chain of delivery as lines and as JSON (`assets/schema/why.json`).

use std::io::{self, Write};

use serde::Serialize;

use crate::listing::Time;
use crate::presence::{Delivery, Holds, Knowledge, Link, Moment, UserIx, visible};

/// The chain of delivery to one user.
#[derive(Debug, Serialize)]
pub struct DeliveryReport {
    schema: &'static str,
    at: Option<Time>,
    user: String,
    presence: &'static str,
    delivery: Delivery,
    links: Vec<Link>,
}

impl DeliveryReport {
    /// What came of a user's chain.
    pub fn of(
        knowledge: &Knowledge,
        user: UserIx,
        delivery: Delivery,
        links: Vec<Link>,
        now: Moment,
    ) -> DeliveryReport {
        let roster = &knowledge.roster;
        DeliveryReport {
            schema: "imtop.why/1",
            user: visible(roster.list().raw_id(user)).into_owned(),
            at: Time::of(now.unix_ms),
            presence: roster.presence(user).name(),
            delivery,
            links,
        }
    }
}

/// Writes it as one JSON object and a line's end.
///
/// # Errors
/// Those of `out`.
pub fn write_delivery_json(report: &DeliveryReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}

/// Columns of the names of links.
const NAME: usize = 11;

/// Writes it as lines for people: the answer first, then a line a link, and what to do below it.
///
/// # Errors
/// Those of `out`.
pub fn write_delivery(report: &DeliveryReport, out: &mut dyn Write) -> io::Result<()> {
    let DeliveryReport { user, delivery, links, .. } = report;
    writeln!(out, "{user}: {}; {}", delivery.word(), delivery.meaning())?;
    writeln!(out)?;
    for link in links {
        let sign = match link.holds {
            Holds::Yes => "+",
            Holds::No => "x",
            Holds::Unknown => "?",
            Holds::Unasked => "-",
        };
        writeln!(out, "{sign} {:<NAME$}  {}", link.name.word(), link.evidence)?;
        if let Some(advice) = link.advice {
            writeln!(out, "  {:<NAME$}  -> {advice}", "")?;
        }
    }
    Ok(())
}
