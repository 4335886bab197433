//! Runs `treefill eval`: makes cases, runs them, reads the results. `eval` measures.

mod calibrate;
mod make;
mod memory;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use crate::completion::Effort;
use crate::config::Config;
use crate::engine::{Engine, ModelInfo};
use crate::eval::backends::{self, Backend};
use crate::eval::case::{CaseSet, HoleKind};
use crate::eval::charts;
use crate::eval::client::LspClient;
use crate::eval::holes::{self, HoleRow};
use crate::eval::oracle::Oracle;
use crate::eval::peer::Peer;
use crate::eval::replay::{self, ReplayRow, Typist};
use crate::eval::report;
use crate::eval::runs::{Head, ResultRow, Run};
use crate::language::Registry;
use crate::models;
use crate::session::Session;

pub const EXAMPLES: &str = "\
Examples:
  treefill eval make --from src/flask --out flask.jsonl    cases from any source tree
  treefill eval holes benches/cases/*.jsonl --out a.jsonl  ask for each hole once, and score the answers
  treefill eval holes CASES --ablation --out b.jsonl       the same with each stage of the pipeline added in turn
  treefill eval holes CASES --lsp --out lsp.jsonl          ask the real server
  treefill eval holes CASES --engine llama-server http://127.0.0.1:8012 --out peer.jsonl
  treefill eval replay CASES --lsp --out r.jsonl           type held-out code into the real server, key by key
  treefill eval memory src/flask --dump rows.jsonl         model against model and memory, token by token
  treefill eval calibrate src/flask --model m.gguf         what that model's probabilities mean; --write keeps it
  treefill eval report a.jsonl b.jsonl --html report.html
  treefill eval diff old.jsonl new.jsonl

A run that is interrupted goes on when the same command is given again.";

/// Options of `treefill eval`.
#[derive(Debug, Args)]
pub struct EvalArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make cases from source trees
    Make(make::Make),
    /// Ask for holes, once each
    Holes(Holes),
    /// Type held-out code key by key, and take what is right
    Replay(Replay),
    /// What the memory of a workspace adds: bits and next tokens, in lines taken out of packages
    Memory(memory::MemoryArguments),
    /// Learn what a model's probabilities mean, by typing held-out code
    Calibrate(calibrate::CalibrateArguments),
    /// Show the figures of runs, or write them as a page
    Report(Report),
    /// Compare two runs
    Diff {
        /// The run before
        old: PathBuf,
        /// The run after
        new: PathBuf,
    },
}

/// What both ways of running have.
#[derive(Debug, Args)]
struct Common {
    /// EvalCase files
    #[arg(required = true, value_name = "CASES")]
    cases: Vec<PathBuf>,
    /// Where to write the results; an interrupted run goes on there
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Whom to ask: treefill, or llama-server and where it listens
    #[arg(long, num_args = 1..=2, value_names = ["ENGINE", "URL"], default_value = "treefill")]
    engine: Vec<String>,
    /// Use this GGUF model instead of the configured one
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Only the first cases of each kind and language
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Only this language
    #[arg(long)]
    language: Option<String>,
    /// Ask `treefill serve` over LSP instead of the code in this process
    #[arg(long)]
    lsp: bool,
    /// Do not ask python3 and rustfmt whether an answer breaks its file
    #[arg(long)]
    no_judge: bool,
}

#[derive(Debug, Args)]
struct Holes {
    #[command(flatten)]
    common: Common,
    /// Run every case once for each stage of the pipeline, from the raw model on
    #[arg(long)]
    ablation: bool,
}

#[derive(Debug, Args)]
struct Replay {
    #[command(flatten)]
    common: Common,
    /// The process of llama-server, to count its CPU time
    #[arg(long, value_name = "PID")]
    peer_pid: Option<u32>,
    /// Characters of a suggestion that must be right for it to count, unless its first line is
    #[arg(long, default_value_t = Typist::default().enough)]
    enough: usize,
    /// Milliseconds of thought at the start of a line
    #[arg(long, default_value_t = Typist::default().pause_ms)]
    pause_ms: u64,
    /// Share of letters that are mistyped and taken back
    #[arg(long, default_value_t = Typist::default().slips)]
    slips: f64,
}

#[derive(Debug, Args)]
struct Report {
    /// Result files
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// All groups, not only the sums
    #[arg(long)]
    all: bool,
    /// Write a page with plots to this file instead
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub fn run(arguments: EvalArguments, config: Config) -> anyhow::Result<ExitCode> {
    match arguments.action {
        Action::Make(arguments) => make::run(&arguments),
        Action::Holes(arguments) => run_holes(&arguments, config),
        Action::Replay(arguments) => run_replay(&arguments, config),
        Action::Memory(arguments) => memory::run(&arguments, config),
        Action::Calibrate(arguments) => calibrate::run(&arguments, config),
        Action::Report(arguments) => show(&arguments),
        Action::Diff { old, new } => {
            let (old, new) = (report::load(&old)?.1, report::load(&new)?.1);
            write!(anstream::stdout(), "{}", report::diff(&old, &new))?;
            Ok(())
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

fn run_holes(arguments: &Holes, config: Config) -> anyhow::Result<()> {
    let common = &arguments.common;
    let set = common.set(|kind| kind != HoleKind::Typed)?;
    let runtime = runtime()?;
    let (mut backend, model) = match common.other_backend(&config, None)? {
        Some((Backend::Peer(peer, pid), model)) => (Backend::Peer(Box::new(peer.patient()), pid), model),
        Some(other) => other,
        None => {
            let (engine, model) = common.engine(config, &runtime)?;
            let efforts = if arguments.ablation { Effort::ALL.to_vec() } else { vec![Effort::default()] };
            (Backend::Pipeline(engine, efforts), model)
        }
    };
    let settings = format!("{:?}", backends::options(Effort::default()));
    let mut run = common.open::<HoleRow>("holes", &backend, model, settings, &set)?;
    let bar = bar((set.cases.len() * backend.variants().len()) as u64, "answers");
    bar.set_position(run.done() as u64);
    let (mut oracle, step) = (common.oracle(), || bar.inc(1));
    let registry = Registry::builtin()?;
    runtime.block_on(holes::run(&set, &mut backend, &registry, oracle.as_mut(), &mut run, &step))?;
    bar.finish_and_clear();
    show(&Report { runs: vec![common.out.clone()], all: false, html: None })
}

fn run_replay(arguments: &Replay, config: Config) -> anyhow::Result<()> {
    let common = &arguments.common;
    let set = common.set(|kind| kind == HoleKind::Typed)?;
    let runtime = runtime()?;
    let typist = Typist {
        enough: arguments.enough,
        slips: arguments.slips.clamp(0.0, 1.0),
        pause_ms: arguments.pause_ms,
        ..Typist::default()
    };
    let (mut backend, model) = match common.other_backend(&config, arguments.peer_pid)? {
        Some(other) => other,
        None => {
            let _guard = runtime.enter();
            let (engine, model) = common.engine(config.clone(), &runtime)?;
            let start: crate::session::EngineStarter = Arc::new(move |_| Arc::clone(&engine) as Arc<_>);
            // A run is to be repeated, and shows what the weights do.
            let mut config = config;
            config.completion.options.eagerness_adapts = false;
            let session = Session::new(
                || Registry::builtin().expect("the built-in languages compile, as the tests show"),
                config,
                start,
            );
            session.start_engine();
            (Backend::Session(session), model)
        }
    };
    let mut run = common.open::<ReplayRow>("replay", &backend, model, format!("{typist:?}"), &set)?;
    let bar = bar(set.cases.len() as u64, "texts typed");
    bar.set_position(run.done() as u64);
    let (mut oracle, step) = (common.oracle(), || bar.inc(1));
    let registry = Registry::builtin()?;
    let work = replay::run(&set, &mut backend, &registry, typist, oracle.as_mut(), &mut run, &step);
    runtime.block_on(work)?;
    bar.finish_and_clear();
    show(&Report { runs: vec![common.out.clone()], all: true, html: None })
}

fn show(arguments: &Report) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    if let Some(file) = &arguments.html {
        let page = charts::of(&arguments.runs)?.html();
        std::fs::write(file, page).with_context(|| format!("cannot write {}", file.display()))?;
        writeln!(out, "{}", file.display())?;
        return Ok(());
    }
    for path in &arguments.runs {
        let (head, figures) = report::load(path)?;
        writeln!(out, "{} ({}, {}, {})", path.display(), head.what, head.side, head.model)?;
        let sums = |group: &str| arguments.all || !group.contains(", ") || group.ends_with("all line holes");
        writeln!(out, "{}", report::table(&figures, sums))?;
    }
    Ok(())
}

impl Common {
    fn set(&self, wanted: impl Fn(HoleKind) -> bool) -> anyhow::Result<CaseSet> {
        let mut set = CaseSet::load(&self.cases)?;
        let mut counts = std::collections::HashMap::new();
        let sources = &set.sources;
        set.cases.retain(|case| {
            let language = sources[case.source].language.clone();
            if !wanted(case.kind) || self.language.as_ref().is_some_and(|only| *only != language) {
                return false;
            }
            let count = counts.entry((language, case.kind)).or_insert(0);
            *count += 1;
            self.limit.is_none_or(|limit| *count <= limit)
        });
        if set.cases.is_empty() {
            bail!("none of these cases is of a kind for this command; `treefill eval make` makes more");
        }
        Ok(set)
    }

    /// A backend outside of this process, where one is asked for, and its model.
    fn other_backend(&self, config: &Config, pid: Option<u32>) -> anyhow::Result<Option<(Backend, String)>> {
        let peer = match self.engine.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["treefill"] if !self.lsp => return Ok(None),
            ["treefill"] => {
                let binary = std::env::current_exe().context("cannot tell which program this is")?;
                if self.model.is_some() {
                    bail!("--lsp runs the configured model; set `model.path`, or leave --lsp out");
                }
                let path = models::infill(&config.model.path)?;
                let model = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let client = LspClient::start(&binary, &["--in-process"])?;
                return Ok(Some((Backend::Lsp(Box::new(client)), model)));
            }
            ["llama-server"] => Peer::connect("http://127.0.0.1:8012")?,
            ["llama-server", url] => Peer::connect(url)?,
            _ => bail!("--engine is \"treefill\", or \"llama-server\" and a URL"),
        };
        let model = peer.model()?;
        Ok(Some((Backend::Peer(Box::new(peer), pid), model)))
    }

    /// The engine in this process when it is ready, and a fingerprint of its model.
    fn engine(&self, mut config: Config, runtime: &Runtime) -> anyhow::Result<(Arc<dyn Engine>, String)> {
        config.model.path = self.model.clone().or(config.model.path);
        let path = models::infill(&config.model.path)?;
        let engine = super::complete::start(&config);
        let info = runtime.block_on(super::complete::ready(&*engine))?;
        Ok((engine, fingerprint(&path, &info)?))
    }

    fn oracle(&self) -> Option<Oracle> {
        (!self.no_judge).then(Oracle::default)
    }

    /// Begin or continue a run in the result file.
    fn open<R: ResultRow>(
        &self,
        what: &str,
        backend: &Backend,
        model: String,
        settings: String,
        set: &CaseSet,
    ) -> anyhow::Result<Run> {
        let mut hasher = Sha256::new();
        for case in &set.cases {
            hasher.update(case.id.as_bytes());
        }
        let names: Vec<&str> = backend.variants().into_iter().map(|(name, _)| name).collect();
        let head = Head {
            what: what.to_owned(),
            side: names.join(" "),
            model,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            cases: format!("{} {:.12}", set.cases.len(), hex(&hasher.finalize())),
            settings,
        };
        Run::open::<R>(&self.out, &head)
    }
}

fn fingerprint(path: &Path, info: &ModelInfo) -> anyhow::Result<String> {
    let mut hasher = Sha256::new();
    std::io::copy(&mut std::fs::File::open(path)?, &mut hasher)?;
    Ok(format!("{} {:.12}", info.name, hex(&hasher.finalize())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn runtime() -> anyhow::Result<Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

fn bar(length: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let template = format!("{{bar:30}} {{pos}} of {{len}} {what}, {{eta}} left");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}
