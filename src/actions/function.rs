//! Finds the function at a place, and reads how it and its neighbours are documented.

use std::collections::HashSet;
use std::ops::Range;

use tree_sitter::{Node, Tree};

use crate::document::Snapshot;
use crate::document::tree::{captures, rope_text};
use crate::language::Language;

/// A function. Offsets are bytes of the snapshot it was found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// With what is before it and belongs to it, from its first word to its last.
    pub whole: Range<usize>,
    /// Its own node.
    pub definition: Range<usize>,
    /// Where its body begins; none without one.
    pub body: Option<usize>,
    /// Whether it is documented.
    pub documented: bool,
    /// The names of its parameters, without the receiver and those that are not meant to be used.
    pub parameters: Vec<String>,
}

/// The innermost function that all of `range` is in; on the first line of one, its indentation counts too.
pub fn at(snapshot: &Snapshot, tree: &Tree, range: &Range<usize>) -> Option<Function> {
    let language = snapshot.language.as_deref()?;
    let line = snapshot.slice(snapshot.line_start(range.start)..snapshot.line_end(range.start));
    let indentation = line.len() - line.trim_start().len();
    let start = range.start.max(snapshot.line_start(range.start) + indentation);
    let end = range.end.max(start);
    let is_function = |node: &Node<'_>| language.config.functions.iter().any(|kind| kind == node.kind());
    let found = tree.root_node().descendant_for_byte_range(start, end)?;
    let mut above = std::iter::successors(Some(found), Node::parent);
    // On an attribute or a decorator the function it belongs to.
    let node = above.find_map(|node| {
        if is_function(&node) { Some(node) } else { below(node, language).filter(is_function) }
    })?;
    function(snapshot, tree, language, node)
}

/// The definition that a node before it belongs to.
fn below<'t>(node: Node<'t>, language: &Language) -> Option<Node<'t>> {
    let leads = |node: &Node<'_>| language.config.attribute_nodes.iter().any(|kind| kind == node.kind());
    if !leads(&node) {
        let parent = node.parent().filter(|parent| is_wrapper(language, parent, &node));
        return parent.and_then(|parent| {
            parent.named_child(parent.named_child_count().checked_sub(1)?.try_into().ok()?)
        });
    }
    let mut next = node.next_named_sibling();
    while let Some(node) = next.filter(leads) {
        next = node.next_named_sibling();
    }
    next
}

/// Whether `parent` is a definition around another one, that adds what is before it: a decorated one.
fn is_wrapper(language: &Language, parent: &Node<'_>, child: &Node<'_>) -> bool {
    language.config.definitions.iter().any(|kind| kind == parent.kind())
        && !language.config.functions.iter().any(|kind| kind == parent.kind())
        && parent.child_by_field_name("body").is_none()
        && parent.id() != child.id()
}

fn function(snapshot: &Snapshot, tree: &Tree, language: &Language, node: Node<'_>) -> Option<Function> {
    let wrapped = node.parent().filter(|parent| is_wrapper(language, parent, &node));
    let mut first = wrapped.unwrap_or(node);
    let text = rope_text(&snapshot.text);
    let found: Vec<_> = captures(&language.queries.docs, tree.root_node(), text, 0..snapshot.len()).collect();
    let ids = |wanted: &str| -> HashSet<usize> {
        found.iter().filter(|(name, _)| *name == wanted).map(|(_, node)| node.id()).collect()
    };
    let docs = ids("doc");
    let mut documented = ids("doc.item").contains(&node.id());
    let mut before = first.prev_sibling();
    while let Some(node) = before {
        let leads = language.config.attribute_nodes.iter().any(|kind| kind == node.kind());
        documented |= docs.contains(&node.id());
        if leads {
            first = node;
        }
        before = if leads || node.is_extra() && !documented { node.prev_sibling() } else { None };
    }
    Some(Function {
        name: snapshot.slice(node.child_by_field_name("name")?.byte_range()),
        whole: first.start_byte()..node.end_byte(),
        definition: node.byte_range(),
        body: node.child_by_field_name("body").map(|body| body.start_byte()),
        documented,
        parameters: parameters(snapshot, tree, language, node),
    })
}

