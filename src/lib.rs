//! treefill: a local code-completion daemon whose suggestions the parser has already validated.
//!
//! The map, from the editor inwards (nothing depends backwards; `tests/tidy.rs` checks it):
//! `cli` → `lsp` → `session` → { `feedback` → } { `actions` → } `completion` → { `verify`, `prompt`, `context`, `engine`, `document`, `language` }.
#![warn(missing_docs)]

pub mod actions;
pub mod cancel;
pub mod cli;
pub mod completion;
pub mod config;
pub mod context;
pub mod cpu;
pub mod diagnostics;
pub mod document;
pub mod engine;
pub mod eval;
pub mod feedback;
pub mod language;
pub mod lsp;
pub mod models;
pub mod paths;
pub mod plot;
pub mod prompt;
pub mod session;
pub mod stats;
#[cfg(test)]
mod testing;
pub mod text;
pub mod verify;

// So that `testing` reads the same here and in the integration tests, which include it.
#[cfg(test)]
extern crate self as treefill;
