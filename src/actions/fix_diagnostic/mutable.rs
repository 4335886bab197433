//! Declares a variable mutable that is changed: `let x` → `let mut x`.

use super::repair::{FixContext, Repair};
use crate::document::Edit;
use crate::language::DiagnosticKind;
use crate::verify::names;

/// The compiler names the variable, and only its declaration can be meant.
const DECLARATION: f32 = 88.0;

/// `let v = Vec::new(); v.push(1);` → `let mut v = …`.
pub fn repairs(context: &FixContext<'_>) -> Vec<Repair> {
    let word = context.site.language.repairs.mutable.as_str();
    if !context.is(DiagnosticKind::Immutable) || word.is_empty() {
        return Vec::new();
    }
    let name = context.name.split(['.', '[']).next().unwrap_or_default();
    let found = receiver(context, name).or_else(|| {
        let seen = names::visible(context.site.snapshot, context.site.tree, &context.at);
        // The declaration itself may be what is complained about.
        let own = (context.site.is("binding", &context.at)).then(|| context.at.clone());
        let above = seen.into_iter().filter(|it| it.name == name && it.range.start < context.at.start);
        let nearest = above.map(|it| it.range).rfind(|range| context.site.is("binding", range));
        own.or(nearest).map(|range| range.start)
    });
    let Some(at) = found else { return Vec::new() };
    vec![Repair {
        title: format!("Insert `{}` before `{name}`", word.trim_end()),
        edits: vec![Edit::insert(at, word)],
        score: DECLARATION,
        sure: true,
        ..Repair::default()
    }]
}

/// Where the word goes in `&self`, when the receiver is meant.
fn receiver(context: &FixContext<'_>, name: &str) -> Option<usize> {
    let method = context.site.around("method", &context.at)?;
    let inside = |node: &&tree_sitter::Node<'_>| {
        method.start_byte() <= node.start_byte() && node.end_byte() <= method.end_byte()
    };
    let receiver = context.site.all("receiver").iter().find(inside)?;
    let text = context.site.of(*receiver);
    (text.ends_with(name) && name == "self").then(|| receiver.end_byte() - name.len())
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn a_declaration_gets_the_word() {
        let said = "cannot borrow `v` as mutable, as it is not declared as mutable\ncannot borrow as mutable";
        let code =
            |word: &str, v: &str| format!("fn f() {{\n    let {word}v = Vec::new();\n    {v}.push(1);\n}}\n");
        check("rust", &code("", "⟦v⟧"), said, &code("mut ", "v"));
        let said = "cannot assign twice to immutable variable `x`";
        let code = |word: &str, x: &str| format!("fn f({word}x: u8) -> u8 {{\n    {x};\n    x\n}}\n");
        check("rust", &code("", "⟦x = 2⟧"), said, &code("mut ", "x = 2"));
        // The nearest declaration, and the one that the compiler may point at.
        let said = "cannot borrow `v` as mutable, as it is not declared as mutable";
        let text = "fn f() {\n    let v = 1;\n    let v = g(v);\n    h(&mut ⟦v⟧);\n}\n";
        check("rust", text, said, "fn f() {\n    let v = 1;\n    let mut v = g(v);\n    h(&mut v);\n}\n");
        let text = "fn f() {\n    let ⟦v⟧ = 1;\n    h(&mut v);\n}\n";
        check("rust", text, said, "fn f() {\n    let mut v = 1;\n    h(&mut v);\n}\n");
    }

    #[test]
    fn a_receiver_gets_it_too() {
        let said = "cannot assign to `self.x`, which is behind a `&` reference";
        let code = |word: &str, x: &str| {
            format!("impl A {{\n    fn f(&{word}self) {{\n        {x} = 1;\n    }}\n}}\n")
        };
        check("rust", &code("", "⟦self.x⟧"), said, &code("mut ", "self.x"));
    }
}
