//! Counts how code of a language goes on, and prints the table that `grammars/<lang>/ngrams.txt` is. No benchmark.
//!
//! `cargo bench --bench ngrams -- LANGUAGE FOLDER [ENTRIES] > grammars/LANGUAGE/ngrams.txt`
//!
//! The tables in the repository were counted over 3 400 files (about 32 MB) of each language, drawn from the corpus that
//! `models/train` makes: its lists name packages, versions and licences, and leave out what we are evaluated with.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use treefill::actions::fix_syntax::lexer::{Lexicon, TokenKind};
use treefill::actions::fix_syntax::ngram::{NgramTable, Ngrams};
use treefill::language::Registry;

/// Names that count as words of their own: the most frequent ones.
const NAMES: usize = 500;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [name, folder, rest @ ..] = &words[..] else {
        eprintln!("usage: cargo bench --bench ngrams -- LANGUAGE FOLDER [ENTRIES]");
        return Ok(());
    };
    let entries: usize = rest.first().map_or(Ok(40_000), |word| word.parse())?;
    let registry = Registry::builtin()?;
    let language = registry.by_name(name).ok_or_else(|| anyhow::anyhow!("no language {name}"))?;
    let lexicon = Lexicon::of(&language);
    let mut files = Vec::new();
    walk(Path::new(folder), &mut files);
    files.retain(|path| registry.by_path(path).is_some_and(|found| found.name() == language.name()));
    let texts: Vec<String> = files.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let mut names: HashMap<String, usize> = HashMap::new();
    for text in &texts {
        for token in
            lexicon.tokens(text, 0..text.len()).iter().filter(|token| token.kind == TokenKind::Identifier)
        {
            *names.entry(text[token.range.clone()].to_owned()).or_default() += 1;
        }
    }
    let mut names: Vec<(String, usize)> = names.into_iter().collect();
    names.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), name.clone()));
    let fixed = lexicon.fixed().map(str::to_owned);
    let words: Vec<String> = fixed.chain(names.into_iter().take(NAMES).map(|(name, _)| name)).collect();
    let seed: String = words.iter().map(|word| format!("0 {word} 0\n")).collect();
    let mut ngrams = Ngrams::new(Arc::new(NgramTable::read(&seed)));
    for text in &texts {
        ngrams.learn(text, &lexicon.tokens(text, 0..text.len()));
    }
    let mut least = 2.0;
    let mut table = ngrams.table(least);
    while table.lines().count() > entries {
        least *= 1.15;
        table = ngrams.table(least);
    }
    eprintln!("{} files, seen {least:.0} times and more, {} KiB", texts.len(), table.len() / 1024);
    std::io::stdout().write_all(table.as_bytes())?;
    Ok(())
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => walk(&path, found),
            path => found.push(path),
        }
    }
}
