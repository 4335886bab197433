//! Runs `treefill implement`: writes the body of a function that has none, as a diff or in the file.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::change::{FileLine, edits_json, show};
use super::complete::{ready, start};
use crate::actions::implement::{self, Attempt};
use crate::actions::{self, LazyAction, Resolve};
use crate::cancel::CancelToken;
use crate::completion::Reason;
use crate::config::Config;
use crate::document::Snapshot;
use crate::engine::Engine;
use crate::language::Registry;

pub const EXAMPLES: &str = "\
Examples:
  treefill implement src/main.rs:10           show a body for the function at line 10, as a diff
  treefill implement --write a.py:3           put it into the file
  treefill implement --json a.py:3 b.rs:7     one JSON object each, for a program
  treefill implement --model ~/m.gguf a.py:3  with another model

A function has no body yet if that is only a docstring, `pass`, `...`, `raise NotImplementedError`, `todo!` or
`unimplemented!`, or, under a doc comment, empty or missing (in a trait). The line may be any of the function.

What is written was checked: it parses, moves nothing else, ends where the function ends, uses its parameters, does not
contradict its signature and adds nothing that `treefill check` would list. What is most likely wrong is not written. That it
does what the docstring says is for you to see.

Exit codes: 0 written, 1 nothing to write there, nothing that passes, or a file, place or model is wrong.";

/// Options of `treefill implement`.
#[derive(Debug, Args)]
pub struct ImplementArguments {
    /// Which function: FILE:LINE
    #[arg(required = true, value_name = "FILE:LINE")]
    targets: Vec<FileLine>,
    /// Show the changes as a unified diff (the default)
    #[arg(long, conflicts_with_all = ["write", "json"])]
    diff: bool,
    /// Change the files
    #[arg(long, conflicts_with = "json")]
    write: bool,
    /// Print one JSON object for each place
    #[arg(long)]
    json: bool,
    /// Use this GGUF model instead of the configured one
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
}

/// Implement at every place; the model is read once.
pub fn run(arguments: &ImplementArguments, mut config: Config) -> anyhow::Result<ExitCode> {
    let registry = super::languages::load_and_tell();
    // All places first: a wrong one should not cost the time of a model.
    for target in &arguments.targets {
        ImplementTarget::read(target, &registry)?;
    }
    config.take_model(arguments.model.clone());
    let engine = start(&config);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        ready(&*engine).await?;
        let disabled = config.disabled(&[]);
        let mut all = true;
        for target in &arguments.targets {
            // Again: an earlier one may have changed the file.
            let function = ImplementTarget::read(target, &registry)?;
            let start = Instant::now();
            let made = match disabled.reason(&function.language(), &target.path()) {
                Some(reason) => Err(reason),
                None => function.make(&*engine).await,
            };
            all &= made.as_ref().is_ok_and(Attempt::is_likely);
            if arguments.json {
                let ms = (start.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
                writeln!(anstream::stdout(), "{}", function.json(&made, ms))?;
            } else {
                function.tell(made, arguments.write)?;
            }
        }
        Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// A place, read, and what can be done there.
struct ImplementTarget<'a> {
    target: &'a FileLine,
    line: usize,
    text: String,
    snapshot: Snapshot,
    action: Option<LazyAction>,
}

impl<'a> ImplementTarget<'a> {
    fn read(target: &'a FileLine, registry: &Registry) -> anyhow::Result<Self> {
        let text = target.read()?;
        let snapshot = target.snapshot(&text, registry)?;
        let shown = target.file.display();
        let line = target
            .line
            .with_context(|| format!("which function of {shown}? Name a line of it, as in {shown}:10"))?;
        let offset = target.offset(&text)?.unwrap_or_default();
        let action = implement::find(&snapshot, &(offset..offset));
        Ok(Self { target, line, text, snapshot, action })
    }

    fn language(&self) -> String {
        self.snapshot.language.as_ref().map(|language| language.name().to_owned()).unwrap_or_default()
    }

    async fn make(&self, engine: &dyn Engine) -> Result<Attempt, Reason> {
        let (action, snapshot) = (self.action.clone().ok_or(Reason::NotHere)?, self.snapshot.clone());
        implement::attempt(Resolve { action, snapshot, engine, cancel: &CancelToken::never() }).await
    }

    fn json(&self, made: &Result<Attempt, Reason>, ms: f64) -> serde_json::Value {
        let mut object = json!({
            "file": self.target.file, "line": self.line, "ms": ms,
            "title": self.action.as_ref().map(|action| &action.title),
        });
        let fail = |object: &mut serde_json::Value, reason: &Reason| {
            object["reason"] = json!(reason);
            object["message"] = json!(implement::SPEC.failure_message(reason));
        };
        match made {
            Ok(attempt) => {
                let edits = edits_json(&attempt.edits, self.target.mark());
                let features = attempt.features.iter();
                object["chance"] = json!(attempt.chance);
                object["features"] =
                    features.map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
                if attempt.is_likely() {
                    object["edits"] = edits;
                } else {
                    // For whoever fits the chance.
                    object["unlikely_edits"] = edits;
                    fail(&mut object, &Reason::LowConfidence);
                }
            }
            Err(reason) => fail(&mut object, reason),
        }
        object
    }

    fn tell(&self, made: Result<Attempt, Reason>, write: bool) -> anyhow::Result<()> {
        let (shown, line) = (self.target.file.display(), self.line);
        let likely =
            made.and_then(|made| if made.is_likely() { Ok(made) } else { Err(Reason::LowConfidence) });
        match likely {
            Ok(made) => {
                let new = actions::with_edits(&self.snapshot, &made.edits).text.to_string();
                show(self.target, &self.text, &new, write)
            }
            Err(reason) => {
                super::tell(&format!("{shown}:{line}: {}", implement::SPEC.failure_message(&reason)));
                Ok(())
            }
        }
    }
}
