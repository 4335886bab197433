//! Finds the places of holes in one file by its tree, a bounded number of each kind by chance.

use std::ops::Range;

use rand::rngs::StdRng;
use rand::{Rng as _, seq::SliceRandom as _};
use tree_sitter::{Query, Tree};

use crate::document::Snapshot;
use crate::document::tree::{Match, matches, named_children, walk};
use crate::eval::case::HoleKind;
use crate::language::Language;

/// Lines shorter than this say too little.
const TELLING: usize = 8;
/// Lines of whole statements that are taken out together.
const MULTI_LINE: Range<usize> = 2..7;
/// Lines of a body.
const BODY: Range<usize> = 1..16;
/// Lines of statements to be typed.
const TYPED: Range<usize> = 4..15;
/// Characters of a random span.
const SPAN: Range<usize> = 8..120;

struct File<'a> {
    text: &'a str,
    language: &'a Language,
    tree: &'a Tree,
    /// Strings and comments.
    opaque: Vec<Range<usize>>,
    found: Vec<(HoleKind, Range<usize>)>,
}

/// Places of all kinds.
pub fn find(snapshot: &Snapshot, tree: &Tree, random: &mut StdRng) -> Vec<(HoleKind, Range<usize>)> {
    let Some(language) = snapshot.language.as_deref() else { return Vec::new() };
    let text = snapshot.text.to_string();
    let opaque = found(&language.queries.opaque, tree, &text);
    let opaque = opaque.into_iter().flat_map(|one| one.captures).filter(|(name, _)| *name != "code");
    let opaque = opaque.map(|(_, node)| node.byte_range()).collect();
    let mut file = File { text: &text, language, tree, opaque, found: Vec::new() };
    file.lines(random);
    file.spans(random);
    file.statements(random);
    file.bodies();
    file.expressions();
    file.found
}

impl File<'_> {
    fn add(&mut self, kind: HoleKind, hole: Range<usize>) {
        let hole = trimmed(self.text, hole);
        if !hole.is_empty() {
            self.found.push((kind, hole));
        }
    }

    /// Whether code starts at `at`, no comment and no line of a long string.
    fn is_code(&self, at: usize) -> bool {
        self.opaque.iter().all(|range| !range.contains(&at))
    }

    /// The bytes of each line of code without its indentation and line end.
    fn code_lines(&self) -> Vec<Range<usize>> {
        let mut start = 0;
        let mut lines = Vec::new();
        for line in self.text.split_inclusive('\n') {
            let range = trimmed(self.text, start..start + line.len());
            if !range.is_empty() && self.is_code(range.start) {
                lines.push(range);
            }
            start += line.len();
        }
        lines
    }

    fn lines(&mut self, random: &mut StdRng) {
        for line in self.code_lines() {
            if line.len() < TELLING {
                continue;
            }
            self.add(HoleKind::SingleLine, line.clone());
            let column = floor(self.text, random.random_range(line.start + 1..line.end - 1));
            self.add(HoleKind::RestOfLine, column..line.end);
        }
    }

    fn spans(&mut self, random: &mut StdRng) {
        for line in self.code_lines() {
            let start = floor(self.text, random.random_range(line.clone()));
            let end = floor(self.text, (start + random.random_range(SPAN)).min(self.text.len()));
            if rows(&self.text[start..end]) <= 3 {
                self.add(HoleKind::RandomSpan, start..end);
            }
        }
    }

    /// Runs of statements that follow one another.
    fn statements(&mut self, random: &mut StdRng) {
        let kinds = &self.language.config.statements;
        let mut runs: Vec<Vec<Range<usize>>> = Vec::new();
        walk(self.tree.root_node(), |node| {
            let mut run = Vec::new();
            for child in named_children(node) {
                if kinds.iter().any(|kind| kind == child.kind()) {
                    run.push(child.byte_range());
                } else if !child.is_extra() {
                    runs.push(std::mem::take(&mut run));
                }
            }
            runs.push(run);
            true
        });
        runs.retain(|run| !run.is_empty());
        for run in runs {
            for (kind, lines) in [(HoleKind::MultiLine, MULTI_LINE), (HoleKind::Typed, TYPED)] {
                let mut ranges: Vec<Range<usize>> = Vec::new();
                for first in 0..run.len() {
                    let ends = run[first..].iter().map(|last| run[first].start..last.end);
                    let fit = ends.filter(|range| lines.contains(&rows(&self.text[range.clone()])));
                    ranges.extend(fit.filter(|range| self.begins_line(range.start)));
                }
                ranges.shuffle(random);
                ranges.truncate(2);
                for range in ranges {
                    self.add(kind, range);
                }
            }
        }
    }

    fn begins_line(&self, at: usize) -> bool {
        self.text[..at].rsplit('\n').next().is_some_and(|before| before.trim().is_empty())
    }

    /// Bodies of definitions and blocks; those of documented definitions besides as such.
    fn bodies(&mut self) {
        let docs: Vec<Range<usize>> = found(&self.language.queries.docs, self.tree, self.text)
            .iter()
            .flat_map(|one| &one.captures)
            .filter(|(name, _)| *name == "doc")
            .map(|(_, node)| node.byte_range())
            .collect();
        for found in found(&self.language.queries.scopes, self.tree, self.text) {
            let definition = found.node("scope");
            let scope = definition.or_else(|| found.node("scope.block"));
            let (Some(scope), Some(body)) = (scope, found.node("scope.body")) else { continue };
            let inner = inner(self.text, body.byte_range());
            if !self.begins_line(inner.start) {
                continue;
            }
            let inside = docs.iter().find(|doc| doc.start == inner.start && doc.end < inner.end);
            let above = docs.iter().any(|doc| {
                doc.end <= scope.start_byte() && self.belongs(&self.text[doc.end..scope.start_byte()])
            });
            let from = inside.map_or(inner.start, |doc| doc.end);
            let hole = trimmed(self.text, from..inner.end);
            if !BODY.contains(&rows(&self.text[hole.clone()])) || !self.begins_line(hole.start) {
                continue;
            }
            if definition.is_some() && (inside.is_some() || above) {
                self.add(HoleKind::DocToBody, hole.clone());
            }
            if inside.is_none() {
                self.add(HoleKind::Block, hole);
            }
        }
    }

    /// Whether only attributes stand between a doc comment and what it documents.
    fn belongs(&self, between: &str) -> bool {
        between.lines().all(|line| {
            let line = line.trim();
            line.is_empty() || line.starts_with("#[") || line.starts_with(&self.language.config.line_comment)
        }) && !between.contains("\n\n")
    }

    fn expressions(&mut self) {
        let found = found(&self.language.queries.holes, self.tree, self.text);
        for (name, node) in found.iter().flat_map(|one| &one.captures) {
            let (kind, range) = match *name {
                "condition" => (HoleKind::Condition, node.byte_range()),
                // Without their parentheses.
                _ => (HoleKind::Arguments, node.start_byte() + 1..node.end_byte().saturating_sub(1)),
            };
            if range.len() >= 4 && !self.text[range.clone()].contains('\n') {
                self.add(kind, range);
            }
        }
    }
}

