//! Finds the one source of a name that a file uses and does not know. Where there are several, there is none: a wrong import is
//! worse than none.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::site::SourceView;
use crate::document::Snapshot;
use crate::symbols::{
    DefinitionKind, Import, ImportSource, Importable, Importer, ModulePath, Resolved, SymbolIndex,
    imports_in, stdlib,
};
use crate::text::is_word;

/// A source leads when it is imported so many times as often as all others together.
const LEAD: u32 = 10;

/// How often a source must have been imported at least, by how the name is used. A name in small letters may be a variable that the
/// text before forgot to define, above all when something is asked of it.
const MODULE: u32 = 20;
const TYPE: u32 = 30;
const CONSTANT: u32 = 100;
const FUNCTION: u32 = 40;
const OBJECT: u32 = 300;

/// A source and how often it was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Counted {
    source: ImportSource,
    count: u32,
}

/// What the text around a name says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use<'a> {
    /// This is asked of it: `os.path`.
    Member(&'a str),
    /// It is called, or decorates.
    Called,
    /// Something else.
    Plain,
}

/// The other files of a project.
#[derive(Debug, Clone, Copy)]
pub struct ProjectFiles<'a> {
    /// What they define.
    pub index: &'a SymbolIndex,
    /// The file that would import it.
    pub path: &'a Path,
}

/// Where the name at the bytes `at` of a file comes from, which nothing in the file defines: the standard library or another file of
/// the package. None when that is not certain enough. May read that file.
pub fn source(
    site: &SourceView<'_>,
    at: &Range<usize>,
    project: Option<ProjectFiles<'_>>,
) -> Option<ImportSource> {
    let (name, rules) = (&site.text[at.clone()], &site.language.repairs.imports);
    let is_bare = || rules.without_standard.as_ref().is_some_and(|bare| bare.is_in(site.text));
    if name.chars().count() < 2 || is_bare() {
        return None;
    }
    let used = used(site, at);
    let own = project.map(|project| project.definitions(site, name)).unwrap_or_default();
    let found = match (own.as_slice(), used) {
        ([], Use::Member(asked)) => module(site, name, asked).or_else(|| item(site, name, used)),
        ([], _) => item(site, name, used),
        ([one], _) if !is_standard(site, name) && one.fits(name, used) => {
            project.filter(|project| !project.imports_back(site, one)).map(|_| one.0.source.clone())
        }
        _ => None,
    }?;
    let known = |import: &Import| {
        // Under another name, or as a module of which this would be a member: the file has its own way to say it.
        import.module == found.module && (import.name == found.name || import.name.is_empty())
    };
    (!site.imports.iter().any(known)).then_some(found)
}

fn used<'a>(site: &'a SourceView<'_>, at: &Range<usize>) -> Use<'a> {
    let (before, behind) = (site.text[..at.start].trim_end(), &site.text[at.end..]);
    let separators =
        [site.language.repairs.member.as_str(), site.language.repairs.imports.separator.as_str()];
    let asked = separators.iter().filter(|separator| !separator.is_empty());
    if let Some(rest) = asked.into_iter().find_map(|separator| behind.strip_prefix(separator)) {
        return Use::Member(&rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())]);
    }
    let is_called = behind.starts_with('(') || before.ends_with('@');
    if is_called { Use::Called } else { Use::Plain }
}

impl ProjectFiles<'_> {
    /// What other files of the package define by that name.
    fn definitions(&self, site: &SourceView<'_>, name: &str) -> Vec<Defined> {
        let module = ModulePath::of(self.path, site.language);
        let importer = Importer {
            path: self.path,
            module: &module,
            language: site.language,
            imports: &site.imports,
            roots: &[],
        };
        self.index.importable(name, &importer).into_iter().filter(|it| it.is_own).map(Defined).collect()
    }

    /// Whether the file that defines it imports this one, where files that import each other may break each other.
    fn imports_back(&self, site: &SourceView<'_>, defined: &Defined) -> bool {
        let language = site.language;
        if !language.repairs.imports.package.is_empty() {
            return false;
        }
        let file = defined.0.definition.file();
        // What cannot be read says nothing: better none.
        let Ok(text) = std::fs::read_to_string(&file.path) else { return true };
        let Some(tree) = Snapshot::of_text("", &text, Some(Arc::clone(language))).parse() else {
            return true;
        };
        let module = |path: &str, name: &str| self.index.resolve_name(&file.module, language, path, name);
        let is_here = |import: &Import| {
            [module(&import.module, ""), module(&import.module, &import.name)].into_iter().flatten().any(
                |found| match found {
                    Resolved::Definition(definition) => definition.path() == self.path,
                    Resolved::Module(module) => *module.path == *self.path,
                },
            )
        };
        imports_in(language, &tree, &text).iter().any(is_here)
    }
}

/// What another file of the package defines.
struct Defined(Importable);

impl Defined {
    /// Whether it may be what the name is used for. What begins with an underscore is meant for its own file.
    fn fits(&self, name: &str, used: Use<'_>) -> bool {
        let kind = self.0.definition.kind();
        let is_thing =
            matches!(kind, DefinitionKind::Function | DefinitionKind::Type | DefinitionKind::Value);
        let capital = name.starts_with(char::is_uppercase);
        let is_small = || kind == DefinitionKind::Function && used == Use::Called;
        is_thing && (capital || is_small()) && !name.starts_with('_')
    }
}

/// Whether the standard library has something by that name.
fn is_standard(site: &SourceView<'_>, name: &str) -> bool {
    stdlib::modules(site.language)
        .any(|module| module.path == name || module.has(name).is_some_and(|count| count > 0))
}

