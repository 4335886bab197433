//! Remembers which program this process runs, because an update may put another one in its place meanwhile.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::FileStamp;

/// What Linux appends to the path of a program whose file is gone.
const DELETED: &str = " (deleted)";

/// The program of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningProgram {
    /// Where it was when the process started.
    pub path: PathBuf,
    stamp: Option<FileStamp>,
}

impl RunningProgram {
    /// The program of this process, as it was when this was called for the first time.
    ///
    /// # Errors
    /// When the system does not tell its path.
    pub fn this() -> io::Result<&'static Self> {
        static THIS: OnceLock<RunningProgram> = OnceLock::new();
        if let Some(program) = THIS.get() {
            return Ok(program);
        }
        let path = std::env::current_exe()?;
        Ok(THIS.get_or_init(|| Self::at(path)))
    }

    fn at(path: PathBuf) -> Self {
        let stamp = FileStamp::of(&path);
        let named = path.to_str().and_then(|path| path.strip_suffix(DELETED)).filter(|_| stamp.is_none());
        let path = named.map_or_else(|| path.clone(), PathBuf::from);
        Self { path, stamp }
    }

    /// Whether another program, or none, is at its place now.
    pub fn is_replaced(&self) -> bool {
        self.stamp.is_none() || FileStamp::of(&self.path) != self.stamp
    }

    /// What to start to run this very program once more, whatever is at its place now.
    ///
    /// # Errors
    /// Where the system keeps no way to a program that was replaced.
    pub fn again(&self) -> io::Result<PathBuf> {
        // The system's link to the program of the process that follows it.
        const SELF: &str = "/proc/self/exe";
        match self.is_replaced() {
            false => Ok(self.path.clone()),
            true if cfg!(target_os = "linux") && Path::new(SELF).exists() => Ok(SELF.into()),
            true => Err(io::Error::other(format!(
                "{} was replaced by another version; restart the editor",
                self.path.display()
            ))),
        }
    }

    /// Text that is the same only for the same file.
    pub fn fingerprint(&self) -> String {
        format!("{:?}", self.stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_was_replaced_can_be_run_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        std::fs::write(&path, "one").unwrap();
        let program = RunningProgram::at(path.clone());
        assert_eq!(program.again().unwrap(), path);
        let other = folder.path().join("other");
        std::fs::write(&other, "two").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert!(program.is_replaced());
        assert_ne!(RunningProgram::at(path.clone()).fingerprint(), program.fingerprint());
        match program.again() {
            Ok(again) => assert_eq!(again, Path::new("/proc/self/exe")),
            Err(error) => assert!(error.to_string().contains("restart the editor"), "{error}"),
        }
        let gone = RunningProgram::at(format!("{}{DELETED}", folder.path().join("gone").display()).into());
        assert!(gone.is_replaced() && gone.path.ends_with("gone"), "{gone:?}");
    }
}
