//! Finds where configuration, models, state, sockets and logs live on this operating system, and creates private folders.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use etcetera::{BaseStrategy, base_strategy::choose_base_strategy};

/// Names a folder for the engine's sockets in place of the usual one.
pub const RUNTIME_VARIABLE: &str = "TREEFILL_RUNTIME_DIR";

/// The user's configuration folder (`~/.config/treefill` on Unix), or none when there is no home folder.
pub fn config_dir() -> Option<PathBuf> {
    choose_base_strategy().ok().map(|base| base.config_dir().join("treefill"))
}

/// The cache folder, for files that can be made again (the extracted model): `~/.cache/treefill` on Unix.
pub fn cache_dir() -> Option<PathBuf> {
    choose_base_strategy().ok().map(|base| base.cache_dir().join("treefill"))
}

/// The state folder, for logs and what is remembered between runs: `~/.local/state/treefill` on Linux.
pub fn state_dir() -> Option<PathBuf> {
    let base = choose_base_strategy().ok()?;
    Some(base.state_dir().unwrap_or_else(|| base.data_dir()).join("treefill"))
}

/// The folder for sockets, private to this user and made if need be: `$TREEFILL_RUNTIME_DIR`, else `treefill` in
/// `$XDG_RUNTIME_DIR`, else a folder of our own under the temporary one.
///
/// # Errors
/// When the folder cannot be made, or others may get at it: they could put an engine of theirs there.
pub fn runtime_dir() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os(RUNTIME_VARIABLE).filter(|value| !value.is_empty()) {
        return private(PathBuf::from(named)).with_context(|| format!("${RUNTIME_VARIABLE}"));
    }
    let session =
        choose_base_strategy().ok().and_then(|base| base.runtime_dir()).map(|base| base.join("treefill"));
    // A shell of another user (`su`) may have inherited a folder that is not ours: then the temporary one has to do.
    match session.map(private) {
        Some(Ok(folder)) => Ok(folder),
        _ => temporary_dir(),
    }
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
    private(std::env::temp_dir().join(name))
}

/// Make `folder` for this user alone, or make sure that it is so.
fn private(folder: PathBuf) -> anyhow::Result<PathBuf> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
        match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            result => result.with_context(|| folder.display().to_string())?,
        }
        // Not followed: a link could be pointed elsewhere later.
        let found = std::fs::symlink_metadata(&folder).with_context(|| folder.display().to_string())?;
        // SAFETY: takes nothing, touches no memory, cannot fail.
        let user = unsafe { libc::geteuid() };
        let private = found.is_dir() && found.uid() == user && found.mode() & 0o077 == 0;
        anyhow::ensure!(
            private,
            "{} is not a private folder of this user (chmod 700 makes it one)",
            folder.display()
        );
    }
    #[cfg(not(unix))]
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

/// `path` as a person means it: `~/` is the home folder, anything else relative starts in `folder`.
pub fn expand(path: &Path, folder: &Path) -> PathBuf {
    match path.strip_prefix("~") {
        Ok(rest) => etcetera::home_dir().map_or_else(|_| path.to_path_buf(), |home| home.join(rest)),
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
        assert_eq!(private(folder.clone()).unwrap(), folder);
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        private(folder.clone()).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(private(folder.clone()).unwrap_err().to_string().contains("chmod 700"));
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
        let link = base.path().join("link");
        symlink(&folder, &link).unwrap();
        assert!(private(link).is_err(), "a link");
        assert!(private(base.path().join("missing/x")).is_err(), "no parent");
    }
}
