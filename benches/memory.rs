//! Measures the memory of a workspace by itself: time and space to index twelve million tokens, a look-up, and a changed file.
//!
//! `cargo bench --bench memory -- FOLDER` reads the source files below a folder, by default those of this crate. Words stand for
//! tokens, so no model is needed. Copies with other names fill up what a folder has too little of; every 40th file is kept out,
//! and is what is looked up and changed.
// The figures are what it is for.
#![allow(clippy::print_stdout)]

use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use treefill::engine::TokenId;
use treefill::engine::memory::{MOST_TOKENS, Recall, SEPARATOR, Shelves};
use walkdir::WalkDir;

/// Every so many-th file is kept out.
const KEPT_OUT: usize = 40;
/// Positions that are looked up.
const LOOK_UPS: usize = 100_000;
/// Changes of an open file.
const CHANGES: usize = 200;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let folder = arguments.first().map_or(own.as_path(), Path::new);
    let texts = read(folder);
    assert!(texts.len() > KEPT_OUT, "too few source files below {}", folder.display());
    let (kept_out, known): (Vec<_>, Vec<_>) =
        texts.into_iter().enumerate().partition(|(number, _)| number % KEPT_OUT == 0);
    let before = resident_kib();
    let shelves = Shelves::default();
    let start = Instant::now();
    let (mut tokens, mut files) = (0, 0);
    for (number, (at, text)) in known.iter().cycle().enumerate() {
        let copy = number / known.len();
        if tokens + text.len() > MOST_TOKENS {
            break;
        }
        tokens += text.len();
        files += 1;
        shelves.put("w", &format!("{copy}/{at}"), &format!("{copy}/{}", at / 10), false, renamed(text, copy));
    }
    shelves.settle();
    println!("index    {files} files, {tokens} tokens, {:.1} s", start.elapsed().as_secs_f64());
    let resident = resident_kib().saturating_sub(before);
    println!("memory   {:.1} bytes a token", resident as f64 * 1024.0 / tokens as f64);

    let recall = Recall::new(shelves.get("w"), "0/0");
    let text: Vec<TokenId> = kept_out.iter().flat_map(|(_, text)| text.iter().copied()).collect();
    let prompt = 1024;
    let ends: Vec<usize> = (prompt..text.len()).collect();
    let step = ends.len().div_ceil(LOOK_UPS).max(1);
    let mut times: Vec<Duration> = Vec::new();
    for &end in ends.iter().step_by(step) {
        let start = Instant::now();
        black_box(recall.look_up(&text[end - prompt..end]));
        times.push(start.elapsed());
    }
    println!("look-up  {} a token, behind a prompt of {prompt} tokens", quantiles(&mut times));

    let mut times: Vec<Duration> = Vec::new();
    for (_, text) in kept_out.iter().cycle().take(CHANGES) {
        let start = Instant::now();
        shelves.put("w", "open", "0/0", true, text.clone());
        times.push(start.elapsed());
    }
    println!("change   {} a text of an open file", quantiles(&mut times));
}

/// The files below a folder as words, each word with a number of its own.
fn read(folder: &Path) -> Vec<Vec<TokenId>> {
    let mut numbers: HashMap<String, TokenId> = HashMap::new();
    let files = WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let source = |path: &Path| path.extension().is_some_and(|it| it == "rs" || it == "py");
    let mut texts = Vec::new();
    for file in files.filter(|file| source(file.path())) {
        let Ok(text) = std::fs::read_to_string(file.path()) else { continue };
        let mut tokens = Vec::new();
        for word in words(&text) {
            let next = numbers.len() as TokenId;
            tokens.push(*numbers.entry(word.to_owned()).or_insert(next));
        }
        texts.push(tokens);
    }
    texts
}

/// Runs of letters and digits, of spaces, and single other characters.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let kind = |c: char| if c.is_alphanumeric() || c == '_' { 1 } else { u8::from(c == ' ') * 2 };
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = kind(rest.chars().next()?);
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| first == 0 || kind(*c) != first)
            .map_or(rest.len(), |(at, _)| at);
        let (word, left) = rest.split_at(end);
        rest = left;
        Some(word)
    })
}

/// A copy in which the rarer words are others.
fn renamed(text: &[TokenId], copy: usize) -> Vec<TokenId> {
    const COMMON: TokenId = 200;
    let other = |token: TokenId| {
        if token < COMMON { token } else { (token + 7_919 * copy as TokenId) % 1_000_000 + COMMON }
    };
    text.iter().map(|&token| if copy == 0 || token == SEPARATOR { token } else { other(token) }).collect()
}

/// Memory of this process that is not on the disk, KiB; 0 where the system does not tell.
fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn quantiles(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    format!("p50 {:.1} µs, p95 {:.1} µs, p99 {:.1} µs", at(0.5), at(0.95), at(0.99))
}
