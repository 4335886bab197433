//! Runs one job after another on one context: fit, reuse, evaluate in chunks, choose tokens, deliver pieces.

use std::cell::RefCell;
use std::path::Path;
use std::time::{Duration, Instant};

use super::backend::system_info;
use super::cache::{Cache, Output};
use super::extend::{FACTOR, LongerPrompt, STEP};
use super::load::Loaded;
use super::remember::JobRecall;
use crate::engine::fit::{self, Fitted, WindowAnchor};
use crate::engine::heal::Heal;
use crate::engine::languages;
use crate::engine::memo::Memo;
use crate::engine::memory::{Costs, Drafter, Recall, SEPARATOR, Shelves};
use crate::engine::power::Prefetch;
use crate::engine::queue::Ticket;
use crate::engine::speed::{CHUNK, Speed};
use crate::engine::windows::Windows;
use crate::engine::{
    Capabilities, ChatMessage, DraftStats, EngineError, FileName, Finish, Job, JobSummary, Lane, ModelInfo,
    ModelOptions, PromptStats, Segment, Task, TokenId, Update, cores,
};

/// Sizes of batches whose cost is measured, and how often, unless the model takes so long for one that it is plain.
const BATCHES: [usize; 5] = [1, 2, 3, 4, 8];
const ROUNDS: usize = 4;
const SLOW: Duration = Duration::from_millis(40);

/// Works through jobs with one model.
pub struct Worker<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) cache: Cache<'a>,
    speed: Speed,
    threads: usize,
    windows: Windows,
    longer: Option<LongerPrompt>,
    /// The sequence in which the last job ran.
    asked: usize,
    prefetch: (Prefetch, Duration),
    memo: RefCell<Memo>,
    shelves: &'a Shelves,
    /// Whether memory changes probabilities.
    mixes: bool,
    drafts: bool,
    /// What the job that runs may look up.
    pub(super) recall: JobRecall,
    pub(super) drafter: Drafter,
    /// Milliseconds that one token takes; 0 before it is measured.
    token_ms: f32,
}

/// What a generation took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Decoded {
    /// Tokens of all candidates.
    pub tokens: usize,
    /// Batches, and what was proposed in them.
    pub drafts: DraftStats,
}

/// A prompt ready to be evaluated.
struct Prompt {
    tokens: Vec<TokenId>,
    /// The typed text that generation has to spell first.
    heal: Heal,
    /// What memory looks up: the parts with separators between them, the one before the cursor last.
    said: Vec<TokenId>,
}

impl<'a> Worker<'a> {
    /// Create the context. The error is for the user.
    pub fn new(options: &ModelOptions, loaded: &'a Loaded, shelves: &'a Shelves) -> Result<Self, String> {
        let threads = options
            .tuning
            .threads
            .filter(|&threads| threads > 0)
            .unwrap_or_else(|| cores::threads_for(loaded.model.n_params()));
        let cache = Cache::new(options, loaded, threads)?;
        let all_on_gpu = loaded.gpu_layers > loaded.model.n_layer();
        let chunk = if all_on_gpu { cache.batch() } else { CHUNK.min(cache.batch()) };
        let speed = Speed::new(chunk, cache.size(), options.tuning.max_prefill_ms);
        Ok(Self {
            loaded,
            cache,
            speed,
            threads,
            windows: Windows::default(),
            longer: None,
            asked: 0,
            prefetch: (options.prefetch, Duration::from_millis(u64::from(options.pause_ms))),
            memo: RefCell::default(),
            shelves,
            mixes: options.tuning.memory,
            drafts: options.tuning.drafts,
            recall: JobRecall::none(),
            drafter: Drafter::new(None),
            token_ms: 0.0,
        })
    }

    /// Facts for people.
    pub fn info(&self, options: &ModelOptions) -> ModelInfo {
        let model = &self.loaded.model;
        let stem = |file: &Path| file.file_stem().map(|name| name.to_string_lossy().into_owned());
        let name = model.meta_val_str("general.name").ok().or(stem(&options.model)).unwrap_or_default();
        let adapter = options.adapter.as_deref().and_then(stem);
        ModelInfo {
            // What is learned of the model's chances is kept by its name.
            name: adapter.map_or_else(|| name.clone(), |adapter| format!("{name} with {adapter}")),
            path: options.model.clone(),
            adapter: options.adapter.clone(),
            parameters: model.n_params(),
            context: u32::try_from(self.cache.size()).unwrap_or(u32::MAX),
            family: self.loaded.vocabulary.layout.describe(),
            backend: system_info(),
            languages: languages::known(model.meta_val_str(languages::KEY).ok().as_deref(), &options.model),
            threads: self.threads,
            layers: model.n_layer().saturating_add(1),
            gpu_layers: self.loaded.gpu_layers,
            token_ms: self.token_ms,
            doubts: self.loaded.vocabulary.layout.doubts.clone(),
            batch_costs: self.drafter.costs().map(|costs| costs.measured().to_vec()).unwrap_or_default(),
            server: None,
            capabilities: Capabilities::LLAMA,
        }
    }

