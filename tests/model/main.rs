//! Tests what runs a model or the binary: the engine on the embedded model, its process, the command line, and the server as an
//! editor starts it. One binary, because each links llama.cpp and the 16 MB model; nothing in it changes the process it shares.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic in a test is its report; some print what they counted"
)]

mod adapter;
mod cli;
#[path = "../shared/connection.rs"]
mod connection;
#[cfg(target_arch = "x86_64")]
mod cpu;
#[cfg(unix)]
mod daemon;
mod engine;
mod holes;
#[path = "../shared/home.rs"]
mod home;
mod program;
#[cfg(target_os = "linux")]
mod reliability;
mod serve;
#[path = "../shared/soak.rs"]
mod soak;
mod suggestions;
#[path = "../../src/testing.rs"]
mod testing;
