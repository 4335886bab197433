//! Checks a GGUF before llama.cpp gets it: llama.cpp ends the process on some broken files. It reads no weights.
//!
//! Checked: it is a file, magic, version, counts, every metadata entry and tensor description lies inside the file and is
//! sane, every tensor begins inside the file, the alignment. What remains (a hostile file with sane sizes) is bounded by
//! llama.cpp's own checks only: load models from sources you trust.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

/// Entries and tensors are some thousands in the largest models.
const MOST: u64 = 1 << 20;
/// llama.cpp only demands a power of two and computes with it in 32 bits; real files have 32.
const LARGEST_ALIGNMENT: u64 = 1 << 16;
/// Keys and tensor names; llama.cpp's own limit for names is 64.
const LONGEST_NAME: u64 = 1 << 16;
const CUT_SHORT: &str = "the file is cut short or damaged; download or copy it again";

/// Check that `path` is a GGUF file that llama.cpp can be given.
///
/// # Errors
/// A text that names the file and what is wrong with it.
pub fn check(path: &Path) -> anyhow::Result<()> {
    check_named(path, "model")
}

/// The same for a file that is called `what`.
///
/// # Errors
/// As [`check`].
pub fn check_named(path: &Path, what: &str) -> anyhow::Result<()> {
    let shown = path.display();
    let metadata = match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("the {what} {shown} was not found")
        }
        metadata => metadata.with_context(|| format!("cannot open the {what} {shown}"))?,
    };
    ensure!(!metadata.is_dir(), "the {what} {shown} is a folder; name the .gguf file in it");
    // Opening a FIFO would wait for ever.
    ensure!(metadata.is_file(), "the {what} {shown} is not a regular file");
    let file = File::open(path).with_context(|| format!("cannot open the {what} {shown}"))?;
    let mut reader = Reader { file: BufReader::new(file), at: 0, size: metadata.len() };
    reader.walk().with_context(|| format!("the {what} {shown} cannot be used"))
}

/// A file position that never leaves the file.
struct Reader {
    file: BufReader<File>,
    at: u64,
    size: u64,
}

impl Reader {
    fn walk(&mut self) -> anyhow::Result<()> {
        if !matches!(self.bytes(), Ok(magic) if &magic == b"GGUF") {
            bail!("it is not a GGUF file (llama.cpp's model format; convert the model or download a .gguf)");
        }
        let version = self.u32()?;
        ensure!((2..=3).contains(&version), "GGUF version {version} is not supported, only 2 and 3 are");
        let (tensors, entries) = (self.u64()?, self.u64()?);
        ensure!(tensors < MOST && entries < MOST, CUT_SHORT);
        let mut alignment = 32;
        for _ in 0..entries {
            if let Some(value) = self.entry()? {
                alignment = value;
            }
        }
        let sane = alignment.is_power_of_two() && alignment <= LARGEST_ALIGNMENT;
        ensure!(sane, "its alignment of {alignment} bytes makes no sense; the file is damaged");
        ensure!(tensors > 0, "it holds a vocabulary but no weights");
        let mut last = 0;
        for _ in 0..tensors {
            last = self.tensor()?.max(last);
        }
        let data = self.at.next_multiple_of(alignment);
        ensure!(data.checked_add(last).is_some_and(|at| at < self.size), CUT_SHORT);
        Ok(())
    }

    /// One metadata entry; the value if it is the alignment.
    fn entry(&mut self) -> anyhow::Result<Option<u64>> {
        const ALIGNMENT: &[u8] = b"general.alignment";
        const ARRAY: u32 = 9;
        const UINT32: u32 = 4;
        let key = self.name()?;
        let kind = self.u32()?;
        if key == ALIGNMENT {
            ensure!(kind == UINT32, "its alignment is not a number; the file is damaged");
            return Ok(Some(u64::from(self.u32()?)));
        }
        if kind == ARRAY {
            let (kind, count) = (self.u32()?, self.u64()?);
            // Arrays of arrays are in the format's description and in no file; llama.cpp refuses them too.
            ensure!(kind != ARRAY, CUT_SHORT);
            self.values(kind, count)?;
        } else {
            self.values(kind, 1)?;
        }
        Ok(None)
    }

