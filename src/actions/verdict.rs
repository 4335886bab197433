//! Whether what a model wrote may stand where it is to be put: the rule of completions, for a text that replaces some of the
//! document. It changes nothing.

use std::ops::Range;

use tree_sitter::{Node, Tree};

use crate::document::{Edit, Snapshot, with_line_ends};
use crate::verify::{FaultCount, names, risks};

/// Judges changes of one document.
pub struct Judge {
    snapshot: Snapshot,
    tree: Tree,
    before: FaultCount,
}

impl Judge {
    /// A judge for changes of `snapshot`; None when it cannot be parsed.
    pub fn new(snapshot: &Snapshot) -> Option<Self> {
        let tree = snapshot.parse()?;
        let snapshot = snapshot.with_tree(tree.clone());
        Some(Self { before: FaultCount::of(&snapshot)?, snapshot, tree })
    }

    /// The document as it is, knowing its tree.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Its tree.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The names in it that nothing accounts for.
    pub fn unknown(&self) -> Vec<String> {
        names::check(&self.snapshot, &self.tree, 0..self.snapshot.len()).unknown
    }

    /// Whether `new` (LF line ends) may take the place of `range`: no fault more for either parser, nothing around it is
    /// something else than before, no name that nothing accounts for, no risk.
    pub fn accepts(&self, range: &Range<usize>, new: &str) -> bool {
        let Some((after, tree, inserted)) = self.put(range, new) else { return false };
        keeps_around((&self.tree, range), (&tree, &inserted))
            && self.is_sound(&after, &tree, range, &inserted)
    }

    /// The same for a text at `at` that may become part of the block before it.
    pub fn accepts_more(&self, at: usize, new: &str) -> bool {
        let Some((after, tree, inserted)) = self.put(&(at..at), new) else { return false };
        let whole = !self.tree.root_node().has_error();
        let kept = !whole
            || crate::completion::keeps_what_follows(&self.tree, &tree, &self.snapshot, &(at..at), &inserted);
        kept && adds_code(&tree, &inserted) && self.is_sound(&after, &tree, &(at..at), &inserted)
    }

    /// Whether `new` in the place of `range` changes nothing that runs: the trees are the same but for comments and for what
    /// is inside of `added` (bytes of the new text). No fault more either.
    pub fn is_same_code(&self, range: &Range<usize>, new: &str, added: Option<Range<usize>>) -> bool {
        let Some((after, tree, _)) = self.put(range, new) else { return false };
        let before = code(&self.tree, &self.snapshot, None);
        before == code(&tree, &after, added.as_ref())
            && FaultCount::of(&after).is_some_and(|weight| weight.adds_nothing_to(&self.before))
    }

    fn put(&self, range: &Range<usize>, new: &str) -> Option<(Snapshot, Tree, Range<usize>)> {
        let new = with_line_ends(new, self.snapshot.line_ending());
        let inserted = range.start..range.start + new.len();
        let after = self.snapshot.with_edit(&Edit::replace(range.clone(), new));
        let tree = after.parse()?;
        Some((after.with_tree(tree.clone()), tree, inserted))
    }

    fn is_sound(&self, after: &Snapshot, tree: &Tree, range: &Range<usize>, inserted: &Range<usize>) -> bool {
        let known = names::check(&self.snapshot, &self.tree, range.clone()).unknown;
        let unknown = names::check(after, tree, inserted.clone()).unknown;
        unknown.iter().all(|name| known.contains(name))
            && FaultCount::of(after).is_some_and(|weight| weight.adds_nothing_to(&self.before))
            && risks::added(&self.snapshot, after, inserted).is_some_and(|risks| risks.is_empty())
    }
}

