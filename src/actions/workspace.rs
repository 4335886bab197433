//! Finds other files of a project that contain a word, nearest first, within limits of number, size and time. It keeps no cache:
//! nothing has to be kept in step with the disk.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ignore::WalkBuilder;

use crate::document::Snapshot;
use crate::language::Language;
use crate::privacy::Screen;
use crate::symbols::SymbolIndex;

/// What surrounds a document.
#[derive(Debug, Clone, Default)]
pub struct Workspace {
    /// The document's own file.
    pub path: Option<PathBuf>,
    /// Folders that the editor works in.
    pub roots: Vec<PathBuf>,
    /// Other open documents, with their files: what is typed counts, not what was saved.
    pub open: Vec<(PathBuf, Snapshot)>,
    /// Which files are private: they are not read.
    pub screen: Arc<Screen>,
    /// What the files define, as far as they were read; empty where nothing reads them.
    pub symbols: Arc<SymbolIndex>,
}

/// Limits of one look, besides its time. Reading 1 000 files of 10 KiB from the page cache takes about 25 ms.
const FILES: usize = 2_000;
const BYTES: usize = 16 << 20;
/// A file of more bytes is seldom written by a person.
const LARGE: u64 = 1 << 20;
/// Files with the word that are given at most: parsing each costs some milliseconds.
const FOUND: usize = 24;

/// Folders of what others wrote or a build made. Most projects ignore them; a folder without an ignore file has them too.
const FOREIGN_FOLDERS: [&str; 7] =
    ["target", "node_modules", "site-packages", "__pycache__", "venv", "dist", "build"];

/// A file that says the word.
#[derive(Debug)]
pub struct WorkspaceFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub snapshot: Snapshot,
}

impl Workspace {
    /// Files of `language` for which `says` is true, as far as they are found in `time`, without the document's own: open ones first, then the nearest.
    pub fn files(
        &self,
        language: &Arc<Language>,
        time: Duration,
        says: impl Fn(&str) -> bool,
    ) -> Vec<WorkspaceFile> {
        let start = Instant::now();
        let mut seen: HashSet<PathBuf> = self.path.iter().cloned().collect();
        let mut found = Vec::new();
        for (path, snapshot) in &self.open {
            let same = snapshot.language.as_ref().is_some_and(|theirs| theirs.name() == language.name());
            let is_new = seen.insert(path.clone());
            if is_new && same && says(&snapshot.text.to_string()) && self.screen.excludes(path).is_none() {
                found.push(WorkspaceFile { path: path.clone(), snapshot: snapshot.clone() });
            }
        }
        let (mut files, mut bytes) = (0, 0);
        for folder in self.folders() {
            for path in source_files(&folder, language, start + time) {
                if found.len() >= FOUND || files >= FILES || bytes >= BYTES || start.elapsed() > time {
                    return found;
                }
                if !seen.insert(path.clone()) || self.screen.by_name(&path).is_some() {
                    continue;
                }
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                (files, bytes) = (files + 1, bytes + text.len());
                if says(&text) && self.screen.excludes(&path).is_none() {
                    let snapshot = Snapshot::of_text("", &text, Some(Arc::clone(language)));
                    found.push(WorkspaceFile { path, snapshot });
                }
            }
        }
        found
    }

    /// The document's own folder, then those around it up to a root, then the other roots.
    fn folders(&self) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> = Vec::new();
        if let Some(path) = &self.path {
            let inside = self.roots.iter().filter(|root| path.starts_with(root));
            if let Some(root) = inside.max_by_key(|root| root.as_os_str().len()) {
                folders.extend(
                    path.ancestors()
                        .skip(1)
                        .take_while(|folder| folder.starts_with(root))
                        .map(Path::to_owned),
                );
            }
        }
        for root in &self.roots {
            if !folders.contains(root) {
                folders.push(root.clone());
            }
        }
        folders
    }
}

/// The files of a language in a folder that are met `until` then, without what `.gitignore` names and hidden ones.
fn source_files<'a>(
    folder: &Path,
    language: &'a Language,
    until: Instant,
) -> impl Iterator<Item = PathBuf> + use<'a> {
    let of_language = move |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        language.config.extensions.iter().any(|known| known == extension)
    };
    let foreign = |entry: &ignore::DirEntry| {
        let name = entry.file_name().to_str().unwrap_or_default();
        entry.depth() > 0
            && entry.file_type().is_some_and(|kind| kind.is_dir())
            && FOREIGN_FOLDERS.contains(&name)
    };
    // A folder without a repository has ignore files too: a virtual environment writes one that covers itself.
    let walk = WalkBuilder::new(folder)
        .require_git(false)
        // An ignore file above the workspace may be a home folder's that ignores everything.
        .parents(false)
        .filter_entry(move |entry| !foreign(entry))
        .max_depth(Some(12))
        .max_filesize(Some(LARGE))
        .sort_by_file_name(Ord::cmp)
        .build();
    let is_file = |entry: &ignore::DirEntry| entry.file_type().is_some_and(|kind| kind.is_file());
    let walk = walk.take_while(move |_| Instant::now() < until).filter_map(Result::ok);
    walk.filter(is_file).map(ignore::DirEntry::into_path).filter(of_language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_others_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["a.py", "build/b.py", "src/node_modules/c.py", "src/d.py", "src/build.py", "ignored/e.py"]
        {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x = 1\n").unwrap();
        }
        std::fs::write(folder.path().join(".gitignore"), "ignored/\n").unwrap();
        let language = crate::testing::language("python").unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        let found: Vec<PathBuf> = source_files(folder.path(), &language, until)
            .map(|path| path.strip_prefix(folder.path()).unwrap().to_path_buf())
            .collect();
        assert_eq!(found, ["a.py", "src/build.py", "src/d.py"].map(PathBuf::from));
    }

    #[test]
    fn private_files_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("a.py", "word = 1\n"),
            ("secrets.py", "word = 2\n"),
            ("closed/b.py", "word = 3\n"),
            (".aiignore", "closed/\n"),
        ] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let language = crate::testing::language("python").unwrap();
        let open = ["secrets.py", "closed/b.py"].map(|name| {
            let language = Some(Arc::clone(&language));
            (folder.path().join(name), Snapshot::of_text("", "word = 4\n", language))
        });
        let roots = vec![folder.path().to_path_buf()];
        let screen = Arc::new(Screen::new(&crate::privacy::ScreenOptions::default(), &roots));
        let workspace = Workspace { roots, open: open.to_vec(), screen, ..Workspace::default() };
        let found = workspace.files(&language, Duration::from_secs(60), |text| text.contains("word"));
        let names: Vec<_> = found.iter().filter_map(|file| file.path.file_name()).collect();
        assert_eq!(names, ["a.py"]);
    }
}
