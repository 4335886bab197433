//! Makes the thread that reads files give way to all others.

/// Out of -20 ..= 19; what runs at 0 gets some thirty times as much of a core.
#[cfg(target_os = "linux")]
const NICE: libc::c_int = 15;

/// Lowers the priority of the thread that calls it.
#[cfg(target_os = "linux")]
pub fn lower() {
    // SAFETY: Linux keeps priorities by thread, and 0 is the calling one. Whether it was done does not matter.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, NICE);
    }
}

/// Elsewhere priorities belong to the whole process.
#[cfg(not(target_os = "linux"))]
pub fn lower() {}