/// Whether every node that is not inside of the replaced range has its counterpart: the same kind, where it was or as far
/// behind the new text. Where all that was replaced is a body, it has to be one again: nothing is added to whose body it is.
fn keeps_around(old: (&Tree, &Range<usize>), new: (&Tree, &Range<usize>)) -> bool {
    let behind = |byte: usize, (_, range): (&Tree, &Range<usize>)| byte.saturating_sub(range.end);
    let look = |side: (&Tree, &Range<usize>)| {
        let (tree, range) = side;
        let (mut found, mut parts) = (Vec::new(), Vec::new());
        walk(tree, |node| {
            let inside = range.start <= node.start_byte() && node.end_byte() <= range.end;
            if inside && !node.byte_range().is_empty() {
                if !node.is_extra() {
                    parts.push(field(node));
                }
                return false;
            }
            let place = |byte: usize| match byte {
                // The range's own end is an end, not a place of its own.
                byte if byte >= range.end => (true, behind(byte, side)),
                byte => (false, byte),
            };
            found.push((node.kind_id(), place(node.start_byte()), place(node.end_byte())));
            true
        });
        (found, parts)
    };
    let ((around, parts), (around_now, parts_now)) = (look(old), look(new));
    let is_body = matches!(parts[..], [Some(_)]);
    around == around_now && (!is_body || parts == parts_now)
}

/// Which field of its parent a node is.
fn field(node: Node<'_>) -> Option<String> {
    let parent = node.parent()?;
    let mut cursor = parent.walk();
    let at = parent.children(&mut cursor).position(|child| child == node)?;
    parent.field_name_for_child(u32::try_from(at).ok()?).map(str::to_owned)
}

/// Whether a statement begins in `inserted`: a comment is none.
fn adds_code(tree: &Tree, inserted: &Range<usize>) -> bool {
    let mut found = false;
    walk(tree, |node| {
        let touches = node.start_byte() < inserted.end && inserted.start < node.end_byte();
        found |= touches && node.is_named() && !node.is_extra() && node.start_byte() >= inserted.start;
        touches && !node.is_extra() && !found
    });
    found
}

/// A tree without its comments and without what is inside of `but`: kinds, depths, and the texts of the leaves.
fn code(tree: &Tree, snapshot: &Snapshot, but: Option<&Range<usize>>) -> Vec<(u16, usize, String)> {
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let inside = but.is_some_and(|but| but.start <= node.start_byte() && node.end_byte() <= but.end);
        let left_out = node.is_extra() || inside && !node.byte_range().is_empty();
        if !left_out {
            let leaf = node.child_count() == 0;
            let text = if leaf { snapshot.slice(node.byte_range()) } else { String::new() };
            found.push((node.kind_id(), usize::try_from(cursor.depth()).unwrap_or_default(), text));
        }
        if !left_out && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

/// Visit every node in order; the children of those for which `visit` is true.
fn walk(tree: &Tree, mut visit: impl FnMut(Node<'_>) -> bool) {
    let mut cursor = tree.walk();
    loop {
        if visit(cursor.node()) && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `new` may take the place of what stands between the two `ˇ`.
    fn accepts(language: &str, text: &str, new: &str) -> bool {
        let (snapshot, range) = crate::testing::fixture(language, text);
        Judge::new(&snapshot).unwrap().accepts(&range, new)
    }

    #[test]
    fn what_stands_around_stays_what_it_was() {
        let text = "def f(a):\n    if a:\n        ˇreturn aˇ\n    return 2\n";
        for (new, accepted) in [
            ("return a + 1", true),
            ("a += 1\n        return a", true),
            ("return a\n    else:\n        return 1", false),
            ("return a\nb = 1", false),
            ("return (a", false),
            ("return eval(a)", false),
            ("return unheard_of(a)", false),
        ] {
            assert_eq!(accepts("python", text, new), accepted, "{new}");
        }
        let text = "fn f(a: u8) -> u8 {\n    ˇaˇ\n}\n\nfn g() {}\n";
        for (new, accepted) in [
            ("a + 1", true),
            ("let b = a;\n    b", true),
            ("a\n}\n\nfn h() {", false),
            ("unsafe { *p }", false),
        ] {
            assert_eq!(accepts("rust", text, new), accepted, "{new}");
        }
    }

    #[test]
    fn code_is_the_same_but_for_its_comments() {
        let language = crate::testing::language("python");
        let text = "def f(a):\n    b = '''\n    a'''\n    return a\n";
        let judge = Judge::new(&Snapshot::of_text("", text, language)).unwrap();
        let with = |new: &str| judge.is_same_code(&(0..text.len()), new, None);
        assert!(with(&text.replace("    return", "    # Give it back.\n    return")));
        assert!(!with(&text.replace("return a", "return b")));
        assert!(!with(&text.replace("    a'''", "    # a\n    a'''")), "inside of a text it is none");
        assert!(!with(&text.replace("    return", "  return")), "nor is indentation");
    }
}
