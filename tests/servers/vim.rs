//! Compares what a key costs with what it costs llama.vim on the same llama-server, with a model of the shape of Qwen2.5-Coder-0.5B.

use std::io::{BufRead as _, BufReader};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use treefill::cancel::CancelToken;
use treefill::engine::{Engine, Job, Update};

use super::{Real, job, sources};

/// Times that both type, one after the other: what else the machine does comes to both.
const TURNS: usize = 3;
/// Characters of each turn; the first is a jump, which is not counted.
const TYPED: usize = 10;
/// Tokens of a first line, where none ends sooner: random weights write no line feeds. llama.vim asks for 128 and shows none of them before
/// the last one is there; what is measured of it here is in its favour.
const LINE: usize = 12;
/// Lines that llama.vim sends, before the cursor's and after it.
const BEFORE: usize = 256;
const AFTER: usize = 64;

/// What a key costs.
#[derive(Debug, Clone, Copy)]
struct Cost {
    first_token: Duration,
    first_line: Duration,
    /// Prompt tokens that the server evaluated, by its own count.
    evaluated: usize,
}

/// Asks as llama.vim does (`autoload/llama.vim`, its defaults), but takes what is there as soon as it is.
fn llama_vim(url: &str, before: &str, after: &str) -> Cost {
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let above: Vec<&str> = before[..line].split_inclusive('\n').collect();
    let below: String = after.split_inclusive('\n').take(AFTER).collect();
    let body = json!({
        "id_slot": 0, "input_prefix": above[above.len().saturating_sub(BEFORE)..].concat(), "input_suffix": below,
        "input_extra": [], "prompt": &before[line..], "n_predict": LINE, "stop": [], "top_k": 40, "top_p": 0.90,
        "stream": true, "cache_prompt": true, "seed": 1,
        // Its sampler for infill ends what random weights write after the first token: both write as much.
        "samplers": ["top_k", "top_p"], "ignore_eos": true,
    });
    let start = Instant::now();
    let answer = ureq::post(format!("{url}/infill")).send_json(body).unwrap();
    let (mut first_token, mut first_line) = (None, None);
    for line in BufReader::new(answer.into_body().into_reader()).lines() {
        let line = line.unwrap();
        let Some(data) = line.strip_prefix("data: ") else { continue };
        let event: Value = serde_json::from_str(data).unwrap();
        let text = event["content"].as_str().unwrap();
        first_token.get_or_insert_with(|| start.elapsed());
        if text.contains('\n') {
            first_line.get_or_insert_with(|| start.elapsed());
        }
        if event["stop"] == true {
            let evaluated = event["timings"]["prompt_n"].as_u64().unwrap() as usize;
            let all = start.elapsed();
            return Cost {
                first_token: first_token.unwrap(),
                first_line: first_line.unwrap_or(all),
                evaluated,
            };
        }
    }
    panic!("no end")
}

/// Asks as treefill does.
async fn treefill(engine: &dyn Engine, before: &str, after: &str) -> Cost {
    let start = Instant::now();
    let asked = Job { max_tokens: LINE, ..job("typing", before, after) };
    let mut generation = engine.generate(asked, CancelToken::never());
    let (mut first_token, mut evaluated) = (None, 0);
    loop {
        match generation.next().await.unwrap().unwrap() {
            Update::Prompt(prompt) => evaluated = prompt.tokens - prompt.reused,
            Update::Piece(_) => drop(first_token.get_or_insert_with(|| start.elapsed())),
            Update::Done(_) => {
                let all = start.elapsed();
                return Cost { first_token: first_token.unwrap_or(all), first_line: all, evaluated };
            }
            _ => {}
        }
    }
}

fn half<T: Copy + PartialOrd>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_by(|left, right| left.partial_cmp(right).unwrap());
    values[values.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_costs_little_of_what_it_costs_llama_vim() {
    let engine: Arc<dyn Engine> = Real::Shape.engine(false).await;
    let url = Real::Shape.url();
    let source = sources("python").into_iter().find(|it| it.lines().count() > 330 && it.is_ascii()).unwrap();
    let lines: Vec<&str> = source.split_inclusive('\n').collect();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        // A line that is long enough to be typed, with nothing of it behind the cursor.
        let row = (260 + 20 * turn..).find(|&row| lines[row].trim().len() > TYPED + 8).unwrap();
        let (above, after) = (lines[..row].concat(), lines[row + 1..].concat());
        let after = format!("\n{after}");
        let indentation = lines[row].len() - lines[row].trim_start().len();
        let typed = |count: usize| format!("{above}{}", &lines[row][..indentation + 4 + count]);
        for count in 0..TYPED {
            let cost = treefill(&*engine, &typed(count), &after).await;
            ours.extend((count > 0).then_some(cost));
        }
        for count in 0..TYPED {
            let cost = llama_vim(&url, &typed(count), &after);
            theirs.extend((count > 0).then_some(cost));
        }
    }
    let token =
        [&ours, &theirs].map(|costs| half(costs.iter().map(|cost| cost.first_token)).as_secs_f64() * 1e3);
    let line =
        [&ours, &theirs].map(|costs| half(costs.iter().map(|cost| cost.first_line)).as_secs_f64() * 1e3);
    let read = [&ours, &theirs].map(|costs| half(costs.iter().map(|cost| cost.evaluated)));
    println!("{} keys each, half of them within, treefill and llama.vim:", ours.len());
    println!(
        "  to the first token        {:6.0} {:6.0} ms, 1/{:.1}",
        token[0],
        token[1],
        token[1] / token[0]
    );
    println!(
        "  to {LINE} tokens, or a line    {:6.0} {:6.0} ms, 1/{:.1}",
        line[0],
        line[1],
        line[1] / line[0]
    );
    println!("  prompt tokens evaluated   {:6} {:6}", read[0], read[1]);
    // Times are printed, and work is counted: that does not depend on what else the machine does.
    assert!(read[0] * 20 <= read[1], "{read:?}");
}
