//! Decodes one or several candidates of one prompt: a token of each and the tokens proposed after it are one batch, until all
//! have ended.

use super::cache::Branch;
use super::worker::{Decoded, Worker};
use crate::engine::heal::Heal;
use crate::engine::memory::{MOST_DRAFTED, Matches};
use crate::engine::queue::Ticket;
use crate::engine::sampling::Sampler;
use crate::engine::stop::StopWatch;
use crate::engine::utf8::Assembler;
use crate::engine::{EngineError, Finish, Piece, Sampling, TokenId, Update};

/// Proposals are looked for as long as all of them are right with this chance.
const LEAST_CHANCE: f32 = 0.1;

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
    /// What is looked up: the prompt's parts, and its own tokens behind them.
    said: Vec<TokenId>,
    proposed: Proposed,
}

/// What a batch took along behind a candidate's token.
#[derive(Default)]
struct Proposed {
    /// Tokens, and the chance that each is right.
    tokens: Vec<(TokenId, f32)>,
    /// What was found behind the candidate's token, and behind each proposed one.
    matches: Vec<Matches>,
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
    /// Continue the prompt that has just been evaluated; returns why the first candidate ended, and what it took.
    pub(super) fn generate(
        &mut self,
        ticket: &Ticket,
        max_tokens: usize,
        heal: Heal,
        candidates: usize,
    ) -> Result<(Finish, Decoded), EngineError> {
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
                said: self.recall.said.clone(),
                proposed: Proposed::default(),
            })
            .collect();
        // Greedy candidates would all be the same: each begins with another text.
        let mut taken: Vec<Vec<u8>> = Vec::new();
        let distinct = ticket.job.sampling == Sampling::Greedy;
        let mut done = Decoded::default();
        loop {
            ticket.check()?;
            let mut next = Vec::new();
            for candidate in candidates.iter_mut().filter(|candidate| candidate.finish.is_none()) {
                let begun = !candidate.beginning.is_empty();
                let result = self.advance(ticket, max_tokens, candidate, &taken, &mut done)?;
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
            self.propose(max_tokens, &mut next);
            let batch = next.into_iter().map(|(candidate, token)| {
                let proposed = candidate.proposed.tokens.iter().map(|(token, _)| *token);
                (&mut candidate.branch, std::iter::once(token).chain(proposed).collect())
            });
            self.cache.append_each(batch.collect())?;
            done.drafts.steps += 1;
            done.drafts.tokens = candidates.iter().map(|candidate| candidate.generated).sum();
            ticket.send(Update::Drafts(done.drafts));
        }
        done.drafts.tokens = candidates.iter().map(|candidate| candidate.generated).sum();
        done.tokens = done.drafts.tokens;
        let finish = candidates.first().and_then(|candidate| candidate.finish).unwrap_or(Finish::Length);
        Ok((finish, done))
    }

    /// Choose and deliver the next tokens of a candidate: as many as were proposed rightly, and one more, which is returned;
    /// an inner error is its end.
    fn advance(
        &mut self,
        ticket: &Ticket,
        max_tokens: usize,
        candidate: &mut Candidate,
        taken: &[Vec<u8>],
        done: &mut Decoded,
    ) -> Result<Result<TokenId, Finish>, EngineError> {
        let proposed = std::mem::take(&mut candidate.proposed);
        let mut accepted = 0;
        let result = loop {
            let known = proposed.matches.get(accepted);
            let Some(token) = self.choose(candidate, accepted, known, taken) else {
                break Err(Finish::EndOfText);
            };
            if let Some(finish) = self.deliver(ticket, token, candidate) {
                break Err(finish);
            }
            let verified = proposed.tokens.get(accepted);
            if candidate.generated >= max_tokens {
                break Err(Finish::Length);
            }
            match verified {
                Some(&(draft, chance)) => {
                    self.drafter.verified(chance, draft == token);
                    if draft != token {
                        break Ok(token);
                    }
                    accepted += 1;
                    candidate.said.push(token);
                }
                None if self.cache.room(&candidate.branch) == 0 => break Err(Finish::Length),
                None => break Ok(token),
            }
        };
        done.drafts.drafted += proposed.tokens.len();
        done.drafts.accepted += accepted;
        if accepted < proposed.tokens.len() {
            self.cache.rewind(&candidate.branch, proposed.tokens.len() - accepted)?;
        }
        if let Ok(token) = result {
            candidate.said.push(token);
        }
        Ok(result)
    }

    /// The next token, from the logits of the `row`th token that the last batch had of it; none at the end of the text.
    fn choose(
        &mut self,
        candidate: &mut Candidate,
        row: usize,
        known: Option<&Matches>,
        taken: &[Vec<u8>],
    ) -> Option<TokenId> {
        let vocabulary = &self.loaded.vocabulary;
        let spellings = candidate.heal.candidates(&vocabulary.pieces);
        let heal = &candidate.heal;
        let distinct = candidate.beginning.is_empty() && !taken.is_empty();
        let allowed = |token| {
            let new = heal.new_part(vocabulary.pieces.text(token));
            // Not another spelling of what was typed either: it would only delay the same beginning.
            !distinct || !(new.is_empty() || taken.iter().any(|taken| taken == new))
        };
        let logits =
            self.recall.mixed(self.cache.row(candidate.branch.row(row)), &candidate.said, known, vocabulary);
        let choice = candidate.sampler.choose(&logits, spellings.as_deref(), allowed)?;
        if vocabulary.is_end(choice.token) {
            return None;
        }
        candidate.tokens += 1;
        candidate.generated += 1;
        candidate.logprob += choice.logprob;
        Some(choice.token)
    }

    /// Find what may come after the tokens that are to be evaluated, as far as it pays.
    fn propose(&self, max_tokens: usize, next: &mut [(&mut Candidate, TokenId)]) {
        if self.drafter.costs().is_none() || next.len() + MOST_DRAFTED > self.cache.batch() {
            return;
        }
        let alone = next.len() == 1;
        for (candidate, _) in next.iter_mut() {
            // A candidate that has not begun may be turned away from what is likely.
            let begun = alone || !candidate.beginning.is_empty();
            let room = self.cache.room(&candidate.branch).min(max_tokens - candidate.generated) - 1;
            let most = if begun && candidate.heal.pending().is_empty() { room.min(MOST_DRAFTED) } else { 0 };
            candidate.proposed = self.find(&candidate.said, most);
        }
        let chances = |(candidate, _): &(&mut Candidate, TokenId)| {
            candidate.proposed.tokens.iter().map(|(_, chance)| *chance).collect()
        };
        let chances: Vec<Vec<f32>> = next.iter().map(chances).collect();
        for ((candidate, _), length) in next.iter_mut().zip(self.drafter.lengths(&chances)) {
            candidate.proposed.tokens.truncate(length);
        }
    }

    fn find(&self, said: &[TokenId], most: usize) -> Proposed {
        let mut proposed = Proposed::default();
        let (mut text, mut all) = (said.to_vec(), 1.0);
        for _ in 0..most {
            let matches = self.recall.look_up(&text);
            let draft = self.recall.draft(&matches);
            proposed.matches.push(matches);
            let Some((token, chance)) = draft else { break };
            all *= chance;
            if all < LEAST_CHANCE {
                break;
            }
            proposed.tokens.push((token, chance));
            text.push(token);
        }
        proposed
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
