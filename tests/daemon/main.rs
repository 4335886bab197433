//! The engine as a process: its socket against strangers, its supervision against everything that can end a process.
#![allow(clippy::unwrap_used, reason = "a panic in a test is its report")]
#![cfg(unix)]

mod process;
mod socket;
mod support;
