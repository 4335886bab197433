//! Defines what a user may set of a server that runs the model.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The settings of a server, `[remote]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RemoteSettings {
    /// Address of the server that runs the model, such as an inference server of your team's.
    #[schemars(extend(
        "x-unset" = "the model runs on this machine",
        "x-example" = "\"http://127.0.0.1:8080\""
    ))]
    pub url: Option<String>,
    /// How the server is spoken to; auto: found out by asking it.
    pub dialect: DialectChoice,
    /// Name that the server has for the model.
    #[schemars(extend("x-unset" = "the first that it offers", "x-example" = "\"qwen2.5-coder-7b\""))]
    pub model: Option<String>,
    /// Name of the environment variable that holds the key for the server. Editors have to be started with it.
    #[schemars(extend("x-unset" = "no key is sent", "x-example" = "\"TEAM_LLM_KEY\""))]
    pub key_env: Option<String>,
    /// Program and arguments that print the key for the server, run once when the engine starts.
    pub key_command: Vec<String>,
    /// File of certificates (PEM) to trust for this server, in the place of the system's. Relative to this file.
    #[schemars(extend(
        "format" = "path",
        "x-unset" = "those that the system trusts",
        "x-example" = "\"~/.config/team-ca.pem\""
    ))]
    pub ca_file: Option<PathBuf>,
    /// Send text and key without encryption to a server that is not on this machine: whoever is in between can read both.
    pub allow_http: bool,
    /// GGUF file with the vocabulary of the server's model, with or without weights: then no request is needed to tokenise.
    #[schemars(extend(
        "format" = "path",
        "x-unset" = "the server tokenises",
        "x-example" = "\"~/models/qwen2.5-coder-7b-vocab.gguf\""
    ))]
    pub tokenizer: Option<PathBuf>,
    /// What is done while the server does not answer.
    pub fallback: Fallback,
    /// Milliseconds until the first part of an answer has to be there.
    #[schemars(range(min = 50, max = 600_000))]
    pub first_byte_ms: u32,
    /// Milliseconds until an answer has to be complete; what is there by then is used.
    #[schemars(range(min = 100, max = 600_000))]
    pub total_ms: u32,
}

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DialectChoice {
    /// Asked of the server.
    #[default]
    Auto,
    /// llama.cpp's server.
    LlamaServer,
    /// vLLM.
    Vllm,
    /// SGLang.
    Sglang,
}

/// What is done while a server does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fallback {
    /// Nothing is suggested.
    #[default]
    None,
    /// The model that would run here without a server does the work.
    Local,
}

impl Default for RemoteSettings {
    fn default() -> Self {
        Self {
            url: None,
            dialect: DialectChoice::default(),
            model: None,
            key_env: None,
            key_command: Vec::new(),
            ca_file: None,
            allow_http: false,
            tokenizer: None,
            fallback: Fallback::default(),
            // A cold prompt on a busy server; a new key ends the wait at once anyway.
            first_byte_ms: 5_000,
            total_ms: 15_000,
        }
    }
}

impl RemoteSettings {
    /// Whether a server runs the model.
    pub fn is_used(&self) -> bool {
        self.url.is_some()
    }
}
