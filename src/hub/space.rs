//! Tells how much room is left on the disk of a folder.

use std::path::Path;

/// Bytes that this user may still write into `folder`, where the system says so.
#[cfg(unix)]
pub fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

/// Other systems are not asked: a full disk is noticed when it is.
#[cfg(not(unix))]
pub fn free(_: &Path) -> Option<u64> {
    None
}
