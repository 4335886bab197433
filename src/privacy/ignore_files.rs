//! Reads the files by which a project excludes others (`.gitignore`, `.aiignore` …): when they are needed, and again when they change.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use parking_lot::Mutex;

use super::secret_files::{IgnoreRow, ignore_files};
use crate::paths::FileStamp;

/// A larger file is no list that a person wrote.
const LARGEST: u64 = 1 << 20;

/// What was read of the ignore files, by their paths.
#[derive(Debug, Default)]
pub struct IgnoreFiles {
    read: Mutex<HashMap<PathBuf, (FileStamp, Arc<Gitignore>)>>,
}

/// The line of an ignore file that excludes a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreHit {
    /// Its path in its folder.
    pub file: &'static str,
    /// The line.
    pub pattern: String,
}

impl IgnoreFiles {
    /// What excludes a file in a workspace with these folders, if anything does. Looks at the disk.
    pub fn find(&self, path: &Path, roots: &[PathBuf]) -> Option<IgnoreHit> {
        let path = std::path::absolute(path).ok()?;
        let folders = folders(&path, roots);
        ignore_files().iter().find_map(|row| {
            // The nearest file decides, as git has it.
            for folder in &folders {
                let Some(rules) = self.rules(folder, row) else { continue };
                match rules.matched_path_or_any_parents(&path, false) {
                    Match::Ignore(glob) => {
                        return Some(IgnoreHit { file: &row.name, pattern: glob.original().to_owned() });
                    }
                    Match::Whitelist(_) => return None,
                    Match::None => {}
                }
            }
            None
        })
    }

    /// The rules of one file as it is now.
    fn rules(&self, folder: &Path, row: &IgnoreRow) -> Option<Arc<Gitignore>> {
        let path = folder.join(&row.name);
        // A pipe of that name would never end.
        let found = std::fs::metadata(&path).ok().filter(|it| it.is_file() && it.len() <= LARGEST)?;
        let stamp = FileStamp::from(&found);
        if let Some((_, rules)) = self.read.lock().get(&path).filter(|(read, _)| *read == stamp) {
            return Some(Arc::clone(rules));
        }
        let bytes = std::fs::read(&path).ok()?;
        let rules = Arc::new(read(folder, &String::from_utf8_lossy(&bytes), row)?);
        self.read.lock().insert(path, (stamp, Arc::clone(&rules)));
        Some(rules)
    }
}

fn read(folder: &Path, text: &str, row: &IgnoreRow) -> Option<Gitignore> {
    let mut rules = GitignoreBuilder::new(folder);
    let mut lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    let says_nothing = lines.iter().all(|line| line.trim().is_empty() || line.starts_with('#'));
    if says_nothing && row.empty_is_everything() {
        lines.push("*");
    }
    for line in lines {
        // git passes over what it cannot read, too.
        let _ = rules.add_line(None, line);
    }
    rules.build().ok()
}

/// The folders whose ignore files count, nearest first: up to the outermost one that the editor works in and on to the top of its
/// repository; without one, to the top of the file's own repository, or its own folder alone.
fn folders(path: &Path, roots: &[PathBuf]) -> Vec<PathBuf> {
    let above: Vec<&Path> = path.ancestors().skip(1).collect();
    let outermost = above.iter().rposition(|folder| roots.iter().any(|root| root == folder));
    let from = outermost.unwrap_or(0);
    // A home folder may be a repository that ignores everything but its own files.
    let home = crate::paths::home();
    let is_top = |folder: &&Path| folder.join(".git").exists() && Some(*folder) != home.as_deref();
    let top = above[from.min(above.len())..].iter().position(is_top).map(|at| from + at);
    let last = top.unwrap_or(from);
    above.iter().take(last + 1).map(|folder| (*folder).to_path_buf()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Project(tempfile::TempDir, IgnoreFiles);

    impl Project {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap(), IgnoreFiles::default())
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.0.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }

        fn hit(&self, name: &str) -> Option<(&'static str, String)> {
            let roots = [self.0.path().to_path_buf()];
            self.1.find(&self.0.path().join(name), &roots).map(|hit| (hit.file, hit.pattern))
        }
    }

    #[test]
    fn each_kind_of_file_excludes() {
        for row in ignore_files() {
            let project = Project::new();
            project.write(&row.name, "# no\nclosed/\n*.txt\n!open.txt\n");
            assert!(
                project.hit("closed/a/b.py").is_some() && project.hit("x/a.txt").is_some(),
                "{}",
                row.name
            );
            assert!(project.hit("a.py").is_none() && project.hit("open.txt").is_none(), "{}", row.name);
        }
    }

    #[test]
    fn the_nearest_file_decides_and_changes_count_at_once() {
        let project = Project::new();
        project.write(".gitignore", "*.gen.py\n");
        assert_eq!(project.hit("src/a.gen.py"), Some((".gitignore", "*.gen.py".into())));
        project.write("src/.gitignore", "!a.gen.py\n");
        assert_eq!(project.hit("src/a.gen.py"), None);
        assert!(project.hit("b.gen.py").is_some());
        project.write(".gitignore", "nothing\n");
        assert_eq!(project.hit("b.gen.py"), None);
        // Another kind of file may be stricter.
        project.write(".aiignore", "src/\n");
        assert_eq!(project.hit("src/a.gen.py"), Some((".aiignore", "src/".into())));
    }

    #[test]
    fn an_empty_noai_excludes_everything_below() {
        let project = Project::new();
        project.write("part/.noai", "");
        assert!(project.hit("part/deep/a.py").is_some() && project.hit("a.py").is_none());
        project.write(".gitignore", "");
        assert_eq!(project.hit("a.py"), None);
    }

    #[test]
    fn a_repository_counts_to_its_top() {
        let project = Project::new();
        project.write(".git/HEAD", "");
        project.write(".gitignore", "out/\n");
        let path = project.0.path().join("one/out/a.py");
        for roots in [vec![], vec![project.0.path().join("one")]] {
            assert!(project.1.find(&path, &roots).is_some(), "{roots:?}");
        }
        assert!(project.1.find(Path::new("Untitled-1"), &[]).is_none());
    }
}
