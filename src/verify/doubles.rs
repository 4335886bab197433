//! Finds what a new text says twice: a member that its list has already, and code that is the same on both of its sides.
//!
//! `grammars/<lang>/doubles.scm` describes both.

use std::ops::Range;

use tree_sitter::{Node, Tree};

use super::structure;
use crate::document::Snapshot;
use crate::document::tree::{Match, matches, rope_text};

/// Where the first of these ends in the bytes `inserted` of `snapshot`, a text with the suggestion in it; `tree` is its tree.
pub fn first_end(snapshot: &Snapshot, tree: &Tree, inserted: &Range<usize>) -> Option<usize> {
    let query = &snapshot.language.as_deref()?.queries.doubles;
    if query.pattern_count() == 0 || inserted.is_empty() {
        return None;
    }
    let found = matches(query, tree.root_node(), rope_text(&snapshot.text), inserted.clone());
    let touches = |node: Node<'_>| structure::touches(node, inserted);
    let sides = |one: &&Match<'_>| one.captures.iter().any(|(name, node)| *name != "same" && touches(*node));
    let sames = found.iter().filter(sides).filter_map(|one| one.node("same"));
    let keys: Vec<Key<'_>> = found
        .iter()
        .filter_map(|one| Some(Key { pattern: one.pattern, list: one.node("list")?, node: one.node("key")? }))
        .collect();
    let is_double = |key: &&Key<'_>| {
        touches(key.node)
            && keys.iter().any(|other| {
                // Of two new ones, the second is too much.
                key.is_like(other, snapshot)
                    && (!touches(other.node) || other.node.start_byte() < key.node.start_byte())
                    && !is_free(other, snapshot, tree)
            })
            && !is_free(key, snapshot, tree)
    };
    let members = keys.iter().filter(is_double).map(|key| key.node);
    sames.chain(members).map(|node| node.end_byte().min(inserted.end)).min()
}

/// What no other member of a list may have.
struct Key<'t> {
    pattern: usize,
    list: Node<'t>,
    node: Node<'t>,
}

impl Key<'_> {
    /// Whether the two are different members that have the same key.
    fn is_like(&self, other: &Self, snapshot: &Snapshot) -> bool {
        self.pattern == other.pattern
            && self.list.id() == other.list.id()
            && self.node.id() != other.node.id()
            && self.node.byte_range().len() == other.node.byte_range().len()
            && snapshot.slice(self.node.byte_range()) == snapshot.slice(other.node.byte_range())
    }
}

