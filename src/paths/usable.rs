//! Finds out which of the user's folders can be used, what is done without one, and what would cure it.

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::base::{self, CACHE, CONFIG, STATE};
use super::{RUNTIME_VARIABLE, cache_dir, config_dir, private, state_dir, temporary_dir};

/// `sockaddr_un` holds 108 bytes on Linux and 104 on macOS and the BSDs, the closing zero included.
pub const LONGEST_SOCKET: usize = 103;
/// The longest name of a socket in the folder: `/engine-0123456789abcdef.sock`.
const SOCKET_NAME: usize = 29;
/// Less fits into the last block of a disk that is full.
const SAMPLE: usize = 8192;

/// A folder that cannot be used. Shown as one sentence: which one, why, what is done instead, and the cure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderProblem {
    /// `configuration`, `cache`, `state` or `runtime`.
    pub name: &'static str,
    /// The folder, where there is one.
    pub folder: Option<PathBuf>,
    why: String,
    instead: &'static str,
    cure: String,
}

impl fmt::Display for FolderProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, folder, why, instead, cure } = self;
        match folder {
            Some(folder) => write!(out, "the {name} folder {} {why}; {instead}; {cure}", folder.display()),
            None => write!(out, "there is no {name} folder, because {why}; {instead}; {cure}"),
        }
    }
}

/// The folder for sockets, and why it is not the usual one.
#[derive(Debug)]
pub struct RuntimeFolder {
    /// Private to this user, writable, and short enough for a socket.
    ///
    /// # Errors
    /// When not even the temporary folder can be used: then the model runs inside each editor's server.
    pub folder: anyhow::Result<PathBuf>,
    /// What is wrong with the usual one.
    pub problem: Option<FolderProblem>,
}

/// The state folder, if files can be kept there; without it nothing is remembered between runs.
///
/// # Errors
/// What is wrong with it.
pub fn usable_state() -> Result<PathBuf, FolderProblem> {
    checked("state", state_dir(), STATE.variable, "statistics are not kept and the engine's log is temporary")
}

/// The cache folder, if files can be kept there; without it the model is unpacked to the temporary folder.
///
/// # Errors
/// What is wrong with it.
pub fn usable_cache() -> Result<PathBuf, FolderProblem> {
    checked("cache", cache_dir(), CACHE.variable, "the built-in model is unpacked to the temporary folder")
}

/// The configuration folder, if `treefill config init` can write there.
///
/// # Errors
/// What is wrong with it.
pub fn usable_config() -> Result<PathBuf, FolderProblem> {
    checked("configuration", config_dir(), CONFIG.variable, "only a file that is there already is read")
}

fn checked(
    name: &'static str,
    folder: Option<PathBuf>,
    variable: &str,
    instead: &'static str,
) -> Result<PathBuf, FolderProblem> {
    let problem = |folder, why, cure| FolderProblem { name, folder, why, instead, cure };
    let Some(folder) = folder else {
        let cure = format!("set HOME or {variable} to an absolute path");
        return Err(problem(None, "there is no home folder".to_owned(), cure));
    };
    match writable(&folder) {
        Ok(()) => Ok(folder),
        Err(error) => {
            let why = format!("cannot be written ({error})");
            Err(problem(Some(folder), why, cure(&error, variable)))
        }
    }
}

/// What a person does about a folder that cannot be written.
fn cure(error: &std::io::Error, variable: &str) -> String {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    let first = match error.kind() {
        StorageFull | QuotaExceeded => "make room on its disk",
        _ => "make it writable",
    };
    format!("{first}, or set {variable} to another folder")
}

/// Whether a file can be written in `folder`, or in the nearest folder above it that exists: the rest is made when needed.
pub fn writable(folder: &Path) -> std::io::Result<()> {
    let is_there = |folder: &&Path| folder.symlink_metadata().is_ok();
    let existing = folder.ancestors().find(is_there).unwrap_or(folder);
    // It has no name, so nothing is left of it.
    let mut file = tempfile::tempfile_in(existing).map_err(plain)?;
    file.write_all(&[0; SAMPLE]).map_err(plain)
}

/// The error without the name of the temporary file, which would only puzzle.
fn plain(error: std::io::Error) -> std::io::Error {
    error.raw_os_error().map_or(error, std::io::Error::from_raw_os_error)
}

