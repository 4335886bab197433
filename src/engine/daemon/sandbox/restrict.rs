//! Asks the kernel for the fence: Landlock as far as it has it, and no new privileges.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, NetPort, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

use super::files::{Allowed, Right};
use crate::engine::daemon::confinement::FOR_GPUS;

/// The newest version that is asked for; a kernel that has less gives what it has. Those after the 8th close Unix sockets, through
/// which drivers of GPUs talk to services of theirs.
const NEWEST: ABI = if FOR_GPUS { ABI::V8 } else { ABI::V10 };

/// Whether no program that this process starts can get rights that it does not have (setuid). It cannot be taken back.
pub fn refuse_privileges() -> bool {
    // SAFETY: touches no memory.
    unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 }
}

/// What is left of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// Nothing.
    None,
    /// Connections to these TCP ports, for an engine that asks a server; nobody can connect to it. The kernel knows ports only:
    /// the one place that connects goes to the servers of the settings alone.
    Connects(Vec<u16>),
}

/// Where names are asked for when an answer is too long for UDP, which is not closed.
const NAMES: u16 = 53;

/// Leaves this thread, and those that it starts, `allowed` and nothing else: no other file is opened, made or removed, no program is
/// run, no network port is used but as `network` says, nothing outside is sent a signal. Returns the version of Landlock that does it, or why none does.
pub fn landlock(allowed: &[Allowed], network: Network) -> Result<i32, String> {
    let status = restrict(allowed, network).map_err(|error| format!("no Landlock: {error}"))?;
    match (status.landlock, status.ruleset) {
        (LandlockStatus::Available { effective_abi, .. }, ruleset)
            if ruleset != RulesetStatus::NotEnforced =>
        {
            Ok(effective_abi as i32)
        }
        (LandlockStatus::NotImplemented, _) => {
            Err("no Landlock: this kernel has none (Linux 5.13 or newer has)".to_owned())
        }
        _ => Err("no Landlock: it is switched off in this kernel (its option `lsm` has to name `landlock`)"
            .to_owned()),
    }
}

fn restrict(allowed: &[Allowed], network: Network) -> Result<landlock::RestrictionStatus, RulesetError> {
    let (network, ports) = match network {
        Network::None => (AccessNet::from_all(NEWEST), Vec::new()),
        // Names are asked for by UDP, mostly.
        Network::Connects(ports) => {
            (AccessNet::BindTcp | AccessNet::ConnectTcp, [&ports[..], &[NAMES]].concat())
        }
    };
    let ports =
        ports.into_iter().map(|port| Ok::<_, RulesetError>(NetPort::new(port, AccessNet::ConnectTcp)));
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(network)?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    let rules = allowed.iter().filter_map(|Allowed { path, right }| {
        // What is not there cannot be opened anyway.
        let opened = PathFd::new(path).ok()?;
        let is_file = !path.is_dir();
        let rights =
            rights(*right) & if is_file { AccessFs::from_file(NEWEST) } else { AccessFs::from_all(NEWEST) };
        Some(Ok::<_, RulesetError>(PathBeneath::new(opened, rights)))
    });
    ruleset.add_rules(rules)?.add_rules(ports)?.restrict_self()
}

