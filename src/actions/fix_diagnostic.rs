//! Repairs what another server or a compiler reports, without a model: by small, exact edits, checked as far as that is possible
//! without the reporter. `grammars/<lang>/repairs.toml` classifies messages, `repairs.scm` finds places.
//!
//! ```python before
//! x = ⟦Path⟧('a')
//! ```
//! ```text message
//! "Path" is not defined
//! ```
//! ```python after
//! from pathlib import Path
//!
//! x = Path('a')
//! ```

mod borrow;
mod import;
mod insertion;
mod member;
mod mutable;
mod nearest;
mod recheck;
mod repair;
mod site;
mod stdlib;
mod suggested;
mod unused;

use std::collections::HashSet;
use std::time::Instant;

use recheck::Recheck;
pub use repair::place;
use repair::{FixContext, Repair};
use site::SourceView;

use super::action::{ActionSpec, Fix, MenuKind, NO_CODE, Steps};
use super::request::{ActionRequest, RequestedFile};
use super::with_edits;

/// Repairs what a diagnostic reports, without a model.
pub static SPEC: ActionSpec = ActionSpec {
    id: "fix_diagnostic",
    kind: MenuKind::QuickFix,
    steps: Steps::Ready { find: offers },
    not_here: NO_CODE,
    invalid: NO_CODE,
};

/// Repairs that are offered for one diagnostic at most.
const OFFERS: usize = 3;
/// Diagnostics that are looked at: an editor sends those under the cursor.
const DIAGNOSTICS: usize = 8;
/// Candidates that are checked for one diagnostic; each costs a parse.
const CHECKED: usize = 8;

/// The functions that make repairs, and what the kind of their repairs is called.
const MAKERS: &[(&str, Maker)] = &[
    ("suggested", suggested::repairs),
    ("member", member::repairs),
    ("import", import::repairs),
    ("nearest", nearest::repairs),
    ("unused", unused::repairs),
    ("mutable", mutable::repairs),
    ("borrow", borrow::repairs),
];
type Maker = fn(&FixContext<'_>) -> Vec<Repair>;

/// The sure repairs of what is complained about, best first.
pub fn offers(request: &ActionRequest, file: &RequestedFile) -> Vec<Fix> {
    let start = Instant::now();
    let snapshot = &request.snapshot;
    if request.diagnostics.is_empty() {
        return Vec::new();
    }
    let RequestedFile { language, text, verifier } = file;
    let site = SourceView::new(snapshot, language, verifier.tree(), text);
    let recheck = Recheck { site: &site, verifier };
    let mut offers: Vec<(Fix, bool)> = Vec::new();
    let mut texts: HashSet<String> = HashSet::new();
    for (number, diagnostic) in request.diagnostics.iter().enumerate().take(DIAGNOSTICS) {
        let mut repairs = repairs(&FixContext::new(&site, request, diagnostic));
        repairs.truncate(CHECKED);
        let mut taken = 0;
        for repair in repairs {
            // The first one is always looked at: with a slow machine one is better than none.
            if taken == OFFERS || taken > 0 && start.elapsed() > 2 * request.time {
                break;
            }
            let text = with_edits(snapshot, &repair.edits).text.to_string();
            let same = offers.iter_mut().find(|(offer, _)| offer.edits == repair.edits);
            if let Some((offer, _)) = same {
                offer.fixes.push(number);
                offer.fixes.dedup();
                continue;
            }
            if texts.contains(&text) || text == site.text || !recheck.passes(&repair) {
                continue;
            }
            texts.insert(text);
            taken += 1;
            let Repair { title, edits, sure, score, kind, .. } = repair;
            let (action, fixes) = (&SPEC, vec![number]);
            let offer = Fix { action, title, preferred: false, edits, fixes, score, kind };
            offers.push((offer, sure));
        }
    }
    tracing::debug!(all = ?start.elapsed(), offers = offers.len(), "repairs of diagnostics");
    let sure = offers.iter().filter(|(_, sure)| *sure).count();
    offers.sort_by_key(|(_, sure)| !sure);
    let preferred = |(mut offer, is_sure): (Fix, bool)| {
        offer.preferred = is_sure && sure == 1;
        offer
    };
    offers.into_iter().map(preferred).collect()
}

/// Every repair that the makers know, the most likely first. None is sure when the most likely one is not.
fn repairs(context: &FixContext<'_>) -> Vec<Repair> {
    let made = |(kind, make): &(&'static str, Maker)| {
        let kind = *kind;
        make(context).into_iter().map(move |repair| Repair { kind, ..repair })
    };
    let mut repairs: Vec<Repair> = MAKERS.iter().flat_map(made).collect();
    repairs.retain(|repair| !repair.edits.is_empty());
    for repair in &mut repairs {
        repair.edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    }
    repairs.sort_by(|a, b| b.score.total_cmp(&a.score));
    // Where the likeliest is doubtful, what is less likely is so too.
    if repairs.first().is_some_and(|first| !first.sure) {
        repairs.iter_mut().for_each(|repair| repair.sure = false);
    }
    repairs
}

#[cfg(test)]
mod tests;
