//! The pipeline from trigger to outcome with a scripted model: what comes out for a given text at a given cursor.
//! No language server is started, and only `model` loads a model.

#![allow(clippy::unwrap_used, reason = "a panic in a test is its report")]

mod check;
mod complaints;
mod flow;
#[cfg(feature = "embedded-model")]
mod model;
mod promise;
mod properties;
