//! Asks a child process what may crash: the devices of this machine, and a model's speed. Both end in llama.cpp and in the
//! driver of a GPU, whose crash must end the child alone.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::{Common, complete};
use crate::cancel::CancelToken;
use crate::config::Config;
#[cfg(unix)]
use crate::engine::daemon::{address::Address, confinement::Confinement, sandbox};
use crate::engine::local::{self, Device};
use crate::engine::{
    DaemonOptions, Engine, Job, JobSummary, Lane, ModelInfo, Role, Sampling, SandboxOptions, Segment, Stop,
    Task, Update, prepare,
};
use crate::models;

/// A question to the child.
#[derive(Debug, Serialize, Deserialize)]
pub enum Probe {
    /// What computes here: answered by [`Machine`].
    Machine,
    /// Read this model and measure it, in the sandbox of an engine for it: answered by [`Measured`].
    Model(DaemonOptions),
    /// Enter the sandbox of an engine: answered by what holds in it, a `Confinement`.
    Sandbox(DaemonOptions),
    /// Whether a conversation can be put into the chat template of the model at this path.
    ChatTemplate(PathBuf),
}

/// What llama.cpp finds on this machine.
#[derive(Debug, Serialize, Deserialize)]
pub struct Machine {
    /// The CPU features and devices that ggml uses.
    pub ggml: String,
    /// What can compute.
    pub devices: Vec<Device>,
}

/// A model that was read.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Facts about it.
    pub info: ModelInfo,
    /// Tokens per second: read from a prompt, written. Or why they could not be measured.
    pub speed: Result<(f64, f64), String>,
}

/// The settings of an engine for the model at `path`, with the sandbox that editors' engines have.
pub fn settings(config: &Config, path: PathBuf) -> DaemonOptions {
    // Another model than the configured one, or the one inside where none is, has no adapter.
    let is_used = config.model.path.as_ref().map_or_else(|| models::is_embedded(&path), |used| *used == path);
    let mut settings = config.engine_settings(path);
    settings.options.adapter = settings.options.adapter.filter(|_| is_used);
    if config.engine.in_process {
        settings.sandbox = SandboxOptions { sandbox: false, memory_mb: None };
    }
    settings
}

impl Probe {
    /// The child's answer.
    ///
    /// # Errors
    /// One sentence for the user, also when the child has crashed.
    pub fn ask<T: DeserializeOwned>(&self, common: &Common) -> Result<T, String> {
        let program =
            std::env::current_exe().map_err(|error| format!("the path of this program: {error}"))?;
        let question = serde_json::to_string(self).map_err(|error| error.to_string())?;
        let mut child = Command::new(program);
        child.args(["doctor", "--probe"]).arg(question);
        if let Some(file) = &common.config {
            child.arg("--config").arg(file);
        }
        if let Some(level) = &common.log {
            child.arg("--log").arg(level);
        }
        answer_of(&mut child)
    }

    /// Answers as the child does: one line of JSON.
    pub fn answer(question: &str) -> anyhow::Result<String> {
        Ok(match serde_json::from_str(question)? {
            Self::Machine => {
                let machine = Machine { ggml: local::system_info(), devices: local::devices() };
                serde_json::to_string(&Ok::<_, String>(machine))?
            }
            Self::ChatTemplate(path) => serde_json::to_string(&local::check_chat_template(&path))?,
            Self::Model(settings) => {
                let make = prepare(&settings);
                // Where no sandbox can be entered no engine has one.
                let _ = enter_sandbox(&settings);
                serde_json::to_string(&measured(make).map_err(|error| format!("{error:#}")))?
            }
            Self::Sandbox(settings) => serde_json::to_string(&enter_sandbox(&settings))?,
        })
    }
}

fn answer_of<T: DeserializeOwned>(child: &mut Command) -> Result<T, String> {
    let output = child.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output =
        output.map_err(|error| format!("the process that tries it could not be started: {error}"))?;
    if output.status.code().is_some_and(|code| code != 0) {
        return Err(format!("the process that tries it has failed ({}); stderr says why", output.status));
    }
    if !output.status.success() {
        return Err(format!(
            "the process that tries it has crashed ({}), in llama.cpp or in the driver of a GPU; try `model.gpu_layers = 0`, a newer driver, or another model",
            output.status
        ));
    }
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| Err(format!("its answer was not understood: {error}")))
}

