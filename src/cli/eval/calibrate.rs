//! Runs `treefill eval calibrate`: learns the correction of a model from source trees or cases, and says what it is worth.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;

use super::{bar, runtime};
use crate::calibration::{Judgement, Learner, ModelIdentity, PlaceKind, Prior, Store};
use crate::completion::rank;
use crate::config::Config;
use crate::eval::build_cases::{BuildOptions, build};
use crate::eval::calibrate::{self, CalibrateOptions, Calibrated};
use crate::eval::case::{CaseSet, HoleKind};
use crate::language::Registry;
use crate::session::{self, Session};

/// Longer than the thread that learns can take for what is left.
const PATIENCE: Duration = Duration::from_secs(10);

/// Options of `treefill eval calibrate`.
#[derive(Debug, Args)]
pub struct CalibrateArguments {
    /// Source trees to type from, or files of cases
    #[arg(required = true, value_name = "DIR|CASES")]
    from: Vec<PathBuf>,
    /// Use this GGUF model instead of the configured one
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Predictions to judge, in all
    #[arg(long, default_value_t = 1000)]
    predictions: usize,
    /// Of these, those to learn from; the others measure
    #[arg(long, default_value_t = 500)]
    learn: usize,
    /// Ask at every so many keys
    #[arg(long, default_value_t = 8)]
    every: usize,
    /// The same seed takes the same texts
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Add the outcomes to what is known of this model, as if you had typed the code
    #[arg(long)]
    write: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Write the outcomes to this file, for benches/fit_calibration.py: numbers, an outcome a line
    #[arg(long, value_name = "FILE")]
    dump: Option<PathBuf>,
}

/// Type, learn, measure, print.
pub fn run(arguments: &CalibrateArguments, mut config: Config) -> anyhow::Result<()> {
    config.take_model(arguments.model.clone());
    // The figures are to be of the model, and not of a slow machine.
    config.completion.options.deadline = Duration::from_secs(60);
    config.completion.options.eagerness_adapts = false;
    let registry = Registry::builtin()?;
    let set = arguments.cases(&registry)?;
    let bar_of_eagerness = rank::bar(config.completion.options.eagerness, 0.0);
    let runtime = runtime()?;
    let guard = runtime.enter();
    let engine = crate::cli::complete::start(&config);
    let info = runtime.block_on(crate::cli::complete::ready(&*engine))?;
    let model = session::identity(&info);
    let languages = || Registry::builtin().expect("the built-in languages compile, as the tests show");
    let session = Session::new(languages, config, Arc::new(move |_| Arc::clone(&engine) as Arc<_>));
    // What the documents alone tell, as in an editor: to compare with the truth.
    let told = tempfile::tempdir().context("no temporary folder")?;
    let learner = Learner::start(Some(told.path().to_owned()));
    session.calibrate_by(learner.clone());
    session.start_engine();
    drop(guard);
    let progress = bar(arguments.predictions as u64, "predictions");
    let mut dump = arguments.dump_file()?;
    let step = |judged: &[Judgement]| {
        progress.inc(judged.len() as u64);
        dump.as_mut().map_or(Ok(()), |file| write_rows(file, judged))
    };
    let options =
        CalibrateOptions { predictions: arguments.predictions, every: arguments.every, seed: arguments.seed };
    let judged = runtime.block_on(calibrate::run(&set, Arc::clone(&session), &registry, options, step))?;
    progress.finish_and_clear();
    session.finish();
    learner.flush(PATIENCE);
    let told = Store::new(told.path().to_owned()).load(&model).judged();
    if judged.is_empty() {
        bail!("the model suggested nothing in these texts; `treefill doctor` says whether it works");
    }
    arguments.keep(&model, &judged)?;
    let learned_from = arguments.learn.min(judged.len() / 2);
    let found = Calibrated::of(&judged, learned_from, &Prior::of(&model), bar_of_eagerness);
    let out = if arguments.json {
        let mut value = serde_json::to_value(&found)?;
        value["model"] = model.shown().into();
        value["parameters"] = model.parameters.into();
        value["predictions"] = judged.len().into();
        value["told_by_documents"] = told.len().into();
        format!("{value:#}\n")
    } else {
        text(&model, &judged, &told, &found, bar_of_eagerness)
    };
    write!(anstream::stdout(), "{out}")?;
    Ok(())
}

