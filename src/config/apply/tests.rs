//! Tests what is reported about wrong settings, as tables of input and report.

use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::json;

use super::super::file;
use super::*;
use crate::completion::OnRisk;
use crate::engine::IdleLimits;
use crate::engine::power::Prefetch;

fn check(text: &str, expect: Expect) -> Config {
    let (entries, mut problems) = file::parse(text, "config.toml");
    let mut config = Config::default();
    problems.extend(apply(&mut config, entries, Trust::User));
    let report: Vec<String> = problems.iter().map(ConfigProblem::to_string).collect();
    expect.assert_eq(&report.join("\n"));
    config
}

#[test]
fn nothing_to_say_about_a_right_file() {
    let config = check("[completion]\nmax_tokens = 32 # fewer\n[log]\nlevel = 'info'\n", expect![[""]]);
    assert_eq!((config.completion.options.max_tokens, config.log.level.as_str()), (Some(32), "info"));
}

#[test]
fn unknown_names_come_with_the_nearest_valid_one() {
    check(
        "[completion]\nmax_token = 1\n",
        expect!["config.toml:2: completion.max_token: unknown setting; did you mean max_tokens?"],
    );
    check(
        "[completion]\nmaxTokens = 1\n",
        expect!["config.toml:2: completion.maxTokens: unknown setting; did you mean max_tokens?"],
    );
    check(
        "[completions]\nmax_tokens = 1\nmax_lines = 2\n",
        expect!["config.toml:1: completions: unknown section; did you mean [completion]?"],
    );
    check(
        "max_tokens = 1\n",
        expect!["config.toml:1: max_tokens: unknown setting; it belongs into the section [completion]"],
    );
    check(
        "completion = 1\n",
        expect!["config.toml:1: completion: expected a table, [completion], with settings in it"],
    );
    check(
        "[model]\nlevel = 'info'\n",
        expect!["config.toml:2: model.level: unknown setting; did you mean log.level?"],
    );
    check("[log]\nzebra = 1\n", expect!["config.toml:2: log.zebra: unknown setting; [log] has level"]);
    check(
        "[zebra]\n",
        expect![
            "config.toml:1: zebra: unknown section; there are [model], [instruct], [engine], [remote], [completion], [workspace], [disable], [diagnostics], [stats], [log]"
        ],
    );
}

