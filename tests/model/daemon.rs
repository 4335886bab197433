//! Tests the engine as a process: its socket against strangers, its supervision against everything that can end a process.

mod process;
#[cfg(target_os = "linux")]
mod sandboxed;
mod socket;
mod support;
