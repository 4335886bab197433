//! Runs `treefill model verify`: computes digests again and compares them with the known ones.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::Shelf;
use super::local::{LocalModel, ModelOrigin};
use super::progress::BytesBar;
use crate::{hub, models};

/// Options of `treefill model verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// A name of `treefill model list` [default: every model whose digest is known]
    name: Option<String>,
    /// Print one JSON object for each model
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &VerifyArguments, shelf: &Shelf<'_>) -> anyhow::Result<ExitCode> {
    let models = match &arguments.name {
        Some(name) => vec![shelf.find(name)?],
        None => shelf.local().into_iter().filter(|model| !model.sha256.is_empty()).collect(),
    };
    let mut out = anstream::stdout().lock();
    let mut wrong = 0;
    for model in &models {
        let verdict = verify(model);
        if arguments.json {
            let (state, why) = match &verdict {
                Ok(true) => ("right", None),
                Ok(false) => ("unknown", None),
                Err(error) => ("wrong", Some(format!("{error:#}"))),
            };
            writeln!(
                out,
                "{}",
                json!({ "name": model.name, "path": model.path, "state": state, "why": why })
            )?;
        }
        match verdict {
            Ok(_) if arguments.json => {}
            Ok(true) => writeln!(out, "{}: right", model.name)?,
            Ok(false) => {
                writeln!(out, "{}: a sound GGUF; no digest is known to compare it with", model.name)?
            }
            Err(error) => {
                wrong += 1;
                if !arguments.json {
                    writeln!(out, "{}: {error:#}", model.name)?;
                }
            }
        }
    }
    if models.is_empty() {
        writeln!(out, "Nothing was downloaded yet: treefill model get NAME")?;
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether its files are the known ones; false where no digest is known.
fn verify(model: &LocalModel) -> anyhow::Result<bool> {
    let parts = models::parts(&model.file()?);
    for part in &parts {
        models::check(part)?;
    }
    if model.sha256.len() != parts.len() {
        return Ok(false);
    }
    let bar = BytesBar::new(&model.name, model.bytes);
    let progress = |bytes| bar.advance(bytes);
    for (part, wanted) in parts.iter().zip(&model.sha256) {
        let found = hub::of_file(part, &progress).inspect_err(|_| bar.end())?;
        let cure = match model.origin {
            ModelOrigin::Stored => format!(
                "remove it and get it again: treefill model rm {0}; treefill model get {0}",
                model.name
            ),
            _ => "let the program that it belongs to download it again".to_owned(),
        };
        let is_right = if found == *wanted { Some(()) } else { None };
        is_right.with_context(|| {
            bar.end();
            format!("{} is damaged (SHA-256 {found} instead of {wanted}); {cure}", part.display())
        })?;
    }
    bar.end();
    Ok(true)
}
