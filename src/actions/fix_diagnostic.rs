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
mod fit;
mod import;
mod member;
mod mutable;
mod nearest;
mod recheck;
mod removal;
mod repair;
mod suggested;
mod unused;

use std::time::Instant;

pub use fit::{DiagnosticPlace, fits, place};
use recheck::Recheck;
use repair::{FixContext, Repair};
use ropey::Rope;

use super::action::{ActionSpec, Fix, MenuKind, NO_CODE, Steps};
use super::request::{ActionRequest, RequestedFile};
use super::with_edits;
use crate::diagnostics::Diagnostic;
use crate::imports::site::SourceView;
use crate::language::DiagnosticKind;
use crate::symbols::Import;

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
/// A repair whose score is this much below that of a sure one is not sure beside it.
const CLEAR: f32 = 3.5;
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
    let mut offers: Vec<Offer> = Vec::new();
    for Complaint { numbers, diagnostic, place } in complaints(request, text) {
        let mut repairs = repairs(&FixContext::new(&site, request, &diagnostic, place));
        repairs.truncate(CHECKED);
        let mut taken = 0;
        for repair in repairs {
            // The first one is always looked at: with a slow machine one is better than none.
            if taken == OFFERS || taken > 0 && start.elapsed() > 2 * request.time {
                break;
            }
            // What its own server removes, it removes as well as we do.
            if repair.kind == "unused" && taken > 0 {
                continue;
            }
            let text = with_edits(snapshot, &repair.edits).text;
            if let Some(same) = offers.iter_mut().find(|offer| offer.text == text) {
                same.fix.fixes.extend(&numbers);
                same.fix.fixes.sort_unstable();
                same.fix.fixes.dedup();
                continue;
            }
            if text == snapshot.text || !recheck.passes(&repair) {
                continue;
            }
            taken += 1;
            let Repair { title, edits, sure, score, kind, .. } = repair;
            let (action, fixes) = (&SPEC, numbers.clone());
            let fix = Fix { action, title, preferred: false, exact_share: None, edits, fixes, score, kind };
            offers.push(Offer { fix, text, sure });
        }
    }
    tracing::debug!(all = ?start.elapsed(), offers = offers.len(), "repairs of diagnostics");
    offers.sort_by_key(|offer| !offer.sure);
    // Of two sure repairs of one diagnostic neither is clearly the one to take.
    let of_same = |a: &Fix, b: &Fix| a.fixes.iter().any(|number| b.fixes.contains(number));
    let is_preferred = |offer: &Offer| {
        offer.sure && offers.iter().filter(|other| other.sure && of_same(&offer.fix, &other.fix)).count() == 1
    };
    let preferred: Vec<bool> = offers.iter().map(is_preferred).collect();
    offers.into_iter().zip(preferred).map(|(offer, preferred)| Fix { preferred, ..offer.fix }).collect()
}

/// A repair that passed.
struct Offer {
    fix: Fix,
    /// The text after it.
    text: Rope,
    sure: bool,
}

/// One or more diagnostics that report the same of the same place: several servers may look at a file.
struct Complaint {
    /// Their indices in the request.
    numbers: Vec<usize>,
    /// The first of them, with what came with the others.
    diagnostic: Diagnostic,
    place: DiagnosticPlace,
}

/// The diagnostics of a request, those together that report the same.
fn complaints(request: &ActionRequest, text: &str) -> Vec<Complaint> {
    let mut found: Vec<Complaint> = Vec::new();
    for (number, diagnostic) in request.diagnostics.iter().enumerate().take(DIAGNOSTICS) {
        let place = place(&request.snapshot, text, diagnostic);
        let is_same =
            |other: &&mut Complaint| place.kind.is_some() && !place.at.is_empty() && other.place == place;
        match found.iter_mut().find(is_same) {
            Some(same) => {
                same.numbers.push(number);
                same.diagnostic.suggestions.extend(diagnostic.suggestions.iter().cloned());
            }
            None => found.push(Complaint { numbers: vec![number], diagnostic: diagnostic.clone(), place }),
        }
    }
    found
}

/// Every repair that the makers know, the most likely first. None is sure when the most likely one is not.
fn repairs(context: &FixContext<'_>) -> Vec<Repair> {
    if is_settled(context) {
        return Vec::new();
    }
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
    // Where the likeliest is doubtful, what is less likely is so too; and what is clearly less likely is no rival to a sure one.
    if let Some((first, others)) = repairs.split_first_mut() {
        for other in others {
            other.sure &= first.sure && first.score - other.score < CLEAR;
        }
    }
    repairs
}

/// Whether the name that is said to be unknown is imported, where a name means one thing only: then the diagnostic is of
/// another text.
fn is_settled(context: &FixContext<'_>) -> bool {
    let (site, rules) = (context.site, &context.site.language.repairs.imports);
    let binds = |import: &Import| {
        import.statement.end <= context.at.start
            && import.binds(&rules.separator) == context.name
            && site.is_at_top(&import.statement, &context.at)
    };
    !rules.whole.is_empty() && context.is(DiagnosticKind::UnknownName) && site.imports.iter().any(binds)
}

#[cfg(test)]
mod tests;
