//! Finds the definitions around the cursor, innermost first: from the tree where it has no error, else from the indentation.

use std::ops::Range;

use ropey::Rope;
use tree_sitter::{Node, Tree};

use super::line::{self, Line};
use crate::document::Snapshot;
use crate::document::position::{floor, slice};
use crate::document::tree::{captures, matches, rope_text};
use crate::language::Language;

/// Lines looked back over when the tree is of no use.
const LOOK_BACK: usize = 400;

/// Whether the cursor is in code or in text that is not code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorIn {
    /// Code, or the expression part of a format string.
    Code,
    /// A string.
    String,
    /// A comment.
    Comment,
}

/// The scopes around `offset`.
pub fn enclosing(snapshot: &Snapshot, tree: Option<&Tree>, line: &Line, offset: usize) -> Vec<Range<usize>> {
    let Some(language) = snapshot.language.as_deref() else { return Vec::new() };
    let by_tree = tree.map(|tree| by_tree(&snapshot.text, language, tree, line, offset)).unwrap_or_default();
    let broken = tree.is_none_or(|tree| is_broken(tree, offset));
    if !broken {
        return by_tree;
    }
    // A hole in a header (`def f(`) leaves no definition node: the indentation still shows the scopes.
    let by_lines = by_lines(&snapshot.text, language, line, offset);
    if by_lines.len() > by_tree.len() { by_lines } else { by_tree }
}

fn is_broken(tree: &Tree, offset: usize) -> bool {
    let mut node = tree.root_node().descendant_for_byte_range(offset.saturating_sub(1), offset);
    while let Some(at) = node {
        if at.is_error() || at.is_missing() {
            return true;
        }
        node = at.parent();
    }
    false
}

fn by_tree(text: &Rope, language: &Language, tree: &Tree, line: &Line, offset: usize) -> Vec<Range<usize>> {
    let query = &language.queries.scopes;
    // In Python a body ends with its last statement: blank lines behind it, where one types on, are outside its node.
    let anchor = last_ink(text, offset);
    let around = anchor.saturating_sub(1)..(offset + 1).max(anchor);
    let mut scopes = Vec::new();
    for found in matches(query, tree.root_node(), rope_text(text), around) {
        let Some(node) = found.node("scope") else { continue };
        let range = node.byte_range();
        let inside = range.start < offset
            && (offset < range.end || (offset == range.end && !ends_closed(text, &range)));
        let behind = range.end <= offset
            && anchor <= range.end
            && language.config.significant_indentation
            && line.is_blank_before()
            && line::width(&line.indentation) > line::width(&Line::at(text, node.start_byte()).indentation);
        if inside || behind {
            scopes.push(range);
        }
    }
    scopes.sort_by_key(|scope| std::cmp::Reverse(scope.start));
    scopes.dedup();
    scopes
}

/// The end of the last text before `offset` that is not white space, within bounds.
fn last_ink(text: &Rope, offset: usize) -> usize {
    let start = floor(text, offset.saturating_sub(4096));
    let before = slice(text, start..offset);
    start + before.trim_end().len()
}

fn ends_closed(text: &Rope, range: &Range<usize>) -> bool {
    range.end > range.start && text.byte(range.end - 1) == b'}'
}

fn by_lines(text: &Rope, language: &Language, line: &Line, offset: usize) -> Vec<Range<usize>> {
    let row = text.byte_to_line(offset);
    let mut columns = line::width(&line.indentation);
    if !line.is_blank_before() && opens_block(language, &line.before) {
        columns += 1;
    }
    let mut scopes = Vec::new();
    for above in (row.saturating_sub(LOOK_BACK)..row).rev() {
        let text_of: String = text.line(above).chars().take(512).collect();
        let indentation = line::width(&text_of);
        if text_of.trim().is_empty() || indentation >= columns {
            continue;
        }
        columns = indentation;
        if opens_block(language, &text_of) {
            scopes.push(text.line_to_byte(above)..offset);
        }
        if columns == 0 {
            break;
        }
    }
    scopes
}

/// Whether a line ends with what opens a block in this language.
pub fn opens_block(language: &Language, line: &str) -> bool {
    let code = line.trim_end();
    language.config.block_openers.iter().any(|opener| code.ends_with(opener.as_str()))
}

/// Where the cursor is: the innermost string, comment or code-in-string node decides.
pub fn cursor_in(snapshot: &Snapshot, tree: Option<&Tree>, line: &Line, offset: usize) -> CursorIn {
    let Some(language) = snapshot.language.as_deref() else { return CursorIn::Code };
    let by_tree = tree.and_then(|tree| in_by_tree(&snapshot.text, language, tree, offset));
    match (by_tree, tree) {
        (Some(place), _) => place,
        (None, Some(tree)) if !is_broken(tree, offset) => CursorIn::Code,
        _ => in_by_line(&line.before, &language.config.line_comment),
    }
}

fn in_by_tree(text: &Rope, language: &Language, tree: &Tree, offset: usize) -> Option<CursorIn> {
    let around = offset.saturating_sub(1)..offset + 1;
    let mut innermost: Option<(usize, CursorIn)> = None;
    let row = text.byte_to_line(offset);
    for (name, node) in captures(&language.queries.opaque, tree.root_node(), rope_text(text), around) {
        let inside = node.start_byte() < offset && offset < node.end_byte();
        let place = match name {
            "string" if inside => CursorIn::String,
            // A line comment goes on where its node ends, on the same line.
            "comment" if inside && node_holds_row(node, row, text) => CursorIn::Comment,
            "comment" if node.end_byte() == offset && ends_open(text, language, node) => CursorIn::Comment,
            "code" if inside => CursorIn::Code,
            _ => continue,
        };
        let length = node.end_byte() - node.start_byte();
        if innermost.is_none_or(|(shortest, _)| length <= shortest) {
            innermost = Some((length, place));
        }
    }
    innermost.map(|(_, place)| place)
}

fn node_holds_row(node: Node<'_>, row: usize, text: &Rope) -> bool {
    (text.byte_to_line(node.start_byte())..=text.byte_to_line(node.end_byte())).contains(&row)
}

/// Whether a comment that ends here would take in what is typed next: a line comment, its line end not included.
fn ends_open(text: &Rope, language: &Language, node: Node<'_>) -> bool {
    let (start, end) = (node.start_byte(), node.end_byte());
    let marker = language.config.line_comment.len();
    slice(text, start..floor(text, (start + marker).min(end))) == language.config.line_comment
        && text.byte(end - 1) != b'\n'
}

/// The same from the line alone, when no tree can tell.
fn in_by_line(before: &str, comment: &str) -> CursorIn {
    let mut quote = None;
    let mut skip = false;
    for (at, c) in before.char_indices() {
        match (c, quote) {
            _ if skip => skip = false,
            ('\\', Some(_)) => skip = true,
            (_, Some(open)) if c == open => quote = None,
            ('"', None) => quote = Some(c),
            // A lone ' is a lifetime or an apostrophe as often as a quote: only a pair counts, and it encloses nothing here.
            _ if quote.is_none() && before[at..].starts_with(comment) => return CursorIn::Comment,
            _ => {}
        }
    }
    if quote.is_some() { CursorIn::String } else { CursorIn::Code }
}
