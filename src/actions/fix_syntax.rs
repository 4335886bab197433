//! Fixes syntax errors without a model: lists small edits near an error, orders them by how code of the language and of the
//! file usually looks, and keeps those with which the enclosing definition parses strictly.
//!
//! ```python before
//! def f(items):
//!     if len(itemsˇ > 3:
//!         return 1
//! ```
//! ```python after
//! def f(items):
//!     if len(items) > 3:
//!         return 1
//! ```

mod imbalance;
mod layout;
pub mod lexer;
pub mod model_score;
pub mod ngram;
mod region;
mod search;
mod site;
mod title;
mod tokens;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use lexer::Lexicon;
use ngram::{NgramTable, Ngrams};
use parking_lot::Mutex;
use region::LineTable;
use site::{ErrorSite, RepairCandidate};

use super::action::{ActionSpec, Fix, MenuKind, NO_CODE, Steps};
use super::request::{ActionRequest, RequestedFile};
use super::with_edits;
use crate::document::Snapshot;
use crate::document::tree::children;
use crate::language::Language;
use crate::language::strict::SyntaxError;

/// Repairs the syntax, without a model.
pub static SPEC: ActionSpec = ActionSpec {
    id: "fix_syntax",
    kind: MenuKind::QuickFix,
    steps: Steps::Ready { find: offers },
    not_here: NO_CODE,
    invalid: NO_CODE,
};

/// Repairs that are offered at most: more would be guesses.
const OFFERS: usize = 3;
/// A repair is preferred when the next one is this much less plausible (e³ is 20 to 1).
const CLEAR: f32 = 3.0;
/// Lines between the cursor and the error that is meant: a missing bracket shows far below.
const NEAR: usize = 40;
/// Files with more lines are judged in parts only, and their errors are the tree's.
const LONG: usize = 3_000;

/// The best repairs of the error that is meant, best first.
pub fn offers(request: &ActionRequest, file: &RequestedFile) -> Vec<Fix> {
    let start = Instant::now();
    let snapshot = &request.snapshot;
    let RequestedFile { language, text, verifier } = file;
    let lines = LineTable::new(text);
    let errors = errors(snapshot, language, text, verifier.tree());
    let Some(error) = meant(&errors, &lines, request) else { return Vec::new() };
    let lexicon = Lexicon::of(language);
    let mut places: Vec<usize> = vec![error];
    places.extend(imbalance::odd_brackets(text, &lexicon, &lines));
    let quotes = imbalance::odd_quotes(text, &lexicon, &lines, lines.of(error));
    let quotes = quotes.filter(|row| row + 2 < lines.of(error));
    places.extend(quotes.take(2).map(|row| lines.bytes(row..row + 1).start));
    places.extend(errors.iter().copied().filter(|other| *other > error).take(1));
    let site = ErrorSite::new(text, &lines, &lexicon, Ngrams::new(table(language)), &places);
    let mut candidates = tokens::candidates(&site);
    let (indent, significant) = (&language.config.indent, language.config.significant_indentation);
    candidates.extend(layout::candidates(&site, indent, significant));
    let candidates = search::in_order(text, candidates);
    let enumerated = start.elapsed();
    let search = search::Search { text, lines: &lines, language, verifier, snapshot };
    let found = search.run(&candidates, &places, request.time);
    tracing::debug!(?enumerated, all = ?start.elapsed(), candidates = candidates.len(), found = found.len(), "repairs");
    let near = |candidate: &&RepairCandidate| {
        request.range.as_ref().is_none_or(|range| is_near(&lines, candidate, error, range))
    };
    // Two that differ in white space only would look like the same one twice.
    let mut titles = HashSet::new();
    let new = |candidate: &&RepairCandidate| titles.insert(title::of(text, candidate));
    let found: Vec<&RepairCandidate> = found.iter().filter(near).filter(new).take(OFFERS).collect();
    let clear =
        found.first().is_some_and(|first| found.get(1).is_none_or(|next| first.score - next.score > CLEAR));
    let fixes = fixed_diagnostics(request, &lines, error);
    let offer = |(number, candidate): (usize, &&RepairCandidate)| Fix {
        action: &SPEC,
        title: title::of(text, candidate),
        preferred: number == 0 && clear,
        edits: vec![candidate.edit.clone()],
        fixes: fixes.clone(),
        score: candidate.score,
        kind: candidate.what.name(),
    };
    found.iter().enumerate().map(offer).collect()
}

