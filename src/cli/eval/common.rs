//! Holds the options that `treefill eval holes` and `treefill eval replay` share: which cases, whom to ask, where, without what.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use crate::completion::ContextPart;
use crate::config::{Config, render};
use crate::engine::{Engine, ModelInfo};
use crate::eval::backends::{Backend, SessionBackend};
use crate::eval::case::{CaseSet, HoleKind};
use crate::eval::client::LspClient;
use crate::eval::oracle::Oracle;
use crate::eval::peer::Peer;
use crate::eval::runs::{Head, ResultRow, Run};
use crate::eval::workplace::Workplace;
use crate::language::Registry;
use crate::models;
use crate::session::Session;
use crate::workspace::{Pace, WorkspaceReader};

/// What both ways of running have.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Files of cases, as `treefill eval make` writes them
    #[arg(required = true, value_name = "CASES")]
    cases: Vec<PathBuf>,
    /// Where to write the results; an interrupted run goes on there
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Whom to ask: treefill, or llama-server and where it listens
    #[arg(long, num_args = 1..=2, value_names = ["ENGINE", "URL"], default_value = "treefill")]
    engine: Vec<String>,
    /// Use this GGUF model instead of the configured one
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Only the first cases of each kind and language
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Only this language
    #[arg(long)]
    language: Option<String>,
    /// Ask `treefill serve` over LSP instead of the code in this process
    #[arg(long)]
    lsp: bool,
    /// Do not ask python3 and rustfmt whether an answer breaks its file
    #[arg(long)]
    no_judge: bool,
    /// Lay the other files of each case's package beside it, and let them be read first: for sets made with --with-repository
    #[arg(long)]
    workspace: bool,
    /// Leave a part out; may be given several times, or with commas
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    without: Vec<Part>,
}

/// What can be left out, to see what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What files and prompt say changes no probabilities (`model.memory`)
    Memory,
    /// The model verifies no proposals (`model.drafts`)
    Drafts,
    /// Prompts show no signatures of other files
    Signatures,
}

impl RunArguments {
    /// The cases that are wanted.
    ///
    /// # Errors
    /// When there are none.
    pub fn set(&self, wanted: impl Fn(HoleKind) -> bool) -> anyhow::Result<CaseSet> {
        let mut set = CaseSet::load(&self.cases)?;
        if set.leaks > 0 {
            crate::cli::tell(&super::leaks(set.leaks));
        }
        let mut counts = std::collections::HashMap::new();
        let sources = &set.sources;
        set.cases.retain(|case| {
            let language = sources[case.source].language.clone();
            if !wanted(case.kind) || self.language.as_ref().is_some_and(|only| *only != language) {
                return false;
            }
            let count = counts.entry((language, case.kind)).or_insert(0);
            *count += 1;
            self.limit.is_none_or(|limit| *count <= limit)
        });
        if set.cases.is_empty() {
            bail!("none of these cases is of a kind for this command; `treefill eval make` makes more");
        }
        Ok(set)
    }

    /// The settings without what is to be left out. What is beside the cases is read where that is wanted, and only there.
    pub fn ablated(&self, mut config: Config) -> Config {
        config.take_model(self.model.clone());
        config.workspace.enabled = self.workspace;
        for part in &self.without {
            match part {
                Part::Memory => config.model.tuning.memory = false,
                Part::Drafts => config.model.tuning.drafts = false,
                Part::Signatures => config.completion.options.workspace_context.signatures = ContextPart::Off,
            }
        }
        config
    }

    /// Where the cases are opened.
    pub fn place(&self) -> Workplace {
        Workplace::new(self.workspace)
    }

    /// Whether the files beside the cases are read.
    pub fn has_workspace(&self) -> bool {
        self.workspace
    }

    /// A session in this process with a ready engine. Call it inside a runtime.
    ///
    /// # Errors
    /// When there is no engine.
    pub fn session(&self, mut config: Config, engine: Arc<dyn Engine>) -> SessionBackend {
        // A run is to be repeated, and shows what the weights do.
        config.completion.options.eagerness_adapts = false;
        let start: crate::session::EngineStarter = Arc::new(move |_| Arc::clone(&engine));
        let session = Session::new(
            || Registry::builtin().expect("the built-in languages compile, as the tests show"),
            config,
            start,
        );
        // Nobody types while files are read.
        let none = std::time::Duration::ZERO;
        let pace = Pace { begin: none, files: none, all: none, pause: none, ..Pace::default() };
        let reader = self.workspace.then(|| WorkspaceReader::start(&session, pace));
        session.start_engine();
        SessionBackend { session, variants: Vec::new(), reader }
    }

