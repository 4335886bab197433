//! Defines what a server has to be able to do, and finds out which kind of server it is. Each kind is one file.

mod llama_server;
mod vllm;

use std::time::Duration;

use serde_json::{Value, json};

use super::failure::RemoteError;
use super::http::HttpServer;
use super::settings::DialectChoice;
use crate::engine::{Capabilities, Finish, Sampling, TokenId};

/// What a request for text says.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// Name of the model, as the server has it.
    pub model: &'a str,
    /// Tokens of the prompt.
    pub prompt: &'a [TokenId],
    /// Most tokens to generate.
    pub max_tokens: usize,
    /// How to choose tokens.
    pub sampling: Sampling,
    /// Whether the text ends behind its first line feed.
    pub one_line: bool,
    /// What it has to begin with.
    pub begins: Beginning<'a>,
    /// Tokens that end it.
    pub stops: &'a [TokenId],
    /// Milliseconds that the server may generate at most, should nobody be able to tell it to stop.
    pub limit_ms: u32,
}

/// What a text has to begin with: typed text whose tokens were taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning<'a> {
    /// Anything.
    Free,
    /// This text.
    Text(&'a str),
    /// One of these tokens.
    Tokens(&'a [TokenId]),
}

/// How a server can be made to spell what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Healing {
    /// It takes a text to begin with.
    Text,
    /// It takes the tokens that may come first, and a text where these are not known.
    Tokens,
}

/// What is known of a server and its model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServerFacts {
    /// The name to ask by.
    pub model: String,
    /// The name for people, and to tell families of models apart.
    pub name: String,
    /// Tokens of context that a request may take.
    pub context: u32,
    /// Parameters; 0 where it does not say.
    pub parameters: u64,
}

/// A token that was generated.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Generated {
    /// Its number, where the server says it.
    pub id: Option<TokenId>,
    /// Its text; empty where the server does not say it.
    pub bytes: Vec<u8>,
    /// Natural-log probability, where the server says it.
    pub logprob: Option<f32>,
    /// The likeliest tokens at its place: text and natural-log probability.
    pub likeliest: Vec<(Vec<u8>, f32)>,
}

/// A step of an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Event {
    /// New text.
    pub text: String,
    /// The tokens that it is of, where the server says so.
    pub tokens: Vec<Generated>,
    /// Set in the last one.
    pub finish: Option<Finish>,
    /// Tokens of the prompt that were evaluated, the others being found in a cache, and the milliseconds that it took.
    pub evaluated: Option<(usize, Option<f32>)>,
}

/// One kind of server.
pub trait Dialect: Sync {
    /// Its name in the setting.
    fn name(&self) -> &'static str;

    /// Where the server says what it is: every one that was connected to has this path.
    fn facts_path(&self) -> &'static str {
        "/v1/models"
    }

    /// What the server says of itself and of the model `wanted`.
    fn facts(&self, server: &HttpServer, wanted: Option<&str>) -> Result<ServerFacts, RemoteError>;

    /// Tokens of `text`. Whether the text of control tokens in it means these tokens is up to `special`; where the server has no choice
    /// ([`Dialect::reads_control_text`]) it always does.
    fn tokenize(
        &self,
        server: &HttpServer,
        model: &str,
        text: &str,
        special: bool,
    ) -> Result<Vec<TokenId>, RemoteError>;

    /// The tokens that stand before every text.
    fn begins_with(&self, server: &HttpServer, model: &str) -> Result<Option<TokenId>, RemoteError>;

    /// Whether the server takes text that looks like a control token for one.
    fn reads_control_text(&self) -> bool;

    /// The text of `tokens`, for people.
    fn detokenize(&self, server: &HttpServer, model: &str, tokens: &[TokenId])
    -> Result<String, RemoteError>;

    /// How typed text is spelled.
    fn healing(&self) -> Healing;

    /// Where to ask for text, and with what. `stream`: the answer comes in events; else it is one.
    fn completion(&self, ask: &Ask, stream: bool) -> (&'static str, Value);

    /// What an event says; none when it is no such event.
    fn event(&self, value: &Value) -> Option<Event>;

    /// What it can do besides generating text.
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            log_probabilities: true,
            scoring: false,
            branches: false,
            token_ids: true,
            kv_plan: true,
        }
    }
}

/// The dialect of `server`.
pub fn choose(choice: DialectChoice, server: &HttpServer) -> Result<&'static dyn Dialect, RemoteError> {
    Ok(match choice {
        DialectChoice::LlamaServer => &llama_server::LlamaServer,
        DialectChoice::Vllm => &vllm::VLLM,
        DialectChoice::Sglang => &vllm::SGLANG,
        DialectChoice::Auto => {
            let models = server.get("/v1/models")?;
            match models["data"][0]["owned_by"].as_str() {
                Some("llamacpp") => &llama_server::LlamaServer,
                Some("vllm") => &vllm::VLLM,
                Some("sglang") => &vllm::SGLANG,
                _ => {
                    return Err(RemoteError::Refused(format!(
                        "{} does not say what kind of server it is; set remote.dialect to llama-server, vllm or sglang",
                        server.host
                    )));
                }
            }
        }
    })
}

/// The milliseconds that a server says; none where they are no time.
pub fn time(ms: f32) -> Option<Duration> {
    Duration::try_from_secs_f32(ms / 1000.0).ok()
}

/// The numbers of tokens in a list.
fn ids(value: &Value) -> Option<Vec<TokenId>> {
    value.as_array()?.iter().map(|id| TokenId::try_from(id.as_i64()?).ok()).collect()
}

/// Adds the members of `more`.
fn extend(body: &mut Value, more: Value) {
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
}

/// The sampling as most servers take it.
fn sampling(sampling: Sampling) -> Value {
    match sampling {
        Sampling::Greedy => json!({ "temperature": 0.0 }),
        // Seeds are small numbers nearly everywhere.
        Sampling::Seeded { temperature, top_p, seed } => {
            json!({ "temperature": temperature, "top_p": top_p, "seed": seed & 0x7fff_ffff })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_are_times() {
        assert_eq!(time(1500.0), Some(Duration::from_millis(1500)));
        for ms in [-1.0, f32::NAN, f32::INFINITY, 1e30] {
            assert_eq!(time(ms), None, "{ms}");
        }
    }
}
