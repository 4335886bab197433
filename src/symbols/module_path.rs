//! Maps files to modules: which path an import of one needs, seen from another.

use std::path::{Path, PathBuf};

use super::import::Import;
use crate::language::{Imports, Language};

/// A file as a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModulePath {
    /// Its path from the package's outermost folder.
    pub path: String,
    /// The folder that the path begins in.
    pub root: PathBuf,
    /// Whether it names its folder.
    pub is_folder: bool,
}

impl ModulePath {
    /// The module that a file is. Looks at the disk.
    pub fn of(file: &Path, language: &Language) -> Self {
        let rules = &language.repairs.imports;
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_folder = rules.folder_files.iter().any(|name| name == stem);
        let folder = file.parent().unwrap_or(Path::new(""));
        let root = root(folder, language);
        let inside = folder.strip_prefix(&root).unwrap_or(Path::new(""));
        let mut parts: Vec<&str> = inside.iter().filter_map(|part| part.to_str()).collect();
        if !rules.package.is_empty() {
            if parts.first().is_some_and(|first| rules.source_folders.iter().any(|folder| folder == first)) {
                parts.remove(0);
            }
            parts.insert(0, &rules.package);
        }
        if !is_folder {
            parts.push(stem);
        }
        Self { path: parts.join(&rules.separator), root, is_folder }
    }

    /// Whether the two can name each other by their folders.
    pub fn shares_package(&self, other: &Self) -> bool {
        self.root == other.root
    }

    /// Whether its path begins in one of the folders that the editor works in, from where other packages may import it.
    pub fn is_in_root(&self, roots: &[PathBuf], rules: &Imports) -> bool {
        let is_source =
            |name: &std::ffi::OsStr| rules.source_folders.iter().any(|folder| name == folder.as_str());
        let inside = self.root.file_name().filter(|name| is_source(name)).and(self.root.parent());
        rules.package.is_empty()
            && !self.path.is_empty()
            && roots.iter().any(|root| *root == self.root || Some(root.as_path()) == inside)
    }

    /// The full path of what this module calls `path`; None when that means nothing to `reader`.
    pub fn resolve(&self, path: &str, reader: Option<&Self>, rules: &Imports) -> Option<String> {
        let near = || reader.is_some_and(|reader| self.shares_package(reader));
        let separator = rules.separator.as_str();
        let mut own: Vec<&str> = self.path.split(separator).collect();
        if !rules.relative.is_empty() && path.starts_with(&rules.relative) {
            let up = path.len() - path.trim_start_matches(rules.relative.as_str()).len();
            let rest = &path[up..];
            let up = up / rules.relative.len() - usize::from(self.is_folder);
            own.truncate(own.len().checked_sub(up)?);
            own.extend(rest.split(separator).filter(|part| !part.is_empty()));
            return near().then(|| own.join(separator)).filter(|path| !path.is_empty());
        }
        let mut parts: Vec<&str> = path.split(separator).collect();
        let first = *parts.first()?;
        if rules.package.is_empty() || !rules.own.iter().any(|word| word == first) {
            return Some(path.to_owned());
        }
        if first == rules.package {
            return near().then(|| path.to_owned());
        }
        // `self` is the module, and each `super` the one around it.
        let up = parts
            .iter()
            .take_while(|part| **part == parts[0] && rules.own.iter().any(|own| own == *part))
            .count();
        let climb = if rules.own.last().is_some_and(|last| last == first) { up } else { 0 };
        own.truncate(own.len().checked_sub(climb)?);
        own.extend(parts.drain(up..));
        near().then(|| own.join(separator))
    }

