//! Runs `treefill fix`: repairs syntax errors, and what diagnostics report, as a diff or in the file. It asks a model only with
//! `--with-model`.

mod decide;
mod diagnostics;
mod model;
mod repair;
mod report;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use decide::{Asker, Decider};
use model::FixModel;
use repair::FileRepair;
use serde_json::json;

use super::change::{FileLine, show};
use crate::actions::{self, fix_syntax};
use crate::config::Config;
use crate::document::Snapshot;
use crate::language::Registry;
use crate::text::amounts::counted;
use crate::verify::FaultCount;

pub const EXAMPLES: &str = "\
Examples:
  treefill fix src/main.rs           show what --write would change, as a diff, and name the fixes that are not sure
  treefill fix src/main.rs:10        only the error at line 10
  treefill fix --write a.py b.rs     fix the files, as far as that is sure
  treefill fix --write --all a.py    and take the likeliest fix where none is sure
  treefill fix --interactive a.py    ask about each fix, and list what else could be done
  treefill fix --json a.py           every offer for the first error, for a program
  treefill fix a.py --diagnostics d.json
                                     what a language server complains about (- reads its list from the input)
  treefill fix a.py --diagnostics d.json --with-model
                                     and let the model regenerate what no fix is known for

A fix is a small edit after which the definition around the error parses, and which adds no fault elsewhere. It is sure
where nothing that you wrote goes, and where such fixes have been right nearly always when they were measured.

The diff is for `patch -p1` or `git apply`: in the folder you are in when the file is in it, else in / (`patch -p1 -d /`).

Exit codes:
  0  nothing is broken, or nothing any more with what was shown or written
  1  errors stay: no fix is known, or it is not sure and was left out
  2  wrong usage, or a file cannot be read, parsed or written
Of several files the highest.";

/// Options of `treefill fix`.
#[derive(Debug, Args)]
pub struct FixArguments {
    /// What to fix: FILE, or FILE:LINE for the error there
    #[arg(required = true, value_name = "FILE[:LINE]")]
    targets: Vec<FileLine>,
    /// Show the changes as a unified diff (the default)
    #[arg(long, conflicts_with_all = ["write", "json"])]
    diff: bool,
    /// Change the files
    #[arg(long, conflicts_with = "json")]
    write: bool,
    /// Take the likeliest fix where none is sure, too
    #[arg(long, conflicts_with = "json")]
    all: bool,
    /// Ask about each fix, and change the files as answered
    #[arg(long, conflicts_with_all = ["all", "diff", "json"])]
    interactive: bool,
    /// Search at most this many milliseconds for one fix
    #[arg(long, value_name = "MS", default_value_t = 250)]
    time: u64,
    /// Fix what these diagnostics of a language server complain about, besides the syntax: a JSON list
    #[arg(long, value_name = "FILE")]
    diagnostics: Option<PathBuf>,
    /// Ask the model too: it orders the fixes, and regenerates what diagnostics point at and no fix is known for
    #[arg(long)]
    with_model: bool,
    /// Use this GGUF model instead of the configured one
    #[arg(long, value_name = "PATH", requires = "with_model")]
    model: Option<PathBuf>,
    /// Print one JSON object for each file, with all offers for its first error
    #[arg(long)]
    json: bool,
}

/// What came of a file; the worst counts for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FileOutcome {
    Sound,
    Broken,
    Failed,
}

