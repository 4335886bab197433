//! Tests the language server over its real transport, in this process.

mod actions;
mod ahead;
mod canaries;
mod control;
mod diagnostics;
mod frames;
mod imports;
mod inline;
mod instruct;
mod menu;
mod notebooks;
mod others;
mod privacy;
mod pump;
mod recorded;
mod resolve;
mod settings;
mod spellings;
mod states;
mod stats;
pub mod support;
mod switches;
mod watched;
mod workspace;
