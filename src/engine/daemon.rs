//! The engine as a process of its own, shared by all editors: address, wire format, server, client, supervision.
//!
//! llama.cpp can abort the process it runs in, so it runs where its death costs nothing. Everything here speaks through a
//! Unix socket that only this user can reach; no network socket is ever opened. It runs no model itself: the server is
//! given an [`Engine`](super::Engine).

pub mod address;
pub mod ask;
mod budget;
pub mod client;
mod connection;
pub mod launch;
mod link;
pub mod log;
pub mod server;
pub mod wire;

use serde::{Deserialize, Serialize};

use super::Options;

/// All that an engine process is told when it is started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The model, and how to run it.
    pub options: Options,
    /// Seconds that it stays after its last client has gone.
    pub linger_s: u64,
    /// Seconds without work after which the model is given up until the next job; 0 keeps it.
    pub unload_s: u64,
}

impl Settings {
    /// The defaults for a model.
    pub fn new(options: Options) -> Self {
        Self { options, linger_s: super::LINGER_S, unload_s: 0 }
    }
}
