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

/// Below this many parameters one thread is best. llama.cpp's threads meet some 160 times per token and spin while they
/// wait: on two idle cores the second thread makes an 8 M model 1.5 times as fast, but with a compiler running beside it
/// both wait for each other's time slices (measured: 39 tokens/s against 676 with one thread, prompts 298 against 2250).
const ONE_THREAD: u64 = 100_000_000;

/// Threads that compute a model of so many parameters, where the user has not said.
pub fn threads_for(parameters: u64) -> usize {
    if parameters < ONE_THREAD { 1 } else { physical() }
}

/// Out of -20 ..= 19; what runs at 0 gets some thirty times as much of a core.
#[cfg(target_os = "linux")]
const NICE: libc::c_int = 15;

/// Lowers the priority of the thread that calls it.
#[cfg(target_os = "linux")]
pub fn lower_priority() {
    // SAFETY: Linux keeps priorities by thread, and 0 is the calling one. Whether it was done does not matter.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, NICE);
    }
}

/// Elsewhere priorities belong to the whole process.
#[cfg(not(target_os = "linux"))]
pub fn lower_priority() {}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_at_least_one() {
        let count = super::physical();
        assert!(count >= 1 && count <= std::thread::available_parallelism().unwrap().get(), "{count}");
    }
}
