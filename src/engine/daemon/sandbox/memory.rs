//! Limits the memory that the engine's process may allocate: a file that makes llama.cpp ask for more ends the engine, not the machine.

use crate::engine::daemon::confinement::FOR_GPUS;
use crate::engine::{DaemonOptions, ModelOptions};
use crate::models;

const MB: u64 = 1_000_000;
/// llama.cpp's scratch memory (logits of a batch, attention) and everything else; 75 MB for the model inside.
const OTHER: u64 = 1_000 * MB;
/// What caches of a small model may take together (`engine/llama/devices.rs`), rounded up.
const CACHES: u64 = 600 * MB;
/// What is remembered of workspaces (`engine/memory.rs`), several of them and one being indexed anew.
const REMEMBERED: u64 = 500 * MB;
/// A thread's stack and its pool of the allocator.
const THREAD: u64 = 16 * MB;
/// A token of context takes less than this part of the model's file: at most a 4000th in models without grouped attention, in
/// small types. Two sequences are held.
const TOKEN_PART: u64 = 2_000;

/// The bytes that an engine of `settings` may allocate; the model's file itself is mapped and does not count. None where there is
/// no limit: drivers of GPUs reserve memory as they like.
pub fn limit(settings: &DaemonOptions) -> Option<u64> {
    match settings.sandbox.memory_mb {
        Some(megabytes) => Some(megabytes.saturating_mul(MB)),
        None if FOR_GPUS || !settings.sandbox.sandbox => None,
        None => {
            let files = models::parts(&settings.options.model);
            let files = files.into_iter().chain(settings.options.adapter.clone());
            let bytes = files.filter_map(|file| Some(std::fs::metadata(file).ok()?.len())).sum();
            Some(generous(bytes, settings.options.tuning.context))
        }
    }
}

/// Far more than a model of `bytes` takes, and far less than a file that lies would.
fn generous(bytes: u64, context: Option<u32>) -> u64 {
    let tokens = u64::from(context.unwrap_or(ModelOptions::CONTEXT));
    let caches = (bytes / TOKEN_PART).saturating_mul(tokens).saturating_mul(2).max(CACHES);
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    // ggml keeps a second copy of the weights in the order that its kernels like.
    bytes.saturating_mul(2).saturating_add(caches).saturating_add(OTHER + REMEMBERED + threads * THREAD)
}

/// Whether the limit holds now. What counts is memory that a process can write and nobody shares; neither the mapped model nor
/// address space that is only reserved, as the allocator does for each thread.
#[cfg(target_os = "linux")]
pub fn apply(bytes: u64) -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls get a pointer to a live value of the right type.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_DATA, &raw mut limit) != 0 {
            return false;
        }
        let bytes = (bytes as libc::rlim_t).min(limit.rlim_max);
        let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
        libc::setrlimit(libc::RLIMIT_DATA, &raw const limit) == 0
    }
}

/// Elsewhere such a limit counts other things, or none.
#[cfg(not(target_os = "linux"))]
pub fn apply(_: u64) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_grows_with_the_model_and_its_context() {
        const GB: u64 = 1_000 * MB;
        let small = generous(16 * MB, None);
        assert!((GB..8 * GB).contains(&small), "{small}");
        // 7 B in four bits: weights twice, a context of 4096 takes 2 GB in two sequences.
        let large = generous(4 * GB, None);
        assert!(large > 8 * GB + 2 * GB + GB, "{large}");
        assert!(generous(4 * GB, Some(32_768)) > large + 16 * GB);
        assert_eq!(generous(u64::MAX, Some(1)), u64::MAX);
    }

    #[test]
    fn the_users_own_limit_counts_also_without_the_rest() {
        let mut settings = DaemonOptions::new(ModelOptions::new("/nowhere/model.gguf"));
        settings.sandbox.sandbox = false;
        assert_eq!(limit(&settings), None);
        settings.sandbox.memory_mb = Some(512);
        assert_eq!(limit(&settings), Some(512 * MB));
    }
}
