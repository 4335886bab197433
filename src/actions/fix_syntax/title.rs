//! Writes the title of a repair: exactly what it changes and where.

use super::site::{RepairCandidate, RepairKind};

/// Characters of the line that say where.
const CONTEXT: usize = 18;

/// "Insert `)` after `len(items`".
pub fn of(text: &str, candidate: &RepairCandidate) -> String {
    let edit = &candidate.edit;
    let old = &text[edit.range.clone()];
    let (new, line) = (edit.text.trim(), text[..edit.range.start].matches('\n').count() + 1);
    match candidate.what {
        RepairKind::Insert if new.is_empty() => format!("Insert a space {}", place(text, edit.range.start)),
        RepairKind::Insert => format!("Insert `{new}` {}", place(text, edit.range.start)),
        RepairKind::Delete if old.trim().is_empty() => {
            format!("Delete the space {}", place(text, edit.range.start))
        }
        RepairKind::Delete => format!("Delete `{}` {}", old.trim(), place(text, edit.range.start)),
        RepairKind::Replace => format!("Replace `{old}` by `{new}`"),
        RepairKind::Swap => format!("Change `{old}` to `{new}`"),
        RepairKind::Indent => {
            let by = edit.text.len().abs_diff(old.len());
            let way = if edit.text.len() > old.len() { "more" } else { "less" };
            format!("Indent line {line} by {by} {way}")
        }
        RepairKind::Join => format!("Join line {} with the one above", line + 1),
        RepairKind::Split => format!("Start a new line {}", place(text, edit.range.start)),
    }
}

/// "after `len(items`", or where the line begins.
fn place(text: &str, at: usize) -> String {
    let start = text[..at].rfind('\n').map_or(0, |feed| feed + 1);
    let before = text[start..at].trim();
    if before.is_empty() {
        let line = text[start..].split('\n').next().unwrap_or_default().trim();
        let words: String = line.chars().take(CONTEXT).collect();
        return match words.is_empty() {
            true => format!("in line {}", text[..at].matches('\n').count() + 1),
            false => format!("before `{}`", words.trim_end()),
        };
    }
    let skip = before.chars().count().saturating_sub(CONTEXT);
    let words: String = before.chars().skip(skip).collect();
    // A word that was cut in two says little.
    let cut = skip > 0 && before.chars().nth(skip - 1).is_some_and(crate::text::is_word);
    let words = match words.find(|c: char| !crate::text::is_word(c)).filter(|_| cut) {
        Some(end) if end + 1 < words.len() => words[end..].trim_start().to_owned(),
        _ => words,
    };
    format!("after `{words}`")
}
