//! Tests what an engine remembers of a workspace, and that drafts change no text.

use std::path::Path;
use std::sync::Arc;

use treefill::cancel::CancelToken;
use treefill::engine::llama::LlamaEngine;
use treefill::engine::{
    Engine, Job, MemoryChange, MemoryText, MemoryUpdate, ModelOptions, ModelTuning, Sampling, Status, Stop,
    Task, Update,
};

use super::support::{engine, job, options, run, run_in_pieces, text_of};
use crate::soak;

fn remember(engine: &dyn Engine, change: MemoryChange) {
    engine.remember(MemoryUpdate { workspace: "w".into(), change });
}

fn text(document: &str, open: bool, text: &str) -> MemoryChange {
    let (document, folder) = (document.into(), "src".into());
    MemoryChange::Text(MemoryText { document, folder, open, text: text.into() })
}

fn here(prefix: &str) -> Job {
    Job { workspace: Some("w".into()), ..job(prefix, "") }
}

/// Waits until the engine remembers something, or nothing any more.
async fn until_remembered(engine: &dyn Engine, something: bool) {
    for _ in 0..10_000 {
        if (run(engine, here("x")).await.1.remembered.tokens > 0) == something {
            return;
        }
    }
    panic!("the memory did not change");
}

const USE: &str = concat!(
    "def store(row):\n    frobnicate_ledger(row, keep_parity=True)\n\n\n",
    "def load(row):\n    frobnicate_ledger(row, keep_parity=True)\n\n\n",
    "def drop(row):\n    frobnicate_ledger(row, keep_parity=True)\n\n\n",
    "def copy(row):\n    frobnicate_ledger(row, keep_parity=True)\n",
);

#[tokio::test]
async fn what_a_workspace_says_is_likelier_there_and_forgotten_with_it() {
    let engine = engine();
    let prefix = "def move(row):\n    frobnicate_ledger(";
    let (before, _) = run(&*engine, here(prefix)).await;
    assert!(!before.contains("keep_parity"), "{before}");
    for open in [false, true] {
        remember(&*engine, text("a.py", open, USE));
        until_remembered(&*engine, true).await;
        let (after, _) = run(&*engine, here(prefix)).await;
        assert_eq!(after, "row, keep_parity=True)\n", "open: {open}");
        let (elsewhere, _) = run(&*engine, job(prefix, "")).await;
        assert_eq!(elsewhere, before, "a job without a workspace");
        let other = Job { workspace: Some("v".into()), ..here(prefix) };
        assert_eq!(run(&*engine, other).await.0, before, "another workspace");
        remember(&*engine, MemoryChange::Remove { document: "a.py".into() });
        until_remembered_as(&*engine, prefix, &before).await;
    }
    remember(&*engine, text("a.py", true, USE));
    until_remembered(&*engine, true).await;
    remember(&*engine, MemoryChange::Clear);
    until_remembered(&*engine, false).await;
    assert_eq!(run(&*engine, here(prefix)).await.0, before);
}

/// A settled text that is removed is hidden at once, and its tokens go later.
async fn until_remembered_as(engine: &dyn Engine, prefix: &str, expected: &str) {
    for _ in 0..10_000 {
        if run(engine, here(prefix)).await.0 == expected {
            return;
        }
    }
    panic!("what was removed is still known");
}

#[tokio::test]
async fn a_token_is_explained_by_what_followed_before() {
    let engine = engine();
    remember(&*engine, text("a.py", true, USE));
    until_remembered(&*engine, true).await;
    let task = Task::Explain { continuation: "row, keep_parity=True)".into() };
    let job = Job { task, ..here("def move(row):\n    frobnicate_ledger(") };
    let mut generation = engine.generate(job, CancelToken::never());
    let mut explained = Vec::new();
    while let Some(update) = generation.next().await {
        if let Update::Explained(tokens) = update.unwrap() {
            explained = tokens;
        }
    }
    let said: String = explained.iter().map(|token| token.text.as_str()).collect();
    assert!(said.ends_with("keep_parity=True)"), "{said}");
    let near = explained.iter().flat_map(|token| &token.sources).filter(|source| source.source == 1);
    let sure = near.clone().filter(|source| source.order >= 4 && source.share > 0.9);
    assert!(sure.count() * 2 > explained.len(), "{:?}", near.collect::<Vec<_>>());
    let sums =
        explained.iter().fold((0.0, 0.0), |sums, token| (sums.0 + token.logprob, sums.1 + token.mixed));
    assert!(sums.1 > sums.0 + 1.0, "{sums:?}");
}

/// Cuts of the project's own files: where a text goes on, and what stands before.
fn cuts(count: usize) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [
        "src/engine/queue.rs",
        "src/engine/kv.rs",
        "src/paths.rs",
        "benches/common.py",
        "scripts/soak.py",
        "benches/damage.py",
    ];
    let texts = files.map(|file| std::fs::read_to_string(root.join(file)).unwrap());
    (0..count)
        .map(|number| {
            let text = &texts[number % texts.len()];
            let end = text.floor_char_boundary(500 + number * 97 % (text.len() - 600));
            text[text.floor_char_boundary(end.saturating_sub(900))..end].to_owned()
        })
        .collect()
}

