//! Whether a body may be put into its place, how much of it, and how good it looks. It generates nothing.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::Range;

use tree_sitter::{InputEdit, Node, Point, Tree};

use super::stub::{self, Stub};
use crate::completion::generate::Draft;
use crate::document::{Edit, Snapshot};
use crate::verify::{FaultCount, names, risks};

/// What a look at a body adds to its mean log-probability (about -0.3 to -2 for texts worth a look). Chosen by what a
/// reader minds most, not fitted: there are too few real acceptances to fit to.
const ANSWERS: f32 = 3.0;
const USES: f32 = 2.0;
const UNKNOWN: f32 = -1.0;
const SHADOWS: f32 = -0.5;
const CUT: f32 = -0.5;

/// A body that may be put into its place.
#[derive(Debug, Clone)]
pub struct Body {
    /// The whole change.
    pub edit: Edit,
    /// Higher is better.
    pub score: f32,
    /// It does what the signature asks for: gives back a value, and knows no name that is not there.
    pub good: bool,
}

impl Body {
    /// Best last.
    pub fn order(&self, other: &Self) -> Ordering {
        self.good.cmp(&other.good).then(self.score.total_cmp(&other.score))
    }
}

/// Judges bodies of one stub.
pub struct Judge {
    snapshot: Snapshot,
    tree: Tree,
    stub: Stub,
    before: FaultCount,
}

/// A text in its place, with nothing else moved.
struct Placed {
    applied: Snapshot,
    tree: Tree,
    edit: Edit,
    inserted: Range<usize>,
    definition: Range<usize>,
}

impl Judge {
    /// A judge for `stub` of `snapshot`; None when its text cannot be judged.
    pub fn new(snapshot: &Snapshot, stub: Stub) -> Option<Self> {
        let tree = snapshot.parse()?;
        let snapshot = snapshot.with_tree(tree.clone());
        Some(Self { before: FaultCount::of(&snapshot)?, snapshot, tree, stub })
    }

    /// The longest part of `written` that is a body: it parses strictly, moves nothing, ends where the function ends, has
    /// a statement, uses a parameter if there is one, and adds no risk. None when no part is.
    pub fn body(&self, written: &Draft) -> Option<Body> {
        let text = without_echo(&written.text);
        let mut ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        ends.push(text.len());
        for end in ends.into_iter().rev() {
            let Some(placed) = self.place(text[..end].trim_end()) else { continue };
            let placed = self.without_what_never_runs(&placed, text).unwrap_or(placed);
            let used = self.used(&placed);
            if used.is_empty() && !self.stub.parameters.is_empty() || !self.is_sound(&placed) {
                continue;
            }
            let whole = end == written.text.len();
            return Some(self.ranked(placed, used.len(), if whole { 0.0 } else { CUT } + written.likelihood));
        }
        None
    }

    /// `text` in its place, if the tree says that nothing else changed: the quick part.
    fn place(&self, text: &str) -> Option<Placed> {
        if text.trim().is_empty() {
            return None;
        }
        let edit = self.stub.edit(&self.snapshot, text);
        let inserted = self.stub.inserted(&self.snapshot, text);
        let applied = self.snapshot.with_edit(&edit);
        let tree = applied.parse()?;
        let old = self.stub.definition.clone();
        let definition = old.start..old.end + applied.len() - self.snapshot.len();
        // A docstring's function ends with its docstring, before what may be said of it on the same line.
        let definition = definition.start..definition.end.max(inserted.end);
        let function = node_at(&tree, &definition)?;
        let applied = applied.with_tree(tree.clone());
        let placed = Placed { edit, inserted, definition, applied, tree: tree.clone() };
        let kept = !function.has_error()
            && self.changes_nothing_around(&placed)
            && has_statement(function, &placed.inserted)
            && stub::find(&placed.applied, &tree, &(old.start..old.start))
                .is_none_or(|stub| stub.definition.start != old.start);
        kept.then_some(placed)
    }

    /// Whether the structure of everything but the function is what it was, and its header too.
    fn changes_nothing_around(&self, placed: &Placed) -> bool {
        let edit = &placed.edit;
        let mut edited = self.tree.clone();
        edited.edit(&InputEdit {
            start_byte: edit.range.start,
            old_end_byte: edit.range.end,
            new_end_byte: edit.range.start + edit.text.len(),
            start_position: point(&self.snapshot, edit.range.start),
            old_end_position: point(&self.snapshot, edit.range.end),
            new_end_position: point(&placed.applied, edit.range.start + edit.text.len()),
        });
        let within = |range: tree_sitter::Range| {
            placed.definition.start <= range.start_byte && range.end_byte <= placed.definition.end + 1
        };
        let same_around = edited.changed_ranges(&placed.tree).all(within);
        let header = |tree: &Tree, range: &Range<usize>| -> Vec<(u16, Range<usize>)> {
            let Some(function) = node_at(tree, range) else { return Vec::new() };
            let mut cursor = function.walk();
            let mut children: Vec<_> =
                function.children(&mut cursor).filter(|child| !child.is_extra()).collect();
            // The last one is the body, or what it takes the place of.
            children.pop();
            children.into_iter().map(|child| (child.kind_id(), child.byte_range())).collect()
        };
        same_around && header(&self.tree, &self.stub.definition) == header(&placed.tree, &placed.definition)
    }

