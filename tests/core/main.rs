//! Tests everything that needs no model: languages, documents, the pipeline with a scripted engine, and the language server in
//! this process. `tests/model` tests what runs a model or the binary.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic in a test is its report; some print what they counted"
)]

#[path = "../shared/connection.rs"]
mod connection;
mod documents;
mod languages;
mod lsp;
mod pipeline;
#[path = "../../src/testing.rs"]
mod testing;
mod verify;
