//! imtop beside other programs: load generators, monitors of the machine, `curl | jq`. They take turns
//! within one run; a line is a ratio and what is to be reached.
//!
//! `cargo bench --bench beside`, or `cargo bench --bench beside -- rates` for a part of it: `rates`, `long`,
//! `start`, `idle`. `-- long --users 2000000` for another long list, as long as the simulator takes. A
//! program that is not there is named, and what is compared with it is left out.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock, and waits")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints, and fails by panicking"
)]

#[path = "beside/mod.rs"]
mod comparison;

use comparison::{idle, long, programs, rates, report, start};

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let parts: [(&str, fn()); 4] = [
        ("rates", rates::measure),
        ("long", long::measure),
        ("start", start::measure),
        ("idle", idle::measure),
    ];
    programs::tell_missing();
    report::heading();
    for (name, measure) in parts {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            measure();
        }
    }
}
