//! The promise: applying a suggestion breaks nothing. The candidate is applied to a copy of the text, parsed, and
//! compared with a reference, the document as it stands, which is usually broken at the cursor already.
//!
//! It changes no candidate; cut-back tries shorter ones.

mod structure;

use std::cell::OnceCell;
use std::ops::Range;

use tree_sitter::Tree;

use super::outcome::CheckLevel;
use super::trim::Candidate;
use crate::context::{CursorContext, CursorIn};
use crate::document::{Edit, Part, Snapshot, with_line_ends};
use crate::language::strict::{Faults, StrictParser, StrictReport};
use crate::verify::faults::{fresh_tree_faults, tree_faults};
use crate::verify::names::{self, Names};
use crate::verify::{delimiters, risks};
pub use structure::is_kept as keeps_what_follows;

/// Files up to this many lines are judged whole by the strict parser before anything is shown (3 ms for Python, 20 ms
/// for Rust); of longer ones, the top-level items around the cursor.
const STRICT_LINES: usize = 3000;
/// Files up to this size are parsed afresh when they have faults: error recovery may find others in an incremental
/// parse than in a fresh one, and who checks us parses afresh. 64 KiB take about 40 ms.
const FRESH_BYTES: usize = 64 * 1024;

/// Names are looked up in files up to this many lines: one that is nowhere near costs 2.5 ms for each thousand.
const NAMES_LINES: usize = 3000;

/// How a candidate that breaks nothing compares with the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// No worse than before, but the place is still broken.
    Same,
    /// Fewer faults than before.
    Better,
    /// Whole but for the `}` of the block that its end opens.
    Opens,
    /// The place is whole.
    Whole,
}

/// A candidate that passed the quick part, and the document with it.
pub struct Trial {
    /// How it compares.
    pub fit: Fit,
    /// The document with it, which knows its tree.
    applied: Snapshot,
    tree: Tree,
    /// The bytes of `applied` that are new.
    inserted: Range<usize>,
    /// For [`Fit::Opens`]: the same with that block closed.
    closed: Option<Box<Trial>>,
}

/// What tells against a candidate that breaks nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signs {
    /// Names it uses that nothing in the file accounts for.
    pub unknown: usize,
    /// Names it defines that hide a builtin.
    pub shadowing: usize,
    /// Whether it adds a risk ([`risks`]).
    pub risky: bool,
}

/// Judges candidates for one cursor.
pub struct Judge<'a> {
    /// Knows the tree, so that the parse of a candidate is incremental.
    snapshot: Snapshot,
    tree: &'a Tree,
    context: &'a CursorContext,
    /// The cursor in the snapshot.
    offset: usize,
    /// What the snapshot is of the document, when not all of it.
    part: Option<&'a Part>,
    strict: Option<StrictParser>,
    tree_faults: Vec<Range<usize>>,
    region: Range<usize>,
    region_judged: StrictReport,
    /// The whole file, judged when first needed.
    whole_judged: OnceCell<StrictReport>,
    fresh_faults: OnceCell<Option<usize>>,
    broken_here: bool,
}

impl<'a> Judge<'a> {
    /// A judge for the cursor in `context`; `tree` is the tree of exactly this snapshot.
    pub fn new(snapshot: &Snapshot, tree: &'a Tree, context: &'a CursorContext) -> Self {
        Self::at(snapshot, tree, context, None)
    }

    /// The same for a document of which only `part` was read; `tree` is the part's.
    pub fn of_part(part: &'a Part, tree: &'a Tree, context: &'a CursorContext) -> Self {
        Self::at(&part.snapshot, tree, context, Some(part))
    }

    fn at(snapshot: &Snapshot, tree: &'a Tree, context: &'a CursorContext, part: Option<&'a Part>) -> Self {
        let offset = context.offset - part.map_or(0, |part| part.range.start);
        let snapshot = snapshot.with_tree(tree.clone());
        let tree_faults = tree_faults(tree);
        let strict = snapshot.language.as_ref().and_then(|language| language.strict);
        let whole = || (0..snapshot.len(), None);
        let (region, _) = snapshot.items_around(tree, &(offset..offset), usize::MAX).unwrap_or_else(whole);
        let first = begins(part) && region.start == 0;
        let region_judged = judge_part(strict, snapshot.slice(region.clone()), first);
        let broken_here = touches(&tree_faults, &line_of(&snapshot, offset));
        Self {
            snapshot,
            tree,
            context,
            offset,
            part,
            strict,
            tree_faults,
            region,
            region_judged,
            whole_judged: OnceCell::new(),
            fresh_faults: OnceCell::new(),
            broken_here,
        }
    }

