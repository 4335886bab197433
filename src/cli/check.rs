//! Runs `treefill check`: lists code that a reader should look at twice.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::change::FileLine;
use super::ghost::{BOLD, DIM};
use crate::verify::risks;

pub const EXAMPLES: &str = "\
Examples:
  treefill check src/main.rs          code that a reader should look at twice
  treefill check --json a.py b.rs     one JSON object for each place, for a program

What is looked for is in grammars/<name>/risks.scm; a file of that name in your configuration folder takes its place.

Exit codes: 0 nothing found, 1 something found, or a file cannot be checked.";

/// Options of `treefill check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    targets: Vec<FileLine>,
    /// Print one JSON object for each place
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &CheckArguments) -> anyhow::Result<ExitCode> {
    let registry = super::languages::load_and_tell();
    let mut clean = true;
    let mut out = anstream::stdout().lock();
    for target in &arguments.targets {
        let text = target.read()?;
        let snapshot = target.snapshot(&text, &registry)?;
        let shown = target.file.display();
        let found = risks::found(&snapshot)
            .with_context(|| format!("cannot check {shown}: too large, too deep or too slow to parse"))?;
        for risk in found {
            let line = snapshot.line_of(risk.range.start) + 1;
            if target.line.is_some_and(|wanted| wanted != line) {
                continue;
            }
            clean = false;
            if arguments.json {
                let object = json!({
                    "file": target.file, "line": line, "start": risk.range.start, "end": risk.range.end,
                    "id": risk.id, "message": risk.message, "see": risk.see,
                });
                writeln!(out, "{object}")?;
            } else {
                let code = snapshot.line_text(line - 1);
                writeln!(out, "{BOLD}{shown}:{line}{BOLD:#}: {} [{}, {}]", risk.message, risk.id, risk.see)?;
                writeln!(out, "      {DIM}{}{DIM:#}", code.trim())?;
            }
        }
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
