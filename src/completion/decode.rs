//! Collects the texts of one generation until they end, the guide has enough of them, or the time is up.

use std::time::Duration;

use tokio::time::Instant;

use super::guide::{Advice, Guide};
use super::job;
use super::outcome::Reason;
use super::trim::whole_tokens;
use crate::cancel::CancelToken;
use crate::engine::{DraftStats, Engine, Finish, Generation, Piece, PromptStats, Update};

/// One text of a generation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// The text, as far as the guide wanted it.
    pub text: String,
    /// Tokens generated for it.
    pub tokens: usize,
    /// Figures of the prompt.
    pub prompt: PromptStats,
    /// How the tokens of all texts were generated, as far as the engine said it.
    pub drafts: DraftStats,
    /// For each piece: where it ends in the text, its log-probability, its tokens.
    pub pieces: Vec<(usize, f32, usize)>,
    /// The guide has enough of it, or the model ended it: its last token is whole.
    pub complete: bool,
    /// From the question to the first complete line of the first text, or to its end.
    pub first_line: Option<Duration>,
}

/// Collect pieces until the end, the guide's stop or `deadline`; what is there by then is taken, but for a token that the end
/// cut in two. Without a guide, all of it.
/// `count` texts were asked for; there is at least one, unless nothing was generated at all.
pub async fn decode(
    mut generation: Generation,
    count: usize,
    guide: Option<&Guide<'_>>,
    engine: &dyn Engine,
    deadline: Instant,
    cancel: &CancelToken,
) -> Result<Vec<Decoded>, Reason> {
    let (asked, mut first_line) = (Instant::now(), None);
    let mut texts = vec![Decoded::default()];
    let (mut figures, mut drafts, mut ended) = (PromptStats::default(), DraftStats::default(), 0);
    loop {
        let update = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Reason::Superseded),
            update = generation.next() => update,
            () = tokio::time::sleep_until(deadline) => {
                at_deadline(&texts, engine)?;
                break;
            }
        };
        match update {
            Some(Ok(Update::Piece(piece))) => {
                if texts.len() <= piece.candidate {
                    texts.resize(piece.candidate + 1, Decoded::default());
                }
                let text = &mut texts[piece.candidate];
                text.take(piece, guide);
                if first_line.is_none() && (texts[0].complete || texts[0].text.contains('\n')) {
                    first_line = Some(asked.elapsed());
                }
                if texts.len() == count && texts.iter().all(|text| text.complete) {
                    break;
                }
            }
            Some(Ok(Update::Prompt(prompt))) => figures = prompt,
            Some(Ok(Update::Drafts(so_far))) => drafts = so_far,
            // A text that the model ends is complete as it is; the others go on.
            Some(Ok(Update::Ended { candidate, finish })) => {
                if let Some(text) = texts.get_mut(candidate) {
                    text.complete |= finish != Finish::Length;
                    ended += 1;
                }
            }
            Some(Ok(Update::Scores(_) | Update::Explained(_))) => {}
            Some(Ok(Update::Done(summary))) => {
                // Only the end of each of several texts is reported by itself.
                let whole = ended == 0 && summary.finish != Finish::Length;
                texts.iter_mut().for_each(|text| text.complete |= whole);
                break;
            }
            Some(Err(error)) => return Err(error.into()),
            None => {
                return Err(Reason::EngineFailed("the engine stopped in the middle of a suggestion".into()));
            }
        }
    }
    let first_line = first_line.or_else(|| (!texts[0].text.is_empty()).then(|| asked.elapsed()));
    for text in &mut texts {
        (text.prompt, text.drafts, text.first_line) = (figures, drafts, first_line);
        if guide.is_some() && !text.complete {
            text.text.truncate(whole_tokens(&text.text).len());
        }
    }
    Ok(texts)
}

impl Decoded {
    fn take(&mut self, piece: Piece, guide: Option<&Guide<'_>>) {
        if self.complete {
            return;
        }
        self.text.push_str(&piece.text);
        self.tokens += piece.tokens;
        self.pieces.push((self.text.len(), piece.logprob, piece.tokens));
        if let Some(Advice::Stop(enough)) = guide.map(|guide| guide.judge(&self.text)) {
            self.text.truncate(enough);
            self.complete = true;
        }
    }
}

fn at_deadline(texts: &[Decoded], engine: &dyn Engine) -> Result<(), Reason> {
    if texts.iter().any(|text| !text.text.is_empty()) {
        return Ok(());
    }
    Err(job::unready(&engine.status().borrow()).unwrap_or(Reason::Timeout))
}