impl CalibrateArguments {
    /// The statements to type: those of case files, and some of each folder.
    fn cases(&self, registry: &Registry) -> anyhow::Result<CaseSet> {
        let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) =
            self.from.iter().cloned().partition(|path| path.is_dir());
        let mut set = CaseSet::load(&files)?;
        if !folders.is_empty() {
            let options = BuildOptions {
                // A text has about 200 characters.
                each: (self.predictions * self.every / 100).max(20),
                broken: 0.25,
                seed: self.seed,
                largest: 200_000,
                kinds: vec![HoleKind::Typed],
                per_file: 6,
                language: None,
                repository: false,
            };
            let of_folders = build(&folders, registry, &options, &|_, _| {})?;
            let first = set.sources.len();
            set.sources.extend(of_folders.sources);
            set.cases.extend(of_folders.cases.into_iter().map(|mut case| {
                case.source += first;
                case
            }));
        }
        if !set.cases.iter().any(|case| case.kind == HoleKind::Typed) {
            bail!("no statements to type in these files; `treefill eval make --kind typed` makes some");
        }
        Ok(set)
    }

    /// The file for the outcomes, empty.
    fn dump_file(&self) -> anyhow::Result<Option<File>> {
        let make =
            |path: &PathBuf| File::create(path).with_context(|| format!("cannot write {}", path.display()));
        self.dump.as_ref().map(make).transpose()
    }

    fn keep(&self, model: &ModelIdentity, judged: &[Judgement]) -> anyhow::Result<()> {
        if self.write {
            let folder = Store::default_folder().context("there is no home folder to keep it in")?;
            let shown = folder.display().to_string();
            let store = Store::new(folder);
            store.add(model, judged).with_context(|| format!("cannot write to {shown}"))?;
            crate::cli::tell(&format!("kept in {}", store.file(model).display()));
        }
        Ok(())
    }
}

/// An outcome a line: what was done is kept when the command is stopped.
fn write_rows(file: &mut File, judged: &[Judgement]) -> anyhow::Result<()> {
    let row = |one: &Judgement| {
        let right = u8::from(one.right);
        format!("[{},{},{},{},{right}]\n", one.score, one.offset, one.kind as u8, one.said)
    };
    let rows: String = judged.iter().map(row).collect();
    Ok(file.write_all(rows.as_bytes())?)
}

fn text(
    model: &ModelIdentity,
    judged: &[Judgement],
    told: &[Judgement],
    found: &Calibrated,
    bar: f32,
) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_text(&mut out, model, judged, told, found, bar);
    out
}

fn write_text(
    out: &mut String,
    model: &ModelIdentity,
    judged: &[Judgement],
    told: &[Judgement],
    found: &Calibrated,
    bar: f32,
) -> std::fmt::Result {
    let (name, size) = (model.shown(), model.parameters as f64 / 1e6);
    writeln!(out, "{name}, {size:.1} M parameters: {} predictions judged", judged.len())?;
    let bias: Vec<String> = PlaceKind::ALL
        .iter()
        .zip(found.bias)
        .map(|(kind, bias)| format!("{} {bias:+.2}", kind.name()))
        .collect();
    writeln!(
        out,
        "learned from the first {}: slope {:.2}; {}",
        found.learned_from,
        found.slope,
        bias.join(", ")
    )?;
    writeln!(out, "the other {}, from the bar {bar:.3} on:", found.learned.count)?;
    writeln!(out, "                        error  by luck    said    were   shown  right of shown")?;
    let rows = [
        ("as for the model inside", &found.fitted),
        ("by size", &found.by_size),
        ("learned", &found.learned),
    ];
    for (at, (name, it)) in rows.into_iter().enumerate() {
        let (error, luck, said, were) = (it.error, it.by_luck, it.said * 100.0, it.right * 100.0);
        let (shown, right) = (found.shown[at] * 100.0, found.right_of_shown[at] * 100.0);
        writeln!(
            out,
            "{name:<24}{error:.3}    {luck:.3}  {said:5.1}%  {were:5.1}%  {shown:5.1}%  {right:5.1}%"
        )?;
    }
    let right = |judged: &[Judgement]| {
        judged.iter().filter(|one| one.right).count() as f64 / judged.len().max(1) as f64 * 100.0
    };
    writeln!(
        out,
        "the documents alone told {} outcomes ({:.1}% right; in truth {:.1}%)",
        told.len(),
        right(told),
        right(judged)
    )
}
