//! Fuzzes the configuration: any file and anything an editor sends gives settings within their limits, and a project sets no more than
//! it may.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use treefill::config::{Config, Reloaded, Trust};

/// A file in memory, for this process.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("treefill-fuzz-{}.toml", std::process::id()))
});

/// The limits that a wrong value would break first.
fn within_limits(config: &Config) {
    assert!((20..=60_000).contains(&config.model.tuning.max_prefill_ms));
    assert!(config.model.tuning.context.is_none_or(|context| (256..=131_072).contains(&context)));
    assert!(config.engine.idle.exit_after_idle_s <= 604_800);
    assert!(config.engine.sandbox.memory_mb.is_none_or(|megabytes| megabytes >= 256));
    assert!(["off", "error", "warn", "info", "debug", "trace"].contains(&config.log.level.as_str()));
}

fn file(text: &[u8]) {
    std::fs::write(&*FILE, text).unwrap();
    let (config, problems) = Config::load(&FILE);
    within_limits(&config);
    for problem in &problems {
        assert!(problem.origin.contains("treefill-fuzz-") && !problem.message.is_empty(), "{problem}");
    }
    // Read again while it is in use it says the same, or that it is broken.
    match Config::reload(&FILE, &Config::default()) {
        Reloaded::Settings(again, _) => assert_eq!(*again, config),
        Reloaded::Broken(problems) => assert!(!problems.is_empty()),
    }
}

fn editor(text: &[u8]) {
    let Ok(options) = serde_json::from_slice::<serde_json::Value>(text) else { return };
    let mut config = Config::default();
    let problems = config.merge_options(options.clone(), Trust::Workspace);
    problems.iter().for_each(|problem| assert!(!problem.message.is_empty()));
    within_limits(&config);
    let own = Config::default();
    assert_eq!((&config.model, &config.instruct), (&own.model, &own.instruct));
    assert_eq!((&config.engine, &config.stats, &config.log), (&own.engine, &own.stats, &own.log));
    assert!(config.disable.secrets && config.disable.ignored && config.disable.except.is_empty());
    let once = config.clone();
    config.merge_options(options, Trust::Workspace);
    assert_eq!(config, once, "the same again changes nothing");
}

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        Some((b'{', _)) => editor(data),
        _ => file(data),
    }
});
