//! Runs `treefill eval`: makes cases, runs them, reads the results. `eval` measures.

mod calibrate;
mod common;
mod load;
mod make;
mod memory;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::runtime::Runtime;

use self::common::RunArguments;
use crate::completion::{CompletionOptions, Effort};
use crate::config::Config;
use crate::engine::power::Prefetch;
use crate::eval::backends::{self, Backend};
use crate::eval::case::HoleKind;
use crate::eval::charts;
use crate::eval::holes::{self, HoleRow};
use crate::eval::paired;
use crate::eval::replay::{self, ReplayRow, Typist};
use crate::eval::report;
use crate::language::Registry;

/// Milliseconds for a prompt where no clock shall shorten it.
const WHOLE_PROMPTS_MS: u32 = 60_000;

pub const EXAMPLES: &str = "\
Examples:
  treefill eval make --from src/flask --out flask.jsonl    cases from any source tree
  treefill eval holes benches/cases/*.jsonl --out a.jsonl  ask for each hole once, and score the answers
  treefill eval holes CASES --ablation --out b.jsonl       the same with each stage of the pipeline added in turn
  treefill eval holes CASES --lsp --out lsp.jsonl          ask the real server
  treefill eval holes CASES --engine llama-server http://127.0.0.1:8012 --out peer.jsonl
  treefill eval replay CASES --lsp --out r.jsonl           type held-out code into the real server, key by key
  treefill eval make --from src/flask --with-repository --out repo.jsonl        cases with the files beside them
  treefill eval holes repo.jsonl --workspace --out with.jsonl                   ask with those files as a workspace
  treefill eval holes repo.jsonl --workspace --without memory --out without.jsonl
  treefill eval memory src/flask --dump rows.jsonl         model against model and memory, token by token
  treefill eval calibrate src/flask --model m.gguf         what that model's probabilities mean; --write keeps it
  treefill eval load CASES --typists 1,8,32                what a team's server is asked, and how long its answers take
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
    /// Let many typists work against the configured server, and count what that asks of it
    Load(load::LoadArguments),
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

#[derive(Debug, Args)]
struct Holes {
    #[command(flatten)]
    common: RunArguments,
    /// Run every case once for each stage of the pipeline, from the raw model on
    #[arg(long)]
    ablation: bool,
    /// Ask as a user does who asks by a key: nothing is too unlikely to be shown
    #[arg(long)]
    invoked: bool,
}

#[derive(Debug, Args)]
struct Replay {
    #[command(flatten)]
    common: RunArguments,
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
        Action::Load(arguments) => load::run(&arguments, config),
        Action::Report(arguments) => show(&arguments),
        Action::Diff { old, new } => {
            let cases = paired::of(&old, &new)?;
            let (old, new) = (report::load(&old)?.1, report::load(&new)?.1);
            write!(anstream::stdout(), "{}\n{cases}", report::diff(&old, &new))?;
            Ok(())
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

fn run_holes(arguments: &Holes, config: Config) -> anyhow::Result<()> {
    let common = &arguments.common;
    let set = common.set(|kind| kind != HoleKind::Typed)?;
    let mut oracle = common.oracle(&set)?;
    let (runtime, mut config) = (runtime()?, common.ablated(config));
    let (mut backend, model) = match common.other_backend(&config, None)? {
        Some((Backend::Peer(peer, pid), model)) => (Backend::Peer(Box::new(peer.patient()), pid), model),
        Some(other) => other,
        None => {
            // Prompts would be shorter on a busy machine.
            config.model.tuning.max_prefill_ms = WHOLE_PROMPTS_MS;
            let (engine, model) = common.engine(&config, &runtime)?;
            let efforts = if arguments.ablation { Effort::ALL.to_vec() } else { vec![Effort::default()] };
            if common.has_workspace() {
                // What the pipeline alone is asked with, so that the workspace is all that differs.
                let workspace_context = config.completion.options.workspace_context;
                config.completion.options =
                    CompletionOptions { workspace_context, ..backends::options(Effort::default()) };
                config.engine.prefetch = Prefetch::Never;
                let _guard = runtime.enter();
                let mut own = common.session(config, engine);
                own.variants = efforts.into_iter().map(|effort| (effort.name(), effort)).collect();
                (Backend::Session(own), model)
            } else {
                (Backend::Pipeline(engine, efforts), model)
            }
        }
    };
    let invoked = if arguments.invoked { "; invoked" } else { "" };
    let settings = format!("{}{invoked}; whole prompts", backends::options_in_words());
    let mut run = common.open::<HoleRow>("holes", &backend, model, settings, &set)?;
    let bar = bar((set.cases.len() * backend.variants().len()) as u64, "answers");
    bar.set_position(run.done() as u64);
    let step = || bar.inc(1);
    let registry = Registry::builtin()?;
    let how = (&mut backend, common.place(), arguments.invoked);
    runtime.block_on(holes::run(&set, how, &registry, oracle.as_mut(), &mut run, &step))?;
    bar.finish_and_clear();
    show(&Report { runs: vec![common.out.clone()], all: false, html: None })
}

fn run_replay(arguments: &Replay, config: Config) -> anyhow::Result<()> {
    let common = &arguments.common;
    let set = common.set(|kind| kind == HoleKind::Typed)?;
    let mut oracle = common.oracle(&set)?;
    let (runtime, config) = (runtime()?, common.ablated(config));
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
            let (engine, model) = common.engine(&config, &runtime)?;
            let mut own = common.session(config, engine);
            own.variants = vec![("treefill", Effort::default())];
            (Backend::Session(own), model)
        }
    };
    let mut run = common.open::<ReplayRow>("replay", &backend, model, in_words(&typist), &set)?;
    let bar = bar(set.cases.len() as u64, "texts typed");
    bar.set_position(run.done() as u64);
    let step = || bar.inc(1);
    let registry = Registry::builtin()?;
    let how = (&mut backend, common.place());
    let work = replay::run(&set, how, &registry, typist, oracle.as_mut(), &mut run, &step);
    runtime.block_on(work)?;
    bar.finish_and_clear();
    show(&Report { runs: vec![common.out.clone()], all: true, html: None })
}

/// How it is typed, for people.
fn in_words(typist: &Typist) -> String {
    let Typist { enough, slips, pause_ms, seed } = typist;
    let percent = 100.0 * slips;
    format!(
        "a typist who takes what is right for a line or {enough} characters, mistypes {percent:.1} % of the letters (seed {seed}) and \
         pauses for {pause_ms} ms at a new line"
    )
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

/// How many cases were left out because other files tell them.
fn leaks(count: usize) -> String {
    let (plural, their) = if count == 1 { ("", "its") } else { ("s", "their") };
    format!("{count} case{plural} left out: {their} text stands in another file of the package")
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
