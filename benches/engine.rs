//! Measures the engine: evaluating prompts, generating, a keystroke's append, and a cancel in the middle of a prompt.
//!
//! `TREEFILL_MODEL=FILE` measures another model than the embedded one; `llama-bench` measures llama.cpp alone, for comparison.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};
use treefill::cancel::{CancelSource, CancelToken};
use treefill::engine::llama::LlamaEngine;
use treefill::engine::{
    Engine as _, Job, JobSummary, Lane, ModelOptions, Role, Sampling, Segment, Stop, Task, Update,
};

fn segment(role: Role, text: String) -> Segment {
    let boundaries = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    Segment { role, text, share: 40, boundaries, file: None }
}

fn job(prefix: String, max_tokens: usize) -> Job {
    Job {
        document: "bench".into(),
        lane: Lane::Interactive,
        segments: vec![segment(Role::Prefix, prefix), segment(Role::Suffix, "\n\nprint(total(3))\n".into())],
        max_tokens,
        stop: Stop::default(),
        sampling: Sampling::Greedy,
        task: Task::default(),
        language: String::new(),
        workspace: None,
    }
}

fn run(runtime: &Runtime, engine: &Arc<LlamaEngine>, job: Job) -> JobSummary {
    runtime.block_on(async {
        let mut generation = engine.generate(job, CancelToken::never());
        while let Some(update) = generation.next().await {
            if let Update::Done(summary) = update.expect("the embedded model runs") {
                return summary;
            }
        }
        unreachable!("a generation ends with its summary")
    })
}

fn benches(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let chosen = std::env::var_os("TREEFILL_MODEL").map(Into::into);
    let model = treefill::models::infill(&chosen).expect("the model");
    let engine = LlamaEngine::start(ModelOptions::new(model));
    let code: String =
        (0..60).map(|number| format!("def f{number}(x):\n    return x + {number}\n")).collect();
    // A different first token makes every prompt a cold one.
    let round = AtomicUsize::new(0);
    let cold = |length: usize| format!("{}\n{}", round.fetch_add(1, Ordering::Relaxed), &code[..length]);

    let tokens = run(&runtime, &engine, job(cold(800), 1)).prompt.tokens;
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(20).measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(500));
    group.throughput(Throughput::Elements(tokens as u64));
    group.bench_function("prefill", |bencher| {
        bencher.iter(|| black_box(run(&runtime, &engine, job(cold(800), 1))))
    });

    group.throughput(Throughput::Elements(1));
    group.bench_function("decode", |bencher| {
        bencher.iter_custom(|count| {
            let mut spent = Duration::ZERO;
            let mut generated = 0;
            while generated < count {
                let summary = run(&runtime, &engine, job(cold(200), 32));
                generated += summary.generated_tokens as u64;
                spent += Duration::from_secs_f32(summary.decode_ms / 1000.0);
            }
            spent.mul_f64(count as f64 / generated as f64)
        });
    });

    group.throughput(Throughput::Elements(1));
    let mut typed = 0;
    group.bench_function("keystroke", |bencher| {
        bencher.iter(|| {
            typed = (typed + 1) % 20;
            run(
                &runtime,
                &engine,
                job(format!("{}{}", &code[..800], &"    return total"[..typed.min(16)]), 1),
            )
        });
    });
    // From the cancel to the first evaluated tokens of the next job.
    group.bench_function("cancel in the middle of a prompt", |bencher| {
        bencher.iter_custom(|count| {
            (0..count).map(|_| cancelled(&runtime, &engine, job(cold(code.len()), 1), job(cold(20), 1))).sum()
        });
    });
    group.finish();
}

/// Begin a long job, cancel it, and wait until the next one's prompt is evaluated.
fn cancelled(runtime: &Runtime, engine: &Arc<LlamaEngine>, long: Job, next: Job) -> Duration {
    let source = CancelSource::new();
    let mut running = engine.generate(long, source.token());
    // So that it is in the middle of its prompt.
    let _ = runtime.block_on(async { tokio::time::timeout(Duration::from_millis(5), running.next()).await });
    let start = Instant::now();
    source.cancel();
    drop(running);
    run(runtime, engine, next);
    start.elapsed()
}

criterion_group!(engine, benches);
criterion_main!(engine);
