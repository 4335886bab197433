//! Checks the links of the repository's pages: the file is there, and so is the heading that an `#anchor` names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::{root, verdict};

/// Folders that hold no pages of ours: built, fetched or made by a package manager.
const SKIPPED: &[&str] = &["target", "dist", "node_modules", "work", "build"];

/// Pages whose links are not checked: the licence texts of others.
const FOREIGN: &[&str] = &["benches/cases/licences/"];

/// Every Markdown file of the repository, as a path below its root.
fn pages() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if path.is_dir() {
                if !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) {
                    walk(&path, found);
                }
            } else if name.ends_with(".md") {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(root(), &mut found);
    found.retain(|page| !FOREIGN.iter().any(|folder| page.starts_with(folder)));
    found.sort();
    found
}

/// The lines of a page that are prose: code blocks are left out, and code spans are emptied.
fn prose(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if !fenced {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// A line without its code spans.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// The targets of the links and pictures in a line: what stands between `](` and `)`.
fn targets(line: &str) -> Vec<String> {
    let line = without_code(line);
    let starts = line.match_indices("](").map(|(at, _)| at + 2);
    starts.filter_map(|at| line[at..].split_once(')').map(|(target, _)| target.to_owned())).collect()
}

/// The anchor that GitHub and mdBook give a heading: small letters, digits, `-` and `_`; a space becomes `-`.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The anchors of a page. A heading that stands twice gets `-1` the second time.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for line in prose(text) {
        let level = line.len() - line.trim_start_matches('#').len();
        let Some(heading) = line[level..].strip_prefix(' ').filter(|_| level > 0) else { continue };
        let name = anchor(heading);
        let times = seen.entry(name.clone()).or_default();
        found.insert(if *times == 0 { name } else { format!("{name}-{times}") });
        *times += 1;
    }
    found
}

/// `a/b/../c` as `a/c`. None when it leads out of the repository.
fn resolved(page: &Path, target: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in page.parent()?.join(target).components() {
        match part {
            Component::ParentDir => path.pop().then_some(())?,
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    Some(path)
}

/// What is wrong with a link of a page, if anything is.
fn fault(page: &Path, text: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, wanted) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() { page.to_owned() } else { resolved(page, file)? };
    if !root().join(&path).exists() {
        return Some(format!("{} is not there", path.display()));
    }
    let is_page = path.extension().is_some_and(|extension| extension == "md");
    if wanted.is_empty() || !is_page {
        return None;
    }
    let other = fs::read_to_string(root().join(&path)).unwrap_or_default();
    let text = if file.is_empty() { text } else { &other };
    (!anchors(text).contains(wanted)).then(|| format!("{} has no heading #{wanted}", path.display()))
}

#[test]
fn every_link_leads_somewhere() {
    let mut offences = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for target in prose(&text).iter().flat_map(|line| targets(line)) {
            let found = fault(&page, &text, &target);
            offences.extend(found.map(|why| format!("{}: ({target}) {why}", page.display())));
        }
    }
    verdict("links", offences);
}

#[test]
fn every_page_of_the_book_is_in_its_summary() {
    let folder = Path::new("docs/src");
    let summary = folder.join("SUMMARY.md");
    let text = fs::read_to_string(root().join(&summary)).unwrap();
    let listed: BTreeSet<PathBuf> = prose(&text)
        .iter()
        .flat_map(|line| targets(line))
        .filter_map(|target| resolved(&summary, &target))
        .collect();
    let missing = pages().into_iter().filter(|page| page.starts_with(folder) && *page != summary);
    let missing = missing.filter(|page| !listed.contains(page));
    verdict("SUMMARY.md", missing.map(|page| format!("{} is not listed", page.display())).collect());
}

#[test]
fn links_and_headings_are_read() {
    assert_eq!(targets("see [a](b.md#c), `[no](x)` and ![p](q.png)"), ["b.md#c", "q.png"]);
    assert_eq!(anchor("The `own/` pump: 2 threads, no lock?"), "the-own-pump-2-threads-no-lock");
    assert_eq!(anchors("# A\n## A\n```\n# no\n```\n"), BTreeSet::from(["a".to_owned(), "a-1".to_owned()]));
    assert_eq!(resolved(Path::new("docs/src/a.md"), "../../README.md"), Some("README.md".into()));
    assert_eq!(resolved(Path::new("a.md"), "../x"), None);
    assert!(fault(Path::new("README.md"), "", "no-such-file.md").is_some());
    assert!(fault(Path::new("README.md"), "# Try it\n", "#try-it").is_none());
    assert!(fault(Path::new("README.md"), "# Try it\n", "#tried").is_some());
}
