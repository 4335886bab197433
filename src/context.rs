//! Reads what is around the cursor: a pure function of a snapshot and its tree. `prompt` turns it into a prompt.
//!
//! The work is bounded: windows of some kilobytes of text, and query cursors limited to byte ranges.

pub(crate) mod imports;
mod in_import;
pub(crate) mod line;
pub(crate) mod outline;
pub(crate) mod scope;

use std::ops::Range;

use tree_sitter::Tree;

pub use line::{Indent, Line, LineTail};
pub use scope::CursorIn;

use crate::document::{Part, Snapshot, with_line_feeds};

/// Most text before the cursor that is looked at. A budget of some thousand tokens never takes more.
pub const BEFORE: usize = 16 * 1024;
/// Most text after the cursor that is looked at.
pub const AFTER: usize = 8 * 1024;
/// The window before the cursor moves in steps of this size: one that slid with every key would change the start of
/// the prompt, and with it invalidate the whole KV cache, at every key.
const STEP: usize = 4 * 1024;

/// A quoted part of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// Where it is, in bytes.
    pub range: Range<usize>,
    /// What it says, possibly shortened; LF line ends.
    pub text: String,
}

/// What is around the cursor.
#[derive(Debug, Clone, PartialEq)]
pub struct CursorContext {
    /// The cursor, in bytes.
    pub offset: usize,
    /// The document's language; empty where it is not known.
    pub language: String,
    /// The line it is on.
    pub line: Line,
    /// What stands right of it on its line.
    pub tail: LineTail,
    /// Code, string or comment.
    pub cursor_in: CursorIn,
    /// Whether the cursor is in an import statement.
    pub in_import: bool,
    /// One step of indentation in this file.
    pub indent: Indent,
    /// The file's line ends: `\n`, `\r\n` or `\r`.
    pub line_ending: &'static str,
    /// Enclosing definitions, innermost first, in bytes of the document.
    pub scopes: Vec<Range<usize>>,
    /// Whether the last line with text above the cursor, or the text before it on its own line, opens a block.
    pub opens_block: bool,
    /// Whether the language says that indentation is syntax.
    pub significant_indentation: bool,
    /// What opens a block in this language (`:`, `{`); empty when unknown.
    pub block_opener: String,
    /// What a block has at least where indentation is syntax (`pass`); empty elsewhere.
    pub empty_block: String,
    /// What starts a line comment in this language; empty when unknown.
    pub line_comment: String,
    /// Import statements at the top of the file.
    pub imports: Vec<Excerpt>,
    /// Signatures of definitions outside the cursor's top-level item.
    pub outline: Vec<Excerpt>,
    /// First byte of `before` in the document.
    pub window: usize,
    /// Text before the cursor from a line start on, at most about [`BEFORE`] bytes, with LF line ends.
    pub before: String,
    /// Text after the cursor, at most about [`AFTER`] bytes, with LF line ends.
    pub after: String,
}

impl CursorContext {
    /// Look around `offset` (clamped to the text and to a character boundary).
    pub fn at(snapshot: &Snapshot, tree: Option<&Tree>, offset: usize) -> Self {
        let offset = snapshot.floor(offset);
        Self::near(snapshot, tree, &Near { snapshot, tree, start: 0 }, offset)
    }

    /// The same for a large document of which only `part`, whose tree is `tree`, was read: farther away, its last tree holds.
    pub fn within(snapshot: &Snapshot, part: &Part, tree: &Tree, offset: usize) -> Self {
        let near = Near { snapshot: &part.snapshot, tree: Some(tree), start: part.range.start };
        Self::near(snapshot, snapshot.last_tree(), &near, snapshot.floor(offset))
    }

