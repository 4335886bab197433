//! One job after another on one context: fit, reuse, evaluate in chunks, choose tokens, deliver pieces.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;

use super::backend::{system_info, take_last_error};
use super::load::Loaded;
use crate::engine::fit::{self, Anchor};
use crate::engine::heal::Heal;
use crate::engine::queue::Ticket;
use crate::engine::sampling::Sampler;
use crate::engine::stop::Watch;
use crate::engine::utf8::Assembler;
use crate::engine::{
    EngineError, Finish, Job, ModelInfo, Options, Piece, Prompt, Summary, Token, Update, cores, kv,
};

/// Tokens evaluated between two looks at the cancel token, where the speed is not known yet.
const CHUNK: usize = 32;
/// Least: a model so slow that even this takes longer than [`PATIENCE`] is slow anyway.
const SMALLEST_CHUNK: usize = 8;
/// A cancelled job should end within this time: a chunk that takes longer is halved.
const PATIENCE: Duration = Duration::from_millis(100);
/// A fast model takes what it evaluates in this time: the embedded one reads 1.4 times as fast in chunks of 128 as of 32.
const STRIDE: Duration = Duration::from_millis(50);
/// No prompt budget below this, however slow the machine: less context gives no useful suggestion.
const LEAST_PROMPT: usize = 256;
/// Documents whose windows are remembered.
const DOCUMENTS: usize = 64;

/// The context and what is known about its content.
pub struct Worker<'a> {
    loaded: &'a Loaded,
    context: LlamaContext<'a>,
    batch: LlamaBatch<'static>,
    /// Tokens of context that may be used.
    size: usize,
    chunk: usize,
    threads: usize,
    prompt_ms: u32,
    /// The tokens in the KV cache, in order.
    cached: Vec<Token>,
    /// Measured tokens per second of evaluating prompts, a moving average.
    speed: f32,
    /// Prompt budget that follows from the speed; changes in steps, or windows would move with every measurement.
    budget: usize,
    anchors: HashMap<String, Anchor>,
}

/// A job's state while tokens are generated.
struct Progress {
    heal: Heal,
    sampler: Sampler,
    text: Assembler,
    /// Delivered bytes until the first piece is complete; none after it.
    first: Option<Vec<u8>>,
    /// Of tokens whose text is not delivered yet.
    tokens: usize,
    logprob: f32,
    generated: usize,
}

fn refused(error: impl std::fmt::Display) -> EngineError {
    let reason = take_last_error().map(|reason| format!(" ({reason})")).unwrap_or_default();
    EngineError::Failed(format!("{error}{reason}"))
}

