//! Removes an import that nothing uses, and marks a variable as unused on purpose.

use std::ops::Range;

use tree_sitter::Node;

use super::repair::{FixContext, Repair};
use super::site::{Import, SourceView};
use crate::document::Edit;
use crate::language::DiagnosticKind;

/// It is certain what is meant; the server that reports it may have a better proposal.
const REMOVE: f32 = 92.0;
const RENAME: f32 = 80.0;

/// `from a import b, c` → `from a import c`; `x = f()` → `_x = f()`.
pub fn repairs(context: &FixContext<'_>) -> Vec<Repair> {
    if !context.is(DiagnosticKind::Unused) {
        return Vec::new();
    }
    let range = &context.diagnostic.range;
    let touches = |import: &&Import| {
        import.item.start < range.end && range.start < import.item.end
            || range.is_empty() && import.item.contains(&range.start)
    };
    let items: Vec<&Import> = context.site.imports.iter().filter(touches).collect();
    match items.first() {
        Some(first) => removal(context, first, &items).into_iter().collect(),
        None => rename(context).into_iter().collect(),
    }
}

/// Take imports away: one, or all of a statement.
fn removal(context: &FixContext<'_>, first: &Import, items: &[&Import]) -> Option<Repair> {
    let site = context.site;
    let separator = site.language.repairs.imports.separator.as_str();
    let of_statement = site.imports.iter().filter(|import| import.statement == first.statement).count();
    let one = items.len() == 1 || context.diagnostic.range.end <= first.item.end;
    let node = site.tree.root_node().descendant_for_byte_range(first.item.start, first.item.end)?;
    let (edits, shown, gone) = if one && of_statement > 1 {
        (
            without_item(site, node, first)?,
            site.text[first.item.clone()].to_owned(),
            vec![first.binds(separator).to_owned()],
        )
    } else if one || items.len() == of_statement {
        let gone = items.iter().map(|import| import.binds(separator).to_owned()).collect();
        (vec![without_statement(site, &first.statement)?], first.binds(separator).to_owned(), gone)
    } else {
        return None;
    };
    let title = format!("Remove the unused import `{shown}`");
    Some(Repair { title, edits, score: REMOVE, sure: true, gone, ..Repair::default() })
}

/// Take an item out of its list; a list of one goes with it, and one that is left needs no brackets.
fn without_item(site: &SourceView<'_>, mut node: Node<'_>, import: &Import) -> Option<Vec<Edit>> {
    let is_item = |node: &Node<'_>| site.all("import.item").iter().any(|item| item.id() == node.id());
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
    let (open, close) = &site.language.repairs.imports.brackets;
    let text = site.of(list);
    if siblings.len() == 2
        && !open.is_empty()
        && text.starts_with(open.as_str())
        && text.ends_with(close.as_str())
    {
        let left = site.of(siblings[1 - at]);
        // `{self}` and lists with comments keep their brackets.
        if left != "self" && !left.contains(open.as_str()) && !text.contains("//") && !text.contains("/*") {
            return Some(vec![Edit::replace(list.byte_range(), left)]);
        }
    }
    let range = match siblings.get(at + 1) {
        Some(next) => node.start_byte()..next.start_byte(),
        None => siblings[at - 1].end_byte()..node.end_byte(),
    };
    Some(vec![Edit::replace(range, "")])
}

/// Take a whole statement away, with its lines, or leave what a block needs.
fn without_statement(site: &SourceView<'_>, statement: &Range<usize>) -> Option<Edit> {
    let node = site.tree.root_node().descendant_for_byte_range(statement.start, statement.end)?;
    let parent = node.parent()?;
    let mut start = statement.start;
    let mut above = node.prev_sibling();
    while let Some(attached) = above.filter(|node| site.all("attached").contains(node)) {
        start = attached.start_byte();
        above = attached.prev_sibling();
    }
    let empty = site.language.repairs.empty.as_str();
    if !empty.is_empty() && parent.parent().is_some() && parent.named_child_count() == 1 {
        return Some(Edit::replace(statement.clone(), empty));
    }
    let line = site.snapshot.line_start(start)..site.snapshot.line_end(statement.end);
    let (head, tail) = (&site.text[line.start..start], &site.text[statement.end..line.end]);
    if head.trim().is_empty() && tail.trim().is_empty() {
        // With the line's end.
        let next = site.snapshot.line_of(statement.end) + 1;
        let end = if next < site.snapshot.lines() { site.snapshot.text.line_to_byte(next) } else { line.end };
        return Some(Edit::replace(line.start..end, ""));
    }
    let tail = tail.trim_start();
    if let Some(rest) = tail.strip_prefix(';') {
        let end = line.end - rest.trim_start().len();
        return Some(Edit::replace(start..end, ""));
    }
    // A comment behind it says why it is there: it is not ours to remove.
    tail.is_empty()
        .then(|| Edit::replace(line.start + head.trim_end().trim_end_matches(';').len()..statement.end, ""))
}

