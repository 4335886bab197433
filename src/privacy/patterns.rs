//! Matches paths against patterns as people write them: in the syntax of `.gitignore`, in every folder that the editor works in.

use std::path::{Component, Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Patterns for files, in order: the last one that matches a file or a folder above it decides, and `!` takes a file out.
#[derive(Debug, Clone)]
pub struct PathPatterns {
    /// For the files in one of the folders.
    inside: Gitignore,
    /// For all others: a relative pattern matches the end of a path there.
    elsewhere: Gitignore,
    roots: Vec<PathBuf>,
}

impl PathPatterns {
    /// The patterns, for an editor that works in the folders `roots`. Those that match nothing ([`pattern_fault`]) are left out.
    pub fn new(patterns: &[String], roots: &[PathBuf]) -> Self {
        let (mut inside, mut elsewhere) = (builder(), builder());
        for pattern in patterns.iter().filter(|pattern| pattern_fault(pattern).is_none()) {
            let Some(pattern) = PathPattern::read(pattern) else { continue };
            for line in roots.iter().flat_map(|root| pattern.lines(Some(root))) {
                let _ = inside.add_line(None, &line);
            }
            for line in pattern.lines(None) {
                let _ = elsewhere.add_line(None, &line);
            }
        }
        let build = |builder: GitignoreBuilder| builder.build().unwrap_or_else(|_| Gitignore::empty());
        Self { inside: build(inside), elsewhere: build(elsewhere), roots: roots.to_vec() }
    }

    /// Whether a file is meant by the patterns. It need not exist.
    pub fn matches(&self, path: &Path) -> bool {
        let is_inside = self.roots.iter().any(|root| path.starts_with(root));
        let rules = if is_inside { &self.inside } else { &self.elsewhere };
        matches!(rules.matched_path_or_any_parents(below_root(path), false), Match::Ignore(_))
    }
}

/// Why a pattern matches nothing, or None when it may match something.
pub fn pattern_fault(pattern: &str) -> Option<String> {
    let Some(read) = PathPattern::read(pattern) else {
        let why = if pattern.trim_start().starts_with('#') { "it is a comment" } else { "it names no file" };
        return Some(why.to_owned());
    };
    if read.body.split('/').any(|part| part == "..") {
        return Some("`..` matches nothing; write the folder's full path".to_owned());
    }
    let unknown_home = read.body.starts_with('~') && read.kind != PatternKind::Absolute;
    if unknown_home && read.body.contains('/') {
        return Some("only `~/` is a home folder; write the folder's full path".to_owned());
    }
    let mut rules = builder();
    let added = read.lines(None).iter().find_map(|line| rules.add_line(None, line).err());
    added.map(|error| error.to_string()).or_else(|| {
        let empty = rules.build().is_ok_and(|rules| rules.is_empty());
        empty.then(|| "it names no file".to_owned())
    })
}

fn builder() -> GitignoreBuilder {
    let mut builder = GitignoreBuilder::new("/");
    // As the usual file systems there do.
    builder.allow_unclosed_class(false);
    let _ = builder.case_insensitive(cfg!(any(target_os = "macos", windows)));
    builder
}

/// A path without what no pattern can match: the slash it begins with, `.` and `..`.
pub(super) fn below_root(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => found.push(name),
            Component::ParentDir => drop(found.pop()),
            // A drive is a part like others: patterns with drives are written that way.
            Component::Prefix(drive) => found.push(drive.as_os_str().to_string_lossy().replace('\\', "")),
            Component::RootDir | Component::CurDir => {}
        }
    }
    found
}

/// A pattern, read.
#[derive(Debug, PartialEq, Eq)]
struct PathPattern {
    /// Whether it takes files out of those that were matched before.
    negated: bool,
    kind: PatternKind,
    /// Without `!`, `./` and, where it is absolute, the slash it begins with.
    body: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PatternKind {
    /// From the root of the file system, or below the home folder.
    Absolute,
    /// `/x`: from the root of the file system, or from a folder that the editor works in, as in `.gitignore`.
    Anchored,
    /// At the end of a folder's path or below one.
    Relative,
}

impl PathPattern {
    /// None when it is empty or a comment.
    fn read(pattern: &str) -> Option<Self> {
        let pattern = pattern.trim_start();
        // A blank that is escaped belongs to the name.
        let trimmed = if pattern.ends_with("\\ ") { pattern } else { pattern.trim_end() };
        let (negated, mut body) = trimmed.strip_prefix('!').map_or((false, trimmed), |body| (true, body));
        if body.starts_with('#') {
            return None;
        }
        while let Some(rest) = body.strip_prefix("./") {
            body = rest.trim_start_matches('/');
        }
        let home = body.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let (kind, body) = match home.zip(crate::paths::home()) {
            Some((rest, home)) => (PatternKind::Absolute, format!("{}{rest}", escaped(&home))),
            None if has_drive(body) => (PatternKind::Absolute, body.replace('\\', "/")),
            None if body.starts_with('/') => (PatternKind::Anchored, body.trim_start_matches('/').to_owned()),
            None => (PatternKind::Relative, body.to_owned()),
        };
        let names_something = !body.trim_matches('/').is_empty() && body != ".";
        names_something.then_some(Self { negated, kind, body })
    }

