//! Decides whether a diagnostic still fits the text: diagnostics are made for a version of a file, and an editor sends them until
//! others come, also when their range holds other text by then.

use std::ops::Range;

use crate::diagnostics::Diagnostic;
use crate::document::Snapshot;
use crate::imports::site::words;
use crate::language::DiagnosticKind;
use crate::text::is_word;

/// Lines of an unfinished bracket in which a name may stand that was reported for the first of them.
const LINES: usize = 60;

/// What a diagnostic is about, and where: the name that it names, or its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiagnosticPlace {
    /// What it is about; None when only what came with it can help.
    pub kind: Option<DiagnosticKind>,
    /// The name, where it is; empty at the start of the range when the name is not there.
    pub at: Range<usize>,
}

/// Finds what a diagnostic is about. `text` is the snapshot's.
pub fn place(snapshot: &Snapshot, text: &str, diagnostic: &Diagnostic) -> DiagnosticPlace {
    let range = snapshot.floor(diagnostic.range.start)..snapshot.floor(diagnostic.range.end);
    let (kind, names) = named(snapshot, diagnostic);
    let found: Vec<Range<usize>> =
        names.iter().filter_map(|name| find(text, &range, kind, std::slice::from_ref(name))).collect();
    let at = match &found[..] {
        [] if !names.is_empty() => range.start..range.start,
        [name] => name.clone(),
        // All that is reported in one.
        _ => range,
    };
    DiagnosticPlace { kind, at }
}

/// Whether a diagnostic is about the text as it is. `unchanged` says whether the bytes of a range are the same, and at the same
/// place, since a version.
pub fn fits(
    snapshot: &Snapshot,
    text: &str,
    diagnostic: &Diagnostic,
    unchanged: impl Fn(i32, &Range<usize>) -> bool,
) -> bool {
    if diagnostic.is_outside {
        return false;
    }
    let known = diagnostic.version.filter(|version| *version <= snapshot.version);
    if known.is_some_and(|version| version == snapshot.version || unchanged(version, &diagnostic.range)) {
        return true;
    }
    let (kind, names) = named(snapshot, diagnostic);
    if names.is_empty() {
        // Nothing in the message can be looked for; that a version has passed, or a copy of the line, says enough.
        return known.is_none() && !is_of_other_line(snapshot, diagnostic);
    }
    find(text, &diagnostic.range, kind, &names).is_some()
}

/// Whether its own copy of the line it is about is another than the line there.
fn is_of_other_line(snapshot: &Snapshot, diagnostic: &Diagnostic) -> bool {
    let line = snapshot.line_text(snapshot.line_of(diagnostic.range.start));
    // rustc draws a tab as four spaces.
    let plain =
        |line: &str| line.trim_start_matches('\u{feff}').split_whitespace().collect::<Vec<_>>().join(" ");
    diagnostic.line.as_ref().is_some_and(|shown| plain(shown) != plain(&line))
}

/// What a message is about, and the names that it names: one of them is what it is about.
fn named(snapshot: &Snapshot, diagnostic: &Diagnostic) -> (Option<DiagnosticKind>, Vec<String>) {
    let repairs = snapshot.language.as_ref().map(|language| &language.repairs);
    let Some((kind, name)) = repairs.and_then(|repairs| repairs.diagnostic_kind(&diagnostic.message)) else {
        return (None, Vec::new());
    };
    let names = match name {
        Some(name) => vec![name],
        // "unused imports: `A` and `B`"
        None if kind == DiagnosticKind::Unused => {
            let line = diagnostic.message.lines().next().unwrap_or_default();
            line.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        }
        None => Vec::new(),
    };
    (Some(kind), names)
}

