//! Lists every setting, derived from the section structs of [`Config`]: their doc comments, types, limits and `x-…` attributes.
//! Help, checks, the default file and the editors' settings pages are made from this list.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Config;

/// What a value must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueKind {
    /// `true` or `false`.
    Switch,
    /// A whole number within these limits, both included.
    Integer {
        min: u64,
        max: u64,
    },
    Text,
    Path,
    Word(Vec<String>),
    Texts,
    /// A list of path patterns (`*`, `**`, `?`, `[a-z]`, `{a,b}`).
    Globs,
    /// A list of tables with these settings, of which the first has to be set.
    Tables(Vec<Setting>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The table of the file it belongs to.
    pub section: String,
    /// Its name in that table.
    pub key: String,
    /// What its value must be.
    pub kind: ValueKind,
    /// Whether an editor may set it too. What an editor sends may come from a folder that somebody else wrote
    /// (`.vscode/settings.json`), and a model file is code of a kind: llama.cpp parses it.
    pub anyone: bool,
    /// What it does, in one line.
    pub doc: String,
    /// The value that holds when it is not set; null where there is no fixed one.
    pub default: Value,
    /// What holds when it is not set, for settings without a default value; otherwise empty.
    pub unset: String,
    /// A value as one would write it in the file, for settings without a default value; otherwise empty.
    pub example: String,
    /// Its key in earlier versions, which is still read.
    pub formerly: Option<String>,
}

/// A section of the file.
#[derive(Debug)]
pub struct Section {
    pub name: String,
    /// What it is about.
    pub doc: String,
    /// Its settings, in order.
    pub settings: Vec<Setting>,
}

/// All sections, in the order of the default file.
pub static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(|| {
    let schema = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<Config>();
    let defaults = serde_json::to_value(Config::default()).expect("a Config is plain data");
    let section = |(name, schema): (&String, &Value)| Section {
        name: name.clone(),
        doc: text(schema, "description"),
        settings: properties(schema).map(|(key, schema)| setting(name, key, schema, &defaults)).collect(),
    };
    properties(schema.as_value()).map(section).collect()
});

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

/// A text of a schema, on one line; empty when it has none.
fn text(schema: &Value, name: &str) -> String {
    let text = schema[name].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn setting(section: &str, key: &str, schema: &Value, defaults: &Value) -> Setting {
    Setting {
        section: section.to_owned(),
        key: key.to_owned(),
        kind: kind(&format!("{section}.{key}"), schema),
        anyone: schema["x-scope"] == "anyone",
        doc: text(schema, "description"),
        default: defaults[section][key].clone(),
        unset: text(schema, "x-unset"),
        example: text(schema, "x-example"),
        formerly: schema["x-formerly"].as_str().map(str::to_owned),
    }
}

fn kind(whole: &str, schema: &Value) -> ValueKind {
    // An optional value has two types, `null` being the second; an enum with documented words is a choice of constants.
    let schema = match schema["anyOf"][0].is_object() {
        true => &schema["anyOf"][0],
        false => schema,
    };
    let name = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("string");
    let constants = schema["oneOf"].as_array().into_iter().flatten().filter_map(|one| one["const"].as_str());
    let words = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).chain(constants);
    let words: Vec<String> = words.map(str::to_owned).collect();
    let limit = |name: &str, otherwise| schema[name].as_u64().unwrap_or(otherwise);
    match (name, schema["format"].as_str()) {
        ("boolean", _) => ValueKind::Switch,
        ("integer", _) => ValueKind::Integer { min: limit("minimum", 0), max: limit("maximum", u64::MAX) },
        ("array", Some("glob")) => ValueKind::Globs,
        ("array", _) if schema["items"]["properties"].is_object() => {
            let inner = properties(&schema["items"]);
            ValueKind::Tables(inner.map(|(key, schema)| setting(whole, key, schema, &Value::Null)).collect())
        }
        ("array", _) => ValueKind::Texts,
        (_, Some("path")) => ValueKind::Path,
        _ if words.is_empty() => ValueKind::Text,
        _ => ValueKind::Word(words),
    }
}

impl Setting {
    /// All settings, in the order of the default file.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        SECTIONS.iter().flat_map(|section| &section.settings)
    }

    /// Whether `key` is its key, or was it in an earlier version.
    pub fn is_called(&self, key: &str) -> bool {
        self.key == key || self.formerly.as_deref() == Some(key)
    }

    /// The setting `section.key`, by its present or its earlier key.
    pub fn find(section: &str, key: &str) -> Option<&'static Self> {
        Self::all().find(|setting| setting.section == section && setting.is_called(key))
    }

    /// `section.key`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }
}

impl ValueKind {
    /// What a value must be, in words that end the sentence "expected …".
    pub fn describe(&self) -> String {
        match self {
            Self::Switch => "true or false".to_owned(),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Text => "a text in quotes".to_owned(),
            Self::Path => "a path in quotes".to_owned(),
            Self::Word(words) => format!("one of \"{}\"", words.join("\", \"")),
            Self::Texts => "a list of texts".to_owned(),
            Self::Globs => "a list of path patterns".to_owned(),
            Self::Tables(_) => "a list of tables".to_owned(),
        }
    }
}
