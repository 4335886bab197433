//! Puts values into a [`Config`] one by one: reports and leaves out a bad one, takes the good ones.

use std::fmt;

use serde_json::{Map, Value};

use super::Config;
use super::settings::{SECTIONS, Setting, ValueKind};
use crate::privacy;

/// Whether a source of settings is the user's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The user's configuration file.
    User,
    /// Anything an editor sends: it may have come from a file of the project.
    Workspace,
}

/// A setting that was not taken as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// `FILE:LINE`, or where else the setting came from.
    pub origin: String,
    /// `section.key`, or empty when the trouble is with the file.
    pub key: String,
    /// What is wrong, and what was done about it.
    pub message: String,
}

impl ConfigProblem {
    pub(super) fn new(origin: impl Into<String>, key: &str, message: impl Into<String>) -> Self {
        Self { origin: origin.into(), key: key.to_owned(), message: message.into() }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(out, "{}: {}", self.origin, self.message),
            key => write!(out, "{}: {key}: {}", self.origin, self.message),
        }
    }
}

/// One value as it was found, before any check.
#[derive(Debug, Clone)]
pub struct Entry {
    origin: String,
    section: String,
    key: Option<String>,
    value: Option<Value>,
}

impl Entry {
    /// A `[section]` was opened.
    pub(super) fn section(origin: String, section: &str) -> Self {
        Self { origin, section: section.to_owned(), key: None, value: None }
    }

    pub(super) fn value(origin: String, section: &str, key: &str, value: Value) -> Self {
        Self { origin, section: section.to_owned(), key: Some(key.to_owned()), value: Some(value) }
    }

    /// A value outside of any section.
    pub(super) fn loose(origin: String, key: &str) -> Self {
        Self { origin, section: key.to_owned(), key: None, value: Some(Value::Null) }
    }
}

/// The values in a JSON object of sections, or in its member `treefill`.
pub fn entries_of(options: Value, origin: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let Value::Object(mut sections) = options else {
        if !options.is_null() {
            entries.push(Entry::loose(origin.to_owned(), "treefill"));
        }
        return entries;
    };
    match sections.remove("treefill") {
        // An editor that sends all of its settings has those of others beside ours.
        Some(inner) => return entries_of(inner, origin),
        None => {
            for (section, value) in sections {
                match value {
                    Value::Object(values) => {
                        entries.push(Entry::section(origin.to_owned(), &section));
                        entries.extend(
                            values
                                .into_iter()
                                .filter(|(_, value)| !value.is_null())
                                .map(|(key, value)| Entry::value(origin.to_owned(), &section, &key, value)),
                        );
                    }
                    Value::Null => {}
                    _ => entries.push(Entry::loose(origin.to_owned(), &section)),
                }
            }
        }
    }
    entries
}

/// Put `entries` into `config`; what could not be taken comes back.
pub fn apply(config: &mut Config, entries: Vec<Entry>, trust: Trust) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    let mut values = serde_json::to_value(&*config).expect("a Config is plain data");
    for entry in entries {
        let (setting, value) = match checked(&entry, trust) {
            Ok(Some(found)) => found,
            Ok(None) => continue,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let (value, remark) = conform(&setting.kind, value);
        if let Some(message) = remark {
            problems.push(ConfigProblem::new(&*entry.origin, &setting.name(), message));
        }
        if let Some(formerly) = entry.key.as_ref().filter(|key| **key != setting.key) {
            let used = if value.is_some() { "; the value is used" } else { "" };
            let message = format!("this setting is now called {}{used}", setting.key);
            let name = format!("{}.{formerly}", setting.section);
            problems.push(ConfigProblem::new(&*entry.origin, &name, message));
        }
        if let Some(value) = value {
            values[&setting.section][&setting.key] = value;
        }
    }
    *config = serde_json::from_value(values).expect("every value was checked against its setting's kind");
    problems
}

