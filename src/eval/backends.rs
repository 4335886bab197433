//! Asks for suggestions in four ways: of the pipeline alone, of a session in this process, of `treefill serve` over LSP, and of
//! llama-server. `oracle` judges what they say.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use twox_hash::XxHash64;

use super::answer::BackendAnswer;
use super::client::LspClient;
use super::editor::Replacement;
use super::peer::Peer;
use crate::cancel::CancelToken;
use crate::completion::{
    self, CompletionOptions, CompletionRequest, Effort, Outcome, Reason, Suggestion, TriggerKind,
};
use crate::document::{Change, Encoding, Snapshot, uri};
use crate::engine::Engine;
use crate::engine::power::Prefetch;
use crate::language::Language;
use crate::session::{Query, Session};
use crate::stats::RequestKind;
use crate::workspace::WorkspaceReader;

pub enum Backend {
    /// The pipeline with this engine, at each of these efforts: no session, and nothing is cut off by a clock.
    Pipeline(Arc<dyn Engine>, Vec<Effort>),
    /// The session in this process.
    Session(SessionBackend),
    /// `treefill serve` as a process.
    Lsp(Box<LspClient>),
    /// llama-server, and its process where that is known.
    Peer(Box<Peer>, Option<u32>),
}

/// A session in this process.
pub struct SessionBackend {
    pub session: Arc<Session>,
    /// What its answers at one place are called, and how far the pipeline goes for each.
    pub variants: Vec<(&'static str, Effort)>,
    /// What reads its workspace, if there is one.
    pub reader: Option<WorkspaceReader>,
}

/// How a backend is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asking {
    /// How far the pipeline goes.
    pub effort: Effort,
    /// As by a user who asks by a key: nothing is too unlikely then.
    pub invoked: bool,
}

/// A document as a backend was last informed of it.
pub struct BackendDocument {
    uri: String,
    version: i32,
    language: Arc<Language>,
}

impl BackendDocument {
    /// Its address.
    pub fn uri(&self) -> &str {
        &self.uri
    }
}

/// The pipeline's options without a session: budgets count tokens, not time, so that a run can be repeated.
pub fn options(effort: Effort) -> CompletionOptions {
    CompletionOptions {
        delay: Duration::ZERO,
        deadline: Duration::from_secs(600),
        check_time: Duration::from_secs(600),
        prefetch: Prefetch::Never,
        effort,
        ..CompletionOptions::default()
    }
}

/// The same for people. What is not said in words is in a number, which is another one for other settings.
pub fn options_in_words() -> String {
    let number = XxHash64::oneshot(0, format!("{:?}", options(Effort::default())).as_bytes()) as u32;
    format!("asked without a delay, each answer complete, nothing prepared ahead; options {number:08x}")
}

impl Backend {
    /// What each of its answers at one place is called: by effort for the pipeline, else one name.
    pub fn variants(&self) -> Vec<(&'static str, Effort)> {
        match self {
            Self::Pipeline(_, efforts) => efforts.iter().map(|effort| (effort.name(), *effort)).collect(),
            Self::Session(own) => own.variants.clone(),
            Self::Lsp(_) => vec![("treefill over LSP", Effort::default())],
            Self::Peer(..) => vec![("llama-server", Effort::default())],
        }
    }

    /// Work in this folder from now on, and in no other.
    ///
    /// # Errors
    /// When the backend knows no workspaces.
    pub fn work_in(&mut self, folder: &Path) -> anyhow::Result<()> {
        match self {
            Self::Session(own) => own.session.work_in(vec![folder.to_path_buf()]),
            Self::Lsp(client) => client.work_in(&uri::of_path(folder))?,
            Self::Pipeline(..) | Self::Peer(..) => bail!("--workspace is for treefill itself"),
        }
        Ok(())
    }

    /// Wait until everything of the workspace is read, and can be found. How many tokens are remembered, where memory is on.
    ///
    /// # Errors
    /// When the engine fails.
    pub async fn remembered(&mut self) -> anyhow::Result<Option<usize>> {
        match self {
            Self::Session(own) => own.remembered().await,
            Self::Lsp(client) => {
                let parameters = json!({"command": "treefill.status", "arguments": [{"settled": true}]});
                let status = client.request("workspace/executeCommand", parameters)?;
                Ok(status["workspace"]["tokens"].as_u64().and_then(|tokens| usize::try_from(tokens).ok()))
            }
            Self::Pipeline(..) | Self::Peer(..) => Ok(None),
        }
    }

