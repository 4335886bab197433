//! Makes sessions for tests, with a script in the place of the model.

use std::sync::Arc;

use super::Session;
use crate::completion::Eagerness;
use crate::config::Config;
use crate::engine::scripted::ScriptedEngine;

/// A session whose model always says `text`, and that shows everything. Its engine is not started yet.
pub fn saying(text: &str) -> Arc<Session> {
    let engine = ScriptedEngine::always(text);
    let starter = Arc::new(move |_: &Config| Arc::clone(&engine) as _);
    let mut config = Config::default();
    config.completion.options.eagerness = Eagerness::Everything;
    Session::new(crate::testing::registry, config, starter)
}
