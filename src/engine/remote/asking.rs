//! Asks for one text: typed text is spelled first, the answer is delivered as it comes, and closed as soon as it is of no more use.

use std::time::Instant;

use serde_json::Value;

use super::connection::ConnectedServer;
use super::delivery::Delivery;
use super::dialect::{self, Ask, Beginning, Event, Healing};
use super::failure::RemoteError;
use super::http::HttpServer;
use super::prompt::Composed;
use super::prompt_form::RemotePrompt;
use crate::engine::Finish;
use crate::engine::queue::Ticket;

/// One request on its way.
pub struct RemoteRequest<'a> {
    /// Whom it asks.
    pub connection: &'a mut ConnectedServer,
    /// How.
    pub server: &'a HttpServer,
    /// For whom.
    pub ticket: &'a Ticket,
    /// Most tokens of the answer.
    pub max_tokens: usize,
    /// When the job was begun.
    pub started: Instant,
    /// When the first event came.
    pub prefilled: Option<Instant>,
    /// Whether the answer was ended by closing its connection.
    pub closed: bool,
}

impl RemoteRequest<'_> {
    /// Ask, and deliver until the text ends; says why it does.
    pub fn run(&mut self, prompt: Composed, delivery: &mut Delivery) -> Result<Finish, RemoteError> {
        let Composed { mut prompt, whole, .. } = prompt;
        let by_tokens =
            self.connection.healing() == Healing::Tokens && self.connection.vocabulary.pieces().is_some();
        if by_tokens && let Some(finish) = self.spell(&mut prompt, delivery)? {
            return Ok(finish);
        }
        let finish = self.text(&prompt, delivery)?;
        match whole {
            // It has gone on from something else than what was typed, and may go on from all of it.
            Some(whole) if !delivery.heal.pending().is_empty() && self.wanted() => {
                delivery.go_on_without_typed_text();
                self.text(&whole, delivery)
            }
            _ => Ok(finish),
        }
    }

    /// Whether somebody still waits.
    fn wanted(&self) -> bool {
        !self.ticket.is_over()
    }

    /// Ask for the text behind a prompt, and deliver it.
    fn text(&mut self, prompt: &RemotePrompt, delivery: &mut Delivery) -> Result<Finish, RemoteError> {
        if delivery.generated >= self.max_tokens {
            return Ok(Finish::Length);
        }
        let pending = String::from_utf8_lossy(delivery.heal.pending()).into_owned();
        let begins = match pending.is_empty() || self.connection.healing() == Healing::Again {
            true => Beginning::Free,
            false => Beginning::Text(&pending),
        };
        let ask = self.question(prompt, self.max_tokens - delivery.generated, begins);
        let (path, body) = self.connection.dialect.completion(&ask, true);
        let mut events = self.server.stream(path, &body)?;
        loop {
            let value = match events.next(path) {
                Ok(Some(value)) => value,
                // It says that it is done, and has not said why.
                Ok(None) => return Ok(Finish::EndOfText),
                // What has come in time is of use.
                Err(RemoteError::Late(_)) if self.prefilled.is_some() => {
                    self.closed = true;
                    return Ok(Finish::Length);
                }
                Err(error) => return Err(error),
            };
            if self.server.patience.check().is_err() {
                // Before anything is sent to somebody who does not listen.
                return Err(RemoteError::Given);
            }
            let mut event = self.event(&value, path, prompt)?;
            let has_ended =
                event.finish == Some(Finish::EndOfText) && self.connection.dialect.writes_its_end();
            let form = self.connection.vocabulary.text.as_ref();
            let cut = form.and_then(|form| form.end(&event.text, has_ended));
            if let Some(at) = cut {
                event.text.truncate(at);
                event.finish = None;
            }
            let ended = delivery.take(&event, &|token| self.connection.vocabulary.is_end(token));
            if let Some(finish) = ended.or(cut.map(|_| Finish::EndOfText)) {
                match event.finish {
                    Some(_) => {
                        for event in
                            events.rest(path).iter().filter_map(|value| self.connection.dialect.event(value))
                        {
                            self.connection.count(prompt, &event);
                            delivery.count_prompt(&event);
                        }
                    }
                    None => self.closed = true,
                }
                return Ok(finish);
            }
        }
    }

    fn event(&mut self, value: &Value, path: &str, prompt: &RemotePrompt) -> Result<Event, RemoteError> {
        let event = self.connection.dialect.event(value).ok_or_else(|| self.server.nonsense(path))?;
        self.connection.count(prompt, &event);
        if self.prefilled.is_none() {
            let now = Instant::now();
            self.prefilled = Some(now);
            if let Some((evaluated, ms)) = event.evaluated {
                let took = ms.and_then(dialect::time).unwrap_or_else(|| now.duration_since(self.started));
                self.connection.speed.measured(evaluated, took);
            }
        }
        Ok(event)
    }

    fn question<'b>(&'b self, prompt: &'b RemotePrompt, max_tokens: usize, begins: Beginning<'b>) -> Ask<'b> {
        Ask {
            sampling: self.ticket.job.sampling,
            one_line: self.ticket.job.stop.lines == 1,
            begins,
            ..self.connection.ask(prompt, max_tokens)
        }
    }

    /// Let the server spell what was typed, a token at a time, as long as that takes. Some: the text ends there.
    fn spell(
        &mut self,
        prompt: &mut RemotePrompt,
        delivery: &mut Delivery,
    ) -> Result<Option<Finish>, RemoteError> {
        loop {
            let pieces = self.connection.vocabulary.pieces();
            let Some(candidates) = pieces.and_then(|pieces| delivery.heal.candidates(pieces)) else {
                return Ok(None);
            };
            if candidates.is_empty() {
                return Ok(Some(Finish::EndOfText));
            }
            let ask = Ask { one_line: false, ..self.question(prompt, 1, Beginning::Tokens(&candidates)) };
            let (path, body) = self.connection.dialect.completion(&ask, false);
            let answer = self.server.post(path, &body)?;
            let mut event = self.event(&answer, path, prompt)?;
            let pieces = self.connection.vocabulary.pieces();
            let Some((token, text)) =
                chosen(&event, &candidates, |token| pieces.map_or(&[], |pieces| pieces.text(token)))
            else {
                return Ok(Some(Finish::EndOfText));
            };
            if let RemotePrompt::Ids(tokens) = prompt {
                tokens.push(token);
            }
            // Byte by byte, which a server's own text need not be.
            event.text.clear();
            event.finish = None;
            let text = text.to_vec();
            event.tokens.truncate(1);
            if let Some(first) = event.tokens.first_mut() {
                first.bytes.clone_from(&text);
            }
            let ended = delivery.take(&event, &|_| false).or_else(|| delivery.give(&text));
            if ended.is_some() {
                return Ok(ended);
            }
            if delivery.generated >= self.max_tokens {
                return Ok(Some(Finish::Length));
            }
        }
    }
}

/// The token that the server chose of `candidates`, by its number, or by its text where that is not told.
fn chosen<'a>(event: &Event, candidates: &[i32], text: impl Fn(i32) -> &'a [u8]) -> Option<(i32, &'a [u8])> {
    let told = event.tokens.first().and_then(|token| token.id);
    let spelled = || candidates.iter().copied().find(|&token| text(token) == event.text.as_bytes());
    let token = told.filter(|token| candidates.contains(token)).or_else(spelled)?;
    Some((token, text(token)))
}
