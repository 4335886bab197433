//! `treefill languages`: a table of the languages and of what each can do.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;

use crate::language::{Language, Registry};
use crate::paths;

pub const EXAMPLES: &str = "\
Examples:
  treefill languages          a table
  treefill languages --json   the same for a program

Files in grammars/<name>/ of your configuration folder take the place of the built-in ones.
In a language that is not listed, suggestions are made but not checked.";

/// Options of `treefill languages`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Print one JSON object for each language
    #[arg(long)]
    json: bool,
}

/// Print the table.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let registry = Registry::load(overrides().as_deref())?;
    let mut out = anstream::stdout().lock();
    if arguments.json {
        for language in registry.iter() {
            writeln!(out, "{}", json(language))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = vec![["language", "files", "suggestions checked by", "context"].map(str::to_owned)];
    rows.extend(registry.iter().map(|language| row(language)));
    for row in &rows {
        let cells: Vec<String> = (0..row.len())
            .map(|column| {
                let width = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
                format!("{:width$}", row[column])
            })
            .collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the user's own grammar files are looked for.
pub fn overrides() -> Option<std::path::PathBuf> {
    paths::config_dir().map(|folder| folder.join("grammars")).filter(|folder| folder.is_dir())
}

fn row(language: &Language) -> [String; 4] {
    let files: Vec<String> =
        language.config.extensions.iter().map(|extension| format!(".{extension}")).collect();
    let checked = match language.strict {
        Some(_) => "tree-sitter and a strict parser",
        None => "tree-sitter",
    };
    [language.name().to_owned(), files.join(" "), checked.to_owned(), abilities(language).join(", ")]
}

/// What the queries of a language find.
fn abilities(language: &Language) -> Vec<&'static str> {
    let queries = &language.queries;
    [
        ("scopes", &queries.scopes),
        ("outline", &queries.outline),
        ("imports", &queries.imports),
        ("strings and comments", &queries.opaque),
    ]
    .into_iter()
    .filter(|(_, query)| query.pattern_count() > 0)
    .map(|(name, _)| name)
    .collect()
}

fn json(language: &Language) -> serde_json::Value {
    serde_json::json!({
        "name": language.name(),
        "extensions": language.config.extensions,
        "lsp_ids": language.config.lsp_ids,
        "strict_parser": language.strict.is_some(),
        "queries": abilities(language),
    })
}