/// The matches of a query in the whole file.
fn found<'t>(query: &'t Query, tree: &'t Tree, text: &str) -> Vec<Match<'t>> {
    matches(query, tree.root_node(), text.as_bytes(), 0..text.len())
}

/// A body without the braces around it.
fn inner(text: &str, body: Range<usize>) -> Range<usize> {
    let whole = &text[body.clone()];
    match whole.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(_) => trimmed(text, body.start + 1..body.end - 1),
        None => trimmed(text, body),
    }
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let whole = &text[range.clone()];
    let start = range.start + (whole.len() - whole.trim_start().len());
    start..start + whole.trim().len()
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn rows(text: &str) -> usize {
    text.matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use rand::SeedableRng as _;

    use super::*;

    fn places(language: &str, text: &str) -> HashMap<HoleKind, Vec<String>> {
        let language = crate::testing::language(language);
        let snapshot = Snapshot::of_text("", text, language);
        let tree = snapshot.parse().unwrap();
        let mut found: HashMap<HoleKind, Vec<String>> = HashMap::new();
        for (kind, hole) in find(&snapshot, &tree, &mut StdRng::seed_from_u64(1)) {
            found.entry(kind).or_default().push(text[hole].to_owned());
        }
        found
    }

    #[test]
    fn of_python() {
        let found = places(
            "python",
            "def f(a):\n    \"\"\"Doc.\"\"\"\n    b = a + 1\n    if a > 10:\n        print(a, b)\n    return b\n",
        );
        assert_eq!(
            found[&HoleKind::DocToBody],
            ["b = a + 1\n    if a > 10:\n        print(a, b)\n    return b"]
        );
        assert_eq!(found[&HoleKind::Block], ["print(a, b)"]);
        assert_eq!(found[&HoleKind::Condition], ["a > 10"]);
        assert_eq!(found[&HoleKind::Arguments], ["a, b"]);
        assert!(found[&HoleKind::SingleLine].contains(&"return b".to_owned()));
        assert!(found[&HoleKind::MultiLine].iter().all(|text| (2..7).contains(&rows(text))));
    }

    #[test]
    fn of_rust() {
        let found = places(
            "rust",
            "/// Doc.\n#[inline]\nfn f(a: u8) -> u8 {\n    if a > 10 {\n        g(a, 1);\n    }\n    a\n}\n",
        );
        assert_eq!(found[&HoleKind::DocToBody], ["if a > 10 {\n        g(a, 1);\n    }\n    a"]);
        assert_eq!(found[&HoleKind::Block], ["if a > 10 {\n        g(a, 1);\n    }\n    a", "g(a, 1);"]);
        assert_eq!(found[&HoleKind::Condition], ["a > 10"]);
        assert_eq!(found[&HoleKind::Arguments], ["a, 1"]);
    }
}
