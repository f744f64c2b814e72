//! The options of the simulated server.

#![allow(missing_docs, reason = "a doc comment above a struct would become help text")]

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::options::parse::parse_address;

#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:10002", value_parser = parse_address)]
    pub listen: SocketAddr,
    /// Allow an address that other machines can reach
    #[arg(long)]
    pub allow_remote: bool,
    /// Only print the simulated users, as a file for --watch
    #[arg(long)]
    pub list: bool,
    /// Write what really happened to this file, a line of JSON for each socket that opens or closes
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    pub truth: Option<PathBuf>,
    #[command(flatten)]
    pub scenario: ScenarioArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "The simulated server")]
pub struct ScenarioArgs {
    /// What happens: one of the scenarios below, or a scenario file
    #[arg(long, value_name = "NAME|FILE", default_value = "night")]
    pub scenario: String,
    /// How many users there are
    #[arg(long = "users", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub how_many: Option<u32>,
    /// Another seed makes another run of the same kind
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}
