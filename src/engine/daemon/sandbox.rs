//! Shuts the engine's process in before it reads a model: files, programs, network, rights and memory that running one does not need.
//!
//! llama.cpp parses a file that somebody else made. What such a file could make it do ends at this fence. A system that has no such
//! fence runs the engine without; [`Confinement`] says what holds.

#[cfg(target_os = "linux")]
mod files;
mod memory;
#[cfg(target_os = "linux")]
mod restrict;

use super::DaemonOptions;
use super::address::Address;
use super::confinement::Confinement;

/// Shuts this process in, for good, as `settings` want it. It has to be called while there is one thread: what binds a thread binds
/// those that it starts, and no others.
pub fn enter(settings: &DaemonOptions, address: &Address) -> Confinement {
    let memory = memory::limit(settings).filter(|&bytes| memory::apply(bytes));
    if !settings.sandbox.sandbox {
        let landlock = Err("off (engine.sandbox = false)".to_owned());
        return Confinement { landlock, no_new_privileges: false, memory };
    }
    #[cfg(target_os = "linux")]
    let (no_new_privileges, landlock) = {
        let mut allowed = files::needed(&settings.options, address);
        let network = match &settings.remote {
            None => restrict::Network::None,
            Some(remote) => {
                allowed.extend(files::for_server(remote));
                restrict::Network::Connects(remote.ports())
            }
        };
        (restrict::refuse_privileges(), restrict::landlock(&allowed, network))
    };
    #[cfg(not(target_os = "linux"))]
    let (no_new_privileges, landlock) = {
        let _ = address;
        (false, Err("none on this system; Linux has one".to_owned()))
    };
    Confinement { landlock, no_new_privileges, memory }
}
