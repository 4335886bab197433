//! Counts the members that a new text reads through its receiver although the whole class is in the file and has no such member.

use std::collections::HashSet;
use std::ops::Range;

use tree_sitter::{Node, Tree};

use crate::document::Snapshot;
use crate::document::tree::{captures, rope_text};
use crate::verify::structure;

/// How many different members the bytes `inserted` of `snapshot` read that their class has not; `tree` is its tree. A class with
/// bases may have any.
pub fn unknown(snapshot: &Snapshot, tree: &Tree, inserted: &Range<usize>) -> usize {
    let Some(language) = snapshot.language.as_deref() else { return 0 };
    let root = tree.root_node();
    let find = |query, range: Range<usize>| captures(query, root, rope_text(&snapshot.text), range);
    let all: Vec<(&str, Node<'_>)> = find(&language.queries.names, inserted.clone()).collect();
    let of =
        |name: &'static str| all.iter().filter(move |(capture, _)| *capture == name).map(|(_, node)| *node);
    let touches = |node: &Node<'_>| structure::touches(*node, inserted);
    let reads: Vec<Node<'_>> = of("own").filter(touches).collect();
    if reads.is_empty() {
        return 0;
    }
    let defined: HashSet<usize> = of("own.define").map(|node| node.id()).collect();
    let classes: Vec<Node<'_>> = find(&language.queries.repairs, inserted.clone())
        .filter(|(capture, _)| *capture == "class")
        .map(|(_, node)| node)
        .collect();
    let text = |node: Node<'_>| snapshot.slice(node.byte_range());
    let mut unknown: HashSet<String> = HashSet::new();
    for read in reads.into_iter().filter(|read| !defined.contains(&read.id())) {
        let holds = |class: &&Node<'_>| {
            class.start_byte() <= read.start_byte() && read.end_byte() <= class.end_byte()
        };
        let Some(class) = classes.iter().filter(holds).min_by_key(|class| class.byte_range().len()) else {
            continue;
        };
        if !of("owner").any(|owner| owner.id() == class.id()) {
            continue;
        }
        let name = text(read);
        let members = find(&language.queries.repairs, class.byte_range()).filter(|(capture, node)| {
            *capture == "member" && (!touches(node) || defined.contains(&node.id()))
        });
        let is_known = members.map(|(_, node)| node).any(|member| text(member) == name);
        if !is_known && !name.starts_with("__") {
            unknown.insert(name);
        }
    }
    unknown.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_the_receiver() {
        let class = "class A:\n    n: int\n\n    def __init__(self, m):\n        self.m = m\n\n    def f(self):\n        ";
        let derived = class.replace("class A", "class A(B)");
        for (marked, expected) in [
            (format!("{class}return ⟦self.n + self.m + self.f()⟧\n"), 0),
            (format!("{class}return ⟦self.k + self.k⟧\n"), 1),
            (format!("{class}⟦self.k = 1\n        return self.k⟧\n"), 0),
            (format!("{class}return ⟦other.k + self.__dict__⟧\n"), 0),
            (format!("{derived}return ⟦self.k⟧\n"), 0),
        ] {
            let (snapshot, inserted) = crate::testing::fixture("python", &marked);
            assert_eq!(unknown(&snapshot, &snapshot.parse().unwrap(), &inserted), expected, "{marked}");
        }
    }
}