    /// The lines of a `.gitignore` at the root of the file system that say the same, for the files below `root` or below none.
    fn lines(&self, root: Option<&PathBuf>) -> Vec<String> {
        let sign = if self.negated { "!" } else { "" };
        let below = root.map(|root| escaped(root));
        let whole = format!("{sign}/{}", self.body);
        let mut lines = match (self.kind, below.as_deref()) {
            (PatternKind::Absolute, _) | (PatternKind::Anchored, None) => vec![whole],
            (PatternKind::Anchored, Some(root)) => vec![whole, format!("{sign}/{root}/{}", self.body)],
            (PatternKind::Relative, None) => vec![format!("{sign}**/{}", self.body)],
            (PatternKind::Relative, Some(root)) => vec![format!("{sign}/{root}/**/{}", self.body)],
        };
        // A folder that is taken out of `x/**` takes its files with it; git wants that said twice.
        let inside = |line: &String| format!("{}/**", line.trim_end_matches('/'));
        if self.negated && !self.body.ends_with("**") {
            lines.extend(lines.iter().map(inside).collect::<Vec<_>>());
        }
        lines
    }
}

fn has_drive(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'/' | b'\\')
}

/// A path as a pattern that matches it alone, without slashes at its ends.
fn escaped(path: &Path) -> String {
    let path = below_root(path);
    let mut escaped = String::new();
    for c in path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/").chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '!' | '#' | ' ') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_matched(patterns: &[&str], roots: &[&str], path: &str) -> bool {
        let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        let roots: Vec<PathBuf> = roots.iter().map(PathBuf::from).collect();
        PathPatterns::new(&patterns, &roots).matches(Path::new(path))
    }

    #[test]
    fn a_folder_is_meant_however_it_is_written() {
        for pattern in [
            "**/vault/**",
            "vault/**",
            "vault/",
            "vault",
            "vault/*.py",
            "./vault/**",
            "././vault",
            "/vault",
            "/vault/**",
            "/srv/app [1]/vault",
            "/srv/*/vault/**",
            " vault/ ",
            "{vault,other}/**",
            "va?lt/",
        ] {
            for root in ["/srv/app [1]", "/srv/app [1]/", "/srv/./app [1]"] {
                // The brackets of a pattern are its own.
                let pattern = pattern.replace(" [1]", "*");
                assert!(is_matched(&[&pattern], &[root], "/srv/app [1]/vault/a.py"), "{pattern} in {root}");
                assert!(!is_matched(&[&pattern], &[root], "/srv/app [1]/vaults/a.py"), "{pattern} in {root}");
                assert!(!is_matched(&[&pattern], &[root], "/srv/app [1]/a.py"), "{pattern} in {root}");
            }
        }
    }

    #[test]
    fn every_folder_counts_and_none_is_needed() {
        let roots = ["/home/me/one", "/home/me/two"];
        for path in ["/home/me/one/keys/a.rs", "/home/me/two/keys/b/c.rs", "/home/me/two/part/keys/x"] {
            assert!(is_matched(&["keys/**"], &roots, path), "{path}");
            assert!(is_matched(&["keys/**"], &[], path), "{path}");
        }
        assert!(is_matched(&["part/keys/"], &roots, "/opt/part/keys/a.rs"), "outside of all folders");
        assert!(!is_matched(&["me/"], &roots, "/home/me/one/a.rs"), "a folder above the workspace");
        assert!(!is_matched(&["/keys"], &roots, "/home/me/one/sub/keys/a.rs"), "only at the top");
        assert!(is_matched(&["*.env"], &[], "prod.env"), "an unsaved file");
        assert!(is_matched(&["keys"], &roots, "/home/me/one/x/../keys/./a.rs"));
    }

    #[test]
    fn home_is_the_home_folder() {
        let home = crate::paths::home().unwrap();
        for pattern in ["~/diary/**", "~/diary/", "~/diary", "~/di*/x.py"] {
            let path = home.join("diary/x.py");
            assert!(is_matched(&[pattern], &["/w"], &path.to_string_lossy()), "{pattern}");
            assert!(!is_matched(&[pattern], &["/w"], "/w/diary/x.py"), "{pattern}");
        }
        assert!(is_matched(&["*~"], &[], "/w/a.py~") && !is_matched(&["*~"], &[], "/w/a.py"));
    }

    #[test]
    fn the_last_pattern_decides() {
        let patterns = ["notes/**", "!notes/public/", "notes/public/draft.py"];
        for (path, expected) in [
            ("/w/notes/a.py", true),
            ("/w/notes/public/a.py", false),
            ("/w/notes/public/draft.py", true),
            ("/w/a.py", false),
        ] {
            assert_eq!(is_matched(&patterns, &["/w"], path), expected, "{path}");
            assert_eq!(is_matched(&patterns, &[], path), expected, "{path}");
        }
    }

    #[test]
    fn what_matches_nothing_is_told() {
        for pattern in
            ["", "  ", "# all of it", "/", "./", "!", "!/", "a/[b", "{a,b", "../shared/**", "~other/x"]
        {
            assert!(pattern_fault(pattern).is_some(), "{pattern}");
            assert!(!is_matched(&[pattern], &["/w"], "/w/a/b"), "{pattern}");
        }
        for pattern in ["a", "*.py", "!a/", "**", "\\#a", "C:\\work\\x", "~", "~/x", "a b/", "*"] {
            assert_eq!(pattern_fault(pattern), None, "{pattern}");
        }
    }
}
