//! Runs `treefill model recommend`: measures this machine with the model inside and with replicas of others, and says which are fast
//! enough for it.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::super::doctor::probe::{Machine, Probe};
use super::super::ghost::{BOLD, DIM};
use super::bench::{self, MeasuredModel, measure, seconds};
use super::local::{self, LocalModel};
use super::predict::{self, MachineSpeed, ModelShape, ModelSpeed};
use super::timing::Timeable;
use super::{Shelf, parameters, size};
use crate::engine::cores;
use crate::hub::CatalogueModel;

pub const EXAMPLES: &str = "\
Examples:
  treefill model recommend                       from measurements on this machine, in about a minute
  treefill model recommend qwen2.5-coder-7b      one model only, or a GGUF file that is here: from its head, without reading it
  treefill model recommend --all                 and measure every model on this machine: exact, and it takes longer

A model that is not here is timed by a few layers of its size without weights. Such a prediction may be off by 30 % up or down; `treefill
model bench NAME` measures a model that is here.";

/// A line may take this long to be of use, in seconds.
const LIMIT: f64 = 1.0;

/// Options of `treefill model recommend`.
#[derive(Debug, Args)]
pub struct RecommendArguments {
    /// Predict these: names of the catalogue, or GGUF files [default: the catalogue]
    names: Vec<String>,
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
    source: SpeedSource,
    parameters: u64,
    /// Bytes of memory that it needs.
    memory: u64,
    restricts: bool,
}

/// How a speed is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SpeedSource {
    /// The model ran.
    Measured,
    /// A replica of its matrices ran.
    Replica,
    /// It follows from the speed of another model.
    Arithmetic,
}

impl SpeedSource {
    fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Replica => "replica",
            Self::Arithmetic => "arithmetic",
        }
    }

    /// What it may be off by, as a share.
    fn error(self) -> f64 {
        match self {
            Self::Measured => 0.0,
            Self::Replica => predict::ERROR,
            Self::Arithmetic => predict::ROUGH_ERROR,
        }
    }
}

