//! Runs `treefill workspace explain`: what model and memory expect at a place, compared with what stands there.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;

use super::folder_of;
use crate::cli::complete;
use crate::cli::file_position::FilePosition;
use crate::completion::job;
use crate::completion::secrets::MaskedJob;
use crate::config::Config;
use crate::context::CursorContext;
use crate::document::{Snapshot, uri, with_line_feeds};
use crate::engine::{Task, TokenExplanation};
use crate::eval::memory::{ToldEngine, ask, of};
use crate::language::Registry;
use crate::privacy;
use crate::workspace::{ReadRules, Scan};

pub const EXAMPLES: &str = "\
Examples:
  treefill workspace explain src/app.py:40:9             what is expected from there to the end of the line
  treefill workspace explain src/app.py:40:9 --in ..     with the files of another folder remembered

For each token of the rest of the line: its probability by the model alone and with memory; then what each source of memory says,
after how many tokens that are the same: the prompt, files that are open (here: this one), the rest of the folder.";

/// Options of `treefill workspace explain`.
#[derive(Debug, Args)]
pub struct ExplainOptions {
    /// The place, line and column from 1; some text stands after it
    #[arg(value_name = "FILE:LINE:COLUMN")]
    place: FilePosition,
    /// The folder that is remembered, as an editor would open it [default: the one you are in]
    #[arg(long = "in", value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Names of the sources, in the order of `engine::memory::Source::ALL`.
const SOURCES: [&str; 3] = ["prompt", "open", "folder"];

pub fn run(options: &ExplainOptions, config: &Config) -> anyhow::Result<ExitCode> {
    let folder = folder_of(options.folder.as_deref())?;
    let text = options.place.read()?;
    let (offset, end) = options.place.locate(&text)?;
    let rest = text[offset..end].to_owned();
    anyhow::ensure!(
        !rest.is_empty(),
        "nothing stands after {} on its line; name a column before some text",
        options.place
    );
    let path = std::fs::canonicalize(&options.place.file)?;
    let rules = ReadRules::new(config.disabled(std::slice::from_ref(&folder)));
    if let Err(why) = rules.read(&path) {
        anyhow::bail!("{} is left out of the memory: {}", path.display(), why.describe());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let engine = complete::start(config);
    runtime.block_on(complete::ready(&*engine))?;
    let languages = crate::cli::languages::load_and_tell();
    let memory = ToldEngine::new(&*engine);
    let files = remember(&memory, config, &languages, &folder, rules);
    // As it is while somebody writes there: without the rest of the line.
    let without = format!("{}{}", &text[..offset], &text[end..]);
    let here = uri::of_path(&path);
    let masked = privacy::masked(&with_line_feeds(without.clone())).into_owned();
    memory.tell(of(&path, masked, true));
    runtime.block_on(memory.has_read(true))?;
    let snapshot = Snapshot::of_text(&here, &without, languages.by_path(&path));
    let context = CursorContext::at(&snapshot, snapshot.parse().as_ref(), offset);
    let task = Task::Explain { continuation: rest };
    let job = job::at_cursor(&context, job::context_tokens(&*engine).unwrap_or(0), &here, task);
    let (tokens, summary) = runtime.block_on(ask(&*engine, MaskedJob::of(job).job))?;
    let mut out = anstream::stdout().lock();
    writeln!(out, "{files} files of {} remembered, {} tokens", folder.display(), summary.remembered.tokens)?;
    writeln!(out, "{} tokens of prompt\n", summary.prompt.tokens)?;
    write!(out, "{}", table(&tokens))?;
    Ok(ExitCode::SUCCESS)
}

/// Tells the engine the files of a folder as a server does, without the pauses; returns how many.
fn remember(
    memory: &ToldEngine<'_>,
    config: &Config,
    languages: &Registry,
    folder: &std::path::Path,
    rules: ReadRules,
) -> usize {
    let mut scan = Scan::explained(rules.clone(), folder);
    while !scan.step(languages, Instant::now() + Duration::from_secs(1)) {}
    let found = scan.finish(languages, &[], u64::from(config.workspace.max_mb) << 20);
    let texts = found.files.iter().filter_map(|file| Some((file, rules.read(&file.path).ok()?)));
    let mut count = 0;
    for (file, text) in texts {
        memory.tell(of(&file.path, text, false));
        count += 1;
    }
    count
}

fn table(tokens: &[TokenExplanation]) -> String {
    let mut text = format!("{:<20} {:>7} {:>7}  memory\n", "token", "model", "mixed");
    for token in tokens {
        let percent = |logprob: f32| format!("{:.1} %", 100.0 * logprob.exp());
        let says = |source: &crate::engine::memory::SourceTrace| {
            let same = if source.order == 1 { "token" } else { "tokens" };
            let name = SOURCES.get(source.source).copied().unwrap_or("?");
            format!("{name}: {:?} after {} {same}, weight {:.2}", source.says, source.order, source.weight)
        };
        let sources: Vec<String> = token.sources.iter().map(says).collect();
        text.push_str(&format!(
            "{:<20} {:>7} {:>7}  {}\n",
            format!("{:?}", token.text),
            percent(token.logprob),
            percent(token.mixed),
            sources.join("; ")
        ));
    }
    text
}
