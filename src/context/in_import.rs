//! Tells whether the cursor is in an import statement, a half-written one included, which no tree knows as one.

use std::ops::Range;

use tree_sitter::Tree;

use crate::document::Snapshot;
use crate::document::tree::{captures, rope_text};
use crate::language::Language;

/// Lines above the cursor in which a list of imported names may have begun.
const LINES: usize = 40;

/// Whether `offset` is in an import statement. `before` is the text before it, from a line start on.
pub fn is_inside(snapshot: &Snapshot, tree: Option<&Tree>, offset: usize, before: &str) -> bool {
    let Some(language) = snapshot.language.as_deref() else { return false };
    let by_tree = || {
        let around = offset.saturating_sub(1)..offset + 1;
        let text = || rope_text(&snapshot.text);
        let holds = |range: Range<usize>| range.start < offset && offset < range.end;
        tree.is_some_and(|tree| {
            captures(&language.queries.imports, tree.root_node(), text(), around)
                .any(|(_, node)| holds(node.byte_range()))
        })
    };
    by_lines(language, before) || by_tree()
}

/// By the line that the cursor is on, or the one where a list began that is still open.
fn by_lines(language: &Language, before: &str) -> bool {
    let begins = |line: &str| {
        let line = line.trim_start();
        let rest = |word: &String| line.strip_prefix(word.as_str());
        language.config.import_words.iter().filter_map(rest).any(|rest| rest.starts_with([' ', '\t']))
    };
    let mut depth = 0_isize;
    for (above, line) in before.rsplit('\n').take(LINES).enumerate() {
        let count = |brackets: [char; 3]| line.matches(brackets).count() as isize;
        depth += count(['(', '[', '{']) - count([')', ']', '}']);
        if begins(line) {
            let ended = above == 0 && line.trim_end().ends_with(';');
            return (above == 0 || depth > 0) && !ended;
        }
    }
    false
}
