//! Tests which places are offered, what may replace the code there, and what is refused. The model is a script.

use std::sync::Arc;

use super::*;
use crate::actions::testing::request;
use crate::actions::with_edits;
use crate::diagnostics::Diagnostic;
use crate::engine::scripted::{Script, ScriptedEngine};
use crate::engine::{EngineError, Role, Sampling, Task};

fn run(engine: &Arc<ScriptedEngine>, request: &ActionRequest) -> Result<String, Reason> {
    let action = find(request).into_iter().next().ok_or(Reason::NotHere)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (snapshot, cancel) = (request.snapshot.clone(), CancelToken::never());
    let work = Resolve { action, snapshot, engine: &**engine, cancel: &cancel };
    let edits = runtime.block_on(resolve(work))?;
    Ok(with_edits(&request.snapshot, &edits).text.to_string())
}

/// What the file is after the best of `texts`, the first being the likeliest.
fn regenerated(language: &str, marked: &str, message: &str, texts: &[&str]) -> Result<String, Reason> {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    let engine = ScriptedEngine::new(move |_| {
        Script::Texts(texts.iter().enumerate().map(|(at, text)| (text.clone(), -(at as f32))).collect())
    });
    run(&engine, &request(language, marked, message))
}

/// The text in `⟦⟧` becomes `expected`.
#[track_caller]
fn check(language: &str, marked: &str, message: &str, texts: &[&str], expected: &str) {
    let (before, rest) = marked.split_once('⟦').unwrap();
    let (_, after) = rest.split_once('⟧').unwrap();
    assert_eq!(
        regenerated(language, marked, message, texts),
        Ok(format!("{before}{expected}{after}")),
        "{texts:?}"
    );
}

const UNDEFINED: &str = "\"nobody\" is not defined";

#[test]
fn what_is_complained_about_is_written_anew() {
    let marked = "items = []\nx = len(⟦nobody⟧)\n";
    check("python", marked, UNDEFINED, &["items"], "items");
    // What is right of it comes again, and the text runs on.
    check("python", marked, UNDEFINED, &["items)"], "items");
    check("python", marked, UNDEFINED, &["items)\nprint(x)"], "items");
    check("python", marked, UNDEFINED, &["items, 1)"], "items");
    // An open bracket would swallow all that follows.
    let marked = "class A:\n    def f(self, app):\n        ⟦nobody⟧.app = app\n\n\nx = 1\ny = 2\n\n\ndef g():\n    return 1\n";
    check("python", marked, UNDEFINED, &["self("], "self");
    check("python", marked, UNDEFINED, &["self.g("], "self.g");
    check(
        "rust",
        "fn f(a: &str) -> String {\n    ⟦a⟧\n}\n",
        "mismatched types",
        &["a.to_owned()"],
        "a.to_owned()",
    );
    check(
        "rust",
        "fn f(a: u8) -> u8 {\r\n    g(⟦nobody⟧)\r\n}\r\nfn g(a: u8) -> u8 { a }\r\n",
        "cannot find value `nobody` in this scope",
        &["a);"],
        "a",
    );
}

#[test]
fn a_statement_may_become_some() {
    let marked = "import sys\n\n\ndef f(a):\n    ⟦sys.exti(a)⟧\n    return a\n";
    let message = "Expected 0 positional arguments";
    check("python", marked, message, &["sys.exit(a)"], "sys.exit(a)");
    check("python", marked, message, &["sys.exit(a)\n    return a\n"], "sys.exit(a)");
    let marked = "def f(a):\n    ⟦a.go(\n        1,\n    )⟧\n    return a\n";
    check("python", marked, message, &["b = a.go()\n    b.stop()"], "b = a.go()\n    b.stop()");
    let rust = "fn f(a: &mut Vec<u8>) {\n    ⟦a.push();⟧\n}\n";
    check("rust", rust, "this method takes 1 argument", &["a.push(1);"], "a.push(1);");
}

#[test]
fn what_breaks_something_is_refused() {
    let marked = "items = []\nx = len(⟦nobody⟧)\n";
    for text in ["", "nobody", "nobody[0]", "nowhere", "+", "# items", "*"] {
        assert_eq!(regenerated("python", marked, UNDEFINED, &[text]), Err(Reason::Invalid), "{text}");
    }
    let rust = "fn f(a: u8) -> u8 {\n    ⟦nobody⟧\n}\n";
    let message = "cannot find value `nobody` in this scope";
    assert_eq!(regenerated("rust", rust, message, &["unsafe { a }"]), Err(Reason::Invalid));
    // The likeliest that passes is taken.
    check("python", marked, UNDEFINED, &["nowhere", "items", "x"], "items");
    // What was said is no undefined name: the same name may stay, the same text may not.
    check("python", "y = 1\nx = len(⟦y⟧)\n", "not sized", &["y", "str(y)"], "str(y)");
    // A product does not become a sum, and a name that is used below does not go.
    let product = "a = 1\nx = 2 * ⟦nobody⟧\n";
    check("python", product, UNDEFINED, &["a + a"], "a");
    assert_eq!(
        regenerated("python", "⟦x = 1 + ''⟧\ny = x\n", "not supported", &["z = 1"]),
        Err(Reason::Invalid)
    );
    check("python", "⟦x = 1 + ''⟧\ny = x\n", "not supported", &["x = 1"], "x = 1");
}

