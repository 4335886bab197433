//! Runs `treefill fix`: repairs syntax errors, and what diagnostics report, as a diff or in the file. It asks a model only with
//! `--with-model`.

mod diagnostics;
mod model;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use model::{FixModel, answer};
use serde_json::json;

use super::change::{FileLine, edits_json, show};
use crate::actions::{self, ActionRequest, Fix, fix_syntax};
use crate::config::Config;
use crate::document::Snapshot;
use crate::language::Registry;
use crate::verify::FaultCount;

pub const EXAMPLES: &str = "\
Examples:
  treefill fix src/main.rs           show the repairs, as a diff
  treefill fix src/main.rs:10        only the error at line 10
  treefill fix --write a.py b.rs     repair the files
  treefill fix --json a.py           every offer for the first error, for a program
  treefill fix a.py --diagnostics d.json
                                     what a language server complains about (- reads its list from the input)
  treefill fix a.py --diagnostics d.json --with-model
                                     and let the model regenerate what no sure repair is known for

A repair is a small edit after which the definition around the error parses, and which adds no fault elsewhere.

Exit codes: 0 nothing is broken (any more), 1 something is broken and stays so, or a file cannot be read.";

/// Errors repaired in one file: one more broken than that needs a person.
const ROUNDS: usize = 20;

