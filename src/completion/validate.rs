//! The promise: applying a suggestion breaks nothing. The candidate is applied to a copy of the text, parsed, and
//! compared with a reference, the document as it stands, which is usually broken at the cursor already.
//!
//! It changes no candidate; cut-back tries shorter ones.

mod structure;

use std::ops::Range;

use tree_sitter::Tree;

use super::faults;
use super::outcome::Verdict;
use super::trim::Candidate;
use crate::context::{CursorContext, LineEnd};
use crate::document::{Edit, Snapshot};

/// How a candidate compares with the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It breaks something, or nothing can be said: never shown.
    Breaks,
    /// No worse than before, but the place is still broken.
    Same,
    /// Fewer faults than before.
    Better,
    /// The place is whole.
    Whole,
}

/// Judges candidates for one cursor.
pub struct Judge<'a> {
    /// Knows the tree, so that the parse of a candidate is incremental.
    snapshot: Snapshot,
    tree: &'a Tree,
    context: &'a CursorContext,
    tree_faults: Vec<Range<usize>>,
    strict_faults: usize,
    broken_here: bool,
}

impl<'a> Judge<'a> {
    /// A judge for the cursor in `context`; `tree` is the tree of exactly this snapshot.
    pub fn new(snapshot: &Snapshot, tree: &'a Tree, context: &'a CursorContext) -> Self {
        let tree_faults = faults::of_tree(tree);
        let strict_faults = strict(snapshot);
        let snapshot = snapshot.with_tree(tree.clone());
        let line = line_of(&snapshot, context.offset);
        let broken_here = touches(&tree_faults, &line);
        Self { snapshot, tree, context, tree_faults, strict_faults, broken_here }
    }

    /// What a passed candidate may call itself.
    pub fn verdict(&self) -> Verdict {
        let strict = self.snapshot.language.as_ref().is_some_and(|language| language.strict.is_some());
        if strict { Verdict::Strict } else { Verdict::Tree }
    }

    /// Compare the document with `candidate` applied to the document as it stands.
    pub fn fit(&self, candidate: &Candidate) -> Fit {
        let start = self.context.offset;
        let range = start..start + candidate.takes;
        let text = with_line_ends(&candidate.text, self.context.line_end);
        let applied = self.snapshot.with_edit(&Edit::replace(range.clone(), text.as_str()));
        let Some(tree) = applied.parse() else { return Fit::Breaks };
        let faults = faults::of_tree(&tree);
        if faults.len() > self.tree_faults.len() {
            return Fit::Breaks;
        }
        let strict_faults = strict(&applied);
        if strict_faults > self.strict_faults {
            return Fit::Breaks;
        }
        let inserted = start..start + text.len();
        if !self.broken_here && !structure::is_kept(self.tree, &tree, &self.snapshot, &range, &inserted) {
            return Fit::Breaks;
        }
        let here = line_of(&applied, inserted.start).start..line_of(&applied, inserted.end).end;
        if strict_faults == 0 && faults.is_empty() || !self.broken_here && !touches(&faults, &here) {
            Fit::Whole
        } else if strict_faults < self.strict_faults || faults.len() < self.tree_faults.len() {
            Fit::Better
        } else {
            Fit::Same
        }
    }
}

/// The text with the document's own line ends.
pub fn with_line_ends(text: &str, line_end: LineEnd) -> String {
    match line_end {
        LineEnd::Lf => text.to_owned(),
        LineEnd::CrLf => text.replace('\n', "\r\n"),
    }
}

fn strict(snapshot: &Snapshot) -> usize {
    let parser = snapshot.language.as_ref().and_then(|language| language.strict);
    parser.map_or(0, |parser| parser.errors(&snapshot.text.to_string()))
}

/// The bytes of the line that holds `offset`, its line end included.
fn line_of(snapshot: &Snapshot, offset: usize) -> Range<usize> {
    let text = &snapshot.text;
    let row = text.byte_to_line(offset);
    let end = if row + 1 < text.len_lines() { text.line_to_byte(row + 1) } else { text.len_bytes() };
    text.line_to_byte(row)..end
}

fn touches(faults: &[Range<usize>], range: &Range<usize>) -> bool {
    faults.iter().any(|fault| fault.start <= range.end && fault.end >= range.start)
}