    /// What a passed candidate may call itself.
    pub fn verdict(&self) -> CheckLevel {
        if self.strict.is_some() { CheckLevel::Strict } else { CheckLevel::Tree }
    }

    /// Compare the document with `candidate` applied to the document as it stands: the quick part, for many candidates.
    /// None when it breaks something, or nothing can be said: never shown.
    pub fn fit(&self, candidate: &Candidate) -> Option<Trial> {
        let (applied, range, inserted) = self.apply(candidate);
        let tree = applied.parse()?;
        let faults = tree_faults(&tree);
        if faults.len() > self.tree_faults.len() {
            return None;
        }
        let region = self.region.start..self.region.end - range.end + inserted.end;
        let first = begins(self.part) && region.start == 0;
        let judged = judge_part(self.strict, applied.slice(region.clone()), first);
        if judged.worse_than(&self.region_judged) {
            return None;
        }
        let (left, before) = (judged.faults.total(), self.region_judged.faults.total());
        let was_whole = !self.broken_here && before == 0;
        if was_whole && !structure::is_kept(self.tree, &tree, &self.snapshot, &range, &inserted) {
            return None;
        }
        let here = line_of(&applied, inserted.start).start..line_of(&applied, inserted.end).end;
        let fit = if left == 0 && !touches(&faults, &region) || was_whole && !touches(&faults, &here) {
            Fit::Whole
        } else if left < before || faults.len() < self.tree_faults.len() {
            Fit::Better
        } else {
            Fit::Same
        };
        if fit != Fit::Whole && !self.ends_as_it_did(&tree) {
            return None;
        }
        let closed = if fit == Fit::Whole { None } else { self.closed(candidate) };
        let fit = if closed.is_some() { Fit::Opens } else { fit };
        Some(Trial { fit, applied: applied.with_tree(tree.clone()), tree, inserted, closed })
    }

    /// A candidate that opens a block at the end of its line, with that block closed, where this makes the place whole: then
    /// the odd brace is all that is wrong with it, and rustc reports that as one error.
    fn closed(&self, candidate: &Candidate) -> Option<Box<Trial>> {
        let alone =
            self.context.line.after.get(candidate.takes..).is_some_and(|right| right.trim().is_empty());
        let opens = self.context.block_opener == "{" && candidate.text.ends_with('{') && alone;
        let text = opens.then(|| format!("{}\n}}", candidate.text))?;
        let trial = self.fit(&Candidate { text, takes: candidate.takes })?;
        (trial.fit == Fit::Whole && delimiters::are_even(&trial.tree)).then(|| Box::new(trial))
    }

    /// Whether the last item of a part is still by itself at its end, and sound.
    fn ends_as_it_did(&self, tree: &Tree) -> bool {
        let mut cursor = tree.walk();
        // Whatever leaves it so does nothing to what follows.
        self.part.and_then(|part| part.last).is_none_or(|length| {
            cursor.goto_last_child()
                && !cursor.node().has_error()
                && cursor.node().byte_range().len() == length
        })
    }

    fn names(&self, Trial { applied, tree, inserted, .. }: &Trial) -> Names {
        match self.part.is_some() || applied.lines() > NAMES_LINES {
            true => Names::default(),
            false => names::check(applied, tree, inserted.clone()),
        }
    }

    /// A candidate that passed, with other names for those of builtins that it defines, if it does and can.
    pub fn renamed(&self, trial: &Trial, candidate: &Candidate) -> Option<Candidate> {
        let shadowing = self.names(trial).shadowing;
        let text = (!shadowing.is_empty())
            .then(|| names::renamed(&trial.applied, &trial.tree, &trial.inserted, &shadowing))??;
        Some(Candidate { text: text.replace(self.context.line_ending, "\n"), takes: candidate.takes })
    }

