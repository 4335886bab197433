//! Finds out what a server is: its dialect, its model, its vocabulary and its speed.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::RemoteOptions;
use super::dialect::{self, Ask, Beginning, Dialect, ServerFacts};
use super::failure::RemoteError;
use super::http::HttpServer;
use super::vocabulary::{RemoteVocabulary, ServerTokens};
use crate::engine::fit::Tokens as _;
use crate::engine::local;
use crate::engine::speed::{CHUNK, Speed};
use crate::engine::{ModelOptions, Sampling};

/// Tokens of the prompt by which the speed is measured.
const MEASURED: usize = 256;

/// A server that has answered.
pub struct ConnectedServer {
    /// How it is spoken to.
    pub dialect: &'static dyn Dialect,
    /// What it says of itself.
    pub facts: ServerFacts,
    /// Its model's tokens.
    pub vocabulary: RemoteVocabulary,
    /// Tokens of context that are used.
    pub context: u32,
    /// How fast it reads prompts.
    pub speed: Speed,
    /// Milliseconds that it may generate for one job.
    pub limit_ms: u32,
}

impl ConnectedServer {
    /// Asks it.
    pub fn open(options: &RemoteOptions, server: &HttpServer) -> Result<Self, RemoteError> {
        let RemoteOptions { settings, tuning, .. } = options;
        let dialect = dialect::choose(settings.dialect, server)?;
        let facts = dialect.facts(server, settings.model.as_deref())?;
        let family = tuning.family.as_deref();
        let vocabulary = match &settings.tokenizer {
            Some(file) => {
                let read = local::vocabulary(file, family);
                let read = read.map_err(|why| {
                    RemoteError::Refused(format!("the file {} (remote.tokenizer): {why}", file.display()))
                })?;
                RemoteVocabulary::of_file(read)
            }
            None => RemoteVocabulary::of_server(dialect, server, &facts, family)?,
        };
        let context = facts.context.min(tuning.context.unwrap_or(ModelOptions::CONTEXT));
        let speed = Speed::new(CHUNK, context as usize, tuning.max_prefill_ms);
        let mut connection = Self { dialect, facts, vocabulary, context, speed, limit_ms: settings.total_ms };
        connection.check_vocabulary(server)?;
        connection.measure(server)?;
        Ok(connection)
    }

    /// Whether a vocabulary file is that of the server's model: a text has to have the same tokens by both, where the server can say.
    fn check_vocabulary(&self, server: &HttpServer) -> Result<(), RemoteError> {
        let Some(file) = &self.vocabulary.file else { return Ok(()) };
        let text = "\ndef check(value):\n    return [value, \"ä\"]\n";
        // A server without a tokenizer of its own is why there is a file.
        let Ok(theirs) = self.dialect.tokenize(server, &self.facts.model, text, false) else { return Ok(()) };
        let ours = (file.tokenize)(text);
        if theirs.ends_with(&ours[1.min(ours.len())..]) {
            return Ok(());
        }
        Err(RemoteError::Refused(format!(
            "the vocabulary of remote.tokenizer is not that of the model on {}; name the file of the same model, or remove the setting",
            server.host
        )))
    }

    /// Read a prompt of some hundred tokens, so that the first job is neither slow nor blind.
    fn measure(&mut self, server: &HttpServer) -> Result<(), RemoteError> {
        let asking = ServerTokens::new(&self.vocabulary, self.dialect, server, &self.facts.model);
        // A prompt of its own: others of the team have measured with the same server, which remembers what it has read.
        let own = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos());
        let lines: String = std::iter::once(format!("run = {own}\n"))
            .chain((0..MEASURED / 4).map(|line| format!("value_{line} = [{line}]\n")))
            .collect();
        let mut tokens = asking.of_text(&lines);
        if let Some(error) = asking.failure() {
            return Err(error);
        }
        tokens.truncate(MEASURED.min(self.context as usize / 2));
        let ask = Ask {
            model: &self.facts.model,
            prompt: &tokens,
            max_tokens: 1,
            sampling: Sampling::Greedy,
            one_line: false,
            begins: Beginning::Free,
            stops: &[],
            limit_ms: self.limit_ms,
        };
        let (path, body) = self.dialect.completion(&ask, false);
        let started = Instant::now();
        let answer = server.post(path, &body)?;
        let event = self.dialect.event(&answer).ok_or_else(|| server.nonsense(path))?;
        let (evaluated, ms) = event.evaluated.unwrap_or((tokens.len(), None));
        let took = ms.and_then(dialect::time).unwrap_or_else(|| started.elapsed());
        self.speed.measured(evaluated, took);
        tracing::debug!(server = server.host, speed = self.speed.rate(), "measured");
        Ok(())
    }
}
