//! Where configuration, models, state and logs live on this operating system. It creates nothing.

use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, base_strategy::choose_base_strategy};

/// The user's configuration folder (`~/.config/treefill` on Unix), or none when there is no home folder.
pub fn config_dir() -> Option<PathBuf> {
    choose_base_strategy().ok().map(|base| base.config_dir().join("treefill"))
}

/// The cache folder, for files that can be made again (the extracted model): `~/.cache/treefill` on Unix.
pub fn cache_dir() -> Option<PathBuf> {
    choose_base_strategy().ok().map(|base| base.cache_dir().join("treefill"))
}

/// `path` as a person means it: `~/` is the home folder, anything else relative starts in `folder`.
pub fn expand(path: &Path, folder: &Path) -> PathBuf {
    match path.strip_prefix("~") {
        Ok(rest) => etcetera::home_dir().map_or_else(|_| path.to_path_buf(), |home| home.join(rest)),
        Err(_) => folder.join(path),
    }
}
