//! Lists the files and folders that the engine's process may still use once it is shut in.

use std::path::PathBuf;

use crate::engine::daemon::address::Address;
use crate::engine::daemon::confinement::FOR_GPUS;
use crate::engine::{ModelOptions, RemoteSettings};
use crate::models;

/// What may be done with a file, or with everything in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Read it.
    Read,
    /// Write, make, rename and remove files, but read none.
    Log,
    /// Remove files.
    Remove,
    /// Read, write, and tell a device what to do.
    Device,
    /// Everything but running it.
    Cache,
}

/// One file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Where it is; it need not exist.
    pub path: PathBuf,
    /// What may be done there.
    pub right: Right,
}

/// Facts about this process and the machine, and libraries that the C library loads late.
const SYSTEM: &[&str] = &[
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices",
    "/sys/class/power_supply",
    "/sys/fs/cgroup",
    "/dev/null",
    "/dev/urandom",
    "/etc/ld.so.cache",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
];

/// What the drivers of GPUs read: their libraries and lists of devices, wherever distributions put them.
const DRIVERS: &[&str] = &[
    "/usr",
    "/opt",
    "/nix/store",
    "/gnu/store",
    "/run/opengl-driver",
    "/etc/vulkan",
    "/etc/glvnd",
    "/etc/nvidia",
    "/etc/drirc",
    "/etc/alternatives",
    "/proc",
    "/sys",
];
/// Folders of libraries and descriptions of drivers, by the variables that name them.
const DRIVER_VARIABLES: &[&str] = &[
    "LD_LIBRARY_PATH",
    "CUDA_PATH",
    "CUDA_HOME",
    "VK_DRIVER_FILES",
    "VK_ICD_FILENAMES",
    "VK_LAYER_PATH",
    "VK_ADD_LAYER_PATH",
];
const DEVICES: &[&str] = &["/dev/dri", "/dev/kfd", "/dev/dxg", "/dev/shm", "/dev/nvidia-caps"];
/// Where drivers keep what they have compiled, below the home folder; without it every start compiles it again.
const CACHES: &[&str] = &[
    ".nv",
    ".cache/nvidia",
    ".cache/mesa_shader_cache",
    ".cache/mesa_shader_cache_db",
    ".cache/radv_builtin_shaders",
];

/// By what the C library finds hosts.
const NAMES: &[&str] = &[
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
];
/// Where systems keep the certificates that they trust.
const CERTIFICATES: &[&str] = &[
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/etc/ca-certificates.conf",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/usr/share/pki",
    "/nix/store",
    "/gnu/store",
];
/// Variables that name others.
const CERTIFICATE_VARIABLES: &[&str] = &["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// What an engine of `options` at `address` needs.
pub fn needed(options: &ModelOptions, address: &Address) -> Vec<Allowed> {
    let mut all = Vec::new();
    let mut add = |right, path: PathBuf| all.push(Allowed { path, right });
    for file in models::parts(&options.model).into_iter().chain(options.adapter.clone()) {
        // The file and not its folder, which may be anything.
        add(Right::Read, file);
    }
    SYSTEM.iter().for_each(|path| add(Right::Read, path.into()));
    if let Some(folder) = address.log.parent() {
        add(Right::Log, folder.into());
    }
    // The socket goes when the engine goes; the lock is open already.
    if let Some(folder) = address.socket.parent() {
        add(Right::Remove, folder.into());
    }
    if FOR_GPUS {
        DRIVERS.iter().for_each(|path| add(Right::Read, path.into()));
        let named = DRIVER_VARIABLES.iter().filter_map(std::env::var_os);
        named.for_each(|value| std::env::split_paths(&value).for_each(|path| add(Right::Read, path)));
        DEVICES.iter().for_each(|path| add(Right::Device, path.into()));
        nvidia().for_each(|path| add(Right::Device, path));
        let home = crate::paths::home();
        home.iter().for_each(|home| CACHES.iter().for_each(|path| add(Right::Cache, home.join(path))));
        std::env::var_os("CUDA_CACHE_PATH").into_iter().for_each(|path| add(Right::Cache, path.into()));
    }
    all
}

/// What an engine needs besides that asks the servers of `remote`: to find them, to trust them, and to tokenise for them.
pub fn for_server(remote: &RemoteSettings) -> Vec<Allowed> {
    let named = CERTIFICATE_VARIABLES.iter().filter_map(std::env::var_os);
    let named = named.flat_map(|value| std::env::split_paths(&value).collect::<Vec<_>>());
    // Of a vocabulary in several files, all of them.
    let files = remote.files().into_iter().flat_map(|file| models::parts(file)).chain(named);
    let all = NAMES.iter().chain(CERTIFICATES).map(PathBuf::from).chain(files);
    all.map(|path| Allowed { path, right: Right::Read }).collect()
}

/// The device files of NVIDIA's driver: one for each GPU, and some for all.
fn nvidia() -> impl Iterator<Item = PathBuf> {
    let devices = std::fs::read_dir("/dev").into_iter().flatten().flatten();
    let is_one = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("nvidia");
    devices.filter(is_one).map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::engine::TeamServer;

    #[test]
    fn a_server_needs_its_certificates_and_its_vocabulary() {
        let remote = RemoteSettings {
            ca_file: Some("/home/u/ca.pem".into()),
            tokenizer: Some("/home/u/v.gguf".into()),
            servers: vec![TeamServer { ca_file: Some("/home/u/other.pem".into()), ..TeamServer::default() }],
            ..RemoteSettings::default()
        };
        let allowed = for_server(&remote);
        for path in ["/home/u/ca.pem", "/home/u/v.gguf", "/home/u/other.pem", "/etc/hosts", "/etc/ssl"] {
            assert!(allowed.contains(&Allowed { path: path.into(), right: Right::Read }), "{path}");
        }
        assert!(allowed.iter().all(|one| one.right == Right::Read));
    }

    #[test]
    fn only_the_model_and_not_its_folder() {
        let address = Address::within(Path::new("/run/u"), Path::new("/home/u/state"), "k".into());
        let mut options = ModelOptions::new("/home/u/m-00001-of-00002.gguf");
        options.adapter = Some("/home/u/adapter.gguf".into());
        let allowed = needed(&options, &address);
        let rights = |path: &str| {
            let of_it = allowed.iter().filter(|one| one.path == Path::new(path));
            of_it.map(|one| one.right).collect::<Vec<_>>()
        };
        for part in ["/home/u/m-00001-of-00002.gguf", "/home/u/m-00002-of-00002.gguf", "/home/u/adapter.gguf"]
        {
            assert_eq!(rights(part), [Right::Read]);
        }
        assert_eq!(rights("/home/u"), []);
        assert_eq!(rights("/home/u/state"), [Right::Log]);
        assert_eq!(rights("/run/u"), [Right::Remove]);
    }
}
