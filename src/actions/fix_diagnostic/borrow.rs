//! A value where a reference is expected: `take(s)` → `take(&s)`.

use super::{Case, Repair};
use crate::document::Edit;
use crate::language::Trouble;

/// Both types are known to the compiler, and only a reference lies between them.
const BORROW: f32 = 84.0;

/// `take(s)` → `take(&s)`, `fill(v)` → `fill(&mut v)`.
pub fn repairs(case: &Case<'_>) -> Vec<Repair> {
    let (shared, mutable) = &case.site.language.repairs.borrow;
    let sign = match case.trouble {
        Some(Trouble::NotBorrowed) => shared,
        Some(Trouble::NotMutablyBorrowed) => mutable,
        _ => return Vec::new(),
    };
    if sign.is_empty() {
        return Vec::new();
    }
    let shown: String = case.name.lines().next().unwrap_or_default().chars().take(24).collect();
    vec![Repair {
        title: format!("Insert `{}` before `{shown}`", sign.trim_end()),
        edits: vec![Edit::insert(case.at.start, sign.as_str())],
        score: BORROW,
        sure: true,
        ..Repair::default()
    }]
}
