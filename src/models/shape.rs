//! Says how large the matrices of a model are: what its time and its memory depend on.

use serde::{Deserialize, Serialize};

/// The matrices of a decoder of Llama's kind. Others are near enough to it to be timed by it: what counts are the matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransformerShape {
    /// Layers, one after the other.
    pub layers: u64,
    /// Numbers of a token's vector between layers.
    pub width: u64,
    /// Heads of attention; each has `width / heads` numbers.
    pub heads: u64,
    /// Heads of keys and values, which several heads may share.
    pub kv_heads: u64,
    /// Numbers between the matrices of the feed-forward part.
    pub feed_forward: u64,
    /// Whether that part has three matrices (Llama, Qwen) and not two (StarCoder).
    #[serde(default = "yes")]
    pub gated: bool,
    /// Tokens.
    pub vocabulary: u64,
}

fn yes() -> bool {
    true
}

impl TransformerShape {
    /// Weights of the matrices of one layer.
    pub fn of_layer(&self) -> u64 {
        let attention = self.width * self.width * 2 + self.width * self.kv_width() * 2;
        attention + self.width * self.feed_forward * if self.gated { 3 } else { 2 }
    }

    /// Weights of the matrix that turns tokens into vectors.
    pub fn of_table(&self) -> u64 {
        self.width * self.vocabulary
    }

    /// Numbers of a token's keys, and of its values.
    pub fn kv_width(&self) -> u64 {
        self.width / self.heads.max(1) * self.kv_heads
    }

    /// Whether these numbers can be those of a model.
    pub fn is_sane(&self) -> bool {
        let bounds = [
            (self.layers, 1 << 10),
            (self.width, 1 << 17),
            (self.feed_forward, 1 << 19),
            (self.vocabulary, 1 << 21),
        ];
        bounds.iter().all(|&(number, most)| (1..=most).contains(&number))
            && (1..=self.width).contains(&self.heads)
            && self.width.is_multiple_of(self.heads)
            && (1..=self.heads).contains(&self.kv_heads)
    }
}

/// How ggml keeps the weights of a matrix: a number of weights together in a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightType {
    /// ggml's number of the type.
    pub id: u32,
    /// Weights of a block; rows are whole blocks.
    pub block: u64,
    /// Bytes of a block.
    pub bytes: u64,
}

impl WeightType {
    /// For norms.
    pub const F32: Self = Self { id: 0, block: 1, bytes: 4 };
    const Q8_0: Self = Self { id: 8, block: 32, bytes: 34 };

    /// Of most matrices of a file with this precision (`Q4_K_M`), with rows of `widths` weights; llama.cpp takes another type where
    /// rows are not whole blocks.
    pub fn of_quant(quant: &str, widths: &[u64]) -> Option<Self> {
        let quant = quant.to_ascii_uppercase();
        let name = quant.trim_end_matches("_S").trim_end_matches("_M").trim_end_matches("_L");
        let (id, block, bytes) = match name {
            "F32" => (0, 1, 4),
            "F16" => (1, 1, 2),
            "Q4_0" => (2, 32, 18),
            "Q4_1" => (3, 32, 20),
            "Q5_0" => (6, 32, 22),
            "Q5_1" => (7, 32, 24),
            "Q8_0" => (8, 32, 34),
            "Q2_K" => (10, 256, 84),
            "Q3_K" => (11, 256, 110),
            "Q4_K" => (12, 256, 144),
            "Q5_K" => (13, 256, 176),
            "Q6_K" => (14, 256, 210),
            "BF16" => (30, 1, 2),
            _ => return None,
        };
        let found = Self { id, block, bytes };
        [found, Self::Q8_0].into_iter().find(|it| widths.iter().all(|width| width.is_multiple_of(it.block)))
    }

    /// Bytes of so many weights.
    pub fn size(&self, weights: u64) -> u64 {
        weights / self.block * self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_counted() {
        let qwen = TransformerShape {
            layers: 24,
            width: 896,
            heads: 14,
            kv_heads: 2,
            feed_forward: 4864,
            gated: true,
            vocabulary: 151_936,
        };
        assert!(qwen.is_sane());
        // The file has 494 032 768; norms and biases are the rest.
        assert_eq!(qwen.of_layer() * 24 + qwen.of_table(), 493_961_216);
        assert!(!TransformerShape { heads: 0, ..qwen }.is_sane());
        assert!(!TransformerShape { kv_heads: 15, ..qwen }.is_sane());
        assert!(!TransformerShape { layers: 1 << 40, ..qwen }.is_sane());
    }

    #[test]
    fn types_have_whole_blocks() {
        let of = |quant, width| WeightType::of_quant(quant, &[width]).map(|it| it.id);
        assert_eq!([of("Q4_K_M", 1536), of("q6_K", 1536), of("Q8_0", 896)], [Some(12), Some(14), Some(8)]);
        assert_eq!(of("Q4_K_M", 896), Some(8), "896 is no multiple of 256");
        assert_eq!([of("Q8_0", 7), of("IQ1_S", 256)], [None, None]);
        assert_eq!(WeightType::of_quant("Q8_0", &[64]).unwrap().size(64), 68);
    }
}