/// The module `name` as a whole, if it has `asked`, where modules are imported as a whole.
fn module(site: &SourceView<'_>, name: &str, asked: &str) -> Option<ImportSource> {
    if site.language.repairs.imports.whole.is_empty() {
        return None;
    }
    let mut modules = stdlib::modules(site.language);
    let own = modules.find(|module| module.path == name).filter(|module| module.count >= MODULE)?;
    // A module inside of another one is not there with it.
    let inner = format!("{name}{}{asked}", site.language.repairs.imports.separator);
    let is_inner = stdlib::modules(site.language).any(|other| other.path == inner);
    let has = own.has(asked).is_some() && !is_inner;
    has.then(|| ImportSource { module: name.to_owned(), name: String::new(), alias: None })
}

/// The thing `name` of one module.
fn item(site: &SourceView<'_>, name: &str, used: Use<'_>) -> Option<ImportSource> {
    let capital = name.starts_with(char::is_uppercase);
    let least = match used {
        _ if capital && name.chars().any(char::is_lowercase) => TYPE,
        _ if capital => CONSTANT,
        Use::Called => FUNCTION,
        Use::Member(_) => OBJECT,
        Use::Plain => return None,
    };
    let counted = |module: stdlib::StdlibModule<'_>| {
        let source = ImportSource { module: module.path.to_owned(), name: name.to_owned(), alias: None };
        Some(Counted { source, count: module.has(name)? })
    };
    leading(site, stdlib::modules(site.language).filter_map(counted).collect())
        .filter(|best| best.count >= least)
        .map(|best| best.source)
}

/// The one that is imported far more often than the others; else the most frequent one, if the file takes other names from its
/// module and from none of the others': `typing.Any` does not say that `Callable` comes from there too.
fn leading(site: &SourceView<'_>, mut found: Vec<Counted>) -> Option<Counted> {
    found.sort_by_key(|one| std::cmp::Reverse(one.count));
    let (best, others) = found.split_first()?;
    let others: u32 = others.iter().map(|other| other.count).sum();
    if best.count >= LEAD.saturating_mul(others) {
        return Some(best.clone());
    }
    let takes = |one: &&Counted| {
        site.imports.iter().any(|import| import.module == one.source.module && !import.name.is_empty())
    };
    let mut taken = found.iter().filter(takes);
    taken.next().filter(|one| *one == best && taken.next().is_none()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbols::FileSymbols;

    /// The source of the name in brackets in a file of a package with these other files; as a path, or nothing.
    fn found(language: &str, own: &str, files: &[(&str, &str)], marked: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let mut index = SymbolIndex::default();
        let (snapshot, at) = crate::testing::fixture(language, marked);
        let language = snapshot.language.clone().unwrap();
        for (path, text) in files.iter().chain(&[(own, "")]) {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        for (path, text) in files.iter().chain(&[(own, "")]).filter(|(path, _)| !path.ends_with(".toml")) {
            index.insert(FileSymbols::read(&folder.path().join(path), &language, text).unwrap());
        }
        let (tree, text) = (snapshot.parse().unwrap(), snapshot.text.to_string());
        let site = SourceView::new(&snapshot, &language, &tree, &text);
        let path = folder.path().join(own);
        let source = source(&site, &at, Some(ProjectFiles { index: &index, path: &path }));
        source.map_or_else(String::new, |source| format!("{} {}", source.module, source.name))
    }

    #[test]
    fn what_one_other_file_defines_comes_from_there() {
        let files = [
            ("pkg/__init__.py", ""),
            (
                "pkg/shapes.py",
                "class Square:\n    pass\n\ndef area(it): pass\n\nlimit = 1\nclass Path: pass\n",
            ),
            ("pkg/lines.py", "from .mine import start\n\nclass Line: pass\n"),
            ("pkg/more.py", "class Twice: pass\n"),
            ("pkg/other.py", "class Twice: pass\n"),
        ];
        let python = |marked: &str| found("python", "pkg/mine.py", &files, marked);
        assert_eq!(python("x = ⟦Square⟧()\n"), "pkg.shapes Square");
        assert_eq!(python("from . import more\nx = ⟦Square⟧()\n"), ".shapes Square");
        assert_eq!(python("x = ⟦area⟧(1)\n"), "pkg.shapes area");
        // A name in small letters that is not called may be a variable of here.
        assert_eq!(python("x = ⟦area⟧\n"), "");
        assert_eq!(python("x = ⟦limit⟧\n"), "");
        // Two files, or the standard library too.
        assert_eq!(python("x = ⟦Twice⟧()\n"), "");
        assert_eq!(python("x = ⟦Path⟧()\n"), "");
        assert_eq!(python("x = ⟦PurePath⟧()\n"), "pathlib PurePath");
        // Its file imports this one: neither could be read first.
        assert_eq!(python("x = ⟦Line⟧()\n"), "");
        let files = [
            ("Cargo.toml", "[package]\nname = \"a\"\n"),
            ("src/lib.rs", "mod b;\nmod mine;\n"),
            ("src/b.rs", "use crate::mine::C;\npub struct Bee;\nstruct Hidden;\n"),
        ];
        let rust = |marked: &str| found("rust", "src/mine.rs", &files, marked);
        assert_eq!(rust("fn f(x: ⟦Bee⟧) {}\n"), "crate::b Bee");
        assert_eq!(rust("fn f(x: ⟦Hidden⟧) {}\n"), "");
    }
}
