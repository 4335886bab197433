//! Checks whether the brackets of a whole file pair up, as its tree shows them.

use tree_sitter::Tree;

use crate::document::tree;

/// Whether every bracket has its partner. MISSING ones, which the parser made up, do not count.
pub fn are_even(tree: &Tree) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let mut even = true;
    tree::walk(tree.root_node(), |node| {
        if node.child_count() == 0 && !node.is_missing() {
            match node.kind() {
                "(" => open.push(")"),
                "[" => open.push("]"),
                "{" => open.push("}"),
                closer @ (")" | "]" | "}") => even &= open.pop() == Some(closer),
                _ => {}
            }
        }
        even
    });
    even && open.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Snapshot;

    #[test]
    fn pairs() {
        let rust = crate::testing::language("rust");
        for (text, expected) in [
            ("fn f() { g(\"(\", '{', [1]); /* } */ }", true),
            ("fn f() { g(; }", false),
            ("fn f() { }}", false),
            ("mod m { fn f() {", false),
        ] {
            let tree = Snapshot::of_text("", text, rust.clone()).parse().unwrap();
            assert_eq!(are_even(&tree), expected, "{text}");
        }
    }
}
