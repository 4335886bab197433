//! Tests the engine on the embedded model: what it generates, what it reuses, and how it stops.
//!
//! `files` tests the files that it refuses.

use super::support::{LIST, PREFIX, SUFFIX, collect, engine, job, options, run, segment, text_of};
use crate::soak;
use treefill::cancel::{CancelSource, CancelToken};
use treefill::engine::llama::LlamaEngine;
use treefill::engine::power::Prefetch;
use treefill::engine::{
    CacheType, Engine as _, EngineError, FileName, Finish, Job, JobSummary, Lane, ModelOptions, ModelTuning,
    Role, Sampling, Segment, Status, Task, Update,
};

#[tokio::test]
async fn status_goes_from_loading_to_ready() {
    let engine = engine();
    let mut status = engine.status();
    let ready = status.wait_for(|status| !matches!(status, Status::Loading(_))).await.unwrap().clone();
    let Status::Ready(info) = ready else { panic!("{ready:?}") };
    assert_eq!(info.family, "qwen2.5-coder, suffix-first");
    assert_eq!((info.context, info.threads), (1024, 1));
    assert!(info.parameters > 1_000_000 && !info.name.is_empty());
    assert!(info.backend.contains("CPU"), "{}", info.backend);
}

#[tokio::test]
async fn cold_greedy_decoding_repeats() {
    let mut texts = Vec::new();
    let times = soak::count(3, 20);
    for _ in 0..times {
        let (text, summary) = run(&*engine(), job(PREFIX, SUFFIX)).await;
        assert!(!text.is_empty());
        assert_eq!(summary.prompt.reused, 0);
        texts.push(text);
    }
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]), "{texts:?}");
    soak::figure(26, format!("{times} cold greedy generations: byte-identical"));
}

#[tokio::test]
async fn typing_evaluates_only_what_is_new() {
    let engine = engine();
    let (_, first) = run(&*engine, job(PREFIX, SUFFIX)).await;
    let (mut prefix, mut reused) = (PREFIX.to_string(), Vec::new());
    for char in "return None".chars() {
        prefix.push(char);
        let (_, summary) = run(&*engine, job(&prefix, SUFFIX)).await;
        let evaluated = summary.prompt.tokens - summary.prompt.reused;
        assert!((1..=5).contains(&evaluated), "{evaluated} tokens for {char:?}");
        reused.push(summary.prompt.reused);
    }
    assert!(reused.iter().all(|&reused| reused + 4 >= first.prompt.tokens), "{reused:?}");
}

#[tokio::test]
async fn typing_behind_text_of_other_files_evaluates_only_what_is_new() {
    let engine = engine();
    let file = |path: &str| Some(FileName { path: path.into(), comment: "#".into() });
    let foreign = segment(Role::Stable, "class Cart(Base)\n    def add(self, item: Item) -> None\n");
    let with_files = |prefix: &str| {
        let mut job = job(prefix, SUFFIX);
        job.segments[0].file = file("own.py");
        job.segments.insert(0, Segment { file: file("shop/cart.py"), ..foreign.clone() });
        job
    };
    let (_, plain) = run(&*engine, job(PREFIX, SUFFIX)).await;
    let (_, first) = run(&*engine, with_files(PREFIX)).await;
    assert!(first.prompt.tokens > plain.prompt.tokens + 15, "{first:?}");
    let (mut prefix, mut evaluated) = (PREFIX.to_string(), Vec::new());
    for char in "return None\n    # and some more of it\n    cart = Cart()\n".chars() {
        prefix.push(char);
        let (_, summary) = run(&*engine, with_files(&prefix)).await;
        evaluated.push(summary.prompt.tokens - summary.prompt.reused);
    }
    evaluated.sort_unstable();
    let (half, most) = (evaluated[evaluated.len() / 2], evaluated[evaluated.len() * 95 / 100]);
    assert!(half <= 2 && most <= 8, "{evaluated:?}");
}

#[tokio::test]
async fn an_accepted_suggestion_is_already_evaluated() {
    let engine = engine();
    let (text, _) = run(&*engine, job(PREFIX, SUFFIX)).await;
    let (_, summary) = run(&*engine, job(&format!("{PREFIX}{text}"), SUFFIX)).await;
    let evaluated = summary.prompt.tokens - summary.prompt.reused;
    assert!(evaluated <= 6, "{evaluated} of {} after {text:?}", summary.prompt.tokens);
}