/// Repairs every file that is named: one that cannot be read does not keep the others from being repaired.
pub fn run(arguments: &FixArguments, config: Config) -> anyhow::Result<ExitCode> {
    let registry = super::languages::load_and_tell();
    let refuse = |message: &str| {
        super::tell(message);
        Ok(ExitCode::from(FileOutcome::Failed as u8))
    };
    if arguments.diagnostics.is_some() && arguments.targets.len() > 1 {
        return refuse("--diagnostics is about one file: name one");
    }
    let mut decider = match Asker::at_terminal().filter(|_| arguments.interactive) {
        Some(asker) => Decider::Ask(asker),
        None if arguments.interactive => {
            return refuse("--interactive asks questions, and there is no terminal to ask them; see --all");
        }
        None if arguments.all => Decider::All,
        None => Decider::Sure,
    };
    let start = || FixModel::start(config, arguments.model.as_ref());
    let model = match arguments.with_model.then(start).transpose() {
        Ok(model) => model,
        Err(error) => return refuse(&format!("{error:#}")),
    };
    let mut worst = FileOutcome::Sound;
    for target in &arguments.targets {
        let command = FixCommand { target, arguments, model: model.as_ref(), registry: &registry };
        let outcome = match arguments.json {
            true => command.list(),
            false => command.repair(&mut decider),
        };
        worst = worst.max(match outcome {
            Ok(outcome) => outcome,
            // Nobody reads on.
            Err(error) if is_broken_pipe(&error) => return Err(error),
            Err(error) => {
                super::tell(&format!("{error:#}"));
                FileOutcome::Failed
            }
        });
    }
    Ok(ExitCode::from(worst as u8))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// The command for one file.
struct FixCommand<'a> {
    target: &'a FileLine,
    arguments: &'a FixArguments,
    model: Option<&'a FixModel>,
    registry: &'a Registry,
}

impl<'a> FixCommand<'a> {
    fn file(&self) -> anyhow::Result<FileRepair<'a>> {
        let (time, reported) =
            (Duration::from_millis(self.arguments.time), self.arguments.diagnostics.as_ref());
        FileRepair::new(self.target, self.registry, self.model, time, reported)
    }

    /// Repairs the file, and shows or writes what came of it.
    fn repair(&self, decider: &mut Decider) -> anyhow::Result<FileOutcome> {
        let mut file = self.file()?;
        let (name, old) = (file.name(), file.now.text.to_string());
        let (before, reported) = (file.errors()?, file.reported.len());
        if before > 0 {
            file.repair_syntax(decider)?;
        }
        let (known, stays) = file.repair_reported(decider)?;
        let new = file.now.text.to_string();
        if new != old {
            show(self.target, &old, &new, self.arguments.write || self.arguments.interactive)?;
        }
        let after = file.errors()?;
        if before == 0 && self.arguments.diagnostics.is_none() {
            super::tell(&format!("{name}: nothing is wrong with its syntax"));
        } else if before > 0 && new == old && !file.leaves_some() {
            let at = self.target.line.map_or(String::new(), |line| format!(" at line {line}"));
            super::tell(&format!("{name}: no small edit{at} fixes it ({})", counted(before as u64, "error")));
        } else if after > 0 && self.target.line.is_none() {
            let stay = if after == 1 { "stays" } else { "stay" };
            super::tell(&format!("{name}: {} {stay}", counted(after as u64, "error")));
        }
        if reported > 0 && !known && stays > 0 {
            super::tell(&format!("{name}: no fix is known for what is complained about"));
        }
        let of_line = self.target.line.is_some() && new != old;
        let sound = (after == 0 || of_line) && stays == 0;
        Ok(if sound { FileOutcome::Sound } else { FileOutcome::Broken })
    }

    /// Prints what could be done about the first error, and about what is reported.
    fn list(&self) -> anyhow::Result<FileOutcome> {
        let file = self.file()?;
        let line = self.target.offset(&file.now.text.to_string())?;
        let start = Instant::now();
        let offers = file.offers(line);
        let ms = start.elapsed().as_secs_f64() * 1000.0;
        let total = |snapshot: &Snapshot| FaultCount::of(snapshot).map(|weight| weight.total());
        let (before, mark) = (total(&file.now), self.target.mark());
        let offers: Vec<_> = offers
            .iter()
            .map(|offer| {
                let errors = total(&actions::with_edits(&file.now, &offer.edits));
                let mut shown = report::offer_json(offer, mark, errors);
                shown["class"] = json!(fix_syntax::class_name(&file.now, offer));
                shown
            })
            .collect();
        let object = json!({
            "file": self.target.file, "errors": before, "diagnostics": file.reported.len(),
            "ms": (ms * 10.0).round() / 10.0, "offers": offers,
        });
        writeln!(anstream::stdout(), "{object}")?;
        let sound = before == Some(0) && file.reported.is_empty();
        Ok(if sound { FileOutcome::Sound } else { FileOutcome::Broken })
    }
}
