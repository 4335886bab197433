//! Holds the definitions of many files, found by name, by file and by module. Clones share all that does not change.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::Hasher as _;
use std::path::Path;
use std::sync::Arc;

use twox_hash::XxHash64;

use super::definition::{Definition, FileSymbols};
use crate::text::amounts::counted;

/// A changed file copies the parts that it is in, of this many: 100 000 definitions are 800 a part.
const PARTS: usize = 128;

/// A file, by its path's hash.
type FileId = u64;

/// The definitions of a project's files.
///
/// A value: a clone takes microseconds and stays as it is while the other one changes.
#[derive(Clone)]
pub struct SymbolIndex {
    files: Parts<Arc<FileSymbols>>,
    /// By names, members' too.
    names: Parts<FileIds>,
    modules: Parts<FileIds>,
    count: usize,
    definitions: usize,
    bytes: usize,
}

/// Some files, ascending. Most names are defined in one.
#[derive(Debug, Clone)]
enum FileIds {
    One(FileId),
    Many(Arc<[FileId]>),
}

impl FileIds {
    fn as_slice(&self) -> &[FileId] {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Many(ids) => ids,
        }
    }

    fn of(ids: Vec<FileId>) -> Option<Self> {
        match ids[..] {
            [] => None,
            [id] => Some(Self::One(id)),
            _ => Some(Self::Many(ids.into())),
        }
    }
}

/// A table in parts that clones share.
#[derive(Clone)]
struct Parts<T>(Vec<Arc<HashMap<u64, T>>>);

impl<T: Clone> Parts<T> {
    fn new() -> Self {
        Self((0..PARTS).map(|_| Arc::default()).collect())
    }

    fn get(&self, key: u64) -> Option<&T> {
        self.0[key as usize % PARTS].get(&key)
    }

    fn part(&mut self, key: u64) -> &mut HashMap<u64, T> {
        Arc::make_mut(&mut self.0[key as usize % PARTS])
    }

    fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flat_map(|part| part.values())
    }
}

impl Parts<FileIds> {
    fn ids(&self, key: u64) -> &[FileId] {
        self.get(key).map_or(&[], FileIds::as_slice)
    }

    fn add(&mut self, key: u64, id: FileId) {
        match self.part(key).entry(key) {
            Entry::Vacant(entry) => drop(entry.insert(FileIds::One(id))),
            Entry::Occupied(mut entry) => {
                let mut ids = entry.get().as_slice().to_vec();
                if let Err(at) = ids.binary_search(&id) {
                    ids.insert(at, id);
                    entry.insert(FileIds::Many(ids.into()));
                }
            }
        }
    }

    fn remove(&mut self, key: u64, id: FileId) {
        let Entry::Occupied(mut entry) = self.part(key).entry(key) else { return };
        let left = entry.get().as_slice().iter().copied().filter(|other| *other != id).collect();
        match FileIds::of(left) {
            Some(left) => drop(entry.insert(left)),
            None => drop(entry.remove()),
        }
    }
}

impl Default for SymbolIndex {
    fn default() -> Self {
        let (files, names, modules) = (Parts::new(), Parts::new(), Parts::new());
        Self { files, names, modules, count: 0, definitions: 0, bytes: 0 }
    }
}

impl SymbolIndex {
    /// Takes a file in, in the place of what was known of it.
    pub fn insert(&mut self, file: FileSymbols) {
        let file = Arc::new(file);
        self.remove(&file.path);
        let id = hash(&[file.path.as_os_str().as_encoded_bytes()]);
        for name in names(&file) {
            self.names.add(name, id);
        }
        for module in modules(&file) {
            self.modules.add(module, id);
        }
        self.count += 1;
        self.definitions += file.len();
        self.bytes += file.bytes();
        self.files.part(id).insert(id, file);
    }

