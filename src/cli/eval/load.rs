//! Runs `treefill eval load`: typists against the configured server, and what that asks of it.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::runtime;
use crate::config::Config;
use crate::engine::remote::{RemoteEngine, RemoteOptions};
use crate::engine::{Engine, Fallback};
use crate::eval::case::CaseSet;
use crate::eval::load::counters::Counters;
use crate::eval::load::{self, Desk, LoadFigures, TypingPace};
use crate::language::Registry;
use crate::session::Session;
use crate::text::amounts;

/// Options of `treefill eval load`.
#[derive(Debug, Args)]
pub struct LoadArguments {
    /// Files of cases with statements to type
    #[arg(required = true, value_name = "CASES")]
    cases: Vec<PathBuf>,
    /// How many type at the same moment; with commas several numbers, one after another
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1, 8, 32])]
    typists: Vec<usize>,
    /// Seconds for each number of typists
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Milliseconds between two keys, on average
    #[arg(long, default_value_t = TypingPace::default().key_ms)]
    key_ms: u64,
    /// Milliseconds of thought at the beginning of a line, and after a suggestion was taken
    #[arg(long, default_value_t = TypingPace::default().think_ms)]
    think_ms: u64,
    /// Where the server offers its counters (/metrics), to print what it has counted itself
    #[arg(long, value_name = "URL")]
    counters: Option<String>,
    /// Only this language
    #[arg(long)]
    language: Option<String>,
    /// Print one JSON object for each number of typists
    #[arg(long)]
    json: bool,
}

/// Type, count, print.
pub fn run(arguments: &LoadArguments, mut config: Config) -> anyhow::Result<()> {
    if !config.remote.is_used() {
        bail!("this asks the team's server; set `remote.url` (docs/src/teams.md), or give --config with one");
    }
    if arguments.typists.iter().any(|&count| count == 0 || count > 1000) {
        bail!("--typists: from 1 to 1000");
    }
    // A model of this machine would do the server's work where that fails, and nobody would see it.
    config.remote.fallback = Fallback::None;
    // Settings that change by themselves would make runs differ.
    config.completion.options.eagerness_adapts = false;
    config.workspace.enabled = false;
    let mut set = CaseSet::load(&arguments.cases)?;
    let sources = &set.sources;
    set.cases
        .retain(|case| arguments.language.as_ref().is_none_or(|only| sources[case.source].language == *only));
    let (set, registry, runtime) = (Arc::new(set), Registry::builtin()?, runtime()?);
    let pace = TypingPace {
        key_ms: arguments.key_ms,
        think_ms: arguments.think_ms,
        time: Duration::from_secs(arguments.seconds),
        ..TypingPace::default()
    };
    // Once: a program may print the key.
    let options = RemoteOptions::of(&config.remote_settings(PathBuf::new()))
        .context("no server is configured")?
        .map_err(anyhow::Error::msg)?;
    let mut out = anstream::stdout().lock();
    for &typists in &arguments.typists {
        let counted = || arguments.counters.as_deref().map(Counters::read).transpose();
        let figures = runtime.block_on(async {
            let mut desks = Vec::new();
            for _ in 0..typists {
                desks.push(desk(&config, options.clone()).await?);
            }
            let before = counted()?;
            let figures = load::run(&set, &registry, desks, pace).await?;
            anyhow::Ok((figures, counted()?.zip(before).map(|(now, before)| now.since(before))))
        });
        let (figures, counted) = figures?;
        if arguments.json {
            writeln!(out, "{}", json!({"typists": figures, "server": counted}))?;
        } else {
            write!(out, "{}", text(&figures, counted))?;
        }
        out.flush()?;
    }
    Ok(())
}

/// A typist: with a session and an engine of its own, as every developer has them. Many engines in this process, and not many
/// engine processes, because these would cost this machine more than the server.
async fn desk(config: &Config, options: RemoteOptions) -> anyhow::Result<Desk> {
    let config = config.clone();
    Desk::new(RemoteEngine::start(options), move |engine: Arc<dyn Engine>| {
        let languages = || Registry::builtin().expect("the built-in languages compile, as the tests show");
        Session::new(languages, config, Arc::new(move |_| Arc::clone(&engine)))
    })
    .await
}

fn text(found: &LoadFigures, counted: Option<Counters>) -> String {
    let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    let ms = |[half, most]: [f64; 2]| match half.is_nan() {
        true => "never".to_owned(),
        false => format!("{half:.0} ms (95 %: {most:.0} ms)"),
    };
    let [typists, keys] = [(found.typists, "typist"), (found.keys, "key")]
        .map(|(count, thing)| amounts::counted(count as u64, thing));
    let mut text = format!("{typists}, {:.0} s, {keys}\n", found.seconds);
    text += &format!(
        "  questions        {} ({:.2} a key), of these {:.0} % ended by a newer key\n",
        found.jobs,
        found.jobs as f64 / found.keys.max(1) as f64,
        share(found.superseded, found.jobs)
    );
    text += &format!("  to first token   {}\n", ms(found.first_token_ms));
    text += &format!("  to first line    {}\n", ms(found.first_line_ms));
    text +=
        &format!("  key to shown     {}, {} shown, {} taken\n", ms(found.shown_ms), found.shown, found.taken);
    text += &format!(
        "  tokens a key     {:.1} in the prompt, {:.2} evaluated, {:.2} generated; {:.1} % of prompts found in the cache\n",
        found.prompt_tokens as f64 / found.keys.max(1) as f64,
        found.evaluated_per_key(),
        found.generated_per_key(),
        share(found.cached_tokens, found.prompt_tokens)
    );
    if let Some(counted) = counted {
        let per_key = |count: f64| count / found.keys.max(1) as f64;
        text += &format!(
            "  server's count   {:.2} evaluated a key, {:.2} generated a key; {:.1} % found in its cache\n",
            per_key(counted.evaluated()),
            per_key(counted.generated),
            100.0 * counted.hits()
        );
    }
    text += &format!("  errors           {}\n", found.failed());
    for (error, count) in &found.errors {
        text += &format!("    {count} × {error}\n");
    }
    text
}