    /// Skip values of a scalar type or strings.
    fn values(&mut self, kind: u32, count: u64) -> anyhow::Result<()> {
        const STRING: u32 = 8;
        let size = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            STRING => {
                // Each takes at least its length's 8 bytes, so a wild count ends at the end of the file.
                for _ in 0..count {
                    let length = self.u64()?;
                    self.skip(length)?;
                }
                return Ok(());
            }
            _ => bail!(CUT_SHORT),
        };
        self.skip(count.checked_mul(size).context(CUT_SHORT)?)
    }

    /// One tensor's description; its offset in the data.
    fn tensor(&mut self) -> anyhow::Result<u64> {
        self.name()?;
        let dimensions = self.u32()?;
        ensure!((1..=4).contains(&dimensions), CUT_SHORT);
        let mut elements = 1u64;
        for _ in 0..dimensions {
            elements = elements.checked_mul(self.u64()?).context(CUT_SHORT)?;
        }
        let _kind = self.u32()?;
        self.u64()
    }

    fn name(&mut self) -> anyhow::Result<Vec<u8>> {
        let length = self.u64()?;
        ensure!(length <= LONGEST_NAME && length <= self.size - self.at, CUT_SHORT);
        let mut name = vec![0; usize::try_from(length)?];
        self.file.read_exact(&mut name).context(CUT_SHORT)?;
        self.at += length;
        Ok(name)
    }

    fn skip(&mut self, count: u64) -> anyhow::Result<()> {
        ensure!(count <= self.size - self.at, CUT_SHORT);
        self.file.seek_relative(i64::try_from(count)?).context(CUT_SHORT)?;
        self.at += count;
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> anyhow::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes).context(CUT_SHORT)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn u32(&mut self) -> anyhow::Result<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> anyhow::Result<u64> {
        self.bytes().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Vec<u8> {
        [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
    }

    /// A GGUF with one entry of each kind, an alignment and one tensor of 8 bytes.
    fn gguf(alignment: u32, offset: u64) -> Vec<u8> {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend([1u64.to_le_bytes(), 3u64.to_le_bytes()].concat());
        bytes.extend([string("general.name"), 8u32.to_le_bytes().to_vec(), string("x")].concat());
        bytes.extend(
            [string("general.alignment"), 4u32.to_le_bytes().to_vec(), alignment.to_le_bytes().to_vec()]
                .concat(),
        );
        bytes.extend([string("list"), 9u32.to_le_bytes().to_vec(), 8u32.to_le_bytes().to_vec()].concat());
        bytes.extend([2u64.to_le_bytes().to_vec(), string("a"), string("b")].concat());
        bytes.extend([string("weight"), 1u32.to_le_bytes().to_vec(), 2u64.to_le_bytes().to_vec()].concat());
        bytes.extend([0u32.to_le_bytes().to_vec(), offset.to_le_bytes().to_vec()].concat());
        let data = bytes.len().next_multiple_of(32);
        bytes.resize(data + 8, 0);
        bytes
    }

    fn verdict(bytes: &[u8]) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        check(file.path()).map_or_else(|error| format!("{error:#}"), |()| "good".into())
    }

    #[test]
    fn a_good_file_passes_and_every_cut_is_noticed() {
        let good = gguf(32, 0);
        assert_eq!(verdict(&good), "good");
        for end in 0..good.len() - 8 {
            assert_ne!(verdict(&good[..end]), "good", "cut at {end}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(verdict(b"").contains("not a GGUF file"));
        assert!(verdict(b"PK\x03\x04 something else").contains("not a GGUF file"));
        assert!(verdict(b"GGUF\x01\0\0\0").contains("version 1 is not supported"));
        assert!(verdict(&gguf(0, 0)).contains("alignment of 0 bytes"));
        assert!(verdict(&gguf(0x8000_0000, 0)).contains("alignment of 2147483648 bytes"));
        assert!(verdict(&gguf(32, 1 << 40)).contains("cut short"));
        assert!(verdict(&gguf(32, u64::MAX)).contains("cut short"));
    }

    #[test]
    fn every_field_at_its_extremes_is_survived() {
        let good = gguf(32, 0);
        for at in 4..good.len() - 8 {
            for value in [0u64, 1, u64::MAX, i64::MAX as u64, u64::from(u32::MAX)] {
                let mut bytes = good.clone();
                bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
                verdict(&bytes);
            }
        }
    }

    #[test]
    fn only_regular_files() {
        let folder = tempfile::tempdir().unwrap();
        let text = |path: &Path| format!("{:#}", check(path).unwrap_err());
        assert!(text(folder.path()).contains("is a folder; name the .gguf file in it"));
        assert!(text(&folder.path().join("none.gguf")).contains("none.gguf"));
        #[cfg(unix)]
        assert!(text(Path::new("/dev/null")).contains("not a regular file"));
    }
}
