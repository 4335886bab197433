//! Tests everything that needs no model: languages, documents, the pipeline with a scripted engine, the language server in this
//! process, and `treefill fix`. `tests/model` tests what runs a model, and the rest of the binary.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic in a test is its report; some print what they counted"
)]

#[path = "../shared/connection.rs"]
mod connection;
mod documents;
#[cfg(unix)]
mod download;
#[cfg(unix)]
mod environment;
#[path = "../shared/faults.rs"]
mod faults;
mod fix;
#[path = "../shared/home.rs"]
mod home;
#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod http_server;
mod judges;
mod languages;
mod lsp;
#[path = "../shared/oracle.rs"]
mod oracle;
mod pipeline;
#[cfg(target_os = "linux")]
mod reliability;
mod remote;
#[cfg(target_os = "linux")]
mod sandbox;
#[path = "../shared/soak.rs"]
mod soak;
#[path = "../../src/testing.rs"]
mod testing;
mod verify;
