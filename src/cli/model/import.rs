//! Runs `treefill model import`: copies a GGUF file into the folder of models, checked and with its digest.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Args;

use super::progress::BytesBar;
use super::{Shelf, choose, size};
use crate::config::ModelSetting;
use crate::hub::{self, StoredModel};
use crate::models;

/// Options of `treefill model import`.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The file; it stays where it is. Without a copy, use it in place: treefill model use FILE
    file: PathBuf,
    /// Use it too
    #[arg(long = "use")]
    use_it: bool,
}

pub fn run(arguments: &ImportArguments, shelf: &Shelf<'_>) -> anyhow::Result<ExitCode> {
    let from = std::path::absolute(&arguments.file)?;
    let parts = models::parts(&from);
    let mut bytes = 0;
    for part in &parts {
        models::check(part)?;
        bytes += std::fs::metadata(part).with_context(|| format!("cannot open {}", part.display()))?.len();
    }
    ensure!(!shelf.store.owns(&from), "{} is in the folder of models already", from.display());
    let name_of = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let target = shelf.store.target("imported", &ending(&name_of(&from)))?;
    ensure!(
        !target.exists(),
        "there is a model {} already; remove it first (treefill model rm {}), or rename yours",
        target.display(),
        name_of(&target)
    );
    let folder = target.parent().context("no folder")?;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let bar = BytesBar::new(&name_of(&from), bytes * 2);
    let mut sha256 = Vec::new();
    for (part, target) in parts.iter().zip(models::parts(&target)) {
        sha256.push(copy(part, &target, &bar).with_context(|| format!("cannot write {}", target.display()))?);
    }
    bar.end();
    let model = StoredModel {
        name: name_of(&target),
        source: from.display().to_string(),
        sha256,
        bytes,
        path: target.clone(),
        ..StoredModel::default()
    };
    shelf.store.record(&model)?;
    writeln!(anstream::stdout(), "Copied to {} ({}).", target.display(), size(bytes))?;
    if arguments.use_it {
        choose::choose(shelf, ModelSetting::Infill, &target)?;
    } else {
        writeln!(anstream::stdout(), "Use it: treefill model use {}", model.name)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Blobs of Ollama have no ending.
fn ending(name: &str) -> String {
    if name.to_lowercase().ends_with(".gguf") { name.to_owned() } else { format!("{name}.gguf") }
}

/// Copy, compare, and only then give it its name. Returns the digest.
fn copy(from: &PathBuf, to: &PathBuf, bar: &BytesBar) -> anyhow::Result<String> {
    let folder = to.parent().context("no folder")?;
    let mut new = tempfile::Builder::new().prefix(".import-").tempfile_in(folder)?;
    std::io::copy(&mut File::open(from)?, &mut new)?;
    new.as_file().sync_all()?;
    let progress = |bytes| bar.advance(bytes);
    let sha256 = hub::of_file(from, &progress)?;
    ensure!(
        hub::of_file(new.path(), &progress)? == sha256,
        "what was written reads back differently; is the disk sound?"
    );
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        new.as_file().set_permissions(mode)?;
    }
    new.persist(to)?;
    Ok(sha256)
}