#[tokio::test]
async fn a_cancelled_job_ends_during_its_prompt() {
    let engine = engine();
    let source = CancelSource::new();
    let long = "value = compute(value, 1)\n".repeat(200);
    let cancelled = engine.generate(job(&long, &long), source.token());
    source.cancel();
    assert_eq!(collect(cancelled).await, Err(EngineError::Cancelled));
    let (text, _) = run(&*engine, job(PREFIX, SUFFIX)).await;
    assert!(!text.is_empty(), "the next job is not harmed");
}

#[tokio::test]
async fn the_newest_job_of_a_document_wins() {
    let engine = engine();
    let long = "value = compute(value, 1)\n".repeat(200);
    let first = engine.generate(job(&long, &long), CancelToken::never());
    let second = engine.generate(job(&long, &long), CancelToken::never());
    let mut elsewhere = job(PREFIX, SUFFIX);
    elsewhere.document = "another".into();
    let third = engine.generate(elsewhere, CancelToken::never());
    assert_eq!(collect(first).await, Err(EngineError::Cancelled));
    assert!(collect(second).await.is_ok());
    assert!(collect(third).await.is_ok());
}

#[tokio::test]
async fn a_dropped_generation_frees_the_engine() {
    let engine = engine();
    let mut endless = job(PREFIX, SUFFIX);
    (endless.max_tokens, endless.stop.lines) = (250, 0);
    let mut generation = engine.generate(endless, CancelToken::never());
    generation.next().await;
    drop(generation);
    let mut next = job(PREFIX, SUFFIX);
    next.document = "another".into();
    assert!(collect(engine.generate(next, CancelToken::never())).await.is_ok());
}

#[tokio::test]
async fn background_work_yields_to_a_person() {
    let engine = engine();
    let mut background = job(LIST, "");
    (background.lane, background.max_tokens, background.stop.lines) = (Lane::Background, 250, 0);
    let mut background = engine.generate(background, CancelToken::never());
    background.next().await;
    let person = engine.generate(job(PREFIX, SUFFIX), CancelToken::never());
    assert!(collect(person).await.is_ok());
    let mut last = None;
    while let Some(update) = background.next().await {
        last = Some(update);
    }
    assert_eq!(last, Some(Err(EngineError::Cancelled)));
}

#[tokio::test]
async fn stops_where_it_is_told() {
    let engine = engine();
    let mut lines = job(LIST, "");
    (lines.stop.lines, lines.max_tokens) = (2, 200);
    let (text, summary) = run(&*engine, lines.clone()).await;
    assert_eq!((summary.finish, text.matches('\n').count()), (Finish::Stop, 2), "{text:?}");
    assert!(text.ends_with('\n'), "the stopping text is delivered, nothing after it: {text:?}");

    (lines.stop.lines, lines.max_tokens) = (0, 3);
    let (_, summary) = run(&*engine, lines).await;
    assert_eq!((summary.finish, summary.generated_tokens), (Finish::Length, 3));
}

#[tokio::test]
async fn a_seed_repeats_a_draw() {
    let engine = engine();
    let mut drawn = Vec::new();
    for seed in [1, 1, 2, 3, 4] {
        let mut job = job(PREFIX, SUFFIX);
        job.sampling = Sampling::Seeded { temperature: 1.0, top_p: 0.95, seed };
        drawn.push(run(&*engine, job).await.0);
    }
    assert_eq!(drawn[0], drawn[1]);
    assert!(drawn.iter().any(|text| text != &drawn[0]), "{drawn:?}");
}

/// At every place inside these words the model goes on with the word: nothing typed is repeated, nothing is lost.
#[tokio::test]
async fn words_cut_in_the_middle_are_continued() {
    let engine = engine();
    let before = "import os\n\n\ndef size(path):\n    if not os.path.exists(path):\n        ";
    let (mut right, mut cuts) = (0, 0);
    for word in ["return None", "raise ValueError"] {
        for cut in 1..word.find(' ').unwrap() {
            let (text, _) = run(&*engine, job(&format!("{before}{}", &word[..cut]), SUFFIX)).await;
            cuts += 1;
            right +=
                usize::from((word[..cut].to_string() + &text).starts_with(word.split(' ').next().unwrap()));
        }
    }
    assert!(right * 10 >= cuts * 6, "{right} of {cuts}");
}

