//! Counts what is asked of an engine and when its answers come, between a session and that engine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::cancel::CancelToken;
use crate::engine::{Capabilities, Engine, EngineError, Generation, Job, MemoryUpdate, Status, Update};

/// Sums of an engine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadCounts {
    pub jobs: usize,
    pub superseded: usize,
    pub first_token_ms: Vec<f64>,
    pub first_line_ms: Vec<f64>,
    pub prompt_tokens: usize,
    pub cached_tokens: usize,
    pub generated_tokens: usize,
    pub errors: BTreeMap<String, usize>,
}

impl LoadCounts {
    /// Those of two engines.
    pub fn and(mut self, other: &Self) -> Self {
        self.jobs += other.jobs;
        self.superseded += other.superseded;
        self.first_token_ms.extend(&other.first_token_ms);
        self.first_line_ms.extend(&other.first_line_ms);
        self.prompt_tokens += other.prompt_tokens;
        self.cached_tokens += other.cached_tokens;
        self.generated_tokens += other.generated_tokens;
        for (text, count) in &other.errors {
            *self.errors.entry(text.clone()).or_default() += count;
        }
        self
    }
}

/// Where they are kept.
#[derive(Debug, Default)]
pub struct Tally(Mutex<LoadCounts>);

impl Tally {
    /// As they are now.
    pub fn counts(&self) -> LoadCounts {
        self.0.lock().clone()
    }
}

/// An engine that is counted.
pub struct Metered {
    inner: Arc<dyn Engine>,
    tally: Arc<Tally>,
}

impl Metered {
    /// Of `inner`, counted in `tally`.
    pub fn new(inner: Arc<dyn Engine>, tally: Arc<Tally>) -> Self {
        Self { inner, tally }
    }
}

impl Engine for Metered {
    /// Runs in a task of the runtime it is called in.
    fn generate(&self, job: Job, cancel: CancelToken) -> Generation {
        let (updates, generation) = Generation::channel();
        let mut inner = self.inner.generate(job, cancel.clone());
        let tally = Arc::clone(&self.tally);
        tokio::spawn(async move {
            let mut watch = Watch::default();
            loop {
                let update = tokio::select! {
                    // Nobody listens any more: dropping the inner stream ends the work.
                    () = updates.closed() => break,
                    update = inner.next() => update,
                };
                let Some(update) = update else { break };
                watch.note(&update);
                if updates.send(update).is_err() {
                    break;
                }
            }
            watch.end(cancel.is_cancelled(), &mut tally.0.lock());
        });
        generation
    }

    fn remember(&self, update: MemoryUpdate) {
        self.inner.remember(update);
    }

    fn status(&self) -> watch::Receiver<Status> {
        self.inner.status()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn stuck_for(&self) -> Duration {
        self.inner.stuck_for()
    }
}

/// One job.
struct Watch {
    start: Instant,
    first_token: Option<Duration>,
    first_line: Option<Duration>,
    prompt: (usize, usize),
    tokens: usize,
    error: Option<EngineError>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            first_token: None,
            first_line: None,
            prompt: (0, 0),
            tokens: 0,
            error: None,
        }
    }
}

impl Watch {
    fn note(&mut self, update: &Result<Update, EngineError>) {
        let now = self.start.elapsed();
        match update {
            Ok(Update::Prompt(prompt)) => self.prompt = (prompt.tokens, prompt.reused),
            Ok(Update::Piece(piece)) => {
                self.first_token.get_or_insert(now);
                self.tokens += piece.tokens;
                if piece.text.contains('\n') {
                    self.first_line.get_or_insert(now);
                }
            }
            Ok(Update::Done(summary)) => {
                self.first_line.get_or_insert(now);
                self.prompt = (summary.prompt.tokens, summary.prompt.reused);
            }
            Ok(_) => {}
            Err(error) => self.error = Some(error.clone()),
        }
    }

    /// `cancelled`: by a newer key, before what ran was complete.
    fn end(self, cancelled: bool, counts: &mut LoadCounts) {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        counts.jobs += 1;
        counts.prompt_tokens += self.prompt.0;
        counts.cached_tokens += self.prompt.1;
        counts.generated_tokens += self.tokens;
        counts.first_token_ms.extend(self.first_token.map(ms));
        // Whoever listens stops where a line is complete, often without its line feed.
        let stopped = self.first_token.is_some() && self.error.is_none() && !cancelled;
        let line = self.first_line.or_else(|| stopped.then(|| self.start.elapsed()));
        counts.first_line_ms.extend(line.map(ms));
        match self.error {
            Some(EngineError::Cancelled) => counts.superseded += 1,
            Some(error) => *counts.errors.entry(error.to_string()).or_default() += 1,
            None if line.is_none() => counts.superseded += 1,
            None => {}
        }
    }
}
