//! Validates every change that is offered: it adds no fault and moves nothing outside of its [`Policy`]. Completion, the
//! actions and the command line call it, each with the policy of its kind of change.

pub mod change;
pub mod delimiters;
pub mod doubles;
pub mod faults;
pub mod names;
pub mod nearby;
pub mod policy;
pub mod prose;
pub mod risks;
pub mod sense;
mod structure;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use tree_sitter::Tree;

pub use change::Applied;
pub use faults::FaultCount;
pub use policy::Policy;
pub(crate) use structure::lines_of;

use crate::document::{Edit, Snapshot};
use crate::text::is_word;
use policy::UnknownNames;
use structure::Zones;

/// Names are looked up in the whole of files up to this many lines, of longer ones in what is new only: one that is nowhere
/// near costs 2.5 ms for each thousand.
pub const NAMES_LINES: usize = 3_000;

/// The rule that a change breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejection {
    /// The text cannot be parsed within the limits, or its edits overlap.
    #[error("it cannot be judged")]
    NotJudged,
    /// Something outside of its zone is not what it was.
    #[error("something else would move")]
    MovesOthers,
    /// The new text is not what it has to be.
    #[error("the new text is of another kind")]
    WrongFilling,
    /// There is a fault more.
    #[error("there would be a fault more")]
    AddsFault,
    /// There is a name more that nothing accounts for.
    #[error("there would be an unknown name more")]
    AddsUnknownName,
    /// There is a risk more.
    #[error("there would be a risk more")]
    AddsRisk,
}

/// Verifies changes of one document; what is known of the document before is found once.
pub struct Verifier {
    snapshot: Snapshot,
    tree: Tree,
    faults: OnceLock<Option<FaultCount>>,
    unknown: OnceLock<HashSet<String>>,
}

impl Verifier {
    /// Verifies changes of `snapshot`. None when it cannot be parsed. Blocks: call it on a blocking thread.
    pub fn new(snapshot: &Snapshot) -> Option<Self> {
        Some(Self::with_tree(snapshot, snapshot.parse()?))
    }

    /// The same for a snapshot whose tree is `tree`.
    pub fn with_tree(snapshot: &Snapshot, tree: Tree) -> Self {
        let snapshot = snapshot.with_tree(tree.clone());
        Self { snapshot, tree, faults: OnceLock::new(), unknown: OnceLock::new() }
    }

    /// The document as it is; it knows its tree.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The tree of the document as it is.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// What is wrong with the document as it is; None when it cannot be parsed afresh.
    pub fn faults(&self) -> Option<&FaultCount> {
        self.faults.get_or_init(|| FaultCount::quick(&self.snapshot)).as_ref()
    }

    /// The names of the document as it is that nothing accounts for.
    pub fn unknown(&self) -> &HashSet<String> {
        self.unknown.get_or_init(|| unknown(&self.snapshot, &self.tree, 0..self.snapshot.len()))
    }

    /// The document with `edits`, all in bytes of the document as it is.
    ///
    /// # Errors
    /// [`Rejection::NotJudged`] when two edits overlap or the result cannot be parsed.
    pub fn apply(&self, edits: &[Edit]) -> Result<Applied, Rejection> {
        Applied::new(&self.snapshot, &self.tree, edits).ok_or(Rejection::NotJudged)
    }

    /// Whether `applied` changes nothing else and puts the right thing into its zone: the quick half of [`Self::verify`].
    /// `region` is the range (bytes of the document as it is) that may change, where the edits do not say it.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn verify_structure(
        &self,
        applied: &Applied,
        policy: &Policy,
        region: Option<&Range<usize>>,
    ) -> Result<(), Rejection> {
        let zones = Zones::new(applied, policy, region);
        if !zones.are_all_that_changed() {
            return Err(Rejection::MovesOthers);
        }
        if zones.are_filled() { Ok(()) } else { Err(Rejection::WrongFilling) }
    }

    /// Whether `applied` keeps the whole promise; what is wrong with the text then. `region` as above.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn verify(
        &self,
        applied: &Applied,
        policy: &Policy,
        region: Option<&Range<usize>>,
    ) -> Result<FaultCount, Rejection> {
        // In a broken text trees say too little of what is behind.
        let broken = policy.kept == policy::Kept::Behind && self.tree.root_node().has_error();
        let policy = if broken { &Policy { kept: policy::Kept::Nothing, ..*policy } } else { policy };
        self.verify_structure(applied, policy, region)?;
        let before = self.faults().ok_or(Rejection::NotJudged)?;
        let faults = FaultCount::quick(&applied.after).ok_or(Rejection::NotJudged)?;
        if !faults.adds_nothing_to(before) {
            return Err(Rejection::AddsFault);
        }
        if !policy.risks {
            let added = |new: &Range<usize>| risks::added(&self.snapshot, &applied.after, new);
            let none = |new| added(new).is_some_and(|risks| risks.is_empty());
            if !applied.changes.iter().all(|(_, new)| none(new)) {
                return Err(Rejection::AddsRisk);
            }
        }
        let accounted = match policy.names {
            UnknownNames::Allowed => true,
            UnknownNames::NoneInside => self.adds_no_name_inside(applied),
            UnknownNames::NoneInFile => self.adds_no_name_to_file(applied),
        };
        if accounted { Ok(faults) } else { Err(Rejection::AddsUnknownName) }
    }

    /// Whether `edits` keep the whole promise of `policy`.
    pub fn allows(&self, edits: &[Edit], policy: &Policy) -> bool {
        self.apply(edits).and_then(|applied| self.verify(&applied, policy, None)).is_ok()
    }

    fn adds_no_name_inside(&self, applied: &Applied) -> bool {
        applied.changes.iter().all(|(old, new)| {
            let now = unknown(&applied.after, &applied.tree, new.clone());
            now.is_empty() || now.is_subset(&unknown(&self.snapshot, &self.tree, old.clone()))
        })
    }

    fn adds_no_name_to_file(&self, applied: &Applied) -> bool {
        let adds_none = if applied.after.lines() > NAMES_LINES {
            self.adds_no_name_inside(applied)
        } else {
            unknown(&applied.after, &applied.tree, 0..applied.after.len()).is_subset(self.unknown())
        };
        if !adds_none {
            return false;
        }
        // A name that was unknown in what goes, and nowhere else, would be as wrong again.
        applied.changes.iter().all(|(old, new)| {
            let gone = unknown(&self.snapshot, &self.tree, old.clone());
            let now = unknown(&applied.after, &applied.tree, new.clone());
            now.intersection(&gone).all(|name| self.stands_outside(name, old))
        })
    }

    /// Whether `name` stands somewhere in the document as it is, outside of `range`.
    fn stands_outside(&self, name: &str, range: &Range<usize>) -> bool {
        let text = self.snapshot.text.to_string();
        let stands = |text: &str| text.split(|c| !is_word(c)).any(|word| word == name);
        stands(&text[..range.start]) || stands(&text[range.end..])
    }
}

/// The names in the bytes `range` of `snapshot`, whose tree is `tree`, that nothing accounts for.
pub fn unknown(snapshot: &Snapshot, tree: &Tree, range: Range<usize>) -> HashSet<String> {
    names::check(snapshot, tree, range).unknown.into_iter().collect()
}

#[cfg(test)]
mod tests;
