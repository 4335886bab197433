//! Handles the client's requests, one file each. The first statement of a handler takes the session's view of the document, or
//! begins its request: only what runs before the first wait happens before later messages.

pub mod add_imports;
mod apply_edit;
pub mod code_action;
pub mod completion;
pub mod execute_command;
pub mod initialize;
pub mod inline_completion;
pub mod resolve_action;
pub mod rewrite;
