//! Tests the engine that asks a server against servers on this machine that do what servers, gateways and networks do to people: nothing
//! hangs, nothing wrong is shown, each message says what to do, and the key goes nowhere else.

mod answers;
mod beginnings;
mod certificates;
mod completions;
mod good;
mod program;
mod recovery;

use std::sync::Arc;
use std::time::{Duration, Instant};

use treefill::cancel::CancelToken;
use treefill::completion::{
    self, CompletionOptions, CompletionRequest, Eagerness, Outcome, Reason, TriggerKind,
};
use treefill::document::Snapshot;
use treefill::engine::remote::key::Key;
use treefill::engine::remote::{RemoteEngine, RemoteOptions};
use treefill::engine::{Engine, RemoteSettings};

use crate::testing;

/// The key of these tests.
pub const KEY: &str = "sk-0123456789abcdef";
/// What is before and behind the cursor.
const BEFORE: &str = "def area(width, height):\n    return ";
const AFTER: &str = "\n\n\nprint(area(2, 3))\n";
/// Longest wait for anything here; the limits of the settings are far below.
const PATIENCE: Duration = Duration::from_secs(30);

/// Settings with short limits.
pub fn settings(url: &str) -> RemoteSettings {
    RemoteSettings {
        url: Some(url.to_owned()),
        first_byte_ms: 400,
        total_ms: 1200,
        ..RemoteSettings::default()
    }
}

/// An engine that asks with the key.
pub fn engine(settings: RemoteSettings) -> Arc<dyn Engine> {
    RemoteEngine::start(RemoteOptions { key: Some(Key::new(KEY).unwrap()), ..RemoteOptions::new(settings) })
}

/// What a user sees at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    Text(String),
    Silence(Reason),
}

impl Seen {
    /// Nothing is suggested, and the sentence for the user has all of these.
    #[track_caller]
    pub fn says(&self, texts: &[&str]) -> String {
        let Self::Silence(reason) = self else { panic!("{self:?} is shown") };
        let sentence = reason.to_string();
        for text in texts {
            assert!(sentence.contains(text), "{text:?} is not in {sentence:?}");
        }
        assert!(
            !sentence.contains(KEY) && !sentence.contains("Some(") && !sentence.contains("Error"),
            "{sentence}"
        );
        println!("  {sentence}");
        sentence
    }

    /// This is suggested.
    #[track_caller]
    pub fn is(&self, text: &str) {
        assert_eq!(*self, Self::Text(text.to_owned()));
    }
}

/// What an engine suggests at the cursor. A hang fails the test.
pub fn suggested(engine: &dyn Engine) -> Seen {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let options = CompletionOptions {
        delay: Duration::ZERO,
        deadline: PATIENCE,
        check_time: PATIENCE,
        eagerness: Eagerness::Everything,
        ..CompletionOptions::default()
    };
    let request = CompletionRequest {
        snapshot: Snapshot::of_text(
            "file:///w/a.py",
            &format!("{BEFORE}{AFTER}"),
            testing::language("python"),
        ),
        offset: BEFORE.len(),
        trigger: TriggerKind::Invoked,
        selected: None,
        remembered: Vec::new(),
    };
    let cancel = CancelToken::never();
    let work = completion::complete(request, engine, &options, &cancel);
    let report = runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await });
    match report.expect("an answer, whatever the server does").outcome {
        Outcome::Suggested(suggestion) => Seen::Text(suggestion.text().to_owned()),
        Outcome::Skipped(reason) => Seen::Silence(reason),
    }
}

/// What is suggested by the server at `url`, asked for the first time.
pub fn of_server(url: &str) -> Seen {
    suggested(&*engine(settings(url)))
}

/// Waits until something is the case.
#[track_caller]
pub fn until(what: &str, is: impl Fn() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < PATIENCE, "{what} in time");
        std::thread::yield_now();
    }
}
