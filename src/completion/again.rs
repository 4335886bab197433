//! When to ask the model a second time, and for what. It generates nothing itself.

use super::outcome::{Completion, Reason};
use crate::engine::Sampling;

/// Texts drawn in a second try: one batch from the prompt that is evaluated already.
pub const CANDIDATES: usize = 3;

/// Warm enough that they differ from the likeliest text, which did not fit.
pub const SAMPLING: Sampling = Sampling::Seeded { temperature: 0.6, top_p: 0.95, seed: 1 };

/// Whether nothing of the first try will do, for a reason that another try may cure.
pub fn is_wanted(found: &Result<Vec<Completion>, Reason>) -> bool {
    matches!(found, Err(Reason::Invalid | Reason::Repetition | Reason::AlreadyThere))
}

/// The results of both tries.
pub fn both(
    first: Result<Vec<Completion>, Reason>,
    second: Result<Vec<Completion>, Reason>,
) -> Result<Vec<Completion>, Reason> {
    match (first, second) {
        (Ok(mut first), Ok(second)) => {
            first.extend(second);
            Ok(first)
        }
        (Err(_), Ok(second)) => Ok(second),
        // What the first try ran into says more, unless there is nobody any more who wants to know.
        (_, Err(Reason::Superseded)) => Err(Reason::Superseded),
        (first, Err(_)) => first,
    }
}
