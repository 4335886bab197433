//! Tests a run with a workspace and a scripted engine: what the engine has been told when it is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::completion::Effort;
use crate::engine::scripted::{Script, ScriptedEngine};
use crate::engine::{Engine, MemoryChange, Task};
use crate::eval::backends::{Backend, SessionBackend};
use crate::eval::case::{CaseSet, EvalCase, HoleKind, SourceFile};
use crate::eval::holes::{self, HoleRow};
use crate::eval::runs::{self, Head, Run};
use crate::eval::workplace::Workplace;
use crate::language::Registry;
use crate::session::{EngineStarter, Session};
use crate::workspace::{Pace, WorkspaceReader};
use parking_lot::Mutex;

/// What an engine knew when it was asked to write something: texts by the names of their files.
type Known = BTreeMap<String, String>;

fn source(package: &str, path: &str, text: &str) -> SourceFile {
    let (package, path, text) = (package.to_owned(), path.to_owned(), text.to_owned());
    SourceFile { package, path, language: "python".to_owned(), text }
}

/// Two packages: a hole in each file of the first one, and one in the second.
fn set() -> CaseSet {
    let sources = vec![
        source("one", "a.py", "a = 'apple'\nprint(a)\n"),
        source("one", "sub/b.py", "b = 'berry'\nprint(b)\n"),
        source("two", "c.py", "c = 'cherry'\nprint(c)\n"),
    ];
    let case = |number: usize, hole, repository| EvalCase {
        repository: Some(repository),
        ..EvalCase::new(number, &sources[number], HoleKind::RestOfLine, hole, None)
    };
    let cases = vec![case(0, 4..11, 0..2), case(1, 4..11, 0..2), case(0, 12..20, 0..2), case(2, 4..12, 2..3)];
    CaseSet { sources, cases, leaks: 0 }
}

/// What the texts are that an engine knows now.
fn known(engine: &ScriptedEngine) -> Known {
    let mut known = Known::new();
    let name = |document: &str| document.rsplit('/').next().unwrap_or_default().to_owned();
    for update in engine.remembered() {
        match update.change {
            MemoryChange::Text(text) => drop(known.insert(name(&text.document), text.text)),
            MemoryChange::Remove { document } => drop(known.remove(&name(&document))),
            MemoryChange::Clear => known.clear(),
        }
    }
    known
}

#[test]
fn the_engine_knows_the_files_beside_a_hole_and_not_the_hole_when_it_is_asked() {
    let seen: Arc<Mutex<Vec<Known>>> = Arc::default();
    let (notes, own) = (Arc::clone(&seen), Arc::new(OnceLock::<Arc<ScriptedEngine>>::new()));
    let itself = Arc::clone(&own);
    let engine = ScriptedEngine::new(move |job| {
        if let (Task::Generate { .. }, Some(engine)) = (&job.task, itself.get()) {
            notes.lock().push(known(engine));
        }
        Script::Pieces(vec!["1".into()])
    });
    let _ = own.set(Arc::clone(&engine));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run.jsonl");
    let head = Head {
        what: "holes".into(),
        side: String::new(),
        model: String::new(),
        version: String::new(),
        cases: String::new(),
        settings: String::new(),
    };
    let mut run = Run::open::<HoleRow>(&out, &head).unwrap();
    let registry = Registry::builtin().unwrap();
    runtime.block_on(async {
        let start: EngineStarter = Arc::new(move |_| Arc::clone(&engine) as Arc<dyn Engine>);
        let session = Session::new(|| Registry::builtin().unwrap(), Default::default(), start);
        let none = Duration::ZERO;
        let pace = Pace { begin: none, files: none, all: none, pause: none, ..Pace::default() };
        let reader = Some(WorkspaceReader::start(&session, pace));
        session.start_engine();
        let variants = vec![("treefill", Effort::Raw)];
        let mut backend = Backend::Session(SessionBackend { session, variants, reader });
        let how = (&mut backend, Workplace::new(true), true);
        holes::run(&set(), how, &registry, None, &mut run, &|| {}).await.unwrap();
    });
    let text = |of: &[(&str, &str)]| -> Known {
        of.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    };
    let (a, b) = ("a = 'apple'\nprint(a)\n", "b = 'berry'\nprint(b)\n");
    assert_eq!(
        *seen.lock(),
        [
            text(&[("a.py", "a = \nprint(a)\n"), ("b.py", b)]),
            text(&[("a.py", a), ("b.py", "b = \nprint(b)\n")]),
            text(&[("a.py", "a = 'apple'\n\n"), ("b.py", b)]),
            text(&[("c.py", "c = \nprint(c)\n")]),
        ]
    );
    assert_eq!(runs::load::<HoleRow>(&out).unwrap().1.len(), 4);
}
