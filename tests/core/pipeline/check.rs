//! Runs the pipeline on a document with a cursor and a generated text, and shows what becomes of them.

use expect_test::Expect;
use treefill::cancel::CancelToken;
use treefill::completion::{
    self, CompletionOptions, CompletionRequest, Eagerness, Outcome, Suggestion, TriggerKind,
};
use treefill::engine::scripted::ScriptedEngine;

use crate::testing;

/// The request for `before`, in which `ˇ` is the cursor.
pub fn request(language_name: &str, before: &str, trigger: TriggerKind) -> CompletionRequest {
    let (snapshot, cursor) = testing::fixture(language_name, before);
    CompletionRequest { snapshot, offset: cursor.start, trigger, selected: None, remembered: Vec::new() }
}

/// Run the pipeline with a model that generates `generated`.
pub fn run(request: CompletionRequest, generated: &str) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let engine = ScriptedEngine::always(generated);
        // A busy machine must not change the result.
        let check_time = std::time::Duration::from_secs(60);
        let options = CompletionOptions {
            delay: std::time::Duration::ZERO,
            check_time,
            // Nor must a new fit of the weights.
            eagerness: Eagerness::Everything,
            ..CompletionOptions::default()
        };
        completion::complete(request, &*engine, &options, &CancelToken::never()).await.outcome
    })
}

/// The document with the completion taken; `«»` marks what was inserted, `␍` a carriage return.
pub fn taken(text: &str, completion: &Suggestion) -> String {
    let (start, end) = (completion.range().start, completion.range().end);
    format!("{}«{}»{}", &text[..start], completion.text(), &text[end..]).replace('\r', "␍")
}

/// What is shown at `ˇ` in `before` when the model generates `generated`: the text with it taken, or the reason.
pub fn check(language: &str, before: &str, generated: &str, after: Expect) {
    let request = request(language, before, TriggerKind::Automatic);
    let text = request.snapshot.text.to_string();
    after.assert_eq(&match run(request, generated) {
        Outcome::Suggested(completion) => taken(&text, &completion),
        Outcome::Skipped(reason) => format!("{reason:?}"),
    });
}
