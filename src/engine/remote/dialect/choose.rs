//! Finds out which kind of server it is, by what it says of itself.

use serde_json::Value;

use super::{Dialect, deepseek, listed, llama_server, mistral, ollama, openai, tgi, vllm};
use crate::engine::remote::failure::RemoteError;
use crate::engine::remote::http::HttpServer;
use crate::engine::remote::settings::DialectChoice;

/// The dialect of `server` for the model `wanted`, or for the first one.
pub fn choose(
    choice: DialectChoice,
    wanted: Option<&str>,
    server: &HttpServer,
) -> Result<&'static dyn Dialect, RemoteError> {
    Ok(match choice {
        DialectChoice::LlamaServer => &llama_server::LlamaServer,
        DialectChoice::Vllm => &vllm::VLLM,
        DialectChoice::Sglang => &vllm::SGLANG,
        DialectChoice::Openai => &openai::OpenAi,
        DialectChoice::Ollama => &ollama::Ollama,
        DialectChoice::Mistral => &mistral::Mistral,
        DialectChoice::Deepseek => &deepseek::DeepSeek,
        DialectChoice::Tgi => &tgi::Tgi,
        DialectChoice::Auto => ask(wanted, server)?,
    })
}

fn ask(wanted: Option<&str>, server: &HttpServer) -> Result<&'static dyn Dialect, RemoteError> {
    let models = match server.get(listed::PATH) {
        Ok(models) => models,
        // Older ones have no such list.
        Err(RemoteError::Absent(why)) => {
            return other(server)?.ok_or_else(|| {
                RemoteError::Refused(format!(
                    "{why}; or remote.dialect, since it does not say what kind of server it is"
                ))
            });
        }
        Err(error) => return Err(error),
    };
    // A gateway has models of several owners.
    let list = models["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named = list.iter().find(|model| wanted.is_some_and(|wanted| model["id"] == wanted));
    let model = named.or(list.first()).unwrap_or(&Value::Null);
    Ok(match model["owned_by"].as_str() {
        Some("llamacpp") => &llama_server::LlamaServer,
        Some("vllm") => &vllm::VLLM,
        Some("sglang") => &vllm::SGLANG,
        Some("mistralai") => &mistral::Mistral,
        Some("deepseek") => &deepseek::DeepSeek,
        _ => match other(server)? {
            Some(dialect) => dialect,
            None if model["id"].is_string() => &openai::OpenAi,
            None => {
                return Err(RemoteError::Refused(format!(
                    "{} does not say what kind of server it is; set remote.dialect to the name of one (docs/src/teams.md)",
                    server.host
                )));
            }
        },
    })
}

/// Those that are known by a path of their own.
fn other(server: &HttpServer) -> Result<Option<&'static dyn Dialect>, RemoteError> {
    let has = |path: &str, is_it: &dyn Fn(&Value) -> bool| match server.get(path) {
        Ok(said) => Ok(is_it(&said)),
        // Gateways refuse what they do not know in many ways.
        Err(error @ (RemoteError::Given | RemoteError::Late(_) | RemoteError::Busy(..))) => Err(error),
        Err(_) => Ok(false),
    };
    if has(ollama::VERSION, &|said| said["version"].is_string())? {
        return Ok(Some(&ollama::Ollama));
    }
    let is_tgi = has(tgi::INFO, &|said| said["model_id"].is_string())?;
    Ok(is_tgi.then_some(&tgi::Tgi as &dyn Dialect))
}
