//! Statistics as a page for a browser. It counts nothing.

use super::{ACTIONS, COLUMNS, actions, because, milliseconds, percent, row, span};
use crate::plot::{BarChart, Histogram, LineChart, Page};
use crate::stats::{Filter, Step, Summary};

pub fn render(summary: &Summary, filter: &Filter) -> String {
    let of = filter.language.as_ref().map(|language| format!(" in {language}")).unwrap_or_default();
    let mut page = Page::new(&format!("treefill: the last {}{of}", span(filter)))
        .text("Counted on this machine and sent nowhere: times, sizes and reasons, no text and no names of files.")
        .figures(&figures(summary));
    if summary.steps.len() > 1 {
        page = page.heading("Over time").plot(&per_step(summary), over_time(summary).svg());
    }
    if !summary.silent.is_empty() {
        let rows = summary.silent.iter().map(|(name, count)| (because(name), vec![*count as f64])).collect();
        page = page
            .heading("Why nothing was shown")
            .plot("Requests without a suggestion", BarChart { rows, ..BarChart::default() }.svg());
    }
    page = page.heading("Time from request to suggestion");
    for (name, latency) in
        [("With the model", &summary.model), ("Without it: the text was there already", &summary.no_model)]
    {
        if !latency.all.is_empty() {
            let (p50, p95) = (milliseconds(latency.p50), milliseconds(latency.p95));
            let plot = Histogram { unit: "ms".to_owned(), values: latency.all.clone() };
            page = page.plot(&format!("{name}: p50 {p50}, p95 {p95}"), plot.svg());
        }
    }
    let rows: Vec<Vec<String>> = summary.languages.iter().map(row).collect();
    page = page.heading("Languages").table(&COLUMNS, &rows);
    if !summary.actions.is_empty() {
        page = page.heading("Code actions").table(&ACTIONS, &actions(summary));
    }
    page.render()
}

fn figures(summary: &Summary) -> Vec<(&'static str, String, String)> {
    let figure = |name, value, remark: &str| (name, value, remark.to_owned());
    vec![
        figure("suggestions", summary.suggestions.to_string(), &format!("{} requests", summary.requests)),
        figure("answered", percent(summary.answered_share), "of requests"),
        figure(
            "accepted",
            percent(summary.accepted_share),
            &format!("{} of {}", summary.accepted, summary.ended),
        ),
        figure("typed out", percent(summary.typed_share), "what was typed was what was shown"),
        figure("kept", percent(summary.kept_share), "of an accepted text, 30 s later"),
        figure("without the model", percent(summary.without_model_share), "of answers"),
        figure("p50", milliseconds(summary.model.p50), "with the model"),
        figure("p95", milliseconds(summary.model.p95), "with the model"),
    ]
}

fn per_step(summary: &Summary) -> String {
    match summary.step_days {
        1 => "Suggestions per day".to_owned(),
        days => format!("Suggestions per {days} days"),
    }
}

fn over_time(summary: &Summary) -> LineChart {
    let count = summary.steps.len() as u64;
    let label = |at: u64| match (count - 1 - at) * summary.step_days {
        0 => "now".to_owned(),
        1 => "1 day ago".to_owned(),
        days => format!("{days} days ago"),
    };
    let values = |of: fn(&Step) -> usize| summary.steps.iter().map(|step| of(step) as f64).collect();
    LineChart {
        unit: String::new(),
        labels: (0..count).map(label).collect(),
        series: vec![
            ("shown".to_owned(), values(|step| step.shown)),
            ("accepted or typed out".to_owned(), values(|step| step.taken)),
        ],
    }
}
