//! Tests the actions that take instructions with a real model, and a very small one: SmolLM2-135M-Instruct. `make test-models`
//! fetches it and runs this; `make test` does not. What such a model writes is often wrong, so nothing here says what it must
//! write: only that it is asked in its own words, that it ends, and that what is wrong is told and not applied.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic in a test is its report; what the model wrote is for people"
)]

mod answers;
#[path = "../../src/testing.rs"]
mod testing;
mod words;

use std::path::PathBuf;

use treefill::engine::{ModelOptions, ModelRole, ModelTuning};

/// The model's file.
fn model() -> PathBuf {
    let named = std::env::var_os("TREEFILL_TEST_INSTRUCT");
    named.expect("TREEFILL_TEST_INSTRUCT names the model's file; `make test-models` fetches it").into()
}

/// How it is run: on one thread, because those of llama.cpp wait for each other on a machine that has other work.
fn options() -> ModelOptions {
    let tuning = ModelTuning { threads: Some(1), ..ModelTuning::default() };
    ModelOptions { role: ModelRole::Instruct, tuning, ..ModelOptions::new(model()) }
}