    /// Touch every weight and measure the speed, so that the first job is neither slow nor blind.
    pub fn warm_up(&mut self) {
        let tokens = self.loaded.vocabulary.tokenize(&self.loaded.model, &"x = [1]\n".repeat(CHUNK));
        let tokens = &tokens[..tokens.len().min(1 + self.speed.chunk().min(CHUNK))];
        let Some((first, rest)) = tokens.split_first() else { return };
        if self.cache.append(std::slice::from_ref(first), Output::None).is_ok() {
            let started = Instant::now();
            if self.cache.append(rest, Output::None).is_ok() {
                self.speed.measured(rest.len(), started.elapsed());
                self.speed.choose_chunk(self.cache.batch());
                tracing::debug!(speed = self.speed.rate(), chunk = self.speed.chunk(), "warmed up");
            }
        }
        if self.drafts
            && let Err(error) = self.measure_batches(tokens)
        {
            tracing::debug!("no drafts: {error}");
        }
        self.forget();
    }

    /// Measure what a batch of some tokens costs, behind those in the cache: what a draft is worth depends on it.
    fn measure_batches(&mut self, tokens: &[TokenId]) -> Result<(), EngineError> {
        let mut times = Vec::new();
        for count in BATCHES.into_iter().filter(|&count| count <= tokens.len()) {
            let mut best = Duration::MAX;
            for _ in 0..ROUNDS {
                let mut branch = self.cache.branch();
                let started = Instant::now();
                self.cache.append_each(vec![(&mut branch, tokens[..count].to_vec())])?;
                best = best.min(started.elapsed());
                self.cache.rewind(&branch, count)?;
                if best > SLOW {
                    break;
                }
            }
            times.push((count, best));
        }
        let one = times.iter().find(|(count, _)| *count == 1);
        self.token_ms = one.map_or(0.0, |(_, time)| time.as_secs_f32() * 1e3);
        let costs = Costs::new(&times);
        tracing::debug!(costs = ?costs.measured(), "measured batches");
        self.drafter = Drafter::new(Some(costs));
        Ok(())
    }

    /// Empty the cache: its content is unknown, or not worth keeping.
    pub fn forget(&mut self) {
        self.cache.forget();
    }

    /// Do a job, sending its pieces.
    pub fn run(&mut self, ticket: &Ticket) -> Result<JobSummary, EngineError> {
        let job = &ticket.job;
        let started = Instant::now();
        let max_tokens = job.max_tokens.clamp(1, self.cache.size() / 2);
        let Prompt { tokens: prompt, heal, said } = match &job.task {
            Task::Chat { messages } => {
                let tokens = self.conversation(messages, max_tokens)?;
                Prompt { said: tokens.clone(), tokens, heal: Heal::default() }
            }
            Task::Generate { .. } | Task::Score { .. } | Task::Explain { .. } => self.prompt(job, max_tokens),
        };
        self.recall = self.recall_for(job, said);
        let prompt = PromptStats { tokens: prompt.len(), reused: self.prefill(ticket, &prompt)? };
        ticket.send(Update::Prompt(prompt));
        let prefilled = Instant::now();
        let evaluated = |tokens| (Finish::EndOfText, Decoded { tokens, ..Decoded::default() });
        let (finish, decoded) = match &job.task {
            Task::Generate { candidates } => self.generate(ticket, max_tokens, heal, *candidates)?,
            Task::Chat { .. } => self.generate(ticket, max_tokens, heal, 1)?,
            Task::Score { continuations } => evaluated(self.score(ticket, &heal, continuations)?),
            Task::Explain { continuation } => evaluated(self.explain(ticket, &heal, continuation)?),
        };
        Ok(JobSummary {
            finish,
            prompt,
            generated_tokens: decoded.tokens,
            drafts: decoded.drafts,
            remembered: self.recall.remembered(),
            prefill_ms: (prefilled - started).as_secs_f32() * 1000.0,
            decode_ms: prefilled.elapsed().as_secs_f32() * 1000.0,
        })
    }

    /// What a job may look up.
    fn recall_for(&self, job: &Job, said: Vec<TokenId>) -> JobRecall {
        let shelf = job.workspace.as_ref().filter(|_| self.mixes).and_then(|name| self.shelves.get(name));
        let recall = Recall::new(shelf, &job.document).with_prompt(&said);
        JobRecall::new(recall, self.mixes && job.workspace.is_some(), said)
    }

