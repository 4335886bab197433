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
mod site;
mod stdlib;
mod suggested;
mod unused;

use std::collections::HashSet;
use std::ops::Range;
use std::time::Instant;

use recheck::Recheck;
use site::SourceView;

use super::action::{ActionSpec, Fix, MenuKind, NO_CODE, Steps};
use super::edits::applied;
use super::request::ActionRequest;
use crate::diagnostics::Diagnostic;
use crate::document::{Edit, Snapshot};
use crate::language::DiagnosticKind;

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

/// A possible repair.
#[derive(Debug, Clone, Default)]
pub struct Repair {
    /// What it does.
    title: String,
    /// The change, in bytes of the snapshot.
    edits: Vec<Edit>,
    /// How likely it is meant; compared within one diagnostic only.
    score: f32,
    /// Whether it is right unless the diagnostic is wrong.
    sure: bool,
    /// The unknown name that is known afterwards.
    settles: Option<Range<usize>>,
    /// Names that are defined no more, and must not be missed.
    gone: Vec<String>,
    /// See [`MAKERS`].
    kind: &'static str,
}

/// One diagnostic in its file.
pub struct FixContext<'a> {
    site: &'a SourceView<'a>,
    request: &'a ActionRequest,
    diagnostic: &'a Diagnostic,
    /// What it is about; None when only what came with it can help.
    diagnostic_kind: Option<DiagnosticKind>,
    /// The name it is about, where it stands.
    name: &'a str,
    at: Range<usize>,
}

/// What makes repairs, for the troubles it knows, and what their kind is called.
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
pub fn offers(request: &ActionRequest) -> Vec<Fix> {
    let start = Instant::now();
    let snapshot = &request.snapshot;
    let Some(language) = snapshot.language.clone().filter(|_| !request.diagnostics.is_empty()) else {
        return Vec::new();
    };
    let Some(tree) = snapshot.parse() else { return Vec::new() };
    let text = snapshot.text.to_string();
    let site = SourceView::new(snapshot, &language, &tree, &text);
    let recheck = Recheck::new(&site);
    let mut offers: Vec<(Fix, bool)> = Vec::new();
    let mut texts: HashSet<String> = HashSet::new();
    for (number, diagnostic) in request.diagnostics.iter().enumerate().take(DIAGNOSTICS) {
        let mut repairs = context(&site, request, diagnostic).repairs();
        repairs.truncate(CHECKED);
        let mut taken = 0;
        for repair in repairs {
            // The first one is always looked at: with a slow machine one is better than none.
            if taken == OFFERS || taken > 0 && start.elapsed() > 2 * request.time {
                break;
            }
            let text = applied(snapshot, &repair.edits).text.to_string();
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

fn context<'a>(
    site: &'a SourceView<'a>,
    request: &'a ActionRequest,
    diagnostic: &'a Diagnostic,
) -> FixContext<'a> {
    let (diagnostic_kind, at) = place(site.snapshot, site.text, diagnostic);
    FixContext { site, request, diagnostic, diagnostic_kind, name: &site.text[at.clone()], at }
}

/// What a diagnostic is about, and where: the name that it names, or its range. `text` is the snapshot's.
pub fn place(
    snapshot: &Snapshot,
    text: &str,
    diagnostic: &Diagnostic,
) -> (Option<DiagnosticKind>, Range<usize>) {
    let floor = |byte: usize| snapshot.floor(byte);
    let range = floor(diagnostic.range.start)..floor(diagnostic.range.end);
    let said =
        snapshot.language.as_ref().and_then(|language| language.repairs.diagnostic_kind(&diagnostic.message));
    let (diagnostic_kind, named) =
        said.map_or((None, None), |(diagnostic_kind, name)| (Some(diagnostic_kind), name));
    let mut at = range.clone();
    if let Some(named) = &named {
        let found = site::words(&text[range.clone()], named).next();
        // Some name the line only, or a statement that ends elsewhere.
        let line = snapshot.line_start(range.start)..snapshot.line_end(range.end);
        let in_line = || site::words(&text[line.clone()], named).next().map(|found| (line.start, found));
        if let Some((from, found)) = found.map(|found| (range.start, found)).or_else(in_line) {
            at = from + found.start..from + found.end;
        }
    }
    (diagnostic_kind, at)
}

impl FixContext<'_> {
    /// Every repair that comes to mind, likeliest first; of equally likely ones none is sure.
    fn repairs(&self) -> Vec<Repair> {
        let made = |(kind, make): &(&'static str, Maker)| {
            let kind = *kind;
            make(self).into_iter().map(move |repair| Repair { kind, ..repair })
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

    /// Whether it is about this.
    fn is(&self, diagnostic_kind: DiagnosticKind) -> bool {
        self.diagnostic_kind == Some(diagnostic_kind)
    }

    /// The text right behind the name.
    fn behind(&self) -> &str {
        &self.site.text[self.at.end..]
    }
}

#[cfg(test)]
mod tests;
