//! Computes the SHA-256 of files, with news of how far it is.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

/// Told how many more bytes were read.
pub type Progress<'a> = &'a dyn Fn(u64);

/// The digest of the file at `path`, in lower-case hexadecimal digits.
///
/// # Errors
/// Names the file when it cannot be read.
pub fn of_file(path: &Path, progress: Progress<'_>) -> anyhow::Result<String> {
    let mut file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let hash = absorb(&mut file, u64::MAX, progress);
    Ok(text(hash.with_context(|| format!("cannot read {}", path.display()))?))
}

/// The state after at most `most` bytes of `file`.
pub fn absorb(file: &mut File, most: u64, progress: Progress<'_>) -> std::io::Result<Sha256> {
    let mut hash = Sha256::new();
    let mut reader = file.take(most);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hash),
            count => {
                hash.update(&buffer[..count]);
                progress(count as u64);
            }
        }
    }
}

/// The digest as text.
pub fn text(hash: Sha256) -> String {
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
