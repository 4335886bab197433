//! Tests the program from outside, as `benches/RELIABILITY.md` lists it: each file has some rows. An engine process that plays a script
//! stands in for the model's.

mod cancel;
mod ends;
pub mod engine;
mod kills;
mod large;
mod load;
mod memory;
mod models;
mod network;
mod panics;
mod soak;
pub mod support;
