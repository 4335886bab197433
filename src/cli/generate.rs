//! Runs `treefill generate`: writes man pages and shell completions from the command line's own description.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Command, Subcommand};
use clap_complete::Shell;
use clap_mangen::Man;

pub const EXAMPLES: &str = "\
Examples:
  treefill generate man ~/.local/share/man/man1                   then: man treefill-complete
  treefill generate completions bash > ~/.local/share/bash-completion/completions/treefill
  treefill generate completions fish > ~/.config/fish/completions/treefill.fish
  treefill generate completions zsh > ~/.zfunc/_treefill          a folder of your $fpath

A release archive has all of them in man/ and completions/.";

/// Options of `treefill generate`.
#[derive(Debug, Args)]
pub struct GenerateArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write a man page for every command into a folder
    Man {
        /// Where to; it is made if it is missing
        folder: PathBuf,
    },
    /// Print what a shell needs to complete the command line
    Completions {
        /// For which shell
        shell: Shell,
    },
}

/// Make them from `command`, the description of the whole command line.
pub fn run(arguments: &GenerateArguments, mut command: Command) -> anyhow::Result<ExitCode> {
    match &arguments.what {
        What::Man { folder } => {
            let cannot = || format!("cannot write man pages into {}", folder.display());
            std::fs::create_dir_all(folder).with_context(cannot)?;
            // Not a page for each `help`; `build` gives the commands their full names.
            command = command.disable_help_subcommand(true);
            command.build();
            pages(&command, folder).with_context(cannot)?;
        }
        What::Completions { shell } => {
            // Into memory first: writing to a pipe that nobody reads is no failure, and would be one inside of clap.
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut command, "treefill", &mut text);
            anstream::stdout().lock().write_all(&text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A page for a command, and for each below it.
fn pages(command: &Command, folder: &Path) -> std::io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        pages(below, folder)?;
    }
    let page = Man::new(command.clone());
    let mut text = Vec::new();
    page.render(&mut text)?;
    // Examples and tables stand in columns, which a page would fill as it does paragraphs.
    let text = String::from_utf8_lossy(&text).replace(".SH EXTRA\n", ".SH NOTES\n.nf\n");
    std::fs::write(folder.join(page.get_filename()), text)
}
