//! Measures what the memory of a workspace adds: lines are taken out of real files, and model and mixture are asked how likely they
//! were, with the rest of their package remembered.

use std::cell::Cell;
use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng as _, SeedableRng as _};
use serde::Serialize;

use crate::cancel::CancelToken;
use crate::completion::secrets::MaskedJob;
use crate::completion::{ContextPart, ForeignPlace, KnownProject, WorkspaceContext, job, with_foreign};
use crate::context::CursorContext;
use crate::document::{Snapshot, uri};
use crate::engine::{
    self, Engine, Job, JobSummary, MemoryChange, MemoryText, MemoryUpdate, Task, TokenExplanation, Update,
};
use crate::language::Registry;
use crate::symbols::{FileSymbols, SymbolIndex};

/// Files of one package that are remembered at most.
const FILES: usize = 120;
/// Sizes of files that lines are taken from, in bytes.
const SIZES: std::ops::Range<u64> = 1_500..80_000;
/// How long to wait before asking again whether everything was read.
const READ: Duration = Duration::from_millis(20);

/// What is measured.
#[derive(Debug, Clone)]
pub struct MemoryOptions {
    /// Holes in each package.
    pub holes: usize,
    /// The same seed takes the same lines.
    pub seed: u64,
    /// Lines of one hole at most.
    pub lines: usize,
    /// Whether prompts show signatures of the package's other files.
    pub signatures: bool,
    /// The files that lines are taken from, by their paths in the package; empty: all.
    pub only: HashSet<PathBuf>,
}

/// One token of a line that was taken out.
#[derive(Debug, Clone, Serialize)]
pub struct MemoryRow<'a> {
    /// The package's folder name.
    pub package: &'a str,
    /// The language's name.
    pub language: &'a str,
    /// The number of the hole in its package.
    pub hole: usize,
    /// What was said about it.
    #[serde(flatten)]
    pub token: TokenExplanation,
}

/// A package with lines to take out of it.
pub struct Package {
    /// Its folder's name.
    pub name: String,
    files: Vec<(PathBuf, String)>,
    /// Where lines are taken out.
    pub holes: Vec<TakenLines>,
}

/// Lines that are taken out of a file.
pub struct TakenLines {
    /// The language's name.
    pub language: String,
    /// What was taken out.
    pub text: String,
    path: PathBuf,
    whole: String,
    without: String,
    context: CursorContext,
    snapshot: Snapshot,
    /// What the files of the package define, if prompts show it.
    symbols: Option<Arc<SymbolIndex>>,
}

impl Package {
    /// Read the files of known languages below a folder, and choose the lines.
    ///
    /// # Errors
    /// When there are none.
    pub fn read(folder: &Path, options: &MemoryOptions, registry: &Registry) -> anyhow::Result<Self> {
        let mut random = StdRng::seed_from_u64(options.seed);
        let mut files = sources(folder, registry);
        if files.is_empty() {
            bail!("no source files of a known language in {}", folder.display());
        }
        let is_asked = |path: &Path| {
            let inside = path.strip_prefix(folder).unwrap_or(path);
            options.only.is_empty() || options.only.contains(inside)
        };
        files.shuffle(&mut random);
        // Lines of files that are not read could not be taken.
        files.sort_by_key(|(path, _)| options.only.is_empty() || !is_asked(path));
        files.truncate(FILES);
        let symbols = options.signatures.then(|| Arc::new(symbols(&files, registry)));
        let usable: Vec<_> = files
            .iter()
            .filter(|(path, text)| is_asked(path) && SIZES.contains(&(text.len() as u64)))
            .collect();
        let mut holes = Vec::new();
        for _ in 0..options.holes {
            let Some((path, text)) = usable.choose(&mut random) else { break };
            let Some((start, end)) = lines(text, options.lines, &mut random) else { continue };
            let hole = TakenLines::new(path, text, start..end, registry).context("a known language")?;
            holes.push(TakenLines { symbols: symbols.clone(), ..hole });
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, files, holes })
    }

    /// Let an engine remember all of it, and nothing else.
    ///
    /// # Errors
    /// When the engine fails.
    pub async fn remember(&self, engine: &ToldEngine<'_>) -> anyhow::Result<()> {
        engine.tell(MemoryChange::Clear);
        for (path, text) in &self.files {
            engine.tell(of(path, text.clone(), false));
        }
        engine.has_read(true).await
    }
}

