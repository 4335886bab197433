//! Remembers everything about a running treefill: open documents, what was shown where, the settings, the engines.
//!
//! [`Session`] has one mutex. A request handler takes one [`View`] of a document, or begins one request, in one locked
//! moment. There are no LSP types here: the language server, the command line and the evaluation drive the same session.

mod asked_model;
mod calibration;
mod cells;
mod complete;
mod counts;
mod engines;
mod events;
mod fall_back;
mod feedback;
mod imports;
mod last_request;
mod notebooks;
mod open_document;
mod overview;
mod prefetch;
mod rank_fixes;
mod resolve;
mod screen;
mod settings;
mod speed;
mod stand_in;
mod state;
mod switches;
mod sync;
mod tasks;
#[cfg(test)]
mod testing;
mod view;
mod workspace_view;

pub(crate) use calibration::identity;
pub(crate) use complete::Query;
pub(crate) use events::SessionEvent;
pub use last_request::LastRequest;
pub(crate) use notebooks::ToldCell;
pub use overview::{DocumentOverview, Interrupts, Overview};
pub(crate) use resolve::ResolveError;
pub use stand_in::StandIn;
pub use state::{EngineStarter, Session};
pub use switches::Off;
pub(crate) use switches::{SwitchScope, Switches};
pub(crate) use sync::Changed;
pub(crate) use view::View;
pub(crate) use workspace_view::WorkspaceView;
