//! Runs `treefill model recommend`: measures this machine with the model inside, and says which models are fast enough for it.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::super::doctor::probe::{Machine, Probe};
use super::super::ghost::{BOLD, DIM};
use super::bench::{measure, seconds};
use super::local::LocalModel;
use super::predict::{self, MachineSpeed, ModelShape, ModelSpeed};
use super::{Shelf, parameters, size};
use crate::engine::cores;
use crate::hub::CatalogueModel;

pub const EXAMPLES: &str = "\
Examples:
  treefill model recommend            from a measurement of the model inside the program, in some seconds
  treefill model recommend --all      and measure every model on this machine: exact, and it takes longer

A prediction may be off by 30 % up or down; `treefill model bench NAME` measures a model that is here.";

/// A line may take this long to be of use, in seconds.
const LIMIT: f64 = 1.0;

/// Options of `treefill model recommend`.
#[derive(Debug, Args)]
pub struct RecommendArguments {
    /// Measure every model on this machine, too
    #[arg(long)]
    all: bool,
    /// Print one JSON object for each model
    #[arg(long)]
    json: bool,
}

/// A model with its speed here.
struct Candidate {
    name: String,
    speed: ModelSpeed,
    measured: bool,
    parameters: u64,
    /// Bytes of memory that it needs.
    memory: u64,
    restricts: bool,
}