impl TakenLines {
    fn new(path: &Path, text: &str, taken: Range<usize>, registry: &Registry) -> Option<Self> {
        let language = registry.by_path(path)?;
        let without = format!("{}\n{}", &text[..taken.start], &text[taken.end..]);
        let name = language.name().to_owned();
        let snapshot = Snapshot::of_text(&uri::of_path(path), &without, Some(language));
        Some(Self {
            language: name,
            text: text[taken.clone()].to_owned(),
            path: path.to_owned(),
            whole: text.to_owned(),
            context: CursorContext::at(&snapshot, snapshot.parse().as_ref(), taken.start),
            without,
            snapshot,
            symbols: None,
        })
    }

    /// Let an engine that remembers the package know the file as it is now: open, without these lines.
    ///
    /// # Errors
    /// When the engine fails.
    pub async fn open(&self, engine: &ToldEngine<'_>) -> anyhow::Result<()> {
        engine.tell(of(&self.path, self.without.clone(), true));
        engine.has_read(false).await
    }

    /// The lines are back, and the file is like the others.
    pub fn close(&self, engine: &ToldEngine<'_>) {
        engine.tell(of(&self.path, self.whole.clone(), false));
    }

    /// A job at the place of the lines.
    pub fn job(&self, engine: &dyn Engine, task: Task) -> Job {
        let model = job::model(engine).unwrap_or_default();
        let job = job::at_cursor(&self.context, model.context, &uri::of_path(&self.path), task);
        let Some(symbols) = &self.symbols else { return job };
        let project = KnownProject { symbols: Arc::clone(symbols), ..KnownProject::default() };
        let tree = self.snapshot.parse();
        let (snapshot, tree) = (&self.snapshot, tree.as_ref());
        let place = ForeignPlace { snapshot, tree, offset: self.context.offset };
        let parts = WorkspaceContext { signatures: ContextPart::On };
        let foreign = project.foreign(&place, parts, &model);
        with_foreign(job, foreign.as_deref(), &self.context.line_comment, model.context)
    }

    /// What model and memory say about the lines, token by token.
    ///
    /// # Errors
    /// When the engine fails.
    pub async fn explain(&self, engine: &ToldEngine<'_>) -> anyhow::Result<Vec<TokenExplanation>> {
        self.open(engine).await?;
        let job = self.job(engine.engine, Task::Explain { continuation: self.text.clone() });
        let explained = ask(engine.engine, job).await?.0;
        self.close(engine);
        Ok(explained)
    }
}

/// An engine that is told of one workspace, and waited for until it has read it: a line that is still remembered would be found.
pub struct ToldEngine<'a> {
    /// The engine.
    pub engine: &'a dyn Engine,
    told: Cell<u64>,
}

impl<'a> ToldEngine<'a> {
    /// One that was told nothing yet.
    pub fn new(engine: &'a dyn Engine) -> Self {
        Self { engine, told: Cell::new(0) }
    }

    /// Tell it of a change.
    pub fn tell(&self, change: MemoryChange) {
        self.told.set(if change == MemoryChange::Clear { 0 } else { self.told.get() + 1 });
        self.engine.remember(MemoryUpdate { workspace: String::new(), change });
    }

    /// Wait until it has read all that it was told; `indexed`: and can find all of it.
    ///
    /// # Errors
    /// When it fails.
    pub async fn has_read(&self, indexed: bool) -> anyhow::Result<()> {
        loop {
            let remembered = engine::remembered(self.engine, "").await?;
            if remembered.changes == self.told.get() && (!indexed || remembered.waiting == 0) {
                return Ok(());
            }
            tokio::time::sleep(READ).await;
        }
    }
}

/// A text of the file at `path`, which is open or one among others.
pub(crate) fn of(path: &Path, text: String, open: bool) -> MemoryChange {
    let folder = path.parent().map(|parent| parent.display().to_string()).unwrap_or_default();
    MemoryChange::Text(MemoryText { document: uri::of_path(path), folder, open, text })
}

/// What files define.
fn symbols(files: &[(PathBuf, String)], registry: &Registry) -> SymbolIndex {
    let mut index = SymbolIndex::default();
    for (path, text) in files {
        let language = registry.by_path(path);
        if let Some(symbols) = language.and_then(|language| FileSymbols::read(path, &language, text).ok()) {
            index.insert(symbols);
        }
    }
    index
}

