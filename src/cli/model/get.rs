//! Runs `treefill model get`: finds what is meant, asks about its licence, downloads it, and lets editors use it.

mod plan;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{bail, ensure};
use clap::Args;

use self::plan::{DownloadPlan, LicenceQuestion};
use super::progress::BytesBar;
use super::{Shelf, choose, question, size};
use crate::config::ModelSetting;
use crate::hub::{self, DownloadLimits, Downloaded, Downloader, HubEnvironment, StoredModel};
use crate::models;

pub const EXAMPLES: &str = "\
Examples:
  treefill model get qwen2.5-coder-1.5b --use     a name of the catalogue; every open editor switches to it
  treefill model get qwen2.5-coder-1.5b:Q8_0      with weights of this precision
  treefill model get owner/name:Q4_K_M            a repository of the hub (also hf.co/owner/name:Q4_K_M)
  treefill model get https://host/m.gguf --sha256 DIGEST

Ctrl-C keeps what came so far, and the same command goes on from there. A file with another digest than it should have is never kept.";

/// Options of `treefill model get`.
#[derive(Debug, Args)]
pub struct GetArguments {
    /// A name of the catalogue, OWNER/NAME:QUANT, or the address of a GGUF file
    name: String,
    /// Use it when it is there: write model.path into your configuration file
    #[arg(long = "use")]
    use_it: bool,
    /// Ask nothing: agree to the licence, also where it forbids something
    #[arg(long, short)]
    yes: bool,
    /// What the digest of the file at the address is
    #[arg(long, value_name = "DIGEST")]
    sha256: Option<String>,
    /// Download nothing: only use what is on this machine
    #[arg(long)]
    offline: bool,
    /// Say how far it is after each percent, in lines for programs
    #[arg(long)]
    progress: bool,
    /// Limits in milliseconds, for tests: without a byte, between attempts
    #[arg(long, value_name = "STALL,PAUSE", hide = true)]
    test_limits: Option<String>,
}

pub fn run(arguments: &GetArguments, shelf: &Shelf<'_>) -> anyhow::Result<ExitCode> {
    let mut environment = HubEnvironment::read()?;
    if arguments.offline {
        environment.offline = Some("--offline");
    }
    let limits = limits(arguments.test_limits.as_deref());
    let wait = |pause| std::thread::sleep(pause);
    let plan = {
        let silent = |event: hub::DownloadEvent<'_>| {
            if let hub::DownloadEvent::Waiting { why, .. } = event {
                super::super::tell(&format!("{why}; trying again"));
            }
        };
        let asker = Downloader::new(environment.clone(), limits.clone(), &silent, &wait);
        if let Some(there) = plan::on_this_machine(arguments, shelf, asker.endpoint())? {
            return arrived(arguments, shelf, &there, wants_use(arguments)?);
        }
        plan::make(arguments, shelf, &asker)?
    };
    if let Some(path) = plan.stored(&shelf.store) {
        writeln!(anstream::stdout(), "{} is there already: {}", plan.name, path.display())?;
        return arrived(arguments, shelf, &path, wants_use(arguments)?);
    }
    if environment.offline.is_none() {
        licence(arguments, shelf, &plan)?;
    }
    let use_it = wants_use(arguments)?;
    watch_for_interrupt(&arguments.name);
    let path = download((&plan, arguments.progress), shelf, environment, limits, &wait)?;
    arrived(arguments, shelf, &path, use_it)
}

fn limits(for_tests: Option<&str>) -> DownloadLimits {
    let mut limits = DownloadLimits::default();
    if let Some((stall, pause)) = for_tests.and_then(|text| text.split_once(',')) {
        let ms = |text: &str| std::time::Duration::from_millis(text.parse().unwrap_or(1000));
        (limits.stall, limits.answer, limits.connect) = (ms(stall), ms(stall), ms(stall));
        (limits.pause, limits.longest_pause) = (ms(pause), ms(pause));
    }
    limits
}

/// Asks before the long download, so that nobody has to wait for the question.
fn wants_use(arguments: &GetArguments) -> anyhow::Result<bool> {
    if arguments.use_it || arguments.yes || !question::is_possible() {
        return Ok(arguments.use_it);
    }
    Ok(question::ask("Use it in your editors when it is there?", true)?)
}

