//! Runs actions in tests, with a script in the place of the model; runs the example in each action's header.

use std::sync::Arc;

use super::request::{ActionRequest, AvailableModels};
use super::{ACTIONS, ActionSpec, Fix, LazyAction, Resolve, Workspace, fixes, lazy_actions, with_edits};
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

/// A request at a place marked by `ˇ`, or about a marked selection; `message` is that of a diagnostic there, if not empty.
pub fn request(language: &str, text: &str, message: &str) -> ActionRequest {
    let (snapshot, range) = fixture(language, text);
    let diagnostic = Diagnostic { range: range.clone(), message: message.into(), ..Diagnostic::default() };
    ActionRequest {
        snapshot,
        range: Some(range),
        diagnostics: if message.is_empty() { Vec::new() } else { vec![diagnostic] },
        workspace: Workspace::default(),
        // So that a busy machine gives the same answer.
        time: std::time::Duration::from_secs(20),
    }
}

/// The action as a menu has it.
fn found(action: &'static ActionSpec, request: &ActionRequest) -> Option<LazyAction> {
    let all = lazy_actions(request, AvailableModels { infill: true, instruct: true, is_small: false });
    all.into_iter().find(|found| found.action == action)
}

/// What the action is called there; empty when a menu does not have it.
pub fn title(action: &'static ActionSpec, language: &str, text: &str) -> String {
    found(action, &request(language, text, "")).map(|found| found.title).unwrap_or_default()
}

/// What the action makes with this engine, and the document it is made for.
pub fn run(
    action: &'static ActionSpec,
    language: &str,
    text: &str,
    instruction: &str,
    engine: &Arc<ScriptedEngine>,
) -> (Snapshot, Result<Vec<Edit>, Reason>) {
    let request = request(language, text, instruction);
    // What a menu does not have a command may still ask for.
    let by_command = || LazyAction {
        instruction: instruction.trim().into(),
        ..LazyAction::new(action, String::new(), request.place())
    };
    let action = found(action, &request).unwrap_or_else(by_command);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (snapshot, cancel) = (request.snapshot.clone(), CancelToken::never());
    let work = Resolve { action, snapshot, engine: &**engine, cancel: &cancel };
    (request.snapshot.clone(), runtime.block_on(super::resolve(work)))
}

fn scripted(answer: &str) -> Arc<ScriptedEngine> {
    let answer = answer.to_owned();
    ScriptedEngine::new(move |_| Script::Pieces(vec![answer.clone()]))
}

/// The edits that come of this answer.
pub fn made(
    action: &'static ActionSpec,
    language: &str,
    text: &str,
    instruction: &str,
    answer: &str,
) -> Result<Vec<Edit>, Reason> {
    run(action, language, text, instruction, &scripted(answer)).1
}

/// What the model is asked first.
pub fn asked(
    action: &'static ActionSpec,
    language: &str,
    text: &str,
    instruction: &str,
    answer: &str,
) -> AskedModel {
    let engine = scripted(answer);
    let _ = run(action, language, text, instruction, &engine);
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
pub fn check(action: &'static ActionSpec, language: &str, before: &str, answer: &str, after: &str) {
    check_instructed(action, language, before, "", answer, after);
}

/// The same for an action with an instruction.
#[track_caller]
pub fn check_instructed(
    action: &'static ActionSpec,
    language: &str,
    before: &str,
    instruction: &str,
    answer: &str,
    after: &str,
) {
    let (snapshot, edits) = run(action, language, before, instruction, &scripted(answer));
    let found = edits.map(|edits| with_edits(&snapshot, &edits).text.to_string());
    assert_eq!(found.as_deref(), Ok(after));
}

#[track_caller]
pub fn refused(action: &'static ActionSpec, language: &str, text: &str, answer: &str, reason: &Reason) {
    assert_eq!(made(action, language, text, "", answer).as_ref(), Err(reason), "{answer}");
}

/// The blocks of the example in a header, by name: `before` and `after`, and, as the action needs them, `message` (of a
/// diagnostic, or the user's instruction) and `model` (its answer). The word before the name is the language.
fn example(source: &str) -> Vec<(String, String, String)> {
    let header = source.lines().map_while(|line| line.strip_prefix("//!"));
    let mut blocks: Vec<(String, String, String)> = Vec::new();
    let mut open = false;
    for line in header.map(|line| line.strip_prefix(' ').unwrap_or(line)) {
        match line.strip_prefix("```") {
            Some("") => open = false,
            Some(info) => {
                let (language, name) = info.split_once(' ').unwrap_or((info, ""));
                blocks.push((language.to_owned(), name.to_owned(), String::new()));
                open = true;
            }
            None if open => blocks.last_mut().unwrap().2 += &format!("{line}\n"),
            None => {}
        }
    }
    blocks
}

#[test]
fn the_example_of_each_action_holds() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/actions");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut sources: Vec<String> =
        files.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap()).collect();
    sources.retain(|source| source.contains("\npub static SPEC: ActionSpec"));
    assert_eq!(sources.len(), ACTIONS.len(), "each file with a SPEC has a row in ACTIONS");
    for action in ACTIONS {
        let source = sources.iter().find(|source| source.contains(&format!("    id: \"{}\",", action.id)));
        let blocks = example(source.unwrap_or_else(|| panic!("{action:?}: no file has this id")));
        let block = |name: &str| blocks.iter().find(|block| block.1 == name).map(|block| block.2.as_str());
        let (Some(before), Some(after)) = (block("before"), block("after")) else {
            panic!("{action:?}: the header of its file needs an example, with blocks `before` and `after`");
        };
        let (language, message) = (&blocks[0].0, block("message").unwrap_or_default().trim());
        if action.model().is_some() {
            let answer = block("model").unwrap_or_default().trim_end();
            check_instructed(action, language, before, message, answer, after);
            continue;
        }
        let request = request(language, before, message);
        let best = fixes(&request).into_iter().find(|fix: &Fix| fix.action == *action);
        let edits = best.unwrap_or_else(|| panic!("{action:?}: finds nothing in its example")).edits;
        assert_eq!(with_edits(&request.snapshot, &edits).text.to_string(), after, "{action:?}");
    }
}

#[test]
fn ids_are_those_of_earlier_releases() {
    let mut ids: Vec<&str> = ACTIONS.iter().map(|action| action.id).collect();
    ids.sort_unstable();
    let known = [
        "docstring",
        "explain",
        "fix_diagnostic",
        "fix_instructed",
        "fix_syntax",
        "from_comment",
        "implement",
        "infill",
        "rewrite",
    ];
    assert!(known.iter().all(|id| ids.contains(id)), "{ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), ACTIONS.len(), "each id is one action's");
}
