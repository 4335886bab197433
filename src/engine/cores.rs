//! Counts the CPU cores that the engine's threads can really use.

use std::collections::HashSet;

/// Physical cores that this process may run on, at least one. Two threads on one core share its vector unit and slow
/// each other down. Where the system does not tell (all but Linux), every logical CPU counts.
pub fn physical() -> usize {
    let logical = std::thread::available_parallelism().map_or(1, usize::from);
    let siblings: HashSet<String> = (0..1024)
        .map_while(|cpu| {
            std::fs::read_to_string(format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"))
                .ok()
        })
        .collect();
    // A container may be allowed fewer CPUs than the machine has cores.
    if siblings.is_empty() { logical } else { siblings.len().min(logical) }
}

/// Let this thread run only where others leave time. Where the system has no such thing for threads (all but Linux), it stays.
pub fn lower_priority() {
    #[cfg(target_os = "linux")]
    // SAFETY: touches no memory; 0 is the calling thread, and it fails harmlessly.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, 15);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_at_least_one() {
        let count = super::physical();
        assert!(count >= 1 && count <= std::thread::available_parallelism().unwrap().get(), "{count}");
    }
}