    /// The prompt of a place in a document.
    fn prompt(&mut self, job: &Job, max_tokens: usize) -> Prompt {
        let room = self.room(max_tokens);
        let short = room.min(self.speed.budget());
        let mut windows = std::mem::take(&mut self.windows);
        let fitted = windows.fit(&job.document, &job.segments, room, short, self);
        self.windows = windows;
        if job.lane == Lane::Interactive {
            // Once for each window: the budget moves with every measurement of the speed.
            let wide = if self.windows.is_short(&job.document) { room.min(short * FACTOR) } else { 0 };
            self.longer = LongerPrompt::beyond(job, short, wide, self.prefetch);
        }
        self.compose(&fitted)
    }

    /// The prompt of a conversation, whole: one that was cut would ask something else.
    fn conversation(&self, messages: &[ChatMessage], answer: usize) -> Result<Vec<TokenId>, EngineError> {
        let Loaded { model, vocabulary, chat, .. } = self.loaded;
        let chat =
            chat.as_ref().ok_or_else(|| EngineError::Failed("it was not loaded for questions".into()))?;
        let tokenize = |text: &str, special| vocabulary.tokenize_as(model, text, special);
        let prompt = chat.prompt(model, messages, &tokenize).map_err(EngineError::Failed)?;
        let (tokens, context) = (prompt.len() + answer + 1, self.cache.size());
        if tokens > context { Err(EngineError::TooLong { tokens, context }) } else { Ok(prompt) }
    }

    /// Fitted parts in the model's order; healing takes something back from the end of the prefix.
    fn compose(&self, fitted: &Fitted) -> Prompt {
        let (kept, heal) = Heal::split(&fitted.prefix, &self.loaded.vocabulary.pieces);
        let layout = &self.loaded.vocabulary.layout;
        let prefix = &fitted.prefix[..kept];
        let mut tokens = layout.compose(&fitted.files, &fitted.stable, prefix, &fitted.suffix);
        if tokens.is_empty() {
            // A layout without tokens of its own, and nothing before the cursor: something has to be evaluated all the same.
            tokens = self.tokenize("\n");
        }
        Prompt {
            tokens,
            heal,
            said: [&*fitted.files, &fitted.stable, &[SEPARATOR], &fitted.suffix, &[SEPARATOR], prefix]
                .concat(),
        }
    }

    /// Tokens that a prompt may have.
    fn room(&self, max_tokens: usize) -> usize {
        fit::room(self.cache.size(), max_tokens, self.loaded.vocabulary.layout.overhead())
    }

    fn fit(&self, segments: &[Segment], budget: usize, anchor: &mut WindowAnchor) -> Fitted {
        fit::fit(segments, budget, anchor, self)
    }

    pub(super) fn tokenize(&self, text: &str) -> Vec<TokenId> {
        let Loaded { model, vocabulary, .. } = self.loaded;
        self.memo.borrow_mut().tokens(text, |text| vocabulary.tokenize(model, text))
    }

    /// How long to wait for a job before there is something else to do; none: for ever.
    pub fn rest(&self) -> Option<Duration> {
        self.longer.as_ref().map(LongerPrompt::rest)
    }

    /// Evaluate some more of the longer prompt.
    pub fn prefetch(&mut self) -> Result<(), EngineError> {
        let Some(mut longer) = self.longer.take() else { return Ok(()) };
        if !longer.is_allowed() {
            return Ok(());
        }
        if longer.prompt.is_empty() {
            let fitted = self.fit(&longer.segments, longer.budget, &mut longer.anchor);
            longer.prompt = self.compose(&fitted).tokens;
        }
        let prompt = &longer.prompt;
        let keep = self.cache.align(prompt, Some(self.asked))?;
        let end = prompt.len().min(keep + STEP);
        self.cache.append(&prompt[keep..end], Output::None)?;
        if end < prompt.len() {
            self.longer = Some(longer);
            return Ok(());
        }
        tracing::debug!(tokens = prompt.len(), "the prompt was extended");
        self.windows.extended(longer.document, longer.anchor, longer.budget);
        Ok(())
    }

    /// Bring the cache to `prompt`; returns how many of its tokens were there already.
    fn prefill(&mut self, ticket: &Ticket, prompt: &[TokenId]) -> Result<usize, EngineError> {
        let keep = self.cache.align(prompt, None)?;
        self.asked = self.cache.current();
        let started = Instant::now();
        let mut chunks = prompt[keep..].chunks(self.speed.chunk()).peekable();
        while let Some(chunk) = chunks.next() {
            ticket.check()?;
            let output = if chunks.peek().is_none() { Output::Last } else { Output::None };
            self.cache.append(chunk, output)?;
        }
        self.speed.measured(prompt.len() - keep, started.elapsed());
        Ok(keep)
    }
}

impl fit::Tokens for Worker<'_> {
    fn of_text(&self, text: &str) -> Vec<TokenId> {
        self.tokenize(text)
    }

    fn of_name(&self, file: &FileName) -> Vec<TokenId> {
        self.loaded.vocabulary.layout.file_name(file, &|text| self.tokenize(text))
    }
}
