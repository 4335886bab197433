//! Says how a file would import a name that another one defines.

use std::path::{Path, PathBuf};

use super::definition::{Definition, DefinitionKind, FileSymbols};
use super::import::{Import, ImportSource};
use super::index::SymbolIndex;
use super::module_path::ModulePath;
use super::resolve::Resolved;
use crate::language::{Imports, Language};

/// Who would import.
#[derive(Debug, Clone, Copy)]
pub struct Importer<'a> {
    /// Its file.
    pub path: &'a Path,
    /// What that is as a module.
    pub module: &'a ModulePath,
    /// Its language.
    pub language: &'a Language,
    /// What it imports already: paths are written as there.
    pub imports: &'a [Import],
    /// The folders that the editor works in.
    pub roots: &'a [PathBuf],
}

/// A definition and how it is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Importable {
    /// What to import.
    pub source: ImportSource,
    /// What that is.
    pub definition: Definition,
    /// Whether it is of the same package. Whether another one can be reached depends on how the program is built or run.
    pub is_own: bool,
}

impl SymbolIndex {
    /// What other files define at their top level by that name, and how the importer would import it: own package first.
    pub fn importable(&self, name: &str, importer: &Importer<'_>) -> Vec<Importable> {
        let mut found: Vec<Importable> = Vec::new();
        for definition in self.definitions(name) {
            let file = definition.file();
            let is_candidate = *file.language == *importer.language.name()
                && *file.path != *importer.path
                && definition.owner().is_none()
                && definition.is_public();
            if !is_candidate {
                continue;
            }
            let Some((module, is_own)) = self.path_to(&definition, importer) else { continue };
            let source = ImportSource { module, name: name.to_owned(), alias: None };
            if found.iter().all(|other| other.source != source) {
                found.push(Importable { source, definition, is_own });
            }
        }
        found.sort_by(|a, b| {
            let order = |it: &Importable| (!it.is_own, it.source.module.len(), it.source.module.clone());
            order(a).cmp(&order(b))
        });
        found
    }

    /// The module to import a definition from, and whether it is in the same package.
    fn path_to(&self, definition: &Definition, importer: &Importer<'_>) -> Option<(String, bool)> {
        let (rules, own) = (&importer.language.repairs.imports, importer.module);
        let module = &definition.file().module;
        if rules.package.is_empty() {
            if own.shares_package(module) {
                return Some((own.spell(&module.path, importer.imports, rules), true));
            }
            return module.is_in_root(importer.roots, rules).then(|| (module.path.clone(), false));
        }
        if !is_source(&definition.file().path, module, rules) {
            return None;
        }
        let is_own = own.shares_package(module) && is_source(importer.path, own, rules);
        let path = self.visible_path(definition, is_own.then_some(own), importer.language)?;
        if is_own {
            return Some((path, true));
        }
        let start = self.module(Some(&module.root), &rules.package);
        let package = start.iter().find_map(|file| file.package.as_deref())?;
        // What is made for the program alone is no library.
        Some((format!("{package}{}", path.strip_prefix(&rules.package)?), false))
    }

    /// The path of the module, or of one around it that passes the definition on, that can be named from `from`; from another
    /// package if that is None.
    fn visible_path(
        &self,
        definition: &Definition,
        from: Option<&ModulePath>,
        language: &Language,
    ) -> Option<String> {
        let rules = &language.repairs.imports;
        let (module, separator) = (&definition.file().module, rules.separator.as_str());
        let mut path = module.path.as_str();
        if self.is_visible(module, path, from, rules) {
            return Some(path.to_owned());
        }
        while let Some((around, _)) = path.rsplit_once(separator) {
            path = around;
            let passes_on = |file: &FileSymbols| {
                let found = self.exported(file, language, definition.name(), 3);
                found == Some(Resolved::Definition(definition.clone()))
            };
            let files = self.module(Some(&module.root), path);
            if files.iter().any(|file| passes_on(file)) && self.is_visible(module, path, from, rules) {
                return Some(path.to_owned());
            }
        }
        None
    }

    /// Whether each module on a path is public, or declared around `from`.
    fn is_visible(
        &self,
        module: &ModulePath,
        path: &str,
        from: Option<&ModulePath>,
        rules: &Imports,
    ) -> bool {
        let separator = rules.separator.as_str();
        let from = from.map(|from| from.path.as_str());
        path.match_indices(separator).all(|(at, _)| {
            let (outer, rest) = (&path[..at], &path[at + separator.len()..]);
            let inner = rest.split(separator).next().unwrap_or_default();
            let is_around = from.is_some_and(|from| {
                from == outer || from.strip_prefix(outer).is_some_and(|rest| rest.starts_with(separator))
            });
            let declared = self.module(Some(&module.root), outer).into_iter().flat_map(|file| {
                file.top_level(inner).filter(|it| it.kind() == DefinitionKind::Module).collect::<Vec<_>>()
            });
            let mut declared = declared.map(|it| it.signature().to_owned()).peekable();
            // `pub(crate)` is for this package only.
            let is_public = |text: String| {
                text.starts_with(&rules.public)
                    && (from.is_some() || !text[rules.public.len()..].starts_with('('))
            };
            is_around || declared.peek().is_none() || declared.any(is_public)
        })
    }
}

/// Whether a file is part of what its package is made of, and no test or script beside it.
fn is_source(path: &Path, module: &ModulePath, rules: &Imports) -> bool {
    let inside = path.strip_prefix(&module.root).ok().and_then(|inside| inside.iter().next());
    inside.is_some_and(|first| rules.source_folders.iter().any(|folder| first == folder.as_str()))
}
