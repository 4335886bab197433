//! Drives one generation under the guide's eye until it ends, is enough, or the time is up. It judges no syntax.

use tokio::time::Instant;

use super::guide::{Advice, Guide};
use super::outcome::Reason;
use crate::cancel::CancelToken;
use crate::engine::{Engine, EngineError, Generation, Prompt, Status, Update};

/// What came out of a generation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// The text, as far as the guide wanted it.
    pub text: String,
    /// Tokens generated.
    pub tokens: usize,
    /// Figures of the prompt.
    pub prompt: Prompt,
    /// For each piece: where it ends in the text, its log-probability, its tokens.
    pieces: Vec<(usize, f32, usize)>,
}

impl Decoded {
    /// Mean natural-log probability, per token, of about the first `bytes` of the text.
    pub fn confidence(&self, bytes: usize) -> Option<f32> {
        // White space in front is trimmed and counts all the same: it was as good as certain.
        let lead = self.text.len() - self.text.trim_start().len();
        let mut start = 0;
        let (mut sum, mut tokens) = (0.0, 0);
        for (end, logprob, count) in &self.pieces {
            if start >= bytes + lead {
                break;
            }
            (sum, tokens, start) = (sum + logprob, tokens + count, *end);
        }
        (tokens > 0).then(|| sum / tokens as f32)
    }
}

/// Collect pieces until the end, the guide's stop or `deadline`; what is there by then is taken. Without a guide, all of it.
pub async fn decode(
    mut generation: Generation,
    guide: Option<&Guide<'_>>,
    engine: &dyn Engine,
    deadline: Instant,
    cancel: &CancelToken,
) -> Result<Decoded, Reason> {
    let mut decoded = Decoded::default();
    loop {
        let update = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Reason::Superseded),
            update = generation.next() => update,
            () = tokio::time::sleep_until(deadline) => return at_deadline(decoded, engine),
        };
        match update {
            Some(Ok(Update::Piece(piece))) => {
                decoded.text.push_str(&piece.text);
                decoded.tokens += piece.tokens;
                decoded.pieces.push((decoded.text.len(), piece.logprob, piece.tokens));
                if let Some(Advice::Stop(enough)) = guide.map(|guide| guide.judge(&decoded.text)) {
                    decoded.text.truncate(enough);
                    return Ok(decoded);
                }
            }
            Some(Ok(Update::Prompt(prompt))) => decoded.prompt = prompt,
            // One text was asked for.
            Some(Ok(Update::Ended { .. } | Update::Scores(_))) => {}
            Some(Ok(Update::Done(_))) => return Ok(decoded),
            Some(Err(error)) => return Err(reason(error)),
            None => {
                return Err(Reason::EngineFailed("the engine stopped in the middle of a suggestion".into()));
            }
        }
    }
}

fn at_deadline(decoded: Decoded, engine: &dyn Engine) -> Result<Decoded, Reason> {
    if !decoded.text.is_empty() {
        return Ok(decoded);
    }
    match &*engine.status().borrow() {
        Status::Loading(_) => Err(Reason::ModelLoading),
        Status::Restarting => Err(Reason::EngineRestarting),
        Status::Failed(why) => Err(Reason::NoEngine(why.clone())),
        Status::Ready(_) => Err(Reason::Timeout),
    }
}

fn reason(error: EngineError) -> Reason {
    match error {
        EngineError::Cancelled => Reason::Superseded,
        EngineError::Restarting => Reason::EngineRestarting,
        EngineError::Unavailable(why) => Reason::NoEngine(why),
        EngineError::Failed(why) => Reason::EngineFailed(why),
    }
}