/// Where one of `names` is in what a range may mean.
fn find(
    text: &str,
    range: &Range<usize>,
    kind: Option<DiagnosticKind>,
    names: &[String],
) -> Option<Range<usize>> {
    let reach = reach(text, range, kind);
    let in_reach = |name: &str| {
        let found = words(&text[reach.clone()], name).next()?;
        Some(reach.start + found.start..reach.start + found.end)
    };
    names.iter().find_map(|name| in_reach(name)).or_else(|| {
        // `typing.List` is `List` where it is imported from `typing`; `a as b` may be written over two lines.
        names.iter().find_map(|name| spellings(name).into_iter().find_map(in_reach))
    })
}

/// Other ways in which a name that a message quotes may stand in the text.
fn spellings(name: &str) -> Vec<&str> {
    let (path, alias) = name.split_once(" as ").map_or((name, None), |(path, alias)| (path, Some(alias)));
    let last = path.rsplit(['.', ':']).next().unwrap_or_default();
    alias
        .into_iter()
        .chain([path, last])
        .filter(|spelling| !spelling.is_empty() && *spelling != name)
        .collect()
}

/// The bytes that a range may mean: it, with the words that it begins and ends in; for a range that only says where something
/// begins, all of that.
fn reach(text: &str, range: &Range<usize>, kind: Option<DiagnosticKind>) -> Range<usize> {
    let start =
        range.start - (text[..range.start].len() - text[..range.start].trim_end_matches(is_word).len());
    let behind = |end: usize| text.len() - text[end..].trim_start_matches(is_word).len();
    let end = behind(range.end);
    let line = text[..start].rfind('\n').map_or(0, |feed| feed + 1);
    let line_end = text[end..].find('\n').map_or(text.len(), |feed| end + feed);
    let begins_line = text[line..start].trim_start_matches('\u{feff}').trim().is_empty();
    let is_word_only = text[start..end].chars().all(is_word);
    // Some report a line, or the first line or word of a statement.
    let by_word =
        is_word_only && matches!(kind, Some(DiagnosticKind::UnknownExport | DiagnosticKind::Unused));
    if begins_line && (range.is_empty() || by_word || text[end..line_end].trim().is_empty()) {
        return line..statement_end(text, line, line_end);
    }
    // mypy reports the beginning of `a.b(c).d` for any of its members.
    if is_word_only && matches!(kind, Some(DiagnosticKind::UnknownMember | DiagnosticKind::UnknownExport)) {
        let chain = |c: char| is_word(c) || ".()[]?:".contains(c);
        let rest = &text[end..line_end];
        return start..line_end - rest.trim_start_matches(chain).len();
    }
    start..end
}