    fn near(snapshot: &Snapshot, tree: Option<&Tree>, near: &Near<'_>, offset: usize) -> Self {
        let text = &snapshot.text;
        let line = Line::at(text, offset);
        let language = snapshot.language.as_deref();
        let default_indent = language.map_or("    ", |language| language.config.indent.as_str());
        let window = window_start(snapshot, offset);
        let end = snapshot.floor(offset + AFTER);
        let before = with_line_feeds(snapshot.slice(window..offset));
        let scopes = near.scopes(&line, offset);
        // The scopes know that the blank lines behind a body belong to it; the tree does not.
        let outermost = scopes.last().cloned();
        let item =
            outermost.or_else(|| near.tree.map(|tree| near.item(tree, offset))).unwrap_or(offset..offset);
        let opener = before.trim_end();
        Self {
            offset,
            language: language.map(|language| language.config.name.clone()).unwrap_or_default(),
            tail: line.tail(),
            cursor_in: scope::cursor_in(near.snapshot, near.tree, &line, offset - near.start),
            in_import: in_import::is_inside(near.snapshot, near.tree, offset - near.start, &before),
            indent: line::indent_unit(text, text.byte_to_line(offset), default_indent),
            line_ending: snapshot.line_ending(),
            opens_block: language.is_some_and(|language| scope::opens_block(language, opener)),
            significant_indentation: language.is_some_and(|language| language.config.significant_indentation),
            block_opener: language
                .and_then(|language| language.config.block_openers.first().cloned())
                .unwrap_or_default(),
            empty_block: language.map(|language| language.config.empty_block.clone()).unwrap_or_default(),
            line_comment: language.map(|language| language.config.line_comment.clone()).unwrap_or_default(),
            imports: imports::find(snapshot, tree),
            outline: outline::find(snapshot, tree, &item),
            after: whole_lines(with_line_feeds(snapshot.slice(offset..end)), end == snapshot.len()),
            scopes,
            window,
            before,
            line,
        }
    }

    /// The last line with text before the cursor's line, within the window.
    pub fn line_above(&self) -> Option<&str> {
        let above = &self.before[..self.before.len() - self.line.before.len().min(self.before.len())];
        above.lines().rev().find(|line| !line.trim().is_empty())
    }

    /// The lines with text after the cursor's line, within the window.
    pub fn lines_below(&self) -> impl Iterator<Item = &str> {
        self.after.split('\n').skip(1).filter(|line| !line.trim().is_empty())
    }
}

/// What was read around the cursor: all of the document, or a part that begins at `start`.
struct Near<'a> {
    snapshot: &'a Snapshot,
    tree: Option<&'a Tree>,
    start: usize,
}

impl Near<'_> {
    fn scopes(&self, line: &Line, offset: usize) -> Vec<Range<usize>> {
        let scopes = scope::enclosing(self.snapshot, self.tree, line, offset - self.start);
        scopes.into_iter().map(|scope| scope.start + self.start..scope.end + self.start).collect()
    }

    /// The bytes of the top-level item that holds `offset`.
    fn item(&self, tree: &Tree, offset: usize) -> Range<usize> {
        let item = top_level_item(tree, offset - self.start);
        item.start + self.start..item.end + self.start
    }
}

/// A text without what stands behind its last line feed, unless that is the end of the document: half of a word, or of a key that
/// nothing would recognise.
fn whole_lines(mut text: String, is_end: bool) -> String {
    if let Some(feed) = text.rfind('\n').filter(|_| !is_end) {
        text.truncate(feed + 1);
    }
    text
}

/// The line start where the window before the cursor begins. It moves in steps, see [`STEP`].
fn window_start(snapshot: &Snapshot, offset: usize) -> usize {
    if offset <= BEFORE {
        return 0;
    }
    let text = &snapshot.text;
    let target = snapshot.floor((offset - BEFORE).div_ceil(STEP) * STEP);
    let row = text.byte_to_line(target);
    let start = text.line_to_byte((row + 1).min(text.len_lines() - 1));
    // On a line longer than the window there is no line start to choose.
    if start > offset || start < target { target } else { start }
}

/// The bytes of the child of the root that holds `offset` or, between two, nothing.
fn top_level_item(tree: &Tree, offset: usize) -> Range<usize> {
    let root = tree.root_node();
    let mut cursor = root.walk();
    match cursor.goto_first_child_for_byte(offset.saturating_sub(1)) {
        Some(_) if cursor.node().start_byte() <= offset => cursor.node().byte_range(),
        _ => offset..offset,
    }
}

#[cfg(test)]
mod tests;
