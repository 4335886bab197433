//! From the cursor's surroundings to prompt segments, in an order that keeps the KV cache. Pure; it counts no tokens:
//! the engine tokenises the segments and fits them to its budget.

mod layout;
mod segment;
mod stop;

pub use layout::build;
pub use segment::PromptBudget;
pub use stop::stop;
