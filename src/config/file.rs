//! Reads the TOML file: every value with the line it is on. A syntax error costs the values it hides, not the file.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::apply::{ConfigProblem, Entry};

/// A configuration file is a page of text; reading more (a device, a model named by mistake) would only cost memory.
const LARGEST: u64 = 1024 * 1024;

/// The values in the file at `path`, and what is wrong with the file itself.
pub fn read(path: &Path) -> (Vec<Entry>, Vec<ConfigProblem>) {
    match text(path) {
        Ok(text) => parse(&text, &path.display().to_string()),
        Err(message) => (Vec::new(), vec![ConfigProblem::new(path.display().to_string(), "", message)]),
    }
}

fn text(path: &Path) -> Result<String, String> {
    let hint = "; `treefill config init` writes one with every setting explained";
    let metadata = std::fs::metadata(path)
        .map_err(|error| format!("cannot read the configuration file: {error}{hint}"))?;
    if !metadata.is_file() {
        return Err(format!("is not a file, so no configuration was read{hint}"));
    }
    if metadata.len() > LARGEST {
        return Err(format!(
            "is larger than {LARGEST} bytes, which no configuration file is; it was not read"
        ));
    }
    let bytes =
        std::fs::read(path).map_err(|error| format!("cannot read the configuration file: {error}"))?;
    String::from_utf8(bytes).map_err(|error| {
        format!("is not UTF-8 text (byte {}); it was not read", error.utf8_error().valid_up_to())
    })
}

/// The values in `text`, which came from `origin`.
pub fn parse(text: &str, origin: &str) -> (Vec<Entry>, Vec<ConfigProblem>) {
    let place = |byte: usize| format!("{origin}:{}", line_of(text, byte));
    let (readable, problems) = without_errors(text, &place);
    let (table, _) = DeTable::parse_recoverable(&readable);
    let mut entries = Vec::new();
    for (name, value) in table.into_inner() {
        let section = name.get_ref().to_string();
        let at = name.span().start;
        match value.into_inner() {
            DeValue::Table(values) => {
                entries.push((at, Entry::section(place(at), &section)));
                for (name, value) in values {
                    let at = name.span().start;
                    entries.push((at, Entry::value(place(at), &section, name.get_ref(), json(value))));
                }
            }
            _ => entries.push((at, Entry::loose(place(at), &section))),
        }
    }
    // Reports come in the file's order, not the alphabet's.
    entries.sort_by_key(|(at, _)| *at);
    (entries.into_iter().map(|(_, entry)| entry).collect(), problems)
}

/// `text` with its syntax errors blanked out, line by line, and one problem for each.
///
/// The parser's own recovery is not enough: after an unclosed `[` it takes all that follows for list items, so one slip
/// would cost the rest of the file.
fn without_errors(text: &str, place: &dyn Fn(usize) -> String) -> (String, Vec<ConfigProblem>) {
    // Each round blanks a line; a file with more broken lines than this is no configuration file.
    const ROUNDS: usize = 50;
    let (mut readable, mut problems) = (text.to_owned(), Vec::new());
    for _ in 0..ROUNDS {
        let (table, errors) = DeTable::parse_recoverable(&readable);
        let first = errors.iter().min_by_key(|error| error.span().map_or(0, |span| span.start));
        let Some(error) = first else { break };
        let at = error.span().map_or(0, |span| span.start);
        // An error inside of a value is the fault of the line where the value begins.
        let line = line_range(&readable, statement_around(table.get_ref(), at).unwrap_or(at));
        if readable[line.clone()].trim().is_empty() {
            break;
        }
        problems.push(ConfigProblem::new(
            place(line.start),
            "",
            format!("not valid TOML, line ignored: {}", error.message()),
        ));
        readable.replace_range(line.clone(), &" ".repeat(line.len()));
    }
    (readable, problems)
}

/// Where the setting starts whose value reaches over the byte `at`.
fn statement_around(table: &DeTable<'_>, at: usize) -> Option<usize> {
    table.iter().find_map(|(name, value)| match value.get_ref() {
        DeValue::Table(inner) => statement_around(inner, at),
        _ => (name.span().start < at && at < value.span().end).then_some(name.span().start),
    })
}

/// The line that holds the byte `at`, without its line feed.
fn line_range(text: &str, at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let start = text[..at].rfind('\n').map_or(0, |feed| feed + 1);
    let end = text[at..].find('\n').map_or(text.len(), |feed| at + feed);
    start..end
}

fn line_of(text: &str, byte: usize) -> usize {
    text.as_bytes()[..byte.min(text.len())].iter().filter(|&&byte| byte == b'\n').count() + 1
}

fn json(value: Spanned<DeValue<'_>>) -> Value {
    // Only what JSON cannot hold fails here (nan, inf); null then fails the setting's own check, with its message.
    Value::deserialize(ValueDeserializer::from(value)).unwrap_or(Value::Null)
}