/// What is wrong with the syntax of a text, with its places, in order. It parses: call it on a blocking thread.
pub fn complaints(snapshot: &Snapshot) -> Vec<SyntaxError> {
    let Some(language) = snapshot.language.as_deref() else { return Vec::new() };
    let Some(tree) = snapshot.parse() else { return Vec::new() };
    let text = snapshot.text.to_string();
    let strict = language.strict.filter(|_| snapshot.lines() <= LONG);
    let found = strict.map_or_else(Vec::new, |parser| parser.syntax_errors(&text));
    if !found.is_empty() || strict.is_some_and(|parser| parser.accepts(&text)) {
        return found;
    }
    let complaint = |start: usize| {
        let end = snapshot.line_end(start).max(start);
        SyntaxError { range: start..end, message: "the syntax is broken here".to_owned() }
    };
    let places = errors(snapshot, language, &text, &tree);
    places.into_iter().filter(|place| *place < text.len()).map(complaint).collect()
}

/// Where something is wrong, in order: what the strict parser says, else the tree.
fn errors(snapshot: &Snapshot, language: &Language, text: &str, tree: &tree_sitter::Tree) -> Vec<usize> {
    let strict = language.strict.filter(|_| snapshot.lines() <= LONG);
    let mut places: Vec<usize> = match strict {
        Some(parser) => {
            parser.syntax_errors(text).into_iter().map(|complaint| complaint.range.start).collect()
        }
        None => Vec::new(),
    };
    if places.is_empty() {
        // The first broken leaf of each top-level item is enough: what follows in it follows from it.
        places = children(tree.root_node()).into_iter().filter_map(first_error).collect();
    }
    if places.is_empty() && strict.is_some_and(|parser| !parser.accepts(text)) {
        // syn refuses it and does not say where: the cursor is the best guess.
        places.push(text.len());
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// The first ERROR or MISSING node in `node`.
fn first_error(node: tree_sitter::Node<'_>) -> Option<usize> {
    let mut node = node;
    loop {
        if node.is_error() || node.is_missing() {
            return Some(node.start_byte());
        }
        node = children(node).into_iter().find(|child| child.has_error() || child.is_missing())?;
    }
}

/// The error that is meant: the first of the file, or the nearest one to the range.
fn meant(errors: &[usize], lines: &LineTable<'_>, request: &ActionRequest) -> Option<usize> {
    let Some(range) = &request.range else { return errors.first().copied() };
    let row = lines.of(range.start);
    // One behind the cursor is as near as one before it at half the distance: parsers notice late.
    let far = |error: &usize| {
        let other = lines.of(*error);
        if other >= row { other - row } else { 2 * (row - other) }
    };
    let nearest = errors.iter().copied().min_by_key(far)?;
    (far(&nearest) <= NEAR || !request.diagnostics.is_empty()).then_some(nearest)
}

/// Whether an offer belongs to what was asked: its error or its edit is where the cursor is.
fn is_near(lines: &LineTable<'_>, candidate: &RepairCandidate, error: usize, range: &Range<usize>) -> bool {
    let rows = lines.of(range.start).saturating_sub(3)..lines.of(range.end) + 4;
    rows.contains(&lines.of(error)) || rows.contains(&lines.of(candidate.edit.range.start))
}

/// The diagnostics that report the same error.
fn fixed_diagnostics(request: &ActionRequest, lines: &LineTable<'_>, error: usize) -> Vec<usize> {
    let row = lines.of(error);
    let repairs = request.snapshot.language.as_ref().map(|language| &language.repairs);
    // What is said of names is not of the syntax, and what could not be read is of nothing.
    let of_syntax = |message: &str| {
        !message.is_empty() && repairs.is_none_or(|repairs| repairs.diagnostic_kind(message).is_none())
    };
    let same = |range: &Range<usize>| lines.of(range.start).abs_diff(row) <= 1;
    let found = request.diagnostics.iter().enumerate();
    let found = found.filter(|(_, diagnostic)| same(&diagnostic.range) && of_syntax(&diagnostic.message));
    found.map(|(number, _)| number).collect()
}

/// The ngrams of a language, read once.
fn table(language: &Language) -> Arc<NgramTable> {
    static TABLES: Mutex<Option<HashMap<String, Arc<NgramTable>>>> = Mutex::new(None);
    let mut tables = TABLES.lock();
    let read = || Arc::new(NgramTable::read(language.table("ngrams.txt").unwrap_or_default()));
    let tables = tables.get_or_insert_default();
    Arc::clone(tables.entry(language.name().to_owned()).or_insert_with(read))
}

/// The text after the first offer, for those who apply it at once.
pub fn repaired(snapshot: &Snapshot, offer: &Fix) -> Snapshot {
    with_edits(snapshot, &offer.edits)
}

#[cfg(test)]
mod tests;
