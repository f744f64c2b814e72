//! Says in plain English what a condition asks, so that who typed it sees how it was understood.

use super::aggregate::{Aggregate, COUNTS, Counted};
use super::sign::Amount;
use crate::presence::Severity;
use crate::presence::query::Expression;

/// So many parts of a list are spelled out; of the rest the number is said.
const SPELLED_OUT: usize = 6;

/// One sentence without a full stop.
pub(super) fn explain(expression: &Expression<usize>, aggregates: &[Aggregate]) -> String {
    sentence(expression, aggregates, false)
}

/// `inside` another sentence a list stands in brackets.
fn sentence(expression: &Expression<usize>, aggregates: &[Aggregate], inside: bool) -> String {
    let (parts, joint) = match expression {
        Expression::Is(at) => return aggregates.get(*at).map_or_else(String::new, said),
        Expression::Not(inner) => return format!("not ({})", sentence(inner, aggregates, false)),
        Expression::All(parts) => (parts, ", and "),
        Expression::Any(parts) => (parts, ", or "),
    };
    let mut said: Vec<String> =
        parts.iter().take(SPELLED_OUT).map(|part| sentence(part, aggregates, true)).collect();
    match parts.len().saturating_sub(SPELLED_OUT) {
        0 => {}
        1 => said.push("1 more condition".to_owned()),
        more => said.push(format!("{more} more conditions")),
    }
    let list = said.join(joint);
    if inside { format!("({list})") } else { list }
}

fn said(aggregate: &Aggregate) -> String {
    let one = aggregate.amount == Amount::Number(1);
    let plural = |thing: &str| match thing.split_once(' ') {
        _ if one => thing.to_owned(),
        Some((noun, rest)) => format!("{} {rest}", several(noun)),
        None => several(thing),
    };
    let things = match &aggregate.counted {
        Counted::Filter(filter) => plural(&format!("user with: {}", filter.explain())),
        Counted::OfRule(rule) => plural(&format!("finding {rule}")),
        Counted::AtLeast(Severity::Info) => plural("finding"),
        Counted::AtLeast(Severity::Warning) => plural("finding that is a warning or critical"),
        Counted::AtLeast(Severity::Critical) => plural("finding that is critical"),
        counted => {
            plural(COUNTS.iter().find(|(known, ..)| known == counted).map_or("", |(.., things)| things))
        }
    };
    let things = match aggregate.amount {
        Amount::Number(_) => things,
        Amount::Share(_) => format!("of {things}"),
    };
    let said = format!("{} {} {things}", aggregate.sign.words(), aggregate.amount);
    match &aggregate.of {
        None => said,
        Some(of) => format!("{said}, counting only: {}", of.explain()),
    }
}

fn several(noun: &str) -> String {
    if noun == "batch" { "batches".to_owned() } else { format!("{noun}s") }
}
