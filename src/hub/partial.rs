//! Holds a file that is still coming: `NAME.part`, locked against a second process, and beside it what its bytes belong to.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::digest::{self, Progress};
use crate::paths::FileStamp;

/// What the bytes that are there belong to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartialOrigin {
    /// The digest of the whole file; without one nothing is taken over from an earlier run.
    pub sha256: Option<String>,
    /// The strong `ETag` that the server gave with the bytes.
    pub etag: Option<String>,
}

/// A file that is still coming. Dropped, its bytes stay on the disk for the next run.
pub struct PartialFile {
    target: PathBuf,
    file: File,
    /// What was written, hashed.
    hash: Sha256,
    /// Bytes written.
    length: u64,
    origin: PartialOrigin,
}

impl PartialFile {
    /// The file that will be `target`, with the bytes of an earlier run if they belong to the file with this digest.
    ///
    /// # Errors
    /// When another process has it, or the disk refuses. The text says what to do.
    pub fn open(target: &Path, sha256: Option<&str>, progress: Progress<'_>) -> anyhow::Result<Self> {
        let part = beside(target, "part");
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).with_context(|| {
                format!(
                    "cannot make the folder {}; set XDG_DATA_HOME to a folder that you may write to",
                    folder.display()
                )
            })?;
        }
        let file = locked(&part)?;
        let origin = std::fs::read(beside(target, "part.json")).ok();
        let origin: PartialOrigin =
            origin.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        let mut partial = Self { target: target.to_path_buf(), file, hash: Sha256::new(), length: 0, origin };
        if sha256.is_some() && partial.origin.sha256.as_deref() == sha256 {
            let cannot = || format!("cannot read {}", part.display());
            partial.hash = digest::absorb(&mut partial.file, u64::MAX, progress).with_context(cannot)?;
            partial.length = partial.file.stream_position().with_context(cannot)?;
        } else {
            partial.clear()?;
        }
        Ok(partial)
    }

    /// Bytes that are there.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The `ETag` that came with them.
    pub fn etag(&self) -> Option<&str> {
        self.origin.etag.as_deref()
    }

    /// Forget what is there.
    pub fn clear(&mut self) -> anyhow::Result<()> {
        let cannot = || format!("cannot write {}", self.target.display());
        self.file.set_len(0).with_context(cannot)?;
        self.file.seek(SeekFrom::Start(0)).with_context(cannot)?;
        (self.hash, self.length) = (Sha256::new(), 0);
        Ok(())
    }

    /// The bytes from here on belong to this.
    pub fn belongs_to(&mut self, origin: PartialOrigin) -> anyhow::Result<()> {
        if self.origin != origin || self.length == 0 {
            let path = beside(&self.target, "part.json");
            std::fs::write(&path, serde_json::to_vec(&origin)?)
                .with_context(|| format!("cannot write {}", path.display()))?;
            self.origin = origin;
        }
        Ok(())
    }

    /// Write more of it.
    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The digest of what is there.
    pub fn sha256(&self) -> String {
        digest::text(self.hash.clone())
    }

    /// Where the bytes are until they are all there.
    pub fn path(&self) -> PathBuf {
        beside(&self.target, "part")
    }

    /// Remove what is there: it is not the file.
    pub fn discard(self) {
        // What stays would be looked at again by the next run.
        let _ = std::fs::remove_file(beside(&self.target, "part.json"));
        let _ = std::fs::remove_file(self.path());
    }

    /// Give it its name: on the disk first, so that a power cut leaves no file with the name and without the content.
    pub fn keep(self) -> anyhow::Result<()> {
        let cannot = || format!("cannot write {}", self.target.display());
        self.file.sync_all().with_context(cannot)?;
        std::fs::rename(self.path(), &self.target).with_context(cannot)?;
        let _ = std::fs::remove_file(beside(&self.target, "part.json"));
        #[cfg(unix)]
        if let Some(folder) = self.target.parent().and_then(|folder| File::open(folder).ok()) {
            // Some file systems do not sync folders; the file itself is safe.
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

/// `m.gguf` and `part` make `m.gguf.part`.
fn beside(target: &Path, ending: &str) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(".");
    name.push(ending);
    target.with_file_name(name)
}

/// The file at `path`, made if need be, for this process alone.
fn locked(path: &Path) -> anyhow::Result<File> {
    let cannot = || format!("cannot write {}", path.display());
    loop {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = file.with_context(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another treefill downloads this file already ({}); wait until it has ended, and run the command again",
                path.display()
            ),
            Err(TryLockError::Error(error)) => {
                tracing::warn!(
                    "{} cannot be locked ({error}): start no second download of it",
                    path.display()
                );
            }
        }
        // Between opening and locking, the process before may have given the file its name or removed it.
        let about = file.metadata().with_context(cannot)?;
        if FileStamp::of(path).is_some_and(|now| now == FileStamp::from(&about)) {
            return Ok(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(target: &Path, sha256: Option<&str>) -> anyhow::Result<PartialFile> {
        PartialFile::open(target, sha256, &|_| {})
    }

    fn origin(sha256: &str) -> PartialOrigin {
        PartialOrigin { sha256: Some(sha256.into()), etag: Some("\"1\"".into()) }
    }

    #[test]
    fn bytes_are_taken_over_for_the_same_file_only() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a/m.gguf");
        let mut first = open(&target, Some("aa")).unwrap();
        first.belongs_to(origin("aa")).unwrap();
        first.write(b"GGUF and").unwrap();
        drop(first);
        let mut again = open(&target, Some("aa")).unwrap();
        assert_eq!((again.length(), again.etag()), (8, Some("\"1\"")));
        again.write(b" more").unwrap();
        let digest = again.sha256();
        again.keep().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"GGUF and more");
        assert_eq!(digest::of_file(&target, &|_| {}).unwrap(), digest);
        assert_eq!(std::fs::read_dir(folder.path().join("a")).unwrap().count(), 1, "nothing else is left");

        for other in [Some("bb"), None] {
            let mut left = open(&target, Some("aa")).unwrap();
            left.belongs_to(origin("aa")).unwrap();
            left.write(b"GGUF").unwrap();
            drop(left);
            assert_eq!(open(&target, other).unwrap().length(), 0, "{other:?}");
        }
    }

    #[test]
    fn a_second_one_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("m.gguf");
        let first = open(&target, None).unwrap();
        let refused = open(&target, None).err().unwrap().to_string();
        assert!(
            refused.contains("another treefill") && refused.contains("run the command again"),
            "{refused}"
        );
        first.discard();
        assert!(open(&target, None).is_ok());
    }
}
