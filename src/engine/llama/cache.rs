//! Wraps llama.cpp's context and its KV cache: several sequences, one of which is at work. It decides nothing about prompts;
//! which sequence continues what is `engine/kv.rs`.

use std::num::NonZeroU32;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;

use super::backend::take_last_error;
use super::devices::CACHE_MEMORY;
use super::load::Loaded;
use crate::engine::speed::CHUNK;
use crate::engine::{CacheType, EngineError, ModelOptions, TokenId, kv};
use crate::models::ADAPTER_SETTING;

/// Two: one to work in, one for the place the user comes back to.
const FEWEST: u64 = 2;
/// A person works at a handful of places at a time.
const MOST: u64 = 8;

/// Which logits are computed. Those of one token read the whole output matrix: 7 ms with a vocabulary of 150 000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// More of the prompt follows.
    None,
    /// The next token is chosen from them.
    Last,
}

/// llama.cpp's word for the last row of a batch.
const LAST: i32 = -1;

/// Where one of several texts stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    sequence: usize,
    /// The row of the logits of the first token that it had in the last batch.
    row: i32,
}

impl Branch {
    /// The row of the logits of a token that it had in the last batch, from 0.
    pub fn row(&self, token: usize) -> i32 {
        if self.row == LAST { LAST } else { self.row + token as i32 }
    }
}

/// One sequence of tokens in the KV cache.
#[derive(Debug, Clone, Default)]
struct Sequence {
    tokens: Vec<TokenId>,
    used: u64,
}

/// The context and what is known about its content.
pub struct Cache<'a> {
    context: LlamaContext<'a>,
    batch: LlamaBatch<'static>,
    sequences: Vec<Sequence>,
    /// The sequence at work.
    current: usize,
    /// Tokens that one sequence may hold.
    size: usize,
    clock: u64,
}

/// An error of llama.cpp's, with the reason from its log.
fn refused(error: impl std::fmt::Display) -> EngineError {
    let reason = take_last_error().map(|reason| format!(" ({reason})")).unwrap_or_default();
    EngineError::Failed(format!("{error}{reason}"))
}

impl<'a> Cache<'a> {
    /// Create the context. The error is for the user.
    pub fn new(options: &ModelOptions, loaded: &'a Loaded, threads: usize) -> Result<Self, String> {
        let trained = loaded.model.n_ctx_train();
        let size =
            options.tuning.context.unwrap_or(trained.min(ModelOptions::CONTEXT)).clamp(64, trained.max(64));
        let kind = options.tuning.cache_type;
        // Where llama.cpp cannot quantise the cache of a model, it is kept as it is with others.
        let first = match kind {
            CacheType::Auto if !fits(loaded, size) => {
                Self::of_type(options, loaded, (threads, size), KvCacheType::Q8_0).ok()
            }
            _ => None,
        };
        let wanted = if kind == CacheType::Q8 { KvCacheType::Q8_0 } else { KvCacheType::F16 };
        first.map_or_else(|| Self::of_type(options, loaded, (threads, size), wanted), Ok)
    }

    fn of_type(
        options: &ModelOptions,
        loaded: &'a Loaded,
        (threads, size): (usize, u32),
        kind: KvCacheType,
    ) -> Result<Self, String> {
        let count = sequences(loaded, size, kind);
        let batch = options.tuning.batch.unwrap_or(options.batch).clamp(CHUNK as u32, size);
        let threads = i32::try_from(threads).unwrap_or(i32::MAX);
        let params = LlamaContextParams::default()
            // Divided among the sequences: each has cells of its own, so attention looks at no other's.
            .with_n_ctx(NonZeroU32::new(size.saturating_mul(count)))
            .with_kv_unified(false)
            .with_n_batch(batch)
            .with_n_ubatch(batch)
            .with_n_seq_max(count)
            .with_type_k(kind)
            .with_type_v(kind)
            .with_n_threads(threads)
            .with_n_threads_batch(threads);
        take_last_error();
        let mut context = loaded.model.new_context(loaded.backend, params).map_err(|error| {
            let reason = take_last_error().unwrap_or_else(|| error.to_string());
            format!(
                "not enough memory for a context of {size} tokens: {reason}; lower the setting `context` or choose a smaller model"
            )
        })?;
        if let Some(adapter) = &loaded.adapter {
            context.lora_adapter_set(&mut adapter.lock(), 1.0).map_err(|error| {
                let reason = take_last_error().unwrap_or_else(|| error.to_string());
                format!("{ADAPTER_SETTING}: the adapter cannot be used with this model: {reason}")
            })?;
        }
        Ok(Self {
            size: (size as usize).min(context.n_ctx() as usize / count as usize),
            batch: LlamaBatch::new(batch as usize, 1),
            context,
            sequences: vec![Sequence::default(); count as usize],
            current: 0,
            clock: 0,
        })
    }

    /// Tokens that one sequence may hold.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Most tokens for one [`Cache::append`].
    pub fn batch(&self) -> usize {
        self.context.n_batch() as usize
    }

