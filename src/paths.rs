//! Finds where configuration, models, state, sockets and logs live on this operating system, and creates private folders.

mod base;
mod program;
mod stamp;
mod usable;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

pub use base::{home, relative_variables};
pub use program::RunningProgram;
pub use stamp::FileStamp;
pub use usable::{
    FolderProblem, LONGEST_SOCKET, RuntimeFolder, problems, runtime, usable_cache, usable_config,
    usable_state,
};

/// Names a folder for the engine's sockets in place of the usual one.
pub const RUNTIME_VARIABLE: &str = "TREEFILL_RUNTIME_DIR";

/// The user's configuration folder (`~/.config/treefill` on Unix), or none when there is no home folder.
pub fn config_dir() -> Option<PathBuf> {
    base::folder(base::CONFIG).map(|folder| folder.join("treefill"))
}

/// The cache folder, for files that can be made again (the extracted model): `~/.cache/treefill` on Unix.
pub fn cache_dir() -> Option<PathBuf> {
    base::folder(base::CACHE).map(|folder| folder.join("treefill"))
}

/// The state folder, for logs and what is remembered between runs: `~/.local/state/treefill` on Linux.
pub fn state_dir() -> Option<PathBuf> {
    base::folder(base::STATE).map(|folder| folder.join("treefill"))
}

/// The data folder, for models that the user has asked for: `~/.local/share/treefill` on Linux.
pub fn data_dir() -> Option<PathBuf> {
    base::folder(base::DATA).map(|folder| folder.join("treefill"))
}

/// The folder for sockets, private to this user and made if need be; [`runtime`] says which one it is and why.
///
/// # Errors
/// When not even the temporary folder can be used, or others may get at it: they could put an engine of theirs there.
pub fn runtime_dir() -> anyhow::Result<PathBuf> {
    let RuntimeFolder { folder, problem } = runtime();
    if let Some(problem) = problem {
        tracing::debug!("{problem}");
    }
    folder
}

/// A folder of this user's own under the temporary one.
///
/// # Errors
/// When somebody else has prepared it, or may write to it.
pub fn temporary_dir() -> anyhow::Result<PathBuf> {
    #[cfg(unix)]
    // SAFETY: takes nothing, touches no memory, cannot fail.
    let name = format!("treefill-{}", unsafe { libc::geteuid() });
    // Elsewhere the temporary folder is the user's own.
    #[cfg(not(unix))]
    let name = "treefill".to_owned();
    usable::temporary(&name)
}

/// Make `folder` for this user alone, or make sure that it is so. The error goes on after the folder's name.
fn private(folder: &Path) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
        match std::fs::DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            result => result.map_err(|error| anyhow::anyhow!("cannot be made ({error})"))?,
        }
        // Not followed: a link could be pointed elsewhere later.
        let found = std::fs::symlink_metadata(folder).context("cannot be looked at")?;
        // SAFETY: takes nothing, touches no memory, cannot fail.
        let user = unsafe { libc::geteuid() };
        let private = found.is_dir() && found.uid() == user && found.mode() & 0o077 == 0;
        anyhow::ensure!(private, "is not a private folder of this user (chmod 700 makes it one)");
    }
    #[cfg(not(unix))]
    std::fs::create_dir_all(folder).map_err(|error| anyhow::anyhow!("cannot be made ({error})"))?;
    Ok(())
}

/// `path` as a person means it: `~/` is the home folder, anything else relative starts in `folder`.
pub fn expand(path: &Path, folder: &Path) -> PathBuf {
    match path.strip_prefix("~") {
        Ok(rest) => base::home().map_or_else(|| path.to_path_buf(), |home| home.join(rest)),
        Err(_) => folder.join(path),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_folder_that_others_may_enter_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("x");
        private(&folder).unwrap();
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        private(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(private(&folder).unwrap_err().to_string().contains("chmod 700"));
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
        let link = base.path().join("link");
        symlink(&folder, &link).unwrap();
        assert!(private(&link).is_err(), "a link");
        assert!(private(&base.path().join("missing/x")).is_err(), "no parent");
    }
}
