//! Defines what a server has to be able to do. Each kind of server is one file, as small as it differs from the others.

mod beginning;
mod choices;
mod choose;
mod deepseek;
mod listed;
mod llama_server;
mod mistral;
mod ollama;
mod openai;
mod tgi;
mod vllm;

use std::time::Duration;

use serde_json::{Value, json};

pub use self::choose::choose;
use super::failure::RemoteError;
use super::http::HttpServer;
use super::prompt_form::RemotePrompt;
use crate::engine::{Capabilities, Finish, Sampling, TokenId};

/// What a request for text says.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// Name of the model, as the server has it.
    pub model: &'a str,
    /// What it goes on from.
    pub prompt: &'a RemotePrompt,
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
    /// Texts that end it, where the numbers of such tokens are not known: three at most.
    pub ends: &'a [String],
    /// Tokens of context that are used, the same in every request.
    pub context: u32,
    /// What the server was found to take.
    pub offers: Offers,
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

/// What a server takes beside what all of its kind do; found out when it is first asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offers {
    /// A request for log-probabilities.
    pub log_probabilities: bool,
    /// Settings of the sampling that are not in OpenAI's interface.
    pub sampling: bool,
    /// What to begin with.
    pub beginning: Begins,
}

/// In which way a server that was not known for it can be told what to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// In none.
    Unsaid,
    /// By a grammar, as llama.cpp's.
    Grammar,
    /// By a regular expression, as vLLM.
    Regex,
}

impl Offers {
    /// All of it.
    pub const ALL: Self = Self { log_probabilities: true, sampling: true, beginning: Begins::Unsaid };

    /// The same with another way to say what to begin with.
    pub fn with(self, beginning: Begins) -> Self {
        Self { beginning, ..self }
    }
}

/// What prompts a server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Numbers of tokens; text where nobody can tell them.
    Ids,
    /// Text; numbers where a vocabulary file is named by the user, who then knows that it takes them.
    TextOrIds,
    /// Text.
    Text,
    /// What is before the cursor and what is behind it.
    Parts,
}

/// How a server can be made to spell what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Healing {
    /// It takes a text to begin with.
    Text,
    /// It takes the tokens that may come first, and a text where these are not known.
    Tokens,
    /// It cannot be told. An answer that begins otherwise is given up, and asked for once more behind the typed text.
    Again,
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
    /// Whether it has a template of its own to fill in with.
    pub fills: bool,
}

/// Most characters of a model's name that are shown.
const SHOWN: usize = 200;

impl ServerFacts {
    /// These, with a name that can be shown.
    ///
    /// # Errors
    /// The name to ask by is none.
    pub fn checked(mut self, host: &str) -> Result<Self, RemoteError> {
        if self.model.len() > 4 * SHOWN || self.model.contains(char::is_control) {
            return Err(RemoteError::Refused(format!(
                "{host} calls its model by something that is no name; set remote.model to the one to ask for"
            )));
        }
        self.name = shown(&self.name);
        Ok(self)
    }
}

/// A name that a server tells, as it can be shown: signs that steer a terminal are left out, and what is too long for a name.
pub fn shown(name: &str) -> String {
    name.chars().filter(|sign| !sign.is_control()).take(SHOWN).collect()
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
    /// Tokens of the prompt.
    pub prompt: Option<usize>,
}

/// A server's own tokenizer.
pub trait ServerTokenizer {
    /// Tokens of `text`. Whether the text of control tokens in it means these tokens is up to `special`; where the server has no choice
    /// ([`ServerTokenizer::reads_control_text`]) it always does.
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

    /// What prompts it takes.
    fn takes(&self) -> Takes;

    /// Whether it writes the token that ends a text as text.
    fn writes_its_end(&self) -> bool {
        false
    }

    /// Whether a text may have another behind the cursor beside it, which the server puts together.
    fn has_suffix(&self) -> bool {
        self.takes() == Takes::Parts
    }

    /// Its tokenizer, if it offers one.
    fn tokenizer(&self) -> Option<&dyn ServerTokenizer> {
        None
    }

    /// What may be asked for, the most first: what it refuses, the next is tried instead of.
    fn offers(&self) -> &'static [Offers] {
        &[Offers::ALL]
    }

    /// In which ways it may be told what to begin with; each is tried out.
    fn beginnings(&self) -> &'static [Begins] {
        &[]
    }

    /// How long its first answer may take, where that is longer than others: it reads the model when it is first asked for text.
    fn reads_model(&self) -> Option<Duration> {
        None
    }

    /// How typed text is spelled.
    fn healing(&self) -> Healing;

    /// Where to ask for text, and with what. `stream`: the answer comes in events; else it is one.
    fn completion(&self, ask: &Ask, stream: bool) -> (&'static str, Value);

    /// What an event says; none when it is no such event.
    fn event(&self, value: &Value) -> Option<Event>;

    /// What it can do besides generating text.
    fn capabilities(&self) -> Capabilities {
        usual()
    }
}

/// What most servers can do.
fn usual() -> Capabilities {
    Capabilities { log_probabilities: true, scoring: false, branches: false, token_ids: true, kv_plan: true }
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

    /// A question for one line, with all that may be asked for.
    pub fn ask(prompt: &RemotePrompt) -> Ask<'_> {
        static ENDS: std::sync::LazyLock<[String; 1]> = std::sync::LazyLock::new(|| ["<|end|>".to_owned()]);
        Ask {
            model: "m",
            prompt,
            max_tokens: 7,
            sampling: Sampling::Seeded { temperature: 0.5, top_p: 0.75, seed: 1 << 40 | 3 },
            one_line: true,
            begins: Beginning::Free,
            stops: &[],
            ends: &*ENDS,
            context: 2048,
            limit_ms: 900,
            offers: Offers::ALL,
        }
    }

    #[test]
    fn only_times_are_times() {
        assert_eq!(time(1500.0), Some(Duration::from_millis(1500)));
        for ms in [-1.0, f32::NAN, f32::INFINITY, 1e30] {
            assert_eq!(time(ms), None, "{ms}");
        }
    }
}
