//! Borrows a value where a reference is expected: `take(s)` → `take(&s)`.

use super::repair::{FixContext, Repair};
use crate::document::Edit;
use crate::language::DiagnosticKind;

/// Both types are known to the compiler, and only a reference lies between them.
const BORROW: f32 = 84.0;

/// `take(s)` → `take(&s)`, `fill(v)` → `fill(&mut v)`.
pub fn repairs(context: &FixContext<'_>) -> Vec<Repair> {
    let (shared, mutable) = &context.site.language.repairs.borrow;
    let sign = match context.diagnostic_kind {
        Some(DiagnosticKind::NotBorrowed) => shared,
        Some(DiagnosticKind::NotMutablyBorrowed) => mutable,
        _ => return Vec::new(),
    };
    if sign.is_empty() {
        return Vec::new();
    }
    let shown: String = context.name.lines().next().unwrap_or_default().chars().take(24).collect();
    vec![Repair {
        title: format!("Insert `{}` before `{shown}`", sign.trim_end()),
        edits: vec![Edit::insert(context.at.start, sign.as_str())],
        score: BORROW,
        sure: true,
        ..Repair::default()
    }]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, nothing};

    #[test]
    fn a_value_is_borrowed() {
        let code = |argument: &str| format!("fn f(s: String) {{\n    take({argument});\n}}\n");
        let said = |expected: &str| format!("mismatched types\nexpected `{expected}`, found `String`");
        check("rust", &code("⟦s⟧"), &said("&str"), &code("&s"));
        check("rust", &code("⟦s⟧"), &said("&'a mut String"), &code("&mut s"));
        nothing("rust", &code("⟦s⟧"), &said("u8"));
        nothing("rust", &code("⟦s⟧"), "mismatched types\nexpected `&str`, found `&String`");
    }
}
