//! Finds and makes code actions, each checked before it is offered: an edit never adds a fault to the text as it is.
//!
//! A new action is one file with a `SPEC` and one row in [`registry::ACTIONS`]. Names on the wire are `lsp`'s.

pub mod action;
mod chat;
pub mod docstring;
mod edits;
pub mod explain;
pub mod fix_diagnostic;
pub mod fix_syntax;
pub mod fix_with_instruct;
mod function;
pub mod generate_from_comment;
pub mod implement;
mod in_notebook;
pub mod regenerate;
pub mod registry;
mod request;
pub mod rewrite;
mod rounds;
mod signature;
#[cfg(test)]
mod testing;
pub mod workspace;

pub use crate::verify::change::with_edits;
pub use action::{ActionSpec, Fix, LazyAction, MenuKind, Resolve};
pub use registry::{ACTIONS, by_id, fixes, lazy_actions, resolve};
pub use request::{ActionRequest, AvailableModels, MENU_TIME, SMALL_PARAMETERS};
pub use workspace::Workspace;
