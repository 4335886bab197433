//! Tests the pipeline with the embedded model at holes in real code: something is shown, and nothing shown adds a fault.

use std::sync::Arc;
use std::time::Duration;

use treefill::cancel::CancelToken;
use treefill::completion::{self, CompletionOptions, CompletionRequest, Outcome, TriggerKind};
use treefill::document::Snapshot;
use treefill::engine::llama::LlamaEngine;
use treefill::engine::{Engine, ModelOptions};

use crate::testing;

/// Holes per language.
const HOLES: usize = 40;

fn start() -> Arc<LlamaEngine> {
    LlamaEngine::start(ModelOptions::new(treefill::models::infill(&None).unwrap()))
}

/// Cut the rest of a line at about even distances: the text, and the cursor.
fn holes(text: &str) -> impl Iterator<Item = (String, usize)> + '_ {
    let lines: Vec<(usize, &str)> = text
        .match_indices('\n')
        .map(|(end, _)| (text[..end].rfind('\n').map_or(0, |at| at + 1), end))
        .map(|(start, end)| (start, &text[start..end]))
        .filter(|(_, line)| line.trim().len() >= 8 && line.is_ascii())
        .collect();
    let step = (lines.len() / HOLES).max(1);
    lines.into_iter().step_by(step).take(HOLES).enumerate().map(move |(number, (start, line))| {
        let indentation = line.len() - line.trim_start().len();
        // Early, in the middle, late, in turn.
        let column = indentation + (line.len() - indentation) * (number % 4) / 4;
        let mut holed = text.to_owned();
        holed.replace_range(start + column..start + line.len(), "");
        (holed, start + column)
    })
}

async fn shown_at_holes(name: &str, text: &str, engine: &dyn Engine) -> usize {
    let language = testing::language(name);
    let strict = language.as_ref().unwrap().strict.unwrap();
    // Time is not tested here, and the machine may be busy.
    let options = CompletionOptions {
        delay: Duration::ZERO,
        deadline: Duration::from_secs(60),
        ..CompletionOptions::default()
    };
    let mut shown = 0;
    for (holed, offset) in holes(text) {
        let snapshot = Snapshot::of_text("file:///holes", &holed, language.clone());
        let request = CompletionRequest {
            snapshot,
            offset,
            trigger: TriggerKind::Invoked,
            selected: None,
            remembered: Vec::new(),
        };
        let report = completion::complete(request, engine, &options, &CancelToken::never()).await;
        let Outcome::Suggested(completion) = report.outcome else { continue };
        let mut applied = holed.clone();
        applied.replace_range(completion.range(), completion.text());
        let (now, then) = (strict.judge(&applied), strict.judge(&holed));
        assert!(!now.worse_than(&then), "{:?} at {offset}", completion.text());
        shown += 1;
    }
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_model_has_something_to_say_that_fits() {
    let engine = start();
    let python = shown_at_holes("python", include_str!("../shared/sample.py.txt"), &*engine).await;
    assert!(python >= HOLES * 6 / 10, "{python} of {HOLES}");
    let rust = shown_at_holes("rust", include_str!("../../src/cancel.rs"), &*engine).await;
    assert!(rust >= HOLES * 6 / 10, "{rust} of {HOLES}");
}
