//! Checks the promise of every change that is offered: it adds no fault and moves nothing else. Completion, the actions and
//! the command line all ask here.

pub mod delimiters;
pub mod faults;
pub mod names;
pub mod risks;

pub use faults::FaultCount;
