//! Runs `treefill workspace explain`: what model and memory expect at a place, compared with what stands there.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use super::folder_of;
use crate::cli::complete;
use crate::cli::file_position::FilePosition;
use crate::completion::secrets::MaskedJob;
use crate::completion::{
    ContextPart, ForeignPlace, ForeignText, KnownProject, WorkspaceContext, job, with_foreign,
};
use crate::config::Config;
use crate::context::CursorContext;
use crate::document::{Snapshot, uri, with_line_feeds};
use crate::engine::{Task, TokenExplanation};
use crate::eval::memory::{ToldEngine, ask, of};
use crate::language::Registry;
use crate::privacy;
use crate::symbols::{FileSymbols, SymbolIndex};
use crate::text::amounts::counted;
use crate::workspace::{ReadRules, Scan};

pub const EXAMPLES: &str = "\
Examples:
  treefill workspace explain src/app.py:40:9             what is expected from there to the end of the line
  treefill workspace explain src/app.py:40:9 --in ..     with the files of another folder remembered

First which signatures of other files go into the prompt, and why. Then for each token of the rest of the line: its probability by the model alone and with memory; then what each source of memory says,
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
    /// Show the model signatures of other files, whatever its size
    #[arg(long)]
    signatures: bool,
}

impl ExplainOptions {
    fn signatures(&self) -> ContextPart {
        if self.signatures { ContextPart::On } else { ContextPart::ByModel }
    }
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
    let (files, mut symbols) = remember(&memory, config, &languages, &folder, rules);
    // As it is while somebody writes there: without the rest of the line.
    let without = format!("{}{}", &text[..offset], &text[end..]);
    let here = uri::of_path(&path);
    let masked = privacy::masked(&with_line_feeds(without.clone())).into_owned();
    if let Some(own) = languages.by_path(&path).and_then(|own| FileSymbols::read(&path, &own, &masked).ok()) {
        symbols.insert(own);
    }
    memory.tell(of(&path, masked, true));
    runtime.block_on(memory.has_read(true))?;
    let snapshot = Snapshot::of_text(&here, &without, languages.by_path(&path));
    let tree = snapshot.parse();
    let context = CursorContext::at(&snapshot, tree.as_ref(), offset);
    let task = Task::Explain { continuation: rest };
    let model = job::model(&*engine).unwrap_or_default();
    let definitions = symbols.definition_count();
    let project = KnownProject { symbols: Arc::new(symbols), ..KnownProject::default() };
    let place = ForeignPlace { snapshot: &snapshot, tree: tree.as_ref(), offset };
    let parts = WorkspaceContext { signatures: options.signatures() };
    let foreign = project.foreign(&place, parts, &model);
    let job = job::at_cursor(&context, model.context, &here, task);
    let job = with_foreign(job, foreign.as_deref(), &context.line_comment, model.context);
    let (tokens, summary) = runtime.block_on(ask(&*engine, MaskedJob::of(job).job))?;
    let mut out = anstream::stdout().lock();
    let remembered = summary.remembered.tokens;
    writeln!(
        out,
        "{} of {} remembered, {}, {}",
        counted(files as u64, "file"),
        folder.display(),
        counted(remembered as u64, "token"),
        counted(definitions as u64, "definition")
    )?;
    writeln!(out, "{} of prompt\n", counted(summary.prompt.tokens as u64, "token"))?;
    writeln!(out, "{}", signatures(foreign.as_deref()))?;
    write!(out, "{}", table(&tokens))?;
    Ok(ExitCode::SUCCESS)
}

/// Tells the engine the files of a folder as a server does, without the pauses; returns how many, and what they define.
fn remember(
    memory: &ToldEngine<'_>,
    config: &Config,
    languages: &Registry,
    folder: &std::path::Path,
    rules: ReadRules,
) -> (usize, SymbolIndex) {
    let mut scan = Scan::explained(rules.clone(), folder);
    while !scan.step(languages, Instant::now() + Duration::from_secs(1)) {}
    let found = scan.finish(languages, &[], u64::from(config.workspace.max_mb) << 20);
    let texts = found.files.iter().filter_map(|file| Some((file, rules.read(&file.path).ok()?)));
    let (mut count, mut symbols) = (0, SymbolIndex::default());
    for (file, text) in texts {
        let language = languages.by_path(&file.path);
        if let Some(read) = language.and_then(|language| FileSymbols::read(&file.path, &language, &text).ok())
        {
            symbols.insert(read);
        }
        memory.tell(of(&file.path, text, false));
        count += 1;
    }
    (count, symbols)
}

/// What the prompt shows of other files, and why.
fn signatures(foreign: Option<&ForeignText>) -> String {
    let Some(foreign) = foreign else {
        return "signatures: none, because of the size of this model, or of nothing to show (--signatures shows them all the same)\n".to_owned();
    };
    if foreign.signatures.is_empty() {
        return "signatures: none that this place imports or names\n".to_owned();
    }
    let mut text = String::from("signatures in the prompt\n");
    for shown in &foreign.signatures {
        text.push_str(&format!("{}:{}  {}\n", shown.path, shown.line + 1, shown.why.describe()));
        shown.text.lines().for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    text
}

fn table(tokens: &[TokenExplanation]) -> String {
    let mut text = format!("{:<20} {:>7} {:>7}  memory\n", "token", "model", "mixed");
    for token in tokens {
        let percent = |logprob: f32| format!("{:.1} %", 100.0 * logprob.exp());
        let says = |source: &crate::engine::memory::SourceTrace| {
            let same = counted(source.order as u64, "token");
            let name = SOURCES.get(source.source).copied().unwrap_or("?");
            format!("{name}: {:?} after {same}, weight {:.2}", source.says, source.weight)
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
