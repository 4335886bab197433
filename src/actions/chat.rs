//! Asking the model that takes instructions: the messages, the answer, and the code in it. What is asked for, and whether an
//! answer is any good, is each action's.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::cancel::CancelToken;
use crate::completion::{Reason, blocking};
use crate::engine::{ChatMessage, Engine, Finish, Job, Lane, Sampling, Speaker, Status, Stop, Task, Update};

/// How often is asked: once for the likeliest answer, then by chance, while none is good.
const ROUNDS: u64 = 3;
/// Whoever asked sees it running and may stop it, and waits no longer than this. An answer takes a model of 7 B on two cores
/// half of it.
const PATIENCE: Duration = Duration::from_secs(120);
/// How freely further answers are drawn: enough to differ.
const TEMPERATURE: f32 = 0.6;
const TOP_P: f32 = 0.9;
/// Most tokens of an answer.
const LONGEST: usize = 2048;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatPrompt {
    /// The document's identity, for "latest wins" and KV reuse.
    pub document: String,
    /// What holds for every answer of this kind.
    pub rules: String,
    /// The question itself.
    pub text: String,
    /// Bytes that an answer may be expected to have.
    pub expected: usize,
}

/// What was answered.
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
            sampling: match round {
                0 => Sampling::Greedy,
                seed => Sampling::Seeded { temperature: TEMPERATURE, top_p: TOP_P, seed },
            },
            task: Task::Chat { messages },
        }
    }
}

/// Ask until `judge`, which runs on a blocking thread, makes something of an answer; or why nothing was made.
pub async fn ask<T: Send + 'static>(
    question: ChatPrompt,
    engine: &dyn Engine,
    cancel: &CancelToken,
    judge: impl Fn(&ChatReply) -> Option<T> + Send + Sync + 'static,
) -> Result<T, Reason> {
    let start = Instant::now();
    let judge = Arc::new(judge);
    for round in 0..ROUNDS {
        let answer = once(question.job(round), engine, start + PATIENCE, cancel).await?;
        let judge = Arc::clone(&judge);
        if let Some(made) = blocking(move || judge(&answer)).await? {
            return Ok(made);
        }
        // The next one takes as long as this one did.
        if start.elapsed() > PATIENCE / 2 {
            break;
        }
    }
    Err(if cancel.is_cancelled() { Reason::Superseded } else { Reason::Invalid })
}

async fn once(
    job: Job,
    engine: &dyn Engine,
    deadline: Instant,
    cancel: &CancelToken,
) -> Result<ChatReply, Reason> {
    if let Status::Failed(why) = &*engine.status().borrow() {
        return Err(Reason::NoEngine(why.clone()));
    }
    let mut generation = engine.generate(job, cancel.clone());
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
            Some(Ok(Update::Prompt(_) | Update::Ended { .. } | Update::Scores(_))) => {}
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

/// Without blank lines before and white space behind.
fn without_blank_ends(text: &str) -> &str {
    let ink = text.len() - text.trim_start().len();
    let start = text[..ink].rfind('\n').map_or(0, |feed| feed + 1);
    text[start..].trim_end()
}

/// Code as a fenced block, whatever it has in it.
pub fn fenced(language: &str, code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}", code.replace("\r\n", "\n").trim_end())
}

/// Look for what is to be done, on a blocking thread.
pub async fn read<T: Send + 'static>(
    look: impl FnOnce() -> Result<T, Reason> + Send + 'static,
) -> Result<T, Reason> {
    blocking(look).await?
}

#[cfg(test)]
mod tests {
    use super::*;

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
