//! Builds prompt segments from the context of a cursor, in an order that keeps the KV cache. The engine tokenises the segments
//! and fits them to its budget.

mod foreign;
mod layout;
mod segment;
mod signatures;
mod stop;

pub use foreign::{ForeignText, signature_bytes};
pub use layout::build;
pub use segment::PromptBudget;
#[cfg(test)]
pub use signatures::{ShownSignature, SignatureReason};
pub use signatures::{SignaturePlace, find as find_signatures};
pub use stop::stop;

#[cfg(test)]
mod tests;