/// Files of known languages below a folder, with their texts; in a fixed order.
fn sources(folder: &Path, registry: &Registry) -> Vec<(PathBuf, String)> {
    let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let read = |file: walkdir::DirEntry| {
        registry.by_path(file.path())?;
        let text = std::fs::read_to_string(file.path()).ok()?;
        Some((file.into_path(), text.replace("\r\n", "\n")))
    };
    files.filter_map(read).collect()
}

/// The bytes of one to `most` lines in the middle of a text, from the first one's first word to the line feed of the last.
fn lines(text: &str, most: usize, random: &mut StdRng) -> Option<(usize, usize)> {
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    for _ in 0..20 {
        let line = random.random_range(starts.len() / 10..starts.len().saturating_sub(most + 1).max(1));
        let end = *starts.get(line + random.random_range(1..=most))?;
        let taken = &text[starts[line]..end];
        let start = starts[line] + taken.len() - taken.trim_start().len();
        if end - start > 12 && taken.trim().len() > 12 {
            return Some((start, end));
        }
    }
    None
}

/// What an engine explains of a job's text, and the job's figures.
///
/// # Errors
/// When it fails.
pub(crate) async fn ask(
    engine: &dyn Engine,
    job: Job,
) -> anyhow::Result<(Vec<TokenExplanation>, JobSummary)> {
    let mut generation = engine.generate(MaskedJob::of(job).job, CancelToken::never());
    let mut tokens = Vec::new();
    while let Some(update) = generation.next().await {
        match update? {
            Update::Explained(explained) => tokens = explained,
            Update::Done(summary) => return Ok((tokens, summary)),
            _ => {}
        }
    }
    bail!("the engine gave no answer")
}

/// What a mixture is worth, summed over tokens.
#[derive(Debug, Clone, Default)]
pub struct MemoryFigures {
    tokens: usize,
    bytes: usize,
    bits: [f64; 2],
    right: [usize; 2],
}

impl MemoryFigures {
    /// Count one token.
    pub fn add(&mut self, token: &TokenExplanation) {
        self.tokens += 1;
        self.bytes += token.text.len();
        for (sum, logprob) in self.bits.iter_mut().zip([token.logprob, token.mixed]) {
            *sum -= f64::from(logprob.max(-30.0)) / std::f64::consts::LN_2;
        }
        for (count, likeliest) in self.right.iter_mut().zip([token.top, token.chosen]) {
            *count += usize::from(likeliest == token.token);
        }
    }

    /// Bits per byte, of the model and of the mixture.
    pub fn bits_per_byte(&self) -> [f64; 2] {
        self.bits.map(|bits| bits / self.bytes.max(1) as f64)
    }

    /// Tokens in a hundred that were the likeliest, likewise.
    pub fn right(&self) -> [f64; 2] {
        self.right.map(|right| 100.0 * right as f64 / self.tokens.max(1) as f64)
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let (per_byte, right) = (self.bits_per_byte(), self.right());
        format!(
            "{} tokens: bits per byte {:.3} -> {:.3} ({:+.1} %), next token right {:.1} -> {:.1} %",
            self.tokens,
            per_byte[0],
            per_byte[1],
            100.0 * (per_byte[1] / per_byte[0].max(1e-9) - 1.0),
            right[0],
            right[1]
        )
    }
}

/// What memory and an adapter are worth at the same places, each alone and both: a table for people, a line each.
pub fn table(name: &str, plain: &MemoryFigures, adapted: &MemoryFigures) -> String {
    let mut lines = format!("{name}, {} tokens            bits per byte   next token right\n", plain.tokens);
    let rows = [
        ("the model", plain, 0),
        ("with memory", plain, 1),
        ("with the adapter", adapted, 0),
        ("with both", adapted, 1),
    ];
    let first = plain.bits_per_byte()[0].max(1e-9);
    for (row, figures, at) in rows {
        let (bits, right) = (figures.bits_per_byte()[at], figures.right()[at]);
        let change = 100.0 * (bits / first - 1.0);
        lines += &format!("  {row:<18} {bits:>8.3} ({change:+6.1} %) {right:>14.1} %\n");
    }
    lines
}
