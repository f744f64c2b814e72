//! The options of the made-up server.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text, where backticks would show")]

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::shared::{FileArgs, PaceArgs, RecordArgs, ScreenArgs};
use super::values::parse_address;
use crate::simulator::Scenario;

/// A line for each scenario.
fn scenarios() -> String {
    let lines = Scenario::abouts().map(|(name, about)| format!("\n  {name:<13} {about}"));
    format!("Scenarios; what each is about begins 8 s after the start:{}", lines.collect::<String>())
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Debug, Args)]
#[command(after_help = scenarios())]
pub struct DemoArgs {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    #[command(flatten)]
    pub pace: PaceArgs,
    #[command(flatten)]
    pub record: RecordArgs,
    #[command(flatten)]
    pub screen: ScreenArgs,
    #[command(flatten)]
    pub file: FileArgs,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Debug, Args)]
#[command(after_help = scenarios())]
pub struct SimulateArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:10002", value_parser = parse_address)]
    pub listen: SocketAddr,
    /// Listen on an address that other machines can reach
    #[arg(long)]
    pub allow_remote: bool,
    /// Only print the made-up users, as a file for --watch
    #[arg(long)]
    pub list: bool,
    /// Write down what really was, a line of JSON for each socket that opens or closes
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    pub truth: Option<PathBuf>,
    #[command(flatten)]
    pub scenario: ScenarioArgs,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Debug, Args)]
#[command(next_help_heading = "The made-up world")]
pub struct ScenarioArgs {
    /// What happens: one of the scenarios below, or a scenario file
    #[arg(long, value_name = "NAME|FILE", default_value = "night")]
    pub scenario: String,
    /// How many users there are
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub users: Option<u32>,
    /// Another seed makes another run of the same kind
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}
