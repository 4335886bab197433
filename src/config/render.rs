//! Writes the list of settings as text: a default file with every setting explained, a list for the help, the values in force.

use std::fmt::Write as _;

use serde_json::Value;

use super::Config;
use super::settings::{SECTIONS, Setting};

/// A configuration file that changes nothing: every setting commented out, with its default and what it does.
pub fn default_file() -> String {
    let mut out = String::from(
        "# Settings of treefill. Every line that is commented out shows the default, or an example where the default is\n\
         # not a fixed value. `treefill config check` says what is wrong with this file, `treefill config show` what is\n\
         # in force. A running server reads it when it starts.\n",
    );
    for section in &*SECTIONS {
        let _ = write!(out, "\n# {}\n[{}]\n", section.doc, section.name);
        for setting in &section.settings {
            let _ = write!(out, "\n# {}\n# {}", setting.doc, capital(&setting.kind.describe()));
            match toml_text(&setting.default) {
                Some(default) => {
                    let _ = write!(out, ".\n# {} = {default}\n", setting.key);
                }
                None => {
                    let _ = write!(
                        out,
                        "; when not set: {}.\n# {} = {}\n",
                        setting.unset, setting.key, setting.example
                    );
                }
            }
        }
    }
    out
}

/// Every setting with its type, default and meaning, for the help.
pub fn table() -> String {
    let mut out = String::new();
    for setting in Setting::all() {
        let default = toml_text(&setting.default).unwrap_or_else(|| setting.unset.clone());
        let _ = write!(
            out,
            "  {}  ({}; default: {default})\n      {}\n",
            setting.name(),
            setting.kind.describe(),
            setting.doc
        );
    }
    out
}

/// The values in force with their meaning, as a file that would set them all.
pub fn values(config: &Config) -> String {
    let values = serde_json::to_value(config).expect("a Config is plain data");
    let mut out = String::new();
    for (at, section) in SECTIONS.iter().enumerate() {
        let _ = writeln!(out, "{}[{}]", if at == 0 { "" } else { "\n" }, section.name);
        for setting in &section.settings {
            let _ = match toml_text(&values[&section.name][&setting.key]) {
                Some(value) => writeln!(out, "# {}\n{} = {value}", setting.doc, setting.key),
                None => writeln!(out, "# {}\n# {} is not set: {}", setting.doc, setting.key, setting.unset),
            };
        }
    }
    out
}

/// A JSON value as TOML; none for null, which TOML has not.
fn toml_text(value: &Value) -> Option<String> {
    let value = toml::Value::try_from(value).ok()?;
    Some(value.to_string())
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::ValueKind;
    use crate::config::{ConfigProblem, Trust, apply, file};

    fn load(text: &str) -> (Config, Vec<ConfigProblem>) {
        let (entries, mut problems) = file::parse(text, "config.toml");
        let mut config = Config::default();
        problems.extend(apply::apply(&mut config, entries, Trust::User));
        (config, problems)
    }

    #[test]
    fn each_setting_says_what_it_does_and_what_holds_without_it() {
        for setting in Setting::all() {
            let text = format!("{setting:?}");
            assert!(setting.doc.ends_with('.'), "{text}");
            let unfixed = setting.default.is_null();
            assert!(setting.unset.is_empty() != unfixed && setting.example.is_empty() != unfixed, "{text}");
            let unlimited = matches!(setting.kind, ValueKind::Integer { max: u64::MAX, .. });
            assert!(!unlimited, "{text}");
        }
    }

    #[test]
    fn every_example_is_accepted_and_changes_its_setting() {
        for setting in Setting::all().filter(|setting| !setting.example.is_empty()) {
            let text = format!("[{}]\n{} = {}\n", setting.section, setting.key, setting.example);
            let (config, problems) = load(&text);
            assert_eq!(problems, [], "{text}");
            assert_ne!(config, Config::default(), "{text}");
        }
    }

    #[test]
    fn the_default_file_changes_nothing_and_is_right_when_uncommented() {
        let text = default_file();
        assert_eq!(load(&text), (Config::default(), Vec::new()));
        let is_value =
            |line: &str| Setting::all().any(|setting| line.starts_with(&format!("# {} = ", setting.key)));
        let uncommented: Vec<&str> =
            text.lines().map(|line| if is_value(line) { &line[2..] } else { line }).collect();
        let (config, problems) = load(&uncommented.join("\n"));
        assert_eq!(problems, []);
        let mut completion = config.completion.clone();
        // What has no default of its own has an example in the file.
        (completion.options.max_tokens, completion.options.max_lines) = (None, None);
        assert_eq!(completion, Config::default().completion);
        assert!(config.model.path.is_some());
    }

    /// The reference page of the book.
    fn page() -> String {
        let mut out = String::from(
            "# All settings\n\nThis page is made from the program. [Settings](settings.md) says where they go and who may set them.\n",
        );
        for section in &*SECTIONS {
            let _ = write!(
                out,
                "\n## `[{}]`\n\n{}\n\n| key | value | default | editors too | meaning |\n|---|---|---|---|---|\n",
                section.name, section.doc
            );
            for setting in &section.settings {
                let default = toml_text(&setting.default).map(|value| format!("`{value}`"));
                let formerly = setting.formerly.as_ref().map(|key| format!(" Formerly `{key}`."));
                let _ = writeln!(
                    out,
                    "| `{}` | {} | {} | {} | {}{} |",
                    setting.key,
                    setting.kind.describe(),
                    default.unwrap_or_else(|| setting.unset.clone()),
                    if setting.anyone { "yes" } else { "no" },
                    setting.doc,
                    formerly.unwrap_or_default()
                );
            }
            for setting in &section.settings {
                let ValueKind::Tables(inner) = &setting.kind else { continue };
                let _ = write!(
                    out,
                    "\n### `[[{}]]`\n\n| key | value | default | meaning |\n|---|---|---|---|\n",
                    setting.name()
                );
                for setting in inner {
                    let unset = if setting.unset.is_empty() { "`[]`" } else { &setting.unset };
                    let kind = setting.kind.describe();
                    let _ = writeln!(out, "| `{}` | {kind} | {unset} | {} |", setting.key, setting.doc);
                }
            }
        }
        out
    }

    #[test]
    fn the_book_has_every_setting() {
        expect_test::expect_file!["../../docs/src/all-settings.md"].assert_eq(&page());
    }

    #[test]
    fn the_values_in_force_can_be_read_back() {
        let (config, _) =
            load("[model]\nthreads = 3\npath = 'C:\\m \"x\".gguf'\n[disable]\nlanguages = [\"a\"]\n");
        assert_eq!(load(&values(&config)), (config, Vec::new()));
        let (config, problems) = load(
            "[remote]\nmodel = 'm'\n[[remote.servers]]\nurl = 'http://a'\nweight = 2\nlanguages = ['go']\n[[remote.servers]]\nurl = 'http://b'\n",
        );
        assert_eq!((problems, config.remote.servers.len()), (Vec::new(), 2));
        assert_eq!(load(&values(&config)), (config, Vec::new()));
    }
}
