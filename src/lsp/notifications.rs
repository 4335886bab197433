//! Notifications of the client, one file each. None of them waits: the next message is read only after.

pub mod did_change;
pub mod did_change_configuration;
pub mod did_close;
pub mod did_open;
pub mod initialized;
