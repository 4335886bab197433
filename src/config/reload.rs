//! Reads the user's file again while it is in use: what is broken keeps what was in force before.

use std::path::Path;

use serde_json::Value;

use super::apply::{self, ConfigProblem, Trust};
use super::settings::Setting;
use super::{Config, file};

/// Settings that are read once, when the program starts.
const ONCE: &[&str] = &["completion.menu", "log.level"];

/// What came of reading the file again.
#[derive(Debug)]
pub enum Reloaded {
    /// The settings, and what in them was refused: there the value from before holds.
    Settings(Box<Config>, Vec<ConfigProblem>),
    /// The file as a whole cannot be read or is no TOML.
    Broken(Vec<ConfigProblem>),
}

impl Config {
    /// The configuration in the file at `path`, which said `before` when it was read last.
    pub fn reload(path: &Path, before: &Self) -> Reloaded {
        let (entries, problems) = file::read(path);
        if !problems.is_empty() {
            return Reloaded::Broken(problems);
        }
        let mut refused = Vec::new();
        let mut looked_at = Self::default();
        for problem in apply::apply(&mut looked_at, entries.clone(), Trust::User) {
            let setting = problem.key.split_once('.').and_then(|(section, key)| Setting::find(section, key));
            refused.extend(setting);
        }
        // What was only remarked on is put over it again.
        let mut config = Self::default().with_values_of(before, &refused);
        let problems = apply::apply(&mut config, entries, Trust::User);
        config.expand_paths(path);
        Reloaded::Settings(Box::new(config), problems)
    }

    /// These settings, with the values that the others have for some of them.
    fn with_values_of(self, other: &Self, settings: &[&Setting]) -> Self {
        let (mut values, others) = (self.values(), other.values());
        for setting in settings {
            values[&setting.section][&setting.key] = others[&setting.section][&setting.key].clone();
        }
        serde_json::from_value(values).expect("both are a Config's")
    }

    fn values(&self) -> Value {
        serde_json::to_value(self).expect("a Config is plain data")
    }

    /// The names of the settings that are not the same in `other`, and which of them count from the next start on.
    pub fn differences(&self, other: &Self) -> (Vec<String>, Vec<String>) {
        let (values, others) = (self.values(), other.values());
        let changed = Setting::all().filter(|setting| {
            values[&setting.section][&setting.key] != others[&setting.section][&setting.key]
        });
        changed.map(Setting::name).partition(|name| !ONCE.contains(&name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reloaded(before: &str, after: &str) -> (Config, Reloaded) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, before).unwrap();
        let (old, _) = Config::load(&path);
        std::fs::write(&path, after).unwrap();
        let new = Config::reload(&path, &old);
        (old, new)
    }

    #[test]
    fn what_changed_is_named_and_what_is_gone_is_the_default_again() {
        let before = "[model]\npath = 'a.gguf'\n[disable]\nlanguages = ['rust']\n";
        let (old, new) = reloaded(before, "[model]\npath = 'b.gguf'\n[log]\nlevel = 'info'\n");
        let Reloaded::Settings(new, problems) = new else { panic!("{new:?}") };
        assert_eq!(problems, []);
        let (live, later) = old.differences(&new);
        assert_eq!(live, ["model.path", "disable.languages"]);
        assert_eq!(later, ["log.level"]);
        assert!(new.model.path.unwrap().is_absolute());
        assert_eq!(new.disable.languages, Vec::<String>::new());
    }

    #[test]
    fn a_value_that_is_refused_keeps_the_one_before_and_the_others_count() {
        let before = "[completion]\nmultiline = 'never'\nmax_tokens = 40\n";
        let after = "[completion]\nmultiline = 'sometimes'\nmax_tokens = 30\n";
        let (old, new) = reloaded(before, after);
        let Reloaded::Settings(new, problems) = new else { panic!("{new:?}") };
        assert_eq!(new.completion.options.multiline, old.completion.options.multiline);
        assert_eq!(old.differences(&new).0, ["completion.max_tokens"]);
        assert!(problems[0].to_string().contains("config.toml:2: completion.multiline"), "{problems:?}");
    }

    #[test]
    fn a_file_that_is_no_toml_is_broken_at_a_line() {
        let (_, new) = reloaded("", "[completion]\nmax_tokens = 30\nenabled = yes, please\n");
        let Reloaded::Broken(problems) = new else { panic!("{new:?}") };
        assert!(problems[0].to_string().contains("config.toml:3: "), "{problems:?}");
    }
}
