//! Derives from the measured speed how much to read between two looks at the cancel token, and how long a prompt may be.
//! Pure arithmetic over measurements that come in.

use std::time::Duration;

/// Tokens evaluated between two looks at the cancel token, at least. Each chunk reads all weights: in chunks of 16 a
/// 0.5B model on two cores read prompts at 0.7 of its full speed, in chunks of 32 at 0.9.
pub const CHUNK: usize = 32;
/// A fast model takes what it evaluates in this time: the embedded one reads 1.4 times as fast in chunks of 128 as of 32.
const STRIDE: Duration = Duration::from_millis(50);
/// No prompt budget below this, however slow the machine: less context gives no useful suggestion.
pub const LEAST_PROMPT: usize = 256;

/// The speed of one model here.
#[derive(Debug, Clone)]
pub struct Speed {
    /// Tokens per second, a moving average; 0 before the first measurement.
    rate: f32,
    chunk: usize,
    budget: usize,
    longest: usize,
    max_prefill_ms: u32,
}

impl Speed {
    /// Nothing measured yet. `chunk` is used until then, `longest` bounds every prompt, `max_prefill_ms` is the time that a
    /// cold prompt may take.
    pub fn new(chunk: usize, longest: usize, max_prefill_ms: u32) -> Self {
        Self { rate: 0.0, chunk, budget: LEAST_PROMPT, longest, max_prefill_ms }
    }

    /// Tokens per second.
    pub fn rate(&self) -> f32 {
        self.rate
    }

    /// Tokens to evaluate in one go.
    pub fn chunk(&self) -> usize {
        self.chunk
    }

    /// Tokens that a prompt may have. It moves in steps of a quarter, or windows would move with every measurement.
    pub fn budget(&self) -> usize {
        self.budget
    }

    /// `tokens` of a prompt were evaluated in `elapsed`.
    pub fn measured(&mut self, tokens: usize, elapsed: Duration) {
        // A few tokens say more about the cost of a call than about speed.
        if tokens < CHUNK / 2 {
            return;
        }
        let rate = tokens as f32 / elapsed.as_secs_f32().max(1e-6);
        self.rate = if self.rate == 0.0 { rate } else { self.rate * 0.7 + rate * 0.3 };
        let budget = (self.rate * self.max_prefill_ms as f32 / 1000.0) as usize;
        let budget = budget.clamp(LEAST_PROMPT, self.longest.max(LEAST_PROMPT));
        if budget.abs_diff(self.budget) * 4 > self.budget {
            self.budget = budget;
        }
    }

    /// Choose the chunk that fits the speed; `most` is what llama.cpp takes at once.
    pub fn choose_chunk(&mut self, most: usize) {
        let within = |time: Duration| (self.rate * time.as_secs_f32()) as usize;
        while self.chunk * 2 <= within(STRIDE).min(most) {
            self.chunk *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(rate: usize) -> usize {
        let mut speed = Speed::new(CHUNK, 4096, 1500);
        speed.measured(rate, Duration::from_secs(1));
        speed.choose_chunk(512);
        speed.chunk()
    }

    #[test]
    fn a_chunk_is_what_50_ms_allow_but_at_least_32_tokens() {
        assert_eq!([40, 100, 320, 640, 4000, 1_000_000].map(chunk), [32, 32, 32, 32, 128, 512]);
    }

    #[test]
    fn the_budget_follows_the_speed_in_steps() {
        let mut speed = Speed::new(CHUNK, 4096, 1000);
        assert_eq!(speed.budget(), LEAST_PROMPT);
        speed.measured(1000, Duration::from_secs(1));
        assert_eq!(speed.budget(), 1000);
        speed.measured(1100, Duration::from_secs(1));
        assert_eq!(speed.budget(), 1000, "not for a little");
        speed.measured(3, Duration::from_secs(1));
        assert!(speed.rate() > 1000.0, "too few tokens to tell");
        for _ in 0..20 {
            speed.measured(100_000, Duration::from_secs(1));
        }
        assert_eq!(speed.budget(), 4096, "the context is the limit");
    }
}
