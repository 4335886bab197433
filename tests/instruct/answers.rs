//! Tests every action that takes instructions on real functions: each is asked of the model, and what is applied breaks none of
//! the action's rules, which are told here once more in other words than the program's.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::watch;
use treefill::actions::{self, LazyAction, Resolve, by_id, with_edits};
use treefill::cancel::CancelToken;
use treefill::completion::Reason;
use treefill::document::Snapshot;
use treefill::engine::llama::LlamaEngine;
use treefill::engine::{Engine, Generation, Job, Status, Update};

use crate::testing::fixture;

/// The model, and what it said.
struct Overheard {
    engine: Arc<LlamaEngine>,
    said: Arc<Mutex<Vec<String>>>,
}

impl Engine for Overheard {
    fn generate(&self, job: Job, cancel: CancelToken) -> Generation {
        let mut inner = self.engine.generate(job, cancel);
        let (sender, generation) = Generation::channel();
        let said = Arc::clone(&self.said);
        tokio::spawn(async move {
            let mut text = String::new();
            while let Some(update) = inner.next().await {
                match &update {
                    Ok(Update::Piece(piece)) => text.push_str(&piece.text),
                    // Before who asked can know that it is done.
                    Ok(Update::Done(_)) => said.lock().unwrap().push(std::mem::take(&mut text)),
                    _ => {}
                }
                if sender.send(update).is_err() {
                    break;
                }
            }
        });
        generation
    }

    fn status(&self) -> watch::Receiver<Status> {
        self.engine.status()
    }
}

const MEAN: &str = "import math\n\n\ndef mean(values):\n    total = 0.0\n    for value in values:\n        total += value\n    return totˇal / len(values)\n\n\nLIMIT = 3\n";
const CLIP: &str = "def scale(values, factor):\n    \"\"\"Multiply each value.\n\n    Args:\n        values: The numbers.\n        factor: What to multiply them by.\n    \"\"\"\n    return [value * factor for value in values]\n\n\ndef clip(value, low, high):\n    if value < low:\n        return low\n    if value > high:\n        retˇurn high\n    return value\n";
const RUST: &str = "/// Adds one.\nfn next(number: u32) -> u32 {\n    number + 1\n}\n\nfn longest<'a>(words: &[&'a str]) -> Option<&'a str> {\n    let mut best: Option<&str> = None;\n    for word in words {\n        if best.is_none_or(|known| known.len() < word.len()) {\n            best = Soˇme(word);\n        }\n    }\n    best\n}\n";
const WRONG: &str = "def total_length(words):\n    total = 0\n    for word in words:\n        total += len(ˇwrdˇ)\n    return total\n";

/// What the model made of the file, or what the user is told.
async fn ask(
    engine: &Overheard,
    id: &str,
    instruction: &str,
    language: &str,
    text: &str,
) -> (Snapshot, Result<Snapshot, String>) {
    let (snapshot, range) = fixture(language, text);
    let spec = by_id(id).unwrap();
    let action = LazyAction { instruction: instruction.into(), ..LazyAction::new(spec, id.into(), range) };
    let before = engine.said.lock().unwrap().len();
    let started = Instant::now();
    let cancel = CancelToken::never();
    let made =
        actions::resolve(Resolve { action, snapshot: snapshot.clone(), engine, cancel: &cancel }).await;
    let said = engine.said.lock().unwrap()[before..].to_vec();
    // On a machine that is too busy for an answer in time the user is told that, too.
    let in_time = made != Err(Reason::Timeout);
    assert!(!said.is_empty() || !in_time, "{id}: the model was asked");
    assert!(said.iter().all(|text| !text.contains("<|im_")), "{id}: it stops where its turn ends: {said:?}");
    let made = match made {
        Ok(edits) => {
            assert!(!edits.is_empty());
            Ok(with_edits(&snapshot, &edits))
        }
        Err(reason) => Err(spec.failure_message(&reason)),
    };
    println!(
        "--- {id} {instruction} ({language}, {:.1} s, {} answers)",
        started.elapsed().as_secs_f32(),
        said.len()
    );
    match &made {
        Ok(after) => println!("{}", after.text),
        Err(why) => println!("not applied: {why}\nfirst answer: {:?}", said.first()),
    }
    (snapshot, made)
}

fn lines(snapshot: &Snapshot) -> Vec<String> {
    snapshot.text.to_string().lines().map(str::to_owned).collect()
}

/// The lines of `after` that `before` has not, in order; the others must be those of `before`, all of them.
fn added(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let (before, mut added) = (lines(before), Vec::new());
    let mut rest = before.iter().peekable();
    for line in lines(after) {
        if rest.next_if(|old| **old == line).is_none() {
            added.push(line);
        }
    }
    assert!(rest.next().is_none(), "a line is gone: {added:?}");
    added
}

/// No line of code of the file, no function.
fn assert_prose(lines: &[String], before: &Snapshot) {
    let code = self::lines(before);
    for line in lines {
        let ink =
            line.trim().trim_start_matches(['#', '/', '"', '\'', 'r']).trim().trim_end_matches("\"\"\"");
        let is_code = code.iter().any(|old| old.trim() == ink && ink.contains(['=', '(', '[']));
        assert!(!is_code && !ink.starts_with("def ") && !ink.starts_with("fn "), "{lines:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_and_never_applied() {
    let engine = Overheard { engine: LlamaEngine::start(crate::options()), said: Arc::default() };
    let mut outcomes: Vec<Result<(), String>> = Vec::new();
    for (language, text) in [("python", MEAN), ("python", CLIP), ("rust", RUST)] {
        let (before, made) = ask(&engine, "docstring", "", language, text).await;
        if let Ok(after) = &made {
            let added = added(&before, after);
            assert_prose(&added, &before);
            let names_all = |name: &&str| added.iter().any(|line| line.contains(*name));
            assert!(
                text != CLIP || ["value", "low", "high"].iter().all(|name| names_all(&name)),
                "{added:?}"
            );
        }
        outcomes.push(made.map(drop));
        let (before, made) = ask(&engine, "explain", "", language, text).await;
        if let Ok(after) = &made {
            let added = added(&before, after);
            let mark = if language == "python" { "#" } else { "//" };
            assert!(added.iter().all(|line| line.trim_start().starts_with(mark)), "{added:?}");
            assert_prose(&added, &before);
        }
        outcomes.push(made.map(drop));
        let nonsense = (text == MEAN).then_some("Write a poem about the sea.");
        for instruction in ["Use shorter names for the variables inside."].into_iter().chain(nonsense) {
            let (before, made) = ask(&engine, "rewrite", instruction, language, text).await;
            if let Ok(after) = &made {
                let header = lines(&before)
                    .into_iter()
                    .rev()
                    .find(|line| line.starts_with("def ") || line.starts_with("fn "));
                assert!(lines(after).contains(&header.unwrap()), "the signature is kept: {}", after.text);
                assert!(after.parse().is_some_and(|tree| !tree.root_node().has_error()), "{}", after.text);
            }
            outcomes.push(made.map(drop));
        }
    }
    let (_, made) =
        ask(&engine, "fix_instructed", "pyright says: \"wrd\" is not defined", "python", WRONG).await;
    if let Ok(after) = &made {
        assert!(!after.text.to_string().contains("wrd"), "{}", after.text);
    }
    outcomes.push(made.map(drop));
    for why in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert!(why.len() > 20, "a sentence for the user: {why:?}");
    }
    let applied = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    println!("{applied} of {} were applied, the others were told why not", outcomes.len());
}
