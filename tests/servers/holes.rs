//! Tests the pipeline with a server at holes in real code: it shows as much as with the same model here, and adds no fault.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use treefill::cancel::CancelToken;
use treefill::completion::{self, CompletionOptions, CompletionRequest, Outcome, TriggerKind};
use treefill::document::Snapshot;
use treefill::engine::{Capabilities, Engine, Generation, Job, Status};

use super::{Real, local, sources, testing};

/// Holes per language.
const HOLES: usize = 40;

/// A file without the rest of a line, and the cursor there.
fn holes(language: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let sources = sources(language);
    let short = sources.iter().filter(|source| source.len() < 20_000);
    for (number, source) in std::iter::repeat_n(short, 4).flatten().enumerate() {
        let lines: Vec<(usize, &str)> = source
            .match_indices('\n')
            .map(|(end, _)| (source[..end].rfind('\n').map_or(0, |at| at + 1), end))
            .map(|(start, end)| (start, &source[start..end]))
            .filter(|(_, line)| line.trim().len() >= 8 && line.is_ascii())
            .collect();
        let Some(&(start, line)) = lines.get(lines.len() * (number % 11 + 1) / 13) else { continue };
        let indentation = line.len() - line.trim_start().len();
        let column = indentation + (line.len() - indentation) * (number % 4) / 4;
        let mut holed = source.clone();
        holed.replace_range(start + column..start + line.len(), "");
        found.push((holed, start + column));
        if found.len() == HOLES {
            break;
        }
    }
    found
}

/// What is shown at each hole, each text checked to add no fault.
async fn shown(name: &str, engine: &dyn Engine) -> Vec<Option<String>> {
    let language = testing::language(name);
    let strict = language.as_ref().unwrap().strict.unwrap();
    let options = CompletionOptions {
        delay: Duration::ZERO,
        deadline: Duration::from_secs(100),
        ..CompletionOptions::default()
    };
    let mut shown = Vec::new();
    for (number, (holed, offset)) in holes(name).into_iter().enumerate() {
        let uri = format!("file:///holes/{number}");
        let snapshot = Snapshot::of_text(&uri, &holed, language.clone());
        let request = CompletionRequest {
            snapshot,
            offset,
            trigger: TriggerKind::Invoked,
            selected: None,
            remembered: Vec::new(),
        };
        let report = completion::complete(request, engine, &options, &CancelToken::never()).await;
        let Outcome::Suggested(found) = report.outcome else {
            shown.push(None);
            continue;
        };
        let mut applied = holed.clone();
        applied.replace_range(found.range(), found.text());
        let (now, then) = (strict.judge(&applied), strict.judge(&holed));
        assert!(!now.worse_than(&then), "{:?} at {offset} of {number}", found.text());
        shown.push(Some(found.text().to_owned()));
    }
    shown
}

/// An engine that is asked for one text at a time, as a server is.
struct OneAtATime(Arc<dyn Engine>);

impl Engine for OneAtATime {
    fn generate(&self, job: Job, cancel: CancelToken) -> Generation {
        self.0.generate(job, cancel)
    }

    fn status(&self) -> watch::Receiver<Status> {
        self.0.status()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { scoring: false, branches: false, ..Capabilities::LLAMA }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_llama_server_is_as_good_as_the_model_here() {
    let (here, there) = (local().await, Real::LlamaServer.engine(true).await);
    let alike = OneAtATime(Arc::clone(&here));
    for language in ["python", "rust"] {
        let own = shown(language, &*here).await;
        let (single, other) = (shown(language, &alike).await, shown(language, &*there).await);
        let count = |shown: &[Option<String>]| shown.iter().flatten().count();
        let equal = single.iter().zip(&other).filter(|(one, other)| one == other).count();
        println!(
            "{language}, {} holes: {} shown here, {} here with one candidate, {} through llama-server, {equal} as with one here; 0 faults added",
            own.len(),
            count(&own),
            count(&single),
            count(&other)
        );
        assert!(equal * 10 >= own.len() * 9, "{single:?} {other:?}");
    }
}
