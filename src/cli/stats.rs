//! Shows `treefill stats`: what was shown, accepted and kept, why nothing was shown, and how long it took.

mod chances;
mod report;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use crate::calibration::Store;
use crate::completion::Reason;
use crate::config::Config;
use crate::stats::{self, EventLog, Filter, Summary, event};
use crate::text::amounts::counted;

pub const EXAMPLES: &str = "\
Examples:
  treefill stats                          the last 30 days
  treefill stats --days 1                 the last 24 hours
  treefill stats --language rust          one language only
  treefill stats --html report.html       the same as a page with plots, for a browser
  treefill stats --json                   the same for a program

The numbers are kept in one file on this machine: times, sizes and reasons, no text and no names of files. They are sent
nowhere. `enabled = false` in the section [stats] of the settings ends that; deleting the file forgets them.";

/// Options of `treefill stats`.
#[derive(Debug, Args)]
pub struct StatsArguments {
    /// How many days to count, back from now
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3650))]
    days: u64,
    /// Only this language, by its name
    #[arg(long, value_name = "NAME")]
    language: Option<String>,
    /// Print one JSON object
    #[arg(long, conflicts_with = "html")]
    json: bool,
    /// Write a page with plots to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub fn run(arguments: &StatsArguments, config: &Config) -> anyhow::Result<ExitCode> {
    let file = file()?;
    let log = read(&file)?;
    let filter = Filter { now: event::now(), days: arguments.days, language: arguments.language.clone() };
    let summary = Summary::of(&log.events, &filter);
    let chances = Store::default_folder().map(|folder| chances::of(&Store::new(folder))).unwrap_or_default();
    let mut out = anstream::stdout().lock();
    if arguments.json {
        let mut value = serde_json::to_value(&summary)?;
        value["days"] = filter.days.into();
        value["language"] = filter.language.into();
        value["damaged_lines"] = log.damaged.into();
        value["calibration"] = chances::json(&chances);
        writeln!(out, "{value:#}")?;
        return Ok(ExitCode::SUCCESS);
    }
    if summary.is_empty() {
        writeln!(out, "{}", nothing(&log, &filter, &file, config))?;
        return Ok(ExitCode::SUCCESS);
    }
    let report = chances::shown(report::of(&summary, &filter), &chances);
    match &arguments.html {
        Some(path) => {
            std::fs::write(path, report.html())
                .with_context(|| format!("cannot write {}", path.display()))?;
            writeln!(out, "Wrote {}: open it in a browser.", path.display())?;
        }
        None => write!(out, "{}", report.terminal())?,
    }
    if log.damaged > 0 {
        super::tell(&format!("damaged lines in {1}, left out: {0}", log.damaged, file.display()));
    }
    if !config.stats.enabled {
        super::tell("stats.enabled is false: nothing new is counted");
    }
    Ok(ExitCode::SUCCESS)
}

fn file() -> anyhow::Result<PathBuf> {
    stats::default_file().context("there is no home folder, so no statistics are kept")
}

fn read(file: &Path) -> anyhow::Result<EventLog> {
    stats::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// What to say when there is nothing to count, and what to do about it.
fn nothing(log: &EventLog, filter: &Filter, file: &Path, config: &Config) -> String {
    let advice = if !config.stats.enabled {
        "Statistics are switched off: set enabled = true in the section [stats] of the settings.".to_owned()
    } else if log.events.is_empty() {
        "They begin when an editor asks treefill for a suggestion; README.md says how to set one up."
            .to_owned()
    } else {
        let mut languages: Vec<&str> = log.events.iter().map(stats::UsageEvent::language).collect();
        languages.sort_unstable();
        languages.dedup();
        let days = (filter.now.saturating_sub(log.events[0].at())).div_ceil(86_400).max(1);
        format!(
            "There are numbers of the last {} (--days) for {} (--language).",
            counted(days, "day"),
            languages.join(", ")
        )
    };
    let what = filter.language.as_ref().map(|language| format!(" for {language}")).unwrap_or_default();
    format!("No statistics of the last {}{what} in {}.\n{advice}", span(filter), file.display())
}

/// "30 days" or "24 hours".
fn span(filter: &Filter) -> String {
    if filter.days == 1 { "24 hours".to_owned() } else { counted(filter.days, "day") }
}

/// A reason's name as a sentence that says why nothing was shown.
fn because(name: &str) -> String {
    match serde_json::from_value::<Reason>(name.into()) {
        Ok(reason) => reason.to_string(),
        // Those that carry a text, of which only the name was kept.
        Err(_) => match name {
            "no_engine" => "there was no model".to_owned(),
            "engine_failed" => "the model failed".to_owned(),
            other => other.replace('_', " "),
        },
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", share * 100.0))
}

fn milliseconds(ms: Option<f64>) -> String {
    ms.map_or_else(|| "–".to_owned(), |ms| format!("{} ms", crate::plot::number(ms)))
}

/// The last day in a few facts, for `doctor`.
pub fn last_day() -> anyhow::Result<Vec<(&'static str, String)>> {
    let file = file()?;
    let log = read(&file)?;
    let day = Summary::of(&log.events, &Filter { now: event::now(), days: 1, language: None });
    let mut facts = Vec::new();
    if day.is_empty() {
        facts.push(("last day", "no suggestion was asked for".to_owned()));
    } else {
        let (shown, accepted) = (day.suggestions, percent(day.accepted_share));
        let text = format!(
            "{} shown, {} accepted ({accepted}), half within {}",
            counted(shown as u64, "suggestion"),
            day.accepted,
            milliseconds(day.model.p50)
        );
        facts.push(("last day", text));
        let reasons: Vec<String> =
            day.silent.iter().take(3).map(|(name, count)| format!("{} ({count})", because(name))).collect();
        if !reasons.is_empty() {
            facts.push(("silent", reasons.join(", ")));
        }
    }
    facts.push(("file", file.display().to_string()));
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_sentence() {
        assert_eq!(because("blank"), "the model has nothing to add");
        assert_eq!(because("no_engine"), "there was no model");
        assert_eq!(because("of_the_future"), "of the future");
    }

    #[test]
    fn shares_and_times() {
        assert_eq!((percent(None), percent(Some(0.256))), ("–".into(), "26 %".into()));
        assert_eq!((milliseconds(None), milliseconds(Some(0.19))), ("–".into(), "0.19 ms".into()));
    }
}
