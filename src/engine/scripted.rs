//! Plays back a script as an engine: for tests of everything above the engine. It runs no model.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::{
    Capabilities, DraftStats, Engine, EngineError, Finish, Generation, Job, JobSummary, MemoryChange,
    MemoryStats, MemoryUpdate, ModelInfo, Piece, PromptStats, Status, TextScore, Update,
};
use crate::cancel::CancelToken;

/// What the scripted engine does with a job.
#[derive(Debug, Clone)]
pub enum Script {
    /// Send these pieces one after another, then finish.
    Pieces(Vec<String>),
    /// The same, but the limit of tokens ends it.
    Cut(Vec<String>),
    /// Send these whole texts, each of one token with this log-probability, as candidates; then finish.
    Texts(Vec<(String, f32)>),
    /// Send these pieces of one text, each of one token with this log-probability; then finish.
    Rated(Vec<(String, f32)>),
    /// Give these log-probabilities to the texts that are to be scored; then finish.
    Scores(Vec<f32>),
    /// Never send anything; end only when cancelled.
    Hang,
    /// Fail.
    Error(EngineError),
}

type Answer = dyn Fn(&Job) -> Script + Send + Sync;

/// Plays what a closure says, and remembers the jobs it was given.
pub struct ScriptedEngine {
    answer: Box<Answer>,
    jobs: Mutex<Vec<Job>>,
    remembered: Mutex<Vec<MemoryUpdate>>,
    status: watch::Sender<Status>,
    capabilities: Mutex<Capabilities>,
}

impl ScriptedEngine {
    /// An engine that is ready and answers each job by `answer`.
    pub fn new(answer: impl Fn(&Job) -> Script + Send + Sync + 'static) -> Arc<Self> {
        let status = watch::Sender::new(Status::Ready(Arc::new(ModelInfo {
            name: "scripted".into(),
            ..ModelInfo::default()
        })));
        let capabilities = Mutex::new(Capabilities::LLAMA);
        Arc::new(Self {
            answer: Box::new(answer),
            jobs: Mutex::default(),
            remembered: Mutex::default(),
            status,
            capabilities,
        })
    }

    /// An engine that always generates `text`, in pieces of at most four characters.
    pub fn always(text: &str) -> Arc<Self> {
        let chars: Vec<char> = text.chars().collect();
        let pieces: Vec<String> = chars.chunks(4).map(|chunk| chunk.iter().collect()).collect();
        Self::new(move |_| Script::Pieces(pieces.clone()))
    }

    /// The jobs seen so far, oldest first.
    pub fn jobs(&self) -> Vec<Job> {
        self.jobs.lock().clone()
    }

    /// What it was told of workspaces so far, oldest first.
    pub fn remembered(&self) -> Vec<MemoryUpdate> {
        self.remembered.lock().clone()
    }

    /// How many changes it was told since it forgot everything.
    fn told(&self) -> u64 {
        let told = self.remembered.lock();
        told.iter().rev().take_while(|update| update.change != MemoryChange::Clear).count() as u64
    }

    /// Pretend to be able to do other things than llama.cpp.
    pub fn set_capabilities(&self, capabilities: Capabilities) {
        *self.capabilities.lock() = capabilities;
    }

    /// Pretend to be in another state.
    pub fn set_status(&self, status: Status) {
        self.status.send_replace(status);
    }
}

impl Engine for ScriptedEngine {
    fn generate(&self, job: Job, cancel: CancelToken) -> Generation {
        let (sender, generation) = Generation::channel();
        let script = (self.answer)(&job);
        let stop_lines = job.stop.lines;
        self.jobs.lock().push(job);
        let told = self.told();
        let summary = move |finish, generated_tokens| summary(finish, generated_tokens, told);
        tokio::spawn(async move {
            match script {
                Script::Hang => {
                    tokio::select! { () = cancel.cancelled() => {}, () = sender.closed() => {} }
                    let _ = sender.send(Err(EngineError::Cancelled));
                }
                Script::Error(error) => {
                    let _ = sender.send(Err(error));
                }
                Script::Texts(texts) => {
                    let _ = sender.send(Ok(Update::Prompt(PromptStats::default())));
                    let generated_tokens = texts.len();
                    for (candidate, (text, logprob)) in texts.into_iter().enumerate() {
                        let piece = Piece { text, logprob, tokens: 1, candidate };
                        let _ = sender.send(Ok(Update::Piece(piece)));
                    }
                    let _ = sender.send(Ok(Update::Done(summary(Finish::EndOfText, generated_tokens))));
                }
                Script::Rated(pieces) => {
                    let generated_tokens = pieces.len();
                    for (text, logprob) in pieces {
                        let piece = Piece { text, logprob, tokens: 1, candidate: 0 };
                        let _ = sender.send(Ok(Update::Piece(piece)));
                    }
                    let _ = sender.send(Ok(Update::Done(summary(Finish::EndOfText, generated_tokens))));
                }
                Script::Scores(scores) => {
                    let scores = scores.into_iter().map(|logprob| TextScore { logprob, tokens: 1 }).collect();
                    let _ = sender.send(Ok(Update::Prompt(PromptStats::default())));
                    let _ = sender.send(Ok(Update::Scores(scores)));
                    let _ = sender.send(Ok(Update::Done(summary(Finish::EndOfText, 0))));
                }
                Script::Pieces(ref pieces) | Script::Cut(ref pieces) => {
                    let _ = sender.send(Ok(Update::Prompt(PromptStats::default())));
                    let is_cut = matches!(script, Script::Cut(_));
                    let end = if is_cut { Finish::Length } else { Finish::EndOfText };
                    let (mut sent, mut lines, mut finish) = (0, 0, end);
                    for text in pieces.iter().cloned() {
                        if cancel.is_cancelled() {
                            let _ = sender.send(Err(EngineError::Cancelled));
                            return;
                        }
                        lines += text.matches('\n').count();
                        sent += 1;
                        if sender
                            .send(Ok(Update::Piece(Piece { text, logprob: -0.1, tokens: 1, candidate: 0 })))
                            .is_err()
                        {
                            return;
                        }
                        if stop_lines > 0 && lines >= stop_lines {
                            finish = Finish::Stop;
                            break;
                        }
                        tokio::task::yield_now().await;
                    }
                    let _ = sender.send(Ok(Update::Done(summary(finish, sent))));
                }
            }
        });
        generation
    }

    fn remember(&self, update: MemoryUpdate) {
        self.remembered.lock().push(update);
    }

    fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    fn capabilities(&self) -> Capabilities {
        *self.capabilities.lock()
    }
}

fn summary(finish: Finish, generated_tokens: usize, changes: u64) -> JobSummary {
    JobSummary {
        finish,
        prompt: PromptStats::default(),
        generated_tokens,
        prefill_ms: 0.0,
        decode_ms: 0.0,
        drafts: DraftStats::default(),
        remembered: MemoryStats { changes, ..MemoryStats::default() },
    }
}
