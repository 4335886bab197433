//! Asks parsers other than ours about texts: CPython's `ast`, and rustfmt.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::Context as _;

use crate::language::strict::StrictParser;

/// Reads a length and that many bytes, answers 1 when `ast` refuses them, else 0, for ever.
const AST: &str = "\
import ast, sys, warnings
warnings.simplefilter('ignore')
while line := sys.stdin.buffer.readline():
    text = sys.stdin.buffer.read(int(line))
    try:
        ast.parse(text)
        print(0, flush=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        print(1, flush=True)
";

/// Counts the errors of a text as somebody else's parser does.
#[derive(Default)]
pub struct Oracle {
    python: Option<Python>,
}

struct Python {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Oracle {
    /// A judge of files in these languages, as they are called. Each parser that is needed has been tried.
    ///
    /// # Errors
    /// When some are missing: which, and how to get them or do without.
    pub fn of(languages: &BTreeSet<&str>) -> anyhow::Result<Self> {
        let mut judge = Self::default();
        let tried = languages.iter().filter_map(|name| StrictParser::by_name(name));
        let missing: Vec<String> = tried
            .filter_map(|parser| judge.errors(parser, "").err())
            .map(|error| error.to_string())
            .collect();
        anyhow::ensure!(missing.is_empty(), "{}; or pass --no-judge", missing.join("; "));
        Ok(judge)
    }

    /// Errors in `text`, as the counterpart of our own strict parser counts them: 0 or 1 for Python, where it stops at the
    /// first.
    pub fn errors(&mut self, parser: StrictParser, text: &str) -> anyhow::Result<usize> {
        match parser.language() {
            "python" => self.python(text),
            "rust" => rustfmt(text),
            other => anyhow::bail!("no other parser for {other} is known"),
        }
    }

    fn python(&mut self, text: &str) -> anyhow::Result<usize> {
        let python = match &mut self.python {
            Some(python) => python,
            None => self.python.insert(Python::start()?),
        };
        python.ask(text).context("python3 ended while it judged answers")
    }
}

impl Python {
    fn start() -> anyhow::Result<Self> {
        let mut process = Command::new("python3")
            .args(["-c", AST])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start python3, whose `ast` judges Python answers; install it")?;
        let input = process.stdin.take().context("no pipe to python3")?;
        let output = BufReader::new(process.stdout.take().context("no pipe from python3")?);
        Ok(Self { process, input, output })
    }

    fn ask(&mut self, text: &str) -> anyhow::Result<usize> {
        self.input.write_all(format!("{}\n", text.len()).as_bytes())?;
        self.input.write_all(text.as_bytes())?;
        self.input.flush()?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim().parse()?)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn rustfmt(text: &str) -> anyhow::Result<usize> {
    let mut process = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start rustfmt, which judges Rust answers; `rustup component add rustfmt`")?;
    let mut errors = process.stderr.take().context("no pipe from rustfmt")?;
    let mut input = process.stdin.take().context("no pipe to rustfmt")?;
    // It reads everything before it writes anything.
    let _ = input.write_all(text.as_bytes());
    drop(input);
    let mut said = String::new();
    errors.read_to_string(&mut said)?;
    let good = process.wait()?.success();
    let count = said.lines().filter(|line| line.starts_with("error")).count();
    Ok(if good { 0 } else { count.max(1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_count_errors() {
        let mut judge = Oracle::of(&BTreeSet::from(["python", "rust", "a language without one"])).unwrap();
        for (language, good, bad) in
            [("python", "x = 'ä'\n", "x = (\n"), ("rust", "fn f() {}\n", "fn f( {}\n")]
        {
            let parser = StrictParser::by_name(language).unwrap();
            assert_eq!(judge.errors(parser, good).unwrap(), 0);
            assert_eq!(judge.errors(parser, bad).unwrap(), 1);
            assert_eq!(judge.errors(parser, good).unwrap(), 0);
        }
    }
}
