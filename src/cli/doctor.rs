//! Runs `treefill doctor`: says what is in force on this machine, what it can do, and what is wrong. It changes only caches.

pub mod probe;
mod server;

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::Args;

use self::probe::{Machine, Measured, Probe};
use super::ghost::{BOLD, DIM};
use super::{Common, stats};
use crate::config::{Config, ConfigProblem};
#[cfg(unix)]
use crate::engine::daemon::{address, ask, confinement::Confinement, launch};
use crate::engine::{DaemonOptions, ModelInfo, SandboxOptions};
use crate::{cpu, models, paths};

pub const EXAMPLES: &str = "\
Examples:
  treefill doctor                        everything; exit code 1 if something is wrong
  treefill doctor --model ~/m.gguf       the same with another model
  treefill doctor --no-model             without reading the model, which takes its time";

/// Whether this build has a GPU backend.
const GPU_BUILD: bool = cfg!(any(feature = "cuda", feature = "metal", feature = "vulkan"));
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Options of `treefill doctor`.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// Look at this GGUF model instead of the configured one
    #[arg(long, value_name = "PATH")]
    model: Option<std::path::PathBuf>,
    /// Do not read the model, nor measure its speed
    #[arg(long)]
    no_model: bool,
    /// Answer one question of the process that writes the page
    #[arg(long, value_name = "JSON", hide = true)]
    probe: Option<String>,
}

/// The page being written, and whether anything on it is wrong.
struct Page {
    out: anstream::AutoStream<std::io::StdoutLock<'static>>,
    wrong: usize,
}

impl Page {
    fn section(&mut self, name: &str) -> std::io::Result<()> {
        writeln!(self.out, "{BOLD}{name}{BOLD:#}")
    }

    fn fact(&mut self, name: &str, value: impl Display) -> std::io::Result<()> {
        writeln!(self.out, "  {DIM}{name:<14}{DIM:#} {value}")
    }

    fn good(&mut self, name: &str, value: impl Display) -> std::io::Result<()> {
        self.fact(name, format_args!("{GOOD}ok{GOOD:#}  {value}"))
    }

    fn bad(&mut self, name: &str, value: impl Display) -> std::io::Result<()> {
        self.wrong += 1;
        self.fact(name, format_args!("{BAD}wrong{BAD:#}  {value}"))
    }
}

