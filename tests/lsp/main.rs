//! The language server over its real transport, in this process and as a process of its own. What suggestions say is
//! tested beside the pipeline.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod actions;
mod ahead;
#[cfg(feature = "embedded-model")]
mod binary;
mod diagnostics;
mod frames;
mod inline;
mod instruct;
mod menu;
mod pump;
mod recorded;
mod resolve;
mod settings;
mod stats;
mod support;
mod switches;
