//! Runs `treefill model rm`: removes a model that treefill has downloaded or imported, and nothing else.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{bail, ensure};
use clap::Args;

use super::local::ModelOrigin;
use super::{Shelf, size};

/// Options of `treefill model rm`.
#[derive(Debug, Args)]
pub struct RmArguments {
    /// A name of `treefill model list`
    name: String,
    /// Remove it although it is in use: editors get the model inside the program
    #[arg(long)]
    force: bool,
}

pub fn run(arguments: &RmArguments, shelf: &Shelf<'_>) -> anyhow::Result<ExitCode> {
    let name = &arguments.name;
    let Some(model) = shelf.store.find(name) else {
        let model = shelf.find(name)?;
        match (model.origin, &model.path) {
            (ModelOrigin::BuiltIn, _) => bail!("the model inside the program cannot be removed"),
            (_, Some(path)) => bail!(
                "{name} was not put there by treefill ({}, {}) and stays; remove it with the program that it belongs to",
                model.origin.describe(),
                path.display()
            ),
            (_, None) => bail!("{name} has no file"),
        }
    };
    let is_used = shelf.is_in_use(&model.path)
        || shelf.config.instruct.path.as_deref().is_some_and(|path| super::same_file(path, &model.path));
    ensure!(
        !is_used || arguments.force,
        "{name} is in use; choose another one first (treefill model use built-in), or add --force"
    );
    shelf.store.remove(&model)?;
    writeln!(anstream::stdout(), "Removed {} ({}).", model.path.display(), size(model.bytes))?;
    Ok(ExitCode::SUCCESS)
}