#[test]
fn what_makes_the_line_likeliest_is_taken() {
    let marked = "items = []\nx = len(⟦nobody⟧) + 1\n";
    let engine = ScriptedEngine::new(|job| match &job.task {
        Task::Generate { .. } | Task::Chat { .. } | Task::Explain { .. } => {
            Script::Texts(vec![("x".into(), -0.1), ("items".into(), -0.2)])
        }
        Task::Score { .. } => Script::Scores(vec![-3.0, -2.0]),
    });
    let request = request("python", marked, UNDEFINED);
    assert_eq!(run(&engine, &request).as_deref(), Ok("items = []\nx = len(items) + 1\n"));
    let jobs = engine.jobs();
    let Task::Score { continuations } = &jobs[1].task else { panic!("scored") };
    assert_eq!(continuations, &["x) + 1\n", "items) + 1\n"]);
    for job in &jobs {
        let said: Vec<&str> = job.segments.iter().map(|segment| segment.text.as_str()).collect();
        assert!(!said.concat().contains("nobody") && !said.concat().contains("defined"), "{said:?}");
        let prefix = job.segments.iter().find(|segment| segment.role == Role::Prefix).unwrap();
        assert_eq!(prefix.text, "items = []\nx = len(");
    }
}

#[test]
fn names_in_scope_are_weighed_besides_and_judged_like_the_rest() {
    let engine = ScriptedEngine::new(|job| match &job.task {
        Task::Generate { .. } | Task::Chat { .. } | Task::Explain { .. } => {
            Script::Texts(vec![("nowhere".into(), -0.1)])
        }
        Task::Score { continuations } => {
            let likely = |text: &String| match text.split(')').next() {
                Some("items") => -1.0,
                _ => -9.0,
            };
            Script::Scores(continuations.iter().map(likely).collect())
        }
    });
    let marked = "others = items = []\nx = len(⟦nobody⟧)\n";
    let found = run(&engine, &request("python", marked, UNDEFINED));
    assert_eq!(found.as_deref(), Ok("others = items = []\nx = len(items)\n"));
}

#[test]
fn a_promise_is_made_for_errors_that_can_be_taken_out() {
    let offered = |language: &str, marked: &str| find(&request(language, marked, "It is wrong.\nVery."));
    let [one] = &offered("python", "x = len(⟦y⟧)\n")[..] else { panic!("one") };
    assert_eq!(
        (one.title.as_str(), &one.fixes[..], &one.unknown),
        ("Fix this error (It is wrong)", &[0][..], &None)
    );
    for (language, marked) in [
        // Nothing, a comment, a definition, a syntax error, and more than a few lines.
        ("python", "x = 1\n⟦\n⟧\n"),
        ("python", "x = 1  # ⟦y⟧\n"),
        ("python", "⟦def f(): pass⟧\n"),
        ("python", "x = (⟦y⟧\n"),
        ("python", "⟦x = [\n    1,\n    2,\n    3,\n]⟧\n"),
        ("rust", "⟦struct A;⟧\n"),
    ] {
        assert_eq!(offered(language, marked), [], "{marked}");
    }
    let mut two = request("python", "x = len(⟦nobody⟧)\n", UNDEFINED);
    two.diagnostics.push(Diagnostic { range: 9..10, message: "also".into(), ..Diagnostic::default() });
    let [one] = &find(&two)[..] else { panic!("one") };
    assert_eq!((&one.fixes[..], one.unknown.as_deref()), (&[0, 1][..], Some("nobody")));
    two.diagnostics.iter_mut().for_each(|diagnostic| diagnostic.minor = true);
    assert_eq!(find(&two), []);
    assert_eq!(shortened(&"word ".repeat(20)), format!("{}word…", "word ".repeat(11)));
}

#[test]
fn it_is_asked_again_by_chance_and_an_engine_that_fails_is_not() {
    let request = request("python", "items = []\nx = len(⟦nobody⟧)\n", UNDEFINED);
    let engine = ScriptedEngine::new(|job| match job.sampling {
        Sampling::Seeded { seed: 8, .. } => Script::Texts(vec![("items".into(), -1.0)]),
        _ => Script::Texts(vec![("nowhere".into(), -0.1)]),
    });
    assert_eq!(run(&engine, &request).as_deref(), Ok("items = []\nx = len(items)\n"));
    // Three times for a text, and once for how likely it is beside the names in scope.
    assert_eq!(engine.jobs().len(), 4);
    let engine = ScriptedEngine::new(|_| Script::Error(EngineError::Failed("no memory".into())));
    assert_eq!(run(&engine, &request), Err(Reason::EngineFailed("no memory".into())));
    assert_eq!(engine.jobs().len(), 1);
}
