//! Runs `treefill model use`: writes the model into the user's configuration file, which open editors follow.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{bail, ensure};
use clap::Args;

use super::Shelf;
use super::local::{self, BUILT_IN};
use crate::config::{ModelSetting, set_model};
use crate::models;

pub const EXAMPLES: &str = "\
Examples:
  treefill model use qwen2.5-coder-1.5b      a model that was downloaded, or that another program has
  treefill model use ~/models/m.gguf         a file of yours, where it is
  treefill model use built-in                back to the model inside the program

Open editors switch within two seconds; nothing has to be restarted.";

/// Options of `treefill model use`.
#[derive(Debug, Args)]
pub struct UseArguments {
    /// A name of `treefill model list`, or a GGUF file
    name: String,
    /// Use it for the actions that take an instruction (instruct.path)
    #[arg(long)]
    instruct: bool,
}

pub fn run(arguments: &UseArguments, shelf: &Shelf<'_>) -> anyhow::Result<ExitCode> {
    let setting = if arguments.instruct { ModelSetting::Instruct } else { ModelSetting::Infill };
    if arguments.name == BUILT_IN {
        ensure!(!arguments.instruct, "the model inside the program takes no instructions; name another one");
        // Without a model inside there would be none.
        let _ = models::infill(&None)?;
        write(shelf, setting, None)?;
        return Ok(ExitCode::SUCCESS);
    }
    let model = shelf.find(&arguments.name)?;
    choose(shelf, setting, &model.file()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Use the file at `path`, if it can be used.
pub fn choose(shelf: &Shelf<'_>, setting: ModelSetting, path: &Path) -> anyhow::Result<()> {
    let path = std::path::absolute(path)?;
    for part in models::parts(&path) {
        models::check(&part)?;
    }
    let facts = local::facts(&path)?;
    let shown = path.display();
    let why = match setting {
        // Who has set a family knows what it is for.
        ModelSetting::Infill if facts.embeds || shelf.config.model.tuning.family.is_none() => {
            facts.unfit(&shown.to_string())
        }
        ModelSetting::Infill => None,
        ModelSetting::Instruct if facts.embeds => facts.unfit(&shown.to_string()),
        ModelSetting::Instruct => (!facts.chats).then(|| {
            format!("{shown} takes no instructions: it has no chat template. Choose a model whose name says instruct or chat")
        }),
    };
    if let Some(why) = why {
        bail!("{why}. Nothing was changed.");
    }
    write(shelf, setting, Some(&path))
}

fn write(shelf: &Shelf<'_>, setting: ModelSetting, path: Option<&Path>) -> anyhow::Result<()> {
    let file = shelf.config_file()?;
    let changed = set_model(&file, setting, path)?;
    let mut out = anstream::stdout().lock();
    let (name, shown) = (setting.name(), file.display());
    match (path, changed) {
        (_, false) => writeln!(out, "It is in use already ({name} in {shown}).")?,
        (Some(path), true) => {
            writeln!(out, "In use: {} ({name} in {shown}). Open editors switch to it now.", path.display())?
        }
        (None, true) => writeln!(
            out,
            "In use: the model inside the program ({name} was removed from {shown}). Open editors switch to it now."
        )?,
    }
    Ok(())
}
