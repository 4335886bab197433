//! Statistics for a terminal: figures, bars of block elements, a table. It counts nothing.

use std::fmt::Write as _;

use super::super::ghost::{BOLD, DIM};
use super::{ACTIONS, COLUMNS, actions, because, milliseconds, percent, row, span};
use crate::plot::{BarChart, Histogram, number, spark};
use crate::stats::{Filter, Step, Summary};

/// BarChart end here: narrow enough for half a screen.
const WIDTH: usize = 78;

pub fn render(summary: &Summary, filter: &Filter) -> String {
    let mut out = String::new();
    let of = filter.language.as_ref().map(|language| format!(", {language}")).unwrap_or_default();
    let _ = writeln!(out, "{BOLD}The last {}{of}{BOLD:#}", span(filter));
    figures(&mut out, summary);
    if !summary.silent.is_empty() {
        heading(&mut out, "Why nothing was shown");
        let rows = summary.silent.iter().map(|(name, count)| (because(name), vec![*count as f64])).collect();
        indent(&mut out, &BarChart { rows, ..BarChart::default() }.text(WIDTH));
    }
    times(&mut out, summary);
    if summary.steps.len() > 1 {
        heading(&mut out, if summary.step_days == 1 { "Day by day" } else { "Over time" });
        let series = |name: &str, of: fn(&Step) -> usize| {
            let values: Vec<f64> = summary.steps.iter().map(|step| of(step) as f64).collect();
            let most = values.iter().copied().fold(0.0, f64::max);
            format!("{name:<8} {} {DIM}up to {}{DIM:#}\n", spark(&values), number(most))
        };
        indent(&mut out, &(series("shown", |step| step.shown) + &series("taken", |step| step.taken)));
    }
    if !summary.languages.is_empty() {
        heading(&mut out, "Languages");
        indent(&mut out, &table(&COLUMNS, summary.languages.iter().map(row)));
    }
    if !summary.actions.is_empty() {
        heading(&mut out, "Code actions");
        indent(&mut out, &table(&ACTIONS, actions(summary).into_iter()));
    }
    out
}

fn figures(out: &mut String, summary: &Summary) {
    let mut line = |name: &str, value: String, remark: String| {
        let _ = writeln!(out, "  {name:<18} {value:>8}  {DIM}{remark}{DIM:#}");
    };
    let silent = summary.requests - summary.answered;
    line(
        "requests",
        summary.requests.to_string(),
        format!("{silent} without an answer; {} more were replaced by a newer one", summary.superseded),
    );
    line(
        "answered",
        percent(summary.answered_share),
        format!("{} of them without the model", percent(summary.without_model_share)),
    );
    line(
        "suggestions",
        summary.suggestions.to_string(),
        "different ones, however often each was shown".to_owned(),
    );
    line("accepted", percent(summary.accepted_share), format!("{} of {}", summary.accepted, summary.ended));
    line(
        "typed out",
        percent(summary.typed_share),
        format!("{}: what you typed was what was shown", summary.typed),
    );
    line(
        "kept",
        percent(summary.kept_share),
        format!("of an accepted text is still there 30 s later; {} looked at", summary.kept),
    );
    line("not typed", summary.taken_bytes.to_string(), "bytes that you did not have to type".to_owned());
    line(
        "prompt reused",
        percent(summary.reused_share),
        format!("of {} tokens read; {} written", summary.prompt_tokens, summary.tokens),
    );
}

fn times(out: &mut String, summary: &Summary) {
    if summary.answered == 0 {
        return;
    }
    heading(out, "Time from request to suggestion");
    for (name, latency) in [("with the model", &summary.model), ("without it", &summary.no_model)] {
        if !latency.all.is_empty() {
            let (p50, p95) = (milliseconds(latency.p50), milliseconds(latency.p95));
            let _ = writeln!(out, "  {name:<18} p50 {p50}, p95 {p95}");
        }
    }
    let values = summary.model.all.iter().chain(&summary.no_model.all).copied().collect();
    indent(out, &Histogram { unit: "ms".to_owned(), values }.text(WIDTH));
}

fn heading(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n{BOLD}{text}{BOLD:#}");
}

fn indent(out: &mut String, lines: &str) {
    for line in lines.lines() {
        let _ = writeln!(out, "  {line}");
    }
}

fn table(columns: &[&str], body: impl Iterator<Item = Vec<String>>) -> String {
    let mut rows: Vec<Vec<String>> = vec![columns.iter().map(|&column| column.to_owned()).collect()];
    rows.extend(body);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let cell = |(at, cell): (usize, &String)| match at {
        0 => format!("{cell:<0$}", widths[at]),
        _ => format!("{cell:>0$}", widths[at]),
    };
    rows.iter().map(|row| row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ") + "\n").collect()
}