    /// The sequence at work.
    pub fn current(&self) -> usize {
        self.current
    }

    /// Tokens in the sequence at work.
    pub fn len(&self) -> usize {
        self.sequences[self.current].tokens.len()
    }

    /// Choose the sequence for `prompt`; returns how many of its tokens are in there. The rest has to be appended. The
    /// sequence `spare` is left as it is.
    pub fn align(&mut self, prompt: &[TokenId], spare: Option<usize>) -> Result<usize, EngineError> {
        let cached: Vec<kv::Cached> = self
            .sequences
            .iter()
            .map(|sequence| kv::Cached { tokens: &sequence.tokens, used: sequence.used })
            .collect();
        let plan = kv::plan(&cached, prompt, spare);
        self.current = plan.sequence;
        if let Some(from) = plan.copy_of {
            self.copy(from, plan.sequence)?;
        }
        self.clock += 1;
        self.sequences[self.current].used = self.clock;
        self.truncate(plan.keep)
    }

    /// Copy a sequence over another one: between separate cells only whole ones can be.
    fn copy(&mut self, from: usize, to: usize) -> Result<(), EngineError> {
        let (source, target) = (i32::try_from(from).map_err(refused)?, i32::try_from(to).map_err(refused)?);
        self.context.copy_kv_cache_seq(source, target, None, None).map_err(refused)?;
        self.sequences[to].tokens = self.sequences[from].tokens.clone();
        Ok(())
    }

    /// Keep the first `keep` tokens of the sequence at work; returns how many could be kept.
    fn truncate(&mut self, keep: usize) -> Result<usize, EngineError> {
        if keep == self.len() {
            return Ok(keep);
        }
        let id = Some(u32::try_from(self.current).map_err(refused)?);
        let from = u32::try_from(keep).map_err(refused)?;
        // Recurrent models cannot go back to the middle of a text; the whole sequence can always be removed.
        let kept = if keep > 0 && self.context.clear_kv_cache_seq(id, Some(from), None) == Ok(true) {
            keep
        } else {
            0
        };
        if kept == 0 {
            self.context.clear_kv_cache_seq(id, None, None).map_err(refused)?;
        }
        self.sequences[self.current].tokens.truncate(kept);
        Ok(kept)
    }

    /// Append tokens to the sequence at work. With [`Output::Last`] the last one's logits can be read afterwards.
    pub fn append(&mut self, tokens: &[TokenId], output: Output) -> Result<(), EngineError> {
        // llama.cpp aborts the process on a batch that is empty, too large or beyond the context.
        if tokens.is_empty() || tokens.len() > self.batch() {
            return Err(EngineError::Failed(format!("a batch of {} tokens", tokens.len())));
        }
        if self.len() + tokens.len() > self.size {
            return Err(EngineError::Failed(format!("the context of {} tokens is full", self.size)));
        }
        let sequence = i32::try_from(self.current).map_err(refused)?;
        self.batch.clear();
        for (index, &token) in tokens.iter().enumerate() {
            let position = i32::try_from(self.len() + index).map_err(refused)?;
            let logits = output == Output::Last && index + 1 == tokens.len();
            self.batch.add(LlamaToken(token), position, &[sequence], logits).map_err(refused)?;
        }
        self.decode()?;
        self.sequences[self.current].tokens.extend_from_slice(tokens);
        Ok(())
    }

    /// Tokens that may still be appended to the sequence at work.
    pub fn free(&self) -> usize {
        self.size.saturating_sub(self.len())
    }

    /// How many copies [`Cache::fork`] makes at most, the original included: half of the sequences keep what other places
    /// have in them.
    pub fn forks(&self) -> usize {
        1 + self.sequences.len() / 2
    }

    /// Copy the sequence at work, until there are `count` of it, or as many as [`Cache::forks`] says. Each branch's logits are
    /// those of the last token appended.
    pub fn fork(&mut self, count: usize) -> Result<Vec<Branch>, EngineError> {
        let mut branches = vec![self.branch()];
        let mut others: Vec<usize> = (0..self.sequences.len()).filter(|&at| at != self.current).collect();
        others.sort_by_key(|&at| self.sequences[at].used);
        for to in others.into_iter().take(count.min(self.forks()).saturating_sub(1)) {
            self.copy(self.current, to)?;
            // Older than everything that was asked for: the first to be given up again.
            self.sequences[to].used = 0;
            branches.push(Branch { sequence: to, row: LAST });
        }
        Ok(branches)
    }

    /// Tokens that still fit.
    pub fn room(&self, branch: &Branch) -> usize {
        self.size.saturating_sub(self.sequences[branch.sequence].tokens.len())
    }

