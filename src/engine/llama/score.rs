//! Scores given texts behind a prompt: evaluates the prompt once, the texts in as few batches as hold them.

use super::worker::Worker;
use crate::engine::heal::Heal;
use crate::engine::queue::Ticket;
use crate::engine::sampling::logprob;
use crate::engine::{EngineError, TextScore, TokenId, Update};

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
            let logits = self.cache.last_logits();
            texts
                .iter()
                .map(|tokens| tokens.first().map_or(f32::NEG_INFINITY, |&token| logprob(logits, token)))
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
                for (row, &token) in rows.zip(&texts[at][1..]) {
                    scores[at].logprob += logprob(self.cache.row(row), token);
                }
            }
        }
        ticket.send(Update::Scores(scores));
        Ok(evaluated)
    }
}
