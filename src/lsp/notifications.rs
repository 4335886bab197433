//! Handles the client's notifications, one file each. None of them waits, because the next message is read only after it.

pub mod did_change;
pub mod did_change_configuration;
pub mod did_change_watched_files;
pub mod did_change_workspace_folders;
pub mod did_close;
pub mod did_move_folders;
pub mod did_open;
pub mod initialized;
pub mod notebook;
