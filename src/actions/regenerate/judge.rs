//! Whether a text may take the place of what was taken out, and how much of it. It generates nothing.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use tree_sitter::{Node, Tree};

use super::span::Span;
use crate::completion::joins;
use crate::context::CursorContext;
use crate::document::{Edit, Snapshot, with_line_ends};
use crate::text::is_word;
use crate::verify::{FaultCount, names, risks};

/// Parts of one text that are tried: a text that fits nowhere in that many is not worth the time.
const CUTS: usize = 48;
/// Names are looked up in the whole of files up to this many lines, of longer ones in what is new only: 2.5 ms for each
/// thousand, and more for each name.
const NAMES_LINES: usize = 3_000;

/// Judges texts for one gap.
pub struct Judge {
    snapshot: Snapshot,
    tree: Tree,
    span: Span,
    old: String,
    unknown: Option<String>,
    before: FaultCount,
    missing: OnceLock<HashSet<String>>,
}

/// A text in its place.
struct Placed {
    applied: Snapshot,
    tree: Tree,
    inserted: Range<usize>,
}

impl Judge {
    /// A judge for `span` of `snapshot`, whose tree is `tree`; `unknown` must not stand there any more. None when the text
    /// cannot be judged.
    pub fn new(snapshot: &Snapshot, tree: Tree, span: Span, unknown: Option<String>) -> Option<Self> {
        let snapshot = snapshot.with_tree(tree.clone());
        let old = snapshot.slice(span.range.clone()).replace("\r\n", "\n");
        let before = FaultCount::of(&snapshot)?;
        Some(Self { snapshot, tree, span, old, unknown, before, missing: OnceLock::new() })
    }

    /// The longest part of `text` (LF line ends) that may stand in the gap and is none of `known`.
    pub fn part(&self, text: &str, context: &CursorContext, known: &[&str]) -> Option<String> {
        let whole = joins(text, context).into_iter().filter(|one| one.takes == 0).map(|one| one.text);
        let cuts = cuts(text).into_iter().map(|end| text[..end].to_owned());
        let mut tried = HashSet::new();
        for part in whole.chain(cuts).map(|part| part.trim().to_owned()) {
            if !tried.insert(part.clone()) || !self.is_new(&part) {
                continue;
            }
            let Some(placed) = self.place(&part) else { continue };
            // Of two texts with the same beginning one is enough.
            if known.contains(&part.as_str()) {
                return None;
            }
            if self.is_sound(&placed) {
                return Some(part);
            }
        }
        None
    }

    /// Whether it says something else than what was there, without the name that nobody knows.
    fn is_new(&self, part: &str) -> bool {
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        let word = |name: &String| part.split(|c| !is_word(c)).any(|word| word == name);
        !part.is_empty() && squeezed(part) != squeezed(&self.old) && !self.unknown.as_ref().is_some_and(word)
    }

    /// `part` in its place, if the tree says that nothing else changed: the quick half.
    fn place(&self, part: &str) -> Option<Placed> {
        let new = with_line_ends(part, self.snapshot.line_ending());
        let inserted = self.span.range.start..self.span.range.start + new.len();
        let applied = self.snapshot.with_edit(&Edit::replace(self.span.range.clone(), new));
        let tree = applied.parse()?;
        let placed = Placed { applied: applied.with_tree(tree.clone()), tree, inserted };
        self.changes_nothing_else(&placed).then_some(placed)
    }

    /// Whether everything beside the way to the gap is where it was, and the gap holds what it held: one node, or statements.
    fn changes_nothing_else(&self, placed: &Placed) -> bool {
        let (mut old, mut new) = (self.tree.root_node(), placed.tree.root_node());
        let Some((last, way)) = self.span.path.split_last() else { return false };
        for number in way {
            let (before, after) = (children(old), children(new));
            let (Some(deeper), Some(now)) = (before.get(*number), after.get(*number)) else { return false };
            let mut pairs = before.iter().zip(&after).enumerate();
            let same = pairs.all(|(at, (a, b))| at == *number || self.same(*a, *b, placed));
            if before.len() != after.len() || old.kind_id() != new.kind_id() || !same {
                return false;
            }
            (old, new) = (*deeper, *now);
        }
        let (before, after) = (children(old), children(new));
        let behind = before.len() - last - 1;
        if old.kind_id() != new.kind_id() || after.len() <= last + behind {
            return false;
        }
        let (head, rest) = after.split_at(*last);
        let (filled, tail) = rest.split_at(rest.len() - behind);
        let pairs = before[..*last].iter().zip(head).chain(before[last + 1..].iter().zip(tail));
        let one = filled.len() == 1 && filled[0].is_named();
        let some = self.span.statement && filled.iter().any(|node| node.is_named() && !node.is_extra());
        let inside = filled.first().is_some_and(|node| node.start_byte() == placed.inserted.start)
            && filled.last().is_some_and(|node| node.end_byte() == placed.inserted.end);
        pairs.into_iter().all(|(a, b)| self.same(*a, *b, placed))
            && (one || some)
            && inside
            && filled.iter().all(|node| !node.has_error() && !node.is_missing())
    }

    /// Whether a node beside the gap is what it was.
    fn same(&self, old: Node<'_>, new: Node<'_>, placed: &Placed) -> bool {
        let shift = |byte: usize| match byte >= self.span.range.end {
            true => byte - self.span.range.end + placed.inserted.end,
            false => byte,
        };
        old.kind_id() == new.kind_id()
            && (shift(old.start_byte())..shift(old.end_byte())) == new.byte_range()
            && old.descendant_count() == new.descendant_count()
    }

    /// The thorough half: the whole file by the strict parser, and by a fresh parse where it has errors; its names; and what needs
    /// a second look.
    fn is_sound(&self, placed: &Placed) -> bool {
        let Placed { applied, tree, inserted } = placed;
        let missing = self.missing.get_or_init(|| missing(&self.snapshot, &self.tree, &self.span.range));
        FaultCount::quick(applied).is_some_and(|after| after.adds_nothing_to(&self.before))
            && risks::added(&self.snapshot, applied, inserted).is_some_and(|added| added.is_empty())
            && missing_in(applied, tree, inserted).is_subset(missing)
    }
}

/// The names that nothing accounts for, `there` or, where that can be looked at, anywhere.
fn missing_in(snapshot: &Snapshot, tree: &Tree, there: &Range<usize>) -> HashSet<String> {
    let range = if snapshot.lines() > NAMES_LINES { there.clone() } else { 0..snapshot.len() };
    names::check(snapshot, tree, range).unknown.into_iter().collect()
}

/// Those of the file as it stands, without what is about to go: the same name would be as wrong again.
fn missing(snapshot: &Snapshot, tree: &Tree, there: &Range<usize>) -> HashSet<String> {
    let mut missing = missing_in(snapshot, tree, there);
    for name in names::check(snapshot, tree, there.clone()).unknown {
        let text = snapshot.text.to_string();
        let (before, after) = (&text[..there.start], &text[there.end..]);
        let elsewhere = |text: &str| text.split(|c| !is_word(c)).any(|word| word == name);
        if !elsewhere(before) && !elsewhere(after) {
            missing.remove(&name);
        }
    }
    missing
}

/// Where a text may be cut, longest first: at the ends of its words and marks.
fn cuts(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let joined = is_word(c) && next.is_some_and(is_word);
        if !c.is_whitespace() && !joined {
            ends.push(at + c.len_utf8());
        }
    }
    ends.reverse();
    // A text that runs on is right at its beginning, if anywhere.
    let spare = ends.len().saturating_sub(CUTS);
    ends.split_off(spare)
}

fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}
