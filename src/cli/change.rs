//! Reads the targets of commands that change a file, and shows or writes the change.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::file_position::FilePosition;
use crate::document::{Edit, Snapshot};
use crate::language::Registry;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLine {
    pub file: PathBuf,
    /// From 1.
    pub line: Option<usize>,
}

impl FromStr for FileLine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<FilePosition>() {
            Ok(place) => Ok(Self { file: place.file, line: Some(place.line) }),
            Err(_) if text.is_empty() => Err("expected FILE or FILE:LINE".into()),
            Err(_) => Ok(Self { file: text.into(), line: None }),
        }
    }
}

impl FileLine {
    fn place(&self) -> FilePosition {
        FilePosition { file: self.file.clone(), line: self.line.unwrap_or(1), column: None }
    }

    /// In full, as path patterns see it.
    pub fn path(&self) -> PathBuf {
        std::path::absolute(&self.file).unwrap_or_else(|_| self.file.clone())
    }

    /// The text of the file.
    pub fn read(&self) -> anyhow::Result<String> {
        self.place().read()
    }

    /// The first byte of the line's code, if a line is named.
    pub fn offset(&self, text: &str) -> anyhow::Result<Option<usize>> {
        if self.line.is_none() {
            return Ok(None);
        }
        let (end, _) = self.place().locate(text)?;
        let start = text[..end].rfind('\n').map_or(0, |feed| feed + 1);
        let indent = text[start..end].len() - text[start..end].trim_start().len();
        Ok(Some(start + indent))
    }

    /// The file as a document; an error says that its language is unknown.
    pub fn snapshot(&self, text: &str, registry: &Registry) -> anyhow::Result<Snapshot> {
        let first_line = text.lines().next().unwrap_or_default();
        let language = registry.by_path(&self.file).or_else(|| registry.by_shebang(first_line));
        let shown = self.file.display();
        let language = language.with_context(|| {
            let known: Vec<&str> = registry.iter().map(|language| language.name()).collect();
            format!(
                "the language of {shown} is not known; known are {} (see treefill languages)",
                known.join(", ")
            )
        })?;
        Ok(Snapshot::of_text(&format!("file://{shown}"), text, Some(language)))
    }
}

/// Edits as programs read them: in bytes of the file.
pub fn edits_json(edits: &[Edit]) -> Value {
    let edit = |edit: &Edit| json!({"start": edit.range.start, "end": edit.range.end, "text": edit.text});
    edits.iter().map(edit).collect()
}

/// Show the change as a unified diff, or write it into the file.
pub fn show(target: &FileLine, old: &str, new: &str, write: bool) -> anyhow::Result<()> {
    let shown = target.file.display();
    if write {
        return replace(&target.file, new).with_context(|| format!("cannot write {shown}"));
    }
    let diff = similar::TextDiff::from_lines(old, new);
    let names = (format!("a/{shown}"), format!("b/{shown}"));
    let diff = diff.unified_diff().context_radius(3).header(&names.0, &names.1).to_string();
    Ok(write!(anstream::stdout(), "{diff}")?)
}

/// Replaces the text of a file all at once: a reader meanwhile, or after a crash, finds the old or the new text. Its permissions stay; where there is a link, what it leads to is replaced.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let file = std::fs::canonicalize(file)?;
    let permissions = std::fs::metadata(&file)?.permissions();
    if permissions.readonly() {
        // Replacing it would be possible where its folder may be written to, and not what its owner wants.
        return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::Builder::new().prefix(".treefill-").tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(permissions)?;
    new.as_file().sync_all()?;
    new.persist(&file).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_is_replaced_with_its_permissions_behind_its_link() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.py"), folder.path().join("b.py"));
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o751)).unwrap();
        symlink(&file, &link).unwrap();
        replace(&link, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o751);
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).unwrap();
        assert!(replace(&file, "newer").is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
    }

    #[test]
    fn a_target_is_a_file_or_a_line_of_it() {
        let target = |text: &str| {
            text.parse::<FileLine>().map(|target| (target.file.display().to_string(), target.line))
        };
        assert_eq!(target("a.py"), Ok(("a.py".into(), None)));
        assert_eq!(target("a.py:7"), Ok(("a.py".into(), Some(7))));
        assert_eq!(target(r"C:\a.rs:7:3"), Ok((r"C:\a.rs".into(), Some(7))));
        assert!(target("").is_err());
        let at = |line| FileLine { file: "a".into(), line }.offset("a\n  b\n").unwrap();
        assert_eq!((at(None), at(Some(2)), at(Some(3))), (None, Some(4), Some(6)));
    }
}
