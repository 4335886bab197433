//! Writes the path of a model into the user's configuration file, and leaves everything else in it as it is, comments too.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use toml_edit::{DocumentMut, Item, Table, value};

/// Which model is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelSetting {
    /// `model.path`: it fills in.
    Infill,
    /// `instruct.path`: it takes instructions.
    Instruct,
}

impl ModelSetting {
    fn section(self) -> &'static str {
        match self {
            Self::Infill => "model",
            Self::Instruct => "instruct",
        }
    }

    /// `model.path`.
    pub fn name(self) -> String {
        format!("{}.path", self.section())
    }
}

/// Set the path of a model in the configuration file at `file`, or remove it. A missing file is made; a running server reads the file
/// again by itself. Whether anything changed.
///
/// # Errors
/// When the file is no TOML or cannot be written; it is left as it was. The text names file and line.
pub fn set_model(file: &Path, setting: ModelSetting, model: Option<&Path>) -> anyhow::Result<bool> {
    let shown = file.display();
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text.with_context(|| format!("cannot read {shown}"))?,
    };
    let changed = match with_model(&text, setting, model) {
        Ok(changed) => changed,
        Err(Fault::Syntax(line, why)) => {
            bail!(
                "{shown}:{line}: {why}; the file was left as it is: correct it (`treefill config check`), then run the command again"
            )
        }
        Err(Fault::Name) => bail!(
            "the path of the model is no UTF-8 text, which a configuration file is; move the model to a folder with a plain name"
        ),
        Err(Fault::Shape) => bail!(
            "{shown}: `{}` is no section; the file was left as it is: write [{}] there",
            setting.section(),
            setting.section()
        ),
    };
    if changed == text {
        return Ok(false);
    }
    write(file, &changed).with_context(|| format!("cannot write {shown}"))?;
    Ok(true)
}

enum Fault {
    /// The line, and what is wrong there.
    Syntax(usize, String),
    Name,
    Shape,
}

fn with_model(text: &str, setting: ModelSetting, model: Option<&Path>) -> Result<String, Fault> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        let at = error.span().map_or(0, |span| span.start);
        let line = text.as_bytes()[..at.min(text.len())].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Fault::Syntax(line, error.message().to_owned())
    })?;
    let Some(model) = model else {
        let table = document.get_mut(setting.section()).and_then(Item::as_table_like_mut);
        if let Some(table) = table {
            table.remove("path");
        }
        return Ok(document.to_string());
    };
    let model = model.to_str().ok_or(Fault::Name)?;
    let section = document.entry(setting.section()).or_insert_with(|| Item::Table(Table::new()));
    let table = section.as_table_like_mut().ok_or(Fault::Shape)?;
    match table.get_mut("path").and_then(Item::as_value_mut) {
        Some(old) if old.as_str() == Some(model) => {}
        Some(old) => {
            // The comment behind it stays.
            let decor = old.decor().clone();
            *old = toml_edit::Value::from(model);
            *old.decor_mut() = decor;
        }
        None => {
            table.insert("path", value(model));
        }
    }
    Ok(document.to_string())
}

/// By a new file with the same permissions, so that no reader ever sees a half of it. A link is followed: people keep their
/// settings elsewhere.
fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    let target: PathBuf = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let folder = target.parent().context("it has no folder")?;
    std::fs::create_dir_all(folder)?;
    let mut new = tempfile::Builder::new().prefix(".config-").tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    match std::fs::metadata(&target) {
        Ok(about) => new.as_file().set_permissions(about.permissions())?,
        #[cfg(unix)]
        Err(_) => {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            new.as_file().set_permissions(mode)?;
        }
        #[cfg(not(unix))]
        Err(_) => {}
    }
    new.persist(&target)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::config::render::default_file;

    fn with(text: &str, model: Option<&str>) -> String {
        let changed = with_model(text, ModelSetting::Infill, model.map(Path::new));
        changed.unwrap_or_else(|_| panic!("{text}"))
    }

    #[test]
    fn everything_else_stays() {
        assert_eq!(with("", Some("/m.gguf")), "[model]\npath = \"/m.gguf\"\n");
        let text = "# mine\n[log]\nlevel = 'info' # loud\n\n[model] # the model\n# which one\npath   =   'old.gguf'   # fast\ncontext = 2048\n";
        assert_eq!(with(text, Some("/m.gguf")), text.replace("'old.gguf'", "\"/m.gguf\""));
        assert_eq!(with(text, Some("old.gguf")), text, "the same, however it is quoted");
        let without = with(text, None);
        assert!(
            !without.contains("old.gguf") && without.contains("context = 2048") && without.contains("# loud")
        );
        assert_eq!(with("[log]\nlevel = 'info'\n", None), "[log]\nlevel = 'info'\n");
        assert_eq!(
            with("model.context = 5\n", Some("/m.gguf")),
            "model.context = 5\nmodel.path = \"/m.gguf\"\n"
        );
    }

    #[test]
    fn the_file_with_every_setting_explained_is_still_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, default_file()).unwrap();
        assert!(set_model(&file, ModelSetting::Infill, Some(Path::new("/a b/m\"x.gguf"))).unwrap());
        assert!(set_model(&file, ModelSetting::Instruct, Some(Path::new("/i.gguf"))).unwrap());
        let (config, problems) = Config::load(&file);
        assert_eq!(problems, []);
        assert_eq!(config.model.path.as_deref(), Some(Path::new("/a b/m\"x.gguf")));
        assert_eq!(config.instruct.path.as_deref(), Some(Path::new("/i.gguf")));
        let lines = |text: &str| text.lines().count();
        assert_eq!(
            lines(&std::fs::read_to_string(&file).unwrap()),
            lines(&default_file()) + 2,
            "no comment is lost"
        );
        assert!(set_model(&file, ModelSetting::Infill, None).unwrap());
        assert!(!set_model(&file, ModelSetting::Infill, None).unwrap(), "nothing to do");
    }

    #[test]
    fn a_broken_file_is_left_alone_and_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        let change = |text: &str| {
            std::fs::write(&file, text).unwrap();
            let error =
                set_model(&file, ModelSetting::Infill, Some(Path::new("/m.gguf"))).unwrap_err().to_string();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
            error
        };
        let error = change("[model]\npath = yes, please\n");
        assert!(error.contains("config.toml:2: ") && error.contains("treefill config check"), "{error}");
        assert!(change("model = 5\n").contains("write [model] there"));
    }

    #[test]
    #[cfg(unix)]
    fn a_link_stays_one_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("dotfiles.toml"), folder.path().join("config.toml"));
        std::fs::write(&real, "").unwrap();
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(set_model(&link, ModelSetting::Infill, Some(Path::new("/m.gguf"))).unwrap());
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(std::fs::read_to_string(&real).unwrap().contains("/m.gguf"));
        assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
