//! Checks the pages for contributors: the map names every module, and every path in a recipe is there.

use std::collections::BTreeSet;
use std::fs;

use super::{root, verdict};

/// The pages whose code spans name paths of the repository.
const PAGES: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md"];

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// What stands between back-ticks in a text without code blocks.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.split("```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2))
}

/// Whether a code span is a path below one of the repository's folders, and not a pattern for several.
fn is_path(span: &str) -> bool {
    let folders =
        ["src/", "tests/", "grammars/", "benches/", "editors/", "models/", "scripts/", "docs/", "demo/"];
    folders.iter().any(|folder| span.starts_with(folder)) && !span.contains(['*', '<', '{', '…', ' ', ':'])
}

#[test]
fn the_code_map_names_every_module() {
    let text = page("ARCHITECTURE.md");
    let map = text.split("\n## ").find(|section| section.starts_with("Code map")).unwrap();
    let named: BTreeSet<&str> = spans(map).collect();
    let root_file = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let modules = root_file
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    let missing = modules.filter(|module| !named.contains(module));
    verdict("the code map of ARCHITECTURE.md", missing.map(|module| format!("it lacks {module}")).collect());
}

#[test]
fn paths_in_recipes_exist() {
    let mut offences = Vec::new();
    for name in PAGES {
        let text = page(name);
        let missing = spans(&text).filter(|span| is_path(span) && !root().join(span).exists());
        offences.extend(missing.map(|span| format!("{name}: {span} is not there")));
    }
    verdict("paths in pages", offences);
}

#[test]
fn targets_of_make_in_recipes_exist() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let mut offences = Vec::new();
    for name in ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"] {
        let text = page(name);
        for span in spans(&text).filter_map(|span| span.strip_prefix("make ")) {
            let target = span.split(' ').next().unwrap_or_default();
            if !makefile.lines().any(|line| line.starts_with(&format!("{target}:"))) {
                offences.push(format!("{name}: the Makefile has no target {target}"));
            }
        }
    }
    verdict("make targets", offences);
}
