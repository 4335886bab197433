//! Measures what the pipeline adds to the model's own time: from the trigger to the outcome in files of 10 000 lines,
//! with an engine that answers at once. Prints median and 99th percentile for each language.

// The figures are what it is for.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use treefill::cancel::CancelToken;
use treefill::completion::{CompletionOptions, CompletionRequest, Outcome, TriggerKind, complete};
use treefill::context::CursorContext;
use treefill::document::{Edit, Snapshot};
use treefill::engine::power::Prefetch;
use treefill::engine::scripted::{Script, ScriptedEngine};
use treefill::language::Registry;

const LINES: usize = 10_000;
const ASKS: usize = 300;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    let registry = Registry::builtin().expect("the built-in languages compile");
    let python = include_str!("../grammars/python/samples/queue.py")
        .replace("from __future__ import annotations\n", "");
    let rust = include_str!("../grammars/rust/samples/queue.rs");
    println!("language  right at once, ms p50 / p99   cut back, ms p50 / p99   suggested");
    for (language, text) in [("python", python.as_str()), ("rust", rust)] {
        let lines: Vec<&str> = text.lines().cycle().take(LINES).collect();
        let text = lines.join("\n") + "\n";
        let language = registry.by_name(language).expect("it is built in");
        let snapshot = Snapshot::of_text("file:///big", &text, Some(language.clone()));
        let snapshot = snapshot.with_tree(snapshot.parse().expect("within the limits"));
        let mut cells = Vec::new();
        let mut suggested = 0;
        let mut parts: Vec<(f64, f64)> = Vec::new();
        for spoiled in [false, true] {
            let mut times = Vec::new();
            for number in 0..ASKS {
                let Some((hole, offset, rest)) = hole(&snapshot, number) else { continue };
                if !spoiled {
                    let start = Instant::now();
                    let tree = hole.parse();
                    let parsed = Instant::now();
                    let _ = std::hint::black_box(CursorContext::at(&hole, tree.as_ref(), offset));
                    parts.push(((parsed - start).as_secs_f64() * 1e3, parsed.elapsed().as_secs_f64() * 1e3));
                }
                let answer = if spoiled { format!("{rest} )]") } else { rest };
                let took = runtime.block_on(ask(hole, offset, answer, &mut suggested));
                times.push(took.as_secs_f64() * 1e3);
            }
            times.sort_by(f64::total_cmp);
            let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
            cells.push(format!("{:.1} / {:.1}", at(0.5), at(0.99)));
        }
        let median = |part: fn(&(f64, f64)) -> f64| {
            let mut times: Vec<f64> = parts.iter().map(part).collect();
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        println!("{:8}  of these: parse {:.2} ms, context {:.2} ms", "", median(|p| p.0), median(|p| p.1));
        println!("{:8}  {:>27}   {:>22}   {suggested:>9}", language.name(), cells[0], cells[1]);
    }
}

/// The file without the second half of some line, as an editor left it: its tree is one edit old.
fn hole(snapshot: &Snapshot, number: usize) -> Option<(Snapshot, usize, String)> {
    let row = (number * 331 + 17) % LINES;
    let line = snapshot.line_range(row);
    let text = snapshot.line_text(row);
    let from = text.len() - text.trim_start().len();
    let at = (from + text.len()).div_ceil(2);
    if text.trim().len() < 8 || !text.is_char_boundary(at) {
        return None;
    }
    let rest = text[at..].to_owned();
    Some((snapshot.with_edit(&Edit::replace(line.start + at..line.end, "")), line.start + at, rest))
}

async fn ask(snapshot: Snapshot, offset: usize, answer: String, suggested: &mut usize) -> Duration {
    let engine = ScriptedEngine::new(move |_| Script::Pieces(vec![answer.clone(), "\n".into()]));
    let options = CompletionOptions {
        delay: Duration::ZERO,
        prefetch: Prefetch::Never,
        ..CompletionOptions::default()
    };
    let request = CompletionRequest {
        snapshot,
        offset,
        trigger: TriggerKind::Automatic,
        selected: None,
        remembered: Vec::new(),
    };
    let start = Instant::now();
    let report = complete(request, &*engine, &options, &CancelToken::never()).await;
    *suggested += usize::from(matches!(report.outcome, Outcome::Suggested(_)));
    start.elapsed()
}
