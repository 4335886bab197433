//! Checks what can be checked of a repair without the server that reported the problem: `verify` allows it, the name that was
//! unknown is known, and no name that goes is missed.

use super::repair::Repair;
use crate::imports::site::{SourceView, words};
use crate::verify::{Verifier, policy, unknown};

/// Places of a name that are looked at: each costs up to some milliseconds.
const PLACES: usize = 24;

/// Checks repairs of one file.
pub struct Recheck<'a> {
    /// The file.
    pub site: &'a SourceView<'a>,
    /// Verifies changes of it.
    pub verifier: &'a Verifier,
}

impl Recheck<'_> {
    /// Whether the repair may be offered.
    pub fn passes(&self, repair: &Repair) -> bool {
        let Ok(applied) = self.verifier.apply(&repair.edits) else { return false };
        if self.verifier.verify(&applied, &policy::DIAGNOSTIC_REPAIR, None).is_err() {
            return false;
        }
        if let Some(at) = &repair.settles {
            let name = &self.site.text[at.clone()];
            let now = applied.shifted_end(at.end) - at.len()..applied.shifted_end(at.end);
            // A change of the name itself is judged by what it became.
            if applied.after.slice(now.clone()) == name
                && unknown(&applied.after, &applied.tree, now).contains(name)
            {
                return false;
            }
        }
        let text = applied.after.text.to_string();
        repair.gone.iter().all(|name| {
            let is_missed = |at| unknown(&applied.after, &applied.tree, at).contains(name);
            let was_missed = |at| unknown(self.site.snapshot, self.site.tree, at).contains(name);
            !words(&text, name).take(PLACES).any(is_missed)
                || words(self.site.text, name).take(PLACES).any(was_missed)
        })
    }
}