/// Options of `treefill fix`.
#[derive(Debug, Args)]
pub struct FixArguments {
    /// What to repair: FILE, or FILE:LINE for the error there
    #[arg(required = true, value_name = "FILE[:LINE]")]
    targets: Vec<FileLine>,
    /// Show the changes as a unified diff (the default)
    #[arg(long, conflicts_with_all = ["write", "json"])]
    diff: bool,
    /// Change the files
    #[arg(long, conflicts_with = "json")]
    write: bool,
    /// Search at most this many milliseconds for one repair
    #[arg(long, value_name = "MS", default_value_t = 250)]
    time: u64,
    /// Repair what these diagnostics of a language server complain about, besides the syntax: a JSON list
    #[arg(long, value_name = "FILE")]
    diagnostics: Option<PathBuf>,
    /// Ask the model too: it orders the repairs, and regenerates what diagnostics point at and no sure repair is known for
    #[arg(long)]
    with_model: bool,
    /// Use this GGUF model instead of the configured one
    #[arg(long, value_name = "PATH", requires = "with_model")]
    model: Option<PathBuf>,
    /// Print one JSON object for each file, with all offers for its first error
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &FixArguments, config: Config) -> anyhow::Result<ExitCode> {
    let registry = super::languages::load_and_tell();
    let mut sound = true;
    if arguments.diagnostics.is_some() && arguments.targets.len() > 1 {
        anyhow::bail!("--diagnostics is about one file: name one");
    }
    let start = || FixModel::start(config, arguments.model.as_ref());
    let model = arguments.with_model.then(start).transpose()?;
    for target in &arguments.targets {
        let snapshot = target.snapshot(&target.read()?, &registry)?;
        let fixer = Fixer { target, arguments, model: model.as_ref() };
        sound &= if arguments.json {
            fixer.list(&snapshot)?
        } else if arguments.diagnostics.is_some() {
            fixer.repair_diagnostics(&snapshot)?
        } else {
            fixer.repair_syntax(snapshot, &registry)?
        };
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Repairs one file.
struct Fixer<'a> {
    target: &'a FileLine,
    arguments: &'a FixArguments,
    model: Option<&'a FixModel>,
}

impl Fixer<'_> {
    fn request(&self, snapshot: &Snapshot, diagnostics: Option<&PathBuf>) -> anyhow::Result<ActionRequest> {
        let range = self.target.offset(&snapshot.text.to_string())?.map(|offset| offset..offset);
        let diagnostics = diagnostics.map_or(Ok(Vec::new()), |file| diagnostics::read(file, snapshot))?;
        let workspace = diagnostics::workspace(self.target);
        let time = Duration::from_millis(self.arguments.time);
        Ok(ActionRequest { snapshot: snapshot.clone(), range, diagnostics, workspace, time })
    }

    /// Repairs what the diagnostics report; whether there is any repair.
    fn repair_diagnostics(&self, snapshot: &Snapshot) -> anyhow::Result<bool> {
        let request = self.request(snapshot, self.arguments.diagnostics.as_ref())?;
        let (found, excuses) = answer(&request, self.model);
        let shown = self.target.file.display();
        excuses.iter().for_each(|failure_message| super::tell(&format!("{shown}: {failure_message}")));
        let found = diagnostics::together(snapshot, found);
        if found.is_empty() {
            super::tell(&format!("{shown}: no sure repair is known for what is complained about"));
            return Ok(false);
        }
        found.iter().for_each(|offer| self.report(snapshot, offer));
        let edits: Vec<_> = found.iter().flat_map(|offer| offer.edits.clone()).collect();
        let new = actions::with_edits(snapshot, &edits).text.to_string();
        show(self.target, &snapshot.text.to_string(), &new, self.arguments.write)?;
        Ok(true)
    }

    /// Tells the user what a fix does, and in which line.
    fn report(&self, snapshot: &Snapshot, fix: &Fix) {
        let line = fix.edits.first().map_or(0, |edit| snapshot.line_of(edit.range.start)) + 1;
        super::tell(&format!("{}:{line}: {}", self.target.file.display(), fix.title));
    }

    fn list(&self, snapshot: &Snapshot) -> anyhow::Result<bool> {
        let request = self.request(snapshot, self.arguments.diagnostics.as_ref())?;
        let start = Instant::now();
        let (offers, _) = answer(&request, self.model);
        let ms = start.elapsed().as_secs_f64() * 1000.0;
        let total = |snapshot: &Snapshot| FaultCount::of(snapshot).map(|weight| weight.total());
        let before = total(snapshot);
        let offers: Vec<_> = offers
            .iter()
            .map(|offer| {
                json!({
                    "action": offer.action.id, "title": offer.title, "preferred": offer.preferred,
                    "class": fix_syntax::class_name(snapshot, offer),
                    "edits": edits_json(&offer.edits),
                    "errors": total(&actions::with_edits(snapshot, &offer.edits)),
                })
            })
            .collect();
        let object = json!({"file": self.target.file, "errors": before, "ms": (ms * 10.0).round() / 10.0, "offers": offers});
        writeln!(anstream::stdout(), "{object}")?;
        Ok(before == Some(0))
    }

    /// Repairs the syntax of one file; whether nothing is wrong with it afterwards.
    fn repair_syntax(&self, snapshot: Snapshot, registry: &Registry) -> anyhow::Result<bool> {
        let broken = |snapshot: &Snapshot| -> anyhow::Result<usize> {
            let weight = FaultCount::of(snapshot).context("too large, too deep or too slow to parse")?;
            Ok(weight.total())
        };
        let shown = self.target.file.display();
        let before = broken(&snapshot).with_context(|| format!("cannot check {shown}"))?;
        if before == 0 {
            super::tell(&format!("{shown}: nothing is wrong with its syntax"));
            return Ok(true);
        }
        let old = snapshot.text.to_string();
        let mut now = snapshot;
        for _ in 0..ROUNDS {
            let (offers, _) = answer(&self.request(&now, None)?, self.model);
            let Some(offer) = offers.into_iter().next() else { break };
            self.report(&now, &offer);
            let text = actions::with_edits(&now, &offer.edits).text.to_string();
            now = self.target.snapshot(&text, registry)?;
            if self.target.line.is_some() || broken(&now)? == 0 {
                break;
            }
        }
        let new = now.text.to_string();
        if new == old {
            let at = self.target.line.map_or(String::new(), |line| format!(" at line {line}"));
            super::tell(&format!("{shown}: no small edit{at} fixes it ({before} errors)"));
            return Ok(false);
        }
        show(self.target, &old, &new, self.arguments.write)?;
        let after = broken(&now)?;
        if after > 0 && self.target.line.is_none() {
            super::tell(&format!("{shown}: {after} errors stay"));
        }
        Ok(after == 0 || self.target.line.is_some())
    }
}
