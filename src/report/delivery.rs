//! Whether a message reaches a user: the chain of delivery as lines and as JSON (`assets/schema/why.json`).

use std::io::{self, Write};

use serde::Serialize;

use crate::listing::Time;
use crate::presence::{Delivery, Holds, Knowledge, Link, Moment, UserIx, visible};

/// The chain of delivery to one user.
#[derive(Debug)]
pub struct DeliveryReport {
    user: String,
    at: Option<Time>,
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
            user: visible(roster.list().raw_id(user)).into_owned(),
            at: Time::of(now.unix_ms),
            presence: roster.presence(user).word(),
            delivery,
            links,
        }
    }
}

#[derive(Serialize)]
struct Object<'a> {
    schema: &'static str,
    at: Option<Time>,
    user: &'a str,
    presence: &'static str,
    delivery: &'static str,
    links: Vec<LinkObject<'a>>,
}

#[derive(Serialize)]
struct LinkObject<'a> {
    name: &'static str,
    holds: &'static str,
    evidence: &'a str,
    advice: Option<&'static str>,
}

/// Writes it as one JSON object and a line's end.
///
/// # Errors
/// Those of `out`.
pub fn write_delivery_json(report: &DeliveryReport, out: &mut dyn Write) -> io::Result<()> {
    let links = report.links.iter().map(|link| LinkObject {
        name: link.name.name(),
        holds: link.holds.word(),
        evidence: &link.evidence,
        advice: link.advice,
    });
    let object = Object {
        schema: "imtop.why/1",
        at: report.at,
        user: &report.user,
        presence: report.presence,
        delivery: report.delivery.word(),
        links: links.collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &object)?;
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
    writeln!(out, "{user}: {}; {}", delivery.shown(), delivery.meaning())?;
    writeln!(out)?;
    for link in links {
        let sign = match link.holds {
            Holds::Yes => "+",
            Holds::No => "x",
            Holds::Unknown => "?",
            Holds::Unasked => "-",
        };
        writeln!(out, "{sign} {:<NAME$}  {}", link.name.shown(), link.evidence)?;
        if let Some(advice) = link.advice {
            writeln!(out, "  {:<NAME$}  -> {advice}", "")?;
        }
    }
    Ok(())
}
