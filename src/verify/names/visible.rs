//! Lists the names that can be seen at a place, with where each is defined.

use std::ops::Range;

use tree_sitter::Tree;

use super::File;
use crate::document::Snapshot;

/// A name and the bytes where it is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visible {
    /// The name.
    pub name: String,
    /// Where it is defined.
    pub range: Range<usize>,
}

/// Every definition whose name is seen from the bytes `at` of `snapshot`, whose tree is `tree`, in order of the file.
/// Builtin names are not among them.
pub fn visible(snapshot: &Snapshot, tree: &Tree, at: &Range<usize>) -> Vec<Visible> {
    let Some(language) = snapshot.language.as_deref() else { return Vec::new() };
    let text = snapshot.text.to_string();
    let file = File { language, tree, text: &text };
    let facts = file.facts(0..text.len());
    let mut found = Vec::new();
    for definition in facts.definitions.iter().filter(|definition| facts.sees(definition, at)) {
        let mut add = |range: Range<usize>| {
            if range != *at && !facts.uses.contains(&range.start) {
                found.push(Visible { name: text[range.clone()].to_owned(), range });
            }
        };
        match definition.single {
            true => add(definition.range.clone()),
            false => file.names_in(&definition.range, |_, range| add(range)),
        }
    }
    found.sort_by_key(|visible: &Visible| visible.range.start);
    found.dedup();
    found
}
