//! Measures what a keystroke costs before a model is asked: the didChange itself, and the parse that a request makes
//! after it.

// The figures are what it is for.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use treefill::document::{Change, Document, Encoding, Snapshot};
use treefill::language::{Language, Registry};

const URI: &str = "file:///big.py";
const LINES: usize = 10_000;

/// A Python file of 10 000 lines: the embedded sample, again and again.
fn source() -> String {
    let sample = include_str!("../grammars/python/samples/queue.py")
        .replace("from __future__ import annotations\n", "");
    let lines: Vec<&str> = sample.lines().cycle().take(LINES).collect();
    lines.join("\n") + "\n"
}

fn open(text: &str, language: &Arc<Language>) -> Document {
    let mut document = Document::new(URI, 0, text, Some(Arc::clone(language)));
    reparse(&mut document);
    document
}

/// Type one character in the middle of the file and take it back: two changes, as an editor sends them.
fn keystroke(document: &mut Document, version: &mut i32) {
    let place = (LINES as u32 / 2, 4);
    for (end, text) in [(place, "x"), ((place.0, place.1 + 1), "")] {
        *version += 1;
        let change = Change { range: Some((place, end)), text: text.into() };
        document.change(*version, &[change], Encoding::Utf16);
    }
}

fn reparse(document: &mut Document) {
    let snapshot = document.snapshot();
    let tree = snapshot.parse().expect("the file is within the limits");
    document.store_tree(&snapshot, tree);
}

fn main() {
    let language =
        Registry::builtin().ok().and_then(|all| all.by_name("python")).expect("Python is built in");
    let text = source();
    let mut criterion = Criterion::default().configure_from_args();

    let (mut document, mut version) = (open(&text, &language), 0);
    criterion.bench_function("didChange, typed and taken back, 10 000 lines", |bench| {
        bench.iter(|| keystroke(&mut document, &mut version));
    });
    criterion.bench_function("didChange and the incremental parse", |bench| {
        bench.iter(|| {
            keystroke(&mut document, &mut version);
            reparse(&mut document);
        });
    });
    criterion.bench_function("full parse", |bench| {
        bench.iter(|| black_box(Snapshot::of_text(URI, &text, Some(Arc::clone(&language))).parse()));
    });
    criterion.final_summary();

    let incremental = median(50, || {
        keystroke(&mut document, &mut version);
        reparse(&mut document);
    });
    let full =
        median(5, || drop(black_box(Snapshot::of_text(URI, &text, Some(Arc::clone(&language))).parse())));
    let changed = median(1_000, || keystroke(&mut document, &mut version)) / 2;
    let ratio = full.as_secs_f64() / incremental.as_secs_f64();
    println!(
        "{LINES} lines, {} KiB: one didChange {changed:?}, incremental parse {incremental:?}, full parse {full:?} (1 : {ratio:.0})",
        text.len() / 1024
    );
}

fn median(times: usize, mut work: impl FnMut()) -> Duration {
    let mut spent: Vec<Duration> = (0..times)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    spent.sort();
    spent[times / 2]
}
