//! Tests the binary's command line: what it says and returns, above all for bad input.

mod changes;
mod commands;
mod eval;
mod generate;
mod models;
mod places;
mod settings;
mod stats;

use crate::home::{Home, run};
