//! Writes the list of settings as a JSON schema, from which editors' settings pages are made.

use serde_json::{Map, Value, json};

use super::settings::{SECTIONS, Setting, ValueKind};

/// A schema of the configuration file. Beside the standard's keywords, each setting has `x-scope`: `user` for those that
/// are taken from the user's file only, `anyone` for those that an editor may send.
pub fn of_all() -> Value {
    let mut sections = Map::new();
    for section in &*SECTIONS {
        let properties: Map<String, Value> =
            section.settings.iter().map(|setting| (setting.key.clone(), of(setting))).collect();
        let object = json!({
            "type": "object",
            "description": section.doc,
            "additionalProperties": false,
            "properties": properties,
        });
        sections.insert(section.name.clone(), object);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "treefill's config.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": sections,
    })
}

fn of(setting: &Setting) -> Value {
    let mut schema = match &setting.kind {
        ValueKind::Switch => json!({ "type": "boolean" }),
        ValueKind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        ValueKind::Text | ValueKind::Path => json!({ "type": "string" }),
        ValueKind::Word(words) => json!({ "type": "string", "enum": words }),
        ValueKind::Texts | ValueKind::Globs => json!({ "type": "array", "items": { "type": "string" } }),
        ValueKind::Tables(settings) => {
            let properties: Map<String, Value> =
                settings.iter().map(|setting| (setting.key.clone(), of(setting))).collect();
            let items = json!({ "type": "object", "additionalProperties": false, "properties": properties });
            json!({ "type": "array", "items": items })
        }
    };
    schema["description"] = match setting.unset.as_str() {
        "" => setting.doc.as_str().into(),
        unset => format!("{} When not set: {unset}.", setting.doc).into(),
    };
    if !setting.default.is_null() {
        schema["default"] = setting.default.clone();
    }
    schema["x-scope"] = if setting.anyone { "anyone" } else { "user" }.into();
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_its_type_its_meaning_and_its_scope() {
        let schema = of_all();
        for setting in Setting::all() {
            let found = &schema["properties"][&setting.section]["properties"][&setting.key];
            assert!(found["type"].is_string(), "{}", setting.name());
            assert!(found["description"].as_str().unwrap().starts_with(&setting.doc));
        }
        let model = &schema["properties"]["model"]["properties"];
        assert_eq!(model["path"]["x-scope"], "user");
        assert_eq!(model["path"].get("default"), None);
        let lines = &schema["properties"]["completion"]["properties"]["max_lines"];
        assert_eq!((&lines["minimum"], &lines["maximum"]), (&1.into(), &200.into()));
        assert_eq!((lines.get("default"), &lines["x-scope"]), (None, &"anyone".into()));
    }
}
