//! The settings in force: the user's file with the editor's settings on top, which count as the project's (an editor
//! may read them from a file that came with the code).

use serde_json::Value;

use super::server::Server;
use crate::config::{Config, Problem, Trust};

/// Put the editor's settings on top of the file's; `new` ones replace those it sent before.
pub fn apply(server: &Server, new: Value) {
    install(server, server.options.config.clone(), new);
}

/// The same after reading the user's file again: that is how a model is changed without restarting the editor.
pub fn reload(server: &Server, new: Value) {
    let config = match Config::user_file(None) {
        Some(path) if path.exists() => {
            let (config, problems) = Config::load(&path);
            report(server, &problems);
            config
        }
        _ => server.options.config.clone(),
    };
    install(server, config, new);
}

fn install(server: &Server, mut config: Config, new: Value) {
    let settings = server.editor_settings(new);
    let problems = config.merge_options(settings, Trust::Workspace);
    report(server, &problems);
    server.session.configure(config);
}

/// Tell the user what was not taken, in one message.
pub fn report(server: &Server, problems: &[Problem]) {
    if problems.is_empty() {
        return;
    }
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    server.messages.warn(&lines.join("\n"));
}
