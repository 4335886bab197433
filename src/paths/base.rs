//! Tells where the user's folders are by the XDG Base Directory Specification, also where `HOME` is missing or wrong.

use std::ffi::OsString;
use std::path::PathBuf;

/// A folder of the specification: its variable, and where it is without one.
#[derive(Debug, Clone, Copy)]
pub struct BaseFolder {
    /// `XDG_…`.
    pub variable: &'static str,
    /// Below the home folder.
    #[cfg_attr(not(unix), allow(dead_code))]
    pub below_home: &'static str,
}

/// For settings.
pub const CONFIG: BaseFolder = BaseFolder { variable: "XDG_CONFIG_HOME", below_home: ".config" };
/// For what can be made again.
pub const CACHE: BaseFolder = BaseFolder { variable: "XDG_CACHE_HOME", below_home: ".cache" };
/// For what is remembered between runs.
pub const STATE: BaseFolder = BaseFolder { variable: "XDG_STATE_HOME", below_home: ".local/state" };
/// For large files that a user has asked for.
pub const DATA: BaseFolder = BaseFolder { variable: "XDG_DATA_HOME", below_home: ".local/share" };
/// For sockets; it has no place below the home folder.
pub const RUNTIME_VARIABLE: &str = "XDG_RUNTIME_DIR";

/// Variables that name a folder by a path that is not absolute, with their values: the specification says to ignore them.
pub fn relative_variables() -> Vec<(&'static str, PathBuf)> {
    relative_of(&|name| std::env::var_os(name))
}

fn relative_of(variable: &dyn Fn(&str) -> Option<OsString>) -> Vec<(&'static str, PathBuf)> {
    let all = ["HOME", CONFIG.variable, CACHE.variable, STATE.variable, DATA.variable, RUNTIME_VARIABLE];
    let named = all.iter().filter_map(|&name| Some((name, PathBuf::from(variable(name)?))));
    // An empty variable is one that is not set, but for the home folder.
    let is_wrong = |name: &str, value: &PathBuf| match value.as_os_str().is_empty() {
        true => name == "HOME",
        false => value.is_relative(),
    };
    named.filter(|(name, value)| is_wrong(name, value)).collect()
}

/// The value of a variable that names a folder, if it is one that may be used.
pub fn absolute(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from).filter(|value| value.is_absolute())
}

/// The home folder: `HOME`, else what the system's list of accounts says.
pub fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| home.is_absolute()).or_else(of_account)
}

/// Where `base` is.
#[cfg(unix)]
pub fn folder(base: BaseFolder) -> Option<PathBuf> {
    absolute(base.variable).or_else(|| home().map(|home| home.join(base.below_home)))
}

/// Where `base` is, as this system has it.
#[cfg(not(unix))]
pub fn folder(base: BaseFolder) -> Option<PathBuf> {
    use etcetera::{BaseStrategy as _, base_strategy::choose_base_strategy};
    let system = choose_base_strategy().ok()?;
    Some(match base.variable {
        variable if variable == CONFIG.variable => system.config_dir(),
        variable if variable == CACHE.variable => system.cache_dir(),
        variable if variable == DATA.variable => system.data_dir(),
        _ => system.state_dir().unwrap_or_else(|| system.data_dir()),
    })
}

/// The home folder of this user's account.
#[cfg(unix)]
fn of_account() -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    let mut buffer = vec![0; 16 * 1024];
    // SAFETY: all fields are pointers or numbers, for which zero is a value.
    let mut entry = unsafe { std::mem::zeroed::<libc::passwd>() };
    let mut found = std::ptr::null_mut();
    // SAFETY: all pointers are to live values, and the length is the buffer's.
    let code = unsafe {
        libc::getpwuid_r(libc::geteuid(), &raw mut entry, buffer.as_mut_ptr(), buffer.len(), &raw mut found)
    };
    if code != 0 || found.is_null() || entry.pw_dir.is_null() {
        return None;
    }
    // SAFETY: the call has put a text with a closing zero there, inside of the buffer, which is alive.
    let folder = unsafe { std::ffi::CStr::from_ptr(entry.pw_dir) };
    let folder = PathBuf::from(std::ffi::OsStr::from_bytes(folder.to_bytes()));
    folder.is_absolute().then_some(folder)
}

#[cfg(not(unix))]
fn of_account() -> Option<PathBuf> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_with_a_relative_path_are_found() {
        let variable = |name: &str| match name {
            "HOME" => Some("".into()),
            "XDG_CACHE_HOME" => Some("somewhere/else".into()),
            "XDG_STATE_HOME" => Some("".into()),
            "XDG_CONFIG_HOME" => Some("/etc/me".into()),
            _ => None,
        };
        let found = relative_of(&variable);
        let expected = [("HOME", ""), ("XDG_CACHE_HOME", "somewhere/else")];
        assert_eq!(found, expected.map(|(name, value)| (name, PathBuf::from(value))));
    }

    #[test]
    #[cfg(unix)]
    fn an_account_has_a_home() {
        // Containers run as users that are in no list; then there is none.
        assert!(of_account().is_none_or(|home| home.is_absolute()));
    }
}
