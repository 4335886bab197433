//! Finds the files of a workspace that belong to its memory: step by step, so that whoever scans can do something else in between.

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use ignore::{DirEntry, Walk, WalkBuilder};
use parking_lot::Mutex;

use super::contents::LARGEST;
use super::left_out::{LeftOut, Met};
use super::order;
use super::rules::ReadRules;
use crate::document::uri;
use crate::language::Registry;
use crate::paths::{self, FileStamp};
use crate::session::WorkspaceView;

/// Most files that are read.
pub const MOST_FILES: usize = 20_000;
/// Files and folders after which a walk ends: a disk may have millions.
const MOST_ENTRIES: usize = 500_000;
/// Most files that are read beside a single one, without a folder to work in.
const MOST_SIBLINGS: usize = 200;
/// Folders of what others wrote or a build made. Most projects ignore them; a folder without an ignore file has them too.
const FOREIGN_FOLDERS: &[&str] = &[
    "target",
    "node_modules",
    "bower_components",
    "site-packages",
    "dist-packages",
    "__pycache__",
    "venv",
    "vendor",
    "dist",
    "build",
];

/// A file that belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub path: PathBuf,
    /// Its address, [normal](uri::normal).
    pub normal: String,
    /// The name of its language.
    pub language: String,
    /// Its length on the disk.
    pub bytes: u64,
    pub stamp: FileStamp,
}

/// What a scan has found.
#[derive(Debug, Default)]
pub struct Found {
    /// The files that belong, in the order in which they are to be read.
    pub files: Vec<Candidate>,
    /// Files of known languages that do not belong, and folders that were not entered.
    pub left_out: Vec<(PathBuf, LeftOut)>,
    /// The folders that were entered.
    pub folders: Vec<PathBuf>,
}

/// A folder to walk.
#[derive(Debug)]
struct Source {
    folder: PathBuf,
    /// Only its own files in this language, if one is named.
    siblings: Option<String>,
}

/// A scan that is going on.
pub struct Scan {
    rules: ReadRules,
    sources: VecDeque<Source>,
    /// The only file that is looked for, if it is one.
    only: Option<PathBuf>,
    walk: Option<(Walk, Source)>,
    files: Vec<Candidate>,
    left_out: Vec<(PathBuf, LeftOut)>,
    foreign: Arc<Mutex<Vec<PathBuf>>>,
    folders: Vec<PathBuf>,
    seen: HashSet<String>,
    met: Option<Met>,
    entries: usize,
    siblings: usize,
}

impl Scan {
    /// A scan of the folders of a session; without any, of the files beside the open ones, in their languages.
    pub fn of(view: &WorkspaceView) -> Self {
        let sources = if view.roots.is_empty() { beside_open(view) } else { of_roots(&view.roots) };
        Self::new(ReadRules::of(view), sources)
    }

    /// A scan for one file: it finds it if it belongs.
    pub fn of_file(view: &WorkspaceView, path: &Path) -> Self {
        let mut scan = Self { only: Some(path.to_path_buf()), ..Self::of(view) };
        scan.sources.retain(|source| path.starts_with(&source.folder));
        scan
    }

    /// A scan of one folder, which keeps what it was kept from.
    pub fn explained(rules: ReadRules, folder: &Path) -> Self {
        let sources = of_roots(&[folder.to_path_buf()]);
        Self { met: Some(Met::default()), ..Self::new(rules, sources) }
    }

    fn new(rules: ReadRules, sources: VecDeque<Source>) -> Self {
        Self {
            rules,
            sources,
            only: None,
            walk: None,
            files: Vec::new(),
            left_out: Vec::new(),
            foreign: Arc::default(),
            folders: Vec::new(),
            seen: HashSet::new(),
            met: None,
            entries: 0,
            siblings: 0,
        }
    }

    /// Goes on `until` then at most. Whether it has come to the end. Looks at the disk.
    pub fn step(&mut self, languages: &Registry, until: Instant) -> bool {
        while Instant::now() < until && self.entries < MOST_ENTRIES {
            let Some((walk, _)) = &mut self.walk else {
                let Some(source) = self.sources.pop_front() else { return true };
                self.siblings = 0;
                self.walk = Some((self.walk(&source), source));
                continue;
            };
            match walk.next() {
                Some(Ok(entry)) => {
                    self.entries += 1;
                    self.meet(languages, &entry);
                }
                // A folder that may not be read.
                Some(Err(_)) => {}
                None => self.walk = None,
            }
        }
        self.entries >= MOST_ENTRIES
    }

    fn walk(&self, source: &Source) -> Walk {
        let (foreign, only) = (Arc::clone(&self.foreign), self.only.clone());
        let enters = move |entry: &DirEntry| {
            if only.as_ref().is_some_and(|only| !only.starts_with(entry.path())) {
                return false;
            }
            let name = entry.file_name().to_str().unwrap_or_default();
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            let is_foreign = entry.depth() > 0 && is_folder && FOREIGN_FOLDERS.contains(&name);
            if is_foreign {
                foreign.lock().push(entry.path().to_path_buf());
            }
            !is_foreign
        };
        // Links are not followed: they may lead out of the folder.
        WalkBuilder::new(&source.folder)
            // A folder without a repository has ignore files too.
            .require_git(false)
            // Those above may be a home folder's that ignores everything; `ReadRules::excludes` knows which of them count.
            .parents(false)
            .filter_entry(enters)
            .max_depth(source.siblings.is_some().then_some(1))
            .sort_by_file_name(Ord::cmp)
            .build()
    }

