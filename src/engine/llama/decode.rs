//! Decodes one or several candidates of one prompt, a token of each per batch, until all have ended.

use super::cache::Branch;
use super::worker::Worker;
use crate::engine::heal::Heal;
use crate::engine::queue::Ticket;
use crate::engine::sampling::Sampler;
use crate::engine::stop::StopWatch;
use crate::engine::utf8::Assembler;
use crate::engine::{EngineError, Finish, Piece, Sampling, TokenId, Update};

/// One text on its way.
struct Candidate {
    index: usize,
    /// Where its tokens and its logits are.
    branch: Branch,
    heal: Heal,
    sampler: Sampler,
    watch: StopWatch,
    text: Assembler,
    /// What the first token added that did more than spell what healing took back.
    beginning: Vec<u8>,
    /// Of tokens whose text is not delivered yet.
    tokens: usize,
    logprob: f32,
    generated: usize,
    finish: Option<Finish>,
}

/// The sampling of one candidate of several.
fn own(sampling: Sampling, index: usize) -> Sampling {
    match sampling {
        Sampling::Greedy => Sampling::Greedy,
        Sampling::Seeded { temperature, top_p, seed } => {
            Sampling::Seeded { temperature, top_p, seed: seed.wrapping_add(index as u64) }
        }
    }
}

impl Worker<'_> {
    /// Continue the prompt that has just been evaluated; returns why the first candidate ended, and how many tokens were
    /// generated in all.
    pub(super) fn generate(
        &mut self,
        ticket: &Ticket,
        max_tokens: usize,
        heal: Heal,
        candidates: usize,
    ) -> Result<(Finish, usize), EngineError> {
        let branches = self.cache.fork(candidates)?;
        let several = branches.len() > 1;
        let mut candidates: Vec<Candidate> = branches
            .into_iter()
            .enumerate()
            .map(|(index, branch)| Candidate {
                index,
                branch,
                heal: heal.clone(),
                sampler: Sampler::new(own(ticket.job.sampling, index)),
                watch: StopWatch::new(ticket.job.stop),
                text: Assembler::default(),
                beginning: Vec::new(),
                tokens: 0,
                logprob: 0.0,
                generated: 0,
                finish: None,
            })
            .collect();
        // Greedy candidates would all be the same: each begins with another text.
        let mut taken: Vec<Vec<u8>> = Vec::new();
        let distinct = ticket.job.sampling == Sampling::Greedy;
        loop {
            ticket.check()?;
            let mut next = Vec::new();
            for candidate in candidates.iter_mut().filter(|candidate| candidate.finish.is_none()) {
                let begun = !candidate.beginning.is_empty();
                let result = self.advance(ticket, max_tokens, candidate, &taken);
                if distinct && !begun && !candidate.beginning.is_empty() {
                    taken.push(candidate.beginning.clone());
                }
                match result {
                    Ok(token) => next.push((candidate, token)),
                    Err(finish) => {
                        candidate.finish = Some(finish);
                        if several {
                            ticket.send(Update::Ended { candidate: candidate.index, finish });
                        }
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            let branches: Vec<(&mut Branch, TokenId)> =
                next.into_iter().map(|(candidate, token)| (&mut candidate.branch, token)).collect();
            self.cache.append_each(branches)?;
        }
        let generated = candidates.iter().map(|candidate| candidate.generated).sum();
        let finish = candidates.first().and_then(|candidate| candidate.finish).unwrap_or(Finish::Length);
        Ok((finish, generated))
    }

    /// Choose and deliver the next token of a candidate; an error is its end.
    fn advance(
        &self,
        ticket: &Ticket,
        max_tokens: usize,
        candidate: &mut Candidate,
        taken: &[Vec<u8>],
    ) -> Result<TokenId, Finish> {
        let token = self.choose(candidate, taken).ok_or(Finish::EndOfText)?;
        if let Some(finish) = self.deliver(ticket, token, candidate) {
            return Err(finish);
        }
        let full = candidate.generated >= max_tokens || !self.cache.has_room(&candidate.branch);
        if full { Err(Finish::Length) } else { Ok(token) }
    }

    /// The next token; none at the end of the text.
    fn choose(&self, candidate: &mut Candidate, taken: &[Vec<u8>]) -> Option<TokenId> {
        let vocabulary = &self.loaded.vocabulary;
        let spellings = candidate.heal.candidates(&vocabulary.pieces);
        let heal = &candidate.heal;
        let distinct = candidate.beginning.is_empty() && !taken.is_empty();
        let allowed = |token| {
            let new = heal.new_part(vocabulary.pieces.text(token));
            // Not another spelling of what was typed either: it would only delay the same beginning.
            !distinct || !(new.is_empty() || taken.iter().any(|taken| taken == new))
        };
        let logits = self.cache.logits(&candidate.branch);
        let choice = candidate.sampler.choose(logits, spellings.as_deref(), allowed)?;
        if vocabulary.is_end(choice.token) {
            return None;
        }
        candidate.tokens += 1;
        candidate.generated += 1;
        candidate.logprob += choice.logprob;
        Some(choice.token)
    }

    /// Send what a token adds to the text. Some: the text ends with it.
    fn deliver(&self, ticket: &Ticket, token: TokenId, candidate: &mut Candidate) -> Option<Finish> {
        let bytes = self.loaded.vocabulary.pieces.text(token);
        let new = candidate.heal.new_part(bytes);
        if candidate.beginning.is_empty() {
            candidate.beginning = new.to_vec();
        }
        candidate.heal.consume(bytes);
        let (mut text, mut finish) = match candidate.text.push(new) {
            Ok(text) => (text, None),
            Err(garbled) => (garbled.valid, Some(Finish::EndOfText)),
        };
        if let Some(cut) = candidate.watch.cut(&text) {
            text.truncate(cut);
            finish = Some(Finish::Stop);
        }
        if text.is_empty() {
            return finish;
        }
        let (tokens, logprob) =
            (std::mem::take(&mut candidate.tokens), std::mem::take(&mut candidate.logprob));
        ticket.send(Update::Piece(Piece { text, logprob, tokens, candidate: candidate.index }));
        finish
    }
}
