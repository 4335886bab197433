//! Runs `treefill eval memory`: what the memory of a workspace adds to the model.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use super::{WHOLE_PROMPTS_MS, bar, runtime};
use crate::config::Config;
use crate::engine::Engine;
use crate::eval::memory::{MemoryFigures, MemoryOptions, MemoryRow, Package, ToldEngine, table};
use crate::eval::{drafts, exact};
use crate::language::Registry;

/// Options of `treefill eval memory`.
#[derive(Debug, Args)]
pub struct MemoryArguments {
    /// Folders of packages: one to three lines at a time are taken out of each, and the rest of it is remembered
    #[arg(required = true, value_name = "DIR")]
    packages: Vec<PathBuf>,
    /// Use this GGUF model instead of the configured one
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Lines taken out of each package
    #[arg(long, default_value_t = 20)]
    holes: usize,
    /// The same seed takes the same lines
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Generate there with and without drafts instead, and compare text and time
    #[arg(long)]
    drafts: bool,
    /// Generate one line there with and without memory instead, and count those that are exact
    #[arg(long, conflicts_with = "drafts")]
    exact: bool,
    /// Show the model signatures of the other files, whatever its size
    #[arg(long)]
    signatures: bool,
    /// Measure this LoRA adapter of the model too, without memory and with it, and print one table
    #[arg(long, value_name = "PATH", conflicts_with_all = ["drafts", "exact", "dump"])]
    adapter: Option<PathBuf>,
    /// Take lines only out of the files that this list names, a path in its package each: those an adapter was not trained on
    #[arg(long, value_name = "LIST")]
    files: Option<PathBuf>,
    /// Write what was said about each token to this file, for benches/fit_memory.py
    #[arg(long, value_name = "FILE")]
    dump: Option<PathBuf>,
}

/// Measure, and print a line for each language; with an adapter a table.
pub fn run(arguments: &MemoryArguments, mut config: Config) -> anyhow::Result<()> {
    config.take_model(arguments.model.clone());
    // Prompts would be shorter on a busy machine.
    config.model.tuning.max_prefill_ms = WHOLE_PROMPTS_MS;
    if arguments.drafts || arguments.exact {
        return compare(arguments, &config);
    }
    let mut out = anstream::stdout();
    let Some(adapter) = &arguments.adapter else {
        for (language, figures) in measure(arguments, &config)? {
            writeln!(out, "{language}: {}", figures.line())?;
        }
        return Ok(());
    };
    config.model.adapter = None;
    let plain = measure(arguments, &config)?;
    config.model.adapter = Some(adapter.clone());
    let adapted = measure(arguments, &config)?;
    for (language, figures) in &plain {
        let with = adapted.get(language).context("the same places with the adapter")?;
        write!(out, "{}", table(language, figures, with))?;
    }
    Ok(())
}

/// What model and memory say of the lines, by language.
fn measure(arguments: &MemoryArguments, config: &Config) -> anyhow::Result<BTreeMap<String, MemoryFigures>> {
    let runtime = runtime()?;
    let engine = crate::cli::complete::start(config);
    runtime.block_on(crate::cli::complete::ready(&*engine))?;
    let registry = Registry::builtin()?;
    let options = arguments.options()?;
    let named = |path: &PathBuf| format!("cannot write {}", path.display());
    let mut dump = match &arguments.dump {
        Some(path) => Some(BufWriter::new(std::fs::File::create(path).with_context(|| named(path))?)),
        None => None,
    };
    let told = ToldEngine::new(&*engine);
    let mut figures: BTreeMap<String, MemoryFigures> = BTreeMap::new();
    let bar = bar(arguments.packages.len() as u64, "packages");
    for folder in &arguments.packages {
        let package = Package::read(folder, &options, &registry)?;
        runtime.block_on(package.remember(&told))?;
        for (number, hole) in package.holes.iter().enumerate() {
            for token in runtime.block_on(hole.explain(&told))? {
                figures.entry(hole.language.clone()).or_default().add(&token);
                if let Some(file) = &mut dump {
                    let (package, language) = (&*package.name, &*hole.language);
                    serde_json::to_writer(&mut *file, &MemoryRow { package, language, hole: number, token })?;
                    file.write_all(b"\n")?;
                }
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    anyhow::ensure!(
        !figures.is_empty(),
        "no lines to take out: the files are too small, or --files names none of them"
    );
    Ok(figures)
}

/// Two engines, asked at the same places.
fn compare(arguments: &MemoryArguments, config: &Config) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let engine = |with: bool| -> anyhow::Result<Arc<dyn Engine>> {
        let mut config = config.clone();
        let tuning = &mut config.model.tuning;
        *(if arguments.drafts { &mut tuning.drafts } else { &mut tuning.memory }) = with;
        let engine = crate::cli::complete::start(&config);
        runtime.block_on(crate::cli::complete::ready(&*engine))?;
        Ok(engine)
    };
    let (without, with) = (engine(false)?, engine(true)?);
    let (plain, told) = (ToldEngine::new(&*without), ToldEngine::new(&*with));
    let registry = Registry::builtin()?;
    let options = arguments.options()?;
    let (mut drafts, mut exact) = (BTreeMap::new(), BTreeMap::new());
    let bar = bar(arguments.packages.len() as u64, "packages");
    for folder in &arguments.packages {
        let package = Package::read(folder, &options, &registry)?;
        let measured = if arguments.drafts {
            runtime.block_on(drafts::measure(&package, &plain, &told, &mut drafts))
        } else {
            runtime.block_on(exact::measure(&package, &*without, &told, &mut exact))
        };
        measured.with_context(|| folder.display().to_string())?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let lines = drafts.iter().map(|(language, figures)| (language, figures.line()));
    for (language, line) in lines.chain(exact.iter().map(|(language, figures)| (language, figures.line()))) {
        writeln!(anstream::stdout(), "{language}: {line}")?;
    }
    Ok(())
}

impl MemoryArguments {
    fn options(&self) -> anyhow::Result<MemoryOptions> {
        let lines = if self.exact { 1 } else { 3 };
        let only = match &self.files {
            Some(list) => {
                let text = std::fs::read_to_string(list)
                    .with_context(|| format!("cannot read {}", list.display()))?;
                text.lines().map(str::trim).filter(|line| !line.is_empty()).map(PathBuf::from).collect()
            }
            None => HashSet::new(),
        };
        Ok(MemoryOptions { holes: self.holes, seed: self.seed, lines, signatures: self.signatures, only })
    }
}
