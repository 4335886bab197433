//! Writes a GGUF with the matrices of another model and zeros in them: it takes the time that the other one would take.
//!
//! llama.cpp multiplies zeros as it multiplies anything else. The zeros are a hole in the file, so that writing one costs nothing; what
//! is read of them takes memory, as weights do. Texts become tokens as with the model whose head is taken, padded to the vocabulary of
//! the other one.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use tempfile::NamedTempFile;

use super::shape::{TransformerShape, WeightType};

/// What is to be timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaPlan {
    /// The matrices.
    pub shape: TransformerShape,
    /// Whether the output has a matrix of its own.
    pub own_output: bool,
    /// How the matrices are kept.
    pub weights: WeightType,
}

/// The offset of each tensor is a multiple of this.
const ALIGNMENT: u64 = 32;
/// ggml's `llama_token_type`: a token that marks something, and one that means nothing.
const CONTROL: u32 = 3;
const UNUSED: u32 = 5;
const U32: u32 = 4;
const F32: u32 = 6;
const STRING: u32 = 8;
const ARRAY: u32 = 9;

impl ReplicaPlan {
    /// The same with fewer layers, of which the weights are at most `most`; two are left at least, or all that there are.
    pub fn cut(&self, most: u64) -> Self {
        let layers = (most / self.shape.of_layer().max(1)).max(2).min(self.shape.layers);
        Self { shape: TransformerShape { layers, ..self.shape }, ..*self }
    }

    /// Write it into the temporary folder, with the tokenizer of the model at `head`.
    ///
    /// # Errors
    /// When that file or the folder cannot be used, or the vocabulary is larger than the plan's.
    pub fn write(&self, head: &Path) -> anyhow::Result<NamedTempFile> {
        let bytes = std::fs::read(head).with_context(|| head.display().to_string())?;
        let tokenizer = TokenizerEntries::read(&bytes).context("its head is not understood")?;
        let tokenizer = tokenizer.widened(self.shape.vocabulary)?;
        let entries = [self.entries(), tokenizer].concat();
        let (described, data) = self.tensors();
        let mut start = b"GGUF\x03\0\0\0".to_vec();
        start.extend((described.len() as u64).to_le_bytes());
        start.extend((entries.len() as u64).to_le_bytes());
        start.extend(entries.concat());
        start.extend(described.concat());
        let data_at = (start.len() as u64).next_multiple_of(ALIGNMENT);
        let mut file = tempfile::Builder::new().prefix("treefill-").suffix(".gguf").tempfile()?;
        file.write_all(&start)?;
        file.as_file().set_len(data_at + data)?;
        Ok(file)
    }

    /// What the head says of the model, but for its tokenizer.
    fn entries(&self) -> Vec<Vec<u8>> {
        let shape = &self.shape;
        let number =
            |name: &str, value: u64| entry(&format!("llama.{name}"), U32, &(value as u32).to_le_bytes());
        let real = |name: &str, value: f32| entry(&format!("llama.{name}"), F32, &value.to_le_bytes());
        vec![
            entry("general.architecture", STRING, &text("llama")),
            entry("general.name", STRING, &text("replica")),
            entry("general.quantization_version", U32, &2u32.to_le_bytes()),
            number("context_length", 4096),
            number("embedding_length", shape.width),
            number("block_count", shape.layers),
            number("feed_forward_length", self.feed_forward()),
            number("attention.head_count", shape.heads),
            number("attention.head_count_kv", shape.kv_heads),
            number("rope.dimension_count", shape.width / shape.heads),
            real("rope.freq_base", 10_000.0),
            real("attention.layer_norm_rms_epsilon", 1e-5),
        ]
    }

    /// Where the model has two matrices of this width, the replica has three narrower ones: as much work.
    fn feed_forward(&self) -> u64 {
        let whole = self.weights.block.max(ALIGNMENT);
        match self.shape.gated {
            true => self.shape.feed_forward,
            false => (self.shape.feed_forward * 2 / 3).next_multiple_of(whole),
        }
    }

