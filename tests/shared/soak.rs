//! Scales the tests of `benches/RELIABILITY.md`: short in `make test`, long in `make soak`, which collects the figures they print.
#![allow(dead_code, reason = "each of the test binaries uses a part")]

use std::fmt::Display;
use std::time::Duration;

/// How much of the long form is asked for, 0 to 1: the variable `TREEFILL_SOAK`, which `scripts/soak.py` sets.
fn share() -> f64 {
    std::env::var("TREEFILL_SOAK").ok().and_then(|share| share.parse().ok()).unwrap_or(0.0)
}

/// Whether this is `make soak`.
pub fn is_long() -> bool {
    share() > 0.0
}

/// How often something is tried.
pub fn count(short: usize, long: usize) -> usize {
    let part = long.saturating_sub(short) as f64 * share().min(1.0);
    short + part as usize
}

/// What may be taken at most. `make test` runs beside everything else and on slow machines: there it is five times as much and a moment,
/// and where nothing is optimised two seconds more.
pub fn limit(plan: Duration) -> Duration {
    let unoptimised = if cfg!(debug_assertions) { Duration::from_secs(2) } else { Duration::ZERO };
    unoptimised + if is_long() { plan } else { plan * 5 + Duration::from_millis(250) }
}

/// Prints what was measured, for the table of `make soak`.
pub fn figure(row: u32, measured: impl Display) {
    println!("row {row}: {measured}");
}

/// Says that a row could not be tried on this machine, which is neither good nor bad.
pub fn not_run(row: u32, why: impl Display) {
    println!("row {row}: not run: {why}");
}

/// The value that 99 of 100 do not exceed, and the largest.
pub fn p99(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    let last = times.len() - 1;
    (times[last - last / 100], times[last])
}
