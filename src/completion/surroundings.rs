//! Reads what is needed to complete and to check at a target: its tree, of all of the document or of a part, and its context.

use tree_sitter::Tree;

use super::outcome::Reason;
use super::target::Target;
use crate::context::CursorContext;
use crate::document::{Part, Snapshot, Unparsed};

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
}

impl Surroundings {
    /// Parse and look around. It takes milliseconds: call it on a blocking thread.
    ///
    /// # Errors
    /// [`Reason::NotHere`] in a notebook's cell of another language. [`Reason::NotParsed`] when the language is known and the document of a usual size, but the parser gave up: to show
    /// unchecked text there would surprise.
    pub fn read(target: Target) -> Result<Self, Reason> {
        if target.snapshot.is_foreign() {
            return Err(Reason::NotHere);
        }
        let target = target.in_notebook();
        let (snapshot, offset) = (&target.snapshot, target.offset);
        if let Some(part) = snapshot.part(offset)
            && let Ok(tree) = part.snapshot.try_parse()
        {
            let context = CursorContext::within(snapshot, &part, &tree, offset);
            return Ok(Self { part: Some(part), tree: Some(tree), context, target });
        }
        let tree = match snapshot.try_parse() {
            Ok(tree) => Some(tree),
            Err(Unparsed::NoLanguage | Unparsed::TooLarge) => None,
            Err(_) => return Err(Reason::NotParsed),
        };
        let context = CursorContext::at(snapshot, tree.as_ref(), offset);
        Ok(Self { part: None, tree, context, target })
    }

    /// The document and its tree. None where the tree is of a part, or of a text with a menu entry or with cells that the
    /// document has not.
    pub fn tree_of_document(&self) -> Option<(Snapshot, Tree)> {
        let is_whole =
            self.part.is_none() && self.target.snapshot.text.is_instance(&self.target.document.text);
        Some((self.target.document.clone(), self.tree.clone().filter(|_| is_whole)?))
    }
}