/// Asked once for each licence that forbids something.
fn licence(arguments: &GetArguments, shelf: &Shelf<'_>, plan: &DownloadPlan) -> anyhow::Result<()> {
    let (title, text, id) = match &plan.licence {
        LicenceQuestion::None => return Ok(()),
        LicenceQuestion::Restricts(licence) => {
            let text = format!("{}\n  {}", licence.plain, licence.url);
            (licence.title.clone(), text, licence.id.clone())
        }
        LicenceQuestion::Unknown { named, page } => {
            let title = named.clone().unwrap_or_else(|| "a licence that is not named".to_owned());
            let text = format!("treefill does not know what it forbids; read it there:\n  {page}");
            (title, text, format!("{}: {}", plan.place, named.as_deref().unwrap_or("none")))
        }
    };
    if shelf.store.has_accepted(&id) {
        return Ok(());
    }
    let mut err = anstream::stderr();
    writeln!(err, "{} comes under {title}.\n  {text}", plan.name)?;
    if !arguments.yes {
        ensure!(
            question::is_possible(),
            "nobody is there to agree to the licence; if you do, add --yes: treefill model get {} --yes",
            arguments.name
        );
        if !question::ask("Do you agree?", false)? {
            bail!("nothing was downloaded; `treefill model list` marks the models without restrictions");
        }
    }
    shelf.store.accept(&id)
}

fn download(
    (plan, by_percent): (&DownloadPlan, bool),
    shelf: &Shelf<'_>,
    environment: HubEnvironment,
    limits: DownloadLimits,
    wait: &dyn Fn(std::time::Duration),
) -> anyhow::Result<PathBuf> {
    let mut files: Vec<Downloaded> = Vec::new();
    for (at, (file, target)) in plan.files.iter().enumerate() {
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bar = BytesBar::new(&name, file.bytes.unwrap_or(0));
        let bar = if by_percent { bar.by_percent() } else { bar };
        let events = |event: hub::DownloadEvent<'_>| bar.show(&event);
        let downloader = Downloader::new(environment.clone(), limits.clone(), &events, wait);
        let done = file.sha256.as_ref().filter(|sha256| {
            // A part of a split model that came in an earlier run.
            target.exists() && hub::of_file(target, &|_| {}).is_ok_and(|found| found == **sha256)
        });
        if let Some(sha256) = done {
            let bytes = std::fs::metadata(target)?.len();
            let (path, sha256) = (target.clone(), sha256.clone());
            files.push(Downloaded { path, sha256, bytes, commit: None, compared: true });
            continue;
        }
        let is_last = at + 1 == plan.files.len();
        let recorded = |this: &Downloaded| match is_last {
            true => shelf.store.record(&record(plan, files.iter().chain([this]))),
            false => Ok(()),
        };
        let result = downloader.get(file, target, recorded);
        bar.end();
        files.push(result?);
    }
    let path = files[0].path.clone();
    let mut out = anstream::stdout().lock();
    let bytes = files.iter().map(|file| file.bytes).sum();
    writeln!(out, "Downloaded {} ({}) to {}.", plan.name, size(bytes), path.display())?;
    if !files.iter().all(|file| file.compared) {
        let digest = &files[0].sha256;
        writeln!(
            out,
            "Nobody said what its digest should be; it is {digest}. Compare it with one that you trust."
        )?;
    }
    Ok(path)
}

fn record<'a>(plan: &DownloadPlan, files: impl Iterator<Item = &'a Downloaded> + Clone) -> StoredModel {
    let commit = files.clone().find_map(|file| file.commit.clone());
    StoredModel {
        name: plan.name.clone(),
        source: plan.files[0].0.url.clone(),
        revision: commit.or_else(|| plan.revision.clone()),
        sha256: files.clone().map(|file| file.sha256.clone()).collect(),
        bytes: files.clone().map(|file| file.bytes).sum(),
        licence: plan.licence_id.clone(),
        compared: files.clone().all(|file| file.compared),
        path: plan.files[0].1.clone(),
    }
}

/// The model is at `path`.
fn arrived(
    arguments: &GetArguments,
    shelf: &Shelf<'_>,
    path: &Path,
    use_it: bool,
) -> anyhow::Result<ExitCode> {
    models::check(path)?;
    if use_it {
        choose::choose(shelf, ModelSetting::Infill, path)?;
    } else if shelf.is_in_use(path) {
        writeln!(anstream::stdout(), "It is in use.")?;
    } else {
        writeln!(anstream::stdout(), "Use it: treefill model use {}", arguments.name)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C ends the program at once; the bytes that came are on the disk already.
fn watch_for_interrupt(name: &str) {
    let name = name.to_owned();
    let watch = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            super::super::tell(&format!(
                "\nstopped; what came so far is kept. To go on: treefill model get {name}"
            ));
            // As a shell says that a signal has ended it.
            std::process::exit(130);
        }
    };
    // Without it Ctrl-C ends the program without a word.
    let _ = std::thread::Builder::new().name("interrupt".to_owned()).spawn(watch);
}
