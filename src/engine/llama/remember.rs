//! Turns the texts of workspaces into tokens and keeps them on [`Shelves`], on a thread of its own, while the model works.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::load::Loaded;
use super::vocabulary::ModelVocabulary;
use crate::engine::memory::{Matches, Recall, Shelves, Weights};
use crate::engine::{MemoryChange, MemoryStats, MemoryUpdate, TokenId, cores};

/// How long nothing must come before the texts that wait are indexed.
const PAUSE: Duration = Duration::from_millis(200);

/// Take updates until nobody sends any more, or `stop` is set.
pub fn keep(loaded: &Loaded, updates: &Receiver<MemoryUpdate>, shelves: &Shelves, stop: &AtomicBool) {
    cores::lower_priority();
    while !stop.load(Ordering::Acquire) {
        match updates.recv_timeout(PAUSE) {
            Ok(update) => change(loaded, update, shelves),
            Err(RecvTimeoutError::Timeout) => shelves.settle(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn change(loaded: &Loaded, MemoryUpdate { workspace, change }: MemoryUpdate, shelves: &Shelves) {
    match change {
        MemoryChange::Text(text) => {
            let tokens = loaded.vocabulary.tokenize(&loaded.model, &text.text);
            shelves.put(&workspace, &text.document, &text.folder, text.open, tokens);
        }
        MemoryChange::Remove { document } => shelves.remove(&workspace, &document),
        MemoryChange::Clear => shelves.clear(&workspace),
    }
}

/// What the job that runs may look up, and how it is mixed in.
pub struct JobRecall {
    recall: Recall,
    weights: &'static Weights,
    /// Whether it changes probabilities; otherwise it only proposes.
    pub mixes: bool,
    /// The prompt's parts with separators between them, the one before the cursor last.
    pub said: Vec<TokenId>,
}

impl JobRecall {
    /// Nothing to look up.
    pub fn none() -> Self {
        Self { recall: Recall::default(), weights: Weights::fitted(), mixes: false, said: Vec::new() }
    }

    /// For a job with this prompt.
    pub fn new(recall: Recall, mixes: bool, said: Vec<TokenId>) -> Self {
        Self { recall, weights: Weights::fitted(), mixes, said }
    }

    /// How much is remembered of the workspace.
    pub fn remembered(&self) -> MemoryStats {
        self.recall.stats()
    }

    /// What may follow `said`.
    pub fn look_up(&self, said: &[TokenId]) -> Matches {
        self.recall.look_up(said)
    }

    /// The likeliest next token by what was found.
    pub fn draft(&self, matches: &Matches) -> Option<(TokenId, f32)> {
        self.weights.draft(matches)
    }

    /// The weights in force.
    pub fn weights(&self) -> &'static Weights {
        self.weights
    }

    /// Logits of the mixture of the model's and what followed the end of `said` before; `known` is the look-up, if it was made.
    pub fn mixed<'a>(
        &self,
        logits: &'a [f32],
        said: &[TokenId],
        known: Option<&Matches>,
        vocabulary: &ModelVocabulary,
    ) -> Cow<'a, [f32]> {
        if !self.mixes {
            return Cow::Borrowed(logits);
        }
        let model = crate::engine::memory::Model::of(logits);
        // Where the text ends is the model's business alone: what is remembered always goes on.
        if vocabulary.is_end(model.top) {
            return Cow::Borrowed(logits);
        }
        let matches = known.map_or_else(|| Cow::Owned(self.look_up(said)), Cow::Borrowed);
        if matches.iter().all(Option::is_none) {
            return Cow::Borrowed(logits);
        }
        let mut mixed = logits.to_vec();
        self.weights.mix(&mut mixed, &model, &matches);
        Cow::Owned(mixed)
    }
}
