//! Scores given texts behind a prompt: evaluates the prompt once, the texts in as few batches as hold them.

use std::borrow::Cow;

use super::worker::Worker;
use crate::engine::heal::Heal;
use crate::engine::memory::Model;
use crate::engine::queue::Ticket;
use crate::engine::sampling::logprob;
use crate::engine::{EngineError, TextScore, TokenExplanation, TokenId, Update};

impl Worker<'_> {
    /// Score `continuations` behind the prompt that has just been evaluated; returns how many tokens were evaluated.
    pub(super) fn score(
        &mut self,
        ticket: &Ticket,
        heal: &Heal,
        continuations: &[String],
    ) -> Result<usize, EngineError> {
        // What healing took back belongs to the first word of every continuation.
        let taken = String::from_utf8_lossy(heal.pending()).into_owned();
        let texts: Vec<Vec<TokenId>> =
            continuations.iter().map(|text| self.tokenize(&format!("{taken}{text}"))).collect();
        let first: Vec<f32> = {
            let logits = self.mixed(self.cache.last_logits(), &[]);
            texts
                .iter()
                .map(|tokens| tokens.first().map_or(f32::NEG_INFINITY, |&token| logprob(&logits, token)))
                .collect()
        };
        let mut scores: Vec<TextScore> = texts
            .iter()
            .zip(first)
            .map(|(tokens, logprob)| TextScore { logprob, tokens: tokens.len() })
            .collect();
        // The last token of a text predicts nothing of it.
        let room = self.cache.batch().min(self.cache.free());
        let mut waiting: Vec<usize> = (0..texts.len()).filter(|&at| texts[at].len() > 1).collect();
        for &at in waiting.iter().filter(|&&at| texts[at].len() > room) {
            scores[at].logprob = f32::NEG_INFINITY;
        }
        waiting.retain(|&at| texts[at].len() <= room);
        let mut evaluated = 0;
        while !waiting.is_empty() {
            ticket.check()?;
            let mut tokens = 0;
            let together = waiting
                .iter()
                .take(self.cache.forks())
                .take_while(|&&at| {
                    tokens += texts[at].len() - 1;
                    tokens <= room
                })
                .count();
            let batch: Vec<usize> = waiting.drain(..together.max(1)).collect();
            let parts: Vec<&[TokenId]> = batch.iter().map(|&at| &texts[at][..texts[at].len() - 1]).collect();
            evaluated += parts.iter().map(|part| part.len()).sum::<usize>();
            let rows = self.cache.score_continuations(&parts)?;
            for (&at, rows) in batch.iter().zip(rows) {
                for (row, index) in rows.zip(1..) {
                    let (before, rest) = texts[at].split_at(index);
                    scores[at].logprob += logprob(&self.mixed(self.cache.row(row), before), rest[0]);
                }
            }
        }
        ticket.send(Update::Scores(scores));
        Ok(evaluated)
    }

    /// Logits as they count behind the prompt and `text`.
    fn mixed<'a>(&self, logits: &'a [f32], text: &[TokenId]) -> Cow<'a, [f32]> {
        let said = [&*self.recall.said, text].concat();
        self.recall.mixed(logits, &said, None, &self.loaded.vocabulary)
    }

    /// Explain each token of `continuation` behind the prompt that has just been evaluated; returns how many there are. What does
    /// not fit into one batch is left out.
    pub(super) fn explain(
        &mut self,
        ticket: &Ticket,
        heal: &Heal,
        continuation: &str,
    ) -> Result<usize, EngineError> {
        let taken = String::from_utf8_lossy(heal.pending());
        let mut tokens = self.tokenize(&format!("{taken}{continuation}"));
        tokens.truncate(self.cache.batch().min(self.cache.free()));
        let mut explained = Vec::new();
        if let Some(&first) = tokens.first() {
            explained.push(self.explain_token(self.cache.last_logits(), &[], first));
        }
        if tokens.len() > 1 {
            let rows = self.cache.score_continuations(&[&tokens[..tokens.len() - 1]])?;
            let rows = rows.into_iter().flatten().zip(1..tokens.len());
            explained.extend(
                rows.map(|(row, at)| self.explain_token(self.cache.row(row), &tokens[..at], tokens[at])),
            );
        }
        ticket.send(Update::Explained(explained));
        Ok(tokens.len())
    }

    fn explain_token(&self, logits: &[f32], before: &[TokenId], token: TokenId) -> TokenExplanation {
        let said = [&*self.recall.said, before].concat();
        let (model, matches) = (Model::of(logits), self.recall.look_up(&said));
        let mixed = self.recall.mixed(logits, &said, Some(&matches), &self.loaded.vocabulary);
        let text = |token| String::from_utf8_lossy(self.loaded.vocabulary.pieces.text(token)).into_owned();
        let mut sources = self.recall.weights().trace(logits, &model, &matches, token);
        for source in &mut sources {
            source.says = text(source.top);
        }
        TokenExplanation {
            text: text(token),
            logprob: logprob(logits, token),
            mixed: logprob(&mixed, token),
            token,
            top: model.top,
            chosen: Model::of(&mixed).top,
            sources,
        }
    }
}
