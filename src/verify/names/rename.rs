//! Renames what a new text defines over a builtin: the same name with an underscore behind it, as PEP 8 has it for names
//! that are taken.

use std::ops::Range;

use tree_sitter::Tree;

use super::{Definition, File, is_whole_word};
use crate::document::Snapshot;

/// The text in `inserted` with other names for `names`, which it defines; none where that cannot be done in it alone: a part
/// of a name stands before it, or the new name is in use.
pub fn renamed(
    snapshot: &Snapshot,
    tree: &Tree,
    inserted: &Range<usize>,
    names: &[String],
) -> Option<String> {
    let language = snapshot.language.as_deref()?;
    let text = snapshot.text.to_string();
    let file = File { language, tree, text: &text };
    let new = file.facts(inserted.clone());
    let mut places: Vec<Range<usize>> = Vec::new();
    for name in names {
        let other = format!("{name}_");
        if text.match_indices(&other).any(|(at, _)| is_whole_word(&text, &(at..at + other.len()))) {
            return None;
        }
        let defines = |it: &&Definition| it.single && text[it.range.clone()] == **name;
        let definitions: Vec<&Definition> = new.definitions.iter().filter(defines).collect();
        file.names_in(inserted, |_, range| {
            let defined = || definitions.iter().any(|it| it.range == range || new.sees(it, &range));
            if text[range.clone()] == **name && !new.skips.contains(&range.start) && defined() {
                places.push(range);
            }
        });
    }
    places.sort_unstable_by_key(|place| place.start);
    let mut made = String::new();
    let mut end = inserted.start;
    for place in places {
        if place.start < inserted.start || inserted.end < place.end {
            return None;
        }
        made.push_str(&text[end..place.end]);
        made.push('_');
        end = place.end;
    }
    made.push_str(&text[end..inserted.end]);
    Some(made)
}