/// A model whose speed is to be predicted.
struct Wanted {
    name: String,
    timeable: Option<Timeable>,
    shape: ModelShape,
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
    let devices =
        Probe::Machine.ask::<Machine>(shelf.common).map(|machine| machine.devices).unwrap_or_default();
    let ram = devices.iter().filter(|device| !device.gpu).map(|device| device.total).max();
    // A program that reads this need not wait for the slowest.
    let found = |it: &Candidate| if arguments.json { print_row(it, ram) } else { Ok(()) };
    let (mut candidates, base) = measured(&known, shelf, found)?;
    let Some(base) = base else { anyhow::bail!("no model could be measured") };
    let wanted: Vec<Wanted> = if arguments.names.is_empty() {
        let is_measured = |model: &CatalogueModel| {
            candidates.iter().any(|it| it.name.split(':').next() == Some(&*model.name))
        };
        let listed = shelf.catalogue.models.iter();
        let others = listed.filter(|model| !is_measured(model) && !model.name.ends_with("instruct"));
        others.map(|model| listed_model(model, shelf)).collect()
    } else {
        arguments.names.iter().map(|name| named(name, shelf)).collect::<anyhow::Result<_>>()?
    };
    let count = cores::physical();
    let memory = predict::memory_speed(count);
    let all = !arguments.names.is_empty();
    candidates.extend(predictions(
        wanted,
        (base.shape, base.speed),
        |base| MachineSpeed::of(&base.0, &base.1, memory, count),
        Limits { ram, all },
        shelf,
        found,
    )?);
    if arguments.json {
        return Ok(ExitCode::SUCCESS);
    }
    candidates.sort_by_key(|it| it.parameters);
    let head = format!(
        "{count} cores, {} read from memory in a second{}",
        size(memory as u64),
        ram.map_or(String::new(), |ram| format!(", {} of memory", size(ram)))
    );
    report(&candidates, &head, ram)?;
    if let Some(gpu) = devices.iter().find(|device| device.gpu) {
        let mut out = anstream::stdout().lock();
        writeln!(
            out,
            "There is a GPU ({}). Models were timed with it as far as they fit; one that does not fit whole is slower than predicted.",
            gpu.name
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print_row(it: &Candidate, ram: Option<u64>) -> anyhow::Result<()> {
    let value = json!({
        "name": it.name, "measured": it.source == SpeedSource::Measured, "by": it.source.name(), "parameters": it.parameters,
        "read_per_s": it.speed.read, "written_per_s": it.speed.written, "first_line_s": it.speed.jump(), "key_s": it.speed.key(), "memory_bytes": it.memory,
        "fits_memory": ram.is_none_or(|ram| it.memory < ram), "fast_enough": it.speed.jump() <= LIMIT,
    });
    Ok(writeln!(anstream::stdout().lock(), "{value}")?)
}

/// The speeds of models that are here, and the first one that could be measured. `found` hears of each when it is known.
fn measured(
    known: &[&LocalModel],
    shelf: &Shelf<'_>,
    found: impl Fn(&Candidate) -> anyhow::Result<()>,
) -> anyhow::Result<(Vec<Candidate>, Option<MeasuredModel>)> {
    let (mut candidates, mut base) = (Vec::new(), None);
    for model in known {
        super::super::tell(&format!("measuring {} …", model.name));
        match measure(model, shelf) {
            Ok(measured) => {
                candidates.push(Candidate {
                    name: model.name.clone(),
                    speed: measured.speed,
                    source: SpeedSource::Measured,
                    parameters: measured.info.parameters,
                    memory: model.bytes,
                    restricts: false,
                });
                candidates.last().map_or(Ok(()), &found)?;
                base.get_or_insert(measured);
            }
            // Not every file of another program is a model for this.
            Err(error) => super::super::tell(&format!("{error:#}")),
        }
    }
    Ok((candidates, base))
}

/// What ends the timing of larger and larger models.
#[derive(Clone, Copy)]
struct Limits {
    /// Bytes of memory that there are.
    ram: Option<u64>,
    /// Time every model, however slow.
    all: bool,
}

/// The speeds of models that are not here, from small to large: by a replica, until one is too slow to be used at all. What is larger
/// than that follows from the last one that was timed, which is the likest. `found` hears of each when it is known.
fn predictions(
    mut wanted: Vec<Wanted>,
    mut base: (ModelShape, ModelSpeed),
    machine: impl Fn(&(ModelShape, ModelSpeed)) -> MachineSpeed,
    limits: Limits,
    shelf: &Shelf<'_>,
    found: impl Fn(&Candidate) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Candidate>> {
    wanted.sort_by_key(|it| it.shape.parameters);
    let mut candidates = Vec::new();
    for it in wanted {
        let fits = limits.ram.is_none_or(|ram| it.memory < ram);
        let worth = fits && (limits.all || base.1.key() <= LIMIT);
        let timed = it.timeable.filter(|_| worth).and_then(|timeable| {
            super::super::tell(&format!("timing a replica of {} …", it.name));
            let timed = timeable.time(shelf);
            timed.inspect_err(|error| super::super::tell(&format!("it cannot be timed: {error:#}"))).ok()
        });
        let (speed, source) = match timed {
            Some(speed) => {
                base = (it.shape, speed);
                (speed, SpeedSource::Replica)
            }
            None => (machine(&base).predict(&it.shape), SpeedSource::Arithmetic),
        };
        let (name, memory, restricts) = (it.name, it.memory, it.restricts);
        candidates.push(Candidate {
            name,
            speed,
            source,
            parameters: it.shape.parameters,
            memory,
            restricts,
        });
        candidates.last().map_or(Ok(()), &found)?;
    }
    Ok(candidates)
}

fn listed_model(model: &CatalogueModel, shelf: &Shelf<'_>) -> Wanted {
    let bytes = model.quants.first().map_or(0, |quant| quant.bytes);
    Wanted {
        name: model.name.clone(),
        timeable: Timeable::listed(model),
        shape: ModelShape::new(model.parameters, model.active, model.embedding, model.own_output, bytes),
        memory: model.memory_mb * 1_000_000,
        restricts: shelf.catalogue.licence(&model.licence).is_none_or(|licence| licence.restricts),
    }
}

/// A model of the catalogue, or one that is here.
fn named(name: &str, shelf: &Shelf<'_>) -> anyhow::Result<Wanted> {
    if let Some(model) = shelf.catalogue.model(name) {
        return Ok(listed_model(model, shelf));
    }
    let model = shelf.find(name)?;
    let path = model.file()?;
    Ok(Wanted {
        name: model.name,
        timeable: Timeable::of_file(&local::facts(&path)?),
        shape: bench::shape_of(&path, model.bytes)?,
        memory: model.bytes,
        restricts: false,
    })
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
        "{DIM}A new place: {:.0} tokens are read and {:.0} written. A range is a prediction, from layers without weights or, far out of reach, from \
         those.{DIM:#}",
        predict::PROMPT,
        predict::LINE
    )?;
    Ok(())
}

/// A measured time, or the range of a predicted one.
fn time(it: &Candidate, time: f64) -> String {
    match it.source {
        SpeedSource::Measured => format!("{} (measured)", seconds(time)),
        source => {
            format!("{}–{}", seconds(time * (1.0 - source.error())), seconds(time * (1.0 + source.error())))
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
        (Some(best), _) if best.source != SpeedSource::Measured => format!(
            "Try {}: it fits under a second, with {}. treefill model get {} --use",
            best.name,
            gain(best),
            best.name
        ),
        (_, Some(typed)) if typed.source != SpeedSource::Measured => format!(
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
        let source = if measured { SpeedSource::Measured } else { SpeedSource::Replica };
        Candidate { name: name.into(), speed, source, parameters, memory: parameters, restricts: false }
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
