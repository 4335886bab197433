//! Tests the engine that asks a server with real ones: llama-server, vLLM and LiteLLM in front of it, all with the model inside the
//! program; llama-server and llama-cpp-python by OpenAI's completions, with prompts as text.
//! `make test-servers` fetches and starts them; a test whose server is not there fails and says so.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic in a test is its report; they print what they measured"
)]

mod counters;
mod holes;
mod same;
mod stop;
#[path = "../../src/testing.rs"]
mod testing;
mod typing;
mod vim;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use treefill::cancel::CancelToken;
use treefill::engine::llama::LlamaEngine;
use treefill::engine::remote::key::Key;
use treefill::engine::remote::{RemoteEngine, RemoteOptions};
use treefill::engine::{
    DialectChoice, Engine, Job, JobSummary, Lane, ModelOptions, ModelTuning, RemoteSettings, Role, Sampling,
    Segment, Status, Stop, Task, Update,
};

/// Longest wait for one answer: the first one of vLLM takes some 20 s.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server that `scripts/test-servers.sh` starts.
#[derive(Debug, Clone, Copy)]
enum Real {
    LlamaServer,
    /// The same by OpenAI's completions, which gets text.
    LlamaServerText,
    /// llama-cpp-python's server by OpenAI's completions.
    LlamaCppPython,
    Vllm,
    /// In front of vLLM.
    LiteLlm,
    /// llama-server with a model of the shape of Qwen2.5-Coder-0.5B and random weights.
    Shape,
}

impl Real {
    /// Its address.
    fn url(self) -> String {
        let name = match self {
            Self::LlamaServer | Self::LlamaServerText => "TREEFILL_TEST_LLAMA_SERVER",
            Self::LlamaCppPython => "TREEFILL_TEST_LLAMA_CPP_PYTHON",
            Self::Vllm => "TREEFILL_TEST_VLLM",
            Self::LiteLlm => "TREEFILL_TEST_LITELLM",
            Self::Shape => "TREEFILL_TEST_SHAPE",
        };
        std::env::var(name).unwrap_or_else(|_| {
            panic!("{name} is not set: `make test-servers` starts the servers and sets it")
        })
    }

    /// An engine that asks it, ready. With the model's own vocabulary file, or without.
    async fn engine(self, tokenizer: bool) -> Arc<dyn Engine> {
        let settings = RemoteSettings {
            url: Some(self.url()),
            tokenizer: tokenizer.then(model),
            dialect: match self {
                Self::LlamaServer | Self::Vllm | Self::Shape => DialectChoice::Auto,
                Self::LlamaServerText | Self::LlamaCppPython => DialectChoice::Openai,
                // A gateway does not say what is behind it.
                Self::LiteLlm => DialectChoice::Vllm,
            },
            model: matches!(self, Self::LiteLlm).then(|| "treefill".to_owned()),
            first_byte_ms: 100_000,
            total_ms: 100_000,
            ..RemoteSettings::default()
        };
        let key = matches!(self, Self::LiteLlm).then(|| Key::new("sk-test").unwrap());
        let tuning = match self {
            // Times are wanted of it, as somebody has them who has set nothing.
            Self::Shape => ModelTuning { max_prefill_ms: ModelTuning::default().max_prefill_ms, ..tuning() },
            // The name of a file tells no family.
            Self::LlamaServerText | Self::LlamaCppPython => {
                ModelTuning { family: Some("qwen2.5-coder".to_owned()), ..tuning() }
            }
            _ => tuning(),
        };
        let options = RemoteOptions { tuning, key, ..RemoteOptions::new(settings) };
        ready(RemoteEngine::start(options)).await
    }
}

fn model() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models/default/model.gguf")
}

/// The text alone counts: no prompt is shortened because a machine is slow.
fn tuning() -> ModelTuning {
    ModelTuning { max_prefill_ms: 60_000, drafts: false, memory: false, ..ModelTuning::default() }
}

/// The same model in this process, ready.
async fn local() -> Arc<dyn Engine> {
    ready(LlamaEngine::start(ModelOptions { tuning: tuning(), ..ModelOptions::new(model()) })).await
}

async fn ready(engine: Arc<dyn Engine>) -> Arc<dyn Engine> {
    let mut status = engine.status();
    let settled = status.wait_for(|status| !status.is_coming());
    match tokio::time::timeout(PATIENCE, settled).await.unwrap().unwrap().clone() {
        Status::Ready(info) => {
            let trouble = info.server.as_ref().and_then(|server| server.trouble.clone());
            assert_eq!(trouble, None, "{info:?}");
            println!("{} ({})", info.name, info.server.as_ref().map_or("here", |server| &*server.dialect));
        }
        other => panic!("{other:?}"),
    }
    engine
}

/// A segment whose lines are its boundaries.
fn segment(role: Role, text: &str) -> Segment {
    let boundaries = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    Segment { role, text: text.into(), share: 40, boundaries, file: None }
}

/// A line at a cursor, the likeliest.
fn job(document: &str, before: &str, after: &str) -> Job {
    Job {
        document: document.to_owned(),
        lane: Lane::Interactive,
        segments: vec![segment(Role::Prefix, before), segment(Role::Suffix, after)],
        max_tokens: 24,
        stop: Stop { lines: 1 },
        sampling: Sampling::Greedy,
        task: Task::default(),
        language: String::new(),
        workspace: None,
    }
}

/// The text of a job, and its figures.
async fn text(engine: &dyn Engine, job: Job) -> (String, JobSummary) {
    let mut generation = engine.generate(job, CancelToken::never());
    let mut text = String::new();
    let work = async {
        loop {
            match generation.next().await.expect("an end").unwrap() {
                Update::Piece(piece) => text.push_str(&piece.text),
                Update::Done(summary) => return summary,
                _ => {}
            }
        }
    };
    let summary = tokio::time::timeout(PATIENCE, work).await.expect("an answer in time");
    (text, summary)
}

/// Code that no model of this project was trained on: the files of the cases.
fn sources(language: &str) -> Vec<String> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("benches/cases/{language}.jsonl"));
    let text = std::fs::read_to_string(file).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    rows.filter_map(|row| Some(row["source"]["text"].as_str()?.to_owned())).collect()
}
