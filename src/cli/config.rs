//! Runs `treefill config`: shows, checks, explains or creates the configuration file. It never overwrites one.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::Common;
use crate::config::{Config, ConfigProblem, render, schema};

pub const EXAMPLES: &str = "\
Examples:
  treefill config init             write a file with every setting explained, all commented out
  treefill config show             the values in force
  treefill config check            what is wrong with the file; exit code 1 if anything is
  treefill config path             where the file is
  treefill config schema           every setting as a JSON schema
  $EDITOR \"$(treefill config path)\"

Every setting is listed by treefill config --help";

/// The examples, and every setting with its type, default and meaning.
pub fn long_help() -> String {
    let examples = EXAMPLES.trim_end_matches("\n\nEvery setting is listed by treefill config --help");
    format!("{examples}\n\nSettings:\n{}", render::table())
}

/// Options of `treefill config`.
#[derive(Debug, Args)]
pub struct ConfigArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the values in force, as TOML
    Show,
    /// Print the file's path, whether it exists or not
    Path,
    /// Write a file with every setting explained; an existing one is left alone
    Init,
    /// Say what is wrong with the file
    Check,
    /// Print every setting as a JSON schema: for programs, and for editors that help with the file
    Schema,
}

pub fn run(
    arguments: &ConfigArguments,
    common: &Common,
    config: &Config,
    problems: &[ConfigProblem],
) -> anyhow::Result<ExitCode> {
    let file = Config::user_file(common.config.as_deref())
        .context("there is no home folder; name a file with --config")?;
    let mut out = anstream::stdout().lock();
    match arguments.action {
        Action::Path => writeln!(out, "{}", file.display())?,
        Action::Init => {
            create(&file)?;
            writeln!(out, "Wrote {}: every setting, explained and commented out.", file.display())?;
        }
        Action::Show => {
            super::report(problems);
            write!(out, "{}", render::values(config))?;
        }
        Action::Schema => writeln!(out, "{:#}", schema::of_all())?,
        Action::Check => {
            for problem in problems {
                writeln!(out, "{problem}")?;
            }
            let found = if file.exists() { "is right" } else { "does not exist; the defaults are in force" };
            if problems.is_empty() {
                writeln!(out, "{} {found}", file.display())?;
            }
        }
    }
    let failed = matches!(arguments.action, Action::Check) && !problems.is_empty();
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn create(file: &PathBuf) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    // `create_new` and no check before it: between a check and the write, somebody else could make the file.
    let mut opened = std::fs::File::create_new(file).with_context(|| match file.exists() {
        true => format!("{} is there already and was left alone", file.display()),
        false => format!("cannot write {}", file.display()),
    })?;
    opened
        .write_all(render::default_file().as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))
}
