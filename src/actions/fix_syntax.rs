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

mod asked;
mod body;
mod brackets;
mod choice;
mod class;
mod idioms;
mod imbalance;
mod layout;
pub mod lexer;
pub mod model_score;
pub mod ngram;
mod pairs;
mod quotes;
mod region;
mod search;
mod site;
mod spacing;
mod spelling;
mod statement;
mod title;
mod tokens;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use asked::AskedError;
use imbalance::LonelyBracket;
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

/// Places that are looked at.
const PLACES: usize = 6;
/// Files with more lines are judged in parts only, and their errors are the tree's.
const LONG: usize = 3_000;

/// The best repairs of the error that is meant, best first.
pub fn offers(request: &ActionRequest, file: &RequestedFile) -> Vec<Fix> {
    let start = Instant::now();
    let snapshot = &request.snapshot;
    let RequestedFile { language, text, verifier } = file;
    let lines = LineTable::new(text);
    let errors = errors(snapshot, language, text, verifier.tree(), request.range.as_ref());
    let lexicon = Lexicon::of(language);
    if errors.is_empty() {
        return habits(request, file, &lines, &lexicon);
    }
    let tokens = lexicon.tokens(text, 0..text.len());
    let imbalances = asked::imbalances(text, &tokens);
    let Some(asked) = AskedError::find(&errors, &imbalances, (text, &tokens), &lines, request) else {
        return habits(request, file, &lines, &lexicon);
    };
    let error = asked.place;
    let (indent, significant) = (&language.config.indent, language.config.significant_indentation);
    let lonely = imbalance::lonely(text, &tokens, &lines, significant);
    let odd = imbalance::odd_quotes(text, &tokens, &lexicon, &lines, lines.of(error));
    let doubled = imbalance::doubled_keywords(text, &tokens, error);
    let places = places(text, &lines, &errors, error, &lonely, &odd, &doubled);
    let ngrams = Ngrams::new(table(language));
    let site = ErrorSite::new(text, &lines, &lexicon, ngrams, tokens, &places);
    let mut candidates = tokens::candidates(&site);
    candidates.extend(layout::candidates(&site, indent, significant));
    candidates.extend(quotes::candidates(&site, &odd));
    candidates.extend(brackets::candidates(&site, &lonely));
    candidates.retain(|candidate| !body::is_made_of_a_word(&site, language, candidate));
    candidates.extend(body::candidates(&site, language));
    let mut meant = idioms::candidates(&site, language);
    meant.extend(spelling::candidates(&site, language));
    let mut meant = search::in_order(text, &lexicon, meant);
    let candidates = search::in_order(text, &lexicon, candidates);
    // Nobody means `let let`.
    let twice = candidates.iter().filter(|candidate| candidate.drops_doubled_keyword(text, &lexicon));
    meant.extend(twice.take(4).cloned());
    let enumerated = start.elapsed();
    let uneven = !lonely.is_empty();
    let search =
        search::Search { text, lines: &lines, language, lexicon: &lexicon, verifier, snapshot, uneven };
    let found = search.run(&meant, &candidates, &places, request.time);
    tracing::debug!(?enumerated, all = ?start.elapsed(), candidates = candidates.len(), found = found.len(), "repairs");
    let found: Vec<&RepairCandidate> =
        found.iter().filter(|candidate| asked.is_answered_by(candidate, &lines)).collect();
    let asked = request.range.as_ref().map(|range| lines.of(range.start)..lines.of(range.end) + 1);
    let titles = title::Titles { site: &site, repairs: &language.repairs, asked };
    let fixes = fixed_diagnostics(request, &lines, error);
    let offer = |choice: choice::OfferedRepair<'_>| Fix {
        action: &SPEC,
        title: choice.title,
        // Nothing is brought to today's version by surprise.
        preferred: choice.preferred && !language.is_older(text),
        exact_share: choice.exact_share,
        edits: vec![choice.candidate.edit.clone()],
        fixes: fixes.clone(),
        score: choice.candidate.score,
        kind: choice.candidate.what.name(),
    };
    choice::choose(&found, text, &lexicon, language, &titles).into_iter().map(offer).collect()
}

