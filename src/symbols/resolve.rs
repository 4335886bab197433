//! Resolves what an import means: a definition of another file, or a whole module.

use std::path::Path;
use std::sync::Arc;

use super::definition::{Definition, DefinitionKind, FileSymbols};
use super::import::Import;
use super::index::SymbolIndex;
use super::module_path::ModulePath;
use crate::language::{Imports, Language};

/// How many files a name may be passed on by.
const STEPS: usize = 4;

/// What an import means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// One definition.
    Definition(Definition),
    /// A module, by its file.
    Module(Arc<FileSymbols>),
}

impl SymbolIndex {
    /// What an import of the module `from` means; None when the project does not say it.
    pub fn resolve(&self, from: &ModulePath, language: &Language, import: &Import) -> Option<Resolved> {
        self.resolve_name(from, language, &import.module, &import.name)
    }

    /// The same of `name` in the module that `from` calls `module`; an empty name or `*` is the module itself.
    pub fn resolve_name(
        &self,
        from: &ModulePath,
        language: &Language,
        module: &str,
        name: &str,
    ) -> Option<Resolved> {
        self.find(from, language, module, name, STEPS)
    }

    fn find(
        &self,
        from: &ModulePath,
        language: &Language,
        module: &str,
        name: &str,
        steps: usize,
    ) -> Option<Resolved> {
        let rules = &language.repairs.imports;
        let files = self.modules_of(from, language, module);
        if matches!(name, "" | "*") {
            return files.into_iter().next().map(Resolved::Module);
        }
        let defined = || files.iter().flat_map(|file| file.top_level(name));
        if let Some(definition) = defined().find(|it| it.kind() != DefinitionKind::Module) {
            return Some(Resolved::Definition(definition));
        }
        let exported = || files.iter().find_map(|file| self.exported(file, language, name, steps));
        let inner = || {
            let inner = join(module, name, rules);
            self.modules_of(from, language, &inner).into_iter().next().map(Resolved::Module)
        };
        // A module that is written in its file, and not in one of its own.
        exported().or_else(inner).or_else(|| defined().next().map(Resolved::Definition))
    }

    /// What a file passes on by that name.
    pub(super) fn exported(
        &self,
        file: &FileSymbols,
        language: &Language,
        name: &str,
        steps: usize,
    ) -> Option<Resolved> {
        let steps = steps.checked_sub(1)?;
        let by_name = file.exports.iter().filter(|export| &*export.name == name);
        let found = by_name
            .map(|export| self.find(&file.module, language, &export.module, &export.source, steps))
            .find(Option::is_some);
        if let Some(found) = found {
            return found;
        }
        let all = file.exports.iter().filter(|export| &*export.name == "*");
        all.filter_map(|export| self.find(&file.module, language, &export.module, name, steps)).next()
    }

    /// The files of the module that `from` calls `path`, those that only declare first.
    fn modules_of(&self, from: &ModulePath, language: &Language, path: &str) -> Vec<Arc<FileSymbols>> {
        let rules = &language.repairs.imports;
        let Some(full) = from.resolve(path, Some(from), rules) else { return Vec::new() };
        let mut files = match rules.package.is_empty() {
            true => self.by_folders(from, path, &full, rules),
            false => self.by_package(from, &full, rules),
        };
        files.retain(|file| *file.language == *language.name());
        let declares = |file: &FileSymbols| {
            let extension = file.path.extension().and_then(|extension| extension.to_str());
            language.config.stub_extensions.iter().any(|stub| Some(stub.as_str()) == extension)
        };
        files.sort_by_key(|file| !declares(file));
        files
    }

    /// Where folders make paths (Python).
    fn by_folders(
        &self,
        from: &ModulePath,
        path: &str,
        full: &str,
        rules: &Imports,
    ) -> Vec<Arc<FileSymbols>> {
        let mut files = self.module(None, full);
        if path.starts_with(&rules.relative) && !rules.relative.is_empty() {
            files.retain(|file| file.module.root == from.root);
            return files;
        }
        if files.is_empty() {
            // A folder without its own file is a package too: its files call themselves by their last parts.
            let (_, last) = full.rsplit_once(rules.separator.as_str()).unwrap_or(("", full));
            files = self.module(None, last);
            files.retain(|file| is_at(file, full, rules));
        }
        // Of several projects with such a module, the nearest is meant.
        let near = files.iter().map(|file| shared(&file.path, &from.root)).max();
        files.retain(|file| Some(shared(&file.path, &from.root)) == near);
        files
    }

    /// Where paths begin at a package or its name (Rust).
    fn by_package(&self, from: &ModulePath, full: &str, rules: &Imports) -> Vec<Arc<FileSymbols>> {
        let separator = rules.separator.as_str();
        let (first, rest) = full.split_once(separator).unwrap_or((full, ""));
        if first == rules.package {
            return self.module(Some(&from.root), full);
        }
        // A module of this one hides a package of the same name.
        let inner = self.module(Some(&from.root), &join(&from.path, full, rules));
        if !inner.is_empty() {
            return inner;
        }
        let mut files = Vec::new();
        for package in self.package(first) {
            match rest.is_empty() {
                true => files.push(package),
                false => {
                    let path = join(&rules.package, rest, rules);
                    files.extend(self.module(Some(&package.module.root), &path));
                }
            }
        }
        files.dedup();
        files
    }
}

fn join(module: &str, name: &str, rules: &Imports) -> String {
    // `.` and `x` is `.x`, not `..x`.
    let is_start = module.is_empty() || !rules.relative.is_empty() && module.ends_with(&rules.relative);
    if is_start { format!("{module}{name}") } else { format!("{module}{}{name}", rules.separator) }
}

/// Whether the last folders of a file are those of a path.
fn is_at(file: &FileSymbols, path: &str, rules: &Imports) -> bool {
    let whole = file.path.with_extension("");
    let mut parts: Vec<&str> = whole.iter().filter_map(|part| part.to_str()).collect();
    if file.module.is_folder {
        parts.pop();
    }
    let wanted: Vec<&str> = path.split(rules.separator.as_str()).collect();
    parts.ends_with(&wanted)
}

/// How many parts two paths begin with together.
fn shared(a: &Path, b: &Path) -> usize {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).count()
}
