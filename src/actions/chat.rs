//! Asks the model that takes instructions, and reads the code in its reply. Each action writes its own prompt and checks.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::action::{LazyAction, Resolve};
use super::rounds::RoundPlan;
use crate::cancel::CancelToken;
use crate::completion::secrets::MaskedJob;
use crate::completion::{Reason, blocking, job};
use crate::document::Edit;
use crate::engine::{ChatMessage, Engine, Finish, Job, Lane, Speaker, Stop, Task, Update};
use crate::verify::Verifier;
use crate::verify::prose::{self, ProseFlaw};

/// A reply takes a model of 7 B on two cores half of the time.
const PLAN: RoundPlan =
    RoundPlan { rounds: 3, candidates: 1, temperature: 0.6, top_p: 0.9, patience: Duration::from_secs(120) };
/// Most tokens of a reply.
const LONGEST: usize = 2048;

/// What the model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatPrompt {
    /// The document's identity, for "latest wins" and KV reuse.
    pub document: String,
    /// What holds for every reply of this kind.
    pub rules: String,
    /// The question itself.
    pub text: String,
    /// Bytes that a reply may be expected to have.
    pub expected: usize,
}

/// What the model replies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatReply {
    /// With LF line ends.
    pub text: String,
    /// Whether the model came to its end.
    pub whole: bool,
}

impl ChatPrompt {
    fn job(&self, round: u64) -> Job {
        let say = |speaker, text: &str| ChatMessage { speaker, text: text.to_owned() };
        let messages = vec![say(Speaker::System, &self.rules), say(Speaker::User, &self.text)];
        Job {
            document: self.document.clone(),
            lane: Lane::Interactive,
            segments: Vec::new(),
            // Two bytes are fewer than any tokeniser puts into a token of code on average.
            max_tokens: (self.expected / 2 + 128).min(LONGEST),
            stop: Stop::default(),
            sampling: PLAN.sampling(round),
            task: Task::Chat { messages },
            language: String::new(),
            workspace: None,
        }
    }
}

/// Resolves an action by asking: `prepare` finds its place and writes the prompt, `accept` makes edits of a reply that passes.
/// Both run on a blocking thread.
///
/// # Errors
/// [`Reason::NotHere`] without a place; when no reply is accepted, what is wrong with the first of them that a rule refuses
/// ([`Reason::Refused`]), or [`Reason::Invalid`]; else what hinders the engine.
pub async fn run<P: Send + Sync + 'static>(
    work: Resolve<'_>,
    prepare: fn(&LazyAction, &Verifier) -> Option<(ChatPrompt, P)>,
    accept: fn(&ChatReply, &P, &Verifier) -> Result<Vec<Edit>, Reason>,
) -> Result<Vec<Edit>, Reason> {
    let Resolve { action, snapshot, engine, cancel } = work;
    let look = move || {
        let verifier = Verifier::new(&snapshot).ok_or(Reason::NotParsed)?;
        let (prompt, place) = prepare(&action, &verifier).ok_or(Reason::NotHere)?;
        Ok::<_, Reason>((prompt, Arc::new((place, verifier))))
    };
    let (prompt, checks) = blocking(look).await??;
    let start = Instant::now();
    let mut why = Reason::Invalid;
    for round in 0..PLAN.rounds {
        let reply = ask(prompt.job(round), engine, start + PLAN.patience, cancel).await?;
        let checks = Arc::clone(&checks);
        match blocking(move || accept(&reply, &checks.0, &checks.1)).await? {
            Ok(edits) => return Ok(edits),
            // The first round is the likeliest.
            Err(refused) if why == Reason::Invalid => why = refused,
            Err(_) => {}
        }
        // The next one takes as long as this one did.
        if start.elapsed() > PLAN.patience / 2 {
            break;
        }
    }
    Err(if cancel.is_cancelled() { Reason::Superseded } else { why })
}

