//! Answers what the strict parser of a language says about texts, for `benches/strict.py`; and times it. No benchmark.
//!
//! `cargo bench --bench strict -- judge LANGUAGE`: reads a length in bytes, a line feed and that text, again and again, and
//! prints a JSON object for each.
//! `cargo bench --bench strict -- time LANGUAGE FILE…`: milliseconds to accept, and to count the faults of, all files, three times.

use std::io::{BufRead as _, Read as _, Write as _};
use std::time::Instant;

use treefill::language::Registry;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [what, name, files @ ..] = &words[..] else {
        eprintln!("usage: cargo bench --bench strict -- judge|time LANGUAGE [FILE...]");
        return Ok(());
    };
    let registry = Registry::builtin()?;
    let language = registry.by_name(name).ok_or_else(|| anyhow::anyhow!("no language {name}"))?;
    let parser = language.strict.ok_or_else(|| anyhow::anyhow!("no strict parser for {name}"))?;
    let mut out = std::io::stdout().lock();
    if what == "time" {
        let texts: Vec<String> = files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect();
        for _ in 0..3 {
            let start = Instant::now();
            let accepted = texts.iter().filter(|text| parser.accepts(text)).count();
            let middle = Instant::now();
            let faults: usize = texts.iter().map(|text| parser.errors(text)).sum();
            let (first, second) = ((middle - start).as_millis(), middle.elapsed().as_millis());
            writeln!(
                out,
                "{accepted} of {} accepted in {first} ms, {faults} faults counted in {second} ms",
                texts.len()
            )?;
        }
        return Ok(());
    }
    let mut input = std::io::stdin().lock();
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let mut bytes = vec![0; line.trim().parse()?];
        input.read_exact(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let faults = parser.judge(&text);
        let errors: Vec<String> =
            parser.syntax_errors(&text).into_iter().map(|error| error.message).collect();
        let answer = serde_json::json!({ "accepts": parser.accepts(&text), "faults": faults.total(), "min_version": faults.min_version, "errors": errors });
        writeln!(out, "{answer}")?;
        out.flush()?;
        line.clear();
    }
    Ok(())
}
