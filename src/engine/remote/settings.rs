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
        "x-unset" = "the server tokenises, or prompts go as text",
        "x-example" = "\"~/models/qwen2.5-coder-7b-vocab.gguf\""
    ))]
    pub tokenizer: Option<PathBuf>,
    /// Who puts the text before and behind the cursor together, for dialects openai and ollama: treefill, by the template of the
    /// model's family (model.family, else the model's name tells it), or the server, from `suffix`; auto: the template where the family is known.
    pub fill: FillChoice,
    /// What is done while the server does not answer.
    pub fallback: Fallback,
    /// Milliseconds until the first part of an answer has to be there.
    #[schemars(range(min = 50, max = 600_000))]
    pub first_byte_ms: u32,
    /// Milliseconds until an answer has to be complete; what is there by then is used.
    #[schemars(range(min = 100, max = 600_000))]
    pub total_ms: u32,
    /// Several servers in the place of remote.url, a [[remote.servers]] each: a document stays with one of them as long as that one
    /// answers. What a server does not say of itself is as the rest of the section says, but for the key: each names its own.
    pub servers: Vec<TeamServer>,
}

/// One of several servers, `[[remote.servers]]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TeamServer {
    /// Its address.
    #[schemars(extend("x-unset" = "the server is left out", "x-example" = "\"https://gpu-1.example:8000\""))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its share of the documents, against the other weights.
    #[schemars(range(min = 1, max = 1000), extend("x-unset" = "1", "x-example" = "2"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// Languages that it is for, as your editor calls them; others get them only while it does not answer. Without any it is for all
    /// that no other server names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// As remote.model.
    #[schemars(extend("x-unset" = "as [remote] says", "x-example" = "\"qwen2.5-coder-7b\""))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// As model.family, for the model of this server.
    #[schemars(extend("x-unset" = "as [model] says", "x-example" = "\"starcoder2\""))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// As remote.fill.
    #[schemars(extend("x-unset" = "as [remote] says", "x-example" = "\"suffix\""))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fill: Option<FillChoice>,
    /// As remote.dialect.
    #[schemars(extend("x-unset" = "as [remote] says", "x-example" = "\"vllm\""))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<DialectChoice>,
    /// As remote.key_env, for this server alone.
    #[schemars(extend("x-unset" = "no key is sent", "x-example" = "\"TEAM_LLM_KEY\""))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
    /// As remote.key_command, for this server alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key_command: Vec<String>,
    /// As remote.ca_file.
    #[schemars(extend("format" = "path", "x-unset" = "as [remote] says", "x-example" = "\"~/.config/team-ca.pem\""))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// As remote.allow_http.
    #[schemars(extend("x-unset" = "as [remote] says", "x-example" = "true"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_http: Option<bool>,
    /// As remote.tokenizer.
    #[schemars(extend("format" = "path", "x-unset" = "as [remote] says", "x-example" = "\"~/models/vocab.gguf\""))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<PathBuf>,
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
    /// Any server with OpenAI's `/v1/completions`.
    Openai,
    /// Ollama.
    Ollama,
    /// Mistral's own servers.
    Mistral,
    /// DeepSeek's own servers.
    Deepseek,
    /// Text Generation Inference.
    Tgi,
}

/// Who puts together what is before the cursor and what is behind it, where prompts are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FillChoice {
    /// treefill, where it knows the model's family; else the server, if it is found to read the text behind the cursor.
    #[default]
    Auto,
    /// treefill, by the template of the model's family.
    Template,
    /// The server: it gets the text behind the cursor as `suffix`.
    Suffix,
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
            fill: FillChoice::default(),
            fallback: Fallback::default(),
            // A cold prompt on a busy server; a new key ends the wait at once anyway.
            first_byte_ms: 5_000,
            total_ms: 15_000,
            servers: Vec::new(),
        }
    }
}

/// An address as it is shown: without the parts that a password or a key may stand in, which are refused later.
pub fn shown_address(url: &str) -> String {
    let host = url.find("://").map_or(0, |at| at + "://".len());
    let rest = match url.rfind('@') {
        Some(at) if at >= host => format!("…@{}", &url[at + 1..]),
        _ => url[host..].to_owned(),
    };
    let end = rest.find(['?', '#']).map_or(rest.len(), |at| at + 1);
    format!("{}{}{}", &url[..host], &rest[..end], if end < rest.len() { "…" } else { "" })
}

impl RemoteSettings {
    /// Whether a server runs the model.
    pub fn is_used(&self) -> bool {
        self.url.is_some() || !self.servers.is_empty()
    }

    /// The setting that names the servers, with the first of them.
    pub fn where_set(&self) -> String {
        match (&self.url, self.servers.first().and_then(|server| server.url.as_ref())) {
            (Some(url), _) => format!("remote.url = \"{}\"", shown_address(url)),
            (None, Some(url)) => {
                format!("[[remote.servers]] (the first of {}: {})", self.servers.len(), shown_address(url))
            }
            (None, None) => "[remote]".to_owned(),
        }
    }

    /// Without a server: the model of this machine is used.
    pub fn switch_off(&mut self) {
        self.url = None;
        self.servers.clear();
    }

