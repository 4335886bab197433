//! Tests downloads against a real HTTP server on this machine that does what servers, proxies and networks do to people: nothing wrong
//! ever gets its final name, nothing waits for ever, and each message says what to do.

mod commands;
mod hostile;
mod kills;
mod refusals;

use sha2::{Digest as _, Sha256};

/// A GGUF of about `size` bytes: a head with one tensor, and noise for its weights.
pub fn gguf(size: usize, seed: u64) -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend([1u64.to_le_bytes(), 3u64.to_le_bytes()].concat());
    bytes.extend([text("general.name"), 8u32.to_le_bytes().to_vec(), text("a test")].concat());
    bytes.extend([text("general.architecture"), 8u32.to_le_bytes().to_vec(), text("llama")].concat());
    let sentinel =
        [9u32.to_le_bytes().to_vec(), 8u32.to_le_bytes().to_vec(), 1u64.to_le_bytes().to_vec()].concat();
    bytes.extend([text("tokenizer.ggml.tokens"), sentinel, text("<|fim_prefix|>")].concat());
    bytes
        .extend([text("weight"), 1u32.to_le_bytes().to_vec(), (size as u64).to_le_bytes().to_vec()].concat());
    bytes.extend([0u32.to_le_bytes().to_vec(), 0u64.to_le_bytes().to_vec()].concat());
    let data = bytes.len().next_multiple_of(32);
    bytes.resize(data, 0);
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
