//! What a monitoring plugin says: a line of status with performance data, and long output below, after
//! the Monitoring Plugins Development Guidelines.
//!
//! A `|` ends the text there, and a line's end a line, so none of either comes from what is written:
//! a `|` becomes `¦`, and whatever a terminal acts on is made visible.

use std::collections::HashSet;
use std::io::{self, Write};

use crate::presence::condition::Amount;
use crate::presence::query::Operator;
use crate::presence::{visible, visible_bounded};

/// So many lines of long output are written: more are cut by those who pass them on.
const LINES: usize = 60;

/// Longest line, in characters.
const LINE_LIMIT: usize = 400;

/// Longest label, in characters.
const LABEL_LIMIT: usize = 80;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As it should be.
    Ok,
    /// Somebody should look at it.
    Warning,
    /// Somebody should act on it.
    Critical,
    /// Nobody can tell.
    Unknown,
}

impl Status {
    /// The word that the line begins with.
    pub fn word(self) -> &'static str {
        match self {
            Status::Ok => "OK",
            Status::Warning => "WARNING",
            Status::Critical => "CRITICAL",
            Status::Unknown => "UNKNOWN",
        }
    }

    /// The exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Status::Ok => 0,
            Status::Warning => 1,
            Status::Critical => 2,
            Status::Unknown => 3,
        }
    }
}

/// A figure for graphs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// What it is of.
    pub label: String,
    /// The figure; none where it is not known.
    pub value: Option<u64>,
    /// The range outside of which it is a warning, see [`range`].
    pub warn: Option<String>,
    /// The range outside of which it is critical.
    pub crit: Option<String>,
    /// The most that it can be.
    pub most: Option<u64>,
}

/// What a plugin says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginReport {
    /// How it is.
    pub status: Status,
    /// Why, in one line.
    pub summary: String,
    /// Figures for graphs.
    pub figures: Vec<Figure>,
    /// What else there is to say, a line each.
    pub details: Vec<String>,
}

/// Writes a report.
///
/// # Errors
/// Those of `out`.
pub fn write_plugin(report: &PluginReport, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "IMTOP {} - {}", report.status.word(), harmless(&report.summary))?;
    let mut taken = HashSet::new();
    for (number, figure) in report.figures.iter().enumerate() {
        let before = if number == 0 { " | " } else { " " };
        let value = figure.value.map_or_else(|| "U".to_owned(), |value| value.to_string());
        let range = |range: &Option<String>| range.clone().unwrap_or_default();
        let most = figure.most.map_or_else(String::new, |most| format!(";{most}"));
        let rest = format!("{};{};0{most}", range(&figure.warn), range(&figure.crit));
        write!(out, "{before}'{}'={value};{rest}", label(&figure.label, &mut taken))?;
    }
    writeln!(out)?;
    for line in report.details.iter().take(LINES) {
        writeln!(out, "{}", harmless(line))?;
    }
    match report.details.len().saturating_sub(LINES) {
        0 => Ok(()),
        more => writeln!(out, "and {more} more lines"),
    }
}

/// The range for which such a comparison does not hold, as thresholds are written. `of` is what a share
/// is of; `None` where a share is of a number that is not known.
pub fn range(sign: Operator, amount: Amount, of: Option<u64>) -> Option<String> {
    let figure = match amount {
        Amount::Number(number) => number.to_string(),
        Amount::Share(percent) => thousandths(percent.of_users(of?)),
    };
    Some(match sign {
        Operator::Equal => format!("@{figure}:{figure}"),
        Operator::NotEqual => format!("{figure}:{figure}"),
        Operator::Less => format!("{figure}:"),
        Operator::AtMost => format!("@0:{figure}"),
        Operator::More => format!("0:{figure}"),
        Operator::AtLeast => format!("@{figure}:"),
        Operator::Matches => return None, // compares no figures
    })
}

