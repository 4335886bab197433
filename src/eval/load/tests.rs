//! Tests typists against a scripted engine: what they type, what is counted.

use std::path::Path;

use super::*;
use crate::completion::Eagerness;
use crate::engine::EngineError;
use crate::engine::scripted::{Script, ScriptedEngine};

fn cases() -> Arc<CaseSet> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/cases/python.jsonl");
    Arc::new(CaseSet::load(&[file]).unwrap())
}

fn session(engine: Arc<dyn Engine>) -> Arc<Session> {
    let session =
        Session::new(crate::testing::registry, Default::default(), Arc::new(move |_| Arc::clone(&engine)));
    let mut config = (*session.config()).clone();
    config.completion.options.eagerness = Eagerness::Everything;
    config.completion.options.delay = Duration::ZERO;
    session.configure(config);
    session
}

/// What these engines' typists do in a second, with keys as fast as they come.
async fn typed(engines: Vec<Arc<ScriptedEngine>>, key_ms: u64) -> LoadFigures {
    let mut desks = Vec::new();
    for engine in engines {
        desks.push(Desk::new(engine, session).await.unwrap());
    }
    let pace = TypingPace { key_ms, think_ms: 0, time: Duration::from_secs(1), ..TypingPace::default() };
    run(&cases(), &crate::testing::registry(), desks, pace).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_questions_and_answers_are_counted() {
    let engines = vec![ScriptedEngine::always("x = 1\n"), ScriptedEngine::always("y = 2\n")];
    let found = typed(engines.clone(), 20).await;
    assert_eq!((found.typists, found.failed()), (2, 0), "{found:?}");
    assert!(found.keys > 0 && found.jobs > 0, "{found:?}");
    // Everybody has an engine of their own, and each question of theirs is counted once.
    assert!(engines.iter().all(|engine| !engine.jobs().is_empty()));
    let asked: usize = engines.iter().map(|engine| engine.jobs().len()).sum();
    assert!(found.jobs <= asked, "{} of {asked}", found.jobs);
    assert!(found.generated_tokens > 0 && found.first_token_ms[0] <= found.first_token_ms[1], "{found:?}");
    let documents = |engine: &ScriptedEngine| engine.jobs()[0].document.clone();
    assert_ne!(documents(&engines[0]), documents(&engines[1]), "other texts");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_told_apart_from_what_a_key_ended() {
    let failing = ScriptedEngine::new(|_| Script::Error(EngineError::Failed("no".into())));
    let found = typed(vec![failing], 20).await;
    assert!(found.failed() > 0 && found.shown == 0, "{found:?}");
    assert_eq!(found.errors[0].0, "the engine failed: no");
    let found = typed(vec![ScriptedEngine::new(|_| Script::Hang)], 20).await;
    assert!(found.superseded > 0 && found.failed() == 0 && found.shown == 0, "{found:?}");
    assert!(found.first_line_ms[0].is_nan(), "{found:?}");
}