    /// Open a document. Backends without documents do nothing.
    pub fn open(
        &mut self,
        uri: &str,
        language: &Arc<Language>,
        text: &str,
    ) -> anyhow::Result<BackendDocument> {
        let uri = uri.to_owned();
        match self {
            Self::Pipeline(..) => {}
            Self::Session(own) => {
                own.session.open(&uri, language.name(), 1, text);
            }
            Self::Lsp(client) => {
                let document = json!({"uri": uri, "languageId": language.name(), "version": 1, "text": text});
                client.notify("textDocument/didOpen", json!({"textDocument": document}))?;
            }
            Self::Peer(peer, _) => peer.forget(),
        }
        Ok(BackendDocument { uri, version: 1, language: Arc::clone(language) })
    }

    /// Tell of a change of `text`, the text before it.
    pub fn change(
        &mut self,
        open: &mut BackendDocument,
        text: &str,
        change: &Replacement,
    ) -> anyhow::Result<()> {
        open.version += 1;
        let (start, end) = (position(text, change.range.start), position(text, change.range.end));
        match self {
            Self::Session(own) => {
                let change = Change { range: Some((start, end)), text: change.text.clone() };
                own.session.change(&open.uri, Some(open.version), &[change], Encoding::Utf8)?;
            }
            Self::Lsp(client) => {
                let range = json!({"start": lsp(start), "end": lsp(end)});
                let change = json!({"range": range, "text": change.text});
                let document = json!({"uri": open.uri, "version": open.version});
                let parameters = json!({"textDocument": document, "contentChanges": [change]});
                client.notify("textDocument/didChange", parameters)?;
            }
            Self::Pipeline(..) | Self::Peer(..) => {}
        }
        Ok(())
    }

    /// Ask at the cursor between two texts.
    pub async fn ask(
        &mut self,
        open: &BackendDocument,
        before: &str,
        after: &str,
        asking: Asking,
    ) -> anyhow::Result<BackendAnswer> {
        let start = Instant::now();
        let mut answer = match self {
            Self::Pipeline(engine, _) => of_pipeline(&**engine, open, before, after, asking).await,
            Self::Session(own) => own.ask(open, before.len(), asking).await,
            Self::Lsp(client) => of_client(client, open, before, after, asking)?,
            Self::Peer(peer, _) => peer.ask(before, after)?,
        };
        answer.ms = start.elapsed().as_secs_f64() * 1e3;
        Ok(answer)
    }

    pub fn close(&mut self, open: &BackendDocument) -> anyhow::Result<()> {
        match self {
            Self::Session(own) => {
                own.session.close(&open.uri);
            }
            Self::Lsp(client) => {
                client.notify("textDocument/didClose", json!({"textDocument": {"uri": open.uri}}))?;
            }
            Self::Pipeline(..) | Self::Peer(..) => {}
        }
        Ok(())
    }

    /// CPU-seconds of the backend's process so far, where the system tells them.
    pub fn cpu_seconds(&self) -> Option<f64> {
        match self {
            Self::Pipeline(..) | Self::Session(_) => cpu_seconds(std::process::id()),
            Self::Lsp(client) => cpu_seconds(client.pid()),
            Self::Peer(_, pid) => pid.and_then(cpu_seconds),
        }
    }
}

async fn of_pipeline(
    engine: &dyn Engine,
    open: &BackendDocument,
    before: &str,
    after: &str,
    asking: Asking,
) -> BackendAnswer {
    let (offset, text) = (before.len(), format!("{before}{after}"));
    let request = CompletionRequest {
        snapshot: Snapshot::of_text(&open.uri, &text, Some(Arc::clone(&open.language))),
        offset,
        trigger: asking.trigger(),
        selected: None,
        remembered: Vec::new(),
    };
    let report = completion::complete(request, engine, &options(asking.effort), &CancelToken::never()).await;
    let answer = match report.outcome {
        Outcome::Skipped(reason) => skipped(&reason),
        Outcome::Suggested(suggestion) => suggested(suggestion, offset),
    };
    BackendAnswer { drafts: report.model.drafts, ..answer }
}

