//! Fuzzes trim and verify: whatever a model writes at any place of any text, what is shown adds no fault, counted afresh.
#![no_main]

#[path = "../../tests/shared/faults.rs"]
mod faults;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;
use treefill::cancel::CancelToken;
use treefill::completion::{
    self, CompletionOptions, CompletionRequest, Eagerness, Outcome, Suggestion, TriggerKind,
};
use treefill::document::Snapshot;
use treefill::engine::scripted::ScriptedEngine;
use treefill::language::{Language, Registry};

use faults::tree_faults;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());
static LANGUAGES: LazyLock<Vec<Arc<Language>>> = LazyLock::new(|| {
    let registry = Registry::builtin().unwrap();
    ["python", "rust"].iter().map(|name| registry.by_name(name).unwrap()).collect()
});

/// What is shown at `offset` of `text` when a model writes `generated`.
fn shown(
    language: &Arc<Language>,
    text: &str,
    offset: usize,
    invoked: bool,
    generated: &str,
) -> Option<Suggestion> {
    let snapshot = Snapshot::of_text("file:///fuzz", text, Some(language.clone()));
    let trigger = if invoked { TriggerKind::Invoked } else { TriggerKind::Automatic };
    let request = CompletionRequest { snapshot, offset, trigger, selected: None, remembered: Vec::new() };
    let options = CompletionOptions {
        delay: Duration::ZERO,
        eagerness: Eagerness::Everything,
        ..CompletionOptions::default()
    };
    let outcome = RUNTIME.block_on(async {
        let engine = ScriptedEngine::always(generated);
        completion::complete(request, &*engine, &options, &CancelToken::never()).await.outcome
    });
    match outcome {
        Outcome::Suggested(suggestion) => Some(suggestion),
        Outcome::Skipped(_) => None,
    }
}

// Two letters for language and trigger; what stands before the cursor, after it, and what the model writes, each behind a NUL.
fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(4, '\0');
    let mut next = || parts.next().unwrap_or_default();
    let (kind, before, after, generated) = (next(), next(), next(), next());
    let language = &LANGUAGES[usize::from(kind.starts_with('r'))];
    let document = format!("{before}{after}");
    let Some(suggestion) = shown(language, &document, before.len(), kind.ends_with('i'), generated) else {
        return;
    };
    assert!(!suggestion.text().trim().is_empty());
    let mut applied = document.clone();
    applied.replace_range(suggestion.range(), suggestion.text());
    let (now, then) = (tree_faults(language, &applied), tree_faults(language, &document));
    assert!(now <= then, "tree: {now} faults after {then}: {:?}", suggestion.text());
    let strict = language.strict.unwrap();
    let (now, mut then) = (strict.judge(&applied), strict.judge(&document));
    if then.syntax > 0 {
        // An error may hide which version of the language the text needs.
        then.min_version = u8::MAX;
    }
    assert!(!now.worse_than(&then), "strict: {now:?} after {then:?}: {:?}", suggestion.text());
});
