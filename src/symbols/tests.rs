//! Tests the index on small projects that are written to the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::document::Snapshot;

/// A project and its index.
struct Project {
    folder: TempDir,
    index: SymbolIndex,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let mut project = Self { folder: tempfile::tempdir().unwrap(), index: SymbolIndex::default() };
        // All files first: which folders are packages is asked of the disk.
        for (path, text) in files {
            let path = project.at(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        files.iter().for_each(|(path, text)| project.change(path, text));
        project
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn change(&mut self, path: &str, text: &str) {
        let path = self.at(path);
        let Some(language) = crate::testing::registry().by_path(&path) else { return };
        self.index.insert(FileSymbols::read(&path, &language, text).unwrap());
    }

    /// What each import of a text in the place of `path` means.
    fn meanings(&self, path: &str, text: &str) -> Vec<String> {
        let path = self.at(path);
        let language = crate::testing::registry().by_path(&path).unwrap();
        let snapshot = Snapshot::of_text("", text, Some(language.clone()));
        let imports = imports_in(&language, &snapshot.parse().unwrap(), text);
        let module = ModulePath::of(&path, &language);
        let say = |import: &Import| match self.index.resolve(&module, &language, import) {
            Some(Resolved::Definition(it)) => format!("{} {}", self.short(it.path()), it.name()),
            Some(Resolved::Module(file)) => self.short(&file.path),
            None => "?".to_owned(),
        };
        imports.iter().map(say).collect()
    }

    fn short(&self, path: &Path) -> String {
        path.strip_prefix(self.folder.path()).unwrap().display().to_string()
    }

    /// How `path` with such a text would import a name, and whether from its own package.
    fn importable(&self, path: &str, text: &str, name: &str) -> Vec<(String, bool)> {
        let path = self.at(path);
        let language = crate::testing::registry().by_path(&path).unwrap();
        let snapshot = Snapshot::of_text("", text, Some(language.clone()));
        let imports = imports_in(&language, &snapshot.parse().unwrap(), text);
        let (module, roots) = (ModulePath::of(&path, &language), [self.folder.path().to_path_buf()]);
        let importer =
            Importer { path: &path, module: &module, language: &language, imports: &imports, roots: &roots };
        let found = self.index.importable(name, &importer);
        found.into_iter().map(|it| (it.source.module, it.is_own)).collect()
    }
}

fn read(path: &str, text: &str) -> Arc<FileSymbols> {
    let language = crate::testing::registry().by_path(Path::new(path)).unwrap();
    Arc::new(FileSymbols::read(Path::new(path), &language, text).unwrap())
}

fn rows(file: &Arc<FileSymbols>) -> Vec<(String, &'static str, String, String)> {
    let row = |it: Definition| {
        let owner = it.owner().map(|owner| format!("{owner}/")).unwrap_or_default();
        (format!("{owner}{}", it.name()), it.kind().name(), it.signature().to_owned(), it.doc().to_owned())
    };
    file.definitions().map(row).collect()
}

fn row(name: &str, kind: &'static str, signature: &str, doc: &str) -> (String, &'static str, String, String) {
    (name.to_owned(), kind, signature.to_owned(), doc.to_owned())
}

#[test]
fn definitions_of_python() {
    let text = "LIMIT = 3\n\n@cache\ndef push(queue: Queue, item,\n         *, limit=LIMIT) -> bool:\n    '''Adds\n\n    an item.'''\n    \
                def inner(): pass\n    x = 1\n\nclass Queue(Base):\n    \"\"\"\n    Keeps items.\n    \"\"\"\n    size: int = 0\n    async def pull(self):\n        pass\n";
    let file = read("/p/queue.py", text);
    assert_eq!(
        rows(&file),
        [
            row("LIMIT", "value", "LIMIT = 3", ""),
            row("push", "function", "def push(queue: Queue, item, *, limit=LIMIT) -> bool", "Adds"),
            row("Queue", "type", "class Queue(Base)", "Keeps items."),
            row("Queue/size", "value", "size: int = 0", ""),
            row("Queue/pull", "function", "async def pull(self)", ""),
        ]
    );
    let lines: Vec<usize> = file.definitions().map(|it| it.line()).collect();
    assert_eq!(lines, [0, 3, 11, 15, 16]);
    let queue = file.top_level("Queue").next().unwrap();
    assert_eq!(queue.members().map(|it| it.name().to_owned()).collect::<Vec<_>>(), ["size", "pull"]);
    assert_eq!(file.members("Nothing").count(), 0);
}

#[test]
fn definitions_of_rust() {
    let text = "//! A module.\n\n/// Keeps items.\n///\n/// More.\n#[derive(Debug)]\npub struct Queue<T> {\n    // how many\n    \
                size: usize,\n}\n\nimpl<T> fmt::Debug for Queue<T> {\n    /// Prints.\n    fn fmt(&self) -> R {\n        fn inner() {}\n    }\n}\n\n\
                pub(crate) const LIMIT: usize = 3;\nmod hidden {\n    pub fn f() {}\n}\npub mod shown {\n    pub fn g() {}\n}\nmod far;\n\
                macro_rules! say { () => {} }\ntrait Pull { fn pull(&mut self); }\n";
    let file = read("/p/src/queue.rs", text);
    assert_eq!(
        rows(&file),
        [
            row("Queue", "type", "pub struct Queue<T> { size: usize, }", "Keeps items."),
            row("Queue/fmt", "function", "fn fmt(&self) -> R", "Prints."),
            row("LIMIT", "value", "pub(crate) const LIMIT: usize = 3;", ""),
            row("hidden", "module", "mod hidden", ""),
            row("shown", "module", "pub mod shown", ""),
            row("shown/g", "function", "pub fn g()", ""),
            row("far", "module", "mod far;", ""),
            row("say", "macro", "macro_rules! say", ""),
            row("Pull", "type", "trait Pull", ""),
            row("Pull/pull", "function", "fn pull(&mut self);", ""),
        ]
    );
    let public: Vec<String> =
        file.definitions().filter(Definition::is_public).map(|it| it.name().to_owned()).collect();
    assert_eq!(public, ["Queue", "LIMIT", "shown", "g"]);
}

#[test]
fn long_and_odd_texts_are_cut() {
    let text = format!("def f({}):\n    pass\n\nx = '{}'\n", "é, ".repeat(300), "ü".repeat(300));
    let file = read("/p/a.py", &text);
    let longest = file.definitions().map(|it| it.signature().len()).max();
    assert!(longest.is_some_and(|longest| (200..=250).contains(&longest)), "{longest:?}");
    assert_eq!(read("/p/a.py", "").len(), 0);
    assert_eq!(rows(&read("/p/a.py", "def f(:\n  x = (\n")).len(), 0);
}

#[test]
fn a_file_is_changed_and_removed_alone() {
    let mut project =
        Project::new(&[("a.py", "def f(): pass\n"), ("b.py", "def f(): pass\ndef g(): pass\n")]);
    let before = project.index.clone();
    assert_eq!((before.len(), before.definition_count(), before.definers("f")), (2, 3, 2));
    project.change("a.py", "def h(): pass\n");
    assert_eq!((project.index.definers("f"), project.index.definers("h")), (1, 1));
    assert_eq!((before.definers("f"), before.definers("h")), (2, 0), "a clone stays as it is");
    project.index.remove(&project.at("b.py"));
    let left: Vec<String> = project.index.definitions("h").map(|it| project.short(it.path())).collect();
    assert_eq!((left, project.index.definers("g")), (vec!["a.py".to_owned()], 0));
    project.index.remove(&project.at("a.py"));
    project.index.remove(&project.at("a.py"));
    assert!(project.index.is_empty() && project.index.definition_count() == 0);
}

#[test]
fn imports_of_python_are_resolved() {
    let project = Project::new(&[
        ("src/pkg/__init__.py", "from .shapes import Square as Box\nfrom .colors import *\n"),
        ("src/pkg/shapes.py", "class Square: pass\n"),
        ("src/pkg/colors.py", "RED = 1\n"),
        ("src/pkg/sub/__init__.py", ""),
        ("src/pkg/sub/deep.py", "def dig(): pass\n"),
        ("src/pkg/typed.py", "def f(x): pass\n"),
        ("src/pkg/typed.pyi", "def f(x: int) -> int: ...\n"),
        ("scripts/plain/tool.py", "def run(): pass\n"),
    ]);
    let text = "from .. import shapes\nfrom ..shapes import Square, Nothing\nfrom pkg import Box, RED\nimport pkg.sub.deep\n\
                from . import deep\nfrom pkg.typed import f\nimport os\nfrom plain.tool import run\nfrom ....x import y\n";
    assert_eq!(
        project.meanings("src/pkg/sub/mine.py", text),
        [
            "src/pkg/shapes.py",
            "src/pkg/shapes.py Square",
            "?",
            "src/pkg/shapes.py Square",
            "src/pkg/colors.py RED",
            "src/pkg/sub/deep.py",
            "src/pkg/sub/deep.py",
            "src/pkg/typed.pyi f",
            "?",
            "scripts/plain/tool.py run",
            "?",
        ]
    );
}

const CRATES: &[(&str, &str)] = &[
    ("one/Cargo.toml", "[package]\nname = \"crate-one\"\n"),
    ("one/src/lib.rs", "mod shapes;\npub mod open;\npub use shapes::Square;\n"),
    (
        "one/src/shapes.rs",
        "mod inner;\npub use self::inner::*;\npub struct Square;\npub(super) fn draw() {}\n",
    ),
    ("one/src/shapes/inner.rs", "pub struct Circle;\nfn private() {}\n"),
    ("one/src/open.rs", "pub fn door() {}\n"),
    ("one/tests/it.rs", ""),
    ("two/Cargo.toml", "[package]\nname = \"two\"\n"),
    ("two/src/main.rs", "mod near;\n"),
    ("two/src/near.rs", "pub fn by() {}\n"),
];

#[test]
fn imports_of_rust_are_resolved() {
    let project = Project::new(CRATES);
    let text = "use crate_one::Square;\nuse crate_one::open::{self, door};\nuse near::by;\nuse crate::near;\nuse std::io;\n";
    assert_eq!(
        project.meanings("two/src/main.rs", text),
        [
            "one/src/shapes.rs Square",
            "one/src/open.rs",
            "one/src/open.rs door",
            "two/src/near.rs by",
            "two/src/near.rs",
            "?",
        ]
    );
    let text = "use super::super::open::door;\nuse super::{Square, Circle};\nuse crate::shapes::inner::*;\n";
    assert_eq!(
        project.meanings("one/src/shapes/inner.rs", text),
        [
            "one/src/open.rs door",
            "one/src/shapes.rs Square",
            "one/src/shapes/inner.rs Circle",
            "one/src/shapes/inner.rs",
        ]
    );
}

#[test]
fn names_are_imported_by_paths_that_can_be_seen() {
    let project = Project::new(CRATES);
    let one = |path: &str, name: &str| project.importable(path, "", name);
    let is = |path: &str, is_own| vec![(path.to_owned(), is_own)];
    assert_eq!(one("one/src/open.rs", "Square"), is("crate::shapes", true));
    assert_eq!(one("one/src/open.rs", "Circle"), is("crate::shapes", true), "`inner` is hidden");
    assert_eq!(one("one/src/shapes.rs", "Circle"), is("crate::shapes::inner", true));
    assert_eq!(one("one/src/open.rs", "private"), []);
    assert_eq!(one("two/src/near.rs", "Square"), is("crate_one", false));
    assert_eq!(one("two/src/near.rs", "door"), is("crate_one::open", false));
    assert_eq!(one("two/src/near.rs", "Circle"), [], "nothing public says it");
    assert_eq!(one("one/tests/it.rs", "Square"), is("crate_one", false));
    assert_eq!(one("one/src/lib.rs", "by"), [], "a program is no library");
    assert_eq!(one("two/src/near.rs", "by"), [], "its own");
}

#[test]
fn python_imports_are_written_as_the_file_writes_them() {
    let project = Project::new(&[
        ("pkg/__init__.py", ""),
        ("pkg/shapes.py", "class Square:\n    def area(self): pass\n"),
        ("pkg/sub/__init__.py", ""),
        ("tool.py", "def run(): pass\n"),
        ("other/deep.py", "def dig(): pass\n"),
    ]);
    let one = |text: &str, name: &str| project.importable("pkg/sub/mine.py", text, name);
    assert_eq!(one("", "Square"), [("pkg.shapes".to_owned(), true)]);
    assert_eq!(one("from . import x\n", "Square"), [("..shapes".to_owned(), true)]);
    assert_eq!(one("", "area"), [], "a member is not imported");
    assert_eq!(one("", "run"), [("tool".to_owned(), true)]);
    assert_eq!(one("", "dig"), [], "its folder is in no path");
}