/// Whether the member stands behind an attribute that lets it come again.
fn is_free(key: &Key<'_>, snapshot: &Snapshot, tree: &Tree) -> bool {
    let Some(language) = snapshot.language.as_deref() else { return false };
    let mut member = key.node;
    while let Some(parent) = member.parent().filter(|parent| parent.id() != key.list.id()) {
        member = parent;
    }
    let is_lead = |node: &Node<'_>| {
        node.is_extra() || language.config.attribute_nodes.iter().any(|kind| kind == node.kind())
    };
    let before = std::iter::successors(member.prev_sibling(), |node| node.prev_sibling());
    let Some(first) = before.take_while(is_lead).last() else { return false };
    let lead = first.start_byte()..member.start_byte();
    let found = matches(&language.queries.doubles, tree.root_node(), rope_text(&snapshot.text), lead.clone());
    let free = found.iter().filter_map(|one| one.node("free"));
    free.map(|node| node.byte_range()).any(|free| lead.start <= free.start && free.end <= lead.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text in ⟦⟧ up to the end of what it says twice; all of it where it does not.
    #[track_caller]
    fn check(language: &str, rows: &[(&str, Option<&str>)]) {
        for (marked, expected) in rows {
            let (snapshot, inserted) = crate::testing::fixture(language, marked);
            let end = first_end(&snapshot, &snapshot.parse().unwrap(), &inserted);
            let text = end.map(|end| snapshot.slice(inserted.start..end));
            assert_eq!(text.as_deref(), *expected, "{marked}");
        }
    }

    #[test]
    fn members_of_python() {
        check(
            "python",
            &[
                ("x = {'a': 1, ⟦'b': 2, 'a': 3⟧}\n", Some("'b': 2, 'a'")),
                ("x = {'a': 1, ⟦'b': {'a': 3}⟧}\n", None),
                ("def f(): pass\n\n⟦def g(): pass\n\ndef f(): pass⟧\n", Some("def g(): pass\n\ndef f")),
                ("@over\ndef f(a): pass\n\n⟦def f(b): pass⟧\n", None),
                ("class A:\n    def f(self): pass\n    ⟦def f(self): pass⟧\n", Some("def f")),
                ("class A:\n    def f(self): pass\n\nclass B:\n    ⟦def f(self): pass⟧\n", None),
                ("class A:\n    x: int\n    ⟦y: int\n    x: str⟧\n", Some("y: int\n    x")),
                ("if a:\n    b()\n⟦elif a:\n    c()⟧\n", Some("elif a")),
                ("if a:\n    b()\n⟦elif not a:\n    c()⟧\n", None),
                ("match a:\n    case 1:\n        b()\n    ⟦case 1:\n        c()⟧\n", Some("case 1")),
                ("match a:\n    case b if b:\n        b()\n    ⟦case b:\n        c()⟧\n", None),
                ("from a import b, ⟦c, b⟧\n", Some("c, b")),
                ("x = f(a, ⟦a⟧)\n", None),
                ("a = 1\n⟦a = 2⟧\n", None),
            ],
        );
    }

    #[test]
    fn members_of_rust() {
        check(
            "rust",
            &[
                ("enum A { B, C, ⟦D, B⟧ }\n", Some("D, B")),
                ("struct A { b: u8, ⟦b: u16⟧ }\n", Some("b")),
                ("fn f() { A { b: 1, ⟦b⟧ }; }\n", Some("b")),
                ("fn f() { match a { 1 => b(), ⟦2 => c(), 1 => d(),⟧ } }\n", Some("2 => c(), 1")),
                ("fn f() { match a { 1 if b => b(), ⟦1 => c(),⟧ } }\n", None),
                ("trait A { fn b(&self); ⟦fn b(&self) {}⟧ }\n", Some("fn b")),
                ("#[cfg(unix)]\nfn a() {}\n\n⟦#[cfg(not(unix))]\nfn a() {}⟧\n", None),
                ("#[test]\nfn a() {}\n\n⟦#[test]\nfn a() {}⟧\n", Some("#[test]\nfn a")),
                ("fn a() {}\n⟦struct a;⟧\n", None),
                ("fn f(a: u8, ⟦a: u8⟧) {}\n", Some("a")),
            ],
        );
    }

    #[test]
    fn the_same_on_both_sides() {
        check(
            "python",
            &[
                ("x = ⟦x⟧\n", Some("x")),
                ("self.x = ⟦self.x⟧\n", Some("self.x")),
                ("self.x = ⟦x⟧\n", None),
                ("if a in ⟦a⟧: pass\n", Some("a")),
                ("if ⟦a == a and b⟧: pass\n", Some("a == a")),
                ("if a != ⟦a⟧: pass\n", None),
                ("x = f(x=⟦x⟧)\n", None),
                ("x = ⟦1 if a else 1⟧\n", Some("1 if a else 1")),
                ("if a:\n    b()\nelse:\n    ⟦b()⟧\n", Some("b()")),
                ("if a:\n    b()\nelse:\n    ⟦c()⟧\n", None),
                ("x = x\n⟦y = 1⟧\n", None),
            ],
        );
        check(
            "rust",
            &[
                ("fn f() { x = ⟦x⟧; }\n", Some("x")),
                ("fn f() { let x = ⟦x⟧; }\n", None),
                ("fn f() { if a { ⟦b⟧ } else { b } }\n", Some("b")),
                ("fn f() { assert_eq!(a, ⟦a⟧); }\n", Some("a")),
                ("fn f() { assert_eq!(a, ⟦a(b)⟧); }\n", None),
                ("fn f() { x * ⟦x⟧; }\n", None),
                ("fn f() { x - ⟦x⟧; }\n", Some("x")),
            ],
        );
    }
}