    /// A backend outside of this process, where one is asked for, and its model.
    ///
    /// # Errors
    /// When it cannot be reached or started.
    pub fn other_backend(
        &self,
        config: &Config,
        pid: Option<u32>,
    ) -> anyhow::Result<Option<(Backend, String)>> {
        let peer = match self.engine.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["treefill"] if !self.lsp => return Ok(None),
            ["treefill"] => {
                let binary = std::env::current_exe().context("cannot tell which program this is")?;
                if self.model.is_some() {
                    bail!("--lsp runs the configured model; set `model.path`, or leave --lsp out");
                }
                if self.without.contains(&Part::Signatures) {
                    bail!("--lsp runs what the settings say, and none is about signatures; leave --lsp out");
                }
                let path = models::infill(&config.model.path)?;
                let model = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let client = LspClient::start(&binary, &["--in-process"], &render::values(config))?;
                return Ok(Some((Backend::Lsp(Box::new(client)), model)));
            }
            _ if self.workspace || !self.without.is_empty() => {
                bail!("--workspace and --without are for treefill itself; leave out --engine")
            }
            ["llama-server"] => Peer::connect("http://127.0.0.1:8012")?,
            ["llama-server", url] => Peer::connect(url)?,
            _ => bail!("--engine is \"treefill\", or \"llama-server\" and a URL"),
        };
        let model = peer.model()?;
        Ok(Some((Backend::Peer(Box::new(peer), pid), model)))
    }

    /// The engine in this process when it is ready, and a fingerprint of its model.
    ///
    /// # Errors
    /// When the model cannot be read.
    pub fn engine(&self, config: &Config, runtime: &Runtime) -> anyhow::Result<(Arc<dyn Engine>, String)> {
        let engine = crate::cli::complete::start(config);
        let info = runtime.block_on(crate::cli::complete::ready(&*engine))?;
        if let Some(server) = &info.server {
            return Ok((engine, format!("{} on {} ({})", info.name, server.host, server.dialect)));
        }
        let path = models::infill(&config.model.path)?;
        Ok((engine, fingerprint(&path, &info)?))
    }

    /// Who judges the answers to these cases, tried before the first one.
    ///
    /// # Errors
    /// When a parser that is needed is missing.
    pub fn oracle(&self, set: &CaseSet) -> anyhow::Result<Option<Oracle>> {
        let languages = set.cases.iter().map(|case| set.sources[case.source].language.as_str()).collect();
        (!self.no_judge).then(|| Oracle::of(&languages)).transpose()
    }

    /// Begin or continue a run in the result file.
    ///
    /// # Errors
    /// When the file holds another run, or cannot be written.
    pub fn open<R: ResultRow>(
        &self,
        what: &str,
        backend: &Backend,
        model: String,
        settings: String,
        set: &CaseSet,
    ) -> anyhow::Result<Run> {
        let mut hasher = Sha256::new();
        for case in &set.cases {
            hasher.update(case.id.as_bytes());
        }
        if self.workspace {
            set.sources.iter().for_each(|source| hasher.update(source.text.as_bytes()));
        }
        let names: Vec<&str> = backend.variants().into_iter().map(|(name, _)| name).collect();
        let head = Head {
            what: what.to_owned(),
            side: names.join(" "),
            model,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            cases: format!("{} {:.12}", set.cases.len(), hex(&hasher.finalize())),
            settings: settings + &self.parts(),
        };
        Run::open::<R>(&self.out, &head)
    }

    /// What is different from a run without these options; nothing where none was given.
    fn parts(&self) -> String {
        let workspace = if self.workspace { "; with a workspace" } else { "" };
        let without: Vec<String> = Part::value_variants()
            .iter()
            .filter(|part| self.without.contains(part))
            .map(Part::said)
            .collect();
        workspace.to_owned() + &without.concat()
    }
}

impl Part {
    fn said(&self) -> String {
        let name = self.to_possible_value().map(|value| value.get_name().to_owned());
        format!("; without {}", name.unwrap_or_default())
    }
}

fn fingerprint(path: &Path, info: &ModelInfo) -> anyhow::Result<String> {
    let mut hasher = Sha256::new();
    std::io::copy(&mut std::fs::File::open(path)?, &mut hasher)?;
    Ok(format!("{} {:.12}", info.name, hex(&hasher.finalize())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
