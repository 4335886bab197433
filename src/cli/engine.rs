//! Runs `treefill engine`: lists the engine processes of this user, ends them, or becomes one.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Args, Subcommand};

use crate::config::Config;
use crate::engine::daemon::address::{self, Address};
use crate::engine::daemon::ask;
use crate::engine::daemon::launch::Launch;
use crate::engine::daemon::server;
use crate::engine::daemon::wire::EngineReport;
use crate::engine::remote::{self, RemoteOptions};
use crate::engine::{DaemonOptions, DraftStats, Status, model_beside, prepare};
use crate::lsp;
use crate::text::amounts::counted;
use crate::{models, paths};

pub const EXAMPLES: &str = "\
Editors find and start the engine by themselves; nobody has to run these.

Examples:
  treefill engine status     which engines run, for which model, and for how many editors
  treefill engine explain    what a server (remote.url) is sent
  treefill engine stop       end them; an editor starts its own again at the next key
  treefill engine run        be the engine of your configuration, in the foreground";

/// Options of `treefill engine`.
#[derive(Debug, Args)]
pub struct EngineArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the engine processes of this user
    Status,
    /// End the engine processes of this user
    Stop,
    /// Show one request to the server of your configuration (remote.url): all that it is sent, with the key hidden
    Explain,
    /// Be an engine process until no editor needs it any more
    Run {
        /// How an editor's server starts it: detached, with these settings
        #[arg(long, value_name = "JSON", hide = true)]
        launch: Option<String>,
    },
}

/// How long an engine may take to end. It answers at once and stops within one chunk of work.
const ENDING: Duration = Duration::from_secs(3);

pub fn run(arguments: &EngineArguments, config: Config) -> anyhow::Result<ExitCode> {
    match &arguments.action {
        Action::Status => status(),
        Action::Stop => stop(),
        Action::Explain => explain(&config),
        Action::Run { launch: None } => foreground(&config),
        Action::Run { launch: Some(launch) } => detached(launch),
    }
}

fn explain(config: &Config) -> anyhow::Result<ExitCode> {
    let settings = config.remote_settings(PathBuf::new());
    let options = RemoteOptions::of(&settings)
        .context("nothing is sent anywhere: the model runs on this machine (remote.url is not set)")?;
    let told = options.and_then(|options| remote::explain(&options)).map_err(anyhow::Error::msg)?;
    write!(anstream::stdout(), "{told}")?;
    Ok(ExitCode::SUCCESS)
}

fn foreground(config: &Config) -> anyhow::Result<ExitCode> {
    let settings = settings(config)?;
    let address = Address::of(&settings)?;
    super::tell(&format!("serving at {}; Ctrl-C ends it", address.socket.display()));
    serve(address, settings)
}

/// The settings of the engine of this configuration.
fn settings(config: &Config) -> anyhow::Result<DaemonOptions> {
    if !config.remote.is_used() {
        return Ok(config.engine_settings(models::infill(&config.model.path)?));
    }
    Ok(config.remote_settings(model_beside(&config.remote, &config.model.path)?))
}

fn detached(launch: &str) -> anyhow::Result<ExitCode> {
    let Launch { settings, address } = serde_json::from_str(launch)?;
    server::detach(&address);
    serve(address, settings)
}

fn serve(address: Address, settings: DaemonOptions) -> anyhow::Result<ExitCode> {
    let make = prepare(&settings);
    server::run(address, settings, Box::new(make))?;
    // llama.cpp's threads may be at work; its destructors must not run under them.
    lsp::process::quit(0)
}

fn status() -> anyhow::Result<ExitCode> {
    let mut out = anstream::stdout();
    if let Some(problem) = paths::runtime().problem {
        super::tell(&problem.to_string());
    }
    let sockets = address::all()?;
    let mut found = 0;
    for socket in &sockets {
        match ask::report(socket) {
            Some(report) => {
                found += 1;
                describe(&mut out, &report)?;
            }
            None => writeln!(out, "{}: nobody answers there", socket.display())?,
        }
    }
    if found == 0 {
        writeln!(out, "no engine runs; an editor starts one when it opens a file")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(out: &mut impl std::io::Write, report: &EngineReport) -> std::io::Result<()> {
    let server = match &report.status {
        Status::Ready(model) => model.server.as_ref(),
        _ => None,
    };
    let (state, model) = match &report.status {
        Status::Ready(model) => ("ready".to_owned(), model.name.clone()),
        Status::Loading(share) => (format!("reading the model, {:.0} %", share * 100.0), String::new()),
        Status::Restarting => ("restarting".to_owned(), String::new()),
        Status::Failed(why) => (format!("failed: {why}"), String::new()),
    };
    writeln!(out, "process {}: {state}", report.pid)?;
    let mut fact = |name: &str, value: &dyn std::fmt::Display| writeln!(out, "  {name:<9} {value}");
    if !model.is_empty() {
        fact("model", &model)?;
    }
    if let Some(server) = server {
        fact("server", &lsp::server_sentence(server))?;
        fact("speaks", &server.dialect)?;
        let speed =
            format!("reads {:.0} tokens/s, writes {:.0} tokens/s (as measured)", server.reads, server.writes);
        fact("speed", &speed)?;
    }
    if !report.settings.options.model.as_os_str().is_empty() {
        fact("file", &report.settings.options.model.display())?;
    }
    if let Some(adapter) = &report.settings.options.adapter {
        fact("adapter", &adapter.display())?;
    }
    fact("clients", &report.clients)?;
    fact("jobs", &report.jobs)?;
    if server.is_none() {
        memory(&mut fact, report)?;
    }
    fact("up", &format_args!("{} s", report.uptime_s))?;
    fact("stays", &format_args!("{} s after its last client", report.settings.idle.exit_after_idle_s))?;
    if let Some(confined) = &report.confined {
        fact("sandbox", confined)?;
    }
    fact("version", &report.version)
}

/// What memory did for a model that runs here.
fn memory(
    fact: &mut impl FnMut(&str, &dyn std::fmt::Display) -> std::io::Result<()>,
    report: &EngineReport,
) -> std::io::Result<()> {
    let remembered = counted(report.remembered.tokens as u64, "token");
    fact("memory", &format_args!("{remembered} of the workspace asked about last"))?;
    let DraftStats { steps, drafted, accepted, .. } = report.drafts;
    fact(
        "drafts",
        &format_args!("{accepted} of {} proposed right; batches: {steps}", counted(drafted as u64, "token")),
    )
}

fn stop() -> anyhow::Result<ExitCode> {
    let mut out = anstream::stdout();
    let mut left = Vec::new();
    for socket in address::all()? {
        if !ask::stop(&socket) {
            // Left by a process that was killed; the next engine would remove it too.
            let _ = std::fs::remove_file(&socket);
        } else if gone(&socket) {
            writeln!(out, "an engine has ended ({})", socket.display())?;
        } else {
            left.push(socket);
        }
    }
    for socket in &left {
        super::tell(&format!(
            "the engine at {} does not end; look for its process with `treefill engine status`",
            socket.display()
        ));
    }
    Ok(if left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn gone(socket: &Path) -> bool {
    let start = Instant::now();
    while socket.exists() && start.elapsed() < ENDING {
        std::thread::sleep(Duration::from_millis(10));
    }
    !socket.exists()
}
