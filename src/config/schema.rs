//! The settings table as a JSON schema, from which editors' settings pages are made. It checks nothing itself.

use serde_json::{Map, Value, json};

use super::Config;
use super::settings::{Kind, SECTIONS, SETTINGS, Scope, Setting};

/// A schema of the configuration file. Beside the standard's keywords, each setting has `x-scope`: `user` for those that
/// are taken from the user's file only, `anyone` for those that an editor may send.
pub fn of_all() -> Value {
    let defaults = serde_json::to_value(Config::default()).expect("a Config is plain data");
    let mut sections = Map::new();
    for (section, about) in SECTIONS {
        let settings = SETTINGS.iter().filter(|setting| setting.section == *section);
        let properties: Map<String, Value> = settings
            .map(|setting| (setting.key.to_owned(), of(setting, &defaults[section][setting.key])))
            .collect();
        let object = json!({
            "type": "object",
            "description": about,
            "additionalProperties": false,
            "properties": properties,
        });
        sections.insert((*section).to_owned(), object);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "treefill's config.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": sections,
    })
}

fn of(setting: &Setting, default: &Value) -> Value {
    let mut schema = match setting.kind {
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Text | Kind::Path => json!({ "type": "string" }),
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
        Kind::Texts | Kind::Globs => json!({ "type": "array", "items": { "type": "string" } }),
    };
    schema["description"] = match setting.unset {
        "" => setting.doc.into(),
        unset => format!("{} When not set: {unset}.", setting.doc).into(),
    };
    if !default.is_null() {
        schema["default"] = default.clone();
    }
    schema["x-scope"] = match setting.scope {
        Scope::User => "user",
        Scope::Anyone => "anyone",
    }
    .into();
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_its_type_its_meaning_and_its_scope() {
        let schema = of_all();
        for setting in SETTINGS {
            let found = &schema["properties"][setting.section]["properties"][setting.key];
            assert!(found["type"].is_string(), "{}", setting.name());
            assert!(found["description"].as_str().unwrap().starts_with(setting.doc));
        }
        let model = &schema["properties"]["model"]["properties"];
        assert_eq!(model["path"]["x-scope"], "user");
        assert_eq!(model["path"].get("default"), None);
        let lines = &schema["properties"]["completion"]["properties"]["max_lines"];
        assert_eq!((&lines["minimum"], &lines["maximum"]), (&1.into(), &200.into()));
        assert_eq!((&lines["default"], &lines["x-scope"]), (&8.into(), &"anyone".into()));
    }
}
