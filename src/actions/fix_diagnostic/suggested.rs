//! Changes that came with the diagnostic: they are carried out as they are, when they are checked. What is an import is
//! not: that goes where this file has its imports.

use super::import::paths_in;
use super::{Case, Repair};

/// One that its maker calls safe, and one that it does not.
const SAFE: f32 = 100.0;
const UNSAFE: f32 = 90.0;

/// `take(s)` → `take(&s)`, because rustc says so.
pub fn repairs(case: &Case<'_>) -> Vec<Repair> {
    let mut found = Vec::new();
    for (number, suggestion) in case.diagnostic.suggestions.iter().enumerate() {
        let text: Vec<&str> = suggestion.edits.iter().map(|edit| edit.text.as_str()).collect();
        if !paths_in(case.site, &text.join("\n")).is_empty() && case.trouble != Some(crate::language::Trouble::Unused) {
            continue;
        }
        // Compilers put the likeliest first.
        let later = number as f32 * 0.1;
        found.push(Repair {
            title: title(&suggestion.title),
            edits: suggestion.edits.clone(),
            score: if suggestion.safe { SAFE } else { UNSAFE } - later,
            sure: suggestion.safe || number == 0,
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
