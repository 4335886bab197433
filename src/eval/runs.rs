//! Writes and reads files of results: a head that says what was run, then one JSON object for each case. An interrupted
//! run goes on where it stopped.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What was run: two runs with the same head have the same results, but for times.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// `holes` or `replay`.
    pub what: String,
    /// Which side, and how far its pipeline went.
    pub side: String,
    /// The model's file name, its size in bytes and the start of its SHA-256.
    pub model: String,
    /// The version of treefill.
    pub version: String,
    /// Fingerprint of the cases.
    pub cases: String,
    /// Whatever else changes results.
    pub settings: String,
}

/// A row of a result file: it names the case, so that it is not run twice.
pub trait ResultRow: Serialize + DeserializeOwned {
    /// The case, and what else tells rows of one case apart.
    fn key(&self) -> String;
}

/// A result file that is being written.
pub struct Run {
    file: File,
    done: HashSet<String>,
}

impl Run {
    /// Begin or continue the run in the file at `path`. One that was made with another head is refused.
    pub fn open<R: ResultRow>(path: &Path, head: &Head) -> anyhow::Result<Self> {
        let shown = path.display();
        let mut done = HashSet::new();
        if path.exists() && std::fs::metadata(path)?.len() > 0 {
            let (old, rows) = load::<R>(path)?;
            if old != *head {
                bail!(
                    "{shown} holds another run ({} of {}); name another file, or delete it",
                    old.side,
                    old.what
                );
            }
            done.extend(rows.iter().map(R::key));
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .with_context(|| format!("cannot write {shown}"))?;
        if file.metadata()?.len() == 0 {
            writeln!(file, "{}", serde_json::to_string(head)?)?;
        } else {
            cut_half_a_line(path)?;
        }
        Ok(Self { file, done })
    }

    /// Whether a row with this key is there already.
    pub fn has(&self, key: &str) -> bool {
        self.done.contains(key)
    }

    /// How many rows were there already.
    pub fn done(&self) -> usize {
        self.done.len()
    }

    /// Write a row, whole or not at all.
    pub fn add<R: ResultRow>(&mut self, row: &R) -> anyhow::Result<()> {
        let mut line = serde_json::to_string(row)?;
        line.push('\n');
        self.file.write_all(line.as_bytes()).context("cannot write results")?;
        self.done.insert(row.key());
        Ok(())
    }
}

/// What a process that was killed left of its last line.
fn cut_half_a_line(path: &Path) -> anyhow::Result<()> {
    let text = std::fs::read(path)?;
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if whole < text.len() {
        OpenOptions::new().write(true).open(path)?.set_len(whole as u64)?;
    }
    Ok(())
}

/// The head and the rows of a file; a last line that was cut off does not count.
pub fn load<R: ResultRow>(path: &Path) -> anyhow::Result<(Head, Vec<R>)> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
    let lines: Vec<String> = BufReader::new(file).lines().collect::<Result<_, _>>()?;
    let (first, rest) = lines.split_first().with_context(|| format!("{shown} is empty"))?;
    let head = serde_json::from_str(first).with_context(|| format!("{shown} is no result file"))?;
    let mut rows = Vec::new();
    for (number, line) in rest.iter().enumerate() {
        match serde_json::from_str(line) {
            Ok(row) => rows.push(row),
            Err(_) if number + 1 == rest.len() => {}
            Err(error) => bail!("{shown}, line {}: {error}", number + 2),
        }
    }
    Ok((head, rows))
}

/// The head of any result file.
pub fn head(path: &Path) -> anyhow::Result<Head> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut line = String::new();
    BufReader::new(file).read_line(&mut line)?;
    serde_json::from_str(&line).with_context(|| format!("{} is no result file", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Number(String);

    impl ResultRow for Number {
        fn key(&self) -> String {
            self.0.clone()
        }
    }

    #[test]
    fn an_interrupted_run_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let head = Head {
            what: "holes".into(),
            side: "treefill".into(),
            model: "m".into(),
            version: "1".into(),
            cases: "c".into(),
            settings: String::new(),
        };
        let mut run = Run::open::<Number>(&path, &head).unwrap();
        run.add(&Number("one".into())).unwrap();
        drop(run);
        let mut text = std::fs::read(&path).unwrap();
        text.extend(b"\"tw");
        std::fs::write(&path, text).unwrap();
        let mut run = Run::open::<Number>(&path, &head).unwrap();
        assert!(run.has("one") && !run.has("two"));
        run.add(&Number("two".into())).unwrap();
        drop(run);
        assert_eq!(load::<Number>(&path).unwrap().1, [Number("one".into()), Number("two".into())]);
        let other = Head { side: "peer".into(), ..head };
        let refused = Run::open::<Number>(&path, &other).err().unwrap().to_string();
        assert!(refused.contains("holds another run (treefill of holes)"), "{refused}");
    }
}
