//! Tests that typing makes a server read little again, by its own count.

use super::counters::evaluated;
use super::{Real, job, sources, text};

/// Characters that are typed.
const TYPED: usize = 80;
/// Tokens of a block of vLLM's prefix cache, the least it has on a processor: what does not fill one is read again.
const BLOCK: f64 = 32.0;

/// Types in the middle of a file and asks at each character; prompt tokens evaluated for each but the first, in ascending order.
async fn typed(real: Real, tokenizer: bool) -> Vec<f64> {
    let engine = real.engine(tokenizer).await;
    let source = sources("python")
        .into_iter()
        .find(|source| source.lines().count() > 120 && source.is_ascii())
        .unwrap();
    let lines: Vec<&str> = source.split_inclusive('\n').collect();
    let start = lines[..60].concat().len();
    let after = lines[64..100].concat();
    // The first answer tells how fast the server reads, and with that how long prompts may be.
    let _ = text(&*engine, job("typing", &source[..start - 40], &after)).await;
    let mut costs = Vec::new();
    for end in start..start + TYPED {
        let before = evaluated(real);
        let _ = text(&*engine, job("typing", &source[..end], &after)).await;
        costs.push(evaluated(real) - before);
    }
    let jump = costs.remove(0);
    costs.sort_by(f64::total_cmp);
    let mean = costs.iter().sum::<f64>() / costs.len() as f64;
    let at = |share: f64| costs[(costs.len() as f64 * share) as usize];
    println!(
        "{real:?}, vocabulary {}: {jump} prompt tokens at the jump, then {mean:.2} a character (half {}, 95 % {}, most {})",
        if tokenizer { "here" } else { "there" },
        at(0.5),
        at(0.95),
        costs[costs.len() - 1]
    );
    costs
}

#[tokio::test(flavor = "multi_thread")]
async fn llama_server_reads_two_tokens_a_character() {
    for tokenizer in [true, false] {
        let costs = typed(Real::LlamaServer, tokenizer).await;
        assert!(costs.iter().sum::<f64>() / costs.len() as f64 <= 2.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vllm_reads_less_than_a_block_a_character() {
    for tokenizer in [true, false] {
        let costs = typed(Real::Vllm, tokenizer).await;
        // What is spelled token by token is more than one request.
        assert!(costs.iter().sum::<f64>() / costs.len() as f64 <= BLOCK);
    }
}
