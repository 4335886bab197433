//! Makes one prompt segment from a piece of text: its boundaries and its share.

use crate::engine::{Role, Segment};

/// How much text a prompt may hold, in bytes: a hint that keeps segments of thousands of lines from being tokenised
/// for a model that reads hundreds. The engine counts the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptBudget {
    /// Bytes of text.
    pub bytes: usize,
}

impl PromptBudget {
    /// For a model with this many tokens of context; 0 when unknown. Code has 3 to 4 bytes a token; 6 leaves the
    /// choice to the engine even for dense text.
    pub fn for_context(tokens: u32) -> Self {
        Self { bytes: if tokens == 0 { usize::MAX } else { tokens as usize * 6 } }
    }
}

/// A segment that may be cut at line starts.
pub fn at_line_starts(role: Role, text: String, share: u8) -> Segment {
    let boundaries = text.match_indices('\n').map(|(at, _)| at + 1).filter(|at| *at < text.len()).collect();
    Segment { role, text, share, boundaries, file: None }
}
