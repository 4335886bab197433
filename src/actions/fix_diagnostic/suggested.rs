//! Applies changes that came with the diagnostic as they are. An import among them goes where this file has its imports.

use super::import::paths_in;
use super::repair::{FixContext, Repair};

/// One that its maker calls safe, and one that it does not.
const SAFE: f32 = 100.0;
const UNSAFE: f32 = 85.0;

/// `take(s)` → `take(&s)`, because rustc says so.
pub fn repairs(context: &FixContext<'_>) -> Vec<Repair> {
    let mut found = Vec::new();
    for (number, suggestion) in context.diagnostic.suggestions.iter().enumerate() {
        let text: Vec<&str> = suggestion.edits.iter().map(|edit| edit.text.as_str()).collect();
        if !paths_in(context.site, &text.join("\n")).is_empty()
            && context.diagnostic_kind != Some(crate::language::DiagnosticKind::Unused)
        {
            continue;
        }
        // Compilers put the likeliest first.
        let later = number as f32 * 0.1;
        found.push(Repair {
            title: title(&suggestion.title),
            edits: suggestion.edits.clone(),
            score: if suggestion.safe { SAFE } else { UNSAFE } - later,
            sure: suggestion.safe || context.diagnostic.suggestions.len() == 1,
            ..Repair::default()
        });
    }
    found
}

/// The first line, with a capital.
fn title(said: &str) -> String {
    let line = said.lines().next().unwrap_or_default().trim();
    let mut chars = line.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => "Apply the suggested change".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, request};
    use crate::diagnostics::SuggestedFix;
    use crate::document::Edit;

    #[test]
    fn a_suggestion_is_carried_out() {
        let mut request = request("rust", "fn f(s: String) {\n    take(⟦s⟧);\n}\n", "mismatched types");
        let edits = vec![Edit::insert(request.diagnostics[0].range.start, "&")];
        let suggestion = SuggestedFix { title: "consider borrowing here: `&`".into(), edits, safe: false };
        request.diagnostics[0].suggestions = vec![suggestion];
        let (titles, text) = answer(&request);
        assert_eq!(titles, ["Consider borrowing here: `&`"]);
        assert_eq!(text, "fn f(s: String) {\n    take(&s);\n}\n");
    }

    #[test]
    fn an_import_goes_where_imports_are() {
        let text =
            "//! Doc.\n\nuse std::fmt;\n\nfn f(x: ⟦HashMap⟧<u8, u8>) -> fmt::Result { g() }\nfn g() {}\n";
        let mut request = request("rust", text, "cannot find type `HashMap` in this scope");
        let edits = vec![Edit::insert(0, "use std::collections::HashMap;\n")];
        request.diagnostics[0].suggestions =
            vec![SuggestedFix { title: "import".into(), edits, safe: false }];
        let (titles, text) = answer(&request);
        assert_eq!(titles[0], "Import `std::collections::HashMap`");
        assert!(text.starts_with("//! Doc.\n\nuse std::collections::HashMap;\nuse std::fmt;\n"), "{text}");
    }
}
