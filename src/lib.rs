//! Completes code by a model on your own machine, and shows only what a parser has checked in its place.
//!
//! The map for newcomers is `ARCHITECTURE.md`: diagram, code map, invariants, glossary. This page has the same tours with links to
//! types and functions. Build it with `cargo doc --no-default-features --no-deps --document-private-items --open`.
//!
//! # Modules
//!
//! From the editor inwards. Nothing depends backwards; `tests/tidy.rs` holds the table and checks it.
//!
//! | | |
//! |---|---|
//! | [`cli`] | the command line, a file for each command |
//! | [`lsp`] | the language server; the only module with the protocol's types |
//! | [`session`] | open documents, settings, engines, and what runs for each document |
//! | [`workspace`] | tells the engine the texts of the folders that an editor works in |
//! | [`feedback`] | what becomes of suggestions and code actions |
//! | [`completion`] | from a request to a suggestion, or to a reason for silence |
//! | [`actions`] | code actions, a file for each |
//! | [`verify`] | the one judge of changes |
//! | [`imports`] | where names come from, and where the import of one goes |
//! | [`context`] | what is around a cursor |
//! | [`prompt`] | from a context to the segments of a prompt |
//! | [`document`] | text as a rope, its syntax tree, snapshots |
//! | [`diagnostics`] | what other servers report, read into one shape |
//! | [`language`] | languages as data, and strict parsers |
//! | [`engine`] | runs models: jobs in, pieces of text out |
//! | [`models`] | the model files: configured or embedded |
//! | [`config`] | settings |
//! | [`privacy`] | which files are private |
//! | [`calibration`] | makes probabilities mean the same for any model |
//! | [`stats`], [`plot`] | numbers about use, and plots of numbers |
//! | [`eval`] | measures suggestions |
//! | [`cancel`], [`paths`], [`cpu`], [`text`] | cancel tokens, folders, CPU features, comparing texts |
//!
//! # A change of a document
//!
//! [`lsp::transport`] reads a frame and hands it on in order. The handler of `didChange` calls [`Session::change`](session::Session::change)
//! with positions as they came; [`Document::change`](document::Document::change) turns them into [`Edit`](document::Edit)s in bytes, edits
//! the rope and tells the old tree. [`Feedback`](feedback::Feedback) looks whether that is what was suggested. Nothing is parsed.
//!
//! # A keystroke
//!
//! 1. The handler of `inlineCompletion` calls [`Session::begin`](session::Session::begin), which takes the
//!    [`Snapshot`](document::Snapshot) and cancels the request before, then [`Session::complete`](session::Session::complete).
//! 2. [`completion::complete`] runs the stages. It starts from what is remembered ([`completion::reuse`]), describes the cursor
//!    ([`CursorContext`](context::CursorContext)), lays out a prompt ([`prompt`]) and asks an [`Engine`](engine::Engine) with a
//!    [`Job`](engine::Job).
//! 3. The text is trimmed, cut back to what [`verify`] accepts, ranked ([`Rank`](completion::Rank)), and becomes a
//!    [`Suggestion`](completion::Suggestion). Or there is a [`Reason`](completion::Reason).
//!
//! # A code action
//!
//! 1. The handler of `codeAction` takes a [`View`](session::View) and asks [`actions::fixes`] and [`actions::lazy_actions`], which walk the
//!    table [`ACTIONS`](actions::ACTIONS).
//! 2. A [`Fix`](actions::Fix) has its edits already. A [`LazyAction`](actions::LazyAction) gets them by [`actions::resolve`] when
//!    the user chooses it.
//! 3. Every edit is judged by a [`Verifier`](verify::Verifier) under the [`Policy`](verify::Policy) of the action.
#![warn(missing_docs)]

pub mod actions;
pub mod calibration;
pub mod cancel;
pub mod cli;
pub mod completion;
pub mod config;
pub mod context;
pub mod cpu;
mod diagnostics;
pub mod document;
pub mod engine;
mod eval;
mod feedback;
pub mod hub;
mod imports;
pub mod language;
pub mod lsp;
pub mod models;
mod paths;
mod plot;
mod privacy;
mod prompt;
pub mod session;
pub mod stats;
pub mod symbols;
#[cfg(test)]
mod testing;
mod text;
pub mod verify;
pub mod workspace;

// So that `testing` reads the same here and in the integration tests, which include it.
#[cfg(test)]
extern crate self as treefill;