fn rights(right: Right) -> BitFlags<AccessFs> {
    match right {
        Right::Read => AccessFs::ReadFile | AccessFs::ReadDir,
        Right::Log => AccessFs::WriteFile | AccessFs::Truncate | AccessFs::MakeReg | AccessFs::RemoveFile,
        Right::Remove => AccessFs::RemoveFile.into(),
        Right::Device => {
            AccessFs::ReadFile
                | AccessFs::ReadDir
                | AccessFs::WriteFile
                | AccessFs::Truncate
                | AccessFs::IoctlDev
        }
        // Making and removing of files and folders, but no devices.
        Right::Cache => {
            let nodes = AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::MakeFifo | AccessFs::MakeSock;
            AccessFs::from_all(NEWEST) & !(nodes | AccessFs::Execute | AccessFs::IoctlDev)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind::PermissionDenied;
    use std::path::{Path, PathBuf};
    use std::{fs, io};

    use super::super::files::needed;
    use super::*;
    use crate::engine::ModelOptions;
    use crate::engine::daemon::address::Address;

    /// Runs `attempt` on a thread that is shut in: Landlock binds a thread and those that it starts.
    fn inside<T: Send>(model: &Path, address: &Address, attempt: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                assert!(refuse_privileges());
                landlock(&needed(&ModelOptions::new(model), address), Network::None).map(|_| attempt())
            });
            thread.join().unwrap().unwrap()
        })
    }

    struct Place {
        folder: tempfile::TempDir,
        model: PathBuf,
        address: Address,
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            for name in ["state", "run", "models"] {
                fs::create_dir(folder.path().join(name)).unwrap();
            }
            let model = folder.path().join("models/m.gguf");
            fs::write(&model, "model").unwrap();
            let inside = |name: &str| folder.path().join(name);
            let address = Address::within(&inside("run"), &inside("state"), "0123456789abcdef".into());
            Self { model, address, folder }
        }

        fn attempt<T: Send>(&self, attempt: impl FnOnce() -> T + Send) -> T {
            inside(&self.model, &self.address, attempt)
        }
    }

    /// Whether this kernel has Landlock; elsewhere there is nothing to test.
    fn is_here() -> bool {
        let thread = std::thread::spawn(|| landlock(&[], Network::None).is_ok());
        thread.join().unwrap()
    }

    #[track_caller]
    fn refused<T>(result: io::Result<T>) {
        assert_eq!(result.err().map(|error| error.kind()), Some(PermissionDenied));
    }

    #[test]
    fn what_an_engine_needs_is_left_to_it() {
        let place = Place::new();
        if !is_here() {
            return;
        }
        fs::write(&place.address.socket, "").unwrap();
        fs::write(&place.address.log, "older").unwrap();
        place.attempt(|| {
            assert_eq!(fs::read_to_string(&place.model).unwrap(), "model");
            assert!(fs::read_to_string("/proc/thread-self/status").unwrap().contains("NoNewPrivs:\t1"));
            assert!(std::thread::available_parallelism().is_ok() && crate::engine::cores::physical() > 0);
            fs::read_dir("/sys/devices/system/cpu").unwrap();
            // A log that has grown long is put aside.
            let log = &place.address.log;
            fs::rename(log, log.with_extension("log.1")).unwrap();
            fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
            fs::rename(log, log.with_extension("log.1")).unwrap();
            fs::remove_file(&place.address.socket).unwrap();
        });
    }

    #[test]
    fn nothing_else_is() {
        let place = Place::new();
        if !is_here() {
            return;
        }
        let beside = place.folder.path().join("models/other.gguf");
        fs::write(&beside, "not this one").unwrap();
        let statistics = place.folder.path().join("state/stats.jsonl");
        fs::write(&statistics, "numbers").unwrap();
        let home = place.folder.path().join("new file");
        place.attempt(|| {
            refused(fs::read("/etc/passwd"));
            refused(fs::read_dir("/"));
            refused(fs::read(&beside));
            refused(fs::read(&statistics));
            refused(fs::write(&home, "x"));
            refused(fs::write(&place.model, "x"));
            refused(fs::remove_file(&beside));
            refused(fs::create_dir(&home));
            refused(std::os::unix::net::UnixListener::bind(&home));
            refused(fs::rename(&place.model, &home));
            refused(std::process::Command::new("/bin/true").status());
        });
        assert_eq!(
            fs::read_to_string("/etc/passwd").is_ok(),
            Path::new("/etc/passwd").exists(),
            "only that thread"
        );
    }

    #[test]
    fn the_threads_it_starts_are_shut_in_too() {
        let place = Place::new();
        if !is_here() {
            return;
        }
        let other = place.folder.path().join("other");
        fs::write(&other, "x").unwrap();
        place.attempt(|| {
            std::thread::scope(|scope| refused(scope.spawn(|| fs::read(&other)).join().unwrap()))
        });
    }
}
