//! Lays the files of a case's package in a folder of its own, as an editor would have them: the hole's text is nowhere in it.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use super::case::{CaseSet, EvalCase, SourceFile};

/// The package of one or more cases on the disk. The folder is removed with it.
pub struct Checkout {
    root: PathBuf,
    repository: Range<usize>,
    _folder: TempDir,
}

impl Checkout {
    /// The package of a case, with the hole of that case taken out.
    ///
    /// # Errors
    /// When the case carries no package, or the folder cannot be written.
    pub fn new(set: &CaseSet, case: &EvalCase) -> anyhow::Result<Self> {
        let repository = case.repository.clone().context(
            "these cases do not carry the files beside them: `treefill eval make --with-repository` makes such ones",
        )?;
        // Not hidden, as a folder of a project is not.
        let folder = tempfile::Builder::new()
            .prefix("treefill-eval-")
            .tempdir()
            .context("cannot make a folder for the files of a package")?;
        let root = folder.path().canonicalize()?.join(name(&set.source(case).package));
        let checkout = Self { root, repository, _folder: folder };
        for number in checkout.repository.clone().filter(|number| *number != case.source) {
            let source = &set.sources[number];
            checkout.write(source, &source.text)?;
        }
        checkout.take_out(set, case)?;
        Ok(checkout)
    }

    /// Whether a case is of the same package.
    pub fn has(&self, case: &EvalCase) -> bool {
        case.repository.as_ref() == Some(&self.repository)
    }

    /// The folder that an editor would open.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Writes a case's file without its hole, and without what the case damages; returns its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn take_out(&self, set: &CaseSet, case: &EvalCase) -> anyhow::Result<PathBuf> {
        let hole = set.hole(case);
        self.write(set.source(case), &format!("{}{}", hole.before, hole.after))
    }

    /// Writes a case's file whole again.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put_back(&self, set: &CaseSet, case: &EvalCase) -> anyhow::Result<()> {
        let source = set.source(case);
        self.write(source, &source.text)?;
        Ok(())
    }

    fn write(&self, source: &SourceFile, text: &str) -> anyhow::Result<PathBuf> {
        let below = Path::new(&source.path);
        // A set may come from anywhere.
        if !below.components().all(|part| matches!(part, Component::Normal(_))) {
            bail!("{:?} is no path inside of a package", source.path);
        }
        let path = self.root.join(below);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }
}

/// A package's name as that of a folder.
fn name(package: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_.+".contains(c);
    let name: String = package.chars().filter(|c| is_plain(*c)).collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() { "package".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::case::HoleKind;

    fn set(path: &str) -> CaseSet {
        let source = |path: &str, text: &str| SourceFile {
            package: "../p 1".into(),
            path: path.into(),
            language: "python".into(),
            text: text.into(),
        };
        let sources = vec![source(path, "secret = 1\nb = secret\n"), source("sub/b.py", "b = 2\n")];
        let mut case = EvalCase::new(0, &sources[0], HoleKind::RestOfLine, 0..10, Some(13..14));
        case.repository = Some(0..2);
        CaseSet { sources, cases: vec![case], leaks: 0 }
    }

    #[test]
    fn the_file_on_the_disk_has_no_hole_text_until_it_is_put_back() {
        let set = set("a.py");
        let case = &set.cases[0];
        let checkout = Checkout::new(&set, case).unwrap();
        let read = |path: &str| std::fs::read_to_string(checkout.root().join(path)).unwrap();
        assert_eq!((read("a.py"), read("sub/b.py")), ("\nb  secret\n".into(), "b = 2\n".into()));
        checkout.put_back(&set, case).unwrap();
        assert_eq!(read("a.py"), set.sources[0].text);
        assert_eq!(checkout.take_out(&set, case).unwrap(), checkout.root().join("a.py"));
        assert_eq!(read("a.py"), "\nb  secret\n");
        let root = checkout.root().to_owned();
        assert_eq!(root.file_name().unwrap(), "p1", "the name of the package, as far as it is one");
        drop(checkout);
        assert!(!root.exists());
    }

    #[test]
    fn nothing_is_written_outside_of_the_folder() {
        for path in ["../a.py", "/a.py", "b/../../a.py"] {
            let set = set(path);
            assert!(Checkout::new(&set, &set.cases[0]).err().unwrap().to_string().contains("no path inside"));
        }
        let mut old = set("a.py");
        old.cases[0].repository = None;
        let refused = Checkout::new(&old, &old.cases[0]).err().unwrap().to_string();
        assert!(refused.contains("--with-repository"), "{refused}");
    }
}
