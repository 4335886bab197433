//! Runs `treefill model info`: what the catalogue, the file's head and the record say of a model.

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::super::ghost::DIM;
use super::local::{self, LocalModel};
use super::{Shelf, list, parameters, size};
use crate::hub::{Catalogue, CatalogueModel};
use crate::models::GgufFacts;

/// Options of `treefill model info`.
#[derive(Debug, Args)]
pub struct InfoArguments {
    /// A name of `treefill model list`, or a GGUF file
    name: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &InfoArguments, shelf: &Shelf<'_>) -> anyhow::Result<ExitCode> {
    let bare = arguments.name.split(':').next().unwrap_or_default();
    let local = shelf.find(&arguments.name);
    let listed = shelf.catalogue.model(bare).or_else(|| {
        let digests = &local.as_ref().ok()?.sha256;
        digests.iter().find_map(|sha256| shelf.catalogue.by_digest(sha256)).map(|(model, _)| model)
    });
    let local = match (local, listed) {
        (Ok(local), _) => Some(local),
        (Err(_), Some(_)) => None,
        (Err(error), None) => return Err(error),
    };
    let facts = local.as_ref().map(|model| local::facts(&model.file()?)).transpose()?;
    let mut out = anstream::stdout().lock();
    if arguments.json {
        let facts = facts.as_ref().map(|facts| {
            json!({
                "architecture": facts.architecture, "name": facts.name, "licence": facts.licence, "context": facts.context,
                "parameters": facts.parameters, "quant": facts.quant, "fills_in": facts.fills_in, "chats": facts.chats,
            })
        });
        let value = json!({
            "local": local.as_ref().map(|model| list::of_local(model, shelf)), "file": facts,
            "catalogue": listed.map(|model| list::of_catalogue(model, shelf)),
        });
        writeln!(out, "{value:#}")?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(model) = listed {
        of_catalogue(&mut out, model, &shelf.catalogue)?;
    }
    if let (Some(model), Some(facts)) = (&local, &facts) {
        of_file(&mut out, model, facts, listed.is_some())?;
        let used = if list::in_use(model, shelf) { "yes" } else { "no" };
        fact(&mut out, "in use", used)?;
    } else {
        fact(&mut out, "here", format_args!("no: treefill model get {}", arguments.name))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn fact(out: &mut impl std::io::Write, name: &str, value: impl Display) -> std::io::Result<()> {
    writeln!(out, "{DIM}{name:<12}{DIM:#} {value}")
}

fn of_catalogue(
    out: &mut impl std::io::Write,
    model: &CatalogueModel,
    catalogue: &Catalogue,
) -> std::io::Result<()> {
    fact(out, "name", format_args!("{} ({})", model.name, model.title))?;
    fact(
        out,
        "parameters",
        match model.active {
            Some(active) => {
                format!("{}, {} of them for each token", parameters(model.parameters), parameters(active))
            }
            None => parameters(model.parameters),
        },
    )?;
    fact(out, "context", format_args!("{} tokens", model.context))?;
    fact(out, "languages", &model.languages)?;
    fact(out, "memory", size(model.memory_mb * 1_000_000))?;
    fact(
        out,
        "made for",
        match &*model.speed {
            "small" => "any laptop",
            "medium" => "a fast processor",
            _ => "a GPU",
        },
    )?;
    match catalogue.licence(&model.licence) {
        Some(licence) => {
            fact(out, "licence", format_args!("{}: {}", licence.title, licence.plain))?;
            fact(out, "", &licence.url)?;
        }
        None => fact(out, "licence", &model.licence)?,
    }
    for quant in &model.quants {
        let about = if quant.exact { "" } else { "about " };
        fact(
            out,
            "file",
            format_args!("{}, {about}{}: {}/{}", quant.name, size(quant.bytes), quant.repository, quant.file),
        )?;
        fact(out, "SHA-256", &quant.sha256)?;
    }
    model.note.iter().try_for_each(|note| fact(out, "note", note))
}

fn of_file(
    out: &mut impl std::io::Write,
    model: &LocalModel,
    facts: &GgufFacts,
    is_listed: bool,
) -> std::io::Result<()> {
    if !is_listed {
        let title = if facts.name.is_empty() { "without a name" } else { &facts.name };
        fact(out, "name", format_args!("{} ({title})", model.name))?;
        fact(out, "parameters", parameters(facts.parameters))?;
        if let Some(context) = facts.context {
            fact(out, "context", format_args!("{context} tokens"))?;
        }
        let named = model.licence.as_deref().or(Some(&*facts.licence)).filter(|named| !named.is_empty());
        fact(out, "licence", named.unwrap_or("the file names none"))?;
    }
    let quant = facts.quant.unwrap_or("an unnamed precision");
    fact(
        out,
        "weights",
        format_args!("{quant}, {}, architecture {}", size(model.bytes), facts.architecture),
    )?;
    fact(out, "fills in", if facts.fills_in { "yes" } else { "no: its vocabulary has no tokens for that" })?;
    fact(out, "chats", if facts.chats { "yes: it can be used for instruct.path too" } else { "no" })?;
    match &model.path {
        Some(path) => fact(out, "here", format_args!("{} ({})", path.display(), model.origin.describe()))?,
        None => fact(out, "here", model.origin.describe())?,
    }
    model.sha256.iter().try_for_each(|sha256| fact(out, "SHA-256", sha256))
}
