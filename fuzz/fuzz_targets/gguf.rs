//! Fuzzes the reader of a model's head: any file is refused with a sentence or found good, at once and without much memory.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

/// A file in memory, for this process.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("treefill-fuzz-{}.gguf", std::process::id()))
});

fuzz_target!(|data: &[u8]| {
    std::fs::write(&*FILE, data).unwrap();
    if let Err(error) = treefill::models::check(&FILE) {
        let text = format!("{error:#}");
        assert!(text.contains("treefill-fuzz-") && text.len() < 500, "{text}");
    } else {
        assert!(data.starts_with(b"GGUF") && data.len() > 24, "a head and something behind it");
    }
    // What a name says of other parts is read from any name.
    let name = String::from_utf8_lossy(data.get(..64).unwrap_or(data)).replace(['/', '\0'], "");
    assert!((1..=999).contains(&treefill::models::parts(name.as_ref()).len()));
});
