//! Runs `treefill eval make`: makes cases from source trees.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::bar;
use crate::eval::build_cases::{self, build};
use crate::eval::case::HoleKind;
use crate::language::Registry;
use crate::text::amounts::counted;

/// Options of `treefill eval make`.
#[derive(Debug, Args)]
pub struct Make {
    /// A source tree; its folder's name is kept as the package's
    #[arg(long, required = true, value_name = "DIR", num_args = 1..)]
    from: Vec<PathBuf>,
    /// Where to write the cases
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Cases of each kind and language
    #[arg(long, default_value_t = 50)]
    each: usize,
    /// Only this kind; may be given several times
    #[arg(long = "kind", value_name = "KIND", value_parser = kind)]
    kinds: Vec<HoleKind>,
    /// Only this language
    #[arg(long)]
    language: Option<String>,
    /// Keep the other files of each package beside its cases, for runs with --workspace; a hole whose text stands in one of them
    /// is left out
    #[arg(long)]
    with_repository: bool,
    /// Share of cases in files that are broken elsewhere
    #[arg(long, default_value_t = 0.25)]
    broken: f64,
    /// Most cases from one file
    #[arg(long, default_value_t = 20)]
    per_file: usize,
    /// Leave out files above this size, bytes
    #[arg(long, default_value_t = 200_000)]
    largest: usize,
    /// The same seed makes the same cases
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Make cases from source trees.
pub fn run(arguments: &Make) -> anyhow::Result<()> {
    let registry = Registry::builtin()?;
    let options = build_cases::BuildOptions {
        each: arguments.each,
        broken: arguments.broken.clamp(0.0, 1.0),
        seed: arguments.seed,
        largest: arguments.largest,
        kinds: arguments.kinds.clone(),
        per_file: arguments.per_file,
        language: arguments.language.clone(),
        repository: arguments.with_repository,
    };
    let bar = bar(0, "files");
    let set = build(&arguments.from, &registry, &options, &|at, all| {
        bar.set_length(all as u64);
        bar.set_position(at as u64);
    })?;
    bar.finish_and_clear();
    set.save(&arguments.out)?;
    let cases = counted(set.cases.len() as u64, "case");
    let (sources, out) = (counted(set.sources.len() as u64, "file"), arguments.out.display());
    let mut stdout = anstream::stdout();
    if !arguments.with_repository {
        writeln!(stdout, "{cases} from {sources} in {out}")?;
        return Ok(());
    }
    writeln!(stdout, "{cases}, with {sources} of their packages, in {out}")?;
    writeln!(stdout, "{}", super::leaks(set.leaks))?;
    Ok(())
}

fn kind(name: &str) -> Result<HoleKind, String> {
    let names = || HoleKind::ALL.map(HoleKind::name).join(", ");
    HoleKind::ALL
        .into_iter()
        .find(|kind| kind.name() == name)
        .ok_or_else(|| format!("use one of {}", names()))
}
