//! A look at a GGUF before llama.cpp gets it: llama.cpp ends the process on some broken files. It reads no weights.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

/// Check that `path` is a GGUF file that llama.cpp can be given.
///
/// # Errors
/// A text that names the file and what is wrong with it.
pub fn check(path: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    let metadata = std::fs::metadata(path).with_context(|| format!("cannot open the model {shown}"))?;
    ensure!(!metadata.is_dir(), "the model {shown} is a folder; name the .gguf file in it");
    // Opening a FIFO would wait for ever.
    ensure!(metadata.is_file(), "the model {shown} is not a regular file");
    let file = File::open(path).with_context(|| format!("cannot open the model {shown}"))?;
    header(&mut BufReader::new(file), metadata.len())
        .with_context(|| format!("the model {shown} cannot be used"))
}

fn header(reader: &mut impl Read, size: u64) -> anyhow::Result<()> {
    let mut magic = [0; 4];
    if reader.read_exact(&mut magic).is_err() || &magic != b"GGUF" {
        bail!(
            "it is not a GGUF file (GGUF is llama.cpp's model format; convert the model or download a .gguf)"
        );
    }
    let version = u32_of(reader)?;
    ensure!((2..=3).contains(&version), "GGUF version {version} is not supported (2 and 3 are)");
    let (tensors, entries) = (u64_of(reader)?, u64_of(reader)?);
    // The largest models have some thousands of each; every one takes more than 16 bytes of the file.
    ensure!(
        tensors < 1 << 20 && entries < 1 << 20 && (tensors + entries) * 16 <= size,
        "its header is damaged"
    );
    Ok(())
}

fn u32_of(reader: &mut impl Read) -> anyhow::Result<u32> {
    let mut bytes = [0; 4];
    reader.read_exact(&mut bytes).context("the file is cut short")?;
    Ok(u32::from_le_bytes(bytes))
}

fn u64_of(reader: &mut impl Read) -> anyhow::Result<u64> {
    let mut bytes = [0; 8];
    reader.read_exact(&mut bytes).context("the file is cut short")?;
    Ok(u64::from_le_bytes(bytes))
}
