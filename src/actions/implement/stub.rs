//! Finds a function without a body, by `grammars/<lang>/stubs.scm`, and puts a body into it.

use std::collections::HashSet;
use std::ops::Range;

use tree_sitter::{Node, Tree};

use crate::actions::edits::minimal;
use crate::context::line::{self, Line, indent_unit};
use crate::document::tree::{self, Capture, Match, rope_text};
use crate::document::with_line_ends;
use crate::document::{Edit, Snapshot};
use crate::language::Language;

/// Documentation and attributes are read this far above a function.
const LEAD: usize = 8 * 1024;

/// A function that is still to be written. Offsets are bytes of the snapshot it was found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stub {
    /// Its name.
    pub name: String,
    /// The function's own node.
    pub definition: Range<usize>,
    /// What belongs to it: the function, and its documentation and attributes above.
    pub whole: Range<usize>,
    /// What is replaced by `open`, the body and `close`.
    pub hole: Range<usize>,
    /// With LF line ends; ends where the body's first line begins, behind its indentation.
    pub open: String,
    /// With LF line ends.
    pub close: String,
    /// How it is documented.
    pub doc_source: DocSource,
    /// What the body may be expected to use; no `self`.
    pub parameters: Vec<String>,
    /// The types that its signature names.
    pub types: Vec<String>,
    /// Whether the signature asks for a value.
    pub returns: bool,
}

/// How a function says what it is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocSource {
    /// By a text inside of it.
    Docstring,
    /// By a comment above it.
    Comment,
    /// By its signature only.
    Nothing,
}

impl Stub {
    /// The edit that puts `body` (LF line ends, first line without indentation) into its place: no more than differs.
    pub fn edit(&self, snapshot: &Snapshot, body: &str) -> Edit {
        let ending = snapshot.line_ending();
        let new = with_line_ends(&format!("{}{body}{}", self.open, self.close), ending);
        minimal(snapshot, &self.hole, &new)
    }

    /// The document with the place for the body made, and the cursor there.
    pub fn opened(&self, snapshot: &Snapshot) -> (Snapshot, usize) {
        let ending = snapshot.line_ending();
        let open = with_line_ends(&self.open, ending);
        let text = format!("{open}{}", with_line_ends(&self.close, ending));
        let offset = self.hole.start + open.len();
        (snapshot.with_edit(&Edit::replace(self.hole.clone(), text)), offset)
    }

    /// Where the body is once it is inserted, `body` having LF line ends.
    pub fn inserted(&self, snapshot: &Snapshot, body: &str) -> Range<usize> {
        let ending = snapshot.line_ending();
        let start = self.hole.start + with_line_ends(&self.open, ending).len();
        start..start + with_line_ends(body, ending).len()
    }
}

/// The innermost stub that all of `range` belongs to; `tree` is the snapshot's. A cursor on the blank line below a docstring,
/// where one would type on, belongs to it too.
pub fn find(snapshot: &Snapshot, tree: &Tree, range: &Range<usize>) -> Option<Stub> {
    let blank = range.is_empty().then(|| blank_line(snapshot, range.start)).flatten();
    let Some(line) = blank else { return innermost(snapshot, tree, range) };
    let ink = snapshot.slice(range.start.saturating_sub(LEAD)..range.start);
    let ink = range.start - (ink.len() - ink.trim_end().len());
    let mut stub = innermost(snapshot, tree, &(ink..ink)).filter(|stub| {
        let base = indentation(snapshot, stub.definition.start);
        let own = snapshot.slice(line.clone());
        stub.definition.end <= ink && line::width(&own) > line::width(&base)
    });
    if let Some(stub) = stub.as_mut().filter(|stub| stub.hole.is_empty()) {
        stub.hole.end = line.end;
    }
    stub.or_else(|| innermost(snapshot, tree, range))
}

/// The bytes of the line at `at`, when it is blank.
fn blank_line(snapshot: &Snapshot, at: usize) -> Option<Range<usize>> {
    let line = snapshot.line_range(snapshot.line_of(at));
    snapshot.slice(line.clone()).trim().is_empty().then_some(line)
}