    /// What tells against a candidate that passed.
    pub fn signs(&self, trial: &Trial) -> Signs {
        let names = self.names(trial);
        let Trial { applied, inserted, .. } = trial;
        let risks = risks::added(&self.snapshot, applied, inserted);
        Signs {
            unknown: names.unknown.len(),
            shadowing: names.shadowing.len(),
            risky: risks.is_some_and(|risks| !risks.is_empty()),
        }
    }

    /// The thorough part, for a candidate about to be shown: the whole file, as someone would check it who knows
    /// nothing of regions and of incremental parsing.
    pub fn confirm(&self, Trial { fit, applied, tree, closed, .. }: &Trial) -> bool {
        if closed.as_ref().is_some_and(|closed| !self.confirm(closed)) {
            return false;
        }
        if self.snapshot.lines() <= STRICT_LINES {
            let judged =
                |snapshot: &Snapshot| judge_part(self.strict, snapshot.text.to_string(), begins(self.part));
            let before = self.whole_judged.get_or_init(|| judged(&self.snapshot));
            let after = judged(applied);
            let broken = after.faults.total() > 0;
            if after.worse_than(before) || broken && !self.stays_countable(tree, &after.faults, *fit) {
                return false;
            }
        }
        if self.snapshot.len() > FRESH_BYTES || !tree.root_node().has_error() {
            return true;
        }
        let before = self.fresh_faults.get_or_init(|| fresh_tree_faults(&self.snapshot));
        match (fresh_tree_faults(applied), before) {
            (Some(after), Some(before)) => after <= *before,
            _ => false,
        }
    }

    /// In a text that stays broken, brackets that paired up go on to; and in a language of brackets, an odd one may find
    /// a partner only if at most one fault is left. A compiler of such a language (rustc) reports the odd bracket alone,
    /// and everything else only when all pair up: the suggestion would seem to have caused it. It may have: an opener
    /// that pairs with a stray closer a hundred lines below looks like a repair.
    ///
    /// When all pair up and the items around the cursor are still broken, how many errors such a compiler finds depends on
    /// how it recovers: `pub(crate) fn` before a misplaced line has three for rustc where `pu` has one, and one for
    /// rust-analyzer. Nothing is shown there that does not repair the place.
    fn stays_countable(&self, tree: &Tree, after: &Faults, fit: Fit) -> bool {
        match (delimiters::are_even(self.tree), delimiters::are_even(tree)) {
            (true, true) => {
                let free =
                    self.context.significant_indentation || self.context.cursor_in == CursorIn::Comment;
                free || fit == Fit::Whole
            }
            (true, false) => fit == Fit::Opens,
            (false, true) => self.context.significant_indentation || after.syntax <= 1,
            (false, false) => true,
        }
    }

    /// The document with `candidate`, what was replaced of the old, and what is new in it.
    fn apply(&self, candidate: &Candidate) -> (Snapshot, Range<usize>, Range<usize>) {
        let start = self.offset;
        let range = start..start + candidate.takes;
        let text = with_line_ends(&candidate.text, self.context.line_ending);
        let inserted = start..start + text.len();
        (self.snapshot.with_edit(&Edit::replace(range.clone(), text.as_str())), range, inserted)
    }
}

/// Whether what is judged begins with the document.
fn begins(part: Option<&Part>) -> bool {
    part.is_none_or(|part| part.range.start == 0)
}

/// The same for a part of a document; `first` when the document begins with it.
fn judge_part(parser: Option<StrictParser>, text: String, first: bool) -> StrictReport {
    if first { StrictReport::whole(parser, text) } else { StrictReport::inside(parser, text) }
}

/// The bytes of the line that holds `offset`, its line end included.
fn line_of(snapshot: &Snapshot, offset: usize) -> Range<usize> {
    let row = snapshot.line_of(offset);
    let end = if row + 1 < snapshot.lines() { snapshot.text.line_to_byte(row + 1) } else { snapshot.len() };
    snapshot.text.line_to_byte(row)..end
}

fn touches(faults: &[Range<usize>], range: &Range<usize>) -> bool {
    faults.iter().any(|fault| fault.start <= range.end && fault.end >= range.start)
}
