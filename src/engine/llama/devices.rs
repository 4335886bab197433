//! Lists the GPUs that this build can use, and computes how many layers of a model fit into their free memory.

use llama_cpp_2::{LlamaBackendDeviceType, list_llama_ggml_backend_devices};

use super::backend::backend;
use crate::engine::local::Device;

/// Bytes that the sequences of a KV cache may take together; two of them are held in any case.
pub const CACHE_MEMORY: u64 = 512 << 20;
/// Share of a GPU's free memory that is used, in percent: llama.cpp's scratch buffers and the screen need some too.
const USABLE: u64 = 85;

/// What ggml can compute on in this build, on this machine.
pub fn devices() -> Vec<Device> {
    // Without it a backend may not have registered its devices yet.
    if backend().is_err() {
        return Vec::new();
    }
    let gpu = [LlamaBackendDeviceType::Gpu, LlamaBackendDeviceType::IntegratedGpu];
    list_llama_ggml_backend_devices()
        .into_iter()
        .map(|device| Device {
            name: format!("{} ({})", device.name, device.description.trim()),
            gpu: gpu.contains(&device.device_type),
            free: device.memory_free as u64,
            total: device.memory_total as u64,
        })
        .collect()
}

/// Layers of a model of `layers` layers and `bytes` of weights and cache that fit into `free` bytes. The output matrix
/// counts as one more layer, as llama.cpp counts.
pub fn fitting(layers: u32, bytes: u64, free: u64) -> u32 {
    let all = layers.saturating_add(1);
    let usable = free / 100 * USABLE;
    if bytes <= usable {
        return all;
    }
    let each = (bytes / u64::from(all)).max(1);
    u32::try_from(usable / each).unwrap_or(all).min(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_layers_as_fit() {
        const GB: u64 = 1 << 30;
        assert_eq!(fitting(28, 8 * GB, 80 * GB), 29, "all, and the output");
        assert_eq!(fitting(28, 8 * GB, 0), 0);
        let some = fitting(28, 8 * GB, 4 * GB);
        assert!((10..15).contains(&some), "{some}");
        assert_eq!(fitting(0, 0, 0), 1, "nothing fits anywhere");
    }

    #[test]
    fn there_is_a_cpu() {
        let devices = devices();
        assert!(devices.iter().any(|device| !device.gpu && device.total > 0), "{devices:?}");
    }
}