fn innermost(snapshot: &Snapshot, tree: &Tree, range: &Range<usize>) -> Option<Stub> {
    let language = snapshot.language.as_deref()?;
    let query = &language.queries.stubs;
    let looked_at = range.start.saturating_sub(1)..range.end.max(range.start + 1) + LEAD;
    let mut unwanted = HashSet::new();
    let found = tree::matches(query, tree.root_node(), rope_text(&snapshot.text), looked_at);
    for one in &found {
        unwanted.extend(one.node("stub.not").map(|node| node.id()));
    }
    let parts = found.iter().filter_map(Parts::new);
    let stubs = parts.filter(|parts| !unwanted.contains(&parts.stub.id()));
    let stubs = stubs.filter_map(|parts| parts.stub(snapshot, language, tree));
    stubs
        .filter(|stub| stub.whole.start <= range.start && range.end <= stub.whole.end)
        .min_by_key(|stub| stub.whole.len())
}

/// The nodes of one match.
struct Parts<'t> {
    stub: Node<'t>,
    name: Node<'t>,
    hole: Option<Node<'t>>,
    /// The docstring, later its statement.
    doc: Option<Node<'t>>,
    empty: Option<Node<'t>>,
}

impl<'t> Parts<'t> {
    fn new(found: &Match<'t>) -> Option<Self> {
        Some(Self {
            stub: found.node("stub")?,
            name: found.node("stub.name")?,
            hole: found.node("stub.hole"),
            doc: found.node("stub.doc"),
            empty: found.node("stub.empty"),
        })
    }

    fn stub(mut self, snapshot: &Snapshot, language: &Language, tree: &Tree) -> Option<Stub> {
        let above = self.stub.start_byte().saturating_sub(LEAD)..self.stub.end_byte();
        let text = rope_text(&snapshot.text);
        let docs = tree::captures(&language.queries.docs, tree.root_node(), text, above);
        let docs = docs.filter(|(name, _)| *name == "doc");
        let docs: HashSet<usize> = docs.map(|(_, node)| node.id()).collect();
        let (start, commented) = self.lead(snapshot, language, &docs);
        self.doc = self.statements(&docs)?;
        let doc_source = match (self.doc.is_some(), commented) {
            (true, _) => DocSource::Docstring,
            (false, true) => DocSource::Comment,
            // An empty body may be meant; documentation asks for one.
            (false, false) if self.empty.is_some() => return None,
            (false, false) => DocSource::Nothing,
        };
        let (hole, open, close) = self.frame(snapshot, language)?;
        let own = signature(snapshot, language, self.stub);
        Some(Stub {
            name: snapshot.slice(self.name.byte_range()),
            definition: self.stub.byte_range(),
            whole: start..self.stub.end_byte(),
            hole,
            open,
            close,
            doc_source,
            parameters: texts(snapshot, &own, "stub.parameter"),
            types: texts(snapshot, &own, "stub.type"),
            returns: own.iter().any(|(name, _)| *name == "stub.returns"),
        })
    }