    /// The same without the statements behind one that leaves the function.
    fn without_what_never_runs(&self, placed: &Placed, text: &str) -> Option<Placed> {
        let end = self.captured(placed, "stub.end").into_iter().map(|node| node.end_byte()).min()?;
        let kept = crate::document::with_line_ends(text, placed.applied.line_ending());
        let kept = kept.get(..end.checked_sub(placed.inserted.start)?)?.replace("\r\n", "\n");
        (end < placed.inserted.end).then(|| self.place(&kept)).flatten()
    }

    /// The captures of that name in the new body.
    fn captured<'a>(&self, placed: &'a Placed, wanted: &str) -> Vec<Node<'a>> {
        let (Some(function), Some(language)) =
            (node_at(&placed.tree, &placed.definition), placed.applied.language.as_deref())
        else {
            return Vec::new();
        };
        let within = |node: &Node<'_>| {
            placed.inserted.start <= node.start_byte() && node.end_byte() <= placed.inserted.end
        };
        let found = stub::signature(&placed.applied, language, function);
        let found = found.into_iter().filter(|(name, _)| *name == wanted).map(|(_, node)| node);
        found.filter(within).collect()
    }

    /// The thorough part: the whole file by the strict parser, and by a fresh parse where it has errors; and what needs a second
    /// look.
    fn is_sound(&self, placed: &Placed) -> bool {
        FaultCount::quick(&placed.applied).is_some_and(|after| after.adds_nothing_to(&self.before))
            && risks::added(&self.snapshot, &placed.applied, &placed.inserted)
                .is_some_and(|added| added.is_empty())
    }

    /// The parameters that the body reads.
    fn used(&self, placed: &Placed) -> HashSet<String> {
        let read = names::read(&placed.applied, &placed.tree, &placed.inserted);
        self.stub.parameters.iter().filter(|name| read.contains(*name)).cloned().collect()
    }

    fn ranked(&self, placed: Placed, used: usize, likelihood: f32) -> Body {
        let asked = self.stub.parameters.len();
        let answers = !self.stub.returns || !self.captured(&placed, "stub.answer").is_empty();
        let found = names::check(&placed.applied, &placed.tree, placed.inserted.clone());
        let count = |names: &[String]| names.len().min(3) as f32;
        let score = likelihood
            + if answers { ANSWERS } else { 0.0 }
            + USES * if asked == 0 { 1.0 } else { used as f32 / asked as f32 }
            + UNKNOWN * count(&found.unknown)
            + SHADOWS * count(&found.shadowing);
        Body { edit: placed.edit, score, good: answers && found.unknown.is_empty() }
    }
}

/// The text up to where it says again what it has just said: some lines, twice in a row. Small models do that.
fn without_echo(text: &str) -> &str {
    let mut starts = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let lines: Vec<&str> = text.split('\n').map(str::trim_end).collect();
    for first in 0..lines.len() {
        for count in 1..=(lines.len() - first) / 2 {
            let (said, again) = lines[first..first + 2 * count].split_at(count);
            let telling = said.iter().any(|line| line.chars().any(char::is_alphanumeric));
            // The first line of all has no indentation yet.
            let same = said[1..] == again[1..]
                && if first == 0 { said[0].trim() == again[0].trim() } else { said[0] == again[0] };
            if telling && same {
                return text[..starts[first + count]].trim_end();
            }
        }
    }
    text
}

/// The innermost node of exactly these bytes: a class body may be as long as its one method.
fn node_at<'t>(tree: &'t Tree, range: &Range<usize>) -> Option<Node<'t>> {
    let mut node = tree.root_node().descendant_for_byte_range(range.start, range.end)?;
    while node.byte_range() != *range {
        node = node.parent().filter(|parent| parent.start_byte() >= range.start)?;
    }
    Some(node)
}

/// Whether a statement begins in `inserted`: a comment is none.
fn has_statement(function: Node<'_>, inserted: &Range<usize>) -> bool {
    let mut cursor = function.walk();
    loop {
        let node = cursor.node();
        let touches = node.start_byte() < inserted.end && inserted.start < node.end_byte();
        if touches && node.is_named() && node.start_byte() >= inserted.start && !node.is_extra() {
            return true;
        }
        if touches && !node.is_extra() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
        }
    }
}

fn point(snapshot: &Snapshot, byte: usize) -> Point {
    let row = snapshot.line_of(byte);
    Point { row, column: byte - snapshot.line_start(byte) }
}
