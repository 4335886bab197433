//! Removes imports with all that is theirs: a line, an entry of a list with its comma, and a comment that is about nothing else.

use std::ops::Range;

use tree_sitter::Node;

use crate::document::{Edit, tree};
use crate::imports::site::{SourceView, words};
use crate::symbols::Import;
use crate::verify::lines_of;

/// A removal.
pub struct Removal {
    pub edits: Vec<Edit>,
    /// Whether a comment goes too.
    pub takes_comment: bool,
}

/// Takes an import out of its list. None when something says that it is to stay, or when a comment would lose its place.
pub fn of_item(site: &SourceView<'_>, import: &Import) -> Option<Removal> {
    if is_kept(site, &import.statement) || is_kept(site, &import.item) {
        return None;
    }
    let is_item = |node: &Node<'_>| site.all("import.item").iter().any(|item| item.id() == node.id());
    let mut node = site.tree.root_node().descendant_for_byte_range(import.item.start, import.item.end)?;
    while !is_item(&node) {
        node = node.parent()?;
    }
    let siblings = loop {
        let list = node.parent()?;
        let mut cursor = list.walk();
        let siblings: Vec<Node<'_>> = list.children(&mut cursor).filter(is_item).collect();
        if siblings.len() > 1 {
            break siblings;
        }
        // The only one: what it is listed in goes too.
        node = std::iter::successors(Some(list), Node::parent).find(is_item)?;
        if node.start_byte() < import.statement.start {
            return None;
        }
    };
    let at = siblings.iter().position(|sibling| sibling.id() == node.id())?;
    let list = node.parent()?;
    let comments: Vec<Node<'_>> = tree::named_children(list).into_iter().filter(Node::is_extra).collect();
    if comments.is_empty()
        && let [a, b] = siblings[..]
        && let Some(edit) = unwrapped(site, list, if at == 0 { b } else { a })
    {
        return Some(Removal { edits: vec![edit], takes_comment: false });
    }
    if let Some(removal) = own_lines(site, import, node) {
        return Some(removal);
    }
    let range = match siblings.get(at + 1) {
        Some(next) => node.start_byte()..next.start_byte(),
        None => siblings[at - 1].end_byte()..node.end_byte(),
    };
    let holds = |comment: &Node<'_>| range.start <= comment.start_byte() && comment.end_byte() <= range.end;
    let edits = vec![Edit::replace(range.clone(), "")];
    (!comments.iter().any(holds)).then_some(Removal { edits, takes_comment: false })
}

/// A list of two whose other name needs no brackets.
fn unwrapped(site: &SourceView<'_>, list: Node<'_>, left: Node<'_>) -> Option<Edit> {
    let (open, close) = &site.language.repairs.imports.brackets;
    let text = site.of(list);
    let bracketed = !open.is_empty() && text.starts_with(open.as_str()) && text.ends_with(close.as_str());
    let left = site.of(left);
    // `{self}` keeps its brackets.
    let plain = bracketed && left != "self" && !left.contains(open.as_str());
    plain.then(|| Edit::replace(list.byte_range(), left))
}

/// The lines of an entry that shares them with nothing else, with its comments.
fn own_lines(site: &SourceView<'_>, import: &Import, node: Node<'_>) -> Option<Removal> {
    let lines = site.line_start(node.start_byte())..site.snapshot.line_end(node.end_byte());
    let behind = site.text[node.end_byte()..lines.end].trim_start().trim_start_matches(',').trim();
    let is_own = behind.is_empty() || behind.starts_with(&site.language.config.line_comment);
    if !is_own || !site.text[lines.start..node.start_byte()].trim().is_empty() {
        return None;
    }
    let above = comments_above(site, import, lines.start, next_line(site, lines.end))?;
    let edit = Edit::replace(above.unwrap_or(lines.start)..next_line(site, lines.end), "");
    Some(Removal { edits: vec![edit], takes_comment: above.is_some() || !behind.is_empty() })
}

