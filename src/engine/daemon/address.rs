//! Names the socket, lock and log of the engine of a model, after the identity of the engine.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::DaemonOptions;
use super::wire::{Greeting, PROTOCOL};
use crate::engine::RemoteSettings;
use crate::paths::{self, LONGEST_SOCKET, RunningProgram};

/// Characters of the key: 64 bits are enough among the few engines of one user.
const KEY: usize = 16;

/// The files of one engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Names protocol, binary, model file and options: who agrees on all of them shares an engine.
    pub key: String,
    /// What clients connect to.
    pub socket: PathBuf,
    /// Locked for as long as the engine lives.
    pub lock: PathBuf,
    /// Where its stderr goes.
    pub log: PathBuf,
    /// Remembers how many of the ways to start it crash, the fastest ones: a GPU, the kernels for a better CPU.
    pub crashed: PathBuf,
}

impl Address {
    /// The address of the engine for `settings` of this binary, in the user's runtime and state folders.
    ///
    /// # Errors
    /// When the model or a folder cannot be used; the text names it.
    pub fn of(settings: &DaemonOptions) -> anyhow::Result<Self> {
        let runtime = paths::runtime_dir()?;
        // Where nothing can be kept the log goes where the socket is.
        let state = paths::usable_state().unwrap_or_else(|_| runtime.clone());
        Ok(Self::within(&runtime, &state, key(settings)?))
    }

    /// The same in other folders.
    pub fn within(runtime: &Path, state: &Path, key: String) -> Self {
        let named = |folder: &Path, ending: &str| folder.join(format!("engine-{key}.{ending}"));
        Self {
            socket: named(runtime, "sock"),
            lock: named(runtime, "lock"),
            // One for all: a person looks for one file.
            log: state.join("engine.log"),
            crashed: named(state, "crashed"),
            key,
        }
    }

    /// What this side says it is.
    pub fn greeting(&self) -> Greeting {
        Greeting { protocol: PROTOCOL, version: env!("CARGO_PKG_VERSION").into(), key: self.key.clone() }
    }

    /// Whether the socket's path fits into a socket address.
    ///
    /// # Errors
    /// When it does not; the text says what to set.
    pub fn check(&self) -> anyhow::Result<()> {
        let length = self.socket.as_os_str().len();
        anyhow::ensure!(
            length <= LONGEST_SOCKET,
            "the path {} is too long for a socket ({length} bytes, {LONGEST_SOCKET} at most); set TREEFILL_RUNTIME_DIR to a shorter folder of yours, or engine.in_process = true",
            self.socket.display()
        );
        Ok(())
    }
}

/// The sockets of all engines of this user, whoever started them.
pub fn all() -> anyhow::Result<Vec<PathBuf>> {
    let folder = paths::runtime_dir()?;
    let mut found: Vec<PathBuf> = std::fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("engine-") && name.ends_with(".sock")
        })
        .collect();
    found.sort();
    Ok(found)
}

/// The identity. A rebuilt binary, a replaced model file and a replaced adapter are others, although their names stay.
fn key(settings: &DaemonOptions) -> anyhow::Result<String> {
    let program = RunningProgram::this().context("the path of this program")?;
    let model = &settings.options.model;
    let mut hash = Sha256::new();
    hash.update(PROTOCOL.to_le_bytes());
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update(program.fingerprint());
    // An engine that asks a server may have no file. Which variable or program has the key for it is among its settings, the key is not.
    if !model.as_os_str().is_empty() {
        hash.update(fingerprint(model)?);
    }
    for file in settings.remote.iter().flat_map(RemoteSettings::files) {
        // What is wrong with it the engine says when it needs it.
        hash.update(fingerprint(file).unwrap_or_default());
    }
    if let Some(adapter) = &settings.options.adapter {
        hash.update(fingerprint(adapter)?);
    }
    hash.update(serde_json::to_vec(settings)?);
    let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(digest[..KEY].to_owned())
}

fn fingerprint(file: &Path) -> anyhow::Result<String> {
    let about = std::fs::metadata(file).with_context(|| file.display().to_string())?;
    let modified = about.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{}:{}", about.len(), modified.as_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{ModelOptions, TeamServer};

    #[test]
    fn who_differs_in_anything_has_another_engine() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let settings = DaemonOptions::new(ModelOptions::new(file.path()));
        let one = key(&settings).unwrap();
        assert_eq!(one, key(&settings.clone()).unwrap());
        assert_eq!(one.len(), KEY);
        let mut threads = settings.clone();
        threads.options.tuning.threads = Some(3);
        assert_ne!(one, key(&threads).unwrap());
        let adapter = tempfile::NamedTempFile::new().unwrap();
        let mut adapted = settings.clone();
        adapted.options.adapter = Some(adapter.path().into());
        let with_adapter = key(&adapted).unwrap();
        assert_ne!(one, with_adapter);
        std::fs::write(adapter.path(), "trained again").unwrap();
        assert_ne!(with_adapter, key(&adapted).unwrap());
        std::fs::write(file.path(), "another model").unwrap();
        assert_ne!(one, key(&settings).unwrap());
        let gone = DaemonOptions::new(ModelOptions::new("/nowhere/model.gguf"));
        assert!(format!("{:#}", key(&gone).unwrap_err()).contains("/nowhere/model.gguf"));
    }

    #[test]
    fn another_key_another_server_and_another_file_of_it_are_other_engines() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let of = |change: &dyn Fn(&mut RemoteSettings)| {
            let mut remote = RemoteSettings { url: Some("https://a".into()), ..RemoteSettings::default() };
            change(&mut remote);
            key(&DaemonOptions { remote: Some(remote), ..DaemonOptions::new(ModelOptions::new("")) }).unwrap()
        };
        let tokenizer = |remote: &mut RemoteSettings| remote.tokenizer = Some(file.path().into());
        let certificates = |remote: &mut RemoteSettings| {
            let ca_file = Some(file.path().into());
            remote.servers = vec![TeamServer { ca_file, ..TeamServer::default() }];
        };
        let all = || {
            [
                of(&|_| {}),
                of(&|remote| remote.key_env = Some("KEY".into())),
                of(&|remote| remote.key_env = Some("OTHER".into())),
                of(&|remote| remote.key_command = vec!["pass".into()]),
                of(&tokenizer),
                of(&certificates),
            ]
        };
        let before = all();
        assert_eq!(before.iter().collect::<std::collections::HashSet<_>>().len(), before.len());
        std::fs::write(file.path(), "another one").unwrap();
        let after = all();
        assert_eq!(before[..4], after[..4]);
        assert!(before[4] != after[4] && before[5] != after[5], "files with the same names");
    }

    #[test]
    fn a_path_too_long_for_a_socket_is_refused_with_the_way_out() {
        let long = PathBuf::from(format!("/{}", "x".repeat(120)));
        let error = Address::within(&long, &long, "k".into()).check().unwrap_err();
        assert!(error.to_string().contains("TREEFILL_RUNTIME_DIR"), "{error}");
        Address::within(Path::new("/run/user/1000/treefill"), &long, "0123456789abcdef".into())
            .check()
            .unwrap();
    }
}
