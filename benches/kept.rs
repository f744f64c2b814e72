//! Memory of a session that is left open while users come and go and a gateway hangs every ten minutes:
//! bytes counted by the allocator after each hour of virtual time, and what the session itself says.
//!
//! `cargo bench --bench kept`; `-- --hours 24` for longer.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints, and may end")]

#[path = "../tests/common/churn.rs"]
mod churn;
#[path = "../tests/common/fed.rs"]
mod fed;
#[path = "../tests/common/kit.rs"]
mod kit;

use churn::Churn;
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const HOUR_MS: u64 = 3_600_000;

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn main() {
    let asked = std::env::args().skip_while(|arg| arg != "--hours").nth(1);
    let hours: u64 = asked.map_or(6, |hours| hours.parse().expect("--hours takes a number"));
    println!("a twentieth of the users changes in each round; megabytes in use after each hour");
    // Users, and how often they are asked about.
    for (users, interval_ms) in [(500, 1_000), (2_000, 1_000), (20_000, 10_000)] {
        let before = HEAP.current_usage();
        let mut churn = Churn::of(users, interval_ms, 50);
        print!("{users:>7} users, every {} s:", interval_ms / 1_000);
        for hour in 1..=hours {
            while churn.now_ms < hour * HOUR_MS {
                churn.round();
            }
            print!(" {:.1}", megabytes(HEAP.current_usage() - before));
        }
        println!();
        for store in churn.fed.shown().stores() {
            println!("{:>20} {:>9} {:>8.2} MB at most", store.what, store.entries, megabytes(store.bytes));
        }
    }
}
