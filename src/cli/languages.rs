//! Runs `treefill languages`: prints a table of the languages and of what each can do.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;

use crate::language::{Description, GrammarProblem, Registry};
use crate::paths;

pub const EXAMPLES: &str = "\
Examples:
  treefill languages          a table
  treefill languages --json   the same for a program

Files in grammars/<name>/ of your configuration folder take the place of the built-in ones.
In a language that is not listed, suggestions are made but not checked.";

/// Options of `treefill languages`.
#[derive(Debug, Args)]
pub struct LanguagesArguments {
    /// Print one JSON object for each language
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &LanguagesArguments) -> anyhow::Result<ExitCode> {
    let (registry, problems) = load();
    for problem in &problems {
        super::tell(&problem.to_string());
    }
    let mut out = anstream::stdout().lock();
    if arguments.json {
        for language in registry.iter() {
            writeln!(out, "{}", serde_json::to_string(&language.describe())?)?;
        }
    } else {
        write!(out, "{}", table(&registry))?;
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The languages with the user's own files for them, and what is wrong with those files.
pub fn load() -> (Registry, Vec<GrammarProblem>) {
    let overrides = paths::config_dir().map(|folder| folder.join("grammars"));
    Registry::load(overrides.as_deref())
}

/// The same languages; what is wrong with the user's files is said on stderr.
pub fn load_and_tell() -> Registry {
    let (registry, problems) = load();
    for problem in problems {
        super::tell(&problem.to_string());
    }
    registry
}

fn table(registry: &Registry) -> String {
    let mut rows = vec![["language", "files", "suggestions checked by", "context from"].map(str::to_owned)];
    rows.extend(registry.iter().map(|language| row(language.describe())));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 4] = std::array::from_fn(width);
    let line = |row: &[String; 4]| {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn row(language: Description) -> [String; 4] {
    let extensions = language.extensions.iter().map(|extension| format!("*.{extension}"));
    let files: Vec<String> = extensions.chain(language.file_names).collect();
    let checked =
        language.strict.map_or("tree-sitter".to_owned(), |parser| format!("tree-sitter and {parser}"));
    [language.name, files.join(" "), checked, language.queries.join(", ")]
}
