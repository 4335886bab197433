//! Runs `treefill status`: what the running servers do, when suggestions come, and why nothing came last time.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::Value;

use crate::document::uri;
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

/// What a server tells, in some lines.
fn describe(told: &Value, now: u64) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let client = told["client"].as_str().filter(|name| !name.is_empty()).unwrap_or("an editor");
    let state = if told["paused"] == true { "paused".to_owned() } else { text(&told["engine"]["state"]) };
    let interrupts = &told["interrupts"];
    let share = |key: &str| interrupts[key].as_f64().unwrap_or_default() * 100.0;
    let mut when = match text(&interrupts["trigger"]).as_str() {
        "manual" => "only when you ask".to_owned(),
        trigger => {
            let level = text(&interrupts["eagerness"]);
            format!("{trigger}, eagerness {level}: what is likely by {:.0} % or more", share("bar"))
        }
    };
    if interrupts["bar"] != interrupts["bar_of_eagerness"] {
        let (taken, all) = (&interrupts["taken"][0], &interrupts["taken"][1]);
        when.push_str(&format!(
            " ({:.0} % but for your last reactions: {taken} of {all} taken)",
            share("bar_of_eagerness")
        ));
    }
    // A message says what is wrong; without one it is told that text is sent to a server.
    let model = told["engine"]["message"].as_str().or_else(|| told["engine"]["remote"].as_str());
    let model = model.map_or(String::new(), |why| format!("  model  {why}\n"));
    // A server of an earlier version does not say.
    let read = told["workspace"]["message"].as_str().map_or(String::new(), |read| format!("  {read}\n"));
    format!(
        "process {} for {client}: {state}\n{model}  comes  {when}\n  last   {}\n{read}",
        told["pid"],
        last(&told["last"], now)
    )
}

/// What came of the last request.
fn last(last: &Value, now: u64) -> String {
    let Some(uri) = last["uri"].as_str() else { return "nothing was asked for yet".to_owned() };
    let mut place = uri::path(uri).map_or_else(|| uri.to_owned(), |path| path.display().to_string());
    if let (Some(line), Some(column)) = (last["line"].as_u64(), last["column"].as_u64()) {
        place.push_str(&format!(":{line}:{column}"));
    }
    let ago = now.saturating_sub(last["at"].as_u64().unwrap_or(now));
    let ago = if ago < 120 { format!("{ago} s") } else { format!("{} min", ago / 60) };
    let came = match last["reason"].as_str() {
        Some(reason) => format!("nothing: {reason}"),
        None => "a suggestion was shown".to_owned(),
    };
    format!("{place}, {ago} ago: {came}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    #[test]
    fn why_nothing_is_one_line() {
        let mut told = json!({
            "pid": 7, "client": "Neovim", "paused": false, "engine": { "state": "ready" },
            "interrupts": { "trigger": "automatic", "eagerness": "medium", "bar": 0.34, "bar_of_eagerness": 0.3, "taken": [4, 20], "quiet_s": 0 },
            "last": { "uri": "file:///a.py", "line": 3, "column": 5, "reason": "the model has nothing to add", "at": 1000 },
        });
        expect![[r"
            process 7 for Neovim: ready
              comes  automatic, eagerness medium: what is likely by 34 % or more (30 % but for your last reactions: 4 of 20 taken)
              last   /a.py:3:5, 60 s ago: nothing: the model has nothing to add
        "]]
        .assert_eq(&describe(&told, 1060));
        told["engine"]["message"] = "built-in model: /m.gguf was not found".into();
        told["interrupts"]["trigger"] = "manual".into();
        told["interrupts"]["bar"] = told["interrupts"]["bar_of_eagerness"].clone();
        told["last"] = Value::Null;
        told["workspace"] = json!({ "message": "workspace: 120 of 400 files read" });
        expect![[r"
            process 7 for Neovim: ready
              model  built-in model: /m.gguf was not found
              comes  only when you ask
              last   nothing was asked for yet
              workspace: 120 of 400 files read
        "]]
        .assert_eq(&describe(&told, 1060));
    }
}
