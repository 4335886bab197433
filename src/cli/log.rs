//! Starts the log: it goes to stderr, at the level asked for, because stdout belongs to the protocol.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::settings::{Setting, ValueKind};
use crate::lsp::process::Stderr;

/// Name of the environment variable with a level, or with `tracing` directives (`warn,treefill::engine=debug`).
const VARIABLE: &str = "TREEFILL_LOG";

/// Start logging at the level of `--log`, else of `TREEFILL_LOG`, else of the configuration.
pub fn start(option: Option<&str>, configured: &str) -> Result<(), String> {
    let variable = std::env::var(VARIABLE).ok().filter(|value| !value.is_empty());
    let (level, origin) = match (option, &variable) {
        (Some(level), _) => (level, "--log"),
        (None, Some(level)) => (level.as_str(), VARIABLE),
        (None, None) => (configured, "log.level"),
    };
    let filter = filter(level).map_err(|message| format!("{origin}: {message}"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Stderr)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_target(false)
        .init();
    Ok(())
}

fn filter(level: &str) -> Result<EnvFilter, String> {
    let Some(ValueKind::Word(words)) = Setting::find("log", "level").map(|setting| &setting.kind) else {
        unreachable!("log.level is a setting with a list of words")
    };
    let directives = match level {
        "off" | "error" => level.to_owned(),
        // Other people's crates stay at their warnings: tower-lsp writes whole messages, source text included, at debug.
        word if words.iter().any(|known| known == word) => format!("warn,treefill={word}"),
        directives if directives.contains(['=', ',']) => directives.to_owned(),
        other => return Err(format!("there is no level \"{other}\"; use one of {}", words.join(", "))),
    };
    EnvFilter::try_new(&directives).map_err(|error| format!("cannot read \"{level}\": {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_directives() {
        let shown = |level: &str| filter(level).map(|filter| filter.to_string());
        assert_eq!(shown("off").unwrap(), "off");
        assert_eq!(shown("debug").unwrap(), "treefill=debug,warn");
        assert!(shown("warn,treefill::engine=trace").unwrap().contains("treefill::engine=trace"));
        assert!(shown("loud").unwrap_err().contains("use one of off, error"));
    }
}