pub fn run(
    arguments: &DoctorArguments,
    common: &Common,
    config: &Config,
    problems: &[ConfigProblem],
) -> anyhow::Result<ExitCode> {
    if let Some(question) = &arguments.probe {
        writeln!(anstream::stdout(), "{}", Probe::answer(question)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut page = Page { out: anstream::stdout().lock(), wrong: 0 };
    let mut config = config.clone();
    config.take_model(arguments.model.clone());
    // As an editor that opens this folder.
    config.take_adapter_of(&std::env::current_dir().into_iter().collect::<Vec<_>>());

    page.section("treefill")?;
    page.fact("version", env!("CARGO_PKG_VERSION"))?;
    if let Ok(program) = std::env::current_exe() {
        page.fact("program", program.display())?;
    }
    settings(&mut page, common, problems)?;
    folders(&mut page)?;
    languages(&mut page)?;
    let machine = Probe::Machine.ask(common);
    processor(&mut page, &machine)?;
    gpu(&mut page, &machine)?;
    engine(&mut page, common, &config)?;
    statistics(&mut page, &config)?;
    model(&mut page, common, &config, arguments.no_model)?;
    instruct(&mut page, common, &config)?;

    let summary = match page.wrong {
        0 => format!("{GOOD}Everything is in order.{GOOD:#}"),
        1 => format!("{BAD}One thing is wrong; see above.{BAD:#}"),
        more => format!("{BAD}{more} things are wrong; see above.{BAD:#}"),
    };
    writeln!(page.out, "{summary}")?;
    Ok(if page.wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn settings(page: &mut Page, common: &Common, problems: &[ConfigProblem]) -> anyhow::Result<()> {
    page.section("settings")?;
    match Config::user_file(common.config.as_deref()) {
        Some(path) if path.exists() => page.fact("file", path.display())?,
        Some(path) => page.fact("file", format_args!("{} (not there: the defaults hold)", path.display()))?,
        None => page.bad("file", "there is no home folder; name a file with --config")?,
    }
    for problem in problems {
        page.bad("problem", problem)?;
    }
    Ok(())
}

fn folders(page: &mut Page) -> anyhow::Result<()> {
    page.section("folders")?;
    let usable = [
        ("configuration", paths::usable_config()),
        ("cache", paths::usable_cache()),
        ("state", paths::usable_state()),
    ];
    for (name, folder) in usable {
        match folder {
            Ok(folder) => page.good(name, folder.display())?,
            Err(problem) => page.bad(name, problem)?,
        }
    }
    let runtime = paths::runtime();
    match (&runtime.folder, runtime.problem) {
        (_, Some(problem)) => page.bad("runtime", problem)?,
        (Ok(folder), None) => page.good("runtime", folder.display())?,
        // What is wrong with the temporary one is said where the engine is described.
        (Err(_), None) => {}
    }
    for (variable, value) in paths::relative_variables() {
        let shown = format_args!(
            "{variable}=\"{}\" is not an absolute path and is ignored; set it to one, or remove it",
            value.display()
        );
        page.bad("variable", shown)?;
    }
    Ok(())
}

fn languages(page: &mut Page) -> anyhow::Result<()> {
    page.section("languages")?;
    let (registry, problems) = super::languages::load();
    for language in registry.iter() {
        let language = language.describe();
        let checked = language.strict.map_or(String::new(), |parser| format!(" and {parser}"));
        page.good(&language.name, format_args!("checked by tree-sitter{checked}"))?;
    }
    for problem in problems {
        page.bad("problem", problem)?;
    }
    Ok(())
}

fn processor(page: &mut Page, machine: &Result<Machine, String>) -> anyhow::Result<()> {
    page.section("processor")?;
    page.fact("architecture", std::env::consts::ARCH)?;
    page.fact("threads", std::thread::available_parallelism().map_or(1, usize::from))?;
    page.fact("built for", words(cpu::built_for()))?;
    match machine {
        Ok(machine) => page.fact("ggml uses", &machine.ggml)?,
        Err(why) => page.bad("ggml", why)?,
    }
    Ok(())
}

fn gpu(page: &mut Page, machine: &Result<Machine, String>) -> anyhow::Result<()> {
    page.section("devices")?;
    let devices = machine.as_ref().map(|machine| &*machine.devices).unwrap_or_default();
    for device in devices {
        let gigabytes = |bytes: u64| bytes as f64 / f64::from(1 << 30);
        let memory = format!("{:.1} of {:.1} GiB free", gigabytes(device.free), gigabytes(device.total));
        page.fact(if device.gpu { "GPU" } else { "CPU" }, format_args!("{}, {memory}", device.name))?;
    }
    if GPU_BUILD && !devices.iter().any(|device| device.gpu) {
        page.bad("GPU", "this build can use one, but none was found: the driver may be missing; the CPU does all the work")?;
    }
    Ok(())
}

fn engine(page: &mut Page, common: &Common, config: &Config) -> anyhow::Result<()> {
    page.section("engine")?;
    if config.engine.in_process {
        return Ok(
            page.fact("process", "inside each editor's server, without a sandbox (engine.in_process)")?
        );
    }
    #[cfg(unix)]
    match paths::runtime_dir() {
        Err(error) => page.bad(
            "socket",
            format_args!("{error:#}; each editor's server runs the model itself; set {} to a short private folder of yours", paths::RUNTIME_VARIABLE),
        )?,
        Ok(folder) => {
            let running = address::all()?.iter().filter_map(|socket| ask::report(socket)).count();
            page.good("sockets", format_args!("in {} ({running} running)", folder.display()))?;
            // What a release brings for better CPUs than this program needs.
            if let Some(level) =
                std::env::current_exe().ok().and_then(|own| launch::levels(&own).into_iter().next())
            {
                page.fact("program", level.display())?;
            }
            let log = paths::usable_state().unwrap_or(folder).join("engine.log");
            page.fact("log", log.display())?;
            sandbox(page, common, config)?;
        }
    }
    Ok(())
}

/// What shuts an engine in, told by a process that has entered the sandbox of one.
#[cfg(unix)]
fn sandbox(page: &mut Page, common: &Common, config: &Config) -> anyhow::Result<()> {
    let model = models::infill(&config.model.path).unwrap_or_default();
    let settings = match config.remote.is_used() {
        true => config.remote_settings(model),
        false => config.engine_settings(model),
    };
    match Probe::Sandbox(settings).ask::<Confinement>(common) {
        Ok(confined) if confined.is_whole() => page.good("sandbox", confined)?,
        // Engines run without: it is no fault of this machine's.
        Ok(confined) => page.fact("sandbox", confined)?,
        Err(why) => page.bad("sandbox", why)?,
    }
    Ok(())
}

/// Read the model as an engine does, in its sandbox. If it can be read only outside of that, the page says so.
fn measure(
    page: &mut Page,
    common: &Common,
    mut settings: DaemonOptions,
) -> anyhow::Result<Result<Measured, String>> {
    let inside = Probe::Model(settings.clone()).ask::<Measured>(common);
    let Err(why) = &inside else { return Ok(inside) };
    let is_free = !settings.sandbox.sandbox && settings.sandbox.memory_mb.is_none();
    settings.sandbox = SandboxOptions { sandbox: false, memory_mb: None };
    match Probe::Model(settings).ask(common) {
        Ok(outside) if !is_free => {
            page.bad("sandbox", format_args!(
                "the model runs only without it ({why}); set engine.memory_mb to more than it takes, or engine.sandbox = false"
            ))?;
            Ok(Ok(outside))
        }
        _ => Ok(inside),
    }
}

fn statistics(page: &mut Page, config: &Config) -> anyhow::Result<()> {
    page.section("statistics")?;
    if !config.stats.enabled {
        return Ok(page.fact("kept", "no (stats.enabled)")?);
    }
    match stats::last_day() {
        Ok(facts) => facts.into_iter().try_for_each(|(name, value)| page.fact(name, value))?,
        Err(error) => page.bad("file", format_args!("{error:#}"))?,
    }
    Ok(())
}

fn words(names: &[&str]) -> String {
    if names.is_empty() { "any machine of this architecture".to_owned() } else { names.join(" ") }
}

fn model(page: &mut Page, common: &Common, config: &Config, skip: bool) -> anyhow::Result<()> {
    page.section("model")?;
    if config.remote.is_used() {
        return server::describe(page, common, config, skip);
    }
    let configured = config.model.path.as_ref();
    match (models::infill(&config.model.path), configured) {
        (Ok(path), configured) => {
            let source = if configured.is_some() { "a file of yours" } else { "embedded in this program" };
            let failure = one_model(page, common, config, (path, source), skip)?;
            match (failure, configured) {
                (Some(why), _) if why.starts_with(models::ADAPTER_SETTING) => {
                    Ok(page.bad("adapter", models::without_adapter_notice(&why))?)
                }
                (Some(why), Some(path)) => stand_in(page, path, &why),
                (Some(why), None) => Ok(page.bad("engine", why)?),
                (None, _) => Ok(()),
            }
        }
        (Err(error), Some(path)) => stand_in(page, path, &format!("{error:#}")),
        (Err(error), None) => Ok(page.bad("file", format_args!("{error:#}"))?),
    }
}

/// The configured model cannot be used because of `why`: editors get the built-in one, if there is one.
fn stand_in(page: &mut Page, path: &std::path::Path, why: &str) -> anyhow::Result<()> {
    match models::infill(&None) {
        Ok(built_in) => {
            page.bad("file", models::stand_in_notice(path, why))?;
            Ok(page.fact("in its place", built_in.display())?)
        }
        Err(_) => Ok(page.bad("file", why)?),
    }
}

/// What is known of the model at `path`; why it cannot be used, if so.
fn one_model(
    page: &mut Page,
    common: &Common,
    config: &Config,
    (path, source): (std::path::PathBuf, &str),
    skip: bool,
) -> anyhow::Result<Option<String>> {
    page.fact("source", source)?;
    page.fact("file", path.display())?;
    if let Ok(metadata) = std::fs::metadata(&path) {
        page.fact("size", format_args!("{:.1} MB", metadata.len() as f64 / 1e6))?;
    }
    if let Some(adapter) = &config.model.adapter {
        page.fact("adapter", adapter.display())?;
        if let Err(error) = models::check_adapter(adapter, &path) {
            return Ok(Some(format!("{error:#}")));
        }
    }
    if skip {
        return Ok(None);
    }
    match measure(page, common, probe::settings(config, path))? {
        Err(why) => return Ok(Some(why)),
        Ok(Measured { info, speed }) => {
            describe(page, &info)?;
            match speed {
                Ok((read, written)) => {
                    let speed = format_args!("reads {read:.0} tokens/s, writes {written:.0} tokens/s");
                    page.good("speed", speed)?;
                    page.fact("others", "treefill model recommend says which are fast enough here")?;
                }
                Err(why) => page.bad("speed", why)?,
            }
        }
    }
    Ok(None)
}

/// The model that takes instructions: whether it can be asked, told from its head, without reading the weights.
fn instruct(page: &mut Page, common: &Common, config: &Config) -> anyhow::Result<()> {
    page.section("instructions")?;
    let Some(path) = &config.instruct.path else {
        return Ok(page.fact("file", "none (instruct.path): the actions that need one are not offered")?);
    };
    let checked = models::check(path).map_err(|error| format!("{error:#}"));
    match checked.and_then(|()| Probe::ChatTemplate(path.clone()).ask::<()>(common)) {
        Ok(()) => page.good("file", path.display())?,
        Err(why) => page.bad("file", format_args!("{}: {why}", path.display()))?,
    }
    Ok(())
}

fn describe(page: &mut Page, info: &ModelInfo) -> std::io::Result<()> {
    page.good("name", &info.name)?;
    page.fact("parameters", format_args!("{:.1} M", info.parameters as f64 / 1e6))?;
    page.fact("prompt", &info.family)?;
    info.doubts.iter().try_for_each(|doubt| page.bad("prompt", doubt))?;
    page.fact("context", format_args!("{} tokens", info.context))?;
    page.fact("threads", info.threads)?;
    if !info.batch_costs.is_empty() {
        let cost = |(tokens, cost): &(usize, f32)| format!("{tokens}: {cost:.1}");
        let costs: Vec<String> = info.batch_costs.iter().map(cost).collect();
        page.fact("batches", format_args!("tokens and their cost in single ones: {}", costs.join(", ")))?;
    }
    if GPU_BUILD {
        let layers = format_args!("{} of {} layers on the GPU", info.gpu_layers, info.layers);
        if info.gpu_layers == 0 {
            return page.bad("offloaded", format_args!("{layers}; model.gpu_layers sets it"));
        }
        page.good("offloaded", layers)?;
    }
    Ok(())
}
