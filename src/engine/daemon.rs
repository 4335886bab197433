//! Runs the engine as a process of its own, shared by all editors: address, wire format, server, client, supervision.
//!
//! llama.cpp can abort the process it runs in, so it runs where its death costs nothing. Everything here speaks through a
//! Unix socket that only this user can reach; no network socket is ever opened. It runs no model itself: the server is
//! given an [`Engine`](super::Engine).

pub mod address;
pub mod ask;
pub mod client;
pub mod confinement;
pub mod launch;
pub mod log;
pub mod sandbox;
pub mod server;
pub mod wire;

use super::DaemonOptions;