    /// Forgets a file.
    pub fn remove(&mut self, path: &Path) {
        let id = hash(&[path.as_os_str().as_encoded_bytes()]);
        if self.files.get(id).is_none() {
            return;
        }
        let Some(file) = self.files.part(id).remove(&id) else { return };
        for name in names(&file) {
            self.names.remove(name, id);
        }
        for module in modules(&file) {
            self.modules.remove(module, id);
        }
        self.count -= 1;
        self.definitions -= file.len();
        self.bytes -= file.bytes();
    }

    /// What a file defines.
    pub fn file(&self, path: &Path) -> Option<&Arc<FileSymbols>> {
        self.files.get(hash(&[path.as_os_str().as_encoded_bytes()]))
    }

    /// All files, in no order.
    pub fn files(&self) -> impl Iterator<Item = &Arc<FileSymbols>> {
        self.files.values()
    }

    /// In how many files a name is defined, members included.
    pub fn definers(&self, name: &str) -> usize {
        self.names.ids(hash(&[NAME, name.as_bytes()])).len()
    }

    /// The definitions of a name, members included: those of a file together, files in no order that means anything.
    pub fn definitions<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Definition> + 'a {
        let files = self.names.ids(hash(&[NAME, name.as_bytes()])).iter();
        files.filter_map(|id| self.files.get(*id)).flat_map(move |file| {
            let rows = file.rows.iter().enumerate().filter(move |(_, row)| file.part(row.name) == name);
            rows.map(move |(row, _)| Definition { file: Arc::clone(file), row })
        })
    }

    /// The files of a module; `root` is the folder where its package begins, for languages in which paths begin there.
    pub(super) fn module(&self, root: Option<&Path>, path: &str) -> Vec<Arc<FileSymbols>> {
        let ids = self.modules.ids(module_key(root, path));
        let files = ids.iter().filter_map(|id| self.files.get(*id)).cloned();
        let mut files: Vec<_> = files.collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    /// The files in which a package begins, by the name that other packages know.
    pub(super) fn package(&self, name: &str) -> Vec<Arc<FileSymbols>> {
        let files = self.module(None, name).into_iter();
        files.filter(|file| file.package.as_deref() == Some(name)).collect()
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many definitions.
    pub fn definition_count(&self) -> usize {
        self.definitions
    }

    /// About how many bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        let entries: usize =
            [&self.names, &self.modules].iter().flat_map(|parts| &parts.0).map(|part| part.capacity()).sum();
        let many = |ids: &FileIds| if let FileIds::Many(ids) = ids { size_of_val(&**ids) + 16 } else { 0 };
        let shared: usize = self.names.values().chain(self.modules.values()).map(many).sum();
        self.bytes + entries * (size_of::<(u64, FileIds)>() + 1) + shared
    }
}

impl fmt::Debug for SymbolIndex {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} of {}",
            counted(self.definitions as u64, "definition"),
            counted(self.count as u64, "file")
        )
    }
}

const NAME: &[u8] = b"name";
const MODULE: &[u8] = b"module";

fn hash(parts: &[&[u8]]) -> u64 {
    let mut hasher = XxHash64::default();
    for part in parts {
        hasher.write(part);
        hasher.write_u8(0xff);
    }
    hasher.finish()
}

/// The keys of a file's names, each once.
fn names(file: &FileSymbols) -> Vec<u64> {
    let mut names: Vec<u64> =
        file.rows.iter().map(|row| hash(&[NAME, file.part(row.name).as_bytes()])).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The keys of a file as a module.
fn modules(file: &FileSymbols) -> impl Iterator<Item = u64> {
    let root = file.is_rooted.then_some(file.module.root.as_path());
    let package = file.package.as_deref().map(|package| module_key(None, package));
    std::iter::once(module_key(root, &file.module.path)).chain(package)
}

fn module_key(root: Option<&Path>, path: &str) -> u64 {
    let root = root.map_or(&[][..], |root| root.as_os_str().as_encoded_bytes());
    hash(&[MODULE, root, path.as_bytes()])
}