#[tokio::test]
async fn unusual_jobs_are_served() {
    let engine = engine();
    let endless = "x".repeat(200_000);
    let wide = "é🦀".repeat(5_000);
    for (prefix, suffix) in [
        ("", ""),
        ("\n", ""),
        ("", "\n"),
        (&*endless, &*endless),
        (&*wide, &*wide),
        ("<|fim_middle|>", "<|endoftext|>"),
    ] {
        run(&*engine, job(prefix, suffix)).await;
    }
    let mut bare = job("", "");
    bare.segments.clear();
    bare.max_tokens = usize::MAX;
    run(&*engine, bare.clone()).await;
    bare.max_tokens = 0;
    run(&*engine, bare).await;
}

#[tokio::test]
async fn all_orders_run() {
    for order in ["psm", "spm", "suffix-first"] {
        let mut options = super::support::options();
        options.tuning.family = Some(order.into());
        let engine = treefill::engine::llama::LlamaEngine::start(options);
        let (pieces, summary) =
            collect(engine.generate(job(PREFIX, SUFFIX), CancelToken::never())).await.unwrap();
        assert!(summary.prompt.tokens > 20, "{order}: {}", text_of(&pieces));
    }
}

#[tokio::test]
async fn a_cache_of_less_precise_numbers_and_small_batches() {
    let mut options = super::support::options();
    (options.tuning.cache_type, options.tuning.batch) = (CacheType::Q8, Some(32));
    let engine = LlamaEngine::start(options);
    let several = Job { task: Task::Generate { candidates: 3 }, ..job(PREFIX, SUFFIX) };
    let (texts, ended, _) = candidates(&engine, several).await;
    assert_eq!((texts.len(), ended), (3, 3), "{texts:?}");
    // Sequences are copied, cut and continued as they are with f16.
    let (text, summary) = run(&*engine, job(&format!("{PREFIX}{}", texts[1]), SUFFIX)).await;
    assert!(summary.prompt.tokens - summary.prompt.reused <= 6, "{text:?} {summary:?}");
}

#[tokio::test]
async fn jobs_sent_while_loading_wait_and_an_ended_engine_answers() {
    let engine = engine();
    let waiting = engine.generate(job(PREFIX, SUFFIX), CancelToken::never());
    assert!(collect(waiting).await.is_ok());
    let mut unfinished = job(PREFIX, SUFFIX);
    (unfinished.max_tokens, unfinished.stop.lines) = (250, 0);
    let unfinished = engine.generate(unfinished, CancelToken::never());
    drop(engine);
    let _ = collect(unfinished).await;
}

/// A jump is answered from a short prompt; while nobody waits it grows, and what was read before stays read.
#[tokio::test]
async fn a_prompt_grows_while_nobody_waits_and_places_are_remembered() {
    let engine = LlamaEngine::start(ModelOptions {
        // Slow on purpose, so that the short prompt is the shortest there is.
        tuning: ModelTuning { max_prefill_ms: 1, ..ModelTuning::default() },
        prefetch: Prefetch::Always,
        pause_ms: 0,
        ..options()
    });
    let place = |name: &str| {
        (0..60).map(|line| format!("{name}_{line} = compute({line})\n")).collect::<String>() + "total = "
    };
    let here = place("here");
    let (_, short) = run(&*engine, job(&here, SUFFIX)).await;
    let start = std::time::Instant::now();
    let wide = loop {
        let (_, summary) = run(&*engine, job(&here, SUFFIX)).await;
        if summary.prompt.tokens > short.prompt.tokens {
            break summary;
        }
        assert!(start.elapsed().as_secs() < 60, "it grows");
    };
    assert!(wide.prompt.tokens - wide.prompt.reused <= 4, "{wide:?}");
    let (_, there) = run(&*engine, job(&place("there"), SUFFIX)).await;
    assert!(there.prompt.tokens < wide.prompt.tokens, "a jump is short again: {there:?}");
    let (_, back) = run(&*engine, job(&here, SUFFIX)).await;
    assert_eq!(back.prompt.tokens, wide.prompt.tokens);
    assert!(back.prompt.tokens - back.prompt.reused <= 4, "{back:?}");
}

#[tokio::test]
async fn documents_have_sequences_of_their_own() {
    let engine = engine();
    let mut jobs: Vec<_> = ["a", "b", "c"]
        .map(|name| {
            let mut job = job(&format!("# {name}\n{PREFIX}"), SUFFIX);
            job.document = name.into();
            job
        })
        .into();
    for _ in 0..2 {
        for job in &mut jobs {
            run(&*engine, job.clone()).await;
        }
    }
    for job in jobs {
        let (_, summary) = run(&*engine, job).await;
        assert!(summary.prompt.tokens - summary.prompt.reused <= 4, "{summary:?}");
    }
}