impl SessionBackend {
    async fn remembered(&self) -> anyhow::Result<Option<usize>> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let engine = self.session.ready_engine().await.map_err(|reason| anyhow::anyhow!("{reason}"))?;
        if self.session.config().model.tuning.memory {
            return Ok(Some(reader.remembered(&*engine).await?.tokens));
        }
        reader.settled().await;
        Ok(None)
    }

    async fn ask(&self, open: &BackendDocument, offset: usize, asking: Asking) -> BackendAnswer {
        let config = self.session.config();
        if config.completion.options.effort != asking.effort {
            let mut config = (*config).clone();
            config.completion.options.effort = asking.effort;
            self.session.configure(config);
        }
        let kind = if asking.invoked { RequestKind::Invoked } else { RequestKind::Automatic };
        let request = match self.session.begin(&open.uri, kind) {
            Ok(request) => request,
            Err(reason) => return skipped(&reason),
        };
        let query = Query { offset, trigger: asking.trigger(), selected: None };
        let found = self.session.complete(request, query).await;
        let generated = found.others.iter().map(|other| other.tokens).sum::<usize>();
        // What was found before and is still not likely enough.
        let silent = !found.others.is_empty() && generated == 0;
        let others = found.others.into_iter().map(|other| {
            let after = other.range().end.max(offset) - offset;
            (other.text().to_owned(), after, other.rank)
        });
        let others = others.collect();
        let drafts = found.drafts;
        match found.outcome {
            Outcome::Skipped(reason) => BackendAnswer { without_model: silent, drafts, ..skipped(&reason) },
            Outcome::Suggested(suggestion) => {
                BackendAnswer { others, drafts, ..suggested(suggestion, offset) }
            }
        }
    }
}

impl Asking {
    fn trigger(self) -> TriggerKind {
        if self.invoked { TriggerKind::Invoked } else { TriggerKind::Automatic }
    }
}

fn skipped(reason: &Reason) -> BackendAnswer {
    BackendAnswer { reason: Some(reason.to_string()), ..BackendAnswer::default() }
}

fn suggested(suggestion: Suggestion, offset: usize) -> BackendAnswer {
    BackendAnswer {
        before: offset - suggestion.range().start.min(offset),
        after: suggestion.range().end.max(offset) - offset,
        tokens: suggestion.tokens,
        prompt: suggestion.prompt_tokens,
        without_model: suggestion.tokens == 0,
        text: Some(suggestion.text().to_owned()),
        rank: Some(suggestion.rank),
        ..BackendAnswer::default()
    }
}

fn of_client(
    client: &mut LspClient,
    open: &BackendDocument,
    before: &str,
    after: &str,
    asking: Asking,
) -> anyhow::Result<BackendAnswer> {
    let at = position(before, before.len());
    let parameters = json!({
        "textDocument": {"uri": open.uri}, "position": lsp(at), "context": {"triggerKind": if asking.invoked { 1 } else { 2 }},
    });
    let result = client.request("textDocument/inlineCompletion", parameters)?;
    let Some(item) = result["items"].as_array().and_then(|items| items.first()) else {
        return Ok(BackendAnswer::default());
    };
    let text = item["insertText"].as_str().context("an item without a text")?.to_owned();
    let end = |end: &Value| -> Option<usize> {
        let (line, character) = (end["line"].as_u64()?, usize::try_from(end["character"].as_u64()?).ok()?);
        (line == u64::from(at.0)).then(|| character.saturating_sub(at.1 as usize).min(after.len()))
    };
    let start = item["range"]["start"]["character"].as_u64().map_or(0, |start| u64::from(at.1) - start);
    let after = end(&item["range"]["end"]).unwrap_or(0);
    Ok(BackendAnswer { text: Some(text), before: usize::try_from(start)?, after, ..BackendAnswer::default() })
}

/// Line and byte in it.
fn position(text: &str, at: usize) -> (u32, u32) {
    let before = &text[..at];
    let row = before.matches('\n').count();
    let column = at - before.rfind('\n').map_or(0, |feed| feed + 1);
    (u32::try_from(row).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

fn lsp((line, character): (u32, u32)) -> Value {
    json!({"line": line, "character": character})
}

/// User and system time of a process, from `/proc`.
fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    // USER_HZ is 100 on every Linux that has a /proc.
    Some(ticks / 100.0)
}
