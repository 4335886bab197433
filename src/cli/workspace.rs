//! Runs `treefill workspace`: says which files of a folder the memory of the engine is told, and which it is not, and why.

mod explain;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::config::Config;
use crate::language::Registry;
use crate::symbols::FileSymbols;
use crate::text::amounts::counted;
use crate::workspace::{Found, LeftOut, ReadRules, Scan, too_wide};

pub const EXAMPLES: &str = "\
A running server reads the source files of the folders that the editor works in, so that the model knows their words.

Examples:
  treefill workspace status             how much of this folder is read, and what is left out
  treefill workspace status ~/project   the same of another folder
  treefill workspace status --files     which files, and why others are left out
  treefill workspace status --json      the same for a program
  treefill workspace explain src/app.py:40:9    what model and memory expect there

The settings are in the section [workspace]: treefill config. How far a running server is: treefill status.";

/// Options of `treefill workspace`.
#[derive(Debug, Args)]
pub struct WorkspaceArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say which files of a folder are read, and which are left out, and why
    #[command(after_help = EXAMPLES)]
    Status(StatusOptions),
    /// Say what the model and the memory of a folder expect at a place in a file, token by token
    #[command(after_help = explain::EXAMPLES)]
    Explain(explain::ExplainOptions),
}

#[derive(Debug, Args)]
struct StatusOptions {
    /// The folder, as an editor would open it [default: the one you are in]
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// List each file
    #[arg(long)]
    files: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What is read of a folder.
struct Listed {
    /// The files that are read, with their languages and the bytes of their texts.
    read: Vec<(PathBuf, String, usize)>,
    left_out: Vec<(PathBuf, LeftOut)>,
    /// How many definitions the files have.
    definitions: usize,
}

pub fn run(arguments: &WorkspaceArguments, config: &Config) -> anyhow::Result<ExitCode> {
    match &arguments.action {
        Action::Status(options) => status(options, config),
        Action::Explain(options) => explain::run(options, config),
    }
}

/// The folder in full, or the one we are in.
fn folder_of(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    let folder = named.unwrap_or(Path::new("."));
    let folder =
        std::fs::canonicalize(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    anyhow::ensure!(folder.is_dir(), "{} is no folder", folder.display());
    Ok(folder)
}

fn status(options: &StatusOptions, config: &Config) -> anyhow::Result<ExitCode> {
    let folder = folder_of(options.folder.as_deref())?;
    let languages = super::languages::load_and_tell();
    let why_not = why_not(&folder, config);
    let listed = list(&folder, config, &languages);
    let mut out = anstream::stdout().lock();
    if options.json {
        writeln!(out, "{}", as_json(&folder, why_not.as_deref(), &listed, options.files))?;
        return Ok(ExitCode::SUCCESS);
    }
    if options.files {
        for (path, language, bytes) in &listed.read {
            writeln!(out, "{}  {language}, {}", relative(path, &folder), counted(*bytes as u64, "byte"))?;
        }
        for (path, why) in &listed.left_out {
            writeln!(out, "{}  left out: {}", relative(path, &folder), why.describe())?;
        }
        writeln!(out)?;
    }
    write!(out, "{}", describe(&folder, why_not.as_deref(), &listed))?;
    Ok(ExitCode::SUCCESS)
}

/// Why a server would not read the folder at all.
fn why_not(folder: &Path, config: &Config) -> Option<String> {
    if !config.workspace.enabled {
        return Some("workspace.enabled is false".to_owned());
    }
    if !config.completion.enabled {
        return Some("completion.enabled is false".to_owned());
    }
    too_wide(folder).map(str::to_owned)
}

/// Does what a server does, without the pauses.
fn list(folder: &Path, config: &Config, languages: &Registry) -> Listed {
    let rules = ReadRules::new(config.disabled(&[folder.to_path_buf()]));
    let mut scan = Scan::explained(rules.clone(), folder);
    while !scan.step(languages, Instant::now() + Duration::from_secs(1)) {}
    let Found { files, mut left_out, .. } =
        scan.finish(languages, &[], u64::from(config.workspace.max_mb) << 20);
    let (mut read, mut definitions) = (Vec::new(), 0);
    for file in files {
        match rules.read(&file.path) {
            Ok(text) => {
                let language = languages.by_path(&file.path);
                let symbols = language.and_then(|it| FileSymbols::read(&file.path, &it, &text).ok());
                definitions += symbols.map_or(0, |symbols| symbols.len());
                read.push((file.path, file.language, text.len()));
            }
            Err(why) => left_out.push((file.path, why)),
        }
    }
    read.sort();
    left_out.sort();
    Listed { read, left_out, definitions }
}

fn relative(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}

impl Listed {
    /// Files and bytes that are read, by language.
    fn languages(&self) -> BTreeMap<&str, (usize, usize)> {
        let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (_, language, bytes) in &self.read {
            let count = counts.entry(language).or_default();
            *count = (count.0 + 1, count.1 + bytes);
        }
        counts
    }

    /// How many files and folders are left out, by reason.
    fn reasons(&self) -> BTreeMap<LeftOut, usize> {
        let mut counts = BTreeMap::new();
        for (_, why) in &self.left_out {
            *counts.entry(*why).or_default() += 1;
        }
        counts
    }
}

fn describe(folder: &Path, why_not: Option<&str>, listed: &Listed) -> String {
    let mut text = format!("{}\n", folder.display());
    if let Some(why) = why_not {
        text.push_str(&format!("  not read by a server: {why}\n"));
    }
    let bytes: usize = listed.read.iter().map(|(_, _, bytes)| bytes).sum();
    let definitions = listed.definitions;
    text.push_str(&format!("  read      {}, {definitions} definitions\n", amount(listed.read.len(), bytes)));
    for (language, (files, bytes)) in listed.languages() {
        text.push_str(&format!("    {language:<8}{}\n", amount(files, bytes)));
    }
    let reasons = listed.reasons();
    if !reasons.is_empty() {
        text.push_str("  left out, files and whole folders\n");
    }
    for (why, count) in reasons {
        text.push_str(&format!("    {count:<8}{}\n", why.describe()));
    }
    text
}

/// Files and bytes in words.
fn amount(files: usize, bytes: usize) -> String {
    let plural = if files == 1 { "" } else { "s" };
    format!("{files} file{plural}, {:.1} MB", bytes as f64 / f64::from(1 << 20))
}

fn as_json(folder: &Path, why_not: Option<&str>, listed: &Listed, files: bool) -> Value {
    let languages = listed
        .languages()
        .into_iter()
        .map(|(language, (files, bytes))| (language.to_owned(), json!({ "files": files, "bytes": bytes })));
    let left_out = listed.reasons().into_iter().map(|(why, count)| (name(why), json!(count)));
    let mut object = json!({
        "folder": folder,
        "not_read": why_not,
        "files": listed.read.len(),
        "bytes": listed.read.iter().map(|(_, _, bytes)| bytes).sum::<usize>(),
        "definitions": listed.definitions,
        "languages": languages.collect::<serde_json::Map<_, _>>(),
        "left_out": left_out.collect::<serde_json::Map<_, _>>(),
    });
    if files {
        let read = listed.read.iter().map(|(path, language, bytes)| {
            json!({ "file": relative(path, folder), "language": language, "bytes": bytes })
        });
        let left_out = listed.left_out.iter();
        let left_out =
            left_out.map(|(path, why)| json!({ "file": relative(path, folder), "left_out": name(*why) }));
        object["list"] = read.chain(left_out).collect();
    }
    object
}

/// The reason as JSON names it.
fn name(why: LeftOut) -> String {
    json!(why).as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn what_is_read_and_what_is_left_out_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("a.py", "x = 1\n");
        write("src/b.rs", "fn f() {}\n");
        write("readme.md", "# no source\n");
        write(".gitignore", "local/\n*.gen.py\n");
        write("local/c.py", "x = 1\n");
        write("d.gen.py", "x = 1\n");
        write(".aiignore", "closed.py\n");
        write("closed.py", "x = 1\n");
        write("secrets.py", "x = 1\n");
        write("off.py", "x = 1\n");
        write("node_modules/e.py", "x = 1\n");
        write("f.py", "# Code generated by hand. DO NOT EDIT.\n");
        write("g.py", "x = '\0'\n");
        write("h.py", &format!("x = '{}'\n", "a".repeat(20_000)));
        let mut config = Config::default();
        config.disable.paths = vec!["off.py".to_owned()];
        let languages = Registry::builtin().unwrap();
        let root = Path::new("/p");
        let mut listed = list(folder.path(), &config, &languages);
        for (path, ..) in &mut listed.read {
            *path = root.join(path.strip_prefix(folder.path()).unwrap());
        }
        for (path, _) in &mut listed.left_out {
            *path = root.join(path.strip_prefix(folder.path()).unwrap());
        }
        expect![[r#"
            /p
              read      2 files, 0.0 MB, 2 definitions
                python  1 file, 0.0 MB
                rust    1 file, 0.0 MB
              left out, files and whole folders
                3       ignored: .gitignore, .aiignore and their like
                1       private: names of files with secrets
                1       off: disable.paths, disable.languages
                2       generated: the first lines say so, or folders such as node_modules
                1       minified: very long lines
                1       binary: no UTF-8
        "#]]
        .assert_eq(&describe(root, why_not(root, &config).as_deref(), &listed));
        let told = as_json(root, None, &listed, true);
        expect![[r#"
            {
              "folder": "/p",
              "not_read": null,
              "files": 2,
              "bytes": 16,
              "definitions": 2,
              "languages": {
                "python": {
                  "files": 1,
                  "bytes": 6
                },
                "rust": {
                  "files": 1,
                  "bytes": 10
                }
              },
              "left_out": {
                "ignored": 3,
                "private": 1,
                "disabled": 1,
                "generated": 2,
                "minified": 1,
                "binary": 1
              },
              "list": [
                {
                  "file": "a.py",
                  "language": "python",
                  "bytes": 6
                },
                {
                  "file": "src/b.rs",
                  "language": "rust",
                  "bytes": 10
                },
                {
                  "file": "closed.py",
                  "left_out": "ignored"
                },
                {
                  "file": "d.gen.py",
                  "left_out": "ignored"
                },
                {
                  "file": "f.py",
                  "left_out": "generated"
                },
                {
                  "file": "g.py",
                  "left_out": "binary"
                },
                {
                  "file": "h.py",
                  "left_out": "minified"
                },
                {
                  "file": "local",
                  "left_out": "ignored"
                },
                {
                  "file": "node_modules",
                  "left_out": "generated"
                },
                {
                  "file": "off.py",
                  "left_out": "disabled"
                },
                {
                  "file": "secrets.py",
                  "left_out": "private"
                }
              ]
            }"#]]
        .assert_eq(&format!("{told:#}"));
        config.workspace.enabled = false;
        assert_eq!(why_not(root, &config).as_deref(), Some("workspace.enabled is false"));
        assert_eq!(why_not(Path::new("/"), &Config::default()).as_deref(), Some("it is the whole disk"));
    }
}
