//! Runs `treefill model hint`: says, as JSON, which model is better than the one inside the program and fast enough here, for the server,
//! which tells its user once.

use std::io::Write as _;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::Shelf;
use super::local::BUILT_IN;
use crate::hub::Catalogue;
use crate::lsp::BetterModel;

/// Prints the largest model that is fast enough and fits into the memory, or null.
pub fn run(shelf: &Shelf<'_>) -> anyhow::Result<ExitCode> {
    let program = std::env::current_exe().context("the running program cannot be found")?;
    let mut command = Command::new(program);
    command.args(["model", "recommend", "--json"]).stdin(Stdio::null());
    if let Some(file) = &shelf.common.config {
        command.arg("--config").arg(file);
    }
    let output = command.output()?;
    ensure!(output.status.success(), "`treefill model recommend` failed; run it to see why");
    let better = choose(&String::from_utf8_lossy(&output.stdout), &shelf.catalogue);
    writeln!(anstream::stdout(), "{}", serde_json::to_string(&better)?)?;
    Ok(ExitCode::SUCCESS)
}

/// The best of what `recommend` prints.
fn choose(printed: &str, catalogue: &Catalogue) -> Option<BetterModel> {
    let rows: Vec<Value> = printed.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let built_in = rows.iter().find(|row| row["name"] == BUILT_IN)?;
    let built_in_s = built_in["first_line_s"].as_f64()?;
    let fits =
        |row: &&Value| row["fast_enough"] == true && row["fits_memory"] == true && row["name"] != BUILT_IN;
    let listed = rows.iter().filter(fits).filter_map(|row| {
        let model = catalogue.model(row["name"].as_str()?.split(':').next()?)?;
        let is_free = catalogue.licence(&model.licence).is_some_and(|licence| !licence.restricts);
        is_free.then_some((model, row["first_line_s"].as_f64()?))
    });
    let (model, first_line_s) = listed.max_by_key(|(model, _)| model.parameters)?;
    let base = built_in["parameters"].as_u64().filter(|&count| count > 0)?;
    Some(BetterModel {
        name: model.name.clone(),
        title: model.title.clone(),
        times: model.parameters / base,
        first_line_s,
        built_in_s,
        bytes: model.quants.first().map_or(0, |quant| quant.bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn printed(rows: &[(&str, f64, bool, bool)]) -> String {
        let row = |&(name, first_line_s, fast_enough, fits_memory): &(&str, f64, bool, bool)| {
            json!({ "name": name, "first_line_s": first_line_s, "fast_enough": fast_enough, "fits_memory": fits_memory,
                "parameters": if name == BUILT_IN { json!(15_000_000) } else { Value::Null } })
            .to_string()
        };
        rows.iter().map(row).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_largest_free_one_that_is_fast_enough() {
        let catalogue = Catalogue::built_in();
        let found = |rows: &[_]| choose(&printed(rows), &catalogue);
        let inside = (BUILT_IN, 0.1, true, true);
        let better = found(&[
            inside,
            ("qwen2.5-coder-0.5b", 0.4, true, true),
            ("qwen2.5-coder-1.5b", 0.9, true, true),
            ("qwen2.5-coder-3b", 0.95, true, true),
            ("qwen2.5-coder-7b", 4.0, false, true),
        ])
        .unwrap();
        assert_eq!(
            (&*better.name, better.times, better.first_line_s),
            ("qwen2.5-coder-1.5b", 102, 0.9),
            "3b restricts"
        );
        assert!(better.bytes > 1_000_000_000);
        let small = found(&[
            inside,
            ("qwen2.5-coder-0.5b", 0.4, true, true),
            ("qwen2.5-coder-1.5b", 0.9, true, false),
        ]);
        assert_eq!(small.unwrap().name, "qwen2.5-coder-0.5b", "the memory decides, too");
        assert_eq!(found(&[inside, ("qwen2.5-coder-0.5b", 1.4, false, true)]), None);
        assert_eq!(found(&[("qwen2.5-coder-0.5b", 0.4, true, true)]), None, "nothing to compare with");
        assert_eq!(choose("no JSON", &catalogue), None);
    }
}
