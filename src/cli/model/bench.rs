//! Runs `treefill model bench`: lets the real engine read a prompt and write tokens, and says how long a first line takes.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::super::doctor::probe::{self, Measured, Probe};
use super::Shelf;
use super::local::LocalModel;
use super::predict::{ModelShape, ModelSpeed};
use crate::engine::ModelInfo;
use crate::models;
use crate::text::amounts::counted;

/// Options of `treefill model bench`.
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// Names of `treefill model list`, or GGUF files [default: the model in use]
    names: Vec<String>,
    /// Print one JSON object for each model
    #[arg(long)]
    json: bool,
}

/// A model that was measured.
pub struct MeasuredModel {
    pub info: ModelInfo,
    pub speed: ModelSpeed,
    pub shape: ModelShape,
}

pub fn run(arguments: &BenchArguments, shelf: &Shelf<'_>) -> anyhow::Result<ExitCode> {
    let models = match arguments.names.is_empty() {
        true => vec![shelf.in_use()?],
        false => arguments.names.iter().map(|name| shelf.find(name)).collect::<anyhow::Result<_>>()?,
    };
    let mut out = anstream::stdout().lock();
    for model in models {
        super::super::tell(&format!("measuring {} …", model.name));
        let measured = measure(&model, shelf)?;
        let speed = &measured.speed;
        if arguments.json {
            let value = json!({
                "name": model.name, "path": measured.info.path, "threads": measured.info.threads,
                "gpu_layers": measured.info.gpu_layers, "read_per_s": speed.read, "written_per_s": speed.written,
                "first_line_s": speed.jump(), "key_s": speed.key(),
            });
            writeln!(out, "{value}")?;
            continue;
        }
        writeln!(out, "{}", model.name)?;
        writeln!(
            out,
            "  reads {:.0} tokens/s, writes {:.0} tokens/s, {}",
            speed.read,
            speed.written,
            with(&measured.info)
        )?;
        writeln!(out, "  a line at a new place  {}", seconds(speed.jump()))?;
        writeln!(out, "  a line while you type  {}", seconds(speed.key()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What computes it.
fn with(info: &ModelInfo) -> String {
    let threads = counted(info.threads as u64, "thread");
    match info.gpu_layers {
        0 => threads,
        layers => format!("{threads}, {layers} of {} layers on the GPU", info.layers),
    }
}

/// A time as people say it.
pub fn seconds(time: f64) -> String {
    if time < 0.995 { format!("{:.0} ms", time * 1e3) } else { format!("{time:.1} s") }
}

impl Shelf<'_> {
    /// The model that editors get.
    fn in_use(&self) -> anyhow::Result<LocalModel> {
        let used = self.local().into_iter().find(|model| super::list::in_use(model, self));
        used.context("this treefill was built without a model inside, and model.path names none")
    }
}

/// Read the model in a process of its own, as an engine does, and time it.
pub fn measure(model: &LocalModel, shelf: &Shelf<'_>) -> anyhow::Result<MeasuredModel> {
    let path = model.file()?;
    let shape = shape_of(&path, model.bytes)?;
    let mut settings = probe::settings(shelf.config, path);
    // How much sooner proposals make a text depends on the text.
    settings.options.tuning.drafts = false;
    let Measured { info, speed } =
        Probe::Model(settings).ask::<Measured>(shelf.common).map_err(anyhow::Error::msg)?;
    let (read, written) = speed.map_err(|why| anyhow::anyhow!("{}: {why}", model.name))?;
    anyhow::ensure!(read > 0.0 && written > 0.0, "{} wrote nothing, so its speed is not known", model.name);
    Ok(MeasuredModel { info, speed: ModelSpeed { read, written }, shape })
}

/// From the head of the file at `path`.
pub fn shape_of(path: &Path, bytes: u64) -> anyhow::Result<ModelShape> {
    let facts = models::facts(path, &[])?;
    Ok(ModelShape::new(facts.parameters, None, facts.embedding, facts.own_output, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!([seconds(0.0253), seconds(0.999), seconds(1.34)], ["25 ms", "1.0 s", "1.3 s"]);
    }
}
