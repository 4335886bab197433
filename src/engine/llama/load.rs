//! Loads a GGUF: checks it first, reports progress, and turns every failure into one text that says what to do.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::model::{LlamaLoraAdapter, LlamaModel};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::backend::{backend, take_last_error};
use super::chat::Chat;
use super::devices::{CACHE_MEMORY, devices, fitting};
use super::vocabulary::ModelVocabulary;
use crate::engine::queue::Queue;
use crate::engine::{ModelOptions, ModelRole, Status};
use crate::models::ADAPTER_SETTING;

/// A loaded model.
pub struct Loaded {
    /// The library.
    pub backend: &'static LlamaBackend,
    /// Weights and vocabulary.
    pub model: LlamaModel,
    /// What the engine reads from the vocabulary.
    pub vocabulary: ModelVocabulary,
    /// How conversations are worded, for a model that is asked in them.
    pub chat: Option<Chat>,
    /// An adapter of its weights; the model owns its memory, and a context takes it on.
    pub adapter: Option<Mutex<LlamaLoraAdapter>>,
    /// Layers on the GPU, the output counted as one; never more than there are.
    pub gpu_layers: u32,
}

/// How many layers fit into the GPUs' free memory. Tried with Vulkan on a software device (Mesa's llvmpipe) only.
fn offload(backend: &LlamaBackend, path: &Path) -> u32 {
    let free = devices().iter().filter(|device| device.gpu).map(|device| device.free).sum();
    let Some(layers) = layers(backend, path) else { return 0 };
    let weights = std::fs::metadata(path).map_or(u64::MAX, |file| file.len());
    // The cache adds to the weights what it may take at most.
    fitting(layers, weights.saturating_add(CACHE_MEMORY), free)
}

/// The number of layers, from the file's head, which is read without the weights. It stands in the metadata; llama.cpp's own
/// count is 0 as long as only the vocabulary was loaded.
fn layers(backend: &LlamaBackend, path: &Path) -> Option<u32> {
    let params = LlamaModelParams::default().with_vocab_only(true);
    let head = LlamaModel::load_from_file(backend, path, &params).ok()?;
    let architecture = head.meta_val_str("general.architecture").ok()?;
    head.meta_val_str(&format!("{architecture}.block_count")).ok()?.parse().ok()
}

/// Load what `options` name. The error is for the user.
pub fn load(
    options: &ModelOptions,
    queue: &Arc<Queue>,
    status: &watch::Sender<Status>,
) -> Result<Loaded, String> {
    let started = Instant::now();
    let path = &options.model;
    // llama.cpp aborts the process on some broken files; those that can be told beforehand never reach it.
    let facts = crate::models::facts(path, &[]).map_err(|error| format!("{error:#}"))?;
    if facts.embeds {
        return Err(format!("{} {}", path.display(), crate::models::EMBEDS));
    }
    if let Some(adapter) = &options.adapter {
        crate::models::check_adapter(adapter, path).map_err(|error| format!("{error:#}"))?;
    }
    let backend = backend()?;
    let gpu_layers = match options.tuning.gpu_layers {
        Some(layers) => layers,
        None if backend.supports_gpu_offload() => offload(backend, path),
        None => 0,
    };
    let params = LlamaModelParams::default().with_n_gpu_layers(gpu_layers).with_progress_callback({
        let (queue, status) = (Arc::clone(queue), status.clone());
        move |progress| {
            status.send_replace(Status::Loading(progress));
            !queue.is_closed()
        }
    });
    take_last_error();
    let mut model = LlamaModel::load_from_file(backend, path, &params).map_err(|error| {
        let reason = take_last_error().unwrap_or_else(|| error.to_string());
        format!(
            "cannot load the model {}: {reason}; the file may be damaged or its architecture too new",
            path.display()
        )
    })?;
    let named = |error: String| format!("{}: {error}", path.display());
    let vocabulary = ModelVocabulary::read(&model, options.role, options.tuning.family.as_deref());
    let vocabulary = vocabulary.map_err(|error| match facts.chats && options.tuning.family.is_none() {
        true => {
            named(format!("{error}. It takes instructions: the setting `instruct.path` is for such models"))
        }
        false => named(error),
    })?;
    let chat = match options.role {
        ModelRole::Infill => None,
        ModelRole::Instruct => Some(Chat::read(&model).map_err(named)?),
    };
    let adapter = match &options.adapter {
        Some(adapter) => Some(Mutex::new(load_adapter(&mut model, adapter, path)?)),
        None => None,
    };
    tracing::info!(elapsed = ?started.elapsed(), "model loaded: {}", path.display());
    vocabulary.layout.doubts.iter().for_each(|doubt| tracing::warn!("{}: {doubt}", path.display()));
    let gpu_layers = gpu_layers.min(model.n_layer().saturating_add(1));
    Ok(Loaded { backend, model, vocabulary, chat, adapter, gpu_layers })
}

/// Reads the adapter at `path` for the model that was read from `base`.
fn load_adapter(model: &mut LlamaModel, path: &Path, base: &Path) -> Result<LlamaLoraAdapter, String> {
    take_last_error();
    model.lora_adapter_init(path).map_err(|error| {
        let reason = take_last_error().unwrap_or_else(|| error.to_string());
        format!(
            "{ADAPTER_SETTING}: the adapter {} does not fit the model {}: {reason}",
            path.display(),
            base.display()
        )
    })
}

#[cfg(all(test, feature = "embedded-model"))]
mod tests {
    use super::*;

    #[test]
    fn layers_are_counted_without_the_weights() {
        let path = crate::models::infill(&None).unwrap();
        let backend = backend().unwrap();
        let model = LlamaModel::load_from_file(backend, &path, &LlamaModelParams::default()).unwrap();
        assert!(model.n_layer() > 0);
        assert_eq!(layers(backend, &path), Some(model.n_layer()));
    }
}
