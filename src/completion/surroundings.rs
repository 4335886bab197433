//! Reads what is needed to complete and to check at a target: its tree, of all of the document or of a part, and its context.

use std::sync::Arc;

use tree_sitter::Tree;

use super::outcome::Reason;
use super::project::ForeignPlace;
use super::target::Target;
use crate::context::CursorContext;
use crate::document::{Part, Snapshot, Unparsed};
use crate::prompt::ForeignText;

/// Children of a broken node that are looked at.
const WIDEST: u32 = 5_000;

/// A target and what is around it.
pub struct Surroundings {
    /// The place.
    pub target: Target,
    /// What of the target's snapshot `tree` is of; None: all of it.
    pub part: Option<Part>,
    /// The tree; None where the language is unknown or the document too large, so that nothing can be checked.
    pub tree: Option<Tree>,
    /// The context of the cursor.
    pub context: CursorContext,
    /// What the prompt shows of other files.
    pub foreign: Option<Arc<ForeignText>>,
}

impl Surroundings {
    /// Parse and look around. It takes milliseconds: call it on a blocking thread.
    ///
    /// # Errors
    /// [`Reason::NotHere`] in a notebook's cell of another language. [`Reason::NotParsed`] when the language is known and the
    /// document of a usual size, but the parser gave up, or found one broken piece too wide to look at: to show unchecked text
    /// there would surprise.
    pub fn read(target: Target) -> Result<Self, Reason> {
        if target.snapshot.is_foreign() {
            return Err(Reason::NotHere);
        }
        let target = target.in_notebook();
        let (snapshot, offset) = (&target.snapshot, target.offset);
        if let Some(part) = snapshot.part(offset)
            && let Ok(tree) = part.snapshot.try_parse()
            && !is_too_wide(&tree, offset.saturating_sub(part.range.start))
        {
            let context = CursorContext::within(snapshot, &part, &tree, offset);
            return Ok(Self { part: Some(part), tree: Some(tree), context, target, foreign: None });
        }
        let tree = match snapshot.try_parse() {
            Ok(tree) => Some(tree),
            Err(Unparsed::NoLanguage | Unparsed::TooLarge) => None,
            Err(_) => return Err(Reason::NotParsed),
        };
        if tree.as_ref().is_some_and(|tree| is_too_wide(tree, offset)) {
            return Err(Reason::NotParsed);
        }
        let context = CursorContext::at(snapshot, tree.as_ref(), offset);
        Ok(Self { part: None, tree, context, target, foreign: None })
    }

    /// Where text of other files is looked for.
    pub fn foreign_place(&self) -> ForeignPlace<'_> {
        let snapshot = &self.target.snapshot;
        // The tree of a part has not the imports of the file.
        let tree = if self.part.is_none() { self.tree.as_ref() } else { snapshot.last_tree() };
        ForeignPlace { snapshot, tree, offset: self.target.offset }
    }

    /// The document and its tree. None where the tree is of a part, or of a text with a menu entry or with cells that the
    /// document has not.
    pub fn tree_of_document(&self) -> Option<(Snapshot, Tree)> {
        let is_whole =
            self.part.is_none() && self.target.snapshot.text.is_instance(&self.target.document.text);
        Some((self.target.document.clone(), self.tree.clone().filter(|_| is_whole)?))
    }
}

/// Whether the cursor is in a broken piece of very many parts (50 000 opening brackets): queries take the square of their number.
fn is_too_wide(tree: &Tree, offset: usize) -> bool {
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.is_error() && node.child_count() > WIDEST {
            return true;
        }
        if cursor.goto_first_child_for_byte(offset).is_none() {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_piece_of_very_many_parts_is_not_looked_at() {
        let read = |text: &str| {
            let (document, cursor) = crate::testing::fixture("python", text);
            let snapshot = document.clone();
            let (offset, cursor) = (cursor.start, cursor.start);
            Surroundings::read(Target { document, cursor, snapshot, offset, entry: None }).map(drop)
        };
        let brackets = |count| format!("x = 1\n{}\u{2c7}\n", "(".repeat(count));
        assert_eq!(read(&brackets(20_000)), Err(Reason::NotParsed));
        assert_eq!(read(&brackets(200)), Ok(()));
    }
}