    /// Append some tokens to each of some sequences, in one batch, with logits for all of them. All of them fit, and there are
    /// no more than [`Cache::batch`].
    pub fn append_each(&mut self, branches: Vec<(&mut Branch, Vec<TokenId>)>) -> Result<(), EngineError> {
        self.batch.clear();
        for (branch, tokens) in &branches {
            let start = self.sequences[branch.sequence].tokens.len();
            let sequence = i32::try_from(branch.sequence).map_err(refused)?;
            debug_assert!(start + tokens.len() <= self.size);
            for (index, &token) in tokens.iter().enumerate() {
                let position = i32::try_from(start + index).map_err(refused)?;
                self.batch.add(LlamaToken(token), position, &[sequence], true).map_err(refused)?;
            }
        }
        self.decode()?;
        let mut row = 0;
        for (branch, tokens) in branches {
            branch.row = row;
            row += i32::try_from(tokens.len()).map_err(refused)?;
            self.sequences[branch.sequence].tokens.extend(tokens);
        }
        Ok(())
    }

    /// Take the last `count` tokens of a sequence back.
    pub fn rewind(&mut self, branch: &Branch, count: usize) -> Result<(), EngineError> {
        let sequence = &mut self.sequences[branch.sequence];
        let keep = sequence.tokens.len().saturating_sub(count);
        let (id, from) = (u32::try_from(branch.sequence), u32::try_from(keep));
        let (id, from) = (id.map_err(refused)?, from.map_err(refused)?);
        if self.context.clear_kv_cache_seq(Some(id), Some(from), None) != Ok(true) {
            return Err(EngineError::Failed("this model cannot go back in a text".into()));
        }
        sequence.tokens.truncate(keep);
        Ok(())
    }

    /// The sequence at work, to append to; its logits are those of the last token appended.
    pub fn branch(&self) -> Branch {
        Branch { sequence: self.current, row: LAST }
    }

    /// Evaluate `texts` behind the sequence at work, each as if it alone came next, and forget them again; returns the rows
    /// of each one's logits. Together they must fit into a batch, and each into the context.
    pub fn score_continuations(
        &mut self,
        texts: &[&[TokenId]],
    ) -> Result<Vec<std::ops::Range<i32>>, EngineError> {
        let branches = self.fork(texts.len())?;
        let start = self.len();
        self.batch.clear();
        let (mut rows, mut next) = (Vec::new(), 0);
        for (branch, text) in branches.iter().zip(texts) {
            let sequence = i32::try_from(branch.sequence).map_err(refused)?;
            for (index, &token) in text.iter().enumerate() {
                let position = i32::try_from(start + index).map_err(refused)?;
                self.batch.add(LlamaToken(token), position, &[sequence], true).map_err(refused)?;
            }
            let end = next + i32::try_from(text.len()).map_err(refused)?;
            rows.push(next..end);
            next = end;
        }
        self.decode()?;
        for (branch, text) in branches.iter().zip(texts) {
            self.sequences[branch.sequence].tokens.extend_from_slice(text);
        }
        // The prompt stays; the copies are given up first anyway.
        self.truncate(start)?;
        Ok(rows)
    }

    fn decode(&mut self) -> Result<(), EngineError> {
        take_last_error();
        if let Err(error) = self.context.decode(&mut self.batch) {
            let error = refused(error);
            // Part of the batch may be in the cache.
            self.forget();
            return Err(error);
        }
        Ok(())
    }

    /// Logits of the last token appended with [`Output::Last`].
    pub fn last_logits(&self) -> &[f32] {
        self.row(LAST)
    }

    /// Logits of a row of the last batch.
    pub fn row(&self, row: i32) -> &[f32] {
        self.context.get_logits_ith(row)
    }

    /// Empty all of it: its content is unknown, or not worth keeping.
    pub fn forget(&mut self) {
        self.context.clear_kv_cache();
        self.sequences.fill(Sequence::default());
    }
}

/// Bytes of the keys and values of a sequence of `size` tokens.
fn sequence_bytes(loaded: &Loaded, size: u32, kind: KvCacheType) -> u64 {
    let model = &loaded.model;
    let head = u64::try_from(model.n_embd()).unwrap_or(0) / u64::from(model.n_head().max(1));
    let numbers = 2 * u64::from(model.n_layer()) * u64::from(model.n_head_kv()) * head * u64::from(size);
    // q8_0: 34 bytes for 32 numbers; f16: two for each.
    if kind == KvCacheType::Q8_0 { numbers * 34 / 32 } else { numbers * 2 }
}

/// Whether the fewest sequences that are held fit into [`CACHE_MEMORY`] as f16.
fn fits(loaded: &Loaded, size: u32) -> bool {
    sequence_bytes(loaded, size, KvCacheType::F16).saturating_mul(FEWEST) <= CACHE_MEMORY
}

/// How many sequences of `size` tokens fit into [`CACHE_MEMORY`].
fn sequences(loaded: &Loaded, size: u32, kind: KvCacheType) -> u32 {
    let fit = CACHE_MEMORY / sequence_bytes(loaded, size, kind).max(1);
    fit.clamp(FEWEST, MOST) as u32
}