fn parameters(snapshot: &Snapshot, tree: &Tree, language: &Language, function: Node<'_>) -> Vec<String> {
    let end = function.child_by_field_name("body").map_or(function.end_byte(), |body| body.start_byte());
    let header = function.start_byte()..end;
    let is_function = |node: &Node<'_>| language.config.functions.iter().any(|kind| kind == node.kind());
    let is_own = |node: &Node<'_>| {
        let above = std::iter::successors(node.parent(), Node::parent).find(is_function);
        above.is_some_and(|above| above.id() == function.id())
    };
    let text = rope_text(&snapshot.text);
    let found = captures(&language.queries.stubs, tree.root_node(), text, header.clone());
    let found =
        found.filter(|(name, node)| *name == "stub.parameter" && node.end_byte() <= end && is_own(node));
    let mut nodes: Vec<Range<usize>> = found.map(|(_, node)| node.byte_range()).collect();
    nodes.sort_by_key(|range| range.start);
    nodes.dedup();
    nodes.into_iter().map(|range| snapshot.slice(range)).collect()
}

/// The texts that document something in this file, in order, as they are written.
pub fn docs(snapshot: &Snapshot, tree: &Tree) -> Vec<String> {
    let Some(language) = snapshot.language.as_deref() else { return Vec::new() };
    let mut texts: Vec<(Range<usize>, String)> = Vec::new();
    let text = rope_text(&snapshot.text);
    for (name, node) in captures(&language.queries.docs, tree.root_node(), text, 0..snapshot.len()) {
        if name != "doc" {
            continue;
        }
        let range = node.byte_range();
        let text = snapshot.slice(range.clone()).replace("\r\n", "\n");
        match texts.last_mut() {
            // Lines above a definition are one text.
            Some((last, lines))
                if !language.config.docs.line.is_empty()
                    && snapshot.slice(last.end..range.start).trim().is_empty() =>
            {
                lines.push('\n');
                lines.push_str(text.trim_end());
                last.end = range.end;
            }
            _ => texts.push((range, text.trim_end().to_owned())),
        }
    }
    texts.into_iter().map(|(_, text)| text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, what belongs to it, and whether it is documented.
    fn found(language: &str, text: &str) -> Option<(String, String, bool)> {
        let (snapshot, cursor) = crate::testing::fixture(language, text);
        let function = super::at(&snapshot, &snapshot.parse().unwrap(), &cursor)?;
        Some((function.name, snapshot.slice(function.whole), function.documented))
    }

    #[test]
    fn the_innermost_function_with_what_belongs_to_it() {
        let some = |name: &str, text: &str, documented| Some((name.into(), text.into(), documented));
        for (language, text, expected) in [
            ("python", "def f(a):\n    reˇturn a\n", some("f", "def f(a):\n    return a", false)),
            ("python", "@a\nˇ@b\ndef f():\n    'x'\n", some("f", "@a\n@b\ndef f():\n    'x'", true)),
            ("python", "class A:\nˇ    def f(self): pass\n", some("f", "def f(self): pass", false)),
            ("python", "class A:\n    x = 1ˇ\n", None),
            ("rust", "/// A.\n#[inline]\nfn f() {ˇ}\n", some("f", "#[inline]\nfn f() {}", true)),
            ("rust", "// A.\n#[inˇline]\nfn f() {}\n", some("f", "#[inline]\nfn f() {}", false)),
            ("rust", "/// S.\nstruct S;\n\nfn fˇ() {}\n", some("f", "fn f() {}", false)),
            ("rust", "trait T {\n    fn fˇ();\n}\n", some("f", "fn f();", false)),
            ("rust", "struct Sˇ;\n", None),
        ] {
            assert_eq!(found(language, text), expected, "{text}");
        }
    }

    #[test]
    fn parameters_without_the_receiver() {
        for (language, text, expected) in [
            (
                "python",
                "def f(self, a, *b, c: int = 1, **d) -> int:\n    ˇdef g(x): pass\n    return a\n",
                "a b c d",
            ),
            ("python", "def f(a):\n    def g(x, y=lambda z: z):\n        reˇturn x\n", "x y"),
            ("rust", "impl A {\n    fn f(&self, a: u8, mut b: u8, _c: u8) {ˇ}\n}\n", "a b"),
        ] {
            let (snapshot, mut cursor) = crate::testing::fixture(language, text);
            if text.contains("ˇdef") {
                cursor = 0..0;
            }
            let function = super::at(&snapshot, &snapshot.parse().unwrap(), &cursor).unwrap();
            assert_eq!(function.parameters.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn lines_above_are_one_text() {
        let language = crate::testing::language("rust");
        let snapshot = Snapshot::of_text("", "/// A.\n///\n/// B.\nfn f() {}\n/// C.\nfn g() {}\n", language);
        assert_eq!(docs(&snapshot, &snapshot.parse().unwrap()), ["/// A.\n///\n/// B.", "/// C."]);
    }
}