async fn ask(
    job: Job,
    engine: &dyn Engine,
    deadline: Instant,
    cancel: &CancelToken,
) -> Result<ChatReply, Reason> {
    job::context_tokens(engine)?;
    let mut generation = engine.generate(MaskedJob::of(job).job, cancel.clone());
    let mut text = String::new();
    let whole = loop {
        let update = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Reason::Superseded),
            update = generation.next() => update,
            () = tokio::time::sleep_until(deadline) => match text.is_empty() {
                true => return Err(Reason::Timeout),
                false => break false,
            },
        };
        match update {
            Some(Ok(Update::Piece(piece))) => text.push_str(&piece.text),
            Some(Ok(Update::Done(summary))) => break summary.finish != Finish::Length,
            Some(Ok(
                Update::Prompt(_)
                | Update::Drafts(_)
                | Update::Ended { .. }
                | Update::Scores(_)
                | Update::Explained(_),
            )) => {}
            Some(Err(error)) => return Err(error.into()),
            None => return Err(Reason::EngineFailed("the engine stopped in the middle of an answer".into())),
        }
    };
    let text = text.replace("\r\n", "\n").replace('\r', "");
    // What a reasoning model says to itself.
    let text = text.rsplit_once("</think>").map_or(text.as_str(), |(_, answer)| answer).to_owned();
    Ok(ChatReply { text, whole })
}

impl ChatReply {
    /// The code in it: the first fenced block, or all of it where there is none. None when the model did not come to the
    /// end of it.
    pub fn code(&self) -> Option<&str> {
        let (code, closed) = self.block();
        (closed && !code.trim().is_empty()).then_some(code)
    }

    /// The same as far as it goes.
    pub fn begun(&self) -> &str {
        self.block().0
    }

    /// Why there is no code in it: the model speaks to the user instead.
    pub fn no_code(&self) -> Reason {
        let fenced = self.text.contains("```");
        match prose::is_chatter(&self.text) && !fenced {
            true => refused(ProseFlaw::Chatter),
            false => Reason::Invalid,
        }
    }

    fn block(&self) -> (&str, bool) {
        let text = self.text.as_str();
        let mut at = 0;
        let mut open: Option<(usize, usize)> = None;
        for line in text.split_inclusive('\n') {
            let ticks = line.trim_start().bytes().take_while(|byte| *byte == b'`').count();
            let end = at + line.len();
            match open {
                None if ticks >= 3 => open = Some((ticks, end)),
                Some((opened, start)) if ticks >= opened && line.trim().len() == ticks => {
                    return (without_blank_ends(&text[start..at]), true);
                }
                _ => {}
            }
            at = end;
        }
        match open {
            Some((_, start)) => (without_blank_ends(&text[start..]), false),
            None => (without_blank_ends(text), self.whole),
        }
    }
}

/// The reason for a flaw, or for another rule that a reply breaks.
pub fn refused(why: impl std::fmt::Display) -> Reason {
    Reason::Refused(why.to_string())
}

/// Without blank lines before and white space behind.
fn without_blank_ends(text: &str) -> &str {
    let ink = text.len() - text.trim_start().len();
    let start = text[..ink].rfind('\n').map_or(0, |feed| feed + 1);
    text[start..].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fenced;

    fn answer(text: &str, whole: bool) -> ChatReply {
        ChatReply { text: text.into(), whole }
    }

    #[test]
    fn the_code_of_an_answer() {
        for (text, code) in [
            ("Sure:\n\n```python\n    x = 1\n\n```\nDone.\n```\ny\n```", "    x = 1"),
            ("````\n```\na\n```\n````", "```\na\n```"),
            ("\n\n  x = 1\n  y = 2\n", "  x = 1\n  y = 2"),
        ] {
            assert_eq!(answer(text, true).code(), Some(code), "{text}");
        }
        assert_eq!(answer("```\nx = 1\n", true).code(), None, "the block does not end");
        assert_eq!(answer("x = 1", false).code(), None);
        assert_eq!(answer("```\nx = 1\n", false).begun(), "x = 1");
        assert_eq!(answer(" \n", true).code(), None);
    }

    #[test]
    fn a_fence_is_longer_than_those_inside() {
        let code = "'''\n```\nx\n```\n'''\r\ny\n";
        let fence = fenced("python", code);
        assert!(fence.starts_with("````python\n") && fence.ends_with("\n````"));
        assert_eq!(answer(&fence, true).code(), Some("'''\n```\nx\n```\n'''\ny"));
    }
}
