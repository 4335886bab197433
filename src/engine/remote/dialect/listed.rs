//! Reads the list of models that most servers show.

use serde_json::Value;

use super::{ServerFacts, shown};
use crate::engine::remote::failure::RemoteError;
use crate::engine::remote::http::HttpServer;

/// Where it is.
pub const PATH: &str = "/v1/models";
/// What is taken for the context where the server does not say.
pub const CONTEXT: u32 = 4096;
/// Where servers say how long a text may be, in tokens.
const CONTEXTS: [&str; 4] = ["max_model_len", "max_context_length", "context_length", "context_window"];

/// The model `wanted`, or the first one.
pub fn model(server: &HttpServer, wanted: Option<&str>) -> Result<ServerFacts, RemoteError> {
    let models = match server.get(PATH) {
        Ok(models) => models,
        // Nothing else need be known of one that is named.
        Err(error @ RemoteError::Absent(_)) => return wanted.map(named_only).ok_or(error),
        Err(error) => return Err(error),
    };
    let Some(list) = models["data"].as_array() else { return Err(server.nonsense(PATH)) };
    if list.is_empty() {
        return Err(RemoteError::Refused(format!(
            "{} serves no model at present: its list of models ({PATH}) is empty; ask who runs it to load one",
            server.host
        )));
    }
    let named = |model: &&Value| wanted.is_none_or(|wanted| model["id"] == wanted);
    let Some(model) = list.iter().find(named) else {
        let names: Vec<String> =
            list.iter().filter_map(|model| model["id"].as_str()).take(8).map(shown).collect();
        return Err(RemoteError::Refused(format!(
            "{} has no model {}; set remote.model to one of: {}",
            server.host,
            wanted.unwrap_or("at all"),
            names.join(", ")
        )));
    };
    let id = model["id"].as_str().ok_or_else(|| server.nonsense(PATH))?;
    // Many serve a model under a short name, and say beside it which it is.
    Ok(ServerFacts {
        name: last_part(model["root"].as_str().unwrap_or(id)).to_owned(),
        parameters: model["meta"]["n_params"].as_u64().unwrap_or_default(),
        context: context(model),
        ..named_only(id)
    })
}

/// What is known of a model that no list has.
pub fn named_only(name: &str) -> ServerFacts {
    ServerFacts {
        model: name.to_owned(),
        name: last_part(name).to_owned(),
        context: CONTEXT,
        ..ServerFacts::default()
    }
}

/// The last part of a path or of a name with its owner.
pub fn last_part(name: &str) -> &str {
    let last = name.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(name);
    last.trim_end_matches(".gguf")
}

fn context(model: &Value) -> u32 {
    // Where slots share a context, llama.cpp's server says here how much of it each has.
    let said = CONTEXTS
        .iter()
        .map(|name| &model[*name])
        .chain([&model["meta"]["n_ctx"], &model["meta"]["n_ctx_train"]]);
    let mut said = said.filter_map(Value::as_u64).filter_map(|context| u32::try_from(context).ok());
    said.find(|&context| context > 0).unwrap_or(CONTEXT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_contexts_are_where_each_server_has_them() {
        for (model, expected) in [
            (json!({ "max_model_len": 1024 }), 1024),
            (json!({ "max_context_length": 32_768 }), 32_768),
            (json!({ "meta": { "n_ctx_train": 1024, "n_ctx": 512 } }), 512),
            (json!({ "max_model_len": null, "meta": { "n_ctx_train": 1024 } }), 1024),
            (json!({ "context_length": 0 }), CONTEXT),
            (json!({}), CONTEXT),
        ] {
            assert_eq!(context(&model), expected, "{model}");
        }
        assert_eq!(last_part("bigcode/starcoder2-3b"), "starcoder2-3b");
        assert_eq!(last_part("/models/qwen/model.gguf"), "model");
        assert_eq!(last_part("C:\\m\\x.gguf"), "x");
        assert_eq!(last_part("plain"), "plain");
    }
}
