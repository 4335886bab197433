//! Runs `treefill complete`: completes at one or more places, and draws the result or prints it as JSON. It edits no file.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::file_position::FilePosition;
use super::ghost::{BOLD, DIM, Scene};
use crate::cancel::CancelToken;
use crate::completion::{
    self, CheckLevel, CompletionReport, CompletionRequest, Outcome, Reason, Suggestion, TriggerKind,
};
use crate::config::Config;
use crate::document::Snapshot;
use crate::engine::{self, Engine, Host, ModelRole, Status};
use crate::language::Registry;
use crate::text::amounts::counted;

pub const EXAMPLES: &str = "\
Examples:
  treefill complete src/main.rs:10:5              at line 10, column 5 (both from 1, columns in characters)
  treefill complete src/main.rs:10                at the end of line 10
  treefill complete --cut src/main.rs:10:5        as if the rest of line 10 were not written yet
  treefill complete a.py:3:9 b.rs:7:1 --json      several places, one JSON object each
  treefill complete --model ~/m.gguf a.py:3:9     with another model

Exit codes: 0 also when there is nothing to suggest (it says why), 1 when a file, place or model is wrong.";

/// Options of `treefill complete`.
#[derive(Debug, Args)]
pub struct CompleteArguments {
    /// Where: FILE:LINE:COLUMN, or FILE:LINE for the end of a line
    #[arg(required = true, value_name = "PLACE")]
    places: Vec<FilePosition>,
    /// Leave out the rest of the line at each place, and show it beside the suggestion
    #[arg(long)]
    cut: bool,
    /// Print one JSON object for each place
    #[arg(long)]
    json: bool,
    /// Use this GGUF model instead of the configured one
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
}

/// One place, read and located.
struct Task<'a> {
    place: &'a FilePosition,
    text: String,
    offset: usize,
    /// What `--cut` took out.
    cut: Option<String>,
}

/// Complete at every place; the model is read once.
pub fn run(arguments: &CompleteArguments, mut config: Config) -> anyhow::Result<ExitCode> {
    // All places first: a wrong one should not cost the time of a model.
    let tasks = arguments
        .places
        .iter()
        .map(|place| Task::new(place, arguments.cut))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let registry = super::languages::load_and_tell();
    config.take_model(arguments.model.clone());
    let folders: Vec<PathBuf> =
        tasks.iter().filter_map(|task| Some(task.path().parent()?.to_owned())).collect();
    config.take_adapter_of(&folders);
    let engine = start(&config);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let model = ready(&*engine).await?;
        let (options, disabled) = (config.completion_options(), config.disabled(&[]));
        let mut failed = false;
        for task in &tasks {
            let snapshot = task.snapshot(&registry);
            let language = snapshot.language.as_ref().map(|language| language.name().to_owned());
            let report = match disabled.reason(language.as_deref().unwrap_or_default(), &task.path()) {
                Some(reason) => skipped(reason),
                None => {
                    let request = task.request(snapshot.clone());
                    completion::complete(request, &*engine, &options, &CancelToken::never()).await
                }
            };
            failed |=
                matches!(report.outcome, Outcome::Skipped(Reason::NoEngine(_) | Reason::EngineFailed(_)));
            if arguments.json {
                writeln!(anstream::stdout(), "{}", task.json(&snapshot, &report, &model))?;
            } else {
                task.draw(&snapshot, &report)?;
            }
        }
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    })
}

fn skipped(reason: Reason) -> CompletionReport {
    CompletionReport::skipped(reason, Duration::ZERO)
}

/// The engine for the configured model, loading.
pub fn start(config: &Config) -> Arc<dyn Engine> {
    if config.remote.is_used() {
        let settings = |model| config.remote_settings(model);
        return engine::start_remote(&config.remote, &config.model.path, Host::Shared, settings);
    }
    let settings = |model| config.engine_settings(model);
    engine::start(ModelRole::Infill, &config.model.path, Host::ThisProcess, settings)
}

/// Wait until the engine can work; the model's name.
pub async fn ready(engine: &dyn Engine) -> anyhow::Result<Arc<crate::engine::ModelInfo>> {
    let mut status = engine.status();
    let settled = status.wait_for(|status| !status.is_coming()).await;
    match settled.context("the engine ended while it was reading the model")?.clone() {
        Status::Ready(info) => Ok(info),
        Status::Failed(text) => anyhow::bail!(text),
        Status::Loading(_) | Status::Restarting => unreachable!("waited for"),
    }
}