    /// How this module writes a full path: as its other imports do.
    pub fn spell(&self, path: &str, imports: &[Import], rules: &Imports) -> String {
        let relative = rules.relative.as_str();
        if relative.is_empty() || !imports.iter().any(|import| import.module.starts_with(relative)) {
            return path.to_owned();
        }
        let separator = rules.separator.as_str();
        let (own, other): (Vec<&str>, Vec<&str>) =
            (self.path.split(separator).collect(), path.split(separator).collect());
        let package = own.len() - usize::from(!self.is_folder);
        let common = own[..package].iter().zip(&other).take_while(|(a, b)| a == b).count();
        // A path that begins elsewhere is somebody else's.
        if common == 0 {
            return path.to_owned();
        }
        format!("{}{}", relative.repeat(package - common + 1), other[common..].join(separator))
    }
}

/// The folder that paths of a package begin in: the one with the package's file, or the one that is no package itself.
fn root(folder: &Path, language: &Language) -> PathBuf {
    let rules = &language.repairs.imports;
    if !rules.package_file.is_empty() {
        let package = folder.ancestors().find(|folder| folder.join(&rules.package_file).is_file());
        return package.unwrap_or(folder).to_owned();
    }
    let is_package = |folder: &&Path| {
        rules.folder_files.iter().any(|name| {
            let extensions = language.config.extensions.iter();
            extensions.into_iter().any(|extension| folder.join(format!("{name}.{extension}")).is_file())
        })
    };
    let outermost = folder.ancestors().take_while(is_package).last();
    outermost.map_or(folder, |outermost| outermost.parent().unwrap_or(outermost)).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_module_and_paths_are_relative_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("src/a/b")).unwrap();
        for path in ["src/a/__init__.py", "src/a/b/__init__.py", "src/a/x.py", "src/a/b/y.py"] {
            std::fs::write(at(path), "").unwrap();
        }
        let language = crate::testing::language("python").unwrap();
        let rules = language.repairs.imports.clone();
        let [x, y, b] = ["src/a/x.py", "src/a/b/y.py", "src/a/b/__init__.py"]
            .map(|path| ModulePath::of(&at(path), &language));
        assert_eq!(
            ModulePath::of(&at("src/a/b/y.pyi"), &language),
            y,
            "a stub is the module that it describes"
        );
        assert_eq!((x.path.as_str(), y.path.as_str(), b.path.as_str()), ("a.x", "a.b.y", "a.b"));
        let resolved = |module: &ModulePath, path: &str| module.resolve(path, Some(&x), &rules);
        assert_eq!(resolved(&y, "..x").as_deref(), Some("a.x"));
        assert_eq!(resolved(&y, ".").as_deref(), Some("a.b"));
        assert_eq!(resolved(&b, ".y").as_deref(), Some("a.b.y"));
        assert_eq!(resolved(&y, "typing").as_deref(), Some("typing"));
        assert_eq!(resolved(&y, "....z"), None);
        let relative = [Import { module: ".z".into(), ..Import::nothing() }];
        assert_eq!(y.spell("a.x", &relative, &rules), "..x");
        assert_eq!(b.spell("a.b.y", &relative, &rules), ".y");
        assert_eq!(y.spell("typing", &relative, &rules), "typing");
        assert_eq!(y.spell("a.x", &[], &rules), "a.x");
    }

    #[test]
    fn a_crate_s_paths_begin_with_crate() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("src/a")).unwrap();
        std::fs::write(at("Cargo.toml"), "").unwrap();
        let language = crate::testing::language("rust").unwrap();
        let rules = language.repairs.imports.clone();
        let [lib, b] = ["src/lib.rs", "src/a/b.rs"].map(|path| ModulePath::of(&at(path), &language));
        assert_eq!((lib.path.as_str(), b.path.as_str()), ("crate", "crate::a::b"));
        let resolved = |path: &str| b.resolve(path, Some(&lib), &rules);
        assert_eq!(resolved("super::c").as_deref(), Some("crate::a::c"));
        assert_eq!(resolved("super::super").as_deref(), Some("crate"));
        assert_eq!(resolved("self::c").as_deref(), Some("crate::a::b::c"));
        assert_eq!(resolved("crate::z").as_deref(), Some("crate::z"));
        assert_eq!(resolved("std::io").as_deref(), Some("std::io"));
        assert_eq!(b.resolve("crate::z", None, &rules), None);
    }
}