/// Takes a whole statement away, with its lines, or leaves what a block needs. None as above.
pub fn of_statement(site: &SourceView<'_>, import: &Import) -> Option<Removal> {
    let statement = &import.statement;
    let node = site.tree.root_node().descendant_for_byte_range(statement.start, statement.end)?;
    let parent = node.parent()?;
    let mut start = statement.start;
    let mut above = node.prev_sibling();
    while let Some(attached) = above.filter(|node| site.all("attached").contains(node)) {
        start = attached.start_byte();
        above = attached.prev_sibling();
    }
    let line = site.line_start(start)..site.snapshot.line_end(statement.end);
    let (head, tail) = (&site.text[line.start..start], site.text[statement.end..line.end].trim_start());
    let comment = tail.starts_with(&site.language.config.line_comment);
    if is_kept(site, &(start..statement.end)) {
        return None;
    }
    let empty = site.language.repairs.empty.as_str();
    if !empty.is_empty() && parent.parent().is_some() && parent.named_child_count() == 1 {
        let end = if comment { line.end } else { statement.end };
        let edits = vec![Edit::replace(statement.start..end, empty)];
        return Some(Removal { edits, takes_comment: comment });
    }
    if head.trim().is_empty() && (tail.is_empty() || comment) {
        let next = next_line(site, line.end);
        let above = comments_above(site, import, line.start, next)?;
        let from = above.unwrap_or(line.start);
        let edits = vec![Edit::replace(from..next + blank_lines(site, from, next), "")];
        return Some(Removal { edits, takes_comment: comment || above.is_some() });
    }
    let edit = if let Some(rest) = tail.strip_prefix(';') {
        Edit::replace(start..line.end - rest.trim_start().len(), "")
    } else if tail.is_empty() {
        Edit::replace(line.start + head.trim_end().trim_end_matches(';').len()..statement.end, "")
    } else {
        // A comment behind several statements is not of one of them.
        return None;
    };
    Some(Removal { edits: vec![edit], takes_comment: false })
}

/// Where the next line begins.
fn next_line(site: &SourceView<'_>, byte: usize) -> usize {
    lines_of(site.snapshot, &(byte..byte)).end
}

/// Whether a comment in the first or the last line of something says that it is meant to be there, or what is attached to it.
fn is_kept(site: &SourceView<'_>, range: &Range<usize>) -> bool {
    let Some(kept) = &site.language.repairs.imports.kept else { return false };
    let mark = site.language.config.line_comment.as_str();
    let says = |byte: usize| {
        let line = &site.text[site.line_start(byte)..site.snapshot.line_end(byte)];
        line.find(mark).is_some_and(|at| kept.is_in(&line[at..]))
    };
    let attached = |node: &Node<'_>| {
        let attribute = node.byte_range();
        range.start <= attribute.start && attribute.end <= range.end && kept.is_in(site.of(*node))
    };
    says(range.start) || says(range.end) || site.all("attached").iter().any(attached)
}

/// Where the comments begin that stand above an import's lines and are about it alone; None in `Some` when there are none of
/// its own, None when they say that it is to stay. `start` and `next` are the first bytes of its lines and of those below.
fn comments_above(
    site: &SourceView<'_>,
    import: &Import,
    start: usize,
    next: usize,
) -> Option<Option<usize>> {
    let (mark, rules) = (site.language.config.line_comment.as_str(), &site.language.repairs.imports);
    let line_of = |byte: usize| site.text[byte..site.snapshot.line_end(byte)].trim();
    let mut first = start;
    while first > 0 {
        let above = site.line_start(first - 1);
        let text = line_of(above);
        let of_file = [&rules.head, &rules.licence].into_iter().flatten().any(|pattern| pattern.is_in(text));
        if above >= first || !text.starts_with(mark) || of_file {
            break;
        }
        first = above;
    }
    let comment = &site.text[first..start];
    if comment.trim().is_empty() {
        return Some(None);
    }
    if rules.kept.as_ref().is_some_and(|kept| kept.is_in(comment)) {
        return None;
    }
    let names = [import.binds(&rules.separator), import.name.as_str(), import.module.as_str()];
    let names_it = names.iter().any(|name| words(comment, name).next().is_some());
    // A comment above several imports is a heading, and the first one of a file may be the file's.
    let below = if next < site.text.len() { line_of(next) } else { "" };
    let alone = below.is_empty() || below.starts_with(mark) || below.starts_with([')', '}']);
    let begins_file = first == site.line_start(0);
    Some((names_it || alone && !begins_file).then_some(first))
}

/// The bytes of the empty lines at `next` that would be too many when what is between `start` and `next` goes.
fn blank_lines(site: &SourceView<'_>, start: usize, next: usize) -> usize {
    let is_blank = |line: &&str| line.trim().is_empty() && line.ends_with('\n');
    let below: Vec<&str> = site.text[next..].split_inclusive('\n').take_while(is_blank).collect();
    let before = &site.text[site.line_start(0)..start];
    let above = before.split_inclusive('\n').rev().take_while(is_blank).count();
    let many = if before.trim().is_empty() { below.len() } else { above.min(below.len()) };
    below[..many].iter().map(|line| line.len()).sum()
}
