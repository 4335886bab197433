//! Reads from the head of a GGUF what a user asks about a model: its name, size, context, and what it was made for.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, ensure};

use super::gguf;
use super::shape::TransformerShape;

/// What the head of a GGUF says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GgufFacts {
    /// `qwen2`, `llama`, …: how llama.cpp computes it.
    pub architecture: String,
    /// `general.type`: `model`, `adapter`; empty in most models.
    pub kind: String,
    /// Of an adapter, which kind it is: `lora`.
    pub adapter: String,
    /// What its maker calls it; may be empty.
    pub name: String,
    /// The licence that the file names; may be empty.
    pub licence: String,
    /// Tokens that it was trained to see.
    pub context: Option<u64>,
    /// Weights.
    pub parameters: u64,
    /// Of these, the weights that turn a token into a vector. They cost memory and, unless they are also the output matrix, no time.
    pub embedding: u64,
    /// Whether there is an output matrix of its own.
    pub own_output: bool,
    /// The precision that the file names: `Q8_0`.
    pub quant: Option<&'static str>,
    /// Whether tokens mark prefix, suffix and middle.
    pub fills_in: bool,
    /// Whether it has a chat template.
    pub chats: bool,
    /// Whether it turns texts into vectors, and writes none.
    pub embeds: bool,
    /// Its matrices, where they are of the usual kind.
    pub shape: Option<TransformerShape>,
}

/// Keys that name a token for fill-in-the-middle.
const FIM_KEYS: [&str; 4] = [
    "tokenizer.ggml.fim_pre_token_id",
    "tokenizer.ggml.prefix_token_id",
    "tokenizer.ggml.fim_suf_token_id",
    "tokenizer.ggml.suffix_token_id",
];

/// What the head of the GGUF at `path` says. A token of `sentinels` means that the model fills in.
///
/// # Errors
/// As [`super::check`]: the text names the file.
pub fn facts(path: &Path, sentinels: &[&str]) -> anyhow::Result<GgufFacts> {
    gguf::check(path)?;
    let file = File::open(path).with_context(|| format!("cannot open the model {}", path.display()))?;
    let sizes = Sizes::default();
    let mut head = Head { file: BufReader::new(file), facts: GgufFacts::default(), sizes, sentinels };
    head.read().with_context(|| format!("the head of {} cannot be read", path.display()))?;
    Ok(head.facts)
}

struct Head<'a> {
    file: BufReader<File>,
    facts: GgufFacts,
    sizes: Sizes,
    sentinels: &'a [&'a str],
}

/// What the shape is made of: numbers of the metadata, and of the first layer's tensors.
#[derive(Debug, Default)]
struct Sizes {
    layers: u64,
    width: u64,
    heads: u64,
    kv_heads: Option<u64>,
    vocabulary: u64,
    kv_width: u64,
    /// Rows of the matrices that begin the feed-forward part.
    gate: Option<u64>,
    up: u64,
}

impl Sizes {
    fn key(&mut self, key: &str, number: u64) {
        match key.split_once('.').map_or("", |(_, name)| name) {
            "block_count" => self.layers = number,
            "embedding_length" => self.width = number,
            "attention.head_count" => self.heads = number,
            "attention.head_count_kv" => self.kv_heads = Some(number),
            _ => {}
        }
    }

    fn tensor(&mut self, name: &str, sizes: &[u64]) {
        let rows = sizes.get(1).copied().unwrap_or(0);
        match name {
            "token_embd.weight" => self.vocabulary = rows,
            "blk.0.attn_k.weight" => self.kv_width = rows,
            "blk.0.ffn_gate.weight" => self.gate = Some(rows),
            "blk.0.ffn_up.weight" => self.up = rows,
            _ => {}
        }
    }

    /// None for a model of another kind: a mixture of experts, or one with its matrices joined.
    fn shape(&self) -> Option<TransformerShape> {
        let shape = TransformerShape {
            layers: self.layers,
            width: self.width,
            heads: self.heads,
            kv_heads: self.kv_heads.unwrap_or(self.heads),
            feed_forward: self.up,
            gated: self.gate.is_some(),
            vocabulary: self.vocabulary,
        };
        (shape.is_sane() && shape.kv_width() == self.kv_width).then_some(shape)
    }
}