impl<'a> Task<'a> {
    fn new(place: &'a FilePosition, cut: bool) -> anyhow::Result<Self> {
        let mut text = place.read()?;
        let (offset, end) = place.locate(&text)?;
        let cut = cut.then(|| text.drain(offset..end).collect());
        Ok(Self { place, text, offset, cut })
    }

    fn snapshot(&self, registry: &Registry) -> Snapshot {
        let first_line = self.text.lines().next().unwrap_or_default();
        let language = registry.by_path(&self.place.file).or_else(|| registry.by_shebang(first_line));
        Snapshot::of_text(&format!("file://{}", self.place.file.display()), &self.text, language)
    }

    /// In full, as path patterns see it.
    fn path(&self) -> PathBuf {
        std::path::absolute(&self.place.file).unwrap_or_else(|_| self.place.file.clone())
    }

    fn request(&self, snapshot: Snapshot) -> CompletionRequest {
        CompletionRequest {
            snapshot,
            offset: self.offset,
            trigger: TriggerKind::Invoked,
            selected: None,
            remembered: Vec::new(),
        }
    }

    fn json(
        &self,
        snapshot: &Snapshot,
        report: &CompletionReport,
        model: &crate::engine::ModelInfo,
    ) -> serde_json::Value {
        let language = snapshot.language.as_ref().map(|language| language.name());
        let mut object = json!({
            "file": self.place.file, "line": self.place.line, "column": self.place.column, "offset": self.offset,
            "language": language, "model": model.name, "ms": milliseconds(report.elapsed), "cut": self.cut,
        });
        let more = match &report.outcome {
            Outcome::Suggested(completion) => json!({
                "outcome": "completion", "text": completion.text(),
                "replaces": {"start": completion.range().start, "end": completion.range().end},
                "verdict": completion.check_level, "chance": completion.rank.probability, "tokens": completion.tokens,
                "prompt_tokens": completion.prompt_tokens.0, "reused_tokens": completion.prompt_tokens.1,
                "imports": imports(completion, snapshot),
            }),
            Outcome::Skipped(reason) => {
                json!({"outcome": "skipped", "reason": reason, "message": reason.to_string()})
            }
        };
        if let (Some(object), serde_json::Value::Object(more)) = (object.as_object_mut(), more) {
            object.extend(more);
        }
        object
    }

    fn draw(&self, snapshot: &Snapshot, report: &CompletionReport) -> anyhow::Result<()> {
        let mut out = anstream::stdout().lock();
        let plain = anstream::AutoStream::choice(&std::io::stdout()) == anstream::ColorChoice::Never;
        let ghost = match &report.outcome {
            Outcome::Suggested(completion) => Some((completion.text(), completion.range())),
            Outcome::Skipped(_) => None,
        };
        let language = snapshot.language.as_ref().map_or("unknown language", |language| language.name());
        writeln!(out, "{BOLD}{}{BOLD:#} {DIM}({language}){DIM:#}", self.place)?;
        write!(out, "{}", Scene { text: &self.text, offset: self.offset, ghost }.draw(plain))?;
        if let Some(cut) = &self.cut {
            writeln!(out, "{DIM}      was: {}{DIM:#}", cut.trim())?;
        }
        let took = format!("{:.0} ms", milliseconds(report.elapsed));
        match &report.outcome {
            Outcome::Suggested(completion) => {
                writeln!(out, "{BOLD}      suggested{BOLD:#} in {took}: {}", figures(completion))?;
                for import in imports(completion, snapshot) {
                    writeln!(out, "      adds {import}")?;
                }
                writeln!(out)?;
            }
            Outcome::Skipped(reason) => writeln!(out, "{BOLD}      nothing{BOLD:#} in {took}: {reason}\n")?,
        }
        Ok(())
    }
}

/// The statements that come with a suggestion.
fn imports(completion: &Suggestion, snapshot: &Snapshot) -> Vec<String> {
    completion.imports.iter().map(|source| completion::import::written(snapshot, source)).collect()
}

fn figures(completion: &Suggestion) -> String {
    let checked = match completion.check_level {
        CheckLevel::Strict => "fits, says the strict parser",
        CheckLevel::Tree => "fits, says tree-sitter",
        CheckLevel::Unvalidated => "not checked (unknown language)",
    };
    let tokens = counted(completion.tokens as u64, "token");
    match completion.prompt_tokens {
        // The suggestion was complete before the engine was, which then has no figures to give.
        (0, _) => format!("{tokens}; {checked}"),
        (prompt, reused) => {
            format!("{tokens} after a prompt of {prompt} ({reused} reused); {checked}")
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}