/// The setting an entry is for, when there is one that its source may set.
fn checked(entry: &Entry, trust: Trust) -> Result<Option<(&'static Setting, &Value)>, ConfigProblem> {
    let known = SECTIONS.iter().any(|section| section.name == entry.section);
    let problem = |key: &str, message: String| Err(ConfigProblem::new(&*entry.origin, key, message));
    let (key, value) = match (&entry.key, &entry.value) {
        (Some(key), Some(value)) if known => (key, value),
        // Reported once, when the section was opened.
        (Some(_), _) => return Ok(None),
        (None, None) if known => return Ok(None),
        (None, None) => {
            let names = SECTIONS.iter().map(|section| section.name.clone());
            let hint = nearest(&entry.section, names)
                .map_or_else(section_list, |name| format!("did you mean [{name}]?"));
            return problem(&entry.section, format!("unknown section; {hint}"));
        }
        (None, Some(_)) => return problem(&entry.section, loose_hint(&entry.section, known)),
    };
    let name = format!("{}.{key}", entry.section);
    match Setting::find(&entry.section, key) {
        None => problem(&name, format!("unknown setting; {}", key_hint(&entry.section, key))),
        Some(setting) if !setting.anyone && trust == Trust::Workspace => {
            let file = Config::user_file(None)
                .map_or_else(|| "your config.toml".to_owned(), |path| path.display().to_string());
            problem(&name, format!("refused: a project or an editor may not set it; put it into {file}"))
        }
        Some(setting) => Ok(Some((setting, value))),
    }
}

fn section_list() -> String {
    let names: Vec<String> = SECTIONS.iter().map(|section| format!("[{}]", section.name)).collect();
    format!("there are {}", names.join(", "))
}

fn loose_hint(key: &str, is_section: bool) -> String {
    if key == "treefill" {
        return format!("expected an object of sections; {}", section_list());
    }
    if is_section {
        return format!("expected a table, [{key}], with settings in it");
    }
    let owner = Setting::all().find(|setting| setting.is_called(key));
    let nearest = || nearest(key, Setting::all().map(Setting::name));
    match owner.map(|setting| &setting.section) {
        Some(section) => format!("unknown setting; it belongs into the section [{section}]"),
        None => match nearest() {
            Some(name) => format!("unknown setting; did you mean {name}?"),
            None => format!("unknown setting; settings stand in a section, {}", section_list()),
        },
    }
}

fn key_hint(section: &str, key: &str) -> String {
    let here = || Setting::all().filter(|setting| setting.section == section);
    if let Some(name) = nearest(key, here().map(|setting| setting.key.clone())) {
        return format!("did you mean {name}?");
    }
    if let Some(setting) = Setting::all().find(|setting| setting.is_called(key)) {
        return format!("did you mean {}?", setting.name());
    }
    let keys: Vec<&str> = here().map(|setting| setting.key.as_str()).collect();
    format!("[{section}] has {}", keys.join(", "))
}