    /// The descriptions of all tensors, and the bytes of their data.
    fn tensors(&self) -> (Vec<Vec<u8>>, u64) {
        let TransformerShape { layers, width, vocabulary, .. } = self.shape;
        let (kv, wide) = (self.shape.kv_width(), self.feed_forward());
        let mut tensors = vec![("token_embd.weight".to_owned(), width, Some(vocabulary))];
        if self.own_output {
            tensors.push(("output.weight".to_owned(), width, Some(vocabulary)));
        }
        tensors.push(("output_norm.weight".to_owned(), width, None));
        for layer in 0..layers {
            let of_layer = [
                ("attn_norm", width, None),
                ("attn_q", width, Some(width)),
                ("attn_k", width, Some(kv)),
                ("attn_v", width, Some(kv)),
                ("attn_output", width, Some(width)),
                ("ffn_norm", width, None),
                ("ffn_gate", width, Some(wide)),
                ("ffn_up", width, Some(wide)),
                ("ffn_down", wide, Some(width)),
            ];
            tensors
                .extend(of_layer.map(|(name, row, rows)| (format!("blk.{layer}.{name}.weight"), row, rows)));
        }
        let mut at = 0u64;
        let described = tensors.into_iter().map(|(name, row, rows)| {
            let kind = if rows.is_some() { self.weights } else { WeightType::F32 };
            let mut bytes = text(&name);
            bytes.extend((1 + u32::from(rows.is_some())).to_le_bytes());
            [Some(row), rows].into_iter().flatten().for_each(|size| bytes.extend(size.to_le_bytes()));
            bytes.extend(kind.id.to_le_bytes());
            bytes.extend(at.to_le_bytes());
            at = (at + kind.size(row * rows.unwrap_or(1))).next_multiple_of(ALIGNMENT);
            bytes
        });
        (described.collect(), at)
    }
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

fn entry(key: &str, kind: u32, value: &[u8]) -> Vec<u8> {
    [&text(key)[..], &kind.to_le_bytes(), value].concat()
}

/// What a GGUF says of its tokens.
struct TokenizerEntries<'a> {
    /// Key, type and value of what is taken as it is.
    others: Vec<(&'a str, u32, &'a [u8])>,
    /// The ids of marks, by their keys.
    ids: Vec<(&'a str, u32)>,
    tokens: Vec<&'a [u8]>,
    kinds: Vec<u32>,
}

impl<'a> TokenizerEntries<'a> {
    /// From the bytes of a GGUF that was checked. None where it says too little.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut head = Cursor { bytes, at: 8 };
        let (_tensors, entries) = (head.u64()?, head.u64()?);
        let mut found = Self { others: Vec::new(), ids: Vec::new(), tokens: Vec::new(), kinds: Vec::new() };
        for _ in 0..entries {
            let key = std::str::from_utf8(head.text()?).ok()?;
            let kind = head.u32()?;
            let from = head.at;
            match key {
                "tokenizer.ggml.tokens" => {
                    let count = head.array(STRING)?;
                    found.tokens = (0..count).map(|_| head.text()).collect::<Option<_>>()?;
                    continue;
                }
                "tokenizer.ggml.token_type" => {
                    let count = head.array(5)?;
                    found.kinds = (0..count).map(|_| head.u32()).collect::<Option<_>>()?;
                    continue;
                }
                _ => head.skip(kind)?,
            }
            let value = &bytes[from..head.at];
            if key.starts_with("tokenizer.") {
                match value.try_into() {
                    Ok(id) if key.ends_with("_token_id") => found.ids.push((key, u32::from_le_bytes(id))),
                    _ => found.others.push((key, kind, value)),
                }
            }
        }
        (!found.tokens.is_empty() && found.tokens.len() == found.kinds.len()).then_some(found)
    }

    /// With `vocabulary` tokens. Marks go to the end: where all tokens are equally likely the first is chosen, and that must not
    /// end the text. Ordinary tokens stay where they are if there is room, else they close the gaps.
    fn widened(&self, vocabulary: u64) -> anyhow::Result<Vec<Vec<u8>>> {
        let marks: Vec<usize> = (0..self.tokens.len()).filter(|&at| self.kinds[at] == CONTROL).collect();
        let count = usize::try_from(vocabulary)?;
        ensure!(
            count >= self.tokens.len(),
            "a vocabulary of {vocabulary} tokens is smaller than the one inside the program"
        );
        let is_tight = count < self.tokens.len() + marks.len();
        let moved = |id: u32| {
            let before = marks.partition_point(|&mark| (mark as u64) < u64::from(id));
            match marks.get(before).is_some_and(|&mark| mark as u64 == u64::from(id)) {
                true => (count - marks.len() + before) as u32,
                false if is_tight => id - before as u32,
                false => id,
            }
        };
        let mut tokens: Vec<Vec<u8>> = (0..count).map(|id| text(&format!("[{id}]"))).collect();
        let mut kinds = vec![UNUSED; count];
        for (id, (token, &kind)) in self.tokens.iter().zip(&self.kinds).enumerate() {
            let to = moved(u32::try_from(id)?) as usize;
            tokens[to] = [&(token.len() as u64).to_le_bytes(), *token].concat();
            kinds[to] = kind;
        }
        let list = |key: &str, kind: u32, values: Vec<u8>| {
            entry(key, ARRAY, &[&kind.to_le_bytes()[..], &vocabulary.to_le_bytes(), &values].concat())
        };
        let mut entries = vec![
            list("tokenizer.ggml.tokens", STRING, tokens.concat()),
            list("tokenizer.ggml.token_type", 5, kinds.iter().flat_map(|kind| kind.to_le_bytes()).collect()),
        ];
        entries.extend(self.others.iter().map(|(key, kind, value)| entry(key, *kind, value)));
        entries.extend(self.ids.iter().map(|(key, id)| entry(key, U32, &moved(*id).to_le_bytes())));
        Ok(entries)
    }
}

