//! Tests the engine: what it generates, what it refuses, how it tokenises.

mod chat;
mod files;
mod generation;
pub mod support;
mod vocabulary;
