//! Verifies many texts for one cursor, quickly: each by the top-level items around the cursor, and only the one that is about
//! to be shown by the whole file.

use std::cell::OnceCell;
use std::ops::Range;

use tree_sitter::Tree;

use super::change::Applied;
use super::delimiters;
use super::faults::{fresh_tree_faults, tree_faults};
use super::policy::INSERTION;
use super::structure::lines_of;
use super::{Rejection, Verifier};
use crate::document::{Edit, Part, Snapshot};
use crate::language::strict::{Faults, StrictReport};

/// Files up to this many lines are judged whole by the strict parser before anything is shown (3 ms for Python, 20 ms
/// for Rust); of longer ones, the top-level items around the cursor.
const STRICT_LINES: usize = 3000;
/// Files up to this size are parsed afresh when they have faults: error recovery may find others in an incremental
/// parse than in a fresh one, and editors and compilers parse afresh. 64 KiB take about 40 ms.
const FRESH_BYTES: usize = 64 * 1024;

/// How a text that breaks nothing compares with the document without it.
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

/// Verifies insertions at one cursor, under [`INSERTION`].
pub struct Nearby<'a> {
    verifier: Verifier,
    /// What the verified snapshot is of the document, when not all of it.
    part: Option<&'a Part>,
    tree_faults: usize,
    /// The items around the cursor, in bytes of the snapshot.
    items: Range<usize>,
    items_judged: StrictReport,
    broken_here: bool,
    /// The whole snapshot, judged when first needed.
    whole_judged: OnceCell<StrictReport>,
    fresh_faults: OnceCell<Option<usize>>,
}

impl<'a> Nearby<'a> {
    /// Verifies insertions at `offset` of `snapshot`, whose tree is `tree`. They are of `part` when only a part of the document
    /// is read.
    pub fn new(snapshot: &Snapshot, tree: &Tree, offset: usize, part: Option<&'a Part>) -> Self {
        let verifier = Verifier::with_tree(snapshot, tree.clone());
        let faults = tree_faults(tree);
        let whole = || (0..snapshot.len(), None);
        let (items, _) = snapshot.items_around(tree, &(offset..offset), usize::MAX).unwrap_or_else(whole);
        let items_judged = judge(snapshot, &items, part);
        let broken_here = touches(&faults, &lines_of(snapshot, &(offset..offset)));
        Self {
            verifier,
            part,
            tree_faults: faults.len(),
            items,
            items_judged,
            broken_here,
            whole_judged: OnceCell::new(),
            fresh_faults: OnceCell::new(),
        }
    }

    /// The snapshot with `edit`, and how it compares: the quick half, by the items around the cursor.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn fit(&self, edit: &Edit) -> Result<(Fit, Applied), Rejection> {
        let applied = self.verifier.apply(std::slice::from_ref(edit))?;
        let faults = tree_faults(&applied.tree);
        // Most cuts fail here, before the strict parser costs anything.
        if faults.len() > self.tree_faults {
            return Err(Rejection::AddsFault);
        }
        let items = self.items.start..applied.shifted_end(self.items.end);
        let judged = judge(&applied.after, &items, self.part);
        if judged.worse_than(&self.items_judged) {
            return Err(Rejection::AddsFault);
        }
        // A semantic fault that stood here before (a function without a body, say) is not this text's doing.
        let parses = |report: &StrictReport| report.faults.syntax_total() == 0;
        let was_whole = !self.broken_here && parses(&self.items_judged);
        if was_whole {
            self.verifier.verify_structure(&applied, &INSERTION, None)?;
        }
        let here = lines_of(&applied.after, &applied.inserted());
        let whole = parses(&judged) && !touches(&faults, &items) || was_whole && !touches(&faults, &here);
        let fewer = judged.faults.total() < self.items_judged.faults.total();
        let fit = match whole {
            true => Fit::Whole,
            false if fewer || faults.len() < self.tree_faults => Fit::Better,
            false => Fit::Same,
        };
        if fit != Fit::Whole && !self.ends_as_it_did(&applied.tree) {
            return Err(Rejection::MovesOthers);
        }
        Ok((fit, applied))
    }

    /// Whether the last item of a part is still by itself at its end, and sound: what leaves it so does nothing to what follows.
    fn ends_as_it_did(&self, tree: &Tree) -> bool {
        let mut cursor = tree.walk();
        self.part.and_then(|part| part.last).is_none_or(|length| {
            cursor.goto_last_child()
                && !cursor.node().has_error()
                && cursor.node().byte_range().len() == length
        })
    }

    /// The thorough half, for a text about to be shown: the whole file, parsed without knowledge of an older version.
    /// `countable` says that the odd brackets and the errors of a broken place mislead nobody: the text is a comment's.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn confirm(&self, fit: Fit, applied: &Applied, countable: bool) -> Result<(), Rejection> {
        let before = self.verifier.snapshot();
        if before.lines() <= STRICT_LINES {
            let judged = |snapshot: &Snapshot| judge(snapshot, &(0..snapshot.len()), self.part);
            let was = self.whole_judged.get_or_init(|| judged(before));
            let now = judged(&applied.after);
            let broken = now.faults.syntax_total() > 0;
            if now.worse_than(was) || broken && !self.stays_countable(applied, &now.faults, fit, countable) {
                return Err(Rejection::AddsFault);
            }
        }
        if before.len() > FRESH_BYTES || !applied.tree.root_node().has_error() {
            return Ok(());
        }
        let was = self.fresh_faults.get_or_init(|| fresh_tree_faults(before));
        match (fresh_tree_faults(&applied.after), was) {
            (Some(now), Some(was)) if now <= *was => Ok(()),
            _ => Err(Rejection::AddsFault),
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
    fn stays_countable(&self, applied: &Applied, now: &Faults, fit: Fit, countable: bool) -> bool {
        let language = applied.before.language.as_ref();
        let indented = language.is_some_and(|language| language.config.significant_indentation);
        match (delimiters::are_even(&applied.tree_before), delimiters::are_even(&applied.tree)) {
            (true, true) => indented || countable || fit == Fit::Whole,
            (true, false) => fit == Fit::Opens,
            (false, true) => indented || now.syntax <= 1,
            (false, false) => true,
        }
    }
}

/// What the strict parser finds in some of a snapshot, which is all of a document or a part of it.
fn judge(snapshot: &Snapshot, range: &Range<usize>, part: Option<&Part>) -> StrictReport {
    let strict = snapshot.language.as_ref().and_then(|language| language.strict);
    let first = range.start == 0 && part.is_none_or(|part| part.range.start == 0);
    let text = snapshot.slice(range.clone());
    if first { StrictReport::whole(strict, text) } else { StrictReport::inside(strict, text) }
}

fn touches(faults: &[Range<usize>], range: &Range<usize>) -> bool {
    faults.iter().any(|fault| fault.start <= range.end && fault.end >= range.start)
}