/// A place in the bytes of a GGUF.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let end = self.at.checked_add(usize::try_from(count).ok()?)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.u64()?;
        self.take(length)
    }

    /// The number of values of an array of this type.
    fn array(&mut self, kind: u32) -> Option<u64> {
        let found = self.u32()?;
        // No more than there are bytes.
        let count = self.u64()?;
        (found == kind && count <= self.bytes.len() as u64).then_some(count)
    }

    fn skip(&mut self, kind: u32) -> Option<()> {
        let size = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            STRING => return self.text().map(|_| ()),
            ARRAY => {
                let (kind, count) = (self.u32()?, self.u64()?);
                // Arrays of arrays are in no file.
                return (0..count).try_for_each(|_| if kind == ARRAY { None } else { self.skip(kind) });
            }
            _ => return None,
        };
        self.take(size).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{check, facts};

    fn built_in() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default/model.gguf")
    }

    const PLAN: ReplicaPlan = ReplicaPlan {
        shape: TransformerShape {
            layers: 24,
            width: 896,
            heads: 14,
            kv_heads: 2,
            feed_forward: 4864,
            gated: true,
            vocabulary: 151_936,
        },
        own_output: false,
        weights: WeightType { id: 8, block: 32, bytes: 34 },
    };

    #[test]
    fn it_has_the_matrices_of_the_other_and_no_weights() {
        let cut = PLAN.cut(100_000_000);
        assert_eq!(cut.shape.layers, 6);
        let file = cut.write(&built_in()).unwrap();
        check(file.path()).unwrap();
        let facts = facts(file.path(), &[]).unwrap();
        assert_eq!(facts.shape, Some(cut.shape));
        assert_eq!((facts.embedding, facts.own_output), (896 * 151_936, false));
        assert!(facts.fills_in, "the marks are there");
        let matrices = cut.shape.of_layer() * 6 + cut.shape.of_table();
        assert_eq!(facts.parameters, matrices + 896 * 13, "norms are the rest");
        assert!(file.as_file().metadata().unwrap().len() > matrices);
        #[cfg(target_os = "linux")]
        {
            use std::os::unix::fs::MetadataExt as _;
            let written = file.as_file().metadata().unwrap().blocks() * 512;
            assert!(written < 16 << 20, "zeros take no room: {written}");
        }
    }

    #[test]
    fn two_matrices_become_three_narrower_ones() {
        let two = TransformerShape { gated: false, feed_forward: 12_288, ..PLAN.shape };
        let three = ReplicaPlan { shape: two, ..PLAN };
        let facts = facts(three.write(&built_in()).unwrap().path(), &[]).unwrap().shape.unwrap();
        assert_eq!((facts.feed_forward, facts.gated), (8192, true));
        assert_eq!(facts.of_layer(), two.of_layer(), "as much work");
    }

    #[test]
    fn marks_stand_at_the_end() {
        let bytes = std::fs::read(built_in()).unwrap();
        let read = TokenizerEntries::read(&bytes).unwrap();
        assert_eq!(read.kinds[0], CONTROL);
        let wide = read.widened(10_000).unwrap().concat();
        let head =
            [&[0; 16][..], &(read.others.len() as u64 + read.ids.len() as u64 + 2).to_le_bytes(), &wide]
                .concat();
        let again = TokenizerEntries::read(&head).unwrap();
        assert_eq!((again.tokens.len(), again.kinds[0], again.tokens[0]), (10_000, UNUSED, &b"[0]"[..]));
        for ((key, id), (_, before)) in again.ids.iter().zip(&read.ids) {
            assert_eq!(again.tokens[*id as usize], read.tokens[*before as usize], "{key}");
        }
        assert_eq!(again.tokens[100], read.tokens[100], "ordinary ones stay where they are");
        let same = read.widened(read.tokens.len() as u64).unwrap().concat();
        let same = [&head[..24], &same].concat();
        let same = TokenizerEntries::read(&same).unwrap();
        assert_eq!(
            (same.tokens.len(), same.kinds.last()),
            (read.tokens.len(), Some(&CONTROL)),
            "no room to spare"
        );
        assert!(read.widened(5000).is_err());
        for end in 0..2000 {
            assert!(TokenizerEntries::read(&bytes[..end]).is_none(), "cut at {end}");
        }
    }
}