/// The folder for sockets: `$TREEFILL_RUNTIME_DIR`, else `treefill` in `$XDG_RUNTIME_DIR`, else, and where that cannot be used, a
/// folder of our own below the temporary one.
pub fn runtime() -> RuntimeFolder {
    let named = std::env::var_os(RUNTIME_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let session = || base::absolute(base::RUNTIME_VARIABLE).map(|folder| folder.join("treefill"));
    let first = named.map(|folder| (folder, RUNTIME_VARIABLE));
    first_usable(first.or_else(|| Some((session()?, base::RUNTIME_VARIABLE))), temporary_dir)
}

fn first_usable(
    usual: Option<(PathBuf, &'static str)>,
    temporary: impl FnOnce() -> anyhow::Result<PathBuf>,
) -> RuntimeFolder {
    let problem = match usual {
        None => None,
        Some((folder, variable)) => match for_sockets(&folder) {
            Ok(()) => return RuntimeFolder { folder: Ok(folder), problem: None },
            Err(why) => Some(FolderProblem {
                name: "runtime",
                folder: Some(folder),
                why,
                instead: "a folder below the temporary one is used",
                cure: match variable {
                    RUNTIME_VARIABLE => format!("set {variable} to a short private folder of yours"),
                    _ => format!("cure it, or set {RUNTIME_VARIABLE} to a short private folder of yours"),
                },
            }),
        },
    };
    RuntimeFolder { folder: temporary(), problem }
}

/// Makes `folder`, and checks that sockets of this user can be in it. The error goes on after the folder's name.
fn for_sockets(folder: &Path) -> Result<(), String> {
    let length = folder.as_os_str().len() + SOCKET_NAME;
    if length > LONGEST_SOCKET {
        let most = LONGEST_SOCKET - SOCKET_NAME;
        let length = folder.as_os_str().len();
        return Err(format!("is too long for a socket ({length} bytes, {most} at most)"));
    }
    if folder.is_relative() {
        return Err("is not an absolute path".to_owned());
    }
    private(folder).map_err(|error| error.to_string())?;
    writable(folder).map_err(|error| format!("cannot be written ({error})"))
}

/// A folder for sockets below the temporary one, or where that is too long, below the system's.
pub(super) fn temporary(name: &str) -> anyhow::Result<PathBuf> {
    let usual = std::env::temp_dir().join(name);
    let system = Path::new("/tmp").join(name);
    let tried = [usual.clone(), system];
    let found = tried.iter().find(|folder| for_sockets(folder).is_ok());
    match found {
        Some(folder) => Ok(folder.clone()),
        None => Err(anyhow::anyhow!(for_sockets(&usual).err().unwrap_or_default()))
            .with_context(|| usual.display().to_string()),
    }
}

/// Everything that is wrong with the folders of this user, for those that treefill cannot do without.
pub fn problems() -> Vec<FolderProblem> {
    let (state, cache) = (usable_state().err(), usable_cache().err());
    [state, cache, runtime().problem].into_iter().flatten().collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_below_a_file_cannot_be_written() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let folder = file.path().join("a/b");
        let problem =
            checked("state", Some(folder.clone()), "XDG_STATE_HOME", "nothing is kept").unwrap_err();
        assert_eq!(
            problem.to_string(),
            format!(
                "the state folder {} cannot be written (Not a directory (os error 20)); nothing is kept; make it writable, or set XDG_STATE_HOME to another folder",
                folder.display()
            )
        );
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_none_that_is_wrong() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("not/yet");
        assert_eq!(checked("cache", Some(folder.clone()), "XDG_CACHE_HOME", "").unwrap(), folder);
        assert!(!folder.exists(), "looking makes nothing");
        std::os::unix::fs::symlink("nowhere/at/all", base.path().join("not")).unwrap();
        assert!(writable(&folder).is_err(), "a link to nothing");
        let problem = checked("cache", None, "XDG_CACHE_HOME", "it goes elsewhere").unwrap_err();
        assert!(problem.to_string().contains("set HOME or XDG_CACHE_HOME"), "{problem}");
    }

    #[test]
    fn a_full_disk_is_told_from_a_locked_one() {
        let full = cure(&std::io::ErrorKind::StorageFull.into(), "XDG_STATE_HOME");
        assert!(full.contains("make room"), "{full}");
    }

    #[test]
    fn a_runtime_folder_that_is_too_long_has_a_short_one_in_its_place() {
        let base = tempfile::tempdir().unwrap();
        let long = base.path().join("d".repeat(90));
        std::fs::create_dir(&long).unwrap();
        let short = base.path().join("short");
        let found = first_usable(Some((long.clone(), "XDG_RUNTIME_DIR")), || Ok(short.clone()));
        assert_eq!(found.folder.unwrap(), short);
        let text = found.problem.unwrap().to_string();
        assert!(
            text.contains(&long.display().to_string()) && text.contains("too long for a socket"),
            "{text}"
        );
        assert!(text.contains("TREEFILL_RUNTIME_DIR"), "{text}");
    }

    #[test]
    fn a_runtime_folder_that_others_may_enter_or_that_is_relative_is_left() {
        use std::os::unix::fs::PermissionsExt as _;
        let base = tempfile::tempdir().unwrap();
        let open = base.path().join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
        let short = base.path().join("short");
        let why = |folder: &Path| {
            let found = first_usable(Some((folder.to_owned(), RUNTIME_VARIABLE)), || Ok(short.clone()));
            assert_eq!(found.folder.unwrap(), short);
            found.problem.unwrap().to_string()
        };
        assert!(why(&open).contains("chmod 700"), "{}", why(&open));
        assert!(why(Path::new("run/me")).contains("not an absolute path"));
        let good = base.path().join("good");
        let found = first_usable(Some((good.clone(), RUNTIME_VARIABLE)), || panic!("not needed"));
        assert_eq!((found.folder.unwrap(), found.problem), (good, None));
    }
}