/// The class of a repair, for those who measure: its name in `grammars/<lang>/repairs.toml`.
pub fn class_name(snapshot: &Snapshot, fix: &Fix) -> Option<&'static str> {
    let language = snapshot.language.as_deref()?;
    let edit = fix.edits.first().filter(|_| fix.action == &SPEC)?;
    let what = site::RepairKind::by_name(fix.kind)?;
    let class = class::RepairClass::of(&snapshot.text.to_string(), edit, &what, &Lexicon::of(language));
    Some(class.name())
}

/// The places that a repair may be near: the error that is meant, where brackets and quotes contradict the layout, and the
/// errors before and behind.
fn places(
    text: &str,
    lines: &LineTable<'_>,
    errors: &[usize],
    error: usize,
    lonely: &[LonelyBracket],
    odd: &[usize],
    doubled: &[usize],
) -> Vec<usize> {
    let mut places: Vec<usize> = vec![error];
    places.extend(doubled.iter().take(2));
    places.extend(lonely.iter().map(|bracket| bracket.place.min(text.len())).take(3));
    let rows = odd.iter().filter(|row| lines.of(error).abs_diff(**row) > 2);
    places.extend(rows.take(2).map(|row| lines.bytes(*row..row + 1).start));
    places.extend(errors.first());
    places.extend(errors.iter().copied().find(|other| *other > error));
    let mut seen = HashSet::new();
    places.retain(|place| seen.insert(*place));
    places.truncate(PLACES);
    places
}

/// Cures of habits in code that parses, where the cursor is: nobody means `except A, b:`.
fn habits(
    request: &ActionRequest,
    file: &RequestedFile,
    lines: &LineTable<'_>,
    lexicon: &Lexicon,
) -> Vec<Fix> {
    let Some(range) = &request.range else { return Vec::new() };
    let found = idioms::accepted(file, lines, lexicon, range);
    let offer = |candidate: RepairCandidate| Fix {
        action: &SPEC,
        title: candidate.title.clone().unwrap_or_default(),
        preferred: false,
        exact_share: None,
        fixes: fixed_diagnostics(request, lines, candidate.edit.range.start),
        score: candidate.score,
        kind: candidate.what.name(),
        edits: vec![candidate.edit],
    };
    found.into_iter().take(choice::OFFERS).map(offer).collect()
}

/// What is wrong with the syntax of a text, with its places, in order. It parses: call it on a blocking thread.
pub fn complaints(snapshot: &Snapshot) -> Vec<SyntaxError> {
    let Some(language) = snapshot.language.as_deref() else { return Vec::new() };
    let Some(tree) = snapshot.parse() else { return Vec::new() };
    let text = snapshot.text.to_string();
    if language.is_older(&text) {
        return Vec::new();
    }
    let text = language.masked(&text).into_owned();
    let strict = language.strict.filter(|_| snapshot.lines() <= LONG);
    let found = strict.map_or_else(Vec::new, |parser| parser.syntax_errors(&text));
    if !found.is_empty() || strict.is_some_and(|parser| parser.accepts(&text)) {
        return found;
    }
    let complaint = |start: usize| {
        let end = snapshot.line_end(start).max(start);
        SyntaxError { range: start..end, message: "the syntax is broken here".to_owned() }
    };
    let places = errors(snapshot, language, &text, &tree, None);
    places.into_iter().filter(|place| *place < text.len()).map(complaint).collect()
}

/// Where something is wrong, in order: what the strict parser says, else the tree, else where one asks.
fn errors(
    snapshot: &Snapshot,
    language: &Language,
    text: &str,
    tree: &tree_sitter::Tree,
    asked: Option<&Range<usize>>,
) -> Vec<usize> {
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
        // syn refuses it and does not say where: the asked line is the best guess.
        let asked = asked.map_or(text.len(), |range| snapshot.line_end(range.end));
        places.push(asked);
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
mod meaning_tests;
#[cfg(test)]
mod reported_tests;
#[cfg(test)]
mod tests;