/// The end of the line in which the brackets are closed that are open at `end`.
fn statement_end(text: &str, start: usize, end: usize) -> usize {
    let open = |line: &str| {
        let count = |marks: [char; 3]| line.matches(marks).count();
        count(['(', '[', '{']) as isize - count([')', ']', '}']) as isize
    };
    let mut depth = open(&text[start..end]);
    let mut at = end;
    // The first piece is the end of the line itself.
    for (number, line) in text[end..].split_inclusive('\n').enumerate().take(LINES) {
        if number > 0 {
            depth += open(line);
        } else if depth <= 0 {
            break;
        }
        at += line.len();
        if number > 0 && depth <= 0 {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::request;

    fn is_fitting(language: &str, marked: &str, message: &str, change: impl FnOnce(&mut Diagnostic)) -> bool {
        let mut request = request(language, marked, message);
        change(&mut request.diagnostics[0]);
        let text = request.snapshot.text.to_string();
        fits(&request.snapshot, &text, &request.diagnostics[0], |version, _| version == -1)
    }

    #[test]
    fn the_name_that_is_quoted_is_in_the_range() {
        for (language, marked, message, expected) in [
            ("python", "x = ⟦len⟧(rows)\n", "\"statistics\" is not defined", false),
            ("python", "x = ⟦len⟧(rows)\n", "Undefined name `rows`", false),
            ("python", "x = len(⟦rows⟧)\n", "Undefined name `rows`", true),
            ("python", "x = ⟦rows.a(b)⟧\n", "Undefined variable 'b'", true),
            // A part of the word, or a place in it.
            ("python", "x = len(r⟦ow⟧s)\n", "Name \"rows\" is not defined", true),
            ("python", "x = len(r⟦⟧ows)\n", "Name \"rows\" is not defined", true),
            ("python", "x = len(c⟦⟧ols, rows)\n", "Name \"rows\" is not defined", false),
            // One server reports what is before the member, another one its line only.
            ("python", "x = ⟦a⟧.b(1).cc\n", "\"A\" has no attribute \"cc\"  [attr-defined]", true),
            ("python", "x = ⟦a⟧.b(1) + d.cc\n", "\"A\" has no attribute \"cc\"  [attr-defined]", false),
            ("python", "⟦⟧x = a.b(1).cc\n", "Instance of 'A' has no 'cc' member", true),
            ("python", "import ⟦typing⟧\n", "`typing.List` imported but unused", false),
            ("python", "from typing import ⟦List⟧\n", "`typing.List` imported but unused", true),
            (
                "python",
                "⟦from typing import (List,⟧\n    Any as Some)\n",
                "'typing.Any as Some' imported but unused",
                true,
            ),
            ("python", "⟦import numpy as np⟧\n", "Unused numpy imported as np", true),
            ("python", "⟦from⟧ os import (\n    path,\n    sep)\n", "Unused sep imported from os", true),
            ("python", "⟦from⟧ os import path\nsep = 1\n", "Unused sep imported from os", false),
            ("rust", "use std::⟦fmt⟧;\n", "unused import: `std::io`", false),
            ("rust", "use ⟦std::io⟧;\n", "unused import: `std::io`", true),
            ("rust", "use a::{⟦B⟧, C, D};\n", "unused imports: `B` and `D`", true),
            ("rust", "use a::{B, ⟦C⟧, D};\n", "unused imports: `B` and `D`", false),
            ("rust", "fn f() { ⟦push⟧(1) }\n", "cannot find function `pull` in this scope\nnot found", false),
            // What names nothing, and what we know nothing of, may be right.
            ("rust", "fn f() { g(⟦s⟧) }\n", "mismatched types\nexpected `&str`, found `String`", true),
            ("python", "x = ⟦a⟧\n", "Something about `b`", true),
        ] {
            assert_eq!(is_fitting(language, marked, message, |_| ()), expected, "{marked} {message}");
        }
    }

    #[test]
    fn a_version_says_it_where_it_is_given() {
        let said = "\"rows\" is not defined";
        let versioned = |text: &str, message: &str, version: i32| {
            is_fitting("python", text, message, |diagnostic| diagnostic.version = Some(version))
        };
        assert!(versioned("x = ⟦f⟧(rows)\n", said, 0), "it is of this version");
        assert!(versioned("x = ⟦f⟧(rows)\n", said, -1), "nothing changed there since");
        assert!(!versioned("x = ⟦f⟧(rows)\n", said, -2));
        assert!(!versioned("x = ⟦f⟧(rows)\n", said, 9), "no such version yet");
        assert!(
            !versioned("x = ⟦f⟧\n", "Something else", -2),
            "something changed, and nothing can be looked for"
        );
        assert!(versioned("x = ⟦rows⟧\n", said, -2));
    }

    #[test]
    fn what_is_of_no_line_or_of_another_one_does_not_fit() {
        let message = "mismatched types\nexpected `&str`, found `String`";
        let shown = |line: &str| {
            is_fitting("rust", "fn f() {\n\tg(⟦s⟧)\n}\n", message, |it| it.line = Some(line.to_owned()))
        };
        assert!(shown("    g(s)"));
        assert!(!shown("    g(t)"));
        assert!(!is_fitting("python", "⟦x⟧\n", "\"x\" is not defined", |it| it.is_outside = true));
    }
}