/// The most similar of `names`, when similar enough that it may have been meant.
fn nearest(name: &str, names: impl Iterator<Item = String>) -> Option<String> {
    // `maxTokens` and `max-tokens` are spellings of `max_tokens`, not typing errors: compare without case and joints.
    let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    names
        .map(|candidate| {
            (strsim::normalized_damerau_levenshtein(&plain(name), &plain(&candidate)), candidate)
        })
        // 0.6: "tokens" (6 of 9 letters of max_tokens) is found, "colour" for "context" is not.
        .filter(|(similarity, _)| *similarity >= 0.6)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

/// The value as the setting takes it, and a remark when that is not what was written.
fn conform(kind: &ValueKind, value: &Value) -> (Option<Value>, Option<String>) {
    let wrong = || (None, Some(format!("expected {}, found {}; ignored", kind.describe(), describe(value))));
    match kind {
        ValueKind::Switch if value.is_boolean() => (Some(value.clone()), None),
        &ValueKind::Integer { min, max } => match value.as_i64() {
            Some(number) => {
                let taken = u64::try_from(number).unwrap_or(0).clamp(min, max);
                let same = u64::try_from(number) == Ok(taken);
                let remark =
                    (!same).then(|| format!("expected {}, found {number}; {taken} is used", kind.describe()));
                (Some(taken.into()), remark)
            }
            None => wrong(),
        },
        // An empty text is how editors and people write "not set".
        ValueKind::Path | ValueKind::Text if value.as_str() == Some("") => (Some(Value::Null), None),
        ValueKind::Path | ValueKind::Text if value.is_string() => (Some(value.clone()), None),
        ValueKind::Word(words) => match value.as_str() {
            Some(word) if words.iter().any(|known| known == word) => (Some(value.clone()), None),
            Some(word) => {
                let hint = nearest(word, words.iter().cloned());
                let hint = hint.map(|word| format!("; did you mean \"{word}\"?")).unwrap_or_default();
                (None, Some(format!("expected {}, found \"{word}\"; ignored{hint}", kind.describe())))
            }
            None => wrong(),
        },
        ValueKind::Texts | ValueKind::Globs => match value.as_array() {
            Some(items) if items.iter().all(Value::is_string) => list(kind, items),
            _ => wrong(),
        },
        ValueKind::Tables(settings) => match value.as_array() {
            Some(items) if items.iter().all(Value::is_object) => tables(settings, items),
            _ => wrong(),
        },
        _ => wrong(),
    }
}

/// A list of tables: in each, what cannot be taken is left out, and one that lacks the first of `settings` as a whole.
fn tables(settings: &[Setting], items: &[Value]) -> (Option<Value>, Option<String>) {
    let (mut remarks, mut kept) = (Vec::new(), Vec::new());
    for (at, item) in items.iter().enumerate() {
        let mut remark = |text: String| remarks.push(format!("number {}: {text}", at + 1));
        let mut table = Map::new();
        for (key, value) in item.as_object().into_iter().flatten() {
            let Some(setting) = settings.iter().find(|setting| setting.is_called(key)) else {
                let keys = || settings.iter().map(|setting| setting.key.clone());
                let hint = nearest(key, keys()).map_or_else(
                    || format!("there are {}", keys().collect::<Vec<_>>().join(", ")),
                    |name| format!("did you mean {name}?"),
                );
                remark(format!("unknown setting {key}; {hint}"));
                continue;
            };
            let (value, why) = conform(&setting.kind, value);
            why.into_iter().for_each(|why| remark(format!("{key}: {why}")));
            table.extend(value.filter(|value| !value.is_null()).map(|value| (setting.key.clone(), value)));
        }
        match settings.first() {
            Some(first) if !table.contains_key(&first.key) => {
                remark(format!("{} is not set; ignored", first.key))
            }
            _ => kept.push(Value::Object(table)),
        }
    }
    (Some(Value::Array(kept)), (!remarks.is_empty()).then(|| remarks.join("; ")))
}

/// A list of texts; patterns that match nothing are left out.
fn list(kind: &ValueKind, items: &[Value]) -> (Option<Value>, Option<String>) {
    let mut remarks = Vec::new();
    let kept = items.iter().filter(|item| {
        let error = item.as_str().filter(|_| *kind == ValueKind::Globs).and_then(privacy::pattern_fault);
        let pattern = item.as_str().unwrap_or_default();
        let remark = |error| format!("the pattern {pattern:?} matches nothing, ignored: {error}");
        remarks.extend(error.iter().map(remark));
        error.is_none()
    });
    let kept = Value::Array(kept.cloned().collect());
    (Some(kept), (!remarks.is_empty()).then(|| remarks.join("; ")))
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing usable".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("the text {text:?}"),
        Value::Array(items) => match items.iter().find(|item| !item.is_string()) {
            Some(item) => format!("a list with {} in it", describe(item)),
            None => "a list".to_owned(),
        },
        Value::Object(map) => describe_table(map),
    }
}

fn describe_table(map: &Map<String, Value>) -> String {
    let date = map.keys().any(|key| key.contains("datetime"));
    if date { "a date".to_owned() } else { "a table".to_owned() }
}

#[cfg(test)]
mod tests;
