//! What the tests of actions share: a place by `ˇ`, a model that is a script. No tests.

use std::ops::Range;
use std::sync::Arc;

use super::{
    Action, ActionRequest, AvailableModels, LazyAction, Workspace, applied, make, promised, rewrite,
};
use crate::cancel::CancelToken;
use crate::completion::Reason;
use crate::diagnostics::Diagnostic;
use crate::document::{Edit, Snapshot};
use crate::engine::scripted::{Script, ScriptedEngine};
use crate::engine::{Job, Speaker, Task};
use crate::testing::fixture;

/// What a model was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedModel {
    pub rules: String,
    pub text: String,
}

fn promise(action: Action, snapshot: &Snapshot, range: &Range<usize>, told: &str) -> Option<LazyAction> {
    if action == Action::Rewrite {
        return Some(rewrite::promise(range, told));
    }
    let diagnostics = match told {
        "" => Vec::new(),
        message => {
            vec![Diagnostic { range: range.clone(), message: message.into(), ..Diagnostic::default() }]
        }
    };
    let request = ActionRequest {
        snapshot: snapshot.clone(),
        range: Some(range.clone()),
        diagnostics,
        workspace: Workspace::default(),
        time: std::time::Duration::from_secs(1),
    };
    promised(&request, AvailableModels { infill: true, instruct: true })
        .into_iter()
        .find(|promise| promise.action == action)
}

/// What the action is called there; empty when it is not promised.
pub fn title(action: Action, language: &str, text: &str) -> String {
    let (snapshot, range) = fixture(language, text);
    promise(action, &snapshot, &range, "").map(|promise| promise.title).unwrap_or_default()
}

fn run(
    action: Action,
    language: &str,
    text: &str,
    told: &str,
    engine: &Arc<ScriptedEngine>,
) -> Result<Vec<Edit>, Reason> {
    let (snapshot, range) = fixture(language, text);
    let promise = promise(action, &snapshot, &range, told)
        .unwrap_or_else(|| LazyAction { told: told.into(), ..LazyAction::new(action, String::new(), range) });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(make(promise, snapshot, &**engine, &CancelToken::never()))
}

/// The edits that come of this answer.
pub fn made(
    action: Action,
    language: &str,
    text: &str,
    told: &str,
    answer: &str,
) -> Result<Vec<Edit>, Reason> {
    let answer = answer.to_owned();
    let engine = ScriptedEngine::new(move |_| Script::Pieces(vec![answer.clone()]));
    run(action, language, text, told, &engine)
}

/// What the model is asked first.
pub fn asked(action: Action, language: &str, text: &str, told: &str, answer: &str) -> AskedModel {
    let answer = answer.to_owned();
    let engine = ScriptedEngine::new(move |_| Script::Pieces(vec![answer.clone()]));
    let _ = run(action, language, text, told, &engine);
    question(&engine.jobs()[0])
}

fn question(job: &Job) -> AskedModel {
    let Task::Chat { messages } = &job.task else { panic!("no question: {job:?}") };
    let [rules, text] = &messages[..] else { panic!("{messages:?}") };
    assert_eq!((rules.speaker, text.speaker), (Speaker::System, Speaker::User));
    AskedModel { rules: rules.text.clone(), text: text.text.clone() }
}

/// The file after the action.
#[track_caller]
pub fn check(action: Action, language: &str, before: &str, answer: &str, after: &str) {
    check_told(action, language, before, "", answer, after);
}

/// The same for an action that is told something.
#[track_caller]
pub fn check_told(action: Action, language: &str, before: &str, told: &str, answer: &str, after: &str) {
    let edits = made(action, language, before, told, answer);
    let (snapshot, _) = fixture(language, before);
    let found = edits.map(|edits| applied(&snapshot, &edits).text.to_string());
    assert_eq!(found.as_deref(), Ok(after));
}

#[track_caller]
pub fn refused(action: Action, language: &str, text: &str, answer: &str, reason: &Reason) {
    assert_eq!(made(action, language, text, "", answer).as_ref(), Err(reason), "{answer}");
}
