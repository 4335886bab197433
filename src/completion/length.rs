//! Says how long suggestions may be where the user has not said: a larger model knows more of what follows, a slow one keeps waiting.

use super::request::CompletionOptions;
use crate::engine::ModelInfo;

/// Most tokens and lines of a model like the one inside.
const TOKENS: usize = 48;
const LINES: usize = 8;
/// The same from this many parameters on: what such a model writes is still right further down.
const LARGE: u64 = 1_000_000_000;
const TOKENS_OF_LARGE: usize = 96;
const LINES_OF_LARGE: usize = 16;
/// Below this many parameters the speed does not count.
const SMALL: u64 = 100_000_000;
/// No suggestion has to be shorter than this: two lines or three.
const LEAST: usize = 24;
/// Tokens of a line, with its indentation.
const OF_LINE: usize = 6;
/// Milliseconds that a text may take to be written.
const PATIENCE: f32 = 1000.0;
/// Where a token takes so many milliseconds, a block takes seconds, and its first line alone about one.
const ONE_LINE: f32 = 80.0;

/// How long suggestions of one model may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SuggestionLength {
    tokens: usize,
    lines: usize,
}

impl SuggestionLength {
    /// Of `model`; its speed counts where it was measured.
    fn of(model: &ModelInfo) -> Self {
        let (tokens, lines) =
            if model.parameters >= LARGE { (TOKENS_OF_LARGE, LINES_OF_LARGE) } else { (TOKENS, LINES) };
        // A small one is fast anywhere, and a busy machine is not to say otherwise.
        if model.token_ms <= 0.0 || model.parameters < SMALL {
            return Self { tokens, lines };
        }
        let tokens = ((PATIENCE / model.token_ms) as usize).clamp(LEAST, tokens);
        let lines = if model.token_ms >= ONE_LINE { 1 } else { (tokens / OF_LINE).min(lines) };
        Self { tokens, lines }
    }
}

impl CompletionOptions {
    /// Tokens and lines that a suggestion of `model` may have at most: what the user has set, else what suits the model.
    pub(super) fn length(&self, model: &ModelInfo) -> (usize, usize) {
        let by_model = SuggestionLength::of(model);
        (self.max_tokens.unwrap_or(by_model.tokens), self.lines(by_model.lines))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::completion::{Eagerness, Multiline};

    fn model(parameters: u64, token_ms: f32) -> ModelInfo {
        ModelInfo { parameters, token_ms, ..ModelInfo::default() }
    }

    #[test]
    fn large_and_fast_models_write_more_and_slow_ones_less() {
        let length = |parameters, token_ms| CompletionOptions::default().length(&model(parameters, token_ms));
        assert_eq!(length(15_000_000, 1.3), (48, 8), "the model inside");
        assert_eq!(length(15_000_000, 200.0), (48, 8), "measured while a compiler ran beside it");
        assert_eq!(length(0, 0.0), (48, 8), "nothing is known");
        assert_eq!(length(494_000_000, 25.0), (40, 6));
        assert_eq!(length(494_000_000, 50.0), (24, 4));
        assert_eq!(length(1_500_000_000, 8.0), (96, 16));
        assert_eq!(length(7_600_000_000, 200.0), (24, 1), "a line takes longer than a second");
    }

    #[test]
    fn what_the_user_sets_counts() {
        let slow = model(7_600_000_000, 200.0);
        let set =
            CompletionOptions { max_tokens: Some(64), max_lines: Some(10), ..CompletionOptions::default() };
        assert_eq!(set.length(&slow), (64, 10));
        let low = CompletionOptions { eagerness: Eagerness::Low, ..CompletionOptions::default() };
        assert_eq!(low.length(&model(15_000_000, 1.0)), (48, 3));
        let never = CompletionOptions { multiline: Multiline::Never, ..set };
        assert_eq!(never.length(&slow), (64, 1));
        let always = CompletionOptions { multiline: Multiline::Always, ..CompletionOptions::default() };
        assert_eq!(always.length(&slow), (24, 4), "who wants several lines always gets some");
    }
}
