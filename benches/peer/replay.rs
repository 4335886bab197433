//! treefill's side of the comparison with llama-server: a shared engine process, asked for one place after another. It
//! reads one JSON object a line (`path`, `before`, `after`, `predict`) and answers each with one; `peer.py` drives it.

use std::collections::HashMap;
use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};
use treefill::cancel::{CancelSource, CancelToken};
use treefill::context::CursorContext;
use treefill::document::{Document, Edit};
use treefill::engine::DaemonOptions;
use treefill::engine::daemon::address::Address;
use treefill::engine::daemon::ask;
use treefill::engine::daemon::client::DaemonEngine;
use treefill::engine::daemon::launch::Launcher;
use treefill::engine::{
    Engine, EngineError, Job, Lane, ModelOptions, Role, Sampling, Status, Stop, Task, Update,
};
use treefill::language::Registry;
use treefill::prompt::{self, Budget};

/// One place to complete at.
#[derive(Deserialize)]
struct Ask {
    path: String,
    before: String,
    after: String,
    predict: usize,
    /// Milliseconds after which the job is cancelled; then the answer tells how long the engine took to be idle again.
    #[serde(default)]
    cancel_after_ms: Option<u64>,
}

struct Replay {
    engine: std::sync::Arc<DaemonEngine>,
    registry: Registry,
    documents: HashMap<String, Document>,
    /// Tokens of context.
    context: u32,
}

impl Replay {
    /// Open the document, or make the one edit that turns it into the text asked about.
    fn bring_up_to_date(&mut self, ask: &Ask) -> anyhow::Result<()> {
        let text = ask.before.clone() + &ask.after;
        let Some(document) = self.documents.get_mut(&ask.path) else {
            let language = self.registry.by_path(&PathBuf::from(&ask.path));
            self.documents.insert(ask.path.clone(), Document::new(&ask.path, 0, &text, language));
            return Ok(());
        };
        let old = document.text().to_string();
        let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
            pairs.take_while(|(old, new)| old == new).map(|(char, _)| char.len_utf8()).sum()
        };
        let start = same(&mut old.chars().zip(text.chars()));
        let end = same(&mut old[start..].chars().rev().zip(text[start..].chars().rev()));
        let edit = Edit { range: start..old.len() - end, text: text[start..text.len() - end].to_owned() };
        let version = document.version() + 1;
        document.apply(version, &[edit]);
        Ok(())
    }

    /// How long after a cancel in the middle of a prompt the engine has evaluated the prompt of the next job, a few tokens.
    async fn cancel(&self, job: Job, after: u64) -> anyhow::Result<Value> {
        let mut short = job.clone();
        short.document = "another".into();
        short.segments.retain(|segment| segment.role == Role::Prefix);
        short.segments[0].text = "x".into();
        short.segments[0].boundaries.clear();
        let source = CancelSource::new();
        let mut running = self.engine.generate(job, source.token());
        // Whatever comes first: the moment of the cancel, or the end of a prompt that was too short for it.
        let early = tokio::time::timeout(Duration::from_millis(after), running.next()).await;
        let start = Instant::now();
        source.cancel();
        let mut next = self.engine.generate(short, CancelToken::never());
        next.next().await.context("an answer")??;
        let elapsed = start.elapsed().as_secs_f64() * 1e3;
        let interrupted = early.is_err() && matches!(running.next().await, Some(Err(EngineError::Cancelled)));
        Ok(json!({ "ms": elapsed, "interrupted": interrupted }))
    }

    /// The answer, and how long it took: from the edited text to the first piece, the parse and the prompt included.
    async fn answer(&mut self, ask: Ask) -> anyhow::Result<Value> {
        self.bring_up_to_date(&ask)?;
        let start = Instant::now();
        let document = self.documents.get_mut(&ask.path).context("the document was just opened")?;
        let snapshot = document.snapshot();
        let tree = snapshot.parse();
        if let Some(tree) = &tree {
            document.store_tree(&snapshot, tree.clone());
        }
        let context = CursorContext::at(&snapshot, tree.as_ref(), ask.before.len());
        let job = Job {
            document: ask.path,
            lane: Lane::Interactive,
            segments: prompt::build(&context, Budget::for_context(self.context)),
            max_tokens: ask.predict,
            stop: Stop::default(),
            sampling: Sampling::Greedy,
            task: Task::default(),
        };
        if let Some(after) = ask.cancel_after_ms {
            return self.cancel(job, after).await;
        }
        let mut generation = self.engine.generate(job, CancelToken::never());
        let (mut text, mut first, mut prompt) = (String::new(), None, None);
        while let Some(update) = generation.next().await {
            match update? {
                Update::Ended { .. } | Update::Scores(_) => {}
                Update::Prompt(figures) => prompt = Some(figures),
                Update::Piece(piece) => {
                    first.get_or_insert_with(|| start.elapsed());
                    text.push_str(&piece.text);
                }
                Update::Done(summary) => {
                    // A model that ends its text at once gives no piece: then the end is its first token.
                    let first = first.unwrap_or_else(|| start.elapsed()).as_secs_f64() * 1e3;
                    let prompt = prompt.unwrap_or_default();
                    return Ok(json!({
                        "ms": first, "tokens": prompt.tokens, "evaluated": prompt.tokens - prompt.reused, "text": text,
                        "prefill_ms": summary.prefill_ms, "decode_ms": summary.decode_ms, "generated": summary.generated_tokens,
                    }));
                }
            }
        }
        anyhow::bail!("the engine ended without a summary")
    }
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [model, binary, threads, max_prefill_ms] = &arguments[..] else {
        return Ok(writeln!(std::io::stdout(), "driven by benches/peer/peer.py; nothing is measured here")?);
    };
    let mut options = ModelOptions::new(model);
    options.tuning.threads = Some(threads.parse()?);
    options.tuning.max_prefill_ms = max_prefill_ms.parse()?;
    let folder = tempfile::tempdir()?;
    let mut settings = DaemonOptions::new(options);
    settings.idle.exit_after_idle_s = 0;
    let address = Address::within(folder.path(), folder.path(), "peer".into());
    let arguments = ["engine", "run"].map(str::to_owned).to_vec();
    let launcher = Launcher { program: binary.into(), arguments, uses_gpu: false };
    let engine = DaemonEngine::with(settings, address.clone(), launcher)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut status = engine.status();
    let ready = runtime.block_on(status.wait_for(|status| !status.is_coming()))?.clone();
    let Status::Ready(info) = ready else { anyhow::bail!("{ready:?}") };
    let pid = ask::report(&address.socket).map(|report| report.pid);
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{}",
        json!({ "pid": pid, "backend": info.backend, "context": info.context, "threads": info.threads })
    )?;
    let mut replay =
        Replay { engine, registry: Registry::builtin()?, documents: HashMap::new(), context: info.context };
    for line in std::io::stdin().lock().lines() {
        let answer = runtime.block_on(replay.answer(serde_json::from_str(&line?)?))?;
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
