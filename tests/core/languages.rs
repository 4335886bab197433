//! Tests that every folder of `grammars/` is complete: its queries compile, its samples hold, and a sample shows each
//! pattern.
//!
//! A sample is real code with comments that speak of the last line of code above them:
//!   `# ^^^ name`   a capture of that name is exactly the marked text
//!   `# ^ name`     one starts at the mark
//!   `# --- name`   one covers the marks
//!   `# --- !name`  none of that name touches the marks
//!   `# <- name`    one starts at the first character of the line that is not white space
//!   `# - name`     one covers the line, where a mark in the first two columns of the comment would not do
//!   `# ! name`     none touches the line

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use tree_sitter::{Parser, Query, Tree};
use treefill::document::tree::matches;
use treefill::language::{Language, Queries};

use crate::testing;

fn grammars() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars")
}

fn folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(grammars()).unwrap();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

fn language(folder: &Path) -> std::sync::Arc<Language> {
    let name = folder.file_name().unwrap().to_str().unwrap();
    testing::language(name).unwrap_or_else(|| panic!("{name} is not in the registry"))
}

/// The samples of a language: file name, text, tree.
fn samples(folder: &Path, language: &Language) -> Vec<(String, String, Tree)> {
    let entries = std::fs::read_dir(folder.join("samples")).expect("a language needs samples/");
    let mut parser = Parser::new();
    parser.set_language(&language.grammar).unwrap();
    let mut samples = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        let text = std::fs::read_to_string(&path).unwrap();
        let tree = parser.parse(&text, None).unwrap();
        samples.push((path.display().to_string(), text, tree));
    }
    assert!(!samples.is_empty(), "{} has no samples", folder.display());
    samples
}

/// Every capture of a query: its name, its bytes, and the pattern it came from.
fn captures(query: &Query, tree: &Tree, text: &str) -> Vec<(String, Range<usize>, usize)> {
    let found = matches(query, tree.root_node(), text.as_bytes(), 0..text.len());
    let all = found.iter().flat_map(|one| one.captures.iter().map(|(name, node)| (name, node, one.pattern)));
    all.map(|(name, node, pattern)| ((*name).to_owned(), node.byte_range(), pattern)).collect()
}

#[test]
fn every_folder_is_complete() {
    for folder in folders() {
        let language = language(&folder);
        for file in ["language.toml", "scopes.scm"] {
            assert!(folder.join(file).is_file(), "{} lacks {file}", folder.display());
        }
        let config = &language.config;
        assert!(!config.extensions.is_empty() && !config.lsp_ids.is_empty(), "{}", config.name);
        assert!(!config.definitions.is_empty() && !config.statements.is_empty(), "{}", config.name);
        for kind in config.definitions.iter().chain(&config.statements).chain(&config.attribute_nodes) {
            assert!(language.grammar.id_for_node_kind(kind, true) != 0, "{}: no node {kind}", config.name);
        }
    }
}

#[test]
fn every_capture_is_documented() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/queries.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (_, file, captures) in Queries::FILES {
        for capture in captures.iter() {
            assert!(page.contains(&format!("`@{capture}`")), "queries.md lacks @{capture} of {file}");
        }
    }
}

#[test]
fn samples_are_sound_code() {
    for folder in folders() {
        let language = language(&folder);
        for (path, text, tree) in samples(&folder, &language) {
            assert!(!tree.root_node().has_error(), "{path}: {}", tree.root_node().to_sexp());
            if let Some(strict) = language.strict {
                assert_eq!(strict.errors(&text), 0, "{path}: {:?}", strict.judge(&text));
            }
        }
    }
}

#[test]
fn every_pattern_is_shown_by_a_sample() {
    for folder in folders() {
        let language = language(&folder);
        let samples = samples(&folder, &language);
        for (name, query) in language.queries.iter() {
            let shown: BTreeSet<usize> = samples
                .iter()
                .flat_map(|(_, text, tree)| {
                    captures(query, tree, text).into_iter().map(|(_, _, pattern)| pattern)
                })
                .collect();
            if let Some(pattern) = (0..query.pattern_count()).find(|pattern| !shown.contains(pattern)) {
                let start = query.start_byte_for_pattern(pattern);
                panic!("{} {name}: no sample shows the pattern at byte {start}", folder.display());
            }
        }
    }
}

#[test]
fn samples_hold() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for folder in folders() {
        let language = language(&folder);
        for (path, text, tree) in samples(&folder, &language) {
            let found: Vec<_> =
                language.queries.iter().flat_map(|(_, query)| captures(query, &tree, &text)).collect();
            for (row, claim) in claims(&text, &language.config.line_comment) {
                checked += 1;
                if !claim.holds(&found) {
                    wrong.push(format!("{path}:{}: {claim:?}", row + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {checked} claims are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked > 100, "only {checked} claims were found");
}

#[derive(Debug)]
enum Claim {
    Is(String, Range<usize>),
    Starts(String, usize),
    Covers(String, Range<usize>),
    Avoids(String, Range<usize>),
}

impl Claim {
    fn holds(&self, captures: &[(String, Range<usize>, usize)]) -> bool {
        let any = |wanted: &str, test: &dyn Fn(&Range<usize>) -> bool| {
            captures.iter().any(|(name, range, _)| name == wanted && test(range))
        };
        match self {
            Self::Is(name, marked) => any(name, &|range| range == marked),
            Self::Starts(name, at) => any(name, &|range| range.start == *at),
            Self::Covers(name, marked) => {
                any(name, &|range| range.start <= marked.start && marked.end <= range.end)
            }
            Self::Avoids(name, marked) => {
                !any(name, &|range| range.start < marked.end && marked.start < range.end)
            }
        }
    }
}

/// The claims of a sample with the row of their comment.
fn claims(text: &str, comment: &str) -> Vec<(usize, Claim)> {
    let mut claims = Vec::new();
    let (mut start, mut code) = (0, 0..0);
    for (row, line) in text.split_inclusive('\n').enumerate() {
        match claim(line, comment, text, &code) {
            Some(claim) => claims.push((row, claim)),
            None => code = start..start + line.trim_end().len(),
        }
        start += line.len();
    }
    claims
}

fn claim(line: &str, comment: &str, text: &str, code: &Range<usize>) -> Option<Claim> {
    let rest = line.trim().strip_prefix(comment)?;
    let (marks, name) = rest.trim().split_once(' ')?;
    let first = code.start + text[code.clone()].len() - text[code.clone()].trim_start().len();
    let column = line.find(marks)?;
    let marked = code.start + column..code.start + column + marks.len();
    let whole = first..code.end;
    let is = |mark: char| marks.chars().all(|c| c == mark);
    let name = name.to_owned();
    // A lone mark right behind the comment sign speaks of the line: its column is the sign's.
    let of_line = rest.starts_with(' ') && !rest.starts_with("  ") && marks.len() == 1;
    match (marks, name.strip_prefix('!')) {
        ("<-", None) => Some(Claim::Starts(name, first)),
        ("<-", Some(name)) => Some(Claim::Avoids(name.into(), first..first + 1)),
        ("!", _) => Some(Claim::Avoids(name, whole)),
        ("-", None) if of_line => Some(Claim::Covers(name, whole)),
        (_, Some(name)) if is('-') => Some(Claim::Avoids(name.into(), marked)),
        (_, None) if is('-') => Some(Claim::Covers(name, marked)),
        ("^", None) => Some(Claim::Starts(name, marked.start)),
        (_, None) if is('^') => Some(Claim::Is(name, marked)),
        _ => None,
    }
}