pub fn run(arguments: &RecommendArguments, shelf: &Shelf<'_>) -> anyhow::Result<ExitCode> {
    let local = shelf.local();
    let known: Vec<&LocalModel> =
        local.iter().filter(|model| model.path.is_none() || arguments.all).collect();
    anyhow::ensure!(
        !known.is_empty(),
        "this treefill was built without a model inside to measure with; add --all to measure those that are here"
    );
    let mut candidates = Vec::new();
    let mut base = None;
    for model in known {
        super::super::tell(&format!("measuring {} …", model.name));
        match measure(model, shelf) {
            Ok(measured) => {
                candidates.push(Candidate {
                    name: model.name.clone(),
                    speed: measured.speed,
                    measured: true,
                    parameters: measured.info.parameters,
                    memory: model.bytes,
                    restricts: false,
                });
                base.get_or_insert(measured);
            }
            // Not every file of another program is a model for this.
            Err(error) => super::super::tell(&format!("{error:#}")),
        }
    }
    let Some(base) = base else { anyhow::bail!("no model could be measured") };
    let count = cores::physical();
    let memory = predict::memory_speed(count);
    let machine = MachineSpeed::of(&base.shape, &base.speed, memory, count);
    let is_measured =
        |model: &CatalogueModel| candidates.iter().any(|it| it.name.split(':').next() == Some(&*model.name));
    let fitting = shelf
        .catalogue
        .models
        .iter()
        .filter(|model| !is_measured(model) && !model.name.ends_with("instruct"));
    let predicted: Vec<Candidate> = fitting.map(|model| predicted(model, &machine, shelf)).collect();
    candidates.extend(predicted);
    candidates.sort_by_key(|it| it.parameters);
    let devices =
        Probe::Machine.ask::<Machine>(shelf.common).map(|machine| machine.devices).unwrap_or_default();
    let ram = devices.iter().filter(|device| !device.gpu).map(|device| device.total).max();
    let gpu = devices.iter().find(|device| device.gpu);
    if arguments.json {
        let mut out = anstream::stdout().lock();
        for it in &candidates {
            let value = json!({
                "name": it.name, "measured": it.measured, "parameters": it.parameters, "read_per_s": it.speed.read, "written_per_s": it.speed.written,
                "first_line_s": it.speed.jump(), "key_s": it.speed.key(), "memory_bytes": it.memory,
                "fits_memory": ram.is_none_or(|ram| it.memory < ram), "fast_enough": it.speed.jump() <= LIMIT,
            });
            writeln!(out, "{value}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let head = format!(
        "{count} cores, {} read from memory in a second{}",
        size(memory as u64),
        ram.map_or(String::new(), |ram| format!(", {} of memory", size(ram)))
    );
    report(&candidates, &head, ram)?;
    if let Some(gpu) = gpu {
        let mut out = anstream::stdout().lock();
        writeln!(
            out,
            "There is a GPU ({}). The predictions are for the processor; with the GPU models are faster: measure them (--all).",
            gpu.name
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn predicted(model: &CatalogueModel, machine: &MachineSpeed, shelf: &Shelf<'_>) -> Candidate {
    let bytes = model.quants.first().map_or(0, |quant| quant.bytes);
    let shape = ModelShape::new(model.parameters, model.active, model.embedding, model.own_output, bytes);
    Candidate {
        name: model.name.clone(),
        speed: machine.predict(&shape),
        measured: false,
        parameters: model.parameters,
        memory: model.memory_mb * 1_000_000,
        restricts: shelf.catalogue.licence(&model.licence).is_none_or(|licence| licence.restricts),
    }
}

fn report(candidates: &[Candidate], head: &str, ram: Option<u64>) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{DIM}{head}{DIM:#}")?;
    writeln!(out, "{BOLD}Time to a first line{BOLD:#}")?;
    let width = candidates.iter().map(|it| it.name.chars().count()).max().unwrap_or(0);
    for it in candidates {
        let verdict = match (it.memory, it.speed.jump()) {
            (memory, _) if ram.is_some_and(|ram| memory > ram) => {
                "needs more memory than there is".to_owned()
            }
            (_, jump) if jump <= LIMIT => "fast enough".to_owned(),
            (_, jump) if it.speed.key() <= LIMIT => {
                format!("slow at a new place ({}), usable while you type", seconds(jump))
            }
            (_, jump) => format!("too slow here: {} where a second is wanted", seconds(jump)),
        };
        let mark = if it.restricts { "!" } else { " " };
        let times = format!(
            "{} at a new place, {} while you type",
            time(it, it.speed.jump()),
            time(it, it.speed.key())
        );
        writeln!(out, "{mark} {:<width$}  {times}: {verdict}", it.name)?;
    }
    writeln!(out)?;
    writeln!(out, "{}", advice(candidates, ram))?;
    writeln!(
        out,
        "{DIM}A new place: {:.0} tokens are read and {:.0} written. Predictions may be off by {:.0} % up or down.{DIM:#}",
        predict::PROMPT,
        predict::LINE,
        predict::ERROR * 100.0
    )?;
    Ok(())
}

/// A measured time, or the range of a predicted one.
fn time(it: &Candidate, time: f64) -> String {
    match it.measured {
        true => format!("{} (measured)", seconds(time)),
        false => {
            format!("{}–{}", seconds(time * (1.0 - predict::ERROR)), seconds(time * (1.0 + predict::ERROR)))
        }
    }
}

/// The largest model that is fast enough, and what it would bring.
fn advice(candidates: &[Candidate], ram: Option<u64>) -> String {
    let fits = |it: &&Candidate| ram.is_none_or(|ram| it.memory < ram);
    let best = candidates.iter().filter(fits).rfind(|it| it.speed.jump() <= LIMIT);
    let typed = candidates.iter().filter(fits).rfind(|it| it.speed.key() <= LIMIT && !it.restricts);
    let gain = |it: &Candidate| {
        let built_in = candidates.iter().map(|it| it.parameters).min().unwrap_or(1).max(1);
        format!(
            "{} parameters, {} times those of the smallest here",
            parameters(it.parameters),
            it.parameters / built_in
        )
    };
    match (best, typed) {
        (Some(best), _) if !best.measured => format!(
            "Try {}: it fits under a second, with {}. treefill model get {} --use",
            best.name,
            gain(best),
            best.name
        ),
        (_, Some(typed)) if !typed.measured => format!(
            "No larger model fits under a second at a new place. {} has {} and takes {} there, then keeps up while you type: \
             treefill model get {} --use",
            typed.name,
            gain(typed),
            seconds(typed.speed.jump()),
            typed.name
        ),
        (Some(best), _) => format!("{} is the largest that fits under a second here.", best.name),
        (None, _) => {
            "No model fits under a second here; the one inside the program is the fastest.".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, parameters: u64, jump: f64, measured: bool) -> Candidate {
        let speed =
            ModelSpeed { read: predict::PROMPT / (jump / 2.0), written: predict::LINE / (jump / 2.0) };
        Candidate { name: name.into(), speed, measured, parameters, memory: parameters, restricts: false }
    }

    #[test]
    fn the_largest_that_is_fast_enough_is_named() {
        let small = || candidate("built-in", 15_000_000, 0.1, true);
        let fast = advice(
            &[small(), candidate("a", 500_000_000, 0.8, false), candidate("b", 7_000_000_000, 9.0, false)],
            None,
        );
        assert!(fast.contains("Try a: ") && fast.contains("33 times"), "{fast}");
        let slow = advice(
            &[small(), candidate("a", 500_000_000, 1.6, false), candidate("b", 7_000_000_000, 9.0, false)],
            None,
        );
        assert!(
            slow.contains("No larger model") && slow.contains("a has") && slow.contains("1.6 s"),
            "{slow}"
        );
        let alone = advice(&[small(), candidate("b", 7_000_000_000, 9.0, false)], None);
        assert_eq!(alone, "built-in is the largest that fits under a second here.");
        let no_memory = advice(&[small(), candidate("a", 500_000_000, 0.8, false)], Some(100_000_000));
        assert!(no_memory.starts_with("built-in"), "{no_memory}");
    }
}
