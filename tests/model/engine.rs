//! Tests the engine: what it generates, what it refuses, how it tokenises.

mod chat;
mod files;
mod generation;
mod memory;
pub mod support;
mod vocabulary;