    /// The statement that is a docstring, if one is; None when the body has more than that, a hole and comments.
    fn statements(&self, docs: &HashSet<usize>) -> Option<Option<Node<'t>>> {
        let statement = self.hole.or_else(|| self.doc?.parent());
        let Some(block) = statement.and_then(|statement| statement.parent()) else { return Some(None) };
        let mut others = tree::named_children(block);
        others.retain(|child| !child.is_extra() && Some(*child) != self.hole);
        match others[..] {
            [] => Some(None),
            [only] if only.named_child(0).is_some_and(|child| docs.contains(&child.id())) => Some(Some(only)),
            _ => None,
        }
    }

    /// Where its documentation and attributes begin, and whether a doc comment is among them.
    fn lead(&self, snapshot: &Snapshot, language: &Language, docs: &HashSet<usize>) -> (usize, bool) {
        let mut first = self.stub;
        let mut commented = false;
        while let Some(before) = first.prev_sibling() {
            let documents = docs.contains(&before.id());
            if !documents && !is_lead(language, snapshot, before) {
                break;
            }
            commented |= documents;
            first = before;
        }
        (first.start_byte(), commented)
    }

    /// What the body replaces, and what is around it then.
    fn frame(&self, snapshot: &Snapshot, language: &Language) -> Option<(Range<usize>, String, String)> {
        let base = indentation(snapshot, self.stub.start_byte());
        let row = snapshot.line_of(self.stub.start_byte());
        let inner = format!("{base}{}", indent_unit(&snapshot.text, row, &language.config.indent).text());
        let braces = !language.config.significant_indentation;
        let in_braces = |block: Node<'_>| {
            let inside = block.start_byte() + 1..block.end_byte() - 1;
            (inside, format!("\n{inner}"), format!("\n{base}"))
        };
        if let Some(empty) = self.empty {
            let opener = language.config.block_openers.first()?;
            return Some(match empty.is_named() {
                true => in_braces(empty),
                // A declaration: its end becomes a block.
                false => (empty.byte_range(), format!(" {opener}\n{inner}"), format!("\n{base}}}")),
            });
        }
        let first = self.hole.or(self.doc)?;
        let (start, end) = (first.start_byte(), first.end_byte());
        if snapshot.slice(snapshot.line_start(start)..start).trim().is_empty() {
            let at_line = indentation(snapshot, start);
            let behind = snapshot.slice(end..snapshot.line_end(end));
            return Some(match self.hole {
                Some(_) if braces && !behind.trim().is_empty() => return None,
                Some(_) => (start..end, String::new(), String::new()),
                // Behind the docstring and what may be said of it on its line.
                None => {
                    let end = snapshot.line_end(end);
                    (end..end, format!("\n{at_line}"), String::new())
                }
            });
        }
        if braces {
            let block =
                std::iter::successors(first.parent(), Node::parent).find(|node| node.child_count() > 2)?;
            return (block.named_child_count() == 1).then(|| in_braces(block));
        }
        // On the line of the header: it goes to lines of its own.
        let block = first.parent()?;
        let head = block.prev_sibling().filter(|head| !head.is_extra())?.end_byte();
        let doc = snapshot.slice(block.start_byte()..end).replace("\r\n", "\n");
        Some(match self.hole {
            Some(_) if self.doc.is_some() => return None,
            Some(_) => (head..end, format!("\n{inner}"), String::new()),
            None => (head..end, format!("\n{inner}{doc}\n{inner}"), String::new()),
        })
    }
}

/// Whether a node is before a definition and belongs to it.
fn is_lead(language: &Language, snapshot: &Snapshot, node: Node<'_>) -> bool {
    let text = rope_text(&snapshot.text);
    let mut found = tree::captures(&language.queries.stubs, node, text, node.byte_range());
    found.any(|(name, lead)| name == "stub.lead" && lead.id() == node.id())
}

/// What is captured of a function itself, not of one inside of it.
pub fn signature<'t>(snapshot: &Snapshot, language: &'t Language, function: Node<'t>) -> Vec<Capture<'t>> {
    let kinds = &language.config.definitions;
    let own = |node: Node<'t>| {
        let around = std::iter::successors(Some(node), |node| node.parent().filter(|_| *node != function));
        let mut around = around.filter(|node| kinds.iter().any(|kind| kind == node.kind()));
        around.next() == Some(function)
    };
    let text = rope_text(&snapshot.text);
    let found = tree::captures(&language.queries.stubs, function, text, function.byte_range());
    found.filter(|(_, node)| own(*node)).collect()
}

/// The texts of the captures of that name, each once.
fn texts(snapshot: &Snapshot, captures: &[(&str, Node<'_>)], wanted: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for (_, node) in captures.iter().filter(|(name, _)| *name == wanted) {
        let text = snapshot.slice(node.byte_range());
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

fn indentation(snapshot: &Snapshot, at: usize) -> String {
    Line::at(&snapshot.text, snapshot.floor(at))
        .before
        .chars()
        .take_while(|c| *c == ' ' || *c == '\t')
        .collect()
}
