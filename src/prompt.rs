//! Builds prompt segments from the context of a cursor, in an order that keeps the KV cache. The engine tokenises the segments
//! and fits them to its budget.

mod layout;
mod segment;
mod stop;

pub use layout::build;
pub use segment::PromptBudget;
pub use stop::stop;
