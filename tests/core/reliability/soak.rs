//! Tests that events leave nothing behind (row 15): memory, descriptors and threads of `serve` over documents opened, edited, asked about,
//! cancelled and closed.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;

use super::support::{Editor, suggestion};
use crate::soak;

const DOCUMENTS: usize = 20;
/// What follows the line that is edited: a file of the usual length.
const REST: &str = include_str!("../../shared/sample.py.txt");
/// Most growth for each 100 000 events, as a share of the memory in use.
const SLOPE: f64 = 0.01;

/// What a look at the process gives.
#[derive(Debug, Clone, Copy)]
struct Sample {
    events: usize,
    resident: u64,
    descriptors: usize,
    threads: u64,
}

/// Plays events at random, and checks suggestions against the version they are for.
struct Player {
    editor: Editor,
    random: StdRng,
    /// Version and first line of each open document.
    open: BTreeMap<usize, (usize, String)>,
    cancelled: usize,
    suggested: usize,
}

fn uri(document: usize) -> String {
    format!("file:///{document}.py")
}

impl Player {
    fn event(&mut self, number: usize) {
        let document = self.random.random_range(0..DOCUMENTS);
        let Some((mut version, mut line)) = self.open.get(&document).cloned() else {
            let line = format!("x{number} = ");
            self.editor.open(&uri(document), &format!("{line}\n{REST}"));
            self.open.insert(document, (1, line));
            return;
        };
        match self.random.random_range(0..100) {
            0..60 => {
                let new = format!("x{number} = ");
                (version, line) = (version + 1, {
                    self.editor.edit(&uri(document), version + 1, line.len(), &new);
                    new
                });
                self.open.insert(document, (version, line));
            }
            60..80 => {
                let text = self.editor.suggested(&uri(document), &line);
                let number: String = line.chars().filter(char::is_ascii_digit).collect();
                // Asked for again in the same place, what was shown comes again.
                assert_eq!(text, Some(number), "at {line}");
                self.suggested += 1;
            }
            80..92 => {
                let id = self.editor.ask(&uri(document), line.len());
                self.editor.client.notify("$/cancelRequest", json!({ "id": id }));
                let answer = self.editor.client.answer(id);
                self.cancelled += usize::from(suggestion(&answer).is_none());
            }
            _ => {
                self.editor.close(&uri(document));
                self.open.remove(&document);
            }
        }
    }

    fn look(&mut self, events: usize) -> Sample {
        // Everything before is done.
        self.editor.status();
        self.editor.client.forget();
        let process = self.editor.process();
        let (resident, descriptors, threads) = (process.resident(), process.descriptors(), process.threads());
        Sample { events, resident, descriptors, threads }
    }
}

/// The slope of memory by least squares, as a share of its mean for each 100 000 events.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let mean = |of: fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|sample| sample.events as f64), mean(|sample| sample.resident as f64));
    let (mut over, mut under) = (0.0, 0.0);
    for sample in samples {
        let dx = sample.events as f64 - x;
        over += dx * (sample.resident as f64 - y);
        under += dx * dx;
    }
    over / under * 100_000.0 / y
}

#[test]
fn events_leave_nothing_behind() {
    let editor = Editor::start();
    let random = StdRng::seed_from_u64(15);
    let mut player = Player { editor, random, open: BTreeMap::new(), cancelled: 0, suggested: 0 };
    player.editor.until("ready");
    let events = soak::count(3_000, 1_000_000);
    let mut samples = Vec::new();
    for number in 0..events {
        player.event(number);
        if number % (events / 50) == 0 {
            samples.push(player.look(number));
        }
    }
    // A fifth is for warming up: caches and pools fill.
    let (warming, steady) = samples.split_at(samples.len() / 5);
    let threads = |samples: &[Sample]| samples.iter().map(|sample| sample.threads).max().unwrap();
    let descriptors = |samples: &[Sample]| samples.iter().map(|sample| sample.descriptors).max().unwrap();
    let (first, last) = (steady[0].resident, steady[steady.len() - 1].resident);
    soak::figure(
        15,
        format!(
            "{events} events ({} suggestions, {} cancelled): {first} to {last} KiB, slope {:+.2} % per 100 000; \
             descriptors {} to {}, threads {} to {} at most",
            player.suggested,
            player.cancelled,
            slope(steady) * 100.0,
            descriptors(warming),
            descriptors(steady),
            samples[0].threads,
            threads(steady)
        ),
    );
    assert!(descriptors(steady) <= descriptors(warming), "{samples:?}");
    // Those that parse come and go: there are four at most.
    assert!(threads(steady) <= samples[0].threads + 4, "{samples:?}");
    // Few events say nothing about a slope; but 8 MiB for 3 000 of them would be one.
    let grows = if events < 500_000 { last > first + (8 << 10) } else { slope(steady) > SLOPE };
    assert!(!grows, "{samples:?}");
    player.editor.end();
}
