//! Turns what a model wrote into edits: in the indentation and line ends of the file, and no more than differs.

use std::ops::Range;

use similar::{DiffOp, TextDiff};

use crate::context::line::{self, Indent};
use crate::document::with_line_ends;
use crate::document::{Edit, Snapshot};
use crate::text::{common_prefix, common_suffix, is_word};

/// `code` with its first line at the indentation `base`, the others as far from it as they were, in steps of `indent`.
pub fn seated(code: &str, base: &str, indent: Indent) -> String {
    let head = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let inked = || code.lines().filter(|line| !line.trim().is_empty());
    let Some(first) = inked().next() else { return String::new() };
    let from = line::width(first);
    if first[..head(first)] == *base && inked().all(|line| in_steps(&line[..head(line)], indent)) {
        return code.to_owned();
    }
    let steps = || inked().map(|line| line::width(line).saturating_sub(from)).filter(|step| *step > 0);
    let least = steps().min().unwrap_or(0);
    let unit = if least > 0 && steps().all(|step| step % least == 0) { least } else { 0 };
    let lines = code.split('\n').map(|text| {
        let body = &text[head(text)..];
        match line::width(text).checked_sub(from) {
            _ if body.trim().is_empty() => String::new(),
            // Left of the first one is only a string that goes on.
            None => text.to_owned(),
            Some(columns) if unit > 0 => format!("{base}{}{body}", indent.text().repeat(columns / unit)),
            Some(columns) => format!("{base}{}{body}", " ".repeat(columns)),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether an indentation is one of this file's kind.
fn in_steps(blank: &str, indent: Indent) -> bool {
    match indent {
        Indent::Tab => !blank.contains(' '),
        Indent::Spaces(_) => !blank.contains('\t'),
    }
}

/// The edits that put `new` (LF line ends) in the place of `range`: line by line, and of these only what differs.
pub fn edits(snapshot: &Snapshot, range: &Range<usize>, new: &str) -> Vec<Edit> {
    let old = snapshot.slice(range.clone());
    let new = with_line_ends(new, snapshot.line_ending());
    let diff = TextDiff::from_lines(&old, &new);
    let starts = |text: &str| {
        let lines = text.split_inclusive('\n').scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        });
        std::iter::once(0).chain(lines).collect::<Vec<usize>>()
    };
    let (olds, news) = (starts(&old), starts(&new));
    let mut edits: Vec<Edit> = Vec::new();
    for op in diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        let (was, is) = (op.old_range(), op.new_range());
        let was = olds[was.start]..olds[was.end];
        let (at, new) = (range.start + was.start, &new[news[is.start]..news[is.end]]);
        edits.push(smallest(&old[was], new, at, |c| is_word(c) || c == '\n'));
    }
    edits
}

/// The edit that turns `range` of the snapshot into `new`, which has the document's line ends: no more than differs.
pub fn minimal(snapshot: &Snapshot, range: &Range<usize>, new: &str) -> Edit {
    smallest(&snapshot.slice(range.clone()), new, range.start, is_word)
}

/// The edit from `old`, which begins at `start`, to `new`, without what both begin and end with. It parts no two characters
/// that are `joined`, such as those of a word, and no line end.
fn smallest(old: &str, new: &str, start: usize, joined: fn(char) -> bool) -> Edit {
    let (begins, ends) = (|text: &str| text.starts_with(joined), |text: &str| text.ends_with(joined));
    let mut head = common_prefix(old, new);
    while let kept = &old[..head]
        && (ends(kept) || kept.ends_with('\r'))
        && (begins(&old[head..]) || begins(&new[head..]))
    {
        head -= kept.chars().next_back().map_or(0, char::len_utf8);
    }
    let (was, now) = (old.len(), new.len());
    let mut tail = common_suffix(&old[head..], &new[head..]);
    while let kept = &old[was - tail..]
        && (begins(kept) || kept.starts_with('\r'))
        && (ends(&old[head..was - tail]) || ends(&new[head..now - tail]))
    {
        tail -= kept.chars().next().map_or(0, char::len_utf8);
    }
    Edit::replace(start + head..start + was - tail, &new[head..now - tail])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::with_edits;

    #[test]
    fn code_takes_the_indentation_of_its_place() {
        for (code, base, indent, seated_as) in [
            ("if a:\n    b\nc", "    ", Indent::Spaces(4), "    if a:\n        b\n    c"),
            ("if a:\n  b", "\t", Indent::Tab, "\tif a:\n\t\tb"),
            ("    if a:\n        b", "  ", Indent::Spaces(2), "  if a:\n    b"),
            ("\tif a:\n\t\tb\n\n\tc", "", Indent::Spaces(4), "if a:\n    b\n\nc"),
            // It is right already: the inside of strings is left alone.
            ("    a = '''\n  b\n c'''", "    ", Indent::Spaces(4), "    a = '''\n  b\n c'''"),
        ] {
            assert_eq!(seated(code, base, indent), seated_as, "{code}");
        }
    }

    #[test]
    fn only_what_differs_is_changed() {
        let text = "a\r\nb = one(1)\r\nc\r\nd\r\n";
        let snapshot = Snapshot::of_text("", text, None);
        let range = 3..text.len() - 2;
        let new = "b = one(2)\nc\nnew\nd";
        let edits = edits(&snapshot, &range, new);
        assert_eq!(edits, [Edit::replace(11..12, "2"), Edit::insert(18, "new\r\n")]);
        assert_eq!(with_edits(&snapshot, &edits).text.to_string(), "a\r\nb = one(2)\r\nc\r\nnew\r\nd\r\n");
        assert_eq!(super::edits(&snapshot, &range, "b = one(1)\nc\nd"), []);
    }
}