impl Head<'_> {
    /// The layout was checked before; what is read here is inside of the file.
    fn read(&mut self) -> anyhow::Result<()> {
        let _magic: [u8; 4] = self.bytes()?;
        let _version = self.u32()?;
        let (tensors, entries) = (self.u64()?, self.u64()?);
        for _ in 0..entries {
            let key = self.text()?;
            let kind = self.u32()?;
            self.entry(&key, kind)?;
        }
        for _ in 0..tensors {
            let name = self.text()?;
            // Four at most, as was checked.
            let sizes = (0..self.u32()?).map(|_| self.u64()).collect::<anyhow::Result<Vec<u64>>>()?;
            let elements = sizes.iter().fold(1u64, |all, size| all.saturating_mul(*size));
            self.sizes.tensor(&name, &sizes);
            let _kind_and_offset: [u8; 12] = self.bytes()?;
            self.facts.parameters = self.facts.parameters.saturating_add(elements);
            match &*name {
                "token_embd.weight" => self.facts.embedding = elements,
                "output.weight" => self.facts.own_output = true,
                _ => {}
            }
        }
        self.facts.shape = self.sizes.shape();
        Ok(())
    }

    fn entry(&mut self, key: &str, kind: u32) -> anyhow::Result<()> {
        const STRING: u32 = 8;
        const ARRAY: u32 = 9;
        self.facts.fills_in |= FIM_KEYS.contains(&key);
        self.facts.chats |= key == "tokenizer.chat_template";
        match kind {
            STRING => {
                let text = self.text()?;
                match key {
                    "general.architecture" => self.facts.architecture = text,
                    "general.type" => self.facts.kind = text,
                    "adapter.type" => self.facts.adapter = text,
                    "general.name" => self.facts.name = text,
                    "general.license" => self.facts.licence = text,
                    _ => {}
                }
            }
            ARRAY => {
                let (kind, count) = (self.u32()?, self.u64()?);
                for _ in 0..count {
                    if kind != STRING {
                        self.number(kind)?;
                        continue;
                    }
                    let text = self.text()?;
                    self.facts.fills_in |= key == "tokenizer.ggml.tokens" && self.sentinels.contains(&&*text);
                }
            }
            _ => {
                let number = self.number(kind)?;
                self.sizes.key(key, number);
                // How the vectors of the tokens become one; 0: not at all.
                self.facts.embeds |= key.ends_with(".pooling_type") && number != 0;
                self.facts.embeds |= key.ends_with(".attention.causal") && number == 0;
                if key.ends_with(".context_length") {
                    self.facts.context = Some(number);
                } else if key == "general.file_type" {
                    self.facts.quant = quant(number);
                }
            }
        }
        Ok(())
    }

    /// A number, in as many bytes as its kind has; only whole ones mean something.
    fn number(&mut self, kind: u32) -> anyhow::Result<u64> {
        Ok(match kind {
            0 | 1 | 7 => u64::from(self.bytes::<1>()?[0]),
            2 | 3 => u64::from(u16::from_le_bytes(self.bytes()?)),
            4..=6 => u64::from(self.u32()?),
            _ => self.u64()?,
        })
    }

    fn text(&mut self) -> anyhow::Result<String> {
        // The longest is a chat template.
        const LONGEST: u64 = 1 << 24;
        let length = self.u64()?;
        ensure!(length <= LONGEST, "a text of {length} bytes");
        let mut text = Vec::new();
        (&mut self.file).take(length).read_to_end(&mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn bytes<const N: usize>(&mut self) -> anyhow::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> anyhow::Result<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> anyhow::Result<u64> {
        self.bytes().map(u64::from_le_bytes)
    }
}

/// llama.cpp's `llama_ftype`.
fn quant(file_type: u64) -> Option<&'static str> {
    Some(match file_type {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        7 => "Q8_0",
        8 => "Q5_0",
        9 => "Q5_1",
        10 => "Q2_K",
        11 => "Q3_K_S",
        12 => "Q3_K_M",
        13 => "Q3_K_L",
        14 => "Q4_K_S",
        15 => "Q4_K_M",
        16 => "Q5_K_S",
        17 => "Q5_K_M",
        18 => "Q6_K",
        32 => "BF16",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_models_head() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default/model.gguf");
        let facts = facts(&path, &["<|fim_prefix|>"]).unwrap();
        assert_eq!((&*facts.architecture, facts.quant, facts.context), ("llama", Some("Q8_0"), Some(1024)));
        assert!((15_000_000..16_000_000).contains(&facts.parameters), "{facts:?}");
        assert_eq!(facts.embedding, 8192 * 512);
        assert!(facts.fills_in && !facts.own_output, "{facts:?}");
        let shape = facts.shape.unwrap();
        assert_eq!((shape.layers, shape.heads, shape.kv_heads, shape.feed_forward), (5, 4, 1, 1024));
        // Norms are the rest.
        assert_eq!(facts.parameters - shape.of_layer() * 5 - shape.of_table(), 512 * 11);
    }
}
