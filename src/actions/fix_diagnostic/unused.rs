//! Removes an import that nothing uses, and marks a variable as unused on purpose.

use std::ops::Range;

use super::removal::{self, Removal};
use super::repair::{FixContext, Repair};
use crate::document::Edit;
use crate::language::DiagnosticKind;
use crate::symbols::Import;

/// It is certain what is meant; the server that reports it may have a better proposal.
const REMOVE: f32 = 92.0;
const RENAME: f32 = 80.0;

/// `from a import b, c` → `from a import c`; `x = f()` → `_x = f()`.
pub fn repairs(context: &FixContext<'_>) -> Vec<Repair> {
    if !context.is(DiagnosticKind::Unused) {
        return Vec::new();
    }
    let items = meant(context);
    match items.first() {
        Some(first) => removal(context, first, &items).into_iter().collect(),
        None => rename(context).into_iter().collect(),
    }
}

/// The imports that are meant: those that the message names, else those in the range.
fn meant<'a>(context: &FixContext<'a>) -> Vec<&'a Import> {
    let (site, separator) = (context.site, context.site.language.repairs.imports.separator.as_str());
    let touching = |range: &Range<usize>| -> Vec<&'a Import> {
        let touches = |import: &&Import| {
            import.item.start < range.end && range.start < import.item.end
                || range.is_empty() && import.item.contains(&range.start)
        };
        site.imports.iter().filter(touches).collect()
    };
    let range = &context.diagnostic.range;
    let (in_range, at_name) = (touching(range), touching(&context.at));
    if context.at == *range || context.at.is_empty() {
        return in_range;
    }
    if !at_name.is_empty() {
        return at_name;
    }
    // The first place of the name may be in the path: `from b import b`.
    let named = |import: &&Import| import.binds(separator) == context.name || import.name == context.name;
    let line = site.snapshot.line_start(context.at.start);
    let of_statement = |import: &&Import| site.snapshot.line_start(import.statement.start) == line;
    site.imports.iter().filter(of_statement).filter(named).collect()
}

/// Takes imports away: one, or all of a statement.
fn removal(context: &FixContext<'_>, first: &Import, items: &[&Import]) -> Option<Repair> {
    let site = context.site;
    let separator = site.language.repairs.imports.separator.as_str();
    let of_statement = site.imports.iter().filter(|import| import.statement == first.statement).count();
    let one = items.len() == 1 || context.diagnostic.range.end <= first.item.end;
    let (removal, shown, gone) = if one && of_statement > 1 {
        let removal = removal::of_item(site, first)?;
        (removal, site.text[first.item.clone()].to_owned(), vec![first.binds(separator).to_owned()])
    } else if one || items.len() == of_statement {
        let gone = items.iter().map(|import| import.binds(separator).to_owned()).collect();
        (removal::of_statement(site, first)?, first.binds(separator).to_owned(), gone)
    } else {
        return None;
    };
    let Removal { edits, takes_comment } = removal;
    let with = if takes_comment { " and its comment" } else { "" };
    let title = format!("Remove the unused import `{shown}`{with}");
    // What a person wrote goes only when a person says so.
    Some(Repair { title, edits, score: REMOVE, sure: !takes_comment, gone, ..Repair::default() })
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
    fn a_comment_goes_with_what_it_is_about() {
        for (before, after) in [
            ("import a\nimport ⟦b⟧  # type: ignore\nf()\n", "import a\nf()\n"),
            ("import a\n# For b.\nimport ⟦b⟧\nimport c\n", "import a\nimport c\n"),
            ("import a\n# Reading.\nimport ⟦b⟧\n\nf()\n", "import a\n\nf()\n"),
            ("# Others.\nimport ⟦b⟧\nimport c\n", "# Others.\nimport c\n"),
            ("#!/usr/bin/env python\nimport ⟦b⟧\n\nf()\n", "#!/usr/bin/env python\n\nf()\n"),
            ("#!/usr/bin/env python\nimport ⟦b⟧\nf()\n", "#!/usr/bin/env python\nf()\n"),
            ("\u{feff}import ⟦b⟧\n\n\nf()\n", "\u{feff}f()\n"),
            ("import a\n\nimport ⟦b⟧\n\n\nf()\n", "import a\n\n\nf()\n"),
            (
                "from m import (\n    a,  # first\n    ⟦b⟧,  # second\n)\n",
                "from m import (\n    a,  # first\n)\n",
            ),
            (
                "from m import (\n    ⟦b⟧,  # second\n    a,  # first\n)\n",
                "from m import (\n    a,  # first\n)\n",
            ),
            (
                "from m import (\n    # Of all.\n    ⟦b⟧,\n    a,\n)\n",
                "from m import (\n    # Of all.\n    a,\n)\n",
            ),
            ("from m import (\n    a,\n    # Why b.\n    ⟦b⟧,\n)\n", "from m import (\n    a,\n)\n"),
        ] {
            check("python", before, PYTHON, after);
        }
        let before = "use a::{\n    A, // first\n    ⟦B⟧, // second\n};\n";
        check("rust", before, RUST, "use a::{\n    A, // first\n};\n");
        check("rust", "use a::⟦B⟧; // second\nfn f() {}\n", RUST, "fn f() {}\n");
    }

    #[test]
    fn what_is_meant_to_be_there_stays() {
        nothing("python", "import ⟦b⟧  # noqa\n", PYTHON);
        nothing("python", "import ⟦b⟧  # noqa: E402, F401\n", PYTHON);
        nothing("python", "import ⟦b⟧  # pylint: disable=unused-import\n", PYTHON);
        nothing("python", "from m import (  # noqa: F401\n    a,\n    ⟦b⟧,\n)\n", PYTHON);
        nothing("python", "# Registers the codecs.\nimport ⟦b⟧\n\nf()\n", PYTHON);
        nothing("python", "f(); import ⟦b⟧  # both\n", PYTHON);
        nothing("python", "from m import (\n    a,  # first\n    ⟦b⟧)\n", PYTHON);
        nothing("rust", "#[allow(unused_imports)]\nuse a::⟦B⟧;\n", RUST);
        // Not of this warning.
        check("python", "import ⟦b⟧  # noqa: E402\nf()\n", PYTHON, "f()\n");
    }

    #[test]
    fn of_a_whole_statement_only_what_is_named_goes() {
        let pyflakes = "'m.b' imported but unused";
        check("python", "⟦from m import a, b⟧\nf()\n", pyflakes, "from m import a\nf()\n");
        let said = "'b.b' imported but unused";
        check("python", "⟦from b import a, b⟧\nf()\n", said, "from b import a\nf()\n");
        let said = "Unused b imported from m";
        check("python", "⟦from m import (a,\n    b)⟧\nf()\n", said, "from m import (a)\nf()\n");
        let said = "unused imports: `B` and `C`";
        check("rust", "⟦use a::{B, C};⟧\nfn f() {}\n", said, "fn f() {}\n");
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