/// Shuts this process in as an engine's is.
#[cfg(unix)]
fn enter_sandbox(settings: &DaemonOptions) -> Result<Confinement, String> {
    let runtime = crate::paths::runtime_dir().map_err(|error| format!("{error:#}"))?;
    let state = crate::paths::usable_state().unwrap_or_else(|_| runtime.clone());
    Ok(sandbox::enter(settings, &Address::within(&runtime, &state, "doctor".to_owned())))
}

#[cfg(not(unix))]
fn enter_sandbox(_: &DaemonOptions) -> Result<(), String> {
    Err("none on this system".to_owned())
}

fn measured(make: impl Fn() -> Arc<dyn Engine>) -> anyhow::Result<Measured> {
    let engine = make();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let info = runtime.block_on(complete::ready(&*engine))?;
    let speed = runtime.block_on(measure(&*engine)).map_err(|error| format!("{error:#}"));
    Ok(Measured { info: ModelInfo::clone(&info), speed })
}

/// Runs of a measurement, and the time after which two are enough.
const RUNS: usize = 5;
const LONG: Duration = Duration::from_secs(4);
/// Tokens that say how fast a model writes, at least.
const ENOUGH: usize = 8;

/// Tokens per second: reading a prompt of some hundred tokens, writing a few dozen. The best of some runs: what else the machine
/// does makes them slower, and nothing makes them faster.
async fn measure(engine: &dyn Engine) -> anyhow::Result<(f64, f64)> {
    let started = Instant::now();
    let (mut read, mut written, mut least) = (0.0f64, 0.0f64, 0.0f64);
    // Different prompts, so that none is found in the cache; a model may end one of them early.
    for run in 0..RUNS {
        let summary = once(engine, run).await?;
        let rate =
            |tokens: usize, ms: f32| if ms > 0.0 { tokens as f64 / f64::from(ms) * 1000.0 } else { 0.0 };
        read = read.max(rate(summary.prompt.tokens - summary.prompt.reused, summary.prefill_ms));
        let tokens = summary.generated_tokens;
        let of_run = rate(tokens, summary.decode_ms);
        if tokens >= ENOUGH {
            written = written.max(of_run);
        } else {
            least = least.max(of_run);
        }
        if run > 0 && started.elapsed() > LONG {
            break;
        }
    }
    Ok((read, if written > 0.0 { written } else { least }))
}

async fn once(engine: &dyn Engine, run: usize) -> anyhow::Result<JobSummary> {
    // About 300 tokens: a usual prompt.
    let lines = (0..30).map(|line| format!("value_{run}_{line} = compute(items[{line}], scale={run})\n"));
    let prefix = Segment {
        role: Role::Prefix,
        text: lines.collect::<String>() + "total = ",
        share: 100,
        boundaries: Vec::new(),
        file: None,
    };
    let job = Job {
        document: format!("doctor:{run}"),
        lane: Lane::Interactive,
        segments: vec![prefix],
        max_tokens: 24,
        stop: Stop::default(),
        // A draw among tokens that are equally likely, as without training, would sort the whole vocabulary.
        sampling: Sampling::Greedy,
        task: Task::default(),
        language: String::new(),
        workspace: None,
    };
    let mut generation = engine.generate(job, CancelToken::never());
    while let Some(update) = generation.next().await {
        if let Update::Done(summary) = update? {
            return Ok(summary);
        }
    }
    anyhow::bail!("the engine ended without a result")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn answer(script: &str) -> Result<u32, String> {
        answer_of(Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn a_crash_of_the_child_is_a_sentence_that_says_what_to_do() {
        assert_eq!(answer("echo '{\"Ok\": 7}'"), Ok(7));
        assert_eq!(answer("echo '{\"Err\": \"no such file\"}'"), Err("no such file".into()));
        for signal in ["SEGV", "KILL", "ABRT"] {
            let crashed = answer(&format!("kill -{signal} $$")).unwrap_err();
            assert!(crashed.contains("signal") && crashed.contains("model.gpu_layers = 0"), "{crashed}");
        }
        assert!(answer("echo nonsense").unwrap_err().contains("not understood"));
    }
}
