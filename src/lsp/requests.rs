//! Requests of the client, one file each. The first statement of each takes its snapshot: only what runs before the
//! first wait happens before later messages.

pub mod completion;
pub mod execute_command;
pub mod initialize;
pub mod inline_completion;
