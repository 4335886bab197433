//! Detects what must never reach a document: leaked special tokens of the model, and characters that look like something else
//! (CVE-2021-42574 and similar).

use crate::context::CursorContext;

/// The text up to the first thing that looks like a special token, `<|name|>` or `<fim_name>` and the like, unless
/// the document itself has that text.
pub fn without_leaks<'a>(text: &'a str, context: &CursorContext) -> &'a str {
    let mut from = 0;
    while let Some(start) = text[from..].find('<').map(|at| from + at) {
        let end = text[start..].find('>').map(|at| start + at + 1);
        match end {
            Some(end) if is_sentinel(&text[start..end]) && !in_document(context, &text[start..end]) => {
                return &text[..start];
            }
            _ => from = start + 1,
        }
    }
    text
}

fn is_sentinel(text: &str) -> bool {
    let inner = text[1..text.len() - 1].trim_start_matches('/');
    let named =
        |inner: &str| !inner.is_empty() && inner.chars().all(|c| c.is_alphanumeric() || "_-▁".contains(c));
    let piped = |open: char, close: char| {
        inner.strip_prefix(open).and_then(|inner| inner.strip_suffix(close)).is_some_and(named)
    };
    let bare = inner.to_ascii_lowercase().replace('-', "_");
    piped('|', '|')
        || piped('｜', '｜')
        || (bare.starts_with("fim_") && named(inner))
        || matches!(
            bare.as_str(),
            "eot" | "pre" | "suf" | "mid" | "▁eot" | "endoftext" | "file_sep" | "reponame"
        ) && text.chars().any(|c| c.is_ascii_uppercase() || c == '_' || c == '-')
}

fn in_document(context: &CursorContext, sentinel: &str) -> bool {
    context.before.contains(sentinel) || context.after.contains(sentinel)
}

/// Whether the text holds a control, direction, zero-width or tag character that the document around does not.
pub fn is_deceptive(text: &str, context: &CursorContext) -> bool {
    text.chars().any(|c| hides(c) && !context.before.contains(c) && !context.after.contains(c))
}

fn hides(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{ad}' | '\u{180e}' | '\u{feff}' | '\u{fff9}'..='\u{fffd}' | '\u{e0000}'..='\u{e0fff}')
}
