//! Tests that a server writes what the same weights write here.

use treefill::cancel::CancelToken;
use treefill::engine::{Engine, Job, Task, TokenExplanation, Update};

use super::{Real, job, local, sources, text};

/// Places, half of them in each language.
const PLACES: usize = 100;
/// Of these, those that must be equal or part at a tie: the servers compute with other kernels, vLLM with other numbers, too (it does not
/// round what the weights are multiplied by to 8 bits).
const EQUAL: usize = 95;
/// Natural logarithm between two tokens that are a tie: one is less than a tenth likelier.
const TIE: f32 = 0.1;
/// Of the places, those that must be equal in any case.
const LEAST: usize = 90;

/// Text before and behind a cursor, at the beginning, in the middle or near the end of a line. Short enough for every budget.
fn places() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for language in ["python", "rust"] {
        let sources = sources(language);
        let mut of_language = Vec::new();
        for (number, source) in std::iter::repeat_n(&sources, 10).flatten().enumerate() {
            let lines: Vec<&str> = source.split_inclusive('\n').collect();
            // Elsewhere in each round.
            let at = lines.len() * (number / sources.len() + 2) / 12 + number % 3;
            let Some(line) = lines.get(at).filter(|line| line.trim().len() >= 8 && line.is_ascii()) else {
                continue;
            };
            let indentation = line.len() - line.trim_start().len();
            let column = indentation + (line.trim().len() * (number % 4)) / 5;
            let before = format!("{}{}", lines[at.saturating_sub(20)..at].concat(), &line[..column]);
            of_language.push((before, format!("\n{}", lines[at + 1..(at + 6).min(lines.len())].concat())));
            if of_language.len() == PLACES / 2 {
                break;
            }
        }
        found.extend(of_language);
    }
    assert_eq!(found.len(), PLACES);
    found
}

/// What came of a comparison.
struct Compared {
    equal: usize,
    /// Others, in which the two likeliest tokens were nearly as likely where the lines part.
    ties: usize,
}

async fn compare(here: &dyn Engine, there: &dyn Engine, name: &str) -> Compared {
    let mut found = Compared { equal: 0, ties: 0 };
    for (number, (before, after)) in places().iter().enumerate() {
        let asked = job(&format!("same-{name}-{number}"), before, after);
        let own = text(here, asked.clone()).await.0;
        let other = text(there, asked.clone()).await.0;
        // The line feed that ends a line is in what some servers write, and not in what others do.
        if own.trim_end_matches('\n') == other.trim_end_matches('\n') {
            found.equal += 1;
            continue;
        }
        let gap = gap(here, &asked, &own, &other).await;
        found.ties += usize::from(gap.is_some_and(|gap| gap.abs() < TIE));
        println!("  {number}: here {own:?}, {name} {other:?}; {gap:.3?} nats apart where they part");
    }
    println!("{name}: {} of {PLACES} lines equal, {} more part at a tie", found.equal, found.ties);
    found
}

/// How much likelier the token of `own` is here than that of `other`, where they part first. Natural logarithms.
async fn gap(here: &dyn Engine, asked: &Job, own: &str, other: &str) -> Option<f32> {
    let (own, other) = (explained(here, asked, own).await, explained(here, asked, other).await);
    let apart = own.iter().zip(&other).find(|(own, other)| own.token != other.token)?;
    Some(apart.0.logprob - apart.1.logprob)
}

/// The tokens of a text behind a prompt.
async fn explained(here: &dyn Engine, asked: &Job, text: &str) -> Vec<TokenExplanation> {
    let task = Task::Explain { continuation: text.to_owned() };
    let mut generation = here.generate(Job { task, ..asked.clone() }, CancelToken::never());
    while let Some(update) = generation.next().await {
        if let Update::Explained(tokens) = update.unwrap() {
            return tokens;
        }
    }
    Vec::new()
}

#[tokio::test(flavor = "multi_thread")]
async fn llama_server_writes_the_same() {
    let (here, there) = (local().await, Real::LlamaServer.engine(true).await);
    let found = compare(&*here, &*there, "llama-server").await;
    assert!(found.equal >= LEAST && found.equal + found.ties >= EQUAL);
}

#[tokio::test(flavor = "multi_thread")]
async fn vllm_writes_the_same() {
    let (here, there) = (local().await, Real::Vllm.engine(true).await);
    let found = compare(&*here, &*there, "vLLM").await;
    assert!(found.equal >= LEAST && found.equal + found.ties >= EQUAL);
}

/// Without the vocabulary's file a word that is being typed is taken back as text, so that prompts differ by some tokens.
#[tokio::test(flavor = "multi_thread")]
async fn most_is_the_same_without_a_vocabulary() {
    let here = local().await;
    for (real, name) in [(Real::LlamaServer, "llama-server alone"), (Real::Vllm, "vLLM alone")] {
        let there = real.engine(false).await;
        assert!(compare(&*here, &*there, name).await.equal >= PLACES * 7 / 10);
    }
}

/// As text a word that is being typed is taken back in the same way, and the server may go on from something else.
#[tokio::test(flavor = "multi_thread")]
async fn most_is_the_same_as_text() {
    let (here, there) = (local().await, Real::LlamaServerText.engine(false).await);
    let found = compare(&*here, &*there, "llama-server as text").await;
    assert!(found.equal >= PLACES * 7 / 10);
    assert!(there.capabilities().log_probabilities && !there.capabilities().token_ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn llama_cpp_python_writes_most_of_the_same() {
    let (here, there) = (local().await, Real::LlamaCppPython.engine(false).await);
    let found = compare(&*here, &*there, "llama-cpp-python").await;
    assert!(found.equal >= PLACES * 7 / 10);
    assert!(there.capabilities().log_probabilities && !there.capabilities().token_ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_in_front_changes_nothing() {
    let (direct, gateway) = (Real::Vllm.engine(true).await, Real::LiteLlm.engine(true).await);
    let mut equal = 0;
    for (number, (before, after)) in places().iter().step_by(5).enumerate() {
        let document = format!("gateway-{number}");
        let own = text(&*direct, job(&document, before, after)).await.0;
        let other = text(&*gateway, job(&document, before, after)).await.0;
        equal += usize::from(own == other);
        assert!(own == other || !other.is_empty(), "{own:?}, {other:?}");
    }
    println!("LiteLLM in front of vLLM: {equal} of {} lines equal", PLACES / 5);
    assert!(equal >= PLACES / 5 - 1);
}
