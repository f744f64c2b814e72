//! What the program itself costs, as the system tells.

use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::report::metrics::Process;

/// What the program has cost so far. Memory and open file descriptors are told by Linux alone.
pub fn process(started_unix_ms: i64) -> Process {
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let open = std::fs::read_dir("/proc/self/fd").ok();
    Process {
        cpu_seconds: Some(cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9),
        resident_bytes: bytes(&status, "VmRSS:"),
        virtual_bytes: bytes(&status, "VmSize:"),
        // Without the one that this is read from.
        open_fds: open.map(|entries| (entries.count() as u64).saturating_sub(1)),
        max_fds: getrlimit(Resource::Nofile).current,
        start_seconds: Some(started_unix_ms as f64 / 1e3),
    }
}

/// An amount out of `/proc/self/status`, which has it in kibibytes (`proc_pid_status(5)`).
fn bytes(status: &str, name: &str) -> Option<u64> {
    let amount = status.lines().find_map(|line| line.strip_prefix(name))?;
    amount.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_bytes() {
        let status = "Name:\timtop\nVmSize:\t  100 kB\nVmRSS:\t   12 kB\nThreads:\t3\n";
        assert_eq!((bytes(status, "VmRSS:"), bytes(status, "VmSize:")), (Some(12_288), Some(102_400)));
        assert_eq!((bytes(status, "Threads:"), bytes(status, "VmSwap:")), (None, None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_everything_but_a_limit_that_is_none() {
        let process = process(1_500);
        assert!(process.cpu_seconds.is_some_and(|seconds| seconds > 0.0));
        assert!(process.resident_bytes < process.virtual_bytes && process.resident_bytes.is_some());
        assert!(process.open_fds.is_some_and(|open| open >= 3));
        assert_eq!(process.start_seconds, Some(1.5));
    }
}