    /// The settings of each server as if it were the only one, in their order. Of one server, its own.
    ///
    /// # Errors
    /// A sentence for the user, where it is not clear which server is meant.
    pub fn each(&self) -> Result<Vec<Self>, String> {
        if self.servers.is_empty() {
            return Ok(vec![self.clone()]);
        }
        if self.url.is_some() {
            return Err("both remote.url and [[remote.servers]] are set; move the address into a [[remote.servers]] of its own".into());
        }
        if self.key_env.is_some() || !self.key_command.is_empty() {
            return Err("a key is for one server: move remote.key_env or remote.key_command into the [[remote.servers]] that it is for".into());
        }
        let all: Vec<Self> = self.servers.iter().map(|server| self.of(server)).collect();
        for (at, one) in all.iter().enumerate() {
            if let Some(url) = &one.url
                && all[..at].iter().any(|other| other.url == one.url && other.model == one.model)
            {
                return Err(format!(
                    "two of the [[remote.servers]] are {} with the same model; remove one, and give the other a weight",
                    shown_address(url)
                ));
            }
        }
        Ok(all)
    }

    fn of(&self, server: &TeamServer) -> Self {
        Self {
            url: server.url.clone(),
            dialect: server.dialect.unwrap_or(self.dialect),
            model: server.model.clone().or_else(|| self.model.clone()),
            key_env: server.key_env.clone(),
            key_command: server.key_command.clone(),
            ca_file: server.ca_file.clone().or_else(|| self.ca_file.clone()),
            allow_http: server.allow_http.unwrap_or(self.allow_http),
            tokenizer: server.tokenizer.clone().or_else(|| self.tokenizer.clone()),
            fill: server.fill.unwrap_or(self.fill),
            servers: Vec::new(),
            ..self.clone()
        }
    }

    /// The files that any of the servers needs: certificates and vocabularies.
    pub fn files(&self) -> Vec<&PathBuf> {
        let own = self.ca_file.iter().chain(&self.tokenizer);
        own.chain(self.servers.iter().flat_map(|server| server.ca_file.iter().chain(&server.tokenizer)))
            .collect()
    }

    /// The same, to be changed.
    pub fn files_mut(&mut self) -> Vec<&mut PathBuf> {
        let own = self.ca_file.iter_mut().chain(&mut self.tokenizer);
        let theirs =
            self.servers.iter_mut().flat_map(|server| server.ca_file.iter_mut().chain(&mut server.tokenizer));
        own.chain(theirs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_secrets() {
        for (url, shown) in [
            ("https://gpu.example:8000/v1", "https://gpu.example:8000/v1"),
            ("http://me:se#cr?et@gpu:1/x?api_key=k", "http://…@gpu:1/x?…"),
            ("http://gpu:1/#k", "http://gpu:1/#…"),
            ("gpu:1", "gpu:1"),
            ("", ""),
        ] {
            assert_eq!(shown_address(url), shown, "{url}");
        }
    }

    fn server(url: &str) -> TeamServer {
        TeamServer { url: Some(url.into()), ..TeamServer::default() }
    }

    #[test]
    fn a_server_has_what_it_says_and_else_what_all_have() {
        let one = RemoteSettings {
            url: Some("https://a".into()),
            key_env: Some("KEY".into()),
            ..RemoteSettings::default()
        };
        assert_eq!(one.each(), Ok(vec![one.clone()]));
        let settings = RemoteSettings {
            model: Some("m".into()),
            ca_file: Some("/ca.pem".into()),
            total_ms: 900,
            servers: vec![
                TeamServer { key_env: Some("ONE".into()), ..server("https://a") },
                TeamServer { model: Some("n".into()), allow_http: Some(true), ..server("http://b") },
            ],
            ..RemoteSettings::default()
        };
        let each = settings.each().unwrap();
        let of = |at: usize| {
            let one: &RemoteSettings = &each[at];
            (
                one.url.as_deref().unwrap(),
                one.model.as_deref().unwrap(),
                one.key_env.as_deref(),
                one.allow_http,
            )
        };
        assert_eq!(of(0), ("https://a", "m", Some("ONE"), false));
        assert_eq!(of(1), ("http://b", "n", None, true));
        assert!(
            each.iter()
                .all(|one| one.total_ms == 900 && one.ca_file == settings.ca_file && one.servers.is_empty())
        );
    }

    #[test]
    fn what_is_not_clear_is_refused_with_what_to_do() {
        let several = RemoteSettings {
            servers: vec![server("https://a"), server("https://b")],
            ..RemoteSettings::default()
        };
        assert!(several.each().is_ok());
        let refused = |settings: RemoteSettings| settings.each().unwrap_err();
        let both = RemoteSettings { url: Some("https://c".into()), ..several.clone() };
        assert!(refused(both).contains("both remote.url and [[remote.servers]]"));
        let key = RemoteSettings { key_env: Some("KEY".into()), ..several.clone() };
        assert!(refused(key).contains("a key is for one server"));
        let twice = RemoteSettings { servers: vec![server("https://a"), server("https://a")], ..several };
        assert!(refused(twice).contains("https://a"));
    }
}