/// Mark a variable as not used on purpose.
fn rename(context: &FixContext<'_>) -> Option<Repair> {
    let site = context.site;
    let mark = site.language.repairs.unused.as_str();
    let name = context.name;
    let plain =
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(mark);
    // Parameters are called by name, and what a class or a file defines is used from elsewhere.
    let kept = site.around("kept", &context.at).is_some();
    if !plain || mark.is_empty() || kept || site.around("method", &context.at).is_none() {
        return None;
    }
    let (title, new) = match site.is("shorthand", &context.at) {
        true => (format!("Ignore `{name}`"), format!("{name}: {mark}")),
        false => (format!("Rename `{name}` to `{mark}{name}`"), format!("{mark}{name}")),
    };
    let edits = vec![Edit::replace(context.at.clone(), new)];
    Some(Repair { title, edits, score: RENAME, sure: true, gone: vec![name.to_owned()], ..Repair::default() })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, nothing};

    const PYTHON: &str = "Import \"b\" is not accessed";
    const RUST: &str = "unused import: `B`";

    #[test]
    fn an_import_goes_and_nothing_of_it_stays() {
        for (before, after) in [
            ("import a\nimport ⟦b⟧\nimport c\n", "import a\nimport c\n"),
            ("import a, ⟦b⟧, c\n", "import a, c\n"),
            ("from m import ⟦b⟧, c\n", "from m import c\n"),
            ("from m import a, ⟦b⟧\n", "from m import a\n"),
            ("from m import (\n    a,\n    ⟦b⟧,\n    c,\n)\n", "from m import (\n    a,\n    c,\n)\n"),
            ("from m import (\n    a,\n    ⟦b⟧,\n)\n", "from m import (\n    a,\n)\n"),
            ("from m import x as ⟦b⟧\nf()\n", "f()\n"),
            ("try:\n    import ⟦b⟧\nexcept E:\n    pass\n", "try:\n    pass\nexcept E:\n    pass\n"),
            ("import ⟦b⟧; f()\n", "f()\n"),
            ("f(); import ⟦b⟧\n", "f()\n"),
            ("import ⟦b⟧", ""),
        ] {
            check("python", before, PYTHON, after);
        }
        for (before, after) in [
            ("use a::⟦B⟧;\nuse c;\n", "use c;\n"),
            ("use ⟦a::B⟧;\n", ""),
            ("use a::{A, ⟦B⟧, C};\n", "use a::{A, C};\n"),
            ("use a::{A, ⟦B⟧};\n", "use a::A;\n"),
            ("use a::{⟦B⟧, self};\n", "use a::{self};\n"),
            ("use a::{x::{⟦B⟧}, C, D};\n", "use a::{C, D};\n"),
            ("#[cfg(test)]\nuse a::⟦B⟧;\nfn f() {}\n", "fn f() {}\n"),
            ("mod m {\n    use a::⟦B⟧;\n    fn f() {}\n}\n", "mod m {\n    fn f() {}\n}\n"),
        ] {
            check("rust", before, RUST, after);
        }
    }

    #[test]
    fn an_import_that_is_used_after_all_stays() {
        nothing("python", "import ⟦b⟧\nb.c()\n", PYTHON);
        nothing("python", "import ⟦b⟧  # for its effects\n", PYTHON);
        nothing("rust", "use a::⟦B⟧;\nfn f(b: B) {}\n", RUST);
    }

    #[test]
    fn a_variable_is_marked() {
        let said = "Variable \"x\" is not accessed";
        check("python", "def f():\n    ⟦x⟧ = g()\n", said, "def f():\n    _x = g()\n");
        nothing("python", "def f(⟦x⟧):\n    pass\n", "\"x\" is not accessed");
        nothing("python", "def f():\n    ⟦x⟧ = g()\n    return x\n", said);
        let said = "unused variable: `x`\n`#[warn(unused_variables)]` on by default";
        check("rust", "fn f() {\n    let ⟦x⟧ = 1;\n}\n", said, "fn f() {\n    let _x = 1;\n}\n");
        let code = |x: &str| format!("fn f(a: A) {{\n    let A {{ {x}, .. }} = a;\n}}\n");
        check("rust", &code("⟦x⟧"), said, &code("x: _"));
    }
}
