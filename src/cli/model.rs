//! Runs `treefill model`: lists, downloads, checks and chooses models. It alone downloads; servers and engines never do.

mod bench;
mod choose;
mod get;
mod hint;
mod import;
mod info;
mod list;
mod local;
mod predict;
mod progress;
mod question;
mod recommend;
mod remove;
mod timing;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::Common;
use crate::config::Config;
use crate::hub::{Catalogue, ModelStore};
use crate::paths;
use crate::text::amounts::{parameters, size};

pub const EXAMPLES: &str = "\
Examples:
  treefill model list                               what is here, what can be had, and which one is in use
  treefill model get qwen2.5-coder-1.5b --use       download a model and use it in every open editor
  treefill model get owner/name:Q4_K_M              a file of a repository of the hub
  treefill model use built-in                       back to the model inside the program
  treefill model recommend                          which models are fast enough on this machine, measured
  treefill model verify                             compare every downloaded file with its digest

Only this command downloads, and only when you say so. Models are kept in the data folder ($XDG_DATA_HOME/treefill/models), and those
of Ollama, LM Studio, llama.cpp and the Hugging Face cache are used where they are. Variables: HF_ENDPOINT or MODEL_ENDPOINT name
another hub, HF_TOKEN is sent to that hub alone, HTTPS_PROXY and NO_PROXY name a proxy, SSL_CERT_FILE a certificate to trust.";

/// Options of `treefill model`.
#[derive(Debug, Args)]
pub struct ModelArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the models: inside the program, downloaded, of other programs on this machine, in the catalogue
    List(list::ListArguments),
    /// Search the catalogue by words: name, family, licence, language, kind of machine
    Search(list::SearchArguments),
    /// Download a model; what was interrupted goes on where it stopped
    #[command(after_help = get::EXAMPLES)]
    Get(get::GetArguments),
    /// Use a model: writes model.path into your configuration file, and open editors switch to it
    #[command(after_help = choose::EXAMPLES)]
    Use(choose::UseArguments),
    /// Tell what is known of a model, or of a file
    Info(info::InfoArguments),
    /// Measure how fast models on this machine are, and how long a first line takes
    Bench(bench::BenchArguments),
    /// Say which models are fast enough on this machine, by measuring it
    #[command(after_help = recommend::EXAMPLES)]
    Recommend(recommend::RecommendArguments),
    /// Say, as JSON, which model is better than the one inside the program and fast enough here
    #[command(hide = true)]
    Hint,
    /// Remove a downloaded model; files of other programs stay
    Rm(remove::RmArguments),
    /// Copy a GGUF file of yours into the folder of models
    Import(import::ImportArguments),
    /// Compare downloaded files with their digests
    Verify(verify::VerifyArguments),
}

/// What every action looks at.
struct Shelf<'a> {
    common: &'a Common,
    config: &'a Config,
    catalogue: Catalogue,
    store: ModelStore,
}

pub fn run(arguments: &ModelArguments, common: &Common, config: &Config) -> anyhow::Result<ExitCode> {
    let own = paths::config_dir().map(|folder| folder.join("catalogue.toml"));
    let catalogue = own.map_or_else(|| Ok(Catalogue::built_in()), |path| Catalogue::with_file(&path))?;
    let shelf = Shelf { common, config, catalogue, store: ModelStore::open()? };
    match &arguments.action {
        Action::List(arguments) => list::list(arguments, &shelf),
        Action::Search(arguments) => list::search(arguments, &shelf),
        Action::Get(arguments) => get::run(arguments, &shelf),
        Action::Use(arguments) => choose::run(arguments, &shelf),
        Action::Info(arguments) => info::run(arguments, &shelf),
        Action::Bench(arguments) => bench::run(arguments, &shelf),
        Action::Recommend(arguments) => recommend::run(arguments, &shelf),
        Action::Hint => hint::run(&shelf),
        Action::Rm(arguments) => remove::run(arguments, &shelf),
        Action::Import(arguments) => import::run(arguments, &shelf),
        Action::Verify(arguments) => verify::run(arguments, &shelf),
    }
}

impl Shelf<'_> {
    /// The user's configuration file.
    fn config_file(&self) -> anyhow::Result<PathBuf> {
        Config::user_file(self.common.config.as_deref())
            .context("there is no home folder; name a file with --config")
    }

    /// Whether the file at `path` is the configured model.
    fn is_in_use(&self, path: &Path) -> bool {
        self.config.model.path.as_deref().is_some_and(|used| same_file(used, path))
    }
}

/// Whether two paths lead to one file.
fn same_file(one: &Path, other: &Path) -> bool {
    one == other
        || matches!((std::fs::canonicalize(one), std::fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_of_the_catalogue_are_families_of_prompts() {
        use crate::engine::family::{VocabularyFacts, detect};
        let empty = VocabularyFacts { find: &|_| None, known: [None; 3], bos: None, name: "" };
        for model in Catalogue::built_in().models {
            // A known family without its tokens is told apart from one that is not known.
            let error = detect(&empty, Some(&model.family)).unwrap_err();
            assert!(!error.starts_with("unknown"), "{}: {error}", model.name);
        }
    }
}
