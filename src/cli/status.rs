//! Runs `treefill status`: what the running servers do, when suggestions come, and why nothing came last time.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::Value;

use crate::lsp;

pub const EXAMPLES: &str = "\
Examples:
  treefill status           what each editor's server does, and why nothing came last time
  treefill status --json    the same, one JSON object a line

A server tells it by a file in the folder of the sockets, which only you can read. Names of files are in it, no text.";

/// Options of `treefill status`.
#[derive(Debug, Args)]
pub struct StatusArguments {
    /// Print one JSON object for each server
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &StatusArguments) -> anyhow::Result<ExitCode> {
    let mut out = anstream::stdout().lock();
    let servers = lsp::running_servers()?;
    if servers.is_empty() && !arguments.json {
        writeln!(
            out,
            "no server runs: an editor starts one when it opens a file (`treefill doctor` checks what it needs)"
        )?;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    for told in &servers {
        match arguments.json {
            true => writeln!(out, "{told}")?,
            false => write!(out, "{}", describe(told, now))?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a server tells, in some lines: those of every editor.
fn describe(told: &Value, now: u64) -> String {
    let client = told["client"].as_str().filter(|name| !name.is_empty()).unwrap_or("an editor");
    let mut text =
        format!("{client} (process {}, version {})\n", told["pid"], told["version"].as_str().unwrap_or("?"));
    let said = told["last"]["sentence"].as_str();
    for line in told["lines"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        // It was written a while ago.
        let line = if Some(line) == said { lsp::last_request(&told["last"], now) } else { line.to_owned() };
        text.push_str(&format!("  {line}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    #[test]
    fn the_lines_of_the_editor_and_the_last_request_as_of_now() {
        let then = "No suggestion at a.py:3:5, 0 seconds ago: the model has nothing to add.";
        let told = json!({
            "pid": 7, "client": "Neovim", "version": "0.1.0",
            "lines": ["Suggestions are ready.", "Built-in model, 15 M parameters, CPU", then, "Workspace: 120 of 400 files read."],
            "last": { "uri": "file:///a.py", "line": 3, "column": 5, "reason": "the model has nothing to add", "at": 1000, "sentence": then },
        });
        expect![[r"
            Neovim (process 7, version 0.1.0)
              Suggestions are ready.
              Built-in model, 15 M parameters, CPU
              No suggestion at a.py:3:5, 60 seconds ago: the model has nothing to add.
              Workspace: 120 of 400 files read.
        "]]
        .assert_eq(&describe(&told, 1060));
    }
}
