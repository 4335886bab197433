//! Arranges statistics as a report, for a terminal and for a browser.

use super::{because, milliseconds, percent, span};
use crate::plot::{BarChart, Histogram, LineChart, Report};
use crate::stats::{Filter, Latency, Step, Summary};
use crate::text::amounts::counted;

pub fn of(summary: &Summary, filter: &Filter) -> Report {
    let language = filter.language.as_ref().map(|language| format!(", {language}")).unwrap_or_default();
    let mut report = Report::new(&format!("The last {}{language}", span(filter)))
        .text("Counted on this machine and sent nowhere: times, sizes and reasons, no text and no names of files.")
        .figures(figures(summary));
    if !summary.silent.is_empty() {
        let rows = summary.silent.iter().map(|(name, count)| (because(name), vec![*count as f64])).collect();
        let bars = BarChart { rows, ..BarChart::default() };
        report = report.heading("Why nothing was shown").bars("Requests without a suggestion", &bars);
    }
    if summary.answered > 0 {
        report = report.heading("Time from request to suggestion");
    }
    for (name, latency) in
        [("With the model", &summary.model), ("Without it: the text was there already", &summary.no_model)]
    {
        if !latency.all.is_empty() {
            let [p50, p95, p99] = [latency.p50, latency.p95, latency.p99].map(milliseconds);
            let times = Histogram { unit: "ms".to_owned(), values: latency.all.clone() };
            report = report.histogram(
                &format!("{name}: half within {p50}, 95 % within {p95}, 99 % within {p99}"),
                &times,
            );
        }
    }
    let lines = first_lines(summary);
    if !lines.is_empty() {
        report = report.heading("Time from the question to the model's first line").table(&LINES, lines);
    }
    let steps = since_the_first(summary);
    if steps.len() > 1 {
        let each = match summary.step_days {
            1 => "Suggestions per day".to_owned(),
            days => format!("Suggestions per {}", counted(days, "day")),
        };
        report = report.heading("Over time").lines(&each, &over_time(steps, summary.step_days));
    }
    if !summary.languages.is_empty() {
        report = report.heading("Languages").table(&COLUMNS, languages(summary));
    }
    if !summary.actions.is_empty() {
        report = report.heading("Code actions").table(&ACTIONS, actions(summary));
    }
    report
}

fn figures(summary: &Summary) -> Vec<(&'static str, String, String)> {
    let silent = summary.requests - summary.answered;
    vec![
        (
            "requests",
            summary.requests.to_string(),
            format!("{silent} without an answer; {} more were replaced by a newer one", summary.superseded),
        ),
        (
            "answered",
            percent(summary.answered_share),
            format!("{} of them without the model", percent(summary.without_model_share)),
        ),
        (
            "suggestions",
            summary.suggestions.to_string(),
            "different ones, however often each was shown".to_owned(),
        ),
        ("accepted", percent(summary.accepted_share), format!("{} of {}", summary.accepted, summary.ended)),
        (
            "typed anyway",
            percent(summary.typed_share),
            format!("{}: what you typed was what was shown", summary.typed),
        ),
        (
            "kept",
            percent(summary.kept_share),
            format!("of an accepted text is still there 30 s later; {} looked at", summary.kept),
        ),
        ("not typed", summary.taken_bytes.to_string(), "bytes that you did not have to type".to_owned()),
        (
            "prompt reused",
            percent(summary.reused_share),
            format!("of {} read; {} written", counted(summary.prompt_tokens as u64, "token"), summary.tokens),
        ),
        (
            "drafts right",
            percent(summary.draft_accepted_share),
            format!(
                "of {} that your files proposed; {} tokens a step",
                counted(summary.drafted as u64, "token"),
                tokens_per_step(summary)
            ),
        ),
    ]
}

fn tokens_per_step(summary: &Summary) -> String {
    summary.tokens_per_step.map_or_else(|| "–".to_owned(), |tokens| format!("{tokens:.2}"))
}

/// The steps from the first one in which something was shown: before, treefill was not there.
fn since_the_first(summary: &Summary) -> &[Step] {
    let first = summary.steps.iter().position(|step| step.shown + step.taken > 0);
    first.map_or(&[], |first| &summary.steps[first..])
}

fn over_time(steps: &[Step], step_days: u64) -> LineChart {
    let count = steps.len() as u64;
    let label = |at: u64| match (count - 1 - at) * step_days {
        0 => "now".to_owned(),
        days => format!("{} ago", counted(days, "day")),
    };
    let values = |of: fn(&Step) -> usize| steps.iter().map(|step| of(step) as f64).collect();
    LineChart {
        unit: String::new(),
        labels: (0..count).map(label).collect(),
        series: vec![
            ("shown".to_owned(), values(|step| step.shown)),
            ("accepted or typed anyway".to_owned(), values(|step| step.taken)),
        ],
    }
}

const LINES: [&str; 5] = ["the model runs", "lines", "half within", "95 % within", "99 % within"];

fn first_lines(summary: &Summary) -> Vec<Vec<String>> {
    let both = [("on this machine", &summary.first_line_here), ("on a server", &summary.first_line_remote)];
    let row = |(name, times): (&str, &Latency)| {
        let ms = [times.p50, times.p95, times.p99].map(milliseconds);
        [vec![name.to_owned(), times.all.len().to_string()], ms.into()].concat()
    };
    both.into_iter().filter(|(_, times)| !times.all.is_empty()).map(row).collect()
}

const COLUMNS: [&str; 8] =
    ["language", "requests", "answered", "suggestions", "accepted", "typed anyway", "kept", "half within"];

fn languages(summary: &Summary) -> Vec<Vec<String>> {
    let row = |language: &crate::stats::LanguageSummary| {
        vec![
            language.name.clone(),
            language.requests.to_string(),
            percent(language.answered_share),
            language.suggestions.to_string(),
            percent(language.accepted_share),
            percent(language.typed_share),
            percent(language.kept_share),
            milliseconds(language.p50),
        ]
    };
    summary.languages.iter().map(row).collect()
}

const ACTIONS: [&str; 6] = ["action", "offered", "nothing passed", "applied", "undone", "edited"];

fn actions(summary: &Summary) -> Vec<Vec<String>> {
    let row = |action: &crate::stats::ActionTally| {
        let numbers = [action.offered, action.failed, action.applied, action.undone, action.edited];
        let mut row = vec![action.name.replace('_', " ")];
        row.extend(numbers.map(|number| number.to_string()));
        row
    };
    summary.actions.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_begins_with_the_first_suggestion() {
        let step = |shown, taken| Step { shown, taken };
        let steps = vec![step(0, 0), step(0, 0), step(3, 1), step(0, 0), step(2, 2)];
        let summary = Summary { steps, step_days: 1, ..Summary::default() };
        let chart = over_time(since_the_first(&summary), 1);
        assert_eq!(chart.labels, ["2 days ago", "1 day ago", "now"]);
        assert_eq!(chart.series[0].1, [3.0, 0.0, 2.0]);
        assert!(since_the_first(&Summary { steps: vec![step(0, 0)], ..Summary::default() }).is_empty());
    }
}