fn thousandths(figure: u64) -> String {
    let (whole, part) = (figure / 1_000, figure % 1_000);
    let text = format!("{whole}.{part:03}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn harmless(text: &str) -> String {
    visible_bounded(text, LINE_LIMIT).replace('|', "¦")
}

/// A label without the characters that end one or that programs stumble over; no two are the same.
fn label(text: &str, taken: &mut HashSet<String>) -> String {
    let cleaned = |c: char| match c {
        '=' => ':',
        '\'' | '"' | '|' | ';' => '_',
        c if c.is_whitespace() => '_',
        c => c,
    };
    let whole: String = visible(text).chars().map(cleaned).take(LABEL_LIMIT).collect();
    let mut label = whole.clone();
    for number in 2_u32.. {
        if taken.insert(label.clone()) {
            break;
        }
        label = format!("{whole}_{number}");
    }
    label
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::presence::condition::Condition;

    fn written(report: &PluginReport) -> String {
        let mut out = Vec::new();
        write_plugin(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_report_is_a_line_with_figures_and_lines_below() {
        let figure = |label: &str, value| Figure { label: label.to_owned(), value, ..Figure::default() };
        let report = PluginReport {
            status: Status::Warning,
            summary: "4 unknown".to_owned(),
            figures: vec![
                Figure { warn: Some("0:0".to_owned()), most: Some(512), ..figure("unknown", Some(4)) },
                figure("online of group='night desk'", None),
                figure("online of group:_night desk_", Some(1)),
            ],
            details: vec!["more".to_owned()],
        };
        assert_eq!(
            written(&report),
            "IMTOP WARNING - 4 unknown | 'unknown'=4;0:0;;0;512 'online_of_group:_night_desk_'=U;;;0 \
             'online_of_group:_night_desk__2'=1;;;0\nmore\n"
        );
        let many = PluginReport { details: vec![String::new(); 100], ..report };
        assert!(written(&many).ends_with("\nand 40 more lines\n"));
    }

    #[test]
    fn a_threshold_is_the_range_in_which_all_is_well() {
        let said = |text: &str| {
            let condition = Condition::parse(text).unwrap();
            let aggregate = &condition.aggregates()[0];
            range(aggregate.sign(), aggregate.amount(), Some(512))
        };
        for (text, expected) in [
            ("unknown>0", "0:0"),
            ("unknown>=3", "@3:"),
            ("online<95%", "486.4:"),
            ("online<=50%", "@0:256"),
            ("offline=0", "@0:0"),
            ("offline!=7", "7:7"),
            ("offline>33.333%", "0:170.664"),
        ] {
            assert_eq!(said(text).as_deref(), Some(expected), "{text}");
        }
        let condition = Condition::parse("online<95%").unwrap();
        assert_eq!(range(Operator::Less, condition.aggregates()[0].amount(), None), None);
    }

    proptest! {
        #[test]
        fn no_text_forges_a_line_or_a_figure(summary in any::<String>(), detail in any::<String>(), name in any::<String>()) {
            let figure = |label: &str| Figure { label: label.to_owned(), value: Some(1), ..Figure::default() };
            let report = PluginReport {
                status: Status::Ok,
                summary,
                figures: vec![figure(&name), figure(&name)],
                details: vec![detail],
            };
            let text = written(&report);
            let lines: Vec<&str> = text.split('\n').collect();
            prop_assert_eq!((lines.len(), lines[2]), (3, ""));
            prop_assert!(!lines[1].contains('|') && crate::presence::visible(lines[0]) == lines[0]);
            let (_, figures) = lines[0].split_once(" | ").unwrap();
            let figures: Vec<&str> = figures.split(' ').collect();
            prop_assert_eq!(figures.len(), 2);
            for figure in &figures {
                prop_assert_eq!((figure.matches('\'').count(), figure.matches('=').count()), (2, 1), "{}", figure);
                prop_assert!(figure.ends_with("'=1;;;0"));
            }
            prop_assert!(figures[0] != figures[1] && lines[0].matches('|').count() == 1);
        }
    }
}
