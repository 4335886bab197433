//! Remembers the tokens of a workspace, and says what followed the longest same context in it.
//!
//! Code repeats itself locally (Hindle et al. 2012; Tu, Su, Devanbu 2014), more than a small model can know. What came after the
//! same tokens in the prompt, in open or changed files, and in the rest of the workspace is mixed into the model's distribution
//! at every step (Khandelwal et al. 2020; Liu et al. 2024), and proposes tokens that the model verifies in one batch
//! (prompt-lookup decoding). It knows tokens only: no text, no files, no llama.cpp.

mod cursor;
mod draft;
mod index;
mod mix;
mod recall;
mod shelf;

pub use draft::{Costs, Drafter, MOST_DRAFTED};
pub use index::{Index, ORDER, SEPARATOR};
pub use mix::{FEATURES, Model, SourceTrace, Weights};
pub use recall::{Matches, Recall, Recalled, SOURCES, Source};
pub use shelf::{MOST_TOKENS, MemoryStats, Shelf, Shelves};
