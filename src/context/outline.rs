//! Finds the signatures of the definitions outside the cursor's own.

use std::ops::Range;

use tree_sitter::Tree;

use super::Excerpt;
use super::line;
use crate::document::Snapshot;
use crate::document::tree::{matches_to_depth, rope_text};

/// Bytes searched before and behind the cursor's top-level item: bounds the walk on a huge file. A prompt has room for a
/// few dozen signatures, and the nearest say most.
const BEFORE: usize = 32 * 1024;
const BEHIND: usize = 8 * 1024;
/// An item of this many bytes is searched with what is around it, and left out.
const SMALL: usize = 16 * 1024;
/// Longest signature kept.
const LONGEST: usize = 200;
/// Top-level definitions, decorated ones too. Methods would need two more levels, which means visiting every statement
/// of every function: 10 ms instead of 1 on a file of 10 000 lines.
const DEPTH: u32 = 2;

/// Signatures outside `item`, the bytes of the cursor's own top-level item, in order of the file.
///
/// The result depends on the item, not on the cursor in it, so that it stays the same while one types.
pub fn find(snapshot: &Snapshot, tree: Option<&Tree>, item: &Range<usize>) -> Vec<Excerpt> {
    let (Some(language), Some(tree)) = (snapshot.language.as_deref(), tree) else { return Vec::new() };
    let query = &language.queries.outline;
    let mut outline = Vec::new();
    let is_outside = |range: &Range<usize>, reach: &Range<usize>| {
        reach.contains(&range.start) && (range.start < item.start || range.start >= item.end)
    };
    let (first, last) = (item.start.saturating_sub(BEFORE), item.end.saturating_add(BEHIND));
    // A query walks over all that is before its range: once, unless there is much to walk over in between.
    let apart = item.len() > SMALL;
    let reaches = [first..if apart { item.start } else { last }, if apart { item.end } else { last }..last];
    for reach in reaches.into_iter().filter(|reach| !reach.is_empty()) {
        let text = rope_text(&snapshot.text);
        for found in matches_to_depth(query, tree.root_node(), text, reach.clone(), Some(DEPTH)) {
            let range_of = |name: &str| found.node(name).map(|node| node.byte_range());
            let Some(range) = range_of("item").filter(|range| is_outside(range, &reach)) else { continue };
            let end = range_of("item.body").map_or(range.end, |body| body.start);
            outline.push(Excerpt { text: signature(snapshot, range.start..end), range });
        }
    }
    outline.sort_by_key(|excerpt| excerpt.range.start);
    outline.dedup();
    outline
}

/// The text up to the body with its own indentation, on one line, without what opens the body.
fn signature(snapshot: &Snapshot, range: Range<usize>) -> String {
    let end = snapshot.floor(range.end.min(range.start + LONGEST).min(snapshot.text.len_bytes()));
    let text = snapshot.slice(range.start.min(end)..end);
    let indentation = line::Line::at(&snapshot.text, range.start.min(end)).indentation;
    let words: Vec<&str> = text.split_whitespace().collect();
    format!("{indentation}{}", words.join(" ").trim_end_matches(['{', ':', ' ']))
}