fn tuned(drafts: bool) -> Arc<LlamaEngine> {
    // On a slow or busy machine prompts are shorter; here both engines must read the same ones.
    let tuning = ModelTuning { drafts, max_prefill_ms: 600_000, ..ModelTuning::default() };
    LlamaEngine::start(ModelOptions { tuning, ..options() })
}

/// An engine that finds drafts to pay. What batches cost is measured as it starts, which other work on the machine disturbs: of many
/// that are started, the one to which a batch of four tokens costs least.
async fn with_drafts() -> Arc<LlamaEngine> {
    let mut best: Option<(f32, Arc<LlamaEngine>)> = None;
    for _ in 0..100 {
        let engine = tuned(true);
        let mut status = engine.status();
        let ready = status.wait_for(|status| matches!(status, Status::Ready(_))).await.unwrap().clone();
        let Status::Ready(info) = ready else { unreachable!() };
        let cost = info.batch_costs.iter().find(|(tokens, _)| *tokens == 4).unwrap().1;
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, engine));
        }
        if cost < 2.2 {
            break;
        }
    }
    best.unwrap().1
}

#[tokio::test]
async fn drafts_change_no_text() {
    let (plain, drafted) = (tuned(false), with_drafts().await);
    let (mut steps, mut tokens, mut accepted) = (0, 0, 0);
    let (mut noise, mut gaps, mut drawn) = (Vec::new(), Vec::new(), 0);
    let count = soak::count(40, 200);
    for (number, prefix) in cuts(count).into_iter().enumerate() {
        let sampling = match number % 3 {
            0 => Sampling::Seeded { temperature: 0.8, top_p: 0.95, seed: number as u64 },
            _ => Sampling::Greedy,
        };
        let job = Job { sampling, max_tokens: 40, stop: Stop::default(), ..here(&prefix) };
        let (expected, _) = run_in_pieces(&*plain, job.clone()).await;
        let (found, summary) = run_in_pieces(&*drafted, job).await;
        steps += summary.drafts.steps;
        tokens += summary.generated_tokens;
        accepted += summary.drafts.accepted;
        let mut pairs = found.iter().zip(&expected);
        let equal = pairs.clone().take_while(|(a, b)| a.text == b.text);
        noise.extend(equal.map(|(a, b)| (a.logprob - b.logprob).abs()));
        if text_of(&found) == text_of(&expected) {
            continue;
        }
        println!("{number}, {sampling:?}: {:?}, not {:?}", text_of(&found), text_of(&expected));
        match (sampling, pairs.find(|(a, b)| a.text != b.text)) {
            (Sampling::Greedy, Some((ours, theirs))) => gaps.push((ours.logprob - theirs.logprob).abs()),
            (Sampling::Greedy, None) => panic!("{number}: one text is the beginning of the other"),
            _ => drawn += 1,
        }
    }
    noise.sort_by(f32::total_cmp);
    let (median, largest) = (noise[noise.len() / 2], noise[noise.len() - 1]);
    println!(
        "of {count} texts {} greedy and {drawn} drawn ones differ, {gaps:?} apart; the same tokens differ by {median} (median) to \
         {largest}; {tokens} tokens in {steps} batches, {accepted} proposed rightly",
        gaps.len()
    );
    // Batches of other sizes are summed in another order, how differently depends on the processor: the log-probabilities of the tokens
    // that both texts have tell. Two tokens that are nearer to each other than that may change places, and no others.
    assert!(median < 0.02, "batches of other sizes change what the model says: {median}");
    assert!(
        gaps.iter().all(|gap| *gap <= largest + 1e-3),
        "no ties: {gaps:?}, the same tokens differ by {largest}"
    );
    assert!((gaps.len() + drawn) * 2 <= count, "{} of {count} differ", gaps.len() + drawn);
    assert!(accepted > 0 && steps < tokens, "{steps} batches for {tokens} tokens");
}

#[tokio::test]
async fn drafts_go_together_with_candidates() {
    let engine = engine();
    remember(&*engine, text("a.py", true, USE));
    until_remembered(&*engine, true).await;
    let job =
        Job { task: Task::Generate { candidates: 3 }, ..here("def move(row):\n    frobnicate_ledger(") };
    let mut generation = engine.generate(job, CancelToken::never());
    let mut texts = vec![String::new(); 3];
    while let Some(update) = generation.next().await {
        if let Update::Piece(piece) = update.unwrap() {
            texts[piece.candidate].push_str(&piece.text);
        }
    }
    assert_eq!(texts[0], "row, keep_parity=True)\n");
    assert!(texts[1] != texts[0] && texts[2] != texts[0], "{texts:?}");
}
