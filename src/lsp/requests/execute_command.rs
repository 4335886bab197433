//! Handles `workspace/executeCommand`: feedback, the off switches, the state.

use std::time::Duration;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};

use crate::engine::MemoryStats;
use crate::lsp::commands::{
    self, ACCEPTED, APPLY, DISMISSED, IMPORT, PAUSE, PREFETCH, RESUME, REWRITE, STATUS, TOGGLE, WARM, WHY,
};
use crate::lsp::protocol::ExecuteCommand;
use crate::lsp::server::Server;
use crate::lsp::status::PausedPlace;
use crate::lsp::{convert, status};
use crate::session::{SwitchScope, Switches, View};

/// Longest pause by number; a longer one is one without an end.
const YEAR_OF_MINUTES: f64 = 525_600.0;

pub async fn handle(server: &Server, params: ExecuteCommand) -> Result<Value> {
    let argument = params.arguments.first().unwrap_or(&Value::Null);
    match params.command.as_str() {
        ACCEPTED => {
            server.session.accepted(argument["id"].as_u64().unwrap_or(u64::MAX));
            super::add_imports::handle(server, &argument["imports"]);
            Ok(Value::Null)
        }
        IMPORT => {
            super::add_imports::handle(server, argument);
            Ok(Value::Null)
        }
        DISMISSED => {
            server.session.dismissed(argument["id"].as_u64(), argument["uri"].as_str());
            Ok(Value::Null)
        }
        PAUSE => pause(server, argument),
        RESUME => Ok(resume(server, argument)),
        WHY => {
            let sentence = status::why(&server.session, asked_about(server, argument).as_deref());
            Ok(said(server, json!({}), sentence))
        }
        TOGGLE => toggle(server, argument),
        STATUS => {
            let remembered = if argument["settled"] == true { settled(server).await } else { None };
            let uri = asked_about(server, argument);
            let mut status = status::all(&server.session, &server.workspace, uri.as_deref());
            if let Some(remembered) = remembered {
                status["workspace"]["tokens"] = remembered.tokens.into();
            }
            if server.negotiated().lists_commands {
                server.messages.info(&status::in_a_line(&status));
            }
            Ok(status)
        }
        PREFETCH | WARM => prefetch(server, argument),
        APPLY => super::apply_edit::handle(server, argument, params.work_done_token.clone()).await,
        REWRITE => super::rewrite::handle(server, argument, params.work_done_token.clone()).await,
        unknown => Err(Error::invalid_params(format!(
            "unknown command {unknown}; known: {}",
            commands::ALL.join(", ")
        ))),
    }
}

/// The document that a question is about. Who chooses a command from a list cannot name one.
fn asked_about(server: &Server, argument: &Value) -> Option<String> {
    let named = argument["uri"].as_str().map(str::to_owned);
    let listed = server.negotiated().lists_commands;
    named.or_else(|| server.session.document_in_use().filter(|_| listed))
}

/// Waits until the engine remembers all that has happened so far, and says how much that is; none where it remembers nothing.
async fn settled(server: &Server) -> Option<MemoryStats> {
    let engine = server.session.ready_engine().await.ok()?;
    if !server.session.config().model.tuning.memory {
        server.workspace.settled().await;
        return None;
    }
    server.workspace.remembered(&*engine).await.ok()
}

fn pause(server: &Server, argument: &Value) -> Result<Value> {
    let minutes = match if argument.is_object() { &argument["minutes"] } else { argument } {
        Value::Null => None,
        value => Some(value.as_f64().filter(|minutes| *minutes > 0.0).ok_or_else(|| {
            Error::invalid_params("treefill.pause: minutes must be a number above 0, or absent")
        })?),
    };
    let duration =
        minutes.filter(|minutes| *minutes < YEAR_OF_MINUTES).map(|m| Duration::from_secs_f64(m * 60.0));
    server.session.switch(|switches| switches.pause(duration));
    let answer = json!({ "enabled": false, "minutes": minutes });
    Ok(said(server, answer, status::sentence(&server.session, None)))
}

fn resume(server: &Server, argument: &Value) -> Value {
    let uri = argument["uri"].as_str();
    let language = uri.and_then(|uri| Some(server.session.view(uri)?.language));
    match uri.zip(language) {
        Some((uri, language)) => server.session.switch(|switches| switches.resume_in(uri, &language)),
        None => server.session.switch(Switches::resume),
    }
    let place = uri.map_or(PausedPlace::Everywhere, status::in_file);
    let sentence = status::on_again(&server.session, uri, place);
    said(server, json!({ "enabled": true }), sentence)
}

/// An answer with a sentence for the user. A client that does not know of our answers gets it as a message.
fn said(server: &Server, mut answer: Value, sentence: String) -> Value {
    if !server.negotiated().status {
        server.messages.info(&sentence);
    }
    answer["sentence"] = sentence.into();
    answer
}

fn prefetch(server: &Server, argument: &Value) -> Result<Value> {
    let position = serde_json::from_value(argument["position"].clone());
    let (Some(uri), Ok(position)) = (argument["uri"].as_str(), position) else {
        return Err(Error::invalid_params("treefill.prefetch: give {uri, position: {line, character}}"));
    };
    // A document that is not open has nothing to prepare.
    if let Some(View { snapshot, config, .. }) = server.session.view(uri) {
        let offset = convert::to_byte(&snapshot, position, server.negotiated().encoding);
        server.session.prefetch(snapshot, offset, config.completion_options());
    }
    Ok(Value::Null)
}

fn toggle(server: &Server, argument: &Value) -> Result<Value> {
    let missing = || {
        Error::invalid_params(
            "treefill.toggle: give {scope: \"all\"}, {scope: \"file\", uri} or {scope: \"language\", language or uri}",
        )
    };
    let uri = argument["uri"].as_str();
    let scope = match argument["scope"].as_str().unwrap_or("all") {
        "all" => SwitchScope::All,
        "file" => SwitchScope::File(uri.ok_or_else(missing)?.to_owned()),
        "language" => {
            let named = argument["language"].as_str().map(str::to_owned);
            SwitchScope::Language(
                named.or_else(|| Some(server.session.view(uri?)?.language)).ok_or_else(missing)?,
            )
        }
        _ => return Err(missing()),
    };
    let place = match &scope {
        SwitchScope::All => PausedPlace::Everywhere,
        SwitchScope::File(uri) => status::in_file(uri),
        SwitchScope::Language(name) => PausedPlace::Language(name.clone()),
    };
    let enabled = server.session.switch(|switches| switches.toggle(scope));
    let sentence = match enabled {
        true => status::on_again(&server.session, uri, place),
        false => status::off_there(place),
    };
    Ok(said(server, json!({ "enabled": enabled }), sentence))
}
