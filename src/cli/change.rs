//! Reads the targets of commands that change a file, and shows or writes the change.

use std::io::{Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::file_position::FilePosition;
use crate::document::{BOM, Edit, Snapshot};
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

    /// The text of the file, without a byte order mark: tools that read a file count its columns so.
    pub fn read(&self) -> anyhow::Result<String> {
        let text = self.place().read()?;
        Ok(text.strip_prefix(BOM).map_or_else(|| text.clone(), str::to_owned))
    }

    /// The bytes of the byte order mark that the file begins with; 0 without one.
    pub fn mark(&self) -> usize {
        let mut start = [0; BOM.len_utf8()];
        let read = std::fs::File::open(&self.file).and_then(|mut file| file.read_exact(&mut start));
        if read.is_ok() && start == *BOM.encode_utf8(&mut [0; 4]).as_bytes() { start.len() } else { 0 }
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

/// Edits as programs read them: in bytes of the file, of which the text leaves out the first `mark`.
pub fn edits_json(edits: &[Edit], mark: usize) -> Value {
    let edit = |edit: &Edit| json!({"start": edit.range.start + mark, "end": edit.range.end + mark, "text": edit.text});
    edits.iter().map(edit).collect()
}

/// Show the change as a unified diff, or write it into the file. Neither text has the file's byte order mark.
pub fn show(target: &FileLine, old: &str, new: &str, write: bool) -> anyhow::Result<()> {
    let mark = if target.mark() > 0 { BOM.to_string() } else { String::new() };
    let (old, new) = (format!("{mark}{old}"), format!("{mark}{new}"));
    if write {
        return replace(&target.file, &new)
            .with_context(|| format!("cannot write {}", target.file.display()));
    }
    Ok(write!(anstream::stdout(), "{}", unified_diff(&target.file, &old, &new))?)
}

/// The difference as `patch -p1` and `git apply` take it: in the folder that one works in when the file is in it, else in
/// the root folder.
fn unified_diff(file: &Path, old: &str, new: &str) -> String {
    // At line feeds only, as these programs cut lines.
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let diff = similar::TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    let name = patch_name(file);
    let names = [header_name(&format!("a/{name}")), header_name(&format!("b/{name}"))];
    diff.unified_diff().context_radius(3).header(&names[0], &names[1]).to_string()
}

/// The lines that differ, as a diff marks them.
pub fn changed_lines(old: &str, new: &str) -> String {
    let diff = similar::TextDiff::from_lines(old, new);
    let changed = diff.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal);
    let line = |change: similar::Change<&str>| {
        format!("{}{}\n", change.tag(), change.value().trim_end_matches(['\n', '\r']))
    };
    changed.map(line).collect()
}

/// The path of a file in a patch: relative, without `..` and without links, at which `patch` stops.
fn patch_name(file: &Path) -> String {
    let Ok(path) = std::fs::canonicalize(file) else { return file.display().to_string() };
    let here = std::env::current_dir().and_then(std::fs::canonicalize);
    let relative = here.ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    let parts = relative.unwrap_or(path);
    let parts = parts.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// A name in the header of a patch: quoted when it has characters that end it, and ended by a tab when it has spaces.
fn header_name(name: &str) -> String {
    if name.contains(|c: char| c.is_control() || c == '"' || c == '\\') {
        let quoted = name.bytes().map(|byte| match byte {
            b'"' => "\\\"".to_owned(),
            b'\\' => "\\\\".to_owned(),
            byte if byte.is_ascii_graphic() || byte == b' ' => (byte as char).to_string(),
            byte => format!("\\{byte:03o}"),
        });
        return format!("\"{}\"", quoted.collect::<String>());
    }
    if name.contains(' ') { format!("{name}\t") } else { name.to_owned() }
}

/// Replaces the text of a file. Its permissions, owner and links stay; where there is a link, what it leads to is changed.
/// Where that does not forbid it the text changes all at once: a reader meanwhile, or after a crash, finds the old or the new one.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let file = std::fs::canonicalize(file)?;
    let metadata = std::fs::metadata(&file)?;
    let permissions = metadata.permissions();
    if permissions.readonly() {
        // Replacing it would be possible where its folder may be written to, and not what its owner wants.
        return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let new = tempfile::Builder::new().prefix(".treefill-").tempfile_in(folder);
    let Some(mut new) = new.ok().filter(|new| may_take_place(new.as_file(), &metadata)) else {
        return overwrite(&file, text);
    };
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(permissions)?;
    new.as_file().sync_all()?;
    new.persist(&file).map_err(|error| error.error)?;
    Ok(())
}

/// Whether a new file may take the place of an old one: that has no other name, and the same owner.
#[cfg(unix)]
fn may_take_place(new: &std::fs::File, old: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let same = |new: std::fs::Metadata| (new.uid(), new.gid()) == (old.uid(), old.gid());
    old.nlink() == 1 && new.metadata().is_ok_and(same)
}

#[cfg(not(unix))]
fn may_take_place(_new: &std::fs::File, _old: &std::fs::Metadata) -> bool {
    true
}

/// Writes the text into the file as it is.
fn overwrite(file: &Path, text: &str) -> std::io::Result<()> {
    let mut open = std::fs::OpenOptions::new().write(true).open(file)?;
    open.write_all(text.as_bytes())?;
    open.set_len(text.len() as u64)?;
    open.sync_all()
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
        // Two names of one file stay two names of one file.
        let other = folder.path().join("c.py");
        std::fs::hard_link(&file, &other).unwrap();
        replace(&file, "n").unwrap();
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "n");
        replace(&other, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&link).unwrap(), "new");
        std::fs::remove_file(&other).unwrap();
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

    #[test]
    fn a_patch_names_the_file_without_its_root() {
        let folder = tempfile::tempdir().unwrap();
        let path = std::fs::canonicalize(folder.path()).unwrap().join("my \"a\".py");
        std::fs::write(&path, "").unwrap();
        assert_eq!(format!("/{}", patch_name(&path)), path.display().to_string());
        assert_eq!(patch_name(Path::new("src/../src/lib.rs")), "src/lib.rs");
        let diff = unified_diff(&path, "a\r\nb\rc", "a\r\nd\rc\n");
        assert!(diff.starts_with("--- \"a/") && diff.contains("my \\\"a\\\".py\"\n"), "{diff}");
        let hunk = "@@ -1,2 +1,2 @@\n a\r\n-b\rc\n\\ No newline at end of file\n+d\rc\n";
        assert!(diff.ends_with(hunk), "{diff:?}");
        assert_eq!(header_name("a/b c"), "a/b c\t");
        assert_eq!(header_name("a/é\n"), "\"a/\\303\\251\\012\"");
    }
}