#[test]
fn wrong_types_name_the_line_and_what_was_expected() {
    check(
        "[completion]\n\nmax_tokens = \"many\"\nenabled = 1\n",
        expect![[r#"
            config.toml:3: completion.max_tokens: expected a whole number from 1 to 1024, found the text "many"; ignored
            config.toml:4: completion.enabled: expected true or false, found 1; ignored"#]],
    );
    check(
        "[model]\npath = 3\nthreads = 2.5\n",
        expect![[r#"
        config.toml:2: model.path: expected a path in quotes, found 3; ignored
        config.toml:3: model.threads: expected a whole number from 1 to 512, found 2.5; ignored"#]],
    );
    check(
        "[disable]\nlanguages = \"python\"\npaths = [1]\n",
        expect![[r#"
            config.toml:2: disable.languages: expected a list of texts, found the text "python"; ignored
            config.toml:3: disable.paths: expected a list of path patterns, found a list with 1 in it; ignored"#]],
    );
    check(
        "[log]\nlevel = \"infos\"\n[model]\ncontext = 2026-01-01\n",
        expect![[r#"
        config.toml:2: log.level: expected one of "off", "error", "warn", "info", "debug", "trace", found "infos"; ignored; did you mean "info"?
        config.toml:4: model.context: expected a whole number from 256 to 131072, found a date; ignored"#]],
    );
    check(
        "[completion]\nmax_lines = { most = 3 }\n",
        expect![
            "config.toml:2: completion.max_lines: expected a whole number from 1 to 200, found a table; ignored"
        ],
    );
}

#[test]
fn numbers_out_of_range_are_brought_into_it() {
    let config = check(
        "[completion]\nmax_tokens = 0\nmax_lines = 100000\ndelay_ms = -3\n",
        expect![[r#"
            config.toml:2: completion.max_tokens: expected a whole number from 1 to 1024, found 0; 1 is used
            config.toml:3: completion.max_lines: expected a whole number from 1 to 200, found 100000; 200 is used
            config.toml:4: completion.delay_ms: expected a whole number from 0 to 5000, found -3; 0 is used"#]],
    );
    assert_eq!(
        (
            config.completion.options.max_tokens,
            config.completion.options.max_lines,
            config.completion.options.delay
        ),
        (Some(1), Some(200), Duration::ZERO)
    );
}

#[test]
fn a_bad_setting_does_not_cost_the_good_ones() {
    let text = "[completion]\nmax_tokens = 7\nmax_lines = [\ndelay_ms = 9\n=== oops\n[disable]\nlanguages = ['x\npaths = ['[', '*.env']\n";
    let config = check(
        text,
        expect![[r#"
            config.toml:3: not valid TOML, line ignored: string values must be quoted, expected literal string
            config.toml:5: not valid TOML, line ignored: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`
            config.toml:7: not valid TOML, line ignored: invalid literal string, expected `'`
            config.toml:8: disable.paths: the pattern "[" matches nothing, ignored: error parsing glob '**/[': unclosed character class; missing ']'"#]],
    );
    assert_eq!(
        (config.completion.options.max_tokens, config.completion.options.delay),
        (Some(7), Duration::from_millis(9))
    );
    assert_eq!(config.disable.paths, ["*.env"]);
    check(
        "[completion\nmax_tokens = 7\n",
        expect![[r#"
        config.toml:1: not valid TOML, line ignored: unclosed table, expected `]`
        config.toml:2: max_tokens: unknown setting; it belongs into the section [completion]"#]],
    );
    check(
        "[log]\nlevel =\n[log]\nlevel = 'off'\nlevel = 'info'\n",
        expect![[r#"
        config.toml:2: not valid TOML, line ignored: string values must be quoted, expected literal string
        config.toml:3: not valid TOML, line ignored: duplicate key
        config.toml:5: not valid TOML, line ignored: duplicate key"#]],
    );
    check(
        "\u{0}\u{1}GGUF\n\n",
        expect![
            "config.toml:1: not valid TOML, line ignored: invalid unquoted key, expected letters, numbers, `-`, `_`"
        ],
    );
}

#[test]
fn a_setting_under_its_earlier_name_counts_and_is_told_its_new_one() {
    let config = check(
        "[model]\nprompt_ms = 700\n[engine]\nlinger_s = 60\nunload_s = 900\nwork_ahead = 'never'\n[completion]\nrisky = 'lower'\ndebounce_ms = 40\n",
        expect![[r#"
            config.toml:2: model.prompt_ms: this setting is now called max_prefill_ms; the value is used
            config.toml:4: engine.linger_s: this setting is now called exit_after_idle_s; the value is used
            config.toml:5: engine.unload_s: this setting is now called unload_after_idle_s; the value is used
            config.toml:6: engine.work_ahead: this setting is now called prefetch; the value is used
            config.toml:8: completion.risky: this setting is now called on_risk; the value is used
            config.toml:9: completion.debounce_ms: this setting is now called delay_ms; the value is used"#]],
    );
    assert_eq!(config.model.tuning.max_prefill_ms, 700);
    assert_eq!(config.engine.idle, IdleLimits { exit_after_idle_s: 60, unload_after_idle_s: 900 });
    assert_eq!(config.completion.options.delay, Duration::from_millis(40));
    assert_eq!((config.engine.prefetch, config.completion.options.on_risk), (Prefetch::Never, OnRisk::Lower));
    let config = merge(
        json!({"completion": {"risky": "lower"}, "engine": {"linger_s": 1}}),
        Trust::User,
        expect![[r#"
            editor settings: completion.risky: this setting is now called on_risk; the value is used
            editor settings: engine.linger_s: this setting is now called exit_after_idle_s; the value is used"#]],
    );
    assert_eq!(config.engine.idle.exit_after_idle_s, 1);
}

fn merge(options: serde_json::Value, trust: Trust, expect: Expect) -> Config {
    let mut config = Config::default();
    let report: Vec<String> =
        config.merge_options(options, trust).iter().map(ConfigProblem::to_string).collect();
    let file = Config::user_file(None).unwrap().display().to_string();
    expect.assert_eq(&report.join("\n").replace(&file, "CONFIG"));
    config
}

#[test]
fn editors_send_sections_bare_or_under_our_name() {
    for options in [
        json!({"completion": {"max_tokens": 5}}),
        json!({"treefill": {"completion": {"max_tokens": 5, "max_lines": null}}, "python": {"analysis": 1}}),
    ] {
        let config = merge(options, Trust::Workspace, expect![[""]]);
        assert_eq!(config.completion.options.max_tokens, Some(5));
    }
    assert_eq!(merge(json!(null), Trust::Workspace, expect![[""]]), Config::default());
    assert_eq!(merge(json!({"treefill": null}), Trust::Workspace, expect![[""]]), Config::default());
    merge(
        json!([1]),
        Trust::Workspace,
        expect![
            "editor settings: treefill: expected an object of sections; there are [model], [instruct], [engine], [remote], [completion], [workspace], [disable], [diagnostics], [stats], [log]"
        ],
    );
    merge(
        json!({"completion": {"maxTokens": 5}}),
        Trust::Workspace,
        expect!["editor settings: completion.maxTokens: unknown setting; did you mean max_tokens?"],
    );
}

#[test]
fn a_project_may_not_choose_the_model() {
    let options = json!({"model": {"path": "/tmp/evil.gguf", "threads": 1}, "log": {"level": "trace"}, "completion": {"max_lines": 2}});
    let config = merge(
        options.clone(),
        Trust::Workspace,
        expect![[r#"
        editor settings: model.path: refused: a project or an editor may not set it; put it into CONFIG
        editor settings: model.threads: refused: a project or an editor may not set it; put it into CONFIG
        editor settings: log.level: refused: a project or an editor may not set it; put it into CONFIG"#]],
    );
    assert_eq!(
        (config.model, config.log, config.completion.options.max_lines),
        (Default::default(), Default::default(), Some(2))
    );
    let config = merge(options, Trust::User, expect![[""]]);
    assert_eq!(config.model.tuning.threads, Some(1));
}

#[test]
fn tables_in_a_list_are_checked_each_for_itself() {
    let config = check(
        "[[remote.servers]]\nurl = 'https://a'\nweigth = 2\nweight = 5000\n[[remote.servers]]\nweight = 1\n[[remote.servers]]\nurl = 'https://b'\ndialect = 'vlm'\n",
        expect![[
            r#"config.toml:1: remote.servers: number 1: weight: expected a whole number from 1 to 1000, found 5000; 1000 is used; number 1: unknown setting weigth; did you mean weight?; number 2: url is not set; ignored; number 3: dialect: expected one of "auto", "llama-server", "vllm", "sglang", "openai", "ollama", "mistral", "deepseek", "tgi", found "vlm"; ignored; did you mean "vllm"?"#
        ]],
    );
    let servers = &config.remote.servers;
    assert_eq!(servers.len(), 2);
    assert_eq!((servers[0].weight, servers[1].dialect), (Some(1000), None));
    check(
        "[remote]\nservers = 3\n",
        expect!["config.toml:2: remote.servers: expected a list of tables, found 3; ignored"],
    );
    merge(
        json!({ "remote": { "servers": [{ "url": "https://evil" }] } }),
        Trust::Workspace,
        expect![
            "editor settings: remote.servers: refused: a project or an editor may not set it; put it into CONFIG"
        ],
    );
}