impl<'a> Worker<'a> {
    /// Create the context. The error is for the user.
    pub fn new(options: &Options, loaded: &'a Loaded) -> Result<Self, String> {
        let trained = loaded.model.n_ctx_train();
        let size = options.context.unwrap_or(trained.min(Options::CONTEXT)).clamp(64, trained.max(64));
        let batch = options.batch.clamp(SMALLEST_CHUNK as u32, size);
        let threads = options
            .threads
            .filter(|&threads| threads > 0)
            .unwrap_or_else(|| default_threads(loaded.model.n_params()));
        let count = i32::try_from(threads).unwrap_or(i32::MAX);
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(size))
            .with_n_batch(batch)
            .with_n_ubatch(batch)
            .with_n_seq_max(1)
            .with_n_threads(count)
            .with_n_threads_batch(count);
        take_last_error();
        let context = loaded.model.new_context(loaded.backend, params).map_err(|error| {
            let reason = take_last_error().unwrap_or_else(|| error.to_string());
            format!(
                "not enough memory for a context of {size} tokens: {reason}; lower the setting `context` or choose a smaller model"
            )
        })?;
        let chunk = if loaded.gpu_layers > 0 { batch as usize } else { CHUNK.min(batch as usize) };
        Ok(Self {
            loaded,
            batch: LlamaBatch::new(batch as usize, 1),
            size: (size as usize).min(context.n_ctx() as usize),
            context,
            chunk,
            threads,
            prompt_ms: options.prompt_ms,
            cached: Vec::new(),
            speed: 0.0,
            budget: LEAST_PROMPT,
            anchors: HashMap::new(),
        })
    }

    /// Facts for people.
    pub fn info(&self, options: &Options) -> ModelInfo {
        let model = &self.loaded.model;
        let file = options.model.file_stem().map(|name| name.to_string_lossy().into_owned());
        ModelInfo {
            name: model.meta_val_str("general.name").ok().or(file).unwrap_or_default(),
            path: options.model.clone(),
            parameters: model.n_params(),
            context: u32::try_from(self.size).unwrap_or(u32::MAX),
            family: self.loaded.vocabulary.layout.describe(),
            backend: system_info(),
            threads: self.threads,
        }
    }

    /// Touch every weight and measure the speed, so that the first job is neither slow nor blind.
    pub fn warm_up(&mut self) {
        let tokens = self.loaded.vocabulary.tokenize(&self.loaded.model, &"x = [1]\n".repeat(CHUNK));
        let tokens = &tokens[..tokens.len().min(1 + self.chunk.min(CHUNK))];
        let Some((first, rest)) = tokens.split_first() else { return };
        let mut timed = None;
        if self.evaluate(std::slice::from_ref(first)).is_ok() {
            let started = Instant::now();
            timed = self.evaluate(rest).is_ok().then(|| started.elapsed());
        }
        if let Some(elapsed) = timed {
            self.measured(rest.len(), elapsed);
            let within = |time: Duration| (self.speed * time.as_secs_f32()) as usize;
            while self.chunk > SMALLEST_CHUNK && self.chunk > within(PATIENCE) {
                self.chunk /= 2;
            }
            while self.chunk * 2 <= within(STRIDE).min(self.context.n_batch() as usize) {
                self.chunk *= 2;
            }
            tracing::debug!(speed = self.speed, chunk = self.chunk, "warmed up");
        }
        self.forget();
    }

    /// Empty the cache: its content is unknown, or not worth keeping.
    pub fn forget(&mut self) {
        self.context.clear_kv_cache();
        self.cached.clear();
    }

    /// Do a job, sending its pieces.
    pub fn run(&mut self, ticket: &Ticket) -> Result<Summary, EngineError> {
        let job = &ticket.job;
        let started = Instant::now();
        let max_tokens = job.max_tokens.clamp(1, self.size / 2);
        let (prompt, heal) = self.prompt(job, max_tokens);
        let prompt = Prompt { tokens: prompt.len(), reused: self.prefill(ticket, &prompt)? };
        ticket.send(Update::Prompt(prompt));
        let prefilled = Instant::now();
        let mut progress = Progress {
            heal,
            sampler: Sampler::new(job.sampling),
            text: Assembler::default(),
            first: Some(Vec::new()),
            tokens: 0,
            logprob: 0.0,
            generated: 0,
        };
        let finish = self.decode(ticket, max_tokens, &mut progress)?;
        Ok(Summary {
            finish,
            prompt,
            generated_tokens: progress.generated,
            prefill_ms: (prefilled - started).as_secs_f32() * 1000.0,
            decode_ms: prefilled.elapsed().as_secs_f32() * 1000.0,
        })
    }

    /// The prompt's tokens, and the typed text that generation has to spell first.
    fn prompt(&mut self, job: &Job, max_tokens: usize) -> (Vec<Token>, Heal) {
        let Loaded { model, vocabulary, .. } = self.loaded;
        // One token more is kept free: a full context leaves no place to write the next one.
        let room = self.size.saturating_sub(max_tokens + vocabulary.layout.overhead() + 1);
        if !self.anchors.contains_key(&job.document) && self.anchors.len() >= DOCUMENTS {
            // Losing an anchor costs one evaluation of a moved window; no need to know which is the oldest.
            self.anchors.clear();
        }
        let anchor = self.anchors.entry(job.document.clone()).or_default();
        let fitted =
            fit::fit(&job.segments, room.min(self.budget), anchor, &|text| vocabulary.tokenize(model, text));
        let (kept, heal) = Heal::split(&fitted.prefix, &vocabulary.pieces);
        (vocabulary.layout.compose(&fitted.stable, &fitted.prefix[..kept], &fitted.suffix), heal)
    }

    /// Bring the cache to `prompt`; returns how many of its tokens were there already.
    fn prefill(&mut self, ticket: &Ticket, prompt: &[Token]) -> Result<usize, EngineError> {
        let mut keep = kv::plan(&[&self.cached], prompt).keep;
        if keep < self.cached.len() {
            let from = u32::try_from(keep).map_err(refused)?;
            if keep > 0 && self.context.clear_kv_cache_seq(Some(0), Some(from), None) == Ok(true) {
                self.cached.truncate(keep);
            } else {
                // Recurrent models cannot go back to the middle of a text.
                keep = 0;
                self.forget();
            }
        }
        let started = Instant::now();
        for chunk in prompt[keep..].chunks(self.chunk) {
            if ticket.is_over() {
                return Err(EngineError::Cancelled);
            }
            self.evaluate(chunk)?;
        }
        self.measured(prompt.len() - keep, started.elapsed());
        Ok(keep)
    }

    /// Append tokens to the sequence; the last one's logits can be read afterwards.
    fn evaluate(&mut self, tokens: &[Token]) -> Result<(), EngineError> {
        // llama.cpp aborts the process on a batch that is empty, too large or beyond the context.
        if tokens.is_empty() || tokens.len() > self.context.n_batch() as usize {
            return Err(EngineError::Failed(format!("a batch of {} tokens", tokens.len())));
        }
        if self.cached.len() + tokens.len() > self.size {
            return Err(EngineError::Failed(format!("the context of {} tokens is full", self.size)));
        }
        self.batch.clear();
        for (index, &token) in tokens.iter().enumerate() {
            let position = i32::try_from(self.cached.len() + index).map_err(refused)?;
            let last = index + 1 == tokens.len();
            self.batch.add(LlamaToken(token), position, &[0], last).map_err(refused)?;
        }
        take_last_error();
        if let Err(error) = self.context.decode(&mut self.batch) {
            let error = refused(error);
            // Part of the batch may be in the cache.
            self.forget();
            return Err(error);
        }
        self.cached.extend_from_slice(tokens);
        Ok(())
    }

    /// Remember how fast a prompt went, and let the budget follow in steps.
    fn measured(&mut self, tokens: usize, elapsed: Duration) {
        // A few tokens say more about the cost of a call than about speed.
        if tokens < CHUNK / 2 {
            return;
        }
        let speed = tokens as f32 / elapsed.as_secs_f32().max(1e-6);
        self.speed = if self.speed == 0.0 { speed } else { self.speed * 0.7 + speed * 0.3 };
        let budget = (self.speed * self.prompt_ms as f32 / 1000.0) as usize;
        let budget = budget.clamp(LEAST_PROMPT, self.size.max(LEAST_PROMPT));
        if budget.abs_diff(self.budget) * 4 > self.budget {
            self.budget = budget;
        }
    }

    fn decode(
        &mut self,
        ticket: &Ticket,
        max_tokens: usize,
        progress: &mut Progress,
    ) -> Result<Finish, EngineError> {
        let mut watch = Watch::new(&ticket.job.stop);
        let bans: Vec<&[u8]> = ticket.job.bans.iter().map(|ban| ban.first_piece.as_bytes()).collect();
        loop {
            if ticket.is_over() {
                return Err(EngineError::Cancelled);
            }
            let Some(token) = self.choose(&bans, progress) else { return Ok(Finish::EndOfText) };
            if let Some(finish) = self.deliver(ticket, token, &mut watch, progress) {
                return Ok(finish);
            }
            if progress.generated >= max_tokens || self.cached.len() >= self.size {
                return Ok(Finish::Length);
            }
            self.evaluate(&[token])?;
        }
    }

    /// The next token; none at the end of the text.
    fn choose(&self, bans: &[&[u8]], progress: &mut Progress) -> Option<Token> {
        let vocabulary = &self.loaded.vocabulary;
        let candidates = progress.heal.candidates(&vocabulary.pieces);
        let (first, heal) = (progress.first.as_deref(), &progress.heal);
        let allowed = |token| {
            let Some(first) = first.filter(|_| !bans.is_empty()) else { return true };
            let new = heal.new_part(vocabulary.pieces.text(token));
            // A text that has not begun may not be banned by its empty start, unless the end itself is banned.
            let spelling = candidates_only(heal) && new.is_empty();
            spelling
                || !bans.iter().any(|ban| {
                    ban.len() == first.len() + new.len() && ban.starts_with(first) && ban.ends_with(new)
                })
        };
        // Logits of the last token evaluated: row -1.
        let logits = self.context.get_logits_ith(-1);
        let choice = progress.sampler.choose(logits, candidates.as_deref(), allowed)?;
        if vocabulary.is_end(choice.token) {
            return None;
        }
        progress.tokens += 1;
        progress.generated += 1;
        progress.logprob += choice.logprob;
        Some(choice.token)
    }

    /// Send what a token adds to the text. Some: the text ends with it.
    fn deliver(
        &self,
        ticket: &Ticket,
        token: Token,
        watch: &mut Watch,
        progress: &mut Progress,
    ) -> Option<Finish> {
        let bytes = self.loaded.vocabulary.pieces.text(token);
        let new = progress.heal.new_part(bytes);
        progress.heal.consume(bytes);
        let (mut text, mut finish) = match progress.text.push(new) {
            Ok(text) => (text, None),
            Err(garbled) => (garbled.valid, Some(Finish::EndOfText)),
        };
        if let Some(cut) = watch.cut(&text) {
            text.truncate(cut);
            finish = Some(Finish::Stop);
        }
        if text.is_empty() {
            if let Some(first) = &mut progress.first {
                first.extend_from_slice(new);
            }
            return finish;
        }
        progress.first = None;
        let (tokens, logprob) = (std::mem::take(&mut progress.tokens), std::mem::take(&mut progress.logprob));
        ticket.send(Update::Piece(Piece { text, logprob, tokens }));
        finish
    }
}

/// Below this many parameters one thread is best. llama.cpp's threads meet some 160 times per token and spin while they
/// wait: on two idle cores the second thread makes an 8 M model 1.5 times as fast, but with a compiler running beside it
/// both wait for each other's time slices (measured: 39 tokens/s against 676 with one thread, prompts 298 against 2250).
const ONE_THREAD: u64 = 100_000_000;

fn default_threads(parameters: u64) -> usize {
    if parameters < ONE_THREAD { 1 } else { cores::physical() }
}

fn candidates_only(heal: &Heal) -> bool {
    *heal != Heal::default()
}