/// Text and end of each candidate.
async fn candidates(engine: &LlamaEngine, job: Job) -> (Vec<String>, usize, JobSummary) {
    let mut generation = engine.generate(job, CancelToken::never());
    let (mut texts, mut ended) = (Vec::<String>::new(), 0);
    loop {
        match generation.next().await.unwrap().unwrap() {
            Update::Piece(piece) => {
                texts.resize(texts.len().max(piece.candidate + 1), String::new());
                texts[piece.candidate].push_str(&piece.text);
            }
            Update::Ended { .. } => ended += 1,
            Update::Done(summary) => return (texts, ended, summary),
            _ => {}
        }
    }
}

#[tokio::test]
async fn several_candidates_come_from_one_prompt() {
    let engine = engine();
    let (alone, _) = run(&*engine, job(PREFIX, SUFFIX)).await;
    let several = Job { task: Task::Generate { candidates: 3 }, ..job(PREFIX, SUFFIX) };
    let (texts, ended, summary) = candidates(&engine, several.clone()).await;
    assert_eq!((texts.len(), ended), (3, 3), "{texts:?}");
    assert_eq!(texts[0], alone, "the first is the likeliest");
    assert!(texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2], "{texts:?}");
    assert!(summary.prompt.tokens - summary.prompt.reused <= 4, "{summary:?}");

    // Whichever is taken, going on from it costs next to nothing.
    let (_, summary) = run(&*engine, job(&format!("{PREFIX}{}", texts[1]), SUFFIX)).await;
    assert!(summary.prompt.tokens - summary.prompt.reused <= 6, "{summary:?}");

    let drawn = Job { sampling: Sampling::Seeded { temperature: 1.0, top_p: 0.95, seed: 5 }, ..several };
    let (first, ..) = candidates(&engine, drawn.clone()).await;
    let (again, ..) = candidates(&engine, drawn.clone()).await;
    assert_eq!(first, again, "seeds repeat");
    let second = Job {
        sampling: Sampling::Seeded { temperature: 1.0, top_p: 0.95, seed: 6 },
        task: Task::default(),
        ..drawn
    };
    assert_eq!(run(&*engine, second).await.0, first[1], "candidate i draws from seed + i");
}

#[tokio::test]
async fn scores_say_which_text_is_likelier() {
    let engine = engine();
    let score = async |texts: &[&str]| {
        let continuations = texts.iter().map(|&text| text.to_owned()).collect();
        let job = Job { task: Task::Score { continuations }, ..job(PREFIX, SUFFIX) };
        let mut generation = engine.generate(job, CancelToken::never());
        let mut scores = Vec::new();
        while let Some(update) = generation.next().await {
            if let Update::Scores(found) = update.unwrap() {
                scores = found;
            }
        }
        scores
    };
    let texts =
        ["return None", "return return", "", "raise ValueError(path)", "zqx ((", "return None", "return 0"];
    let scores = score(&texts).await;
    assert_eq!(scores.len(), texts.len());
    assert!(scores[0].logprob > scores[1].logprob && scores[0].logprob > scores[4].logprob, "{scores:?}");
    assert!(scores.iter().all(|score| score.logprob <= 0.0));
    // Alone or in a batch, now or later: the same.
    for (at, text) in texts.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
        let alone = score(&[text]).await[0];
        assert!((alone.logprob - scores[at].logprob).abs() < 0.05, "{text:?}: {alone:?} {:?}", scores[at]);
        assert_eq!(alone.tokens, scores[at].tokens);
    }
    let endless = "x = 1\n".repeat(500);
    assert_eq!(score(&[&endless]).await[0].logprob, f32::NEG_INFINITY);
    assert!(score(&[]).await.is_empty());
}

#[tokio::test]
async fn a_model_that_only_continues_needs_nothing_before_the_cursor() {
    let tuning = ModelTuning { family: Some("left-to-right".into()), ..ModelTuning::default() };
    let engine = LlamaEngine::start(ModelOptions { tuning, ..options() });
    for prefix in ["", "x", "def add(a, b):\n    return a +"] {
        let (_, summary) = run(&*engine, job(prefix, SUFFIX)).await;
        assert!(summary.prompt.tokens > 0, "{prefix:?}");
    }
}