    /// Takes a file, or leaves it out.
    fn meet(&mut self, languages: &Registry, entry: &DirEntry) {
        let (path, kind) = (entry.path(), entry.file_type());
        let is_folder = kind.is_some_and(|kind| kind.is_dir());
        if let Some(met) = &mut self.met {
            met.add(path, is_folder);
        }
        if is_folder {
            self.folders.push(path.to_path_buf());
        }
        let Some(language) = languages.by_path(path).filter(|_| kind.is_some_and(|kind| kind.is_file()))
        else {
            return;
        };
        let siblings = self.walk.as_ref().and_then(|(_, source)| source.siblings.as_deref());
        if siblings.is_some_and(|only| only != language.name()) {
            return;
        }
        let normal = uri::normal(&uri::of_path(path));
        if !self.seen.insert(normal.clone()) {
            return;
        }
        let by_name = self.rules.by_name(path, &normal, language.name());
        let Some(about) = entry.metadata().ok() else { return };
        let too_large = || (about.len() > LARGEST).then_some(LeftOut::TooLarge);
        let beyond = siblings.is_some() && self.siblings >= MOST_SIBLINGS;
        let left_out = by_name.or_else(too_large).or_else(|| self.rules.excludes(path));
        match left_out.or(beyond.then_some(LeftOut::Budget)) {
            Some(left_out) => self.left_out.push((path.to_path_buf(), left_out)),
            None => {
                self.siblings += 1;
                self.files.push(Candidate {
                    path: path.to_path_buf(),
                    normal,
                    language: language.name().to_owned(),
                    bytes: about.len(),
                    stamp: FileStamp::from(&about),
                });
            }
        }
    }

    /// What was found: the files nearest to `open` folders first, as many as there may be, of `most` bytes together.
    pub fn finish(mut self, languages: &Registry, open: &[PathBuf], most: u64) -> Found {
        order::nearest_first(&mut self.files, |file| &file.path, open);
        let (mut files, mut bytes) = (0, 0);
        let (taken, beyond): (Vec<_>, Vec<_>) = self.files.into_iter().partition(|file| {
            let fits = files < MOST_FILES && bytes + file.bytes <= most;
            if fits {
                files += 1;
                bytes += file.bytes;
            }
            fits
        });
        let mut left_out = self.left_out;
        left_out.extend(beyond.into_iter().map(|file| (file.path, LeftOut::Budget)));
        let foreign = std::mem::take(&mut *self.foreign.lock());
        if let Some(met) = self.met {
            let ignored = met.ignored(|path| languages.by_path(path).is_some());
            let ignored = ignored.into_iter().filter(|path| !foreign.contains(path));
            left_out.extend(ignored.map(|path| (path, LeftOut::Ignored)));
        }
        left_out.extend(foreign.into_iter().map(|folder| (folder, LeftOut::Generated)));
        Found { files: taken, left_out, folders: self.folders }
    }
}

/// Whether a path is below a folder, and not in one of others below it or in a hidden one.
pub fn is_own(path: &Path, folder: &Path) -> bool {
    let is_own = |name: &str| !name.starts_with('.') && !FOREIGN_FOLDERS.contains(&name);
    let Ok(below) = path.strip_prefix(folder) else { return false };
    below.iter().all(|part| part.to_str().is_some_and(is_own))
}

/// The folders that are walked: not a whole disk, nor a whole home folder.
fn of_roots(roots: &[PathBuf]) -> VecDeque<Source> {
    let roots = roots.iter().filter(|root| too_wide(root).is_none());
    roots.map(|root| Source { folder: root.clone(), siblings: None }).collect()
}

/// The folders of the open files, each with their languages.
fn beside_open(view: &WorkspaceView) -> VecDeque<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for open in view.open.iter().filter(|open| uri::is_file(&open.uri)) {
        let Some(folder) = open.path.as_deref().and_then(Path::parent) else { continue };
        let is_known =
            |source: &Source| source.folder == folder && source.siblings.as_ref() == Some(&open.language);
        if too_wide(folder).is_none() && !sources.iter().any(is_known) {
            sources.push(Source { folder: folder.to_path_buf(), siblings: Some(open.language.clone()) });
        }
    }
    sources.into()
}

/// Why a folder is not read as a whole, if so. Looks at the disk.
pub fn too_wide(folder: &Path) -> Option<&'static str> {
    let real = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    if real.parent().is_none() {
        return Some("it is the whole disk");
    }
    let home = paths::home()?;
    let is_home = real == std::fs::canonicalize(&home).unwrap_or(home);
    is_home.then_some("it is your home folder")
}
