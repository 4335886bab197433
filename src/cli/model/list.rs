//! Runs `treefill model list` and `search`: what is on this machine, which one is in use, and what the catalogue has.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::super::ghost::{BOLD, DIM};
use super::local::{BUILT_IN, LocalModel, ModelOrigin};
use super::{Shelf, parameters, size};
use crate::hub::CatalogueModel;

/// Options of `treefill model list`.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// Print one JSON object for each model
    #[arg(long)]
    json: bool,
}

/// Options of `treefill model search`.
#[derive(Debug, Args)]
pub struct SearchArguments {
    /// All of them have to occur: in the name, the family, the licence, the languages
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
    /// Print one JSON object for each model
    #[arg(long)]
    json: bool,
}

pub fn list(arguments: &ListArguments, shelf: &Shelf<'_>) -> anyhow::Result<ExitCode> {
    let local = shelf.local();
    let is_here = |model: &&CatalogueModel| {
        let here = |sha256: &String| local.iter().any(|local| local.sha256.contains(sha256));
        model.quants.iter().any(|quant| here(&quant.sha256))
    };
    let rest: Vec<&CatalogueModel> = shelf.catalogue.models.iter().filter(|model| !is_here(model)).collect();
    let mut out = anstream::stdout().lock();
    if arguments.json {
        for model in &local {
            writeln!(out, "{}", of_local(model, shelf))?;
        }
        for model in rest {
            writeln!(out, "{}", of_catalogue(model, shelf))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{BOLD}On this machine{BOLD:#}  {DIM}(treefill model use NAME){DIM:#}")?;
    let width = local.iter().map(|model| model.name.chars().count()).max().unwrap_or(0).min(60);
    for model in &local {
        let mark = if in_use(model, shelf) { "*" } else { " " };
        let licence = model.licence.as_deref().unwrap_or("");
        let origin = model.origin.describe();
        writeln!(out, "{mark} {:<width$}  {:>8}  {origin:<18}  {licence}", model.name, size(model.bytes))?;
    }
    writeln!(out, "\n{BOLD}In the catalogue{BOLD:#}  {DIM}(treefill model get NAME){DIM:#}")?;
    table(&mut out, &rest, shelf)?;
    writeln!(
        out,
        "\n{DIM}* is in use; ! has a licence that forbids something: treefill model info NAME{DIM:#}"
    )?;
    Ok(ExitCode::SUCCESS)
}

pub fn search(arguments: &SearchArguments, shelf: &Shelf<'_>) -> anyhow::Result<ExitCode> {
    let found = shelf.catalogue.search(&arguments.words);
    let mut out = anstream::stdout().lock();
    if arguments.json {
        for model in &found {
            writeln!(out, "{}", of_catalogue(model, shelf))?;
        }
    } else {
        table(&mut out, &found, shelf)?;
    }
    if found.is_empty() {
        super::super::tell(&format!(
            "the catalogue has nothing for {:?}; any GGUF file of the hub can be had too: treefill model get OWNER/NAME:QUANT",
            arguments.words.join(" ")
        ));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn table(
    out: &mut impl std::io::Write,
    models: &[&CatalogueModel],
    shelf: &Shelf<'_>,
) -> std::io::Result<()> {
    let width = models.iter().map(|model| model.name.len()).max().unwrap_or(0);
    for model in models {
        let restricts = shelf.catalogue.licence(&model.licence).is_none_or(|licence| licence.restricts);
        let mark = if restricts { "!" } else { " " };
        let bytes = model.quants.first().map_or(0, |quant| quant.bytes);
        let (memory, many) = (size(model.memory_mb * 1_000_000), parameters(model.parameters));
        let licence = &model.licence;
        writeln!(
            out,
            "{mark} {:<width$}  {:>8}  {many:>6} parameters, needs {memory:>8} of memory  {licence}",
            model.name,
            size(bytes)
        )?;
    }
    Ok(())
}

/// Without a configured model the one inside is in use.
pub fn in_use(model: &LocalModel, shelf: &Shelf<'_>) -> bool {
    match &model.path {
        Some(path) => shelf.is_in_use(path),
        None => model.origin == ModelOrigin::BuiltIn && shelf.config.model.path.is_none(),
    }
}

pub fn of_local(model: &LocalModel, shelf: &Shelf<'_>) -> Value {
    json!({
        "name": model.name, "where": model.origin.id(), "path": model.path, "bytes": model.bytes,
        "sha256": model.sha256, "licence": model.licence, "in_use": in_use(model, shelf),
        "builtin": model.name == BUILT_IN, "detail": told(model, shelf),
    })
}

/// A model on this machine in some words.
fn told(model: &LocalModel, shelf: &Shelf<'_>) -> String {
    let licence =
        model.licence.as_deref().map(|id| shelf.catalogue.licence(id).map_or(id, |licence| &*licence.title));
    let parts = [Some(model.origin.describe()), Some(size(model.bytes)), licence.map(str::to_owned)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub fn of_catalogue(model: &CatalogueModel, shelf: &Shelf<'_>) -> Value {
    let mut value = serde_json::to_value(model).unwrap_or_default();
    value["where"] = "catalogue".into();
    let licence = shelf.catalogue.licence(&model.licence);
    let (bytes, memory) = (model.quants.first().map_or(0, |quant| quant.bytes), model.memory_mb * 1_000_000);
    let named = licence.map_or(&*model.licence, |licence| &*licence.title);
    let detail = format!(
        "{} parameters, a download of {}, needs {} of memory, {named}",
        parameters(model.parameters),
        size(bytes),
        size(memory)
    );
    value["detail"] = detail.into();
    // What a user has to agree to.
    value["asks"] = match licence.filter(|licence| licence.restricts) {
        Some(licence) => format!("{} {}", licence.plain, licence.url).into(),
        None => Value::Null,
    };
    value["licence"] = serde_json::to_value(licence).unwrap_or_default();
    value["in_use"] = false.into();
    value
}
